/* SPDX-License-Identifier: BSD-3-Clause */
/* A server that takes one connection on port 7, leaves a child behind that lives as long as stdin,
 * and ends. The child writes "child" when it is there. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(7) };
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    char octet;

    if (bind(listener, (struct sockaddr *)&any, sizeof any) != 0 || listen(listener, 1) != 0) {
        perror("forks");
        return 1;
    }
    puts("ready");
    fflush(stdout);
    if (accept(listener, NULL, NULL) < 0) {
        perror("forks: accept");
        return 1;
    }
    if (fork() == 0) {
        puts("child");
        fflush(stdout);
        _exit(read(0, &octet, 1) == 0 ? 0 : 1);
    }
    return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* A server in plain POSIX calls: sends each datagram back in capitals. shout PORT */
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    struct sockaddr_in here = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    here.sin_port = htons((unsigned short)atoi(argc > 1 ? argv[1] : "0"));
    if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) != 0) {
        perror("shout");
        return EXIT_FAILURE;
    }
    for (;;) {
        struct sockaddr_in from;
        socklen_t from_len = sizeof from;
        char text[512];
        ssize_t n = recvfrom(fd, text, sizeof text, 0, (struct sockaddr *)&from, &from_len);

        for (ssize_t i = 0; i < n; i++) {
            text[i] = (char)toupper((unsigned char)text[i]);
        }
        if (n >= 0) {
            sendto(fd, text, (size_t)n, 0, (struct sockaddr *)&from, from_len);
        }
    }
}

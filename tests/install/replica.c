/* SPDX-License-Identifier: BSD-3-Clause */
/* A server whose static variables tell one start of it from another: answers with how many it has
 * answered. */
#include <netinet/in.h>
#include <sys/socket.h>

int n_answered;
static int *const counter = &n_answered;

int main(int argc, char **argv)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(7) };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    (void)argv;
    if (argc != 1 || bind(fd, (struct sockaddr *)&here, sizeof here) != 0) {
        return 1;
    }
    for (;;) {
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        char octet;

        if (recvfrom(fd, &octet, 1, 0, (struct sockaddr *)&from, &len) == 1) {
            ++*counter;
            octet = (char)n_answered;
            sendto(fd, &octet, 1, 0, (struct sockaddr *)&from, len);
        }
    }
}

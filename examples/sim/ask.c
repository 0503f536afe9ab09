/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client in plain POSIX calls: sends a word to a server and prints what comes back. It asks six
 * times, and waits half a second at first and then twice as long each time. ask SERVER PORT WORD
 */
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int connect_to(const char *server, const char *port)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM };
    struct addrinfo *list;
    int error = getaddrinfo(server, port, &hints, &list);

    if (error != 0) {
        fprintf(stderr, "ask: %s: %s\n", server, gai_strerror(error));
        exit(EXIT_FAILURE);
    }
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || connect(fd, list->ai_addr, list->ai_addrlen) != 0) {
        perror("ask");
        exit(EXIT_FAILURE);
    }
    freeaddrinfo(list);
    return fd;
}

int main(int argc, char **argv)
{
    char answer[512];

    if (argc != 4) {
        fprintf(stderr, "usage: ask SERVER PORT WORD\n");
        return EXIT_FAILURE;
    }
    int fd = connect_to(argv[1], argv[2]);
    for (int i = 0; i < 6; i++) {
        struct pollfd waiting = { .fd = fd, .events = POLLIN };

        send(fd, argv[3], strlen(argv[3]), 0);
        if (poll(&waiting, 1, 500 << i) > 0) {
            ssize_t n = recv(fd, answer, sizeof answer, 0);
            if (n >= 0) {
                printf("%.*s\n", (int)n, answer);
                close(fd);
                return EXIT_SUCCESS;
            }
            poll(NULL, 0, 500 << i); /* an error comes at once, and is no reason to hurry */
        }
    }
    fprintf(stderr, "ask: %s does not answer\n", argv[1]);
    close(fd);
    return EXIT_FAILURE;
}

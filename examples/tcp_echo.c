/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A TCP echo server (RFC 862) in POSIX calls: poll, and one buffer for each connection. A client
 * that sends without reading is not read from until it does.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echo.h"

#define MAX_CLIENTS 8
#define NO_SOCKET (-1)

struct client {
    int fd;
    size_t len;  /* octets in the buffer */
    size_t sent; /* of them */
    char buffer[16384];
};

static struct client clients[MAX_CLIENTS];
static long served;

static bool would_wait(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static int listen_on(long port)
{
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int on = 1;

    any.sin_addr.s_addr = htonl(INADDR_ANY);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&any, sizeof any) != 0 || listen(fd, MAX_CLIENTS) != 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        return NO_SOCKET;
    }
    return fd;
}

static void end(struct client *c)
{
    close(c->fd);
    c->fd = NO_SOCKET;
    served++;
}

static void take(int listener)
{
    for (int i = 0; i < MAX_CLIENTS; i++) {
        if (clients[i].fd != NO_SOCKET) {
            continue;
        }
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            return;
        }
        fcntl(fd, F_SETFL, O_NONBLOCK);
        clients[i].fd = fd;
        clients[i].len = 0;
        clients[i].sent = 0;
    }
}

/* Reads when the buffer is empty, else writes. */
static void serve(struct client *c)
{
    if (c->sent == c->len) {
        ssize_t n = recv(c->fd, c->buffer, sizeof c->buffer, 0);
        if (n == 0 || (n < 0 && !would_wait())) {
            end(c);
            return;
        }
        c->sent = 0;
        c->len = n > 0 ? (size_t)n : 0;
    }
    if (c->sent < c->len) {
        ssize_t n = send(c->fd, c->buffer + c->sent, c->len - c->sent, MSG_NOSIGNAL);
        if (n >= 0) {
            c->sent += (size_t)n;
        } else if (!would_wait()) {
            end(c);
        }
    }
}

static int wait_for_all(int listener, struct pollfd fds[MAX_CLIENTS + 1])
{
    bool full = true;

    for (int i = 0; i < MAX_CLIENTS; i++) {
        const struct client *c = &clients[i];
        fds[i].fd = c->fd;
        fds[i].events = c->sent < c->len ? POLLOUT : POLLIN;
        full = full && c->fd != NO_SOCKET;
    }
    fds[MAX_CLIENTS].fd = full ? NO_SOCKET : listener;
    fds[MAX_CLIENTS].events = POLLIN;
    return poll(fds, MAX_CLIENTS + 1, -1);
}

int main(int argc, char **argv)
{
    struct echo_options options;
    struct pollfd fds[MAX_CLIENTS + 1];

    echo_program = "tcp_echo";
    if (!echo_parse(argc, argv, "connections", &options)) {
        return 2;
    }
    int listener = listen_on(options.port);
    if (listener == NO_SOCKET) {
        return echo_fail("listening");
    }
    for (int i = 0; i < MAX_CLIENTS; i++) {
        clients[i].fd = NO_SOCKET;
    }
    served = 0;
    if (!echo_ready(listener)) {
        return echo_fail("the output");
    }
    while (options.count == 0 || served < options.count) {
        if (wait_for_all(listener, fds) < 0 && errno != EINTR) {
            return echo_fail("waiting");
        }
        for (int i = 0; i < MAX_CLIENTS; i++) {
            if (fds[i].fd != NO_SOCKET && fds[i].revents != 0) {
                serve(&clients[i]);
            }
        }
        if (fds[MAX_CLIENTS].fd != NO_SOCKET && fds[MAX_CLIENTS].revents != 0) {
            take(listener);
        }
    }
    close(listener);
    return 0;
}

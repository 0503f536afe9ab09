/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client and a server that do next to nothing, to measure what is between them. The same program
 * runs on the kernel's sockets and on anybody else's.
 *
 *   ask serve                   a server on a free port of 127.0.0.1, which it prints: each octet
 *                               comes back, but an "H" is answered with 1 KiB and a close
 *   ask rr ADDRESS PORT MS      one octet there and back, again and again, on one connection
 *   ask crr ADDRESS PORT MS     the same with a connection for each
 *   ask http ADDRESS PORT MS    16 connections at once, each for one answer of 1 KiB
 *   ask count ADDRESS PORT N    N connections one after another, each for one answer
 *
 * Clients print how many there were in a second, of `count` the most memory that the process had,
 * in KiB; then they wait for the end of their standard input, so that others can be asked, too.
 */
#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER 1024
#define AT_ONCE 16
#define N_EVENTS 64

static struct sockaddr_in peer;

static void require(bool condition, const char *what)
{
    if (!condition) {
        perror(what);
        exit(1);
    }
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void at_once(int fd)
{
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* ---- The server ---- */

static void answer(int fd)
{
    static const char page[ANSWER];
    char octets[4096];
    ssize_t n = recv(fd, octets, sizeof octets, 0);

    if (n > 0 && octets[0] != 'H') {
        send(fd, octets, (size_t)n, MSG_NOSIGNAL);
        return;
    }
    if (n > 0) {
        send(fd, page, sizeof page, MSG_NOSIGNAL);
    }
    close(fd);
}

static int make_listener(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    require(bind(fd, (struct sockaddr *)&at, sizeof at) == 0, "bind");
    require(listen(fd, 1024) == 0, "listen");
    getsockname(fd, (struct sockaddr *)&at, &len);
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

static void watch(int set, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

    require(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

static void serve(void)
{
    struct epoll_event events[N_EVENTS];
    int listener = make_listener();
    int set = epoll_create1(0);

    watch(set, listener);
    for (;;) {
        int n = epoll_wait(set, events, N_EVENTS, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.fd != listener) {
                answer(events[i].data.fd);
                continue;
            }
            int fd = accept4(listener, NULL, NULL, 0);
            if (fd >= 0) {
                at_once(fd);
                watch(set, fd);
            }
        }
    }
}

/* ---- Clients ---- */

static int open_connection(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    require(connect(fd, (struct sockaddr *)&peer, sizeof peer) == 0, "connect");
    at_once(fd);
    return fd;
}

static void ask(int fd)
{
    char octet = '?';

    require(send(fd, &octet, 1, 0) == 1, "send");
    require(recv(fd, &octet, 1, 0) == 1, "recv");
}

static void ask_and_close(void)
{
    int fd = open_connection();

    ask(fd);
    close(fd);
}

static double rr(double seconds)
{
    int fd = open_connection();
    double begin = now();
    double end = begin + seconds;
    long n = 0;

    for (; now() < end; n++) {
        ask(fd);
    }
    return (double)n / (now() - begin);
}

static double crr(double seconds)
{
    double begin = now();
    double end = begin + seconds;
    long n = 0;

    for (; now() < end; n++) {
        ask_and_close();
    }
    return (double)n / (now() - begin);
}

static void begin_request(struct pollfd *p)
{
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    p->events = POLLOUT;
    require(p->fd >= 0, "socket");
    require(connect(p->fd, (struct sockaddr *)&peer, sizeof peer) == 0 || errno == EINPROGRESS,
            "connect");
}

/* True when the answer is there. */
static bool go_on(struct pollfd *p)
{
    static const char request[] = "H GET / HTTP/1.0\r\n\r\n";
    char octets[ANSWER];

    if (p->revents & POLLOUT) {
        require(send(p->fd, request, sizeof request, MSG_NOSIGNAL) > 0, "send");
        p->events = POLLIN;
        return false;
    }
    if (p->revents == 0) {
        return false;
    }
    ssize_t n = recv(p->fd, octets, sizeof octets, 0);
    require(n >= 0 || errno == EAGAIN, "recv");
    return n == 0;
}

static double http(double seconds)
{
    struct pollfd fds[AT_ONCE];
    double begin = now();
    double end = begin + seconds;
    long n = 0;

    for (int i = 0; i < AT_ONCE; i++) {
        begin_request(&fds[i]);
    }
    while (now() < end) {
        require(poll(fds, AT_ONCE, 10000) > 0, "poll");
        for (int i = 0; i < AT_ONCE; i++) {
            if (go_on(&fds[i])) {
                close(fds[i].fd);
                begin_request(&fds[i]);
                n++;
            }
        }
    }
    return (double)n / (now() - begin);
}

/* The server closes first, as those of HTTP do. */
static void get(void)
{
    char octets[ANSWER];
    int fd = open_connection();

    require(send(fd, "H", 1, 0) == 1, "send");
    while (recv(fd, octets, sizeof octets, 0) > 0) {
    }
    close(fd);
}

static double count(double n)
{
    struct rusage used;

    for (long i = 0; i < (long)n; i++) {
        get();
    }
    getrusage(RUSAGE_SELF, &used);
    return (double)used.ru_maxrss;
}

static const struct {
    const char *name;
    double (*measure)(double argument);
    double unit;
} clients[] = {
    { "rr", rr, 1e-3 }, { "crr", crr, 1e-3 }, { "http", http, 1e-3 }, { "count", count, 1 }
};

int main(int argc, char **argv)
{
    char octet;

    if (argc == 2 && strcmp(argv[1], "serve") == 0) {
        serve();
    }
    for (size_t i = 0; argc == 5 && i < sizeof clients / sizeof clients[0]; i++) {
        if (strcmp(argv[1], clients[i].name) == 0) {
            peer = (struct sockaddr_in){ .sin_family = AF_INET,
                                         .sin_port = htons((uint16_t)atoi(argv[3])) };
            require(inet_pton(AF_INET, argv[2], &peer.sin_addr) == 1, argv[2]);
            printf("%.1f\n", clients[i].measure(atof(argv[4]) * clients[i].unit));
            fflush(stdout);
            while (read(0, &octet, 1) > 0) {
            }
            return 0;
        }
    }
    fprintf(stderr,
            "usage: ask serve | ask rr|crr|http ADDRESS PORT MS | ask count ADDRESS PORT N\n");
    return 2;
}

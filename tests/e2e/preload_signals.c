/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program whose handler sends datagrams by the private network, whatever its thread does there.
 * It exchanges octets over a connection meanwhile, and tells how many datagrams came.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define N_EXCHANGES 3000
#define N_SIGNALS 200

static int sender;
static volatile sig_atomic_t n_sent;
static volatile sig_atomic_t wrong;

static void on_timer(int number, siginfo_t *info, void *context)
{
    int before = errno;

    (void)context;
    if (number != SIGALRM || info->si_signo != SIGALRM || info->si_code != SI_KERNEL) {
        wrong = 1;
    }
    if (send(sender, "x", 1, 0) == 1) {
        n_sent++;
    }
    errno = before;
}

static void check(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(1);
    }
}

static struct sockaddr_in address(uint16_t port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons(port),
                                 .sin_addr.s_addr = inet_addr("10.0.2.15") };
}

static int bound(int type, uint16_t port)
{
    struct sockaddr_in addr = address(port);
    int fd = socket(AF_INET, type, 0);

    check(fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof addr) == 0, "bind");
    return fd;
}

static int connected(int type, uint16_t port)
{
    struct sockaddr_in addr = address(port);
    int fd = socket(AF_INET, type, 0);

    check(fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0, "connect");
    return fd;
}

static void install(void)
{
    struct sigaction action = { .sa_sigaction = on_timer, .sa_flags = SA_SIGINFO | SA_RESTART };
    struct sigaction told;
    struct itimerval often = { .it_interval = { .tv_usec = 200 }, .it_value = { .tv_usec = 200 } };

    check(sigaction(SIGALRM, &action, NULL) == 0, "sigaction");
    check(sigaction(SIGALRM, NULL, &told) == 0 && told.sa_sigaction == on_timer &&
              (told.sa_flags & (SA_SIGINFO | SA_RESTART)) == action.sa_flags,
          "what sigaction tells");
    check(setitimer(ITIMER_REAL, &often, NULL) == 0, "setitimer");
}

static void take(int fd, size_t len)
{
    char buffer[64];

    check(recv(fd, buffer, len, MSG_WAITALL) == (ssize_t)len, "recv");
}

int main(void)
{
    char octet;
    int n_received = 0;
    int receiver = bound(SOCK_DGRAM, 9000);
    int listener = bound(SOCK_STREAM, 80);

    sender = connected(SOCK_DGRAM, 9000);
    check(listen(listener, 1) == 0, "listen");
    int client = connected(SOCK_STREAM, 80);
    int server = accept(listener, NULL, NULL);
    check(server >= 0, "accept");
    install();
    for (int i = 0; i < N_EXCHANGES || n_sent < N_SIGNALS; i++) {
        check(send(client, "to you", 6, 0) == 6, "send");
        take(server, 6);
        check(send(server, "and me", 6, 0) == 6, "send");
        take(client, 6);
        while (recv(receiver, &octet, 1, MSG_DONTWAIT) == 1) {
            n_received++;
        }
    }
    check(signal(SIGALRM, SIG_IGN) != SIG_ERR, "signal");
    while (recv(receiver, &octet, 1, MSG_DONTWAIT) == 1) {
        n_received++;
    }
    check(!wrong, "the handler's arguments");
    puts(n_received == n_sent && n_sent >= N_SIGNALS ? "all of it" : "some are lost");
    return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program with all that may meet in the stack: threads that fetch, timers whose handler makes
 * system calls, and children that are forked meanwhile, which close what they have and run another
 * program. `preload_threads PORT PATH`: says how much came of how many fetches.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_THREADS 4
#define N_FETCHES 8 /* of each */
#define N_CHILDREN 20

static const char *port;
static const char *path;
static int signalled[2];
static atomic_int n_signals;

static void on_timer(int number)
{
    int before = errno;
    int fd = dup(signalled[1]);

    (void)number;
    n_signals++;
    if (write(fd, "", 1) < 0 || close(fd) != 0) {
        _exit(3);
    }
    errno = before;
}

static int connected(void)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
    struct addrinfo *list;

    if (getaddrinfo("10.0.2.2", port, &hints, &list) != 0) {
        return -1;
    }
    int fd = socket(list->ai_family, list->ai_socktype | SOCK_CLOEXEC, list->ai_protocol);
    int result = connect(fd, list->ai_addr, list->ai_addrlen);
    freeaddrinfo(list);
    return result == 0 ? fd : -1;
}

static long fetch(void)
{
    char buffer[16384];
    long len = 0;
    int fd = connected();
    int n = snprintf(buffer, sizeof buffer, "GET %s HTTP/1.0\r\n\r\n", path);
    ssize_t got = fd >= 0 ? send(fd, buffer, (size_t)n, 0) : -1;

    while (got > 0) {
        struct pollfd ready = { .fd = fd, .events = POLLIN };
        if (poll(&ready, 1, 60000) < 0 && errno == EINTR) {
            continue;
        }
        got = recv(fd, buffer, sizeof buffer, 0);
        len += got > 0 ? got : 0;
    }
    if (got < 0) {
        perror("preload_threads");
    }
    close(fd);
    return got == 0 ? len : -1;
}

static void *fetch_many(void *total)
{
    for (int i = 0; i < N_FETCHES; i++) {
        long len = fetch();
        if (len < 0) {
            exit(1);
        }
        *(long *)total += len;
    }
    return NULL;
}

static void child(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    close(fd);
    for (int other = 3; other < 64; other++) {
        close(other);
    }
    execl("/bin/sh", "sh", "-c", "exit 0", (char *)NULL);
    _exit(5);
}

static void fork_many(void)
{
    for (int i = 0; i < N_CHILDREN; i++) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
            child();
        }
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        if (status != 0) {
            fprintf(stderr, "preload_threads: a child: %#x\n", (unsigned)status);
            exit(1);
        }
    }
}

int main(int argc, char **argv)
{
    struct sigaction action = { .sa_handler = on_timer, .sa_flags = SA_RESTART };
    struct itimerval often = { { 0, 2000 }, { 0, 2000 } };
    struct itimerval never = { { 0, 0 }, { 0, 0 } };
    pthread_t threads[N_THREADS];
    long totals[N_THREADS] = { 0 };

    if (argc != 3 || pipe2(signalled, O_NONBLOCK | O_CLOEXEC) != 0) {
        return 2;
    }
    port = argv[1];
    path = argv[2];
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < N_THREADS; i++) {
        pthread_create(&threads[i], NULL, fetch_many, &totals[i]);
    }
    fork_many();
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
        totals[0] += i > 0 ? totals[i] : 0;
    }
    setitimer(ITIMER_REAL, &never, NULL);
    printf("%d fetches, %ld octets, %s\n", N_THREADS * N_FETCHES, totals[0],
           n_signals > 0 ? "signals" : "no signal");
    return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that knows nothing of libsock, and tells what it sees of it.
 *
 *   preload_probe counts           threads and open descriptors, before any socket
 *   preload_probe address PORT     what an internet socket is, connected to 10.0.2.2, to the
 *                                  program and to the kernel
 *   preload_probe escape           sockets that are asked of the kernel past the C library
 *   preload_probe syscall          a datagram, with calls of the kernel that go by number
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int n_entries(const char *path)
{
    DIR *directory = opendir(path);
    int n = 0;

    while (directory != NULL && readdir(directory) != NULL) {
        n++;
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return n;
}

static int counts(void)
{
    printf("%d threads, %d descriptors\n", n_entries("/proc/self/task"),
           n_entries("/proc/self/fd"));
    return 0;
}

/* The family of a descriptor's socket as the kernel knows it; AF_UNSPEC: it is none. */
static int kernel_family(int fd)
{
    struct sockaddr_storage addr = { .ss_family = AF_UNSPEC };
    socklen_t len = sizeof addr;

    syscall(SYS_getsockname, fd, &addr, &len);
    return addr.ss_family;
}

static int address(const char *port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
    struct sockaddr_in local;
    socklen_t len = sizeof local;
    int domain = 0;
    socklen_t domain_len = sizeof domain;
    int lowest = dup(0);
    int n_internet = 0;

    close(lowest);
    inet_pton(AF_INET, "10.0.2.2", &to.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        perror("preload_probe: connect");
        return 1;
    }
    getsockname(fd, (struct sockaddr *)&local, &len);
    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_len);
    printf("address %s, domain %s, number %s, to the kernel %s\n", inet_ntoa(local.sin_addr),
           domain == AF_INET ? "AF_INET" : "?", fd == lowest ? "lowest" : "another",
           kernel_family(fd) == AF_UNIX ? "AF_UNIX" : "?");
    for (int other = 0; other < 4096; other++) {
        n_internet += kernel_family(other) == AF_INET;
        if (other <= 100 && kernel_family(other) == AF_INET) {
            printf("%d is in the program's way\n", other);
        }
        if (kernel_family(other) == AF_INET && close(other) == 0) {
            printf("%d can be closed\n", other);
        }
    }
    printf("%s of libslirp's\n", n_internet > 0 ? "some" : "none");
    return 0;
}

static const char *escape_by(int domain)
{
    return syscall(SYS_socket, domain, SOCK_DGRAM, 0) >= 0 ? "made" : strerrorname_np(errno);
}

#ifdef __x86_64__
/* As a program of i386 calls, which not every kernel runs. */
static const char *i386_escape_by(int number, long first, long second)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        long result = number;
        __asm__ volatile("int $0x80" : "+a"(result) : "b"(first), "c"(second), "d"(0L) : "memory");
        _exit(result >= 0 ? 0 : (int)-result);
    }
    waitpid(child, &status, 0);
    return !WIFEXITED(status)         ? "not there"
           : WEXITSTATUS(status) == 0 ? "made"
                                      : strerrorname_np(WEXITSTATUS(status));
}
#endif

static int escape(void)
{
    printf("AF_INET %s, AF_INET6 %s, AF_PACKET %s, AF_UNIX %s, io_uring %s\n", escape_by(AF_INET),
           escape_by(AF_INET6), escape_by(AF_PACKET), escape_by(AF_UNIX),
           syscall(SYS_io_uring_setup, 1, NULL) >= 0 ? "made" : strerrorname_np(errno));
#ifdef __x86_64__
    printf("i386: socket %s, socketcall %s, io_uring %s\n",
           i386_escape_by(359, AF_INET, SOCK_DGRAM), i386_escape_by(102, 1, 0),
           i386_escape_by(SYS_io_uring_setup, 1, 0));
#endif
    return 0;
}

static int bound(struct sockaddr_in *own)
{
    socklen_t len = sizeof *own;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    *own = (struct sockaddr_in){ .sin_family = AF_INET };
    inet_pton(AF_INET, "10.0.2.15", &own->sin_addr);
    bind(fd, (struct sockaddr *)own, sizeof *own);
    getsockname(fd, (struct sockaddr *)own, &len);
    return fd;
}

static int by_number(void)
{
    struct sockaddr_in to;
    struct sockaddr_in from;
    char text[] = "by number";
    char got[sizeof text] = "";
    int receiver = bound(&to);
    int sender = bound(&from);
    struct iovec out = { text, sizeof text };
    struct iovec in = { got, sizeof got };
    struct mmsghdr sent = {
        .msg_hdr = { .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &out, .msg_iovlen = 1 }
    };
    struct mmsghdr received = { .msg_hdr = { .msg_iov = &in, .msg_iovlen = 1 } };
    struct pollfd p = { .fd = receiver, .events = POLLIN };

    long n_sent = syscall(SYS_sendmmsg, sender, &sent, 1, 0);
    poll(&p, 1, 10000);
    long n_received = syscall(SYS_recvmmsg, receiver, &received, 1, MSG_DONTWAIT, NULL);
    printf("sent %ld, received %ld: %s\n", n_sent, n_received, got);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "counts") == 0) {
        return counts();
    }
    if (argc == 3 && strcmp(argv[1], "address") == 0) {
        return address(argv[2]);
    }
    if (argc == 2 && strcmp(argv[1], "escape") == 0) {
        return escape();
    }
    if (argc == 2 && strcmp(argv[1], "syscall") == 0) {
        return by_number();
    }
    return 2;
}

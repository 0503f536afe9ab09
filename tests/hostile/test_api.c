/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows API of tests/hostile-inputs.tsv: what programs get wrong, by mistake or because somebody
 * led them to. Each call ends in an errno, and the host is as it was: the fixture looks. API-15 is
 * the link's (test_link_host.c), API-16 the system's (tests/unit/test_compat_fork.c, _signal.c).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/uio.h>

#include "tests/support/compat_fixture.h"

static void *volatile nowhere = NULL; /* which the compiler may not know */

/* ---- Descriptors ---- */

/* Every call that takes a number, on one that is no socket. */
static void is_refused(int fd, int error)
{
    struct sockaddr_in in = address(INADDR_LOOPBACK, 9);
    socklen_t len = sizeof in;
    struct sockaddr *out = (struct sockaddr *)(void *)&in;
    struct iovec iov = { &in, sizeof in };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
    struct mmsghdr mm = { .msg_hdr = msg };
    int value = 0;

    fails_with(bind(fd, generic(&in), sizeof in), error);
    fails_with(connect(fd, generic(&in), sizeof in), error);
    fails_with(listen(fd, 1), error);
    fails_with(accept(fd, NULL, NULL), error);
    fails_with(accept4(fd, NULL, NULL, 0), error);
    fails_with(shutdown(fd, SHUT_RDWR), error);
    fails_with(getsockname(fd, out, &len), error);
    fails_with(getpeername(fd, out, &len), error);
    fails_with(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &(socklen_t){ sizeof value }), error);
    fails_with(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof value), error);
    fails_with(send(fd, &in, 1, 0), error);
    fails_with(sendto(fd, &in, 1, 0, generic(&in), sizeof in), error);
    fails_with(sendmsg(fd, &msg, 0), error);
    fails_with(sendmmsg(fd, &mm, 1, 0), error);
    fails_with(recv(fd, &in, 1, 0), error);
    fails_with(recvfrom(fd, &in, 1, 0, out, &len), error);
    fails_with(recvmsg(fd, &msg, 0), error);
    fails_with(recvmmsg(fd, &mm, 1, 0, NULL), error);
}

static void is_no_number(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    struct iovec iov = { &p, sizeof p };
    int value;

    is_refused(fd, EBADF);
    fails_with(read(fd, &p, 1), EBADF);
    fails_with(write(fd, &p, 1), EBADF);
    fails_with(readv(fd, &iov, 1), EBADF);
    fails_with(writev(fd, &iov, 1), EBADF);
    fails_with(close(fd), EBADF);
    fails_with(dup(fd), EBADF);
    fails_with(dup2(fd, 500), EBADF);
    fails_with(fcntl(fd, F_GETFL), EBADF);
    fails_with(ioctl(fd, FIONREAD, &value), EBADF);
    fails_with(sockatmark(fd), EBADF);
    if (fd >= 0) { /* poll passes over negative ones */
        ck_assert_int_eq(poll(&p, 1, 0), 1);
        ck_assert_int_eq(p.revents, POLLNVAL);
    }
}

static int bad_numbers(void *arg)
{
    int file = fileno(tmpfile());
    int fd = make(SOCK_STREAM);

    (void)arg;
    ck_assert_int_eq(close(fd), 0);
    is_no_number(-1);
    is_no_number(INT_MAX);
    is_no_number(fd);
    is_refused(file, ENOTSOCK);
    return close(file);
}

START_TEST(hostile_API_01_bad_numbers)
{
    compat_alone(bad_numbers);
}
END_TEST

/* As Linux's, where a length is a number with a sign. */
static void negative_lengths(int dgram, int client)
{
    struct sockaddr_in in = address(INADDR_LOOPBACK, 9);
    struct sockaddr *sa = (struct sockaddr *)(void *)&in;
    socklen_t negative = (socklen_t)-1;
    int on = 1;
    char octet;

    fails_with(bind(dgram, sa, negative), EINVAL);
    fails_with(connect(dgram, sa, negative), EINVAL);
    fails_with(connect(dgram, sa, sizeof(struct sockaddr_storage) + 1), EINVAL);
    fails_with(sendto(dgram, "x", 1, 0, sa, negative), EINVAL);
    fails_with(setsockopt(dgram, SOL_SOCKET, SO_BROADCAST, &on, negative), EINVAL);
    fails_with(getsockopt(dgram, SOL_SOCKET, SO_BROADCAST, &on, &negative), EINVAL);
    fails_with(getsockname(dgram, sa, &negative), EINVAL);
    fails_with(getpeername(client, sa, &negative), EINVAL);
    fails_with(accept(client, sa, &negative), EINVAL);
    fails_with(recvfrom(client, &octet, 1, MSG_DONTWAIT, sa, &negative), EINVAL);
    fails_with(fcntl(client, F_SETFL, O_ASYNC), EINVAL);
}

static int lengths(void *arg)
{
    static const size_t huge[] = { SIZE_MAX, (size_t)SSIZE_MAX + 1 };
    char octet;
    int client;
    int server;
    int dgram = make(SOCK_DGRAM);

    (void)arg;
    connect_self(&client, &server);
    ck_assert_int_eq(send(client, nowhere, 0, 0), 0);
    ck_assert_int_eq(write(client, nowhere, 0), 0);
    fails_with(recv(server, nowhere, 0, MSG_DONTWAIT), EAGAIN);
    ck_assert_int_eq(send(client, "x", 1, 0), 1);
    ck_assert_int_eq(recv(server, nowhere, 0, MSG_DONTWAIT), 0);
    ck_assert_int_eq(recv(server, &octet, 1, MSG_DONTWAIT), 1); /* it is still there */
    fails_with(send(client, nowhere, 1, 0), EFAULT);
    fails_with(recv(server, nowhere, 1, 0), EFAULT);
    fails_with(bind(dgram, nowhere, 16), EFAULT);
    fails_with(connect(dgram, nowhere, 16), EFAULT);
    fails_with(getsockname(dgram, nowhere, &(socklen_t){ 16 }), EFAULT);
    negative_lengths(dgram, client);
    for (int i = 0; i < 2; i++) {
        fails_with(send(dgram, "x", huge[i], 0), EDESTADDRREQ);
        fails_with(sendto(dgram, "x", huge[i], 0, generic(&(struct sockaddr_in){ 0 }), 0), EINVAL);
    }
    struct sockaddr_in to = address(INADDR_LOOPBACK, 9);
    fails_with(sendto(dgram, "x", huge[0], 0, generic(&to), sizeof to), EMSGSIZE);
    fails_with(sendto(dgram, "x", huge[1], 0, generic(&to), sizeof to), EMSGSIZE);
    ck_assert_int_eq(close(dgram), 0);
    ck_assert_int_eq(close(client), 0);
    return close(server);
}

START_TEST(hostile_API_02_lengths)
{
    compat_alone(lengths);
}
END_TEST

static int vectors(void *arg)
{
    static struct iovec many[1025];
    char octet = 'x';
    struct iovec overflow[3] = { { &octet, SSIZE_MAX }, { &octet, SSIZE_MAX }, { &octet, 2 } };
    volatile int none = -1;
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    for (size_t n = 0; n <= 1025; n += 1025) {
        struct msghdr msg = { .msg_iov = n > 0 ? many : NULL, .msg_iovlen = n };
        if (n == 0) {
            ck_assert_int_eq(sendmsg(client, &msg, 0), 0);
        } else {
            fails_with(sendmsg(client, &msg, 0), EMSGSIZE);
            fails_with(recvmsg(server, &msg, 0), EMSGSIZE);
        }
    }
    fails_with(writev(client, many, none), EINVAL);
    fails_with(readv(server, many, none), EINVAL);
    fails_with(writev(client, overflow, 3), EINVAL);
    fails_with(readv(server, overflow, 3), EINVAL);
    struct msghdr msg = { .msg_iov = overflow, .msg_iovlen = 3 };
    fails_with(sendmsg(client, &msg, 0), EINVAL);
    fails_with(recvmsg(server, &msg, 0), EINVAL);
    fails_with(recv(server, &octet, 1, MSG_DONTWAIT), EAGAIN); /* nothing went */
    ck_assert_int_eq(close(client), 0);
    return close(server);
}

START_TEST(hostile_API_03_vectors)
{
    compat_alone(vectors);
}
END_TEST

/* ---- Closing ---- */

static int watched; /* the number that one program waits on, and another closes */
static int n_rounds;

static int waits(void *arg)
{
    char octet;

    (void)arg;
    for (int i = 0; i < 2000; i++) {
        watched = make(SOCK_DGRAM);
        bind_to(watched, INADDR_LOOPBACK, 9000);
        fails_with(recv(watched, &octet, 1, 0), EBADF); /* and not what comes for the next one */
        n_rounds++;
    }
    return 0;
}

/* The number is closed twice, and at once another socket's, for which something comes. */
static int closes(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2000; i++) {
        sk_sim_sleep(&world->sim, MS);
        ck_assert_int_eq(close(watched), 0);
        fails_with(close(watched), EBADF);
        int fd = make(SOCK_DGRAM);
        ck_assert_int_eq(fd, watched);
        bind_to(fd, INADDR_LOOPBACK, 9000);
        ck_assert_int_eq(connect_to(fd, INADDR_LOOPBACK, 9000), 0);
        ck_assert_int_eq(send(fd, "x", 1, 0), 1);
        ck_assert_int_eq(dup2(fd, fd + 100), fd + 100);
        ck_assert_int_eq(close(fd), 0);
        ck_assert_int_eq(close(fd + 100), 0);
    }
    return 0;
}

static void race(void)
{
    struct compat c;

    compat_begin(&c);
    n_rounds = 0;
    sk_sim_spawn(c.places[0], closes, NULL);
    compat_run(&c, waits, NULL);
    ck_assert_int_eq(n_rounds, 2000);
    compat_end(&c);
}

START_TEST(hostile_API_04_closed_twice_and_while_waited_for)
{
    race();
}
END_TEST

/* The same of a stream and of accept: the number is another connection's when the waiter wakes. */
static int listen_again(uint16_t port)
{
    int fd = make(SOCK_STREAM);

    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)), 0);
    bind_to(fd, INADDR_LOOPBACK, port);
    ck_assert_int_eq(listen(fd, 1), 0);
    return fd;
}

static int accepts(void *arg)
{
    char octet;

    (void)arg;
    for (int i = 0; i < 1000; i++) {
        watched = listen_again(80);
        fails_with(accept(watched, NULL, NULL), EBADF);
        int listener = listen_again(82);
        int client = dial(INADDR_LOOPBACK, 82);
        watched = accept(listener, NULL, NULL);
        fails_with(recv(watched, &octet, 1, 0), EBADF);
        ck_assert_int_eq(close(listener), 0);
        ck_assert_int_eq(close(client), 0);
        n_rounds++;
    }
    watched = -1;
    return 0;
}

static int recycles(void *arg)
{
    (void)arg;
    for (;;) {
        sk_sim_sleep(&world->sim, MS);
        int fd = watched;
        if (fd < 0) {
            return 0;
        }
        ck_assert_int_eq(close(fd), 0);
        int listener = listen_again(81); /* takes the number */
        if (listener != fd) {
            ck_assert_int_eq(dup2(listener, fd), fd);
            ck_assert_int_eq(close(listener), 0);
            listener = fd;
        }
        int other = dial(INADDR_LOOPBACK, 81);
        ck_assert_int_eq(send(other, "x", 1, 0), 1);
        ck_assert_int_eq(close(other), 0);
        ck_assert_int_eq(close(listener), 0);
    }
}

START_TEST(hostile_API_05_a_number_that_is_used_again)
{
    struct compat c;

    compat_begin(&c);
    n_rounds = 0;
    sk_sim_spawn(c.places[0], recycles, NULL);
    compat_run(&c, accepts, NULL);
    ck_assert_int_eq(n_rounds, 1000);
    compat_end(&c);
}
END_TEST

/* ---- Exhaustion: tests/hostile/test_allocations.c fails each allocation of the core ---- */

static int opens_all(void *arg)
{
    static int fds[512];

    (void)arg;
    for (int order = 0; order < 4; order++) {
        int n = 0;
        int fd;
        errno = 0;
        while ((fd = socket(AF_INET, order % 2 ? SOCK_STREAM : SOCK_DGRAM, 0)) >= 0) {
            ck_assert_int_lt(n, 512);
            fds[n++] = fd;
        }
        ck_assert(errno == ENFILE || errno == EMFILE);
        int error = errno;
        fails_with(socket(AF_INET, order % 2 ? SOCK_STREAM : SOCK_DGRAM, 0), error);
        ck_assert_int_gt(n, 1);
        for (int i = 0; i < n; i++) {
            ck_assert_int_eq(close(order < 2 ? fds[i] : fds[n - 1 - i]), 0);
        }
    }
    return 0;
}

START_TEST(hostile_API_06_all_there_is)
{
    compat_alone(opens_all);
}
END_TEST

/* ---- Addresses and states ---- */

static int connects(void *arg)
{
    struct sockaddr_in in = address(INADDR_LOOPBACK, 80);
    int listener = listen_on(80);
    int fd = make(SOCK_STREAM);

    (void)arg;
    for (socklen_t len = 0; len < sizeof in; len++) {
        fails_with(connect(fd, generic(&in), len), EINVAL);
    }
    in.sin_family = 77;
    fails_with(connect(fd, generic(&in), sizeof in), EAFNOSUPPORT);
    fails_with(connect_to(fd, INADDR_BROADCAST, 80), EINVAL);
    fails_with(connect_to(fd, 0x0a0000ff, 80), EINVAL);
    fails_with(connect_to(fd, 0xe0000001, 80), EINVAL);
    fails_with(connect_to(fd, INADDR_LOOPBACK, 0), EINVAL);
    ck_assert_int_eq(connect_to(fd, INADDR_LOOPBACK, 80), 0);
    fails_with(connect_to(fd, INADDR_LOOPBACK, 80), EISCONN);
    ck_assert_int_eq(close(fd), 0);

    fd = make(SOCK_STREAM);
    bind_to(fd, INADDR_LOOPBACK, 81);
    fails_with(connect_to(fd, INADDR_LOOPBACK, 81), EADDRNOTAVAIL); /* to itself */
    ck_assert_int_eq(close(fd), 0);

    fd = make(SOCK_STREAM);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    fails_with(connect_to(fd, HOST_B, 80), EINPROGRESS);
    fails_with(connect_to(fd, HOST_B, 80), EALREADY);
    ck_assert_int_eq(close(fd), 0);
    return close(listener);
}

START_TEST(hostile_API_07_connecting)
{
    compat_alone(connects);
}
END_TEST

static int binds(void *arg)
{
    struct sockaddr_in any = address(INADDR_ANY, 80);
    struct sockaddr_in own = address(HOST_A, 80);
    struct sockaddr_in others = address(HOST_B, 80);
    static const int types[] = { SOCK_STREAM, SOCK_DGRAM };

    (void)arg;
    for (int i = 0; i < 2; i++) {
        int fd = make(types[i]);
        int other = make(types[i]);
        fails_with(bind(fd, generic(&others), sizeof others), EADDRNOTAVAIL);
        ck_assert_int_eq(bind(fd, generic(&own), sizeof own), 0);
        fails_with(bind(fd, generic(&own), sizeof own), EINVAL);
        fails_with(bind(other, generic(&own), sizeof own), EADDRINUSE);
        fails_with(bind(other, generic(&any), sizeof any), EADDRINUSE);
        ck_assert_int_eq(close(fd), 0);
        ck_assert_int_eq(bind(other, generic(&any), sizeof any), 0);
        fd = make(types[i]);
        fails_with(bind(fd, generic(&own), sizeof own), EADDRINUSE);
        ck_assert_int_eq(close(fd), 0);
        ck_assert_int_eq(close(other), 0);
    }
    return 0;
}

START_TEST(hostile_API_08_binding)
{
    compat_alone(binds);
}
END_TEST

static int misuses(void *arg)
{
    char octet = 'x';
    int client;
    int server;
    int fresh = make(SOCK_STREAM);

    (void)arg;
    connect_self(&client, &server);
    fails_with(listen(client, 1), EINVAL);
    fails_with(accept(client, NULL, NULL), EINVAL);
    fails_with(accept(fresh, NULL, NULL), EINVAL);
    fails_with(send(fresh, &octet, 1, MSG_NOSIGNAL), ENOTCONN);
    fails_with(recv(fresh, &octet, 1, 0), ENOTCONN);
    fails_with(shutdown(fresh, SHUT_WR), ENOTCONN);
    fails_with(getpeername(fresh, nowhere, nowhere), ENOTCONN);
    ck_assert_int_eq(shutdown(client, SHUT_WR), 0);
    ck_assert_int_eq(shutdown(client, SHUT_WR), 0);
    fails_with(send(client, &octet, 1, MSG_NOSIGNAL), EPIPE);
    signal(SIGPIPE, count_signal);
    n_signals = 0;
    fails_with(send(client, &octet, 1, 0), EPIPE);
    ck_assert_int_eq(n_signals, 1);
    signal(SIGPIPE, SIG_DFL);
    int listener = listen_on(82);
    fails_with(send(listener, &octet, 1, MSG_NOSIGNAL), ENOTCONN);
    fails_with(connect_to(listener, INADDR_LOOPBACK, 82), EOPNOTSUPP);
    ck_assert_int_eq(close(listener), 0);
    ck_assert_int_eq(close(fresh), 0);
    ck_assert_int_eq(close(client), 0);
    return close(server);
}

START_TEST(hostile_API_09_what_a_socket_is_not_for)
{
    compat_alone(misuses);
}
END_TEST

/* ---- Options ---- */

static const struct {
    int level;
    int name;
} OPTIONS[] = {
    { SOL_SOCKET, SO_ERROR },
    { SOL_SOCKET, SO_TYPE },
    { SOL_SOCKET, SO_REUSEADDR },
    { SOL_SOCKET, SO_RCVBUF },
    { SOL_SOCKET, SO_RCVTIMEO },
    { SOL_SOCKET, SO_LINGER },
    { SOL_SOCKET, SO_BROADCAST },
    { SOL_SOCKET, SO_TIMESTAMP },
    { IPPROTO_IP, IP_TTL },
    { IPPROTO_IP, IP_OPTIONS },
    { IPPROTO_IP, IP_MULTICAST_IF },
    { IPPROTO_IP, IP_MULTICAST_TTL },
    { IPPROTO_IP, IP_ADD_MEMBERSHIP },
    { IPPROTO_TCP, TCP_NODELAY },
    { IPPROTO_TCP, TCP_CONGESTION },
    { IPPROTO_TCP, TCP_MAXSEG },
    { IPPROTO_IPV6, IPV6_V6ONLY },
    { SOL_SOCKET, 12345 },
    { 12345, SO_TYPE },
};

/* A buffer that is too short is not written past its end, nor a value read past its own. */
static int option_lengths(void *arg)
{
    static const socklen_t lengths[] = { 0, 1, 2, 3, 65535 };
    static uint8_t octets[65536];

    (void)arg;
    for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
        int fd = make(type);
        for (size_t i = 0; i < sizeof OPTIONS / sizeof OPTIONS[0]; i++) {
            for (size_t j = 0; j < 5; j++) {
                uint8_t *exact = malloc(lengths[j] + 1);
                socklen_t len = lengths[j];
                ck_assert_ptr_nonnull(exact);
                exact[lengths[j]] = 0x5a;
                if (getsockopt(fd, OPTIONS[i].level, OPTIONS[i].name, exact, &len) == 0) {
                    ck_assert_uint_le(len, lengths[j]);
                } else {
                    ck_assert(errno == ENOPROTOOPT || errno == EINVAL);
                }
                ck_assert_uint_eq(exact[lengths[j]], 0x5a);
                memset(exact, 0, lengths[j]);
                if (setsockopt(fd, OPTIONS[i].level, OPTIONS[i].name, exact, lengths[j]) != 0) {
                    ck_assert(errno == ENOPROTOOPT || errno == EINVAL || errno == ENOENT ||
                              errno == ENOBUFS);
                }
                free(exact);
            }
            ck_assert_int_eq(setsockopt(fd, OPTIONS[i].level, OPTIONS[i].name, nowhere, 4), -1);
            ck_assert(errno == EFAULT || errno == ENOPROTOOPT);
        }
        fails_with(setsockopt(fd, SOL_SOCKET, SO_ERROR, octets, 4), ENOPROTOOPT);
        fails_with(setsockopt(fd, SOL_SOCKET, SO_TYPE, octets, 4), ENOPROTOOPT);
        ck_assert_int_eq(close(fd), 0);
    }
    return 0;
}

START_TEST(hostile_API_10_options)
{
    compat_alone(option_lengths);
}
END_TEST

/* ---- Readiness ---- */

static int polls(void *arg)
{
    static struct pollfd many[20000];
    fd_set set;
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    for (size_t i = 0; i < 20000; i++) {
        many[i] = (struct pollfd){ .fd = i % 2 ? server : -1, .events = POLLIN };
    }
    ck_assert_int_eq(poll(many, 20000, 0), 0);
    ck_assert_int_eq(send(client, "x", 1, 0), 1);
    ck_assert_int_eq(poll(many, 20000, -1), 10000);
    fails_with(poll(nowhere, 1, 0), EFAULT);
    fails_with(select(-1, NULL, NULL, NULL, NULL), EINVAL);
    FD_ZERO(&set);
    FD_SET(server, &set);
    fails_with(select(server + 1, &set, NULL, NULL, &(struct timeval){ .tv_sec = -1 }), EINVAL);
    int beyond = fcntl(server, F_DUPFD, FD_SETSIZE);
    if (beyond >= 0) { /* select cannot name it */
        fails_with(select(beyond + 1, &set, NULL, NULL, NULL), EINVAL);
        ck_assert_int_eq(close(beyond), 0);
    }
    ck_assert_int_eq(close(client), 0);
    return close(server);
}

/* No wake-up is lost: what comes between a look and the wait ends the wait. */
static int pings(void *arg)
{
    int fd = dial(HOST_B, 80);

    (void)arg;
    for (int i = 0; i < 5000; i++) {
        char octet = (char)i;
        struct pollfd p = { .fd = fd, .events = POLLIN };
        ck_assert_int_eq(send(fd, &octet, 1, 0), 1);
        ck_assert_int_eq(poll(&p, 1, 10000), 1);
        ck_assert_int_eq(recv(fd, &octet, 1, MSG_DONTWAIT), 1);
    }
    return close(fd);
}

static int pongs(void *arg)
{
    char octet;
    int fd = accept_one(80);
    struct pollfd p = { .fd = fd, .events = POLLIN };

    (void)arg;
    while (poll(&p, 1, 10000) == 1 && recv(fd, &octet, 1, MSG_DONTWAIT) == 1) {
        ck_assert_int_eq(send(fd, &octet, 1, 0), 1);
    }
    return close(fd);
}

START_TEST(hostile_API_11_readiness)
{
    compat_alone(polls);
    compat_both(pings, pongs);
}
END_TEST

/* ---- Control data, text ---- */

static int small_control(void *arg)
{
    int client;
    int server;

    (void)arg;
    datagram_pair(&client, &server);
    ck_assert_int_eq(setsockopt(server, IPPROTO_IP, IP_RECVTTL, &(int){ 1 }, sizeof(int)), 0);
    for (size_t room = 0; room <= 64; room++) {
        char octet;
        uint8_t *exact = malloc(room + 1);
        struct iovec iov = { &octet, 1 };
        struct msghdr msg = {
            .msg_iov = &iov, .msg_iovlen = 1, .msg_control = exact, .msg_controllen = room
        };
        ck_assert_ptr_nonnull(exact);
        exact[room] = 0x5a;
        ck_assert_int_eq(send(client, "x", 1, 0), 1);
        ck_assert_int_eq(recvmsg(server, &msg, 0), 1);
        ck_assert_int_eq(msg.msg_flags, room < CMSG_LEN(sizeof(int)) ? MSG_CTRUNC : 0);
        ck_assert_uint_eq(exact[room], 0x5a);
        free(exact);
    }
    close_both(client, server);
    return 0;
}

START_TEST(hostile_API_12_room_for_control_data)
{
    compat_alone(small_control);
}
END_TEST

static int long_text(void *arg)
{
    static const char fillings[] = "1.:0f-";
    struct addrinfo numeric = { .ai_flags = AI_NUMERICHOST };
    struct addrinfo *list;
    uint8_t addr[16];

    (void)arg;
    for (size_t f = 0; f + 1 < sizeof fillings; f++) {
        for (size_t len = 16; len <= 4096; len += 255) {
            char *text = malloc(len + 1);
            ck_assert_ptr_nonnull(text);
            memset(text, fillings[f], len);
            text[len] = '\0';
            ck_assert_int_eq(inet_pton(AF_INET, text, addr), 0);
            int error = getaddrinfo(text, NULL, &numeric, &list);
            if (fillings[f] == '0') { /* zero, in octal */
                ck_assert_int_eq(error, 0);
                freeaddrinfo(list);
            } else {
                ck_assert_int_eq(error, EAI_NONAME);
                ck_assert_int_ne(getaddrinfo("127.0.0.1", text, NULL, &list), 0);
            }
            free(text);
        }
    }
    return 0;
}

START_TEST(hostile_API_13_addresses_of_any_length)
{
    compat_alone(long_text);
}
END_TEST

/* ---- Calls from within ---- */

static int hooked = -1;
static int n_hooks;

/* It may not wait; it may close even what the call is waiting for. */
static void hook(const struct port *port)
{
    char octet;
    int fd = hooked;

    (void)port;
    n_hooks++;
    if (fd >= 0 && n_hooks == 3) {
        fails_with(recv(fd, &octet, 1, 0), EDEADLK);
        fails_with(recv(fd, &octet, 1, MSG_DONTWAIT), EAGAIN);
        fails_with(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1), EDEADLK);
        int other = make(SOCK_DGRAM);
        ck_assert_int_eq(connect_to(other, INADDR_LOOPBACK, 9), 0);
        ck_assert_int_eq(send(other, "x", 1, 0), 1);
        ck_assert_int_eq(close(other), 0);
        ck_assert_int_eq(close(fd), 0);
    }
}

static int waits_with_a_hook(void *arg)
{
    char octet;

    (void)arg;
    hooked = make(SOCK_DGRAM);
    n_hooks = 0;
    bind_to(hooked, INADDR_LOOPBACK, 9000);
    world->places[0]->port.background = hook;
    fails_with(recv(hooked, &octet, 1, 0), EBADF);
    world->places[0]->port.background = NULL;
    ck_assert_int_eq(n_hooks, 3);
    return 0;
}

START_TEST(hostile_API_14_calls_from_the_background)
{
    compat_alone(waits_with_a_hook);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_API_01_bad_numbers,
        hostile_API_02_lengths,
        hostile_API_03_vectors,
        hostile_API_04_closed_twice_and_while_waited_for,
        hostile_API_05_a_number_that_is_used_again,
        hostile_API_06_all_there_is,
        hostile_API_07_connecting,
        hostile_API_08_binding,
        hostile_API_09_what_a_socket_is_not_for,
        hostile_API_10_options,
        hostile_API_11_readiness,
        hostile_API_12_room_for_control_data,
        hostile_API_13_addresses_of_any_length,
        hostile_API_14_calls_from_the_background,
        NULL,
    };

    return suite_run("hostile_api", tests);
}

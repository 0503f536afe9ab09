/* SPDX-License-Identifier: BSD-3-Clause */
/* getsockopt and setsockopt: what there is works, what there is not is ENOPROTOOPT, lengths and
 * values are checked. */
#include "tests/support/compat_fixture.h"

#include <limits.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/time.h>

static int number(int fd, int level, int option)
{
    int value = -1;
    socklen_t len = sizeof value;

    ck_assert_int_eq(getsockopt(fd, level, option, &value, &len), 0);
    ck_assert_uint_eq(len, sizeof value);
    return value;
}

static int set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

static int numbers(void *arg)
{
    (void)arg;
    int stream = make(SOCK_STREAM);
    int dgram = make(SOCK_DGRAM);
    ck_assert_int_eq(number(stream, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
    ck_assert_int_eq(number(dgram, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
    ck_assert_int_eq(number(stream, SOL_SOCKET, SO_ERROR), 0);

    ck_assert_int_eq(number(stream, SOL_SOCKET, SO_REUSEADDR), 0);
    ck_assert_int_eq(set(stream, SOL_SOCKET, SO_REUSEADDR, 17), 0);
    ck_assert_int_eq(number(stream, SOL_SOCKET, SO_REUSEADDR), 1);
    ck_assert_int_eq(set(stream, SOL_SOCKET, SO_REUSEADDR, 0), 0);
    ck_assert_int_eq(number(stream, SOL_SOCKET, SO_REUSEADDR), 0);

    ck_assert_int_eq(set(stream, IPPROTO_TCP, TCP_NODELAY, 1), 0);
    ck_assert_int_eq(number(stream, IPPROTO_TCP, TCP_NODELAY), 1);
    fails_with(set(dgram, IPPROTO_TCP, TCP_NODELAY, 1), ENOPROTOOPT);

    ck_assert_int_gt(number(stream, SOL_SOCKET, SO_RCVBUF), 0);
    ck_assert_int_gt(number(stream, SOL_SOCKET, SO_SNDBUF), 0);
    ck_assert_int_eq(set(stream, SOL_SOCKET, SO_RCVBUF, 1000), 0);
    ck_assert_int_eq(set(stream, SOL_SOCKET, SO_SNDBUF, 1000), 0);
    ck_assert_int_ge(number(stream, SOL_SOCKET, SO_RCVBUF), 1000);
    fails_with(set(stream, SOL_SOCKET, SO_RCVBUF, -1), EINVAL);
    ck_assert_int_eq(close(stream), 0);
    ck_assert_int_eq(close(dgram), 0);
    return 0;
}

START_TEST(numbers_and_switches_keep_what_they_are_told)
{
    compat_alone(numbers);
}
END_TEST

/* Linux tells the privileged alone that they debug, and nobody is that here. */
static int debug(void *arg)
{
    (void)arg;
    for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
        int fd = make(type);
        short half = 0;
        ck_assert_int_eq(number(fd, SOL_SOCKET, SO_DEBUG), 0);
        ck_assert_int_eq(set(fd, SOL_SOCKET, SO_DEBUG, 0), 0);
        fails_with(set(fd, SOL_SOCKET, SO_DEBUG, 1), EACCES);
        fails_with(set(fd, SOL_SOCKET, SO_DEBUG, -1), EACCES);
        fails_with(setsockopt(fd, SOL_SOCKET, SO_DEBUG, &half, sizeof half), EINVAL);
        fails_with(setsockopt(fd, SOL_SOCKET, SO_DEBUG, NULL, sizeof(int)), EFAULT);
        ck_assert_int_eq(number(fd, SOL_SOCKET, SO_DEBUG), 0);
        ck_assert_int_eq(close(fd), 0);
    }
    return 0;
}

START_TEST(so_debug_is_off_and_for_the_privileged)
{
    compat_alone(debug);
}
END_TEST

static int facts(void *arg)
{
    static const int all[] = { SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_SNDLOWAT, SO_ACCEPTCONN };

    (void)arg;
    int listener = listen_on(80);
    int dgram = make(SOCK_DGRAM);
    ck_assert_int_eq(number(listener, SOL_SOCKET, SO_DOMAIN), AF_INET);
    ck_assert_int_eq(number(listener, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
    ck_assert_int_eq(number(dgram, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP);
    ck_assert_int_eq(number(dgram, SOL_SOCKET, SO_SNDLOWAT), 1);
    ck_assert_int_eq(number(listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
    ck_assert_int_eq(number(dgram, SOL_SOCKET, SO_ACCEPTCONN), 0);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        fails_with(set(dgram, SOL_SOCKET, all[i], 1), ENOPROTOOPT);
    }
    ck_assert_int_eq(close(listener), 0);
    return close(dgram);
}

START_TEST(facts_can_be_read_and_not_set)
{
    compat_alone(facts);
}
END_TEST

static int buffers(void *arg)
{
    static char octets[20000];
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    int truth = number(client, SOL_SOCKET, SO_SNDBUF);
    ck_assert_int_eq(set(client, SOL_SOCKET, SO_SNDBUF, 1 << 20), 0);
    ck_assert_int_eq(number(client, SOL_SOCKET, SO_SNDBUF), truth);
    ssize_t took = send(client, octets, sizeof octets, MSG_DONTWAIT);
    ck_assert_int_ge(took, truth);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    return 0;
}

START_TEST(a_buffer_in_use_tells_its_true_size)
{
    compat_alone(buffers);
}
END_TEST

static struct timeval timeout_of(int fd, int option)
{
    struct timeval t;
    socklen_t len = sizeof t;

    ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, option, &t, &len), 0);
    ck_assert_uint_eq(len, sizeof t);
    return t;
}

static int timeouts(void *arg)
{
    static const int options[] = { SO_RCVTIMEO, SO_SNDTIMEO };
    char octet;

    (void)arg;
    int fd = make(SOCK_DGRAM);
    for (int i = 0; i < 2; i++) {
        struct timeval t = { .tv_sec = 3, .tv_usec = 250000 };
        ck_assert_int_eq(timeout_of(fd, options[i]).tv_sec, 0);
        ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, options[i], &t, sizeof t), 0);
        ck_assert_int_eq(timeout_of(fd, options[i]).tv_sec, 3);
        ck_assert_int_eq(timeout_of(fd, options[i]).tv_usec, 250000);
        fails_with(setsockopt(fd, SOL_SOCKET, options[i], &t, sizeof t - 1), EINVAL);
        t.tv_usec = SECOND;
        fails_with(setsockopt(fd, SOL_SOCKET, options[i], &t, sizeof t), EDOM);
        t.tv_usec = -1;
        fails_with(setsockopt(fd, SOL_SOCKET, options[i], &t, sizeof t), EDOM);
        t = (struct timeval){ .tv_sec = 4294966, .tv_usec = 999001 };
        ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, options[i], &t, sizeof t), 0);
        ck_assert_int_eq(timeout_of(fd, options[i]).tv_sec, 4294967); /* in whole milliseconds */
        ck_assert_int_eq(timeout_of(fd, options[i]).tv_usec, 0);
        t = (struct timeval){ .tv_sec = 4294967 };
        ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, options[i], &t, sizeof t), 0);
        ck_assert_int_eq(timeout_of(fd, options[i]).tv_sec, 0); /* as good as none */
        t = (struct timeval){ .tv_sec = INT64_MAX / 2 };
        ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, options[i], &t, sizeof t), 0);
        ck_assert_int_eq(timeout_of(fd, options[i]).tv_sec, 0); /* as good as none */
        t = (struct timeval){ .tv_sec = -1 };
        ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, options[i], &t, sizeof t), 0);
    }
    instant before = clock_now();
    fails_with(recv(fd, &octet, 1, 0), EAGAIN);
    ck_assert_int_le(clock_now() - before, MS);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(timeouts_keep_what_they_are_told)
{
    compat_alone(timeouts);
}
END_TEST

static int inherits(void *arg)
{
    struct timeval in = { .tv_sec = 3 };
    struct timeval out = { .tv_sec = 4 };

    (void)arg;
    int listener = listen_on(80);
    int client = dial(INADDR_LOOPBACK, 80);
    ck_assert_int_eq(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &in, sizeof in), 0);
    ck_assert_int_eq(setsockopt(listener, SOL_SOCKET, SO_SNDTIMEO, &out, sizeof out), 0);
    int server = accept(listener, NULL, NULL);
    ck_assert_int_eq(timeout_of(server, SO_RCVTIMEO).tv_sec, 3);
    ck_assert_int_eq(timeout_of(server, SO_SNDTIMEO).tv_sec, 4);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    ck_assert_int_eq(close(listener), 0);
    return 0;
}

START_TEST(an_accepted_socket_inherits_the_timeouts)
{
    compat_alone(inherits);
}
END_TEST

static int numbers_of_linux(void *arg)
{
    static const struct {
        int level;
        int option;
        int normally;
        int other;
        int wrong; /* EINVAL; 0: nothing is */
    } all[] = {
        { SOL_SOCKET, SO_KEEPALIVE, 0, 1, 0 },
        { IPPROTO_TCP, TCP_KEEPIDLE, 7200, 32767, 32768 },
        { IPPROTO_TCP, TCP_KEEPINTVL, 75, 1, -1 },
        { IPPROTO_TCP, TCP_KEEPCNT, 9, 127, 128 },
        { IPPROTO_TCP, TCP_USER_TIMEOUT, 0, INT_MAX, -1 },
        { SOL_SOCKET, SO_DONTROUTE, 0, 1, 0 },
        { SOL_SOCKET, SO_RCVLOWAT, 1, INT_MAX, 0 },
        { SOL_SOCKET, SO_OOBINLINE, 0, 1, 0 },
        { IPPROTO_TCP, TCP_CORK, 0, 1, 0 },
        { IPPROTO_TCP, TCP_QUICKACK, 0, 1, 0 },
        { IPPROTO_TCP, TCP_MAXSEG, 536, 1000, 87 },
        { IPPROTO_IP, IP_TTL, 64, 255, 256 },
        { IPPROTO_IP, IP_TOS, 0, 0xb8, 256 },
    };

    (void)arg;
    int fd = make(SOCK_STREAM);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        ck_assert_int_eq(number(fd, all[i].level, all[i].option), all[i].normally);
        ck_assert_int_eq(set(fd, all[i].level, all[i].option, all[i].other), 0);
        if (all[i].wrong != 0) {
            fails_with(set(fd, all[i].level, all[i].option, all[i].wrong), EINVAL);
        }
        ck_assert_int_eq(number(fd, all[i].level, all[i].option), all[i].other);
    }
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(numbers_of_connections_and_headers_are_as_on_linux)
{
    compat_alone(numbers_of_linux);
}
END_TEST

static int broadcasts(void *arg)
{
    struct sockaddr_in all = address(0x0a0000ff, 9);

    (void)arg;
    int fd = make(SOCK_DGRAM);
    fails_with(sendto(fd, "x", 1, 0, generic(&all), sizeof all), EACCES);
    fails_with(connect(fd, generic(&all), sizeof all), EACCES);
    ck_assert_int_eq(set(fd, SOL_SOCKET, SO_BROADCAST, 1), 0);
    ck_assert_int_eq(sendto(fd, "x", 1, 0, generic(&all), sizeof all), 1);
    ck_assert_int_eq(connect(fd, generic(&all), sizeof all), 0);
    ck_assert_int_eq(send(fd, "x", 1, MSG_DONTROUTE), 1);
    return close(fd);
}

START_TEST(broadcasts_have_to_be_asked_for)
{
    compat_alone(broadcasts);
}
END_TEST

static int more_client(void *arg)
{
    int fd = dial(HOST_B, 80);

    (void)arg;
    ck_assert_int_eq(send(fd, "ab", 2, MSG_MORE), 2);
    sk_sim_sleep(&world->sim, 50 * MS);
    ck_assert_int_eq(send(fd, "cd", 2, 0), 2); /* one segment */
    sk_sim_sleep(&world->sim, SECOND);
    ck_assert_int_eq(set(fd, IPPROTO_TCP, TCP_CORK, 1), 0);
    ck_assert_int_eq(send(fd, "ef", 2, 0), 2);
    sk_sim_sleep(&world->sim, 50 * MS);
    ck_assert_int_eq(send(fd, "gh", 2, 0), 2);
    ck_assert_int_eq(set(fd, IPPROTO_TCP, TCP_CORK, 0), 0); /* another one */
    return close(fd);
}

static int more_server(void *arg)
{
    char octets[8];
    int fd = accept_one(80);

    (void)arg;
    ck_assert_int_eq(recv(fd, octets, sizeof octets, 0), 4);
    ck_assert_mem_eq(octets, "abcd", 4);
    ck_assert_int_eq(recv(fd, octets, sizeof octets, 0), 4);
    ck_assert_mem_eq(octets, "efgh", 4);
    return close(fd);
}

START_TEST(what_is_said_to_be_unfinished_is_held_back)
{
    compat_both(more_client, more_server);
}
END_TEST

/* The hosts of these tests run the basic profile: there is one to choose. */
static int names(void *arg)
{
    char name[32] = "reno";
    char longer[256];
    socklen_t len = sizeof name;

    (void)arg;
    int fd = make(SOCK_STREAM);
    int dgram = make(SOCK_DGRAM);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, 4), 0);
    fails_with(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "renown", 6), ENOENT);
    fails_with(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "ren", 3), ENOENT);
    fails_with(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5), ENOENT);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, sizeof name), 0);
    memset(longer, 'x', sizeof longer);
    fails_with(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, longer, sizeof longer), ENOENT);
    fails_with(setsockopt(dgram, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), ENOPROTOOPT);
    fails_with(getsockopt(dgram, IPPROTO_TCP, TCP_CONGESTION, name, &len), ENOPROTOOPT);
    ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
    ck_assert_str_eq(name, "reno");
    ck_assert_uint_eq(len, 16);
    ck_assert_int_eq(close(dgram), 0);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(congestion_control_has_a_name)
{
    compat_alone(names);
}
END_TEST

static int unknown(void *arg)
{
    static const struct {
        int level;
        int option;
    } others[] = {
        { IPPROTO_TCP, 9999 },
        { IPPROTO_IP, 9999 },
        { 9999, SO_TYPE },
    };
    int value = 0;
    socklen_t len = sizeof value;

    (void)arg;
    int fd = make(SOCK_STREAM);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        fails_with(set(fd, others[i].level, others[i].option, 1), ENOPROTOOPT);
        fails_with(getsockopt(fd, others[i].level, others[i].option, &value, &len), ENOPROTOOPT);
    }
    fails_with(set(fd, SOL_SOCKET, SO_TYPE, SOCK_DGRAM), ENOPROTOOPT);
    fails_with(set(fd, SOL_SOCKET, SO_ERROR, 0), ENOPROTOOPT);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(every_other_option_is_refused)
{
    compat_alone(unknown);
}
END_TEST

static int lengths(void *arg)
{
    unsigned char octets[8];
    int on = 1;
    socklen_t len;
    void *volatile nowhere = NULL;

    (void)arg;
    int fd = make(SOCK_STREAM);
    fails_with(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, 1), EINVAL);
    fails_with(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, nowhere, sizeof on), EFAULT);
    len = sizeof on;
    fails_with(getsockopt(fd, SOL_SOCKET, SO_TYPE, nowhere, &len), EFAULT);
    fails_with(getsockopt(fd, SOL_SOCKET, SO_TYPE, &on, nowhere), EFAULT);
    memset(octets, 0xee, sizeof octets);
    len = 1;
    ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_TYPE, octets, &len), 0);
    ck_assert_uint_eq(len, 1);
    ck_assert_uint_eq(octets[1], 0xee);
    len = sizeof octets;
    ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_TYPE, octets, &len), 0);
    ck_assert_uint_eq(len, sizeof(int));
    ck_assert_uint_eq(octets[sizeof(int)], 0xee);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(lengths_are_checked_and_told)
{
    compat_alone(lengths);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        numbers_and_switches_keep_what_they_are_told,
        so_debug_is_off_and_for_the_privileged,
        facts_can_be_read_and_not_set,
        a_buffer_in_use_tells_its_true_size,
        timeouts_keep_what_they_are_told,
        an_accepted_socket_inherits_the_timeouts,
        numbers_of_connections_and_headers_are_as_on_linux,
        broadcasts_have_to_be_asked_for,
        what_is_said_to_be_unfinished_is_held_back,
        congestion_control_has_a_name,
        every_other_option_is_refused,
        lengths_are_checked_and_told,
        NULL,
    };

    return suite_run("compat_sockopt", tests);
}

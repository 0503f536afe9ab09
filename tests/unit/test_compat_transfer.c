/* SPDX-License-Identifier: BSD-3-Clause */
/* Octets in and out: send and recv on streams and datagrams, their flags, their timeouts, and the
 * ends of a stream. */
#include "tests/support/compat_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/time.h>

static void set_timeout(int fd, int option, duration us)
{
    struct timeval t = { .tv_sec = us / SECOND, .tv_usec = us % SECOND };

    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, option, &t, sizeof t), 0);
}

/* ---- Streams ---- */

#define N_OCTETS 100000

static char octet_at(int i)
{
    return (char)(i * 31 % 251);
}

static int bulk_client(void *arg)
{
    static char octets[N_OCTETS];

    (void)arg;
    for (int i = 0; i < N_OCTETS; i++) {
        octets[i] = octet_at(i);
    }
    int fd = dial(HOST_B, 80);
    ck_assert_int_eq(send(fd, octets, sizeof octets, 0), sizeof octets);
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    ck_assert_int_eq(read(fd, octets, sizeof octets), 2);
    ck_assert_int_eq(memcmp(octets, "ok", 2), 0);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

static int bulk_server(void *arg)
{
    char octets[777];
    int got = 0;
    ssize_t n;

    (void)arg;
    int fd = accept_one(80);
    while ((n = read(fd, octets, sizeof octets)) > 0) {
        for (ssize_t i = 0; i < n; i++, got++) {
            ck_assert_int_eq(octets[i], octet_at(got));
        }
    }
    ck_assert_int_eq(n, 0);
    ck_assert_int_eq(got, N_OCTETS);
    ck_assert_int_eq(write(fd, "ok", 2), 2);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_blocking_send_takes_all_and_half_close_lets_the_answer_in)
{
    compat_both(bulk_client, bulk_server);
}
END_TEST

static int full_buffers(void *arg)
{
    static char octets[N_OCTETS];
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    ck_assert_int_eq(fcntl(client, F_SETFL, O_NONBLOCK), 0);
    ssize_t part = send(client, octets, sizeof octets, 0);
    ck_assert_int_gt(part, 0);
    ck_assert_int_lt(part, N_OCTETS);
    do { /* until the peer's window is closed to the last octet */
        while (send(client, octets, sizeof octets, 0) > 0) {
        }
        ck_assert_int_eq(errno, EAGAIN);
        sk_sim_sleep(&world->sim, 60 * SECOND);
    } while (send(client, octets, 1, 0) > 0);
    ck_assert_int_eq(fcntl(client, F_SETFL, 0), 0);
    fails_with(send(client, octets, 1, MSG_DONTWAIT), EAGAIN);

    instant before = clock_now();
    set_timeout(client, SO_SNDTIMEO, 250 * MS);
    fails_with(send(client, octets, 1, 0), EAGAIN);
    ck_assert_int_eq(clock_now() - before, 250 * MS);

    ck_assert_int_gt(recv(server, octets, 2000, 0), 0);
    ck_assert_int_gt(recv(server, octets, 4000, 0), 0);
    part = send(client, octets, sizeof octets, 0); /* times out with part of it gone */
    ck_assert_int_gt(part, 0);
    ck_assert_int_lt(part, N_OCTETS);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    return 0;
}

START_TEST(a_full_buffer_takes_part_or_times_out)
{
    compat_alone(full_buffers);
}
END_TEST

static int receive_timeouts(void *arg)
{
    char octets[10];
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    fails_with(recv(server, octets, 1, MSG_DONTWAIT), EAGAIN);
    set_timeout(server, SO_RCVTIMEO, 1500 * MS);
    instant before = clock_now();
    fails_with(recv(server, octets, 1, 0), EAGAIN);
    ck_assert_int_eq(clock_now() - before, 1500 * MS);
    ck_assert_int_eq(send(client, "abc", 3, 0), 3);
    before = clock_now();
    ck_assert_int_eq(recv(server, octets, sizeof octets, MSG_WAITALL), 3);
    ck_assert_int_eq(clock_now() - before, 1500 * MS);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(read(server, octets, 1), 0);
    ck_assert_int_eq(close(server), 0);
    return 0;
}

START_TEST(a_receive_times_out_when_it_says)
{
    compat_alone(receive_timeouts);
}
END_TEST

static int peeks(void *arg)
{
    char octets[10];
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    ck_assert_int_eq(send(client, "abcdef", 6, 0), 6);
    ck_assert_int_eq(recv(server, octets, 3, MSG_PEEK), 3);
    ck_assert_int_eq(memcmp(octets, "abc", 3), 0);
    ck_assert_int_eq(recv(server, octets, 6, MSG_PEEK | MSG_WAITALL), 6);
    ck_assert_int_eq(recv(server, octets, 10, MSG_PEEK | MSG_WAITALL | MSG_DONTWAIT), 6);
    ck_assert_int_eq(recvfrom(server, octets, 6, MSG_WAITALL, (struct sockaddr *)&from, &len), 6);
    ck_assert_int_eq(memcmp(octets, "abcdef", 6), 0);
    ck_assert_uint_eq(len, 0);
    ck_assert_int_eq(send(client, octets, 0, 0), 0);
    ck_assert_int_eq(close(server), 0);
    ck_assert_int_eq(close(client), 0);
    return 0;
}

START_TEST(a_peek_leaves_the_octets_and_a_stream_names_no_sender)
{
    compat_alone(peeks);
}
END_TEST

static int bad_arguments(void *arg)
{
    char octet = 0;
    void *volatile nowhere = NULL;
    struct sockaddr_in in;
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    fails_with(send(client, &octet, 1, MSG_PEEK), EOPNOTSUPP);
    fails_with(recv(client, &octet, 1, MSG_ERRQUEUE), EOPNOTSUPP);
    fails_with(send(client, nowhere, 1, 0), EFAULT);
    fails_with(recv(client, nowhere, 1, 0), EFAULT);
    fails_with(recvfrom(client, &octet, 1, 0, (struct sockaddr *)&in, nowhere), EFAULT);
    fails_with(shutdown(client, 17), EINVAL);
    int fresh = make(SOCK_STREAM);
    fails_with(send(fresh, &octet, 1, MSG_NOSIGNAL), ENOTCONN);
    fails_with(recv(fresh, &octet, 1, 0), ENOTCONN);
    fails_with(shutdown(fresh, SHUT_RDWR), ENOTCONN);
    ck_assert_int_eq(close(fresh), 0);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    return 0;
}

START_TEST(arguments_are_checked)
{
    compat_alone(bad_arguments);
}
END_TEST

static int broken_pipe(void *arg)
{
    int client;
    int server;

    (void)arg;
    n_signals = 0;
    signal(SIGPIPE, count_signal);
    connect_self(&client, &server);
    ck_assert_int_eq(shutdown(client, SHUT_RDWR), 0);
    fails_with(send(client, "x", 1, MSG_NOSIGNAL), EPIPE);
    ck_assert_int_eq(n_signals, 0);
    fails_with(write(client, "x", 1), EPIPE);
    ck_assert_int_eq(n_signals, 1);
    signal(SIGPIPE, SIG_DFL);
    ck_assert_int_eq(shutdown(server, SHUT_RD), 0);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    return 0;
}

START_TEST(writing_after_the_end_is_a_broken_pipe)
{
    compat_alone(broken_pipe);
}
END_TEST

/* The client sends what the server never reads, so that its close is a reset (RFC 2525 2.17). */
static int unread_client(void *arg)
{
    char octet;

    (void)arg;
    int fd = dial(HOST_B, 80);
    ck_assert_int_eq(write(fd, "unread", 6), 6);
    fails_with(read(fd, &octet, 1), ECONNRESET);
    ck_assert_int_eq(read(fd, &octet, 1), 0);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

static int unread_server(void *arg)
{
    (void)arg;
    int fd = accept_one(80);
    sk_sim_sleep(&world->sim, 100 * MS);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_reset_is_told_once_then_it_is_the_end)
{
    compat_both(unread_client, unread_server);
}
END_TEST

static int reset_after_data_client(void *arg)
{
    char octets[10];

    (void)arg;
    int fd = dial(HOST_B, 80);
    ck_assert_int_eq(write(fd, "unread", 6), 6);
    sk_sim_sleep(&world->sim, 200 * MS);
    ck_assert_int_eq(read(fd, octets, 2), 2);
    ck_assert_int_eq(recv(fd, octets + 2, 8, MSG_WAITALL), 4);
    ck_assert_int_eq(memcmp(octets, "before", 6), 0);
    fails_with(read(fd, octets, 1), ECONNRESET);
    ck_assert_int_eq(read(fd, octets, 1), 0);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

static int reset_after_data_server(void *arg)
{
    (void)arg;
    int fd = accept_one(80);
    sk_sim_sleep(&world->sim, 50 * MS);
    ck_assert_int_eq(write(fd, "before", 6), 6);
    sk_sim_sleep(&world->sim, 50 * MS);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(what_came_before_a_reset_is_read_before_it_is_told)
{
    compat_both(reset_after_data_client, reset_after_data_server);
}
END_TEST

/* ---- Before the connection is there ---- */

static int sends_early(void *arg)
{
    char octet;

    (void)arg;
    int fd = make(SOCK_STREAM);
    sk_sim_sleep(&world->sim, 10 * MS);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    fails_with(connect_to(fd, HOST_B, 80), EINPROGRESS);
    fails_with(send(fd, "x", 1, 0), EAGAIN);
    fails_with(recv(fd, &octet, 1, 0), EAGAIN);
    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    fails_with(send(fd, "x", 1, MSG_DONTWAIT), EAGAIN);
    ck_assert_int_eq(send(fd, "x", 1, 0), 1); /* waits for it */
    ck_assert_int_eq(recv(fd, &octet, 1, 0), 1);
    fails_with(connect_to(fd, HOST_B, 80), EISCONN);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

static int sends_back(void *arg)
{
    char octet;

    (void)arg;
    int fd = accept_one(80);
    ck_assert_int_eq(read(fd, &octet, 1), 1);
    ck_assert_int_eq(write(fd, &octet, 1), 1);
    ck_assert_int_eq(read(fd, &octet, 1), 0);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_send_waits_for_the_connection)
{
    compat_both(sends_early, sends_back);
}
END_TEST

static int sends_to_nobody(void *arg)
{
    (void)arg;
    int fd = make(SOCK_STREAM);
    set_timeout(fd, SO_SNDTIMEO, 100 * MS);
    fails_with(connect_to(fd, 0x0a000063, 80), EINPROGRESS);
    instant before = clock_now();
    fails_with(send(fd, "x", 1, 0), EAGAIN);
    ck_assert_int_eq(clock_now() - before, 100 * MS);
    set_timeout(fd, SO_SNDTIMEO, 0);
    fails_with(send(fd, "x", 1, 0), EHOSTUNREACH);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_send_waits_no_longer_than_the_connect_does)
{
    compat_alone(sends_to_nobody);
}
END_TEST

/* ---- When octets leave ---- */

static uint64_t n_sent(void)
{
    return sk_iface_stats(libsock_iface())->tx_packets;
}

static int leaves_at_once(void *arg)
{
    struct sockaddr_in to = address(HOST_B, 7);

    (void)arg;
    int dgram = make(SOCK_DGRAM);
    ck_assert_int_eq(sendto(dgram, "x", 1, 0, generic(&to), sizeof to), 1);
    int fd = dial(HOST_B, 80);
    sk_sim_sleep(&world->sim, 500 * MS);

    uint64_t before = n_sent();
    ck_assert_int_eq(sendto(dgram, "x", 1, MSG_DONTWAIT, generic(&to), sizeof to), 1);
    ck_assert_uint_eq(n_sent(), before + 1);
    ck_assert_int_eq(send(fd, "x", 1, MSG_DONTWAIT), 1);
    ck_assert_uint_eq(n_sent(), before + 2);
    sk_sim_sleep(&world->sim, 500 * MS);
    before = n_sent();
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    ck_assert_uint_eq(n_sent(), before + 1);
    ck_assert_int_eq(close(fd), 0);

    sk_sim_sleep(&world->sim, 500 * MS);
    fd = dial(HOST_B, 81);
    sk_sim_sleep(&world->sim, 500 * MS);
    before = n_sent();
    ck_assert_int_eq(close(fd), 0);
    ck_assert_uint_eq(n_sent(), before + 1);
    ck_assert_int_eq(close(dgram), 0);
    return 0;
}

static int reads_to_the_end(void *arg)
{
    char octet;

    (void)arg;
    for (uint16_t port = 80; port <= 81; port++) {
        int fd = accept_one(port);
        while (read(fd, &octet, 1) > 0) {
        }
        ck_assert_int_eq(close(fd), 0);
    }
    return 0;
}

START_TEST(what_a_call_queued_has_left_when_it_returns)
{
    compat_both(leaves_at_once, reads_to_the_end);
}
END_TEST

/* ---- Datagrams ---- */

static int echo_datagrams(void *arg)
{
    char octets[2000];
    struct sockaddr_in from;

    (void)arg;
    int fd = make(SOCK_DGRAM);
    bind_to(fd, INADDR_ANY, 7);
    for (int i = 0; i < 3; i++) {
        socklen_t len = sizeof from;
        ssize_t n = recvfrom(fd, octets, sizeof octets, 0, (struct sockaddr *)&from, &len);
        ck_assert_int_ge(n, 0);
        ck_assert_uint_eq(len, sizeof from);
        ck_assert_uint_eq(ntohl(from.sin_addr.s_addr), HOST_A);
        ck_assert_int_eq(sendto(fd, octets, (size_t)n, 0, generic(&from), len), n);
    }
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

static int send_datagrams(void *arg)
{
    static char large[70000];
    char octets[100];
    struct sockaddr_in to = address(HOST_B, 7);
    struct sockaddr_in from;
    socklen_t len = sizeof from;

    (void)arg;
    int fd = make(SOCK_DGRAM);
    fails_with(send(fd, "x", 1, 0), EDESTADDRREQ);
    fails_with(sendto(fd, large, sizeof large, 0, generic(&to), sizeof to), EMSGSIZE);
    fails_with(sendto(fd, "x", 1, 0, generic(&to), 3), EINVAL);
    to.sin_port = 0;
    fails_with(sendto(fd, "x", 1, 0, generic(&to), sizeof to), EINVAL);
    to = address(HOST_B, 7);

    ck_assert_int_eq(sendto(fd, "hello", 5, 0, generic(&to), sizeof to), 5);
    ck_assert_int_eq(recvfrom(fd, octets, 2, MSG_PEEK, (struct sockaddr *)&from, &len), 2);
    ck_assert_uint_eq(ntohs(from.sin_port), 7);
    ck_assert_int_eq(recv(fd, octets, sizeof octets, 0), 5);
    ck_assert_int_eq(memcmp(octets, "hello", 5), 0);

    ck_assert_int_eq(connect(fd, generic(&to), sizeof to), 0);
    ck_assert_int_eq(write(fd, "truncate", 8), 8);
    ck_assert_int_eq(read(fd, octets, 5), 5);
    ck_assert_int_eq(memcmp(octets, "trunc", 5), 0);
    ck_assert_int_eq(send(fd, "", 0, 0), 0);
    ck_assert_int_eq(recv(fd, octets, sizeof octets, 0), 0);
    fails_with(recv(fd, octets, sizeof octets, MSG_DONTWAIT), EAGAIN);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(datagrams_keep_their_bounds_and_name_their_sender)
{
    compat_both(send_datagrams, echo_datagrams);
}
END_TEST

static int refused_datagram(void *arg)
{
    char octet;

    (void)arg;
    int fd = make(SOCK_DGRAM);
    ck_assert_int_eq(connect_to(fd, HOST_B, 9), 0);
    ck_assert_int_eq(send(fd, "x", 1, 0), 1);
    fails_with(recv(fd, &octet, 1, 0), ECONNREFUSED);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_port_that_is_closed_refuses_datagrams)
{
    struct compat c;

    compat_begin(&c);
    compat_run(&c, refused_datagram, NULL);
    compat_end(&c);
}
END_TEST

static int to_this_host(void *arg)
{
    char octets[5];
    struct sockaddr_in any = address(INADDR_ANY, 5000);

    (void)arg;
    int receiver = make(SOCK_DGRAM);
    bind_to(receiver, INADDR_LOOPBACK, 5000);
    int sender = make(SOCK_DGRAM);
    ck_assert_int_eq(sendto(sender, "self", 4, 0, generic(&any), sizeof any), 4);
    ck_assert_int_eq(recv(receiver, octets, sizeof octets, 0), 4);
    ck_assert_int_eq(close(sender), 0);
    ck_assert_int_eq(close(receiver), 0);
    return 0;
}

START_TEST(the_unspecified_address_is_this_host)
{
    compat_alone(to_this_host);
}
END_TEST

/* POSIX.1-2017, XSH read(): no octets, no other results. */
static int reads_nothing(void *arg)
{
    struct sockaddr_in to = address(INADDR_LOOPBACK, 5000);
    char octets[8];
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    ck_assert_int_eq(read(server, octets, 0), 0);
    int dgram = make(SOCK_DGRAM);
    bind_to(dgram, INADDR_LOOPBACK, 5000);
    ck_assert_int_eq(sendto(dgram, "kept", 4, 0, generic(&to), sizeof to), 4);
    ck_assert_int_eq(read(dgram, octets, 0), 0);
    ck_assert_int_eq(recv(dgram, octets, sizeof octets, MSG_DONTWAIT), 4);
    ck_assert_int_eq(close(dgram), 0);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    return 0;
}

START_TEST(a_read_of_nothing_takes_nothing)
{
    compat_alone(reads_nothing);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_blocking_send_takes_all_and_half_close_lets_the_answer_in,
        a_full_buffer_takes_part_or_times_out,
        a_receive_times_out_when_it_says,
        a_peek_leaves_the_octets_and_a_stream_names_no_sender,
        arguments_are_checked,
        writing_after_the_end_is_a_broken_pipe,
        a_reset_is_told_once_then_it_is_the_end,
        what_came_before_a_reset_is_read_before_it_is_told,
        a_send_waits_for_the_connection,
        a_send_waits_no_longer_than_the_connect_does,
        what_a_call_queued_has_left_when_it_returns,
        datagrams_keep_their_bounds_and_name_their_sender,
        a_port_that_is_closed_refuses_datagrams,
        the_unspecified_address_is_this_host,
        a_read_of_nothing_takes_nothing,
        NULL,
    };

    return suite_run("compat_transfer", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* shutdown of reading, which ends waits and loses nothing; of datagram sockets; and of listeners.
 */
#include "tests/support/compat_fixture.h"

#include <poll.h>

static int shut;

static int shuts_it_later(void *arg)
{
    (void)arg;
    sk_sim_sleep(&world->sim, 100 * MS);
    ck_assert_int_eq(shutdown(shut, SHUT_RD), 0);
    return 0;
}

static int shuts_nobodys_later(void *arg)
{
    (void)arg;
    sk_sim_sleep(&world->sim, 100 * MS);
    fails_with(shutdown(shut, SHUT_RDWR), ENOTCONN);
    return 0;
}

static short poll_now(int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };

    poll(&p, 1, 0);
    return p.revents;
}

static int shuts_datagrams(void *arg)
{
    char octets[5];
    struct sockaddr_in to = address(INADDR_LOOPBACK, 5000);

    (void)arg;
    n_signals = 0;
    signal(SIGPIPE, count_signal);
    shut = make(SOCK_DGRAM);
    bind_to(shut, INADDR_LOOPBACK, 5000);
    ck_assert_int_eq(connect(shut, generic(&to), sizeof to), 0); /* to itself */
    ck_assert_int_eq(send(shut, "kept", 4, 0), 4);
    ck_assert_int_eq(shutdown(shut, SHUT_WR), 0);
    fails_with(send(shut, "x", 1, 0), EPIPE);
    ck_assert_int_eq(n_signals, 0); /* which is for streams */
    ck_assert_int_eq(poll_now(shut, POLLIN | POLLOUT), POLLIN | POLLOUT);
    ck_assert_int_eq(recv(shut, octets, sizeof octets, MSG_PEEK), 4);

    ck_assert_int_eq(recv(shut, octets, sizeof octets, 0), 4);
    sk_sim_spawn(world->places[0], shuts_it_later, NULL);
    instant before = clock_now();
    ck_assert_int_eq(recv(shut, octets, sizeof octets, 0), 0);
    ck_assert_int_eq(clock_now() - before, 100 * MS);
    ck_assert_int_eq(poll_now(shut, POLLIN | POLLOUT), POLLIN | POLLOUT | POLLHUP);
    signal(SIGPIPE, SIG_DFL);
    ck_assert_int_eq(close(shut), 0);
    return 0;
}

START_TEST(each_direction_of_a_datagram_socket_can_be_shut)
{
    compat_alone(shuts_datagrams);
}
END_TEST

/* Linux tells that there is no peer, and ends the waits all the same. */
static int shuts_without_peer(void *arg)
{
    char octet;

    (void)arg;
    shut = make(SOCK_DGRAM);
    bind_to(shut, INADDR_LOOPBACK, 5000);
    sk_sim_spawn(world->places[0], shuts_nobodys_later, NULL);
    ck_assert_int_eq(recv(shut, &octet, 1, 0), 0);
    ck_assert_int_eq(poll_now(shut, POLLIN), POLLIN | POLLHUP);
    ck_assert_int_eq(close(shut), 0);
    return 0;
}

START_TEST(a_wait_for_datagrams_of_anybody_ends_with_shutdown)
{
    compat_alone(shuts_without_peer);
}
END_TEST

static int shuts_reading(void *arg)
{
    char octets[8];
    int client;

    (void)arg;
    connect_self(&client, &shut);
    ck_assert_int_eq(send(client, "kept", 4, 0), 4);
    ck_assert_int_eq(recv(shut, octets, sizeof octets, MSG_PEEK), 4);
    ck_assert_int_eq(shutdown(shut, SHUT_RD), 0);
    ck_assert_int_eq(send(client, "late", 4, 0), 4);
    sk_sim_sleep(&world->sim, 100 * MS);
    ck_assert_int_eq(poll_now(shut, POLLIN), POLLIN);
    ck_assert_int_eq(recv(shut, octets, sizeof octets, 0), 8);
    ck_assert_mem_eq(octets, "keptlate", 8);
    ck_assert_int_eq(recv(shut, octets, sizeof octets, 0), 0);
    ck_assert_int_eq(recv(shut, octets, sizeof octets, MSG_WAITALL), 0);
    ck_assert_int_eq(send(shut, "x", 1, 0), 1);
    ck_assert_int_eq(close(shut), 0);
    ck_assert_int_eq(close(client), 0);
    return 0;
}

START_TEST(what_came_before_and_after_reading_was_shut_is_read)
{
    compat_alone(shuts_reading);
}
END_TEST

/* As much as there is, though more was asked for. */
static int shuts_below_the_mark(void *arg)
{
    char octets[8];
    int mark = 8;
    int client;

    (void)arg;
    connect_self(&client, &shut);
    ck_assert_int_eq(setsockopt(shut, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof mark), 0);
    ck_assert_int_eq(send(client, "few", 3, 0), 3);
    ck_assert_int_eq(recv(shut, octets, 1, MSG_PEEK), 1);
    ck_assert_int_eq(poll_now(shut, POLLIN), 0);
    sk_sim_spawn(world->places[0], shuts_it_later, NULL);
    ck_assert_int_eq(recv(shut, octets, sizeof octets, 0), 3);
    ck_assert_int_eq(send(client, "few", 3, 0), 3);
    sk_sim_sleep(&world->sim, 100 * MS);
    ck_assert_int_eq(poll_now(shut, POLLIN), POLLIN);
    ck_assert_int_eq(close(shut), 0);
    ck_assert_int_eq(close(client), 0);
    return 0;
}

START_TEST(a_receive_that_waits_for_more_ends_with_shutdown)
{
    compat_alone(shuts_below_the_mark);
}
END_TEST

static int shuts_a_listener(void *arg)
{
    (void)arg;
    shut = listen_on(80);
    int waiting = dial(INADDR_LOOPBACK, 80);
    ck_assert_int_eq(shutdown(shut, SHUT_WR), 0); /* which means nothing */
    int accepted = accept(shut, NULL, NULL);
    ck_assert_int_ge(accepted, 0);
    sk_sim_spawn(world->places[0], shuts_it_later, NULL);
    fails_with(accept(shut, NULL, NULL), EINVAL);
    ck_assert_int_eq(poll_now(shut, POLLIN), POLLIN | POLLHUP);
    int late = make(SOCK_STREAM);
    fails_with(connect_to(late, INADDR_LOOPBACK, 80), ECONNREFUSED);
    fails_with(listen(shut, 1), EINVAL);
    fails_with(accept(shut, NULL, NULL), EINVAL);
    ck_assert_int_eq(close(late), 0);
    fails_with(accept(shut, NULL, NULL), EINVAL);
    int next = make(SOCK_STREAM); /* no number was lost */
    ck_assert_int_eq(next, late);
    ck_assert_int_eq(close(next), 0);
    ck_assert_int_eq(close(waiting), 0);
    ck_assert_int_eq(close(accepted), 0);
    ck_assert_int_eq(close(shut), 0);
    return 0;
}

START_TEST(shutting_a_listener_ends_its_accepts)
{
    compat_alone(shuts_a_listener);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        each_direction_of_a_datagram_socket_can_be_shut,
        a_wait_for_datagrams_of_anybody_ends_with_shutdown,
        what_came_before_and_after_reading_was_shut_is_read,
        a_receive_that_waits_for_more_ends_with_shutdown,
        shutting_a_listener_ends_its_accepts,
        NULL,
    };

    return suite_run("compat_shutdown", tests);
}

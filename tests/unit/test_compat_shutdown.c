/* SPDX-License-Identifier: BSD-3-Clause */
/* shutdown of what is no connection: a datagram socket and a listener. */
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
    fails_with(shutdown(shut, SHUT_RDWR), ENOTCONN);
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
        shutting_a_listener_ends_its_accepts,
        NULL,
    };

    return suite_run("compat_shutdown", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* SO_LINGER: whether close waits for what was sent, resets the connection, or does neither. */
#include "tests/support/compat_fixture.h"

#include <fcntl.h>
#include <sys/time.h>

static void linger_for(int fd, int on, int seconds)
{
    struct linger linger = { .l_onoff = on, .l_linger = seconds };

    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
}

static struct linger linger_of(int fd)
{
    struct linger linger = { .l_onoff = -1, .l_linger = -1 };
    socklen_t len = sizeof linger;

    ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len), 0);
    ck_assert_uint_eq(len, sizeof linger);
    return linger;
}

static int values(void *arg)
{
    struct linger linger = { .l_onoff = 1 };
    int listener = listen_on(80);

    (void)arg;
    ck_assert_int_eq(linger_of(listener).l_onoff, 0);
    fails_with(setsockopt(listener, SOL_SOCKET, SO_LINGER, &linger, sizeof linger - 1), EINVAL);
    linger_for(listener, 1, 0);
    ck_assert_int_eq(linger_of(listener).l_onoff, 1);
    ck_assert_int_eq(linger_of(listener).l_linger, 0);
    linger_for(listener, 17, 5);
    ck_assert_int_eq(linger_of(listener).l_onoff, 1);
    ck_assert_int_eq(linger_of(listener).l_linger, 5);

    int client = dial(INADDR_LOOPBACK, 80);
    int server = accept(listener, NULL, NULL);
    ck_assert_int_eq(linger_of(server).l_linger, 5); /* inherited */
    linger_for(server, 0, 5);
    ck_assert_int_eq(linger_of(server).l_onoff, 0);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    return close(listener);
}

START_TEST(linger_keeps_what_it_is_told)
{
    compat_alone(values);
}
END_TEST

/* ---- With no time ---- */

static int resets(void *arg)
{
    int fd = dial(HOST_B, 80);

    (void)arg;
    linger_for(fd, 1, 0);
    int copy = dup(fd);
    ck_assert_int_eq(close(fd), 0); /* not the last number: nothing happens */
    ck_assert_int_eq(send(copy, "x", 1, 0), 1);
    sk_sim_sleep(&world->sim, SECOND);
    return close(copy);
}

static int is_reset(void *arg)
{
    char octet;
    int fd = accept_one(80);

    (void)arg;
    ck_assert_int_eq(recv(fd, &octet, 1, 0), 1);
    fails_with(recv(fd, &octet, 1, 0), ECONNRESET);
    return close(fd);
}

START_TEST(no_time_to_linger_resets_the_connection)
{
    compat_both(resets, is_reset);
}
END_TEST

/* ---- With some ---- */

static duration wait_of_close(int fd)
{
    instant before = clock_now();

    ck_assert_int_eq(close(fd), 0);
    return clock_now() - before;
}

static int waits_for_the_peer(void *arg)
{
    static char octets[4000];
    int fd = dial(HOST_B, 80);

    (void)arg;
    linger_for(fd, 1, 10);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0); /* as on Linux, of no matter */
    ck_assert_int_eq(send(fd, octets, sizeof octets, 0), sizeof octets);
    duration waited = wait_of_close(fd);
    ck_assert_int_ge(waited, 2 * MS); /* the way there and back */
    ck_assert_int_lt(waited, SECOND);
    return 0;
}

static int reads_at_once(void *arg)
{
    char octets[4000];
    int fd = accept_one(80);

    (void)arg;
    ck_assert_int_eq(recv(fd, octets, sizeof octets, MSG_WAITALL), sizeof octets);
    ck_assert_int_eq(recv(fd, octets, sizeof octets, 0), 0);
    return close(fd);
}

START_TEST(close_waits_until_the_peer_has_it)
{
    compat_both(waits_for_the_peer, reads_at_once);
}
END_TEST

#define N_OCTETS 60000

static int gives_up_waiting(void *arg)
{
    static char octets[N_OCTETS];
    int fd = dial(HOST_B, 80);
    ssize_t sent = 0;

    (void)arg;
    linger_for(fd, 1, 3);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    for (ssize_t part; (part = send(fd, octets, sizeof octets, 0)) > 0; sent += part) {
        sk_sim_sleep(&world->sim, SECOND);
    }
    ck_assert_int_eq(wait_of_close(fd), 3 * SECOND);
    ck_assert_int_gt(sent, 0);
    return 0;
}

static int reads_late(void *arg)
{
    char octets[1000];
    ssize_t n;
    int fd = accept_one(80);

    (void)arg;
    sk_sim_sleep(&world->sim, 60 * SECOND);
    while ((n = recv(fd, octets, sizeof octets, 0)) > 0) {
    }
    ck_assert_int_eq(n, 0); /* all of it, though close had given up waiting */
    return close(fd);
}

START_TEST(a_close_that_gives_up_waiting_loses_nothing)
{
    compat_both(gives_up_waiting, reads_late);
}
END_TEST

static int does_not_wait(void *arg)
{
    char octet;
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    linger_for(client, 1, 10);
    linger_for(server, 1, 10);
    ck_assert_int_eq(send(client, "x", 1, 0), 1);
    sk_sim_sleep(&world->sim, SECOND);
    ck_assert_int_eq(wait_of_close(server), 0); /* unread data: RFC 2525 2.17 */
    fails_with(recv(client, &octet, 1, 0), ECONNRESET);
    ck_assert_int_eq(wait_of_close(client), 0); /* there is nobody any more */
    int fresh = make(SOCK_STREAM);
    linger_for(fresh, 1, 10);
    ck_assert_int_eq(wait_of_close(fresh), 0);
    int dgram = make(SOCK_DGRAM);
    linger_for(dgram, 1, 0);
    ck_assert_int_eq(wait_of_close(dgram), 0);
    return 0;
}

START_TEST(close_waits_for_nothing_where_there_is_nothing)
{
    compat_alone(does_not_wait);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        linger_keeps_what_it_is_told,
        no_time_to_linger_resets_the_connection,
        close_waits_until_the_peer_has_it,
        a_close_that_gives_up_waiting_loses_nothing,
        close_waits_for_nothing_where_there_is_nothing,
        NULL,
    };

    return suite_run("compat_linger", tests);
}

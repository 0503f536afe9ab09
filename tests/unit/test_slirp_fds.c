/* SPDX-License-Identifier: BSD-3-Clause */
/* What libslirp waits for at the host's sockets: whether few are asked with poll(2) or many with an
 * epoll set, and whichever went before, the same is told. */
#include <check.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link/slirp_fds.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#define N 40 /* sockets: more than begin a set */
#define FEW 2
#define ROUNDS 20000

static struct slirp_fds fds;
static int ours[N]; /* that libslirp would have */
static int ends[N]; /* their peers */
static short wanted[N];

static void open_pair(int i)
{
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ours[i] = pair[0];
    ends[i] = pair[1];
}

static void close_pair(int i)
{
    close(ours[i]);
    close(ends[i]);
}

static void set_up(void)
{
    int i;

    slirp_fds_init(&fds);
    for (i = 0; i < N; i++) {
        open_pair(i);
        wanted[i] = 0;
    }
}

static void tear_down(void)
{
    int i;

    slirp_fds_free(&fds);
    for (i = 0; i < N; i++) {
        close_pair(i);
    }
}

static void go_round(void)
{
    int i;

    slirp_fds_begin(&fds);
    for (i = 0; i < N; i++) {
        if (wanted[i]) {
            ck_assert_int_eq(slirp_fds_add(&fds, ours[i], wanted[i]), ours[i]);
        }
    }
    slirp_fds_end(&fds);
}

static void want(int first, int n, short events)
{
    int i;

    for (i = 0; i < N; i++) {
        wanted[i] = (short)(i >= first && i < first + n ? events : 0);
    }
    go_round();
}

static short told(int i)
{
    short got;

    ck_assert_int_ge(slirp_fds_look(&fds), 0);
    got = slirp_fds_got(&fds, ours[i]);
    slirp_fds_clear(&fds);
    ck_assert_int_eq(slirp_fds_got(&fds, ours[i]), 0);
    return got;
}

static size_t n_to_wait_for(void)
{
    struct pollfd list[N];

    return slirp_fds_wait(&fds, list, N);
}

static void write_to(int i)
{
    ck_assert_int_eq(write(ends[i], "x", 1), 1);
}

START_TEST(few_are_told_as_they_are_ready)
{
    set_up();
    want(0, FEW, POLLIN);
    ck_assert_uint_eq(n_to_wait_for(), FEW);
    ck_assert_int_eq(told(1), 0);
    write_to(1);
    ck_assert_int_eq(told(0), 0);
    ck_assert_int_eq(told(1), POLLIN);
    tear_down();
}
END_TEST

START_TEST(many_are_waited_for_as_one)
{
    set_up();
    want(0, N, POLLIN);
    ck_assert_uint_eq(n_to_wait_for(), 1);
    write_to(N - 1);
    ck_assert_int_eq(told(0), 0);
    ck_assert_int_eq(told(N - 1), POLLIN);
    tear_down();
}
END_TEST

START_TEST(what_is_not_wanted_is_not_told)
{
    set_up();
    want(0, N, POLLIN);
    close(ends[0]);
    want(1, N - 1, POLLIN);
    ck_assert(!slirp_fds_wanted(&fds, ours[0]));
    ck_assert_int_eq(slirp_fds_look(&fds), 0);
    ends[0] = dup(ours[0]);
    tear_down();
}
END_TEST

/* The set goes while a few are wanted, and comes again. */
START_TEST(what_was_watched_before_is_watched_by_the_next_set)
{
    set_up();
    want(0, N, POLLIN);
    want(0, FEW, POLLIN);
    want(FEW + 1, N - FEW - 1, POLLIN);
    want(0, N, POLLIN);
    write_to(0);
    write_to(FEW);
    write_to(N - 1);
    ck_assert_int_eq(told(0), POLLIN);
    ck_assert_int_eq(told(FEW), POLLIN);
    ck_assert_int_eq(told(N - 1), POLLIN);
    tear_down();
}
END_TEST

START_TEST(a_number_that_was_closed_is_another_socket)
{
    int number;

    set_up();
    number = ours[3];
    want(0, N, POLLIN);
    slirp_fds_forget(&fds, ours[3]);
    close_pair(3);
    ck_assert(!slirp_fds_wanted(&fds, number));
    open_pair(3);
    ck_assert_int_eq(ours[3], number);
    go_round();
    write_to(3);
    ck_assert_int_eq(told(3), POLLIN);
    tear_down();
}
END_TEST

/* ---- Against poll(2) ---- */

static uint64_t rng;

static short some_events(void)
{
    static const short events[] = { POLLIN, POLLOUT, POLLIN | POLLOUT, POLLIN | POLLPRI };

    return events[random_below(&rng, 4)];
}

static void change_what_is_wanted(void)
{
    uint32_t n = random_below(&rng, N + 1);
    uint32_t first = random_below(&rng, N + 1 - n);
    uint32_t i;

    for (i = 0; i < N; i++) {
        wanted[i] = (short)(i >= first && i < first + n ? some_events() : 0);
    }
}

static void change_a_socket(void)
{
    int i = (int)random_below(&rng, N);
    char octet;

    switch (random_below(&rng, 3)) {
    case 0:
        write_to(i);
        break;
    case 1:
        recv(ours[i], &octet, 1, MSG_DONTWAIT);
        break;
    default:
        slirp_fds_forget(&fds, ours[i]);
        close_pair(i);
        open_pair(i);
        break;
    }
}

static void ck_as_poll(void)
{
    int i;

    ck_assert_int_ge(slirp_fds_look(&fds), 0);
    for (i = 0; i < N; i++) {
        struct pollfd one = { .fd = ours[i], .events = wanted[i] };
        int n = wanted[i] ? poll(&one, 1, 0) : 0;

        seed_assert(slirp_fds_got(&fds, ours[i]) == (n ? one.revents : 0));
    }
    slirp_fds_clear(&fds);
}

START_TEST(poll_would_tell_the_same_whatever_went_before)
{
    int round;

    rng = seed_start();
    set_up();
    for (round = 0; round < ROUNDS; round++) {
        change_a_socket();
        if (random_below(&rng, 4) == 0) {
            change_what_is_wanted();
        }
        go_round();
        seed_assert(!fds.no_epoll);
        ck_as_poll();
    }
    tear_down();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        few_are_told_as_they_are_ready,
        many_are_waited_for_as_one,
        what_is_not_wanted_is_not_told,
        what_was_watched_before_is_watched_by_the_next_set,
        a_number_that_was_closed_is_another_socket,
        poll_would_tell_the_same_whatever_went_before,
        NULL,
    };

    return suite_run("slirp_fds", tests);
}

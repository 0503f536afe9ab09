/* SPDX-License-Identifier: BSD-3-Clause */
/* The POSIX port: clocks, entropy, sleep and wake. No test measures time. */
#include "tests/support/posix_fixture.h"

START_TEST(clocks_run)
{
    instant before;
    instant after;

    start();
    before = port->now(port);
    do {
        after = port->now(port);
        ck_assert_int_ge(after, before);
    } while (after == before);
    ck_assert_int_gt(port->realtime(port), 1600000000000000);
    end();
}
END_TEST

START_TEST(entropy_does_not_repeat)
{
    uint8_t a[1000] = { 0 };
    uint8_t b[1000] = { 0 };

    start();
    ck_assert(port->entropy(port, a, sizeof(a)));
    ck_assert(port->entropy(port, b, sizeof(b)));
    ck_assert_int_ne(memcmp(a, b, sizeof(a)), 0);
    ck_assert_int_ne(memcmp(a + 900, (uint8_t[100]){ 0 }, 100), 0);
    ck_assert(port->entropy(port, a, 0));
    end();
}
END_TEST

START_TEST(idle_ends_at_its_deadline)
{
    instant until;

    start();
    idle(0);
    idle(port->now(port));
    until = port->now(port) + 20000;
    while (port->now(port) < until) {
        idle(until);
    }
    end();
}
END_TEST

START_TEST(idle_ends_when_a_link_wants)
{
    start();
    quiet.at = port->now(port) + 10000;
    idle(NEVER);
    ck_assert_int_ge(port->now(port), quiet.at);
    end();
}
END_TEST

START_TEST(idle_ends_when_a_descriptor_is_ready)
{
    start();
    make_readable();
    idle(NEVER);
    end();
}
END_TEST

START_TEST(idle_waits_for_many_descriptors)
{
    struct sleeper s;
    int other[2];
    size_t i;

    start();
    ck_assert_int_eq(pipe(other), 0);
    for (i = 0; i < MAX_FDS; i++) {
        quiet.fds[i] = other[0];
    }
    quiet.fds[MAX_FDS - 1] = pipe_[0];
    quiet.n_fds = MAX_FDS;
    sleeper_start(&s, NEVER);
    await_leader();
    usleep(5000);
    ck_assert(!has_returned(&s));
    make_readable();
    pthread_join(s.thread, NULL);
    close(other[0]);
    close(other[1]);
    end();
}
END_TEST

START_TEST(a_wake_ends_the_next_idle)
{
    start();
    errno = 77;
    port->wake(port);
    port->wake(port);
    ck_assert_int_eq(errno, 77);
    idle(NEVER);
    end();
}
END_TEST

static void idle_that_ends_at_once(int n)
{
    for (; n > 0; n--) {
        port->wake(port);
        idle(NEVER);
    }
}

/* Which waits spin is told by what is kept of them: nobody sees a spin. */
START_TEST(waits_spin_where_that_pays_and_a_second_core_is_there)
{
    start();
    posix.several_cores = true;
    ck_assert_uint_eq(posix.trust, 0);
    idle_that_ends_at_once(15);
    ck_assert_uint_eq(posix.trust, 0);
    idle_that_ends_at_once(1);
    ck_assert_uint_eq(posix.trust, 16);
    for (int i = 15; i >= 0; i--) {
        idle(port->now(port) + 1000);
        ck_assert_int_eq((int)posix.trust, i);
    }
    posix.several_cores = false;
    idle_that_ends_at_once(40);
    ck_assert_uint_eq(posix.trust, 0);
    end();
}
END_TEST

static void on_signal(int number)
{
    (void)number;
    port->wake(port);
}

START_TEST(a_signal_handler_may_wake)
{
    struct sleeper s;

    start();
    signal(SIGUSR1, on_signal);
    sleeper_start(&s, NEVER);
    await_leader();
    while (!has_returned(&s)) { /* ThreadSanitizer delivers a signal late */
        pthread_kill(s.thread, SIGUSR1);
        usleep(1000);
    }
    pthread_join(s.thread, NULL);
    end();
}
END_TEST

static volatile sig_atomic_t n_signals;

static void count_signal(int number)
{
    (void)number;
    n_signals++;
}

static enum port_idle idle_locked(instant until)
{
    return port->idle(port, iface, until, NULL);
}

START_TEST(a_signal_between_two_sleeps_ends_the_second)
{
    start();
    n_signals = 0;
    signal(SIGUSR1, count_signal);
    port->lock(port);
    ck_assert_int_eq(idle_locked(0), PORT_WOKEN);
    raise(SIGUSR1);
    ck_assert_int_eq(n_signals, 0); /* it is held */
    ck_assert_int_ne(idle_locked(NEVER), PORT_WOKEN);
    ck_assert_int_eq(n_signals, 1);
    raise(SIGUSR1);
    make_readable();
    ck_assert_int_ne(idle_locked(NEVER), PORT_WOKEN); /* a ready descriptor does not hide it */
    ck_assert_int_eq(n_signals, 2);
    raise(SIGUSR1);
    ck_assert_int_ne(idle_locked(0), PORT_WOKEN); /* nor does a sleep of no time */
    ck_assert_int_eq(n_signals, 3);
    raise(SIGUSR1);
    port->unlock(port);
    ck_assert_int_eq(n_signals, 4);
    raise(SIGUSR1);
    ck_assert_int_eq(n_signals, 5);
    end();
}
END_TEST

static int n_held;

static void enter_and_leave(int number)
{
    sigset_t held;

    port->lock(port);
    port->unlock(port);
    pthread_sigmask(SIG_BLOCK, NULL, &held);
    n_held += sigismember(&held, number); /* a handler's own signal is, until it returns */
}

START_TEST(a_handler_may_enter_while_its_thread_sleeps)
{
    start();
    n_held = 0;
    signal(SIGUSR1, enter_and_leave);
    port->lock(port);
    ck_assert_int_eq(idle_locked(0), PORT_WOKEN);
    raise(SIGUSR1);
    ck_assert_int_ne(idle_locked(0), PORT_WOKEN);
    ck_assert_int_eq(n_held, 1);
    signal(SIGUSR1, count_signal);
    n_signals = 0;
    raise(SIGUSR1);
    ck_assert_int_eq(n_signals, 0); /* they are held as before */
    port->unlock(port);
    ck_assert_int_eq(n_signals, 1);
    end();
}
END_TEST

START_TEST(a_signal_that_nobody_handles_ends_nothing)
{
    start();
    signal(SIGURG, SIG_DFL);
    signal(SIGUSR1, SIG_IGN);
    port->lock(port);
    ck_assert_int_eq(idle_locked(0), PORT_WOKEN);
    raise(SIGURG);
    raise(SIGUSR1);
    ck_assert_int_eq(idle_locked(port->now(port) + 10000), PORT_WOKEN);
    port->unlock(port);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        clocks_run,
        entropy_does_not_repeat,
        idle_ends_at_its_deadline,
        idle_ends_when_a_link_wants,
        idle_ends_when_a_descriptor_is_ready,
        idle_waits_for_many_descriptors,
        a_wake_ends_the_next_idle,
        waits_spin_where_that_pays_and_a_second_core_is_there,
        a_signal_handler_may_wake,
        a_signal_between_two_sleeps_ends_the_second,
        a_handler_may_enter_while_its_thread_sleeps,
        a_signal_that_nobody_handles_ends_nothing,
        NULL,
    };

    return suite_run("port_posix", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* pthread_cancel of a thread that waits in a call, which is a cancellation point (POSIX.1-2017, XSH
 * 2.9.5.2). */
#include "tests/support/waiter.h"

#include <signal.h>

/* Nobody's call: looks past the port's lock, whose release would pass the lead on. */
static bool is_led(void)
{
    pthread_mutex_lock(&port.mutex);
    bool led = port.leading;
    pthread_mutex_unlock(&port.mutex);
    return led;
}

/* The stack of a thread that was cancelled is another thread's, and so is its lead. */
WAKE_TEST(a_thread_that_waits_may_be_cancelled)
{
    struct waiter gone;
    struct waiter w;
    int idle = connected_dgram();
    int to = bound(SOCK_DGRAM);
    int from = connected_dgram();

    waiter_start(&gone, receives, idle);
    waiter_start(&w, receives, to);
    waiter_cancel(&gone);
    while (!is_led()) {
    }
    send_one(from);
    waiter_returns(&w, 1, 0);
    ck_assert_int_eq(shutdown(idle, SHUT_RD), 0);
    close(idle);
    close(to);
    close(from);
}

WAKE_TEST(a_cancelled_accept_keeps_no_number)
{
    struct waiter w;
    int listener = listening();

    waiter_start(&w, accepts, listener); /* the port keeps what a follower needs */
    waiter_cancel(&w);
    int next = socket(AF_INET, SOCK_DGRAM, 0);
    close(next);
    waiter_start(&w, accepts, listener);
    waiter_cancel(&w);
    ck_assert_int_eq(socket(AF_INET, SOCK_DGRAM, 0), next);
    close(next);
    close(listener);
}

static bool lets_in_signals;

static void note_mask(void *arg)
{
    sigset_t mask;

    (void)arg;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    lets_in_signals = !sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGTERM);
}

static long receives_with_cleanup(int fd)
{
    long n;

    pthread_cleanup_push(note_mask, NULL);
    n = receives(fd);
    pthread_cleanup_pop(0);
    return n;
}

WAKE_TEST(a_thread_that_is_cancelled_ends_with_its_own_signal_mask)
{
    struct waiter w;
    int fd = connected_dgram();

    lets_in_signals = false;
    waiter_start(&w, receives_with_cleanup, fd);
    waiter_cancel(&w);
    ck_assert(lets_in_signals);
    close(fd);
}

/* The cancellation is there before the sleep, whose signals are held until then. */
static long receives_when_cancelled(int fd)
{
    int state;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_cancel(pthread_self());
    pthread_setcancelstate(state, &state);
    return receives_with_cleanup(fd);
}

WAKE_TEST(a_thread_that_was_cancelled_before_it_waits_does_not_wait)
{
    struct waiter w = { .fd = connected_dgram(), .call = receives_when_cancelled };
    void *result;

    lets_in_signals = false;
    ck_assert_int_eq(pthread_create(&w.thread, NULL, wait_in_call, &w), 0);
    ck_assert_int_eq(pthread_join(w.thread, &result), 0);
    ck_assert_ptr_eq(result, PTHREAD_CANCELED);
    ck_assert(lets_in_signals);
    close(w.fd);
}

static long receives_uncancelled(int fd)
{
    int state;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    return receives(fd);
}

WAKE_TEST(a_thread_that_may_not_be_cancelled_goes_on_waiting)
{
    struct waiter w;
    int to = bound(SOCK_DGRAM);
    int from = connected_dgram();

    waiter_start(&w, receives_uncancelled, to);
    ck_assert_int_eq(pthread_cancel(w.thread), 0);
    send_one(from);
    waiter_returns(&w, 1, 0);
    close(to);
    close(from);
}

int main(void)
{
    const TTest *const tests[] = {
        a_thread_that_waits_may_be_cancelled,
        a_cancelled_accept_keeps_no_number,
        a_thread_that_is_cancelled_ends_with_its_own_signal_mask,
        a_thread_that_was_cancelled_before_it_waits_does_not_wait,
        a_thread_that_may_not_be_cancelled_goes_on_waiting,
        NULL,
    };

    return suite_run("compat_cancel", tests);
}

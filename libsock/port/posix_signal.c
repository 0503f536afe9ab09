/* SPDX-License-Identifier: BSD-3-Clause */
/* Signals of a POSIX host: see port/posix_signal.h. */
#include "port/posix_signal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

#include "link/own_poll.h"
#include "link/own_signals.h"

#define US_PER_S 1000000
#define NS_PER_US 1000
#define LONGEST_SLEEP ((duration)3600 * US_PER_S)

static _Thread_local bool holding;
static _Thread_local sigset_t callers;         /* the mask to go back to */
static _Thread_local const sigset_t *in_sleep; /* that of a sleep; NULL: callers */

/* Whose handlers did not run are let in by what the mask is for: a sleep, or the way out. */
static void let_in_deferred(sigset_t *mask)
{
    sigset_t deferred;
    int number;

    if (!sk_signals_take_deferred(&deferred)) {
        return;
    }
    for (number = 1; number <= SIGRTMAX; number++) {
        if (sigismember(&deferred, number) == 1) {
            sigdelset(mask, number);
        }
    }
}

/* All that may wait. A fault may not: held back, it would end the program without its handler. */
static sigset_t holdable(void)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS };
    sigset_t set;
    size_t i;

    sigfillset(&set);
    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        sigdelset(&set, faults[i]);
    }
    return set;
}

void signals_hold(void)
{
    sigset_t set;

    if (holding) {
        return;
    }
    set = holdable();
    pthread_sigmask(SIG_BLOCK, &set, &callers);
    let_in_deferred(&callers);
    holding = true;
}

void signals_sleep_with(const void *mask)
{
    in_sleep = mask;
}

void signals_release(void)
{
    sigset_t deferred;

    if (holding) {
        holding = false;
        pthread_sigmask(SIG_SETMASK, &callers, NULL);
    }
    if (sk_signals_take_deferred(&deferred)) {
        pthread_sigmask(SIG_UNBLOCK, &deferred, NULL);
    }
}

void signals_abandon(void)
{
    holding = true;
    signals_release();
}

/*
 * Linux goes on with most calls after a handler that was installed with SA_RESTART, and ends them
 * with EINTR after any other (signal(7)). It does not tell which handler ran, so all are asked that
 * could have: where they disagree, or the one that ran is gone (SA_RESETHAND), the call ends. A
 * program that has a handler without SA_RESTART knows what EINTR is; one that waits for it would
 * hang without.
 */
static bool handlers_restart(const sigset_t *blocked)
{
    sigset_t set = holdable();
    struct sigaction action;
    bool any = false;
    int number;

    for (number = 1; number <= SIGRTMAX; number++) {
        if (!sigismember(&set, number) || sigismember(blocked, number) ||
            sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_DFL ||
            action.sa_handler == SIG_IGN) {
            continue;
        }
        if (!(action.sa_flags & SA_RESTART)) {
            return false;
        }
        any = true;
    }
    return any;
}

static struct timespec timespec_of(duration left)
{
    duration us = left < 0 ? 0 : left < LONGEST_SLEEP ? left : LONGEST_SLEEP;

    return (struct timespec){ .tv_sec = (time_t)(us / US_PER_S),
                              .tv_nsec = (long)(us % US_PER_S) * NS_PER_US };
}

/* A thread that is cancelled leaves this frame without a return, and AddressSanitizer would go on
 * watching what it marked of it. */
__attribute__((no_sanitize_address)) enum port_idle signals_sleep(struct pollfd *fds, size_t n,
                                                                  duration left)
{
    sigset_t back = callers;
    sigset_t mask = in_sleep ? *in_sleep : callers;
    int ready;

    holding = false; /* a handler may enter the stack, and leaving it would release */
    ready = sk_own_poll(fds, n, timespec_of(left), &mask);
    if (ready > 0) { /* which wins over a signal; under a flood there would never be a handler */
        ready = sk_own_poll(NULL, 0, timespec_of(0), &mask);
    }
    callers = back;
    holding = true;
    if (ready >= 0 || errno != EINTR) {
        return PORT_WOKEN;
    }
    return handlers_restart(&mask) ? PORT_RESTART : PORT_INTERRUPTED;
}

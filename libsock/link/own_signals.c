/* SPDX-License-Identifier: BSD-3-Clause */
/* See own_signals.h; handlers of the thread write all of it. */
#include "link/own_signals.h"

static _Thread_local volatile sig_atomic_t in_stack;
static _Thread_local volatile sig_atomic_t any_deferred;
static _Thread_local sigset_t deferred;

void sk_stack_enter(void)
{
    in_stack = true;
}

void sk_stack_leave(void)
{
    in_stack = false;
}

bool sk_in_stack(void)
{
    return in_stack;
}

void sk_signal_defer(int number)
{
    if (!any_deferred) {
        sigemptyset(&deferred);
        any_deferred = true;
    }
    sigaddset(&deferred, number);
}

bool sk_signals_take_deferred(sigset_t *out)
{
    if (!any_deferred) {
        return false;
    }
    any_deferred = false;
    *out = deferred;
    return true;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signals that come while their thread is in the stack, where a handler that calls for a socket
 * would wait for its own thread. Who installs handlers may defer them (compat/preload/signals.c):
 * until the thread sleeps or leaves the stack (port/posix_signal.h). Hosts only.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Between these this thread is in the stack, and does not sleep. */
void sk_stack_enter(void);
void sk_stack_leave(void);

/** Signal handlers. */
bool sk_in_stack(void);

/** A handler was not run, because of sk_in_stack: its signal is pending, and blocked. In the
 * handler. */
void sk_signal_defer(int number);

/** Those that were deferred, which are it no more; false: none was. With all signals blocked, or
 * not in the stack. */
bool sk_signals_take_deferred(sigset_t *out);

#ifdef __cplusplus
}
#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a signal interrupts a thread that waits. A wait is many sleeps, with a look at the stack
 * between two of them, and a handler that ran during such a look would be missed. So the signals of
 * the thread are held from its first sleep on until it leaves the stack, and let in by sk_own_poll
 * alone,
 * which tells. One that came before the first sleep came before the call.
 */
#pragma once

#include <stddef.h>

#include "base/time.h"
#include "port/port.h"

struct pollfd;

/** Holds back the signals of this thread; does nothing when they are. */
void signals_hold(void);

/** The signals that this thread's sleeps hold back, from now on: a sigset_t, which lives on; NULL:
 * those that it held back before signals_hold. */
void signals_sleep_with(const void *mask);

/** Lets in what was held back; does nothing when nothing is. */
void signals_release(void);

/** Lets in what was held back; for a thread that was cancelled in signals_sleep. */
void signals_abandon(void);

/**
 * Sleeps until one of the descriptors is ready, until a signal handler ran, or for `left`, where
 * less than 0 is no time at all. The signals of this thread are held back.
 */
enum port_idle signals_sleep(struct pollfd *fds, size_t n, duration left);

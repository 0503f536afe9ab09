/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ppoll for the library itself. A host program may wrap the name (-Wl,--wrap=ppoll), and wherever
 * the library is linked with it that would lead to the call that waits here. Hosts only.
 */
#pragma once

#include <signal.h>
#include <stddef.h>
#include <time.h>

struct pollfd;

/** As ppoll, a cancellation point, too. */
int sk_own_poll(struct pollfd *fds, size_t n, struct timespec timeout, const sigset_t *mask);

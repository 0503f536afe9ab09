/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clock_gettime, clock_getres, gettimeofday, time: POSIX.1-2017, on the clocks of the port. In one
 * file, so that a program has one time of day: of ours or of the C library's.
 */
#include <sys/time.h>
#include <time.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/state.h"

#define US_PER_SECOND 1000000
#define NS_PER_US 1000

/* Microseconds; -1 and errno. */
static int64_t read_clock(clockid_t clock)
{
    struct libsock_state *state;

    if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME) {
        return errno_fail(EINVAL);
    }
    state = state_started();
    if (state == NULL) {
        return -1;
    }
    if (clock == CLOCK_MONOTONIC) {
        return state->port->now(state->port);
    }
    int64_t us = state->port->realtime(state->port);
    return us < 0 ? errno_fail(ENOTSUP) : us;
}

int libsock_clock_gettime(clockid_t clock, struct timespec *out)
{
    if (out == NULL) {
        return errno_fail(EFAULT);
    }
    int64_t us = read_clock(clock);
    if (us < 0) {
        return -1;
    }
    out->tv_sec = (time_t)(us / US_PER_SECOND);
    out->tv_nsec = (long)(us % US_PER_SECOND) * NS_PER_US;
    return 0;
}

int libsock_clock_getres(clockid_t clock, struct timespec *out)
{
    if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME) {
        return errno_fail(EINVAL);
    }
    if (out != NULL) {
        *out = (struct timespec){ .tv_nsec = NS_PER_US };
    }
    return 0;
}

/* The time zone is obsolete, and unspecified by POSIX. */
int libsock_gettimeofday(struct timeval *out, void *zone)
{
    if (out == NULL || zone != NULL) {
        return errno_fail(out == NULL ? EFAULT : EINVAL);
    }
    int64_t us = read_clock(CLOCK_REALTIME);
    if (us < 0) {
        return -1;
    }
    out->tv_sec = (time_t)(us / US_PER_SECOND);
    out->tv_usec = (suseconds_t)(us % US_PER_SECOND);
    return 0;
}

time_t libsock_time(time_t *out)
{
    int64_t us = read_clock(CLOCK_REALTIME);
    time_t now = us < 0 ? (time_t)-1 : (time_t)(us / US_PER_SECOND);

    if (out != NULL) {
        *out = now;
    }
    return now;
}

FACE(clock_gettime);
FACE(clock_getres);
FACE(gettimeofday);
FACE(time);

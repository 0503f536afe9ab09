/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The C library's clocks and sleeps, in virtual time while a simulation runs (POSIX.1-2017, XSH
 * clock_getres() and the like). All hosts have one clock, which is exact. It counts microseconds; a
 * sleep of less takes one.
 */
#define _GNU_SOURCE
#include "sim/lab.h"

#include <errno.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000
#define NS_PER_US 1000
#define MAX_SECONDS (INT64_C(1) << 40)

extern __typeof(clock_gettime) __real_clock_gettime;
extern __typeof(gettimeofday) __real_gettimeofday;
extern __typeof(time) __real_time;
extern __typeof(timespec_get) __real_timespec_get;
extern __typeof(sleep) __real_sleep;
extern __typeof(usleep) __real_usleep;
extern __typeof(nanosleep) __real_nanosleep;
extern __typeof(clock_nanosleep) __real_clock_nanosleep;

__typeof(clock_gettime) __wrap_clock_gettime;
__typeof(time) __wrap_time;
__typeof(timespec_get) __wrap_timespec_get;
__typeof(sleep) __wrap_sleep;
__typeof(usleep) __wrap_usleep;
__typeof(nanosleep) __wrap_nanosleep;
__typeof(clock_nanosleep) __wrap_clock_nanosleep;
int __wrap_gettimeofday(struct timeval *restrict tv, void *restrict zone);

/* ---- Clocks ---- */

/* Reading a clock does not make it go: a program that does nothing else never ends. */
static instant now_of(struct sk_sim *sim)
{
    sk_sim_count_call(&sim->sim);
    return sk_sim_now(&sim->sim);
}

static int64_t realtime_of(struct sk_sim *sim)
{
    return now_of(sim) - SIM_START + LAB_REALTIME;
}

static struct timespec timespec_of(int64_t us)
{
    return (struct timespec){ .tv_sec = us / SK_SIM_S,
                              .tv_nsec = (long)(us % SK_SIM_S) * NS_PER_US };
}

static bool is_realtime(clockid_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

static bool is_monotonic(clockid_t clock)
{
    return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW ||
           clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    struct sk_sim *sim = lab_running();

    if (sim && is_realtime(clock)) {
        *out = timespec_of(realtime_of(sim));
        return 0;
    }
    if (sim && is_monotonic(clock)) {
        *out = timespec_of(now_of(sim));
        return 0;
    }
    return __real_clock_gettime(clock, out);
}

int __wrap_gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct sk_sim *sim = lab_running();

    if (!sim) {
        return __real_gettimeofday(tv, zone);
    }
    int64_t us = realtime_of(sim);
    *tv = (struct timeval){ .tv_sec = us / SK_SIM_S, .tv_usec = us % SK_SIM_S };
    if (zone) {
        memset(zone, 0, sizeof(struct timezone));
    }
    return 0;
}

time_t __wrap_time(time_t *out)
{
    struct sk_sim *sim = lab_running();

    if (!sim) {
        return __real_time(out);
    }
    time_t seconds = realtime_of(sim) / SK_SIM_S;
    if (out) {
        *out = seconds;
    }
    return seconds;
}

int __wrap_timespec_get(struct timespec *out, int base)
{
    struct sk_sim *sim = lab_running();

    if (!sim || base != TIME_UTC) {
        return __real_timespec_get(out, base);
    }
    *out = timespec_of(realtime_of(sim));
    return base;
}

/* ---- Sleeps ---- */

/* What is left when a signal ended it; 0: nothing. */
static int64_t sleep_until(struct sk_sim_program *p, instant until)
{
    struct sim *sim = &p->host->sim->sim;
    bool whole = true;

    do {
        instant now = sk_sim_now(sim);

        whole = sk_sim_sleep(sim, until > now ? until - now : 0);
    } while (whole && sk_sim_now(sim) < until);
    return whole || sk_sim_now(sim) > until ? 0 : until - sk_sim_now(sim);
}

static int64_t sleep_for(struct sk_sim_program *p, int64_t us)
{
    instant now = sk_sim_now(&p->host->sim->sim);

    return sleep_until(p, us < NEVER - now ? now + us : NEVER);
}

/* What is called by the scheduler belongs to no program. */
static bool may_not_sleep(const char *call)
{
    struct sk_sim *sim = lab_running();

    return sim && !lab_current() && !lab_problem(sim, "%s: an event may not wait", call);
}

unsigned __wrap_sleep(unsigned seconds)
{
    struct sk_sim_program *p = lab_current();

    if (may_not_sleep("sleep")) {
        return seconds;
    }
    if (!p) {
        return __real_sleep(seconds);
    }
    return (unsigned)((sleep_for(p, seconds * SK_SIM_S) + SK_SIM_S - 1) / SK_SIM_S);
}

static int interrupted(int64_t left)
{
    if (left > 0) {
        errno = EINTR;
    }
    return left > 0 ? -1 : 0;
}

int __wrap_usleep(useconds_t us)
{
    struct sk_sim_program *p = lab_current();

    if (may_not_sleep("usleep")) {
        errno = EINVAL;
        return -1;
    }
    return p ? interrupted(sleep_for(p, us)) : __real_usleep(us);
}

static bool is_valid(const struct timespec *t)
{
    return t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < NS_PER_S;
}

static int64_t microseconds(const struct timespec *t)
{
    int64_t seconds = t->tv_sec < MAX_SECONDS ? t->tv_sec : MAX_SECONDS;

    return seconds * SK_SIM_S + (t->tv_nsec + NS_PER_US - 1) / NS_PER_US;
}

/* An error number, as clock_nanosleep returns. */
static int nap(struct sk_sim_program *p, const struct timespec *t, struct timespec *left)
{
    int64_t us;

    if (!is_valid(t)) {
        return EINVAL;
    }
    us = sleep_for(p, microseconds(t));
    if (us > 0 && left) {
        *left = timespec_of(us);
    }
    return us > 0 ? EINTR : 0;
}

int __wrap_nanosleep(const struct timespec *t, struct timespec *left)
{
    struct sk_sim_program *p = lab_current();
    int error;

    if (!p && !may_not_sleep("nanosleep")) {
        return __real_nanosleep(t, left);
    }
    error = p ? nap(p, t, left) : EINVAL;
    if (error != 0) {
        errno = error;
    }
    return error != 0 ? -1 : 0;
}

static int sleep_to(struct sk_sim_program *p, clockid_t clock, const struct timespec *t)
{
    instant until = microseconds(t) + (is_realtime(clock) ? SIM_START - LAB_REALTIME : 0);

    return is_valid(t) ? (sleep_until(p, until) > 0 ? EINTR : 0) : EINVAL;
}

int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *t,
                           struct timespec *left)
{
    struct sk_sim_program *p = lab_current();

    if (may_not_sleep("clock_nanosleep")) {
        return EINVAL;
    }
    if (!p || (!is_realtime(clock) && !is_monotonic(clock))) {
        return __real_clock_nanosleep(clock, flags, t, left);
    }
    return (flags & TIMER_ABSTIME) != 0 ? sleep_to(p, clock, t) : nap(p, t, left);
}

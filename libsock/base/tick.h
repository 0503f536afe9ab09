/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Deadlines inside a socket: 32-bit ticks of 1.024 ms, so that `instant >> 10` is a tick without a
 * division. A tick counter wraps after 50.9 days; ticks are compared here and nowhere else, and are
 * at most half of that apart: a host that nobody polled for longer carries its deadlines over first
 * (net/wake.c).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define TICK_SHIFT 10

#define seconds(n) ((duration)(n)*1000000)
#define millis(n) ((duration)(n)*1000)

typedef uint32_t tick;

/** The last tick that is not after `at`. */
static inline tick tick_floor(instant at)
{
    return (tick)((uint64_t)at >> TICK_SHIFT);
}

/** The first tick that is not before `at`: a timer set with it never fires early. */
static inline tick tick_ceil(instant at)
{
    return (tick)(((uint64_t)at + (1u << TICK_SHIFT) - 1) >> TICK_SHIFT);
}

static inline bool tick_before(tick a, tick b)
{
    return (int32_t)(a - b) < 0;
}

static inline bool tick_due(tick deadline, instant now)
{
    return !tick_before(tick_floor(now), deadline);
}

/** As tick_due, of a deadline that was set at most `most` ahead, however long ago: one that lies
 * further ahead has passed, and the clock has wrapped since. */
static inline bool tick_due_within(tick deadline, duration most, instant now)
{
    tick left = deadline - tick_floor(now);

    return left == 0 || left > tick_ceil(most) + 1;
}

/** Ticks since `then`, which lies less than a wrap, 50 days, back. */
static inline tick tick_since(tick then, instant now)
{
    return tick_floor(now) - then;
}

/** The instant of `deadline`, which lies within 25 days of `now`. */
static inline instant tick_instant(tick deadline, instant now)
{
    int64_t whole = now >> TICK_SHIFT;

    return (whole + (int32_t)(deadline - (tick)whole)) * (1 << TICK_SHIFT);
}

/** True when ticks of `then` and of `now` are too far apart to be compared, or nearly. */
static inline bool tick_far(instant then, instant now)
{
    return (now - then) >> TICK_SHIFT > INT32_MAX / 2;
}

/** A deadline that was to come within 25 days of `then`: when `now` is later, it is due now. */
static inline tick tick_carry(tick deadline, instant then, instant now)
{
    return tick_instant(deadline, then) < now ? tick_floor(now) : deadline;
}

/** The time of something that happened in the 25 days before `then`: as long ago as can be told. */
static inline tick tick_carry_past(tick past, instant then, instant now)
{
    instant age = now - tick_instant(past, then);

    return age >> TICK_SHIFT < INT32_MAX ? past : tick_floor(now) - INT32_MAX;
}

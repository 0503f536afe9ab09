/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random numbers for property tests: splitmix64 (Steele, Lea, Flood 2014). SEED=n in the
 * environment replays a run; a test that fails names its seed through seed_assert.
 */
#pragma once

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SEED_DEFAULT 1

static inline uint64_t seed_start(void)
{
    const char *text = getenv("SEED");

    return text ? strtoull(text, NULL, 0) : SEED_DEFAULT;
}

static inline uint64_t random_u64(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline uint32_t random_u32(uint64_t *state)
{
    return (uint32_t)random_u64(state);
}

/** A number in [0, n); n > 0. */
static inline uint32_t random_below(uint64_t *state, uint32_t n)
{
    return random_u32(state) % n;
}

static inline void random_octets(uint64_t *state, uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        octets[i] = (uint8_t)random_u64(state);
    }
}

/** As ck_assert, and prints the seed that failed. Costs next to nothing while it holds. */
#define seed_assert(condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            ck_abort_msg("'%s' does not hold; SEED=%llu", #condition,                              \
                         (unsigned long long)seed_start());                                        \
        }                                                                                          \
    } while (0)

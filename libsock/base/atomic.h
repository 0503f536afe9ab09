/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Atomic 32-bit words on plain uint32_t, so that public headers stay C++ clean. No other width is
 * used: rv32imac and ARMv6-M have none narrower, and there the port supplies what the instruction
 * set lacks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline uint32_t load_relaxed(const uint32_t *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline uint32_t load_acquire(const uint32_t *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline void store_relaxed(uint32_t *p, uint32_t v)
{
    __atomic_store_n(p, v, __ATOMIC_RELAXED);
}

static inline void store_release(uint32_t *p, uint32_t v)
{
    __atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static inline uint32_t exchange(uint32_t *p, uint32_t v)
{
    return __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL);
}

/** Adds to `*p` and answers what it was before. */
static inline uint32_t fetch_add(uint32_t *p, uint32_t v)
{
    return __atomic_fetch_add(p, v, __ATOMIC_RELAXED);
}

/** Sets `*p` to `to` if it still is `*expected`, else reads it into `*expected`. */
static inline bool compare_exchange(uint32_t *p, uint32_t *expected, uint32_t to)
{
    return __atomic_compare_exchange_n(p, expected, to, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

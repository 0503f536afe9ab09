/* SPDX-License-Identifier: BSD-3-Clause */
/* Sequence numbers are compared modulo 2^32 (RFC 9293 3.4), here and nowhere else. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline bool seq_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static inline bool seq_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

static inline uint32_t seq_min(uint32_t a, uint32_t b)
{
    return seq_before(a, b) ? a : b;
}

static inline uint32_t seq_max(uint32_t a, uint32_t b)
{
    return seq_after(a, b) ? a : b;
}

/** How far `b` lies after `a`, or 0 when it does not. */
static inline uint32_t seq_ahead(uint32_t a, uint32_t b)
{
    return seq_after(b, a) ? b - a : 0;
}

/** True for start <= seq < start + len. */
static inline bool seq_within(uint32_t seq, uint32_t start, uint32_t len)
{
    return seq - start < len;
}

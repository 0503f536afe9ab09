/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The byte ring: one producer, one consumer. Each side owns one counter, publishes it with a
 * release store, and reads the other's with an acquire load; that pair is all the synchronisation
 * there is.
 */
#include "base/ring.h"

#include <string.h>

#include "base/assert.h"
#include "base/sum.h"

void ring_init(struct ring *r, uint8_t *memory, uint32_t size)
{
    SK_ASSERT(size > 0 && (size & (size - 1)) == 0);
    *r = (struct ring){ .base = memory, .mask = size - 1 };
}

/* Cuts `len` octets from counter `from` on where the memory ends. */
static void spans_at(const struct ring *r, uint32_t from, uint32_t len, struct span out[2])
{
    uint32_t at = from & r->mask;
    uint32_t to_end = ring_size(r) - at;
    uint32_t first = len < to_end ? len : to_end;

    out[0] = (struct span){ r->base + at, first };
    out[1] = (struct span){ r->base, len - first };
}

void ring_reserve(struct ring *r, uint32_t offset, uint32_t len, struct span out[2])
{
    SK_ASSERT(len <= ring_free(r) && offset <= ring_free(r) - len);
    spans_at(r, load_relaxed(&r->head) + offset, len, out);
}

void ring_peek(const struct ring *r, uint32_t offset, uint32_t len, struct span out[2])
{
    SK_ASSERT(len <= ring_used(r) && offset <= ring_used(r) - len);
    spans_at(r, load_relaxed(&r->tail) + offset, len, out);
}

uint16_t ring_poke(struct ring *r, uint32_t offset, const uint8_t *octets, uint32_t len)
{
    struct span to[2];
    uint16_t sum;

    ring_reserve(r, offset, len, to);
    sum = sum_copy(0, to[0].at, octets, to[0].len);
    if (to[1].len > 0) {
        sum = sum_join(sum, sum_copy(0, to[1].at, octets + to[0].len, to[1].len), to[0].len);
    }
    return sum;
}

uint16_t ring_copy(const struct ring *r, uint32_t offset, uint8_t *to, uint32_t len)
{
    struct span from[2];
    uint16_t sum;

    ring_peek(r, offset, len, from);
    sum = sum_copy(0, to, from[0].at, from[0].len);
    if (from[1].len > 0) {
        sum = sum_join(sum, sum_copy(0, to + from[0].len, from[1].at, from[1].len), from[0].len);
    }
    return sum;
}

void ring_commit(struct ring *r, uint32_t len)
{
    SK_ASSERT(len <= ring_free(r));
    store_release(&r->head, load_relaxed(&r->head) + len);
}

void ring_consume(struct ring *r, uint32_t len)
{
    SK_ASSERT(len <= ring_used(r));
    store_release(&r->tail, load_relaxed(&r->tail) + len);
}

uint32_t ring_write(struct ring *r, const uint8_t *octets, uint32_t len)
{
    uint32_t room = ring_free(r);
    uint32_t n = len < room ? len : room;
    struct span to[2];

    if (n == 0) {
        return 0;
    }
    ring_reserve(r, 0, n, to);
    span_put(to, 0, octets, n);
    ring_commit(r, n);
    return n;
}

uint32_t ring_read(struct ring *r, uint8_t *to, uint32_t len)
{
    uint32_t used = ring_used(r);
    uint32_t n = len < used ? len : used;
    struct span from[2];

    if (n == 0) {
        return 0;
    }
    ring_peek(r, 0, n, from);
    memcpy(to, from[0].at, from[0].len);
    memcpy(to + from[0].len, from[1].at, from[1].len);
    ring_consume(r, n);
    return n;
}

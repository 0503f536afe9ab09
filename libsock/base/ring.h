/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ring of octets with one producer and one consumer, who may be an interrupt and the poller:
 * neither waits for the other. The size is a power of two and all of it is usable: head and tail
 * run freely and are masked.
 *
 *     tail            head                                                  tail + size
 *      |  to be read   |  free: ring_poke may fill it ahead, before ring_commit  |
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/atomic.h"

struct ring {
    uint8_t *base;
    uint32_t mask; /* size - 1 */
    uint32_t head; /* written by the producer: the next octet goes here */
    uint32_t tail; /* written by the consumer: the next octet is read here */
};

/** A run of octets in the ring's own memory, in two pieces where it wraps. */
struct span {
    uint8_t *at;
    uint32_t len; /* octets */
};

/** Lays an empty ring over `size` octets at `memory`; `size` is a power of two, at most 2^31. */
void ring_init(struct ring *r, uint8_t *memory, uint32_t size);

static inline uint32_t ring_size(const struct ring *r)
{
    return r->mask + 1;
}

/** Octets that wait to be read. Either side may ask. */
static inline uint32_t ring_used(const struct ring *r)
{
    uint32_t tail = load_acquire(&r->tail);

    return load_acquire(&r->head) - tail;
}

/** Octets that fit in. Either side may ask. */
static inline uint32_t ring_free(const struct ring *r)
{
    return ring_size(r) - ring_used(r);
}

/* Producer */

/** Copies up to `len` octets in and commits them; returns how many. */
uint32_t ring_write(struct ring *r, const uint8_t *octets, uint32_t len);

/**
 * The place of `len` octets that begin `offset` octets past the head; offset + len <= ring_free.
 */
void ring_reserve(struct ring *r, uint32_t offset, uint32_t len, struct span out[2]);

/**
 * Copies octets to `offset` past the head without committing them, and returns their sum
 * (base/sum.h).
 */
uint16_t ring_poke(struct ring *r, uint32_t offset, const uint8_t *octets, uint32_t len);

/** Copies octets to `offset` in a run that was reserved. */
static inline void span_put(const struct span to[2], uint32_t offset, const uint8_t *octets,
                            uint32_t len)
{
    uint32_t first = to[0].len > offset ? to[0].len - offset : 0;

    if (len <= first) {
        memcpy(to[0].at + offset, octets, len);
        return;
    }
    if (first > 0) {
        memcpy(to[0].at + offset, octets, first);
    }
    memcpy(to[1].at + (offset + first - to[0].len), octets + first, len - first);
}

/** Makes the next `len` octets readable. */
void ring_commit(struct ring *r, uint32_t len);

/* Consumer */

/** Copies up to `len` octets out and consumes them; returns how many. */
uint32_t ring_read(struct ring *r, uint8_t *to, uint32_t len);

/**
 * The place of `len` octets that begin `offset` octets past the tail; offset + len <= ring_used.
 */
void ring_peek(const struct ring *r, uint32_t offset, uint32_t len, struct span out[2]);

/**
 * Copies octets from `offset` past the tail without consuming them, and returns their sum
 * (base/sum.h).
 */
uint16_t ring_copy(const struct ring *r, uint32_t offset, uint8_t *to, uint32_t len);

/** Frees the first `len` octets. */
void ring_consume(struct ring *r, uint32_t len);

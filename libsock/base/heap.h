/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Deadlines: a binary heap of item numbers, ordered by tick. Each item's place in the heap is kept
 * in a table beside it, so an item moves or leaves in O(log n). The caller numbers the items from
 * 0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/tick.h"

#define HEAP_NONE UINT32_MAX

struct heap_entry {
    tick at;
    uint32_t item;
};

struct heap {
    struct heap_entry *entries; /* as many as there are items */
    uint32_t *place;            /* of each item in `entries`; HEAP_NONE: not in the heap */
    uint32_t n;
};

/** An empty heap over tables of `n_items` entries each. */
void heap_init(struct heap *h, struct heap_entry *entries, uint32_t *place, uint32_t n_items);

/** Enters the item with this deadline, or moves it there. */
void heap_set(struct heap *h, uint32_t item, tick at);

/** Takes the item out, if it is in. */
void heap_remove(struct heap *h, uint32_t item);

/** Nobody looked from `then` to `now`, which is too long for ticks (base/tick.h). */
void heap_carry(struct heap *h, instant then, instant now);

static inline bool heap_has(const struct heap *h, uint32_t item)
{
    return h->place[item] != HEAP_NONE;
}

/** The earliest entry; NULL when the heap is empty. */
static inline const struct heap_entry *heap_top(const struct heap *h)
{
    return h->n ? &h->entries[0] : NULL;
}

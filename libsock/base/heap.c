/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The deadline heap: a binary heap in an array, the children of i at 2i+1 and 2i+2, with the place
 * of every item kept up to date as entries move.
 */
#include "base/heap.h"

static void put(struct heap *h, uint32_t place, struct heap_entry entry)
{
    h->entries[place] = entry;
    h->place[entry.item] = place;
}

static void sift_up(struct heap *h, uint32_t place, struct heap_entry entry)
{
    while (place > 0) {
        uint32_t parent = (place - 1) / 2;

        if (!tick_before(entry.at, h->entries[parent].at)) {
            break;
        }
        put(h, place, h->entries[parent]);
        place = parent;
    }
    put(h, place, entry);
}

static void sift_down(struct heap *h, uint32_t place, struct heap_entry entry)
{
    uint32_t child;

    while ((child = 2 * place + 1) < h->n) {
        if (child + 1 < h->n && tick_before(h->entries[child + 1].at, h->entries[child].at)) {
            child++;
        }
        if (!tick_before(h->entries[child].at, entry.at)) {
            break;
        }
        put(h, place, h->entries[child]);
        place = child;
    }
    put(h, place, entry);
}

/* Finds the place of an entry whose old place, `place`, is free to be filled. */
static void settle(struct heap *h, uint32_t place, struct heap_entry entry)
{
    if (place > 0 && tick_before(entry.at, h->entries[(place - 1) / 2].at)) {
        sift_up(h, place, entry);
    } else {
        sift_down(h, place, entry);
    }
}

void heap_init(struct heap *h, struct heap_entry *entries, uint32_t *place, uint32_t n_items)
{
    *h = (struct heap){ .entries = entries, .place = place };
    for (uint32_t i = 0; i < n_items; i++) {
        place[i] = HEAP_NONE;
    }
}

void heap_set(struct heap *h, uint32_t item, tick at)
{
    settle(h, heap_has(h, item) ? h->place[item] : h->n++, (struct heap_entry){ at, item });
}

void heap_remove(struct heap *h, uint32_t item)
{
    uint32_t place = h->place[item];

    if (place == HEAP_NONE) {
        return;
    }
    h->place[item] = HEAP_NONE;
    h->n--;
    if (place < h->n) {
        settle(h, place, h->entries[h->n]);
    }
}

/* What comes first still does: no deadline passes another. */
void heap_carry(struct heap *h, instant then, instant now)
{
    for (uint32_t i = 0; i < h->n; i++) {
        h->entries[i].at = tick_carry(h->entries[i].at, then, now);
    }
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Cuts a caller's block of memory into tables, once, at start: nothing is given back. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ARENA_ALIGN 16

struct arena {
    uint8_t *base; /* NULL: only measure */
    size_t cap;
    size_t used; /* may pass cap: then what was asked for does not fit */
};

/**
 * `n` objects of `size` octets, ARENA_ALIGN aligned and zeroed; NULL when measuring or when out of
 * room.
 */
void *arena_take(struct arena *a, size_t n, size_t size);

/** The same, with contents undefined: the memory is not touched. */
void *arena_reserve(struct arena *a, size_t n, size_t size);

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The arena: a pointer that moves on. Sizes that overflow saturate, so that an absurd configuration
 * is seen as one that does not fit and never as a small one.
 */
#include "base/arena.h"

#include <string.h>

static size_t add_saturated(size_t a, size_t b)
{
    size_t sum;

    return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

static size_t multiply_saturated(size_t a, size_t b)
{
    size_t product;

    return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

/* Octets from `used` to the next aligned address. */
static size_t padding(const struct arena *a)
{
    uintptr_t at = (uintptr_t)a->base + a->used;

    return (size_t)(-at & (ARENA_ALIGN - 1));
}

void *arena_take(struct arena *a, size_t n, size_t size)
{
    void *objects = arena_reserve(a, n, size);

    if (objects) {
        memset(objects, 0, n * size);
    }
    return objects;
}

void *arena_reserve(struct arena *a, size_t n, size_t size)
{
    size_t start = add_saturated(a->used, padding(a));
    size_t len = multiply_saturated(n, size);

    a->used = add_saturated(start, len);
    if (!a->base || a->used > a->cap) {
        return NULL;
    }
    return a->base + start;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Buffers of a few sizes: see bufpool.h. */
#include "base/bufpool.h"

#include "base/assert.h"

static bool has_one(const struct buffer_class *c)
{
    return c->n_taken < c->n;
}

static struct buffer_class *choose(struct bufpool *pool, uint32_t want)
{
    struct buffer_class *smaller = NULL;

    for (size_t i = 0; i < CONFIG_N_BUFFER_CLASSES; i++) {
        struct buffer_class *c = &pool->classes[i];

        if (has_one(c) && c->size >= want) {
            return c;
        }
        if (has_one(c)) {
            smaller = c;
        }
    }
    return smaller;
}

uint8_t *bufpool_take(struct bufpool *pool, uint32_t want, uint32_t *size)
{
    struct buffer_class *c = choose(pool, want);
    void *buffer;

    if (!c) {
        return NULL;
    }
    buffer = c->freed;
    if (buffer) {
        c->freed = *(void **)buffer;
    } else {
        buffer = c->memory + (size_t)c->n_touched * c->size;
        c->n_touched++;
    }
    c->n_taken++;
    *size = c->size;
    return buffer;
}

uint32_t bufpool_size(const struct bufpool *pool, uint32_t want)
{
    uint32_t size = 0;

    for (size_t i = 0; i < CONFIG_N_BUFFER_CLASSES && size < want; i++) {
        size = pool->classes[i].n > 0 ? pool->classes[i].size : size;
    }
    return size;
}

void bufpool_give(struct bufpool *pool, uint8_t *buffer, uint32_t size)
{
    size_t i = 0;
    void *link = buffer;

    if (!buffer) {
        return;
    }
    while (i < CONFIG_N_BUFFER_CLASSES && pool->classes[i].size != size) {
        i++;
    }
    SK_ASSERT(i < CONFIG_N_BUFFER_CLASSES);
    *(void **)link = pool->classes[i].freed;
    pool->classes[i].freed = link;
    pool->classes[i].n_taken--;
}

bool bufpool_full(const struct bufpool *pool)
{
    for (size_t i = 0; i < CONFIG_N_BUFFER_CLASSES; i++) {
        if (pool->classes[i].n_taken > 0) {
            return false;
        }
    }
    return true;
}

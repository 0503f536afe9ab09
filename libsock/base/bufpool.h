/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffers of a few sizes, each a power of two. A buffer that was never taken is never touched, so a
 * large pool on a host costs no memory until it is used.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"

struct buffer_class {
    uint8_t *memory;
    void *freed;   /* a list through the first word of each buffer that was given back */
    uint32_t size; /* octets; 0: the class does not exist */
    uint32_t n;
    uint32_t n_touched; /* the first n_touched have been taken once */
    uint32_t n_taken;
};

struct bufpool {
    struct buffer_class classes[CONFIG_N_BUFFER_CLASSES]; /* sizes ascend */
};

/**
 * A buffer of at least `want` octets, or the largest there is when none is: `*size` says which.
 * NULL when every buffer is taken. Its contents are undefined.
 */
uint8_t *bufpool_take(struct bufpool *pool, uint32_t want, uint32_t *size);

/** The size of the buffer that bufpool_take gives while there are all. */
uint32_t bufpool_size(const struct bufpool *pool, uint32_t want);

/** Gives a buffer back; NULL is allowed. */
void bufpool_give(struct bufpool *pool, uint8_t *buffer, uint32_t size);

/** True when every buffer is back. */
bool bufpool_full(const struct bufpool *pool);

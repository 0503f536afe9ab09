/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one checked way through octets that came from outside, and the one checked way to write some.
 * A reader takes pieces off the front: one length check a piece, and a piece that is not there is
 * NULL. A writer that runs out of room stays failed, so a message is checked once, at its end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/be.h"

struct cursor {
    const uint8_t *at;
    size_t left; /* octets from `at` on */
};

static inline struct cursor cursor_over(const uint8_t *octets, size_t len)
{
    return (struct cursor){ octets, len };
}

/** The next `len` octets, or NULL (and the cursor unmoved) when fewer are left. */
static inline const uint8_t *cursor_take(struct cursor *c, size_t len)
{
    const uint8_t *at = c->at;

    if (len > c->left) {
        return NULL;
    }
    c->at += len;
    c->left -= len;
    return at;
}

/** Forgets all but the first `len` octets that are left; false when there are fewer. */
static inline bool cursor_trim(struct cursor *c, size_t len)
{
    if (len > c->left) {
        return false;
    }
    c->left = len;
    return true;
}

struct writer {
    uint8_t *base;
    size_t cap;
    size_t len;
    bool failed; /* something did not fit */
};

static inline struct writer writer_over(uint8_t *octets, size_t cap)
{
    return (struct writer){ octets, cap, 0, false };
}

/** Room for `len` octets, or NULL, and the writer is failed from then on. */
static inline uint8_t *writer_room(struct writer *w, size_t len)
{
    uint8_t *at = w->base + w->len;

    if (w->failed || len > w->cap - w->len) {
        w->failed = true;
        return NULL;
    }
    w->len += len;
    return at;
}

static inline void write_u8(struct writer *w, uint8_t v)
{
    uint8_t *at = writer_room(w, 1);

    if (at) {
        *at = v;
    }
}

static inline void write_u16(struct writer *w, uint16_t v)
{
    uint8_t *at = writer_room(w, 2);

    if (at) {
        put_be16(at, v);
    }
}

static inline void write_u32(struct writer *w, uint32_t v)
{
    uint8_t *at = writer_room(w, 4);

    if (at) {
        put_be32(at, v);
    }
}

static inline void write_octets(struct writer *w, const void *octets, size_t len)
{
    uint8_t *at = writer_room(w, len);

    if (at && len > 0) {
        memcpy(at, octets, len);
    }
}

static inline void write_zeros(struct writer *w, size_t len)
{
    uint8_t *at = writer_room(w, len);

    if (at) {
        memset(at, 0, len);
    }
}

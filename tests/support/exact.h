/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Input in a block of the heap that is exactly as long as the input, so that AddressSanitizer sees
 * the first octet that a parser reads past the end.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"

/** A copy of `len` octets, to be given to free(). */
static inline uint8_t *exact_copy(const void *octets, size_t len)
{
    uint8_t *copy = calloc(len, 1);

    if (!copy) {
        abort();
    }
    if (len > 0) {
        memcpy(copy, octets, len);
    }
    return copy;
}

/** Runs `expression` with a cursor `name` over an exact copy of `len` octets at `octets`. */
#define WITH_EXACT(name, octets, len, expression)                                                  \
    do {                                                                                           \
        uint8_t *exact_ = exact_copy(octets, len);                                                 \
        struct cursor name = cursor_over(exact_, len);                                             \
        expression;                                                                                \
        free(exact_);                                                                              \
    } while (0)

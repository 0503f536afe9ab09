/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the fuzz targets share. libFuzzer hands over a block that is exactly as long as the input; a
 * target that changes octets does so in an exact copy. A property that does not hold is a crash.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            __builtin_trap();                                                                      \
        }                                                                                          \
    } while (0)

/** A copy of `len` octets in a block of that length, to be given to free(). */
static inline uint8_t *exact(const uint8_t *octets, size_t len)
{
    uint8_t *copy = malloc(len);

    REQUIRE(copy);
    if (len > 0) {
        memcpy(copy, octets, len);
    }
    return copy;
}

/** True when what the cursor holds lies within the block. */
static inline int inside(struct cursor c, const uint8_t *block, size_t len)
{
    return c.at >= block && c.at <= block + len && c.left <= (size_t)(block + len - c.at);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum (RFC 1071), a machine word at a time. One's complement addition does not
 * care in which order the octets of a word lie (RFC 1071 1.B), so words are added as the machine
 * loads them, in any alignment, and the result is brought into network order at the end.
 */
#include "base/sum.h"

#include <stdbool.h>
#include <string.h>

#include "base/be.h"

#if UINTPTR_MAX > UINT32_MAX
typedef uint64_t word;
#else
typedef uint32_t word;
#endif

#define STRIDE (4 * sizeof(word))     /* four sums that do not wait for each other's carry */
#define WIDE_MOVES (sizeof(word) > 4) /* such machines move more than a word at once */

static inline word add(word a, word b)
{
    a += b;
    return (word)(a + (a < b));
}

/* The i-th word at `from`, and with `copy` at `to` as well. */
static inline word take(bool copy, uint8_t *to, const uint8_t *from, size_t i)
{
    word w;

    memcpy(&w, from + i * sizeof w, sizeof w);
    if (copy) {
        memcpy(to + i * sizeof w, &w, sizeof w);
    }
    return w;
}

/*
 * The last octets, fewer than a word: four, two and one, with a zero behind the odd one. In one's
 * complement 2^16 counts as 1, so it does not matter which 16 bits of the sum they are added to.
 */
static inline word take_tail(bool copy, uint8_t *to, const uint8_t *from, size_t len)
{
    uint32_t four = 0;
    uint16_t two = 0;
    uint8_t one[2] = { 0, 0 };
    uint16_t last;

    if (copy && len > 0) {
        memcpy(to, from, len);
    }
    if (sizeof(word) > 4 && len & 4) {
        memcpy(&four, from, sizeof four);
        from += sizeof four;
    }
    if (len & 2) {
        memcpy(&two, from, sizeof two);
        from += sizeof two;
    }
    if (len & 1) {
        one[0] = *from;
    }
    memcpy(&last, one, sizeof last);
    return add(add(four, two), last);
}

static uint16_t finish(uint16_t sum, word w)
{
    uint32_t high = (uint32_t)(w >> 16 >> 16); /* nothing in a word of 32 bits */
    uint32_t folded = (uint32_t)w + high;
    uint8_t octets[2];
    uint16_t native;

    folded += folded < high;
    folded = (folded & 0xffff) + (folded >> 16);
    native = (uint16_t)(folded + (folded >> 16));
    memcpy(octets, &native, sizeof octets);
    return sum_word(sum, be16(octets));
}

static inline __attribute__((always_inline)) uint16_t run(bool copy, uint16_t sum, uint8_t *to,
                                                          const uint8_t *from, size_t len)
{
    word a = 0;
    word b = 0;
    word c = 0;
    word d = 0;

    for (; len >= STRIDE; len -= STRIDE) {
        bool by_words = copy && !WIDE_MOVES;

        a = add(a, take(by_words, to, from, 0));
        b = add(b, take(by_words, to, from, 1));
        c = add(c, take(by_words, to, from, 2));
        d = add(d, take(by_words, to, from, 3));
        if (copy && WIDE_MOVES) {
            memcpy(to, from, STRIDE);
        }
        from += STRIDE;
        to = copy ? to + STRIDE : to;
    }
    for (; len >= sizeof(word); len -= sizeof(word)) {
        a = add(a, take(copy, to, from, 0));
        from += sizeof(word);
        to = copy ? to + sizeof(word) : to;
    }
    b = add(b, take_tail(copy, to, from, len));
    return finish(sum, add(add(a, b), add(c, d)));
}

uint16_t sum_add(uint16_t sum, const uint8_t *octets, size_t len)
{
    return len == 0 ? sum : run(false, sum, NULL, octets, len);
}

uint16_t sum_copy(uint16_t sum, uint8_t *to, const uint8_t *octets, size_t len)
{
    return run(true, sum, to, octets, len);
}

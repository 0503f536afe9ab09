/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum (RFC 1071), a machine word or several at a time. One's complement addition
 * does not care in which order the octets of a word lie (RFC 1071 1.B), so words are added as the
 * machine loads them, in any alignment, and the result is brought into network order at the end.
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

/* Two words: what a machine with words of 64 bits adds at once. */
typedef uint64_t lanes __attribute__((vector_size(16)));

#define WIDE (sizeof(word) > 4)
#define STRIDE (4 * (WIDE ? sizeof(lanes) : sizeof(word)))

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

struct lane_sums {
    lanes all;  /* without its carries */
    lanes high; /* of the high halves alone */
};

static inline void take_lanes(struct lane_sums *sums, bool copy, uint8_t *to, const uint8_t *from,
                              size_t i)
{
    lanes l;

    memcpy(&l, from + i * sizeof l, sizeof l);
    if (copy) {
        memcpy(to + i * sizeof l, &l, sizeof l);
    }
    sums->all += l;
    sums->high += l >> 32;
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

/* What is left of the sum of all without that of the high halves is that of the low ones. Neither
 * comes near 64 bits, so both are whole. */
static inline word take_strides_wide(bool copy, uint8_t *to, const uint8_t *from, size_t n)
{
    struct lane_sums sums = { { 0 }, { 0 } };

    for (; n > 0; n--) {
        take_lanes(&sums, copy, to, from, 0);
        take_lanes(&sums, copy, to, from, 1);
        take_lanes(&sums, copy, to, from, 2);
        take_lanes(&sums, copy, to, from, 3);
        from += STRIDE;
        to = copy ? to + STRIDE : to;
    }
    lanes halves = sums.all - (sums.high << 32) + sums.high;
    return (word)(halves[0] + halves[1]);
}

/* Four sums that do not wait for each other's carry. */
static inline word take_strides(bool copy, uint8_t *to, const uint8_t *from, size_t n)
{
    word sum[4] = { 0 };

    for (; n > 0; n--) {
        sum[0] = add(sum[0], take(copy, to, from, 0));
        sum[1] = add(sum[1], take(copy, to, from, 1));
        sum[2] = add(sum[2], take(copy, to, from, 2));
        sum[3] = add(sum[3], take(copy, to, from, 3));
        from += STRIDE;
        to = copy ? to + STRIDE : to;
    }
    return add(add(sum[0], sum[1]), add(sum[2], sum[3]));
}

static inline __attribute__((always_inline)) uint16_t run(bool copy, uint16_t sum, uint8_t *to,
                                                          const uint8_t *from, size_t len)
{
    size_t n = len / STRIDE;
    word w = 0;

    if (n > 0) {
        w = WIDE ? take_strides_wide(copy, to, from, n) : take_strides(copy, to, from, n);
        from += n * STRIDE;
        to = copy ? to + n * STRIDE : to;
        len -= n * STRIDE;
    }
    for (; len >= sizeof w; len -= sizeof w) {
        w = add(w, take(copy, to, from, 0));
        from += sizeof w;
        to = copy ? to + sizeof w : to;
    }
    return finish(sum, add(w, take_tail(copy, to, from, len)));
}

uint16_t sum_add(uint16_t sum, const uint8_t *octets, size_t len)
{
    return len == 0 ? sum : run(false, sum, NULL, octets, len);
}

uint16_t sum_copy(uint16_t sum, uint8_t *to, const uint8_t *octets, size_t len)
{
    return run(true, sum, to, octets, len);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum (RFC 1071). A partial sum is the one's complement sum of octets taken as
 * big-endian 16-bit words, folded to 16 bits, and starts at 0. Parts of a message are joined at any
 * offset.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** `sum` and the sum of `len` octets that begin at an even offset of the message. */
uint16_t sum_add(uint16_t sum, const uint8_t *octets, size_t len);

/** As sum_add, and copies the octets to `to` in the same pass; the areas do not overlap. */
uint16_t sum_copy(uint16_t sum, uint8_t *to, const uint8_t *octets, size_t len);

/** Adds one 16-bit word in host order. */
static inline uint16_t sum_word(uint16_t sum, uint16_t word)
{
    uint32_t wide = (uint32_t)sum + word;

    return (uint16_t)(wide + (wide >> 16));
}

/**
 * `sum` and `part`, where `part` was summed from 0 and its first octet lies `offset` octets into
 * the message.
 */
static inline uint16_t sum_join(uint16_t sum, uint16_t part, size_t offset)
{
    uint16_t swapped = (uint16_t)((unsigned)part << 8 | part >> 8);

    return sum_word(sum, offset & 1 ? swapped : part);
}

/** The checksum field for a message whose other octets add up to `sum`. */
static inline uint16_t sum_finish(uint16_t sum)
{
    return (uint16_t)~sum;
}

/** A message with a correct checksum in it adds up to this. */
#define SUM_GOOD 0xffff

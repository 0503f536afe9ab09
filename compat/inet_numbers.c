/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * POSIX.1-2017, XSH inet_addr(): one to four numbers with dots between them, the last one for all
 * octets that are left, each decimal, octal or hexadecimal as in C.
 */
#include "compat/inet_numbers.h"

#include <stddef.h>

#define N_OCTETS 4

static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : UINT8_MAX;
}

/* What follows the number; NULL: there is none, or it has more than 32 bits. */
static const char *read_number(const char *text, uint32_t *out)
{
    unsigned base = *text == '0' ? 8 : 10;
    uint64_t value = 0;

    if (*text == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    const char *at = text;
    for (; digit_of(*at) < base; at++) {
        value = value * base + digit_of(*at);
        if (value > UINT32_MAX) {
            return NULL;
        }
    }
    *out = (uint32_t)value;
    return at > text ? at : NULL;
}

const char *inet_numbers(const char *text, uint32_t *bits)
{
    uint32_t read = 0;
    uint32_t number;

    for (unsigned left = N_OCTETS; left > 0; left--) {
        text = read_number(text, &number);
        if (text == NULL) {
            return NULL;
        }
        if (*text != '.') {
            *bits = read | number;
            return (uint64_t)number >> (8 * left) == 0 ? text : NULL;
        }
        if (number > UINT8_MAX) {
            return NULL;
        }
        read |= number << (8 * (left - 1));
        text++;
    }
    return NULL;
}

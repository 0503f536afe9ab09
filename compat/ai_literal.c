/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses as getaddrinfo takes them (POSIX.1-2017, XSH inet_addr()): one to four numbers with
 * dots between them, the last one for all octets that are left, each decimal, octal or hexadecimal
 * as in C. Names that look so and are none are never asked for.
 */
#include <string.h>

#include "compat/ai.h"

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

static bool read_addr(const char *text, uint32_t *out)
{
    uint32_t bits = 0;
    uint32_t number;

    for (unsigned left = N_OCTETS; left > 0; left--) {
        text = read_number(text, &number);
        if (text == NULL) {
            return false;
        }
        if (*text == '\0') {
            *out = bits | number;
            return (uint64_t)number >> (8 * left) == 0;
        }
        if (*text++ != '.' || number > UINT8_MAX) {
            return false;
        }
        bits |= number << (8 * (left - 1));
    }
    return false;
}

/* RFC 1123 2.1: the last label of a host's name is no number. */
static bool ends_in_number(const char *text)
{
    size_t end = strlen(text);

    if (end > 0 && text[end - 1] == '.') {
        end--;
    }
    size_t at = end;
    while (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9') {
        at--;
    }
    return at < end && (at == 0 || text[at - 1] == '.');
}

enum ai_literal ai_literal(const char *text, struct ip_addr *out)
{
    uint32_t bits;

    if (read_addr(text, &bits)) {
        *out = ip4(bits);
        return AI_ADDRESS;
    }
    return strchr(text, ':') != NULL || ends_in_number(text) ? AI_NOTHING : AI_NAME;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses as text, and hashed. */
#include "base/addr.h"

uint32_t sk_addr_hash(struct sk_addr addr)
{
    /* 2^32 over the golden ratio: multiplicative hashing, Knuth 6.4. */
    const uint32_t golden = 0x9e3779b1;
    uint32_t hash = addr.port * golden;

    for (unsigned i = 0; i < SK_IP_ADDR_LEN; i += 4) {
        hash = (hash ^ be32(addr.addr.b + i)) * golden;
        hash ^= hash >> 15;
    }
    return hash;
}

static char *format_number(char *out, uint32_t value)
{
    char digits[10];
    unsigned n = 0;

    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    while (n > 0) {
        *out++ = digits[--n];
    }
    return out;
}

void sk_addr_format(struct sk_addr addr, char *out)
{
    for (unsigned i = SK_IPV4_AT; i < SK_IP_ADDR_LEN; i++) {
        out = format_number(out, addr.addr.b[i]);
        *out++ = i + 1 < SK_IP_ADDR_LEN ? '.' : ':';
    }
    out = format_number(out, addr.port);
    *out = '\0';
}

/* Reads a decimal number of at most `max`; returns what follows it, or NULL. */
static const char *parse_number(const char *text, uint32_t max, uint32_t *value)
{
    const char *at = text;

    *value = 0;
    while (*at >= '0' && *at <= '9') {
        *value = *value * 10 + (uint32_t)(*at - '0');
        if (*value > max || (at > text && *text == '0')) {
            return NULL;
        }
        at++;
    }
    return at > text ? at : NULL;
}

bool sk_addr_parse(const char *text, struct sk_addr *out)
{
    uint32_t bits = 0;
    uint32_t value = 0;

    for (unsigned i = 0; i < 4; i++) {
        if (i > 0 && *text++ != '.') {
            return false;
        }
        text = parse_number(text, UINT8_MAX, &value);
        if (!text) {
            return false;
        }
        bits = bits << 8 | value;
    }
    value = 0;
    if (*text == ':') {
        text = parse_number(text + 1, UINT16_MAX, &value);
    }
    if (!text || *text != '\0') {
        return false;
    }
    *out = (struct sk_addr){ ip4(bits), (uint16_t)value };
    return true;
}

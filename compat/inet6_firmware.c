/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 addresses as text: RFC 4291 2.2 in, RFC 5952 out. Where the last 32 bits are an IPv4 address
 * that the ones before tell of (::ffff:0:0/96), it is written as one.
 */
#include "compat/inet6.h"

#include <stdbool.h>
#include <string.h>

#include "base/addr.h"

#define N_GROUPS 8
#define LONGEST 46 /* octets, POSIX.1-2017's INET6_ADDRSTRLEN */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One to four digits; what follows them, or NULL. */
static const char *read_group(const char *text, uint16_t *out)
{
    unsigned value = 0;
    const char *at = text;

    for (; digit_of(*at) >= 0; at++) {
        value = value << 4 | (unsigned)digit_of(*at);
        if (at - text == 4) {
            return NULL;
        }
    }
    *out = (uint16_t)value;
    return at > text ? at : NULL;
}

struct reader {
    uint16_t groups[N_GROUPS];
    int n;
    int gap; /* groups before "::"; -1: none was there */
};

/* An IPv4 address at the end, for two groups. */
static bool read_tail(struct reader *r, const char *text)
{
    struct sk_addr v4;

    if (r->n > N_GROUPS - 2 || strchr(text, ':') != NULL || !sk_addr_parse(text, &v4)) {
        return false;
    }
    r->groups[r->n++] = (uint16_t)(ip4_bits(v4.addr) >> 16);
    r->groups[r->n++] = (uint16_t)ip4_bits(v4.addr);
    return true;
}

/* Groups with single colons between them, and one "::" somewhere. */
static bool read_groups(struct reader *r, const char *text)
{
    if (text[0] == ':' && text[1] == ':') {
        r->gap = 0;
        text += 2;
        if (*text == '\0') {
            return true;
        }
    }
    while (r->n < N_GROUPS) {
        const char *end = read_group(text, &r->groups[r->n]);
        if (end != NULL && *end == '.') {
            return read_tail(r, text);
        }
        if (end == NULL) {
            return false;
        }
        r->n++;
        if (*end == '\0') {
            return true;
        }
        if (*end++ != ':') {
            return false;
        }
        if (*end == ':') {
            if (r->gap >= 0) {
                return false;
            }
            r->gap = r->n;
            if (*++end == '\0') {
                return true;
            }
        }
        text = end;
    }
    return false;
}

int inet6_read(const char *text, uint8_t out[INET6_LEN])
{
    struct reader r = { .gap = -1 };

    if (!read_groups(&r, text) || (r.gap < 0) != (r.n == N_GROUPS)) {
        return 0;
    }
    memset(out, 0, INET6_LEN);
    for (int i = 0; i < r.n; i++) {
        int at = r.gap >= 0 && i >= r.gap ? N_GROUPS - r.n + i : i;
        out[2 * at] = (uint8_t)(r.groups[i] >> 8);
        out[2 * at + 1] = (uint8_t)r.groups[i];
    }
    return 1;
}

static unsigned group_of(const uint8_t *addr, int i)
{
    return (unsigned)addr[2 * i] << 8 | addr[2 * i + 1];
}

/* RFC 5952 4.2: of the longest runs of zeroes the first one, two groups at least; its length. */
static int longest_run(const uint8_t *addr, int *at)
{
    int best = 1;

    *at = -1;
    for (int i = 0; i < N_GROUPS; i++) {
        int n = 0;
        while (i + n < N_GROUPS && group_of(addr, i + n) == 0) {
            n++;
        }
        if (n > best) {
            best = n;
            *at = i;
        }
    }
    return best;
}

static char *write_group(char *out, unsigned group)
{
    bool begun = false;

    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = group >> shift & 0xf;
        begun = begun || digit != 0 || shift == 0;
        if (begun) {
            *out++ = "0123456789abcdef"[digit];
        }
    }
    return out;
}

static bool is_mapped(const uint8_t *addr)
{
    static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

    return memcmp(addr, prefix, sizeof prefix) == 0;
}

static void write_mapped(const uint8_t *addr, char *out)
{
    char v4[SK_ADDR_TEXT_LEN];
    static const char prefix[] = "::ffff:";
    uint32_t bits = (uint32_t)group_of(addr, 6) << 16 | group_of(addr, 7);

    sk_addr_format((struct sk_addr){ .addr = ip4(bits) }, v4);
    size_t len = strcspn(v4, ":");
    memcpy(out, prefix, sizeof prefix - 1);
    memcpy(out + sizeof prefix - 1, v4, len);
    out[sizeof prefix - 1 + len] = '\0';
}

static void write_groups(const uint8_t *addr, char *out)
{
    int gap;
    int n = longest_run(addr, &gap);

    for (int i = 0; i < N_GROUPS;) {
        if (i == gap) {
            *out++ = ':';
            *out++ = ':';
            i += n;
            continue;
        }
        out = write_group(out, group_of(addr, i++));
        if (i < N_GROUPS && i != gap) {
            *out++ = ':';
        }
    }
    *out = '\0';
}

const char *inet6_write(const uint8_t addr[INET6_LEN], char *out, size_t len)
{
    char text[LONGEST];

    if (is_mapped(addr)) {
        write_mapped(addr, text);
    } else {
        write_groups(addr, text);
    }
    size_t text_len = strlen(text);
    if (len <= text_len) {
        return NULL;
    }
    memcpy(out, text, text_len + 1);
    return out;
}

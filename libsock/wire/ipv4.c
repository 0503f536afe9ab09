/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IPv4 header (RFC 791). What is checked, in this order: the fixed part is there, version,
 * header length, total length, checksum, options. Addresses, fragments and the time to live are the
 * business of net/.
 */
#include "wire/ipv4.h"

#include "base/assert.h"
#include "base/sum.h"

#include <string.h>

#define VERSION 4u
#define FLAG_DONT_FRAGMENT 0x4000 /* RFC 791 3.1 */
#define FLAG_MORE_FRAGMENTS 0x2000
#define FRAGMENT_OFFSET 0x1fff
#define FRAGMENT_UNIT 8 /* octets */

enum option_kind { /* RFC 791 3.1 */
                   OPTION_END = 0,
                   OPTION_NOP = 1,
                   OPTION_LSRR = 131,
                   OPTION_SSRR = 137,
                   OPTION_COPIED = 128, /* a flag: each fragment has it */
};

static void read_fields(const uint8_t *at, struct ip_hdr *hdr)
{
    uint16_t fragment = be16(at + 6);

    hdr->tos = at[1];
    hdr->id = be16(at + 4);
    hdr->frag_offset = (uint16_t)((fragment & FRAGMENT_OFFSET) * FRAGMENT_UNIT);
    hdr->more_frags = fragment & FLAG_MORE_FRAGMENTS;
    hdr->dont_frag = fragment & FLAG_DONT_FRAGMENT;
    hdr->ttl = at[8];
    hdr->proto = at[9];
    hdr->src = ip4(be32(at + 12));
    hdr->dst = ip4(be32(at + 16));
}

enum drop_reason ipv4_check_options(const uint8_t *at, size_t n)
{
    struct cursor options = cursor_over(at, n);
    const uint8_t *kind;

    while ((kind = cursor_take(&options, 1)) && *kind != OPTION_END) {
        const uint8_t *len;

        if (*kind == OPTION_NOP) {
            continue;
        }
        len = cursor_take(&options, 1);
        if (!len || *len < 2 || !cursor_take(&options, *len - 2u)) {
            return DROP_IP_OPTION;
        }
        if (*kind == OPTION_LSRR || *kind == OPTION_SSRR) {
            return DROP_IP_SOURCE_ROUTE;
        }
    }
    return DROP_NONE;
}

uint8_t ipv4_copied_options(uint8_t *to, const uint8_t *options, uint8_t len)
{
    struct cursor c = cursor_over(options, len);
    const uint8_t *kind;
    uint8_t n = 0;

    while ((kind = cursor_take(&c, 1)) && *kind != OPTION_END) {
        uint8_t option_len = *kind == OPTION_NOP ? 1 : *c.at;

        cursor_take(&c, option_len - 1u);
        if (*kind & OPTION_COPIED) {
            memcpy(to + n, kind, option_len);
            n = (uint8_t)(n + option_len);
        }
    }
    while (n % 4 != 0) {
        to[n++] = OPTION_END;
    }
    return n;
}

/* Takes header and options off; `*at` is their first octet and `*hdr_len` their length. */
static enum drop_reason take_header(struct cursor *c, const uint8_t **at, size_t *hdr_len)
{
    *at = c->at;
    if (c->left < IPV4_HDR_LEN) {
        return DROP_IP_HEADER_LEN;
    }
    if (c->at[0] >> 4 != VERSION) {
        return DROP_IP_VERSION;
    }
    *hdr_len = (c->at[0] & 0xfu) * 4;
    if (*hdr_len < IPV4_HDR_LEN || !cursor_take(c, *hdr_len)) {
        return DROP_IP_HEADER_LEN;
    }
    return DROP_NONE;
}

enum drop_reason ipv4_parse(struct cursor *c, struct ip_hdr *hdr)
{
    const uint8_t *at;
    size_t hdr_len;
    size_t total_len;
    enum drop_reason reason = take_header(c, &at, &hdr_len);

    if (reason) {
        return reason;
    }
    total_len = be16(at + 2);
    if (total_len < hdr_len || !cursor_trim(c, total_len - hdr_len)) {
        return DROP_IP_TOTAL_LEN;
    }
    if (sum_add(0, at, hdr_len) != SUM_GOOD) {
        return DROP_IP_CHECKSUM;
    }
    read_fields(at, hdr);
    hdr->options = at + IPV4_HDR_LEN;
    hdr->n_options = (uint8_t)(hdr_len - IPV4_HDR_LEN);
    hdr->payload_len = (uint16_t)c->left;
    return ipv4_check_options(hdr->options, hdr->n_options);
}

enum drop_reason ipv4_parse_quoted(struct cursor *c, struct ip_hdr *hdr)
{
    const uint8_t *at;
    size_t hdr_len;
    size_t total_len;

    if (take_header(c, &at, &hdr_len)) {
        return DROP_ICMP_QUOTE;
    }
    *hdr = (struct ip_hdr){ .options = at + IPV4_HDR_LEN,
                            .n_options = (uint8_t)(hdr_len - IPV4_HDR_LEN) };
    read_fields(at, hdr);
    total_len = be16(at + 2);
    hdr->payload_len = (uint16_t)(total_len > hdr_len ? total_len - hdr_len : 0);
    return DROP_NONE;
}

void ipv4_emit(uint8_t *at, const struct ip_hdr *hdr)
{
    unsigned fragment = hdr->frag_offset / FRAGMENT_UNIT;
    uint32_t hdr_len = ipv4_hdr_len(hdr);

    SK_ASSERT(hdr->payload_len <= UINT16_MAX - hdr_len);
    if (hdr->n_options > 0) {
        memmove(at + IPV4_HDR_LEN, hdr->options, hdr->n_options); /* first: they may be near */
    }
    fragment |= hdr->more_frags ? FLAG_MORE_FRAGMENTS : 0;
    fragment |= hdr->dont_frag ? FLAG_DONT_FRAGMENT : 0;
    at[0] = (uint8_t)(VERSION << 4 | hdr_len / 4);
    at[1] = hdr->tos;
    put_be16(at + 2, (uint16_t)(hdr_len + hdr->payload_len));
    put_be16(at + 4, hdr->id);
    put_be16(at + 6, (uint16_t)fragment);
    at[8] = hdr->ttl;
    at[9] = hdr->proto;
    put_be16(at + 10, 0);
    put_be32(at + 12, ip4_bits(hdr->src));
    put_be32(at + 16, ip4_bits(hdr->dst));
    put_be16(at + 10, sum_finish(sum_add(0, at, hdr_len)));
}

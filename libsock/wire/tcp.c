/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP header (RFC 9293 3.1) and its options: maximum segment size (RFC 9293 3.2) and window
 * scale (RFC 7323 2), both on SYN segments only. Other options are stepped over. One iterator walks
 * them.
 */
#include "wire/tcp.h"

#include "base/assert.h"
#include "base/sum.h"

enum option_kind { /* RFC 9293 3.1, RFC 7323 2.2 */
                   OPTION_END = 0,
                   OPTION_NOP = 1,
                   OPTION_MSS = 2,
                   OPTION_WSCALE = 3,
};

#define OPTION_MSS_LEN 4 /* with kind and length */
#define OPTION_WSCALE_LEN 3

struct option {
    uint8_t kind;
    struct cursor value; /* without kind and length */
};

/* The next option other than padding; false at the end of the list, and at one that cannot be. */
static bool option_next(struct cursor *c, struct option *option)
{
    const uint8_t *kind;
    const uint8_t *len;
    const uint8_t *value;

    do {
        kind = cursor_take(c, 1);
    } while (kind && *kind == OPTION_NOP);
    if (!kind || *kind == OPTION_END) {
        return false;
    }
    len = cursor_take(c, 1);
    if (!len || *len < 2) {
        return false;
    }
    value = cursor_take(c, *len - 2u);
    if (!value) {
        return false;
    }
    *option = (struct option){ *kind, cursor_over(value, *len - 2u) };
    return true;
}

static void read_option(struct option option, struct tcp_hdr *hdr)
{
    if (option.kind == OPTION_MSS && option.value.left == OPTION_MSS_LEN - 2) {
        hdr->mss = be16(option.value.at);
    }
    if (option.kind == OPTION_WSCALE && option.value.left == OPTION_WSCALE_LEN - 2) {
        uint8_t shift = option.value.at[0];

        hdr->wscale = shift < TCP_MAX_WSCALE ? shift : TCP_MAX_WSCALE;
    }
}

static void read_fields(const uint8_t *at, struct tcp_hdr *hdr)
{
    hdr->src_port = be16(at);
    hdr->dst_port = be16(at + 2);
    hdr->seq = be32(at + 4);
    hdr->ack = be32(at + 8);
    hdr->flags = at[13];
    hdr->wnd = be16(at + 14);
    hdr->up = be16(at + 18);
    hdr->mss = 0;
    hdr->wscale = TCP_NO_WSCALE;
}

enum drop_reason tcp_parse(struct cursor *c, struct tcp_hdr *hdr)
{
    const uint8_t *at = cursor_take(c, TCP_HDR_LEN);
    const uint8_t *options;
    size_t hdr_len;

    if (!at) {
        return DROP_TCP_SHORT;
    }
    hdr_len = (size_t)(at[12] >> 4) * 4;
    if (hdr_len < TCP_HDR_LEN) {
        return DROP_TCP_HEADER_LEN;
    }
    options = cursor_take(c, hdr_len - TCP_HDR_LEN);
    if (!options) {
        return DROP_TCP_HEADER_LEN;
    }
    read_fields(at, hdr);
    hdr->len = (uint32_t)c->left;
    if (hdr->flags & TCP_SYN) {
        struct cursor left = cursor_over(options, hdr_len - TCP_HDR_LEN);
        struct option option;

        while (option_next(&left, &option)) {
            read_option(option, hdr);
        }
    }
    return hdr->src_port && hdr->dst_port ? DROP_NONE : DROP_TCP_PORT;
}

static bool sends_mss(const struct tcp_hdr *hdr)
{
    return hdr->flags & TCP_SYN && hdr->mss > 0;
}

static bool sends_wscale(const struct tcp_hdr *hdr)
{
    return hdr->flags & TCP_SYN && hdr->wscale != TCP_NO_WSCALE;
}

uint32_t tcp_hdr_len(const struct tcp_hdr *hdr)
{
    uint32_t len = TCP_HDR_LEN;

    if (sends_mss(hdr)) {
        len += OPTION_MSS_LEN;
    }
    if (sends_wscale(hdr)) {
        len += 1 + OPTION_WSCALE_LEN; /* a NOP first, so that four are full */
    }
    return len;
}

static void emit_options(uint8_t *at, const struct tcp_hdr *hdr)
{
    if (sends_mss(hdr)) {
        at[0] = OPTION_MSS;
        at[1] = OPTION_MSS_LEN;
        put_be16(at + 2, hdr->mss);
        at += OPTION_MSS_LEN;
    }
    if (sends_wscale(hdr)) {
        at[0] = OPTION_NOP;
        at[1] = OPTION_WSCALE;
        at[2] = OPTION_WSCALE_LEN;
        at[3] = hdr->wscale;
    }
}

void tcp_emit(uint8_t *at, const struct ip_hdr *ip, const struct tcp_hdr *hdr, uint16_t text_sum)
{
    uint32_t hdr_len = tcp_hdr_len(hdr);
    uint16_t sum;

    SK_ASSERT(hdr->len <= UINT16_MAX - hdr_len);
    put_be16(at, hdr->src_port);
    put_be16(at + 2, hdr->dst_port);
    put_be32(at + 4, hdr->seq);
    put_be32(at + 8, hdr->ack);
    at[12] = (uint8_t)(hdr_len / 4 << 4);
    at[13] = hdr->flags;
    put_be16(at + 14, hdr->wnd);
    put_be16(at + 16, 0);
    put_be16(at + 18, hdr->up);
    emit_options(at + TCP_HDR_LEN, hdr);
    sum = sum_word(text_sum, ip_pseudo_sum(ip, (uint16_t)(hdr_len + hdr->len)));
    put_be16(at + 16, sum_finish(sum_add(sum, at, hdr_len)));
}

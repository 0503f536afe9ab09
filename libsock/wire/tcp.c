/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP header (RFC 9293 3.1) and its options: maximum segment size (RFC 9293 3.2), window scale
 * and timestamps (RFC 7323 2, 3), SACK (RFC 2018), user timeout (RFC 5482 2). Others are stepped
 * over. One iterator walks them.
 */
#include "wire/tcp.h"

#include "base/assert.h"
#include "base/sum.h"

enum option_kind { /* RFC 9293 3.1, RFC 7323 2.2 and 3.2, RFC 2018 2 and 3, RFC 5482 2 */
                   OPTION_END = 0,
                   OPTION_NOP = 1,
                   OPTION_MSS = 2,
                   OPTION_WSCALE = 3,
                   OPTION_SACK_PERMITTED = 4,
                   OPTION_SACK = 5,
                   OPTION_TIMESTAMPS = 8,
                   OPTION_USER_TIMEOUT = 28,
};

/* With kind and length. */
#define OPTION_MSS_LEN 4
#define OPTION_WSCALE_LEN 3
#define OPTION_SACK_PERMITTED_LEN 2
#define OPTION_TIMESTAMPS_LEN 10
#define OPTION_HEADER_LEN 2
#define SACK_BLOCK_LEN 8

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

static void read_syn_option(struct option option, struct tcp_hdr *hdr)
{
    const uint8_t *value = option.value.at;
    size_t len = option.value.left + OPTION_HEADER_LEN;

    if (option.kind == OPTION_MSS && len == OPTION_MSS_LEN) {
        hdr->mss = be16(value);
    } else if (option.kind == OPTION_WSCALE && len == OPTION_WSCALE_LEN) {
        hdr->wscale = *value < TCP_MAX_WSCALE ? *value : TCP_MAX_WSCALE;
    } else if (option.kind == OPTION_SACK_PERMITTED && len == OPTION_SACK_PERMITTED_LEN) {
        hdr->sack_permitted = true;
    }
}

static void read_sack(struct cursor blocks, struct tcp_hdr *hdr)
{
    const uint8_t *at;

    if (blocks.left % SACK_BLOCK_LEN != 0) {
        return;
    }
    hdr->n_sack = 0;
    while ((at = cursor_take(&blocks, SACK_BLOCK_LEN)) && hdr->n_sack < TCP_MAX_SACK) {
        hdr->sack[hdr->n_sack++] = (struct tcp_sack){ be32(at), be32(at + 4) };
    }
}

static void read_timestamps(const uint8_t *value, struct tcp_hdr *hdr)
{
    hdr->has_timestamps = true;
    hdr->tsval = be32(value);
    hdr->tsecr = be32(value + 4);
}

static void read_options(struct cursor options, struct tcp_hdr *hdr)
{
    struct option option;

    while (option_next(&options, &option)) {
        if (option.kind == OPTION_TIMESTAMPS &&
            option.value.left == OPTION_TIMESTAMPS_LEN - OPTION_HEADER_LEN) {
            read_timestamps(option.value.at, hdr);
        } else if (option.kind == OPTION_USER_TIMEOUT &&
                   option.value.left == TCP_UTO_LEN - OPTION_HEADER_LEN) {
            hdr->uto = be16(option.value.at);
        } else if (hdr->flags & TCP_SYN) {
            read_syn_option(option, hdr);
        } else if (option.kind == OPTION_SACK) {
            read_sack(option.value, hdr);
        }
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
    hdr->uto = 0;
    hdr->wscale = TCP_NO_WSCALE;
    hdr->has_timestamps = false;
    hdr->sack_permitted = false;
    hdr->n_sack = 0;
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
    read_options(cursor_over(options, hdr_len - TCP_HDR_LEN), hdr);
    return hdr->src_port && hdr->dst_port ? DROP_NONE : DROP_TCP_PORT;
}

static uint32_t syn_options_len(const struct tcp_hdr *hdr)
{
    uint32_t len = hdr->mss > 0 ? OPTION_MSS_LEN : 0;

    if (hdr->wscale != TCP_NO_WSCALE) {
        len += 1 + OPTION_WSCALE_LEN; /* NOPs in front, so that four are full: here and below */
    }
    if (hdr->sack_permitted && !hdr->has_timestamps) { /* else it lies before those, unpadded */
        len += 2 + OPTION_SACK_PERMITTED_LEN;
    }
    return len;
}

uint32_t tcp_hdr_len(const struct tcp_hdr *hdr)
{
    uint32_t len = TCP_HDR_LEN;

    if (hdr->flags & TCP_SYN) {
        len += syn_options_len(hdr);
    } else if (hdr->n_sack > 0) {
        len += TCP_SACK_LEN(hdr->n_sack);
    }
    len += hdr->uto > 0 ? TCP_UTO_LEN : 0;
    return hdr->has_timestamps ? len + TCP_TIMESTAMPS_LEN : len;
}

static uint8_t *emit_pair(uint8_t *at, uint8_t first, uint8_t second)
{
    at[0] = first;
    at[1] = second;
    return at + 2;
}

static uint8_t *emit_word(uint8_t *at, uint32_t word)
{
    put_be32(at, word);
    return at + 4;
}

static uint8_t *emit_timestamps(uint8_t *at, const struct tcp_hdr *hdr)
{
    if (hdr->flags & TCP_SYN && hdr->sack_permitted) {
        at = emit_pair(at, OPTION_SACK_PERMITTED, OPTION_SACK_PERMITTED_LEN);
    } else {
        at = emit_pair(at, OPTION_NOP, OPTION_NOP);
    }
    at = emit_pair(at, OPTION_TIMESTAMPS, OPTION_TIMESTAMPS_LEN);
    at = emit_word(at, hdr->tsval);
    return emit_word(at, hdr->tsecr);
}

static uint8_t *emit_sack(uint8_t *at, const struct tcp_hdr *hdr)
{
    at = emit_pair(at, OPTION_NOP, OPTION_NOP);
    at = emit_pair(at, OPTION_SACK, (uint8_t)(OPTION_HEADER_LEN + hdr->n_sack * SACK_BLOCK_LEN));
    for (uint8_t i = 0; i < hdr->n_sack; i++) {
        at = emit_word(at, hdr->sack[i].start);
        at = emit_word(at, hdr->sack[i].end);
    }
    return at;
}

static uint8_t *emit_mss(uint8_t *at, const struct tcp_hdr *hdr)
{
    at = emit_pair(at, OPTION_MSS, OPTION_MSS_LEN);
    put_be16(at, hdr->mss);
    return at + 2;
}

static uint8_t *emit_wscale(uint8_t *at, const struct tcp_hdr *hdr)
{
    at = emit_pair(at, OPTION_NOP, OPTION_WSCALE);
    return emit_pair(at, OPTION_WSCALE_LEN, hdr->wscale);
}

static uint8_t *emit_user_timeout(uint8_t *at, const struct tcp_hdr *hdr)
{
    at = emit_pair(at, OPTION_USER_TIMEOUT, TCP_UTO_LEN);
    put_be16(at, hdr->uto);
    return at + 2;
}

static void emit_options(uint8_t *at, const struct tcp_hdr *hdr)
{
    bool syn = hdr->flags & TCP_SYN;

    if (syn && hdr->mss > 0) {
        at = emit_mss(at, hdr);
    }
    if (hdr->uto > 0) {
        at = emit_user_timeout(at, hdr);
    }
    if (hdr->has_timestamps) {
        at = emit_timestamps(at, hdr);
    } else if (syn && hdr->sack_permitted) {
        at = emit_pair(at, OPTION_NOP, OPTION_NOP);
        at = emit_pair(at, OPTION_SACK_PERMITTED, OPTION_SACK_PERMITTED_LEN);
    }
    if (syn && hdr->wscale != TCP_NO_WSCALE) {
        emit_wscale(at, hdr);
    }
    if (!syn && hdr->n_sack > 0) {
        emit_sack(at, hdr);
    }
}

void tcp_emit(uint8_t *at, const struct ip_hdr *ip, const struct tcp_hdr *hdr, uint16_t text_sum)
{
    uint32_t hdr_len = tcp_hdr_len(hdr);
    uint16_t sum;

    SK_ASSERT(hdr_len <= TCP_MAX_HDR_LEN && hdr->len <= UINT16_MAX - hdr_len);
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

/* SPDX-License-Identifier: BSD-3-Clause */
/* One frame of several: see slirp_burst.h. Their text is copied behind that of the first. */
#include "link/slirp_burst.h"

#include <stdlib.h>
#include <string.h>

#include "base/sum.h"

#define HEADERS (ETH_HDR_LEN + IPV4_HDR_LEN + TCP_HDR_LEN)
#define MAX_TEXT (UINT16_MAX - IPV4_HDR_LEN - TCP_HDR_LEN) /* octets: RFC 791's total length */

bool slirp_burst_init(struct slirp_burst *b)
{
    *b = (struct slirp_burst){ .octets = malloc(HEADERS + MAX_TEXT) };
    return b->octets != NULL;
}

void slirp_burst_free(struct slirp_burst *b)
{
    slirp_burst_clear(b);
    free(b->octets);
}

void slirp_see(const uint8_t *frame, size_t len, struct slirp_seen *seen)
{
    struct cursor c = cursor_over(frame, len);

    seen->is_tcp = eth_parse(&c, &seen->eth) == DROP_NONE && seen->eth.type == ETH_TYPE_IPV4 &&
                   ipv4_parse(&c, &seen->ip) == DROP_NONE && seen->ip.proto == IP_PROTO_TCP &&
                   seen->ip.frag_offset == 0 && !seen->ip.more_frags &&
                   tcp_parse(&c, &seen->tcp) == DROP_NONE;
    seen->text = c;
    seen->tcp.len = (uint32_t)c.left;
}

/* ---- What can be joined ---- */

/* Plain text: options, which may say something of this very segment, are left as they are. */
static bool is_plain(const struct slirp_seen *s)
{
    return s->is_tcp && s->text.left > 0 && s->ip.n_options == 0 &&
           s->ip.payload_len == TCP_HDR_LEN + s->text.left && (s->tcp.flags & TCP_ACK) &&
           !(s->tcp.flags & ~(TCP_ACK | TCP_PSH));
}

static bool follows(const struct slirp_burst *b, const struct slirp_seen *s)
{
    const struct slirp_seen *before = &b->seen;

    return s->tcp.seq == before->tcp.seq + b->text_len && s->tcp.src_port == before->tcp.src_port &&
           s->tcp.dst_port == before->tcp.dst_port && ip_equal(s->ip.src, before->ip.src) &&
           ip_equal(s->ip.dst, before->ip.dst) && s->ip.tos == before->ip.tos &&
           s->ip.ttl == before->ip.ttl && s->ip.dont_frag == before->ip.dont_frag &&
           s->text.left <= MAX_TEXT - b->text_len;
}

/* ---- The frame ---- */

/* From the checksum, which holds the rest of the segment, too: a wrong one stays wrong. */
static uint16_t text_sum(const struct slirp_seen *s)
{
    uint16_t len = (uint16_t)(TCP_HDR_LEN + s->text.left);
    uint16_t rest = sum_add(ip_pseudo_sum(&s->ip, len), s->text.at - TCP_HDR_LEN, TCP_HDR_LEN);

    return SUM_GOOD - rest;
}

static void append(struct slirp_burst *b, const struct slirp_seen *s)
{
    memcpy(b->octets + HEADERS + b->text_len, s->text.at, s->text.left);
    b->sum = sum_join(b->sum, text_sum(s), b->text_len);
    b->text_len += (uint32_t)s->text.left;
}

static void begin(struct slirp_burst *b, struct pkt *pkt, const struct slirp_seen *s)
{
    b->first = pkt;
    b->seen = *s;
    b->sum = 0;
    b->text_len = (uint32_t)s->text.left;
}

static void go_on(struct slirp_burst *b, struct pkt *pkt, const struct slirp_seen *s)
{
    if (b->first) {
        b->text_len = 0;
        append(b, &b->seen);
        sk_pkt_free(b->first);
        b->first = NULL;
    }
    append(b, s);
    b->seen.tcp.ack = s->tcp.ack;
    b->seen.tcp.wnd = s->tcp.wnd;
    b->seen.tcp.flags |= s->tcp.flags;
    sk_pkt_free(pkt);
}

bool slirp_burst_take(struct slirp_burst *b, struct pkt *pkt, const struct slirp_seen *s)
{
    if (!is_plain(s)) {
        return false;
    }
    if (b->text_len == 0) {
        begin(b, pkt, s);
        return true;
    }
    if (!follows(b, s)) {
        return false;
    }
    go_on(b, pkt, s);
    return true;
}

const uint8_t *slirp_burst_frame(struct slirp_burst *b, size_t *len)
{
    struct slirp_seen *s = &b->seen;

    if (b->first) {
        *len = b->first->len;
        return sk_pkt_data(b->first);
    }
    s->tcp.len = b->text_len;
    s->ip.payload_len = (uint16_t)(TCP_HDR_LEN + b->text_len);
    eth_emit(b->octets, &s->eth);
    ipv4_emit(b->octets + ETH_HDR_LEN, &s->ip);
    tcp_emit(b->octets + ETH_HDR_LEN + IPV4_HDR_LEN, &s->ip, &s->tcp, b->sum);
    *len = HEADERS + b->text_len;
    return b->octets;
}

void slirp_burst_clear(struct slirp_burst *b)
{
    sk_pkt_free(b->first);
    b->first = NULL;
    b->text_len = 0;
}

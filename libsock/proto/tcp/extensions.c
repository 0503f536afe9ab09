/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timestamps and protection against wrapped sequence numbers (RFC 7323), and the receiver's half of
 * selective acknowledgment (RFC 2018, D-SACK of RFC 2883).
 *
 * The timestamp clock ticks every 1.024 ms (base/tick.h), from an offset that is secret and the
 * connection's own.
 */
#include "proto/tcp/tcp.h"

#include "proto/tcp/seq.h"

#include <string.h>

#define AGE_SHIFT 20 /* ages are counted in units of 1.05 s, in which 32 bits do not wrap */
#define PAWS_AGE (uint32_t)(seconds(24 * 86400) >> AGE_SHIFT) /* RFC 7323 5.5 */

struct extensions {
    uint32_t ts_recent;
    uint32_t ts_recent_age; /* when it was taken */
    uint32_t ts_offset;
    struct tcp_sack duplicate; /* to be told with the next ACK, unless empty: D-SACK */
    /* An octet of each of the ranges that grew last, the latest first. Some may have been
     * acknowledged, or lie in one range, since. */
    uint32_t recent[TCP_MAX_SACK];
    uint8_t n_recent;
    bool timestamps;
    bool sack;
};

static struct extensions *state_of(const struct tcp_sock *tcp)
{
    return tcp_extensions_state(tcp);
}

static uint32_t age(instant now)
{
    return (uint32_t)(now >> AGE_SHIFT);
}

static void extensions_init(struct tcp_sock *tcp, uint32_t ts_offset)
{
    *state_of(tcp) =
        (struct extensions){ .ts_offset = ts_offset, .timestamps = true, .sack = true };
}

/* ---- Timestamps ------------------------------------------------------------------------------ */

static void take_ts_recent(struct extensions *x, uint32_t tsval, instant now)
{
    x->ts_recent = tsval;
    x->ts_recent_age = age(now);
}

/* After 24 days the peer's clock may have wrapped, and anything counts as new (RFC 7323 5.5). */
static bool is_old(const struct extensions *x, uint32_t tsval, instant now)
{
    return seq_before(tsval, x->ts_recent) && age(now) - x->ts_recent_age < PAWS_AGE;
}

/* RFC 7323 5.3 R1, and 3.2 for a segment without a timestamp. */
static enum drop_reason extensions_check(const struct tcp_sock *tcp, const struct tcp_hdr *hdr,
                                         instant now)
{
    const struct extensions *x = state_of(tcp);

    if (!x->timestamps || hdr->flags & TCP_RST) {
        return DROP_NONE;
    }
    if (!hdr->has_timestamps) {
        return DROP_TCP_NO_TIMESTAMP;
    }
    return is_old(x, hdr->tsval, now) ? DROP_TCP_PAWS : DROP_NONE;
}

/* RFC 7323 4.3 (2), for an acceptable segment. */
static void extensions_accept(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now)
{
    struct extensions *x = state_of(tcp);

    if (x->timestamps && hdr->has_timestamps && !is_old(x, hdr->tsval, now) &&
        !seq_after(hdr->seq, tcp->rcv_acked)) {
        take_ts_recent(x, hdr->tsval, now);
    }
}

/* RFC 7323 4.1 */
static duration extensions_round_trip(const struct tcp_sock *tcp, const struct tcp_hdr *hdr,
                                      instant now)
{
    const struct extensions *x = state_of(tcp);
    duration sample = (duration)(tcp_ts_clock(x->ts_offset, now) - hdr->tsecr) << TICK_SHIFT;

    if (!x->timestamps || !hdr->has_timestamps || sample > RTO_MAX) {
        return 0;
    }
    return sample > 0 ? sample : 1;
}

/* ---- What the receiver reports (RFC 2018 4) -------------------------------------------------- */

/* The range of out-of-order text in which `seq` lies, or NULL. */
static const struct interval *range_around(const struct assembler *a, uint32_t seq)
{
    for (uint16_t i = 0; i < a->n; i++) {
        if (seq_within(seq, a->ranges[i].start, a->ranges[i].end - a->ranges[i].start)) {
            return &a->ranges[i];
        }
    }
    return NULL;
}

/* RFC 2883 4: the first run of octets of the segment that was here already. */
static struct tcp_sack first_duplicate(const struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    uint32_t end = hdr->seq + hdr->len;

    if (seq_before(hdr->seq, tcp->rcv_nxt)) {
        return (struct tcp_sack){ hdr->seq, seq_min(end, tcp->rcv_nxt) };
    }
    for (uint16_t i = 0; i < tcp->ooo.n; i++) {
        struct interval range = tcp->ooo.ranges[i];

        if (seq_before(hdr->seq, range.end) && seq_after(end, range.start)) {
            return (struct tcp_sack){ seq_max(hdr->seq, range.start), seq_min(end, range.end) };
        }
    }
    return (struct tcp_sack){ 0, 0 };
}

/* Puts `seq` in front of those that are in a range which the text [start, end) does not become part
 * of. */
static void remember(struct extensions *x, const struct assembler *a, uint32_t start, uint32_t end)
{
    uint32_t recent[TCP_MAX_SACK] = { start };
    uint8_t n = 1;

    for (uint8_t i = 0; i < x->n_recent && n < TCP_MAX_SACK; i++) {
        const struct interval *range = range_around(a, x->recent[i]);

        if (range && (seq_before(range->end, start) || seq_after(range->start, end))) {
            recent[n++] = x->recent[i];
        }
    }
    memcpy(x->recent, recent, n * sizeof(recent[0]));
    x->n_recent = n;
}

static void extensions_text_arrives(struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    struct extensions *x = state_of(tcp);
    struct tcp_sack duplicate;

    if (!x->sack || hdr->len == 0) {
        return;
    }
    duplicate = first_duplicate(tcp, hdr);
    /* One below the acknowledgment that was not told of yet stays, when this is none. Of one above
     * it the range had to be told next (RFC 2883 4), but that comes of this segment. */
    if (duplicate.start != duplicate.end || !seq_before(x->duplicate.start, tcp->rcv_nxt)) {
        x->duplicate = duplicate;
    }
    if (seq_after(hdr->seq, tcp->rcv_nxt)) {
        remember(x, &tcp->ooo, hdr->seq, hdr->seq + hdr->len);
    }
}

static bool has_duplicate(const struct extensions *x)
{
    return x->duplicate.start != x->duplicate.end;
}

/* That fit into `room` octets, and beside the timestamps. */
static uint8_t max_blocks(const struct extensions *x, uint32_t room)
{
    uint8_t n = x->timestamps ? TCP_MAX_SACK - 1 : TCP_MAX_SACK;

    while (n > 0 && TCP_SACK_LEN(n) > room) {
        n--;
    }
    return n;
}

static uint32_t extensions_sack_len(const struct tcp_sock *tcp, uint32_t room)
{
    const struct extensions *x = state_of(tcp);
    uint32_t n = tcp->ooo.n + (has_duplicate(x) ? 1u : 0u);
    uint32_t max = max_blocks(x, room);

    n = n < max ? n : max;
    return x->sack && n > 0 ? TCP_SACK_LEN(n) : 0;
}

static void report(struct tcp_hdr *hdr, const struct interval *range, uint8_t first)
{
    for (uint8_t i = first; i < hdr->n_sack; i++) {
        if (hdr->sack[i].start == range->start) {
            return;
        }
    }
    hdr->sack[hdr->n_sack++] = (struct tcp_sack){ range->start, range->end };
}

/* A duplicate first, then the ranges that grew last, then the others from the far end. Where there
 * is one block only a range takes it: the peer needs to know of that, RFC 2018 4. */
static void fill_sack(const struct tcp_sock *tcp, const struct extensions *x, struct tcp_hdr *hdr)
{
    const struct assembler *a = &tcp->ooo;
    uint32_t room = hdr->len < tcp->mss ? tcp->mss - hdr->len : 0;
    uint8_t max = max_blocks(x, room);
    uint8_t first = has_duplicate(x) && max > (a->n > 0 ? 1 : 0) ? 1 : 0;

    hdr->n_sack = first;
    hdr->sack[0] = x->duplicate;
    for (uint8_t i = 0; i < x->n_recent && hdr->n_sack < max; i++) {
        const struct interval *range = range_around(a, x->recent[i]);

        if (range) {
            report(hdr, range, first);
        }
    }
    for (uint16_t i = a->n; i-- > 0 && hdr->n_sack < max;) {
        report(hdr, &a->ranges[i], first);
    }
}

/* ---- Both ------------------------------------------------------------------------------------ */

static void extensions_take_syn(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now)
{
    struct extensions *x = state_of(tcp);

    x->timestamps = hdr->has_timestamps;
    x->sack = hdr->sack_permitted;
    if (x->timestamps) {
        take_ts_recent(x, hdr->tsval, now);
        tcp->mss = (uint16_t)(tcp->mss - TCP_TIMESTAMPS_LEN); /* RFC 6691: the MSS counts options */
    }
}

static void extensions_fill(const struct tcp_sock *tcp, struct tcp_hdr *hdr, instant now)
{
    const struct extensions *x = state_of(tcp);

    if (x->timestamps) {
        hdr->has_timestamps = true;
        hdr->tsval = tcp_ts_clock(x->ts_offset, now);
        hdr->tsecr = hdr->flags & TCP_ACK ? x->ts_recent : 0;
    }
    if (hdr->flags & TCP_SYN) {
        hdr->sack_permitted = x->sack;
    } else if (x->sack && !(hdr->flags & TCP_RST) && (tcp->ooo.n > 0 || has_duplicate(x))) {
        fill_sack(tcp, x, hdr);
    }
}

static void extensions_sent(struct tcp_sock *tcp)
{
    state_of(tcp)->duplicate = (struct tcp_sack){ 0, 0 };
}

static bool extensions_ts_recent(const struct tcp_sock *tcp, uint32_t *tsval)
{
    const struct extensions *x = state_of(tcp);

    *tsval = x->ts_recent;
    return x->timestamps;
}

static bool extensions_uses_sack(const struct tcp_sock *tcp)
{
    return state_of(tcp)->sack;
}

const struct tcp_extensions tcp_timestamps_and_sack = {
    .name = "timestamps and SACK",
    .state_size = sizeof(struct extensions),
    .init = extensions_init,
    .take_syn = extensions_take_syn,
    .check = extensions_check,
    .accept = extensions_accept,
    .round_trip = extensions_round_trip,
    .text_arrives = extensions_text_arrives,
    .sack_len = extensions_sack_len,
    .fill = extensions_fill,
    .sent = extensions_sent,
    .ts_recent = extensions_ts_recent,
    .uses_sack = extensions_uses_sack,
};

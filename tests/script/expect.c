/* SPDX-License-Identifier: BSD-3-Clause */
/* What a script expects: silence, a segment, a number (see script.h). */
#include "tests/script/expect.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/script/audit.h"

void expect_silence(struct script *s, const struct event *e)
{
    char got[SCRIPT_TEXT];

    if (script_advance(s, e->ms)) {
        script_describe(got, &script_next_sent(s)->hdr,
                        script_next_sent(s)->at - s->start - s->late);
        script_fail(s, "expected nothing before %" PRId64 " ms; got %s", e->ms, got);
    }
}

static bool differs(int32_t wanted, int32_t zero, int32_t got)
{
    return wanted != 0 && (wanted == zero ? 0 : wanted) != got;
}

static bool has_other_options(const struct event *e, const struct tcp_hdr *hdr)
{
    uint8_t n = 0;

    if ((e->ts == NO_TS && hdr->has_timestamps) || (e->ts == NO_TS && hdr->sack_permitted)) {
        return true;
    }
    if (e->uto != hdr->uto) {
        return true;
    }
    if (e->ecr != 0 && (!hdr->has_timestamps || hdr->tsecr != e->ecr)) {
        return true;
    }
    while (n < TCP_MAX_SACK && e->sack[n].start != e->sack[n].end) {
        n++;
    }
    return n != hdr->n_sack || memcmp(e->sack, hdr->sack, n * sizeof(hdr->sack[0])) != 0;
}

static bool is_other(const struct event *e, const struct tcp_hdr *hdr)
{
    int32_t ws = hdr->wscale == TCP_NO_WSCALE ? NO_WS : hdr->wscale;

    return hdr->flags != e->what || hdr->ect != e->ce ||
           (hdr->flags & TCP_URG && hdr->up != e->up) || hdr->seq != e->n || hdr->len != e->len ||
           (hdr->flags & TCP_ACK && hdr->ack != e->ack) || differs(e->win, SHUT, hdr->wnd) ||
           differs(e->mss, SHUT, hdr->mss) || differs(e->ws, WS_0, ws) || has_other_options(e, hdr);
}

/* Late by a tick is on time, and moves the clock of the script; early never is. */
static bool is_untimely(struct script *s, const struct event *e, bool by_timer)
{
    duration late = script_next_sent(s)->at - script_instant(s, e->ms);

    if (late != 0 && (!by_timer || late < -2 * RTO_GRANULARITY || late > 2 * RTO_GRANULARITY)) {
        return true;
    }
    s->late += late;
    return false;
}

void expect_segment(struct script *s, const struct event *e)
{
    struct tcp_hdr wanted = { .flags = (uint8_t)e->what,
                              .seq = e->n,
                              .ack = e->ack,
                              .len = e->len,
                              .wnd = (uint16_t)(e->win > 0 ? e->win : 0),
                              .uto = e->uto,
                              .mss = (uint16_t)(e->mss > 0 ? e->mss : 0),
                              .ect = e->ce,
                              .wscale = (uint8_t)(e->ws > 0 ? e->ws : TCP_NO_WSCALE),
                              .has_timestamps = e->ecr != 0,
                              .tsecr = e->ecr };
    bool by_timer = s->n_sent == 0;
    char expected[SCRIPT_TEXT];
    char got[SCRIPT_TEXT] = "nothing";
    struct tcp_hdr hdr;

    while (wanted.n_sack < TCP_MAX_SACK &&
           e->sack[wanted.n_sack].start != e->sack[wanted.n_sack].end) {
        wanted.sack[wanted.n_sack] = e->sack[wanted.n_sack];
        wanted.n_sack++;
    }
    script_describe(expected, &wanted, millis(e->ms));
    if (script_advance(s, e->ms + 3)) {
        script_describe(got, &script_next_sent(s)->hdr,
                        script_next_sent(s)->at - s->start - s->late);
    }
    if (s->n_sent == 0 || is_other(e, &script_next_sent(s)->hdr) || is_untimely(s, e, by_timer)) {
        script_fail(s, "\n  expected %s\n  got      %s", expected, got);
    }
    script_take(s, &hdr);
}

static int64_t value_of(const struct script *s, enum field field)
{
    const struct tcp_sock *tcp = s->tcp;

    switch (field) {
    case STATE:
        return tcp->state;
    case ERR:
        return tcp->err;
    case REASON:
        return s->reason;
    case UNREAD:
        return ring_used(&tcp->rx);
    case UNACKED:
        return tcp_in_flight(tcp);
    case AT_END:
        return tcp_at_end(tcp);
    case MAY_WRITE:
        return tcp_may_send(tcp);
    case MSS:
        return tcp->mss;
    case DF:
        return tcp_dont_fragment(tcp);
    case CWND:
        return tcp->cwnd;
    case SSTHRESH:
        return tcp->ssthresh;
    case RTO:
        return rtt_timeout(&tcp->rtt) / 1000;
    case SEND_WINDOW:
        return tcp->snd_wnd;
    case RECEIVE_WINDOW:
        return tcp->rcv_adv - tcp->rcv_nxt;
    case RANGES:
        return tcp->ooo.n;
    case URGENT:
        return tcp_urgent_left(tcp);
    case IS_OPEN:
        return tcp->state != TCP_CLOSED || tcp_poll_at(tcp, s->now) != NEVER;
    }
    return -1;
}

void expect_value(struct script *s, const struct event *e)
{
    static const char *const names[] = {
        "STATE",  "ERR",    "REASON", "UNREAD",   "UNACKED", "AT_END",      "MAY_WRITE",
        "CWND",   "MSS",    "DF",     "SSTHRESH", "RTO",     "SEND_WINDOW", "RECEIVE_WINDOW",
        "RANGES", "URGENT", "IS_OPEN"
    };
    int64_t got = value_of(s, (enum field)e->what);

    if (got != e->n) {
        script_fail(s, "\n  expected %s %" PRIu32 "\n  got      %s %" PRId64, names[e->what], e->n,
                    names[e->what], got);
    }
}

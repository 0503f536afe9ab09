/* SPDX-License-Identifier: BSD-3-Clause */
/* RACK's detection of losses (RFC 8985 6.2): see rack.h. */
#include "proto/tcp/rack.h"

#include "proto/tcp/seq.h"

#define DUP_THRESH 3              /* RFC 8985 6.2, segments */
#define REO_WND_PERSIST 16        /* RFC 8985 6.2 step 4, recoveries */
#define REO_WND_MULT_MAX 255      /* what the field holds; the window never exceeds SRTT anyway */
#define MIN_RTT_TIME seconds(300) /* RFC 8985 6.2 step 1 leaves it open; as Linux */

/* ---- Step 1 to 3: what was delivered --------------------------------------------------------- */

static bool sent_after(uint32_t time1, uint32_t seq1, uint32_t time2, uint32_t seq2)
{
    return seq_after(time1, time2) || (time1 == time2 && seq_after(seq1, seq2));
}

/* Step 2: a retransmission that an acknowledgment seems to answer too early was not what it
 * answers. */
static bool is_ambiguous(const struct rack *rack, const struct rack_news *news, uint32_t rtt)
{
    return rtt < rack->min_rtt || news->echoed > (duration)rtt + 2 * RTO_GRANULARITY;
}

static void take_min_rtt(struct rack *rack, uint32_t rtt, instant now)
{
    if (rtt <= rack->min_rtt || tick_since(rack->min_rtt_at, now) > tick_floor(MIN_RTT_TIME)) {
        rack->min_rtt = rtt;
        rack->min_rtt_at = tick_floor(now);
    }
}

/* The record, or its part [start, end), reached the peer, as was not known before. */
static inline void deliver(struct rack *rack, const struct inflight_record *record, uint32_t start,
                           uint32_t end, struct rack_news *news, instant now)
{
    uint32_t rtt = (uint32_t)now - record->sent_at;
    bool again = record->flags & INFLIGHT_AGAIN;

    news->delivered += end - start;
    news->repaired += record->flags & INFLIGHT_LOST ? end - start : 0;
    if (seq_after(end, rack->fack)) {
        rack->fack = end;
    }
    if (!again && seq_before(end, news->fack)) {
        rack->reordering_seen = true;
    }
    if (rtt > RTO_MAX) { /* it lay before a closed window: that is no round trip */
        return;
    }
    if (!again) {
        take_min_rtt(rack, rtt, now);
        news->rtt = rtt > 0 ? rtt : 1;
    } else if (is_ambiguous(rack, news, rtt)) {
        return;
    }
    if (!rack->has_delivered || sent_after(record->sent_at, end, rack->xmit_ts, rack->end_seq)) {
        rack->has_delivered = true;
        rack->xmit_ts = record->sent_at;
        rack->end_seq = end;
        rack->rtt = rtt;
    }
}

/* `model`: of the congestion control, or NULL. */
static inline void tell(const struct tcp_model *model, struct tcp_sock *tcp,
                        const struct inflight_record *record, uint32_t len, instant now)
{
    if (model) {
        model->on_delivered(tcp, record->sent_at, record->flags & INFLIGHT_AGAIN, len, now);
    }
}

/* The records from the i-th on that end with `end`, or before it, arrived: how many they are. */
static uint16_t take_run(struct tcp_sock *tcp, uint16_t i, uint32_t end, struct rack_news *news,
                         instant now)
{
    struct rack *rack = rack_of(tcp);
    const struct inflight_record *first = inflight_at(&rack->f, i);
    const struct inflight_record *past = first + (rack->f.n - i);
    const struct inflight_record *record = first;
    uint32_t start = inflight_start(&rack->f, i);
    const struct tcp_model *model = tcp->congestion->model;

    for (; record < past && !seq_after(record->end, end); record++) {
        if (!(record->flags & INFLIGHT_SACKED)) {
            tell(model, tcp, record, record->end - start, now);
            deliver(rack, record, start, record->end, news, now);
        }
        start = record->end;
    }
    return (uint16_t)(record - first);
}

/* The first news: what of it was not delivered now is SACKED. */
static void take_cumulative(struct tcp_sock *tcp, struct rack_news *news, instant now)
{
    struct rack *rack = rack_of(tcp);
    uint32_t una = tcp->snd_una;
    uint16_t n = take_run(tcp, 0, una, news, now);
    uint32_t start = inflight_start(&rack->f, n);

    if (start != una && !(inflight_at(&rack->f, n)->flags & INFLIGHT_SACKED)) {
        tell(tcp->congestion->model, tcp, inflight_at(&rack->f, n), una - start, now);
        deliver(rack, inflight_at(&rack->f, n), start, una, news, now);
    }
    inflight_consume(&rack->f, n, una, una - rack->f.start - news->delivered, news->repaired);
    if (rack->f.n == 0) { /* times of before a pause are not compared with those after it */
        rack->has_delivered = false;
    }
}

/* A block inside of what is in flight; whatever of it cannot be noted is as if not said. */
static void take_block(struct tcp_sock *tcp, struct tcp_sack block, struct rack_news *news,
                       instant now)
{
    struct inflight *f = &rack_of(tcp)->f;
    uint16_t i = inflight_find(f, block.start);
    uint32_t at = block.start;

    while (seq_before(at, block.end)) {
        if (!(inflight_at(f, i)->flags & INFLIGHT_SACKED)) {
            if (!inflight_cut(f, at, seq_min(inflight_at(f, i)->end, block.end), &i)) {
                return;
            }
            inflight_join(f, i, take_run(tcp, i, block.end, news, now), INFLIGHT_SACKED);
            i = inflight_tidy(f, i);
        }
        at = inflight_at(f, i)->end;
        i++;
    }
}

static bool is_inside(const struct tcp_sock *tcp, struct tcp_sack block)
{
    return seq_before(block.start, block.end) && !seq_before(block.start, tcp->snd_una) &&
           !seq_after(block.end, tcp->snd_nxt);
}

/* RFC 2883 5: the first block is below the acknowledgment, or in the second block. It counts where
 * it may be of something that we sent. */
static bool is_dsack(const struct tcp_hdr *hdr)
{
    struct tcp_sack first = hdr->sack[0];
    struct tcp_sack second = hdr->sack[1];

    if (hdr->n_sack == 0 || !seq_before(first.start, first.end)) {
        return false;
    }
    return !seq_after(first.end, hdr->ack) ||
           (hdr->n_sack > 1 && !seq_before(first.start, second.start) &&
            !seq_after(first.end, second.end));
}

static void take_sack(struct tcp_sock *tcp, struct rack_news *news, instant now)
{
    uint8_t i = 0;

    if (is_dsack(news->hdr)) {
        struct tcp_sack block = news->hdr->sack[0];

        if (!seq_before(block.start, tcp->snd_una - tcp->max_snd_wnd) &&
            !seq_after(block.end, tcp->snd_nxt)) {
            news->dsack = block;
        }
        i = 1;
    }
    for (; i < news->hdr->n_sack; i++) {
        if (is_inside(tcp, news->hdr->sack[i])) {
            take_block(tcp, news->hdr->sack[i], news, now);
        }
    }
}

/* ---- Step 4: how much reordering is allowed for ---------------------------------------------- */

static void widen_reo_wnd(struct tcp_sock *tcp, const struct rack_news *news)
{
    struct rack *rack = rack_of(tcp);

    if (rack->in_dsack_round && !seq_before(news->hdr->ack, rack->dsack_round)) {
        rack->in_dsack_round = false;
    }
    if (news->dsack.start != news->dsack.end && !rack->in_dsack_round) {
        rack->in_dsack_round = true;
        rack->dsack_round = tcp->snd_nxt;
        if (rack->reo_wnd_mult < REO_WND_MULT_MAX) {
            rack->reo_wnd_mult++;
        }
        rack->reo_wnd_persist = REO_WND_PERSIST;
    }
}

void rack_take_ack(struct tcp_sock *tcp, struct rack_news *news, instant now)
{
    if (rack_of(tcp)->min_rtt == UINT32_MAX && tcp->rtt.srtt > 0) { /* of the handshake */
        take_min_rtt(rack_of(tcp), tcp->rtt.srtt, now);
    }
    news->fack = rack_of(tcp)->fack;
    take_cumulative(tcp, news, now);
    take_sack(tcp, news, now);
    tcp->rtt.latest = news->rtt > 0 ? news->rtt : tcp->rtt.latest;
    widen_reo_wnd(tcp, news);
}

void rack_recovery_ended(struct rack *rack)
{
    if (rack->reo_wnd_persist > 0) {
        rack->reo_wnd_persist--;
    }
    if (rack->reo_wnd_persist == 0) {
        rack->reo_wnd_mult = 1;
    }
}

static uint32_t reo_wnd(const struct tcp_sock *tcp)
{
    const struct rack *rack = rack_of(tcp);
    uint32_t wnd;

    if (!rack->reordering_seen &&
        (rack->mode != RACK_OPEN || rack->f.sacked >= DUP_THRESH * (uint32_t)tcp->mss)) {
        return 0;
    }
    if (rack->min_rtt == UINT32_MAX) {
        return 0;
    }
    wnd = rack->min_rtt / 4;
    return wnd > tcp->rtt.srtt / rack->reo_wnd_mult ? tcp->rtt.srtt : wnd * rack->reo_wnd_mult;
}

uint32_t rack_patience(const struct tcp_sock *tcp)
{
    return rack_of(tcp)->rtt + reo_wnd(tcp);
}

/* ---- Step 5: what is lost -------------------------------------------------------------------- */

void rack_mark_lost(struct inflight *f, uint16_t i)
{
    const struct inflight_record *record = inflight_at(f, i);

    inflight_set(f, i, (record->flags & INFLIGHT_AGAIN) | INFLIGHT_LOST, record->sent_at);
}

static void lose(struct tcp_sock *tcp, uint16_t i, instant now)
{
    struct inflight *f = &rack_of(tcp)->f;
    const struct inflight_record *record = inflight_at(f, i);

    rack_mark_lost(f, i);
    if (tcp->congestion->model) {
        tcp->congestion->model->on_lost(tcp, record->sent_at, record->end - inflight_start(f, i),
                                        now);
    }
}

bool rack_detect_losses(struct tcp_sock *tcp, uint32_t *wait, instant now)
{
    struct rack *rack = rack_of(tcp);
    uint32_t patience = rack_patience(tcp);
    bool any = false;

    *wait = 0;
    for (uint16_t i = 0; rack->has_delivered && i < rack->f.n; i++) {
        const struct inflight_record *record = inflight_at(&rack->f, i);
        uint32_t waited = (uint32_t)now - record->sent_at;

        if (record->flags & (INFLIGHT_SACKED | INFLIGHT_LOST)) {
            continue;
        }
        if (!sent_after(rack->xmit_ts, rack->end_seq, record->sent_at, record->end)) {
            if (!(record->flags & INFLIGHT_AGAIN)) {
                break; /* those behind it were sent later still */
            }
        } else if (waited >= patience) {
            lose(tcp, i, now);
            any = true;
        } else if (patience - waited > *wait) {
            *wait = patience - waited;
        }
    }
    return any;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* RACK (RFC 8985 5 and 6): see rack.h. */
#include "proto/tcp/rack.h"

#include "proto/tcp/seq.h"

#include <string.h>

#define DUP_THRESH 3              /* RFC 8985 6.2, segments */
#define REO_WND_PERSIST 16        /* RFC 8985 6.2 step 4, recoveries */
#define REO_WND_MULT_MAX 255      /* what the field holds; the window never exceeds SRTT anyway */
#define MIN_RTT_TIME seconds(300) /* RFC 8985 6.2 step 1 leaves it open; as Linux */

/* What one acknowledgment told. */
struct news {
    const struct tcp_hdr *hdr;
    uint32_t acked;     /* octets by which SND.UNA moved */
    uint32_t delivered; /* octets that it acknowledged, cumulatively or not, for the first time */
    uint32_t dsacked;   /* octets that arrived more than once */
    bool lost;          /* it told that something was lost */
};

static void rack_init(struct tcp_sock *tcp)
{
    struct rack *rack = rack_of(tcp);

    memset(rack, 0, sizeof(*rack));
    inflight_init(&rack->f, tcp_inflight_memory(tcp), tcp->n_inflight, tcp->iss + 1);
    rack->min_rtt = UINT32_MAX;
    rack->fack = tcp->iss + 1;
    rack->reo_wnd_mult = 1;
}

/* ---- Step 1 to 3: what was delivered --------------------------------------------------------- */

static bool sent_after(uint32_t time1, uint32_t seq1, uint32_t time2, uint32_t seq2)
{
    return seq_after(time1, time2) || (time1 == time2 && seq_after(seq1, seq2));
}

/* Step 2: a retransmission that an acknowledgment seems to answer too early was not what it
 * answers. */
static bool is_ambiguous(const struct tcp_sock *tcp, const struct tcp_hdr *hdr, uint32_t rtt,
                         instant now)
{
    const struct tcp_extensions *x = tcp->profile->extensions;
    duration echoed = x ? x->round_trip(tcp, hdr, now) : 0;

    if (echoed > 0 && echoed > (duration)rtt + 2 * RTO_GRANULARITY) {
        return true;
    }
    return rtt < rack_of(tcp)->min_rtt;
}

static void take_min_rtt(struct rack *rack, uint32_t rtt, instant now)
{
    if (rtt <= rack->min_rtt || tick_since(rack->min_rtt_at, now) > tick_floor(MIN_RTT_TIME)) {
        rack->min_rtt = rtt;
        rack->min_rtt_at = tick_floor(now);
    }
}

/* The record, or its part [start, end), reached the peer, as was not known before. */
static void deliver(struct tcp_sock *tcp, const struct inflight_record *record, uint32_t start,
                    uint32_t end, struct news *news, instant now)
{
    struct rack *rack = rack_of(tcp);
    uint32_t rtt = (uint32_t)now - record->sent_at;
    bool again = record->flags & INFLIGHT_AGAIN;

    news->delivered += end - start;
    if (seq_after(end, rack->fack)) {
        rack->fack = end;
    } else if (!again && seq_before(end, rack->fack)) {
        rack->reordering_seen = true;
    }
    if (!again) {
        take_min_rtt(rack, rtt, now);
        tcp->rtt.latest = rtt > 0 ? rtt : 1;
    } else if (is_ambiguous(tcp, news->hdr, rtt, now)) {
        return;
    }
    if (!rack->has_delivered || sent_after(record->sent_at, end, rack->xmit_ts, rack->end_seq)) {
        rack->has_delivered = true;
        rack->xmit_ts = record->sent_at;
        rack->end_seq = end;
        rack->rtt = rtt;
    }
}

static void take_cumulative(struct tcp_sock *tcp, struct news *news, instant now)
{
    struct inflight *f = &rack_of(tcp)->f;

    while (f->start != tcp->snd_una) {
        struct inflight_record record = *inflight_at(f, 0);
        uint32_t end = seq_min(record.end, tcp->snd_una);

        if (!(record.flags & INFLIGHT_SACKED)) {
            deliver(tcp, &record, f->start, end, news, now);
        }
        inflight_consume(f, end);
    }
    if (f->n == 0) { /* times of before a pause are not compared with those after it */
        rack_of(tcp)->has_delivered = false;
    }
}

/* A block inside of what is in flight; whatever of it cannot be noted is as if not said. */
static void take_block(struct tcp_sock *tcp, struct tcp_sack block, struct news *news, instant now)
{
    struct inflight *f = &rack_of(tcp)->f;
    uint32_t at = block.start;

    while (seq_before(at, block.end)) {
        uint16_t i = inflight_find(f, at);
        struct inflight_record record = *inflight_at(f, i);
        uint32_t end = seq_min(record.end, block.end);

        if (!(record.flags & INFLIGHT_SACKED)) {
            if (!inflight_cut(f, at, end, &i)) {
                return;
            }
            deliver(tcp, &record, at, end, news, now);
            inflight_set(f, i, (record.flags & INFLIGHT_AGAIN) | INFLIGHT_SACKED, record.sent_at);
            inflight_tidy(f, i);
        }
        at = end;
    }
}

static bool is_inside(const struct tcp_sock *tcp, struct tcp_sack block)
{
    return seq_before(block.start, block.end) && !seq_before(block.start, tcp->snd_una) &&
           !seq_after(block.end, tcp->snd_nxt);
}

/* RFC 2883 5: the first block is below the acknowledgment, or in the second block. */
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

static void take_sack(struct tcp_sock *tcp, struct news *news, instant now)
{
    uint8_t i = 0;

    if (is_dsack(news->hdr)) {
        news->dsacked = news->hdr->sack[0].end - news->hdr->sack[0].start;
        i = 1;
    }
    for (; i < news->hdr->n_sack; i++) {
        if (is_inside(tcp, news->hdr->sack[i])) {
            take_block(tcp, news->hdr->sack[i], news, now);
        }
    }
}

/* ---- Step 4: how much reordering is allowed for ---------------------------------------------- */

static void widen_reo_wnd(struct tcp_sock *tcp, const struct news *news)
{
    struct rack *rack = rack_of(tcp);

    if (rack->in_dsack_round && !seq_before(news->hdr->ack, rack->dsack_round)) {
        rack->in_dsack_round = false;
    }
    if (news->dsacked > 0 && !rack->in_dsack_round) {
        rack->in_dsack_round = true;
        rack->dsack_round = tcp->snd_nxt;
        if (rack->reo_wnd_mult < REO_WND_MULT_MAX) {
            rack->reo_wnd_mult++;
        }
        rack->reo_wnd_persist = REO_WND_PERSIST;
    }
}

static void recovery_ended(struct rack *rack)
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
    wnd = wnd > tcp->rtt.srtt / rack->reo_wnd_mult ? tcp->rtt.srtt : wnd * rack->reo_wnd_mult;
    return wnd < tcp->rtt.srtt ? wnd : tcp->rtt.srtt;
}

/* ---- Step 5: what is lost -------------------------------------------------------------------- */

static void mark_lost(struct inflight *f, uint16_t i)
{
    const struct inflight_record *record = inflight_at(f, i);

    inflight_set(f, i, (record->flags & INFLIGHT_AGAIN) | INFLIGHT_LOST, record->sent_at);
}

/* True when anything was; `*wait` is how long until more of what is in flight will be, or 0. */
static bool detect_losses(struct tcp_sock *tcp, uint32_t *wait, instant now)
{
    struct rack *rack = rack_of(tcp);
    uint32_t patience = rack->rtt + reo_wnd(tcp);
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
            mark_lost(&rack->f, i);
            any = true;
        } else if (patience - waited > *wait) {
            *wait = patience - waited;
        }
    }
    return any;
}

/* ---- What follows from it -------------------------------------------------------------------- */

/* What is to be sent again first, and how far cwnd reaches. */
static void show(struct tcp_sock *tcp)
{
    struct rack *rack = rack_of(tcp);
    uint16_t i = 0;

    tcp->inflation = rack->f.sacked + rack->f.lost;
    tcp->rtx_nxt = tcp->rtx_end = tcp->snd_una;
    if (rack->f.lost == 0) {
        return;
    }
    while (!(inflight_at(&rack->f, i)->flags & INFLIGHT_LOST)) {
        i++;
    }
    tcp->rtx_nxt = inflight_start(&rack->f, i);
    tcp->rtx_end = inflight_at(&rack->f, i)->end;
}

static void schedule(struct tcp_sock *tcp, uint32_t wait, instant now)
{
    if (wait > 0) {
        rack_of(tcp)->timer = RACK_TIMER_REORDER;
        tcp->recovery_timer = true;
        tcp->recovery_at = tick_ceil(now + wait);
    } else {
        tlp_schedule(tcp, now);
    }
}

static void reduce(struct tcp_sock *tcp, instant now)
{
    uint32_t flight = tcp_in_flight(tcp);

    undo_remember(tcp);
    tcp->profile->congestion->on_loss(tcp, flight < tcp->cwnd ? flight : tcp->cwnd, now);
}

static void enter_recovery(struct tcp_sock *tcp, instant now)
{
    struct rack *rack = rack_of(tcp);

    reduce(tcp, now);
    rack->mode = RACK_RECOVERY;
    rack->recover = tcp->snd_nxt;
    rack->force = true; /* RFC 6937 3: the first retransmission leaves at once */
    prr_begin(&rack->prr, tcp_in_flight(tcp), tcp->ssthresh);
}

static void leave(struct tcp_sock *tcp)
{
    struct rack *rack = rack_of(tcp);

    if (rack->mode == RACK_RECOVERY) {
        tcp->cwnd = tcp->ssthresh;
        recovery_ended(rack);
    }
    rack->mode = RACK_OPEN;
    rack->undo.possible = false;
}

/* Nothing was lost after all: what is out is only late. */
static void take_back(struct tcp_sock *tcp)
{
    struct rack *rack = rack_of(tcp);

    rack->mode = RACK_OPEN;
    for (uint16_t i = 0; i < rack->f.n; i++) {
        const struct inflight_record *record = inflight_at(&rack->f, i);

        inflight_set(&rack->f, i, record->flags & ~(uint32_t)INFLIGHT_LOST, record->sent_at);
    }
}

static void control(struct tcp_sock *tcp, const struct news *news, instant now)
{
    struct rack *rack = rack_of(tcp);
    bool grows = rack->mode != RACK_RECOVERY && news->acked > 0;

    if (rack->mode != RACK_OPEN && !seq_before(tcp->snd_una, rack->recover)) {
        leave(tcp);
    }
    if (rack->mode == RACK_OPEN && rack->f.lost > 0) {
        enter_recovery(tcp, now);
    }
    if (rack->mode == RACK_RECOVERY) {
        prr_on_ack(tcp, news->delivered, news->acked > 0 && !news->lost);
    } else if (grows) {
        tcp->profile->congestion->on_ack(tcp, news->acked, now);
    }
}

static void rack_on_ack(struct tcp_sock *tcp, const struct tcp_ack *ack, instant now)
{
    struct news news = { .hdr = ack->hdr, .acked = ack->acked };
    uint32_t wait;

    tlp_cancel(tcp);
    if (rack_of(tcp)->min_rtt == UINT32_MAX && tcp->rtt.srtt > 0) { /* of the handshake */
        take_min_rtt(rack_of(tcp), tcp->rtt.srtt, now);
    }
    take_cumulative(tcp, &news, now);
    take_sack(tcp, &news, now);
    widen_reo_wnd(tcp, &news);
    if (undo_on_ack(tcp, ack, news.dsacked)) {
        take_back(tcp);
    }
    news.lost = detect_losses(tcp, &wait, now);
    if (tlp_on_ack(tcp, ack, news.dsacked > 0) && rack_of(tcp)->mode == RACK_OPEN) {
        reduce(tcp, now);
        tcp->cwnd = tcp->ssthresh;
        rack_of(tcp)->undo.possible = false;
    }
    control(tcp, &news, now);
    show(tcp);
    schedule(tcp, wait, now);
}

/* ---- The other events ------------------------------------------------------------------------ */

/* The peer threw away what it had reported (RFC 2018 8): else it had acknowledged it. */
static void forget_sacked(struct inflight *f)
{
    for (uint16_t i = 0; i < f->n; i++) {
        const struct inflight_record *record = inflight_at(f, i);

        inflight_set(f, i, record->flags & ~(uint32_t)INFLIGHT_SACKED, record->sent_at);
    }
}

/* RFC 8985 6.3: the first segment, and what would have been reported by now. */
static void rack_on_timeout(struct tcp_sock *tcp, instant now)
{
    struct rack *rack = rack_of(tcp);
    uint32_t patience = rack->rtt + reo_wnd(tcp);

    if (rack->mode != RACK_LOSS) {
        undo_remember(tcp);
    }
    tcp->profile->congestion->on_timeout(tcp, now);
    if (rack->f.n > 0 && inflight_at(&rack->f, 0)->flags & INFLIGHT_SACKED) {
        forget_sacked(&rack->f);
    }
    for (uint16_t i = 0; i < rack->f.n; i++) {
        const struct inflight_record *record = inflight_at(&rack->f, i);

        if (!(record->flags & INFLIGHT_SACKED) &&
            (i == 0 || (uint32_t)now - record->sent_at >= patience)) {
            mark_lost(&rack->f, i);
        }
    }
    rack->mode = RACK_LOSS;
    rack->recover = tcp->snd_nxt;
    rack->force = true;
    rack->tlp.active = false;
    tcp->recovery_timer = false;
    show(tcp);
}

static void rack_on_timer(struct tcp_sock *tcp, instant now)
{
    struct rack *rack = rack_of(tcp);
    struct news news = { .lost = false };
    uint32_t wait;

    if (rack->timer == RACK_TIMER_PROBE) {
        tlp_send(tcp, now);
        return;
    }
    news.lost = detect_losses(tcp, &wait, now);
    control(tcp, &news, now);
    show(tcp);
    schedule(tcp, wait, now);
}

/* [start, end) was sent again. When that cannot be noted, it holds of the whole record: what of it
 * was not sent will count as lost again. */
static void sent_again(struct rack *rack, uint32_t start, uint32_t end, instant now)
{
    while (seq_before(start, end)) {
        uint16_t i = inflight_find(&rack->f, start);
        uint32_t part = seq_min(inflight_at(&rack->f, i)->end, end);

        inflight_cut(&rack->f, start, part, &i);
        inflight_set(&rack->f, i, INFLIGHT_AGAIN, (uint32_t)now);
        inflight_tidy(&rack->f, i);
        start = part;
    }
}

static void rack_on_sent(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now)
{
    struct rack *rack = rack_of(tcp);
    uint32_t end = hdr->seq + tcp_seg_len(hdr);
    uint32_t known = seq_min(inflight_end(&rack->f), end);

    if (seq_before(hdr->seq, known)) {
        undo_on_sent(tcp, hdr, known - hdr->seq);
        sent_again(rack, hdr->seq, known, now);
    }
    if (seq_after(end, known)) {
        inflight_append(&rack->f, end, (uint32_t)now);
    }
    rack->prr.out += tcp_seg_len(hdr);
    rack->force = false;
    if (rack->tlp.due) {
        rack->tlp.due = false;
        rack->tlp.active = true;
        rack->tlp.end_seq = tcp->snd_nxt;
    }
    show(tcp);
    if (!tcp->recovery_timer || rack->timer == RACK_TIMER_PROBE) {
        tlp_schedule(tcp, now);
    }
}

static void rack_retransmit_to(struct tcp_sock *tcp, uint32_t end)
{
    struct rack *rack = rack_of(tcp);
    uint32_t at = tcp->snd_una;

    while (seq_before(at, end)) {
        uint16_t i = inflight_find(&rack->f, at);
        uint32_t part = seq_min(inflight_at(&rack->f, i)->end, end);

        if (!(inflight_at(&rack->f, i)->flags & INFLIGHT_SACKED) &&
            inflight_cut(&rack->f, at, part, &i)) {
            mark_lost(&rack->f, i);
        }
        at = part;
    }
    rack->force = true;
    show(tcp);
}

/* Whole segments: cwnd is not cut into crumbs. */
static uint32_t rack_budget(const struct tcp_sock *tcp)
{
    bool room = rack_pipe(tcp) < tcp->cwnd;

    return room || rack_of(tcp)->force ? tcp->mss : 0;
}

const struct tcp_recovery tcp_rack = {
    .name = "rack",
    .state_size = sizeof(struct rack),
    .record_size = sizeof(struct inflight_record),
    .init = rack_init,
    .on_ack = rack_on_ack,
    .on_timeout = rack_on_timeout,
    .on_sent = rack_on_sent,
    .on_timer = rack_on_timer,
    .retransmit_to = rack_retransmit_to,
    .budget = rack_budget,
};

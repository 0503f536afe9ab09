/* SPDX-License-Identifier: BSD-3-Clause */
/* What follows from the losses that RACK finds: recovery, what is sent again, timers. The table
 * that a profile names is at the end. */
#include "proto/tcp/rack.h"

#include "proto/tcp/seq.h"

#include <string.h>

static void rack_init(struct tcp_sock *tcp)
{
    struct rack *rack = rack_of(tcp);

    memset(rack, 0, sizeof(*rack));
    inflight_init(&rack->f, tcp_inflight_memory(tcp), tcp->n_inflight, tcp->iss + 1);
    rack->min_rtt = UINT32_MAX;
    rack->fack = tcp->iss + 1;
    rack->reo_wnd_mult = 1;
}

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
    while (i < rack->f.n && inflight_at(&rack->f, i)->flags & INFLIGHT_LOST) {
        tcp->rtx_end = inflight_at(&rack->f, i++)->end;
    }
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
    tcp->congestion->on_loss(tcp, flight < tcp->cwnd ? flight : tcp->cwnd, now);
    tcp_reduced(tcp);
}

static void enter_recovery(struct tcp_sock *tcp, uint32_t delivered, instant now)
{
    struct rack *rack = rack_of(tcp);

    if (tcp->congestion->model) {
        undo_remember(tcp);
        tcp_reduced(tcp);
    } else {
        reduce(tcp, now);
    }
    rack->mode = RACK_RECOVERY;
    rack->recover = tcp->snd_nxt;
    rack->force = true; /* RFC 6937 3: the first retransmission leaves at once */
    /* RFC 9937: what was reported before is not delivered any more, and does not count. */
    prr_begin(&rack->prr, tcp_in_flight(tcp) - rack->f.sacked + delivered, tcp->ssthresh);
}

static void leave(struct tcp_sock *tcp)
{
    struct rack *rack = rack_of(tcp);

    if (rack->mode == RACK_RECOVERY) {
        tcp->cwnd = tcp->congestion->model ? tcp->cwnd : tcp->ssthresh;
        rack_recovery_ended(rack);
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

/* Octets of a probe of the path's MTU that is lost: no congestion (RFC 4821 7.6.1). */
static uint32_t lost_probe(const struct tcp_sock *tcp)
{
    struct rack *rack = rack_of(tcp);
    uint32_t seq;
    uint32_t len = tcp_probe_in_flight(tcp, &seq);

    if (len == 0 || !(inflight_at(&rack->f, inflight_find(&rack->f, seq))->flags & INFLIGHT_LOST)) {
        return 0;
    }
    return len;
}

/* Of what the acknowledgment that ends a recovery covers, only what it is the first to tell counts.
 */
static void control(struct tcp_sock *tcp, const struct rack_news *news, instant now)
{
    struct rack *rack = rack_of(tcp);
    uint32_t earned = rack->mode == RACK_RECOVERY ? news->delivered : news->acked;

    if (rack->mode != RACK_OPEN && !seq_before(tcp->snd_una, rack->recover)) {
        leave(tcp);
    }
    if (rack->mode == RACK_OPEN && rack->f.lost > lost_probe(tcp)) {
        enter_recovery(tcp, news->delivered, now);
    }
    if (tcp->congestion->model) {
        if (news->hdr) {
            tcp->congestion->model->on_acked(tcp, rack_pipe(tcp), now);
        }
    } else if (rack->mode == RACK_RECOVERY) {
        prr_on_ack(tcp, news->delivered, news->acked > 0 && !news->lost);
    } else if (earned > 0) {
        tcp->congestion->on_ack(tcp, earned, now);
    }
}

static void rack_on_ack(struct tcp_sock *tcp, const struct tcp_ack *ack, instant now)
{
    struct rack_news news = { .hdr = ack->hdr, .echoed = ack->echoed, .acked = ack->acked };
    uint32_t wait;

    tlp_cancel(tcp);
    rack_take_ack(tcp, &news, now);
    if (undo_on_ack(tcp, ack, news.dsack, now)) {
        take_back(tcp);
    }
    news.lost = rack_detect_losses(tcp, &wait, now);
    if (tlp_on_ack(tcp, ack, news.dsack) && rack_of(tcp)->mode == RACK_OPEN &&
        !tcp->congestion->model) { /* to a model a single segment is no sign */
        reduce(tcp, now);
        tcp->cwnd = tcp->ssthresh;
        rack_of(tcp)->undo.possible = false;
    }
    control(tcp, &news, now);
    show(tcp);
    schedule(tcp, wait, now);
}

/* ---- The other events ------------------------------------------------------------------------ */

/* The peer threw away what it had reported (RFC 2018 8): else it had acknowledged it. How often
 * that was sent is not known any more. */
static void forget_sacked(struct inflight *f)
{
    for (uint16_t i = 0; i < f->n; i++) {
        const struct inflight_record *record = inflight_at(f, i);

        if (record->flags & INFLIGHT_SACKED) {
            inflight_set(f, i, INFLIGHT_AGAIN, record->sent_at);
        }
    }
}

/* RFC 8985 6.3: the first segment, and what would have been reported by now. Before a loss is
 * repaired ssthresh does not rise: what was reported counts as in flight (RFC 5681 3.1). */
static void rack_on_timeout(struct tcp_sock *tcp, instant now)
{
    struct rack *rack = rack_of(tcp);
    uint32_t patience = rack_patience(tcp);
    uint32_t most = rack->mode != RACK_OPEN ? tcp->ssthresh : UINT32_MAX;

    if (rack->mode != RACK_LOSS) {
        undo_remember(tcp);
    }
    tcp->congestion->on_timeout(tcp, now);
    tcp->ssthresh = tcp->ssthresh < most ? tcp->ssthresh : most;
    if (rack->f.n > 0 && inflight_at(&rack->f, 0)->flags & INFLIGHT_SACKED) {
        forget_sacked(&rack->f);
    }
    for (uint16_t i = 0; i < rack->f.n; i++) {
        const struct inflight_record *record = inflight_at(&rack->f, i);

        if (!(record->flags & INFLIGHT_SACKED) &&
            (i == 0 || (uint32_t)now - record->sent_at >= patience)) {
            rack_mark_lost(&rack->f, i);
        }
    }
    rack->mode = RACK_LOSS;
    rack->recover = tcp->snd_nxt;
    rack->has_delivered = false;
    rack->force = true;
    rack->tlp = (struct tlp){ .due = false };
    tcp->recovery_timer = false;
    show(tcp);
}

static void rack_on_timer(struct tcp_sock *tcp, instant now)
{
    struct rack *rack = rack_of(tcp);
    struct rack_news news = { .lost = false };
    uint32_t wait;

    if (rack->timer == RACK_TIMER_PROBE) {
        tlp_send(tcp, now);
        return;
    }
    news.lost = rack_detect_losses(tcp, &wait, now);
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
        if (hdr->seq == tcp->snd_una && rack->mode == RACK_RECOVERY) {
            tcp_set_timer(tcp, true, now); /* RFC 6298 5: not again in less than a timeout */
        }
    }
    if (seq_after(end, known)) {
        inflight_append(&rack->f, end, (uint32_t)now);
    }
    rack->prr.out += tcp_seg_len(hdr);
    if (tcp->congestion->model) {
        tcp->congestion->model->on_sent(tcp, tcp_seg_len(hdr), rack_pipe(tcp), now);
    }
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

    tlp_cancel(tcp);
    rack->has_delivered = false;
    while (seq_before(at, end)) {
        uint16_t i = inflight_find(&rack->f, at);
        uint32_t part = seq_min(inflight_at(&rack->f, i)->end, end);

        if (!(inflight_at(&rack->f, i)->flags & INFLIGHT_SACKED) &&
            inflight_cut(&rack->f, at, part, &i)) {
            rack_mark_lost(&rack->f, i);
        }
        at = part;
    }
    if (rack->mode == RACK_OPEN) {
        rack->mode = RACK_LOSS;
        rack->recover = tcp->snd_nxt;
    }
    if (rack->timer == RACK_TIMER_PROBE) { /* RFC 8985 7.2: not while something is recovered */
        tcp->recovery_timer = false;
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

static bool rack_is_recovering(const struct tcp_sock *tcp)
{
    return rack_of(tcp)->mode != RACK_OPEN;
}

static bool rack_sets_cwnd(const struct tcp_sock *tcp)
{
    return rack_of(tcp)->mode == RACK_RECOVERY;
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
    .is_recovering = rack_is_recovering,
    .sets_cwnd = rack_sets_cwnd,
    .feeds_model = true,
};

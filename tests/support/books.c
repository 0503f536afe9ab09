/* SPDX-License-Identifier: BSD-3-Clause */
/* See books.h. Sequence numbers are looked at as distances from where they begin, so that this does
 * not depend on proto/tcp/seq.h. */
#include "tests/support/books.h"

#include "net/iface.h"
#include "proto/tcp/rack.h"

/* The first that does not hold. */
static const char *fault;

static void note(bool holds, const char *what)
{
    if (!holds && !fault) {
        fault = what;
    }
}

#define hold(condition) note(condition, #condition)

static void look_at_sender(const struct tcp_sock *tcp)
{
    uint32_t out = tcp->snd_nxt - tcp->snd_una;
    uint32_t text = out - (tcp->state < TCP_ESTABLISHED && out > 0) - (tcp->fin_sent && out > 0);

    hold(out <= ring_size(&tcp->tx) + 2);
    hold(tcp->rtx_nxt - tcp->snd_una <= out || tcp->rtx_nxt == tcp->rtx_end);
    hold(tcp->rtx_end - tcp->snd_una <= out);
    hold(tcp->rtx_nxt - tcp->snd_una <= tcp->rtx_end - tcp->snd_una);
    hold(tcp->state == TCP_CLOSED || text <= ring_used(&tcp->tx));
    hold(tcp->state < TCP_ESTABLISHED || tcp->cwnd >= tcp->mss);
    hold(tcp->state < TCP_ESTABLISHED || tcp->mss > 0);
}

static void look_at_receiver(const struct tcp_sock *tcp)
{
    uint32_t window = tcp->rcv_adv - tcp->rcv_nxt;
    uint32_t reached = 0;

    if (tcp->state <= TCP_SYN_SENT) {
        return;
    }
    hold(window <= ring_free(&tcp->rx));
    if (tcp->fin_received) {
        return;
    }
    hold(tcp->ooo.n <= tcp->ooo.cap);
    for (uint16_t i = 0; i < tcp->ooo.n; i++) {
        uint32_t start = tcp->ooo.ranges[i].start - tcp->rcv_nxt;
        uint32_t end = tcp->ooo.ranges[i].end - tcp->rcv_nxt;

        hold(start > reached && start < end && end <= window);
        reached = end;
    }
}

/* ---- The scoreboard -------------------------------------------------------------------------- */

/* From SND.UNA to SND.NXT without a gap, and what is counted of them. */
static void look_at_records(const struct tcp_sock *tcp, const struct inflight *f)
{
    uint32_t out = tcp->snd_nxt - tcp->snd_una;
    uint32_t reached = 0;
    uint32_t sacked = 0;
    uint32_t lost = 0;

    hold(f->first + f->n <= f->cap);
    hold(f->start == tcp->snd_una);
    for (uint16_t i = 0; i < f->n; i++) {
        const struct inflight_record *record = &f->records[f->first + i];
        uint32_t end = record->end - tcp->snd_una;

        hold(end > reached && end <= out);
        hold(record->flags <= (INFLIGHT_SACKED | INFLIGHT_LOST | INFLIGHT_AGAIN));
        hold(!(record->flags & INFLIGHT_SACKED) || record->flags == INFLIGHT_SACKED);
        sacked += record->flags & INFLIGHT_SACKED ? end - reached : 0;
        lost += record->flags & INFLIGHT_LOST ? end - reached : 0;
        reached = end;
    }
    hold(reached == out);
    hold(f->sacked == sacked);
    hold(f->lost == lost);
}

/* What is shown to next.c: the lost records that come first, or a probe. */
static void look_at_shown(const struct tcp_sock *tcp, const struct rack *rack)
{
    const struct inflight *f = &rack->f;
    uint16_t i = 0;

    if (rack->tlp.due) {
        hold(!rack->tlp.is_retrans || tcp->rtx_end == tcp->snd_nxt);
        hold(!rack->tlp.is_retrans || tcp->rtx_end - tcp->rtx_nxt <= tcp->mss);
        return;
    }
    hold(tcp->inflation == f->sacked + f->lost);
    hold(f->lost > 0 || tcp->rtx_nxt == tcp->rtx_end);
    while (i < f->n && !(f->records[f->first + i].flags & INFLIGHT_LOST)) {
        i++;
    }
    if (i < f->n) {
        hold(tcp->rtx_nxt == (i == 0 ? f->start : f->records[f->first + i - 1].end));
        while (i + 1u < f->n && f->records[f->first + i + 1].flags & INFLIGHT_LOST) {
            i++;
        }
        hold(tcp->rtx_end == f->records[f->first + i].end);
    }
}

static void look_at_rack(const struct tcp_sock *tcp)
{
    const struct rack *rack = rack_of(tcp);
    uint32_t out = tcp->snd_nxt - tcp->snd_una;

    look_at_records(tcp, &rack->f);
    look_at_shown(tcp, rack);
    hold(rack->f.sacked + rack->f.lost <= out && rack_pipe(tcp) <= out);
    hold(rack->fack - tcp->snd_una <= out);
    hold(rack->mode == RACK_OPEN || rack->recover - tcp->snd_una - 1 < out);
    hold(rack->mode != RACK_OPEN || !rack->undo.possible);
    hold(!rack->tlp.active || rack->tlp.end_seq - tcp->snd_una <= out);
    hold(!rack->tlp.due || (rack->mode == RACK_OPEN && !rack->tlp.active));
    hold(!tcp->recovery_timer || out > 0);
    hold(!rack->has_delivered || out > 0);
    hold(rack->reo_wnd_mult > 0);
}

const char *books_fault(const struct tcp_sock *tcp, instant now)
{
    fault = NULL;
    hold(tcp->state != TCP_CLOSED ||
         tcp_poll_at(tcp, now) == NEVER); /* what is over waits for nothing */
    look_at_sender(tcp);
    look_at_receiver(tcp);
    if (tcp->recovery == &tcp_rack && tcp_synchronized(tcp)) {
        look_at_rack(tcp);
    }
    return fault;
}

const char *books_fault_of_any(const struct sk_iface *iface, instant now)
{
    const char *found = NULL;

    for (uint32_t i = 0; i < iface->tcp.n_touched && !found; i++) {
        const struct tcp_entry *tcp = tcp_at(iface, i);

        if (tcp->node.tag == SOCK_TCP && tcp->opened) {
            found = books_fault(&tcp->tcp, now);
        }
    }
    return found;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What the peer acknowledges and how much it takes (RFC 9293 3.10.7.4, fifth step; RFC 5961 5.2;
 * RFC 5681 2). */
#include "proto/tcp/tcp.h"

#include "proto/tcp/seq.h"

static bool is_duplicate(const struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    return hdr->ack == tcp->snd_una && tcp->snd_nxt != tcp->snd_una && tcp_seg_len(hdr) == 0 &&
           tcp_window_of(tcp, hdr) == tcp->snd_wnd && tcp->snd_wnd > 0;
}

/* RFC 7323 G: an ACK is for two segments. */
static uint32_t expected_samples(const struct tcp_sock *tcp, uint32_t acked)
{
    uint32_t two = 2u * tcp->mss;

    return (tcp_in_flight(tcp) + acked + two - 1) / two;
}

/* The timed segment is exact; an echoed timestamp, coarser, tells of retransmissions, too (RFC 6298
 * 3), and so does every other of the round trip. */
static void measure(struct tcp_sock *tcp, const struct tcp_ack *ack, instant now)
{
    tcp->rtt.latest = 0;
    if (tcp->timing) {
        if (!seq_before(tcp->snd_una, tcp->timed_seq)) {
            tcp->timing = false;
            rtt_measure(&tcp->rtt, (uint32_t)now - tcp->timed_at);
        }
        return;
    }
    if (ack->echoed > 0) {
        rtt_measure_one_of(&tcp->rtt, (uint32_t)ack->echoed, expected_samples(tcp, ack->acked));
    }
}

/* Frees what was acknowledged; SYN and FIN take sequence numbers and no octets. */
static void advance_una(struct tcp_sock *tcp, uint32_t ack)
{
    uint32_t text = ack - tcp_tx_base(tcp);
    uint32_t used = ring_used(&tcp->tx);

    ring_consume(&tcp->tx, text < used ? text : used);
    tcp->snd_una = ack;
    tcp->snd_urgent = tcp->snd_urgent && seq_after(tcp->snd_up, ack);
    tcp->rtx_nxt = seq_max(tcp->rtx_nxt, ack);
    tcp->rtx_end = seq_max(tcp->rtx_end, ack);
}

static bool fin_is_acked(const struct tcp_sock *tcp)
{
    return tcp->fin_sent && tcp->snd_una == tcp->snd_nxt;
}

static void leave_on_fin_acked(struct tcp_sock *tcp, instant now)
{
    switch (tcp->state) {
    case TCP_FIN_WAIT_1:
        tcp->state = TCP_FIN_WAIT_2;
        break;
    case TCP_CLOSING:
        tcp_enter_time_wait(tcp, now);
        break;
    case TCP_LAST_ACK:
        tcp_end(tcp, SK_OK);
        break;
    default:
        break;
    }
}

/* RFC 9293 3.10.7.4: only a newer segment, or a newer acknowledgment in the same, may move the
 * window. */
static void update_window(struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    uint32_t wnd = tcp_window_of(tcp, hdr);
    bool was_shut = tcp->snd_wnd == 0;

    if (seq_before(tcp->snd_wl1, hdr->seq) ||
        (tcp->snd_wl1 == hdr->seq && !seq_before(hdr->ack, tcp->snd_wl2))) {
        tcp->snd_wnd = wnd;
        tcp->snd_wl1 = hdr->seq;
        tcp->snd_wl2 = hdr->ack;
        tcp->max_snd_wnd = wnd > tcp->max_snd_wnd ? wnd : tcp->max_snd_wnd;
    }
    if (was_shut && tcp->snd_wnd > 0) {
        if (tcp_in_flight(tcp) > 0) { /* what went into the closed window was thrown away there */
            tcp->recovery->retransmit_to(tcp, tcp->snd_nxt);
        }
        tcp->rtt.backoff = 0; /* of the probes, RFC 9293 3.8.6.1: they were answered */
    }
}

/* The peer is there: RFC 9293 MUST-37. It may not hold up for ever what nobody waits for, nor for
 * longer than the program says. */
static void note_life(struct tcp_sock *tcp, bool acked, bool was_shut, instant now)
{
    if (acked) {
        tcp->soft_err = SK_OK;
    }
    if (acked || (was_shut && !tcp->orphan && tcp->options.user_timeout == 0)) {
        tcp->silent = false;
    }
    tcp->heard_at = tick_ceil(now);
    tcp->n_keepalives = 0;
}

bool tcp_ack_arrives(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now)
{
    const struct tcp_extensions *x = tcp->profile->extensions;
    struct tcp_ack ack = { .hdr = hdr,
                           .echoed = x ? x->round_trip(tcp, hdr, now) : 0,
                           .acked = seq_ahead(tcp->snd_una, hdr->ack),
                           .duplicate = is_duplicate(tcp, hdr) };
    bool was_open = tcp_synchronized(tcp); /* RFC 5681 3.1: the ACK of a SYN opens no window */
    bool was_shut = tcp->snd_wnd == 0;

    if (seq_after(hdr->ack, tcp->snd_nxt) ||
        seq_before(hdr->ack, tcp->snd_una - tcp->max_snd_wnd)) {
        return false;
    }
    if (ack.acked > 0) {
        advance_una(tcp, hdr->ack);
        measure(tcp, &ack, now);
        if (was_open && tcp->profile->path_mtu) {
            tcp->profile->path_mtu->on_ack(tcp, now);
        }
    }
    if (!seq_before(hdr->ack, tcp->snd_una)) {
        update_window(tcp, hdr);
    }
    note_life(tcp, ack.acked > 0, was_shut, now);
    if (fin_is_acked(tcp)) {
        leave_on_fin_acked(tcp, now);
    }
    tcp_set_timer(tcp, ack.acked > 0, now);
    if (was_open && tcp->state != TCP_CLOSED) {
        uint32_t cwnd = tcp->cwnd;

        tcp->recovery->on_ack(tcp, &ack, now);
        if (tcp->profile->ecn) {
            tcp->profile->ecn->on_ack(tcp, hdr, cwnd, now);
        }
    }
    return true;
}

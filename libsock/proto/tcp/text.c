/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Incoming text (RFC 9293 3.10.7.4, seventh and eighth step; windows of 3.8.6): it goes straight to
 * its place in the receive ring, in order or not, and the assembler says which places are filled.
 */
#include "proto/tcp/tcp.h"

#include "base/sum.h"
#include "proto/tcp/seq.h"

#define QUICK_ACKS 16 /* in a row, as many as Linux has after a duplicate (TCP_MAX_QUICKACKS) */

static bool takes_text(const struct tcp_sock *tcp)
{
    return tcp->state == TCP_SYN_RECEIVED || tcp->state == TCP_ESTABLISHED ||
           tcp->state == TCP_FIN_WAIT_1 || tcp->state == TCP_FIN_WAIT_2;
}

/*
 * The part of the text that lies in the window; its beginning is at `hdr->seq` unless there is a
 * SYN. The header is not verified yet and may lie half the sequence space away: it is reckoned in
 * offsets into the text, which stay within it.
 */
static struct interval text_in_window(const struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    uint32_t before = seq_ahead(hdr->seq, tcp->rcv_nxt);
    uint32_t start = hdr->seq + (before < hdr->len ? before : hdr->len);
    uint32_t left = hdr->seq + hdr->len - start;
    uint32_t room = seq_ahead(start, tcp->rcv_adv);

    return (struct interval){ start, start + (left < room ? left : room) };
}

/* Stores [start, end) of the part, of which `to` is the place. */
static void fill_hole(const struct span to[2], struct interval part, const uint8_t *text,
                      uint32_t start, uint32_t end)
{
    if (seq_before(start, end)) {
        span_put(to, start - part.start, text + (start - part.start), end - start);
    }
}

/* What is there already stays: the text is not verified yet. */
static void fill_holes(struct tcp_sock *tcp, struct interval part, const uint8_t *text)
{
    const struct interval *range = tcp->ooo.ranges;
    const struct interval *last = range + tcp->ooo.n;
    uint32_t at = part.start;
    struct span to[2];

    ring_reserve(&tcp->rx, part.start - tcp->rcv_nxt, part.end - part.start, to);
    for (; range < last && seq_before(range->start, part.end); range++) {
        fill_hole(to, part, text, at, range->start);
        at = seq_max(at, range->end);
    }
    fill_hole(to, part, text, at, part.end);
}

/* Stores what is new of [part) and sums all of it, from 0: in one go where there are no holes. */
static uint16_t place_part(struct tcp_sock *tcp, struct interval part, const uint8_t *text)
{
    uint32_t len = part.end - part.start;

    if (tcp->ooo.n == 0) {
        return ring_poke(&tcp->rx, part.start - tcp->rcv_nxt, text, len);
    }
    fill_holes(tcp, part, text);
    return sum_add(0, text, len);
}

uint16_t tcp_place(struct tcp_sock *tcp, const struct tcp_hdr *hdr, const uint8_t *text)
{
    struct interval part = text_in_window(tcp, hdr);
    uint32_t before;
    uint32_t through;
    uint16_t sum;

    if (!takes_text(tcp) || hdr->flags & TCP_SYN || !seq_before(part.start, part.end)) {
        return sum_add(0, text, hdr->len);
    }
    before = part.start - hdr->seq;
    through = part.end - hdr->seq;
    sum = sum_add(0, text, before);
    sum = sum_join(sum, place_part(tcp, part, text + before), before);
    return sum_join(sum, sum_add(0, text + through, hdr->len - through), through);
}

/* RFC 5681 4.2: every second full-sized segment. After a hole every one for a while: the peer's
 * window is small then, and an acknowledgment that waits for a second segment may be what the peer
 * waits for to send it. */
static void schedule_ack(struct tcp_sock *tcp, instant now)
{
    uint32_t enough = tcp->n_quick_acks > 0 ? tcp->rcv_full : 2u * tcp->rcv_full;

    if (tcp->rcv_nxt - tcp->rcv_acked >= enough || tcp->options.quickack) {
        if (tcp->n_quick_acks > 0 && !tcp->ack_due) {
            tcp->n_quick_acks--;
        }
        tcp->ack_due = true;
    } else if (!tcp->ack_delayed) {
        tcp->ack_delayed = true;
        tcp->delayed_ack_at = tick_ceil(now + TCP_DELAYED_ACK);
    }
}

static void deliver(struct tcp_sock *tcp, uint32_t to)
{
    ring_commit(&tcp->rx, to - tcp->rcv_nxt);
    tcp->rcv_nxt = to;
}

/* A peer without SACK counts duplicates (RFC 5681 3.2): segments that came together are as many as
 * it waits for. */
static void acknowledge_out_of_order(struct tcp_sock *tcp)
{
    const struct tcp_extensions *x = tcp->profile->extensions;

    if (tcp->ack_due && tcp->n_more_acks < TCP_DUP_ACKS - 1 &&
        !(x && x->sack_len(tcp, tcp->mss) > 0)) {
        tcp->n_more_acks++;
    }
    tcp->ack_due = true;
    tcp->n_quick_acks = QUICK_ACKS;
}

static enum drop_reason enter_text(struct tcp_sock *tcp, struct interval part, instant now)
{
    bool had_holes = tcp->ooo.n > 0;

    if (part.start != tcp->rcv_nxt) {
        bool is_kept = assemble_add(&tcp->ooo, part.start, part.end);

        acknowledge_out_of_order(tcp);
        return is_kept ? DROP_NONE : DROP_TCP_NO_ROOM;
    }
    deliver(tcp, assemble_advance(&tcp->ooo, part.end));
    tcp->n_more_acks = 0;
    if (had_holes) { /* RFC 5681 4.2: at once */
        tcp->ack_due = true;
    } else {
        schedule_ack(tcp, now);
    }
    return DROP_NONE;
}

/*
 * What "full-sized" means to schedule_ack. A second shorter segment that is not the end of a push
 * tells that the peer's segments are as short now: its path MTU fell. The first may be all that the
 * window took. Where both were that, acknowledgments are sooner until a longer one comes.
 */
static void note_length(struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    uint16_t len = (uint16_t)(hdr->len < tcp->rcv_mss ? hdr->len : tcp->rcv_mss);
    bool tells = !(hdr->flags & (TCP_PSH | TCP_FIN));

    if (len >= tcp->rcv_full || (tells && tcp->rcv_shorter)) {
        tcp->rcv_full = len;
        tcp->rcv_shorter = false;
    } else if (tells) {
        tcp->rcv_shorter = true;
    }
}

static void note_text(struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    if (tcp->profile->extensions) {
        tcp->profile->extensions->text_arrives(tcp, hdr);
    }
}

static void receive_fin(struct tcp_sock *tcp, instant now)
{
    tcp->fin_received = true;
    tcp->rcv_nxt++;
    tcp->rcv_adv = seq_max(tcp->rcv_adv, tcp->rcv_nxt);
    tcp->ack_due = true;
    switch (tcp->state) {
    case TCP_ESTABLISHED:
        tcp->state = TCP_CLOSE_WAIT;
        break;
    case TCP_FIN_WAIT_1:
        tcp->state = TCP_CLOSING; /* our FIN is not acknowledged: else this were FIN-WAIT-2 */
        break;
    default:
        tcp_enter_time_wait(tcp, now);
        break;
    }
}

static void note_fin(struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    uint32_t seq = hdr->seq + hdr->len;
    bool contradicts = tcp->ooo.n > 0 && seq_before(seq, tcp->ooo.ranges[tcp->ooo.n - 1].end);

    /* Beyond the window it is cut off with the text before it; a closed window still takes a FIN
     * that is next. */
    if (hdr->flags & TCP_FIN && !tcp->fin_known && !contradicts &&
        (seq == tcp->rcv_nxt || seq_within(seq, tcp->rcv_nxt, tcp->rcv_adv - tcp->rcv_nxt))) {
        tcp->fin_known = true;
        tcp->fin_seq = seq;
    }
}

/* RFC 2525 2.17. Linux counts in who ended both directions without close. */
static bool nobody_reads(const struct tcp_sock *tcp)
{
    return tcp->orphan || (tcp->read_shut && tcp->fin_queued);
}

enum drop_reason tcp_text_arrives(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now)
{
    struct interval part = text_in_window(tcp, hdr);
    enum drop_reason reason = DROP_NONE;

    if (!takes_text(tcp)) {
        if (tcp_seg_len(hdr) > 0) {
            tcp->ack_due = true;
        }
        return DROP_NONE;
    }
    tcp_urgent_arrives(tcp, hdr);
    if (tcp->fin_known) {
        part.end = seq_min(part.end, tcp->fin_seq);
    }
    if (seq_before(part.start, part.end)) {
        if (nobody_reads(tcp)) {
            tcp_abort(tcp);
            return DROP_TCP_CLOSED;
        }
        note_length(tcp, hdr);
        note_text(tcp, hdr);
        reason = enter_text(tcp, part, now);
    } else if (tcp_seg_len(hdr) > 0) {
        note_text(tcp, hdr);
        tcp->ack_due = true; /* all of it was here already, or there is no window for it */
    }
    note_fin(tcp, hdr);
    if (tcp->fin_known && !tcp->fin_received && tcp->rcv_nxt == tcp->fin_seq) {
        receive_fin(tcp, now);
    }
    return reason;
}

/*
 * A peer that uses the window, and a reader that keeps up with it, have it doubled, up to the
 * buffer: in slow start it stays at four times of what is sent in a round trip, so that a hole that
 * is not filled at once does not shut it. A connection that carries little, or that nobody reads,
 * obliges nobody to absorb more.
 */
static void grow_window(struct tcp_sock *tcp)
{
    uint32_t read_to = tcp->rcv_nxt - ring_used(&tcp->rx);

    if (tcp->rcv_space < ring_size(&tcp->rx) &&
        read_to - tcp->rcv_space_seq >= tcp->rcv_space / 2) {
        tcp->rcv_space *= 2;
        tcp->rcv_space_seq = read_to;
    }
}

/* How much of the buffer may be in use. */
static uint32_t usable_buffer(const struct tcp_sock *tcp)
{
    return tcp->rcv_space < ring_size(&tcp->rx) ? tcp->rcv_space : ring_size(&tcp->rx);
}

/* What can be announced when the buffer is empty: RCV.BUFF of RFC 9293 3.8.6.2.2. */
static uint32_t largest_window(const struct tcp_sock *tcp)
{
    uint32_t field = (uint32_t)UINT16_MAX << tcp->rcv_wscale;
    uint32_t size = usable_buffer(tcp);

    size = size < tcp->rcv_limit ? size : tcp->rcv_limit;
    return size < field ? size : field;
}

/*
 * RFC 9293 3.8.6.2.2: the edge stays until it can move by half the buffer or a segment. What is
 * announced is a multiple of 2^rcv_wscale: an edge that stays is rounded up where there is room for
 * that, else down, and still honoured (RFC 7323 2.4).
 */
uint32_t tcp_window_edge(const struct tcp_sock *tcp)
{
    uint32_t slack = (1u << tcp->rcv_wscale) - 1;
    uint32_t limit = largest_window(tcp);
    uint32_t step = limit / 2 < tcp->rcv_mss ? limit / 2 : tcp->rcv_mss;
    uint32_t used = ring_used(&tcp->rx);
    uint32_t room = usable_buffer(tcp) > used ? usable_buffer(tcp) - used : 0;
    uint32_t kept = tcp->rcv_adv - tcp->rcv_nxt;
    uint32_t gain;

    room = (room < limit ? room : limit) & ~slack;
    gain = seq_ahead(tcp->rcv_adv, tcp->rcv_nxt + room);
    if (gain > 0 && gain >= step) {
        return tcp->rcv_nxt + room;
    }
    kept = ((kept + slack) & ~slack) <= room ? kept + slack : kept;
    return tcp->rcv_nxt + (kept & ~slack);
}

void tcp_consumed(struct tcp_sock *tcp, instant now)
{
    uint32_t gain;
    uint32_t most;

    (void)now;
    grow_window(tcp);
    gain = seq_ahead(tcp->rcv_adv, tcp_window_edge(tcp));
    most = largest_window(tcp);
    tcp_urgent_read(tcp);
    if (gain > 0 &&
        (gain >= 2u * tcp->rcv_mss || gain >= most / 2 || tcp->rcv_adv == tcp->rcv_nxt) &&
        takes_text(tcp) && !tcp->fin_known) {
        tcp->ack_due = true;
    }
}

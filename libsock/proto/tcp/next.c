/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What to send next (RFC 9293 3.8.6, RFC 5681). tcp_next decides, and changes nothing but the time
 * at which a paced sender is asked again; tcp_sent does the books.
 */
#include "proto/tcp/tcp.h"

#include "base/assert.h"
#include "proto/tcp/seq.h"

uint32_t tcp_unsent(const struct tcp_sock *tcp)
{
    uint32_t end = tcp_tx_base(tcp) + ring_used(&tcp->tx);

    return seq_ahead(seq_max(tcp->snd_nxt, tcp_tx_base(tcp)), end);
}

bool tcp_has_new(const struct tcp_sock *tcp)
{
    return tcp_unsent(tcp) > 0 || (tcp->fin_queued && !tcp->fin_sent);
}

bool tcp_may_have_next(const struct tcp_sock *tcp)
{
    return tcp->ack_due || tcp->rst_due || tcp->syn_due || tcp->probe_due || tcp->keepalive_due ||
           tcp->rtx_nxt != tcp->rtx_end || tcp_has_new(tcp);
}

/* The header that every segment of the connection begins with. */
static void fill(const struct tcp_sock *tcp, uint32_t seq, uint8_t flags, struct tcp_hdr *hdr)
{
    uint32_t wnd = tcp_window_edge(tcp) - tcp->rcv_nxt;
    uint32_t field = wnd >> (flags & TCP_SYN ? 0 : tcp->rcv_wscale);

    *hdr = (struct tcp_hdr){
        .seq = seq,
        .ack = flags & TCP_ACK ? tcp->rcv_nxt : 0,
        .flags = flags,
        .wnd = (uint16_t)(field < 65535 ? field : 65535),
        .wscale = TCP_NO_WSCALE,
    };
    tcp_urgent_fill(tcp, hdr);
}

static bool next_reset(const struct tcp_sock *tcp, struct tcp_hdr *hdr)
{
    uint8_t flags = TCP_RST;

    if (!tcp->rst_due) {
        return false;
    }
    if (tcp->state == TCP_CLOSED) {
        flags |= TCP_ACK; /* of an abort: the peer may look at its ACK, RFC 9293 3.10.5 */
    }
    *hdr = (struct tcp_hdr){
        .seq = tcp->rst_seq,
        .ack = flags & TCP_ACK ? tcp->rcv_nxt : 0,
        .flags = flags,
        .wscale = TCP_NO_WSCALE,
    };
    return true;
}

static bool next_syn(const struct tcp_sock *tcp, struct tcp_hdr *hdr)
{
    bool passive_options = tcp->state == TCP_SYN_RECEIVED;

    if (!tcp->syn_due) {
        return false;
    }
    fill(tcp, tcp->iss, (uint8_t)(passive_options ? TCP_SYN | TCP_ACK : TCP_SYN), hdr);
    hdr->mss = tcp->rcv_mss;
    /* RFC 7323 2.2: a SYN,ACK scales only if the SYN did; tcp_take_syn put the shift to 0 if not.
     */
    hdr->wscale = passive_options && tcp->rcv_wscale == 0 && tcp->snd_wscale == 0 ? TCP_NO_WSCALE
                                                                                  : tcp->rcv_wscale;
    return true;
}

/* Octets of text that fill a segment: mss counts the options of every segment, those of some come
 * on top (RFC 6691 2). Blocks of SACK take half of it at most: where the MTU is that small, text
 * still gets on, in no more than twice as many segments. */
static uint32_t text_room(const struct tcp_sock *tcp)
{
    const struct tcp_extensions *x = tcp->profile->extensions;
    const struct tcp_user_timeout *u = tcp->profile->user_timeout;
    uint32_t options = (x ? x->sack_len(tcp, tcp->mss / 2u) : 0) + (u ? u->len(tcp) : 0);

    SK_ASSERT(options < tcp->mss);
    return tcp->mss - options;
}

/* PSH goes with the octet that empties the ring, RFC 9293 MUST-61; FIN with the octet before it. */
static void fill_text(const struct tcp_sock *tcp, uint32_t seq, uint32_t len, struct tcp_hdr *hdr,
                      struct tcp_text *text)
{
    uint32_t end = tcp_tx_base(tcp) + ring_used(&tcp->tx);

    fill(tcp, seq, TCP_ACK, hdr);
    hdr->len = len;
    *text = (struct tcp_text){ seq - tcp_tx_base(tcp), len };
    if (len > 0 && seq + len == end) {
        hdr->flags |= TCP_PSH;
    }
}

/*
 * From the range that is to be sent again: as much as peer and path take now. A range that ends
 * where new text begins is filled up with it, or the octet of a window probe would stay a segment
 * of its own.
 */
static bool next_retransmission(const struct tcp_sock *tcp, struct tcp_hdr *hdr,
                                struct tcp_text *text)
{
    uint32_t end = tcp_tx_base(tcp) + ring_used(&tcp->tx);
    uint32_t edge = tcp->snd_una + tcp->snd_wnd;
    uint32_t limit = tcp->rtx_end == tcp->snd_nxt ? end : tcp->rtx_end;
    uint32_t room;
    uint32_t budget;
    uint32_t len;

    if (!seq_before(tcp->rtx_nxt, tcp->rtx_end)) {
        return false;
    }
    room = text_room(tcp);
    budget = tcp->recovery->budget(tcp);
    room = room < budget ? room : budget;
    if (tcp->snd_wnd == 0 && tcp->probe_due) { /* RFC 9293 3.8.6.1 */
        edge = tcp->snd_una + 1;
    }
    len = seq_ahead(tcp->rtx_nxt, seq_min(seq_min(limit, end), edge));
    len = len < room ? len : room;
    if (len == 0 &&
        !(tcp->fin_sent && tcp->rtx_nxt == end && seq_before(end, edge) && budget > 0)) {
        return false;
    }
    fill_text(tcp, tcp->rtx_nxt, len, hdr, text);
    if (tcp->fin_sent && tcp->rtx_nxt + len == end && seq_before(end, edge)) {
        hdr->flags |= TCP_FIN;
    }
    return true;
}

/*
 * Sender's silly-window avoidance and Nagle (RFC 9293 3.8.6.2.1, 3.7.4): a full segment, or all
 * there is when nothing is in flight or Nagle is off, or half of the largest window ever seen.
 */
static bool is_worth_sending(const struct tcp_sock *tcp, uint32_t len, uint32_t room,
                             uint32_t unsent)
{
    if (len == 0) {
        return false;
    }
    if (len == room || len >= tcp->max_snd_wnd / 2) {
        return true;
    }
    return len == unsent && (tcp->options.nodelay || tcp->fin_queued || tcp_in_flight(tcp) == 0);
}

/* The same of a segment with new text, which may look for a larger MTU of the path. */
static uint32_t new_text_room(const struct tcp_sock *tcp, instant now)
{
    const struct tcp_path_mtu *p = tcp->profile->path_mtu;
    uint32_t probe = p ? p->probe_len(tcp, now) : 0;

    return probe > 0 ? probe : text_room(tcp);
}

/* A segment that is not full, while the program has more to write. As with pacing, this is when the
 * sender is asked again. */
static bool is_held_back(struct tcp_sock *tcp, uint32_t len, uint32_t room, instant now)
{
    if (len == room || tcp->uncorked || !(tcp->options.cork || tcp->more)) {
        return false;
    }
    if (!tcp->corked) {
        tcp->corked = true;
        tcp->corked_at = tick_ceil(now + TCP_CORK_TIME);
    }
    return true;
}

static bool next_new(struct tcp_sock *tcp, struct tcp_hdr *hdr, struct tcp_text *text, instant now)
{
    uint32_t unsent = tcp_unsent(tcp);
    uint32_t window = tcp->cwnd + tcp->inflation;
    bool probe = tcp->probe_due && tcp_in_flight(tcp) == 0;
    uint32_t room;
    uint32_t usable;
    uint32_t len;
    bool fin;

    if (!tcp_synchronized(tcp) || !tcp_has_new(tcp)) {
        return false;
    }
    room = new_text_room(tcp, now);
    window = window < tcp->snd_wnd ? window : tcp->snd_wnd;
    usable = seq_ahead(tcp->snd_nxt, tcp->snd_una + window);
    if (probe) { /* the persist timer: one octet at least, whatever the window */
        usable = usable > 0 ? usable : 1;
    }
    len = unsent < usable ? unsent : usable;
    len = len < room ? len : room;
    fin = tcp->fin_queued && !tcp->fin_sent && len == unsent && (usable > len || probe);
    if (!fin && !probe &&
        (!is_worth_sending(tcp, len, room, unsent) || is_held_back(tcp, len, room, now))) {
        return false;
    }
    fill_text(tcp, tcp->snd_nxt, len, hdr, text);
    if (fin) {
        hdr->flags |= TCP_FIN;
    }
    return true;
}

/* Of a segment without text: inside the peer's window, or a peer whose window closed drops the ACK
 * with it. */
static uint32_t ack_seq(const struct tcp_sock *tcp)
{
    return tcp_synchronized(tcp) ? seq_min(tcp->snd_nxt, tcp->snd_una + tcp->snd_wnd)
                                 : tcp->snd_nxt;
}

/* True where the congestion control wants it to wait; a window probe has a time of its own. */
static bool pace(struct tcp_sock *tcp, instant now)
{
    const struct tcp_model *model = tcp->congestion->model;
    duration wait =
        model && tcp_synchronized(tcp) && !tcp->probe_due ? model->send_in(tcp, now) : 0;

    tcp->paced = wait > 0;
    tcp->paced_at = tick_ceil(now + wait);
    return wait > 0;
}

/* All but what the extensions add. */
static bool next_segment(struct tcp_sock *tcp, struct tcp_hdr *hdr, struct tcp_text *text,
                         instant now)
{
    if (next_syn(tcp, hdr)) {
        return true;
    }
    if (tcp->state <= TCP_SYN_SENT) {
        return false;
    }
    if (tcp->state != TCP_TIME_WAIT &&
        (next_retransmission(tcp, hdr, text) || next_new(tcp, hdr, text, now)) && !pace(tcp, now)) {
        return true;
    }
    *text = (struct tcp_text){ 0, 0 };
    if (!tcp->ack_due && !tcp->keepalive_due) {
        return false;
    }
    /* RFC 9293 SHLD-12: a probe is an ACK before the window, without text, that asks for another.
     */
    fill(tcp, tcp->keepalive_due ? tcp->snd_nxt - 1 : ack_seq(tcp), TCP_ACK, hdr);
    return true;
}

bool tcp_next(struct tcp_sock *tcp, instant now, struct tcp_hdr *hdr, struct tcp_text *text)
{
    *text = (struct tcp_text){ 0, 0 };
    if (next_reset(tcp, hdr)) {
        if (tcp->profile->extensions && tcp->state != TCP_SYN_SENT) { /* RFC 7323 3.2 */
            tcp->profile->extensions->fill(tcp, hdr, now);
        }
        return true;
    }
    if (!next_segment(tcp, hdr, text, now)) {
        return false;
    }
    if (tcp->profile->extensions) {
        tcp->profile->extensions->fill(tcp, hdr, now);
    }
    if (tcp->profile->ecn) {
        tcp->profile->ecn->fill(tcp, hdr);
    }
    if (tcp->profile->user_timeout) {
        tcp->profile->user_timeout->fill(tcp, hdr);
    }
    return true;
}

static void start_timing(struct tcp_sock *tcp, instant now)
{
    if (!tcp->timing) {
        tcp->timing = true;
        tcp->timed_seq = tcp->snd_nxt;
        tcp->timed_at = (uint32_t)now;
    }
}

/* The books of the receiving side: what this segment acknowledged and announced. */
static void sent_ack(struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    uint32_t wnd = hdr->flags & TCP_SYN ? hdr->wnd : (uint32_t)hdr->wnd << tcp->rcv_wscale;

    tcp->ack_due = tcp->n_more_acks > 0;
    tcp->n_more_acks -= tcp->ack_due;
    tcp->keepalive_due = false;
    tcp->ack_delayed = false;
    tcp->rcv_acked = hdr->ack;
    if (tcp->profile->extensions) {
        tcp->profile->extensions->sent(tcp);
    }
    tcp->rcv_adv = seq_max(tcp->rcv_adv, hdr->ack + wnd);
}

void tcp_sent(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now)
{
    uint32_t end = hdr->seq + tcp_seg_len(hdr);
    bool again = seq_before(hdr->seq, tcp->snd_nxt);

    if (hdr->flags & TCP_RST) {
        tcp->rst_due = false;
        return;
    }
    if (hdr->flags & TCP_ACK) {
        sent_ack(tcp, hdr);
    }
    if (tcp->profile->ecn) {
        tcp->profile->ecn->sent(tcp, hdr);
    }
    if (tcp->profile->user_timeout) {
        tcp->profile->user_timeout->sent(tcp, hdr);
    }
    if (tcp_seg_len(hdr) == 0) {
        return;
    }
    tcp->sent_at = tick_floor(now);
    tcp->corked = false;
    tcp->uncorked = false;
    tcp->syn_due = false;
    tcp->probe_due = false;
    tcp->fin_sent = tcp->fin_sent || hdr->flags & TCP_FIN;
    if (tcp->profile->path_mtu && hdr->len > 0) {
        tcp->profile->path_mtu->on_sent(tcp, hdr, again, now);
    }
    if (again) { /* Karn */
        tcp->timing = false;
        tcp->n_resent = (uint16_t)(tcp->n_resent + (tcp->n_resent < UINT16_MAX));
        tcp->rtx_nxt = seq_max(tcp->rtx_nxt, end);
        tcp->rtx_end = seq_max(tcp->rtx_end, end);
    }
    if (seq_after(end, tcp->snd_nxt)) {
        bool was_caught_up = tcp->rtx_nxt == tcp->rtx_end;

        tcp->snd_nxt = end;
        if (was_caught_up && !seq_before(hdr->seq, tcp->rtx_nxt)) {
            start_timing(tcp, now);
        }
    }
    tcp_set_timer(tcp, false, now);
    if (tcp->recovery->on_sent && !(hdr->flags & TCP_SYN)) {
        tcp->recovery->on_sent(tcp, hdr, now);
    }
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SEGMENT ARRIVES (RFC 9293 3.10.7), with the protection of RFC 5961 against blind resets, SYNs and
 * data. Each function answers DROP_NONE while the segment is still of use, else why it is not.
 */
#include "proto/tcp/tcp.h"

#include "proto/tcp/seq.h"

static void reply_reset(struct tcp_sock *tcp, uint32_t seq)
{
    tcp->rst_due = true;
    tcp->rst_seq = seq;
}

bool tcp_answers_old(tick *old_ack_at, const struct tcp_hdr *hdr, instant now)
{
    if (tcp_seg_len(hdr) == 0 || hdr->flags & TCP_SYN) {
        if (tick_since(*old_ack_at, now) < tick_floor(TCP_OLD_ACK_TIME)) {
            return false;
        }
        *old_ack_at = tick_floor(now);
    }
    return true;
}

void tcp_answer_old(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now)
{
    if (tcp_answers_old(&tcp->old_ack_at, hdr, now)) {
        tcp->ack_due = true;
    }
}

enum drop_reason tcp_check_timestamps(bool in_use, uint32_t ts_recent, const struct tcp_hdr *hdr)
{
    if (!in_use || hdr->flags & TCP_RST) {
        return DROP_NONE;
    }
    if (!hdr->has_timestamps) {
        return DROP_TCP_NO_TIMESTAMP;
    }
    return seq_before(hdr->tsval, ts_recent) ? DROP_TCP_PAWS : DROP_NONE;
}

/* RFC 9293 3.10.7.3 */
static enum drop_reason arrives_syn_sent(struct tcp_sock *tcp, const struct tcp_hdr *hdr,
                                         instant now)
{
    bool acks = hdr->flags & TCP_ACK;

    if (acks && (!seq_after(hdr->ack, tcp->iss) || seq_after(hdr->ack, tcp->snd_nxt))) {
        if (!(hdr->flags & TCP_RST)) {
            reply_reset(tcp, hdr->ack);
        }
        return DROP_TCP_ACK_RANGE;
    }
    if (hdr->flags & TCP_RST) {
        if (!acks) {
            return DROP_TCP_RST;
        }
        tcp_end(tcp, SK_REFUSED);
        return DROP_NONE;
    }
    if (!(hdr->flags & TCP_SYN)) {
        return DROP_TCP_SYN_SENT;
    }
    tcp_take_syn(tcp, hdr, now);
    if (!acks) {
        tcp->state = TCP_SYN_RECEIVED;
        tcp->syn_due = true;
        return DROP_NONE;
    }
    tcp->state = TCP_SYN_RECEIVED; /* the next two lines see the SYN acknowledged, as from there */
    tcp_ack_arrives(tcp, hdr, now);
    tcp_establish(tcp, now);
    tcp->ack_due = true;
    return DROP_NONE;
}

/* The table of four cases, before anything is trimmed. */
bool tcp_is_in_window(const struct tcp_hdr *hdr, uint32_t nxt, uint32_t wnd)
{
    uint32_t len = tcp_seg_len(hdr);

    /* Text is trimmed away, but the ACK is looked at, after a probe of the peer, too: MUST-66. */
    if (wnd == 0) {
        return hdr->seq == nxt || (len == 0 && hdr->seq == nxt + 1);
    }
    if (len == 0) {
        return seq_within(hdr->seq, nxt, wnd);
    }
    return seq_within(hdr->seq, nxt, wnd) || seq_within(hdr->seq + len - 1, nxt, wnd) ||
           (seq_before(hdr->seq, nxt) && seq_after(hdr->seq + len, nxt));
}

/* RFC 5961 3.2: only the exact sequence number resets; one in the window is answered. */
static enum drop_reason arrives_rst(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now)
{
    if (hdr->seq != tcp->rcv_nxt) {
        if (seq_within(hdr->seq, tcp->rcv_nxt, tcp->rcv_adv - tcp->rcv_nxt)) {
            tcp_answer_old(tcp, hdr, now);
        }
        return DROP_TCP_RST;
    }
    switch (tcp->state) {
    case TCP_TIME_WAIT: /* RFC 1337 fix 1: a declared deviation from RFC 9293 3.10.7.4 */
        return DROP_TCP_RST;
    case TCP_SYN_RECEIVED:
        tcp_end(tcp, SK_REFUSED);
        break;
    case TCP_CLOSING:
    case TCP_LAST_ACK:
        tcp_end(tcp, SK_OK);
        break;
    default:
        tcp_end(tcp, SK_RESET);
        break;
    }
    return DROP_NONE;
}

/* RFC 9293 3.10.7.4, fourth step; RFC 5961 4.2. */
static enum drop_reason arrives_syn(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now)
{
    if (tcp->state == TCP_SYN_RECEIVED && tcp->passive) {
        tcp_end(tcp, SK_REFUSED); /* back to LISTEN */
    } else {
        tcp_answer_old(tcp, hdr, now);
    }
    return DROP_TCP_SYN;
}

/* An old segment may be a retransmission that was not needed: D-SACK tells (RFC 2883). */
static void note_duplicate(struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    if (tcp->profile->extensions && seq_before(hdr->seq, tcp->rcv_nxt)) {
        tcp->profile->extensions->text_arrives(tcp, hdr);
    }
}

static void answer_unacceptable(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now)
{
    note_duplicate(tcp, hdr);
    if (tcp->state == TCP_TIME_WAIT && hdr->flags & TCP_FIN &&
        hdr->seq + tcp_seg_len(hdr) == tcp->rcv_nxt) { /* RFC 9293 3.10.7.4: the FIN again */
        tcp->ack_due = true;
        tcp_enter_time_wait(tcp, now);
        return;
    }
    tcp_answer_old(tcp, hdr, now);
}

static enum drop_reason arrives_ack(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now)
{
    if (!(hdr->flags & TCP_ACK)) {
        return DROP_TCP_NO_ACK;
    }
    if (tcp->state == TCP_SYN_RECEIVED &&
        (!seq_after(hdr->ack, tcp->snd_una) || seq_after(hdr->ack, tcp->snd_nxt))) {
        reply_reset(tcp, hdr->ack);
        return DROP_TCP_ACK_RANGE;
    }
    if (!tcp_ack_arrives(tcp, hdr, now)) {
        tcp_answer_old(tcp, hdr, now);
        return DROP_TCP_ACK_RANGE;
    }
    if (tcp->state == TCP_SYN_RECEIVED) {
        tcp_establish(tcp, now);
    }
    return DROP_NONE;
}

/* The peer's own SYN again, before the window whatever text it carries. With an ACK it is the
 * second half of a simultaneous open (RFC 9293 3.5, figure 8); without, our SYN,ACK was lost. */
static bool is_own_syn(const struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    return tcp->state == TCP_SYN_RECEIVED && hdr->flags & TCP_SYN && hdr->seq == tcp->irs &&
           !(tcp->passive && hdr->flags & TCP_ACK);
}

static enum drop_reason arrives_own_syn(struct tcp_sock *tcp, const struct tcp_hdr *hdr,
                                        instant now)
{
    if (hdr->flags & TCP_ACK) {
        return arrives_ack(tcp, hdr, now);
    }
    tcp_repeat_syn(tcp);
    return DROP_TCP_UNACCEPTABLE;
}

static enum drop_reason check_extensions(struct tcp_sock *tcp, const struct tcp_hdr *hdr,
                                         instant now)
{
    const struct tcp_extensions *x = tcp->profile->extensions;
    enum drop_reason reason = x ? x->check(tcp, hdr, now) : DROP_NONE;

    if (reason == DROP_TCP_PAWS) { /* RFC 7323 5.3 R1 */
        answer_unacceptable(tcp, hdr, now);
    }
    return reason;
}

static enum drop_reason arrives_synchronized(struct tcp_sock *tcp, const struct ip_hdr *ip,
                                             const struct tcp_hdr *hdr, instant now)
{
    enum drop_reason reason = check_extensions(tcp, hdr, now);

    if (reason != DROP_NONE) {
        return reason;
    }
    if (hdr->flags & TCP_RST) {
        return arrives_rst(tcp, hdr, now);
    }
    if (is_own_syn(tcp, hdr)) {
        return arrives_own_syn(tcp, hdr, now);
    }
    if (!tcp_is_in_window(hdr, tcp->rcv_nxt, tcp->rcv_adv - tcp->rcv_nxt)) {
        answer_unacceptable(tcp, hdr, now);
        return DROP_TCP_UNACCEPTABLE;
    }
    if (hdr->flags & TCP_SYN) {
        return arrives_syn(tcp, hdr, now);
    }
    reason = arrives_ack(tcp, hdr, now);
    if (reason != DROP_NONE || tcp->state == TCP_CLOSED) {
        return reason;
    }
    if (tcp->profile->extensions) { /* what is dropped tells no time: to forge one is harder then */
        tcp->profile->extensions->accept(tcp, hdr, now);
    }
    if (tcp->profile->ecn) {
        tcp->profile->ecn->arrives(tcp, ip, hdr);
    }
    if (tcp->profile->user_timeout) {
        tcp->profile->user_timeout->arrives(tcp, hdr);
    }
    return tcp_text_arrives(tcp, hdr, now);
}

enum drop_reason tcp_arrives(struct tcp_sock *tcp, const struct ip_hdr *ip,
                             const struct tcp_hdr *hdr, instant now)
{
    if (hdr->flags & TCP_SYN && hdr->flags & (TCP_RST | TCP_FIN)) {
        return DROP_TCP_FLAGS;
    }
    switch (tcp->state) {
    case TCP_CLOSED:
        return DROP_TCP_NO_SOCKET;
    case TCP_SYN_SENT:
        return arrives_syn_sent(tcp, hdr, now);
    default:
        return arrives_synchronized(tcp, ip, hdr, now);
    }
}

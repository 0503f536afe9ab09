/* SPDX-License-Identifier: BSD-3-Clause */
/* TIME-WAIT without a connection: see time_wait.h. The order of the checks is that of arrives.c. */
#include "proto/tcp/time_wait.h"

#include "proto/tcp/seq.h"

void tcp_time_wait_begin(struct tcp_time_wait *wait, const struct tcp_sock *tcp)
{
    const struct tcp_extensions *x = tcp->profile->extensions;

    *wait = (struct tcp_time_wait){
        .snd_nxt = tcp->snd_nxt,
        .rcv_nxt = tcp->rcv_nxt,
        .rcv_wnd = tcp->rcv_adv - tcp->rcv_nxt,
        .max_snd_wnd = tcp->max_snd_wnd,
        .msl = tcp->msl,
        .old_ack_at = tcp->old_ack_at,
        .rcv_wscale = tcp->rcv_wscale,
    };
    wait->extended = x != NULL;
    wait->timestamps = x && x->ts_recent(tcp, &wait->ts_recent);
}

static enum tcp_time_wait_next answer_old(struct tcp_time_wait *wait, const struct tcp_hdr *hdr,
                                          instant now)
{
    return tcp_answers_old(&wait->old_ack_at, hdr, now) ? TCP_TIME_WAIT_ACKS : TCP_TIME_WAIT_STAYS;
}

/* The peer's FIN again (RFC 9293 3.10.7.4, eighth step), and no other. */
static enum tcp_time_wait_next answer_unacceptable(struct tcp_time_wait *wait,
                                                   const struct tcp_hdr *hdr, instant now)
{
    if (hdr->flags & TCP_FIN && hdr->seq + tcp_seg_len(hdr) == wait->rcv_nxt) {
        return TCP_TIME_WAIT_RESTARTS;
    }
    return answer_old(wait, hdr, now);
}

/* RFC 1337 fix 1: a declared deviation from RFC 9293 3.10.7.4. RFC 5961 3.2 for those that are not
 * exact. */
static enum tcp_time_wait_next arrives_rst(struct tcp_time_wait *wait, const struct tcp_hdr *hdr,
                                           instant now)
{
    if (hdr->seq != wait->rcv_nxt && seq_within(hdr->seq, wait->rcv_nxt, wait->rcv_wnd)) {
        return answer_old(wait, hdr, now);
    }
    return TCP_TIME_WAIT_STAYS;
}

static enum tcp_time_wait_next arrives_acceptable(struct tcp_time_wait *wait,
                                                  const struct tcp_hdr *hdr, instant now,
                                                  enum drop_reason *reason)
{
    *reason = DROP_TCP_SYN;
    if (hdr->flags & TCP_SYN) {
        return answer_old(wait, hdr, now);
    }
    *reason = DROP_TCP_NO_ACK;
    if (!(hdr->flags & TCP_ACK)) {
        return TCP_TIME_WAIT_STAYS;
    }
    *reason = DROP_TCP_ACK_RANGE;
    if (seq_after(hdr->ack, wait->snd_nxt) ||
        seq_before(hdr->ack, wait->snd_nxt - wait->max_snd_wnd)) {
        return answer_old(wait, hdr, now);
    }
    *reason = DROP_NONE;
    if (wait->timestamps && !seq_after(hdr->seq, wait->rcv_nxt)) { /* RFC 7323 4.3 (2) */
        wait->ts_recent = hdr->tsval;
    }
    return tcp_seg_len(hdr) > 0 ? TCP_TIME_WAIT_ACKS : TCP_TIME_WAIT_STAYS;
}

enum tcp_time_wait_next tcp_time_wait_arrives(struct tcp_time_wait *wait, const struct tcp_hdr *hdr,
                                              instant now, enum drop_reason *reason)
{
    *reason = DROP_TCP_FLAGS;
    if (hdr->flags & TCP_SYN && hdr->flags & (TCP_RST | TCP_FIN)) {
        return TCP_TIME_WAIT_STAYS;
    }
    /* TIME-WAIT is too short for timestamps to grow old in it. */
    *reason = tcp_check_timestamps(wait->timestamps, wait->ts_recent, hdr);
    if (*reason != DROP_NONE) {
        return *reason == DROP_TCP_PAWS ? answer_unacceptable(wait, hdr, now) : TCP_TIME_WAIT_STAYS;
    }
    *reason = DROP_TCP_RST;
    if (hdr->flags & TCP_RST) {
        return arrives_rst(wait, hdr, now);
    }
    *reason = DROP_TCP_UNACCEPTABLE;
    if (!tcp_is_in_window(hdr, wait->rcv_nxt, wait->rcv_wnd)) {
        return answer_unacceptable(wait, hdr, now);
    }
    return arrives_acceptable(wait, hdr, now, reason);
}

void tcp_time_wait_ack(const struct tcp_time_wait *wait, uint32_t ts_offset, instant now,
                       struct tcp_hdr *hdr)
{
    *hdr = (struct tcp_hdr){
        .seq = wait->snd_nxt,
        .ack = wait->rcv_nxt,
        .flags = TCP_ACK,
        .wnd = (uint16_t)(wait->rcv_wnd >> wait->rcv_wscale),
        .wscale = TCP_NO_WSCALE,
        .has_timestamps = wait->timestamps,
        .tsval = tcp_ts_clock(ts_offset, now),
        .tsecr = wait->ts_recent,
    };
}

/* RFC 6191 2: where the new connection has no timestamps, or the same, the sequence numbers decide.
 */
bool tcp_time_wait_reopens(const struct tcp_time_wait *wait, const struct tcp_hdr *hdr)
{
    bool stamped = wait->extended && hdr->has_timestamps;

    if ((hdr->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN) {
        return false;
    }
    if (stamped && !wait->timestamps) {
        return true;
    }
    if (stamped && hdr->tsval != wait->ts_recent) {
        return seq_after(hdr->tsval, wait->ts_recent);
    }
    return seq_after(hdr->seq, wait->rcv_nxt);
}

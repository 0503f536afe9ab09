/* SPDX-License-Identifier: BSD-3-Clause */
/* Tail loss probes (RFC 8985 7): when acknowledgments stop, something new or the last segment again
 * draws one, long before the retransmission timeout. */
#include "proto/tcp/rack.h"

#include "proto/tcp/seq.h"

#define PTO_WITHOUT_RTT seconds(1) /* RFC 8985 7.2 */
#define MAX_ACK_DELAY millis(200)  /* of a peer that got a single segment; as Linux */

static duration probe_timeout(const struct tcp_sock *tcp)
{
    duration pto;

    if (tcp->rtt.srtt == 0) {
        return PTO_WITHOUT_RTT;
    }
    pto = 2 * (duration)tcp->rtt.srtt;
    return tcp_in_flight(tcp) <= tcp->mss ? pto + MAX_ACK_DELAY : pto;
}

void tlp_schedule(struct tcp_sock *tcp, instant now)
{
    struct rack *rack = rack_of(tcp);
    tick at = tick_ceil(now + probe_timeout(tcp));

    if (rack->mode != RACK_OPEN || rack->tlp.active || !tcp->rtt.fresh || rack->f.sacked > 0 ||
        tcp->snd_wnd == 0 || tcp_in_flight(tcp) == 0 || tcp->timer != TCP_TIMER_RETRANSMIT) {
        tcp->recovery_timer = false;
        return;
    }
    rack->timer = RACK_TIMER_PROBE;
    tcp->recovery_timer = true;
    tcp->recovery_at = tick_before(at, tcp->timer_at) ? at : tcp->timer_at; /* RFC 8985 7.2 */
}

/* A whole segment: less may be kept back by Nagle. */
static bool can_send_new(const struct tcp_sock *tcp)
{
    return tcp_unsent(tcp) >= tcp->mss && tcp_in_flight(tcp) + tcp->mss <= tcp->snd_wnd;
}

void tlp_send(struct tcp_sock *tcp, instant now)
{
    struct rack *rack = rack_of(tcp);
    uint32_t una = tcp->snd_una;

    rack->force = true;
    tcp->rtt.fresh = false;
    rack->tlp = (struct tlp){ .due = true, .is_retrans = !can_send_new(tcp) };
    if (rack->tlp.is_retrans) {
        tcp->rtx_nxt = seq_max(tcp->snd_nxt - tcp->mss, una);
        tcp->rtx_end = tcp->snd_nxt;
    } else {
        tcp->inflation += tcp->mss; /* beyond cwnd, RFC 8985 7.3 */
    }
    tcp_set_timer(tcp, true, now);
}

void tlp_cancel(struct tcp_sock *tcp)
{
    struct rack *rack = rack_of(tcp);

    rack->force = rack->force && !rack->tlp.due;
    rack->tlp.due = false;
}

/* RFC 8985 7.4.2. Of a FIN nothing has to be known: no acknowledgment goes beyond it. */
static bool is_of_probe(const struct tlp *tlp, struct tcp_sack dsack)
{
    return dsack.start != dsack.end && dsack.end == tlp->end_seq;
}

/* RFC 8985 7.4.2: both the segment and its repetition may have come, until more is acknowledged
 * and no D-SACK told of it. */
bool tlp_on_ack(struct tcp_sock *tcp, const struct tcp_ack *ack, struct tcp_sack block)
{
    struct tlp *tlp = &rack_of(tcp)->tlp;
    bool more = seq_after(ack->hdr->ack, tlp->end_seq);
    bool dsack = is_of_probe(tlp, block);

    if (!tlp->active || seq_before(ack->hdr->ack, tlp->end_seq)) {
        return false;
    }
    if (tlp->is_retrans && !dsack && !more && !(ack->duplicate && ack->hdr->n_sack == 0)) {
        return false;
    }
    tlp->active = false;
    return tlp->is_retrans && !dsack && more;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Explicit congestion notification (RFC 3168): routers mark packets instead of dropping them; the
 * receiver echoes the mark until the sender says that it has slowed down.
 */
#include "proto/tcp/tcp.h"

#include "proto/tcp/seq.h"

#define ECN_SETUP (TCP_ECE | TCP_CWR)

struct ecn {
    uint32_t recover; /* one reduction until more than this is acknowledged, while in_cwr */
    bool capable;     /* both sides are */
    bool asked;       /* by our SYN */
    bool echoes;      /* a mark came, and CWR did not yet */
    bool cwr_due;     /* cwnd was reduced, and the peer does not know */
    bool in_cwr;
};

static struct ecn *state_of(const struct tcp_sock *tcp)
{
    return tcp_ecn_state(tcp);
}

/* RFC 3168 6.1.1: a SYN,ACK answers with ECE alone. */
static void ecn_take_syn(struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    struct ecn *ecn = state_of(tcp);

    if (hdr->flags & TCP_ACK) {
        ecn->capable = ecn->asked && (hdr->flags & ECN_SETUP) == TCP_ECE;
    } else {
        ecn->capable = tcp->options.ecn != TCP_ECN_NEVER && (hdr->flags & ECN_SETUP) == ECN_SETUP;
    }
}

static void ecn_arrives(struct tcp_sock *tcp, const struct ip_hdr *ip, const struct tcp_hdr *hdr)
{
    struct ecn *ecn = state_of(tcp);

    if (!ecn->capable) {
        return;
    }
    if (hdr->flags & TCP_CWR) {
        ecn->echoes = false;
    }
    if ((ip->tos & IP_ECN_MASK) == IP_ECN_CE && hdr->len > 0) {
        ecn->echoes = true;
    }
}

/* RFC 3168 6.1.2: the peer is told of a reduction, whatever it was for, and its echoes are no
 * reason for another one in the same window. */
static void ecn_on_reduced(struct tcp_sock *tcp)
{
    struct ecn *ecn = state_of(tcp);

    if (ecn->capable) {
        ecn->in_cwr = true;
        ecn->recover = tcp->snd_nxt;
        ecn->cwr_due = true;
    }
}

static void slow_down(struct tcp_sock *tcp, instant now)
{
    uint32_t flight = tcp_in_flight(tcp);

    tcp->congestion->on_loss(tcp, flight < tcp->cwnd ? flight : tcp->cwnd, now);
    tcp->cwnd = tcp->cwnd < tcp->ssthresh ? tcp->cwnd : tcp->ssthresh;
    ecn_on_reduced(tcp);
}

/* RFC 3168 6.1.2: as for a loss, once in a window; and no echo opens the window. One of a single
 * segment cannot be reduced: the timer begins anew. */
static void ecn_on_ack(struct tcp_sock *tcp, const struct tcp_hdr *hdr, uint32_t cwnd, instant now)
{
    struct ecn *ecn = state_of(tcp);

    if (ecn->in_cwr && seq_after(tcp->snd_una, ecn->recover)) {
        ecn->in_cwr = false;
    }
    if (!ecn->capable || !(hdr->flags & TCP_ECE)) {
        return;
    }
    if (tcp->cwnd <= tcp->mss && tcp->timer == TCP_TIMER_RETRANSMIT) {
        tcp_set_timer(tcp, true, now);
    }
    if (!tcp->recovery->sets_cwnd || !tcp->recovery->sets_cwnd(tcp)) {
        tcp->cwnd = tcp->cwnd < cwnd ? tcp->cwnd : cwnd;
    }
    if (!ecn->in_cwr && !tcp->recovery->is_recovering(tcp)) {
        slow_down(tcp, now);
    }
}

static void fill_syn(const struct tcp_sock *tcp, const struct ecn *ecn, struct tcp_hdr *hdr)
{
    bool asks = tcp->options.ecn == TCP_ECN_ASKS && tcp->rtt.backoff == 0;

    if (hdr->flags & TCP_ACK) {
        hdr->flags |= ecn->capable ? TCP_ECE : 0;
    } else if (asks) { /* 6.1.1.1: a SYN that was lost may have been dropped for asking */
        hdr->flags |= ECN_SETUP;
    }
}

static void ecn_fill(const struct tcp_sock *tcp, struct tcp_hdr *hdr)
{
    const struct ecn *ecn = state_of(tcp);
    bool is_new = hdr->len > 0 && hdr->seq == tcp->snd_nxt && !tcp->probe_due;

    if (hdr->flags & TCP_SYN) {
        fill_syn(tcp, ecn, hdr);
        return;
    }
    if (!ecn->capable) {
        return;
    }
    hdr->flags |= ecn->echoes ? TCP_ECE : 0;
    hdr->flags |= is_new && ecn->cwr_due ? TCP_CWR : 0;
    hdr->ect = is_new; /* 6.1.4 to 6.1.6: neither ACKs nor what is sent again nor probes are */
}

static void ecn_sent(struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    struct ecn *ecn = state_of(tcp);

    if (hdr->flags & TCP_SYN) {
        ecn->asked = !(hdr->flags & TCP_ACK) && hdr->flags & TCP_CWR;
    } else if (hdr->flags & TCP_CWR) {
        ecn->cwr_due = false;
    }
}

static bool ecn_in_use(const struct tcp_sock *tcp)
{
    return state_of(tcp)->capable;
}

const struct tcp_ecn tcp_ecn = {
    .name = "ECN",
    .state_size = sizeof(struct ecn),
    .take_syn = ecn_take_syn,
    .arrives = ecn_arrives,
    .on_ack = ecn_on_ack,
    .on_reduced = ecn_on_reduced,
    .fill = ecn_fill,
    .sent = ecn_sent,
    .in_use = ecn_in_use,
};

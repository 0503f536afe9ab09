/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loss recovery for a peer without SACK: fast retransmit on the third duplicate ACK (RFC 5681 3.2),
 * NewReno's partial acknowledgments (RFC 6582), limited transmit (RFC 3042). Duplicate ACKs let
 * octets out by `inflation`, never by cwnd.
 */
#include "proto/tcp/tcp.h"

#include "proto/tcp/seq.h"

#define LIMITED_TRANSMIT 2 /* segments, RFC 3042 2 */

struct newreno {
    uint32_t recover; /* RFC 6582 3.1: a loss before this was reacted to */
    union {
        uint32_t flight; /* at the first duplicate: limited transmit does not count, RFC 5681 3.2 */
        tick timer_at;   /* after the first partial ACK */
    };
    uint8_t n_duplicates;
    bool recovering;
    bool partial; /* and an ACK of a part came */
};

static struct newreno *state_of(struct tcp_sock *tcp)
{
    return tcp_recovery_state(tcp);
}

static void newreno_init(struct tcp_sock *tcp)
{
    *state_of(tcp) = (struct newreno){ .recover = tcp->iss };
}

static void newreno_retransmit_to(struct tcp_sock *tcp, uint32_t end)
{
    tcp->rtx_nxt = tcp->snd_una;
    tcp->rtx_end = end;
}

static void retransmit_first(struct tcp_sock *tcp)
{
    newreno_retransmit_to(tcp, seq_min(tcp->snd_una + tcp->mss, tcp->snd_nxt));
}

static void leave(struct tcp_sock *tcp, struct newreno *nr)
{
    uint32_t flight = tcp_in_flight(tcp);

    nr->recovering = false;
    flight = (flight > tcp->mss ? flight : tcp->mss) + tcp->mss; /* RFC 6582 3.2 step 3, option 1 */
    tcp->cwnd = flight < tcp->ssthresh ? flight : tcp->ssthresh;
    tcp->inflation = 0;
}

/*
 * RFC 6582 3.2 step 3: the first partial ACK alone restarts the timer. Many holes are sooner filled
 * by a timeout and slow start than one in each round trip.
 */
static void hold_timer(struct tcp_sock *tcp, struct newreno *nr)
{
    if (nr->partial && tcp->timer == TCP_TIMER_RETRANSMIT &&
        tick_before(nr->timer_at, tcp->timer_at)) {
        tcp->timer_at = nr->timer_at;
    }
    nr->partial = true;
    nr->timer_at = tcp->timer_at;
}

/* RFC 6582 3.2 step 3: the next hole is sent, and what left the network is replaced. */
static void partial_ack(struct tcp_sock *tcp, uint32_t acked)
{
    uint32_t window = tcp->cwnd + tcp->inflation;

    window = window > acked ? window - acked : 0;
    if (acked >= tcp->mss || window < tcp->mss) {
        window += tcp->mss;
    }
    tcp->cwnd = window < tcp->cwnd ? window : tcp->cwnd;
    tcp->inflation = window - tcp->cwnd;
    retransmit_first(tcp);
}

static void on_new_ack(struct tcp_sock *tcp, uint32_t acked, instant now)
{
    struct newreno *nr = state_of(tcp);

    nr->n_duplicates = 0;
    if (nr->recovering) {
        if (seq_before(tcp->snd_una, nr->recover)) {
            hold_timer(tcp, nr);
            partial_ack(tcp, acked);
        } else {
            leave(tcp, nr);
        }
        return;
    }
    if (seq_after(tcp->snd_una, nr->recover)) {
        nr->recover = tcp->snd_una - 1; /* stays near, or it would seem to lie ahead after 2 GiB */
    }
    tcp->inflation = 0;
    tcp->congestion->on_ack(tcp, acked, now);
}

static void on_duplicate_ack(struct tcp_sock *tcp, instant now)
{
    struct newreno *nr = state_of(tcp);
    uint32_t probe;

    if (nr->recovering) { /* no more can have left the network than is out: RFC 5681 3.2 */
        tcp->inflation += tcp->inflation < tcp_in_flight(tcp) ? tcp->mss : 0;
        return;
    }
    if (nr->n_duplicates < TCP_DUP_ACKS) {
        nr->n_duplicates++;
    }
    if (nr->n_duplicates == 1) {
        nr->flight = tcp_in_flight(tcp);
    }
    if (nr->n_duplicates < TCP_DUP_ACKS || !seq_after(tcp->snd_una, nr->recover)) {
        if (nr->n_duplicates <= LIMITED_TRANSMIT) {
            tcp->inflation = (uint32_t)nr->n_duplicates * tcp->mss;
        }
        return;
    }
    nr->recovering = true;
    nr->partial = false;
    nr->recover = tcp->snd_nxt;
    if (tcp_probe_in_flight(tcp, &probe) == 0 || probe != tcp->snd_una) {
        tcp->congestion->on_loss(tcp, nr->flight, now);
        tcp->cwnd = tcp->ssthresh;
        tcp_reduced(tcp);
    }
    tcp->inflation = TCP_DUP_ACKS * (uint32_t)tcp->mss;
    retransmit_first(tcp);
    tcp_set_timer(tcp, true, now); /* RFC 6298 5: not again in less than a timeout */
}

static void newreno_on_ack(struct tcp_sock *tcp, const struct tcp_ack *ack, instant now)
{
    if (ack->acked > 0) {
        on_new_ack(tcp, ack->acked, now);
    } else if (ack->duplicate) {
        on_duplicate_ack(tcp, now);
    }
}

/*
 * RFC 5681 3.1 has half of what is in flight as the most of ssthresh. Before a loss is repaired
 * that is counted with all that duplicates have let out, and would be more than was too much: what
 * the loss left of ssthresh stays.
 */
static void newreno_on_timeout(struct tcp_sock *tcp, instant now)
{
    struct newreno *nr = state_of(tcp);
    uint32_t most = seq_before(tcp->snd_una, nr->recover) ? tcp->ssthresh : UINT32_MAX;

    nr->recovering = false;
    nr->n_duplicates = 0;
    nr->recover = tcp->snd_nxt; /* RFC 6582 3.2 step 4 */
    tcp->inflation = 0;
    tcp->congestion->on_timeout(tcp, now);
    tcp->ssthresh = tcp->ssthresh < most ? tcp->ssthresh : most;
    newreno_retransmit_to(tcp, tcp->snd_nxt);
}

/* After a timeout all that was sent counts as lost, and is sent again in slow start. */
static uint32_t newreno_budget(const struct tcp_sock *tcp)
{
    return seq_ahead(tcp->rtx_nxt, tcp->snd_una + tcp->cwnd);
}

static bool newreno_is_recovering(const struct tcp_sock *tcp)
{
    const struct newreno *nr = tcp_recovery_state(tcp);

    return nr->recovering || seq_before(tcp->rtx_nxt, tcp->rtx_end);
}

const struct tcp_recovery tcp_newreno = {
    .name = "newreno",
    .state_size = sizeof(struct newreno),
    .init = newreno_init,
    .on_ack = newreno_on_ack,
    .on_timeout = newreno_on_timeout,
    .retransmit_to = newreno_retransmit_to,
    .budget = newreno_budget,
    .is_recovering = newreno_is_recovering,
};

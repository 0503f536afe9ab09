/* SPDX-License-Identifier: BSD-3-Clause */
/* Slow start and congestion avoidance (RFC 5681 3.1), with appropriate byte counting (RFC 3465 2).
 * Two tables, which differ in the initial window. */
#include "proto/tcp/initial_window.h"
#include "proto/tcp/tcp.h"

#define L 2 /* RFC 3465 2.2, segments that one ACK is worth in the first slow start */

struct reno {
    uint32_t acked; /* octets since cwnd last grew */
};

static struct reno *state_of(struct tcp_sock *tcp)
{
    return tcp_congestion_state(tcp);
}

static void reno_init(struct tcp_sock *tcp, instant now)
{
    (void)now;
    tcp->ssthresh = UINT32_MAX;
    tcp->cwnd = tcp->congestion->restart_window(tcp); /* and before anything was sent */
    *state_of(tcp) = (struct reno){ 0 };
}

/* One segment after a loss: RFC 3465 2.3, an ACK may then tell of much that had left before. */
static void slow_start(struct tcp_sock *tcp, uint32_t acked)
{
    uint32_t most = (tcp->ssthresh == UINT32_MAX ? L : 1) * (uint32_t)tcp->mss;

    tcp->cwnd += acked < most ? acked : most;
}

static void reno_on_ack(struct tcp_sock *tcp, uint32_t acked, instant now)
{
    struct reno *reno = state_of(tcp);
    uint32_t flight = tcp_in_flight(tcp) + acked;

    (void)now;
    if (flight < tcp->cwnd / 2) { /* not what limits us: RFC 7661 */
        return;
    }
    if (tcp->cwnd < tcp->ssthresh) {
        slow_start(tcp, acked);
        return;
    }
    reno->acked += acked;
    if (reno->acked >= tcp->cwnd) {
        reno->acked -= tcp->cwnd;
        tcp->cwnd += tcp->mss;
    }
}

/* RFC 5681 3.1, equation 4 */
static void halve(struct tcp_sock *tcp, uint32_t flight)
{
    uint32_t least = 2u * tcp->mss;

    tcp->ssthresh = flight / 2 > least ? flight / 2 : least;
    state_of(tcp)->acked = 0;
}

static void reno_on_loss(struct tcp_sock *tcp, uint32_t flight, instant now)
{
    (void)now;
    halve(tcp, flight);
}

/*
 * RFC 5681 3.1 holds ssthresh when the same segment times out again, and so does this: until then
 * cwnd and limited transmit let out three segments at most, and half of that is below the least.
 */
static void reno_on_timeout(struct tcp_sock *tcp, instant now)
{
    (void)now;
    halve(tcp, tcp_in_flight(tcp));
    tcp->cwnd = tcp->mss;
}

const struct tcp_congestion tcp_reno = {
    .name = "reno",
    .state_size = sizeof(struct reno),
    .init = reno_init,
    .restart_window = restart_window_3,
    .on_ack = reno_on_ack,
    .on_loss = reno_on_loss,
    .on_timeout = reno_on_timeout,
};

const struct tcp_congestion tcp_reno_iw10 = {
    .name = "reno",
    .state_size = sizeof(struct reno),
    .init = reno_init,
    .restart_window = restart_window_10,
    .syn_losses = SYN_LOSSES_10,
    .on_ack = reno_on_ack,
    .on_loss = reno_on_loss,
    .on_timeout = reno_on_timeout,
};

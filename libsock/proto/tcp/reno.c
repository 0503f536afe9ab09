/* SPDX-License-Identifier: BSD-3-Clause */
/* Slow start and congestion avoidance (RFC 5681 3.1), with appropriate byte counting in avoidance
 * (RFC 3465 2.1). */
#include "proto/tcp/tcp.h"

struct reno {
    uint32_t acked; /* octets since cwnd last grew */
};

static struct reno *state_of(struct tcp_sock *tcp)
{
    return tcp_congestion_state(tcp);
}

/* RFC 5681 3.1, IW */
static uint32_t initial_window(uint32_t mss)
{
    if (mss > 2190) {
        return 2 * mss;
    }
    return mss > 1095 ? 3 * mss : 4 * mss;
}

static void reno_init(struct tcp_sock *tcp)
{
    tcp->cwnd = initial_window(tcp->mss);
    tcp->ssthresh = UINT32_MAX;
    *state_of(tcp) = (struct reno){ 0 };
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
        tcp->cwnd += acked < tcp->mss ? acked : tcp->mss;
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
    .initial_window = initial_window,
    .on_ack = reno_on_ack,
    .on_loss = reno_on_loss,
    .on_timeout = reno_on_timeout,
};

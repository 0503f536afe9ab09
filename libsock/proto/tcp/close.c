/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls of the program, which write and end a connection, and ICMP that would (RFC
 * 9293 3.10.4, 3.10.5; RFC 5927). */
#include "proto/tcp/tcp.h"

#include "proto/tcp/seq.h"

/* RFC 5681 4.1: what the path carried before a pause says little about it now. */
static void restart_after_idle(struct tcp_sock *tcp, instant now)
{
    uint32_t window = tcp->congestion->restart_window(tcp);

    if (tcp_in_flight(tcp) == 0 && window < tcp->cwnd &&
        tick_since(tcp->sent_at, now) > tick_ceil(rtt_timeout(&tcp->rtt))) {
        tcp->cwnd = window;
    }
}

void tcp_produced(struct tcp_sock *tcp, instant now)
{
    if (tcp_synchronized(tcp)) {
        restart_after_idle(tcp, now);
        tcp_set_timer(tcp, false, now);
    }
}

void tcp_shutdown_send(struct tcp_sock *tcp, instant now)
{
    if (!tcp_may_send(tcp)) {
        return;
    }
    tcp->fin_queued = true;
    if (tcp->state == TCP_ESTABLISHED) {
        tcp->state = TCP_FIN_WAIT_1;
    } else if (tcp->state == TCP_CLOSE_WAIT) {
        tcp->state = TCP_LAST_ACK;
    }
    tcp_produced(tcp, now);
}

void tcp_shutdown_receive(struct tcp_sock *tcp)
{
    tcp->read_shut = true;
}

void tcp_close(struct tcp_sock *tcp, instant now)
{
    tcp->orphan = true;
    if (tcp->state == TCP_SYN_SENT) {
        tcp_end(tcp, SK_ABORTED);
        return;
    }
    if (ring_used(&tcp->rx) > 0 && tcp_synchronized(tcp) && tcp->state <= TCP_CLOSE_WAIT) {
        tcp_abort(tcp);
        return;
    }
    tcp_shutdown_send(tcp, now);
    tcp_set_timer(tcp, false, now);
}

void tcp_abort(struct tcp_sock *tcp)
{
    bool peer_knows_us = tcp->state >= TCP_SYN_RECEIVED && tcp->state <= TCP_CLOSE_WAIT;

    if (peer_knows_us) {
        tcp->rst_due = true;
        tcp->rst_seq = tcp->snd_nxt;
    }
    tcp_end(tcp, SK_ABORTED);
}

bool tcp_too_big(struct tcp_sock *tcp, uint16_t *mtu, uint32_t seq, instant now)
{
    return tcp_synchronized(tcp) && tcp->profile->path_mtu &&
           tcp->profile->path_mtu->too_big(tcp, mtu, seq, now);
}

void tcp_icmp_error(struct tcp_sock *tcp, enum sk_err err, bool hard, uint32_t seq)
{
    if (tcp->state == TCP_CLOSED || !seq_within(seq, tcp->snd_una, tcp_in_flight(tcp))) {
        return;
    }
    if (hard && (tcp->state == TCP_SYN_SENT || (tcp->state == TCP_SYN_RECEIVED && !tcp->passive))) {
        tcp_end(tcp, err);
    } else {
        tcp->soft_err = (uint8_t)err;
    }
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Urgent data (RFC 9293 3.8.5): a mark in the stream, which the octets before it are read in line
 * up to (RFC 6093). The pointer names the octet after it. For programs of BSD's sockets the last
 * urgent octet may be apart: they read it by itself, and what reads the stream passes over it.
 */
#include "proto/tcp/tcp.h"

#include "proto/tcp/seq.h"

/* The sequence number of what is read next. */
static uint32_t reader_at(const struct tcp_sock *tcp)
{
    return tcp->rcv_nxt - (tcp->fin_received ? 1 : 0) - ring_used(&tcp->rx);
}

void tcp_urgent_arrives(struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    uint32_t up = hdr->seq + hdr->up;

    if (!(hdr->flags & TCP_URG) || hdr->flags & TCP_SYN || !seq_after(up, reader_at(tcp)) ||
        (tcp->rcv_urgent && !seq_after(up, tcp->rcv_up))) {
        return;
    }
    tcp->rcv_up = up;
    tcp->rcv_urgent = true;
    tcp->urgent_news = true;
    tcp->urgent_taken = false;
}

uint32_t tcp_urgent_left(const struct tcp_sock *tcp)
{
    return tcp->rcv_urgent ? seq_ahead(reader_at(tcp), tcp->rcv_up) : 0;
}

bool tcp_urgent_skips(const struct tcp_sock *tcp)
{
    return tcp->options.urgent == TCP_URGENT_APART && tcp_urgent_left(tcp) == 1 &&
           ring_used(&tcp->rx) > 0;
}

uint32_t tcp_readable(const struct tcp_sock *tcp)
{
    uint32_t used = ring_used(&tcp->rx);
    uint32_t left = tcp_urgent_left(tcp);

    if (left > 1 && used >= left && tcp->options.urgent != TCP_URGENT_IN_LINE) {
        return left - 1;
    }
    return tcp_urgent_skips(tcp) ? used - 1 : used;
}

void tcp_urgent_read(struct tcp_sock *tcp)
{
    tcp->rcv_urgent = tcp->rcv_urgent && seq_after(tcp->rcv_up, reader_at(tcp));
}

void tcp_send_urgent(struct tcp_sock *tcp)
{
    tcp->snd_up = tcp_tx_base(tcp) + ring_used(&tcp->tx);
    tcp->snd_urgent = true;
}

void tcp_urgent_fill(const struct tcp_sock *tcp, struct tcp_hdr *hdr)
{
    uint32_t ahead = seq_ahead(hdr->seq, tcp->snd_up);

    if (tcp->snd_urgent && ahead > 0 && !(hdr->flags & TCP_SYN)) {
        hdr->flags |= TCP_URG;
        hdr->up = (uint16_t)(ahead < UINT16_MAX ? ahead : UINT16_MAX);
    }
}

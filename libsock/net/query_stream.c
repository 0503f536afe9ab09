/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A question over TCP (RFC 7766), since its answer is too long for a datagram: one connection, one
 * message of two octets of length and then the question, one such message back. The answer is read
 * where it lies, in the ring of the socket, so it may be as long as the receive buffer.
 */
#include "net/iface.h"

#define LENGTH_LEN 2

bool query_stream_ask(struct sk_iface *iface, struct query_slot *slot, instant now)
{
    uint8_t message[LENGTH_LEN + DNS_MAX_UDP_LEN];
    struct writer w = writer_over(message + LENGTH_LEN, DNS_MAX_UDP_LEN);
    struct tcp_entry *tcp;

    if (!dns_next(&slot->q, now, &w) || sk_socket(iface, SK_STREAM, &slot->fd) != SK_OK) {
        return false;
    }
    tcp = slot_of(iface, slot->fd)->u.tcp;
    tcp->node.internal = true;
    if (connection_open(iface, tcp, slot->q.servers[slot->q.server], now) != SK_OK) {
        return false;
    }
    put_be16(message, (uint16_t)w.len);
    return ring_write(&tcp->tcp.tx, message, LENGTH_LEN + (uint32_t)w.len) == LENGTH_LEN + w.len;
}

/* The message that the stream begins with; false: not all of it is there. */
static bool take_message(const struct ring *rx, struct cursor *message)
{
    uint8_t length[LENGTH_LEN];
    struct span spans[2];
    uint32_t len;

    if (ring_used(rx) < LENGTH_LEN) {
        return false;
    }
    ring_copy(rx, 0, length, LENGTH_LEN);
    len = be16(length);
    if (ring_used(rx) - LENGTH_LEN < len) {
        return false;
    }
    ring_peek(rx, LENGTH_LEN, len, spans);
    *message =
        cursor_over(spans[0].at, spans[0].len); /* the ring does not wrap in its first round */
    return true;
}

bool query_stream_read(struct sk_iface *iface, struct query_slot *slot, instant now)
{
    struct tcp_sock *tcp = &slot_of(iface, slot->fd)->u.tcp->tcp;
    struct cursor message;
    enum drop_reason reason;

    if (take_message(&tcp->rx, &message)) {
        reason = dns_arrives(&slot->q, &message, now);
        ring_consume(&tcp->rx, ring_used(&tcp->rx)); /* or the end would be a reset */
        if (reason == DROP_NONE) {
            return true;
        }
        drop(iface, reason, NULL);
    } else if (tcp->state != TCP_CLOSED && !tcp->fin_received && ring_free(&tcp->rx) > 0) {
        return false; /* there is more to come */
    }
    dns_unreachable(&slot->q, now);
    return true;
}

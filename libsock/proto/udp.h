/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A UDP socket (RFC 768): two queues of datagrams. Attached to nothing, like a connection:
 * datagrams go in by udp_arrives, come out by udp_next and udp_sent.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/msgq.h"
#include "wire/drop.h"
#include "wire/ip.h"
#include "wire/udp.h"

struct udp_sock {
    struct msgq rx; /* produced by udp_arrives, consumed by the reader */
    struct msgq tx; /* produced by writers, interrupts among them; consumed by udp_sent */
    uint8_t err;    /* enum sk_err: what ICMP or the neighbour cache said, told once */
};

/** Lays a socket over its queues' memory; sizes are powers of two. */
void udp_init(struct udp_sock *udp, uint8_t *rx, uint32_t rx_size, uint8_t *tx, uint32_t tx_size);

/** A verified datagram arrived. DROP_UDP_QUEUE_FULL: the newest is dropped. Its IP options are kept
 * before its payload. */
enum drop_reason udp_arrives(struct udp_sock *udp, const struct ip_hdr *ip,
                             const struct udp_hdr *hdr, const uint8_t *payload, instant now);

/** The first datagram that was received, behind the meta->n_options octets of its IP options;
 * false: none. It stays until udp_taken. */
bool udp_received(const struct udp_sock *udp, const uint8_t **payload, size_t *len,
                  struct msg_meta *meta);
void udp_taken(struct udp_sock *udp);

/** Room for a datagram to send, behind a copy of its IP options; NULL: there is none. It may leave
 * after udp_publish. Any producer. */
uint8_t *udp_claim(struct udp_sock *udp, size_t len, const uint8_t *options,
                   const struct msg_meta *meta);
void udp_publish(struct udp_sock *udp, uint8_t *payload, const struct msg_meta *meta);

/** The next datagram to send, where it goes (meta->destination), and its IP options before the
 * payload; false: none. It stays queued. */
bool udp_next(const struct udp_sock *udp, struct udp_hdr *hdr, const uint8_t **payload,
              struct msg_meta *meta);

/** The datagram that udp_next gave was sent, or is not to be. */
void udp_sent(struct udp_sock *udp);

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

/** A verified datagram arrived. DROP_UDP_QUEUE_FULL: the newest is dropped. */
enum drop_reason udp_arrives(struct udp_sock *udp, const struct ip_hdr *ip,
                             const struct udp_hdr *hdr, const uint8_t *payload, instant now);

/** The next datagram to send, and where it goes (meta->destination); false: none. It stays queued.
 */
bool udp_next(const struct udp_sock *udp, struct udp_hdr *hdr, const uint8_t **payload,
              struct msg_meta *meta);

/** The datagram that udp_next gave was sent, or is not to be. */
void udp_sent(struct udp_sock *udp);

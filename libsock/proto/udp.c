/* SPDX-License-Identifier: BSD-3-Clause */
/* A UDP socket: see udp.h. */
#include "proto/udp.h"

void udp_init(struct udp_sock *udp, uint8_t *rx, uint32_t rx_size, uint8_t *tx, uint32_t tx_size)
{
    msgq_init(&udp->rx, rx, rx_size);
    msgq_init(&udp->tx, tx, tx_size);
    udp->err = SK_OK;
}

enum drop_reason udp_arrives(struct udp_sock *udp, const struct ip_hdr *ip,
                             const struct udp_hdr *hdr, const uint8_t *payload, instant now)
{
    struct msg_meta meta = {
        .source = { ip->src, hdr->src_port },
        .destination = { ip->dst, hdr->dst_port },
        .time = now,
        .ifindex = ip->ifindex,
        .ttl = ip->ttl,
        .tos = ip->tos,
    };

    return msgq_push(&udp->rx, payload, hdr->payload_len, &meta) ? DROP_NONE : DROP_UDP_QUEUE_FULL;
}

bool udp_next(const struct udp_sock *udp, struct udp_hdr *hdr, const uint8_t **payload,
              struct msg_meta *meta)
{
    size_t len;

    if (!msgq_peek(&udp->tx, payload, &len, meta)) {
        return false;
    }
    *hdr = (struct udp_hdr){
        .src_port = meta->source.port,
        .dst_port = meta->destination.port,
        .payload_len = (uint16_t)len,
    };
    return true;
}

void udp_sent(struct udp_sock *udp)
{
    msgq_pop(&udp->tx);
}

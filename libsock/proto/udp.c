/* SPDX-License-Identifier: BSD-3-Clause */
/* A UDP socket: see udp.h. */
#include "proto/udp.h"

#include <string.h>

void udp_init(struct udp_sock *udp, uint8_t *rx, uint32_t rx_size, uint8_t *tx, uint32_t tx_size)
{
    msgq_init(&udp->rx, rx, rx_size);
    msgq_init(&udp->tx, tx, tx_size);
    udp->err = SK_OK;
}

static uint8_t *claim(struct msgq *q, size_t len, const uint8_t *options,
                      const struct msg_meta *meta)
{
    uint8_t *at = msgq_claim(q, meta->n_options + len, meta);

    if (!at) {
        return NULL;
    }
    if (meta->n_options > 0) {
        memcpy(at, options, meta->n_options);
    }
    return at + meta->n_options;
}

static bool first(const struct msgq *q, const uint8_t **payload, size_t *len, struct msg_meta *meta)
{
    if (!msgq_peek(q, payload, len, meta)) {
        return false;
    }
    *payload += meta->n_options;
    *len -= meta->n_options;
    return true;
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
        .n_options = ip->n_options,
    };
    uint8_t *to = claim(&udp->rx, hdr->payload_len, ip->options, &meta);

    if (!to) {
        return DROP_UDP_QUEUE_FULL;
    }
    if (hdr->payload_len > 0) {
        memcpy(to, payload, hdr->payload_len);
    }
    msgq_publish(&udp->rx, to - meta.n_options);
    return DROP_NONE;
}

bool udp_received(const struct udp_sock *udp, const uint8_t **payload, size_t *len,
                  struct msg_meta *meta)
{
    return first(&udp->rx, payload, len, meta);
}

void udp_taken(struct udp_sock *udp)
{
    msgq_pop(&udp->rx);
}

uint8_t *udp_claim(struct udp_sock *udp, size_t len, const uint8_t *options,
                   const struct msg_meta *meta)
{
    return claim(&udp->tx, len, options, meta);
}

void udp_publish(struct udp_sock *udp, uint8_t *payload, const struct msg_meta *meta)
{
    msgq_publish(&udp->tx, payload - meta->n_options);
}

bool udp_next(const struct udp_sock *udp, struct udp_hdr *hdr, const uint8_t **payload,
              struct msg_meta *meta)
{
    size_t len;

    if (!first(&udp->tx, payload, &len, meta)) {
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

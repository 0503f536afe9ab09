/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams of the peer's, cut into fragments. */
#pragma once

#include <string.h>

#include "tests/support/frames.h"

#define FRAGMENTS_PORT 5000

/* A whole datagram, from which pieces are cut. */
struct whole {
    struct ip_hdr ip;
    uint8_t text[65535]; /* transport header and payload */
    size_t len;
};

/* A UDP datagram to FRAGMENTS_PORT whose payload is `len` octets that differ. */
static inline void whole_udp(struct whole *w, uint16_t id, size_t len)
{
    static struct frame f;
    static uint8_t payload[65535];

    for (size_t i = 0; i < len; i++) {
        payload[i] = (uint8_t)(i * 7 + i / 256);
    }
    frame_udp(&f, (struct sk_addr){ PEER_IP, 4000 }, (struct sk_addr){ HOST_IP, FRAGMENTS_PORT },
              payload, len);
    w->len = UDP_HDR_LEN + len;
    memcpy(w->text, frame_transport_at(&f), w->len);
    w->ip = (struct ip_hdr){ .src = PEER_IP, .dst = HOST_IP, .proto = IP_PROTO_UDP, .id = id };
}

/* The piece from `start` on; the last one is told from its end. */
static inline const struct frame *piece(const struct whole *w, size_t start, size_t len)
{
    static struct frame f;
    struct ip_hdr ip = w->ip;

    ip.frag_offset = (uint16_t)start;
    ip.more_frags = start + len < w->len;
    frame_ip(&f, ip, w->text + start, len);
    return &f;
}

/* A host that puts fragments together, and knows its peer. */
static inline void host_begin_fragments(struct host *h, uint32_t n, uint32_t size)
{
    struct host_setup setup = {
        .config = { .fragments = &sk_ip_fragments, .n_reassemblies = n, .reassembly_size = size }
    };

    host_begin(h, &setup);
    host_meet(h);
}

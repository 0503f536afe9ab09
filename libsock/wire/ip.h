/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the protocols above IP know of a packet, whatever its version. The rules of wire/ are in
 * wire/eth.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

enum ip_proto {
    IP_PROTO_ICMP = 1,
    IP_PROTO_IGMP = 2,
    IP_PROTO_TCP = 6,
    IP_PROTO_UDP = 17,
};

#define IP_DEFAULT_TTL 64 /* RFC 1700 */

/* The last two bits of tos, RFC 3168 5. */
#define IP_ECN_MASK 3
#define IP_ECN_ECT0 2 /* may be marked */
#define IP_ECN_CE 3   /* is marked: congestion was experienced */

struct ip_hdr {
    struct ip_addr src;
    struct ip_addr dst;
    const uint8_t *options; /* n_options octets: in the packet that was read, or the sender's */
    uint16_t payload_len;   /* octets */
    uint16_t id;
    uint16_t frag_offset; /* octets */
    bool more_frags;
    bool dont_frag;
    uint8_t proto;
    uint8_t ttl;
    uint8_t tos;         /* DSCP and ECN */
    uint8_t n_options;   /* octets, a multiple of 4 */
    uint8_t ifindex;     /* of the netif it arrived on; not on the wire */
    bool link_broadcast; /* arrived in a link broadcast or multicast; not on the wire */
    bool to_many;        /* is for a broadcast or multicast address of that netif; the same */
};

/**
 * The sum of the pseudo-header (RFC 9293 3.1, RFC 768) for `len` octets of transport header and
 * payload.
 */
uint16_t ip_pseudo_sum(const struct ip_hdr *hdr, uint16_t len);

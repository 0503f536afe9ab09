/* SPDX-License-Identifier: BSD-3-Clause */
/* The UDP header (RFC 768). The rules of wire/ are in wire/eth.h. */
#pragma once

#include "base/cursor.h"
#include "wire/drop.h"
#include "wire/ip.h"

#define UDP_HDR_LEN 8

struct udp_hdr {
    uint16_t src_port;
    uint16_t dst_port;
    uint16_t payload_len; /* octets */
};

/**
 * Takes the header off, cuts what lies behind the datagram away and verifies the checksum, where
 * there is one (RFC 768: zero means none). DROP_UDP_SHORT, DROP_UDP_LENGTH, DROP_UDP_PORT
 * (destination 0), DROP_UDP_CHECKSUM.
 */
enum drop_reason udp_parse(struct cursor *c, const struct ip_hdr *ip, struct udp_hdr *hdr);

/**
 * Writes 8 octets with the checksum; `ip` gives the addresses, `payload_sum` the sum of the payload
 * (base/sum.h).
 */
void udp_emit(uint8_t *at, const struct ip_hdr *ip, const struct udp_hdr *hdr,
              uint16_t payload_sum);

/* SPDX-License-Identifier: BSD-3-Clause */
/* The IPv4 header (RFC 791). The rules of wire/ are in wire/eth.h. */
#pragma once

#include "base/cursor.h"
#include "wire/drop.h"
#include "wire/ip.h"

#define IPV4_HDR_LEN 20
#define IPV4_MIN_MTU 68 /* RFC 791 */

/**
 * Takes the header and its options off, and cuts padding behind the datagram away. Options are
 * walked, not acted on. Drops: version, header and total length, checksum, a malformed option, a
 * source route. Leaves what is not on the wire (ifindex, link_broadcast) as the caller set it.
 */
enum drop_reason ipv4_parse(struct cursor *c, struct ip_hdr *hdr);

/**
 * Takes the header and its options off a packet that an ICMP error quotes. Total length and
 * checksum are not held against it, `payload_len` is what the total length says. DROP_ICMP_QUOTE
 * when it is cut short or not IPv4.
 */
enum drop_reason ipv4_parse_quoted(struct cursor *c, struct ip_hdr *hdr);

/** Writes 20 octets, without options, and the checksum. */
void ipv4_emit(uint8_t *at, const struct ip_hdr *hdr);

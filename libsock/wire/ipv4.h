/* SPDX-License-Identifier: BSD-3-Clause */
/* The IPv4 header (RFC 791). The rules of wire/ are in wire/eth.h. */
#pragma once

#include "base/cursor.h"
#include "wire/drop.h"
#include "wire/ip.h"

#define IPV4_HDR_LEN 20
#define IPV4_MIN_MTU 68     /* RFC 791 */
#define IPV4_MAX_OPTIONS 40 /* octets, RFC 791 3.1 */

static inline uint32_t ipv4_hdr_len(const struct ip_hdr *hdr)
{
    return IPV4_HDR_LEN + (uint32_t)hdr->n_options;
}

/**
 * Takes the header and its options off, and cuts padding behind the datagram away. Options are
 * walked, not acted on. Drops: version, header and total length, checksum, a malformed option, a
 * source route. Leaves what is not on the wire (ifindex, link_broadcast, to_many) as the caller set
 * it.
 */
enum drop_reason ipv4_parse(struct cursor *c, struct ip_hdr *hdr);

/**
 * Takes the header and its options off a packet that an ICMP error quotes. Total length and
 * checksum are not held against it, `payload_len` is what the total length says. DROP_ICMP_QUOTE
 * when it is cut short or not IPv4.
 */
enum drop_reason ipv4_parse_quoted(struct cursor *c, struct ip_hdr *hdr);

/** Walks options: DROP_IP_OPTION: one overruns the others; DROP_IP_SOURCE_ROUTE. */
enum drop_reason ipv4_check_options(const uint8_t *options, size_t n);

/** Those of checked options that every fragment has (RFC 791 3.1), padded; returns their length. */
uint8_t ipv4_copied_options(uint8_t *to, const uint8_t *options, uint8_t len);

/** Writes ipv4_hdr_len octets: the options, which were checked, as they are, and the checksum. */
void ipv4_emit(uint8_t *at, const struct ip_hdr *hdr);

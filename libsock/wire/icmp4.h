/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP for IPv4 (RFC 792). The rules of wire/ are in wire/eth.h. */
#pragma once

#include "base/cursor.h"
#include "wire/drop.h"
#include "wire/ip.h"

#define ICMP4_HDR_LEN 8

enum icmp4_type {
    ICMP4_ECHO_REPLY = 0,
    ICMP4_UNREACHABLE = 3,
    ICMP4_SOURCE_QUENCH = 4, /* RFC 6633: ignored */
    ICMP4_REDIRECT = 5,
    ICMP4_ECHO_REQUEST = 8,
    ICMP4_TIME_EXCEEDED = 11,
    ICMP4_PARAMETER = 12,
};

enum icmp4_unreachable {
    ICMP4_NET_UNREACHABLE = 0,
    ICMP4_HOST_UNREACHABLE = 1,
    ICMP4_PROTOCOL_UNREACHABLE = 2,
    ICMP4_PORT_UNREACHABLE = 3,
    ICMP4_FRAG_NEEDED = 4,
    ICMP4_NET_PROHIBITED = 9, /* RFC 1122 3.2.2.1, and 10 */
    ICMP4_HOST_PROHIBITED = 10,
    ICMP4_PROHIBITED = 13, /* by a filter, RFC 1812 5.2.7.1 */
};

enum icmp4_time_exceeded {
    ICMP4_REASSEMBLY_TIME = 1,
};

struct icmp4_hdr {
    uint8_t type;
    uint8_t code;
    uint16_t id;  /* echo; else the high half of the second word */
    uint16_t seq; /* echo; next-hop MTU of ICMP4_FRAG_NEEDED (RFC 1191) */
};

/** The packet that an ICMP error quotes: its addresses and the first 8 octets of its payload. */
struct icmp4_quote {
    struct ip_hdr ip;
    uint16_t src_port;
    uint16_t dst_port;
    uint32_t seq; /* TCP's sequence number, else the third and fourth word of the payload */
};

/** Verifies the checksum over header and payload. DROP_ICMP_SHORT, DROP_ICMP_CHECKSUM. */
enum drop_reason icmp4_parse(struct cursor *c, struct icmp4_hdr *hdr);

/**
 * Reads what the payload of an error quotes (RFC 792: IP header, options, 8 octets). Neither total
 * length nor checksum of the quoted header are held against it (routers change them).
 * DROP_ICMP_QUOTE when it is cut short or a later fragment.
 */
enum drop_reason icmp4_parse_quote(struct cursor *c, struct icmp4_quote *quote);

/** Writes 8 octets; `payload_sum` is the sum of the payload that follows (base/sum.h). */
void icmp4_emit(uint8_t *at, const struct icmp4_hdr *hdr, uint16_t payload_sum);

/* SPDX-License-Identifier: BSD-3-Clause */
/* Address resolution for IPv4 on Ethernet (RFC 826). The rules of wire/ are in wire/eth.h. */
#pragma once

#include "base/addr.h"
#include "wire/eth.h"

#define ARP_LEN 28

enum arp_op {
    ARP_REQUEST = 1,
    ARP_REPLY = 2,
};

struct arp_hdr {
    uint16_t op;
    struct mac_addr sha; /* sender hardware address */
    struct ip_addr spa;  /* sender protocol address */
    struct mac_addr tha; /* target hardware address */
    struct ip_addr tpa;  /* target protocol address */
};

/**
 * DROP_ARP_MALFORMED (short; hardware, protocol or their lengths not Ethernet and IPv4),
 * DROP_ARP_OPCODE.
 */
enum drop_reason arp_parse(struct cursor *c, struct arp_hdr *hdr);

void arp_emit(uint8_t *at, const struct arp_hdr *hdr);

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ethernet II framing (RFC 894).
 *
 * The rules of wire/, for every file in it: octets are touched here and nowhere else; outside there
 * are values, in host order. `x_parse(cursor, &hdr)` takes the header off the cursor's front,
 * leaves the payload in it, and answers DROP_NONE or the reason why the packet goes no further;
 * `hdr` is complete only after DROP_NONE. `x_emit(at, &hdr)` writes exactly X_HDR_LEN octets. Both
 * are pure: no state, no clock, no allocation, nothing kept.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "wire/drop.h"

#define MAC_ADDR_LEN 6
#define ETH_HDR_LEN 14
#define ETH_MIN_LEN 60 /* IEEE 802.3, without the FCS */

#define ETH_TYPE_IPV4 0x0800 /* RFC 894 */
#define ETH_TYPE_ARP 0x0806  /* RFC 826 */

struct mac_addr {
    uint8_t b[MAC_ADDR_LEN];
};

#define MAC_BROADCAST ((struct mac_addr){ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } })

struct eth_hdr {
    struct mac_addr dst;
    struct mac_addr src;
    uint16_t type;
};

bool mac_equal(struct mac_addr a, struct mac_addr b);

/** True for multicast, and for broadcast, which is one. */
bool mac_is_group(struct mac_addr a);

/**
 * DROP_RX_SHORT below 14 octets; DROP_ETH_TYPE for an 802.3 length. The payload may hold padding.
 */
enum drop_reason eth_parse(struct cursor *c, struct eth_hdr *hdr);

void eth_emit(uint8_t *at, const struct eth_hdr *hdr);

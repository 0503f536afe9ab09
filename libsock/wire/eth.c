/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ethernet II headers (RFC 894). IEEE 802.3 lengths and the values between them and the first type
 * are refused; VLAN tags are types like any other, and the netif knows which types it takes.
 */
#include "wire/eth.h"

#include <string.h>

#define ETH_MIN_TYPE 1536 /* IEEE 802.3 3.2.6: smaller values are lengths, or undefined */

bool mac_equal(struct mac_addr a, struct mac_addr b)
{
    return memcmp(a.b, b.b, MAC_ADDR_LEN) == 0;
}

bool mac_is_group(struct mac_addr a)
{
    return a.b[0] & 1;
}

enum drop_reason eth_parse(struct cursor *c, struct eth_hdr *hdr)
{
    const uint8_t *at = cursor_take(c, ETH_HDR_LEN);

    if (!at) {
        return DROP_RX_SHORT;
    }
    memcpy(hdr->dst.b, at, MAC_ADDR_LEN);
    memcpy(hdr->src.b, at + 6, MAC_ADDR_LEN);
    hdr->type = be16(at + 12);
    return hdr->type < ETH_MIN_TYPE ? DROP_ETH_TYPE : DROP_NONE;
}

void eth_emit(uint8_t *at, const struct eth_hdr *hdr)
{
    memcpy(at, hdr->dst.b, MAC_ADDR_LEN);
    memcpy(at + 6, hdr->src.b, MAC_ADDR_LEN);
    put_be16(at + 12, hdr->type);
}

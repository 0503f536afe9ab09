/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARP packets for IPv4 on Ethernet (RFC 826). The lengths that the packet states must be those of
 * Ethernet and IPv4; they are compared and never used. Padding behind the packet stays in the
 * cursor.
 */
#include "wire/arp.h"

#include <string.h>

#define ARP_HTYPE_ETHERNET 1 /* RFC 826, IANA arp-parameters */
#define IPV4_ADDR_LEN 4

enum drop_reason arp_parse(struct cursor *c, struct arp_hdr *hdr)
{
    const uint8_t *at = cursor_take(c, ARP_LEN);

    if (!at || be16(at) != ARP_HTYPE_ETHERNET || be16(at + 2) != ETH_TYPE_IPV4 ||
        at[4] != MAC_ADDR_LEN || at[5] != IPV4_ADDR_LEN) {
        return DROP_ARP_MALFORMED;
    }
    hdr->op = be16(at + 6);
    memcpy(hdr->sha.b, at + 8, MAC_ADDR_LEN);
    hdr->spa = ip4(be32(at + 14));
    memcpy(hdr->tha.b, at + 18, MAC_ADDR_LEN);
    hdr->tpa = ip4(be32(at + 24));
    return hdr->op == ARP_REQUEST || hdr->op == ARP_REPLY ? DROP_NONE : DROP_ARP_OPCODE;
}

void arp_emit(uint8_t *at, const struct arp_hdr *hdr)
{
    put_be16(at, ARP_HTYPE_ETHERNET);
    put_be16(at + 2, ETH_TYPE_IPV4);
    at[4] = MAC_ADDR_LEN;
    at[5] = IPV4_ADDR_LEN;
    put_be16(at + 6, hdr->op);
    memcpy(at + 8, hdr->sha.b, MAC_ADDR_LEN);
    put_be32(at + 14, ip4_bits(hdr->spa));
    memcpy(at + 18, hdr->tha.b, MAC_ADDR_LEN);
    put_be32(at + 24, ip4_bits(hdr->tpa));
}

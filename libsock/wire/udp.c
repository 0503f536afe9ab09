/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The UDP header (RFC 768). The length field says where the datagram ends: what IP delivered behind
 * it is cut away, and a datagram that IP did not deliver whole is refused.
 */
#include "wire/udp.h"

#include "base/assert.h"
#include "base/sum.h"

#define NO_CHECKSUM 0 /* RFC 768: the sender made none; a sum of 0 is sent as 0xffff */

static bool checksum_good(const uint8_t *at, uint16_t len, const struct ip_hdr *ip)
{
    return be16(at + 6) == NO_CHECKSUM || sum_add(ip_pseudo_sum(ip, len), at, len) == SUM_GOOD;
}

enum drop_reason udp_parse(struct cursor *c, const struct ip_hdr *ip, struct udp_hdr *hdr)
{
    const uint8_t *at = cursor_take(c, UDP_HDR_LEN);
    uint16_t len;

    if (!at) {
        return DROP_UDP_SHORT;
    }
    len = be16(at + 4);
    if (len < UDP_HDR_LEN || !cursor_trim(c, len - (size_t)UDP_HDR_LEN)) {
        return DROP_UDP_LENGTH;
    }
    hdr->src_port = be16(at);
    hdr->dst_port = be16(at + 2);
    hdr->payload_len = (uint16_t)c->left;
    if (hdr->dst_port == 0) {
        return DROP_UDP_PORT;
    }
    return checksum_good(at, len, ip) ? DROP_NONE : DROP_UDP_CHECKSUM;
}

void udp_emit(uint8_t *at, const struct ip_hdr *ip, const struct udp_hdr *hdr, uint16_t payload_sum)
{
    uint16_t len = (uint16_t)(UDP_HDR_LEN + hdr->payload_len);
    uint16_t checksum;

    SK_ASSERT(hdr->payload_len <= UINT16_MAX - UDP_HDR_LEN);
    put_be16(at, hdr->src_port);
    put_be16(at + 2, hdr->dst_port);
    put_be16(at + 4, len);
    put_be16(at + 6, 0);
    checksum = sum_finish(sum_add(sum_word(payload_sum, ip_pseudo_sum(ip, len)), at, UDP_HDR_LEN));
    put_be16(at + 6, checksum == NO_CHECKSUM ? 0xffff : checksum);
}

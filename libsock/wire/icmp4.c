/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP for IPv4 (RFC 792): the 8 octets that all messages begin with, and the packet that an error
 * quotes. Which types mean anything, and whether a quote is about us, is decided in net/rx_icmp.c.
 */
#include "wire/icmp4.h"

#include "base/sum.h"
#include "wire/ipv4.h"

#define QUOTED_LEN 8 /* octets of the quoted packet's payload, RFC 792 */

enum drop_reason icmp4_parse(struct cursor *c, struct icmp4_hdr *hdr)
{
    struct cursor message = *c;
    const uint8_t *at = cursor_take(c, ICMP4_HDR_LEN);

    if (!at) {
        return DROP_ICMP_SHORT;
    }
    if (sum_add(0, message.at, message.left) != SUM_GOOD) {
        return DROP_ICMP_CHECKSUM;
    }
    hdr->type = at[0];
    hdr->code = at[1];
    hdr->id = be16(at + 4);
    hdr->seq = be16(at + 6);
    return DROP_NONE;
}

enum drop_reason icmp4_parse_quote(struct cursor *c, struct icmp4_quote *quote)
{
    enum drop_reason reason = ipv4_parse_quoted(c, &quote->ip);
    const uint8_t *at;

    if (reason) {
        return reason;
    }
    at = cursor_take(c, QUOTED_LEN);
    if (!at || quote->ip.frag_offset > 0) {
        return DROP_ICMP_QUOTE;
    }
    quote->src_port = be16(at);
    quote->dst_port = be16(at + 2);
    quote->seq = be32(at + 4);
    return DROP_NONE;
}

void icmp4_emit(uint8_t *at, const struct icmp4_hdr *hdr, uint16_t payload_sum)
{
    at[0] = hdr->type;
    at[1] = hdr->code;
    put_be16(at + 2, 0);
    put_be16(at + 4, hdr->id);
    put_be16(at + 6, hdr->seq);
    put_be16(at + 2, sum_finish(sum_add(payload_sum, at, ICMP4_HDR_LEN)));
}

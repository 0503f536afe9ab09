/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pseudo-header that TCP and UDP sum in front of their own (RFC 9293 3.1, RFC 768): source,
 * destination, zero and protocol, and the length of the transport header and its payload.
 */
#include "wire/ip.h"

#include "base/sum.h"

static uint16_t sum_bits(uint16_t sum, uint32_t bits)
{
    return sum_word(sum_word(sum, (uint16_t)(bits >> 16)), (uint16_t)bits);
}

uint16_t ip_pseudo_sum(const struct ip_hdr *hdr, uint16_t len)
{
    uint16_t sum = sum_word(hdr->proto, len);

    return sum_bits(sum_bits(sum, ip4_bits(hdr->src)), ip4_bits(hdr->dst));
}

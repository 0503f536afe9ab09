/* SPDX-License-Identifier: BSD-3-Clause */
/* IGMP messages: see igmp.h. */
#include "wire/igmp.h"

#include "base/be.h"
#include "base/sum.h"

enum drop_reason igmp_parse(struct cursor *c, struct igmp_hdr *hdr)
{
    struct cursor message = *c;
    const uint8_t *at = cursor_take(c, IGMP_LEN);

    if (!at) {
        return DROP_IGMP_SHORT;
    }
    if (sum_add(0, message.at, message.left) != SUM_GOOD) {
        return DROP_IGMP_CHECKSUM;
    }
    *hdr = (struct igmp_hdr){ .type = at[0], .max_resp = at[1], .group = ip4(be32(at + 4)) };
    if (hdr->max_resp == 0 && message.left >= IGMP_V3_QUERY_LEN) {
        hdr->max_resp = 1; /* RFC 3376 7.1: versions are told by length; at once is a tenth */
    }
    return DROP_NONE;
}

void igmp_emit(uint8_t *at, const struct igmp_hdr *hdr)
{
    at[0] = hdr->type;
    at[1] = hdr->max_resp;
    put_be16(at + 2, 0);
    put_be32(at + 4, ip4_bits(hdr->group));
    put_be16(at + 2, sum_finish(sum_add(0, at, IGMP_LEN)));
}

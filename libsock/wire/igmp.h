/* SPDX-License-Identifier: BSD-3-Clause */
/* IGMP messages of hosts and to hosts, version 2 (RFC 2236 2). The rules of wire/ are in
 * wire/eth.h.
 */
#pragma once

#include "base/cursor.h"
#include "wire/drop.h"
#include "wire/ip.h"

#define IGMP_LEN 8
#define IGMP_V3_QUERY_LEN 12 /* at least, RFC 3376 4.1 */

enum igmp_type {
    IGMP_QUERY = 0x11,
    IGMP_V1_REPORT = 0x12,
    IGMP_REPORT = 0x16,
    IGMP_LEAVE = 0x17,
};

struct igmp_hdr {
    uint8_t type;         /* enum igmp_type, or another */
    uint8_t max_resp;     /* of a query: tenths of a second; 0: its sender knows version 1 alone */
    struct ip_addr group; /* of a query: unspecified: all */
};

/** Verifies the checksum over all of the message, which may be longer: one of version 3, whose
 * query never has a `max_resp` of 0 here. DROP_IGMP_SHORT, DROP_IGMP_CHECKSUM. */
enum drop_reason igmp_parse(struct cursor *c, struct igmp_hdr *hdr);

/** Writes IGMP_LEN octets. */
void igmp_emit(uint8_t *at, const struct igmp_hdr *hdr);

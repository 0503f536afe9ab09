/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loopback link: bare IP packets come back to the host that sent them (RFC 1122 3.2.1.3).
 * Nothing is copied and nothing is allocated: the packet that was sent is the packet that arrives,
 * at a later rx, never inside tx.
 */
#pragma once

#include "base/pkt.h"
#include "link/link.h"

#define LOOPBACK_MSL 250000 /* microseconds: a packet lives here until the next poll */

struct loopback {
    struct link link;
    struct pkt_list queue;
    uint32_t
        n_queued; /* at most half of the pool that the packets come from: replies need some, too */
};

#ifdef __cplusplus
extern "C" {
#endif

/** An empty loopback link; `mtu` is what the host's packets can hold, in octets of an IP packet. */
void loopback_init(struct loopback *lo, uint16_t mtu);

#ifdef __cplusplus
}
#endif

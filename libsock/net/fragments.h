/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments are linked where a configuration names them, and everywhere else a host does without:
 * sk_config.fragments leads to these functions or is NULL.
 */
#pragma once

#include "net/iface.h"
#include "proto/reassembly.h"

struct reassembler {
    uint32_t n;
    struct reassembly slots[];
};

struct sk_ip_fragments {
    /** The memory for what is put together; NULL when measuring. */
    struct reassembler *(*lay_out)(const struct sk_config *config, struct arena *a);
    /** A fragment, whose header is checked: goes up with the whole datagram when it was the last.
     */
    enum drop_reason (*arrives)(struct sk_iface *iface, struct netif *netif,
                                const struct ip_hdr *ip, const struct cursor *c, struct pkt *pkt,
                                instant now);
    /** Gives up what has been incomplete for too long. True when anything was. */
    bool (*poll)(struct sk_iface *iface, instant now);
    instant (*poll_at)(const struct sk_iface *iface);
};

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Address conflict detection is linked where a configuration names it, and everywhere else
 * addresses are used as they come: sk_config.acd leads to these functions or is NULL.
 */
#pragma once

#include "net/iface.h"

struct sk_acd {
    void (*init)(struct sk_iface *iface, struct netif *netif);
    /** The netif wants the addresses in `wanted`; it has none until nobody else is found to use
     * them. */
    void (*begin)(struct netif *netif, instant now);
    /** The netif wants none any more. */
    void (*end)(struct netif *netif);
    /** An ARP message came. True: it is from a host that uses the same address as we. */
    bool (*arrives)(struct sk_iface *iface, struct netif *netif, const struct arp_hdr *arp,
                    instant now);
    bool (*poll)(struct sk_iface *iface, struct netif *netif, instant now);
    instant (*poll_at)(const struct netif *netif, instant now);
};

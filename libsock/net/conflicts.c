/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses that another host on the link has, too (RFC 5227): see conflicts.h. A leased address is
 * declined or given up and the server asked for another; a configured one is not used as long as
 * somebody else has it, and once in use it is kept.
 */
#include "net/conflicts.h"

static void init(struct sk_iface *iface, struct netif *netif)
{
    acd_init(&netif->acd, netif->link->mac, &iface->rng);
}

static void begin(struct netif *netif, instant now)
{
    acd_start(&netif->acd, netif->wanted.addr, !netif->uses_dhcp, now);
}

static void end(struct netif *netif)
{
    acd_stop(&netif->acd);
}

static void lose(struct sk_iface *iface, struct netif *netif, instant now)
{
    if (netif->uses_dhcp) {
        dhcp_decline(&netif->dhcp, now);
        lease_changed(iface, netif, now);
    } else {
        acd_start(&netif->acd, netif->wanted.addr, true, now + ACD_RATE_LIMIT_INTERVAL);
    }
}

static bool arrives(struct sk_iface *iface, struct netif *netif, const struct arp_hdr *arp,
                    instant now)
{
    switch (acd_arrives(&netif->acd, arp, now)) {
    case ACD_LOST:
        lose(iface, netif, now);
        iface->network_changed = true;
        return true;
    case ACD_CONFLICT:
        return true;
    default:
        return false;
    }
}

static bool poll(struct sk_iface *iface, struct netif *netif, instant now)
{
    struct arp_hdr arp;
    bool any = acd_poll(&netif->acd, now);

    if (any) {
        netif_use_wanted(iface, netif, now);
    }
    if (!acd_next(&netif->acd, &arp)) {
        return any;
    }
    if (tx_arp(iface, netif, &arp, MAC_BROADCAST, now)) {
        acd_sent(&netif->acd, now);
    } else {
        acd_unsent(&netif->acd, now);
    }
    return true;
}

static instant poll_at(const struct netif *netif, instant now)
{
    return acd_poll_at(&netif->acd, now);
}

const struct sk_acd sk_acd = {
    .init = init,
    .begin = begin,
    .end = end,
    .arrives = arrives,
    .poll = poll,
    .poll_at = poll_at,
};

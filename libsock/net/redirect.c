/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Redirects (RFC 792, RFC 1122 3.2.2.2, 3.3.1.2), for hosts that are configured to take them: any
 * host on the link can forge one. Whatever code it has, one is of a single destination.
 */
#include "net/iface.h"

#define FORGET_AFTER seconds(600) /* as what is known of the MTU of a path */

static struct redirect *find(struct sk_iface *iface, struct ip_addr dst)
{
    for (uint32_t i = 0; i < CONFIG_N_REDIRECTS; i++) {
        if (ip_equal(iface->redirects[i].dst, dst) && iface->now < iface->redirects[i].forget_at) {
            return &iface->redirects[i];
        }
    }
    return NULL;
}

/* A gateway that does not answer is none: the one that sent us there is. */
void redirect_apply(struct sk_iface *iface, struct netif *netif, struct ip_addr dst,
                    struct ip_addr *next_hop)
{
    const struct redirect *redirect = iface->takes_redirects ? find(iface, dst) : NULL;

    if (redirect && redirect->ifindex == netif->ifindex &&
        !neigh_is_down(&netif->neigh, redirect->gateway)) {
        *next_hop = redirect->gateway;
    }
}

void redirects_forget(struct sk_iface *iface, const struct netif *netif)
{
    for (uint32_t i = 0; i < CONFIG_N_REDIRECTS; i++) {
        if (iface->redirects[i].ifindex == netif->ifindex) {
            iface->redirects[i].forget_at = 0;
        }
    }
}

/* That of `dst`, or one that is forgotten, or will be first. */
static struct redirect *place_for(struct sk_iface *iface, struct ip_addr dst)
{
    struct redirect *place = find(iface, dst);

    if (place) {
        return place;
    }
    place = &iface->redirects[0];
    for (uint32_t i = 1; i < CONFIG_N_REDIRECTS; i++) {
        if (iface->redirects[i].forget_at < place->forget_at) {
            place = &iface->redirects[i];
        }
    }
    return place;
}

bool redirect_arrives(struct sk_iface *iface, struct netif *netif, struct ip_addr from,
                      struct ip_addr dst, struct ip_addr gateway)
{
    struct ip_addr next_hop;

    if (!iface->takes_redirects || route(iface, dst, &next_hop) != netif ||
        ip_equal(next_hop, dst) || !ip_equal(next_hop, from) || !netif_reaches(netif, gateway)) {
        return false;
    }
    *place_for(iface, dst) = (struct redirect){ .dst = dst,
                                                .gateway = gateway,
                                                .forget_at = iface->now + FORGET_AFTER,
                                                .ifindex = netif->ifindex };
    return true;
}

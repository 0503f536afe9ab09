/* SPDX-License-Identifier: BSD-3-Clause */
/* Which netif leads to an address, by which next hop, and from which address of ours (RFC 1122
 * 3.3.1, 3.3.4). */
#include "net/iface.h"

struct netif *netif_with_addr(struct sk_iface *iface, struct ip_addr addr)
{
    struct netif *past = iface->netifs + iface->n_netifs;

    if (ip_is_loopback(addr)) {
        return &iface->netifs[0];
    }
    if (ip_is_unspecified(addr)) { /* what a netif has that waits for its address */
        return NULL;
    }
    for (struct netif *netif = iface->netifs + LOOPBACK_IFINDEX; netif < past; netif++) {
        if (ip_equal(netif->addr, addr)) {
            return netif;
        }
    }
    return NULL;
}

bool netif_on_link(const struct netif *netif, struct ip_addr addr)
{
    return !ip_is_unspecified(netif->addr) &&
           ((ip4_bits(addr) ^ ip4_bits(netif->addr)) & netif->netmask) == 0;
}

/* RFC 791 3.2 */
static uint32_t class_mask(uint32_t bits)
{
    return bits >> 31 == 0 ? 0xff000000u : bits >> 30 == 2 ? 0xffff0000u : 0xffffff00u;
}

bool netif_is_broadcast(const struct netif *netif, struct ip_addr addr)
{
    uint32_t bits = ip4_bits(addr);

    if (bits == UINT32_MAX) {
        return true;
    }
    /* RFC 3021: a network of 31 bits has no broadcast address, one of 32 is a single host */
    return netif_on_link(netif, addr) && (uint32_t)~netif->netmask > 1 &&
           (bits | netif->netmask) == UINT32_MAX;
}

bool netif_hears_broadcast(const struct netif *netif, struct ip_addr addr)
{
    uint32_t bits = ip4_bits(addr);
    uint32_t mask = class_mask(bits);
    bool all_subnets = netif->netmask > mask && (bits | mask) == UINT32_MAX &&
                       ((bits ^ ip4_bits(netif->addr)) & mask) == 0 && !ip_equal(addr, netif->addr);

    return netif_is_broadcast(netif, addr) || all_subnets;
}

bool netif_reaches(const struct netif *netif, struct ip_addr addr)
{
    return netif_on_link(netif, addr) && ip_is_host(addr) && !ip_equal(addr, netif->addr) &&
           !netif_is_broadcast(netif, addr);
}

/* True when `netif` reaches `dst` without a router, and the better one of two is it: the smaller
 * network. */
static bool is_direct(const struct netif *netif, const struct netif *other, struct ip_addr dst)
{
    if (netif_on_link(netif, dst)) {
        return !other || netif->netmask > other->netmask;
    }
    return !other && (netif_is_broadcast(netif, dst) || ip_is_multicast(dst));
}

struct netif *route(struct sk_iface *iface, struct ip_addr dst, struct ip_addr *next_hop)
{
    struct netif *direct = NULL;
    struct netif *through = NULL;

    *next_hop = dst;
    if (netif_with_addr(iface, dst)) {
        return &iface->netifs[0];
    }
    for (uint32_t i = LOOPBACK_IFINDEX; i < iface->n_netifs; i++) {
        struct netif *netif = &iface->netifs[i];

        if (ip_is_unspecified(netif->addr)) {
            continue;
        }
        if (is_direct(netif, direct, dst)) {
            direct = netif;
        } else if (!through && !ip_is_unspecified(netif->gateway)) {
            through = netif;
        }
    }
    if (!direct && through) {
        *next_hop = through->gateway;
        redirect_apply(iface, through, dst, next_hop);
    }
    return direct ? direct : through;
}

static struct netif *by_netif(struct sk_iface *iface, struct netif *netif, struct ip_addr dst,
                              struct ip_addr *next_hop)
{
    if (netif_with_addr(iface, dst)) {
        return route(iface, dst, next_hop);
    }
    *next_hop = dst;
    if (!netif || ip_is_unspecified(netif->addr)) {
        return NULL;
    }
    if (is_direct(netif, NULL, dst)) {
        return netif;
    }
    *next_hop = netif->gateway;
    redirect_apply(iface, netif, dst, next_hop);
    return ip_is_unspecified(netif->gateway) ? NULL : netif;
}

struct netif *route_by(struct sk_iface *iface, uint8_t ifindex, struct ip_addr dst,
                       struct ip_addr *next_hop)
{
    return ifindex == 0 ? route(iface, dst, next_hop)
                        : by_netif(iface, netif_of(iface, ifindex), dst, next_hop);
}

struct ip_addr source_by(struct sk_iface *iface, const struct netif *netif, struct ip_addr dst)
{
    if (netif_with_addr(iface, dst)) {
        return dst; /* from ourselves to ourselves */
    }
    return netif ? netif->addr : ip4(0);
}

struct ip_addr source_for(struct sk_iface *iface, struct ip_addr dst)
{
    struct ip_addr next_hop;

    return source_by(iface, route(iface, dst, &next_hop), dst);
}

bool netif_may_send_from(struct sk_iface *iface, const struct netif *netif, struct ip_addr src)
{
    if (netif->ifindex == LOOPBACK_IFINDEX || ip_equal(src, netif->addr)) {
        return true;
    }
    return !ip_is_loopback(src) && (ip_is_unspecified(src) || netif_with_addr(iface, src));
}

enum neigh_state netif_resolve(struct netif *netif, struct ip_addr next_hop, instant now,
                               struct mac_addr *mac, uint8_t *hint)
{
    enum neigh_state state;

    *mac = MAC_BROADCAST;
    if (netif->link->medium != LINK_ETHERNET || netif_is_broadcast(netif, next_hop)) {
        return NEIGH_KNOWN;
    }
    if (ip_is_multicast(next_hop)) { /* RFC 1112 6.4 */
        uint32_t group = ip4_bits(next_hop);

        *mac = (struct mac_addr){ { 0x01, 0x00, 0x5e, (uint8_t)(group >> 16 & 0x7f),
                                    (uint8_t)(group >> 8), (uint8_t)group } };
        return NEIGH_KNOWN;
    }
    state = hint ? neigh_lookup(&netif->neigh, next_hop, now, mac, hint)
                 : neigh_lookup_for_answer(&netif->neigh, next_hop, now, mac);
    if (state != NEIGH_KNOWN) {
        netif->due_at = now; /* a request may have to leave */
    }
    return state;
}

void netif_doubt(struct sk_iface *iface, uint8_t ifindex, struct ip_addr dst, instant now)
{
    struct ip_addr next_hop;
    struct netif *netif = route_by(iface, ifindex, dst, &next_hop);

    if (netif && netif->link->medium == LINK_ETHERNET) {
        neigh_doubt(&netif->neigh, next_hop, now);
        netif->due_at = now;
    }
}

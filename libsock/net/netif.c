/* SPDX-License-Identifier: BSD-3-Clause */
/* Netifs: their addresses and gateways, and when the protocols that they run for themselves have
 * their turn. */
#include "net/conflicts.h"
#include "net/multicast.h"

#include "wire/ipv4.h"

static struct netif *netif_in(const struct sk_iface *iface, uint8_t ifindex)
{
    return ifindex >= 1 && ifindex <= iface->n_netifs ? &iface->netifs[ifindex - 1] : NULL;
}

struct netif *netif_of(struct sk_iface *iface, uint8_t ifindex)
{
    return netif_in(iface, ifindex);
}

static void set_addr(struct netif *netif, struct ip_addr addr, uint8_t prefix_len,
                     struct ip_addr gateway)
{
    netif->addr = addr;
    netif->netmask = prefix_len ? UINT32_MAX << (32 - prefix_len) : 0;
    netif->gateway = gateway;
    if (netif->link->medium == LINK_ETHERNET) {
        neigh_set_addr(&netif->neigh, addr);
    }
}

/* Who waits for a neighbour finds another way, or none. */
static void forget_addr(struct sk_iface *iface, struct netif *netif)
{
    set_addr(netif, ip4(0), 0, ip4(0));
    netif_wake_waiting(iface, netif);
}

void netif_use_wanted(struct sk_iface *iface, struct netif *netif, instant now)
{
    bool stays = ip_equal(netif->addr, netif->wanted.addr);

    set_addr(netif, netif->wanted.addr, netif->wanted.prefix_len, netif->wanted.gateways[0]);
    redirects_forget(iface, netif);
    netif_wake_waiting(iface, netif); /* the neighbours are forgotten with the old address */
    if (iface->multicast && !stays) {
        iface->multicast->restart(netif, now);
    }
}

void netif_want(struct sk_iface *iface, struct netif *netif, struct netif_addrs addrs, instant now)
{
    bool probes = iface->acd && netif->link->medium == LINK_ETHERNET;

    netif->wanted = addrs;
    if (probes && ip_is_unspecified(addrs.addr)) {
        iface->acd->end(netif);
    } else if (probes && !ip_equal(addrs.addr, netif->addr)) {
        forget_addr(iface, netif);
        iface->acd->begin(netif, now);
        netif->due_at = now;
        return;
    }
    netif_use_wanted(iface, netif, now);
}

static uint16_t usable_mtu(const struct sk_iface *iface, const struct link *link, uint16_t wanted)
{
    uint32_t mtu = iface->packet_size - LINK_HEADROOM;

    mtu = link->mtu < mtu ? link->mtu : mtu;
    return (uint16_t)(wanted && wanted < mtu ? wanted : mtu);
}

/* RFC 1122 3.2.1.3, 3.3.6: one that a host may have, and not the broadcast address of its network,
 * old or new. RFC 3021: a network of 31 bits has none. */
static bool may_have(struct ip_addr addr, uint8_t prefix_len)
{
    uint32_t mask = prefix_len < 32 ? UINT32_MAX >> prefix_len : 0;
    uint32_t host = ip4_bits(addr) & mask;

    return ip_is_host(addr) && (mask <= 1 || (host != 0 && host != mask));
}

/* Or none. */
static bool may_be_gateway(struct ip_addr gateway, struct ip_addr addr)
{
    return ip_is_unspecified(gateway) || (ip_is_host(gateway) && !ip_equal(gateway, addr));
}

static bool is_netif_valid(const struct link *link, const struct sk_netif_config *config)
{
    if (ip_is_unspecified(config->addr) && link->medium != LINK_ETHERNET) {
        return false; /* no DHCP */
    }
    if (!ip_is_unspecified(config->addr) && (config->prefix_len < 1 || config->prefix_len > 32 ||
                                             !may_have(config->addr, config->prefix_len))) {
        return false;
    }
    if (!may_be_gateway(config->gateway, config->addr) ||
        !may_be_gateway(config->gateway2, config->addr) ||
        (ip_is_unspecified(config->gateway) && !ip_is_unspecified(config->gateway2))) {
        return false;
    }
    return (config->mtu == 0 || config->mtu >= IPV4_MIN_MTU) && link->mtu >= IPV4_MIN_MTU &&
           (!config->host_name || dns_name_valid(config->host_name));
}

enum sk_err sk_netif_add(struct sk_iface *iface, struct link *link,
                         const struct sk_netif_config *config, instant now, uint8_t *ifindex)
{
    struct netif *netif = &iface->netifs[iface->n_netifs];
    bool dhcp = ip_is_unspecified(config->addr);

    if (iface->n_netifs == iface->max_netifs) {
        return SK_NO_SOCKETS;
    }
    if (!link || (iface->n_netifs > 0 && !is_netif_valid(link, config))) { /* not the loopback */
        return SK_INVALID;
    }
    *netif = (struct netif){
        .link = link,
        .name = config->name,
        .mtu = usable_mtu(iface, link, config->mtu),
        .max_mtu = usable_mtu(iface, link, config->mtu),
        .ifindex = (uint8_t)(iface->n_netifs + 1),
        .uses_dhcp = dhcp,
        .credit = link->absorb,
        .due_at = dhcp ? now : NEVER,
    };
    iface->has_flush |= link->ops->flush != NULL;
    link->on_dropped = link_drops;
    link->context = iface;
    list_init(&netif->waiting);
    list_init(&netif->blocked);
    neigh_init(&netif->neigh, iface->neighs + (size_t)iface->n_netifs * iface->n_neighbours,
               iface->n_neighbours, link->mac);
    dhcp_init(&netif->dhcp, link->mac, &iface->rng);
    netif->dhcp.host_name = config->host_name;
    if (iface->acd) {
        iface->acd->init(iface, netif);
    }
    if (iface->multicast) {
        iface->multicast->init(iface, netif);
    }
    netif_want(iface, netif,
               (struct netif_addrs){ .addr = config->addr,
                                     .gateways = { config->gateway, config->gateway2 },
                                     .prefix_len = config->prefix_len },
               now);
    if (dhcp) {
        dhcp_start(&netif->dhcp, now);
    }
    iface->n_netifs++;
    tell_watches(iface, NULL);
    if (ifindex) {
        *ifindex = netif->ifindex;
    }
    return SK_OK;
}

static void renew_configured(struct sk_iface *iface, struct netif *netif, instant now)
{
    struct netif_addrs addrs = netif->wanted;

    forget_addr(iface, netif);
    netif_want(iface, netif, addrs, now);
}

enum sk_err sk_netif_renew(struct sk_iface *iface, uint8_t ifindex, instant now)
{
    struct netif *netif = netif_of(iface, ifindex);

    if (!netif) {
        return SK_INVALID;
    }
    queries_flush(iface, now);
    netif->due_at = now;
    if (netif->uses_dhcp) {
        dhcp_reboot(&netif->dhcp, now);
        lease_changed(iface, netif, now);
    } else {
        renew_configured(iface, netif, now);
    }
    return SK_OK;
}

bool sk_iface_configured(const struct sk_iface *iface)
{
    for (uint32_t i = LOOPBACK_IFINDEX; i < iface->n_netifs; i++) {
        if (!ip_is_unspecified(iface->netifs[i].addr)) {
            return true;
        }
    }
    return false;
}

enum sk_err sk_netif_addr(const struct sk_iface *iface, uint8_t ifindex, struct ip_addr *addr)
{
    const struct netif *netif = netif_in(iface, ifindex);

    if (!netif) {
        return SK_INVALID;
    }
    *addr = netif->addr;
    return SK_OK;
}

static uint8_t prefix_len_of(uint32_t netmask)
{
    uint8_t len = 0;

    while (len < 32 && (netmask << len & UINT32_C(0x80000000))) {
        len++;
    }
    return len;
}

enum sk_err sk_netif_get(const struct sk_iface *iface, uint8_t ifindex, struct sk_netif_info *info)
{
    const struct netif *netif = netif_in(iface, ifindex);

    if (!netif) {
        return SK_INVALID;
    }
    *info = (struct sk_netif_info){
        .name = netif->name,
        .host_name = netif->dhcp.host_name,
        .addr = netif->addr,
        .prefix_len = prefix_len_of(netif->netmask),
        .mtu = netif->mtu,
        .loopback = ifindex == LOOPBACK_IFINDEX,
        .ethernet = netif->link->medium == LINK_ETHERNET,
        .multicast = iface->multicast != NULL,
    };
    memcpy(info->mac, netif->link->mac.b, sizeof(info->mac));
    return SK_OK;
}

struct link *sk_netif_link(const struct sk_iface *iface, uint8_t ifindex)
{
    const struct netif *netif = netif_in(iface, ifindex);

    return netif ? netif->link : NULL;
}

void netif_wake_waiting(struct sk_iface *iface, struct netif *netif)
{
    list_splice(&iface->senders, &netif->waiting);
    half_opens_wake(iface);
}

uint16_t netif_mss(const struct netif *netif)
{
    return (uint16_t)(netif->mtu - IPV4_HDR_LEN - TCP_HDR_LEN);
}

/* RFC 1122 3.3.1.5: when the gateway in use does not answer, one that may. */
static void choose_gateway(struct netif *netif)
{
    if (!neigh_is_down(&netif->neigh, netif->gateway)) {
        return;
    }
    for (uint32_t i = 0; i < N_GATEWAYS; i++) {
        struct ip_addr other = netif->wanted.gateways[i];

        if (!ip_is_unspecified(other) && !neigh_is_down(&netif->neigh, other)) {
            netif->gateway = other;
            return;
        }
    }
}

static bool poll_neighbours(struct sk_iface *iface, struct netif *netif, instant now)
{
    struct arp_hdr arp;
    struct mac_addr dst;
    bool any = false;

    if (neigh_poll(&netif->neigh, now)) {
        choose_gateway(netif);
        netif_wake_waiting(iface, netif);
        any = true;
    }
    while (neigh_next(&netif->neigh, now, &arp, &dst)) {
        if (!tx_arp(iface, netif, &arp, dst, now)) {
            neigh_unsent(&netif->neigh, arp.tpa);
        }
        any = true;
    }
    return any;
}

static instant earlier(instant a, instant b)
{
    return a < b ? a : b;
}

static instant next_due(const struct sk_iface *iface, const struct netif *netif, instant now)
{
    instant at = iface->acd ? iface->acd->poll_at(netif, now) : NEVER;

    if (netif->uses_dhcp) {
        at = earlier(at, dhcp_poll_at(&netif->dhcp));
    }
    if (iface->multicast) {
        at = earlier(at, iface->multicast->poll_at(netif));
    }
    if (netif->link->medium == LINK_ETHERNET) {
        at = earlier(at, neigh_poll_at(&netif->neigh, now));
    }
    return at;
}

/* DHCP comes after the address that it may now use, and neighbours last: they may be asked for. */
bool netif_poll(struct sk_iface *iface, struct netif *netif, instant now)
{
    bool any = false;

    if (now < netif->due_at) {
        return false;
    }
    if (iface->acd) {
        any |= iface->acd->poll(iface, netif, now);
    }
    if (netif->uses_dhcp) {
        any |= lease_poll(iface, netif, now);
    }
    if (iface->multicast) {
        any |= iface->multicast->poll(iface, netif, now);
    }
    if (netif->link->medium == LINK_ETHERNET) {
        any |= poll_neighbours(iface, netif, now);
    }
    netif->due_at = next_due(iface, netif, now);
    return any;
}

instant netif_poll_at(const struct netif *netif)
{
    instant link_at = netif->link->ops->poll_at ? netif->link->ops->poll_at(netif->link) : NEVER;

    return earlier(link_at, netif->due_at);
}

void netifs_flush(struct sk_iface *iface, instant now)
{
    for (uint32_t i = 0; i < iface->n_netifs; i++) {
        struct link *link = iface->netifs[i].link;

        if (link->ops->flush) {
            link->ops->flush(link, now);
        }
    }
}

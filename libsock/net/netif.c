/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses and routes (RFC 1122 3.3.1), and the protocols that a netif runs for itself: ARP and
 * DHCP. */
#include "net/conflicts.h"

#include "base/sum.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

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

void netif_use_wanted(struct sk_iface *iface, struct netif *netif)
{
    set_addr(netif, netif->wanted.addr, netif->wanted.prefix_len, netif->wanted.gateways[0]);
    redirects_forget(iface, netif);
    netif_wake_waiting(iface, netif); /* the neighbours are forgotten with the old address */
}

/* These addresses are to be used, or none. An address that is in use already is not probed for. */
static void want(struct sk_iface *iface, struct netif *netif, struct netif_addrs addrs, instant now)
{
    bool probes = iface->acd && netif->link->medium == LINK_ETHERNET;

    netif->wanted = addrs;
    if (probes && ip_is_unspecified(addrs.addr)) {
        iface->acd->end(netif);
    } else if (probes && !ip_equal(addrs.addr, netif->addr)) {
        set_addr(netif, ip4(0), 0, ip4(0));
        iface->acd->begin(netif, now);
        netif->due_at = now;
        return;
    }
    netif_use_wanted(iface, netif);
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
    want(iface, netif,
         (struct netif_addrs){ .addr = config->addr,
                               .gateways = { config->gateway, config->gateway2 },
                               .prefix_len = config->prefix_len },
         now);
    if (dhcp) {
        dhcp_start(&netif->dhcp, now);
    }
    iface->n_netifs++;
    tell_watcher(iface, NULL);
    if (ifindex) {
        *ifindex = netif->ifindex;
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

struct link *sk_netif_link(const struct sk_iface *iface, uint8_t ifindex)
{
    const struct netif *netif = netif_in(iface, ifindex);

    return netif ? netif->link : NULL;
}

struct netif *netif_with_addr(struct sk_iface *iface, struct ip_addr addr)
{
    if (ip_is_loopback(addr)) {
        return &iface->netifs[0];
    }
    for (uint32_t i = LOOPBACK_IFINDEX; i < iface->n_netifs; i++) {
        if (!ip_is_unspecified(addr) && ip_equal(iface->netifs[i].addr, addr)) {
            return &iface->netifs[i];
        }
    }
    return NULL;
}

static bool on_link(const struct netif *netif, uint32_t bits)
{
    return !ip_is_unspecified(netif->addr) &&
           ((bits ^ ip4_bits(netif->addr)) & netif->netmask) == 0;
}

bool netif_is_broadcast(const struct netif *netif, struct ip_addr addr)
{
    uint32_t bits = ip4_bits(addr);

    if (bits == UINT32_MAX) {
        return true;
    }
    /* RFC 3021: a network of 31 bits has no broadcast address, one of 32 is a single host */
    return on_link(netif, bits) && (uint32_t)~netif->netmask > 1 &&
           (bits | netif->netmask) == UINT32_MAX;
}

bool netif_reaches(const struct netif *netif, struct ip_addr addr)
{
    return on_link(netif, ip4_bits(addr)) && ip_is_host(addr) && !ip_equal(addr, netif->addr) &&
           !netif_is_broadcast(netif, addr);
}

/* True when `netif` reaches `dst` without a router, and the better one of two is it: the smaller
 * network. */
static bool is_direct(const struct netif *netif, const struct netif *other, struct ip_addr dst)
{
    if (on_link(netif, ip4_bits(dst))) {
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

struct ip_addr source_for(struct sk_iface *iface, struct ip_addr dst)
{
    struct ip_addr next_hop;
    struct netif *netif;

    if (netif_with_addr(iface, dst)) {
        return dst; /* from ourselves to ourselves */
    }
    netif = route(iface, dst, &next_hop);
    return netif ? netif->addr : ip4(0);
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
    state = neigh_lookup(&netif->neigh, next_hop, now, mac, hint);
    if (state != NEIGH_KNOWN) {
        netif->due_at = now; /* a request may have to leave */
    }
    return state;
}

void netif_doubt(struct sk_iface *iface, struct ip_addr dst, instant now)
{
    struct ip_addr next_hop;
    struct netif *netif = route(iface, dst, &next_hop);

    if (netif && netif->link->medium == LINK_ETHERNET) {
        neigh_doubt(&netif->neigh, next_hop, now);
        netif->due_at = now;
    }
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

bool netif_is_acquiring(const struct netif *netif)
{
    return netif->uses_dhcp && ip_is_unspecified(netif->addr);
}

/* ---- DHCP ------------------------------------------------------------------------------------ */

static void add_dns(struct sk_iface *iface, struct ip_addr server)
{
    struct sk_addr addr = { server, DNS_PORT };

    for (uint32_t i = 0; i < iface->n_dns; i++) {
        if (sk_addr_equal(iface->dns[i], addr)) {
            return;
        }
    }
    if (iface->n_dns < CONFIG_N_DNS_SERVERS) {
        iface->dns[iface->n_dns++] = addr;
    }
}

/* Behind the configured ones, those of every lease that there is now. */
static void gather_dns(struct sk_iface *iface)
{
    iface->n_dns = iface->n_dns_configured;
    for (uint32_t i = 0; i < iface->n_netifs; i++) {
        const struct dhcp_client *dhcp = &iface->netifs[i].dhcp;

        for (uint32_t j = 0; dhcp_has_lease(dhcp) && j < dhcp->lease.n_dns; j++) {
            add_dns(iface, dhcp->lease.dns[j]);
        }
    }
}

void netif_lease_changed(struct sk_iface *iface, struct netif *netif, instant now)
{
    const struct dhcp_lease *lease = &netif->dhcp.lease;

    gather_dns(iface);
    queries_flush(iface);
    netif->mtu = netif->max_mtu;
    if (!dhcp_has_lease(&netif->dhcp)) {
        want(iface, netif, (struct netif_addrs){ .prefix_len = 0 }, now);
        return;
    }
    want(iface, netif,
         (struct netif_addrs){ .addr = lease->addr,
                               .gateways = { lease->gateways[0], lease->gateways[1] },
                               .prefix_len = lease->prefix_len },
         now);
    if (lease->mtu >= IPV4_MIN_MTU && lease->mtu < netif->max_mtu) {
        netif->mtu = lease->mtu;
    }
}

enum drop_reason netif_dhcp_arrives(struct sk_iface *iface, struct netif *netif, struct cursor *c,
                                    instant now)
{
    struct dhcp_msg msg;
    enum drop_reason reason = dhcp_parse(c, &msg);
    bool changed = false;

    netif->due_at = now;
    if (reason == DROP_NONE) {
        reason = dhcp_arrives(&netif->dhcp, &msg, now, &changed);
    }
    if (changed) {
        netif_lease_changed(iface, netif, now);
    }
    return reason;
}

static void send_dhcp(struct sk_iface *iface, struct netif *netif, const struct dhcp_msg *msg,
                      struct ip_addr dst, struct mac_addr mac, instant now)
{
    struct pkt *pkt = tx_alloc(iface, UDP_HDR_LEN);
    struct udp_hdr udp = { .src_port = DHCP_CLIENT_PORT, .dst_port = DHCP_SERVER_PORT };
    struct ip_hdr ip = { .src = msg->ciaddr,
                         .dst = dst,
                         .proto = IP_PROTO_UDP,
                         .ttl = IP_DEFAULT_TTL,
                         .dont_frag = true };
    struct writer w;

    if (!pkt) {
        drop(iface, DROP_TX_NO_PACKET, NULL);
        return;
    }
    w = writer_over(pkt_data(pkt), pkt_room(pkt));
    if (!dhcp_emit(&w, msg)) {
        drop(iface, DROP_TX_NO_PACKET, pkt);
        pkt_free(pkt);
        return;
    }
    pkt_put(pkt, (uint32_t)w.len);
    udp.payload_len = (uint16_t)w.len;
    ip.payload_len = (uint16_t)(UDP_HDR_LEN + w.len);
    udp_emit(pkt_push(pkt, UDP_HDR_LEN), &ip, &udp, sum_add(0, w.base, w.len));
    if (tx_packet(iface, netif, NULL, &ip, mac, pkt, now) != SK_OK) {
        drop(iface, DROP_TX_LINK, pkt);
        pkt_free(pkt);
    }
}

/* A server that is not on the link is behind the gateway. */
static enum neigh_state resolve_server(struct netif *netif, struct ip_addr server, instant now,
                                       struct mac_addr *mac)
{
    bool direct = netif_is_broadcast(netif, server) || on_link(netif, ip4_bits(server));
    uint8_t hint = 0;

    if (!direct && ip_is_unspecified(netif->gateway)) {
        return NEIGH_DOWN; /* until rebinding, which is a broadcast */
    }
    return netif_resolve(netif, direct ? server : netif->gateway, now, mac, &hint);
}

static bool poll_dhcp(struct sk_iface *iface, struct netif *netif, instant now)
{
    struct dhcp_msg msg;
    struct ip_addr dst;
    struct mac_addr mac;
    enum neigh_state neigh;
    bool any = false;

    if (dhcp_poll(&netif->dhcp, now)) {
        netif_lease_changed(iface, netif, now);
        any = true;
    }
    /* An address that is leased and still probed for is no source yet: then a renewal waits. */
    while (!(dhcp_has_lease(&netif->dhcp) && ip_is_unspecified(netif->addr)) &&
           dhcp_next(&netif->dhcp, now, &msg, &dst)) {
        neigh = resolve_server(netif, dst, now, &mac);
        if (neigh == NEIGH_WAITING) {
            break; /* asked for again when the neighbour cache has news */
        }
        if (neigh == NEIGH_KNOWN) {
            send_dhcp(iface, netif, &msg, dst, mac, now);
        }
        dhcp_sent(&netif->dhcp, now);
        any = true;
    }
    return any;
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
        any |= poll_dhcp(iface, netif, now);
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

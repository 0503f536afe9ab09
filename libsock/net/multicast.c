/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Multicast groups (RFC 1112): which sockets are in which, and IGMP for the netifs. What comes for
 * a group in which any socket is goes to every socket that is bound to it or to all addresses, as
 * on Linux (IP_MULTICAST_ALL).
 */
#include "net/multicast.h"

#include "wire/ipv4.h"

/* RFC 2113: routers look at the packet though it is not addressed to them. */
static const uint8_t ROUTER_ALERT[] = { 148, 4, 0, 0 };

static void lay_out(struct sk_iface *iface, const struct sk_config *config, struct arena *a)
{
    iface->n_memberships = config->n_memberships;
    iface->memberships = arena_take(a, config->n_memberships, sizeof(struct membership));
    iface->groups =
        arena_take(a, (size_t)config->n_netifs * config->n_memberships, sizeof(struct igmp_group));
}

static void init(struct sk_iface *iface, struct netif *netif)
{
    igmp_init(&netif->igmp, iface->groups + (size_t)(netif->ifindex - 1) * iface->n_memberships,
              iface->n_memberships, &iface->rng);
}

/* Those of free places are found with a NULL socket. */
static struct membership *find(const struct sk_iface *iface, const struct udp_entry *udp,
                               struct ip_addr group, uint8_t ifindex)
{
    for (uint32_t i = 0; i < iface->n_memberships; i++) {
        struct membership *m = &iface->memberships[i];

        if (m->udp == udp && ip_equal(m->group, group) && m->ifindex == ifindex) {
            return m;
        }
    }
    return NULL;
}

/* The first and the last member change what the link has to take in. */
static void tell_link(struct link *link, bool groups)
{
    if (link->ops->take_groups) {
        link->ops->take_groups(link, groups);
    }
}

static enum sk_err join(struct sk_iface *iface, struct udp_entry *udp, struct ip_addr group,
                        uint8_t ifindex, instant now)
{
    struct ip_addr next_hop;
    struct netif *netif = route_by(iface, ifindex, group, &next_hop);
    struct membership *m;

    if (!ip_is_multicast(group)) {
        return SK_INVALID;
    }
    if (!netif) {
        return SK_NET_UNREACHABLE;
    }
    if (find(iface, udp, group, netif->ifindex)) {
        return SK_BINDING_IN_USE;
    }
    m = find(iface, NULL, ip4(0), 0);
    if (!m || !igmp_join(&netif->igmp, group, now)) {
        return SK_NO_BUFFERS;
    }
    *m = (struct membership){ .udp = udp, .group = group, .ifindex = netif->ifindex };
    udp->n_groups++;
    netif->due_at = now;
    if (netif->igmp.n_joined == 1) {
        tell_link(netif->link, true);
    }
    return SK_OK;
}

static void end(struct sk_iface *iface, struct membership *m, instant now)
{
    struct netif *netif = netif_of(iface, m->ifindex);

    igmp_leave(&netif->igmp, m->group, now);
    netif->due_at = now;
    m->udp->n_groups--;
    *m = (struct membership){ .group = ip4(0) };
    if (netif->igmp.n_joined == 0) {
        tell_link(netif->link, false);
    }
}

/* Without a netif the one where it is, which is found without a route. */
static enum sk_err leave(struct sk_iface *iface, struct udp_entry *udp, struct ip_addr group,
                         uint8_t ifindex, instant now)
{
    for (uint32_t i = 0; i < iface->n_memberships; i++) {
        struct membership *m = &iface->memberships[i];

        if (m->udp == udp && ip_equal(m->group, group) && (ifindex == 0 || m->ifindex == ifindex)) {
            end(iface, m, now);
            return SK_OK;
        }
    }
    return SK_ADDR_NOT_AVAIL;
}

static void leave_all(struct sk_iface *iface, struct udp_entry *udp, instant now)
{
    for (uint32_t i = 0; udp->n_groups > 0; i++) {
        if (iface->memberships[i].udp == udp) {
            end(iface, &iface->memberships[i], now);
        }
    }
}

static bool is_member(const struct netif *netif, struct ip_addr group)
{
    return igmp_is_member(&netif->igmp, group);
}

static void restart(struct netif *netif, instant now)
{
    igmp_restart(&netif->igmp, now);
}

/* RFC 2236 2, 9: whoever is not in this network cannot send to a group with a time to live of 1.
 * 10: a report from elsewhere must not silence a member here. A switch that asks for the routers'
 * sake has no address. */
static enum drop_reason arrives(struct sk_iface *iface, struct netif *netif,
                                const struct ip_hdr *ip, struct cursor *c, instant now)
{
    struct igmp_hdr hdr;
    enum drop_reason reason = igmp_parse(c, &hdr);

    (void)iface;
    if (reason != DROP_NONE) {
        return reason;
    }
    if (ip->ttl != 1 || !ip_is_multicast(ip->dst)) {
        return DROP_IGMP_FAR;
    }
    if (hdr.type != IGMP_QUERY && !netif_on_link(netif, ip->src)) {
        return DROP_IP_MARTIAN_SOURCE;
    }
    netif->due_at = now;
    return igmp_arrives(&netif->igmp, &hdr, now);
}

/* False: nobody heard it. */
static bool send(struct sk_iface *iface, struct netif *netif, const struct igmp_hdr *hdr,
                 struct ip_addr dst, instant now)
{
    struct ip_hdr ip = {
        .src = netif->addr,
        .dst = dst,
        .proto = IP_PROTO_IGMP,
        .ttl = 1,
        .dont_frag = true,
        .options = ROUTER_ALERT,
        .n_options = sizeof(ROUTER_ALERT),
    };
    struct pkt *pkt = tx_alloc(iface, sizeof(ROUTER_ALERT));
    struct mac_addr mac;
    uint8_t hint = 0;

    if (!pkt) {
        drop(iface, DROP_TX_NO_PACKET, NULL);
        return false;
    }
    igmp_emit(sk_pkt_put(pkt, IGMP_LEN), hdr);
    netif_resolve(netif, dst, now, &mac, &hint);
    if (tx_packet(iface, netif, NULL, &ip, mac, pkt, now) != SK_OK) {
        drop(iface, DROP_TX_LINK, pkt);
        sk_pkt_free(pkt);
        return false;
    }
    return true;
}

/* Nobody is told from an address that is not there yet, nor over the loopback. */
static bool is_silent(const struct netif *netif)
{
    return ip_is_unspecified(netif->addr) || netif->ifindex == LOOPBACK_IFINDEX;
}

/* One message a turn, so that no frame costs as many as there are groups. */
static bool poll(struct sk_iface *iface, struct netif *netif, instant now)
{
    struct igmp_hdr hdr;
    struct ip_addr dst;

    if (is_silent(netif) || !igmp_next(&netif->igmp, now, &hdr, &dst)) {
        return false;
    }
    if (send(iface, netif, &hdr, dst, now)) {
        igmp_sent(&netif->igmp, hdr.group, now);
    } else {
        igmp_unsent(&netif->igmp, hdr.group, now);
    }
    return true;
}

static instant poll_at(const struct netif *netif)
{
    return is_silent(netif) ? NEVER : igmp_poll_at(&netif->igmp);
}

const struct sk_multicast sk_multicast = {
    .lay_out = lay_out,
    .init = init,
    .join = join,
    .leave = leave,
    .leave_all = leave_all,
    .is_member = is_member,
    .restart = restart,
    .arrives = arrives,
    .poll = poll,
    .poll_at = poll_at,
};

/* SPDX-License-Identifier: BSD-3-Clause */
/* What a netif's DHCP client says and hears, and what becomes of a lease. */
#include "net/iface.h"

#include "base/sum.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

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

void lease_changed(struct sk_iface *iface, struct netif *netif, instant now)
{
    const struct dhcp_lease *lease = &netif->dhcp.lease;

    gather_dns(iface);
    queries_flush(iface, now);
    netif->mtu = netif->max_mtu;
    if (!dhcp_has_lease(&netif->dhcp)) {
        netif_want(iface, netif, (struct netif_addrs){ .prefix_len = 0 }, now);
        return;
    }
    netif_want(iface, netif,
               (struct netif_addrs){ .addr = lease->addr,
                                     .gateways = { lease->gateways[0], lease->gateways[1] },
                                     .prefix_len = lease->prefix_len },
               now);
    if (lease->mtu >= IPV4_MIN_MTU && lease->mtu < netif->max_mtu) {
        netif->mtu = lease->mtu;
    }
}

enum drop_reason lease_arrives(struct sk_iface *iface, struct netif *netif, struct cursor *c,
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
        lease_changed(iface, netif, now);
        iface->network_changed = true;
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
    w = writer_over(sk_pkt_data(pkt), sk_pkt_room(pkt));
    if (!dhcp_emit(&w, msg)) {
        drop(iface, DROP_TX_NO_PACKET, pkt);
        sk_pkt_free(pkt);
        return;
    }
    sk_pkt_put(pkt, (uint32_t)w.len);
    udp.payload_len = (uint16_t)w.len;
    ip.payload_len = (uint16_t)(UDP_HDR_LEN + w.len);
    udp_emit(sk_pkt_push(pkt, UDP_HDR_LEN), &ip, &udp, sum_add(0, w.base, w.len));
    if (tx_packet(iface, netif, NULL, &ip, mac, pkt, now) != SK_OK) {
        drop(iface, DROP_TX_LINK, pkt);
        sk_pkt_free(pkt);
    }
}

/* A server that is not on the link is behind the gateway. */
static enum neigh_state resolve_server(struct netif *netif, struct ip_addr server, instant now,
                                       struct mac_addr *mac)
{
    bool direct = netif_is_broadcast(netif, server) || netif_on_link(netif, server);
    uint8_t hint = 0;

    if (!direct && ip_is_unspecified(netif->gateway)) {
        return NEIGH_DOWN; /* until rebinding, which is a broadcast */
    }
    return netif_resolve(netif, direct ? server : netif->gateway, now, mac, &hint);
}

bool lease_poll(struct sk_iface *iface, struct netif *netif, instant now)
{
    struct dhcp_msg msg;
    struct ip_addr dst;
    struct mac_addr mac;
    enum neigh_state neigh;
    bool any = false;

    if (dhcp_poll(&netif->dhcp, now)) {
        lease_changed(iface, netif, now);
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

/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP datagrams to their sockets (RFC 768, RFC 1122 4.1). */
#include "net/iface.h"

#include "wire/icmp4.h"

static bool is_dhcp(const struct netif *netif, const struct udp_hdr *hdr)
{
    return netif->uses_dhcp && hdr->dst_port == DHCP_CLIENT_PORT &&
           hdr->src_port == DHCP_SERVER_PORT;
}

/* While there is no address every datagram was let through for DHCP's sake. */
static bool is_for_us(struct sk_iface *iface, const struct netif *netif, const struct ip_hdr *ip)
{
    return !netif_is_acquiring(netif) || netif_is_broadcast(netif, ip->dst) ||
           netif_with_addr(iface, ip->dst);
}

static enum drop_reason give(struct sk_iface *iface, struct sock_node *node,
                             const struct ip_hdr *ip, const struct udp_hdr *hdr,
                             const struct cursor *c, const struct pkt *pkt, instant now)
{
    struct udp_sock *udp = &((struct udp_entry *)(void *)node)->udp;
    enum drop_reason reason = udp_arrives(udp, ip, hdr, c->at, now);

    if (reason != DROP_NONE) {
        return drop_at(iface, node, reason, pkt);
    }
    iface->stats.udp_rx++;
    node_changed(iface, node);
    return DROP_NONE;
}

/* A broadcast or a multicast is for every socket, as on all systems since 4.2BSD: also for one that
 * is bound to the group and has its sender as its peer. */
static bool give_all(struct sk_iface *iface, struct sk_addr local, const struct ip_hdr *ip,
                     const struct udp_hdr *hdr, const struct cursor *c, const struct pkt *pkt,
                     instant now)
{
    struct sk_addr remote = { ip->src, hdr->src_port };
    struct sock_node *paired = sockets_find(iface, false, local, remote, ip->ifindex);
    struct sock_node *node = NULL;
    bool any = paired != NULL;

    if (paired) {
        give(iface, paired, ip, hdr, c, pkt, now);
    }
    while ((node = sockets_next(iface, local, ip->ifindex, node)) != NULL) {
        give(iface, node, ip, hdr, c, pkt, now);
        any = true;
    }
    return any;
}

void udp_loop_back(struct sk_iface *iface, const struct netif *netif, struct ip_hdr ip,
                   const struct udp_hdr *hdr, const uint8_t *payload, instant now)
{
    struct cursor c = cursor_over(payload, hdr->payload_len);

    ip.ifindex = netif->ifindex;
    give_all(iface, (struct sk_addr){ ip.dst, hdr->dst_port }, &ip, hdr, &c, NULL, now);
}

enum drop_reason rx_udp(struct sk_iface *iface, struct netif *netif, const struct ip_hdr *ip,
                        struct cursor *c, struct pkt *pkt, instant now)
{
    struct udp_hdr hdr;
    struct sk_addr local;
    struct sock_node *node;
    enum drop_reason reason = udp_parse(c, ip, &hdr);

    if (reason != DROP_NONE) {
        return drop(iface, reason, pkt);
    }
    if (is_dhcp(netif, &hdr)) {
        reason = lease_arrives(iface, netif, c, now);
        return reason == DROP_NONE ? DROP_NONE : drop(iface, reason, pkt);
    }
    if (!is_for_us(iface, netif, ip)) {
        return drop(iface, DROP_IP_NOT_FOR_US, pkt);
    }
    local = (struct sk_addr){ ip->dst, hdr.dst_port };
    if (ip->to_many && give_all(iface, local, ip, &hdr, c, pkt, now)) {
        return DROP_NONE;
    }
    node =
        sockets_match(iface, false, local, (struct sk_addr){ ip->src, hdr.src_port }, ip->ifindex);
    if (!node) {
        if (hdr.src_port != 0) { /* else there is nobody to tell */
            tx_icmp_error(iface, ip, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, pkt, now);
        }
        return drop(iface, DROP_UDP_NO_SOCKET, pkt);
    }
    return give(iface, node, ip, &hdr, c, pkt, now);
}

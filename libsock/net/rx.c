/* SPDX-License-Identifier: BSD-3-Clause */
/* From the link to the transport: framing, ARP, and the IP rules for hosts (RFC 1122 3.2.1). */
#include "net/conflicts.h"
#include "net/fragments.h"
#include "net/multicast.h"

#include "wire/icmp4.h"
#include "wire/ipv4.h"

static bool is_class_e(struct ip_addr addr)
{
    return ip4_bits(addr) >> 28 == 0xf;
}

/*
 * RFC 1122 3.2.1.3: addresses that nobody can send from. A loopback source is let through for ICMP
 * alone, whose errors are matched by what they quote: a NAT such as libslirp's reports a refusal of
 * its own host so.
 */
static bool is_martian_source(struct sk_iface *iface, const struct netif *netif,
                              const struct ip_hdr *ip)
{
    if (netif->ifindex == LOOPBACK_IFINDEX) {
        return !netif_with_addr(iface, ip->src);
    }
    if (ip_is_loopback(ip->src)) {
        return ip->proto != IP_PROTO_ICMP;
    }
    if (ip_is_unspecified(ip->src)) { /* RFC 4541 2.1.1: a switch that asks for members */
        return ip->proto != IP_PROTO_IGMP || !ip_is_multicast(ip->dst);
    }
    return ip4_bits(ip->src) >> 24 == 0 || ip_is_multicast(ip->src) || is_class_e(ip->src) ||
           netif_hears_broadcast(netif, ip->src) || netif_with_addr(iface, ip->src);
}

static bool is_martian_destination(const struct netif *netif, const struct ip_hdr *ip)
{
    uint32_t bits = ip4_bits(ip->dst);

    return bits >> 24 == 0 || (is_class_e(ip->dst) && bits != UINT32_MAX) ||
           (ip_is_loopback(ip->dst) && netif->ifindex != LOOPBACK_IFINDEX);
}

static enum drop_reason check_addresses(struct sk_iface *iface, struct netif *netif,
                                        const struct ip_hdr *ip)
{
    if (is_martian_source(iface, netif, ip)) {
        return DROP_IP_MARTIAN_SOURCE;
    }
    if (is_martian_destination(netif, ip)) {
        return DROP_IP_MARTIAN_DESTINATION;
    }
    if (netif_is_acquiring(netif) && ip->proto == IP_PROTO_UDP) {
        return DROP_NONE; /* RFC 2131 4.1: a server may send to the address that it offers */
    }
    if (ip_is_multicast(ip->dst)) {
        return iface->multicast && iface->multicast->is_member(netif, ip->dst) ? DROP_NONE
                                                                               : DROP_IP_NOT_FOR_US;
    }
    if (ip->to_many) {
        return DROP_NONE;
    }
    if (!netif_with_addr(iface, ip->dst)) {
        return DROP_IP_NOT_FOR_US;
    }
    return ip->link_broadcast ? DROP_IP_LINK_BROADCAST : DROP_NONE;
}

static enum drop_reason rx_igmp(struct sk_iface *iface, struct netif *netif,
                                const struct ip_hdr *ip, struct cursor *c, struct pkt *pkt,
                                instant now)
{
    enum drop_reason reason = iface->multicast->arrives(iface, netif, ip, c, now);

    return reason == DROP_NONE ? DROP_NONE : drop(iface, reason, pkt);
}

enum drop_reason rx_datagram(struct sk_iface *iface, struct netif *netif, const struct ip_hdr *ip,
                             struct cursor *c, struct pkt *pkt, instant now)
{
    switch (ip->proto) {
    case IP_PROTO_TCP:
        return rx_tcp(iface, netif, ip, c, pkt, now);
    case IP_PROTO_UDP:
        return rx_udp(iface, netif, ip, c, pkt, now);
    case IP_PROTO_ICMP:
        return rx_icmp(iface, netif, ip, c, pkt, now);
    case IP_PROTO_IGMP:
        if (iface->multicast) {
            return rx_igmp(iface, netif, ip, c, pkt, now);
        }
        break;
    default:
        break;
    }
    tx_icmp_error(iface, ip, ICMP4_UNREACHABLE, ICMP4_PROTOCOL_UNREACHABLE, pkt, now);
    return drop(iface, DROP_IP_PROTOCOL, pkt);
}

static enum drop_reason rx_fragment(struct sk_iface *iface, struct netif *netif,
                                    const struct ip_hdr *ip, const struct cursor *c,
                                    struct pkt *pkt, instant now)
{
    if (!iface->fragments) {
        return drop(iface, DROP_IP_FRAGMENT, pkt);
    }
    return iface->fragments->arrives(iface, netif, ip, c, pkt, now);
}

static enum drop_reason rx_ip(struct sk_iface *iface, struct netif *netif, bool link_broadcast,
                              struct pkt *pkt, instant now)
{
    struct cursor c = cursor_over(sk_pkt_data(pkt), pkt->len);
    struct ip_hdr ip;
    enum drop_reason reason = ipv4_parse(&c, &ip);

    if (reason != DROP_NONE) {
        return drop(iface, reason, pkt);
    }
    ip.ifindex = netif->ifindex;
    ip.link_broadcast = link_broadcast;
    ip.to_many = netif_hears_broadcast(netif, ip.dst) || ip_is_multicast(ip.dst);
    reason = check_addresses(iface, netif, &ip);
    if (reason != DROP_NONE) {
        return drop(iface, reason, pkt);
    }
    if (ip.more_frags || ip.frag_offset > 0) {
        return rx_fragment(iface, netif, &ip, &c, pkt, now);
    }
    return rx_datagram(iface, netif, &ip, &c, pkt, now);
}

static void answer_arp(struct sk_iface *iface, struct netif *netif, const struct arp_hdr *request,
                       instant now)
{
    struct arp_hdr reply = { .op = ARP_REPLY,
                             .sha = netif->link->mac,
                             .spa = request->tpa,
                             .tha = request->sha,
                             .tpa = request->spa };

    tx_arp(iface, netif, &reply, request->sha, now);
}

static enum drop_reason rx_arp(struct sk_iface *iface, struct netif *netif, struct pkt *pkt,
                               instant now)
{
    struct cursor c = cursor_over(sk_pkt_data(pkt), pkt->len);
    struct arp_hdr arp;
    bool changed = false;
    enum drop_reason reason = arp_parse(&c, &arp);

    netif->due_at = now;
    if (reason == DROP_NONE && iface->acd && iface->acd->arrives(iface, netif, &arp, now)) {
        reason = DROP_ARP_CONFLICT;
    }
    if (reason == DROP_NONE) {
        reason = neigh_arrives(&netif->neigh, &arp, now, &changed);
    }
    if (changed) {
        netif_wake_waiting(iface, netif);
    }
    if (reason == DROP_NONE && arp.op == ARP_REQUEST) {
        answer_arp(iface, netif, &arp, now);
    }
    return reason == DROP_NONE ? DROP_NONE : drop(iface, reason, pkt);
}

static enum drop_reason rx_ethernet(struct sk_iface *iface, struct netif *netif, struct pkt *pkt,
                                    instant now)
{
    struct cursor c = cursor_over(sk_pkt_data(pkt), pkt->len);
    struct eth_hdr eth;
    enum drop_reason reason = eth_parse(&c, &eth);

    if (reason != DROP_NONE) {
        return drop(iface, reason, pkt);
    }
    if (mac_is_group(eth.src) || mac_equal(eth.src, netif->link->mac)) {
        return drop(iface, DROP_ETH_SOURCE, pkt);
    }
    if (!mac_is_group(eth.dst) && !mac_equal(eth.dst, netif->link->mac)) {
        return drop(iface, DROP_ETH_NOT_FOR_US, pkt);
    }
    sk_pkt_pull(pkt, ETH_HDR_LEN);
    switch (eth.type) {
    case ETH_TYPE_IPV4:
        return rx_ip(iface, netif, mac_is_group(eth.dst), pkt, now);
    case ETH_TYPE_ARP:
        return rx_arp(iface, netif, pkt, now);
    default:
        return drop(iface, DROP_ETH_TYPE, pkt);
    }
}

enum drop_reason rx_frame(struct sk_iface *iface, struct netif *netif, struct pkt *pkt, instant now)
{
    uint32_t header = netif->link->medium == LINK_ETHERNET ? ETH_HDR_LEN : 0;

    pkt->ifindex = netif->ifindex;
    iface->stats.rx_packets++;
    iface->stats.rx_octets += pkt->len;
    if (iface->trace) {
        iface->trace(iface->trace_context, SK_TRACE_RX, SK_FD_NONE, pkt, DROP_NONE);
    }
    if (pkt->len > (uint32_t)netif->link->mtu + header) { /* netif->mtu is for what is sent */
        return drop(iface, DROP_RX_OVERSIZE, pkt);
    }
    return header ? rx_ethernet(iface, netif, pkt, now) : rx_ip(iface, netif, false, pkt, now);
}

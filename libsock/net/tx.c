/* SPDX-License-Identifier: BSD-3-Clause */
/* Headers in front of what a transport says, and the replies that belong to no socket. */
#include "net/iface.h"

#include "base/sum.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"

#include <string.h>

#define QUOTE_TEXT 8 /* octets of the datagram's payload that an ICMP error quotes, RFC 792 */

/* How many a second has is drawn anew: a known limit would tell who exhausts it, by one answer that
 * does not come, how many of his other questions were answered, and so which ports are open. */
static bool rate_allows(struct sk_iface *iface, struct rate *rate, instant now)
{
    if (tick_since(rate->since, now) >= tick_floor(seconds(1))) {
        rate->since = tick_floor(now);
        rate->left = rate->per_second - rng_below(&iface->rng, rate->per_second / 2 + 1);
    }
    if (rate->left == 0) {
        return false;
    }
    rate->left--;
    return true;
}

struct pkt *tx_alloc(struct sk_iface *iface, uint32_t more)
{
    return sk_pkt_alloc(&iface->pool, IP_HEADROOM + more);
}

/* RFC 894: octets that pad a short frame are zero, never what the buffer held before. */
static void frame(const struct netif *netif, uint16_t type, struct mac_addr dst, struct pkt *pkt)
{
    struct eth_hdr eth = { .dst = dst, .src = netif->link->mac, .type = type };

    eth_emit(sk_pkt_push(pkt, ETH_HDR_LEN), &eth);
    if (pkt->len < ETH_MIN_LEN) {
        uint32_t padding = ETH_MIN_LEN - pkt->len;

        memset(sk_pkt_put(pkt, padding), 0, padding);
    }
}

static enum sk_err hand_over(struct sk_iface *iface, struct netif *netif,
                             const struct sock_node *node, struct pkt *pkt, instant now)
{
    uint32_t len = pkt->len;
    enum sk_err err;

    pkt->ifindex = netif->ifindex;
    if (iface->trace) {
        iface->trace(iface->trace_context, SK_TRACE_TX, fd_of(iface, node), pkt, DROP_NONE);
    }
    err = netif->link->ops->tx(netif->link, pkt, now);
    if (err == SK_OK) {
        iface->stats.tx_packets++;
        iface->stats.tx_octets += len;
    }
    return err;
}

/* Only of what an interrupt posted, or whose route changed, this was not asked before. */
static enum drop_reason check_packet(struct sk_iface *iface, const struct netif *netif,
                                     const struct ip_hdr *ip, const struct pkt *pkt)
{
    if (!netif_may_send_from(iface, netif, ip->src)) {
        return DROP_IP_MARTIAN_SOURCE;
    }
    return ipv4_hdr_len(ip) + pkt->len > netif->mtu ? DROP_TX_OVERSIZE : DROP_NONE;
}

enum sk_err tx_packet(struct sk_iface *iface, struct netif *netif, const struct sock_node *node,
                      struct ip_hdr *ip, struct mac_addr mac, struct pkt *pkt, instant now)
{
    enum drop_reason reason = check_packet(iface, netif, ip, pkt);

    if (reason != DROP_NONE) {
        drop_at(iface, node, reason, pkt);
        sk_pkt_free(pkt);
        return SK_OK;
    }
    ip->payload_len = (uint16_t)pkt->len;
    ipv4_emit(sk_pkt_push(pkt, ipv4_hdr_len(ip)), ip);
    if (netif->link->medium == LINK_ETHERNET) {
        frame(netif, ETH_TYPE_IPV4, mac, pkt);
    }
    return hand_over(iface, netif, node, pkt, now);
}

/* A gateway is of our own choice, the host that is answered is not. */
static enum neigh_state resolve_for_answer(struct netif *netif, struct ip_addr dst,
                                           struct ip_addr next_hop, instant now,
                                           struct mac_addr *mac)
{
    uint8_t hint = 0;

    return netif_resolve(netif, next_hop, now, mac, ip_equal(next_hop, dst) ? NULL : &hint);
}

static enum drop_reason try_reply(struct sk_iface *iface, uint8_t ifindex, struct ip_hdr *ip,
                                  struct pkt *pkt, instant now)
{
    struct ip_addr next_hop;
    struct netif *netif = route_by(iface, ifindex, ip->dst, &next_hop);
    struct mac_addr mac;

    if (!netif) {
        return DROP_TX_NO_ROUTE;
    }
    switch (resolve_for_answer(netif, ip->dst, next_hop, now, &mac)) {
    case NEIGH_KNOWN:
        break;
    case NEIGH_DOWN:
        return DROP_TX_HOST_DOWN;
    default:
        return DROP_TX_UNRESOLVED;
    }
    return tx_packet(iface, netif, NULL, ip, mac, pkt, now) == SK_OK ? DROP_NONE : DROP_TX_LINK;
}

void tx_reply(struct sk_iface *iface, struct ip_hdr *ip, struct pkt *pkt, instant now)
{
    enum drop_reason reason = try_reply(iface, 0, ip, pkt, now);

    if (reason != DROP_NONE) {
        drop(iface, reason, pkt);
        sk_pkt_free(pkt);
    }
}

/* RFC 1122 3.2.2: no error about what was not addressed to us alone, what came from no single host,
 * and what may itself be an error. */
static bool may_complain(struct sk_iface *iface, const struct ip_hdr *ip, const struct pkt *quoted)
{
    if (ip->proto == IP_PROTO_ICMP &&
        (ip->payload_len == 0 || sk_pkt_data(quoted)[ipv4_hdr_len(ip)] != ICMP4_ECHO_REQUEST)) {
        return false;
    }
    return !ip->link_broadcast && netif_with_addr(iface, ip->dst) && !ip_is_unspecified(ip->src);
}

void tx_icmp_error(struct sk_iface *iface, const struct ip_hdr *ip, uint8_t type, uint8_t code,
                   const struct pkt *quoted, instant now)
{
    struct ip_hdr reply = { .src = ip->dst,
                            .dst = ip->src,
                            .proto = IP_PROTO_ICMP,
                            .ttl = IP_DEFAULT_TTL,
                            .dont_frag = true /* atomic, RFC 6864 4.1 */ };
    struct icmp4_hdr hdr = { .type = type, .code = code };
    uint32_t len = ipv4_hdr_len(ip) + (ip->payload_len < QUOTE_TEXT ? ip->payload_len : QUOTE_TEXT);
    struct pkt *pkt;
    uint16_t sum;

    if (!may_complain(iface, ip, quoted)) {
        return;
    }
    if (!rate_allows(iface, &iface->icmp_errors, now)) {
        drop(iface, DROP_TX_RATE, NULL);
        return;
    }
    pkt = tx_alloc(iface, ICMP4_HDR_LEN);
    if (!pkt) {
        drop(iface, DROP_TX_NO_PACKET, NULL);
        return;
    }
    sum = sum_copy(0, sk_pkt_put(pkt, len), sk_pkt_data(quoted), len);
    icmp4_emit(sk_pkt_push(pkt, ICMP4_HDR_LEN), &hdr, sum);
    tx_reply(iface, &reply, pkt, now);
}

static enum drop_reason segment_by(struct sk_iface *iface, uint8_t ifindex,
                                   const struct sock_node *as, struct sk_addr local,
                                   struct sk_addr remote, struct tcp_hdr *hdr, instant now)
{
    static const struct sk_ip_options none;
    const struct sk_ip_options *options = as ? ip_options_of(iface, as) : &none;
    uint32_t len = tcp_hdr_len(hdr);
    struct ip_hdr ip = {
        .src = local.addr,
        .dst = remote.addr,
        .proto = IP_PROTO_TCP,
        .ttl = as ? node_ttl(as) : IP_DEFAULT_TTL,
        .tos = as ? as->tos : 0,
        .options = options->octets,
        .n_options = options->len,
        .payload_len = (uint16_t)len,
        .dont_frag = true, /* atomic, RFC 6864 4.1 */
    };
    struct pkt *pkt = tx_alloc(iface, options->len + len);
    enum drop_reason reason;

    if (!pkt) {
        return DROP_TX_NO_PACKET;
    }
    hdr->src_port = local.port;
    hdr->dst_port = remote.port;
    tcp_emit(sk_pkt_push(pkt, len), &ip, hdr, 0);
    reason = try_reply(iface, ifindex, &ip, pkt, now);
    if (reason != DROP_NONE) {
        sk_pkt_free(pkt);
    }
    return reason;
}

enum drop_reason tx_segment(struct sk_iface *iface, const struct sock_node *as,
                            struct sk_addr local, struct sk_addr remote, struct tcp_hdr *hdr,
                            instant now)
{
    return segment_by(iface, as ? as->device : 0, as, local, remote, hdr, now);
}

bool tx_answer(struct sk_iface *iface, uint8_t ifindex, struct sk_addr local, struct sk_addr remote,
               struct tcp_hdr *hdr, instant now)
{
    enum drop_reason reason = segment_by(iface, ifindex, NULL, local, remote, hdr, now);

    if (reason != DROP_NONE) {
        drop(iface, reason, NULL);
    }
    return reason == DROP_NONE;
}

void tx_reset(struct sk_iface *iface, uint8_t ifindex, const struct ip_hdr *ip,
              const struct tcp_hdr *hdr, instant now)
{
    struct sk_addr local = { ip->dst, hdr->dst_port };
    struct sk_addr remote = { ip->src, hdr->src_port };
    struct tcp_hdr rst;

    if (!tcp_reset_for(hdr, &rst)) {
        return;
    }
    if (!rate_allows(iface, &iface->resets, now)) {
        drop(iface, DROP_TX_RATE, NULL);
        return;
    }
    if (tx_answer(iface, ifindex, local, remote, &rst, now)) {
        iface->stats.tcp_resets_sent++;
    }
}

bool tx_arp(struct sk_iface *iface, struct netif *netif, const struct arp_hdr *arp,
            struct mac_addr dst, instant now)
{
    struct pkt *pkt = tx_alloc(iface, 0);

    if (!pkt) {
        drop(iface, DROP_TX_NO_PACKET, NULL);
        return false;
    }
    arp_emit(sk_pkt_put(pkt, ARP_LEN), arp);
    frame(netif, ETH_TYPE_ARP, dst, pkt);
    if (hand_over(iface, netif, NULL, pkt, now) != SK_OK) {
        drop(iface, DROP_TX_LINK, pkt);
        sk_pkt_free(pkt);
        return false;
    }
    return true;
}

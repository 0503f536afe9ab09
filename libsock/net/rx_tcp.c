/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP segments to their sockets: the text is summed while it goes to its place (RFC 9293 3.10.7).
 */
#include "net/iface.h"

#include "base/sum.h"

static bool checksum_is_good(const struct netif *netif, const struct ip_hdr *ip,
                             const uint8_t *segment, const struct tcp_hdr *hdr, uint16_t text_sum)
{
    size_t header_len = ip->payload_len - hdr->len;
    uint16_t sum = sum_add(ip_pseudo_sum(ip, ip->payload_len), segment, header_len);

    return netif->link->checksums_rx || sum_word(sum, text_sum) == SUM_GOOD;
}

static enum drop_reason arrives_nowhere(struct sk_iface *iface, const struct ip_hdr *ip,
                                        const struct tcp_hdr *hdr, struct pkt *pkt, instant now)
{
    tx_reset(iface, ip, hdr, now);
    return drop(iface, DROP_TCP_NO_SOCKET, pkt);
}

/* Who takes a new connection in place of one in TIME-WAIT (RFC 9293 MAY-2); NULL: nobody, it stays.
 */
static struct listener_entry *successor(struct sk_iface *iface, const struct tcp_entry *old,
                                        const struct tcp_hdr *hdr)
{
    struct sk_addr nobody = { ip4(0), 0 };
    struct sock_node *node;

    if (!tcp_reopens(&old->tcp, hdr) || old->node.slot != SLOT_NONE) {
        return NULL;
    }
    node = sockets_match(iface, true, old->node.local, nobody);
    if (!node || !listener_has_room((struct listener_entry *)(void *)node)) {
        return NULL;
    }
    return (struct listener_entry *)(void *)node;
}

static enum drop_reason arrives_at(struct sk_iface *iface, struct tcp_entry *tcp,
                                   const struct ip_hdr *ip, const struct tcp_hdr *hdr,
                                   struct pkt *pkt, instant now)
{
    enum drop_reason reason = tcp_arrives(&tcp->tcp, ip, hdr, now);

    if (reason != DROP_NONE) {
        if (tcp->tcp.ack_due &&
            (reason == DROP_TCP_RST || reason == DROP_TCP_SYN || reason == DROP_TCP_ACK_RANGE)) {
            iface->stats.tcp_challenges++;
        }
        drop_at(iface, &tcp->node, reason, pkt);
    }
    tcp_happened(iface, tcp, now);
    return reason;
}

enum drop_reason rx_tcp(struct sk_iface *iface, struct netif *netif, const struct ip_hdr *ip,
                        struct cursor *c, struct pkt *pkt, instant now)
{
    const uint8_t *segment = c->at;
    struct tcp_entry *tcp = NULL;
    struct listener_entry *listener;
    struct tcp_hdr hdr;
    struct sk_addr local;
    struct sk_addr remote;
    struct sock_node *node;
    uint16_t text_sum;
    enum drop_reason reason = tcp_parse(c, &hdr);

    if (reason != DROP_NONE) {
        return drop(iface, reason, pkt);
    }
    if (netif_is_broadcast(netif, ip->dst)) {
        return drop(iface, DROP_TCP_BROADCAST, pkt);
    }
    local = (struct sk_addr){ ip->dst, hdr.dst_port };
    remote = (struct sk_addr){ ip->src, hdr.src_port };
    node = sockets_match(iface, true, local, remote);
    if (node && node->tag == SOCK_TCP) {
        tcp = (struct tcp_entry *)(void *)node;
        text_sum = tcp_place(&tcp->tcp, &hdr, c->at);
    } else {
        text_sum = sum_add(0, c->at, hdr.len);
    }
    if (!checksum_is_good(netif, ip, segment, &hdr, text_sum)) {
        return drop_at(iface, node, DROP_TCP_CHECKSUM, pkt);
    }
    listener = tcp ? successor(iface, tcp, &hdr) : NULL;
    if (listener) {
        return listener_reopens(iface, listener, tcp, netif, ip, &hdr, pkt, now);
    }
    if (tcp) {
        return arrives_at(iface, tcp, ip, &hdr, pkt, now);
    }
    if (!node) {
        return arrives_nowhere(iface, ip, &hdr, pkt, now);
    }
    return listener_arrives(iface, (struct listener_entry *)(void *)node, netif, ip, &hdr, pkt,
                            now);
}

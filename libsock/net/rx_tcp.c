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

static enum drop_reason arrives_nowhere(struct sk_iface *iface, const struct arrival *a,
                                        instant now)
{
    tx_reset(iface, 0, a->ip, &a->hdr, now);
    return drop(iface, DROP_TCP_NO_SOCKET, a->pkt);
}

void count_challenge(struct sk_iface *iface, enum drop_reason reason)
{
    if (reason == DROP_TCP_RST || reason == DROP_TCP_SYN || reason == DROP_TCP_ACK_RANGE) {
        iface->stats.tcp_challenges++;
    }
}

enum drop_reason tcp_entry_arrives(struct sk_iface *iface, struct tcp_entry *tcp,
                                   const struct arrival *a, instant now)
{
    enum drop_reason reason = tcp_arrives(&tcp->tcp, a->ip, &a->hdr, now);

    if (reason != DROP_NONE) {
        if (tcp->tcp.ack_due) {
            count_challenge(iface, reason);
        }
        drop_at(iface, &tcp->node, reason, a->pkt);
    }
    tcp_happened(iface, tcp, now);
    return reason;
}

/* Who has no connection of its own: TIME-WAIT, a listener, nobody. */
static enum drop_reason arrives_elsewhere(struct sk_iface *iface, struct sock_node *node,
                                          const struct arrival *a, instant now)
{
    struct time_wait *wait = time_wait_find(iface, a->local, a->remote);

    if (wait) {
        return time_wait_arrives(iface, wait, a, now);
    }
    if (!node) {
        return arrives_nowhere(iface, a, now);
    }
    return listener_arrives(iface, (struct listener_entry *)(void *)node, a, now);
}

enum drop_reason rx_tcp(struct sk_iface *iface, struct netif *netif, const struct ip_hdr *ip,
                        struct cursor *c, struct pkt *pkt, instant now)
{
    struct arrival a = { .netif = netif, .ip = ip, .pkt = pkt };
    const uint8_t *segment = c->at;
    struct tcp_entry *tcp = NULL;
    struct sock_node *node;
    uint16_t text_sum;
    enum drop_reason reason = tcp_parse(c, &a.hdr);

    if (reason != DROP_NONE) {
        return drop(iface, reason, pkt);
    }
    if (ip->to_many) {
        return drop(iface, DROP_TCP_BROADCAST, pkt);
    }
    a.local = (struct sk_addr){ ip->dst, a.hdr.dst_port };
    a.remote = (struct sk_addr){ ip->src, a.hdr.src_port };
    a.text = c->at;
    node = sockets_match(iface, true, a.local, a.remote, netif->ifindex);
    if (node && node->tag == SOCK_TCP) {
        tcp = (struct tcp_entry *)(void *)node;
        text_sum = tcp_place(&tcp->tcp, &a.hdr, a.text);
    } else {
        text_sum = sum_add(0, a.text, a.hdr.len);
    }
    if (!checksum_is_good(netif, ip, segment, &a.hdr, text_sum)) {
        return drop_at(iface, node, DROP_TCP_CHECKSUM, pkt);
    }
    return tcp ? tcp_entry_arrives(iface, tcp, &a, now) : arrives_elsewhere(iface, node, &a, now);
}

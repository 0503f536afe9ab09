/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP for hosts (RFC 1122 3.2.2): echo is answered, errors are told to the socket whose packet
 * they quote (RFC 5927). */
#include "net/iface.h"

#include "base/sum.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"

static enum drop_reason answer_echo(struct sk_iface *iface, const struct netif *netif,
                                    const struct ip_hdr *ip, const struct icmp4_hdr *request,
                                    const struct cursor *c, struct pkt *pkt, instant now)
{
    struct ip_hdr reply = {
        .src = ip->dst, .dst = ip->src, .proto = IP_PROTO_ICMP, .ttl = IP_DEFAULT_TTL
    };
    struct icmp4_hdr hdr = *request;
    struct pkt *out;
    uint16_t sum;

    if (netif_is_broadcast(netif, ip->dst) || ip->link_broadcast) { /* RFC 1122 3.2.2.6 */
        return drop(iface, DROP_ICMP_BROADCAST, pkt);
    }
    if (ip_is_loopback(ip->src) && netif->ifindex != LOOPBACK_IFINDEX) {
        return drop(iface, DROP_IP_MARTIAN_SOURCE, pkt);
    }
    out = tx_alloc(iface, ICMP4_HDR_LEN);
    if (!out || pkt_room(out) < c->left) {
        pkt_free(out);
        return drop(iface, DROP_TX_NO_PACKET, pkt);
    }
    sum = sum_copy(0, pkt_put(out, (uint32_t)c->left), c->at, c->left);
    hdr.type = ICMP4_ECHO_REPLY;
    icmp4_emit(pkt_push(out, ICMP4_HDR_LEN), &hdr, sum);
    reply.tos = ip->tos;
    tx_reply(iface, &reply, out, now);
    return DROP_NONE;
}

static enum sk_err unreachable_error(const struct icmp4_hdr *hdr)
{
    if (hdr->type != ICMP4_UNREACHABLE) {
        return SK_HOST_UNREACHABLE;
    }
    switch (hdr->code) {
    case ICMP4_PROTOCOL_UNREACHABLE:
    case ICMP4_PORT_UNREACHABLE:
        return SK_REFUSED;
    case ICMP4_NET_UNREACHABLE:
    case ICMP4_NET_PROHIBITED:
        return SK_NET_UNREACHABLE;
    case ICMP4_FRAG_NEEDED:
        return SK_MSG_SIZE;
    default:
        return SK_HOST_UNREACHABLE;
    }
}

/* Trying again will not help: RFC 1122 4.2.3.9, and the prohibitions, of which it says nothing. */
static bool is_hard(const struct icmp4_hdr *hdr)
{
    if (hdr->type != ICMP4_UNREACHABLE) {
        return false;
    }
    switch (hdr->code) {
    case ICMP4_PROTOCOL_UNREACHABLE:
    case ICMP4_PORT_UNREACHABLE:
    case ICMP4_NET_PROHIBITED:
    case ICMP4_HOST_PROHIBITED:
    case ICMP4_PROHIBITED:
        return true;
    default:
        return false;
    }
}

static bool is_for_path_mtu(const struct icmp4_hdr *hdr)
{
    return hdr->type == ICMP4_UNREACHABLE && hdr->code == ICMP4_FRAG_NEEDED;
}

/* RFC 1191 3; what the connection believes is kept for those that follow it. */
static void tell_path_mtu(struct sk_iface *iface, struct tcp_entry *tcp,
                          const struct icmp4_hdr *hdr, const struct icmp4_quote *quote, instant now)
{
    uint32_t len = IPV4_HDR_LEN + (uint32_t)quote->ip.payload_len;
    uint16_t mtu = hdr->seq != 0 ? hdr->seq : path_plateau_below(len);

    if (tcp_too_big(&tcp->tcp, &mtu, quote->seq, now)) {
        path_learn(iface, tcp->node.remote.addr, mtu, now);
    }
}

/* Only the socket with exactly the quoted pair is told. */
static enum drop_reason tell_socket(struct sk_iface *iface, const struct icmp4_hdr *hdr,
                                    struct cursor *c, struct pkt *pkt, instant now)
{
    struct icmp4_quote quote;
    enum sk_err err = unreachable_error(hdr);
    struct sock_node *node;
    struct sk_addr local;
    struct sk_addr remote;

    if (icmp4_parse_quote(c, &quote) != DROP_NONE) {
        return drop(iface, DROP_ICMP_QUOTE, pkt);
    }
    local = (struct sk_addr){ quote.ip.src, quote.src_port };
    remote = (struct sk_addr){ quote.ip.dst, quote.dst_port };
    node = quote.ip.proto == IP_PROTO_TCP || quote.ip.proto == IP_PROTO_UDP
               ? sockets_find(iface, quote.ip.proto == IP_PROTO_TCP, local, remote)
               : NULL;
    if (!node) {
        return drop(iface, DROP_ICMP_QUOTE, pkt);
    }
    if (node->tag == SOCK_TCP) {
        struct tcp_entry *tcp = (struct tcp_entry *)(void *)node;

        if (is_for_path_mtu(hdr)) {
            tell_path_mtu(iface, tcp, hdr, &quote, now);
        } else {
            tcp_icmp_error(&tcp->tcp, err, is_hard(hdr), quote.seq);
        }
        tcp_happened(iface, tcp, now);
    } else {
        ((struct udp_entry *)(void *)node)->udp.err = (uint8_t)err;
        node_changed(iface, node);
    }
    return DROP_NONE;
}

enum drop_reason rx_icmp(struct sk_iface *iface, struct netif *netif, const struct ip_hdr *ip,
                         struct cursor *c, struct pkt *pkt, instant now)
{
    struct icmp4_hdr hdr;
    enum drop_reason reason = icmp4_parse(c, &hdr);

    if (reason != DROP_NONE) {
        return drop(iface, reason, pkt);
    }
    switch (hdr.type) {
    case ICMP4_ECHO_REQUEST:
        return answer_echo(iface, netif, ip, &hdr, c, pkt, now);
    case ICMP4_UNREACHABLE:
    case ICMP4_TIME_EXCEEDED:
    case ICMP4_PARAMETER:
        return tell_socket(iface, &hdr, c, pkt, now);
    default:
        return drop(iface, DROP_ICMP_TYPE, pkt);
    }
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP for hosts (RFC 1122 3.2.2): echo is answered, errors are told to the socket whose packet
 * they quote (RFC 5927). */
#include "net/fragments.h"

#include "base/sum.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"

#include <string.h>

/* Who asks without DF may be behind a narrower path than we know. An atomic datagram needs no
 * identification (RFC 6864 4.1). */
static struct ip_hdr header_back(struct sk_iface *iface, const struct ip_hdr *ip, bool in_pieces)
{
    struct ip_hdr reply = { .src = ip->dst,
                            .dst = ip->src,
                            .proto = IP_PROTO_ICMP,
                            .ttl = IP_DEFAULT_TTL,
                            .tos = ip->tos,
                            .dont_frag = ip->dont_frag && !in_pieces };

    if (!reply.dont_frag) {
        reply.id = ip_id_next(&iface->ip_ids, ip_id_group(&iface->ip_ids, reply.dst));
    }
    return reply;
}

/* Of a message whose checksum was good: what its header lacks. */
static uint16_t payload_sum(const struct cursor *payload)
{
    return sum_finish(sum_add(0, payload->at - ICMP4_HDR_LEN, ICMP4_HDR_LEN));
}

static enum drop_reason echo(struct sk_iface *iface, const struct ip_hdr *ip,
                             const struct icmp4_hdr *hdr, const struct cursor *c, struct pkt *pkt,
                             instant now)
{
    struct ip_hdr reply = header_back(iface, ip, false);
    struct pkt *out = tx_alloc(iface, ICMP4_HDR_LEN);

    if (!out) {
        return drop(iface, DROP_TX_NO_PACKET, pkt);
    }
    if (c->left > sk_pkt_room(out)) { /* the link's frames may be longer than our packets */
        sk_pkt_free(out);
        return drop(iface, DROP_TX_OVERSIZE, pkt);
    }
    if (c->left > 0) {
        memcpy(sk_pkt_put(out, (uint32_t)c->left), c->at, c->left);
    }
    icmp4_emit(sk_pkt_push(out, ICMP4_HDR_LEN), hdr, payload_sum(c));
    tx_reply(iface, &reply, out, now);
    return DROP_NONE;
}

/* In pieces with up to `room` octets each. */
static enum drop_reason echo_in_pieces(struct sk_iface *iface, const struct ip_hdr *ip,
                                       const struct icmp4_hdr *hdr, const struct cursor *c,
                                       uint32_t room, struct pkt *pkt, instant now)
{
    struct ip_hdr reply = header_back(iface, ip, true);
    uint8_t head[ICMP4_HDR_LEN];
    struct ip_message m = { head, sizeof(head), c->at, (uint32_t)c->left };
    uint32_t offset = 0;

    icmp4_emit(head, hdr, payload_sum(c));
    do {
        struct pkt *out = iface->fragments->piece(iface, &m, offset, room, &reply);

        if (!out) {
            return drop(iface, DROP_TX_NO_PACKET, pkt);
        }
        offset += out->len;
        tx_reply(iface, &reply, out, now);
    } while (reply.more_frags);
    return DROP_NONE;
}

static enum drop_reason answer_echo(struct sk_iface *iface, const struct netif *netif,
                                    const struct ip_hdr *ip, const struct icmp4_hdr *request,
                                    const struct cursor *c, struct pkt *pkt, instant now)
{
    struct icmp4_hdr hdr = *request;
    struct ip_addr next_hop;
    struct netif *out;
    uint32_t room;

    if (ip->to_many) { /* RFC 1122 3.2.2.6 */
        return drop(iface, DROP_ICMP_BROADCAST, pkt);
    }
    if (ip_is_loopback(ip->src) && netif->ifindex != LOOPBACK_IFINDEX) {
        return drop(iface, DROP_IP_MARTIAN_SOURCE, pkt);
    }
    out = route(iface, ip->src, &next_hop);
    if (!out) {
        return drop(iface, DROP_TX_NO_ROUTE, pkt);
    }
    hdr.type = ICMP4_ECHO_REPLY;
    room = path_mtu(iface, out, ip->src, now) - (uint32_t)IPV4_HDR_LEN;
    if (ICMP4_HDR_LEN + c->left > room && iface->fragments) {
        return echo_in_pieces(iface, ip, &hdr, c, room, pkt, now);
    }
    return echo(iface, ip, &hdr, c, pkt, now);
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
    uint32_t len = ipv4_hdr_len(&quote->ip) + quote->ip.payload_len;
    uint16_t mtu = hdr->seq != 0 ? hdr->seq : path_plateau_below(len);

    if (tcp_too_big(&tcp->tcp, &mtu, quote->seq, now)) {
        path_learn(iface, tcp->node.remote.addr, mtu, now);
    }
}

/* A datagram cannot be checked as a segment can: it has to be the socket's last destination, and
 * what is claimed less than its length. */
static bool learn_datagram_path(struct sk_iface *iface, const struct sock_node *node,
                                const struct icmp4_hdr *hdr, const struct icmp4_quote *quote,
                                instant now)
{
    const struct udp_entry *udp = (const struct udp_entry *)(const void *)node;
    uint32_t len = ipv4_hdr_len(&quote->ip) + quote->ip.payload_len;
    uint16_t mtu = hdr->seq != 0 ? hdr->seq : path_plateau_below(len);
    struct ip_addr next_hop;
    struct netif *netif = route_by(iface, udp ? udp->node.device : 0, quote->ip.dst, &next_hop);

    mtu = mtu > PATH_LEAST_MTU ? mtu : PATH_LEAST_MTU;
    if (!udp || !ip_equal(udp->sent_to, quote->ip.dst)) {
        return false;
    }
    if (!netif || mtu >= len || mtu >= path_mtu(iface, netif, quote->ip.dst, now)) {
        return false;
    }
    path_learn(iface, quote->ip.dst, mtu, now);
    return true;
}

static void tell_stream(struct sk_iface *iface, struct tcp_entry *tcp, const struct icmp4_hdr *hdr,
                        const struct icmp4_quote *quote, instant now)
{
    if (is_for_path_mtu(hdr)) {
        tell_path_mtu(iface, tcp, hdr, quote, now);
    } else {
        tcp_icmp_error(&tcp->tcp, unreachable_error(hdr), is_hard(hdr), quote->seq);
    }
    tcp_happened(iface, tcp, now);
}

/* As Linux: who lets routers fragment does not hear that one would not. */
static bool is_for_who_cuts(const struct sock_node *node, const struct icmp4_hdr *hdr)
{
    const struct udp_entry *udp = (const struct udp_entry *)(const void *)node;

    return is_for_path_mtu(hdr) && udp->mtu_discover == SK_MTU_DONT;
}

/* Of an ICMP message about a datagram. */
static void tell_datagram_error(struct sk_iface *iface, struct udp_entry *udp,
                                const struct ip_hdr *ip, const struct icmp4_hdr *hdr,
                                struct sk_addr remote)
{
    struct sk_datagram_error what = {
        .err = unreachable_error(hdr),
        .to = remote,
        .from = ip->src,
        .type = hdr->type,
        .code = hdr->code,
        .mtu = is_for_path_mtu(hdr) ? hdr->seq : 0,
    };

    errors_keep(iface, udp, &what);
    udp->udp.err = (uint8_t)what.err;
    node_changed(iface, &udp->node);
}

/* The socket with exactly the quoted pair is told, or another that asked for it (SK_RECVERR); the
 * path of any datagram is learned all the same. */
static bool tell_datagram_socket(struct sk_iface *iface, const struct ip_hdr *ip,
                                 const struct icmp4_hdr *hdr, const struct icmp4_quote *quote,
                                 struct sk_addr local, struct sk_addr remote, instant now)
{
    struct sock_node *node = sockets_match(iface, false, local, remote, ip->ifindex);
    struct udp_entry *udp = (struct udp_entry *)(void *)node;
    bool learned = is_for_path_mtu(hdr) && learn_datagram_path(iface, node, hdr, quote, now);

    if (!node || (node->remote.port == 0 && !udp->recverr)) {
        return learned;
    }
    if (!is_for_who_cuts(node, hdr)) {
        tell_datagram_error(iface, udp, ip, hdr, remote);
    }
    return true;
}

static enum drop_reason tell_socket(struct sk_iface *iface, const struct ip_hdr *ip,
                                    const struct icmp4_hdr *hdr, struct cursor *c, struct pkt *pkt,
                                    instant now)
{
    struct icmp4_quote quote;
    struct sock_node *node;
    struct sk_addr local;
    struct sk_addr remote;

    if (icmp4_parse_quote(c, &quote) != DROP_NONE) {
        return drop(iface, DROP_ICMP_QUOTE, pkt);
    }
    local = (struct sk_addr){ quote.ip.src, quote.src_port };
    remote = (struct sk_addr){ quote.ip.dst, quote.dst_port };
    if (quote.ip.proto == IP_PROTO_UDP &&
        tell_datagram_socket(iface, ip, hdr, &quote, local, remote, now)) {
        return DROP_NONE;
    }
    node = quote.ip.proto == IP_PROTO_TCP ? sockets_find(iface, true, local, remote, ip->ifindex)
                                          : NULL;
    if (!node) {
        return drop(iface, DROP_ICMP_QUOTE, pkt);
    }
    tell_stream(iface, (struct tcp_entry *)(void *)node, hdr, &quote, now);
    return DROP_NONE;
}

/* About what a socket of ours may have sent; one that is not taken is like a type that we do not
 * know. */
static enum drop_reason take_redirect(struct sk_iface *iface, struct netif *netif,
                                      const struct ip_hdr *ip, const struct icmp4_hdr *hdr,
                                      struct cursor *c, struct pkt *pkt)
{
    struct ip_addr gateway = ip4((uint32_t)hdr->id << 16 | hdr->seq);
    struct icmp4_quote quote;
    struct sk_addr local;
    struct sk_addr remote;

    if (!iface->takes_redirects) {
        return drop(iface, DROP_ICMP_TYPE, pkt);
    }
    if (icmp4_parse_quote(c, &quote) != DROP_NONE) {
        return drop(iface, DROP_ICMP_QUOTE, pkt);
    }
    local = (struct sk_addr){ quote.ip.src, quote.src_port };
    remote = (struct sk_addr){ quote.ip.dst, quote.dst_port };
    if ((quote.ip.proto != IP_PROTO_TCP && quote.ip.proto != IP_PROTO_UDP) ||
        !sockets_match(iface, quote.ip.proto == IP_PROTO_TCP, local, remote, netif->ifindex)) {
        return drop(iface, DROP_ICMP_QUOTE, pkt);
    }
    return redirect_arrives(iface, netif, ip->src, remote.addr, gateway)
               ? DROP_NONE
               : drop(iface, DROP_ICMP_TYPE, pkt);
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
        return tell_socket(iface, ip, &hdr, c, pkt, now);
    case ICMP4_REDIRECT:
        return take_redirect(iface, netif, ip, &hdr, c, pkt);
    default:
        return drop(iface, DROP_ICMP_TYPE, pkt);
    }
}

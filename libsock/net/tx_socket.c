/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The senders' turn. A socket that has something to send is in iface->senders; it leaves the list
 * when it has nothing more, or waits in its netif for a neighbour (`waiting`), for room on the link
 * or for a packet (`blocked`). After the first that found no room, none of its netif is tried until
 * the next poll; the one that waits longest is then the first.
 */
#include "net/fragments.h"
#include "net/multicast.h"

#include "base/sum.h"
#include "proto/tcp/seq.h"
#include "wire/ipv4.h"

enum turn {
    TURN_DONE,  /* silent until something happens */
    TURN_MORE,  /* goes on */
    TURN_AGAIN, /* more to say, after the others */
    TURN_WAIT,  /* in a list of its netif */
};

void tx_wants(struct sk_iface *iface, struct sock_node *node)
{
    if (!list_linked(&node->run)) {
        list_append(&iface->senders, &node->run);
    }
}

static enum turn wait_for_neighbour(struct netif *netif, struct sock_node *node)
{
    list_append(&netif->waiting, &node->run);
    return TURN_WAIT;
}

/* Behind those that wait. */
static enum turn wait_for_room(struct netif *netif, struct sock_node *node)
{
    list_append(&netif->blocked, &node->run);
    return TURN_WAIT;
}

/* There was none. Who asked in vain keeps its place, the first; who sent something before has had
 * its turn. */
static enum turn found_no_room(struct netif *netif, struct sock_node *node, bool in_vain)
{
    netif->no_room = true;
    if (!in_vain) {
        return TURN_AGAIN;
    }
    list_prepend(&netif->blocked, &node->run);
    return TURN_WAIT;
}

/* ---- TCP ------------------------------------------------------------------------------------- */

/* One copy out of the ring, summed on the way, and the headers in front. NULL: no packet. */
static struct pkt *build_segment(struct sk_iface *iface, struct tcp_entry *tcp,
                                 const struct tcp_hdr *hdr, const struct tcp_text *text,
                                 struct ip_hdr *ip)
{
    uint32_t header_len = tcp_hdr_len(hdr);
    const struct sk_ip_options *options = ip_options_of(iface, &tcp->node);
    struct pkt *pkt = tx_alloc(iface, options->len + header_len);
    uint16_t sum = 0;

    if (!pkt) {
        return NULL;
    }
    if (text->len > 0) {
        sum = ring_copy(&tcp->tcp.tx, text->offset, sk_pkt_put(pkt, text->len), text->len);
    }
    *ip = (struct ip_hdr){
        .src = tcp->node.local.addr,
        .dst = tcp->node.remote.addr,
        .proto = IP_PROTO_TCP,
        .ttl = node_ttl(&tcp->node),
        .payload_len = (uint16_t)(header_len + text->len),
        .dont_frag = tcp_dont_fragment(&tcp->tcp),
        .tos = tcp->node.tos | (hdr->ect ? IP_ECN_ECT0 : 0),
        .options = options->octets,
        .n_options = options->len,
    };
    ip->id = ip->dont_frag ? 0 : ip_id_next(&iface->ip_ids, tcp->ip_id_group); /* RFC 6864 4.1 */
    tcp_emit(sk_pkt_push(pkt, header_len), ip, hdr, sum);
    return pkt;
}

static void count_segment(struct sk_iface *iface, const struct tcp_sock *tcp,
                          const struct tcp_hdr *hdr)
{
    if (hdr->flags & TCP_RST) {
        iface->stats.tcp_resets_sent++;
    } else if (tcp_seg_len(hdr) > 0 && seq_before(hdr->seq, tcp->snd_nxt)) {
        iface->stats.tcp_retransmitted++;
    }
}

/* The neighbour does not answer: to the connection the segment was sent and lost, unless it is its
 * first, and nobody was ever there. */
static void segment_to_nobody(struct sk_iface *iface, struct tcp_entry *tcp,
                              const struct tcp_hdr *hdr, instant now)
{
    bool is_first = tcp->tcp.snd_nxt == tcp->tcp.iss;

    drop_at(iface, &tcp->node, DROP_TX_HOST_DOWN, NULL);
    tcp_sent(&tcp->tcp, hdr, now);
    tcp_icmp_error(&tcp->tcp, SK_HOST_UNREACHABLE, is_first, hdr->seq);
}

static enum turn send_segments(struct sk_iface *iface, struct tcp_entry *tcp, struct netif *netif,
                               enum neigh_state neigh, struct mac_addr mac, instant now)
{
    struct tcp_hdr hdr;
    struct tcp_text text;
    struct ip_hdr ip;
    struct pkt *pkt;

    for (uint32_t n = 0; n < CONFIG_TCP_BURST; n++) {
        if (!tcp_may_have_next(&tcp->tcp) || !tcp_next(&tcp->tcp, now, &hdr, &text)) {
            return TURN_DONE;
        }
        if (neigh == NEIGH_DOWN) {
            segment_to_nobody(iface, tcp, &hdr, now);
            continue;
        }
        if (netif->no_room) {
            return wait_for_room(netif, &tcp->node);
        }
        hdr.src_port = tcp->node.local.port;
        hdr.dst_port = tcp->node.remote.port;
        pkt = build_segment(iface, tcp, &hdr, &text, &ip);
        if (!pkt) {
            return found_no_room(netif, &tcp->node, n == 0);
        }
        if (tx_packet(iface, netif, &tcp->node, &ip, mac, pkt, now) != SK_OK) {
            sk_pkt_free(pkt);
            return found_no_room(netif, &tcp->node, n == 0);
        }
        count_segment(iface, &tcp->tcp, &hdr);
        tcp_sent(&tcp->tcp, &hdr, now);
    }
    return TURN_AGAIN;
}

static enum turn turn_of_tcp(struct sk_iface *iface, struct tcp_entry *tcp, instant now)
{
    struct ip_addr next_hop;
    struct netif *netif = route_by(iface, tcp->node.device, tcp->node.remote.addr, &next_hop);
    enum neigh_state neigh = NEIGH_DOWN;
    struct mac_addr mac = MAC_BROADCAST;
    enum turn turn;

    if (netif) {
        neigh = netif_resolve(netif, next_hop, now, &mac, &tcp->node.neigh_hint);
        if (netif_mss(netif) < tcp->tcp.path_mss) { /* another lease, or another route */
            tcp_netif_narrows(&tcp->tcp, netif_mss(netif));
        }
    }
    if (neigh == NEIGH_WAITING) {
        turn = wait_for_neighbour(netif, &tcp->node);
    } else {
        turn = send_segments(iface, tcp, netif, neigh, mac, now);
    }
    return tcp_settle(iface, tcp, now) ? turn : TURN_DONE;
}

/* ---- UDP ------------------------------------------------------------------------------------- */

/* What udp_next gave. */
struct datagram {
    struct udp_hdr hdr;
    struct msg_meta meta;
    const uint8_t *payload;
};

static void give_up_datagram(struct sk_iface *iface, struct udp_entry *udp,
                             const struct datagram *d, enum drop_reason reason, enum sk_err err,
                             uint32_t mtu)
{
    struct sk_datagram_error what = { .err = err, .to = d->meta.destination, .mtu = (uint16_t)mtu };

    drop_at(iface, &udp->node, reason, NULL);
    errors_keep(iface, udp, &what);
    udp->udp.err = (uint8_t)err;
    udp->next_piece = 0;
    udp_sent(&udp->udp);
    node_changed(iface, &udp->node);
}

static struct ip_hdr ip_header_for(struct sk_iface *iface, const struct netif *netif,
                                   const struct datagram *d)
{
    const struct msg_meta *meta = &d->meta;

    return (struct ip_hdr){
        .src = ip_is_unspecified(meta->source.addr)
                   ? source_by(iface, netif, meta->destination.addr)
                   : meta->source.addr,
        .dst = meta->destination.addr,
        .proto = IP_PROTO_UDP,
        .ttl = meta->ttl,
        .tos = meta->tos,
        .options = d->payload - meta->n_options,
        .n_options = meta->n_options,
        .payload_len = (uint16_t)(UDP_HDR_LEN + d->hdr.payload_len),
        .dont_frag = true,
    };
}

/* One without an identification is atomic, RFC 6864 4.1. */
static void let_routers_cut(struct sk_iface *iface, struct ip_hdr *ip)
{
    ip->dont_frag = false;
    ip->id = ip_id_next(&iface->ip_ids, ip_id_group(&iface->ip_ids, ip->dst));
}

static struct pkt *build_whole(struct sk_iface *iface, const struct udp_entry *udp,
                               const struct datagram *d, struct ip_hdr *ip)
{
    struct pkt *pkt = tx_alloc(iface, ip->n_options + (uint32_t)UDP_HDR_LEN);
    uint16_t sum;

    if (!pkt) {
        return NULL;
    }
    if (udp->mtu_discover == SK_MTU_DONT) {
        let_routers_cut(iface, ip);
    }
    sum = sum_copy(0, sk_pkt_put(pkt, d->hdr.payload_len), d->payload, d->hdr.payload_len);
    udp_emit(sk_pkt_push(pkt, UDP_HDR_LEN), ip, &d->hdr, sum);
    return pkt;
}

/* The next piece of a datagram that is longer than `room`. */
static struct pkt *build_piece(struct sk_iface *iface, struct udp_entry *udp,
                               const struct datagram *d, uint32_t room, struct ip_hdr *ip)
{
    uint8_t head[UDP_HDR_LEN];
    struct ip_message m = { head, sizeof(head), d->payload, d->hdr.payload_len };

    if (udp->next_piece == 0) {
        udp->piece_id = ip_id_next(&iface->ip_ids, ip_id_group(&iface->ip_ids, ip->dst));
        udp_emit(head, ip, &d->hdr, sum_add(0, d->payload, d->hdr.payload_len));
    }
    ip->id = udp->piece_id;
    return iface->fragments->piece(iface, &m, udp->next_piece, room, ip);
}

/* Members on this host hear it, too (RFC 1112 6.1): true if there may be any. */
static bool loop_back(struct sk_iface *iface, const struct udp_entry *udp,
                      const struct netif *netif, const struct datagram *d, instant now)
{
    struct ip_addr dst = d->meta.destination.addr;

    if (!ip_is_multicast(dst) || !udp->multicast_loop || !iface->multicast ||
        !iface->multicast->is_member(netif, dst)) {
        return false;
    }
    udp_loop_back(iface, netif, ip_header_for(iface, netif, d), &d->hdr, d->payload, now);
    return true;
}

static void datagram_is_sent(struct sk_iface *iface, struct udp_entry *udp)
{
    iface->stats.udp_tx++;
    udp_sent(&udp->udp);
}

/* It leaves for no other host (RFC 1112 6.1). */
static bool stays_here(const struct netif *netif, const struct msg_meta *meta)
{
    return ip_is_multicast(meta->destination.addr) &&
           (meta->ttl == 0 || netif->ifindex == LOOPBACK_IFINDEX);
}

static void send_to_members_here(struct sk_iface *iface, struct udp_entry *udp,
                                 const struct netif *netif, const struct datagram *d, instant now)
{
    if (!loop_back(iface, udp, netif, d, now)) {
        drop_at(iface, &udp->node, DROP_IP_NOT_FOR_US, NULL);
    }
    datagram_is_sent(iface, udp);
}

/* All of it, or its next piece. */
static enum turn send_by(struct sk_iface *iface, struct udp_entry *udp, struct netif *netif,
                         struct mac_addr mac, const struct datagram *d, bool first, instant now)
{
    struct ip_hdr ip = ip_header_for(iface, netif, d);
    uint32_t room = datagram_mtu(iface, udp, netif, ip.dst, now) - ipv4_hdr_len(&ip);
    bool in_pieces = udp->next_piece > 0 || ip.payload_len > room;
    struct pkt *pkt;
    uint32_t len;

    if (in_pieces && udp->next_piece == 0 &&
        !datagram_may_be_cut(iface, udp)) { /* the MTU became smaller since it was queued */
        give_up_datagram(iface, udp, d, DROP_TX_LINK, SK_MSG_SIZE, room + ipv4_hdr_len(&ip));
        return TURN_MORE;
    }
    pkt = in_pieces ? build_piece(iface, udp, d, room, &ip) : build_whole(iface, udp, d, &ip);
    if (!pkt) {
        return found_no_room(netif, &udp->node, first);
    }
    len = pkt->len;
    udp->sent_to = ip.dst;
    if (tx_packet(iface, netif, &udp->node, &ip, mac, pkt, now) != SK_OK) {
        sk_pkt_free(pkt);
        return found_no_room(netif, &udp->node, first);
    }
    udp->next_piece = ip.more_frags ? (uint16_t)(ip.frag_offset + len) : 0;
    if (!ip.more_frags) {
        loop_back(iface, udp, netif, d, now);
        datagram_is_sent(iface, udp);
    }
    return TURN_MORE;
}

static enum turn send_datagram(struct sk_iface *iface, struct udp_entry *udp,
                               const struct datagram *d, bool first, instant now)
{
    struct ip_addr next_hop;
    struct netif *netif = route_by(iface, d->meta.ifindex, d->meta.destination.addr, &next_hop);
    struct mac_addr mac;

    if (!netif) {
        give_up_datagram(iface, udp, d, DROP_TX_NO_ROUTE, SK_NET_UNREACHABLE, 0);
        return TURN_MORE;
    }
    switch (netif_resolve(netif, next_hop, now, &mac, &udp->node.neigh_hint)) {
    case NEIGH_WAITING:
        return wait_for_neighbour(netif, &udp->node);
    case NEIGH_DOWN:
        give_up_datagram(iface, udp, d, DROP_TX_HOST_DOWN, SK_HOST_UNREACHABLE, 0);
        return TURN_MORE;
    default:
        break;
    }
    if (stays_here(netif, &d->meta)) {
        send_to_members_here(iface, udp, netif, d, now);
        return TURN_MORE;
    }
    if (netif->no_room) {
        return wait_for_room(netif, &udp->node);
    }
    return send_by(iface, udp, netif, mac, d, first, now);
}

static enum turn turn_of_udp(struct sk_iface *iface, struct udp_entry *udp, instant now)
{
    struct datagram d;
    enum turn turn = TURN_MORE;

    for (uint32_t n = 0; n < CONFIG_TCP_BURST && turn == TURN_MORE; n++) {
        if (!udp_next(&udp->udp, &d.hdr, &d.payload, &d.meta)) {
            turn = TURN_DONE;
        } else {
            turn = send_datagram(iface, udp, &d, n == 0, now);
        }
    }
    node_changed(iface, &udp->node);
    if (udp->node.slot == SLOT_NONE && turn == TURN_DONE) {
        udp_release(iface, udp);
    }
    return turn == TURN_MORE ? TURN_AGAIN : turn;
}

/* ---------------------------------------------------------------------------------------------- */

/* True when it got anywhere. */
static bool give_turn(struct sk_iface *iface, struct list_link *link, instant now)
{
    struct sock_node *node = list_entry(link, struct sock_node, run);
    enum turn turn;

    list_remove(link);
    if (node->tag == SOCK_TCP) {
        turn = turn_of_tcp(iface, (struct tcp_entry *)(void *)node, now);
    } else {
        turn = turn_of_udp(iface, (struct udp_entry *)(void *)node, now);
    }
    if (turn == TURN_AGAIN) {
        tx_wants(iface, node);
    }
    return turn != TURN_WAIT;
}

bool tx_senders(struct sk_iface *iface, instant now)
{
    uint64_t n_before = iface->stats.tx_packets;
    struct list_link *link;
    bool any = false;

    for (uint32_t i = 0; i < iface->n_netifs; i++) {
        struct netif *netif = &iface->netifs[i];

        while (!netif->no_room && (link = list_first(&netif->blocked)) != NULL) {
            any |= give_turn(iface, link, now);
        }
    }
    while ((link = list_first(&iface->senders)) != NULL) {
        any |= give_turn(iface, link, now);
    }
    return any || iface->stats.tx_packets != n_before;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Listeners (RFC 9293 3.10.7.2): a SYN is remembered as half open (half_open.c) or in a cookie
 * (cookie.c), and becomes a connection when its handshake is over. That waits in the listener's
 * queue, where sk_op_accept finds it. The queue holds at most the backlog; while it is full, SYNs
 * and the last ACKs of handshakes are dropped, and the peer sends them again (as Linux).
 */
#include "net/iface.h"

#include "wire/ipv4.h"

void listener_forget(struct tcp_entry *tcp)
{
    tcp->listener->n_accepted--;
    list_remove(&tcp->node.queue);
    tcp->listener = NULL;
}

struct tcp_setup tcp_setup_for(struct sk_iface *iface, struct tcp_entry *tcp, struct netif *netif,
                               instant now)
{
    uint16_t mtu = path_mtu(iface, netif, tcp->node.remote.addr, now);
    uint32_t iss = initial_sequence(iface, tcp->node.local, tcp->node.remote, now);

    tcp->ip_id_group = ip_id_group(&iface->ip_ids, tcp->node.remote.addr);
    tcp->ifindex = netif->ifindex;
    if (tcp->credit == 0) {
        tcp->credit = netif_take_credit(netif, tcp->rx_size);
    }
    struct tcp_options options = tcp->tcp.options;

    options.quickack |= netif->link->quick_acks;
    return (struct tcp_setup){
        .profile = iface->profile,
        .n_ranges = iface->tcp_ranges,
        .n_inflight = iface->tcp_inflight,
        .rx = tcp->rx,
        .rx_size = tcp->rx_size,
        .tx = tcp->tx,
        .tx_size = tcp->tx_size,
        .iss = iss,
        .ts_offset = timestamp_offset(iface, tcp->node.local, tcp->node.remote),
        .rcv_limit = tcp->credit,
        .path_mss = tcp_mss_within(&tcp->tcp.options, netif_mss(netif)),
        .known_mss = (uint16_t)(mtu < netif->mtu ? mtu - IPV4_HDR_LEN - TCP_HDR_LEN : 0),
        .ip_options_len = ip_options_of(iface, &tcp->node)->len,
        .msl = netif->link->msl,
        .options = options,
    };
}

/* What the half-open connection was lent is the connection's. */
static void take_over_credit(struct tcp_entry *tcp, struct netif *netif, uint32_t lent)
{
    if (netif->link->absorb) {
        netif->lent -= lent;
        tcp->credit = lent;
    }
}

/* NULL: no record is free, or no buffer. */
static struct tcp_entry *new_child(struct sk_iface *iface, const struct listener_entry *listener,
                                   const struct arrival *a)
{
    struct tcp_entry *tcp = tcp_take(iface);

    if (!tcp) {
        return NULL;
    }
    tcp->rx_size = listener->rx_size;
    tcp->tx_size = listener->tx_size;
    if (!tcp_take_buffers(iface, tcp)) {
        tcp_release(iface, tcp);
        return NULL;
    }
    tcp->node.local = a->local;
    tcp->node.remote = a->remote;
    node_inherit(iface, &tcp->node, &listener->node);
    tcp->opened = true;
    hash_insert(iface, &tcp->node);
    return tcp;
}

bool listener_has_room(const struct listener_entry *listener)
{
    return listener->n_accepted < listener->backlog;
}

static void enqueue(struct sk_iface *iface, struct listener_entry *listener, struct tcp_entry *tcp)
{
    tcp->listener = listener;
    listener->n_accepted++;
    list_append(&listener->accepted, &tcp->node.queue);
    iface->stats.tcp_passive_opens++;
    node_changed(iface, &listener->node);
}

bool listener_opens(struct sk_iface *iface, struct listener_entry *listener,
                    const struct tcp_half_open *half, struct netif *netif, const struct arrival *a,
                    instant now, enum drop_reason *reason)
{
    struct tcp_entry *tcp;
    struct tcp_setup setup;

    if (!listener_has_room(listener)) {
        *reason = drop_at(iface, &listener->node, DROP_TCP_BACKLOG_FULL, a->pkt);
        return false;
    }
    tcp = new_child(iface, listener, a);
    if (!tcp) {
        *reason = drop_at(iface, &listener->node, DROP_TCP_NO_MEMORY, a->pkt);
        return false;
    }
    tcp->tcp.options = listener->options;
    take_over_credit(tcp, netif, half->rcv_wnd);
    setup = tcp_setup_for(iface, tcp, netif, now);
    tcp_open_answered(&tcp->tcp, &setup, half, now);
    tcp_place(&tcp->tcp, &a->hdr, a->text);
    enqueue(iface, listener, tcp);
    *reason = tcp_entry_arrives(iface, tcp, a, now);
    return true;
}

static enum drop_reason arrives_syn(struct sk_iface *iface, struct listener_entry *listener,
                                    const struct arrival *a, instant now)
{
    if (!listener_has_room(listener)) {
        return drop_at(iface, &listener->node, DROP_TCP_BACKLOG_FULL, a->pkt);
    }
    if (!half_open_begin(iface, listener, a, NULL, now)) {
        cookie_answer(iface, listener, a, now);
    }
    return DROP_NONE;
}

/* Nothing that this host sent could be acknowledged, but a cookie. */
static enum drop_reason arrives_ack(struct sk_iface *iface, struct listener_entry *listener,
                                    const struct arrival *a, instant now)
{
    enum drop_reason reason;

    if (cookie_arrives(iface, listener, a, now, &reason)) {
        return reason;
    }
    tx_reset(iface, listener->node.device, a->ip, &a->hdr, now);
    return drop_at(iface, &listener->node, DROP_TCP_LISTEN, a->pkt);
}

enum drop_reason listener_arrives(struct sk_iface *iface, struct listener_entry *listener,
                                  const struct arrival *a, instant now)
{
    struct half_open *half = half_open_find(iface, a->local, a->remote);

    if (half) {
        return half_open_arrives(iface, listener, half, a, now);
    }
    if (a->hdr.flags & TCP_RST) {
        return drop_at(iface, &listener->node, DROP_TCP_LISTEN, a->pkt);
    }
    if (a->hdr.flags & TCP_ACK) {
        return arrives_ack(iface, listener, a, now);
    }
    if (a->hdr.flags & TCP_SYN && a->hdr.flags & TCP_FIN) {
        return drop_at(iface, &listener->node, DROP_TCP_FLAGS, a->pkt);
    }
    if (!(a->hdr.flags & TCP_SYN)) {
        return drop_at(iface, &listener->node, DROP_TCP_LISTEN, a->pkt);
    }
    return arrives_syn(iface, listener, a, now);
}

void listener_abandon(struct sk_iface *iface, struct listener_entry *listener, instant now)
{
    struct list_link *link;

    hash_remove(iface, &listener->node);
    half_opens_abandon(iface, listener, now);
    while ((link = list_first(&listener->accepted)) != NULL) {
        struct tcp_entry *tcp = list_entry(link, struct tcp_entry, node.queue);

        listener_forget(tcp);
        tcp_abort(&tcp->tcp);
        tcp_happened(iface, tcp, now);
    }
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Listeners (RFC 9293 3.10.7.2): a SYN becomes a connection of its own, first in the queue of the
 * half open, then in that of the established, where sk_op_accept finds it. Both together hold at
 * most the backlog.
 */
#include "net/iface.h"

#include "proto/tcp/seq.h"
#include "wire/ipv4.h"

void listener_forget(struct tcp_entry *tcp)
{
    if (tcp->half_open) {
        tcp->listener->n_half_open--;
    } else {
        tcp->listener->n_accepted--;
    }
    list_remove(&tcp->node.queue);
    tcp->half_open = false;
    tcp->listener = NULL;
}

void listener_completed(struct sk_iface *iface, struct tcp_entry *tcp)
{
    struct listener_entry *listener = tcp->listener;

    listener->n_half_open--;
    listener->n_accepted++;
    tcp->half_open = false;
    list_remove(&tcp->node.queue);
    list_append(&listener->accepted, &tcp->node.queue);
    iface->stats.tcp_passive_opens++;
    node_changed(iface, &listener->node);
}

struct tcp_setup tcp_setup_for(struct sk_iface *iface, struct tcp_entry *tcp, struct netif *netif,
                               instant now)
{
    uint16_t mtu = path_mtu(iface, netif, tcp->node.remote.addr, now);
    uint32_t iss = initial_sequence(iface, tcp->node.local, tcp->node.remote, now);

    tcp->ip_id = (uint16_t)(iss ^ iss >> 16); /* nobody can guess it, nor learn of other paths */
    tcp->ifindex = netif->ifindex;
    tcp->credit = netif_take_credit(netif, tcp->rx_size);
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
        .path_mss = (uint16_t)(netif->mtu - IPV4_HDR_LEN - TCP_HDR_LEN),
        .known_mss = (uint16_t)(mtu < netif->mtu ? mtu - IPV4_HDR_LEN - TCP_HDR_LEN : 0),
        .msl = netif->link->msl,
        .options = tcp->tcp.options,
    };
}

static struct tcp_entry *new_child(struct sk_iface *iface, struct listener_entry *listener,
                                   const struct ip_hdr *ip, const struct tcp_hdr *hdr)
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
    tcp->node.local = (struct sk_addr){ ip->dst, hdr->dst_port };
    tcp->node.remote = (struct sk_addr){ ip->src, hdr->src_port };
    tcp->node.reuseaddr = listener->node.reuseaddr;
    tcp->listener = listener;
    tcp->half_open = true;
    tcp->opened = true;
    list_append(&iface->half_open, &tcp->node.queue);
    listener->n_half_open++;
    hash_insert(iface, &tcp->node);
    return tcp;
}

bool listener_has_room(const struct listener_entry *listener)
{
    return listener->n_half_open + listener->n_accepted < listener->backlog;
}

/* `highest`: NULL, or the last sequence number of the connection that this one replaces. */
static enum drop_reason arrives_syn(struct sk_iface *iface, struct listener_entry *listener,
                                    const uint32_t *highest, struct netif *netif,
                                    const struct ip_hdr *ip, const struct tcp_hdr *hdr,
                                    struct pkt *pkt, instant now)
{
    struct tcp_entry *tcp;
    struct tcp_setup setup;

    if (!listener_has_room(listener)) {
        return drop_at(iface, &listener->node, DROP_TCP_BACKLOG_FULL, pkt);
    }
    tcp = new_child(iface, listener, ip, hdr);
    if (!tcp) {
        return drop_at(iface, &listener->node, DROP_TCP_NO_MEMORY, pkt);
    }
    tcp->tcp.options = listener->options;
    setup = tcp_setup_for(iface, tcp, netif, now);
    if (highest && !seq_after(setup.iss, *highest)) {
        setup.iss = *highest + 1;
    }
    tcp_open_passive(&tcp->tcp, &setup, hdr, now);
    tcp_happened(iface, tcp, now);
    return DROP_NONE;
}

enum drop_reason listener_reopens(struct sk_iface *iface, struct listener_entry *listener,
                                  struct tcp_entry *old, struct netif *netif,
                                  const struct ip_hdr *ip, const struct tcp_hdr *hdr,
                                  struct pkt *pkt, instant now)
{
    uint32_t highest = old->tcp.snd_nxt;

    tcp_release(iface, old);
    return arrives_syn(iface, listener, &highest, netif, ip, hdr, pkt, now);
}

enum drop_reason listener_arrives(struct sk_iface *iface, struct listener_entry *listener,
                                  struct netif *netif, const struct ip_hdr *ip,
                                  const struct tcp_hdr *hdr, struct pkt *pkt, instant now)
{
    if (hdr->flags & TCP_RST) {
        return drop_at(iface, &listener->node, DROP_TCP_LISTEN, pkt);
    }
    if (hdr->flags & TCP_ACK) {
        tx_reset(iface, ip, hdr, now);
        return drop_at(iface, &listener->node, DROP_TCP_LISTEN, pkt);
    }
    if (hdr->flags & TCP_SYN && hdr->flags & TCP_FIN) {
        return drop_at(iface, &listener->node, DROP_TCP_FLAGS, pkt);
    }
    if (!(hdr->flags & TCP_SYN)) {
        return drop_at(iface, &listener->node, DROP_TCP_LISTEN, pkt);
    }
    return arrives_syn(iface, listener, NULL, netif, ip, hdr, pkt, now);
}

static void abandon(struct sk_iface *iface, const struct listener_entry *listener,
                    const struct list *queue, instant now)
{
    struct list_link *next;

    for (struct list_link *link = queue->head.next; link != &queue->head; link = next) {
        struct tcp_entry *tcp = list_entry(link, struct tcp_entry, node.queue);

        next = link->next;
        if (tcp->listener != listener) {
            continue;
        }
        listener_forget(tcp);
        tcp->tcp.orphan = true;
        tcp_abort(&tcp->tcp);
        tcp_happened(iface, tcp, now);
    }
}

void listener_abandon(struct sk_iface *iface, struct listener_entry *listener, instant now)
{
    abandon(iface, listener, &iface->half_open, now);
    abandon(iface, listener, &listener->accepted, now);
}

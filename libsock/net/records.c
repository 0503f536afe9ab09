/* SPDX-License-Identifier: BSD-3-Clause */
/* The records of sockets, in slabs by kind, and the buffers that belong to them. */
#include "net/iface.h"

#include <string.h>

static void *slab_at(const struct slab *slab, uint32_t i)
{
    return slab->memory + i * slab->stride;
}

/* Only the record is zeroed: the state of a profile behind it is set up when it is opened. */
static struct sock_node *slab_take(struct slab *slab, enum sock_tag tag, size_t record)
{
    struct sock_node *node;
    uint32_t item;

    if (slab->free.next) {
        node = list_entry(slab->free.next, struct sock_node, run);
        slab->free.next = node->run.next;
        item = node->item;
    } else if (slab->n_touched < slab->n) {
        item = slab->n_touched++;
        node = slab_at(slab, item);
    } else {
        return NULL;
    }
    slab->n_taken++;
    memset(node, 0, record);
    node->tag = (uint8_t)tag;
    node->item = item;
    node->slot = SLOT_NONE;
    return node;
}

static void slab_give(struct slab *slab, struct sock_node *node)
{
    node->tag = SOCK_FREE;
    node->run.next = slab->free.next;
    slab->free.next = &node->run;
    slab->n_taken--;
}

/* Out of every table but that of its memory. */
static void detach(struct sk_iface *iface, struct sock_node *node)
{
    hash_remove(iface, node);
    if (node->slot != SLOT_NONE) {
        slot_release(iface, node);
    }
    list_remove(&node->queue);
    list_remove(&node->run);
    ip_options_release(iface, node);
}

void node_inherit(struct sk_iface *iface, struct sock_node *to, const struct sock_node *from)
{
    to->reuseaddr = from->reuseaddr;
    to->reuseport = from->reuseport;
    to->dontroute = from->dontroute;
    to->device = from->device;
    to->ttl = from->ttl;
    to->tos = from->tos;
    ip_options_share(iface, to, from);
}

struct udp_entry *udp_at(const struct sk_iface *iface, uint32_t i)
{
    return slab_at(&iface->udp, i);
}

struct tcp_entry *tcp_at(const struct sk_iface *iface, uint32_t i)
{
    return slab_at(&iface->tcp, i);
}

struct listener_entry *listener_at(const struct sk_iface *iface, uint32_t i)
{
    return slab_at(&iface->listeners, i);
}

struct udp_entry *udp_take(struct sk_iface *iface)
{
    struct udp_entry *udp =
        (struct udp_entry *)(void *)slab_take(&iface->udp, SOCK_UDP, sizeof(struct udp_entry));

    if (udp) {
        udp->rx_size = iface->rcvbuf;
        udp->tx_size = iface->sndbuf;
        udp->multicast_ttl = 1; /* RFC 1112 6.1 */
        udp->multicast_loop = true;
        udp->mtu_discover = SK_MTU_WANT;
    }
    return udp;
}

bool udp_take_buffers(struct sk_iface *iface, struct udp_entry *udp)
{
    udp->rx = bufpool_take(&iface->buffers, udp->rx_size, &udp->rx_size);
    udp->tx = bufpool_take(&iface->buffers, udp->tx_size, &udp->tx_size);
    if (!udp->rx || !udp->tx) {
        bufpool_give(&iface->buffers, udp->rx, udp->rx_size);
        bufpool_give(&iface->buffers, udp->tx, udp->tx_size);
        udp->rx = NULL;
        udp->tx = NULL;
        return false;
    }
    udp_init(&udp->udp, udp->rx, udp->rx_size, udp->tx, udp->tx_size);
    return true;
}

void udp_release(struct sk_iface *iface, struct udp_entry *udp)
{
    errors_forget(iface, udp);
    detach(iface, &udp->node);
    bufpool_give(&iface->buffers, udp->rx, udp->rx_size);
    bufpool_give(&iface->buffers, udp->tx, udp->tx_size);
    slab_give(&iface->udp, &udp->node);
}

struct tcp_entry *tcp_take(struct sk_iface *iface)
{
    struct tcp_entry *tcp =
        (struct tcp_entry *)(void *)slab_take(&iface->tcp, SOCK_TCP, sizeof(struct tcp_entry));

    if (tcp) {
        tcp->rx_size = iface->rcvbuf;
        tcp->tx_size = iface->sndbuf;
        tcp->tcp.options = TCP_DEFAULT_OPTIONS;
    }
    return tcp;
}

void tcp_give_buffers(struct sk_iface *iface, struct tcp_entry *tcp)
{
    bufpool_give(&iface->buffers, tcp->rx, tcp->rx_size);
    bufpool_give(&iface->buffers, tcp->tx, tcp->tx_size);
    tcp->rx = NULL;
    tcp->tx = NULL;
}

bool tcp_take_buffers(struct sk_iface *iface, struct tcp_entry *tcp)
{
    tcp->rx = bufpool_take(&iface->buffers, tcp->rx_size, &tcp->rx_size);
    tcp->tx = bufpool_take(&iface->buffers, tcp->tx_size, &tcp->tx_size);
    if (!tcp->rx || !tcp->tx) {
        tcp_give_buffers(iface, tcp);
        return false;
    }
    return true;
}

/*
 * Half of what is left of the link's absorb, at least a segment: the first connections get most,
 * and later ones still some. What is given lasts as long as the connection, since an announced
 * window cannot be taken back. Less than a small segment is of no use for so long: then there is
 * nothing, until another connection gives its share back (settle.c).
 */
uint32_t netif_take_credit(struct netif *netif, uint32_t want)
{
    uint32_t segment = netif_mss(netif);
    uint32_t share = netif->credit / 2;

    if (netif->link->absorb == 0) {
        return want;
    }
    share = share > segment ? share : segment;
    share = share < netif->credit ? share : netif->credit;
    share = share < want ? share : want;
    if (share < TCP_DEFAULT_MSS && share < want && share < netif->link->absorb) {
        return 0;
    }
    netif->credit -= share;
    return share;
}

static void netif_give_credit(struct netif *netif, uint32_t credit)
{
    if (netif->link->absorb) {
        netif->credit += credit;
    }
}

/*
 * All that are half open together have at most half of what the link absorbs, so that a flood of
 * SYNs leaves something for the connections that come through it: those begin with a closed window,
 * which opens as soon as they are established.
 */
uint16_t netif_lend_credit(struct netif *netif, uint32_t want)
{
    uint32_t left = netif->link->absorb / 2 - netif->lent;

    want = want < UINT16_MAX ? want : UINT16_MAX; /* the window of a SYN,ACK is not scaled */
    if (netif->link->absorb == 0) {
        return (uint16_t)want;
    }
    if (left < want && left < TCP_DEFAULT_MSS) {
        return 0;
    }
    want = netif_take_credit(netif, left < want ? left : want);
    netif->lent += want;
    return (uint16_t)want;
}

void netif_redeem_credit(struct netif *netif, uint32_t credit)
{
    if (netif->link->absorb) {
        netif->lent -= credit;
    }
    netif_give_credit(netif, credit);
}

void tcp_give_credit(struct sk_iface *iface, struct tcp_entry *tcp)
{
    if (tcp->ifindex) {
        netif_give_credit(netif_of(iface, tcp->ifindex), tcp->credit);
        tcp->ifindex = 0;
        tcp->credit = 0;
    }
}

void tcp_release(struct sk_iface *iface, struct tcp_entry *tcp)
{
    if (tcp->listener) {
        listener_forget(tcp);
    }
    detach(iface, &tcp->node);
    heap_remove(&iface->deadlines, tcp->node.item);
    tcp_give_credit(iface, tcp);
    if (tcp->tx && tcp->opened) {
        tcp->tx_size = ring_size(&tcp->tcp.tx); /* SK_SNDBUF may have made it less */
    }
    tcp_give_buffers(iface, tcp);
    slab_give(&iface->tcp, &tcp->node);
}

struct listener_entry *listener_take(struct sk_iface *iface)
{
    struct listener_entry *listener = (struct listener_entry *)(void *)slab_take(
        &iface->listeners, SOCK_LISTENER, sizeof(struct listener_entry));

    if (listener) {
        list_init(&listener->accepted);
    }
    return listener;
}

void listener_release(struct sk_iface *iface, struct listener_entry *listener)
{
    detach(iface, &listener->node);
    slab_give(&iface->listeners, &listener->node);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls on sockets that never wait (libsock.h, "Sockets"). */
#include "net/multicast.h"

#include "base/atomic.h"
#include "wire/ipv4.h"

static const struct sk_addr NOBODY;

enum sk_err sk_socket(struct sk_iface *iface, enum sk_type type, sk_fd *out)
{
    struct udp_entry *udp = type == SK_DGRAM ? udp_take(iface) : NULL;
    struct tcp_entry *tcp = type == SK_STREAM ? tcp_take(iface) : NULL;
    struct sock_node *node = udp ? &udp->node : tcp ? &tcp->node : NULL;

    if (!node) {
        return type == SK_DGRAM || type == SK_STREAM ? SK_NO_SOCKETS : SK_INVALID;
    }
    if (!slot_take(iface, node)) {
        if (udp) {
            udp_release(iface, udp);
        } else {
            tcp_release(iface, tcp);
        }
        return SK_NO_SOCKETS;
    }
    node->reported = node_readiness(node);
    *out = fd_of(iface, node);
    return SK_OK;
}

/* "::" and 0.0.0.0 are one address here. */
static struct sk_addr normal(struct sk_addr addr)
{
    if (ip_is_unspecified(addr.addr)) {
        addr.addr = ip4(0);
    }
    return addr;
}

static bool may_be_bound(struct sk_iface *iface, const struct sock_node *node, struct ip_addr addr)
{
    return ip_is_unspecified(addr) || netif_with_addr(iface, addr) ||
           (ip_is_multicast(addr) && node->tag == SOCK_UDP && iface->multicast);
}

static enum sk_err bind_node(struct sk_iface *iface, struct sock_node *node, struct sk_addr local)
{
    enum sk_err err = SK_OK;

    if (!may_be_bound(iface, node, local.addr)) {
        err = SK_ADDR_NOT_AVAIL;
    } else if (local.port != 0) {
        err = ports_check(iface, node, local);
    } else {
        local.port = ports_ephemeral(iface, node, local, NOBODY);
        err = local.port ? SK_OK : SK_ADDR_NOT_AVAIL;
    }
    if (err != SK_OK) {
        return err;
    }
    node->bound_addr = local.addr;
    node->local = local;
    node->remote = (struct sk_addr){ ip4(0), 0 };
    hash_insert(iface, node);
    return SK_OK;
}

static enum sk_err bind_udp(struct sk_iface *iface, struct udp_entry *udp, struct sk_addr local)
{
    enum sk_err err;

    if (udp->bound) {
        return SK_INVALID;
    }
    if (!udp->rx && !udp_take_buffers(iface, udp)) {
        return SK_NO_BUFFERS;
    }
    err = bind_node(iface, &udp->node, local);
    udp->bound = err == SK_OK;
    node_changed(iface, &udp->node);
    return err;
}

static enum sk_err bind_tcp(struct sk_iface *iface, struct tcp_entry *tcp, struct sk_addr local)
{
    enum sk_err err = tcp->opened || tcp->bound ? SK_INVALID : bind_node(iface, &tcp->node, local);

    tcp->bound = tcp->bound || err == SK_OK;
    return err;
}

enum sk_err sk_bind(struct sk_iface *iface, sk_fd fd, struct sk_addr local)
{
    struct tagged_socket *slot = slot_of(iface, fd);

    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    local = normal(local);
    switch (slot_tag(slot)) {
    case SOCK_UDP:
        return bind_udp(iface, slot->u.udp, local);
    case SOCK_TCP:
        return bind_tcp(iface, slot->u.tcp, local);
    default:
        return SK_INVALID;
    }
}

/* An unspecified address stands for every one. */
static bool overlap(struct sk_addr a, struct sk_addr b)
{
    return a.port == b.port &&
           (ip_equal(a.addr, b.addr) || ip_is_unspecified(a.addr) || ip_is_unspecified(b.addr));
}

static bool is_listened_on(const struct sk_iface *iface, const struct sock_node *node)
{
    for (uint32_t i = 0; i < iface->listeners.n_touched; i++) {
        const struct sock_node *other = &listener_at(iface, i)->node;

        if (other->tag == SOCK_LISTENER && overlap(other->local, node->local) &&
            nodes_share_netif(node, other) && !(node->reuseport && other->reuseport)) {
            return true;
        }
    }
    return false;
}

/* The record of a connection becomes that of a listener, under the same handle and address. */
static enum sk_err listen_on(struct sk_iface *iface, struct tcp_entry *tcp, uint32_t backlog)
{
    struct listener_entry *listener;
    enum sk_err err = tcp->bound ? SK_OK : bind_tcp(iface, tcp, (struct sk_addr){ ip4(0), 0 });

    if (err != SK_OK) {
        return err;
    }
    if (is_listened_on(iface, &tcp->node)) {
        return SK_BINDING_IN_USE;
    }
    listener = listener_take(iface);
    if (!listener) {
        return SK_NO_SOCKETS;
    }
    listener->backlog = backlog;
    listener->rx_size = tcp->rx_size;
    listener->tx_size = tcp->tx_size;
    listener->options = tcp->tcp.options;
    listener->node.bound_addr = tcp->node.bound_addr;
    listener->node.local = tcp->node.local;
    listener->node.remote = tcp->node.remote;
    node_inherit(iface, &listener->node, &tcp->node);
    slot_move(iface, &tcp->node, &listener->node);
    tcp_release(iface, tcp);
    hash_insert(iface, &listener->node);
    return SK_OK;
}

enum sk_err sk_listen(struct sk_iface *iface, sk_fd fd, uint32_t backlog, instant now)
{
    struct tagged_socket *slot = slot_of(iface, fd);

    (void)now;
    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    backlog = backlog ? backlog : 1;
    switch (slot_tag(slot)) {
    case SOCK_UDP:
        return SK_IGNORED;
    case SOCK_LISTENER:
        if (slot->u.listener->backlog == 0) {
            return SK_INVALID;
        }
        slot->u.listener->backlog = backlog;
        return SK_OK;
    default:
        return slot->u.tcp->opened ? SK_INVALID : listen_on(iface, slot->u.tcp, backlog);
    }
}

/* The netif by which it sends to `peer`, or NULL. */
static struct netif *way_to(struct sk_iface *iface, const struct udp_entry *udp,
                            struct ip_addr peer)
{
    struct ip_addr next_hop;
    struct netif *netif = route_by(iface, udp_ifindex(udp, peer), peer, &next_hop);

    return udp->node.dontroute && !ip_equal(next_hop, peer) ? NULL : netif;
}

static enum sk_err check_peer(struct sk_iface *iface, const struct udp_entry *udp,
                              struct sk_addr peer)
{
    const struct sock_node *node = &udp->node;
    const struct netif *netif = way_to(iface, udp, peer.addr);

    if (peer.port == 0) {
        return SK_INVALID;
    }
    if (!netif) {
        return SK_NET_UNREACHABLE;
    }
    if (udp->no_broadcast && netif_is_broadcast(netif, peer.addr)) {
        return SK_ACCESS;
    }
    return ip_is_multicast(node->bound_addr) || netif_may_send_from(iface, netif, node->bound_addr)
               ? SK_OK
               : SK_INVALID;
}

static void pair_with(struct sk_iface *iface, struct udp_entry *udp, struct sk_addr peer)
{
    struct sock_node *node = &udp->node;

    hash_remove(iface, node);
    node->remote = peer;
    node->local.addr = node->bound_addr;
    if (ip_is_unspecified(node->bound_addr) && peer.port != 0) {
        node->local.addr = source_by(iface, way_to(iface, udp, peer.addr), peer.addr);
    }
    hash_insert(iface, node);
}

enum sk_err sk_set_peer(struct sk_iface *iface, sk_fd fd, struct sk_addr peer)
{
    struct tagged_socket *slot = slot_of(iface, fd);
    struct udp_entry *udp;
    enum sk_err err = SK_OK;

    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    if (slot_tag(slot) != SOCK_UDP) {
        return SK_NOT_SUPPORTED;
    }
    udp = slot->u.udp;
    peer = ip_is_unspecified(peer.addr) ? NOBODY : peer;
    if (!ip_is_unspecified(peer.addr)) {
        err = check_peer(iface, udp, peer);
    }
    if (err == SK_OK && !udp->bound) {
        err = bind_udp(iface, udp, (struct sk_addr){ ip4(0), 0 });
    }
    if (err == SK_OK) {
        pair_with(iface, udp, peer);
    }
    return err;
}

/* As on Linux: who waits is told in any case. */
static enum sk_err shutdown_udp(struct sk_iface *iface, struct udp_entry *udp, enum sk_shutdown how)
{
    udp->read_shut |= how != SK_SHUT_WR;
    udp->write_shut |= how != SK_SHUT_RD;
    node_changed(iface, &udp->node);
    return udp->node.remote.port == 0 ? SK_NOT_CONNECTED : SK_OK;
}

/* As on Linux: who waits in accept is told, and the port is closed. */
static enum sk_err shutdown_listener(struct sk_iface *iface, struct listener_entry *listener,
                                     enum sk_shutdown how, instant now)
{
    if (how != SK_SHUT_WR) {
        listener_abandon(iface, listener, now);
        listener->backlog = 0;
        node_changed(iface, &listener->node);
    }
    return SK_OK;
}

enum sk_err sk_shutdown(struct sk_iface *iface, sk_fd fd, enum sk_shutdown how, instant now)
{
    struct tagged_socket *slot = slot_of(iface, fd);
    struct tcp_entry *tcp;

    iface_wake(iface, now);
    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    if (how != SK_SHUT_RD && how != SK_SHUT_WR && how != SK_SHUT_RDWR) {
        return SK_INVALID;
    }
    if (slot_tag(slot) == SOCK_UDP) {
        return shutdown_udp(iface, slot->u.udp, how);
    }
    if (slot_tag(slot) == SOCK_LISTENER) {
        return shutdown_listener(iface, slot->u.listener, how, now);
    }
    tcp = slot->u.tcp;
    if (!tcp->opened || tcp->tcp.state == TCP_CLOSED) {
        return SK_NOT_CONNECTED;
    }
    if (how != SK_SHUT_WR) {
        tcp_shutdown_receive(&tcp->tcp);
    }
    if (how != SK_SHUT_RD) {
        tcp_shutdown_send(&tcp->tcp, now);
    }
    tcp_happened(iface, tcp, now);
    return SK_OK;
}

static void close_udp(struct sk_iface *iface, struct udp_entry *udp, instant now)
{
    if (udp->n_groups > 0) {
        iface->multicast->leave_all(iface, udp, now);
    }
    hash_remove(iface, &udp->node);
    slot_release(iface, &udp->node);
    if (udp->rx && (msgq_readable(&udp->udp.tx) || load_acquire(&udp->kicked))) {
        tx_wants(iface, &udp->node); /* released when the last datagram has left */
    } else {
        udp_release(iface, udp);
    }
}

static void close_tcp(struct sk_iface *iface, struct tcp_entry *tcp, bool abort, instant now)
{
    slot_release(iface, &tcp->node);
    if (!tcp->opened) {
        tcp_release(iface, tcp);
        return;
    }
    if (abort) {
        tcp_abort(&tcp->tcp);
    } else {
        tcp_close(&tcp->tcp, now);
    }
    tcp_happened(iface, tcp, now);
}

static enum sk_err close_socket(struct sk_iface *iface, sk_fd fd, bool abort, instant now)
{
    struct tagged_socket *slot = slot_of(iface, fd);

    iface_wake(iface, now);
    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    switch (slot_tag(slot)) {
    case SOCK_UDP:
        close_udp(iface, slot->u.udp, now);
        break;
    case SOCK_TCP:
        close_tcp(iface, slot->u.tcp, abort, now);
        break;
    default:
        listener_abandon(iface, slot->u.listener, now);
        listener_release(iface, slot->u.listener);
        break;
    }
    return SK_OK;
}

enum sk_err sk_close(struct sk_iface *iface, sk_fd fd, instant now)
{
    return close_socket(iface, fd, false, now);
}

enum sk_err sk_abort(struct sk_iface *iface, sk_fd fd, instant now)
{
    return close_socket(iface, fd, true, now);
}

enum sk_err sk_local(const struct sk_iface *iface, sk_fd fd, struct sk_addr *out)
{
    const struct tagged_socket *slot = slot_of(iface, fd);

    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    *out = slot->u.node->local;
    return SK_OK;
}

enum sk_err sk_remote(const struct sk_iface *iface, sk_fd fd, struct sk_addr *out)
{
    const struct tagged_socket *slot = slot_of(iface, fd);

    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    if (slot->u.node->remote.port == 0 ||
        (slot_tag(slot) == SOCK_TCP && !tcp_synchronized(&slot->u.tcp->tcp))) {
        return SK_NOT_CONNECTED;
    }
    *out = slot->u.node->remote;
    return SK_OK;
}

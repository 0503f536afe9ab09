/* SPDX-License-Identifier: BSD-3-Clause */
/* Operations on connections: connect and accept. An operation's poll function says pending or done,
 * and keeps nothing. */
#include "net/iface.h"

/* The connection is over: but for its options, and the address that it was bound to, the socket is
 * as new. */
static enum sk_err start_over(struct sk_iface *iface, struct tcp_entry *tcp)
{
    enum sk_err err = (enum sk_err)tcp->tcp.err;

    hash_remove(iface, &tcp->node);
    tcp_give_credit(iface, tcp);
    tcp->opened = false;
    tcp->tx_size = ring_size(&tcp->tcp.tx); /* SK_SNDBUF may have made it less */
    tcp->tcp.err = SK_OK;
    tcp->tcp.rst_due = false; /* one that the link has not taken yet */
    tcp->node.remote = (struct sk_addr){ ip4(0), 0 };
    if (tcp->bound) {
        tcp->node.local.addr = tcp->node.bound_addr;
        hash_insert(iface, &tcp->node);
    } else {
        tcp->node.local = (struct sk_addr){ ip4(0), 0 };
    }
    node_changed(iface, &tcp->node);
    return err;
}

static enum sk_err begin(struct sk_op *op, struct sk_iface *iface, struct tcp_entry *tcp,
                         instant now)
{
    enum sk_err err = connection_open(iface, tcp, op->addr, now);

    op->done = 1;
    return err == SK_OK ? SK_PENDING : err;
}

static enum sk_err connect_stream(struct sk_op *op, struct sk_iface *iface, struct tcp_entry *tcp,
                                  instant now)
{
    bool started = op->done > 0;
    enum sk_err err;

    if (!tcp->opened) {
        return begin(op, iface, tcp, now);
    }
    switch (tcp->tcp.state) {
    case TCP_SYN_SENT:
    case TCP_SYN_RECEIVED:
        return started ? SK_PENDING : SK_ALREADY;
    case TCP_CLOSED:
        err = start_over(iface, tcp);
        return err == SK_OK ? begin(op, iface, tcp, now)
                            : err; /* its error was told: another attempt */
    default:
        return started ? SK_OK : SK_IS_CONNECTED;
    }
}

static enum sk_err poll_connect(struct sk_op *op, struct sk_iface *iface, instant now)
{
    struct tagged_socket *slot = slot_of(iface, op->fd);

    iface_wake(iface, now);
    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    if (slot_tag(slot) != SOCK_TCP) {
        return slot_tag(slot) == SOCK_UDP ? SK_IGNORED : SK_NOT_SUPPORTED;
    }
    return connect_stream(op, iface, slot->u.tcp, now);
}

void sk_op_connect(struct sk_op *op, sk_fd fd, struct sk_addr to)
{
    *op = (struct sk_op){ .poll = poll_connect, .fd = fd, .addr = to };
}

static enum sk_err poll_accept(struct sk_op *op, struct sk_iface *iface, instant now)
{
    struct tagged_socket *slot = slot_of(iface, op->fd);
    struct tcp_entry *tcp;

    (void)now;
    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    if (slot_tag(slot) != SOCK_LISTENER) {
        return slot_tag(slot) == SOCK_UDP ? SK_IGNORED : SK_INVALID;
    }
    if (list_empty(&slot->u.listener->accepted)) {
        return slot->u.listener->backlog == 0 ? SK_INVALID : SK_PENDING;
    }
    tcp = list_entry(list_first(&slot->u.listener->accepted), struct tcp_entry, node.queue);
    if (!slot_take(iface, &tcp->node)) {
        return SK_NO_SOCKETS;
    }
    listener_forget(tcp);
    node_changed(iface, slot->u.node);
    node_changed(iface, &tcp->node);
    op->u.accepted = fd_of(iface, &tcp->node);
    op->addr = tcp->node.remote;
    return SK_OK;
}

void sk_op_accept(struct sk_op *op, sk_fd fd)
{
    *op = (struct sk_op){ .poll = poll_accept, .fd = fd };
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Operations that move octets: send and receive, on streams and datagrams; and streams in place. */
#include "net/iface.h"

#include "wire/ipv4.h"

#include <string.h>

/* At most SIZE_MAX, whatever the caller says. */
static size_t total_len(const struct sk_iov *iov, size_t n)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        len = iov[i].len > SIZE_MAX - len ? SIZE_MAX : len + iov[i].len;
    }
    return len;
}

/* Told once; after it the stream is at its end. */
static enum sk_err take_error(struct sk_iface *iface, struct sock_node *node, uint8_t *err)
{
    uint8_t told = *err;

    *err = SK_OK;
    node_changed(iface, node);
    return (enum sk_err)told;
}

/* ---- Streams --------------------------------------------------------------------------------- */

/* SK_OK when the ring may be written to. */
static enum sk_err check_send(struct sk_iface *iface, struct tcp_entry *tcp)
{
    if (!tcp->opened) {
        return SK_NOT_CONNECTED;
    }
    if (tcp->tcp.err != SK_OK) {
        return take_error(iface, &tcp->node, &tcp->tcp.err);
    }
    return tcp_may_send(&tcp->tcp) ? SK_OK : SK_PIPE;
}

/* SK_OK when there is something to read, or nothing ever will be. */
static enum sk_err check_receive(struct sk_iface *iface, struct tcp_entry *tcp)
{
    const struct tcp_sock *t = &tcp->tcp;

    if (!tcp->opened) {
        return SK_NOT_CONNECTED;
    }
    if (tcp_readable(t) == 0 && t->err != SK_OK) {
        return take_error(iface, &tcp->node, &tcp->tcp.err);
    }
    return tcp_readable(t) > 0 || tcp_at_end(t) ? SK_OK : SK_PENDING;
}

/* The urgent octet that is apart: a peek looks behind it, and leaves it where it is. */
static uint32_t skip_urgent(const struct sk_op *op, struct tcp_sock *t)
{
    if (!tcp_urgent_skips(t)) {
        return 0;
    }
    if (op->flags & SK_OP_PEEK) {
        return 1;
    }
    ring_consume(&t->rx, 1);
    tcp_urgent_read(t);
    return 0;
}

static enum sk_err send_stream(struct sk_op *op, struct sk_iface *iface, struct tcp_entry *tcp,
                               instant now)
{
    size_t skip = op->done;
    size_t before = op->done;
    enum sk_err err;

    if (op->done > 0 && !tcp_may_send(&tcp->tcp)) {
        return SK_OK; /* what went in counts; the next call is told why no more did */
    }
    err = check_send(iface, tcp);
    if (err != SK_OK) {
        return err;
    }
    for (size_t i = 0; i < op->n_iov; i++) {
        const struct sk_iov *iov = &op->iov[i];
        uint32_t len;

        if (skip >= iov->len) {
            skip -= iov->len;
            continue;
        }
        len = tcp_room(tcp);
        len = iov->len - skip > len ? len : (uint32_t)(iov->len - skip);
        len = ring_write(&tcp->tcp.tx, (const uint8_t *)iov->base + skip, len);
        op->done += len;
        if (len < iov->len - skip) {
            break;
        }
        skip = 0;
    }
    if (op->done > before) {
        if (op->flags & SK_OP_URGENT) {
            tcp_send_urgent(&tcp->tcp);
        }
        tcp->tcp.more = op->flags & SK_OP_MORE;
        tcp_produced(&tcp->tcp, now);
        tcp_happened(iface, tcp, now);
    }
    return op->done == total_len(op->iov, op->n_iov) ? SK_OK : SK_PENDING;
}

/* `len` octets from the `at`th on, which is the first one if they are taken out. */
static void read_ring(struct ring *rx, const struct sk_op *op, uint8_t *to, uint32_t len,
                      uint32_t at)
{
    bool peek = op->flags & SK_OP_PEEK;
    bool discard = op->flags & SK_OP_DISCARD;

    if (peek && !discard) {
        ring_copy(rx, at, to, len);
    } else if (!peek && discard) {
        ring_consume(rx, len);
    } else if (!peek) {
        ring_read(rx, to, len);
    }
}

static void fill_from_ring(struct sk_op *op, struct tcp_sock *t)
{
    size_t skip = op->flags & SK_OP_PEEK ? 0 : op->done;
    uint32_t left = tcp_readable(t);
    uint32_t at = skip_urgent(op, t);

    op->done = skip;
    for (size_t i = 0; i < op->n_iov && left > 0; i++) {
        const struct sk_iov *iov = &op->iov[i];
        uint32_t len;

        if (skip >= iov->len) {
            skip -= iov->len;
            continue;
        }
        len = iov->len - skip < left ? (uint32_t)(iov->len - skip) : left;
        read_ring(&t->rx, op, (uint8_t *)iov->base + skip, len, at);
        op->done += len;
        at += len;
        left -= len;
        skip = 0;
    }
}

/* A peek makes no room: once the window is used up, nothing comes until something is read. */
static bool may_get_more(const struct sk_op *op, const struct tcp_sock *t)
{
    bool ended = t->fin_received || t->read_shut || t->state == TCP_CLOSED;

    return !ended && (!(op->flags & SK_OP_PEEK) || t->rcv_adv != t->rcv_nxt);
}

/* All of it, or the low-water mark; but what is before the last urgent octet is told alone. */
static bool has_got_enough(const struct sk_op *op, const struct tcp_sock *t)
{
    size_t total = total_len(op->iov, op->n_iov);
    size_t lowat = t->options.rcv_lowat < total ? t->options.rcv_lowat : total;

    return op->done >= (op->flags & SK_OP_WAITALL ? total : lowat) ||
           (tcp_urgent_left(t) == 1 && t->options.urgent != TCP_URGENT_IN_LINE);
}

static enum sk_err receive_stream(struct sk_op *op, struct sk_iface *iface, struct tcp_entry *tcp,
                                  instant now)
{
    struct tcp_sock *t = &tcp->tcp;
    enum sk_err err;

    if (op->done > 0 && tcp_readable(t) == 0 && tcp_at_end(t)) {
        return SK_OK; /* what came counts; the next call is told why no more did */
    }
    err = check_receive(iface, tcp);
    if (err != SK_OK) {
        return err;
    }
    op->addr = tcp->node.remote;
    fill_from_ring(op, t);
    tcp_consumed(t, now);
    tcp_happened(iface, tcp, now);
    return has_got_enough(op, t) || !may_get_more(op, t) ? SK_OK : SK_PENDING;
}

/* The last urgent octet by itself, where it is apart: once, and never waited for. */
static enum sk_err receive_urgent(struct sk_op *op, struct sk_iface *iface, struct tcp_entry *tcp)
{
    struct tcp_sock *t = &tcp->tcp;
    uint32_t left = tcp_urgent_left(t);

    if (!tcp->opened) {
        return SK_NOT_CONNECTED;
    }
    if (t->options.urgent != TCP_URGENT_APART || left == 0 || t->urgent_taken) {
        return SK_INVALID;
    }
    if (ring_used(&t->rx) < left) { /* it was announced, and is on its way */
        return tcp_at_end(t) ? SK_OK : SK_AGAIN;
    }
    for (size_t i = 0; i < op->n_iov && op->done == 0; i++) {
        op->done = op->iov[i].len > 0;
        ring_copy(&t->rx, left - 1, op->iov[i].base, (uint32_t)op->done);
    }
    t->urgent_taken = op->done > 0 && !(op->flags & SK_OP_PEEK);
    node_changed(iface, &tcp->node);
    return SK_OK;
}

/* ---- Datagrams ------------------------------------------------------------------------------- */

static enum sk_err heed_ancillary(struct sk_iface *iface, const struct sk_ancillary *ancillary,
                                  struct msg_meta *meta, struct sk_ip_options *options)
{
    if (!ip_is_unspecified(ancillary->local)) {
        meta->source.addr = ancillary->local;
        if (!netif_with_addr(iface, ancillary->local)) {
            return SK_ADDR_NOT_AVAIL;
        }
    }
    meta->ifindex = ancillary->ifindex ? ancillary->ifindex : meta->ifindex;
    meta->ttl = ancillary->ttl ? ancillary->ttl : meta->ttl;
    meta->tos = ancillary->tos >= 0 ? (uint8_t)ancillary->tos : meta->tos;
    if (ancillary->tos < -1 || ancillary->tos > (int)UINT8_MAX ||
        (ancillary->ifindex > 0 && !netif_of(iface, ancillary->ifindex))) {
        return SK_INVALID;
    }
    return ancillary->options.len > 0 ? ip_options_copy(options, &ancillary->options) : SK_OK;
}

/* Can it go there? `*max` is the longest payload. */
static enum sk_err check_datagram(struct sk_iface *iface, const struct udp_entry *udp,
                                  const struct msg_meta *meta, uint16_t flags, size_t *max)
{
    struct sk_addr to = meta->destination;
    struct ip_addr next_hop;
    struct netif *netif;

    if (to.port == 0) {
        return ip_is_unspecified(to.addr) ? SK_NEED_DEST : SK_INVALID;
    }
    netif = route_by(iface, meta->ifindex, to.addr, &next_hop);
    if (!netif) {
        return SK_NET_UNREACHABLE;
    }
    if ((udp->node.dontroute || flags & SK_OP_DONTROUTE) && !ip_equal(next_hop, to.addr)) {
        return SK_NET_UNREACHABLE;
    }
    if (udp->no_broadcast && netif_is_broadcast(netif, to.addr)) {
        return SK_ACCESS;
    }
    if (!netif_may_send_from(iface, netif, meta->source.addr)) {
        return SK_INVALID;
    }
    *max = UINT16_MAX;
    if (!datagram_may_be_cut(iface, udp)) {
        *max = datagram_mtu(iface, udp, netif, to.addr, iface->now);
    }
    *max -= (size_t)IPV4_HDR_LEN + meta->n_options + UDP_HDR_LEN;
    return SK_OK;
}

/* Where it goes to and comes from, whether it can, and with which options. */
static enum sk_err address_datagram(struct sk_iface *iface, struct udp_entry *udp,
                                    const struct sk_op *op, struct msg_meta *meta,
                                    struct sk_ip_options *options, size_t *max)
{
    enum sk_err err = SK_OK;

    *meta = datagram_meta(udp, op->addr);
    *options = *ip_options_of(iface, &udp->node);
    if (op->ancillary) {
        err = heed_ancillary(iface, op->ancillary, meta, options);
    }
    meta->n_options = options->len;
    if (err == SK_OK) {
        err = check_datagram(iface, udp, meta, op->flags, max);
    }
    if (err == SK_OK && !udp->bound) {
        err = sk_bind(iface, op->fd, (struct sk_addr){ ip4(0), 0 });
        meta->source.port = udp->node.local.port;
    }
    return err;
}

static enum sk_err send_datagram(struct sk_op *op, struct sk_iface *iface, struct udp_entry *udp)
{
    size_t len = total_len(op->iov, op->n_iov);
    struct sk_ip_options options;
    struct msg_meta meta;
    uint8_t *to;
    uint8_t *payload;
    size_t max;
    enum sk_err err;

    if (udp->udp.err != SK_OK) {
        return take_error(iface, &udp->node, &udp->udp.err);
    }
    if (udp->write_shut) {
        return SK_PIPE;
    }
    err = address_datagram(iface, udp, op, &meta, &options, &max);
    if (err != SK_OK) {
        return err;
    }
    if (len > max || len + options.len + MSGQ_RECORD_OVERHEAD > udp->tx_size) {
        return SK_MSG_SIZE;
    }
    payload = udp_claim(&udp->udp, len, options.octets, &meta);
    udp->tx_wanted = payload ? 0 : (uint32_t)len + options.len;
    if (!payload) {
        node_changed(iface, &udp->node);
        return SK_PENDING;
    }
    to = payload;
    for (size_t i = 0; i < op->n_iov; i++) {
        if (op->iov[i].len > 0) {
            memcpy(to, op->iov[i].base, op->iov[i].len);
            to += op->iov[i].len;
        }
    }
    udp_publish(&udp->udp, payload, &meta);
    op->done = len;
    tx_wants(iface, &udp->node);
    node_changed(iface, &udp->node);
    return SK_OK;
}

static struct sk_ancillary ancillary_of(const struct msg_meta *meta, const uint8_t *payload)
{
    struct sk_ancillary a = {
        .time = meta->time,
        .local = meta->destination.addr,
        .ifindex = meta->ifindex,
        .ttl = meta->ttl,
        .tos = meta->tos,
        .options.len = meta->n_options,
    };

    memcpy(a.options.octets, payload - meta->n_options, meta->n_options);
    return a;
}

static enum sk_err receive_datagram(struct sk_op *op, struct sk_iface *iface, struct udp_entry *udp)
{
    struct msg_meta meta;
    const uint8_t *payload;
    size_t len;

    if (udp->udp.err != SK_OK) {
        return take_error(iface, &udp->node, &udp->udp.err);
    }
    if (!udp->rx || !udp_received(&udp->udp, &payload, &len, &meta)) {
        return udp->read_shut ? SK_OK : SK_PENDING;
    }
    op->done = 0;
    for (size_t i = 0; i < op->n_iov && op->done < len; i++) {
        size_t part = op->iov[i].len < len - op->done ? op->iov[i].len : len - op->done;

        if (part > 0) {
            memcpy(op->iov[i].base, payload + op->done, part);
            op->done += part;
        }
    }
    op->len = len;
    op->addr = meta.source;
    if (op->ancillary) {
        *op->ancillary = ancillary_of(&meta, payload);
    }
    if (!(op->flags & SK_OP_PEEK)) {
        udp_taken(&udp->udp);
    }
    node_changed(iface, &udp->node);
    return SK_OK;
}

/* ---------------------------------------------------------------------------------------------- */

static enum sk_err poll_send(struct sk_op *op, struct sk_iface *iface, instant now)
{
    struct tagged_socket *slot = slot_of(iface, op->fd);

    iface_wake(iface, now);
    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    if (op->flags & ~(uint32_t)(SK_OP_URGENT | SK_OP_MORE | SK_OP_DONTROUTE)) {
        return SK_INVALID;
    }
    switch (slot_tag(slot)) {
    case SOCK_UDP:
        return send_datagram(op, iface, slot->u.udp);
    case SOCK_TCP:
        return send_stream(op, iface, slot->u.tcp, now);
    default:
        return SK_NOT_CONNECTED;
    }
}

void sk_op_send(struct sk_op *op, sk_fd fd, const struct sk_iov *iov, size_t n_iov,
                struct sk_addr to, uint16_t flags)
{
    *op = (struct sk_op){
        .poll = poll_send, .fd = fd, .flags = flags, .iov = iov, .n_iov = n_iov, .addr = to
    };
}

static enum sk_err poll_receive(struct sk_op *op, struct sk_iface *iface, instant now)
{
    struct tagged_socket *slot = slot_of(iface, op->fd);

    iface_wake(iface, now);
    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    if (op->flags & ~(uint32_t)(SK_OP_PEEK | SK_OP_WAITALL | SK_OP_DISCARD | SK_OP_URGENT)) {
        return SK_INVALID;
    }
    switch (slot_tag(slot)) {
    case SOCK_UDP:
        return receive_datagram(op, iface, slot->u.udp);
    case SOCK_TCP:
        return op->flags & SK_OP_URGENT ? receive_urgent(op, iface, slot->u.tcp)
                                        : receive_stream(op, iface, slot->u.tcp, now);
    default:
        return SK_NOT_CONNECTED;
    }
}

void sk_op_recv(struct sk_op *op, sk_fd fd, const struct sk_iov *iov, size_t n_iov, uint16_t flags)
{
    *op = (struct sk_op){
        .poll = poll_receive, .fd = fd, .flags = flags, .iov = iov, .n_iov = n_iov
    };
}

/* ---- Streams in place ------------------------------------------------------------------------ */

static struct tcp_entry *stream_of(struct sk_iface *iface, sk_fd fd, enum sk_err *err)
{
    struct tagged_socket *slot = slot_of(iface, fd);

    *err = !slot ? SK_INVALID_SOCKET : slot_tag(slot) == SOCK_TCP ? SK_OK : SK_NOT_SUPPORTED;
    return *err == SK_OK ? slot->u.tcp : NULL;
}

static void give_spans(const struct span spans[2], struct sk_iov out[2])
{
    for (int i = 0; i < 2; i++) {
        out[i] = (struct sk_iov){ spans[i].at, spans[i].len };
    }
}

enum sk_err sk_send_reserve(struct sk_iface *iface, sk_fd fd, struct sk_iov out[2])
{
    enum sk_err err;
    struct tcp_entry *tcp = stream_of(iface, fd, &err);
    struct span spans[2];

    if (err == SK_OK) {
        err = check_send(iface, tcp);
    }
    if (err != SK_OK) {
        return err;
    }
    ring_reserve(&tcp->tcp.tx, 0, tcp_room(tcp), spans);
    give_spans(spans, out);
    return spans[0].len > 0 ? SK_OK : SK_PENDING;
}

enum sk_err sk_send_commit(struct sk_iface *iface, sk_fd fd, size_t len, instant now)
{
    enum sk_err err;
    struct tcp_entry *tcp = stream_of(iface, fd, &err);

    iface_wake(iface, now);
    if (err == SK_OK) {
        err = check_send(iface, tcp);
    }
    if (err != SK_OK) {
        return err;
    }
    if (len > tcp_room(tcp)) {
        return SK_INVALID;
    }
    ring_commit(&tcp->tcp.tx, (uint32_t)len);
    tcp_produced(&tcp->tcp, now);
    tcp_happened(iface, tcp, now);
    return SK_OK;
}

enum sk_err sk_recv_peek(struct sk_iface *iface, sk_fd fd, struct sk_iov out[2])
{
    enum sk_err err;
    struct tcp_entry *tcp = stream_of(iface, fd, &err);
    struct span spans[2];

    if (err == SK_OK) {
        err = check_receive(iface, tcp);
    }
    if (err != SK_OK) {
        return err;
    }
    if (tcp_urgent_skips(&tcp->tcp)) {
        ring_consume(&tcp->tcp.rx, 1);
        tcp_urgent_read(&tcp->tcp);
    }
    ring_peek(&tcp->tcp.rx, 0, tcp_readable(&tcp->tcp), spans);
    give_spans(spans, out);
    return SK_OK;
}

enum sk_err sk_recv_consume(struct sk_iface *iface, sk_fd fd, size_t len, instant now)
{
    enum sk_err err;
    struct tcp_entry *tcp = stream_of(iface, fd, &err);

    iface_wake(iface, now);
    if (err != SK_OK) {
        return err;
    }
    if (!tcp->opened || len > tcp_readable(&tcp->tcp)) {
        return SK_INVALID;
    }
    ring_consume(&tcp->tcp.rx, (uint32_t)len);
    tcp_consumed(&tcp->tcp, now);
    tcp_happened(iface, tcp, now);
    return SK_OK;
}

uint32_t sk_urgent(const struct sk_iface *iface, sk_fd fd)
{
    const struct tagged_socket *slot = slot_of(iface, fd);

    return slot && slot_tag(slot) == SOCK_TCP && slot->u.tcp->opened
               ? tcp_urgent_left(&slot->u.tcp->tcp)
               : 0;
}

uint32_t sk_unread(const struct sk_iface *iface, sk_fd fd)
{
    const struct tagged_socket *slot = slot_of(iface, fd);

    if (slot && slot_tag(slot) == SOCK_UDP && slot->u.udp->rx) {
        return (uint32_t)msgq_first_len(&slot->u.udp->udp.rx);
    }
    return slot && slot_tag(slot) == SOCK_TCP && slot->u.tcp->opened
               ? tcp_readable(&slot->u.tcp->tcp)
               : 0;
}

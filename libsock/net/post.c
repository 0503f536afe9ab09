/* SPDX-License-Identifier: BSD-3-Clause */
/* What interrupts send: a datagram goes into its socket's queue, and the socket's number into a
 * chain without a lock, which the next poll takes. */
#include "net/iface.h"

#include "base/atomic.h"
#include "wire/ipv4.h"

#include <string.h>

/* Into iface->kicked, a chain that only grows at its head until the poll takes it whole. */
static void kick(struct sk_iface *iface, struct udp_entry *udp)
{
    uint32_t head = load_acquire(&iface->kicked);
    uint32_t none = 0;

    if (!compare_exchange(&udp->kicked, &none, 1)) {
        return;
    }
    do {
        store_release(&udp->kicked, 1 + head);
    } while (!compare_exchange(&iface->kicked, &head, 1 + udp->node.item));
}

struct msg_meta datagram_meta(const struct udp_entry *udp, struct sk_addr to)
{
    struct msg_meta meta = {
        .source = udp->node.local,
        .destination = ip_is_unspecified(to.addr) ? udp->node.remote : to,
        .ttl = node_ttl(&udp->node),
        .tos = udp->node.tos,
    };

    meta.ifindex = udp_ifindex(udp, meta.destination.addr);
    if (ip_is_multicast(meta.destination.addr)) {
        meta.ttl = udp->multicast_ttl;
    }
    if (ip_is_multicast(meta.source.addr)) { /* it is bound to a group */
        meta.source.addr = ip4(0);
    }
    return meta;
}

/* Of any netif: an interrupt does not ask for the way. */
static size_t longest_datagram(const struct sk_iface *iface, const struct udp_entry *udp)
{
    size_t packet = iface->packet_size - IP_HEADROOM - UDP_HDR_LEN;
    size_t queue = udp->tx_size - MSGQ_RECORD_OVERHEAD;

    return packet < queue ? packet : queue;
}

enum sk_err sk_udp_post(struct sk_iface *iface, sk_fd fd, const void *octets, size_t len,
                        struct sk_addr to)
{
    struct tagged_socket *slot = slot_of(iface, fd);
    const struct sk_ip_options *options;
    struct udp_entry *udp;
    struct msg_meta meta;
    uint8_t *payload;

    if (!slot || slot_tag(slot) != SOCK_UDP) {
        return SK_INVALID_SOCKET;
    }
    udp = slot->u.udp;
    if (!udp->bound) {
        return SK_INVALID;
    }
    if (udp->write_shut) {
        return SK_PIPE;
    }
    meta = datagram_meta(udp, to);
    options = ip_options_of(iface, &udp->node);
    meta.n_options = options->len;
    if (meta.destination.port == 0) {
        return SK_NEED_DEST;
    }
    if (len + options->len > longest_datagram(iface, udp)) {
        return SK_MSG_SIZE;
    }
    payload = udp_claim(&udp->udp, len, options->octets, &meta);
    if (!payload) {
        return SK_AGAIN;
    }
    if (len > 0) {
        memcpy(payload, octets, len);
    }
    udp_publish(&udp->udp, payload, &meta);
    kick(iface, udp);
    return SK_OK;
}

void take_kicked(struct sk_iface *iface)
{
    uint32_t link = load_relaxed(&iface->kicked) ? exchange(&iface->kicked, 0) : 0;

    while (link) {
        struct udp_entry *udp = udp_at(iface, link - 1);

        link = load_acquire(&udp->kicked) - 1;
        store_release(&udp->kicked, 0);
        if (udp->node.tag == SOCK_UDP) {
            tx_wants(iface, &udp->node);
        }
    }
}

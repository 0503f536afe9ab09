/* SPDX-License-Identifier: BSD-3-Clause */
/* Active opens (RFC 9293 3.10.1): the pair of addresses, and the SYN. */
#include "net/iface.h"

/* RFC 9293 MUST-46, RFC 1122 3.2.1.3: not to an address that no host has, whose answers would be
 * martian. */
static bool is_connectable(const struct netif *netif, struct sk_addr to)
{
    return to.port != 0 && (ip_is_host(to.addr) || ip_is_loopback(to.addr)) &&
           !netif_is_broadcast(netif, to.addr);
}

static enum sk_err choose_pair(struct sk_iface *iface, struct tcp_entry *tcp,
                               const struct netif *netif, struct sk_addr to)
{
    struct sk_addr local = tcp->node.local;

    if (ip_is_unspecified(local.addr)) {
        local.addr = source_by(iface, netif, to.addr);
    }
    if (local.port == 0) {
        local.port = ports_ephemeral(iface, &tcp->node, local, to);
        if (local.port == 0) {
            return SK_ADDR_NOT_AVAIL;
        }
    } else if (sk_addr_equal(local, to) || sockets_find(iface, true, local, to, 0) ||
               time_wait_find(iface, local, to)) {
        return SK_ADDR_NOT_AVAIL;
    }
    hash_remove(iface, &tcp->node);
    tcp->node.local = local;
    tcp->node.remote = to;
    hash_insert(iface, &tcp->node);
    return SK_OK;
}

enum sk_err connection_open(struct sk_iface *iface, struct tcp_entry *tcp, struct sk_addr to,
                            instant now)
{
    struct ip_addr next_hop;
    struct netif *netif = route_by(iface, tcp->node.device, to.addr, &next_hop);
    struct tcp_setup setup;
    enum sk_err err;

    if (!netif || (tcp->node.dontroute && !ip_equal(next_hop, to.addr))) {
        return SK_NET_UNREACHABLE;
    }
    if (!is_connectable(netif, to) || !netif_may_send_from(iface, netif, tcp->node.local.addr)) {
        return SK_INVALID;
    }
    if (netif_mss(netif) < ip_options_of(iface, &tcp->node)->len + TCP_LEAST_ROOM) {
        return SK_MSG_SIZE;
    }
    if (!tcp->rx && !tcp_take_buffers(iface, tcp)) {
        return SK_NO_BUFFERS;
    }
    err = choose_pair(iface, tcp, netif, to);
    if (err != SK_OK) {
        return err;
    }
    setup = tcp_setup_for(iface, tcp, netif, now);
    tcp->opened = true;
    tcp_open(&tcp->tcp, &setup, now);
    iface->stats.tcp_active_opens++;
    tcp_happened(iface, tcp, now);
    return SK_OK;
}

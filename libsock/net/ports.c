/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Local addresses: who may bind what, ephemeral ports (RFC 6056: algorithm 3 for TCP, algorithm 1
 * for UDP), initial sequence numbers (RFC 6528). bind with a port looks at every socket of its
 * kind: it is rare, and packets never do.
 */
#include "net/iface.h"

#include "base/atomic.h"

#include <string.h>

#define EPHEMERAL_FIRST 32768
#define N_EPHEMERAL 32768

static bool overlap(struct sk_addr a, struct sk_addr b)
{
    return a.port == b.port &&
           (ip_is_unspecified(a.addr) || ip_is_unspecified(b.addr) || ip_equal(a.addr, b.addr));
}

/* SO_REUSEPORT: all that have it share what one of them has bound, but no port that is given out.
 */
static bool is_group(const struct sock_node *node, const struct sock_node *other, bool chosen)
{
    return chosen && node->reuseport && other->reuseport;
}

/* `chosen`: the port is the program's choice. */
static bool udp_conflicts(const struct sk_iface *iface, const struct sock_node *node,
                          struct sk_addr local, bool chosen)
{
    for (uint32_t i = 0; i < iface->udp.n_touched; i++) {
        const struct sock_node *other = &udp_at(iface, i)->node;

        if (other->tag == SOCK_UDP && other != node && overlap(other->local, local) &&
            nodes_share_netif(node, other) && !(node->reuseaddr && other->reuseaddr) &&
            !is_group(node, other, chosen)) {
            return true;
        }
    }
    return false;
}

/* SO_REUSEADDR: beside connections, whatever their state, and beside others that have it and do not
 * listen. */
static bool tcp_conflicts(const struct sk_iface *iface, const struct sock_node *node,
                          struct sk_addr local, bool chosen)
{
    for (uint32_t i = 0; i < iface->listeners.n_touched; i++) {
        const struct sock_node *other = &listener_at(iface, i)->node;

        if (other->tag == SOCK_LISTENER && other != node && overlap(other->local, local) &&
            nodes_share_netif(node, other) && !is_group(node, other, chosen)) {
            return true;
        }
    }
    for (uint32_t i = 0; i < iface->tcp.n_touched; i++) {
        const struct tcp_entry *other = tcp_at(iface, i);
        bool beside = (node->reuseaddr && (other->opened || other->node.reuseaddr)) ||
                      is_group(node, &other->node, chosen);

        if (other->node.tag == SOCK_TCP && other->node.hashed && &other->node != node &&
            overlap(other->node.local, local) && nodes_share_netif(node, &other->node) && !beside) {
            return true;
        }
    }
    return !node->reuseaddr && time_wait_conflicts(iface, local, chosen && node->reuseport);
}

enum sk_err ports_check(struct sk_iface *iface, const struct sock_node *node, struct sk_addr local)
{
    bool conflict = node->tag == SOCK_UDP ? udp_conflicts(iface, node, local, true)
                                          : tcp_conflicts(iface, node, local, true);
    return conflict ? SK_BINDING_IN_USE : SK_OK;
}

struct pair {
    struct ip_addr local;
    struct ip_addr remote;
    uint16_t ports[2];
};

static uint64_t hash_pair(const struct sip_key *key, struct sk_addr local, struct sk_addr remote)
{
    struct pair pair;

    memset(&pair, 0, sizeof(pair));
    pair.local = local.addr;
    pair.remote = remote.addr;
    pair.ports[0] = local.port;
    pair.ports[1] = remote.port;
    return siphash(key, &pair, sizeof(pair));
}

/* Under the key of ports_ephemeral, which has no port in `local`: neither tells of the other. */
uint32_t pair_hash(const struct sk_iface *iface, struct sk_addr local, struct sk_addr remote)
{
    return (uint32_t)hash_pair(&iface->port_key, local, remote);
}

static bool is_free(struct sk_iface *iface, const struct sock_node *node, struct sk_addr local,
                    struct sk_addr remote)
{
    struct sk_addr nobody = { ip4(0), 0 };
    struct sk_addr any = { ip4(0), local.port };

    if (node->tag == SOCK_UDP) {
        return !udp_conflicts(iface, node, local, false);
    }
    if (remote.port == 0) {
        return !tcp_conflicts(iface, node, local, false);
    }
    return !sk_addr_equal(local, remote) && !sockets_find(iface, true, local, remote, 0) &&
           !time_wait_find(iface, local, remote) && !sockets_find(iface, true, local, nobody, 0) &&
           !sockets_find(iface, true, any, nobody, 0);
}

uint16_t ports_ephemeral(struct sk_iface *iface, const struct sock_node *node, struct sk_addr local,
                         struct sk_addr remote)
{
    uint32_t start = node->tag == SOCK_UDP ? rng_u32(&iface->rng)
                                           : (uint32_t)hash_pair(&iface->port_key, local, remote);

    for (uint32_t i = 0; i < N_EPHEMERAL; i++) {
        uint32_t next = node->tag == SOCK_UDP ? i : fetch_add(&iface->next_ephemeral, 1);

        local.port = (uint16_t)(EPHEMERAL_FIRST + (start + next) % N_EPHEMERAL);
        if (is_free(iface, node, local, remote)) {
            return local.port;
        }
    }
    return 0;
}

uint32_t initial_sequence(const struct sk_iface *iface, struct sk_addr local, struct sk_addr remote,
                          instant now)
{
    uint32_t clock = (uint32_t)(now / 4); /* RFC 9293 3.4.1: 4 microseconds */

    return clock + (uint32_t)hash_pair(&iface->isn_key, local, remote);
}

/* The half of the hash that the initial sequence number does not show. */
uint32_t timestamp_offset(const struct sk_iface *iface, struct sk_addr local, struct sk_addr remote)
{
    return (uint32_t)(hash_pair(&iface->isn_key, local, remote) >> 32);
}

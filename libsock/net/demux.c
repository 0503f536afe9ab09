/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which socket a packet is for: a hash under a secret key. A chain that grows long is a sign of an
 * attack or of bad luck, and the key is chosen anew.
 */
#include "net/iface.h"

#include "base/assert.h"

#define LONG_CHAIN 16
#define MIN_INSERTED 16 /* between two keys */

static bool is_tcp(const struct sock_node *node)
{
    return node->tag != SOCK_UDP;
}

static uint32_t hash(const struct sk_iface *iface, bool tcp, uint16_t local_port,
                     struct sk_addr remote)
{
    return (tuple_hash(&iface->hash_key, local_port, remote) ^ tcp) & iface->bucket_mask;
}

static struct sock_node **bucket_of(struct sk_iface *iface, const struct sock_node *node)
{
    return &iface->buckets[hash(iface, is_tcp(node), node->local.port, node->remote)];
}

static uint32_t enter(struct sk_iface *iface, struct sock_node *node)
{
    struct sock_node **bucket = bucket_of(iface, node);
    uint32_t length = 1;

    for (const struct sock_node *other = *bucket; other; other = other->hash_next) {
        length++;
    }
    node->hash_next = *bucket;
    *bucket = node;
    return length;
}

static void rekey(struct sk_iface *iface)
{
    struct sock_node *all = NULL;

    for (uint32_t i = 0; i <= iface->bucket_mask; i++) {
        while (iface->buckets[i]) {
            struct sock_node *node = iface->buckets[i];

            iface->buckets[i] = node->hash_next;
            node->hash_next = all;
            all = node;
        }
    }
    tuple_key_draw(&iface->hash_key, &iface->rng);
    iface->n_inserted = 0;
    while (all) {
        struct sock_node *node = all;

        all = node->hash_next;
        enter(iface, node);
    }
}

void hash_insert(struct sk_iface *iface, struct sock_node *node)
{
    SK_ASSERT(!node->hashed);
    node->hashed = true;
    iface->n_inserted++;
    /* Not at every insertion: sockets that share a port are in one chain under any key. */
    if (enter(iface, node) > LONG_CHAIN && iface->n_inserted >= MIN_INSERTED) {
        rekey(iface);
    }
}

void hash_remove(struct sk_iface *iface, struct sock_node *node)
{
    struct sock_node **link;

    if (!node->hashed) {
        return;
    }
    link = bucket_of(iface, node);
    while (*link != node) {
        link = &(*link)->hash_next;
    }
    *link = node->hash_next;
    node->hashed = false;
}

struct sock_node *sockets_find(const struct sk_iface *iface, bool tcp, struct sk_addr local,
                               struct sk_addr remote, uint8_t ifindex)
{
    struct sock_node *node = iface->buckets[hash(iface, tcp, local.port, remote)];

    while (node && !(is_tcp(node) == tcp && node->local.port == local.port &&
                     sk_addr_equal(node->remote, remote) &&
                     ip_equal(node->local.addr, local.addr) && node_hears(node, ifindex))) {
        node = node->hash_next;
    }
    return node;
}

/* A packet to one of our addresses. */
struct arrived {
    struct sk_addr local;
    uint8_t ifindex;
    bool tcp;
};

/* 3: bound to the address, 1: to all of ours, one more: and to the netif, 0: not for it. */
static int fitness(const struct sock_node *node, const struct arrived *a)
{
    bool receives = a->tcp ? node->tag == SOCK_LISTENER : node->tag == SOCK_UDP;
    int bound = node->device != 0;

    if (!receives || node->local.port != a->local.port || node->remote.port != 0 ||
        !node_hears(node, a->ifindex)) {
        return 0;
    }
    if (ip_is_unspecified(node->local.addr)) {
        return 1 + bound;
    }
    return ip_equal(node->local.addr, a->local.addr) ? 3 + bound : 0;
}

/* The finalizer of MurmurHash3 (public domain): every bit of the result depends on all of `x`. */
static uint32_t mix(uint32_t x)
{
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return x ^ x >> 16;
}

/* The one of a group that weighs most for this pair (rendezvous hashing, Thaler and Ravishankar
 * 1998): when one comes or goes, no other's peers move but to it or from it. */
static struct sock_node *choose_from_group(const struct sk_iface *iface, struct sock_node *first,
                                           const struct arrived *a, struct sk_addr remote)
{
    uint32_t pair = pair_hash(iface, a->local, remote);
    int group = fitness(first, a);
    struct sock_node *best = first;

    for (struct sock_node *node = first->hash_next; node; node = node->hash_next) {
        if (node->reuseport && fitness(node, a) == group &&
            mix(pair + node->item) > mix(pair + best->item)) {
            best = node;
        }
    }
    return best;
}

static struct sock_node *find_bound(const struct sk_iface *iface, const struct arrived *a,
                                    struct sk_addr remote)
{
    struct sk_addr nobody = { ip4(0), 0 };
    struct sock_node *best = NULL;
    int best_fitness = 0;

    for (struct sock_node *node = iface->buckets[hash(iface, a->tcp, a->local.port, nobody)]; node;
         node = node->hash_next) {
        int f = fitness(node, a);

        if (f > best_fitness) {
            best = node;
            best_fitness = f;
        }
    }
    return best && best->reuseport ? choose_from_group(iface, best, a, remote) : best;
}

struct sock_node *sockets_next(const struct sk_iface *iface, struct sk_addr local, uint8_t ifindex,
                               const struct sock_node *last)
{
    struct arrived a = { .local = local, .ifindex = ifindex };
    struct sk_addr nobody = { ip4(0), 0 };
    struct sock_node *node =
        last ? last->hash_next : iface->buckets[hash(iface, false, local.port, nobody)];

    while (node && fitness(node, &a) == 0) {
        node = node->hash_next;
    }
    return node;
}

struct sock_node *sockets_match(struct sk_iface *iface, bool tcp, struct sk_addr local,
                                struct sk_addr remote, uint8_t ifindex)
{
    struct sock_node *node = NULL;

    if (remote.port != 0) {
        node = sockets_find(iface, tcp, local, remote, ifindex);
    }
    return node ? node : find_bound(iface, &(struct arrived){ local, ifindex, tcp }, remote);
}

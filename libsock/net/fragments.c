/* SPDX-License-Identifier: BSD-3-Clause */
/* The fragments of datagrams for us (RFC 791 3.2, RFC 1122 3.3.2). */
#include "net/fragments.h"

#include "wire/icmp4.h"
#include "wire/ipv4.h"

static struct fragments *lay_out(const struct sk_config *config, struct arena *a)
{
    size_t len = sizeof(struct fragments) + config->n_reassemblies * sizeof(struct reassembly);
    size_t cap = REASSEMBLY_HEADER + (size_t)config->reassembly_size;
    struct fragments *all = arena_take(a, 1, len);
    uint8_t *memory = arena_reserve(a, config->n_reassemblies, cap);

    if (!all || !memory) {
        return NULL;
    }
    all->n = config->n_reassemblies;
    for (uint32_t i = 0; i < all->n; i++) {
        reassembly_init(&all->slots[i], memory + i * cap, (uint32_t)cap);
    }
    return all;
}

/* The one that is given up first, or none at all. */
static struct reassembly *oldest(struct fragments *all)
{
    struct reassembly *found = &all->slots[0];

    for (uint32_t i = 1; i < all->n && found->used; i++) {
        struct reassembly *r = &all->slots[i];

        if (!r->used || r->give_up_at < found->give_up_at) {
            found = r;
        }
    }
    return found;
}

/* Its datagram, begun in the place of the oldest when it is new. */
static struct reassembly *datagram_of(struct sk_iface *iface, const struct ip_hdr *ip, instant now)
{
    struct fragments *all = iface->pieces;
    struct reassembly *r;

    for (uint32_t i = 0; i < all->n; i++) {
        if (reassembly_is_of(&all->slots[i], ip)) {
            return &all->slots[i];
        }
    }
    r = oldest(all);
    if (r->used) {
        drop(iface, DROP_IP_FRAGMENT_EVICTED, NULL);
    }
    reassembly_begin(r, ip, now);
    return r;
}

static enum drop_reason deliver(struct sk_iface *iface, struct netif *netif, struct reassembly *r,
                                struct pkt *pkt, instant now)
{
    enum drop_reason reason = reassembly_seal(r);

    if (reason != DROP_NONE) {
        reason = drop(iface, reason, pkt);
    } else {
        struct cursor c = cursor_over(sk_pkt_data(&r->pkt) + ipv4_hdr_len(&r->ip),
                                      r->pkt.len - ipv4_hdr_len(&r->ip));

        reason = rx_datagram(iface, netif, &r->ip, &c, &r->pkt, now);
    }
    reassembly_forget(r);
    return reason;
}

static enum drop_reason arrives(struct sk_iface *iface, struct netif *netif,
                                const struct ip_hdr *ip, const struct cursor *c, struct pkt *pkt,
                                instant now)
{
    enum drop_reason reason = reassembly_check(ip);
    struct reassembly *r;

    if (reason != DROP_NONE) {
        return drop(iface, reason, pkt);
    }
    r = datagram_of(iface, ip, now);
    reason = reassembly_add(r, ip, sk_pkt_data(pkt), c->at);
    if (reason != DROP_NONE) {
        return drop(iface, reason, pkt);
    }
    return reassembly_is_whole(r) ? deliver(iface, netif, r, pkt, now) : DROP_NONE;
}

static void give_up(struct sk_iface *iface, struct reassembly *r, instant now)
{
    drop(iface, DROP_IP_FRAGMENT_TIMEOUT, NULL);
    if (reassembly_quote(r)) {
        tx_icmp_error(iface, &r->ip, ICMP4_TIME_EXCEEDED, ICMP4_REASSEMBLY_TIME, &r->pkt, now);
    }
    reassembly_forget(r);
}

static bool poll(struct sk_iface *iface, instant now)
{
    struct fragments *all = iface->pieces;
    bool any = false;

    for (uint32_t i = 0; i < all->n; i++) {
        struct reassembly *r = &all->slots[i];

        if (r->used && now >= r->give_up_at) {
            give_up(iface, r, now);
            any = true;
        }
    }
    return any;
}

static instant poll_at(const struct sk_iface *iface)
{
    const struct fragments *all = iface->pieces;
    instant at = NEVER;

    for (uint32_t i = 0; i < all->n; i++) {
        const struct reassembly *r = &all->slots[i];

        at = r->used && r->give_up_at < at ? r->give_up_at : at;
    }
    return at;
}

const struct sk_ip_fragments sk_ip_fragments = {
    .lay_out = lay_out,
    .arrives = arrives,
    .poll = poll,
    .poll_at = poll_at,
    .piece = fragments_piece,
};

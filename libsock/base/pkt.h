/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet buffer. Headers are pushed in front of what is there and pulled off the front, without
 * moving it:
 *
 *     buf          buf + head        buf + head + len        buf + cap
 *      |  headroom  |  the packet      |  tail room            |
 *
 * Pools are used by the stack's side only: an interrupt hands packets over through a ring of its
 * driver.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct pkt_pool {
    struct pkt *free;
    uint32_t n_free;
    uint32_t n_total;
    uint32_t n_min_free; /* the lowest that n_free has been */
};

struct pkt {
    struct pkt *next; /* in the list of whoever owns the packet */
    struct pkt_pool *pool;
    uint8_t *buf;
    uint32_t cap;
    uint32_t head;
    uint32_t len;
    uint8_t ifindex; /* the netif it came from or goes to */
};

struct pkt_list {
    struct pkt *first;
    struct pkt *last;
};

void sk_pkt_pool_init(struct pkt_pool *pool);

/** Adds a packet over `cap` octets at `buf` to the pool; both stay where they are for good. */
void sk_pkt_pool_add(struct pkt_pool *pool, struct pkt *p, uint8_t *buf, uint32_t cap);

/**
 * An empty packet with `headroom` octets in front, or NULL when the pool is empty. The caller owns
 * it.
 */
struct pkt *sk_pkt_alloc(struct pkt_pool *pool, uint32_t headroom);

/** Gives the packet back to its pool. Takes the packet; NULL is allowed. */
void sk_pkt_free(struct pkt *p);

static inline uint8_t *sk_pkt_data(const struct pkt *p)
{
    return p->buf + p->head;
}

/** Octets that may be put behind the packet. */
static inline uint32_t sk_pkt_room(const struct pkt *p)
{
    return p->cap - p->head - p->len;
}

/**
 * Room for `len` octets in front of the packet, now its beginning; the headroom is there
 * (asserted).
 */
uint8_t *sk_pkt_push(struct pkt *p, uint32_t len);

/** Room for `len` octets behind the packet, now its end; the tail room is there (asserted). */
uint8_t *sk_pkt_put(struct pkt *p, uint32_t len);

/** Takes `len` octets off the front, at most pkt->len (asserted). */
void sk_pkt_pull(struct pkt *p, uint32_t len);

void sk_pkt_list_push(struct pkt_list *list, struct pkt *p);
struct pkt *sk_pkt_list_pop(struct pkt_list *list);

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet buffers and their pools. A pool is a list of the packets that nobody owns; it counts them,
 * so that a test can see that every packet came back, and an owner how close it was to running out.
 */
#include "base/pkt.h"

#include "base/assert.h"

void sk_pkt_pool_init(struct pkt_pool *pool)
{
    *pool = (struct pkt_pool){ 0 };
}

void sk_pkt_pool_add(struct pkt_pool *pool, struct pkt *p, uint8_t *buf, uint32_t cap)
{
    *p = (struct pkt){ .next = pool->free, .pool = pool, .buf = buf, .cap = cap };
    pool->free = p;
    pool->n_total++;
    pool->n_free++;
    pool->n_min_free = pool->n_free;
}

struct pkt *sk_pkt_alloc(struct pkt_pool *pool, uint32_t headroom)
{
    struct pkt *p = pool->free;

    if (!p) {
        return NULL;
    }
    SK_ASSERT(headroom <= p->cap);
    pool->free = p->next;
    pool->n_free--;
    if (pool->n_free < pool->n_min_free) {
        pool->n_min_free = pool->n_free;
    }
    p->next = NULL;
    p->head = headroom;
    p->len = 0;
    p->ifindex = 0;
    return p;
}

void sk_pkt_free(struct pkt *p)
{
    if (!p) {
        return;
    }
    SK_ASSERT(p->pool->n_free < p->pool->n_total);
    p->next = p->pool->free;
    p->pool->free = p;
    p->pool->n_free++;
}

uint8_t *sk_pkt_push(struct pkt *p, uint32_t len)
{
    SK_ASSERT(len <= p->head);
    p->head -= len;
    p->len += len;
    return sk_pkt_data(p);
}

uint8_t *sk_pkt_put(struct pkt *p, uint32_t len)
{
    uint8_t *at = sk_pkt_data(p) + p->len;

    SK_ASSERT(len <= sk_pkt_room(p));
    p->len += len;
    return at;
}

void sk_pkt_pull(struct pkt *p, uint32_t len)
{
    SK_ASSERT(len <= p->len);
    p->head += len;
    p->len -= len;
}

void sk_pkt_list_push(struct pkt_list *list, struct pkt *p)
{
    p->next = NULL;
    if (list->last) {
        list->last->next = p;
    } else {
        list->first = p;
    }
    list->last = p;
}

struct pkt *sk_pkt_list_pop(struct pkt_list *list)
{
    struct pkt *p = list->first;

    if (!p) {
        return NULL;
    }
    list->first = p->next;
    if (!list->first) {
        list->last = NULL;
    }
    p->next = NULL;
    return p;
}

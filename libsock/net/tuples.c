/* SPDX-License-Identifier: BSD-3-Clause */
/* Small records by their pair of addresses: see tuples.h. */
#include "net/tuples.h"

#include <string.h>

void tuple_key_draw(struct tuple_key *key, struct rng *rng)
{
    for (int i = 0; i < 3; i++) {
        key->a[i] = rng_u64(rng);
    }
}

uint32_t tuple_hash(const struct tuple_key *key, uint16_t local_port, struct sk_addr remote)
{
    uint64_t addr = key->a[0] + ip4_bits(remote.addr);
    uint64_t ports = key->a[1] + ((uint32_t)remote.port << 16 | local_port);

    return (uint32_t)((key->a[2] + addr * ports) >> 32);
}

static uint16_t *bucket_of(const struct tuples *t, uint16_t local_port, struct sk_addr remote)
{
    return &t->buckets[tuple_hash(&t->key, local_port, remote) & t->bucket_mask];
}

static uint16_t index_of(const struct tuples *t, const struct tuple *tuple)
{
    return (uint16_t)((size_t)((const uint8_t *)tuple - t->memory) / t->stride + 1);
}

struct tuple *tuples_find(const struct tuples *t, struct sk_addr local, struct sk_addr remote)
{
    for (uint16_t i = *bucket_of(t, local.port, remote); i != 0;) {
        struct tuple *tuple = tuples_at(t, i);

        if (sk_addr_equal(tuple_remote(tuple), remote) &&
            sk_addr_equal(tuple_local(tuple), local)) {
            return tuple;
        }
        i = tuple->hash_next;
    }
    return NULL;
}

/* How many there are, and the last, which is the oldest since new ones come first; NULL: none. */
static uint32_t measure(const struct tuples *t, uint16_t bucket, struct tuple **oldest)
{
    uint32_t n = 0;

    *oldest = NULL;
    for (uint16_t i = bucket; i != 0; i = (*oldest)->hash_next) {
        *oldest = tuples_at(t, i);
        n++;
    }
    return n;
}

struct tuple *tuples_in_the_way(const struct tuples *t, struct sk_addr local, struct sk_addr remote)
{
    struct tuple *oldest;
    uint32_t n = measure(t, *bucket_of(t, local.port, remote), &oldest);

    return n < TUPLES_PER_BUCKET ? NULL : oldest;
}

static struct tuple *take_free(struct tuples *t)
{
    struct tuple *tuple;

    if (t->free != 0) {
        tuple = tuples_at(t, t->free);
        t->free = tuple->hash_next;
    } else if (t->n_touched < t->n) {
        tuple = tuples_at(t, ++t->n_touched);
    } else {
        return NULL;
    }
    t->n_taken++;
    return tuple;
}

struct tuple *tuples_take(struct tuples *t, struct sk_addr local, struct sk_addr remote)
{
    uint16_t *bucket = bucket_of(t, local.port, remote);
    struct tuple *tuple = tuples_in_the_way(t, local, remote) ? NULL : take_free(t);

    if (!tuple) {
        return NULL;
    }
    memset(tuple, 0, t->stride);
    tuple->local_addr = local.addr;
    tuple->local_port = local.port;
    tuple->remote_addr = remote.addr;
    tuple->remote_port = remote.port;
    tuple->hash_next = *bucket;
    *bucket = index_of(t, tuple);
    return tuple;
}

void tuples_give(struct tuples *t, struct tuple *tuple)
{
    uint16_t index = index_of(t, tuple);
    uint16_t *link = bucket_of(t, tuple->local_port, tuple_remote(tuple));

    while (*link != index) {
        link = &tuples_at(t, *link)->hash_next;
    }
    *link = tuple->hash_next;
    tuple->local_port = 0;
    tuple->hash_next = t->free;
    t->free = index;
    t->n_taken--;
}

void tuples_append(const struct tuples *t, struct tuple_queue *queue, struct tuple *tuple)
{
    uint16_t index = index_of(t, tuple);

    tuple->next = 0;
    tuple->prev = queue->last;
    if (queue->last != 0) {
        tuples_at(t, queue->last)->next = index;
    } else {
        queue->first = index;
    }
    queue->last = index;
}

void tuples_remove(const struct tuples *t, struct tuple_queue *queue, struct tuple *tuple)
{
    if (tuple->prev != 0) {
        tuples_at(t, tuple->prev)->next = tuple->next;
    } else {
        queue->first = tuple->next;
    }
    if (tuple->next != 0) {
        tuples_at(t, tuple->next)->prev = tuple->prev;
    } else {
        queue->last = tuple->prev;
    }
}

void tuples_carry(const struct tuples *t, instant then, instant now)
{
    for (uint32_t i = 1; i <= t->n_touched; i++) {
        struct tuple *tuple = tuples_at(t, i);

        tuple->at = tick_carry(tuple->at, then, now);
    }
}

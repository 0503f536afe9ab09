/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small records of connections that have no socket, found by their pair of addresses: those that
 * are half open (half_open.c) and those in TIME-WAIT (time_wait.c). A hash under a secret key,
 * whose buckets are bounded (RFC 4987 3.3), and queues of records that end in the order in which
 * they came. Records are numbered from 1, in 16 bits, so that the links of one take six octets.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/rng.h"
#include "base/tick.h"

#define TUPLES_PER_BUCKET 8 /* a table that is full has one for each bucket on average */
#define TUPLES_MAX 65535

/** What every such record begins with. */
struct tuple {
    struct ip_addr local_addr;
    struct ip_addr remote_addr;
    uint16_t local_port; /* 0: the record is free */
    uint16_t remote_port;
    uint16_t hash_next; /* of its bucket, or of the free ones; 0: the last */
    uint16_t next;      /* of its queue */
    uint16_t prev;
    uint8_t ifindex;
    uint8_t queue; /* which one it is in, if its owner has several */
    tick at;       /* when it is due */
};

/** Secret. */
struct tuple_key {
    uint64_t a[3];
};

/** All zero: empty. */
struct tuple_queue {
    uint16_t first;
    uint16_t last;
};

struct tuples {
    uint8_t *memory;   /* n records of `stride` octets */
    uint16_t *buckets; /* zeroed */
    size_t stride;
    struct tuple_key key;
    uint32_t bucket_mask;
    uint16_t n;
    uint16_t n_touched; /* the first ones: the others have never been used */
    uint16_t n_taken;
    uint16_t free; /* a list through hash_next */
};

/** Record `i`, from 1 to n_touched. */
static inline struct tuple *tuples_at(const struct tuples *t, uint32_t i)
{
    return (struct tuple *)(void *)(t->memory + (i - 1) * t->stride);
}

/** NULL: there is none. */
struct tuple *tuples_find(const struct tuples *t, struct sk_addr local, struct sk_addr remote);

/** A record for this pair, otherwise zero; NULL: every one is taken, or its bucket is full. */
struct tuple *tuples_take(struct tuples *t, struct sk_addr local, struct sk_addr remote);

/** Gives back a record that is in no queue. */
void tuples_give(struct tuples *t, struct tuple *tuple);

/** The oldest in the bucket of this pair, if the bucket is full; else NULL. */
struct tuple *tuples_in_the_way(const struct tuples *t, struct sk_addr local,
                                struct sk_addr remote);

/** NULL: the queue is empty. */
static inline struct tuple *tuples_first(const struct tuples *t, const struct tuple_queue *queue)
{
    return queue->first ? tuples_at(t, queue->first) : NULL;
}

void tuples_append(const struct tuples *t, struct tuple_queue *queue, struct tuple *tuple);
void tuples_remove(const struct tuples *t, struct tuple_queue *queue, struct tuple *tuple);

/** Nobody looked from `then` to `now`, which is too long for ticks (base/tick.h). */
void tuples_carry(const struct tuples *t, instant then, instant now);

static inline struct sk_addr tuple_local(const struct tuple *tuple)
{
    return (struct sk_addr){ tuple->local_addr, tuple->local_port };
}

static inline struct sk_addr tuple_remote(const struct tuple *tuple)
{
    return (struct sk_addr){ tuple->remote_addr, tuple->remote_port };
}

void tuple_key_draw(struct tuple_key *key, struct rng *rng);

/**
 * The keyed hash of a pair, for demux.c too. Strongly universal (pair-multiply-shift, Thorup 2015,
 * "High Speed Hashing for Integers and Strings", 3.5): any two pairs collide under one key in 2^32,
 * so that who does not know the key cannot choose ones that do.
 */
uint32_t tuple_hash(const struct tuple_key *key, uint16_t local_port, struct sk_addr remote);

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The record queue: many producers, one consumer. `head` and `tail` run freely and are masked. A
 * record begins at a multiple of 8 with its state word:
 *
 *     0: nothing yet, or claimed and still being filled      READY: a record      GAP: skip to the
 * memory's beginning
 *
 * Unused room is zero throughout, so the consumer needs the state word alone and never looks at
 * `head`. A producer that is interrupted between claim and publish delays the consumer, never
 * another producer.
 */
#include "base/msgq.h"

#include <string.h>

#include "base/assert.h"
#include "base/atomic.h"

enum record_state {
    EMPTY,
    READY,
    GAP,
};

struct record {
    uint32_t state; /* enum record_state */
    uint32_t len;   /* octets of payload */
    struct msg_meta meta;
};

#define RECORD_ALIGN 8u
#define MIN_SIZE 128u

static struct record *record_at(const struct msgq *q, uint32_t counter)
{
    return (struct record *)(void *)(q->base + (counter & q->mask));
}

static uint8_t *payload_of(struct record *rec)
{
    return (uint8_t *)(rec + 1);
}

static uint32_t queue_size(const struct msgq *q)
{
    return q->mask + 1;
}

/* Octets that a record takes; 0 when it could never fit. */
static uint32_t record_size(const struct msgq *q, size_t len)
{
    if (len > queue_size(q) - sizeof(struct record)) {
        return 0;
    }
    return (uint32_t)(sizeof(struct record) + len + RECORD_ALIGN - 1) & ~(RECORD_ALIGN - 1);
}

/*
 * Octets left unused before a record of `size` octets that is claimed at `head`, because records do
 * not wrap.
 */
static uint32_t gap_before(const struct msgq *q, uint32_t head, uint32_t size)
{
    uint32_t to_end = queue_size(q) - (head & q->mask);

    return size <= to_end ? 0 : to_end;
}

void msgq_init(struct msgq *q, uint8_t *memory, uint32_t size)
{
    SK_ASSERT(size >= MIN_SIZE && (size & (size - 1)) == 0);
    SK_ASSERT((uintptr_t)memory % RECORD_ALIGN == 0);
    *q = (struct msgq){ .base = memory, .mask = size - 1 };
    memset(memory, 0, size);
}

/*
 * The first record that is ready, behind a gap where there is one, and the counter of its place; or
 * NULL.
 */
static struct record *first_ready(const struct msgq *q, uint32_t *counter)
{
    struct record *rec;

    *counter = load_relaxed(&q->tail);
    rec = record_at(q, *counter);
    if (load_acquire(&rec->state) == GAP) {
        *counter += queue_size(q) - (*counter & q->mask);
        rec = record_at(q, *counter);
    }
    return load_acquire(&rec->state) == READY ? rec : NULL;
}

bool msgq_readable(const struct msgq *q)
{
    uint32_t counter;

    return first_ready(q, &counter) != NULL;
}

bool msgq_fits(const struct msgq *q, size_t len)
{
    uint32_t size = record_size(q, len);
    uint32_t head = load_acquire(&q->head);
    uint32_t used = head - load_acquire(&q->tail);

    /*
     * More used than there is: the head went out of date between the two loads, so the queue is in
     * motion.
     */
    return size > 0 && used <= queue_size(q) &&
           gap_before(q, head, size) + size <= queue_size(q) - used;
}

size_t msgq_first_len(const struct msgq *q)
{
    uint32_t counter;
    const struct record *rec = first_ready(q, &counter);

    return rec ? rec->len : 0;
}

/*
 * Moves `head` over a record of `size` octets and the gap before it; false when there is no room.
 */
static bool claim_room(struct msgq *q, uint32_t size, uint32_t *head, uint32_t *gap)
{
    *head = load_acquire(&q->head);
    do {
        uint32_t used;

        /*
         * The tail is read after the head: it may be ahead of a head that is out of date, and the
         * exchange fails.
         */
        used = *head - load_acquire(&q->tail);
        *gap = gap_before(q, *head, size);
        if (used <= queue_size(q) && *gap + size > queue_size(q) - used) {
            return false;
        }
    } while (!compare_exchange(&q->head, head, *head + *gap + size));
    return true;
}

uint8_t *msgq_claim(struct msgq *q, size_t len, const struct msg_meta *meta)
{
    uint32_t size = record_size(q, len);
    uint32_t head;
    uint32_t gap;
    struct record *rec;

    if (size == 0 || !claim_room(q, size, &head, &gap)) {
        return NULL;
    }
    if (gap > 0) {
        store_release(&record_at(q, head)->state, GAP);
    }
    rec = record_at(q, head + gap);
    rec->len = (uint32_t)len;
    rec->meta = *meta;
    return payload_of(rec);
}

void msgq_publish(struct msgq *q, uint8_t *payload)
{
    struct record *rec = (struct record *)(void *)payload - 1;

    SK_ASSERT((uint8_t *)rec >= q->base && payload <= q->base + queue_size(q));
    store_release(&rec->state, READY);
}

bool msgq_push(struct msgq *q, const uint8_t *octets, size_t len, const struct msg_meta *meta)
{
    uint8_t *payload = msgq_claim(q, len, meta);

    if (!payload) {
        return false;
    }
    if (len > 0) {
        memcpy(payload, octets, len);
    }
    msgq_publish(q, payload);
    return true;
}

bool msgq_peek(const struct msgq *q, const uint8_t **payload, size_t *len, struct msg_meta *meta)
{
    uint32_t counter;
    struct record *rec = first_ready(q, &counter);

    if (!rec) {
        return false;
    }
    *payload = payload_of(rec);
    *len = rec->len;
    *meta = rec->meta;
    return true;
}

/*
 * An empty queue begins again at the memory's beginning, where the longest record fits. A producer
 * that was faster keeps its place: then `head` is not where the consumer is.
 */
static void begin_again(struct msgq *q, uint32_t tail)
{
    uint32_t head = tail;
    uint32_t start = tail + queue_size(q) - (tail & q->mask);

    if (tail & q->mask && compare_exchange(&q->head, &head, start)) {
        store_release(&q->tail, start);
    }
}

void msgq_pop(struct msgq *q)
{
    uint32_t tail = load_relaxed(&q->tail);
    uint32_t counter;
    struct record *rec = first_ready(q, &counter);
    uint32_t size;

    SK_ASSERT(rec);
    size = record_size(q, rec->len);
    if (counter != tail) {
        store_relaxed(&record_at(q, tail)->state, EMPTY);
    }
    memset(rec, 0, size);
    store_release(&q->tail, counter + size);
    begin_again(q, counter + size);
}

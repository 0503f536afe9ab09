/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Properties of the queues: the ring against an array that holds the whole stream, the record queue
 * against a list. SEED=n replays a run.
 */
#include <check.h>
#include <stdalign.h>
#include <string.h>

#include "base/msgq.h"
#include "base/ring.h"
#include "base/sum.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#define N_ROUNDS 40
#define N_STEPS 2000
#define MAX_SIZE 1024u
#define MAX_STREAM (N_STEPS * MAX_SIZE)

static uint8_t memory[MAX_SIZE];
static uint8_t stream[MAX_STREAM];

/* What a ring should hold: stream[tail..head), and what has been poked past head. */
struct ring_model {
    struct ring ring;
    uint32_t head;
    uint32_t tail;
};

static void ring_puts(struct ring_model *m, uint64_t *state)
{
    uint32_t room = ring_free(&m->ring);
    uint32_t len = random_below(state, room + 8);
    uint32_t n = len < room ? len : room;
    uint32_t half = n / 2;

    seed_assert(room == ring_size(&m->ring) - (m->head - m->tail));
    if (random_below(state, 2)) {
        seed_assert(ring_write(&m->ring, stream + m->head, len) == n);
    } else { /* the second half first, as segments out of order come */
        uint16_t sum = ring_poke(&m->ring, half, stream + m->head + half, n - half);

        seed_assert(sum == sum_add(0, stream + m->head + half, n - half));
        seed_assert(ring_used(&m->ring) == m->head - m->tail);
        ring_poke(&m->ring, 0, stream + m->head, half);
        ring_commit(&m->ring, n);
    }
    m->head += n;
}

static void ring_takes(struct ring_model *m, uint64_t *state)
{
    uint8_t out[MAX_SIZE + 8];
    uint32_t used = m->head - m->tail;
    uint32_t len = random_below(state, used + 8);
    uint32_t n = len < used ? len : used;
    uint32_t offset = n > 0 ? random_below(state, n) : 0;
    uint16_t sum;

    seed_assert(ring_used(&m->ring) == used);
    sum = ring_copy(&m->ring, offset, out, n - offset);
    seed_assert(sum == sum_add(0, stream + m->tail + offset, n - offset));
    seed_assert(memcmp(out, stream + m->tail + offset, n - offset) == 0);
    if (random_below(state, 2)) {
        seed_assert(ring_read(&m->ring, out, len) == n);
        seed_assert(memcmp(out, stream + m->tail, n) == 0);
    } else {
        ring_consume(&m->ring, n);
    }
    m->tail += n;
}

START_TEST(a_ring_holds_what_the_stream_says)
{
    uint64_t state = seed_start();

    random_octets(&state, stream, 1 << 16);
    for (uint32_t i = 1 << 16; i < MAX_STREAM; i++) {
        stream[i] = (uint8_t)(stream[i - (1 << 16)] + 31);
    }
    for (int round = 0; round < N_ROUNDS; round++) {
        struct ring_model m = { .head = 0 };
        uint32_t start = random_u32(&state);

        ring_init(&m.ring, memory, 1u << random_below(&state, 11));
        m.ring.head = start;
        m.ring.tail = start;
        for (int step = 0; step < N_STEPS; step++) {
            if (random_below(&state, 2)) {
                ring_puts(&m, &state);
            } else {
                ring_takes(&m, &state);
            }
        }
    }
}
END_TEST

#define MAX_HELD 64

/* Records in the order of their claims: number, length, and whether it was published. */
struct queue_model {
    struct msgq queue;
    struct {
        uint32_t number;
        uint32_t len;
        uint8_t *claimed; /* NULL: published */
    } held[MAX_HELD];
    uint32_t n_held;
    uint32_t next_number;
};

static uint8_t payload_octet(uint32_t number, uint32_t i)
{
    return (uint8_t)(number * 7 + i + 1);
}

static void queue_claims(struct queue_model *m, uint64_t *state, uint32_t size)
{
    uint32_t len = random_below(state, size);
    struct msg_meta meta = { .time = m->next_number };
    bool fits = msgq_fits(&m->queue, len);
    uint8_t *payload;
    uint32_t n_wrong = 0;

    if (m->n_held == MAX_HELD) {
        return;
    }
    payload = msgq_claim(&m->queue, len, &meta);
    seed_assert(fits == (payload != NULL));
    seed_assert(payload || m->n_held > 0 || len + MSGQ_RECORD_OVERHEAD > size / 2);
    if (!payload) {
        return;
    }
    for (uint32_t i = 0; i < len; i++) {
        n_wrong += payload[i] != 0;
        payload[i] = payload_octet(m->next_number, i);
    }
    seed_assert(n_wrong == 0);
    m->held[m->n_held].number = m->next_number++;
    m->held[m->n_held].len = len;
    m->held[m->n_held].claimed = payload;
    m->n_held++;
}

static void queue_publishes(struct queue_model *m, uint64_t *state)
{
    if (m->n_held > 0) {
        uint32_t i = random_below(state, m->n_held);

        if (m->held[i].claimed) {
            msgq_publish(&m->queue, m->held[i].claimed);
            m->held[i].claimed = NULL;
        }
    }
}

static void queue_pops(struct queue_model *m)
{
    bool readable = m->n_held > 0 && !m->held[0].claimed;
    const uint8_t *payload;
    size_t len;
    struct msg_meta meta;
    uint32_t n_wrong = 0;

    seed_assert(msgq_readable(&m->queue) == readable);
    seed_assert(msgq_first_len(&m->queue) == (readable ? m->held[0].len : 0));
    seed_assert(msgq_peek(&m->queue, &payload, &len, &meta) == readable);
    if (!readable) {
        return;
    }
    seed_assert(len == m->held[0].len && meta.time == m->held[0].number);
    for (uint32_t i = 0; i < len; i++) {
        n_wrong += payload[i] != payload_octet(m->held[0].number, i);
    }
    seed_assert(n_wrong == 0);
    msgq_pop(&m->queue);
    memmove(m->held, m->held + 1, --m->n_held * sizeof m->held[0]);
}

START_TEST(a_record_queue_is_a_list)
{
    static alignas(8) uint8_t queue_memory[MAX_SIZE];
    uint64_t state = seed_start();

    for (int round = 0; round < N_ROUNDS; round++) {
        static struct queue_model m;
        uint32_t size = 128u << random_below(&state, 4);

        memset(&m, 0, sizeof m);
        msgq_init(&m.queue, queue_memory, size);
        m.queue.head = random_u32(&state) & ~7u;
        m.queue.tail = m.queue.head;
        for (int step = 0; step < N_STEPS; step++) {
            switch (random_below(&state, 4)) {
            case 0:
                queue_claims(&m, &state, size);
                break;
            case 1:
                queue_claims(&m, &state, size / 4);
                break;
            case 2:
                queue_publishes(&m, &state);
                break;
            default:
                queue_pops(&m);
                break;
            }
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_ring_holds_what_the_stream_says,
        a_record_queue_is_a_list,
        NULL,
    };

    return suite_run("prop_queues", tests);
}

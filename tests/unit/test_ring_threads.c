/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ring and the record queue between threads: nothing is lost, torn or out of order. Small
 * enough for ThreadSanitizer, which is what it is for.
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdalign.h>
#include <string.h>

#include "base/msgq.h"
#include "base/ring.h"
#include "tests/support/suite.h"

#define N_OCTETS 400000u
#define N_PRODUCERS 3u
#define N_RECORDS 8000u /* of each producer */
#define MAX_WORDS 24u

static uint8_t ring_memory[256];
static struct ring ring;

static uint8_t octet_at(uint32_t i)
{
    return (uint8_t)(i * 0x9e3779b1u >> 24);
}

/* Writes the octets of its stream by both ways in, in pieces of changing length. */
static void *write_octets_in(void *unused)
{
    uint32_t at = 0;

    while (at < N_OCTETS) {
        uint8_t piece[61];
        uint32_t len = 1 + at % sizeof piece;

        len = len < N_OCTETS - at ? len : N_OCTETS - at;
        for (uint32_t i = 0; i < len; i++) {
            piece[i] = octet_at(at + i);
        }
        if (at % 2 == 0 && ring_free(&ring) >= len) {
            ring_poke(&ring, 0, piece, len);
            ring_commit(&ring, len);
        } else {
            len = ring_write(&ring, piece, len);
        }
        at += len;
        if (len == 0) {
            sched_yield();
        }
    }
    return unused;
}

START_TEST(a_stream_passes_a_ring_whole)
{
    pthread_t producer;
    uint32_t at = 0;
    uint32_t n_wrong = 0;

    ring_init(&ring, ring_memory, sizeof ring_memory);
    ck_assert_int_eq(pthread_create(&producer, NULL, write_octets_in, NULL), 0);
    while (at < N_OCTETS) {
        uint8_t piece[100];
        uint32_t len = ring_read(&ring, piece, 1 + at % sizeof piece);

        for (uint32_t i = 0; i < len; i++) {
            n_wrong += piece[i] != octet_at(at + i);
        }
        at += len;
        if (len == 0) {
            sched_yield();
        }
    }
    pthread_join(producer, NULL);
    ck_assert_uint_eq(n_wrong, 0);
    ck_assert_uint_eq(ring_used(&ring), 0);
}
END_TEST

static alignas(8) uint8_t queue_memory[2048];
static struct msgq queue;

/*
 * Pushes numbered records: each word of the payload is the record's number, the source port the
 * producer's.
 */
static void *push_records(void *producer)
{
    uint16_t id = *(const uint16_t *)producer;
    struct msg_meta meta;

    memset(&meta, 0, sizeof meta);
    meta.source.port = id;
    for (uint32_t number = 0; number < N_RECORDS;) {
        uint32_t words[MAX_WORDS];
        size_t n_words = 1 + (number + id) % MAX_WORDS;

        for (size_t i = 0; i < n_words; i++) {
            words[i] = number;
        }
        meta.time = number;
        if (msgq_push(&queue, (const uint8_t *)words, n_words * sizeof words[0], &meta)) {
            number++;
        } else {
            sched_yield();
        }
    }
    return producer;
}

/* True when the record is the next one of its producer, and whole. */
static bool record_good(const uint8_t *payload, size_t len, const struct msg_meta *meta,
                        const uint32_t *next)
{
    uint32_t number = next[meta->source.port];
    uint32_t words[MAX_WORDS];

    if (len != (1 + (number + meta->source.port) % MAX_WORDS) * sizeof words[0] ||
        meta->time != number) {
        return false;
    }
    memcpy(words, payload, len);
    for (size_t i = 0; i < len / sizeof words[0]; i++) {
        if (words[i] != number) {
            return false;
        }
    }
    return true;
}

START_TEST(records_of_several_producers_stay_whole_and_in_order)
{
    static const uint16_t ids[N_PRODUCERS] = { 0, 1, 2 };
    pthread_t producers[N_PRODUCERS];
    uint32_t next[N_PRODUCERS] = { 0 };
    uint32_t n_wrong = 0;
    uint32_t n = 0;

    msgq_init(&queue, queue_memory, sizeof queue_memory);
    for (unsigned i = 0; i < N_PRODUCERS; i++) {
        ck_assert_int_eq(pthread_create(&producers[i], NULL, push_records, (void *)&ids[i]), 0);
    }
    while (n < N_PRODUCERS * N_RECORDS) {
        const uint8_t *payload;
        size_t len;
        struct msg_meta meta;

        if (!msgq_peek(&queue, &payload, &len, &meta)) {
            sched_yield();
            continue;
        }
        n_wrong += meta.source.port >= N_PRODUCERS || !record_good(payload, len, &meta, next);
        if (meta.source.port < N_PRODUCERS) {
            next[meta.source.port]++;
        }
        msgq_pop(&queue);
        n++;
    }
    for (unsigned i = 0; i < N_PRODUCERS; i++) {
        pthread_join(producers[i], NULL);
    }
    ck_assert_uint_eq(n_wrong, 0);
    ck_assert(!msgq_readable(&queue));
    for (size_t i = 0; i < sizeof queue_memory; i++) {
        ck_assert_uint_eq(queue_memory[i], 0);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_stream_passes_a_ring_whole,
        records_of_several_producers_stay_whole_and_in_order,
        NULL,
    };

    return suite_run("ring_threads", tests);
}

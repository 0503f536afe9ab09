/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of small records (net/tuples.h) against a list, and its bounds. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "net/tuples.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#define N 64
#define N_STEPS 200000
#define GUARD 0xa7

struct record {
    struct tuple tuple;
    uint32_t number;
};

static struct record memory[N + 1]; /* and a guard */
static uint16_t buckets[N];
static struct tuples table;
static uint64_t state;

static struct tuple_key random_key(void)
{
    return (struct tuple_key){ { random_u64(&state), random_u64(&state), random_u64(&state) } };
}

static void begin(uint16_t n)
{
    memset(memory, GUARD, sizeof(memory));
    memset(buckets, 0, sizeof(buckets));
    table = (struct tuples){ .memory = (uint8_t *)memory,
                             .buckets = buckets,
                             .stride = sizeof(struct record),
                             .key = random_key(),
                             .bucket_mask = N - 1,
                             .n = n };
}

static struct sk_addr local_of(uint32_t i)
{
    return (struct sk_addr){ ip4(0x0a000001 + i % 2), (uint16_t)(80 + i % 3) };
}

static struct sk_addr remote_of(uint32_t i)
{
    return (struct sk_addr){ ip4(0x0a000100 + i % 5), (uint16_t)(1 + i) };
}

static struct record *find(uint32_t i)
{
    return (struct record *)(void *)tuples_find(&table, local_of(i), remote_of(i));
}

static void take(uint32_t i, struct tuple_queue *queue)
{
    struct tuple *tuple = tuples_take(&table, local_of(i), remote_of(i));
    struct record *record = (struct record *)(void *)tuple;

    seed_assert(tuple && record->number == 0 && tuple->at == 0 && tuple->ifindex == 0);
    seed_assert(sk_addr_equal(tuple_local(tuple), local_of(i)));
    seed_assert(sk_addr_equal(tuple_remote(tuple), remote_of(i)));
    record->number = i + 1;
    tuples_append(&table, queue, tuple);
}

/* The queue holds what the list does, in the same order, both ways. */
static void same_queue(const struct tuple_queue *queue, const uint32_t *list, uint32_t n)
{
    uint16_t at = queue->first;
    uint16_t prev = 0;

    for (uint32_t i = 0; i < n; i++) {
        const struct record *record = (struct record *)(void *)tuples_at(&table, at);

        seed_assert(at != 0 && record->number == list[i] + 1 && record->tuple.prev == prev);
        prev = at;
        at = record->tuple.next;
    }
    seed_assert(at == 0 && queue->last == prev);
}

START_TEST(a_table_and_a_list)
{
    struct tuple_queue queue = { 0, 0 };
    uint32_t list[N];
    uint32_t n = 0;
    uint32_t n_full = 0;

    state = seed_start();
    begin(N);
    for (int step = 0; step < N_STEPS; step++) {
        uint32_t i = random_below(&state, 3 * N);
        uint32_t at = 0;

        while (at < n && list[at] != i) {
            at++;
        }
        seed_assert((find(i) != NULL) == (at < n));
        if (at < n) {
            seed_assert(find(i)->number == i + 1);
            tuples_remove(&table, &queue, &find(i)->tuple);
            tuples_give(&table, &find(i)->tuple);
            memmove(&list[at], &list[at + 1], (n - at - 1) * sizeof(list[0]));
            n--;
        } else if (n < N && !tuples_in_the_way(&table, local_of(i), remote_of(i))) {
            take(i, &queue);
            list[n++] = i;
        } else {
            seed_assert(!tuples_take(&table, local_of(i), remote_of(i)));
            n_full++;
        }
        seed_assert(table.n_taken == n);
        if (step % 16 == 0) {
            same_queue(&queue, list, n);
        }
    }
    ck_assert_uint_gt(n_full, 100);
    for (size_t i = 0; i < sizeof(memory[N]); i++) {
        ck_assert_uint_eq(((uint8_t *)&memory[N])[i], GUARD);
    }
}
END_TEST

/* Neither port, nor address, of either side is left out. */
START_TEST(a_pair_is_found_by_all_of_it)
{
    struct sk_addr local = { ip4(0x0a000001), 80 };
    struct sk_addr remote = { ip4(0x0a000002), 4000 };
    struct sk_addr other[2] = { { ip4(0x0a000003), 80 }, { ip4(0x0a000003), 4000 } };

    begin(N);
    ck_assert_ptr_nonnull(tuples_take(&table, local, remote));
    table.bucket_mask = 0; /* everybody in one bucket */
    buckets[0] = 1;
    ck_assert_ptr_nonnull(tuples_find(&table, local, remote));
    ck_assert_ptr_null(tuples_find(&table, other[0], remote));
    ck_assert_ptr_null(tuples_find(&table, local, other[1]));
    local.port++;
    ck_assert_ptr_null(tuples_find(&table, local, remote));
    local.port--;
    remote.port++;
    ck_assert_ptr_null(tuples_find(&table, local, remote));
}
END_TEST

/* Who knew the key could fill one bucket and no more, and another key spreads it. */
START_TEST(a_bucket_is_bounded)
{
    uint32_t n = 0;

    begin(N);
    table.bucket_mask = 0;
    while (tuples_take(&table, local_of(n), remote_of(n))) {
        n++;
        ck_assert_uint_le(n, TUPLES_PER_BUCKET);
    }
    ck_assert_uint_eq(n, TUPLES_PER_BUCKET);
    ck_assert_ptr_eq(tuples_in_the_way(&table, local_of(n), remote_of(n)), &find(0)->tuple);
    tuples_give(&table, &find(0)->tuple);
    ck_assert_ptr_null(tuples_in_the_way(&table, local_of(n), remote_of(n)));
    ck_assert_ptr_nonnull(tuples_take(&table, local_of(n), remote_of(n)));
}
END_TEST

START_TEST(the_key_chooses_the_bucket)
{
    struct sk_addr remote = remote_of(7);
    int n_same = 0;

    state = seed_start();
    for (int i = 0; i < 1000; i++) {
        struct tuple_key one = random_key();
        struct tuple_key other = random_key();

        n_same += (tuple_hash(&one, 80, remote) ^ tuple_hash(&other, 80, remote)) % N == 0;
        ck_assert_uint_ne(tuple_hash(&one, 80, remote), tuple_hash(&one, 81, remote));
    }
    ck_assert_int_lt(n_same, 50);
}
END_TEST

static uint32_t hash_of(const struct tuple_key *key, uint64_t pair)
{
    struct sk_addr remote = { ip4((uint32_t)(pair >> 32)), (uint16_t)(pair >> 16) };

    return tuple_hash(key, (uint16_t)pair, remote);
}

/* Who does not know the key finds no two that collide: whichever one, two or three bits they differ
 * in, they are as often in one bucket as two that are drawn. */
START_TEST(no_two_collide_under_every_key)
{
    enum { N_KEYS = 64, MOST = 24 };
    struct tuple_key keys[N_KEYS];
    uint32_t buckets_of[N_KEYS];
    uint64_t pair;

    state = seed_start();
    pair = random_u64(&state);
    for (int k = 0; k < N_KEYS; k++) {
        keys[k] = random_key();
        buckets_of[k] = hash_of(&keys[k], pair) % N;
    }
    for (int i = 0; i < 64; i++) {
        for (int j = 0; j <= i; j++) {
            for (int l = 0; l <= j; l++) {
                uint64_t flip = (1ull << i) ^ (1ull << j) ^ (1ull << l); /* never 0 */
                int n_same = 0;

                for (int k = 0; k < N_KEYS; k++) {
                    n_same += hash_of(&keys[k], pair ^ flip) % N == buckets_of[k];
                }
                seed_assert(n_same <= MOST);
            }
        }
    }
}
END_TEST

/* What was never needed is never touched. */
START_TEST(records_are_used_again_before_new_ones)
{
    begin(N);
    for (uint32_t i = 0; i < 1000; i++) {
        struct tuple *tuple = tuples_take(&table, local_of(i), remote_of(i));

        ck_assert_ptr_nonnull(tuple);
        tuples_give(&table, tuple);
    }
    ck_assert_uint_eq(table.n_touched, 1);
    ck_assert_uint_eq(((uint8_t *)&memory[1])[0], GUARD);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_table_and_a_list,
                                   a_pair_is_found_by_all_of_it,
                                   a_bucket_is_bounded,
                                   the_key_chooses_the_bucket,
                                   no_two_collide_under_every_key,
                                   records_are_used_again_before_new_ones,
                                   NULL };

    return suite_run("tuples", tests);
}

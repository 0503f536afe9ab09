/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The small modules of base/: errors, arena, packets, the cursor and the writer, ticks, and the
 * generator. Drop reasons are here too, being a table like the errors.
 */
#include <check.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/err.h"
#include "base/pkt.h"
#include "base/rng.h"
#include "base/tick.h"
#include "tests/support/suite.h"
#include "wire/drop.h"

START_TEST(every_error_has_its_own_name)
{
    ck_assert_str_eq(sk_err_name(SK_OK), "SK_OK");
    ck_assert_str_eq(sk_err_name(SK_RESET), "SK_RESET");
    ck_assert_str_eq(sk_err_name(SK_NAME_FAILED), "SK_NAME_FAILED");
    for (int i = 0; i < SK_N_ERRS; i++) {
        ck_assert_ptr_nonnull(sk_err_name((enum sk_err)i));
        ck_assert_str_ne(sk_err_name((enum sk_err)i), "SK_?");
        for (int j = 0; j < i; j++) {
            ck_assert_str_ne(sk_err_name((enum sk_err)i), sk_err_name((enum sk_err)j));
        }
    }
    ck_assert_str_eq(sk_err_name(SK_N_ERRS), "SK_?");
    ck_assert_str_eq(sk_err_name((enum sk_err)0x7fffffff), "SK_?");
}
END_TEST

START_TEST(every_drop_reason_has_its_own_name)
{
    ck_assert_str_eq(sk_drop_reason_name(DROP_NONE), "none");
    ck_assert_str_eq(sk_drop_reason_name(DROP_IP_CHECKSUM), "ip_checksum");
    ck_assert_str_eq(sk_drop_reason_name(DROP_LINK_LOST), "link_lost");
    for (int i = 0; i < N_DROP_REASONS; i++) {
        ck_assert_ptr_nonnull(sk_drop_reason_name((enum drop_reason)i));
        ck_assert_str_ne(sk_drop_reason_name((enum drop_reason)i), "?");
        for (int j = 0; j < i; j++) {
            ck_assert_str_ne(sk_drop_reason_name((enum drop_reason)i),
                             sk_drop_reason_name((enum drop_reason)j));
        }
    }
    ck_assert_str_eq(sk_drop_reason_name(N_DROP_REASONS), "?");
    ck_assert_str_eq(sk_drop_reason_name((enum drop_reason)0x7fffffff), "?");
}
END_TEST

START_TEST(arena_measures_what_it_then_gives)
{
    alignas(ARENA_ALIGN) uint8_t memory[256];
    struct arena measured = { 0 };
    struct arena a = { .base = memory, .cap = sizeof memory };
    uint8_t *first;
    uint8_t *second;

    ck_assert_ptr_null(arena_take(&measured, 3, 7));
    ck_assert_ptr_null(arena_take(&measured, 2, 40));
    memset(memory, 0xa5, sizeof memory);
    first = arena_take(&a, 3, 7);
    second = arena_take(&a, 2, 40);
    ck_assert_ptr_eq(first, memory);
    ck_assert_ptr_eq(second, memory + 32);
    ck_assert_uint_eq(a.used, measured.used);
    ck_assert_uint_eq(a.used, 32 + 80);
    for (size_t i = 0; i < 80; i++) {
        ck_assert_uint_eq(second[i], 0);
    }
    ck_assert_uint_eq(memory[21], 0xa5);
}
END_TEST

START_TEST(arena_aligns_in_a_block_that_is_not)
{
    alignas(ARENA_ALIGN) uint8_t memory[64];
    struct arena a = { .base = memory + 3, .cap = sizeof memory - 3 };

    ck_assert_ptr_eq(arena_take(&a, 1, 1), memory + 16);
    ck_assert_ptr_eq(arena_take(&a, 1, 32), memory + 32);
    ck_assert_uint_eq(a.used, a.cap);
}
END_TEST

START_TEST(arena_says_how_much_was_missing)
{
    alignas(ARENA_ALIGN) uint8_t memory[64];
    struct arena a = { .base = memory, .cap = sizeof memory };

    ck_assert_ptr_nonnull(arena_take(&a, 1, 48));
    ck_assert_ptr_null(arena_take(&a, 1, 17));
    ck_assert_uint_eq(a.used, 65);
    ck_assert_ptr_null(arena_take(&a, 1, 1));
}
END_TEST

START_TEST(arena_sizes_that_overflow_do_not_fit)
{
    alignas(ARENA_ALIGN) uint8_t memory[64];
    struct arena a = { .base = memory, .cap = sizeof memory };

    ck_assert_ptr_null(arena_take(&a, SIZE_MAX / 2 + 1, 2));
    ck_assert_uint_eq(a.used, SIZE_MAX);
    ck_assert_ptr_null(arena_take(&a, 1, 1));
    ck_assert_uint_eq(a.used, SIZE_MAX);
    a = (struct arena){ .base = memory, .cap = sizeof memory };
    ck_assert_ptr_nonnull(arena_take(&a, 1, 16));
    ck_assert_ptr_null(arena_take(&a, 1, SIZE_MAX - 8));
    ck_assert_uint_eq(a.used, SIZE_MAX);
}
END_TEST

START_TEST(headers_are_pushed_and_pulled_in_place)
{
    uint8_t buf[64];
    struct pkt_pool pool;
    struct pkt storage;
    struct pkt *p;

    sk_pkt_pool_init(&pool);
    sk_pkt_pool_add(&pool, &storage, buf, sizeof buf);
    p = sk_pkt_alloc(&pool, 20);
    ck_assert_ptr_eq(p, &storage);
    ck_assert_uint_eq(p->len, 0);
    ck_assert_uint_eq(sk_pkt_room(p), 44);
    ck_assert_ptr_eq(sk_pkt_put(p, 10), buf + 20);
    ck_assert_ptr_eq(sk_pkt_put(p, 34), buf + 30);
    ck_assert_uint_eq(sk_pkt_room(p), 0);
    ck_assert_ptr_eq(sk_pkt_push(p, 8), buf + 12);
    ck_assert_ptr_eq(sk_pkt_push(p, 12), buf);
    ck_assert_uint_eq(p->len, 64);
    sk_pkt_pull(p, 14);
    ck_assert_ptr_eq(sk_pkt_data(p), buf + 14);
    ck_assert_uint_eq(p->len, 50);
    sk_pkt_free(p);
    ck_assert_uint_eq(pool.n_free, 1);
}
END_TEST

START_TEST(a_pool_counts_its_packets)
{
    uint8_t buf[3][32];
    struct pkt storage[3];
    struct pkt_pool pool;
    struct pkt *p[3];

    sk_pkt_pool_init(&pool);
    for (int i = 0; i < 3; i++) {
        sk_pkt_pool_add(&pool, &storage[i], buf[i], 32);
    }
    ck_assert_uint_eq(pool.n_total, 3);
    ck_assert_uint_eq(pool.n_min_free, 3);
    for (int i = 0; i < 3; i++) {
        p[i] = sk_pkt_alloc(&pool, 0);
        ck_assert_ptr_nonnull(p[i]);
        p[i]->ifindex = 7;
    }
    ck_assert_ptr_null(sk_pkt_alloc(&pool, 0));
    sk_pkt_free(p[1]);
    sk_pkt_free(NULL);
    ck_assert_uint_eq(pool.n_free, 1);
    ck_assert_uint_eq(pool.n_min_free, 0);
    p[1] = sk_pkt_alloc(&pool, 32);
    ck_assert_uint_eq(p[1]->ifindex, 0);
    ck_assert_uint_eq(sk_pkt_room(p[1]), 0);
    for (int i = 0; i < 3; i++) {
        sk_pkt_free(p[i]);
    }
    ck_assert_uint_eq(pool.n_free, pool.n_total);
}
END_TEST

START_TEST(a_packet_list_is_first_in_first_out)
{
    struct pkt p[3];
    struct pkt_list list = { 0 };

    memset(p, 0, sizeof p);
    ck_assert_ptr_null(sk_pkt_list_pop(&list));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) {
            sk_pkt_list_push(&list, &p[i]);
        }
        for (int i = 0; i < 3; i++) {
            ck_assert_ptr_eq(sk_pkt_list_pop(&list), &p[i]);
            ck_assert_ptr_null(p[i].next);
        }
        ck_assert_ptr_null(sk_pkt_list_pop(&list));
        ck_assert_ptr_null(list.last);
    }
}
END_TEST

START_TEST(a_cursor_gives_what_is_there_and_no_more)
{
    static const uint8_t octets[5] = { 1, 2, 3, 4, 5 };
    struct cursor c = cursor_over(octets, sizeof octets);

    ck_assert_ptr_eq(cursor_take(&c, 2), octets);
    ck_assert_ptr_null(cursor_take(&c, 4));
    ck_assert_uint_eq(c.left, 3);
    ck_assert(!cursor_trim(&c, 4));
    ck_assert(cursor_trim(&c, 2));
    ck_assert_ptr_eq(cursor_take(&c, 2), octets + 2);
    ck_assert_ptr_eq(cursor_take(&c, 0), octets + 4);
    ck_assert_ptr_null(cursor_take(&c, 1));
    ck_assert_ptr_null(cursor_take(&c, SIZE_MAX));
}
END_TEST

START_TEST(a_writer_that_ran_out_of_room_stays_failed)
{
    uint8_t octets[12];
    static const uint8_t expected[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0xee };
    struct writer w = writer_over(octets, 11);

    memset(octets, 0xee, sizeof octets);
    write_u8(&w, 1);
    write_u16(&w, 0x0203);
    write_u32(&w, 0x04050607);
    write_octets(&w, expected + 7, 2);
    write_zeros(&w, 2);
    ck_assert(!w.failed);
    ck_assert_uint_eq(w.len, 11);
    ck_assert_mem_eq(octets, expected, sizeof octets);
    write_octets(&w, NULL, 0);
    ck_assert(!w.failed);
    write_u8(&w, 1);
    ck_assert(w.failed);
    write_u16(&w, 1);
    write_u32(&w, 1);
    write_octets(&w, expected, 1);
    write_zeros(&w, 1);
    write_octets(&w, NULL, 0);
    ck_assert(w.failed);
    ck_assert_uint_eq(w.len, 11);
    ck_assert_uint_eq(octets[11], 0xee);
}
END_TEST

/* Of a sleep of any length: what has passed is now, and what has not is what it was. */
START_TEST(ticks_are_carried_over_a_sleep)
{
    const instant day = seconds(86400);
    const instant then = 1000 * day + 345;

    ck_assert(!tick_far(then, then - day));
    ck_assert(!tick_far(then, then + 12 * day));
    ck_assert(tick_far(then, then + 13 * day));
    for (instant now = then; now < then + 120 * day; now += day) {
        ck_assert_uint_eq(tick_carry(tick_ceil(then - day), then, now), tick_floor(now));
        ck_assert_uint_eq(tick_carry(tick_ceil(then + 20 * day), then, now),
                          now > then + 20 * day ? tick_floor(now) : tick_ceil(then + 20 * day));
        ck_assert_uint_eq(tick_carry_past(tick_floor(then - day), then, now),
                          now > then + 24 * day ? tick_floor(now) - INT32_MAX
                                                : tick_floor(then - day));
        ck_assert(tick_due(tick_carry_past(tick_floor(then - day), then, now), now));
    }
}
END_TEST

START_TEST(ticks_round_towards_late_and_wrap)
{
    instant wrap = (instant)1 << (32 + TICK_SHIFT);

    ck_assert_uint_eq(tick_floor(1023), 0);
    ck_assert_uint_eq(tick_floor(1024), 1);
    ck_assert_uint_eq(tick_ceil(1024), 1);
    ck_assert_uint_eq(tick_ceil(1025), 2);
    ck_assert(tick_before(UINT32_MAX, 0));
    ck_assert(!tick_before(0, UINT32_MAX));
    ck_assert(!tick_before(5, 5));
    ck_assert(!tick_due(2, 2047));
    ck_assert(tick_due(2, 2048));
    ck_assert(!tick_due(tick_ceil(wrap + 1), wrap - 1024));
    ck_assert_int_eq(tick_instant(tick_ceil(wrap + 4096), wrap - 5000), wrap + 4096);
    ck_assert_int_eq(tick_instant(tick_floor(wrap - 4096), wrap + 5000), wrap - 4096);
}
END_TEST

/*
 * The vectors that the authors publish with the reference code: octets 00 01 02 ... under the key
 * 00 .. 0f.
 */
START_TEST(siphash_agrees_with_the_published_vectors)
{
    static const struct {
        size_t len;
        uint64_t hash;
    } vectors[] = {
        { 0, UINT64_C(0x726fdb47dd0e0e31) },  { 1, UINT64_C(0x74f839c593dc67fd) },
        { 7, UINT64_C(0xab0200f58b01d137) },  { 8, UINT64_C(0x93f5f5799a932462) },
        { 15, UINT64_C(0xa129ca6149be45e5) }, { 63, UINT64_C(0x958a324ceb064572) },
    };
    struct sip_key key = { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) };
    uint8_t octets[64];

    for (uint8_t i = 0; i < sizeof octets; i++) {
        octets[i] = i;
    }
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        ck_assert_uint_eq(siphash(&key, octets, vectors[i].len), vectors[i].hash);
    }
}
END_TEST

START_TEST(the_same_seed_gives_the_same_numbers)
{
    static const uint8_t seed[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    uint8_t other[16] = { 0 };
    static const uint8_t zeros[8] = { 0 };
    struct sip_key key = { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) };
    struct rng a;
    struct rng b;
    unsigned n_same = 0;

    rng_init(&a, seed);
    ck_assert_uint_eq(rng_u32(&a), (uint32_t)siphash(&key, zeros, sizeof zeros));
    rng_init(&a, seed);
    rng_init(&b, seed);
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(rng_u32(&a), rng_u32(&b));
    }
    rng_init(&b, other);
    for (int i = 0; i < 1000; i++) {
        n_same += rng_u32(&a) == rng_u32(&b);
    }
    ck_assert_uint_lt(n_same, 3);
}
END_TEST

START_TEST(numbers_below_n_are_spread_evenly)
{
    static const uint8_t seed[16] = { 42 };
    unsigned count[10] = { 0 };
    struct rng rng;

    rng_init(&rng, seed);
    for (int i = 0; i < 100000; i++) {
        uint32_t n = rng_below(&rng, 10);

        ck_assert_uint_lt(n, 10);
        count[n]++;
    }
    for (int i = 0; i < 10; i++) {
        ck_assert_uint_gt(count[i], 9500);
        ck_assert_uint_lt(count[i], 10500);
    }
    ck_assert_uint_eq(rng_below(&rng, 1), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_error_has_its_own_name,
        every_drop_reason_has_its_own_name,
        arena_measures_what_it_then_gives,
        arena_aligns_in_a_block_that_is_not,
        arena_says_how_much_was_missing,
        arena_sizes_that_overflow_do_not_fit,
        headers_are_pushed_and_pulled_in_place,
        a_pool_counts_its_packets,
        a_packet_list_is_first_in_first_out,
        a_cursor_gives_what_is_there_and_no_more,
        a_writer_that_ran_out_of_room_stays_failed,
        ticks_are_carried_over_a_sleep,
        ticks_round_towards_late_and_wrap,
        siphash_agrees_with_the_published_vectors,
        the_same_seed_gives_the_same_numbers,
        numbers_below_n_are_spread_evenly,
        NULL,
    };

    return suite_run("base", tests);
}

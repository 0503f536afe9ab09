/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The deadline heap against a plain table, with random sets and removals, and across a wrap of
 * ticks.
 */
#include <check.h>

#include "base/heap.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#define N 64

static struct heap_entry entries[N];
static uint32_t place[N];
static struct heap heap;

START_TEST(the_earliest_is_on_top)
{
    heap_init(&heap, entries, place, N);
    ck_assert_ptr_null(heap_top(&heap));
    heap_set(&heap, 3, 300);
    heap_set(&heap, 1, 100);
    heap_set(&heap, 2, 200);
    ck_assert_uint_eq(heap_top(&heap)->item, 1);
    heap_remove(&heap, 1);
    ck_assert(!heap_has(&heap, 1));
    ck_assert_uint_eq(heap_top(&heap)->item, 2);
    heap_set(&heap, 2, 400);
    ck_assert_uint_eq(heap_top(&heap)->item, 3);
    ck_assert_uint_eq(heap_top(&heap)->at, 300);
    heap_set(&heap, 2, 50);
    ck_assert_uint_eq(heap_top(&heap)->item, 2);
    heap_remove(&heap, 7);
    heap_remove(&heap, 2);
    heap_remove(&heap, 3);
    ck_assert_ptr_null(heap_top(&heap));
}
END_TEST

START_TEST(deadlines_come_in_order_across_a_wrap)
{
    heap_init(&heap, entries, place, N);
    for (uint32_t i = 0; i < N; i++) {
        heap_set(&heap, i, (tick)(i * 37 % N) - N / 2);
    }
    for (uint32_t i = 0; i < N; i++) {
        ck_assert_uint_eq(heap_top(&heap)->at, (tick)i - N / 2);
        heap_remove(&heap, heap_top(&heap)->item);
    }
    ck_assert_uint_eq(heap.n, 0);
}
END_TEST

START_TEST(random_sets_and_removals_agree_with_a_table)
{
    uint64_t state = seed_start();
    tick base = random_u32(&state);
    bool in[N] = { false };
    tick at[N] = { 0 };

    heap_init(&heap, entries, place, N);
    for (int i = 0; i < 20000; i++) {
        uint32_t item = random_below(&state, N);
        uint32_t n = 0;
        tick earliest = 0;

        if (random_below(&state, 3) == 0) {
            heap_remove(&heap, item);
            in[item] = false;
        } else {
            at[item] = base + random_below(&state, 1000);
            heap_set(&heap, item, at[item]);
            in[item] = true;
        }
        for (uint32_t j = 0; j < N; j++) {
            seed_assert(heap_has(&heap, j) == in[j]);
            if (in[j]) {
                earliest = n++ == 0 || tick_before(at[j], earliest) ? at[j] : earliest;
                seed_assert(entries[place[j]].item == j && entries[place[j]].at == at[j]);
            }
        }
        seed_assert(heap.n == n);
        seed_assert(n == 0 ? heap_top(&heap) == NULL : heap_top(&heap)->at == earliest);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_earliest_is_on_top,
        deadlines_come_in_order_across_a_wrap,
        random_sets_and_removals_agree_with_a_table,
        NULL,
    };

    return suite_run("heap", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The byte ring, one side at a time: wrapping, filling ahead of the head, copies with their sum. */
#include <check.h>
#include <string.h>

#include "base/ring.h"
#include "base/sum.h"
#include "tests/support/suite.h"

static uint8_t memory[16];
static struct ring ring;

/* An empty ring whose counters stand at `at`. */
static void start_at(uint32_t at)
{
    memset(memory, 0, sizeof memory);
    ring_init(&ring, memory, sizeof memory);
    ring.head = at;
    ring.tail = at;
}

START_TEST(all_of_the_memory_is_usable)
{
    uint8_t out[20];

    start_at(0);
    ck_assert_uint_eq(ring_size(&ring), 16);
    ck_assert_uint_eq(ring_free(&ring), 16);
    ck_assert_uint_eq(ring_write(&ring, (const uint8_t *)"0123456789abcdefgh", 18), 16);
    ck_assert_uint_eq(ring_free(&ring), 0);
    ck_assert_uint_eq(ring_used(&ring), 16);
    ck_assert_uint_eq(ring_write(&ring, (const uint8_t *)"x", 1), 0);
    ck_assert_uint_eq(ring_read(&ring, out, sizeof out), 16);
    ck_assert_mem_eq(out, "0123456789abcdef", 16);
    ck_assert_uint_eq(ring_read(&ring, out, sizeof out), 0);
}
END_TEST

START_TEST(counters_wrap_at_32_bits)
{
    uint8_t out[16];

    for (uint32_t at = UINT32_MAX - 20; at != 20; at++) {
        start_at(at);
        ck_assert_uint_eq(ring_write(&ring, (const uint8_t *)"abcdefghijklm", 13), 13);
        ck_assert_uint_eq(ring_used(&ring), 13);
        ck_assert_uint_eq(ring_free(&ring), 3);
        ck_assert_uint_eq(ring_read(&ring, out, 13), 13);
        ck_assert_mem_eq(out, "abcdefghijklm", 13);
    }
}
END_TEST

START_TEST(spans_split_where_the_memory_ends)
{
    struct span s[2];

    start_at(10);
    ring_reserve(&ring, 2, 9, s);
    ck_assert_ptr_eq(s[0].at, memory + 12);
    ck_assert_uint_eq(s[0].len, 4);
    ck_assert_ptr_eq(s[1].at, memory);
    ck_assert_uint_eq(s[1].len, 5);
    ring_reserve(&ring, 6, 10, s);
    ck_assert_ptr_eq(s[0].at, memory);
    ck_assert_uint_eq(s[0].len, 10);
    ck_assert_uint_eq(s[1].len, 0);
    ring_commit(&ring, 16);
    ring_peek(&ring, 6, 10, s);
    ck_assert_ptr_eq(s[0].at, memory);
    ck_assert_uint_eq(s[0].len + s[1].len, 10);
    ring_consume(&ring, 16);
    ck_assert_uint_eq(ring_used(&ring), 0);
}
END_TEST

START_TEST(octets_ahead_of_the_head_wait_for_their_commit)
{
    uint8_t out[8];

    start_at(13);
    ring_poke(&ring, 4, (const uint8_t *)"efgh", 4);
    ck_assert_uint_eq(ring_used(&ring), 0);
    ring_poke(&ring, 0, (const uint8_t *)"abcd", 4);
    ring_commit(&ring, 8);
    ck_assert_uint_eq(ring_read(&ring, out, 8), 8);
    ck_assert_mem_eq(out, "abcdefgh", 8);
}
END_TEST

START_TEST(poke_and_copy_sum_wherever_the_memory_ends)
{
    static const uint8_t text[11] = { 0x81, 0x12, 0xf3, 0x34, 0xc5, 0x56,
                                      0xa7, 0x78, 0xe9, 0x9a, 0xbb };
    uint8_t out[sizeof text];

    for (uint32_t at = 0; at < 16; at++) {
        for (uint32_t len = 0; len <= sizeof text; len++) {
            start_at(at);
            ck_assert_uint_eq(ring_poke(&ring, 3, text, len), sum_add(0, text, len));
            ring_commit(&ring, 3 + len);
            memset(out, 0, sizeof out);
            ck_assert_uint_eq(ring_copy(&ring, 3, out, len), sum_add(0, text, len));
            ck_assert(memcmp(out, text, len) == 0);
            ck_assert_uint_eq(ring_used(&ring), 3 + len);
        }
    }
}
END_TEST

START_TEST(a_ring_of_one_octet_works)
{
    uint8_t octet = 0;

    ring_init(&ring, memory, 1);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(ring_write(&ring, (const uint8_t *)"zz", 2), 1);
        ck_assert_uint_eq(ring_free(&ring), 0);
        ck_assert_uint_eq(ring_read(&ring, &octet, 1), 1);
        ck_assert_uint_eq(octet, 'z');
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        all_of_the_memory_is_usable,
        counters_wrap_at_32_bits,
        spans_split_where_the_memory_ends,
        octets_ahead_of_the_head_wait_for_their_commit,
        poke_and_copy_sum_wherever_the_memory_ends,
        a_ring_of_one_octet_works,
        NULL,
    };

    return suite_run("ring", tests);
}

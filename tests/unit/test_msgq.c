/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The record queue, one call at a time: order, gaps at the end of the memory, claims that are not
 * published yet.
 */
#include <check.h>
#include <stdalign.h>
#include <string.h>

#include "base/msgq.h"
#include "tests/support/suite.h"

#define SIZE 512u

static alignas(8) uint8_t memory[SIZE];
static struct msgq queue;

static struct msg_meta meta_numbered(uint16_t number)
{
    return (struct msg_meta){
        .source = { ip4(0x0a000200u + number), number },
        .destination = { ip4(0x0a00020f), 53 },
        .time = 1000 * number,
        .ifindex = 2,
        .ttl = 64,
        .tos = 0x10,
    };
}

static bool push(uint16_t number, const char *text)
{
    struct msg_meta meta = meta_numbered(number);

    return msgq_push(&queue, (const uint8_t *)text, strlen(text), &meta);
}

/* Asserts that the first record is this one, and consumes it. */
static void pop(uint16_t number, const char *text)
{
    const uint8_t *payload;
    size_t len;
    struct msg_meta meta;
    struct msg_meta expected = meta_numbered(number);

    ck_assert(msgq_readable(&queue));
    ck_assert_uint_eq(msgq_first_len(&queue), strlen(text));
    ck_assert(msgq_peek(&queue, &payload, &len, &meta));
    ck_assert_uint_eq(len, strlen(text));
    ck_assert(memcmp(payload, text, len) == 0);
    ck_assert(sk_addr_equal(meta.source, expected.source));
    ck_assert(sk_addr_equal(meta.destination, expected.destination));
    ck_assert_int_eq(meta.time, expected.time);
    ck_assert_uint_eq(meta.ifindex, 2);
    ck_assert_uint_eq(meta.ttl, 64);
    ck_assert_uint_eq(meta.tos, 0x10);
    ck_assert_uint_eq(meta.n_options, 0);
    msgq_pop(&queue);
}

static void assert_empty(void)
{
    const uint8_t *payload;
    size_t len;
    struct msg_meta meta;

    ck_assert(!msgq_readable(&queue));
    ck_assert_uint_eq(msgq_first_len(&queue), 0);
    ck_assert(!msgq_peek(&queue, &payload, &len, &meta));
}

static void assert_all_zero(void)
{
    for (size_t i = 0; i < SIZE; i++) {
        ck_assert_uint_eq(memory[i], 0);
    }
}

START_TEST(records_come_out_in_order_and_whole)
{
    msgq_init(&queue, memory, SIZE);
    assert_empty();
    ck_assert(push(1, "one"));
    ck_assert(push(2, ""));
    ck_assert(push(3, "number three"));
    pop(1, "one");
    pop(2, "");
    pop(3, "number three");
    assert_empty();
    assert_all_zero();
}
END_TEST

START_TEST(a_full_queue_refuses_and_recovers)
{
    uint16_t n = 0;

    msgq_init(&queue, memory, SIZE);
    while (push(n, "some payload")) {
        n++;
    }
    ck_assert_uint_ge(n, SIZE / (MSGQ_RECORD_OVERHEAD + 12));
    ck_assert(!msgq_fits(&queue, 12));
    pop(0, "some payload");
    pop(1, "some payload");
    ck_assert(msgq_fits(&queue, 12));
    for (uint16_t i = 2; i < n; i++) {
        pop(i, "some payload");
    }
    assert_empty();
    assert_all_zero();
    ck_assert(push(9, "again"));
    pop(9, "again");
}
END_TEST

START_TEST(the_stated_overhead_is_enough)
{
    struct msg_meta meta = meta_numbered(1);

    for (size_t len = 0; len + MSGQ_RECORD_OVERHEAD <= SIZE; len++) {
        msgq_init(&queue, memory, SIZE);
        ck_assert(msgq_fits(&queue, len));
        ck_assert_ptr_nonnull(msgq_claim(&queue, len, &meta));
        ck_assert_uint_le(queue.head, len + MSGQ_RECORD_OVERHEAD);
    }
}
END_TEST

START_TEST(what_can_never_fit_is_refused)
{
    struct msg_meta meta = meta_numbered(1);

    msgq_init(&queue, memory, SIZE);
    ck_assert(!msgq_fits(&queue, SIZE));
    ck_assert(!msgq_fits(&queue, SIZE_MAX));
    ck_assert(!msgq_fits(&queue, SIZE_MAX - 100));
    ck_assert(!msgq_fits(&queue, (size_t)UINT32_MAX + 1 - 64));
    ck_assert_ptr_null(msgq_claim(&queue, SIZE, &meta));
    ck_assert_ptr_null(msgq_claim(&queue, SIZE_MAX, &meta));
    ck_assert(!msgq_push(&queue, memory, SIZE_MAX, &meta));
    assert_empty();
    ck_assert_uint_eq(queue.head, 0);
}
END_TEST

START_TEST(a_record_that_does_not_fit_at_the_end_goes_to_the_beginning)
{
    char longer[160];

    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    msgq_init(&queue, memory, SIZE);
    for (uint16_t i = 0; i < 200; i++) {
        const char *text = longer + i % sizeof longer;

        ck_assert(push(i, "first"));
        ck_assert(msgq_fits(&queue, strlen(text)));
        ck_assert(push((uint16_t)(i + 1), text));
        pop(i, "first");
        pop((uint16_t)(i + 1), text);
        assert_empty();
        assert_all_zero();
    }
}
END_TEST

START_TEST(fits_and_claim_count_the_gap)
{
    struct msg_meta meta = meta_numbered(1);

    for (uint32_t at = 0; at < SIZE; at += 8) {
        for (size_t len = 0; len < SIZE; len++) {
            bool fits;

            msgq_init(&queue, memory, SIZE);
            queue.head = at;
            queue.tail = at;
            fits = msgq_fits(&queue, len);
            ck_assert(fits || len + MSGQ_RECORD_OVERHEAD > SIZE / 2);
            ck_assert(fits == (msgq_claim(&queue, len, &meta) != NULL));
            ck_assert_uint_le(queue.head - queue.tail, SIZE);
        }
    }
}
END_TEST

START_TEST(a_record_of_more_than_half_may_find_an_empty_queue_too_small)
{
    msgq_init(&queue, memory, SIZE);
    queue.head = SIZE / 2;
    queue.tail = SIZE / 2;
    ck_assert(msgq_fits(&queue, SIZE / 2 - MSGQ_RECORD_OVERHEAD));
    ck_assert(!msgq_fits(&queue, SIZE / 2));
}
END_TEST

START_TEST(a_record_that_just_fits_at_the_end_leaves_no_gap)
{
    struct msg_meta meta = meta_numbered(1);
    const uint32_t record = MSGQ_RECORD_OVERHEAD - 8; /* without payload */

    msgq_init(&queue, memory, SIZE);
    queue.head = SIZE - record;
    queue.tail = SIZE - record;
    ck_assert_ptr_eq(msgq_claim(&queue, 0, &meta), memory + SIZE);
    ck_assert_uint_eq(queue.head, SIZE);
}
END_TEST

START_TEST(a_claim_is_unseen_until_it_is_published)
{
    struct msg_meta meta = meta_numbered(1);
    struct msg_meta second = meta_numbered(2);
    uint8_t *a;
    uint8_t *b;

    msgq_init(&queue, memory, SIZE);
    a = msgq_claim(&queue, 1, &meta);
    b = msgq_claim(&queue, 3, &second);
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_nonnull(b);
    assert_empty();
    memcpy(b, "two", 3);
    msgq_publish(&queue, b);
    assert_empty();
    *a = '1';
    msgq_publish(&queue, a);
    pop(1, "1");
    pop(2, "two");
    assert_empty();
}
END_TEST

START_TEST(a_claim_behind_a_gap_is_unseen_until_it_is_published)
{
    struct msg_meta meta = meta_numbered(3);
    char fill[SIZE];
    uint8_t *claimed;

    memset(fill, 'f', sizeof fill);
    fill[300] = '\0';
    msgq_init(&queue, memory, SIZE);
    ck_assert(push(1, fill));
    pop(1, fill);
    claimed = msgq_claim(&queue, 150, &meta);
    ck_assert_ptr_nonnull(claimed);
    ck_assert_ptr_eq(claimed - (MSGQ_RECORD_OVERHEAD - 8), memory);
    assert_empty();
    memset(claimed, 'f', 150);
    msgq_publish(&queue, claimed);
    fill[150] = '\0';
    pop(3, fill);
    assert_empty();
    assert_all_zero();
}
END_TEST

START_TEST(counters_wrap_at_32_bits)
{
    msgq_init(&queue, memory, SIZE);
    queue.head = UINT32_MAX - SIZE + 1;
    queue.tail = queue.head;
    for (uint16_t i = 0; i < 50; i++) {
        ck_assert(push(i, "wrap"));
        ck_assert(push((uint16_t)(i + 1), "around"));
        pop(i, "wrap");
        pop((uint16_t)(i + 1), "around");
        assert_empty();
    }
    ck_assert_uint_lt(queue.head, UINT32_MAX / 2);
}
END_TEST

START_TEST(payload_is_never_taken_for_a_record)
{
    char ones[SIZE];

    memset(ones, 1, sizeof ones);
    msgq_init(&queue, memory, SIZE);
    for (size_t len = 1; len < 150; len++) {
        ones[len] = '\0';
        ck_assert(push((uint16_t)len, ones));
        pop((uint16_t)len, ones);
        assert_empty();
        ones[len] = 1;
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        records_come_out_in_order_and_whole,
        a_full_queue_refuses_and_recovers,
        the_stated_overhead_is_enough,
        what_can_never_fit_is_refused,
        a_record_that_does_not_fit_at_the_end_goes_to_the_beginning,
        fits_and_claim_count_the_gap,
        a_record_of_more_than_half_may_find_an_empty_queue_too_small,
        a_record_that_just_fits_at_the_end_leaves_no_gap,
        a_claim_is_unseen_until_it_is_published,
        a_claim_behind_a_gap_is_unseen_until_it_is_published,
        counters_wrap_at_32_bits,
        payload_is_never_taken_for_a_record,
        NULL,
    };

    return suite_run("msgq", tests);
}

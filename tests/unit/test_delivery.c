/* SPDX-License-Identifier: BSD-3-Clause */
/* Samples of the delivery rate (draft-ietf-ccwg-bbr-06 4.1). Each test runs with clocks and
 * counters near their wrap, too. */
#include <check.h>
#include <string.h>

#include "proto/tcp/delivery.h"
#include "tests/support/suite.h"

#define MS 1000u /* microseconds */
#define LEN 1000u
#define RTT (100 * MS)

static struct delivery d;
static uint32_t base; /* of the clock */
static uint32_t in_flight;

static void begin(void)
{
    memset(&d, 0, sizeof(d));
    d.delivered = d.lost = base;
    in_flight = 0;
}

static void send_at(uint32_t ms)
{
    in_flight += LEN;
    delivery_on_sent(&d, LEN, in_flight, RTT, base + ms * MS);
}

static void arrives(uint32_t sent_ms, uint32_t ms)
{
    in_flight -= LEN;
    delivery_on_delivered(&d, base + sent_ms * MS, false, LEN, base + ms * MS);
}

static struct delivery_sample taken(void)
{
    return delivery_take(&d, RTT);
}

#define EACH_BASE(name)                                                                            \
    static void name##_here(void);                                                                 \
    START_TEST(name)                                                                               \
    {                                                                                              \
        static const uint32_t bases[] = { 0, 0xffffffff - 150 * MS, 0x7fffffff - 150 * MS };       \
                                                                                                   \
        for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {                            \
            base = bases[i];                                                                       \
            begin();                                                                               \
            name##_here();                                                                         \
        }                                                                                          \
    }                                                                                              \
    END_TEST                                                                                       \
    static void name##_here(void)

/* A segment every 10 ms, 100 ms long on its way. */
EACH_BASE(a_steady_stream_has_its_rate)
{
    struct delivery_sample rs;

    for (uint32_t ms = 0; ms < 1000; ms += 10) {
        if (ms >= 100) {
            arrives(ms - 100, ms);
            rs = taken();
            ck_assert_uint_eq(rs.acked, LEN);
            ck_assert_uint_eq(rs.rtt, RTT);
            ck_assert(!rs.is_app_limited);
            if (ms >= 200) {
                ck_assert_uint_eq(rs.rate, 100 * LEN);
                ck_assert_uint_eq(rs.delivered, 10 * LEN);
                ck_assert_uint_eq(rs.tx_in_flight, 10 * LEN);
                ck_assert_uint_eq(rs.prior_delivered, d.delivered - 10 * LEN);
            }
        }
        send_at(ms);
    }
    ck_assert_uint_eq(taken().acked, 0); /* it was taken */
    ck_assert_uint_eq(taken().rate, 0);
}

/* Ten segments at once, whose acknowledgments come 20 ms apart: 50 a second. */
EACH_BASE(the_longer_of_both_intervals_counts)
{
    struct delivery_sample rs = { .rate = 0 };

    for (uint32_t i = 0; i < 10; i++) {
        send_at(0);
    }
    for (uint32_t i = 0; i < 10; i++) {
        arrives(0, 120 + 20 * i);
        rs = taken();
    }
    ck_assert_uint_eq(rs.delivered, 10 * LEN);
    ck_assert_uint_eq(rs.rate, 10 * LEN * 1000 / 300);

    begin(); /* sent 20 ms apart, and acknowledged at once */
    for (uint32_t i = 0; i < 10; i++) {
        send_at(20 * i);
    }
    for (uint32_t i = 0; i < 10; i++) {
        arrives(20 * i, 281);
    }
    rs = taken();
    ck_assert_uint_eq(rs.acked, 10 * LEN);
    ck_assert_uint_eq(rs.rate, (uint32_t)(10ull * LEN * 1000 / 281));
}

EACH_BASE(less_than_a_round_trip_is_no_interval)
{
    struct delivery_sample rs;

    send_at(0);
    arrives(0, 99);
    rs = taken();
    ck_assert_uint_eq(rs.rate, 0);
    ck_assert_uint_eq(rs.delivered, LEN);
    ck_assert_uint_eq(rs.rtt, 99 * MS);
}

/* What was sent again says nothing of the round trip. */
EACH_BASE(a_repetition_is_not_timed)
{
    send_at(0);
    delivery_on_delivered(&d, base, true, LEN, base + RTT);
    ck_assert_uint_eq(taken().rtt, 0);
}

EACH_BASE(the_shortest_round_trip_of_an_acknowledgment_counts)
{
    send_at(0);
    send_at(50);
    arrives(0, 150);
    arrives(50, 150);
    ck_assert_uint_eq(taken().rtt, RTT);
}

/* A sample that the program held back says so, until all that left under no pressure arrived. */
EACH_BASE(a_program_that_sends_too_little_is_told_apart)
{
    send_at(0);
    delivery_app_limited(&d, in_flight);
    send_at(10);
    arrives(0, 100);
    ck_assert(!taken().is_app_limited); /* it left before */
    send_at(100);
    arrives(10, 110);
    ck_assert(taken().is_app_limited);
    send_at(110);
    arrives(100, 200);
    ck_assert(taken().is_app_limited);
    arrives(110, 210);
    ck_assert(!taken().is_app_limited);
}

EACH_BASE(a_pause_is_no_part_of_an_interval)
{
    send_at(0);
    arrives(0, 100);
    taken();
    send_at(5000);
    send_at(5010);
    arrives(5000, 5100);
    arrives(5010, 5110);
    ck_assert_uint_eq(taken().rate, (uint32_t)(2ull * LEN * 1000 / 110));
}

EACH_BASE(losses_count_from_when_the_segment_left)
{
    const struct delivery_stamp *p;
    struct delivery_sample rs;

    for (uint32_t i = 0; i < 5; i++) {
        send_at(10 * i);
    }
    p = delivery_on_lost(&d, base + 10 * MS, LEN);
    ck_assert_uint_eq(p->sent_time, base + 10 * MS);
    ck_assert_uint_eq(d.lost - p->lost, LEN);
    delivery_on_lost(&d, base + 20 * MS, LEN);
    arrives(30, 130);
    rs = taken();
    ck_assert_uint_eq(rs.losses, 2 * LEN);
    ck_assert_uint_eq(rs.lost, 2 * LEN);
    send_at(140);
    arrives(140, 240);
    rs = taken();
    ck_assert_uint_eq(rs.losses, 0);
    ck_assert_uint_eq(rs.lost, 0);
}

EACH_BASE(nothing_was_sent)
{
    ck_assert_ptr_null(delivery_on_lost(&d, base, LEN));
    delivery_on_delivered(&d, base, false, LEN, base + RTT);
    ck_assert_uint_eq(taken().rate, 0);
}

/* Books are kept for two round trips in steps of a thirty-second; what is older has the oldest. */
EACH_BASE(more_segments_than_books)
{
    const uint32_t n = 4000;
    struct delivery_sample rs;

    for (uint32_t i = 0; i < n; i++) {
        in_flight += LEN;
        delivery_on_sent(&d, LEN, in_flight, RTT, base + i * 100);
        ck_assert_uint_le(d.n, DELIVERY_STAMPS);
    }
    for (uint32_t i = 1; i < DELIVERY_STAMPS; i++) {
        uint32_t gap = d.stamps[(d.first + i) % DELIVERY_STAMPS].sent_time -
                       d.stamps[(d.first + i - 1) % DELIVERY_STAMPS].sent_time;

        ck_assert(gap > RTT / DELIVERY_SPACING && gap <= RTT / DELIVERY_SPACING + 100);
    }
    delivery_on_delivered(&d, base, false, LEN, base + n * 100);
    rs = taken();
    ck_assert_uint_eq(rs.tx_in_flight, d.stamps[d.first].tx_in_flight); /* the oldest there is */
    ck_assert_uint_eq(rs.delivered, LEN);
}

EACH_BASE(the_highest_rate_that_can_be_told)
{
    send_at(0);
    in_flight = 0;
    delivery_on_delivered(&d, base, false, 0x80000000, base + RTT);
    ck_assert_uint_eq(taken().rate, UINT32_MAX);
}

int main(void)
{
    const TTest *const tests[] = {
        a_steady_stream_has_its_rate,
        the_longer_of_both_intervals_counts,
        less_than_a_round_trip_is_no_interval,
        a_repetition_is_not_timed,
        the_shortest_round_trip_of_an_acknowledgment_counts,
        a_program_that_sends_too_little_is_told_apart,
        a_pause_is_no_part_of_an_interval,
        losses_count_from_when_the_segment_left,
        nothing_was_sent,
        more_segments_than_books,
        the_highest_rate_that_can_be_told,
        NULL,
    };

    return suite_run("delivery rate", tests);
}

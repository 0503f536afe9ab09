/* SPDX-License-Identifier: BSD-3-Clause */
/* CUBIC (RFC 9438) where the tolerance of prop_cubic.c hides what it does, and at its limits. */
#include "proto/tcp/tcp.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#include <stdlib.h>

#define N_EXTREMES 300000

static const struct tcp_recovery no_recovery;
static const struct tcp_profile profile = { .recovery = &no_recovery, .congestion = &tcp_cubic };

struct conn {
    struct tcp_sock *tcp;
    instant now;
    uint64_t rng;
    uint32_t undo_cwnd; /* at the last remember */
};

static void reserve(struct conn *c)
{
    c->tcp = calloc(1, sizeof(*c->tcp) + tcp_state_size(&profile, 0, 0));
    ck_assert_ptr_nonnull(c->tcp);
}

static void begin(struct conn *c, uint16_t mss)
{
    *c->tcp = (struct tcp_sock){ .recovery = &no_recovery, .mss = mss };
    tcp_run_profile(c->tcp, &profile);
    c->undo_cwnd = 0;
    tcp_cubic.init(c->tcp, 0);
}

/* Once a window of `cwnd` lost something; a round trip takes a millisecond. */
static void open_one(struct conn *c, uint16_t mss, uint32_t cwnd)
{
    *c = (struct conn){ .now = seconds(1) };
    reserve(c);
    begin(c, mss);
    c->tcp->rtt.srtt = 1000;
    c->tcp->cwnd = cwnd;
    tcp_cubic.on_loss(c->tcp, cwnd, c->now);
    c->tcp->cwnd = c->tcp->ssthresh;
}

/* `total` octets in pieces of `acked`, `gap` microseconds apart. */
static void acknowledge_in_pieces(struct conn *c, uint32_t total, uint32_t acked, duration gap)
{
    for (uint32_t done = 0; done < total; done += acked) {
        c->now += gap;
        c->tcp->snd_nxt = c->tcp->snd_una + c->tcp->cwnd;
        c->tcp->snd_una += acked;
        tcp_cubic.on_ack(c->tcp, acked, c->now);
    }
}

static uint32_t window_after(uint16_t mss, uint32_t cwnd, uint32_t total, uint32_t acked,
                             duration gap)
{
    struct conn c;

    open_one(&c, mss, cwnd);
    acknowledge_in_pieces(&c, total, acked, gap);
    cwnd = c.tcp->cwnd;
    free(c.tcp);
    return cwnd;
}

/* Less than an octet of growth is kept until there is more; of W_cubic, and of W_est. */
START_TEST(small_acks_count_as_much_as_large_ones)
{
    uint32_t large = window_after(1000, 200000, 2000000, 1000, 1000);
    uint32_t small = window_after(1000, 200000, 2000000, 10, 10);

    ck_assert_uint_gt(large, 143000);
    ck_assert_uint_le(large > small ? large - small : small - large, 1000);
    large = window_after(88, 1760, 88000, 88, 100);
    small = window_after(88, 1760, 88000, 1, 1);
    ck_assert_uint_gt(large, 1232 + 20 * 88);
    ck_assert_uint_le(large > small ? large - small : small - large, 2 * 88);
}
END_TEST

/* RFC 6928 2 */
START_TEST(the_initial_window_is_ten_segments)
{
    static const uint32_t windows[][2] = {
        { 88, 880 },     { 1459, 14590 }, { 1460, 14600 },   { 1461, 14600 },
        { 7300, 14600 }, { 7301, 14602 }, { 65495, 130990 },
    };

    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        struct conn c;

        reserve(&c);
        begin(&c, (uint16_t)windows[i][0]);
        ck_assert_uint_eq(c.tcp->cwnd, windows[i][1]);
        ck_assert_uint_eq(tcp_cubic.restart_window(c.tcp), windows[i][1]);
        free(c.tcp);
    }
}
END_TEST

static uint32_t restart_window_after_loss_of(uint32_t flight)
{
    struct conn c;
    uint32_t window;

    open_one(&c, 1000, flight);
    window = tcp_cubic.restart_window(c.tcp);
    free(c.tcp);
    return window;
}

/* RFC 6928 2: up to two of them are out when the last segment of the first is missed. */
START_TEST(a_loss_of_less_than_two_initial_windows_makes_that_after_a_pause_small)
{
    ck_assert_uint_eq(restart_window_after_loss_of(10000), 4000);
    ck_assert_uint_eq(restart_window_after_loss_of(20000), 4000);
    ck_assert_uint_eq(restart_window_after_loss_of(30000), 10000);
}
END_TEST

/* The cube of the ticks does not fit into 64 bits any more. */
START_TEST(a_stage_may_last_for_hours)
{
    struct conn c;
    uint32_t before;

    open_one(&c, 1000, 100000);
    c.tcp->rtt.srtt = 1 << 20;
    acknowledge_in_pieces(&c, 4097, 1, 1 << 20); /* 2^22 ticks after the first */
    before = c.tcp->cwnd;
    acknowledge_in_pieces(&c, before, before, 0);
    ck_assert_uint_ge(c.tcp->cwnd, before + before / 2 - 2);
    free(c.tcp);
}
END_TEST

/* A window that was made smaller does not jump back to an estimate from before. */
START_TEST(a_smaller_window_grows_from_where_it_is)
{
    struct conn c;

    open_one(&c, 1000, 20000);
    acknowledge_in_pieces(&c, 4000000, 1000, 50);
    ck_assert_uint_gt(c.tcp->cwnd, 60000);
    c.tcp->cwnd = 20000; /* close.c */
    acknowledge_in_pieces(&c, 20000, 1000, 50);
    ck_assert_uint_le(c.tcp->cwnd, 30000);
    free(c.tcp);
}
END_TEST

/* What a window may become by one event, whatever the numbers. */
static void check_ack(const struct tcp_sock *before, const struct tcp_sock *tcp, uint32_t acked)
{
    bool slow_start = before->cwnd < before->ssthresh;
    uint64_t most =
        4u * tcp->mss + (uint64_t)(slow_start || acked < before->cwnd ? acked : before->cwnd);

    seed_assert(tcp->cwnd >= before->cwnd);
    seed_assert(tcp->cwnd - before->cwnd <= most);
    seed_assert(tcp->ssthresh == before->ssthresh || tcp->ssthresh == tcp->cwnd);
}

/* Every order of magnitude alike, and the largest often. */
static uint64_t extreme_64(struct conn *c, uint64_t most)
{
    uint64_t n = random_u64(&c->rng) >> random_below(&c->rng, 64);

    return random_below(&c->rng, 8) == 0 ? most : 1 + n % most;
}

static uint32_t extreme(struct conn *c, uint32_t most)
{
    return (uint32_t)extreme_64(c, most);
}

static void any_event(struct conn *c)
{
    struct tcp_sock *tcp = c->tcp;
    struct tcp_sock before = *tcp;
    uint32_t flight = extreme(c, 1u << 30);
    uint32_t acked = extreme(c, flight);

    tcp->rtt.srtt = extreme(c, 120000000);
    tcp->rtt.latest = random_below(&c->rng, 2) ? extreme(c, 120000000) : 0;
    tcp->snd_una += acked;
    tcp->snd_nxt = tcp->snd_una + flight - acked;
    switch (random_below(&c->rng, 32)) {
    case 0:
        tcp_cubic.remember(tcp);
        c->undo_cwnd = tcp->cwnd;
        tcp_cubic.on_loss(tcp, flight, c->now);
        seed_assert(tcp->ssthresh >= 2u * tcp->mss);
        seed_assert(tcp->ssthresh == 2u * tcp->mss || tcp->ssthresh < flight);
        tcp->cwnd = tcp->ssthresh;
        break;
    case 1:
        tcp_cubic.on_timeout(tcp, c->now);
        seed_assert(tcp->cwnd == tcp->mss);
        seed_assert(tcp->ssthresh >= 2u * tcp->mss);
        break;
    case 2:
        tcp->cwnd = tcp->cwnd > c->undo_cwnd ? tcp->cwnd : c->undo_cwnd;
        tcp_cubic.on_undo(tcp, c->now);
        break;
    case 3: /* what another part of the stack may do */
        tcp->cwnd = flight > tcp->mss ? flight : tcp->mss;
        break;
    default:
        tcp_cubic.on_ack(tcp, acked, c->now);
        check_ack(&before, tcp, acked);
        break;
    }
}

/* Windows to 2^31, segments from 88 to 65495, round trips to minutes, pauses to a month. */
START_TEST(no_number_is_too_large_or_too_small)
{
    static const uint16_t sizes[] = { 88, 536, 1460, 65495 };
    struct conn c = { .rng = seed_start(), .now = seconds(1) };

    reserve(&c);
    for (int i = 0; i < N_EXTREMES; i++) {
        if (i % 300 == 0) {
            begin(&c, sizes[random_below(&c.rng, 4)]);
        }
        c.now += random_below(&c.rng, 64) == 0 ? (instant)extreme_64(&c, seconds(30 * 86400))
                                               : extreme(&c, 1000000);
        any_event(&c);
    }
    free(c.tcp);
}
END_TEST

/* RFC 9438 4.2: the time in which nothing is out does not count; a round trip longer than most is
 * no such time. */
START_TEST(the_time_of_a_long_round_trip_counts)
{
    uint32_t windows[2];

    for (int i = 0; i < 2; i++) {
        struct conn c;

        open_one(&c, 1000, 100000);
        c.tcp->rtt.latest = i ? millis(100) : millis(1);
        for (int n = 0; n < 100; n++) {
            acknowledge_in_pieces(&c, c.tcp->cwnd, c.tcp->cwnd, millis(100));
        }
        windows[i] = c.tcp->cwnd;
        free(c.tcp);
    }
    ck_assert_uint_lt(windows[0], 170000); /* RFC 9438 4.3: a segment for each round */
    ck_assert_uint_gt(windows[1], 170000); /* 10 s are more than K */
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        small_acks_count_as_much_as_large_ones,
        the_initial_window_is_ten_segments,
        a_loss_of_less_than_two_initial_windows_makes_that_after_a_pause_small,
        a_stage_may_last_for_hours,
        a_smaller_window_grows_from_where_it_is,
        the_time_of_a_long_round_trip_counts,
        no_number_is_too_large_or_too_small,
        NULL,
    };

    return suite_run("CUBIC", tests);
}

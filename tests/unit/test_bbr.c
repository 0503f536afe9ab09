/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BBR (draft-ietf-ccwg-bbr-06) for seconds over a path, which may change, pause or lose: what it
 * learns of it, and how much leaves.
 */
#include "tests/support/bbr_fixture.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

static void is_near(uint32_t value, uint32_t expected, uint32_t percent)
{
    ck_assert_uint_ge(value, expected - expected / 100 * percent);
    ck_assert_uint_le(value, expected + expected / 100 * percent);
}

/* ---- The rate -------------------------------------------------------------------------------- */

START_TEST(it_learns_what_the_path_is)
{
    begin();
    ck_assert_int_eq(p.bbr->state, BBR_STARTUP);
    ck_assert_uint_eq(p.tcp->cwnd, 10 * MSS);
    run(seconds(2));
    is_near(bbr_max_bw(p.bbr), RATE, 5);
    is_near(p.bbr->min_rtt, (uint32_t)RTT, 5);
    ck_assert(p.bbr->full_bw_reached && bbr_in_probe_bw(p.bbr));
    is_near(bbr_bdp(p.tcp, bbr_bw(p.bbr)), BDP, 10);
    ck_assert(reaches(BBR_PROBE_BW_CRUISE));
    run(millis(100));
    ck_assert_uint_ge(p.tcp->cwnd, 19 * (BDP / 10)); /* a gain of 2 */
    end();
}
END_TEST

static uint32_t below_by_the_margin(uint32_t rate)
{
    return (uint32_t)((uint64_t)rate * 99 / 100);
}

/* 5.6.2: of 1 %, which a flow that cruises needs when there is a queue to drain. */
START_TEST(a_queue_has_a_margin)
{
    begin();
    ck_assert(reaches(BBR_PROBE_BW_CRUISE));
    run(millis(100));
    ck_assert_uint_eq(p.bbr->pacing_rate, bbr_bw(p.bbr));
    p.rtt += millis(5); /* as if somebody else had it */
    run(millis(100));
    ck_assert_int_eq(p.bbr->state, BBR_PROBE_BW_CRUISE);
    ck_assert_uint_eq(p.bbr->pacing_rate, below_by_the_margin(bbr_bw(p.bbr)));
    p.rtt -= millis(5);
    run(millis(100));
    ck_assert_int_eq(p.bbr->state, BBR_PROBE_BW_CRUISE);
    ck_assert_uint_eq(p.bbr->pacing_rate, bbr_bw(p.bbr));
    ck_assert(reaches(BBR_PROBE_BW_REFILL));
    ck_assert_uint_eq(p.bbr->pacing_rate, below_by_the_margin(bbr_bw(p.bbr)));
    end();
}
END_TEST

/* Nothing lost, no program that waits: after Startup the path is never idle, in 20 s. */
START_TEST(a_path_is_used_up)
{
    uint32_t before;

    begin();
    ck_assert(reaches(BBR_PROBE_BW_CRUISE));
    before = p.n_sent - p.n;
    run(seconds(20));
    ck_assert_uint_ge(p.n_sent - p.n - before, 20 * (RATE / MSS) / 1000 * 998);
    end();
}
END_TEST

/* The queue that Startup made is gone, and none comes back but for probes. */
START_TEST(it_fills_the_pipe_and_no_more)
{
    uint32_t before;

    begin();
    ck_assert(reaches(BBR_DRAIN));
    ck_assert_uint_gt(p.in_flight, BDP + BDP / 2);
    ck_assert(reaches(BBR_PROBE_BW_CRUISE));
    run(millis(200));
    ck_assert_int_eq(p.bbr->state, BBR_PROBE_BW_CRUISE);
    ck_assert_uint_le(p.in_flight, BDP + 4 * MSS);
    before = p.n_sent;
    run(seconds(1));
    is_near((p.n_sent - before) * MSS, RATE, 5);
    end();
}
END_TEST

/* Startup doubles in a round: ln(RATE * RTT / IW) / ln 2 of them, and three to be sure. */
START_TEST(startup_takes_few_rounds)
{
    begin();
    for (uint32_t window = 10; window <= 40; window *= 2) {
        uint32_t before = p.n_sent;

        run(RTT);
        ck_assert_uint_ge(p.n_sent - before, window);
        ck_assert_uint_ge(p.tcp->cwnd, window * MSS);
    }
    ck_assert(reaches(BBR_DRAIN));
    ck_assert_uint_le(p.bbr->round_count, 10);
    end();
}
END_TEST

/* Down, cruise, refill, up; two to three seconds apart, or 63 rounds. */
START_TEST(probes_follow_one_another)
{
    instant last = 0;

    begin();
    for (int i = 0; i < 6; i++) {
        ck_assert(reaches(BBR_PROBE_BW_REFILL));
        ck_assert(reaches(BBR_PROBE_BW_UP));
        ck_assert(i == 0 || p.now - last > millis(1000));
        ck_assert(i == 0 || p.now - last < seconds(4));
        last = p.now;
        ck_assert(reaches(BBR_PROBE_BW_DOWN));
    }
    end();
}
END_TEST

START_TEST(a_path_that_widens_is_noticed)
{
    begin();
    run(seconds(3));
    p.rate = 3 * RATE;
    p.queue *= 3;
    run(seconds(12));
    is_near(bbr_max_bw(p.bbr), 3 * RATE, 10);
    end();
}
END_TEST

/* Of the last two probes the larger rate counts, and no older one. */
START_TEST(a_path_that_narrows_is_noticed)
{
    begin();
    run(seconds(3));
    p.rate = RATE / 2;
    run(seconds(15));
    is_near(bbr_max_bw(p.bbr), RATE / 2, 10);
    end();
}
END_TEST

/* A program that sends a tenth of it is no measure of the path. */
START_TEST(a_slow_program_does_not_lower_the_rate)
{
    begin();
    run(seconds(3));
    p.app_rate = RATE / 10;
    p.app_began = p.now;
    p.app_sent = 0;
    run(seconds(20));
    is_near(bbr_max_bw(p.bbr), RATE, 10);
    end();
}
END_TEST

/* ---- The round trip -------------------------------------------------------------------------- */

/* Five seconds after the path was last seen as short: half a window for 200 ms, and what was before
 * it. */
START_TEST(the_round_trip_is_probed)
{
    instant longer_at;
    instant began;
    uint32_t before;

    begin();
    run(seconds(4));
    p.rtt += millis(5); /* more than the queue that it makes itself */
    longer_at = p.now;
    ck_assert(reaches(BBR_PROBE_RTT));
    began = p.now;
    ck_assert_int_ge(began - longer_at, seconds(3)); /* not seen in the last probe of the rate */
    ck_assert_int_le(began - longer_at, seconds(5) + 2 * RTT);
    before = p.bbr->prior_cwnd;
    run(millis(100));
    ck_assert_uint_le(p.tcp->cwnd, BDP / 2 + MSS);
    ck_assert(p.bbr->c.is_app_limited); /* so that it does not count as the rate */
    while (p.bbr->state == BBR_PROBE_RTT) {
        step();
    }
    ck_assert_int_eq(p.bbr->state, BBR_PROBE_BW_CRUISE);
    ck_assert_int_ge(p.now - began, millis(200));
    ck_assert_int_le(p.now - began, millis(200) + 4 * RTT);
    is_near(p.bbr->min_rtt, (uint32_t)RTT, 5);
    is_near(p.tcp->cwnd, before, 2);
    end();
}
END_TEST

/* The program stops in the middle of it, for so long that the clock of ticks wraps. */
START_TEST(a_probe_does_not_outlast_a_pause_of_a_month)
{
    begin();
    run(seconds(4));
    p.rtt += millis(5);
    ck_assert(reaches(BBR_PROBE_RTT));
    while (!p.bbr->probe_rtt_done_set) {
        step();
    }
    p.app_rate = 1; /* one more, and nothing for a while */
    p.app_began = p.now - seconds(MSS);
    p.app_sent = 0;
    run(millis(150));
    ck_assert_uint_eq(p.in_flight, 0);
    ck_assert_int_eq(p.bbr->state, BBR_PROBE_RTT);
    p.now += seconds(30 * 86400);
    p.app_rate = 0;
    run(4 * RTT);
    ck_assert_int_ne(p.bbr->state, BBR_PROBE_RTT);
    end();
}
END_TEST

/* It shows that nothing is queued, so that a probe could find no other; nor does it where it is
 * longer by what leaves together. */
START_TEST(a_round_trip_that_is_as_short_as_ever_needs_no_probe)
{
    begin();
    run(seconds(4));
    p.rtt += millis(1);
    while (p.now < START + seconds(30)) {
        step();
        ck_assert_int_ne(p.bbr->state, BBR_PROBE_RTT);
    }
    is_near(p.bbr->min_rtt, (uint32_t)RTT, 5);
    end();
}
END_TEST

START_TEST(a_path_that_becomes_longer_is_noticed)
{
    begin();
    run(seconds(3));
    p.rtt = 2 * RTT;
    run(seconds(17));
    is_near(p.bbr->min_rtt, (uint32_t)(2 * RTT), 5);
    end();
}
END_TEST

/* A pause drains the queue as well as a probe would. */
START_TEST(a_connection_that_pauses_does_not_probe)
{
    begin();
    run(seconds(4));
    p.app_rate = 1; /* one more, and nothing for a while */
    p.app_began = p.now - seconds(MSS);
    p.app_sent = 0;
    run(seconds(8));
    ck_assert_uint_eq(p.in_flight, 0);
    p.app_rate = 0;
    send_one();
    ck_assert(p.bbr->idle_restart);
    ck_assert_uint_eq(p.bbr->extra_acked_interval_start, (uint32_t)p.now);
    run(RTT + millis(2));
    ck_assert(!p.bbr->idle_restart);
    ck_assert(bbr_in_probe_bw(p.bbr));
    is_near(p.bbr->pacing_rate, RATE, 10); /* at once what it was */
    end();
}
END_TEST

/* ---- Losses ---------------------------------------------------------------------------------- */

START_TEST(one_in_a_hundred_is_no_reason_to_slow_down)
{
    uint32_t before;

    begin();
    p.loss_permille = 10;
    run(seconds(5));
    before = p.n_sent;
    run(seconds(10));
    ck_assert_uint_ge((p.n_sent - before) * MSS / 10, RATE / 100 * 85);
    end();
}
END_TEST

START_TEST(one_in_five_is)
{
    uint32_t before;

    begin();
    run(seconds(3));
    p.loss_permille = 200;
    run(seconds(5));
    before = p.n_sent;
    run(seconds(10));
    ck_assert_uint_le((p.n_sent - before) * MSS / 10, RATE / 2);
    ck_assert_uint_lt(p.bbr->inflight_longterm, BDP);
    end();
}
END_TEST

/* A queue of a tenth: Startup's losses end it before three rounds are over. */
START_TEST(losses_end_startup)
{
    begin();
    p.queue = BDP / 10;
    ck_assert(reaches(BBR_DRAIN));
    ck_assert_uint_ne(p.bbr->inflight_longterm, BBR_INFINITE);
    ck_assert_uint_ge(p.bbr->inflight_longterm, BDP / 2);
    ck_assert_uint_le(p.bbr->inflight_longterm, 3 * BDP);
    end();
}
END_TEST

/* Probes find the bound, and room is left below it. */
START_TEST(a_short_queue_bounds_what_is_in_flight)
{
    uint32_t before;

    begin();
    p.queue = BDP / 4;
    run(seconds(6));
    ck_assert_uint_ne(p.bbr->inflight_longterm, BBR_INFINITE);
    ck_assert_uint_le(p.bbr->inflight_longterm, 2 * BDP);
    ck_assert_uint_lt(bbr_inflight_with_headroom(p.tcp), p.bbr->inflight_longterm);
    before = p.n_sent;
    run(seconds(10));
    ck_assert_uint_ge((p.n_sent - before) * MSS / 10, RATE / 100 * 80);
    end();
}
END_TEST

/* A round with losses takes the bounds of late down to what arrived, by three tenths at most; a
 * probe forgets them. */
START_TEST(losses_of_late_bound_the_rate)
{
    begin();
    ck_assert(reaches(BBR_PROBE_BW_CRUISE));
    run(millis(100));
    p.loss_permille = 150;
    run(millis(300));
    p.loss_permille = 0;
    ck_assert_int_eq(p.bbr->state, BBR_PROBE_BW_CRUISE);
    ck_assert_uint_lt(p.bbr->bw_shortterm, bbr_max_bw(p.bbr));
    ck_assert_uint_ne(p.bbr->inflight_shortterm, BBR_INFINITE);
    ck_assert_uint_eq(bbr_bw(p.bbr), p.bbr->bw_shortterm);
    ck_assert(reaches(BBR_PROBE_BW_REFILL));
    ck_assert_uint_eq(p.bbr->bw_shortterm, BBR_INFINITE);
    ck_assert_uint_eq(p.bbr->inflight_shortterm, BBR_INFINITE);
    end();
}
END_TEST

/* One segment, and back as acknowledgments come. */
START_TEST(a_timeout_begins_with_one_segment)
{
    begin();
    run(seconds(3));
    tcp_bbr.on_timeout(p.tcp, p.now);
    ck_assert_uint_eq(p.tcp->cwnd, MSS);
    run(seconds(1));
    ck_assert_uint_ge(p.tcp->cwnd, BDP);
    end();
}
END_TEST

/* ---- Pacing ---------------------------------------------------------------------------------- */

/* No two segments leave in less time than the rate says, but for what a timer made late. */
START_TEST(segments_leave_apart)
{
    begin();
    ck_assert(reaches(BBR_PROBE_BW_CRUISE));
    run(millis(100));
    for (int i = 0; i < 200; i++) {
        uint32_t n = p.n_sent;
        instant from = p.now;

        run(millis(10));
        ck_assert_uint_le((p.n_sent - n) * MSS,
                          (uint64_t)p.bbr->pacing_rate * (uint64_t)(p.now - from + 2048) / 1000000 +
                              MSS);
    }
    end();
}
END_TEST

START_TEST(a_slow_path_is_paced_too)
{
    begin();
    p.rate = 2000;
    p.rtt = seconds(1);
    p.queue = 20000;
    run(seconds(60));
    is_near(bbr_max_bw(p.bbr), 2000, 20);
    ck_assert_uint_ge(p.tcp->cwnd, 4 * MSS);
    end();
}
END_TEST

/* Whatever the path does, it goes on. */
START_TEST(any_path)
{
    uint64_t seed = seed_start();

    for (int i = 0; i < 100; i++) {
        uint32_t before;

        begin();
        p.rng = seed + (uint64_t)i;
        for (int change = 0; change < 6; change++) {
            p.rate = 2000u << random_below(&p.rng, 12);
            p.rtt = millis(1) << random_below(&p.rng, 9);
            p.queue = 2 * MSS + p.rate / (1 + random_below(&p.rng, 100));
            p.loss_permille = random_below(&p.rng, 4) ? 0 : random_below(&p.rng, 400);
            before = p.n_sent;
            run(seconds(20));
            seed_assert(p.n_sent > before);
            seed_assert(p.tcp->cwnd >= MSS);
            seed_assert(p.bbr->pacing_rate > 0);
        }
        end();
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        it_learns_what_the_path_is,
        a_queue_has_a_margin,
        a_path_is_used_up,
        it_fills_the_pipe_and_no_more,
        startup_takes_few_rounds,
        probes_follow_one_another,
        a_path_that_widens_is_noticed,
        a_path_that_narrows_is_noticed,
        a_slow_program_does_not_lower_the_rate,
        the_round_trip_is_probed,
        a_round_trip_that_is_as_short_as_ever_needs_no_probe,
        a_path_that_becomes_longer_is_noticed,
        a_probe_does_not_outlast_a_pause_of_a_month,
        a_connection_that_pauses_does_not_probe,
        one_in_a_hundred_is_no_reason_to_slow_down,
        one_in_five_is,
        losses_end_startup,
        a_short_queue_bounds_what_is_in_flight,
        losses_of_late_bound_the_rate,
        a_timeout_begins_with_one_segment,
        segments_leave_apart,
        a_slow_path_is_paced_too,
        any_path,
        NULL,
    };

    return suite_run("BBR", tests);
}

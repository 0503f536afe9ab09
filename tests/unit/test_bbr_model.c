/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BBR's model (draft-ietf-ccwg-bbr-06), call by call: what one sample, one loss or one mark makes
 * of it. Where that needs a state, the path has brought the sender there.
 */
#include "tests/support/bbr_fixture.h"
#include "tests/support/suite.h"

/* ---- One sample at a time -------------------------------------------------------------------- */

/* An acknowledgment that is no sample. */
static void hear_of(uint32_t len)
{
    p.bbr->c.acked = len;
    tcp_bbr.model->on_acked(p.tcp, 100 * MSS, p.now);
}

/* An acknowledgment of one segment, the first of a round or not. */
static void take_sample(struct delivery_sample rs, bool round)
{
    p.bbr->c.delivered += MSS;
    rs.acked = MSS;
    rs.delivered = MSS;
    rs.prior_delivered = round ? p.bbr->c.delivered : p.bbr->next_round_delivered - 1;
    p.bbr->rs = rs;
    p.now += millis(1);
    bbr_update_model(p.tcp, p.now);
}

START_TEST(what_the_program_held_back_is_no_measure)
{
    begin();
    take_sample((struct delivery_sample){ .rate = RATE }, true);
    bbr_advance_max_bw_filter(p.bbr);
    take_sample((struct delivery_sample){ .rate = RATE / 2, .is_app_limited = true }, true);
    ck_assert_uint_eq(p.bbr->max_bw_filter[0], 0);
    take_sample((struct delivery_sample){ .rate = RATE + 1, .is_app_limited = true }, true);
    ck_assert_uint_eq(p.bbr->max_bw_filter[0], RATE + 1);
    end();
}
END_TEST

/* Three rounds in which the rate grew by less than a quarter. */
START_TEST(a_pipe_that_is_full)
{
    begin();
    take_sample((struct delivery_sample){ .rate = 1000 }, true);
    for (int i = 0; i < 5; i++) {
        take_sample((struct delivery_sample){ .rate = 1249, .is_app_limited = true }, true);
        take_sample((struct delivery_sample){ .rate = 1249 }, false);
    }
    ck_assert_uint_eq(p.bbr->full_bw_count, 0);
    take_sample((struct delivery_sample){ .rate = 1249 }, true);
    take_sample((struct delivery_sample){ .rate = 1249 }, true);
    ck_assert(!p.bbr->full_bw_reached);
    take_sample((struct delivery_sample){ .rate = 1250 }, true);
    ck_assert_uint_eq(p.bbr->full_bw_count, 0);
    for (int i = 0; i < 3; i++) {
        ck_assert(!p.bbr->full_bw_reached);
        take_sample((struct delivery_sample){ .rate = 1250 }, true);
    }
    ck_assert(p.bbr->full_bw_reached && p.bbr->full_bw_now);
    end();
}
END_TEST

/* Six acknowledgments of a round told of losses, which are more than 2 %, in recovery. */
START_TEST(a_startup_that_loses_too_much)
{
    struct delivery_sample rs = {
        .rate = RATE, .losses = MSS, .lost = 3 * MSS, .tx_in_flight = 100 * MSS
    };

    for (int n = 5; n <= 6; n++) {
        for (int k = 0; k < 2; k++) {
            begin();
            recovering = k == 0;
            take_sample((struct delivery_sample){ .rate = RATE }, true);
            bbr_advance_latest_signals(p.bbr);
            for (int i = 1; i < n; i++) {
                take_sample(rs, false);
                bbr_advance_latest_signals(p.bbr);
            }
            take_sample(rs, true);
            ck_assert_int_eq(p.bbr->full_bw_reached, n == 6 && k == 0);
            ck_assert_int_eq(p.bbr->inflight_longterm != BBR_INFINITE, n == 6 && k == 0);
            end();
        }
    }
}
END_TEST

/* What comes in a bunch is more than the rate says, and room is made for it. */
START_TEST(acknowledgments_in_bunches)
{
    begin();
    ck_assert(reaches(BBR_PROBE_BW_CRUISE));
    run(seconds(1));
    ck_assert_uint_lt(bbr_extra_acked(p.bbr), 3 * MSS);
    p.bbr->c.delivered += 20 * MSS;
    p.bbr->rs = (struct delivery_sample){ .acked = 20 * MSS, .rate = RATE };
    bbr_update_model(p.tcp, p.now);
    ck_assert_uint_ge(bbr_extra_acked(p.bbr), 18 * MSS);
    end();
}
END_TEST

/* For as long as one may come again: of this window of five rounds, and of the last; while Startup
 * looks for the rate, of one round each. */
START_TEST(how_long_bunches_are_remembered)
{
    for (int full = 0; full < 2; full++) {
        begin();
        take_sample((struct delivery_sample){ .rate = RATE }, true);
        p.bbr->full_bw_reached = full;
        p.bbr->extra_acked_round = p.bbr->round_count;
        p.bbr->extra_acked_filter[0] = 20 * MSS;
        for (int i = 1; i <= 10; i++) {
            take_sample((struct delivery_sample){ .rate = RATE }, true);
            ck_assert_int_eq(bbr_extra_acked(p.bbr) == 20 * MSS, i < (full ? 10 : 2));
            p.bbr->full_bw_reached = full;
        }
        end();
    }
}
END_TEST

/* 5.3.3.1: the rate of a whole cycle of ProbeBW is kept, but not where the program held back. */
START_TEST(rates_are_kept_by_cycles)
{
    static const struct {
        enum bbr_state state;
        bool is_app_limited;
        bool kept;
    } cases[] = { { BBR_PROBE_BW_DOWN, false, true },
                  { BBR_PROBE_BW_CRUISE, false, true },
                  { BBR_PROBE_BW_DOWN, true, false },
                  { BBR_PROBE_RTT, false, false } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin();
        p.bbr->full_bw_reached = true;
        p.bbr->round_start = true;
        p.bbr->state = (uint8_t)cases[i].state;
        p.bbr->ack_phase = BBR_ACKS_PROBE_STOPPING;
        p.bbr->rs.is_app_limited = cases[i].is_app_limited;
        p.bbr->max_bw_filter[0] = RATE;
        bbr_update_state(p.tcp, p.now);
        ck_assert_uint_eq(p.bbr->max_bw_filter[1], cases[i].kept ? RATE : 0);
        end();
    }
}
END_TEST

/* 5.3.3.8.3: at random, so that those that began together do not stay together. */
START_TEST(probes_are_not_in_step)
{
    uint32_t n_rounds[2] = { 0, 0 };
    uint32_t least = UINT32_MAX;
    uint32_t most = 0;

    begin();
    for (int i = 0; i < 100; i++) {
        bbr_start_probe_bw_down(p.tcp, p.now);
        ck_assert_uint_lt(p.bbr->rounds_since_bw_probe, 2);
        n_rounds[p.bbr->rounds_since_bw_probe]++;
        least = bbr_min(least, p.bbr->bw_probe_wait);
        most = bbr_max(most, p.bbr->bw_probe_wait);
    }
    ck_assert(n_rounds[0] > 20 && n_rounds[1] > 20);
    ck_assert(least >= tick_floor(seconds(2)) && least < tick_floor(millis(2200)));
    ck_assert(most < tick_floor(seconds(3)) && most > tick_floor(millis(2800)));
    end();
}
END_TEST

/* Nothing new waits, nothing is to be sent again, and the window has room: it is the program. */
START_TEST(what_holds_the_flow_back)
{
    for (int i = 0; i < 4; i++) {
        begin();
        p.tcp->fin_queued = i == 1;
        p.tcp->rtx_end = p.tcp->rtx_nxt + (i == 2 ? MSS : 0);
        tcp_bbr.model->on_sent(p.tcp, MSS, i == 3 ? p.tcp->cwnd : MSS, p.now);
        ck_assert_int_eq(p.bbr->c.is_app_limited, i == 0);
        end();
    }
}
END_TEST

/* ---- Losses ---------------------------------------------------------------------------------- */

/* 5.5.10.3 */
START_TEST(the_volume_at_which_losses_were_too_many)
{
    ck_assert(!bbr_is_inflight_too_high(2000, 100000));
    ck_assert(bbr_is_inflight_too_high(2001, 100000));
    ck_assert_uint_eq(bbr_inflight_at_loss(3000, 101000, 1000), 100000); /* before the last */
    ck_assert_uint_eq(bbr_inflight_at_loss(2000, 90000, 1000), 89000 + 780 / 49 * 50);
    ck_assert_uint_eq(bbr_inflight_at_loss(1000, 500, 1000), 0);
}
END_TEST

START_TEST(a_loss_in_a_probe_ends_it)
{
    begin();
    ck_assert(reaches(BBR_PROBE_BW_UP));
    ck_assert(p.bbr->bw_probe_samples);
    run(RTT);
    ck_assert_int_eq(p.bbr->state, BBR_PROBE_BW_UP);
    for (int i = 0; i < 3; i++) {
        tcp_bbr.model->on_lost(p.tcp, (uint32_t)p.now, MSS, p.now);
    }
    ck_assert_int_eq(p.bbr->state, BBR_PROBE_BW_DOWN);
    ck_assert(!p.bbr->bw_probe_samples);
    ck_assert_uint_ne(p.bbr->inflight_longterm, BBR_INFINITE);
    end();
}
END_TEST

/* Where the program did not press, losses say nothing of how much the path takes. */
START_TEST(a_loss_of_what_was_not_pressed_sets_no_bound)
{
    begin();
    ck_assert(reaches(BBR_PROBE_BW_UP));
    delivery_app_limited(&p.bbr->c, 1000 * MSS);
    run(RTT);
    for (int i = 0; i < 3; i++) {
        tcp_bbr.model->on_lost(p.tcp, (uint32_t)p.now, MSS, p.now);
    }
    ck_assert_int_eq(p.bbr->state, BBR_PROBE_BW_DOWN);
    ck_assert_uint_eq(p.bbr->inflight_longterm, BBR_INFINITE);
    end();
}
END_TEST

START_TEST(what_was_no_loss_is_taken_back)
{
    begin();
    ck_assert(reaches(BBR_PROBE_BW_UP));
    tcp_bbr.remember(p.tcp);
    p.bbr->inflight_longterm = 10 * MSS;
    p.bbr->bw_shortterm = RATE / 10;
    p.bbr->inflight_shortterm = 5 * MSS;
    p.bbr->state = BBR_PROBE_BW_DOWN;
    tcp_bbr.on_undo(p.tcp, p.now);
    ck_assert_int_eq(p.bbr->state, BBR_PROBE_BW_UP);
    ck_assert_uint_gt(p.bbr->inflight_longterm, 10 * MSS);
    ck_assert_uint_eq(p.bbr->bw_shortterm, BBR_INFINITE);
    ck_assert_uint_eq(p.bbr->inflight_shortterm, BBR_INFINITE);
    end();
}
END_TEST

START_TEST(a_mark_bounds_what_is_in_flight)
{
    begin();
    ck_assert(reaches(BBR_PROBE_BW_CRUISE));
    tcp_bbr.on_loss(p.tcp, 40 * MSS, p.now);
    ck_assert_uint_eq(p.tcp->ssthresh, 28 * MSS);
    ck_assert_uint_eq(p.bbr->inflight_shortterm, 28 * MSS);
    tcp_bbr.on_loss(p.tcp, MSS, p.now);
    ck_assert_uint_eq(p.tcp->ssthresh, 4 * MSS);
    end();
}
END_TEST

/* ---- The window ------------------------------------------------------------------------------ */

/* An acknowledgment in this state, when 60 segments may be in flight in the long run. */
static uint32_t cwnd_in(enum bbr_state state, uint32_t longterm)
{
    begin();
    ck_assert(reaches(BBR_PROBE_BW_CRUISE));
    run(millis(200));
    p.bbr->inflight_longterm = longterm;
    p.bbr->cycle_stamp = tick_floor(p.now);
    p.bbr->rounds_since_bw_probe = 0;
    p.bbr->bw_probe_samples = false;
    p.bbr->state = (uint8_t)state;
    while (p.n > 0 && packet_at(0)->arrives_at > p.now) {
        p.now = packet_at(0)->arrives_at;
    }
    hear();
    ck_assert_int_eq(p.bbr->state, state);
    return p.tcp->cwnd;
}

START_TEST(room_is_left_when_nothing_is_probed)
{
    ck_assert_uint_eq(cwnd_in(BBR_PROBE_BW_CRUISE, 60 * MSS), 51 * MSS);
    end();
    ck_assert_uint_eq(cwnd_in(BBR_PROBE_BW_REFILL, 60 * MSS), 60 * MSS);
    end();
    cwnd_in(BBR_PROBE_BW_CRUISE, 5 * MSS); /* more than that was in flight, and nothing lost */
    ck_assert_uint_eq(p.bbr->inflight_longterm, p.bbr->rs.tx_in_flight);
    p.bbr->inflight_longterm = 4500;
    ck_assert_uint_eq(bbr_inflight_with_headroom(p.tcp), 4 * MSS); /* the least */
    p.bbr->inflight_longterm = 6 * MSS;
    ck_assert_uint_eq(bbr_inflight_with_headroom(p.tcp), 5 * MSS); /* and a segment at least */
    end();
}
END_TEST

START_TEST(the_window_has_room_for_bunches_and_none_for_losses)
{
    uint32_t before = cwnd_in(BBR_PROBE_BW_CRUISE, BBR_INFINITE);

    p.bbr->extra_acked_filter[0] = 30 * MSS;
    p.tcp->cwnd = 2 * before;
    hear();
    ck_assert_uint_ge(p.tcp->cwnd, before + 25 * MSS);
    p.bbr->inflight_shortterm = 20 * MSS;
    hear();
    ck_assert_uint_eq(p.tcp->cwnd, 20 * MSS);
    end();
}
END_TEST

/* 5.6.2: who probes, or makes room, has the margin of 1 % always. */
START_TEST(only_a_flow_that_cruises_has_no_margin)
{
    static const struct {
        enum bbr_state state;
        uint32_t percent;
    } cases[] = { { BBR_PROBE_BW_CRUISE, 100 }, { BBR_PROBE_BW_REFILL, 99 } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cwnd_in(cases[i].state, BBR_INFINITE);
        ck_assert(bbr_is_queue_own(p.tcp, p.bbr->min_rtt));
        ck_assert_uint_eq(p.bbr->pacing_rate, (uint64_t)bbr_bw(p.bbr) * cases[i].percent / 100);
        end();
    }
}
END_TEST

/* Two segments at 1.25 MB/s are 1.6 ms; of a short round trip a sixteenth. */
START_TEST(a_queue_that_is_its_own)
{
    begin();
    p.bbr->max_bw_filter[0] = p.bbr->pacing_rate = RATE;
    ck_assert(!bbr_is_queue_own(p.tcp, (uint32_t)RTT)); /* no sample */
    p.bbr->rs.rtt = (uint32_t)RTT + 1600;
    ck_assert(bbr_is_queue_own(p.tcp, (uint32_t)RTT));
    p.bbr->rs.rtt++;
    ck_assert(!bbr_is_queue_own(p.tcp, (uint32_t)RTT));
    p.bbr->rs.rtt = 8500;
    ck_assert(bbr_is_queue_own(p.tcp, 8000));
    p.bbr->rs.rtt++;
    ck_assert(!bbr_is_queue_own(p.tcp, 8000));
    end();
}
END_TEST

/* 5.6.4.2: three times what leaves together is in flight, or the path were empty in between; and
 * four segments. */
START_TEST(a_short_path_has_room_for_what_leaves_together)
{
    static const uint32_t cases[][2] = { /* octets per second */
                                         { 149999, 4 * MSS },
                                         { 150000, 6 * MSS },
                                         { 4000000, 12 * MSS },
                                         { 4000000000u, 3 * 65536 }
    };

    begin();
    p.bbr->max_bw_filter[0] = RATE;
    p.bbr->min_rtt = (uint32_t)millis(1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        p.bbr->pacing_rate = cases[i][0];
        ck_assert_uint_eq(bbr_full_pipe(p.tcp), cases[i][1]);
    }
    end();
}
END_TEST

/* By as much as what arrives is of cwnd, times a segment, then two, then four ... */
START_TEST(a_probe_raises_the_bound_ever_faster)
{
    uint32_t before;

    ck_assert_uint_ge(cwnd_in(BBR_PROBE_BW_REFILL, 60 * MSS), 50 * MSS);
    p.bbr->bw_probe_up_rounds = 0;
    bbr_start_probe_bw_up(p.tcp, p.now);
    ck_assert_uint_eq(p.bbr->probe_up_growth, MSS);
    before = p.bbr->inflight_longterm;
    run(seconds(1));
    ck_assert_uint_gt(p.bbr->inflight_longterm, before);
    end();
}
END_TEST

/* ---- Pacing ---------------------------------------------------------------------------------- */

/* Before there is a sample: the initial window in a round trip, times the gain of Startup. */
START_TEST(the_first_segments_have_a_rate)
{
    begin();
    send_one();
    ck_assert_uint_eq(p.bbr->pacing_rate, 10 * MSS * 25 / 100 * 277);
    end();
    begin();
    p.tcp->rtt.srtt = 0;
    send_one();
    ck_assert_uint_eq(p.bbr->pacing_rate, 10 * MSS * 1000 / 100 * 277);
    end();
}
END_TEST

/* A declared choice: ten segments leave at once, and no more; when something was lost, none. */
START_TEST(a_burst_is_an_initial_window)
{
    begin();
    p.tcp->cwnd = 100 * MSS;
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(tcp_bbr.model->send_in(p.tcp, p.now), 0);
        send_one();
    }
    send_one();
    ck_assert_int_gt(tcp_bbr.model->send_in(p.tcp, p.now), 0);
    p.now += seconds(1); /* a wait saves up no more */
    for (int i = 0; i < 11; i++) {
        ck_assert_int_eq(tcp_bbr.model->send_in(p.tcp, p.now), 0);
        send_one();
    }
    ck_assert_int_gt(tcp_bbr.model->send_in(p.tcp, p.now), 0);
    tcp_bbr.model->on_lost(p.tcp, (uint32_t)p.now, MSS, p.now);
    p.now += seconds(1);
    send_one();
    ck_assert_int_gt(tcp_bbr.model->send_in(p.tcp, p.now), 0);
    end();
}
END_TEST

/* A declared choice: what is measured of a window that left at once is late, and low. */
START_TEST(startup_is_as_fast_as_its_window)
{
    begin();
    take_sample((struct delivery_sample){ .rate = 1000, .rtt = (uint32_t)millis(50) }, true);
    p.tcp->cwnd = 200 * MSS - MSS;
    hear_of(MSS);
    ck_assert_int_eq(p.bbr->state, BBR_STARTUP);
    ck_assert_uint_ge(p.bbr->pacing_rate, 199 * MSS / 2 * 20 / 100 * 277);
    ck_assert_uint_le(p.bbr->pacing_rate, 200 * MSS / 2 * 20 / 100 * 277);
    end();
}
END_TEST

/* A declared choice: a window that did not fit is cut to twice the BDP, without room for bunches.
 */
START_TEST(a_startup_that_loses_is_bound)
{
    for (int lost = 0; lost < 2; lost++) {
        begin();
        take_sample((struct delivery_sample){ .rate = RATE, .rtt = (uint32_t)RTT }, true);
        p.tcp->cwnd = 3 * BDP;
        p.bbr->c.delivered = 20 * MSS;
        p.bbr->extra_acked_filter[0] = BDP / 2;
        if (lost) {
            bbr_note_loss(p.bbr);
        }
        hear_of(MSS);
        ck_assert_int_eq(p.bbr->state, BBR_STARTUP);
        ck_assert_uint_eq(p.tcp->cwnd, lost ? 2 * BDP : 3 * BDP);
        end();
    }
}
END_TEST

/* A sample of few segments is low; Startup's rate does not follow it. */
START_TEST(startup_does_not_slow_down)
{
    begin();
    run(millis(60));
    ck_assert_int_eq(p.bbr->state, BBR_STARTUP);
    p.bbr->pacing_rate = 10 * RATE;
    hear();
    ck_assert_uint_eq(p.bbr->pacing_rate, 10 * RATE);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_the_program_held_back_is_no_measure,
        a_pipe_that_is_full,
        a_startup_that_loses_too_much,
        acknowledgments_in_bunches,
        how_long_bunches_are_remembered,
        rates_are_kept_by_cycles,
        probes_are_not_in_step,
        what_holds_the_flow_back,
        the_volume_at_which_losses_were_too_many,
        a_loss_in_a_probe_ends_it,
        a_loss_of_what_was_not_pressed_sets_no_bound,
        what_was_no_loss_is_taken_back,
        a_mark_bounds_what_is_in_flight,
        room_is_left_when_nothing_is_probed,
        the_window_has_room_for_bunches_and_none_for_losses,
        only_a_flow_that_cruises_has_no_margin,
        a_queue_that_is_its_own,
        a_short_path_has_room_for_what_leaves_together,
        a_probe_raises_the_bound_ever_faster,
        the_first_segments_have_a_rate,
        a_burst_is_an_initial_window,
        startup_is_as_fast_as_its_window,
        a_startup_that_loses_is_bound,
        startup_does_not_slow_down,
        NULL,
    };

    return suite_run("BBR's model", tests);
}

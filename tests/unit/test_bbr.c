/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BBR (draft-ietf-ccwg-bbr-06) over a path that is made of four numbers: what it delivers in a
 * second, how long it is, how much it queues, and what it loses. Each acknowledgment tells of one
 * segment.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "proto/tcp/bbr.h"
#include "proto/tcp/profile.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#define MSS 1000u
#define RATE 1250000u /* octets per second: 10 Mbit/s */
#define RTT millis(40)
#define BDP (RATE / 1000 * 40)
#define N_PACKETS 4096
#define START                                                                                      \
    0xfff00000u /* microseconds: the 32 low bits of the clock wrap in the first second             \
                 */

struct packet {
    uint32_t sent_at;
    instant arrives_at; /* its acknowledgment; NEVER: it is lost, which is told when it would be */
    bool lost;
};

struct path {
    struct tcp_sock *tcp;
    struct bbr *bbr;
    instant now;
    instant free_at; /* when the bottleneck has sent all that it has */
    uint32_t rate;
    duration rtt;
    uint32_t queue;         /* octets */
    uint32_t loss_permille; /* of what is sent, beside what the queue does not take */
    uint32_t app_rate;      /* octets per second that the program has; 0: more than it may send */
    uint64_t app_sent;
    instant app_began;
    uint64_t rng;
    uint32_t in_flight;
    uint32_t n_sent; /* packets */
    uint32_t first;
    uint32_t n;
    struct packet packets[N_PACKETS];
};

static bool recovering;

static bool is_recovering(const struct tcp_sock *tcp)
{
    (void)tcp;
    return recovering;
}

static const struct tcp_recovery recovery = { .is_recovering = is_recovering };
static const struct tcp_profile profile = { .recovery = &recovery, .congestion = &tcp_bbr };

static struct path p;

static void begin(void)
{
    size_t size = sizeof(*p.tcp) + tcp_state_size(&profile, 0, 0);

    memset(&p, 0, sizeof(p));
    recovering = false;
    p.tcp = malloc(size);
    ck_assert_ptr_nonnull(p.tcp);
    memset(p.tcp, 0, sizeof(*p.tcp));
    memset(p.tcp + 1, 0xa5, size - sizeof(*p.tcp)); /* of another connection */
    tcp_run_profile(p.tcp, &profile);
    p.tcp->recovery = &recovery;
    p.tcp->congestion = &tcp_bbr;
    p.tcp->mss = MSS;
    p.tcp->iss = 77;
    p.tcp->rtt.srtt = (uint32_t)RTT;
    p.now = p.free_at = START;
    p.rate = RATE;
    p.rtt = RTT;
    p.queue = 2 * BDP;
    p.rng = 1;
    p.bbr = bbr_of(p.tcp);
    tcp_bbr.init(p.tcp, p.now);
}

static void end(void)
{
    free(p.tcp);
}

static struct packet *packet_at(uint32_t i)
{
    return &p.packets[(p.first + i) % N_PACKETS];
}

/* The program has another segment. */
static bool has_more(void)
{
    return p.app_rate == 0 ||
           (uint64_t)(p.now - p.app_began) * p.app_rate / 1000000 >= p.app_sent + MSS;
}

static bool is_lost(void)
{
    uint64_t queued = p.free_at > p.now ? (uint64_t)(p.free_at - p.now) * p.rate / 1000000 : 0;

    return queued + MSS > p.queue + p.rate / 1000 || random_below(&p.rng, 1000) < p.loss_permille;
}

static void send_one(void)
{
    struct packet *packet = packet_at(p.n++);

    ck_assert_uint_lt(p.n, N_PACKETS);
    p.n_sent++;
    p.in_flight += MSS;
    p.app_sent += MSS;
    packet->sent_at = (uint32_t)p.now;
    packet->lost = is_lost();
    if (!packet->lost) {
        p.free_at = (p.free_at > p.now ? p.free_at : p.now) + (instant)MSS * 1000000 / p.rate;
    }
    packet->arrives_at = (p.free_at > p.now ? p.free_at : p.now) + p.rtt;
    p.tcp->fin_queued = has_more(); /* it has something new, then */
    tcp_bbr.model->on_sent(p.tcp, MSS, p.in_flight, p.now);
}

static void hear(void)
{
    struct packet *packet = packet_at(0);

    p.first = (p.first + 1) % N_PACKETS;
    p.n--;
    p.in_flight -= MSS;
    if (packet->lost) {
        recovering = true;
        tcp_bbr.model->on_lost(p.tcp, packet->sent_at, MSS, p.now);
        return; /* the next acknowledgment tells of it */
    }
    tcp_bbr.model->on_delivered(p.tcp, packet->sent_at, false, MSS, p.now);
    tcp_bbr.model->on_acked(p.tcp, p.in_flight, p.now);
}

static bool may_send(void)
{
    return p.in_flight + MSS <= p.tcp->cwnd && has_more();
}

/* One event: the next segment, the next acknowledgment, or a tick. */
static void step(void)
{
    duration wait = tcp_bbr.model->send_in(p.tcp, p.now);
    instant at = p.now + millis(1);

    if (may_send() && wait == 0) {
        send_one();
        return;
    }
    if (may_send() && p.now + wait < at) {
        at = p.now + wait;
    }
    if (p.n > 0 && packet_at(0)->arrives_at <= at) {
        p.now = packet_at(0)->arrives_at > p.now ? packet_at(0)->arrives_at : p.now;
        hear();
    } else {
        p.now = at;
    }
}

static void run(duration d)
{
    instant until = p.now + d;

    while (p.now < until) {
        step();
    }
}

/* Until it is in `state`; false: not within 20 s. */
static bool reaches(enum bbr_state state)
{
    instant give_up = p.now + seconds(20);

    while (p.bbr->state != state && p.now < give_up) {
        step();
    }
    return p.bbr->state == state;
}

static void is_near(uint32_t value, uint32_t expected, uint32_t percent)
{
    ck_assert_uint_ge(value, expected - expected / 100 * percent);
    ck_assert_uint_le(value, expected + expected / 100 * percent);
}

/* ---- The model ------------------------------------------------------------------------------- */

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
    ck_assert_uint_eq(p.bbr->pacing_rate, bbr_bw(p.bbr) / 100 * 99); /* a margin of 1 % */
    ck_assert_uint_ge(p.tcp->cwnd, 19 * (BDP / 10));                 /* a gain of 2 */
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
    p.rtt += millis(1);
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
    p.rtt += millis(1);
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

/* It shows that nothing is queued, so that a probe could find no other. */
START_TEST(a_round_trip_that_is_as_short_as_ever_needs_no_probe)
{
    begin();
    run(seconds(4));
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
    if (p.bbr->state == BBR_PROBE_BW_CRUISE) {
        ck_assert_uint_lt(p.bbr->bw_shortterm, bbr_max_bw(p.bbr));
        ck_assert_uint_ne(p.bbr->inflight_shortterm, BBR_INFINITE);
        ck_assert_uint_eq(bbr_bw(p.bbr), p.bbr->bw_shortterm);
    }
    ck_assert(reaches(BBR_PROBE_BW_REFILL));
    ck_assert_uint_eq(p.bbr->bw_shortterm, BBR_INFINITE);
    ck_assert_uint_eq(p.bbr->inflight_shortterm, BBR_INFINITE);
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

/* ---- One sample at a time -------------------------------------------------------------------- */

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

/* Before there is a sample: the initial window in a round trip, times the gain of Startup. */
START_TEST(the_first_segments_are_paced)
{
    begin();
    send_one();
    ck_assert_uint_eq(p.bbr->pacing_rate, 10 * MSS * 25 / 100 * 277);
    ck_assert_int_gt(tcp_bbr.model->send_in(p.tcp, p.now), 0);
    end();
    begin();
    p.tcp->rtt.srtt = 0;
    send_one();
    ck_assert_uint_eq(p.bbr->pacing_rate, 10 * MSS * 1000 / 100 * 277);
    end();
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
        it_fills_the_pipe_and_no_more,
        startup_takes_few_rounds,
        what_the_program_held_back_is_no_measure,
        a_pipe_that_is_full,
        a_startup_that_loses_too_much,
        acknowledgments_in_bunches,
        how_long_bunches_are_remembered,
        rates_are_kept_by_cycles,
        probes_are_not_in_step,
        what_holds_the_flow_back,
        a_short_path_has_room_for_what_leaves_together,
        room_is_left_when_nothing_is_probed,
        a_probe_raises_the_bound_ever_faster,
        a_loss_in_a_probe_ends_it,
        the_window_has_room_for_bunches_and_none_for_losses,
        a_loss_of_what_was_not_pressed_sets_no_bound,
        startup_does_not_slow_down,
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
        the_volume_at_which_losses_were_too_many,
        losses_of_late_bound_the_rate,
        what_was_no_loss_is_taken_back,
        a_timeout_begins_with_one_segment,
        a_mark_bounds_what_is_in_flight,
        segments_leave_apart,
        the_first_segments_are_paced,
        a_slow_path_is_paced_too,
        any_path,
        NULL,
    };

    return suite_run("BBR", tests);
}

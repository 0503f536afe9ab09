/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CUBIC against a model of RFC 9438 in floating point, which is written from the RFC and shares
 * nothing with proto/tcp/cubic.c: windows over random histories of round trips, losses and
 * timeouts.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/tcp/tcp.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#define BETA 0.7
#define C 0.4
#define ALPHA (3 * (1 - BETA) / (1 + BETA))

static const struct tcp_profile profile = {
    .name = "cubic",
    .recovery = &tcp_newreno,
    .congestion = &tcp_cubic,
};

/* Windows in segments, times in seconds. */
struct model {
    double cwnd;
    double cwnd_prior;
    double w_max;
    double w_est;
    double k;
    double epoch;
    bool has_epoch;
};

static void model_loss(struct model *m, double flight)
{
    m->cwnd_prior = m->cwnd;
    m->w_max = m->cwnd < m->w_max ? m->cwnd * (1 + BETA) / 2 : m->cwnd;
    m->cwnd = fmax(flight * BETA, 2);
    m->has_epoch = false;
}

static double w_cubic(const struct model *m, double t)
{
    return C * pow(t - m->k, 3) + m->w_max;
}

static void model_ack(struct model *m, double acked, double now, double rtt)
{
    double target;

    if (!m->has_epoch) {
        m->has_epoch = true;
        m->epoch = now;
        m->w_est = m->cwnd;
        m->w_max = fmax(m->w_max, m->cwnd);
        m->k = cbrt((m->w_max - m->cwnd) / C);
    }
    m->w_est += (m->w_est < m->cwnd_prior ? ALPHA : 1) * acked / m->cwnd;
    if (w_cubic(m, now - m->epoch) < m->w_est) {
        m->cwnd = fmax(m->cwnd, m->w_est);
        return;
    }
    target = w_cubic(m, now - m->epoch + rtt);
    target = fmin(fmax(target, m->cwnd), 1.5 * m->cwnd);
    m->cwnd += (target - m->cwnd) / m->cwnd * acked;
}

/* The connection, and the model beside it. */
struct pair {
    struct tcp_sock *tcp;
    struct model m;
    instant now;
    instant start;
    uint64_t seed;
};

static struct pair pair_begin(uint16_t mss, uint32_t cwnd)
{
    struct pair p = { .start = 1000000, .now = 1000000 };

    p.tcp = calloc(1, sizeof(*p.tcp) + tcp_state_size(&profile, 0, 0));
    ck_assert_ptr_nonnull(p.tcp);
    p.tcp->profile = &profile;
    p.tcp->recovery = profile.recovery;
    p.tcp->congestion = profile.congestion;
    p.tcp->state = TCP_ESTABLISHED;
    p.tcp->mss = mss;
    profile.congestion->init(p.tcp);
    p.tcp->cwnd = cwnd;
    p.tcp->ssthresh = cwnd;
    p.m = (struct model){ .cwnd = (double)cwnd / mss };
    return p;
}

static void pair_end(struct pair *p)
{
    free(p->tcp);
}

static double elapsed(const struct pair *p)
{
    return (double)(p->now - p->start) / 1e6;
}

/* Growth comes by whole segments, time by ticks of 1.024 ms: they may be two segments and 2 %
 * apart. */
static void compare(struct pair *p)
{
    double ours = (double)p->tcp->cwnd / p->tcp->mss;
    double apart = fabs(ours - p->m.cwnd) / (2 + 0.02 * p->m.cwnd);

    if (apart > 1) {
        ck_abort_msg("SEED=%llu: %.3f s after the start cwnd is %.2f segments, the model's %.2f",
                     (unsigned long long)p->seed, elapsed(p), ours, p->m.cwnd);
    }
}

/* A window full of ACKs, each of two segments. */
static void round_trip(struct pair *p, duration rtt)
{
    struct tcp_sock *tcp = p->tcp;
    uint32_t chunk = 2u * tcp->mss;
    uint32_t n = tcp->cwnd / chunk > 0 ? tcp->cwnd / chunk : 1;

    tcp->rtt.srtt = (uint32_t)rtt;
    for (uint32_t i = 0; i < n; i++) {
        p->now += rtt / n;
        tcp->snd_una += chunk;
        tcp->snd_nxt = tcp->snd_una + (tcp->cwnd > chunk ? tcp->cwnd - chunk : 0);
        profile.congestion->on_ack(tcp, chunk, p->now);
        model_ack(&p->m, 2, elapsed(p), (double)rtt / 1e6);
        compare(p);
    }
}

/* Both lose from the same window: differences do not add up, and do not decide about fast
 * convergence. */
static void lose(struct pair *p)
{
    p->m.cwnd = (double)p->tcp->cwnd / p->tcp->mss;
    profile.congestion->on_loss(p->tcp, p->tcp->cwnd, p->now);
    model_loss(&p->m, p->m.cwnd);
    p->tcp->cwnd = p->tcp->ssthresh;
    compare(p);
}

/* From one loss to the next, several times. */
static void history(uint64_t seed)
{
    static const uint16_t sizes[] = { 88, 536, 1448, 8948, 65483 };
    uint64_t rng = seed;
    uint16_t mss = sizes[random_below(&rng, 5)];
    struct pair p = pair_begin(mss, mss * (4 + random_below(&rng, 1u << random_below(&rng, 12))));
    duration rtt = 1000 + random_below(&rng, 1u << (10 + random_below(&rng, 9)));

    p.seed = seed;
    lose(&p);
    for (int loss = 0; loss < 4; loss++) {
        int rounds = 1 + (int)random_below(&rng, 60);

        for (int i = 0; i < rounds && p.tcp->cwnd < 1u << 28 && p.m.cwnd < 20000; i++) {
            round_trip(&p, rtt);
        }
        lose(&p);
    }
    pair_end(&p);
}

START_TEST(the_window_is_that_of_the_rfc)
{
    uint64_t first = seed_start();

    for (uint64_t seed = first; seed < first + 300; seed++) {
        history(seed);
    }
}
END_TEST

/* 4.8: slow start has ended without a loss. */
START_TEST(without_a_loss_the_plateau_is_where_it_begins)
{
    struct pair p = pair_begin(1448, 100 * 1448);

    for (int i = 0; i < 100; i++) {
        round_trip(&p, 50000);
    }
    ck_assert_uint_gt(p.tcp->cwnd, 120 * 1448);
    pair_end(&p);
}
END_TEST

/* RFC 6928 2 */
START_TEST(it_begins_with_ten_segments)
{
    static const uint32_t sizes[][2] = {
        { 536, 5360 }, { 1460, 14600 }, { 1461, 14600 }, { 7300, 14600 }, { 8948, 17896 }
    };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct pair p = pair_begin((uint16_t)sizes[i][0], 1);

        profile.congestion->init(p.tcp);
        ck_assert_uint_eq(p.tcp->cwnd, sizes[i][1]);
        ck_assert_uint_eq(p.tcp->ssthresh, UINT32_MAX);
        pair_end(&p);
    }
}
END_TEST

/* ---- What else RFC 9438 asks for ------------------------------------------------------------- */

/* 4.6, 4.8: as for a loss, and one segment. */
START_TEST(a_timeout_leaves_one_segment)
{
    struct pair p = pair_begin(1000, 100000);

    p.tcp->snd_nxt = p.tcp->snd_una + 80000;
    profile.congestion->on_timeout(p.tcp, p.now);
    ck_assert_uint_eq(p.tcp->cwnd, 1000);
    ck_assert_uint_eq(p.tcp->ssthresh, 80000 * 717 / 1024);
    p.tcp->snd_nxt = p.tcp->snd_una + 1000;
    profile.congestion->on_timeout(p.tcp, p.now);
    ck_assert_uint_eq(p.tcp->ssthresh, 2000);
    pair_end(&p);
}
END_TEST

/* 4.9: the window goes on where it was, not from a new plateau. */
START_TEST(a_loss_that_was_none_changes_nothing)
{
    struct pair a = pair_begin(1000, 200000);
    struct pair b = pair_begin(1000, 200000);

    lose(&a);
    lose(&b);
    for (int i = 0; i < 40; i++) {
        uint32_t cwnd = a.tcp->cwnd;
        uint32_t ssthresh = a.tcp->ssthresh;

        if (i == 15) {
            profile.congestion->on_loss(a.tcp, cwnd, a.now);
            ck_assert_uint_lt(a.tcp->ssthresh, cwnd);
            a.tcp->cwnd = cwnd; /* as undo.c does */
            a.tcp->ssthresh = ssthresh;
            profile.congestion->on_undo(a.tcp);
        }
        round_trip(&a, 50000);
        round_trip(&b, 50000);
        ck_assert_uint_eq(a.tcp->cwnd, b.tcp->cwnd);
    }
    pair_end(&a);
    pair_end(&b);
}
END_TEST

/* 5.8: time in which the program sends little is none in which the window grows. */
START_TEST(a_pause_does_not_open_the_window)
{
    struct pair p = pair_begin(1000, 100000);
    uint32_t cwnd;

    lose(&p);
    round_trip(&p, 100000);
    cwnd = p.tcp->cwnd;
    for (int i = 0; i < 1000; i++) { /* 100 s */
        p.now += 100000;
        p.tcp->snd_una += 1000;
        p.tcp->snd_nxt = p.tcp->snd_una;
        profile.congestion->on_ack(p.tcp, 1000, p.now);
    }
    ck_assert_uint_eq(p.tcp->cwnd, cwnd);
    p.now += 3600 * (instant)1000000;
    p.m.has_epoch = false;
    p.m.cwnd = (double)cwnd / 1000;
    for (int i = 0; i < 20; i++) {
        round_trip(&p, 100000);
    }
    pair_end(&p);
}
END_TEST

/* Nothing wraps at the ends of the ranges. */
START_TEST(windows_and_segments_of_every_size)
{
    static const uint32_t windows[] = { 200, 65535, 1u << 20, 1u << 28, 1u << 30 };

    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        for (uint32_t mss = 88; mss <= 65495; mss += 65495 - 88) {
            struct pair p = pair_begin((uint16_t)mss, windows[i]);
            uint32_t cwnd;

            p.tcp->rtt.srtt = 1u << 30;
            profile.congestion->on_loss(p.tcp, windows[i], p.now);
            p.tcp->cwnd = p.tcp->ssthresh;
            cwnd = p.tcp->cwnd;
            for (int n = 0; n < 1000; n++) {
                p.now += 1u << 30;
                p.tcp->snd_nxt = p.tcp->snd_una + p.tcp->cwnd;
                profile.congestion->on_ack(p.tcp, cwnd / 4 + 1, p.now);
                ck_assert_uint_ge(p.tcp->cwnd, cwnd);
                ck_assert_uint_le(p.tcp->cwnd, cwnd + cwnd / 7 + 2 * mss); /* 1.5 cwnd */
                ck_assert_uint_le(p.tcp->cwnd, (1u << 30) + 65495 * 1000u);
                cwnd = p.tcp->cwnd;
            }
            pair_end(&p);
        }
    }
}
END_TEST

/* ---- HyStart++: RFC 9406 4.2 ----------------------------------------------------------------- */

#define ROUND_SEGMENTS 40

/* A round in slow start in which ACKs of a segment each bring `n` samples of `rtt`, and the others
 * none. The window it opens by, in segments. */
static uint32_t slow_round(struct pair *p, uint32_t rtt, int n)
{
    struct tcp_sock *tcp = p->tcp;
    uint32_t before = ROUND_SEGMENTS * (uint32_t)tcp->mss;

    tcp->cwnd = before;
    for (int i = 0; i < ROUND_SEGMENTS; i++) {
        p->now += rtt / ROUND_SEGMENTS;
        tcp->snd_una += tcp->mss;
        tcp->snd_nxt = tcp->snd_una + before; /* what is acknowledged then ends the next round */
        tcp->rtt.latest = i < n ? rtt : 0;
        profile.congestion->on_ack(tcp, tcp->mss, p->now);
    }
    return (tcp->cwnd - before) / tcp->mss;
}

static struct pair hystart_begin(uint32_t rtt)
{
    struct pair p = pair_begin(1000, 40000);

    p.tcp->snd_nxt = p.tcp->snd_una + ROUND_SEGMENTS * 1000;
    profile.congestion->init(p.tcp);     /* the first round is that long, too */
    slow_round(&p, rtt, ROUND_SEGMENTS); /* the first has nothing to compare with, ... */
    ck_assert_uint_eq(slow_round(&p, rtt, ROUND_SEGMENTS), ROUND_SEGMENTS);
    return p;
}

/* max(4 ms, min(RTT / 8, 16 ms)) */
START_TEST(slow_start_is_left_when_the_delay_grows_by_more_than_noise)
{
    static const struct {
        uint32_t rtt; /* microseconds */
        uint32_t thresh;
    } cases[] = { { 8000, 4000 }, { 80000, 10000 }, { 400000, 16000 } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair p = hystart_begin(cases[i].rtt);

        ck_assert_uint_eq(slow_round(&p, cases[i].rtt + cases[i].thresh - 1, ROUND_SEGMENTS),
                          ROUND_SEGMENTS);
        pair_end(&p);
        p = hystart_begin(cases[i].rtt);
        slow_round(&p, cases[i].rtt + cases[i].thresh, ROUND_SEGMENTS);
        ck_assert_uint_eq(slow_round(&p, cases[i].rtt + cases[i].thresh, ROUND_SEGMENTS),
                          ROUND_SEGMENTS / 4);
        pair_end(&p);
    }
}
END_TEST

START_TEST(seven_samples_are_too_few)
{
    struct pair p = hystart_begin(80000);

    slow_round(&p, 120000, 7);
    ck_assert_uint_eq(slow_round(&p, 80000, ROUND_SEGMENTS), ROUND_SEGMENTS);
    pair_end(&p);
    p = hystart_begin(80000);
    ck_assert_uint_eq(slow_round(&p, 120000, 8), 8 + (ROUND_SEGMENTS - 8) / 4);
    pair_end(&p);
}
END_TEST

/* Five rounds, and then congestion avoidance. */
START_TEST(conservative_slow_start_lasts_five_rounds)
{
    struct pair p = hystart_begin(80000);

    slow_round(&p, 120000, ROUND_SEGMENTS);
    for (int round = 0; round < 4; round++) {
        ck_assert_uint_eq(p.tcp->ssthresh, UINT32_MAX);
        slow_round(&p, 120000, ROUND_SEGMENTS);
    }
    ck_assert_uint_ne(p.tcp->ssthresh, UINT32_MAX);
    pair_end(&p);
}
END_TEST

/* Those of the second time are five again. */
START_TEST(the_five_rounds_are_counted_anew)
{
    struct pair p = hystart_begin(80000);

    for (int round = 0; round < 3; round++) {
        slow_round(&p, 120000, ROUND_SEGMENTS);
    }
    slow_round(&p, 80000, ROUND_SEGMENTS);
    for (int round = 0; round < 5; round++) {
        ck_assert_uint_eq(p.tcp->ssthresh, UINT32_MAX);
        slow_round(&p, 120000, ROUND_SEGMENTS);
    }
    ck_assert_uint_ne(p.tcp->ssthresh, UINT32_MAX);
    pair_end(&p);
}
END_TEST

START_TEST(slow_start_after_a_timeout_is_not_conservative)
{
    struct pair p = hystart_begin(80000);

    slow_round(&p, 120000, ROUND_SEGMENTS);
    profile.congestion->on_timeout(p.tcp, p.now);
    p.tcp->ssthresh = UINT32_MAX;
    ck_assert_uint_eq(slow_round(&p, 120000, ROUND_SEGMENTS), ROUND_SEGMENTS);
    pair_end(&p);
}
END_TEST

/* It was noise: the delay is below what it was when slow start was left. */
START_TEST(slow_start_goes_on_when_the_delay_shrinks)
{
    struct pair p = hystart_begin(80000);

    slow_round(&p, 120000, ROUND_SEGMENTS);
    slow_round(&p, 120000, ROUND_SEGMENTS);
    slow_round(&p, 119000, ROUND_SEGMENTS);
    ck_assert_uint_eq(slow_round(&p, 119000, ROUND_SEGMENTS), ROUND_SEGMENTS);
    ck_assert_uint_eq(p.tcp->ssthresh, UINT32_MAX);
    pair_end(&p);
}
END_TEST

/* 4.3, L: an ACK of very much is worth eight segments. */
START_TEST(an_ack_is_worth_eight_segments_at_most)
{
    struct pair p = hystart_begin(80000);
    uint32_t cwnd = p.tcp->cwnd;

    p.tcp->snd_nxt = p.tcp->snd_una + cwnd;
    profile.congestion->on_ack(p.tcp, 20000, p.now);
    ck_assert_uint_eq(p.tcp->cwnd, cwnd + 8000);
    pair_end(&p);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_window_is_that_of_the_rfc,
        without_a_loss_the_plateau_is_where_it_begins,
        it_begins_with_ten_segments,
        a_timeout_leaves_one_segment,
        a_loss_that_was_none_changes_nothing,
        a_pause_does_not_open_the_window,
        windows_and_segments_of_every_size,
        slow_start_is_left_when_the_delay_grows_by_more_than_noise,
        seven_samples_are_too_few,
        conservative_slow_start_lasts_five_rounds,
        the_five_rounds_are_counted_anew,
        slow_start_after_a_timeout_is_not_conservative,
        slow_start_goes_on_when_the_delay_shrinks,
        an_ack_is_worth_eight_segments_at_most,
        NULL,
    };

    return suite_run("cubic", tests);
}

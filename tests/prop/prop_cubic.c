/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CUBIC against a model with real numbers, written from RFC 9438 and without wraps: acknowledgments
 * at all kinds of round trips, pauses, losses and timeouts, some of which were none. The model
 * counts octets and not ACKs, and has no ACK make the window smaller, as cubic.c declares. Within a
 * stage of congestion avoidance both go their own ways; where one ends they are compared, and begin
 * the next with the same window.
 */
#include "proto/tcp/tcp.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define N_HISTORIES 2000
#define N_EVENTS 24       /* of a history */
#define N_ACKS 400        /* of a busy time */
#define MAX_WINDOW 0x1p30 /* octets */

/* How far the integers may be off: ticks of a millisecond, C of 7 bits, and an estimate that moves
 * by segments. */
#define TOLERANCE 0.005 /* of the window, */
#define SEGMENTS 3.0    /* and segments: it learns a segment late that it passed cwnd_prior */

#define C 0.4 /* RFC 9438 5.1 */
#define BETA 0.7

struct stage {
    double w_max; /* 0: undefined */
    double cwnd_prior;
    double k;
    double w_est;
    double t; /* seconds since the epoch, pauses left out */
    bool begun;
};

struct model {
    double mss; /* octets; windows are in octets, too */
    double cwnd;
    double ssthresh;
    struct stage stage;
    struct stage undo;
    double undo_cwnd;
    double undo_ssthresh;
    double slack; /* octets: what the segments by which it may be off have become */
    bool timed_out;
};

static double figure_1(const struct model *m, double t)
{
    return C * pow(t - m->stage.k, 3) * m->mss + m->stage.w_max;
}

static void begin_stage(struct model *m) /* 4.2, 4.8, 4.10 */
{
    struct stage *s = &m->stage;

    s->begun = true;
    s->t = 0;
    s->w_est = m->cwnd;
    if (s->w_max <= m->cwnd) {
        s->w_max = m->cwnd;
    }
    s->k = cbrt((s->w_max - m->cwnd) / m->mss / C);
}

static double rounding(const struct model *m)
{
    return TOLERANCE * m->cwnd + m->slack;
}

/* A difference grows with the window where that grows by as much as it may, and shrinks where it is
 * led to W_cubic. */
static void carry_slack(struct model *m, double before, double acked, bool most)
{
    double kept = m->slack * (most ? m->cwnd / before : 1 - acked / before);

    m->slack = fmax(kept, SEGMENTS * m->mss);
}

/* `acked` octets, `passed` seconds of the stage after the last ACK. Where the two curves are too
 * near to tell, the region is that which leads to `got`. */
static void model_ack(struct model *m, double acked, double passed, double rtt, double got)
{
    struct stage *s = &m->stage;
    double before = m->cwnd;
    double friendly;
    double target;
    double grown;

    m->timed_out = false;
    if (m->cwnd < m->ssthresh) {
        m->cwnd += fmin(acked, m->mss); /* RFC 5681 3.1 */
        s->begun = false;
        return;
    }
    if (!s->begun) {
        begin_stage(m);
    } else {
        s->t += passed;
    }
    s->w_est += (s->w_est < s->cwnd_prior ? 3 * (1 - BETA) / (1 + BETA) : 1) * acked * m->mss /
                m->cwnd; /* 4.3 */
    friendly = fmax(before, s->w_est);
    target = fmin(fmax(figure_1(m, s->t + rtt), before), 1.5 * before); /* 4.2 */
    grown = before + (target - before) * acked / before;                /* 4.4, 4.5 */
    if (fabs(figure_1(m, s->t) - s->w_est) < rounding(m)) {
        m->cwnd = fabs(friendly - got) < fabs(grown - got) ? friendly : grown;
    } else {
        m->cwnd = figure_1(m, s->t) < s->w_est ? friendly : grown;
    }
    carry_slack(m, before, acked, target == 1.5 * before);
}

static void model_reduce(struct model *m, double flight) /* 4.6, 4.7 */
{
    m->stage.w_max = m->cwnd < m->stage.w_max ? m->cwnd * (1 + BETA) / 2 : m->cwnd;
    m->stage.cwnd_prior = m->cwnd;
    m->stage.begun = false;
    m->ssthresh = fmax(flight * BETA, 2 * m->mss);
}

static void model_save(struct model *m) /* 4.9.2 */
{
    m->undo = m->stage;
    m->undo_cwnd = m->cwnd;
    m->undo_ssthresh = m->ssthresh;
}

static void model_timeout(struct model *m, double flight) /* 4.8, and RFC 5681 3.1 */
{
    if (!m->timed_out) {
        model_reduce(m, flight);
    }
    m->timed_out = true;
    m->stage.w_max = 0;
    m->cwnd = m->mss;
}

static void model_undo(struct model *m, double passed) /* 4.9.2 */
{
    if (m->cwnd <= m->undo_cwnd) {
        m->cwnd = m->undo_cwnd;
        m->stage = m->undo;
        m->stage.t += passed;
    }
    m->ssthresh = m->undo_ssthresh; /* RFC 4015 3 */
}

/* ---- Both, side by side ---------------------------------------------------------------------- */

static const struct tcp_recovery no_recovery;
static const struct tcp_profile profile = { .recovery = &no_recovery, .congestion = &tcp_cubic };

struct history {
    struct tcp_sock *tcp;
    struct model m;
    uint64_t rng;
    uint64_t seed;
    instant now;
    instant acked_at; /* when an ACK last counted */
    uint32_t rtt;     /* microseconds */
    double worst;
};

static double uniform(struct history *h, double low, double high)
{
    return low + (high - low) * random_u32(&h->rng) / 4294967296.0;
}

/* Every order of magnitude alike. */
static double spread(struct history *h, double low, double high)
{
    return exp(uniform(h, log(low), log(high)));
}

static void compare(struct history *h, const char *what)
{
    double off = fabs((double)h->tcp->cwnd - h->m.cwnd);

    if (off <= rounding(&h->m) &&
        fabs((double)h->tcp->ssthresh - h->m.ssthresh) <= TOLERANCE * h->m.ssthresh + 2) {
        return;
    }
    ck_abort_msg("SEED=%llu, %s, %g s into a stage of K %g: cwnd %u, ssthresh %u; the model: cwnd "
                 "%g, ssthresh %g, W_max %g, W_est %g, W_cubic %g; mss %g, rtt %u",
                 (unsigned long long)h->seed, what, h->m.stage.t, h->m.stage.k, h->tcp->cwnd,
                 h->tcp->ssthresh, h->m.cwnd, h->m.ssthresh, h->m.stage.w_max, h->m.stage.w_est,
                 figure_1(&h->m, h->m.stage.t), h->m.mss, h->rtt);
}

/* From here on both have the same ones. */
static void set_window(struct history *h, uint32_t cwnd)
{
    h->tcp->cwnd = cwnd;
    h->m.cwnd = cwnd;
    h->m.ssthresh = h->tcp->ssthresh;
    h->m.slack = SEGMENTS * h->m.mss;
}

/* An ACK of `acked` octets when `flight` were out before it. */
static void acknowledge(struct history *h, uint32_t acked, uint32_t flight)
{
    uint32_t rtt = h->rtt - random_below(&h->rng, h->rtt / 8 + 1);

    h->tcp->rtt.latest = random_below(&h->rng, 2) ? rtt : 0;
    h->tcp->snd_una += acked;
    h->tcp->snd_nxt = h->tcp->snd_una + flight - acked;
    tcp_cubic.on_ack(h->tcp, acked, h->now);
}

/* ACKs come evenly for a number of round trips, and the window is always full. `pause`: as long was
 * nothing sent before. */
static void busy(struct history *h, duration pause)
{
    int n_acks = 1 + (int)random_below(&h->rng, N_ACKS);
    double per_round = spread(h, 1.0, 64.0);

    if (h->tcp->cwnd >= MAX_WINDOW) {
        return;
    }
    h->now += pause;
    for (int i = 0; i < n_acks && h->tcp->cwnd < MAX_WINDOW; i++) {
        duration gap = pause > 0 ? h->rtt : (duration)(h->rtt / per_round);
        uint32_t acked = (uint32_t)fmax(h->tcp->cwnd / per_round, h->m.mss);

        acked = acked < h->tcp->cwnd ? acked : h->tcp->cwnd;
        h->now += gap;
        acknowledge(h, acked, h->tcp->cwnd);
        model_ack(&h->m, acked, (double)(h->now - h->acked_at - pause) / 1e6, h->rtt / 1e6,
                  h->tcp->cwnd);
        h->acked_at = h->now;
        pause = 0;
        compare(h, "busy");
    }
}

/* The program sends less than half of what it might: nothing grows, and no time passes. */
static void lazy(struct history *h)
{
    int n = 1 + (int)random_below(&h->rng, 50);
    uint32_t before = h->tcp->cwnd;

    for (int i = 0; i < n; i++) {
        h->now += (duration)spread(h, 1e3, 1e7);
        acknowledge(h, h->tcp->cwnd / 8, h->tcp->cwnd / 3);
        h->m.timed_out = false;
    }
    h->acked_at = h->now;
    ck_assert_uint_eq(h->tcp->cwnd, before);
}

static uint32_t any_flight(struct history *h)
{
    return (uint32_t)(h->tcp->cwnd * uniform(h, 0.3, 1.0));
}

/* Recovery, during which the window is someone else's; it may turn out to be for nothing. */
static void lose(struct history *h)
{
    uint32_t flight = any_flight(h);
    bool spurious = random_below(&h->rng, 4) == 0;

    set_window(h, h->tcp->cwnd);
    tcp_cubic.remember(h->tcp);
    model_save(&h->m);
    tcp_cubic.on_loss(h->tcp, flight, h->now);
    h->m.timed_out = false;
    model_reduce(&h->m, flight);
    h->tcp->cwnd = h->tcp->ssthresh;
    h->m.cwnd = h->m.ssthresh;
    compare(h, "loss");
    set_window(h, h->tcp->ssthresh);
    h->now += h->rtt;
    if (spurious) {
        h->tcp->cwnd = (uint32_t)fmax(h->tcp->cwnd, h->m.undo_cwnd); /* as undo.c */
        h->tcp->ssthresh = (uint32_t)h->m.undo_ssthresh;
        model_undo(&h->m, (double)(h->now - h->acked_at) / 1e6);
        tcp_cubic.on_undo(h->tcp, h->now);
        h->acked_at = h->now;
        compare(h, "undone");
    }
}

static void time_out(struct history *h)
{
    int n = 1 + (int)random_below(&h->rng, 3);
    uint32_t flight = any_flight(h);

    set_window(h, h->tcp->cwnd);
    h->tcp->snd_nxt = h->tcp->snd_una + flight;
    for (int i = 0; i < n; i++) {
        tcp_cubic.on_timeout(h->tcp, h->now);
        model_timeout(&h->m, flight);
        compare(h, "timeout");
    }
    set_window(h, h->tcp->cwnd);
}

static void begin(struct history *h)
{
    memset(h->tcp, 0, sizeof(*h->tcp));
    tcp_run_profile(h->tcp, &profile);
    h->tcp->recovery = &no_recovery;
    h->tcp->mss = (uint16_t)spread(h, 88, 65495);
    h->tcp->iss = random_u32(&h->rng);
    h->tcp->snd_una = h->tcp->snd_nxt = h->tcp->iss + 1;
    h->rtt = (uint32_t)spread(h, 100, 2e6);
    h->tcp->rtt.srtt = h->rtt;
    h->now = (instant)(random_u64(&h->rng) >> 16);
    h->acked_at = h->now;
    tcp_cubic.init(h->tcp, 0);
    h->m = (struct model){ .mss = h->tcp->mss, .cwnd = h->tcp->cwnd, .ssthresh = UINT32_MAX };
    set_window(h, (uint32_t)spread(h, 2.0 * h->tcp->mss, MAX_WINDOW));
    tcp_cubic.on_loss(h->tcp, h->tcp->cwnd, h->now); /* the first slow start is not looked at */
    model_reduce(&h->m, h->m.cwnd);
    set_window(h, h->tcp->ssthresh);
}

static void live(struct history *h)
{
    begin(h);
    for (int i = 0; i < N_EVENTS; i++) {
        switch (random_below(&h->rng, 8)) {
        case 0:
            lose(h);
            break;
        case 1:
            time_out(h);
            break;
        case 2:
            lazy(h);
            break;
        case 3:
            busy(h, (duration)spread(h, 1e3, 4e9)); /* to an hour */
            break;
        case 4:
            if (h->tcp->cwnd > h->tcp->mss) { /* close.c, after a pause */
                set_window(h, h->tcp->cwnd / 2 > h->tcp->mss ? h->tcp->cwnd / 2 : h->tcp->mss);
                h->m.stage.begun = false;
            }
            break;
        default:
            busy(h, 0);
            break;
        }
    }
}

START_TEST(the_window_is_that_of_rfc_9438)
{
    struct history h;
    uint64_t first = seed_start();

    h.tcp = malloc(sizeof(*h.tcp) + tcp_state_size(&profile, 0, 0));
    ck_assert_ptr_nonnull(h.tcp);
    for (h.seed = first; h.seed < first + N_HISTORIES; h.seed++) {
        h.rng = h.seed;
        live(&h);
    }
    free(h.tcp);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_window_is_that_of_rfc_9438,
        NULL,
    };

    return suite_run("CUBIC", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CUBIC (RFC 9438) in integers, with HyStart++ (RFC 9406) for the first slow start. Time is in
 * ticks of 1.024 ms, windows in octets. Declared choices: growth counts octets and not ACKs, and no
 * ACK makes cwnd smaller (RFC 9438 4.3 has it follow an estimate below it); both as Linux.
 */
#include "proto/tcp/initial_window.h"
#include "proto/tcp/tcp.h"

#include "proto/tcp/seq.h"

/* RFC 9438 4.6, 4.3, 4.7 */
#define BETA_Q16 45875             /* 0.7 */
#define ALPHA_Q16 34696            /* 3 (1 - 0.7) / (1 + 0.7) */
#define FAST_CONVERGENCE_Q16 55706 /* (1 + 0.7) / 2 */

/* C = 0.4 segments/s^3 is 4.29e-10 segments/tick^3, or 118 / 2^38; and 1/C is 2^8 times 9094947. */
#define C_NUMERATOR 118
#define C_SHIFT 38
#define INVERSE_C_Q8 9094947u
#define CUBE_SHIFT 18 /* what of a cube is below 2^-13 segments */
#define MAX_TIME                                                                                   \
    (1 << 19) /* ticks from the plateau: more than K of 2^32 octets in segments of 88 */

#define MAX_RATIO_INPUT (1u << (32 - 16)) /* shifted left it still fits */

/* RFC 9406 4.3 */
#define N_RTT_SAMPLE 8
#define MIN_RTT_THRESH millis(4)
#define MAX_RTT_THRESH millis(16)
#define MIN_RTT_DIVISOR 8
#define CSS_GROWTH_DIVISOR 4
#define CSS_ROUNDS 5
#define L 8

/* What RFC 9438 4.9.2 saves before a reduction. */
struct stage {
    uint32_t w_max;      /* 0: not known */
    uint32_t cwnd_prior; /* cwnd before the last reduction */
    uint32_t cwnd;       /* when the stage last saw it */
    uint32_t w_est;      /* what Reno's window would be, RFC 9438 4.3 */
    uint32_t k;          /* ticks from the epoch to the plateau */
    tick epoch;          /* when congestion avoidance began, and later by every pause since */
    bool has_epoch;
};

struct cubic {
    struct stage stage;
    struct stage undo;
    uint32_t undo_cwnd;
    tick counted_at;    /* the last ACK of the stage: time is counted up to it */
    uint32_t est_acked; /* octets towards w_est's next segment, times alpha, and ... */
    uint16_t est_rest;  /* ... the 2^-16 octets that belong to it */
    uint16_t rest;      /* 2^-16 octets that cwnd has grown beyond it */

    uint32_t window_end; /* of the round */
    uint32_t last_round_min_rtt;
    uint32_t current_round_min_rtt;
    uint32_t css_baseline_min_rtt;
    uint8_t rtt_samples;
    uint8_t css_rounds;
    bool css;       /* conservative slow start */
    bool timed_out; /* and nothing was acknowledged since */
};

static struct cubic *state_of(struct tcp_sock *tcp)
{
    return tcp_congestion_state(tcp);
}

static void begin_round(struct tcp_sock *tcp, struct cubic *cubic)
{
    cubic->window_end = tcp->snd_nxt;
    cubic->last_round_min_rtt = cubic->current_round_min_rtt;
    cubic->current_round_min_rtt = UINT32_MAX;
    cubic->rtt_samples = 0;
}

static void cubic_init(struct tcp_sock *tcp, instant now)
{
    struct cubic *cubic = state_of(tcp);

    (void)now;
    tcp->cwnd = initial_window_10(tcp->mss);
    tcp->ssthresh = UINT32_MAX;
    *cubic = (struct cubic){ .current_round_min_rtt = UINT32_MAX };
    begin_round(tcp, cubic);
}

/* ---- Slow start: RFC 9406 4.2 ---------------------------------------------------------------- */

static uint32_t rtt_thresh(const struct cubic *cubic)
{
    uint32_t thresh = cubic->last_round_min_rtt / MIN_RTT_DIVISOR;

    thresh = thresh > MIN_RTT_THRESH ? thresh : (uint32_t)MIN_RTT_THRESH;
    return thresh < MAX_RTT_THRESH ? thresh : (uint32_t)MAX_RTT_THRESH;
}

static void look_at_delay(struct cubic *cubic)
{
    if (cubic->rtt_samples < N_RTT_SAMPLE || cubic->last_round_min_rtt == UINT32_MAX) {
        return;
    }
    if (cubic->css) {
        cubic->css = cubic->current_round_min_rtt >= cubic->css_baseline_min_rtt;
    } else if (cubic->current_round_min_rtt - rtt_thresh(cubic) >= cubic->last_round_min_rtt &&
               cubic->current_round_min_rtt > rtt_thresh(cubic)) {
        cubic->css = true;
        cubic->css_rounds = 0;
        cubic->css_baseline_min_rtt = cubic->current_round_min_rtt;
    }
}

static void end_round(struct tcp_sock *tcp, struct cubic *cubic)
{
    if (cubic->css && ++cubic->css_rounds >= CSS_ROUNDS) {
        tcp->ssthresh = tcp->cwnd;
    }
    begin_round(tcp, cubic);
}

static void take_rtt(struct cubic *cubic, uint32_t rtt)
{
    if (rtt == 0) {
        return;
    }
    if (rtt < cubic->current_round_min_rtt) {
        cubic->current_round_min_rtt = rtt;
    }
    if (cubic->rtt_samples < N_RTT_SAMPLE) {
        cubic->rtt_samples++;
    }
}

static uint32_t at_most(uint32_t n, uint32_t most)
{
    return n < most ? n : most;
}

/* Until ssthresh is known; RFC 9406 4.3 leaves later ones to RFC 5681. */
static void first_slow_start(struct tcp_sock *tcp, struct cubic *cubic, uint32_t acked)
{
    uint32_t growth = at_most(acked, L * (uint32_t)tcp->mss);

    tcp->cwnd += cubic->css ? growth / CSS_GROWTH_DIVISOR : growth;
    take_rtt(cubic, tcp->rtt.latest);
    look_at_delay(cubic);
    if (!seq_before(tcp->snd_una, cubic->window_end)) {
        end_round(tcp, cubic);
    }
}

static void slow_start(struct tcp_sock *tcp, struct cubic *cubic, uint32_t acked)
{
    cubic->stage.has_epoch = false;
    if (tcp->ssthresh == UINT32_MAX) {
        first_slow_start(tcp, cubic, acked);
    } else {
        tcp->cwnd += at_most(acked, tcp->mss); /* RFC 5681 3.1 */
    }
}

/* ---- Congestion avoidance: RFC 9438 4.2 to 4.5 ----------------------------------------------- */

/* The largest root whose cube is at most n. */
static uint32_t cube_root(uint64_t n)
{
    uint32_t root = 0;

    for (int bit = (63 - __builtin_clzll(n | 1)) / 3; bit >= 0; bit--) {
        uint64_t more = root | 1u << bit;

        if (more * more * more <= n) {
            root = (uint32_t)more;
        }
    }
    return root;
}

/* K, which is sensitive to small parts of a segment; octets > 0. */
static uint32_t plateau_after(uint32_t octets, uint32_t mss)
{
    uint32_t shift = at_most((uint32_t)__builtin_clz(octets), 16);
    uint64_t cube = (uint64_t)((octets << shift) / mss) * INVERSE_C_Q8;

    return cube_root(shift < 8 ? cube << (8 - shift) : cube >> (shift - 8));
}

static void begin_epoch(struct tcp_sock *tcp, struct cubic *cubic, instant now)
{
    struct stage *stage = &cubic->stage;

    stage->has_epoch = true;
    stage->epoch = tick_floor(now);
    stage->w_est = tcp->cwnd;
    cubic->counted_at = stage->epoch;
    cubic->est_acked = 0;
    cubic->est_rest = 0;
    cubic->rest = 0;
    if (stage->w_max > tcp->cwnd) {
        stage->k = plateau_after(stage->w_max - tcp->cwnd, tcp->mss);
    } else {
        stage->k = 0;
        stage->w_max = tcp->cwnd;
    }
}

/* Of the ticks since the last ACK at most `most` count: RFC 9438 4.2 leaves out the time in which
 * the program had nothing to send. */
static void count_time(struct cubic *cubic, uint32_t most, instant now)
{
    uint32_t gap = tick_since(cubic->counted_at, now);

    cubic->stage.epoch += gap > most ? gap - most : 0;
    cubic->counted_at = tick_floor(now);
}

/* Ticks that may pass between two ACKs while something is always in flight. */
static uint32_t round_trip(const struct rtt *rtt)
{
    return tick_ceil(rtt->latest > rtt->srtt ? rtt->latest : rtt->srtt);
}

/* RFC 9438 4.2, figure 1; t in ticks. */
static uint64_t w_cubic(const struct stage *stage, uint32_t mss, uint32_t t)
{
    bool rising = t >= stage->k;
    uint64_t d = rising ? t - stage->k : stage->k - t;
    uint64_t octets;

    d = d < MAX_TIME ? d : MAX_TIME;
    octets = (d * d * d >> CUBE_SHIFT) * C_NUMERATOR * mss >> (C_SHIFT - CUBE_SHIFT);
    if (rising) {
        return stage->w_max + octets;
    }
    return stage->w_max > octets ? stage->w_max - octets : 0;
}

/* W_cubic one round trip from now, from cwnd to half as much again. */
static uint32_t target(const struct tcp_sock *tcp, const struct stage *stage, instant now)
{
    uint64_t octets = w_cubic(stage, tcp->mss, tick_since(stage->epoch, now + tcp->rtt.srtt));
    uint32_t most = tcp->cwnd + tcp->cwnd / 2;

    if (octets <= tcp->cwnd) {
        return tcp->cwnd;
    }
    return octets < most ? (uint32_t)octets : most;
}

/* RFC 9438 4.3 */
static void grow_estimate(const struct tcp_sock *tcp, struct cubic *cubic, uint32_t acked)
{
    struct stage *stage = &cubic->stage;
    uint32_t alpha = stage->w_est < stage->cwnd_prior ? ALPHA_Q16 : 1u << 16;
    uint64_t earned = (uint64_t)acked * alpha + cubic->est_rest;

    cubic->est_acked += (uint32_t)(earned >> 16);
    cubic->est_rest = (uint16_t)earned;
    if (cubic->est_acked >= tcp->cwnd) {
        cubic->est_acked -= tcp->cwnd;
        stage->w_est += tcp->mss;
    }
}

/* RFC 9438 4.4, 4.5: by (goal - cwnd) / cwnd for each octet, so that a window's worth of them leads
 * to the goal. */
static void grow_towards(struct tcp_sock *tcp, struct cubic *cubic, uint32_t goal, uint32_t acked)
{
    uint32_t window = tcp->cwnd;
    uint32_t more = goal - window;
    uint64_t growth;

    while (window >= MAX_RATIO_INPUT) {
        window >>= 1;
        more >>= 1;
    }
    growth = (uint64_t)acked * ((more << 16) / window) + cubic->rest;
    tcp->cwnd += (uint32_t)(growth >> 16);
    cubic->rest = (uint16_t)growth;
}

/* A window that was made smaller, after a pause (RFC 5681 4.1), begins a stage of its own: it does
 * not jump back. */
static void avoid_congestion(struct tcp_sock *tcp, struct cubic *cubic, uint32_t acked, instant now)
{
    struct stage *stage = &cubic->stage;

    if (!stage->has_epoch || tcp->cwnd < stage->cwnd) {
        begin_epoch(tcp, cubic, now);
    }
    acked = at_most(acked, tcp->cwnd); /* more was out when the window was larger */
    count_time(cubic, round_trip(&tcp->rtt), now);
    grow_estimate(tcp, cubic, acked);
    if (w_cubic(stage, tcp->mss, tick_since(stage->epoch, now)) < stage->w_est) {
        tcp->cwnd = tcp->cwnd > stage->w_est ? tcp->cwnd : stage->w_est;
    } else {
        grow_towards(tcp, cubic, target(tcp, stage, now), acked);
    }
    stage->cwnd = tcp->cwnd;
}

static void cubic_on_ack(struct tcp_sock *tcp, uint32_t acked, instant now)
{
    struct cubic *cubic = state_of(tcp);

    cubic->timed_out = false;
    if (tcp_in_flight(tcp) + acked < tcp->cwnd / 2) { /* RFC 9438 5.8: not what limits us */
        count_time(cubic, 0, now);
    } else if (tcp->cwnd < tcp->ssthresh) {
        slow_start(tcp, cubic, acked);
    } else {
        avoid_congestion(tcp, cubic, acked, now);
    }
}

/* ---- Losses: RFC 9438 4.6 to 4.9 ------------------------------------------------------------- */

static void reduce(struct tcp_sock *tcp, uint32_t flight)
{
    struct cubic *cubic = state_of(tcp);
    struct stage *stage = &cubic->stage;
    uint32_t least = 2u * tcp->mss;
    uint32_t reduced = (uint32_t)((uint64_t)flight * BETA_Q16 >> 16);

    stage->w_max = tcp->cwnd < stage->w_max
                       ? (uint32_t)((uint64_t)tcp->cwnd * FAST_CONVERGENCE_Q16 >> 16)
                       : tcp->cwnd;
    stage->cwnd_prior = tcp->cwnd;
    stage->has_epoch = false;
    cubic->css = false;
    tcp->ssthresh = reduced > least ? reduced : least;
}

static void cubic_on_loss(struct tcp_sock *tcp, uint32_t flight, instant now)
{
    (void)now;
    state_of(tcp)->timed_out = false;
    reduce(tcp, flight);
}

/* ssthresh is held when the same segment times out again (RFC 5681 3.1), and the next stage begins
 * at a plateau (RFC 9438 4.8). */
static void cubic_on_timeout(struct tcp_sock *tcp, instant now)
{
    struct cubic *cubic = state_of(tcp);

    (void)now;
    if (!cubic->timed_out) {
        reduce(tcp, at_most(tcp_in_flight(tcp), tcp->cwnd));
    }
    cubic->timed_out = true;
    cubic->stage.w_max = 0;
    tcp->cwnd = tcp->mss;
}

static void cubic_remember(struct tcp_sock *tcp)
{
    struct cubic *cubic = state_of(tcp);

    cubic->undo = cubic->stage;
    cubic->undo_cwnd = tcp->cwnd;
}

/* A window that has grown beyond what it was keeps its own stage, RFC 9438 4.9.2. */
static void cubic_on_undo(struct tcp_sock *tcp, instant now)
{
    struct cubic *cubic = state_of(tcp);

    if (tcp->cwnd <= cubic->undo_cwnd) {
        cubic->stage = cubic->undo;
        cubic->counted_at = tick_floor(now);
    }
}

const struct tcp_congestion tcp_cubic = {
    .name = "cubic",
    .state_size = sizeof(struct cubic),
    .init = cubic_init,
    .restart_window = restart_window_10,
    .syn_losses = SYN_LOSSES_10,
    .on_ack = cubic_on_ack,
    .on_loss = cubic_on_loss,
    .on_timeout = cubic_on_timeout,
    .remember = cubic_remember,
    .on_undo = cubic_on_undo,
};

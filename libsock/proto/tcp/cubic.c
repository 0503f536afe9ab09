/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CUBIC (RFC 9438) in integers, with HyStart++ (RFC 9406). Time is in ticks of 1.024 ms, windows
 * in octets.
 */
#include "proto/tcp/tcp.h"

#include "proto/tcp/seq.h"

/* RFC 9438 4.6, 4.3, 4.7 */
#define BETA_Q10 717             /* 0.7 */
#define ALPHA_AIMD_Q10 542       /* 3 (1 - 0.7) / (1 + 0.7) */
#define FAST_CONVERGENCE_Q10 870 /* (1 + 0.7) / 2 */

/* C = 0.4 segments/s^3 is 4.29e-10 segments/tick^3, or 118 / 2^38; and 1/C is 2^8 times 9094947. */
#define C_NUMERATOR 118
#define C_SHIFT 38
#define INVERSE_C_Q8 9094947u
#define MAX_TIME (1 << 16) /* ticks from the plateau: the window is out of sight by then */

/* RFC 9406 4.3 */
#define N_RTT_SAMPLE 8
#define MIN_RTT_THRESH millis(4)
#define MAX_RTT_THRESH millis(16)
#define MIN_RTT_DIVISOR 8
#define CSS_GROWTH_DIVISOR 4
#define CSS_ROUNDS 5
#define L 8

struct cubic {
    uint32_t w_max;
    uint32_t w_est;     /* what Reno's window would be, RFC 9438 4.3 */
    uint32_t est_acked; /* octets towards its next segment, times alpha */
    uint32_t acked;     /* octets towards cwnd's next segment */
    uint32_t k;         /* ticks from the epoch to the plateau */
    tick epoch;         /* when the window was last reduced, once has_epoch */

    uint32_t window_end; /* of the round */
    uint32_t last_round_min_rtt;
    uint32_t current_round_min_rtt;
    uint32_t css_baseline_min_rtt;
    uint8_t rtt_samples;
    uint8_t css_rounds;
    bool css; /* conservative slow start */
    bool has_epoch;
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

/* RFC 6928 2 */
static uint32_t initial_window(uint32_t mss)
{
    uint32_t most = 2 * mss > 14600 ? 2 * mss : 14600;

    return 10 * mss < most ? 10 * mss : most;
}

static void cubic_init(struct tcp_sock *tcp)
{
    struct cubic *cubic = state_of(tcp);

    tcp->cwnd = initial_window(tcp->mss);
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

static void slow_start(struct tcp_sock *tcp, struct cubic *cubic, uint32_t acked)
{
    uint32_t most = L * (uint32_t)tcp->mss;
    uint32_t growth = acked < most ? acked : most;

    if (tcp->rtt.latest > 0) {
        if (tcp->rtt.latest < cubic->current_round_min_rtt) {
            cubic->current_round_min_rtt = tcp->rtt.latest;
        }
        if (cubic->rtt_samples < N_RTT_SAMPLE) {
            cubic->rtt_samples++;
        }
    }
    tcp->cwnd += cubic->css ? growth / CSS_GROWTH_DIVISOR : growth;
    look_at_delay(cubic);
    if (!seq_before(tcp->snd_una, cubic->window_end)) {
        end_round(tcp, cubic);
    }
}

/* ---- Congestion avoidance: RFC 9438 4.2 to 4.5 ----------------------------------------------- */

/* The largest root whose cube is at most n. */
static uint32_t cube_root(uint64_t n)
{
    uint32_t root = 0;

    for (int bit = 20; bit >= 0; bit--) {
        uint64_t more = root | 1u << bit;

        if (more * more * more <= n) {
            root = (uint32_t)more;
        }
    }
    return root;
}

static uint32_t plateau_after(uint32_t octets, uint32_t mss)
{
    uint32_t segments_q8 = octets < 1u << 24 ? (octets << 8) / mss : (octets / mss) << 8;

    return cube_root((uint64_t)segments_q8 * INVERSE_C_Q8);
}

static void begin_epoch(struct tcp_sock *tcp, struct cubic *cubic, instant now)
{
    cubic->has_epoch = true;
    cubic->epoch = tick_floor(now);
    cubic->acked = 0;
    cubic->est_acked = 0;
    cubic->w_est = tcp->cwnd;
    if (cubic->w_max > tcp->cwnd) {
        cubic->k = plateau_after(cubic->w_max - tcp->cwnd, tcp->mss);
    } else {
        cubic->k = 0;
        cubic->w_max = tcp->cwnd;
    }
}

/* W_cubic one round trip from now, at most half as much again as cwnd. */
static uint32_t target(const struct tcp_sock *tcp, const struct cubic *cubic, instant now)
{
    tick t = tick_since(cubic->epoch, now + tcp->rtt.srtt);
    uint32_t most = tcp->cwnd + tcp->cwnd / 2;
    bool rising = t >= cubic->k;
    uint64_t d = rising ? t - cubic->k : cubic->k - t;
    uint64_t octets;

    d = d < MAX_TIME ? d : MAX_TIME;
    octets = (d * d * d >> 10) * C_NUMERATOR * tcp->mss >> (C_SHIFT - 10);
    if (!rising) {
        return cubic->w_max > octets ? cubic->w_max - (uint32_t)octets : 0;
    }
    octets += cubic->w_max;
    return octets < most ? (uint32_t)octets : most;
}

/* RFC 9438 4.3 */
static void grow_estimate(const struct tcp_sock *tcp, struct cubic *cubic, uint32_t acked)
{
    uint32_t alpha = cubic->w_est < cubic->w_max ? ALPHA_AIMD_Q10 : 1024;

    cubic->est_acked += acked / 64 * alpha / 16;
    if (cubic->est_acked >= tcp->cwnd) {
        cubic->est_acked -= tcp->cwnd;
        cubic->w_est += tcp->mss;
    }
}

static void avoid_congestion(struct tcp_sock *tcp, struct cubic *cubic, uint32_t acked, instant now)
{
    uint32_t goal;
    uint32_t gain;

    if (!cubic->has_epoch) {
        begin_epoch(tcp, cubic, now);
    }
    grow_estimate(tcp, cubic, acked);
    goal = target(tcp, cubic, now);
    if (cubic->w_est > tcp->cwnd && cubic->w_est > goal) {
        tcp->cwnd = cubic->w_est;
        return;
    }
    gain = goal > tcp->cwnd ? (goal - tcp->cwnd) / tcp->mss : 0;
    cubic->acked += acked;
    if (gain > 0 && cubic->acked >= tcp->cwnd / gain) { /* what one segment more is earned by */
        uint32_t n = cubic->acked / (tcp->cwnd / gain);

        n = n < gain ? n : gain;
        cubic->acked = 0;
        tcp->cwnd += n * tcp->mss;
    }
}

static void cubic_on_ack(struct tcp_sock *tcp, uint32_t acked, instant now)
{
    struct cubic *cubic = state_of(tcp);

    if (tcp_in_flight(tcp) + acked < tcp->cwnd / 2) { /* RFC 9438 5.8: not what limits us */
        cubic->has_epoch = false;
        return;
    }
    if (tcp->cwnd < tcp->ssthresh) {
        slow_start(tcp, cubic, acked);
    } else {
        avoid_congestion(tcp, cubic, acked, now);
    }
}

/* RFC 9438 4.6, 4.7 */
static void reduce(struct tcp_sock *tcp, uint32_t flight)
{
    struct cubic *cubic = state_of(tcp);
    uint32_t least = 2u * tcp->mss;
    uint32_t reduced = (uint32_t)((uint64_t)flight * BETA_Q10 >> 10);

    cubic->w_max = tcp->cwnd < cubic->w_max
                       ? (uint32_t)((uint64_t)tcp->cwnd * FAST_CONVERGENCE_Q10 >> 10)
                       : tcp->cwnd;
    cubic->has_epoch = false;
    cubic->css = false;
    tcp->ssthresh = reduced > least ? reduced : least;
}

static void cubic_on_loss(struct tcp_sock *tcp, uint32_t flight, instant now)
{
    (void)now;
    reduce(tcp, flight);
}

static void cubic_on_timeout(struct tcp_sock *tcp, instant now)
{
    uint32_t flight = tcp_in_flight(tcp);

    (void)now;
    reduce(tcp, flight < tcp->cwnd ? flight : tcp->cwnd);
    tcp->cwnd = tcp->mss;
}

static void cubic_on_undo(struct tcp_sock *tcp)
{
    struct cubic *cubic = state_of(tcp);

    cubic->w_max = tcp->cwnd > cubic->w_max ? tcp->cwnd : cubic->w_max;
    cubic->has_epoch = false;
}

const struct tcp_congestion tcp_cubic = {
    .name = "cubic",
    .state_size = sizeof(struct cubic),
    .init = cubic_init,
    .initial_window = initial_window,
    .on_ack = cubic_on_ack,
    .on_loss = cubic_on_loss,
    .on_timeout = cubic_on_timeout,
    .on_undo = cubic_on_undo,
};

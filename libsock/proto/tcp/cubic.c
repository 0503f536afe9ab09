/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CUBIC (RFC 9438) in integers, with HyStart++ (RFC 9406). Time is in ticks of 1.024 ms, windows
 * in octets.
 */
#include "proto/tcp/initial_window.h"
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
#define MAX_WINDOW (1u << 30) /* octets, RFC 7323 2.3 */
#define MAX_TIME (1 << 16)    /* ticks from the plateau: the window is out of sight by then */

/* RFC 9406 4.3 */
#define N_RTT_SAMPLE 8
#define MIN_RTT_THRESH millis(4)
#define MAX_RTT_THRESH millis(16)
#define MIN_RTT_DIVISOR 8
#define CSS_GROWTH_DIVISOR 4
#define CSS_ROUNDS 5
#define L 8

/* From one reduction of the window to the next. */
struct epoch {
    uint32_t w_max;
    uint32_t cwnd_prior; /* when it was reduced */
    uint32_t w_est;      /* what Reno's window would be, RFC 9438 4.3 */
    uint32_t est_acked;  /* octets towards its next segment, times alpha */
    uint32_t earned;     /* octets towards cwnd's next segment */
    uint32_t k;          /* ticks from the start to the plateau */
    tick start;          /* once begun: the first ACK in congestion avoidance */
    bool begun;
};

struct cubic {
    struct epoch epoch;
    struct epoch before; /* the one that the last loss ended, RFC 9438 4.9 */

    uint32_t window_end; /* of the round */
    uint32_t last_round_min_rtt;
    uint32_t current_round_min_rtt;
    uint32_t css_baseline_min_rtt;
    uint8_t rtt_samples;
    uint8_t css_rounds;
    bool css; /* conservative slow start */
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

static void cubic_init(struct tcp_sock *tcp)
{
    struct cubic *cubic = state_of(tcp);

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
    cubic->epoch.begun = true;
    cubic->epoch.start = tick_floor(now);
    cubic->epoch.earned = 0;
    cubic->epoch.est_acked = 0;
    cubic->epoch.w_est = tcp->cwnd;
    if (cubic->epoch.w_max > tcp->cwnd) {
        cubic->epoch.k = plateau_after(cubic->epoch.w_max - tcp->cwnd, tcp->mss);
    } else {
        cubic->epoch.k = 0;
        cubic->epoch.w_max = tcp->cwnd;
    }
}

/* RFC 9438 4.2, W_cubic(t); 0 for less. */
static uint32_t w_cubic(const struct tcp_sock *tcp, const struct cubic *cubic, instant at)
{
    tick t = tick_since(cubic->epoch.start, at);
    bool rising = t >= cubic->epoch.k;
    uint64_t d = rising ? t - cubic->epoch.k : cubic->epoch.k - t;
    uint64_t octets;

    d = d < MAX_TIME ? d : MAX_TIME;
    octets = (d * d * d >> 10) * C_NUMERATOR * tcp->mss >> (C_SHIFT - 10);
    if (!rising) {
        return cubic->epoch.w_max > octets ? cubic->epoch.w_max - (uint32_t)octets : 0;
    }
    octets += cubic->epoch.w_max;
    return octets < MAX_WINDOW ? (uint32_t)octets : MAX_WINDOW;
}

/* RFC 9438 4.3 */
static void grow_estimate(const struct tcp_sock *tcp, struct cubic *cubic, uint32_t acked)
{
    uint32_t alpha = cubic->epoch.w_est < cubic->epoch.cwnd_prior ? ALPHA_AIMD_Q10 : 1024;

    cubic->epoch.est_acked += (uint32_t)((uint64_t)acked * alpha >> 10);
    if (cubic->epoch.est_acked >= tcp->cwnd) {
        cubic->epoch.est_acked -= tcp->cwnd;
        cubic->epoch.w_est += tcp->mss;
    }
}

/* part / whole, at most 1/2, in units of 2^-12. */
static uint32_t share_q12(uint32_t part, uint32_t whole)
{
    return whole < 1u << 20 ? (part << 12) / whole : part / (whole >> 12);
}

/* RFC 9438 4.4, 4.5: towards W_cubic one round trip from now, at most half as much again, by whole
 * segments. */
static void approach(struct tcp_sock *tcp, struct cubic *cubic, uint32_t acked, instant now)
{
    uint32_t target = w_cubic(tcp, cubic, now + tcp->rtt.srtt);
    uint32_t most = tcp->cwnd + tcp->cwnd / 2;
    uint32_t n;

    target = target < most ? target : most;
    if (target <= tcp->cwnd) {
        return;
    }
    cubic->epoch.earned +=
        (uint32_t)((uint64_t)acked * share_q12(target - tcp->cwnd, tcp->cwnd) >> 12);
    n = cubic->epoch.earned / tcp->mss;
    cubic->epoch.earned -= n * tcp->mss;
    tcp->cwnd += n * tcp->mss;
}

static void avoid_congestion(struct tcp_sock *tcp, struct cubic *cubic, uint32_t acked, instant now)
{
    if (!cubic->epoch.begun) {
        begin_epoch(tcp, cubic, now);
    }
    grow_estimate(tcp, cubic, acked);
    if (w_cubic(tcp, cubic, now) < cubic->epoch.w_est) { /* where Reno would have more */
        tcp->cwnd = tcp->cwnd > cubic->epoch.w_est ? tcp->cwnd : cubic->epoch.w_est;
    } else {
        approach(tcp, cubic, acked, now);
    }
}

static void cubic_on_ack(struct tcp_sock *tcp, uint32_t acked, instant now)
{
    struct cubic *cubic = state_of(tcp);

    if (tcp_in_flight(tcp) + acked < tcp->cwnd / 2) { /* RFC 9438 5.8: not what limits us */
        cubic->epoch.begun = false;
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

    cubic->before = cubic->epoch;
    cubic->epoch.cwnd_prior = tcp->cwnd;
    cubic->epoch.w_max = tcp->cwnd < cubic->epoch.w_max
                             ? (uint32_t)((uint64_t)tcp->cwnd * FAST_CONVERGENCE_Q10 >> 10)
                             : tcp->cwnd;
    cubic->epoch.begun = false;
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

    cubic->epoch = cubic->before;
}

const struct tcp_congestion tcp_cubic = {
    .name = "cubic",
    .state_size = sizeof(struct cubic),
    .init = cubic_init,
    .initial_window = initial_window_10,
    .on_ack = cubic_on_ack,
    .on_loss = cubic_on_loss,
    .on_timeout = cubic_on_timeout,
    .on_undo = cubic_on_undo,
};

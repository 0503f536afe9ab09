/* SPDX-License-Identifier: BSD-3-Clause */
/* BBR's states, and when one follows another (draft-ietf-ccwg-bbr-06 5.3): see bbr.h. */
#include "proto/tcp/bbr.h"

#define PROBE_RTT_DURATION millis(200)
#define MAX_RENO_ROUNDS 63        /* 5.3.3.8.1 */
#define MIN_PROBE_WAIT seconds(2) /* and up to a second more */
#define MAX_PROBE_UP_ROUNDS 15    /* a growth of 2^15 segments is no bound any more */

/* Flows that begin together need not probe together; nobody gains by a guess. */
static uint32_t draw(struct bbr *bbr, uint32_t n)
{
    bbr->seed = bbr->seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)bbr->seed * n >> 32);
}

/* ---- ProbeBW: 5.3.3 -------------------------------------------------------------------------- */

static void raise_inflight_longterm_slope(const struct tcp_sock *tcp)
{
    struct bbr *bbr = bbr_of(tcp);

    bbr->probe_up_growth = (uint32_t)tcp->mss << bbr->bw_probe_up_rounds;
    if (bbr->bw_probe_up_rounds < MAX_PROBE_UP_ROUNDS) {
        bbr->bw_probe_up_rounds++;
    }
}

void bbr_start_probe_bw_down(struct tcp_sock *tcp, instant now)
{
    struct bbr *bbr = bbr_of(tcp);

    bbr_reset_congestion_signals(bbr);
    bbr->rounds_since_bw_probe = draw(bbr, 2);
    bbr->bw_probe_wait = tick_floor(MIN_PROBE_WAIT + draw(bbr, seconds(1)));
    bbr->cycle_stamp = tick_floor(now);
    bbr->ack_phase = BBR_ACKS_PROBE_STOPPING;
    bbr_start_round(bbr);
    bbr->state = BBR_PROBE_BW_DOWN;
}

static void start_probe_bw_refill(struct bbr *bbr)
{
    bbr_reset_shortterm_model(bbr);
    bbr->bw_probe_up_rounds = 0;
    bbr->ack_phase = BBR_ACKS_REFILLING;
    bbr_start_round(bbr);
    bbr->state = BBR_PROBE_BW_REFILL;
}

void bbr_start_probe_bw_up(struct tcp_sock *tcp, instant now)
{
    struct bbr *bbr = bbr_of(tcp);

    bbr->ack_phase = BBR_ACKS_PROBE_STARTING;
    bbr_start_round(bbr);
    bbr_reset_full_bw(bbr);
    bbr->full_bw = bbr->rs.rate;
    bbr->cycle_stamp = tick_floor(now);
    bbr->state = BBR_PROBE_BW_UP;
    raise_inflight_longterm_slope(tcp);
}

/* As often as Reno would have grown by as much. */
static bool is_reno_coexistence_probe_time(const struct tcp_sock *tcp)
{
    uint32_t rounds = bbr_min(bbr_target_inflight(tcp) / tcp->mss, MAX_RENO_ROUNDS);

    return bbr_of(tcp)->rounds_since_bw_probe >= rounds;
}

static bool is_time_to_probe_bw(const struct tcp_sock *tcp, instant now)
{
    const struct bbr *bbr = bbr_of(tcp);

    return tick_since(bbr->cycle_stamp, now) > bbr->bw_probe_wait ||
           is_reno_coexistence_probe_time(tcp);
}

static bool is_time_to_cruise(const struct tcp_sock *tcp)
{
    return bbr_of(tcp)->in_flight <= bbr_inflight_with_headroom(tcp) &&
           bbr_of(tcp)->in_flight <= bbr_full_pipe(tcp);
}

static bool is_time_to_go_down(struct tcp_sock *tcp)
{
    struct bbr *bbr = bbr_of(tcp);

    if (bbr->cwnd_limited && tcp->cwnd >= bbr->inflight_longterm) {
        bbr_reset_full_bw(bbr);
        bbr->full_bw = bbr->rs.rate;
        return false;
    }
    return bbr->full_bw_now;
}

static void probe_inflight_longterm_upward(struct tcp_sock *tcp)
{
    struct bbr *bbr = bbr_of(tcp);
    uint64_t growth;

    if (!bbr->cwnd_limited || tcp->cwnd < bbr->inflight_longterm) {
        return;
    }
    growth = (uint64_t)bbr->rs.acked * bbr_min(bbr->probe_up_growth, tcp->cwnd) / tcp->cwnd;
    bbr->inflight_longterm = bbr_sum(bbr->inflight_longterm, (uint32_t)growth);
    if (bbr->round_start) {
        raise_inflight_longterm_slope(tcp);
    }
}

static void adapt_longterm_model(struct tcp_sock *tcp)
{
    struct bbr *bbr = bbr_of(tcp);

    if (bbr->round_start && bbr->ack_phase == BBR_ACKS_PROBE_STARTING) {
        bbr->ack_phase = BBR_ACKS_PROBE_FEEDBACK;
    } else if (bbr->round_start && bbr->ack_phase == BBR_ACKS_PROBE_STOPPING) {
        bbr->bw_probe_samples = false;
        bbr->ack_phase = BBR_ACKS_INIT;
        if (bbr_in_probe_bw(bbr) && !bbr->rs.is_app_limited) {
            bbr_advance_max_bw_filter(bbr);
        }
    }
    if (bbr->inflight_longterm == BBR_INFINITE ||
        bbr_is_inflight_too_high(bbr->rs.lost, bbr->rs.tx_in_flight)) {
        return;
    }
    bbr->inflight_longterm = bbr_max(bbr->inflight_longterm, bbr->rs.tx_in_flight);
    if (bbr->state == BBR_PROBE_BW_UP) {
        probe_inflight_longterm_upward(tcp);
    }
}

static void update_probe_bw_cycle_phase(struct tcp_sock *tcp, instant now)
{
    struct bbr *bbr = bbr_of(tcp);

    if (!bbr->full_bw_reached) {
        return;
    }
    adapt_longterm_model(tcp);
    switch (bbr->state) {
    case BBR_PROBE_BW_DOWN:
    case BBR_PROBE_BW_CRUISE:
        if (is_time_to_probe_bw(tcp, now)) {
            start_probe_bw_refill(bbr);
        } else if (is_time_to_cruise(tcp)) {
            bbr->state = BBR_PROBE_BW_CRUISE;
        }
        break;
    case BBR_PROBE_BW_REFILL:
        if (bbr->round_start) {
            bbr->bw_probe_samples = true;
            bbr_start_probe_bw_up(tcp, now);
        }
        break;
    case BBR_PROBE_BW_UP:
        if (is_time_to_go_down(tcp)) {
            bbr_start_probe_bw_down(tcp, now);
        }
        break;
    default:
        break;
    }
}

/* ---- Startup, Drain: 5.3.1, 5.3.2 ------------------------------------------------------------ */

static void check_startup_and_drain(struct tcp_sock *tcp, instant now)
{
    struct bbr *bbr = bbr_of(tcp);

    if (bbr->state == BBR_STARTUP && bbr->full_bw_reached) {
        bbr->state = BBR_DRAIN;
    }
    if (bbr->state == BBR_DRAIN && bbr->in_flight <= bbr_full_pipe(tcp)) {
        bbr_start_probe_bw_down(tcp, now);
    }
}

/* ---- ProbeRTT: 5.3.4 ------------------------------------------------------------------------- */

static void enter_probe_rtt(struct tcp_sock *tcp)
{
    struct bbr *bbr = bbr_of(tcp);

    bbr->prior_cwnd = tcp->cwnd;
    bbr->probe_rtt_done_set = false;
    bbr->ack_phase = BBR_ACKS_PROBE_STOPPING;
    bbr_start_round(bbr);
    bbr->state = BBR_PROBE_RTT;
}

void bbr_check_probe_rtt_done(struct tcp_sock *tcp, instant now)
{
    struct bbr *bbr = bbr_of(tcp);

    if (!bbr->probe_rtt_done_set ||
        !tick_due_within(bbr->probe_rtt_done_stamp, PROBE_RTT_DURATION, now)) {
        return;
    }
    bbr->probe_rtt_min_stamp = tick_floor(now);
    tcp->cwnd = bbr_max(tcp->cwnd, bbr->prior_cwnd);
    bbr_reset_shortterm_model(bbr);
    if (bbr->full_bw_reached) {
        bbr_start_probe_bw_down(tcp, now);
        bbr->state = BBR_PROBE_BW_CRUISE;
    } else {
        bbr->state = BBR_STARTUP;
    }
}

static void handle_probe_rtt(struct tcp_sock *tcp, instant now)
{
    struct bbr *bbr = bbr_of(tcp);

    delivery_app_limited(&bbr->c, bbr->in_flight);
    if (!bbr->probe_rtt_done_set) {
        if (bbr->in_flight <= bbr_probe_rtt_cwnd(tcp)) {
            bbr->probe_rtt_done_set = true;
            bbr->probe_rtt_done_stamp = tick_ceil(now + PROBE_RTT_DURATION);
            bbr->probe_rtt_round_done = false;
            bbr_start_round(bbr);
        }
        return;
    }
    bbr->probe_rtt_round_done = bbr->probe_rtt_round_done || bbr->round_start;
    if (bbr->probe_rtt_round_done) {
        bbr_check_probe_rtt_done(tcp, now);
    }
}

static void check_probe_rtt(struct tcp_sock *tcp, instant now)
{
    struct bbr *bbr = bbr_of(tcp);

    if (bbr->state != BBR_PROBE_RTT && bbr->probe_rtt_expired && !bbr->idle_restart) {
        enter_probe_rtt(tcp);
    }
    if (bbr->state == BBR_PROBE_RTT) {
        handle_probe_rtt(tcp, now);
    }
    if (bbr->rs.delivered > 0) {
        bbr->idle_restart = false;
    }
}

void bbr_update_state(struct tcp_sock *tcp, instant now)
{
    check_startup_and_drain(tcp, now);
    update_probe_bw_cycle_phase(tcp, now);
    check_probe_rtt(tcp, now);
}

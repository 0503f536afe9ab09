/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BBR version 3 (draft-ietf-ccwg-bbr-06): congestion control by a model of the path, of how much it
 * delivers in a second and how long it is, and not by losses alone. Names in lower case are the
 * draft's. Rates are octets per second, at most 2^32 - 1 (34 Gbit/s); times microseconds, or ticks.
 *
 *   delivery.h   samples of the delivery rate    bbr_model.c    what they say of the path
 *   bbr.c        pacing and cwnd; the table      bbr_states.c   what BBR does about it, and when
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/tick.h"
#include "proto/tcp/delivery.h"
#include "proto/tcp/tcp.h"

#define BBR_INFINITE UINT32_MAX

#define BBR_BETA_NUMERATOR 7 /* Beta = 0.7 */
#define BBR_BETA_DENOMINATOR 10
#define BBR_MIN_PIPE_CWND 4 /* MinPipeCwnd, segments */

enum bbr_state {
    BBR_STARTUP,
    BBR_DRAIN,
    BBR_PROBE_BW_DOWN,
    BBR_PROBE_BW_CRUISE,
    BBR_PROBE_BW_REFILL,
    BBR_PROBE_BW_UP,
    BBR_PROBE_RTT,
};

enum bbr_ack_phase {
    BBR_ACKS_INIT,
    BBR_ACKS_REFILLING,
    BBR_ACKS_PROBE_STARTING,
    BBR_ACKS_PROBE_FEEDBACK,
    BBR_ACKS_PROBE_STOPPING,
};

/* What a loss that turns out to be none takes back (5.5.11). */
struct bbr_undo {
    uint32_t bw_shortterm;
    uint32_t inflight_shortterm;
    uint32_t inflight_longterm;
    uint8_t state;
};

struct bbr {
    struct delivery c;
    struct delivery_sample rs;
    struct bbr_undo undo;

    /* 2.9: what limits the data rate. */
    uint32_t max_bw_filter[2]; /* MaxBwFilter: of this cycle of ProbeBW, and of the last */
    uint32_t bw_shortterm;
    uint32_t bw_latest;

    /* 2.10: what limits the volume in flight. */
    uint32_t min_rtt; /* microseconds; BBR_INFINITE: none yet */
    uint32_t inflight_longterm;
    uint32_t inflight_shortterm;
    uint32_t inflight_latest;
    uint32_t extra_acked_filter[2]; /* of this window of rounds, and of the last */
    uint32_t extra_acked_delivered;
    uint32_t extra_acked_interval_start; /* microseconds */

    /* Rounds. */
    uint32_t next_round_delivered;
    uint32_t loss_round_delivered;
    uint32_t round_count;
    uint32_t extra_acked_round; /* when the window of the filter began */
    uint32_t rounds_since_bw_probe;

    uint32_t full_bw; /* of Startup and ProbeBW_UP, until it grows no more */

    /* ProbeBW. */
    uint32_t bw_probe_wait;   /* ticks */
    uint32_t probe_up_growth; /* octets that inflight_longterm grows for each cwnd that arrives */
    tick cycle_stamp;

    /* ProbeRTT. */
    uint32_t probe_rtt_min_delay; /* microseconds */
    tick probe_rtt_min_stamp;
    tick min_rtt_stamp;
    tick probe_rtt_done_stamp;
    uint32_t prior_cwnd;

    /* Control. */
    uint32_t in_flight; /* as it was told last */
    uint32_t pacing_rate;
    uint32_t next_departure; /* microseconds */
    uint32_t seed;           /* of what is drawn at random */

    uint8_t state;     /* enum bbr_state */
    uint8_t ack_phase; /* enum bbr_ack_phase */
    uint8_t full_bw_count;
    uint8_t bw_probe_up_rounds;
    uint8_t loss_events; /* acknowledgments of the round that told of losses */
    bool round_start;
    bool loss_round_start;
    bool loss_in_round;
    bool full_bw_reached;
    bool full_bw_now;
    bool bw_probe_samples;
    bool idle_restart;
    bool probe_rtt_expired;
    bool probe_rtt_done_set;
    bool probe_rtt_round_done;
    bool cwnd_limited; /* cwnd was full when the acknowledgment came */
};

static inline struct bbr *bbr_of(const struct tcp_sock *tcp)
{
    return tcp_congestion_state(tcp);
}

static inline uint32_t bbr_max(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static inline uint32_t bbr_min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline uint32_t bbr_sum(uint32_t a, uint32_t b)
{
    return a < BBR_INFINITE - b ? a + b : BBR_INFINITE;
}

static inline uint32_t bbr_min_pipe_cwnd(const struct tcp_sock *tcp)
{
    return BBR_MIN_PIPE_CWND * (uint32_t)tcp->mss;
}

static inline bool bbr_in_probe_bw(const struct bbr *bbr)
{
    return bbr->state >= BBR_PROBE_BW_DOWN && bbr->state <= BBR_PROBE_BW_UP;
}

/* bbr.c */

/** BBRInflight for a gain of 1: what fills the path, and what end systems hold back. */
uint32_t bbr_full_pipe(const struct tcp_sock *tcp);
/** BBRProbeRTTCwnd: what lets its queue drain. */
uint32_t bbr_probe_rtt_cwnd(const struct tcp_sock *tcp);
/** Whether the sample of the round trip is longer than `min_rtt` by no more than what leaves
 * together makes it, and a sixteenth. False: there is none. */
bool bbr_is_queue_own(const struct tcp_sock *tcp, uint32_t min_rtt);

/* bbr_states.c */

/** bbr->rs and the model are up to date. */
void bbr_update_state(struct tcp_sock *tcp, instant now);
void bbr_start_probe_bw_down(struct tcp_sock *tcp, instant now);
void bbr_start_probe_bw_up(struct tcp_sock *tcp, instant now);
void bbr_check_probe_rtt_done(struct tcp_sock *tcp, instant now);

/* bbr_model.c */

void bbr_model_init(struct bbr *bbr, instant now);
/** What the path delivers, as far as losses of late allow. */
uint32_t bbr_bw(const struct bbr *bbr);
uint32_t bbr_extra_acked(const struct bbr *bbr);
/** bw * min_rtt; the initial window while there is no round trip. */
uint32_t bbr_bdp(const struct tcp_sock *tcp, uint32_t bw);
uint32_t bbr_max_bw(const struct bbr *bbr);
/** The BDP, or cwnd where that is less: what a probe has in flight. */
uint32_t bbr_target_inflight(const struct tcp_sock *tcp);
/** Less than inflight_longterm, so that others have room. */
uint32_t bbr_inflight_with_headroom(const struct tcp_sock *tcp);
/** 0.7 n */
uint32_t bbr_beta(uint32_t n);

void bbr_start_round(struct bbr *bbr);
void bbr_advance_max_bw_filter(struct bbr *bbr);
void bbr_reset_congestion_signals(struct bbr *bbr);
void bbr_reset_shortterm_model(struct bbr *bbr);
void bbr_reset_full_bw(struct bbr *bbr);

/** bbr->rs is new: what it says of the path. */
void bbr_update_model(struct tcp_sock *tcp, instant now);
/** After all that looked at the signals of the round. */
void bbr_advance_latest_signals(struct bbr *bbr);
/** Something was lost. */
void bbr_note_loss(struct bbr *bbr);
/** Whether `lost` octets are more than LossThresh of `tx_in_flight`. */
bool bbr_is_inflight_too_high(uint32_t lost, uint32_t tx_in_flight);
/** How many octets were in flight when losses came to LossThresh, in a packet of `len`. */
uint32_t bbr_inflight_at_loss(uint32_t lost, uint32_t tx_in_flight, uint32_t len);

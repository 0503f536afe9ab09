/* SPDX-License-Identifier: BSD-3-Clause */
/* What BBR knows of the path (draft-ietf-ccwg-bbr-06 5.5): see bbr.h. */
#include "proto/tcp/bbr.h"

#include "proto/tcp/initial_window.h"
#include "proto/tcp/seq.h"

#define US_PER_S 1000000
#define LOSS_THRESH_DIVISOR 50          /* LossThresh = 2 % */
#define HEADROOM_NUMERATOR 15           /* Headroom = 0.15 */
#define HEADROOM_DENOMINATOR 100        /* of inflight_longterm */
#define FULL_BW_COUNT 3                 /* rounds without growth, 5.3.1.2 */
#define FULL_BW_GROWTH 4                /* of a quarter */
#define STARTUP_FULL_LOSS_COUNT 6       /* BBRStartupFullLossCnt, 5.3.1.3 */
#define EXTRA_ACKED_FILTER_ROUNDS 5     /* half of BBRExtraAckedFilterLen, 5.5.9 */
#define MIN_RTT_FILTER_TIME seconds(10) /* MinRTTFilterLen */
#define PROBE_RTT_INTERVAL seconds(5)   /* ProbeRTTInterval */

uint32_t bbr_beta(uint32_t n)
{
    return (uint32_t)((uint64_t)n * BBR_BETA_NUMERATOR / BBR_BETA_DENOMINATOR);
}

void bbr_model_init(struct bbr *bbr, instant now)
{
    bbr->min_rtt = BBR_INFINITE;
    bbr->probe_rtt_min_delay = BBR_INFINITE;
    bbr->probe_rtt_min_stamp = bbr->min_rtt_stamp = tick_floor(now);
    bbr->inflight_longterm = BBR_INFINITE;
    bbr->extra_acked_interval_start = (uint32_t)now;
    bbr_reset_shortterm_model(bbr);
}

uint32_t bbr_max_bw(const struct bbr *bbr)
{
    return bbr_max(bbr->max_bw_filter[0], bbr->max_bw_filter[1]);
}

uint32_t bbr_bw(const struct bbr *bbr)
{
    return bbr_min(bbr_max_bw(bbr), bbr->bw_shortterm);
}

uint32_t bbr_extra_acked(const struct bbr *bbr)
{
    return bbr_max(bbr->extra_acked_filter[0], bbr->extra_acked_filter[1]);
}

static uint32_t octets_in(uint32_t bw, uint32_t us)
{
    uint64_t octets = (uint64_t)bw * us / US_PER_S;

    return octets < BBR_INFINITE ? (uint32_t)octets : BBR_INFINITE;
}

uint32_t bbr_bdp(const struct tcp_sock *tcp, uint32_t bw)
{
    const struct bbr *bbr = bbr_of(tcp);

    return bbr->min_rtt == BBR_INFINITE ? initial_window_10(tcp->mss) : octets_in(bw, bbr->min_rtt);
}

uint32_t bbr_target_inflight(const struct tcp_sock *tcp)
{
    return bbr_min(bbr_bdp(tcp, bbr_bw(bbr_of(tcp))), tcp->cwnd);
}

uint32_t bbr_inflight_with_headroom(const struct tcp_sock *tcp)
{
    uint32_t longterm = bbr_of(tcp)->inflight_longterm;
    uint32_t least = BBR_MIN_PIPE_CWND * (uint32_t)tcp->mss;
    uint32_t headroom = (uint32_t)((uint64_t)longterm * HEADROOM_NUMERATOR / HEADROOM_DENOMINATOR);

    if (longterm == BBR_INFINITE) {
        return BBR_INFINITE;
    }
    headroom = bbr_max(headroom, tcp->mss);
    return longterm > headroom ? bbr_max(longterm - headroom, least) : least;
}

/* ---- Rounds: 5.5.1 --------------------------------------------------------------------------- */

void bbr_start_round(struct bbr *bbr)
{
    bbr->next_round_delivered = bbr->c.delivered;
}

static void update_round(struct bbr *bbr)
{
    bbr->round_start =
        bbr->rs.acked > 0 && !seq_before(bbr->rs.prior_delivered, bbr->next_round_delivered);
    if (bbr->round_start) {
        bbr_start_round(bbr);
        bbr->round_count++;
        bbr->rounds_since_bw_probe++;
    }
}

/* ---- Signals: 5.5.5, 5.5.10 ------------------------------------------------------------------ */

static void update_latest_signals(struct bbr *bbr)
{
    bbr->loss_round_start = false;
    bbr->bw_latest = bbr_max(bbr->bw_latest, bbr->rs.rate);
    bbr->inflight_latest = bbr_max(bbr->inflight_latest, bbr->rs.delivered);
    if (bbr->rs.acked > 0 && !seq_before(bbr->rs.prior_delivered, bbr->loss_round_delivered)) {
        bbr->loss_round_delivered = bbr->c.delivered;
        bbr->loss_round_start = true;
    }
}

void bbr_advance_latest_signals(struct bbr *bbr)
{
    if (bbr->loss_round_start) {
        bbr->bw_latest = bbr->rs.rate;
        bbr->inflight_latest = bbr->rs.delivered;
        bbr->loss_events = 0;
    }
}

void bbr_reset_congestion_signals(struct bbr *bbr)
{
    bbr->loss_in_round = false;
    bbr->bw_latest = 0;
    bbr->inflight_latest = 0;
}

void bbr_reset_shortterm_model(struct bbr *bbr)
{
    bbr->bw_shortterm = BBR_INFINITE;
    bbr->inflight_shortterm = BBR_INFINITE;
}

void bbr_note_loss(struct bbr *bbr)
{
    if (!bbr->loss_in_round) {
        bbr->loss_round_delivered = bbr->c.delivered;
    }
    bbr->loss_in_round = true;
}

bool bbr_is_inflight_too_high(uint32_t lost, uint32_t tx_in_flight)
{
    return lost > tx_in_flight / LOSS_THRESH_DIVISOR;
}

/* 5.5.10.3: the prefix of the packet with which the losses are exactly LossThresh. */
uint32_t bbr_inflight_at_loss(uint32_t lost, uint32_t tx_in_flight, uint32_t len)
{
    uint32_t inflight_prev = tx_in_flight > len ? tx_in_flight - len : 0;
    uint32_t lost_prev = lost > len ? lost - len : 0;
    uint32_t allowed = inflight_prev / LOSS_THRESH_DIVISOR;

    if (allowed <= lost_prev) {
        return inflight_prev;
    }
    return inflight_prev + (allowed - lost_prev) / (LOSS_THRESH_DIVISOR - 1) * LOSS_THRESH_DIVISOR;
}

static bool is_probing_bw(const struct bbr *bbr)
{
    return bbr->state == BBR_STARTUP || bbr->state == BBR_PROBE_BW_REFILL ||
           bbr->state == BBR_PROBE_BW_UP;
}

/* After a round in which something was lost: as much as arrived, and at most so much less. */
static void adapt_lower_bounds(struct tcp_sock *tcp)
{
    struct bbr *bbr = bbr_of(tcp);

    if (is_probing_bw(bbr) || !bbr->loss_in_round) {
        return;
    }
    if (bbr->bw_shortterm == BBR_INFINITE) {
        bbr->bw_shortterm = bbr_max_bw(bbr);
    }
    if (bbr->inflight_shortterm == BBR_INFINITE) {
        bbr->inflight_shortterm = tcp->cwnd;
    }
    bbr->bw_shortterm = bbr_max(bbr->bw_latest, bbr_beta(bbr->bw_shortterm));
    bbr->inflight_shortterm = bbr_max(bbr->inflight_latest, bbr_beta(bbr->inflight_shortterm));
}

void bbr_advance_max_bw_filter(struct bbr *bbr)
{
    bbr->max_bw_filter[1] = bbr->max_bw_filter[0];
    bbr->max_bw_filter[0] = 0;
}

static void update_max_bw(struct bbr *bbr)
{
    if (bbr->rs.rate >= bbr_max_bw(bbr) || !bbr->rs.is_app_limited) {
        bbr->max_bw_filter[0] = bbr_max(bbr->max_bw_filter[0], bbr->rs.rate);
    }
}

static void update_congestion_signals(struct tcp_sock *tcp)
{
    struct bbr *bbr = bbr_of(tcp);

    update_max_bw(bbr);
    if (bbr->rs.losses > 0) {
        bbr->loss_in_round = true;
        if (bbr->loss_events < STARTUP_FULL_LOSS_COUNT) {
            bbr->loss_events++;
        }
    }
    if (bbr->loss_round_start) {
        adapt_lower_bounds(tcp);
        bbr->loss_in_round = false;
    }
}

/* ---- Aggregation: 5.5.9 ---------------------------------------------------------------------- */

static void age_extra_acked(struct bbr *bbr)
{
    uint32_t window = bbr->full_bw_reached ? EXTRA_ACKED_FILTER_ROUNDS : 1;

    if (bbr->round_count - bbr->extra_acked_round >= window) {
        bbr->extra_acked_round = bbr->round_count;
        bbr->extra_acked_filter[1] = bbr->extra_acked_filter[0];
        bbr->extra_acked_filter[0] = 0;
    }
}

/* How much more arrived than the bandwidth says: acknowledgments that come in bunches. */
static void update_ack_aggregation(struct tcp_sock *tcp, instant now)
{
    struct bbr *bbr = bbr_of(tcp);
    uint32_t expected = octets_in(bbr_bw(bbr), (uint32_t)now - bbr->extra_acked_interval_start);
    uint32_t extra;

    age_extra_acked(bbr);
    if (bbr->extra_acked_delivered <= expected) {
        bbr->extra_acked_delivered = 0;
        bbr->extra_acked_interval_start = (uint32_t)now;
        expected = 0;
    }
    bbr->extra_acked_delivered += bbr->rs.acked;
    extra = bbr->extra_acked_delivered > expected ? bbr->extra_acked_delivered - expected : 0;
    bbr->extra_acked_filter[0] = bbr_max(bbr->extra_acked_filter[0], bbr_min(extra, tcp->cwnd));
}

/* ---- A full pipe: 5.3.1.2, 5.3.1.3 ----------------------------------------------------------- */

void bbr_reset_full_bw(struct bbr *bbr)
{
    bbr->full_bw = 0;
    bbr->full_bw_count = 0;
    bbr->full_bw_now = false;
}

static void check_full_bw_reached(struct bbr *bbr)
{
    if (bbr->full_bw_now || bbr->rs.is_app_limited) {
        return;
    }
    if (bbr->rs.rate >= (uint64_t)bbr->full_bw + bbr->full_bw / FULL_BW_GROWTH) {
        uint32_t rate = bbr->rs.rate;

        bbr_reset_full_bw(bbr);
        bbr->full_bw = rate;
        return;
    }
    if (bbr->round_start) {
        bbr->full_bw_now = ++bbr->full_bw_count >= FULL_BW_COUNT;
        bbr->full_bw_reached = bbr->full_bw_reached || bbr->full_bw_now;
    }
}

static void check_startup_high_loss(struct tcp_sock *tcp)
{
    struct bbr *bbr = bbr_of(tcp);

    if (bbr->full_bw_reached || !bbr->loss_round_start || !tcp->recovery->is_recovering(tcp) ||
        bbr->loss_events < STARTUP_FULL_LOSS_COUNT ||
        !bbr_is_inflight_too_high(bbr->rs.lost, bbr->rs.tx_in_flight)) {
        return;
    }
    bbr->full_bw_reached = true;
    bbr->inflight_longterm = bbr_max(bbr_bdp(tcp, bbr_max_bw(bbr)), bbr->inflight_latest);
}

/* ---- The round trip: 5.5.7, 5.3.4.3 ---------------------------------------------------------- */

/*
 * A declared choice: a sample that is as short as the shortest, but for the queue that the flow
 * itself makes, says that there is no other. ProbeRTT could not find out more, and takes 2 %. (In
 * the draft's first version, draft-cardwell-iccrg-bbr-congestion-control-00, one that is as short
 * did so; now only a shorter one does.) The estimate stays: it does not creep up.
 */
static void update_min_rtt(struct tcp_sock *tcp, instant now)
{
    struct bbr *bbr = bbr_of(tcp);
    bool min_rtt_expired = tick_since(bbr->min_rtt_stamp, now) > tick_ceil(MIN_RTT_FILTER_TIME);

    bbr->probe_rtt_expired =
        tick_since(bbr->probe_rtt_min_stamp, now) > tick_ceil(PROBE_RTT_INTERVAL);
    if (bbr->rs.rtt > 0 && (bbr->rs.rtt < bbr->probe_rtt_min_delay || bbr->probe_rtt_expired)) {
        bbr->probe_rtt_min_delay = bbr->rs.rtt;
        bbr->probe_rtt_min_stamp = tick_floor(now);
    } else if (bbr_is_queue_own(tcp, bbr->probe_rtt_min_delay)) {
        bbr->probe_rtt_min_stamp = tick_floor(now);
    }
    if (bbr->probe_rtt_min_delay < bbr->min_rtt || min_rtt_expired) {
        bbr->min_rtt = bbr->probe_rtt_min_delay;
        bbr->min_rtt_stamp = bbr->probe_rtt_min_stamp;
    }
}

void bbr_update_model(struct tcp_sock *tcp, instant now)
{
    struct bbr *bbr = bbr_of(tcp);

    update_round(bbr);
    update_latest_signals(bbr);
    update_congestion_signals(tcp);
    update_ack_aggregation(tcp, now);
    check_full_bw_reached(bbr);
    check_startup_high_loss(tcp);
    update_min_rtt(tcp, now);
}

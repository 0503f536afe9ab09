/* SPDX-License-Identifier: BSD-3-Clause */
/* BBR's pacing and cwnd (draft-ietf-ccwg-bbr-06 5.6), and the table that a profile names: see
 * bbr.h. */
#include "proto/tcp/bbr.h"

#include "proto/tcp/initial_window.h"

#include <string.h>

#define US_PER_S 1000000
#define PACING_MARGIN_PERCENT 1
#define LATE (2u << TICK_SHIFT) /* microseconds that timers make a departure late, at most */
#define MAX_WAIT (2u * seconds(1))
#define OWN_QUEUE_DIVISOR 16 /* of min_rtt */

/* Gains, in percent. */
struct gains {
    uint16_t pacing;
    uint16_t cwnd;
};

static const struct gains gains[] = {
    [BBR_STARTUP] = { 277, 200 },         [BBR_DRAIN] = { 50, 200 },
    [BBR_PROBE_BW_DOWN] = { 90, 200 },    [BBR_PROBE_BW_CRUISE] = { 100, 200 },
    [BBR_PROBE_BW_REFILL] = { 100, 200 }, [BBR_PROBE_BW_UP] = { 125, 225 },
    [BBR_PROBE_RTT] = { 100, 50 },
};

static uint32_t percent(uint32_t n, uint32_t of)
{
    uint64_t result = (uint64_t)n * of / 100;

    return result < BBR_INFINITE ? (uint32_t)result : BBR_INFINITE;
}

/* ---- Pacing: 5.6.2 --------------------------------------------------------------------------- */

/* Octets that may leave together. */
static uint32_t send_quantum(const struct tcp_sock *tcp)
{
    uint32_t rate = bbr_of(tcp)->pacing_rate;

    if (rate < 1200000 / 8) {
        return tcp->mss;
    }
    return bbr_max(2u * tcp->mss, bbr_min(rate / 1000, 65536));
}

/* What leaves together waits for itself: that much of a queue says nothing of the path. */
bool bbr_is_queue_own(const struct tcp_sock *tcp, uint32_t min_rtt)
{
    const struct bbr *bbr = bbr_of(tcp);
    uint64_t own = (uint64_t)send_quantum(tcp) * US_PER_S / bbr_max(bbr_bw(bbr), 1);
    uint32_t most = min_rtt / OWN_QUEUE_DIVISOR;

    own = own < most ? own : most;
    return bbr->rs.rtt > 0 && bbr->rs.rtt <= min_rtt + own;
}

/*
 * A declared choice: a flow that cruises and sees no queue but its own has no margin. The margin is
 * there to drain a queue; where there is none it leaves the path idle. With one it is what the
 * draft always has, so that the queue does not grow with an estimate that is a little high.
 */
static uint32_t pacing_margin(const struct tcp_sock *tcp)
{
    const struct bbr *bbr = bbr_of(tcp);
    bool has_room = bbr->state == BBR_PROBE_BW_CRUISE && bbr_is_queue_own(tcp, bbr->min_rtt);

    return has_room ? 0 : PACING_MARGIN_PERCENT;
}

static void set_pacing_rate(struct tcp_sock *tcp, uint32_t gain)
{
    struct bbr *bbr = bbr_of(tcp);
    uint32_t rate = percent(percent(bbr_bw(bbr), gain), 100 - pacing_margin(tcp));

    if (rate > 0 && (bbr->full_bw_reached || rate > bbr->pacing_rate)) {
        bbr->pacing_rate = rate;
    }
}

/* Startup's, when `window` arrives in `rtt` microseconds. */
static uint32_t startup_rate(uint32_t window, uint32_t rtt)
{
    uint64_t rate = (uint64_t)window * US_PER_S / rtt;

    rate = rate < BBR_INFINITE ? rate : BBR_INFINITE;
    return percent((uint32_t)rate, gains[BBR_STARTUP].pacing);
}

/* Until a delivery rate is known: the initial window in a round trip, or in a millisecond. */
static void init_pacing_rate(struct tcp_sock *tcp)
{
    uint32_t rtt = tcp->rtt.srtt > 0 ? tcp->rtt.srtt : (uint32_t)millis(1);

    bbr_of(tcp)->pacing_rate = startup_rate(tcp->cwnd, rtt);
}

/*
 * A declared choice: Startup's window, which is twice what arrives in a round trip, tells the rate,
 * too. A delivery rate is known a round later, and is low where what was sent left in a part of a
 * round trip only; at 2.77 times that the window takes longer than a round trip to double.
 */
static void follow_window(struct tcp_sock *tcp)
{
    struct bbr *bbr = bbr_of(tcp);
    uint32_t window = (uint32_t)((uint64_t)tcp->cwnd * 100 / gains[BBR_STARTUP].cwnd);

    if (bbr->state == BBR_STARTUP && bbr->min_rtt != BBR_INFINITE) {
        bbr->pacing_rate = bbr_max(bbr->pacing_rate, startup_rate(window, bbr->min_rtt));
    }
}

/* Microseconds that `len` octets take. */
static uint32_t pacing_delay(const struct bbr *bbr, uint32_t len)
{
    uint64_t delay = (uint64_t)len * US_PER_S / bbr_max(bbr->pacing_rate, 1);

    return (uint32_t)(delay < seconds(1) ? delay : (uint64_t)seconds(1));
}

/* The next departure is a little before now, or not far behind it; any other was of before a pause,
 * in which the clock may have gone round. */
static bool is_next(const struct bbr *bbr, uint32_t early, uint32_t now)
{
    return bbr->next_departure - (now - early) <= early + MAX_WAIT;
}

/*
 * A declared choice: until something is lost an initial window may leave at once in Startup, the
 * first and what follows a wait. 5.6.3 leaves the quantum to who sends; RFC 9002 7.7 allows as
 * much, and Linux does not pace the first ten segments. A queue that is too short for it tells so.
 */
static uint32_t burst_time(const struct tcp_sock *tcp)
{
    const struct bbr *bbr = bbr_of(tcp);
    bool allowed = !bbr->full_bw_reached && bbr->c.lost == 0;

    return allowed ? pacing_delay(bbr, initial_window_10(tcp->mss)) : 0;
}

static void depart(struct tcp_sock *tcp, uint32_t len, uint32_t now)
{
    struct bbr *bbr = bbr_of(tcp);
    uint32_t burst = burst_time(tcp);

    if (bbr->in_flight <= len || !is_next(bbr, bbr_max(LATE, burst), now)) {
        bbr->next_departure = now - burst; /* it was not late: there was nothing */
    }
    bbr->next_departure += pacing_delay(bbr, len);
}

static duration bbr_send_in(const struct tcp_sock *tcp, instant now)
{
    const struct bbr *bbr = bbr_of(tcp);
    uint32_t wait = bbr->next_departure - (uint32_t)now;

    return bbr->in_flight > 0 && wait <= MAX_WAIT ? wait : 0;
}

/* ---- The window: 5.6.4 ----------------------------------------------------------------------- */

static uint32_t quantization_budget(const struct tcp_sock *tcp, uint32_t inflight)
{
    inflight = bbr_max(inflight, 3 * send_quantum(tcp));
    inflight = bbr_max(inflight, bbr_min_pipe_cwnd(tcp));
    return bbr_of(tcp)->state == BBR_PROBE_BW_UP ? bbr_sum(inflight, 2u * tcp->mss) : inflight;
}

uint32_t bbr_full_pipe(const struct tcp_sock *tcp)
{
    return quantization_budget(tcp, bbr_bdp(tcp, bbr_bw(bbr_of(tcp))));
}

/*
 * A declared choice: in a round in which Startup loses, it has no room for bunches, as on Linux in
 * all of Startup. Where the queue holds a BDP and no more, that room is what does not fit, and what
 * is sent again would be lost again.
 */
static bool overflows(const struct bbr *bbr)
{
    return !bbr->full_bw_reached && bbr->loss_in_round;
}

static uint32_t max_inflight(const struct tcp_sock *tcp)
{
    const struct bbr *bbr = bbr_of(tcp);
    uint32_t inflight = percent(bbr_bdp(tcp, bbr_bw(bbr)), gains[bbr->state].cwnd);
    uint32_t extra = overflows(bbr) ? 0 : bbr_extra_acked(bbr);

    return quantization_budget(tcp, bbr_sum(inflight, extra));
}

uint32_t bbr_probe_rtt_cwnd(const struct tcp_sock *tcp)
{
    uint32_t cwnd = percent(bbr_bdp(tcp, bbr_bw(bbr_of(tcp))), gains[BBR_PROBE_RTT].cwnd);

    return bbr_max(cwnd, bbr_min_pipe_cwnd(tcp));
}

static uint32_t bound_by_model(const struct tcp_sock *tcp)
{
    const struct bbr *bbr = bbr_of(tcp);
    uint32_t cap = BBR_INFINITE;

    if (bbr->state == BBR_PROBE_RTT || bbr->state == BBR_PROBE_BW_CRUISE) {
        cap = bbr_inflight_with_headroom(tcp);
    } else if (bbr_in_probe_bw(bbr)) {
        cap = bbr->inflight_longterm;
    }
    return bbr_max(bbr_min(cap, bbr->inflight_shortterm), bbr_min_pipe_cwnd(tcp));
}

static void set_cwnd(struct tcp_sock *tcp)
{
    const struct bbr *bbr = bbr_of(tcp);
    uint32_t most = max_inflight(tcp);

    if (bbr->full_bw_reached || overflows(bbr)) {
        tcp->cwnd = bbr_min(bbr_sum(tcp->cwnd, bbr->rs.acked), most);
    } else if (tcp->cwnd < most || bbr->c.delivered < initial_window_10(tcp->mss)) {
        tcp->cwnd = bbr_sum(tcp->cwnd, bbr->rs.acked);
    }
    tcp->cwnd = bbr_max(tcp->cwnd, bbr_min_pipe_cwnd(tcp));
    if (bbr->state == BBR_PROBE_RTT) {
        tcp->cwnd = bbr_min(tcp->cwnd, bbr_probe_rtt_cwnd(tcp));
    }
    tcp->cwnd = bbr_min(tcp->cwnd, bound_by_model(tcp));
}

/* ---- What the recovery tells ----------------------------------------------------------------- */

static void bbr_on_delivered(struct tcp_sock *tcp, uint32_t sent_at, bool again, uint32_t len,
                             instant now)
{
    delivery_on_delivered(&bbr_of(tcp)->c, sent_at, again, len, (uint32_t)now);
}

/* 5.5.10.3: a probe for bandwidth found that there is not more. */
static void handle_inflight_too_high(struct tcp_sock *tcp, uint32_t inflight, bool is_app_limited,
                                     instant now)
{
    struct bbr *bbr = bbr_of(tcp);

    bbr->bw_probe_samples = false;
    if (!is_app_limited) {
        bbr->inflight_longterm = bbr_max(inflight, bbr_beta(bbr_target_inflight(tcp)));
    }
    if (bbr->state == BBR_PROBE_BW_UP) {
        bbr_start_probe_bw_down(tcp, now);
    }
}

static void bbr_on_lost(struct tcp_sock *tcp, uint32_t sent_at, uint32_t len, instant now)
{
    struct bbr *bbr = bbr_of(tcp);
    const struct delivery_stamp *p = delivery_on_lost(&bbr->c, sent_at, len);
    uint32_t lost;

    bbr_note_loss(bbr);
    if (!bbr->bw_probe_samples || !p) {
        return;
    }
    lost = bbr->c.lost - p->lost;
    if (bbr_is_inflight_too_high(lost, p->tx_in_flight)) {
        handle_inflight_too_high(tcp, bbr_inflight_at_loss(lost, p->tx_in_flight, len),
                                 p->is_app_limited, now);
    }
}

/* 5.4.2.1: after a pause the rate is what it was, at once. */
static void restart_from_idle(struct tcp_sock *tcp, instant now)
{
    struct bbr *bbr = bbr_of(tcp);

    bbr->idle_restart = true;
    bbr->extra_acked_interval_start = (uint32_t)now;
    if (bbr_in_probe_bw(bbr)) {
        set_pacing_rate(tcp, 100);
    } else if (bbr->state == BBR_PROBE_RTT) {
        bbr_check_probe_rtt_done(tcp, now);
    }
}

static void bbr_on_sent(struct tcp_sock *tcp, uint32_t len, uint32_t in_flight, instant now)
{
    struct bbr *bbr = bbr_of(tcp);

    bbr->in_flight = in_flight;
    if (in_flight <= len && bbr->c.is_app_limited) {
        restart_from_idle(tcp, now);
    }
    if (bbr->c.delivered == 0) {
        init_pacing_rate(tcp);
    }
    delivery_on_sent(&bbr->c, len, in_flight, tcp->rtt.srtt, (uint32_t)now);
    depart(tcp, len, (uint32_t)now);
    if (!tcp_has_new(tcp) && tcp->rtx_nxt == tcp->rtx_end && in_flight < tcp->cwnd) {
        delivery_app_limited(&bbr->c, in_flight);
    }
}

static void bbr_on_acked(struct tcp_sock *tcp, uint32_t in_flight, instant now)
{
    struct bbr *bbr = bbr_of(tcp);
    uint32_t min_rtt = bbr->min_rtt == BBR_INFINITE ? 0 : bbr->min_rtt;

    bbr->in_flight = in_flight;
    bbr->rs = delivery_take(&bbr->c, min_rtt);
    bbr->cwnd_limited = in_flight + bbr->rs.acked + bbr->rs.losses + tcp->mss > tcp->cwnd;
    bbr_update_model(tcp, now);
    bbr_update_state(tcp, now);
    bbr_advance_latest_signals(bbr);
    set_pacing_rate(tcp, gains[bbr->state].pacing);
    set_cwnd(tcp);
    follow_window(tcp);
}

static const struct tcp_model model = {
    .on_sent = bbr_on_sent,
    .on_delivered = bbr_on_delivered,
    .on_lost = bbr_on_lost,
    .on_acked = bbr_on_acked,
    .send_in = bbr_send_in,
};

/* ---- The table ------------------------------------------------------------------------------- */

static void bbr_init(struct tcp_sock *tcp, instant now)
{
    struct bbr *bbr = bbr_of(tcp);

    memset(bbr, 0, sizeof(*bbr));
    tcp->cwnd = initial_window_10(tcp->mss);
    tcp->ssthresh = UINT32_MAX;
    bbr->seed = tcp->iss;
    bbr->next_departure = (uint32_t)now;
    bbr_model_init(bbr, now);
}

/* Of a model, a pause changes nothing: what comes after it is paced. */
static uint32_t no_restart(const struct tcp_sock *tcp)
{
    (void)tcp;
    return UINT32_MAX;
}

/* Marks of ECN are losses of a round (RFC 3168 6.1.2). */
static void bbr_on_loss(struct tcp_sock *tcp, uint32_t flight, instant now)
{
    struct bbr *bbr = bbr_of(tcp);

    (void)now;
    bbr_note_loss(bbr);
    bbr->inflight_shortterm = bbr_min(bbr->inflight_shortterm, bbr_beta(flight));
    tcp->ssthresh = bbr_max(bbr->inflight_shortterm, bbr_min_pipe_cwnd(tcp));
}

/* 5.6.4.4 */
static void bbr_on_timeout(struct tcp_sock *tcp, instant now)
{
    (void)now;
    tcp->cwnd = tcp->mss;
}

static void bbr_remember(struct tcp_sock *tcp)
{
    struct bbr *bbr = bbr_of(tcp);

    bbr->undo = (struct bbr_undo){ bbr->bw_shortterm, bbr->inflight_shortterm,
                                   bbr->inflight_longterm, bbr->state };
}

/* 5.5.11 */
static void bbr_on_undo(struct tcp_sock *tcp, instant now)
{
    struct bbr *bbr = bbr_of(tcp);
    const struct bbr_undo *undo = &bbr->undo;

    bbr->loss_in_round = false;
    bbr_reset_full_bw(bbr);
    bbr->bw_shortterm = bbr_max(bbr->bw_shortterm, undo->bw_shortterm);
    bbr->inflight_shortterm = bbr_max(bbr->inflight_shortterm, undo->inflight_shortterm);
    bbr->inflight_longterm = bbr_max(bbr->inflight_longterm, undo->inflight_longterm);
    if (bbr->state != BBR_PROBE_RTT && bbr->state != undo->state) {
        if (undo->state == BBR_STARTUP) {
            bbr->state = BBR_STARTUP;
        } else if (undo->state == BBR_PROBE_BW_UP) {
            bbr_start_probe_bw_up(tcp, now);
        }
    }
}

const struct tcp_congestion tcp_bbr = {
    .name = "bbr",
    .state_size = sizeof(struct bbr),
    .init = bbr_init,
    .restart_window = no_restart,
    .syn_losses = SYN_LOSSES_10,
    .on_loss = bbr_on_loss,
    .on_timeout = bbr_on_timeout,
    .remember = bbr_remember,
    .on_undo = bbr_on_undo,
    .model = &model,
    .without_sack = &tcp_reno_iw10,
};

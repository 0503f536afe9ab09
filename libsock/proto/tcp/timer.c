/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one timer of a connection (RFC 6298 5, RFC 9293 3.8.3 and 3.8.6.1, 2 MSL) and the delayed
 * ACK. R2, when to give up, counts from the first time that the peer was silent for a timeout.
 */
#include "proto/tcp/tcp.h"

#include "proto/tcp/seq.h"

static enum tcp_timer wanted_timer(const struct tcp_sock *tcp)
{
    bool anything_out = tcp->snd_nxt != tcp->snd_una;

    switch (tcp->state) {
    case TCP_CLOSED:
        return TCP_TIMER_OFF;
    case TCP_TIME_WAIT:
        return TCP_TIMER_LAST;
    case TCP_SYN_SENT:
    case TCP_SYN_RECEIVED:
        return TCP_TIMER_RETRANSMIT;
    case TCP_FIN_WAIT_2:
        if (tcp->orphan) {
            return TCP_TIMER_LAST;
        }
        break;
    default:
        break;
    }
    if (anything_out && tcp->snd_wnd > 0) {
        return TCP_TIMER_RETRANSMIT;
    }
    if (anything_out || tcp_has_new(tcp)) {
        return TCP_TIMER_PERSIST;
    }
    return tcp->options.keepalive ? TCP_TIMER_KEEPALIVE : TCP_TIMER_OFF;
}

void tcp_set_timer(struct tcp_sock *tcp, bool restart, instant now)
{
    enum tcp_timer wanted = wanted_timer(tcp);

    if (wanted != TCP_TIMER_PERSIST) {
        tcp->probe_due = false; /* one that the link has not taken yet */
    }
    if (wanted == tcp->timer && !restart) {
        return;
    }
    if (wanted == TCP_TIMER_LAST) {
        if (tcp->timer != TCP_TIMER_LAST) {
            tcp->timer_at = tick_ceil(now + TCP_ORPHAN_TIME);
        }
    } else if (wanted == TCP_TIMER_KEEPALIVE) {
        tcp->timer_at = tcp_keepalive_at(tcp);
    } else {
        tcp->timer_at = tick_ceil(now + rtt_timeout(&tcp->rtt));
    }
    tcp->timer = (uint8_t)wanted;
}

void tcp_enter_time_wait(struct tcp_sock *tcp, instant now)
{
    tcp->state = TCP_TIME_WAIT;
    tcp->timer = TCP_TIMER_LAST;
    tcp->timer_at = tick_ceil(now + 2 * (duration)tcp->msl);
    tcp->fin_received = true;
}

void tcp_end(struct tcp_sock *tcp, enum sk_err err)
{
    tcp->state = TCP_CLOSED;
    tcp->timer = TCP_TIMER_OFF;
    tcp->ack_delayed = false;
    tcp->recovery_timer = false;
    tcp->paced = false;
    tcp->corked = false;
    tcp->ack_due = false;
    tcp->syn_due = false;
    tcp->err = (uint8_t)err;
    ring_consume(&tcp->tx, ring_used(&tcp->tx));
}

static bool is_opening(const struct tcp_sock *tcp)
{
    return tcp->state == TCP_SYN_SENT || tcp->state == TCP_SYN_RECEIVED;
}

duration tcp_chosen_timeout(const struct tcp_sock *tcp)
{
    const struct tcp_user_timeout *u = tcp->profile->user_timeout;

    if (tcp->options.user_timeout > 0) {
        return millis(tcp->options.user_timeout);
    }
    return u ? seconds(u->agreed(tcp)) : 0;
}

static duration patience(const struct tcp_sock *tcp)
{
    duration chosen = tcp_chosen_timeout(tcp);

    if (chosen > 0) {
        return chosen;
    }
    return is_opening(tcp) ? TCP_R2_SYN : TCP_R2;
}

/* When the peer that is silent will have been so for R2, or as long as the program waits: it may
 * change its mind meanwhile. */
static tick given_up_at(const struct tcp_sock *tcp)
{
    return tcp->silent_since + tick_ceil(patience(tcp));
}

static bool gives_up(struct tcp_sock *tcp, instant now)
{
    if (!tcp->silent) {
        tcp->silent = true;
        tcp->silent_since = tick_ceil(now - rtt_timeout(&tcp->rtt));
    }
    return tick_due(given_up_at(tcp), now);
}

/* When the timer expires: not later than R2. */
static tick expires_at(const struct tcp_sock *tcp)
{
    bool waits = tcp->timer == TCP_TIMER_RETRANSMIT || tcp->timer == TCP_TIMER_PERSIST;

    if (waits && tcp->silent && tick_before(given_up_at(tcp), tcp->timer_at)) {
        return given_up_at(tcp);
    }
    return tcp->timer_at;
}

static void wait_again(struct tcp_sock *tcp, instant now)
{
    if (is_opening(tcp)) {
        rtt_back_off_syn(&tcp->rtt);
    } else {
        rtt_back_off(&tcp->rtt);
    }
    tcp_set_timer(tcp, true, now);
}

static void retransmit(struct tcp_sock *tcp, instant now)
{
    if (is_opening(tcp)) {
        tcp_repeat_syn(tcp);
    } else {
        if (tcp->profile->path_mtu) {
            tcp->profile->path_mtu->on_timeout(tcp, now);
        }
        tcp->recovery->on_timeout(tcp, now);
        tcp_reduced(tcp);
    }
    wait_again(tcp, now);
}

static void probe(struct tcp_sock *tcp, instant now)
{
    if (tcp_in_flight(tcp) > 0) {
        tcp->recovery->retransmit_to(tcp, tcp->snd_una + 1);
    }
    tcp->probe_due = true;
    wait_again(tcp, now);
}

static bool timer_expires(struct tcp_sock *tcp, instant now)
{
    if (tcp->timer == TCP_TIMER_LAST) {
        tcp_end(tcp, SK_OK);
        return false;
    }
    if (tcp->timer == TCP_TIMER_KEEPALIVE) {
        tcp_keepalive_expires(tcp, now);
        return false;
    }
    if (gives_up(tcp, now)) {
        tcp_end(tcp, tcp->soft_err != SK_OK ? (enum sk_err)tcp->soft_err : SK_TIMED_OUT);
        return true;
    }
    if (tcp->timer == TCP_TIMER_PERSIST) {
        probe(tcp, now);
        return false;
    }
    retransmit(tcp, now);
    return true;
}

bool tcp_poll(struct tcp_sock *tcp, instant now)
{
    if (tcp->ack_delayed && tick_due(tcp->delayed_ack_at, now)) {
        tcp->ack_delayed = false;
        tcp->ack_due = true;
    }
    if (tcp->recovery_timer && tick_due(tcp->recovery_at, now)) {
        tcp->recovery_timer = false;
        tcp->recovery->on_timer(tcp, now);
    }
    if (tcp->paced && tick_due(tcp->paced_at, now)) {
        tcp->paced = false; /* what waits is sent next */
    }
    if (tcp->corked && tick_due(tcp->corked_at, now)) {
        tcp->corked = false;
        tcp->uncorked = true;
    }
    if (tcp->timer != TCP_TIMER_OFF && tick_due(expires_at(tcp), now)) {
        return timer_expires(tcp, now);
    }
    return false;
}

void tcp_carry(struct tcp_sock *tcp, instant then, instant now)
{
    tcp->timer_at = tick_carry(tcp->timer_at, then, now);
    tcp->delayed_ack_at = tick_carry(tcp->delayed_ack_at, then, now);
    tcp->recovery_at = tick_carry(tcp->recovery_at, then, now);
    tcp->paced_at = tick_carry(tcp->paced_at, then, now);
    tcp->corked_at = tick_carry(tcp->corked_at, then, now);
    tcp->silent_since = tick_carry_past(tcp->silent_since, then, now);
    tcp->sent_at = tick_carry_past(tcp->sent_at, then, now);
    tcp->old_ack_at = tick_carry_past(tcp->old_ack_at, then, now);
    tcp->heard_at = tick_carry_past(tcp->heard_at, then, now);
}

static instant earlier(instant a, instant b)
{
    return a < b ? a : b;
}

instant tcp_poll_at(const struct tcp_sock *tcp, instant now)
{
    instant at = NEVER;

    if (tcp->timer != TCP_TIMER_OFF) {
        at = tick_instant(expires_at(tcp), now);
    }
    if (tcp->ack_delayed) {
        at = earlier(at, tick_instant(tcp->delayed_ack_at, now));
    }
    if (tcp->recovery_timer) {
        at = earlier(at, tick_instant(tcp->recovery_at, now));
    }
    if (tcp->paced) {
        at = earlier(at, tick_instant(tcp->paced_at, now));
    }
    if (tcp->corked) {
        at = earlier(at, tick_instant(tcp->corked_at, now));
    }
    return at;
}

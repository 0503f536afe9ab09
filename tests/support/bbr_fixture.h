/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sender with BBR and nothing else, and a path that is made of four numbers: what it delivers in
 * a second, how long it is, how much it queues, and what it loses. Each acknowledgment tells of one
 * segment.
 */
#pragma once

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "proto/tcp/bbr.h"
#include "proto/tcp/profile.h"
#include "tests/support/seed.h"

#define MSS 1000u
#define RATE 1250000u /* octets per second: 10 Mbit/s */
#define RTT millis(40)
#define BDP (RATE / 1000 * 40)
#define N_PACKETS 4096
/* Microseconds: the 32 low bits of the clock wrap in the first second. */
#define START 0xfff00000u

struct packet {
    uint32_t sent_at;
    instant arrives_at; /* its acknowledgment; of one that is lost, when that is told */
    bool lost;
};

struct path {
    struct tcp_sock *tcp;
    struct bbr *bbr;
    instant now;
    instant free_at; /* when the bottleneck has sent all that it has */
    uint32_t rate;
    duration rtt;
    uint32_t queue;         /* octets */
    uint32_t loss_permille; /* of what is sent, beside what the queue does not take */
    uint32_t app_rate;      /* octets per second that the program has; 0: more than it may send */
    uint64_t app_sent;
    instant app_began;
    uint64_t rng;
    uint32_t in_flight;
    uint32_t n_sent; /* packets */
    uint32_t first;
    uint32_t n;
    struct packet packets[N_PACKETS];
};

static bool recovering;

static inline bool is_recovering(const struct tcp_sock *tcp)
{
    (void)tcp;
    return recovering;
}

static const struct tcp_recovery recovery = { .is_recovering = is_recovering };
static const struct tcp_profile profile = { .recovery = &recovery, .congestion = &tcp_bbr };

static struct path p;

static inline void begin(void)
{
    size_t size = sizeof(*p.tcp) + tcp_state_size(&profile, 0, 0);

    memset(&p, 0, sizeof(p));
    recovering = false;
    p.tcp = malloc(size);
    ck_assert_ptr_nonnull(p.tcp);
    memset(p.tcp, 0, sizeof(*p.tcp));
    memset(p.tcp + 1, 0xa5, size - sizeof(*p.tcp)); /* of another connection */
    tcp_run_profile(p.tcp, &profile);
    p.tcp->recovery = &recovery;
    p.tcp->congestion = &tcp_bbr;
    p.tcp->mss = MSS;
    p.tcp->iss = 77;
    p.tcp->rtt.srtt = (uint32_t)RTT;
    p.now = p.free_at = START;
    p.rate = RATE;
    p.rtt = RTT;
    p.queue = 2 * BDP;
    p.rng = 1;
    p.bbr = bbr_of(p.tcp);
    tcp_bbr.init(p.tcp, p.now);
}

static inline void end(void)
{
    free(p.tcp);
}

static inline struct packet *packet_at(uint32_t i)
{
    return &p.packets[(p.first + i) % N_PACKETS];
}

/* The program has another segment. */
static inline bool has_more(void)
{
    return p.app_rate == 0 ||
           (uint64_t)(p.now - p.app_began) * p.app_rate / 1000000 >= p.app_sent + MSS;
}

static inline bool is_lost(void)
{
    uint64_t queued = p.free_at > p.now ? (uint64_t)(p.free_at - p.now) * p.rate / 1000000 : 0;

    return queued + MSS > p.queue + p.rate / 1000 || random_below(&p.rng, 1000) < p.loss_permille;
}

static inline void send_one(void)
{
    struct packet *packet = packet_at(p.n++);

    seed_assert(p.n < N_PACKETS);
    p.n_sent++;
    p.in_flight += MSS;
    p.app_sent += MSS;
    packet->sent_at = (uint32_t)p.now;
    packet->lost = is_lost();
    if (!packet->lost) {
        p.free_at = (p.free_at > p.now ? p.free_at : p.now) + (instant)MSS * 1000000 / p.rate;
    }
    packet->arrives_at = (p.free_at > p.now ? p.free_at : p.now) + p.rtt;
    p.tcp->fin_queued = has_more(); /* it has something new, then */
    tcp_bbr.model->on_sent(p.tcp, MSS, p.in_flight, p.now);
}

static inline void hear(void)
{
    struct packet *packet = packet_at(0);

    p.first = (p.first + 1) % N_PACKETS;
    p.n--;
    p.in_flight -= MSS;
    if (packet->lost) {
        recovering = true;
        tcp_bbr.model->on_lost(p.tcp, packet->sent_at, MSS, p.now);
        return; /* the next acknowledgment tells of it */
    }
    tcp_bbr.model->on_delivered(p.tcp, packet->sent_at, false, MSS, p.now);
    tcp_bbr.model->on_acked(p.tcp, p.in_flight, p.now);
}

static inline bool may_send(void)
{
    return p.in_flight + MSS <= p.tcp->cwnd && has_more();
}

/* One event: the next segment, the next acknowledgment, or a tick. */
static inline void step(void)
{
    duration wait = tcp_bbr.model->send_in(p.tcp, p.now);
    instant at = p.now + millis(1);

    if (may_send() && wait == 0) {
        send_one();
        return;
    }
    if (may_send() && p.now + wait < at) {
        at = p.now + wait;
    }
    if (p.n > 0 && packet_at(0)->arrives_at <= at) {
        p.now = packet_at(0)->arrives_at > p.now ? packet_at(0)->arrives_at : p.now;
        hear();
    } else {
        p.now = at;
    }
}

static inline void run(duration d)
{
    instant until = p.now + d;

    while (p.now < until) {
        step();
    }
}

/* Until it is in `state`; false: not within 20 s. */
static inline bool reaches(enum bbr_state state)
{
    instant give_up = p.now + seconds(20);

    while (p.bbr->state != state && p.now < give_up) {
        step();
    }
    return p.bbr->state == state;
}

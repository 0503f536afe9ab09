/* SPDX-License-Identifier: BSD-3-Clause */
/* A sender with RACK and nothing else: segments are noted as sent, and acknowledgments taken, call
 * by call. */
#pragma once

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "proto/tcp/rack.h"

#define N_RECORDS 64
#define MSS 1000u
#define FIRST (UINT32_MAX - 9 * MSS - MSS / 2) /* sequence number: the tenth segment wraps */
#define RTT millis(100)
#define QUARTER (RTT / 4)
#define LATE (RTT + millis(20)) /* when no round trip is less than RTT */

/* How long ago left what the segment echoes. */
static duration echoed;

static const struct tcp_profile profile = { .recovery = &tcp_rack, .congestion = &tcp_reno };

static struct tcp_sock *tcp;
static struct rack *rack;

static inline void begin(void)
{
    echoed = 0;
    tcp = calloc(1, sizeof(*tcp) + tcp_state_size(&profile, 0, N_RECORDS));
    ck_assert_ptr_nonnull(tcp);
    memset(tcp + 1, 0xa5, tcp_state_size(&profile, 0, N_RECORDS)); /* of another connection */
    tcp_run_profile(tcp, &profile);
    tcp->recovery = &tcp_rack;
    tcp->congestion = &tcp_reno;
    tcp->mss = MSS;
    tcp->n_inflight = N_RECORDS;
    tcp->iss = FIRST - 1;
    tcp->snd_una = tcp->snd_nxt = FIRST;
    tcp->rtt.srtt = RTT;
    tcp->max_snd_wnd = 64 * MSS;
    rack = rack_of(tcp);
    tcp_rack.init(tcp);
}

/* `n` segments, a millisecond apart. */
static inline void transmit(uint32_t n, instant now)
{
    for (uint32_t i = 0; i < n; i++) {
        tcp->snd_nxt += MSS;
        inflight_append(&rack->f, tcp->snd_nxt, (uint32_t)(now + millis(i)));
    }
}

static inline void transmit_again(uint32_t start, uint32_t end, instant now)
{
    uint16_t i = inflight_find(&rack->f, start);

    ck_assert(inflight_cut(&rack->f, start, end, &i));
    inflight_set(&rack->f, i, INFLIGHT_AGAIN, (uint32_t)now);
}

/* An acknowledgment up to `ack` with two blocks at most, from the left edge of segment a[0] to that
 * of segment a[1], and so on. */
static inline struct rack_news take(uint32_t ack, const uint32_t a[4], instant now)
{
    static struct tcp_hdr hdr;
    struct rack_news news = { .hdr = &hdr, .echoed = echoed };

    hdr = (struct tcp_hdr){ .ack = FIRST + ack * MSS };
    for (; a && hdr.n_sack < 2 && a[2 * hdr.n_sack] != a[2 * hdr.n_sack + 1]; hdr.n_sack++) {
        hdr.sack[hdr.n_sack] = (struct tcp_sack){ FIRST + a[2 * hdr.n_sack] * MSS,
                                                  FIRST + a[2 * hdr.n_sack + 1] * MSS };
    }
    news.acked = hdr.ack - tcp->snd_una;
    tcp->snd_una = hdr.ack;
    rack_take_ack(tcp, &news, now);
    return news;
}

#define blocks(...) ((const uint32_t[4]){ __VA_ARGS__ })

/* SPDX-License-Identifier: BSD-3-Clause */
/* The retransmission timeout (RFC 6298). Microseconds; one measurement runs at a time (Karn: never
 * a retransmitted one). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/tick.h"
#include "base/time.h"

#define RTO_INITIAL seconds(1)        /* RFC 6298 2.1 */
#define RTO_AFTER_LOST_SYN seconds(3) /* RFC 6298 5.7 */
#define RTO_MIN_SPREAD                                                                             \
    millis(200) /* beyond the round trip, for a peer that delays an ACK: as Linux, a declared      \
                   deviation from RFC 6298 2.4, which has 1 s in all */
#define RTO_MAX seconds(60)               /* RFC 6298 2.5 */
#define RTO_GRANULARITY (1 << TICK_SHIFT) /* G of RFC 6298 2 */

struct rtt {
    uint32_t srtt; /* 0: no measurement yet */
    uint32_t rttvar;
    uint32_t rto;       /* not backed off */
    uint32_t latest;    /* that of the last acknowledgment; 0: it told none */
    uint8_t backoff;    /* how many times it was doubled since the last measurement */
    bool fresh;         /* something was measured since a tail loss probe left */
    bool syn_timed_out; /* the timer expired before the connection was there */
};

void rtt_init(struct rtt *rtt);

/** A measurement of `sample` microseconds; ends the back-off. */
void rtt_measure(struct rtt *rtt, uint32_t sample);

/** The same, of `n` that are expected in the round trip: together they count as one (RFC 7323 G).
 */
void rtt_measure_one_of(struct rtt *rtt, uint32_t sample, uint32_t n);

/** The timer expired: the next wait is twice as long, up to RTO_MAX. */
void rtt_back_off(struct rtt *rtt);

/** The timer expired, and what it waited for was the acknowledgment of a SYN. */
void rtt_back_off_syn(struct rtt *rtt);

/** The handshake is over: the back-off ends, and RFC 6298 5.7 is kept. */
void rtt_open(struct rtt *rtt);

/** How long to wait for an acknowledgment now. */
duration rtt_timeout(const struct rtt *rtt);

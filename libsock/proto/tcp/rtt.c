/* SPDX-License-Identifier: BSD-3-Clause */
/* The retransmission timeout: see rtt.h. */
#include "proto/tcp/rtt.h"

void rtt_init(struct rtt *rtt)
{
    *rtt = (struct rtt){ .rto = RTO_INITIAL, .fresh = true };
}

void rtt_measure(struct rtt *rtt, uint32_t sample)
{
    rtt_measure_one_of(rtt, sample, 1);
}

void rtt_measure_one_of(struct rtt *rtt, uint32_t sample, uint32_t n)
{
    uint32_t spread;
    uint32_t rto;

    if (sample == 0) {
        sample = 1;
    }
    rtt->latest = sample;
    if (rtt->srtt == 0) { /* RFC 6298 2.2 */
        rtt->srtt = sample;
        rtt->rttvar = sample / 2;
    } else { /* RFC 6298 2.3: beta 1/4, alpha 1/8, and RFC 7323 G: over the number of samples */
        uint32_t error = sample > rtt->srtt ? sample - rtt->srtt : rtt->srtt - sample;

        rtt->rttvar = rtt->rttvar - rtt->rttvar / (4 * n) + error / (4 * n);
        rtt->srtt = rtt->srtt - rtt->srtt / (8 * n) + sample / (8 * n);
    }
    spread = 4 * rtt->rttvar;
    rto = rtt->srtt + (spread > RTO_MIN_SPREAD ? spread : (uint32_t)RTO_MIN_SPREAD);
    rtt->rto = rto > RTO_MAX ? (uint32_t)RTO_MAX : rto;
    rtt->backoff = 0;
    rtt->fresh = true;
}

void rtt_back_off(struct rtt *rtt)
{
    if (rtt_timeout(rtt) < RTO_MAX) {
        rtt->backoff++;
    }
}

void rtt_back_off_syn(struct rtt *rtt)
{
    rtt->syn_timed_out = true;
    rtt_back_off(rtt);
}

/*
 * RFC 6298 5.7 asks for 3 s where the SYN timed out, and has no exception for who could time the
 * repetition by its timestamp: one sample of a path that just lost something, or is slower than
 * thought, is little to go by. Linux takes the sample alone. Here it is the first of those from
 * which the next one makes the timeout.
 */
void rtt_open(struct rtt *rtt)
{
    rtt->backoff = 0;
    if (rtt->syn_timed_out && rtt->rto < RTO_AFTER_LOST_SYN) {
        rtt->rto = RTO_AFTER_LOST_SYN;
    }
}

duration rtt_timeout(const struct rtt *rtt)
{
    duration wait = (duration)rtt->rto << rtt->backoff;

    return wait < RTO_MAX ? wait : RTO_MAX;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sender's congestion window and timer, written from RFC 5681, 3465, 6582, 3042 and 6298 with
 * real numbers and without wraps. In recovery `cwnd` is the inflated one of RFC 5681 3.2. Declared
 * choices: growth only while half of cwnd is used (RFC 7661), RTO at least 200 ms beyond SRTT (RFC
 * 6298 2.4 says 1 s in all), a partial ACK does not deflate below ssthresh, a timeout before a loss
 * is repaired does not raise that, and what limited transmit lets overtake a repetition is not
 * measured.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct model {
    double mss;
    double cwnd;
    double ssthresh;
    double counted; /* octets acknowledged in avoidance since cwnd grew */
    uint64_t una;
    uint64_t nxt;
    uint64_t recover;
    uint64_t timed_out; /* una at the last timeout; 0: there was none */
    uint64_t resent;    /* after a timeout: what was sent again, */
    uint64_t resend_to; /* of what has to be */
    double limited;     /* octets that limited transmit let out */
    int duplicates;
    bool recovering;
    bool partial; /* the last new ACK did not end the recovery */

    double srtt; /* us; 0: none */
    double rttvar;
    double rto; /* without the back-off */
    int backoff;
    bool timing;
    uint64_t timed_seq;
    double timed_at;
    bool timer_on;
    double timer_at;
};

void model_begin(struct model *m, double mss, double sample);
void model_sent(struct model *m, uint64_t seq, uint64_t len, double now);
void model_ack(struct model *m, uint64_t ack, double now);
void model_timeout(struct model *m, double now);
double model_wait(const struct model *m); /* RTO with its back-off */

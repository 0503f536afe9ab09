/* SPDX-License-Identifier: BSD-3-Clause */
/* A reference for the congestion window and the timer: see model.h. */
#include "tests/script/model.h"

#include <math.h>

static void sample(struct model *m, double r)
{
    if (m->srtt == 0) { /* RFC 6298 2.2 */
        m->srtt = r;
        m->rttvar = r / 2;
    } else { /* RFC 6298 2.3 */
        m->rttvar = 0.75 * m->rttvar + 0.25 * fabs(m->srtt - r);
        m->srtt = 0.875 * m->srtt + 0.125 * r;
    }
    m->rto = fmin(m->srtt + fmax(200e3, 4 * m->rttvar), 60e6);
    m->backoff = 0;
}

double model_wait(const struct model *m)
{
    return fmin(ldexp(m->rto, m->backoff), 60e6);
}

void model_begin(struct model *m, double mss, double first)
{
    *m = (struct model){ .mss = mss, .ssthresh = INFINITY, .una = 1, .nxt = 1 };
    m->cwnd = mss > 2190 ? 2 * mss : mss > 1095 ? 3 * mss : 4 * mss; /* RFC 5681 3.1 */
    sample(m, first);
}

void model_sent(struct model *m, uint64_t seq, uint64_t len, double now)
{
    if (seq < m->nxt) { /* Karn */
        m->timing = false;
        m->resent = seq + len > m->resent ? seq + len : m->resent;
    } else {
        m->nxt = seq + len;
        m->limited += m->duplicates > 0 && !m->recovering ? (double)len : 0;
        if (!m->timing && (m->resent > m->una ? m->resent : m->una) >= m->resend_to) {
            m->timing = true;
            m->timed_seq = m->nxt;
            m->timed_at = now;
        }
    }
    if (!m->timer_on) { /* RFC 6298 5.1 */
        m->timer_on = true;
        m->timer_at = now + model_wait(m);
    }
}

static void lower_ssthresh(struct model *m, double flight) /* RFC 5681 equation 4 */
{
    m->ssthresh = fmax(floor(flight / 2), 2 * m->mss);
    m->counted = 0;
}

static void grow(struct model *m, double acked, double flight)
{
    if (flight < floor(m->cwnd / 2)) {
        return;
    }
    if (m->cwnd < m->ssthresh) {
        m->cwnd += fmin(acked, isinf(m->ssthresh) ? 2 * m->mss : m->mss); /* RFC 3465 2.2, 2.3 */
        return;
    }
    m->counted += acked;
    if (m->counted >= m->cwnd) {
        m->counted -= m->cwnd;
        m->cwnd += m->mss;
    }
}

static void new_ack(struct model *m, double acked, double flight)
{
    m->duplicates = 0;
    m->limited = 0;
    if (!m->recovering) {
        grow(m, acked, flight);
    } else if (m->una < m->recover) { /* RFC 6582 3.2: partial */
        m->cwnd = fmax(m->cwnd - acked, 0);
        m->cwnd += acked >= m->mss || m->cwnd < m->mss ? m->mss : 0;
    } else { /* full */
        m->recovering = false;
        m->cwnd = fmin(m->ssthresh, fmax((double)(m->nxt - m->una), m->mss) + m->mss);
    }
}

static void duplicate(struct model *m, double now)
{
    if (m->recovering) {
        m->cwnd += m->mss;
        return;
    }
    if (++m->duplicates == 3 && m->una > m->recover) {
        lower_ssthresh(m, (double)(m->nxt - m->una) - m->limited);
        m->cwnd = m->ssthresh + 3 * m->mss;
        m->recovering = true;
        m->recover = m->nxt;
        m->timer_at = now + model_wait(m); /* RFC 6298 5 */
    }
}

void model_ack(struct model *m, uint64_t ack, double now)
{
    double flight = (double)(m->nxt - m->una);
    double acked = (double)(ack - m->una);
    bool partial;

    if (ack < m->una) {
        return;
    }
    if (ack == m->una) {
        if (flight > 0) {
            duplicate(m, now);
        }
        return;
    }
    m->una = ack;
    if (m->timing && ack >= m->timed_seq) {
        m->timing = false;
        sample(m, now - m->timed_at);
    }
    partial = m->recovering && ack < m->recover;
    new_ack(m, acked, flight);
    m->timer_on = m->una != m->nxt; /* RFC 6298 5.2, 5.3 */
    if (!partial || !m->partial) {  /* RFC 6582 3.2 step 3 */
        m->timer_at = now + model_wait(m);
    }
    m->partial = partial;
}

void model_timeout(struct model *m, double now)
{
    double before = m->ssthresh;

    if (m->timed_out != m->una) { /* RFC 5681 3.1: held for the same segment */
        lower_ssthresh(m, (double)(m->nxt - m->una));
    }
    if (m->una < m->recover && m->ssthresh > before) {
        m->ssthresh = before;
    }
    m->timed_out = m->una;
    m->resent = m->una;
    m->resend_to = m->nxt;
    m->cwnd = m->mss;
    m->recovering = false;
    m->duplicates = 0;
    m->limited = 0;
    m->recover = m->nxt;
    m->backoff += model_wait(m) < 60e6;
    m->timer_at = now + model_wait(m);
}

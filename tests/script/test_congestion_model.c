/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RTO, cwnd and ssthresh against the reference of model.h, over random round trips and over random
 * transfers with losses in both directions (RFC 9293 MUST-18, MUST-19).
 */
#include "tests/script/model.h"
#include "tests/script/script.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_RTT_TRACES 100000
#define N_TRANSFERS 300
#define MSS 1024u
#define N_BLOCKS 400u /* of a transfer */
#define MAX_ACKS 8192
#define ROUNDING 128.0 /* us that the integers of rtt.c may be off */

START_TEST(the_timeout_is_that_of_rfc_6298)
{
    uint64_t rng = seed_start();

    for (int trace = 0; trace < N_RTT_TRACES; trace++) {
        uint32_t base = 1 + random_below(&rng, 1u << random_below(&rng, 24));
        struct model m;
        struct rtt rtt;

        rtt_init(&rtt);
        ck_assert_int_eq(rtt_timeout(&rtt), 1000000);
        for (int i = 0; i < 12; i++) {
            uint32_t r = base + random_below(&rng, base);

            if (i == 0) {
                model_begin(&m, MSS, r);
                rtt_measure(&rtt, r);
            } else if (random_below(&rng, 4) == 0) {
                model_timeout(&m, 0);
                rtt_back_off(&rtt);
            } else {
                m.timing = true;
                m.timed_seq = m.una + 1;
                m.timed_at = 0;
                m.nxt = m.una + 1;
                model_ack(&m, m.nxt, r);
                rtt_measure(&rtt, r);
            }
            if (fabs(model_wait(&m) - (double)rtt_timeout(&rtt)) > ldexp(ROUNDING, m.backoff)) {
                ck_abort_msg("%g us in the model, got %lld; SEED=%llu", model_wait(&m),
                             (long long)rtt_timeout(&rtt), (unsigned long long)seed_start());
            }
        }
    }
}
END_TEST

/* A round trip that does not vary leaves the peer the time that it may delay an ACK: more than what
 * a tick hides, RFC 6298 4. */
START_TEST(a_steady_round_trip_leaves_200_ms)
{
    struct rtt rtt;

    rtt_init(&rtt);
    for (int i = 0; i < 200; i++) {
        rtt_measure(&rtt, 800000);
    }
    ck_assert_int_ge(rtt_timeout(&rtt), 800000 + RTO_MIN_SPREAD);
    ck_assert_int_lt(rtt_timeout(&rtt), 800000 + RTO_MIN_SPREAD + RTO_GRANULARITY);
}
END_TEST

/* RFC 6298 5.7 makes a timeout longer, and never shorter. */
START_TEST(a_slow_path_is_not_hurried_by_a_lost_syn)
{
    struct rtt rtt;

    rtt_init(&rtt);
    rtt_back_off_syn(&rtt);
    rtt_open(&rtt);
    ck_assert_int_eq(rtt_timeout(&rtt), RTO_AFTER_LOST_SYN);
    rtt_init(&rtt);
    rtt_back_off_syn(&rtt);
    rtt_measure(&rtt, 1500000);
    rtt_open(&rtt);
    ck_assert_int_eq(rtt_timeout(&rtt), 4500000);
}
END_TEST

/* The peer and the wire to it: octets arrive in blocks of MSS, ACKs come back in order. */
struct wire {
    uint64_t rng;
    uint32_t loss; /* per mille, of text and of ACKs */
    uint32_t ack_loss;
    uint32_t delay; /* ms, there and back */
    uint32_t jitter;
    bool got[N_BLOCKS + 1];
    uint32_t next; /* the block the peer waits for */
    struct {
        int64_t ms;
        uint32_t ack;
    } acks[MAX_ACKS];
    uint32_t first;
    uint32_t n_acks;
};

static void text_arrives(struct wire *w, const struct tcp_hdr *hdr, int64_t ms)
{
    int64_t at = ms + w->delay + random_below(&w->rng, w->jitter + 1);
    uint32_t last = (w->n_acks + MAX_ACKS - 1) % MAX_ACKS;

    if (random_below(&w->rng, 1000) < w->loss) {
        return;
    }
    if (hdr->len != MSS || w->n_acks - w->first >= MAX_ACKS) {
        ck_abort_msg("%u octets, %u ACKs under way", hdr->len, w->n_acks - w->first);
    }
    w->got[(hdr->seq - 1) / MSS] = true;
    while (w->next < N_BLOCKS && w->got[w->next]) {
        w->next++;
    }
    if (random_below(&w->rng, 1000) < w->ack_loss) {
        return;
    }
    if (w->first != w->n_acks && w->acks[last].ms > at) {
        at = w->acks[last].ms;
    }
    w->acks[w->n_acks % MAX_ACKS].ms = at;
    w->acks[w->n_acks++ % MAX_ACKS].ack = 1 + w->next * MSS;
}

static void hand_over(struct script *s, struct model *m, struct wire *w)
{
    struct tcp_hdr hdr;

    while (script_take(s, &hdr)) {
        model_sent(m, hdr.seq, hdr.len, (double)(s->now - s->start));
        text_arrives(w, &hdr, script_ms(s));
    }
}

static void compare(const struct script *s, const struct model *m)
{
    const struct tcp_sock *tcp = s->tcp;
    double cwnd = (double)tcp->cwnd + (m->recovering ? (double)tcp->inflation : 0);
    double ssthresh = tcp->ssthresh == UINT32_MAX ? INFINITY : (double)tcp->ssthresh;

    if (cwnd == m->cwnd && ssthresh == m->ssthresh && tcp->snd_una - s->iss == m->una &&
        tcp->snd_nxt - s->iss == m->nxt && tcp->rtt.backoff == m->backoff &&
        fabs(tcp->rtt.rto - m->rto) <= ROUNDING) {
        return;
    }
    ck_abort_msg(
        "%s, %lld ms, una %u: cwnd %g, ssthresh %g, nxt %u, rto %u << %u; the model: una %u, "
        "cwnd %g, ssthresh %g, nxt %u, rto %g << %d",
        s->title, (long long)script_ms(s), tcp->snd_una - s->iss, cwnd, ssthresh,
        tcp->snd_nxt - s->iss, tcp->rtt.rto, tcp->rtt.backoff, (unsigned)m->una, m->cwnd,
        m->ssthresh, (unsigned)m->nxt, m->rto, m->backoff);
}

/* What is sent without an ACK is sent by the timer. */
static void timer_expired(const struct script *s, struct model *m)
{
    double now = (double)(s->now - s->start);
    double late = now - m->timer_at;

    ck_assert_msg(m->timer_on && late >= -ldexp(ROUNDING, m->backoff) &&
                      late <= RTO_GRANULARITY + ldexp(ROUNDING, m->backoff),
                  "%s: the timer expired at %g us, the model's at %g", s->title, now, m->timer_at);
    model_timeout(m, now);
}

static void transfer(struct script *s, struct wire *w, uint64_t seed)
{
    struct model m;
    char title[40];

    snprintf(title, sizeof(title), "SEED=%llu", (unsigned long long)seed);
    memset(w, 0, sizeof(*w));
    w->rng = seed;
    w->loss = random_below(&w->rng, 3) * random_below(&w->rng, 80);
    w->ack_loss = random_below(&w->rng, 2) * random_below(&w->rng, 300);
    w->delay = 1 + random_below(&w->rng, 400);
    w->jitter = random_below(&w->rng, 2) * random_below(&w->rng, 2 * w->delay);
    script_begin(s, title, random_u32(&w->rng), 1, 1 + random_u32(&w->rng));
    play(s, setup(.path_mss = MSS, .tx = 65536));
    script_connect(s, MSS, 65535, 7);
    play(s, in(11, ACK, 1, 1, 0, .win = 65535));
    model_begin(&m, MSS, 10000);
    while (m.una < 1 + N_BLOCKS * MSS) {
        uint32_t room = ring_free(&s->tcp->tx) & ~(MSS - 1);
        uint32_t rest = N_BLOCKS * MSS - s->written;
        int64_t at;

        play(s, app(script_ms(s), WRITE, room < rest ? room : rest));
        hand_over(s, &m, w);
        compare(s, &m);
        at = w->first != w->n_acks ? w->acks[w->first % MAX_ACKS].ms : INT32_MAX;
        if (script_advance(s, at)) {
            timer_expired(s, &m);
        } else {
            uint32_t ack = w->acks[w->first++ % MAX_ACKS].ack;

            model_ack(&m, ack, (double)(s->now - s->start));
            play(s, in(at, ACK, 1, ack, 0));
        }
        hand_over(s, &m, w);
        compare(s, &m);
    }
    script_end(s);
}

START_TEST(the_congestion_window_is_that_of_the_model)
{
    uint64_t first = seed_start();
    struct script *s = malloc(sizeof(*s));
    struct wire *w = malloc(sizeof(*w));

    ck_assert(s && w);
    for (uint64_t seed = first; seed < first + N_TRANSFERS; seed++) {
        transfer(s, w, seed);
    }
    free(s);
    free(w);
}
END_TEST

/* RFC 7323 G: many samples of a round trip are forgotten no sooner than one of each. */
START_TEST(many_samples_of_a_round_trip_count_as_one)
{
    struct rtt one;
    struct rtt many;

    rtt_init(&one);
    rtt_measure(&one, 100000);
    many = one;
    rtt_measure(&one, 200000);
    for (int i = 0; i < 50; i++) {
        rtt_measure_one_of(&many, 200000, 50);
    }
    ck_assert_uint_ge(many.srtt + 1000, one.srtt);
    ck_assert_uint_le(many.srtt, one.srtt);
    ck_assert_uint_ge(many.rttvar + 3000, one.rttvar);
    ck_assert_uint_le(many.rttvar, one.rttvar);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_timeout_is_that_of_rfc_6298,
        a_steady_round_trip_leaves_200_ms,
        a_slow_path_is_not_hurried_by_a_lost_syn,
        many_samples_of_a_round_trip_count_as_one,
        the_congestion_window_is_that_of_the_model,
        NULL,
    };

    return suite_run("congestion model", tests);
}

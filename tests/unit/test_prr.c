/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proportional rate reduction against RFC 6937 3 with real numbers: PRR while more is in flight
 * than ssthresh, then the slow start reduction bound while all is well, else the conservative one.
 */
#include "proto/tcp/rack.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#include <math.h>
#include <stdlib.h>

#define N_RECOVERIES 20000
#define N_ACKS 60
#define TOLERANCE 0.0001 /* of what was delivered: a ratio of 16 bits, from windows of 16 bits */

static const struct tcp_profile profile = { .recovery = &tcp_rack, .congestion = &tcp_reno };

struct model {
    double recover_fs;
    double ssthresh;
    double delivered;
    double out;
};

static double sndcnt(struct model *m, double pipe, double delivered, double mss, bool safe)
{
    double limit;

    m->delivered += delivered;
    if (pipe > m->ssthresh) {
        return fmax(ceil(m->delivered * m->ssthresh / m->recover_fs) - m->out, 0);
    }
    limit = fmax(m->delivered - m->out, delivered) + (safe ? mss : 0);
    return fmin(m->ssthresh - pipe, limit);
}

static uint32_t within(uint64_t *rng, double low, double high)
{
    return (uint32_t)(low + (high - low) * (random_u32(rng) / 4294967296.0));
}

static void recover(struct tcp_sock *tcp, uint64_t *rng)
{
    struct rack *rack = rack_of(tcp);
    uint32_t flight = (uint32_t)exp(random_below(rng, 20000) / 1000.0) + 1;
    struct model m = { .recover_fs = flight };

    tcp->mss = (uint16_t)(1 + random_below(rng, 65495));
    tcp->ssthresh = within(rng, 0.3 * flight, 1.1 * flight);
    m.ssthresh = tcp->ssthresh < flight ? tcp->ssthresh : flight;
    prr_begin(&rack->prr, flight, tcp->ssthresh);
    m.ssthresh = tcp->ssthresh = (uint32_t)m.ssthresh;
    for (int i = 0; i < N_ACKS; i++) {
        uint32_t pipe = within(rng, 0, 1.2 * flight);
        uint32_t delivered = within(rng, 0, flight / 8.0);
        bool safe = random_below(rng, 2);
        double expected;

        tcp->snd_una = random_u32(rng);
        tcp->snd_nxt = tcp->snd_una + pipe;
        prr_on_ack(tcp, delivered, safe);
        expected = fmax(pipe + sndcnt(&m, pipe, delivered, tcp->mss, safe), tcp->mss);
        seed_assert(fabs(expected - tcp->cwnd) <= TOLERANCE * m.delivered + 1);
        rack->prr.out += tcp->cwnd > pipe ? tcp->cwnd - pipe : 0;
        m.out = rack->prr.out;
    }
}

START_TEST(as_much_is_sent_as_rfc_6937_says)
{
    uint64_t rng = seed_start();
    struct tcp_sock *tcp = calloc(1, sizeof(*tcp) + tcp_state_size(&profile, 0, 0));

    ck_assert_ptr_nonnull(tcp);
    tcp_run_profile(tcp, &profile);
    for (int i = 0; i < N_RECOVERIES; i++) {
        recover(tcp, &rng);
    }
    free(tcp);
}
END_TEST

/* What is in flight counts, without what arrived and what is lost. */
START_TEST(the_pipe_is_what_is_in_the_network)
{
    struct tcp_sock *tcp = calloc(1, sizeof(*tcp) + tcp_state_size(&profile, 0, 0));

    ck_assert_ptr_nonnull(tcp);
    tcp_run_profile(tcp, &profile);
    tcp->mss = 1000;
    tcp->snd_nxt = 10000;
    tcp->ssthresh = 5000;
    rack_of(tcp)->f.sacked = 4000;
    rack_of(tcp)->f.lost = 3000;
    prr_begin(&rack_of(tcp)->prr, 10000, 5000);
    prr_on_ack(tcp, 1000, false);
    ck_assert_uint_eq(tcp->cwnd, 3000 + 1000);
    free(tcp);
}
END_TEST

START_TEST(nothing_in_flight_divides_by_nothing)
{
    struct prr prr;

    prr_begin(&prr, 0, 2000);
    ck_assert_uint_eq(prr.ratio, 1u << 16);
    prr_begin(&prr, 1, 0);
    ck_assert_uint_eq(prr.ratio, 0);
    prr_begin(&prr, UINT32_MAX, UINT32_MAX);
    ck_assert_uint_eq(prr.ratio, 1u << 16);
    prr_begin(&prr, 1u << 30, 1u << 29);
    ck_assert_uint_eq(prr.ratio, 1u << 15);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        as_much_is_sent_as_rfc_6937_says,
        the_pipe_is_what_is_in_the_network,
        nothing_in_flight_divides_by_nothing,
        NULL,
    };

    return suite_run("PRR", tests);
}

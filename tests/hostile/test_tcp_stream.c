/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rows TCPS of tests/hostile-inputs.tsv about what a connection does with long runs of segments, or
 * with none. The test is named by the row.
 */
#include "tests/script/script.h"
#include "tests/support/suite.h"

#include <stdlib.h>

#include "base/tick.h"

/* What it says is not the point here. */
static void drain(struct script *s)
{
    struct tcp_hdr hdr;

    while (script_take(s, &hdr)) {
    }
}

static void pass(struct script *s, int64_t ms)
{
    while (script_advance(s, ms)) {
        drain(s);
    }
}

/* Memory and time for each segment stay what they are, and what is in order is taken. */
START_TEST(hostile_TCPS_17_a_flood_of_single_octets_out_of_order)
{
    enum { N = 1000000 };
    struct script *s = malloc(sizeof(*s));
    struct tcp_hdr hdr;
    uint32_t next = 1;

    ck_assert_ptr_nonnull(s);
    script_begin(s, __func__, 7, UINT32_MAX - 1000, 1000000);
    script_connect(s, 1000, 0, 0);
    for (uint32_t i = 0; i < N; i++) {
        play(s, in(20 + i / 100, ACK, next + 2 + 2 * (i % 10000), 1, 1));
        while (script_take(s, &hdr)) {
            if (hdr.ack != next) { /* an assertion costs more than the segment */
                ck_abort_msg("acknowledged: %u, not %u", hdr.ack, next);
            }
        }
        if (s->tcp->ooo.n > s->tcp->ooo.cap) {
            ck_abort_msg("%u ranges", s->tcp->ooo.n);
        }
        if (i % 1000 == 999) {
            play(s, in(20 + i / 100, ACK, next, 1, 1));
            drain(s);
            next = s->tcp->rcv_nxt - s->irs;
            play(s, app(20 + i / 100, READ, ring_used(&s->tcp->rx)));
            drain(s);
        }
    }
    ck_assert_uint_gt(next, N / 1000);
    script_end(s);
    free(s);
}
END_TEST

/* Which octets are believed does not depend on how they were cut: the first ones. Both copies reach
 * the reader once the hole before them is filled, as the harness checks octet by octet. */
START_TEST(hostile_TCPS_18_every_pair_of_overlapping_ranges)
{
    struct script *s = malloc(sizeof(*s));

    ck_assert_ptr_nonnull(s);
    for (uint32_t from = 0; from <= 10; from++) {
        for (uint32_t len = 1; len <= 11 - from; len++) {
            script_begin(s, __func__, 7, UINT32_MAX - 10, 1000000);
            script_connect(s, 1000, 0, 0);
            play(s, in(20, ACK, 5, 1, 11)); /* the true ones */
            drain(s);
            play(s, in(21, ACK, 5 + from, 1, len, .fill = 0xee));
            drain(s);
            play(s, in(22, ACK, 1, 1, 4 + from, .fill = 0));
            drain(s);
            ck_assert_uint_eq(s->tcp->rcv_nxt - s->irs, 16);
            play(s, app(23, READ, 15));
            drain(s);
            script_end(s);
        }
    }
    free(s);
}
END_TEST

/* Short segments, and a peer that reports single octets: what is kept of them is bounded (the
 * harness audits it after every event), and what was lost in detail is sent again. */
START_TEST(hostile_TCPS_19_every_second_octet_is_reported)
{
    static const struct tcp_profile profile = { .name = "rack",
                                                .recovery = &tcp_rack,
                                                .congestion = &tcp_cubic,
                                                .extensions = &tcp_timestamps_and_sack };
    struct script *s = malloc(sizeof(*s));

    ck_assert_ptr_nonnull(s);
    for (uint16_t mss = 48; mss <= 88; mss += 8) {
        script_begin(s, __func__, UINT32_MAX - 900, 7, 1000000);
        play(s, setup(.profile = &profile, .path_mss = mss, .inflight = 16));
        play(s, active(0));
        drain(s);
        play(s, in(10, SYN | ACK, 0, 1, 0, .mss = mss, .sack_ok = true));
        drain(s);
        play(s, app(20, WRITE, 65536));
        drain(s);
        for (uint32_t i = 0; i < 2000; i++) {
            uint32_t out = tcp_in_flight(s->tcp);
            uint32_t at = s->tcp->snd_una - s->iss + 1 + 2 * (i % (out / 2));
            struct event ack = in(20 + i, ACK, 1, s->tcp->snd_una - s->iss, 0);

            pass(s, 20 + i);
            ack.sack[0] = (struct tcp_sack){ at, at + 1 };
            script_step(s, &ack);
            drain(s);
        }
        for (int64_t ms = 2100; s->tcp->snd_una - s->iss <= 65536; ms += 10) {
            ck_assert_int_lt(ms, 100000);
            pass(s, ms);
            play(s, in(ms, ACK, 1, s->tcp->snd_nxt - s->iss, 0));
            drain(s);
        }
        script_end(s);
    }
    free(s);
}
END_TEST

/* RFC 9293 3.8.3: LAST-ACK ends with R2 though the peer never says a word more. */
START_TEST(hostile_TCPS_23_last_ack_without_the_ack)
{
    struct script *s = malloc(sizeof(*s));

    ck_assert_ptr_nonnull(s);
    script_begin(s, __func__, 7, 9, 1000000);
    script_connect(s, 1000, 0, 0);
    play(s, in(20, ACK | FIN, 1, 1, 0));
    drain(s);
    play(s, app(30, CLOSE));
    pass(s, 2000000);
    ck_assert_int_eq(s->tcp->state, TCP_CLOSED);
    ck_assert_int_eq(s->tcp->err, SK_TIMED_OUT);
    ck_assert_int_le(s->now - s->start, seconds(1000) * 2);
    script_end(s);
    free(s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_TCPS_17_a_flood_of_single_octets_out_of_order,
        hostile_TCPS_18_every_pair_of_overlapping_ranges,
        hostile_TCPS_19_every_second_octet_is_reported,
        hostile_TCPS_23_last_ack_without_the_ack,
        NULL,
    };

    return suite_run("hostile_tcp_stream", tests);
}

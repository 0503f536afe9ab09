/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rows TCPS of tests/hostile-inputs.tsv in which somebody guesses: what he cannot see he does not
 * end, fill or slow down. Those about a whole host are in test_tcp_storm.c.
 */
#include "tests/script/script.h"
#include "tests/support/suite.h"

#include <stdlib.h>

#define WINDOW 32768

static struct script *begin(const char *title)
{
    struct script *s = malloc(sizeof(*s));

    ck_assert_ptr_nonnull(s);
    script_begin(s, title, UINT32_MAX - 3, UINT32_MAX - 7, 1000000);
    script_connect(s, 1000, 0, 0);
    return s;
}

static void end(struct script *s)
{
    script_end(s);
    free(s);
}

/* RFC 5961 3.2: only the next number resets. */
START_TEST(hostile_TCPS_03_resets_around_the_window)
{
    static const struct {
        uint32_t seq;
        enum { IGNORED, CHALLENGED, RESET } verdict;
    } rows[] = { { 0, IGNORED },
                 { 1, RESET },
                 { 2, CHALLENGED },
                 { WINDOW, CHALLENGED },
                 { WINDOW + 1, IGNORED } };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct script *s = begin(__func__);

        play(s, in(100, RST, rows[i].seq, 0, 0));
        if (rows[i].verdict == CHALLENGED) {
            play(s, out(100, ACK, 1, 1, 0));
        }
        play(s, expect(1000, STATE, rows[i].verdict == RESET ? TCP_CLOSED : TCP_ESTABLISHED));
        end(s);
    }
}
END_TEST

// clang-format off

SCRIPT(hostile_TCPS_08_resets_before_the_answer)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(5, RST, 0, 0, 0),
    in(6, RST | ACK, 0, 0, 0),
    in(7, RST | ACK, 0, 2, 0),
    in(8, RST | ACK, 0, 1000, 10),
    expect(9, STATE, TCP_SYN_SENT),
    in(10, RST | ACK, 77, 1, 0),
    expect(10, STATE, TCP_CLOSED),
    expect(10, ERR, SK_REFUSED),
END_SCRIPT;

/* What was never sent was not received: RFC 9293 3.10.7.4, fifth step. */
SCRIPT(hostile_TCPS_20_acks_of_what_was_not_sent)
    connected,
    app(20, WRITE, 1000),
    out(20, ACK | PSH, 1, 1, 1000),
    expect(20, CWND, 4000),
    in(30, ACK, 1, 1002, 0, .drop = DROP_TCP_ACK_RANGE), out(30, ACK, 1001, 1, 0),
    in(31, ACK, 1, 1003, 0, .drop = DROP_TCP_ACK_RANGE),
    in(32, ACK, 1, 0x7fffffff, 0, .drop = DROP_TCP_ACK_RANGE),
    in(33, ACK, 1, 0x80000000, 0, .drop = DROP_TCP_ACK_RANGE),
    in(34, ACK, 1, 0x80000001, 0, .drop = DROP_TCP_ACK_RANGE),
    expect(35, CWND, 4000),
    expect(35, UNACKED, 1000),
    in(40, ACK, 1, 1001, 0),
    expect(40, UNACKED, 0),
END_SCRIPT;

/* RFC 9293 3.10.7.4, first step: a closed window takes a reset, with text or without. */
SCRIPT(hostile_TCPS_30_a_reset_with_text_at_a_closed_window)
    setup(.rx = 2048),
    connected,
    in(20, ACK, 1, 1, 2048),
    out(20, ACK, 1, 2049, 0, .win = SHUT),
    in(30, RST, 2049, 0, 100),
    expect(30, STATE, TCP_CLOSED),
    expect(30, ERR, SK_RESET),
END_SCRIPT;

/* RFC 9293 MUST-66 */
SCRIPT(hostile_TCPS_30_urgent_data_at_a_closed_window)
    setup(.rx = 2048),
    connected,
    in(20, ACK, 1, 1, 2048),
    out(20, ACK, 1, 2049, 0, .win = SHUT),
    in(30, ACK | URG, 2049, 1, 0, .up = 100),
    expect(30, URGENT, 2148),
    expect(30, STATE, TCP_ESTABLISHED),
END_SCRIPT;

/* RFC 5961 7: two ends that lost each other answer, and the answers are not answered for ever. */
SCRIPT(hostile_TCPS_07_acks_outside_the_window_are_answered_twice_a_second)
    connected,
    in(100, ACK, 50000, 1, 0, .drop = DROP_TCP_UNACCEPTABLE), out(100, ACK, 1, 1, 0),
    in(101, ACK, 50000, 1, 0, .drop = DROP_TCP_UNACCEPTABLE),
    in(200, ACK, 50000, 1, 0, .drop = DROP_TCP_UNACCEPTABLE),
    in(400, ACK, 50000, 1, 0, .drop = DROP_TCP_UNACCEPTABLE),
    in(590, ACK, 50000, 1, 0, .drop = DROP_TCP_UNACCEPTABLE),
    in(602, ACK, 50000, 1, 0, .drop = DROP_TCP_UNACCEPTABLE), out(602, ACK, 1, 1, 0),
    in(603, ACK, 50000, 1, 0, .drop = DROP_TCP_UNACCEPTABLE),
    in(1000, ACK, 1, 1, 10),
    out(1040, ACK, 1, 11, 0),
END_SCRIPT;

// clang-format on

/* RFC 3465: a window grows by octets, not by acknowledgments. */
START_TEST(hostile_TCPS_21_an_ack_for_every_octet)
{
    struct script *s = begin(__func__);
    uint32_t cwnd;

    play(s, app(20, WRITE, 4000));
    for (uint32_t i = 0; i < 4; i++) {
        play(s, out(20, (i == 3 ? PSH : 0) | ACK, 1 + 1000 * i, 1, 1000));
    }
    cwnd = s->tcp->cwnd;
    for (uint32_t i = 1; i <= 100; i++) {
        play(s, in(20 + i, ACK, 1, 1 + i, 0));
        ck_assert_uint_le(s->tcp->cwnd, cwnd + i);
    }
    end(s);
}
END_TEST

/* RFC 5681 3.2: each duplicate stands for a segment that left, and no more can than are out. */
START_TEST(hostile_TCPS_21_more_duplicates_than_segments)
{
    struct script *s = begin(__func__);
    struct tcp_hdr hdr;

    play(s, app(20, WRITE, 65536));
    while (script_take(s, &hdr)) {
    }
    for (uint32_t i = 1; i <= 1000; i++) {
        play(s, in(20 + i / 10, ACK, 1, 1, 0));
        while (script_take(s, &hdr)) {
        }
        ck_assert_uint_le(s->tcp->inflation, tcp_in_flight(s->tcp) + s->tcp->mss);
    }
    end(s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_TCPS_03_resets_around_the_window,
        hostile_TCPS_08_resets_before_the_answer,
        hostile_TCPS_20_acks_of_what_was_not_sent,
        hostile_TCPS_30_a_reset_with_text_at_a_closed_window,
        hostile_TCPS_30_urgent_data_at_a_closed_window,
        hostile_TCPS_07_acks_outside_the_window_are_answered_twice_a_second,
        hostile_TCPS_21_an_ack_for_every_octet,
        hostile_TCPS_21_more_duplicates_than_segments,
        NULL,
    };

    return suite_run("hostile_tcp_blind", tests);
}

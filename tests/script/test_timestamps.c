/* SPDX-License-Identifier: BSD-3-Clause */
/* Timestamps and protection against wrapped sequence numbers (RFC 7323). */
#include "tests/script/script.h"
#include "tests/support/suite.h"

static const struct tcp_profile profile = {
    .name = "timestamps and SACK",
    .recovery = &tcp_newreno,
    .congestion = &tcp_reno,
    .extensions = &tcp_timestamps_and_sack,
};

// clang-format off

/* The peer's clock says 1000 ms at 10 ms. */
#define agreed \
    setup(.profile = &profile), \
    active(0), \
    out(0, SYN, 0, 0, 0), \
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .ts = 1000, .ecr = 0), \
    out(10, ACK, 1, 1, 0, .ecr = 1000)

SCRIPT(both_sides_agree_on_timestamps)
    agreed,
    app(20, WRITE, 100),
    out(20, ACK | PSH, 1, 1, 100, .ecr = 1000),
    in(30, ACK, 1, 101, 0, .ts = 1020, .ecr = 20),
    app(30, WRITE, 100),
    out(30, ACK | PSH, 101, 1, 100, .ecr = 1020),
END_SCRIPT;

/* RFC 7323 5.3 takes it before it looks at the ACK, and one guess would make all that follows old. */
SCRIPT(what_is_dropped_for_its_ack_tells_no_time)
    agreed,
    in(20, ACK | PSH, 1, 1, 1000, .ts = 1010, .ecr = 10),
    in(20, ACK | PSH, 1001, 1, 1000, .ts = 1010, .ecr = 10),
    out(20, ACK, 1, 2001, 0, .ecr = 1010),
    in(30, ACK, 1500, 1000000, 1000, .ts = 2000001010u, .ecr = 10),
    out(30, ACK, 1, 2001, 0, .ecr = 1010),
    expect(30, REASON, DROP_TCP_ACK_RANGE),
    in(31, 0, 1500, 0, 1000, .ts = 2000001010u, .ecr = 10),
    expect(31, REASON, DROP_TCP_NO_ACK),
    in(40, ACK | PSH, 2001, 1, 1000, .ts = 1030, .ecr = 20),
    expect(40, REASON, DROP_NONE),
    out(80, ACK, 1, 3001, 0, .ecr = 1030),
END_SCRIPT;

/* RFC 7323 3.2 */
SCRIPT(a_reset_has_timestamps)
    agreed,
    app(20, ABORT),
    out(20, RST | ACK, 1, 1, 0, .ecr = 1000),
END_SCRIPT;

/* The peer has not said yet whether it has any. */
SCRIPT(a_reset_before_they_are_agreed_on_has_none)
    setup(.profile = &profile),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, ACK, 7, 7, 0, .ts = 1000),
    out(10, RST, 7, 0, 0, .ts = NO_TS),
END_SCRIPT;

SCRIPT(a_syn_without_timestamps_gets_none)
    setup(.profile = &profile),
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0, .ts = NO_TS),
    in(10, ACK, 1, 1, 0),
    in(20, ACK | PSH, 1, 1, 100),
    out(60, ACK, 1, 101, 0, .ts = NO_TS),
END_SCRIPT;

SCRIPT(a_syn_with_timestamps_gets_its_own_back)
    setup(.profile = &profile),
    passive(0, SYN, 0, 0, 0, .mss = 1000, .ts = 77),
    out(0, SYN | ACK, 0, 1, 0, .ecr = 77),
END_SCRIPT;

/* RFC 6691: the MSS counts options, and the initial window is in what is left. */
SCRIPT(timestamps_leave_less_room_for_text)
    agreed,
    app(20, WRITE, 2000),
    out(20, ACK, 1, 1, 988), out(20, ACK, 989, 1, 988),
    in(30, ACK, 1, 1977, 0, .ts = 1020, .ecr = 20),
    out(30, ACK | PSH, 1977, 1, 24),
END_SCRIPT;

/* RFC 7323 5.3 R1 */
SCRIPT(an_old_timestamp_is_answered_and_dropped)
    agreed,
    in(20, ACK | PSH, 1, 1, 10, .ts = 1010),
    out(60, ACK, 1, 11, 0, .ecr = 1010),
    in(1000, ACK | PSH, 11, 1, 10, .ts = 1009, .drop = DROP_TCP_PAWS),
    out(1000, ACK, 1, 11, 0, .ecr = 1010),
    expect(1000, UNREAD, 10),
    in(1001, ACK | PSH, 11, 1, 10, .ts = 1010),
    out(1041, ACK, 1, 21, 0, .ecr = 1010),
END_SCRIPT;

SCRIPT(hostile_TCPS_13_timestamps_wrap)
    setup(.profile = &profile),
    passive(0, SYN, 0, 0, 0, .mss = 1000, .ts = 0xfffffff0),
    out(0, SYN | ACK, 0, 1, 0),
    in(10, ACK, 1, 1, 0, .ts = 0xfffffffa),
    in(20, ACK | PSH, 1, 1, 10, .ts = 5),
    out(60, ACK, 1, 11, 0, .ecr = 5),
    in(1000, ACK, 11, 1, 0, .ts = 0xfffffffe, .drop = DROP_TCP_PAWS),
    out(1000, ACK, 1, 11, 0, .ecr = 5),
END_SCRIPT;

/* RFC 7323 5.3: not valid for longer than the peer's clock may take to wrap its sign. */
SCRIPT(hostile_TCPS_13_a_timestamp_older_than_24_days_judges_nobody)
    agreed,
    in(24ll * 86400000 - 1000000, ACK, 1, 1, 0, .ts = 900, .drop = DROP_TCP_PAWS),
    out(24ll * 86400000 - 1000000, ACK, 1, 1, 0),
    in(24ll * 86400000 + 2000, ACK | PSH, 1, 1, 10, .ts = 900),
    out(24ll * 86400000 + 2040, ACK, 1, 11, 0, .ecr = 900),
END_SCRIPT;

/* RFC 7323 5.3: resets are beyond it. */
SCRIPT(a_reset_needs_no_timestamp)
    agreed,
    in(20, RST, 1, 0, 0),
    expect(20, STATE, TCP_CLOSED),
    expect(20, ERR, SK_RESET),
END_SCRIPT;

SCRIPT(a_reset_with_an_old_timestamp_resets)
    agreed,
    in(20, RST | ACK, 1, 1, 0, .ts = 1),
    expect(20, STATE, TCP_CLOSED),
END_SCRIPT;

/* RFC 7323 3.2; silently, or two stacks that disagree would answer each other for ever. */
SCRIPT(hostile_TCPH_08_a_segment_without_a_timestamp_is_dropped)
    agreed,
    in(20, ACK | PSH, 1, 1, 10, .drop = DROP_TCP_NO_TIMESTAMP),
    expect(1000, UNREAD, 0),
    expect(1000, STATE, TCP_ESTABLISHED),
END_SCRIPT;

/* RFC 7323 4.3: the first unacknowledged segment's is echoed while ACKs are delayed ... */
SCRIPT(a_delayed_ack_echoes_the_earliest_timestamp)
    agreed,
    in(20, ACK, 1, 1, 100, .ts = 1010),
    in(25, ACK, 101, 1, 100, .ts = 1015),
    out(25, ACK, 1, 201, 0, .ecr = 1010),
END_SCRIPT;

/* ... and what comes out of order changes nothing until the hole is filled. */
SCRIPT(hostile_TCPS_13_text_out_of_order_does_not_change_the_echo)
    agreed,
    in(20, ACK, 101, 1, 100, .ts = 1010),
    out(20, ACK, 1, 1, 0, .ecr = 1000),
    in(25, ACK, 1, 1, 100, .ts = 1015),
    out(25, ACK, 1, 201, 0, .ecr = 1015),
END_SCRIPT;

/* RFC 7323 4.1, RFC 6298 3: with an echo a retransmission can be measured. */
SCRIPT(the_echo_of_a_retransmission_ends_the_back_off)
    agreed,
    app(20, WRITE, 100),
    out(20, ACK | PSH, 1, 1, 100),
    out(230, ACK | PSH, 1, 1, 100),
    expect(231, RTO, 420),
    in(240, ACK, 1, 101, 0, .ts = 1220, .ecr = 230),
    expect(240, RTO, 209),
END_SCRIPT;

/* RFC 7323 G: four segments are out, and two ACKs expected, each with half of the gain. */
SCRIPT(an_echo_counts_as_one_of_its_round_trip)
    agreed,
    app(20, WRITE, 3952),
    out(20, ACK, 1, 1, 988), out(20, ACK, 989, 1, 988),
    out(20, ACK, 1977, 1, 988), out(20, ACK | PSH, 2965, 1, 988),
    out(230, ACK, 1, 1, 988),
    in(640, ACK, 1, 989, 0, .ts = 1500, .ecr = 230),
    out(640, ACK, 989, 1, 988), out(640, ACK, 1977, 1, 988),
    expect(640, RTO, 252),                  /* of 410: SRTT 35, RTTVAR 54.4 */
END_SCRIPT;

SCRIPT(an_echo_of_nothing_measures_nothing)
    agreed,
    app(20, WRITE, 100),
    out(20, ACK | PSH, 1, 1, 100),
    out(230, ACK | PSH, 1, 1, 100),
    in(240, ACK, 1, 101, 0, .ts = 1220, .ecr = 86400000),
    expect(240, RTO, 420),
END_SCRIPT;

/* RFC 7323 4.1: nor does one that acknowledges nothing new, which may be as old as it likes. */
SCRIPT(an_echo_that_acknowledges_nothing_measures_nothing)
    agreed,
    app(20, WRITE, 100),
    out(20, ACK | PSH, 1, 1, 100),
    out(230, ACK | PSH, 1, 1, 100),
    in(610, ACK, 1, 1, 0, .ts = 1590, .ecr = 20),
    expect(610, RTO, 420),
    out(650, ACK | PSH, 1, 1, 100),
    in(660, ACK, 1, 101, 0, .ts = 1620, .ecr = 650),
    expect(660, RTO, 209),
END_SCRIPT;

/* RFC 7323 3.2 */
SCRIPT(a_timestamp_that_was_not_agreed_on_is_ignored)
    setup(.profile = &profile),
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0, .ts = NO_TS),
    in(10, ACK, 1, 1, 0, .ts = 500),
    in(20, ACK | PSH, 1, 1, 100, .ts = 400),
    out(60, ACK, 1, 101, 0, .ts = NO_TS),
    app(70, WRITE, 1000),
    out(70, ACK | PSH, 1, 101, 1000, .ts = NO_TS),
    out(280, ACK | PSH, 1, 101, 1000, .ts = NO_TS),
    in(290, ACK, 101, 1001, 0, .ts = 300, .ecr = 280),
    expect(290, RTO, 420),
END_SCRIPT;

/* RFC 7323 5.3 R1 comes before the window is looked at. */
SCRIPT(an_old_timestamp_is_judged_before_the_sequence_number)
    agreed,
    in(20, ACK, 500000, 1, 10, .ts = 999, .drop = DROP_TCP_PAWS),
    out(20, ACK, 1, 1, 0, .ecr = 1000),
    in(30, ACK, 500000, 1, 10, .ts = 1000, .drop = DROP_TCP_UNACCEPTABLE),
    out(30, ACK, 1, 1, 0, .ecr = 1000),
END_SCRIPT;

/* RFC 7323 5.2: it was not judged, so it is not kept either. */
SCRIPT(the_timestamp_of_a_reset_says_nothing)
    agreed,
    in(20, RST, 0, 0, 0, .ts = 900000, .drop = DROP_TCP_RST),
    in(21, RST, 2, 0, 0, .ts = 900000, .drop = DROP_TCP_RST),
    out(21, ACK, 1, 1, 0, .ecr = 1000),
    in(30, ACK | PSH, 1, 1, 10, .ts = 1010),
    out(70, ACK, 1, 11, 0, .ecr = 1010),
END_SCRIPT;

/* ---- RFC 6191 2: a SYN that meets TIME-WAIT --------------------------------------------------- */

/* The peer's last timestamp is 1100, and its FIN is 1. */
#define in_time_wait \
    agreed, \
    app(100, CLOSE), \
    out(100, FIN | ACK, 1, 1, 0), \
    in(110, FIN | ACK, 1, 2, 0, .ts = 1100, .ecr = 100), \
    out(110, ACK, 2, 2, 0), \
    expect(110, STATE, TCP_TIME_WAIT)

SCRIPT(a_later_timestamp_reopens_whatever_the_sequence_number)
    in_time_wait,
    reopens(200, SYN, 3, true, .ts = 1101),
    reopens(200, SYN, 1, true, .ts = 1101),
    reopens(200, SYN, 0u - 100000, true, .ts = 1101),
    reopens(200, SYN | ACK, 3, false, .ts = 1101),
END_SCRIPT;

SCRIPT(an_earlier_timestamp_does_not)
    in_time_wait,
    reopens(200, SYN, 3, false, .ts = 1099),
    reopens(200, SYN, 1000000, false, .ts = 1099),
END_SCRIPT;

SCRIPT(with_the_same_or_none_the_sequence_number_decides)
    in_time_wait,
    reopens(200, SYN, 3, true, .ts = 1100),
    reopens(200, SYN, 2, false, .ts = 1100),
    reopens(200, SYN, 3, true),
    reopens(200, SYN, 2, false),
END_SCRIPT;

SCRIPT(timestamps_that_are_new_reopen)
    setup(.profile = &profile),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000),
    out(10, ACK, 1, 1, 0),
    app(100, CLOSE),
    out(100, FIN | ACK, 1, 1, 0),
    in(110, FIN | ACK, 1, 2, 0),
    out(110, ACK, 2, 2, 0),
    reopens(200, SYN, 2, true, .ts = 1),
    reopens(200, SYN, 2, false),
    reopens(200, SYN, 3, true),
END_SCRIPT;

// clang-format on

int main(void)
{
    const TTest *const tests[] = {
        both_sides_agree_on_timestamps,
        what_is_dropped_for_its_ack_tells_no_time,
        a_reset_has_timestamps,
        a_reset_before_they_are_agreed_on_has_none,
        a_syn_without_timestamps_gets_none,
        a_syn_with_timestamps_gets_its_own_back,
        timestamps_leave_less_room_for_text,
        an_old_timestamp_is_answered_and_dropped,
        hostile_TCPS_13_timestamps_wrap,
        hostile_TCPS_13_a_timestamp_older_than_24_days_judges_nobody,
        a_reset_needs_no_timestamp,
        a_reset_with_an_old_timestamp_resets,
        hostile_TCPH_08_a_segment_without_a_timestamp_is_dropped,
        a_delayed_ack_echoes_the_earliest_timestamp,
        hostile_TCPS_13_text_out_of_order_does_not_change_the_echo,
        the_echo_of_a_retransmission_ends_the_back_off,
        an_echo_counts_as_one_of_its_round_trip,
        an_echo_of_nothing_measures_nothing,
        an_echo_that_acknowledges_nothing_measures_nothing,
        a_timestamp_that_was_not_agreed_on_is_ignored,
        an_old_timestamp_is_judged_before_the_sequence_number,
        the_timestamp_of_a_reset_says_nothing,
        a_later_timestamp_reopens_whatever_the_sequence_number,
        an_earlier_timestamp_does_not,
        with_the_same_or_none_the_sequence_number_decides,
        timestamps_that_are_new_reopen,
        NULL,
    };

    return suite_run("timestamps", tests);
}

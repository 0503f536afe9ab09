/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening a connection: actively, passively, from both sides, with losses (RFC 9293 3.5). */
#include "tests/script/script.h"
#include "tests/support/suite.h"

/* RFC 5681's first window, with timestamps. */
static const struct tcp_profile with_timestamps = {
    .name = "timestamps",
    .recovery = &tcp_newreno,
    .congestion = &tcp_reno,
    .extensions = &tcp_timestamps_and_sack,
};

// clang-format off

SCRIPT(active_open)
    active(0),
    out(0, SYN, 0, 0, 0, .win = 32768, .mss = 1000, .ws = WS_0),
    expect(0, STATE, TCP_SYN_SENT),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000),
    out(10, ACK, 1, 1, 0, .win = 32768),
    expect(10, STATE, TCP_ESTABLISHED),
    expect(5000, IS_OPEN, 1),
END_SCRIPT;

SCRIPT(passive_open)
    passive(0, SYN, 0, 0, 0, .mss = 500, .ws = 3),
    out(0, SYN | ACK, 0, 1, 0, .win = 32768, .mss = 1000, .ws = WS_0),
    expect(0, STATE, TCP_SYN_RECEIVED),
    in(10, ACK, 1, 1, 0),
    expect(10, STATE, TCP_ESTABLISHED),
    app(20, WRITE, 700),
    out(20, ACK, 1, 1, 500),
    in(30, ACK, 1, 501, 0),
    out(30, ACK | PSH, 501, 1, 200),
END_SCRIPT;

SCRIPT(text_on_the_last_ack_of_the_handshake_is_taken)
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
    in(10, ACK | PSH, 1, 1, 100),
    expect(10, STATE, TCP_ESTABLISHED),
    app(11, READ, 100),
    out(50, ACK, 1, 101, 0),
END_SCRIPT;

SCRIPT(fin_on_the_last_ack_of_the_handshake_is_taken)
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
    in(10, ACK | FIN, 1, 1, 10),
    out(10, ACK, 1, 12, 0),
    expect(10, STATE, TCP_CLOSE_WAIT),
END_SCRIPT;

SCRIPT(hostile_TCPS_15_simultaneous_open)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(5, SYN, 0, 0, 0, .mss = 1000),
    out(5, SYN | ACK, 0, 1, 0, .mss = 1000),
    expect(5, STATE, TCP_SYN_RECEIVED),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000),
    expect(10, STATE, TCP_ESTABLISHED),
    app(20, WRITE, 100),
    out(20, ACK | PSH, 1, 1, 100),
END_SCRIPT;

/* RFC 9293 3.9.2.2, RFC 5927 4: it is still an open that may fail. */
SCRIPT(simultaneous_open_that_is_refused)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(5, SYN, 0, 0, 0, .mss = 1000),
    out(5, SYN | ACK, 0, 1, 0),
    icmp(10, SK_REFUSED, 0, true),
    expect(10, STATE, TCP_CLOSED),
    expect(10, ERR, SK_REFUSED),
END_SCRIPT;

SCRIPT(simultaneous_open_with_a_bare_ack_at_the_end)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(5, SYN, 0, 0, 0, .mss = 1000),
    out(5, SYN | ACK, 0, 1, 0),
    in(10, ACK, 1, 1, 0),
    expect(10, STATE, TCP_ESTABLISHED),
END_SCRIPT;

SCRIPT(hostile_TCPS_15_simultaneous_open_whose_syn_comes_twice)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(5, SYN, 0, 0, 0, .mss = 1000),
    out(5, SYN | ACK, 0, 1, 0),
    in(6, SYN, 0, 0, 0, .mss = 1000, .drop = DROP_TCP_UNACCEPTABLE),
    out(6, SYN | ACK, 0, 1, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000),
    expect(10, STATE, TCP_ESTABLISHED),
END_SCRIPT;

SCRIPT(hostile_TCPS_15_simultaneous_open_whose_syn_ack_is_lost)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(5, SYN, 0, 0, 0, .mss = 1000),
    out(5, SYN | ACK, 0, 1, 0),
    out(1000, SYN | ACK, 0, 1, 0),
    in(1010, SYN | ACK, 0, 1, 0, .mss = 1000),
    expect(1010, STATE, TCP_ESTABLISHED),
    expect(1010, CWND, 1000),
    in(1020, SYN | ACK, 0, 1, 0, .mss = 1000), /* the peer did not hear us: RFC 5961 4.2 */
    out(1020, ACK, 1, 1, 0),
END_SCRIPT;

SCRIPT(the_syn_ack_of_a_simultaneous_open_acknowledges_too_much)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(5, SYN, 0, 0, 0, .mss = 1000),
    out(5, SYN | ACK, 0, 1, 0),
    in(10, SYN | ACK, 0, 2, 0, .mss = 1000, .drop = DROP_TCP_ACK_RANGE),
    out(10, RST, 2, 0, 0),
    expect(10, STATE, TCP_SYN_RECEIVED),
END_SCRIPT;

SCRIPT(a_second_syn_of_the_peer_is_answered_again)
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0, .mss = 1000),
    in(500, SYN, 0, 0, 0, .mss = 1000),
    out(500, SYN | ACK, 0, 1, 0, .mss = 1000),
    in(510, ACK, 1, 1, 0),
    expect(510, STATE, TCP_ESTABLISHED),
END_SCRIPT;

/* The text is not taken (the peer sends it again), and does not make the SYN a new one. */
SCRIPT(a_second_syn_with_text_is_answered_again)
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
    in(500, SYN, 0, 0, 100, .mss = 1000),
    out(500, SYN | ACK, 0, 1, 0),
    in(510, ACK, 1, 1, 0),
    expect(510, STATE, TCP_ESTABLISHED),
END_SCRIPT;

SCRIPT(a_peer_that_missed_our_ack_gets_another)
    connected,
    in(1000, SYN | ACK, 0, 1, 0, .mss = 1000, .drop = DROP_TCP_UNACCEPTABLE),
    out(1000, ACK, 1, 1, 0),
    expect(1000, STATE, TCP_ESTABLISHED),
END_SCRIPT;

/* RFC 6298 2.1, 5.5, 5.7; RFC 5681 3.1: once a SYN was lost, 3 s and one segment. */
SCRIPT(a_lost_syn_is_repeated_and_makes_the_start_slow)
    active(0),
    out(0, SYN, 0, 0, 0, .mss = 1000, .ws = WS_0),
    out(1000, SYN, 0, 0, 0, .mss = 1000, .ws = WS_0),
    out(3000, SYN, 0, 0, 0, .mss = 1000, .ws = WS_0),
    in(3010, SYN | ACK, 0, 1, 0, .mss = 1000),
    out(3010, ACK, 1, 1, 0),
    expect(3010, RTO, 3000),
    expect(3010, CWND, 1000),
    app(3020, WRITE, 3000),
    out(3020, ACK, 1, 1, 1000),
    out(6020, ACK, 1, 1, 1000),
END_SCRIPT;

SCRIPT(a_lost_syn_ack_is_repeated_and_makes_the_start_slow)
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
    out(1000, SYN | ACK, 0, 1, 0),
    in(1010, ACK, 1, 1, 0),
    expect(1010, RTO, 3000),
    expect(1010, CWND, 1000),
END_SCRIPT;

/* The echo tells the round trip of the SYN that arrived, and ends neither. */
SCRIPT(a_lost_syn_makes_the_start_slow_with_timestamps)
    setup(.profile = &with_timestamps),
    active(0),
    out(0, SYN, 0, 0, 0),
    out(1000, SYN, 0, 0, 0),
    in(1010, SYN | ACK, 0, 1, 0, .mss = 1000, .ts = 5, .ecr = 1000),
    out(1010, ACK, 1, 1, 0),
    expect(1010, RTO, 3000),
    expect(1010, CWND, 988),
    app(1020, WRITE, 3000),
    out(1020, ACK, 1, 1, 988),
    out(4020, ACK, 1, 1, 988),
END_SCRIPT;

SCRIPT(a_lost_syn_ack_makes_the_start_slow_with_timestamps)
    setup(.profile = &with_timestamps),
    passive(0, SYN, 0, 0, 0, .mss = 1000, .ts = 5),
    out(0, SYN | ACK, 0, 1, 0),
    out(1000, SYN | ACK, 0, 1, 0),
    in(1010, ACK, 1, 1, 0, .ts = 6, .ecr = 1000),
    expect(1010, RTO, 3000),
    expect(1010, CWND, 988),
END_SCRIPT;

/* RFC 6928 2, and RFC 6298 5.7 all the same, until there is a sample of text. */
SCRIPT(one_lost_syn_leaves_ten_segments)
    setup(.profile = &sk_tcp_full),
    active(0),
    out(0, SYN, 0, 0, 0),
    out(1000, SYN, 0, 0, 0),
    in(1010, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true, .ts = 5, .ecr = 1000),
    out(1010, ACK, 1, 1, 0),
    expect(1010, RTO, 3000),
    expect(1010, CWND, 9880),
    app(1020, WRITE, 100),
    out(1020, ACK | PSH, 1, 1, 100),
    in(1030, ACK, 1, 101, 0, .ts = 6, .ecr = 1020),
    expect(1030, RTO, 209),
END_SCRIPT;

SCRIPT(a_syn_lost_twice_leaves_one_segment)
    setup(.profile = &sk_tcp_full),
    active(0),
    out(0, SYN, 0, 0, 0),
    out(1000, SYN, 0, 0, 0),
    out(3000, SYN, 0, 0, 0),
    in(3010, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true, .ts = 5, .ecr = 3000),
    out(3010, ACK, 1, 1, 0),
    expect(3010, RTO, 3000),
    expect(3010, CWND, 988),
END_SCRIPT;

SCRIPT(a_syn_ack_lost_twice_leaves_one_segment)
    setup(.profile = &sk_tcp_full),
    passive(0, SYN, 0, 0, 0, .mss = 1000, .sack_ok = true, .ts = 5),
    out(0, SYN | ACK, 0, 1, 0),
    out(1000, SYN | ACK, 0, 1, 0),
    expect(1010, RTO, 2000),
    in(1500, SYN, 0, 0, 0, .mss = 1000, .sack_ok = true, .ts = 5),
    out(1500, SYN | ACK, 0, 1, 0),
    in(1510, ACK, 1, 1, 0, .ts = 6, .ecr = 1500),
    expect(1510, RTO, 3000),
    expect(1510, CWND, 988),
END_SCRIPT;

/* The window that the SYN closed opens with the ACK, which ends the back-off of probes only. */
SCRIPT(a_lost_syn_ack_is_remembered_when_the_window_opens)
    passive(0, SYN, 0, 0, 0, .mss = 1000, .win = SHUT),
    out(0, SYN | ACK, 0, 1, 0),
    out(1000, SYN | ACK, 0, 1, 0),
    in(1010, ACK, 1, 1, 0, .win = 65535),
    expect(1010, RTO, 3000),
    expect(1010, CWND, 1000),
END_SCRIPT;

/* RFC 9293 MUST-23: not before 180 s. */
SCRIPT(a_silent_peer_is_given_up_after_three_minutes)
    active(0),
    out(0, SYN, 0, 0, 0),
    out(1000, SYN, 0, 0, 0),
    out(3000, SYN, 0, 0, 0),
    out(7000, SYN, 0, 0, 0),
    out(15000, SYN, 0, 0, 0),
    out(31000, SYN, 0, 0, 0),
    out(63000, SYN, 0, 0, 0),
    out(123000, SYN, 0, 0, 0),
    expect(179990, STATE, TCP_SYN_SENT),
    expect(180010, STATE, TCP_CLOSED),
    expect(180010, ERR, SK_TIMED_OUT),
    expect(400000, IS_OPEN, 0),
END_SCRIPT;

SCRIPT(a_half_open_connection_is_given_up_after_three_minutes)
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
    out(1000, SYN | ACK, 0, 1, 0),
    out(3000, SYN | ACK, 0, 1, 0),
    out(7000, SYN | ACK, 0, 1, 0),
    out(15000, SYN | ACK, 0, 1, 0),
    out(31000, SYN | ACK, 0, 1, 0),
    out(63000, SYN | ACK, 0, 1, 0),
    out(123000, SYN | ACK, 0, 1, 0),
    expect(179990, STATE, TCP_SYN_RECEIVED),
    expect(180010, STATE, TCP_CLOSED),
    expect(180010, ERR, SK_TIMED_OUT),
END_SCRIPT;

/* EV-06 of the event table: SEND and CLOSE before the connection is there. */
SCRIPT(what_is_written_before_the_answer_goes_out_after_it)
    active(0),
    out(0, SYN, 0, 0, 0),
    app(1, WRITE, 1500),
    app(1, SHUTDOWN),
    expect(5, STATE, TCP_SYN_SENT),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000),
    out(10, ACK, 1, 1, 1000),
    out(10, ACK | PSH | FIN, 1001, 1, 500),
    expect(10, STATE, TCP_FIN_WAIT_1),
    in(20, ACK, 1, 1502, 0),
    expect(20, STATE, TCP_FIN_WAIT_2),
END_SCRIPT;

SCRIPT(close_before_the_answer_forgets_the_connection)
    active(0),
    out(0, SYN, 0, 0, 0),
    app(5, CLOSE),
    expect(5, STATE, TCP_CLOSED),
    expect(10000, IS_OPEN, 0),
END_SCRIPT;

SCRIPT(close_while_half_open_sends_fin_once_it_is_open)
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
    app(5, CLOSE),
    expect(5, STATE, TCP_SYN_RECEIVED),
    in(10, ACK, 1, 1, 0),
    out(10, ACK | FIN, 1, 1, 0),
    expect(10, STATE, TCP_FIN_WAIT_1),
END_SCRIPT;

SCRIPT(a_segment_that_the_link_refused_is_sent_later)
    active(0),
    out(0, SYN, 0, 0, 0),
    app(1, LINK, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000),
    app(11, WRITE, 100),
    app(30, LINK, 1),
    out(30, ACK | PSH, 1, 1, 100),
END_SCRIPT;

// clang-format on

/* RFC 5681 3.1: more often than anybody counts is not never. */
START_TEST(a_syn_ack_that_is_asked_for_256_times_leaves_one_segment)
{
    static struct script s;

    script_begin(&s, "a_syn_ack_that_is_asked_for_256_times_leaves_one_segment", 7, 9, 1000000);
    play(&s, passive(0, SYN, 0, 0, 0, .mss = 1000));
    play(&s, out(0, SYN | ACK, 0, 1, 0));
    for (int64_t ms = 1; ms <= 256; ms++) {
        play(&s, in(ms, SYN, 0, 0, 0, .mss = 1000));
        play(&s, out(ms, SYN | ACK, 0, 1, 0));
    }
    play(&s, in(260, ACK, 1, 1, 0));
    play(&s, expect(260, CWND, 1000));
    script_end(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        active_open,
        passive_open,
        text_on_the_last_ack_of_the_handshake_is_taken,
        fin_on_the_last_ack_of_the_handshake_is_taken,
        hostile_TCPS_15_simultaneous_open,
        simultaneous_open_that_is_refused,
        simultaneous_open_with_a_bare_ack_at_the_end,
        hostile_TCPS_15_simultaneous_open_whose_syn_comes_twice,
        hostile_TCPS_15_simultaneous_open_whose_syn_ack_is_lost,
        the_syn_ack_of_a_simultaneous_open_acknowledges_too_much,
        a_second_syn_of_the_peer_is_answered_again,
        a_second_syn_with_text_is_answered_again,
        a_peer_that_missed_our_ack_gets_another,
        a_lost_syn_is_repeated_and_makes_the_start_slow,
        a_lost_syn_ack_is_repeated_and_makes_the_start_slow,
        a_lost_syn_makes_the_start_slow_with_timestamps,
        a_lost_syn_ack_makes_the_start_slow_with_timestamps,
        one_lost_syn_leaves_ten_segments,
        a_syn_lost_twice_leaves_one_segment,
        a_syn_ack_lost_twice_leaves_one_segment,
        a_lost_syn_ack_is_remembered_when_the_window_opens,
        a_silent_peer_is_given_up_after_three_minutes,
        a_half_open_connection_is_given_up_after_three_minutes,
        what_is_written_before_the_answer_goes_out_after_it,
        close_before_the_answer_forgets_the_connection,
        close_while_half_open_sends_fin_once_it_is_open,
        a_segment_that_the_link_refused_is_sent_later,
        a_syn_ack_that_is_asked_for_256_times_leaves_one_segment,
        NULL,
    };

    return suite_run("open", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The user timeout option (RFC 5482): what is told to the peer, and which timeout counts then. */
#include "tests/script/script.h"
#include "tests/support/suite.h"

#define MINUTES 0x8000 /* on the wire */

static const struct tcp_profile profile = {
    .name = "user timeout",
    .recovery = &tcp_newreno,
    .congestion = &tcp_reno,
    .extensions = &tcp_timestamps_and_sack,
    .user_timeout = &tcp_user_timeout,
};

// clang-format off

#define says(seconds) \
    setup(.profile = &profile, \
          .options = { .uto = true, .user_timeout = 1000u * (seconds), .keep_count = 9 })

/* Connected at 10 ms; 100 octets are out since 20 ms, and our option with them. */
#define answered_with(seconds, option, others) \
    says(seconds), \
    active(0), \
    out(0, SYN, 0, 0, 0, .uto = option), \
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .uto = others), \
    out(10, ACK, 1, 1, 0, .uto = option), \
    in(15, ACK, 1, 1, 0), \
    app(20, WRITE, 100), \
    out(20, ACK | PSH, 1, 1, 100)

#define silence_for_100_seconds \
    out(230, ACK | PSH, 1, 1, 100), out(650, ACK | PSH, 1, 1, 100), \
    out(1490, ACK | PSH, 1, 1, 100), out(3170, ACK | PSH, 1, 1, 100), \
    out(6530, ACK | PSH, 1, 1, 100), out(13250, ACK | PSH, 1, 1, 100), \
    out(26690, ACK | PSH, 1, 1, 100), out(53570, ACK | PSH, 1, 1, 100)

#define then_for_900_seconds \
    out(107330, ACK | PSH, 1, 1, 100), out(167330, ACK | PSH, 1, 1, 100), \
    out(227330, ACK | PSH, 1, 1, 100), out(287330, ACK | PSH, 1, 1, 100), \
    out(347330, ACK | PSH, 1, 1, 100), out(407330, ACK | PSH, 1, 1, 100), \
    out(467330, ACK | PSH, 1, 1, 100), out(527330, ACK | PSH, 1, 1, 100), \
    out(587330, ACK | PSH, 1, 1, 100), out(647330, ACK | PSH, 1, 1, 100), \
    out(707330, ACK | PSH, 1, 1, 100), out(767330, ACK | PSH, 1, 1, 100), \
    out(827330, ACK | PSH, 1, 1, 100), out(887330, ACK | PSH, 1, 1, 100)

/* 3.1: ENABLED is off unless the program says so, also for what comes in. */
SCRIPT(without_the_option_nothing_is_said_and_nothing_heard)
    setup(.profile = &profile),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .uto = 2000),
    out(10, ACK, 1, 1, 0),
    app(20, WRITE, 100),
    out(20, ACK | PSH, 1, 1, 100),
    silence_for_100_seconds,
    then_for_900_seconds,
    expect(925000, ERR, SK_TIMED_OUT),
END_SCRIPT;

/* On the SYN, on the first segment after it, and then no more. */
SCRIPT(the_programs_timeout_is_told_and_counts)
    answered_with(30, 30, 2000),
    out(230, ACK | PSH, 1, 1, 100), out(650, ACK | PSH, 1, 1, 100),
    out(1490, ACK | PSH, 1, 1, 100), out(3170, ACK | PSH, 1, 1, 100),
    out(6530, ACK | PSH, 1, 1, 100), out(13250, ACK | PSH, 1, 1, 100),
    out(26690, ACK | PSH, 1, 1, 100),
    expect(29900, STATE, TCP_ESTABLISHED),
    expect(30500, ERR, SK_TIMED_OUT),
END_SCRIPT;

SCRIPT(what_seconds_cannot_say_is_told_in_minutes)
    answered_with(32768, MINUTES | 547, 0),
    out(230, ACK | PSH, 1, 1, 100),
END_SCRIPT;

SCRIPT(seconds_are_told_as_far_as_they_reach)
    answered_with(32767, 32767, 0),
    out(230, ACK | PSH, 1, 1, 100),
END_SCRIPT;

/* Up to a whole second, or the peer would be told less than what counts. */
SCRIPT(a_part_of_a_second_is_told_as_one)
    setup(.profile = &profile, .options = { .uto = true, .user_timeout = 1001, .keep_count = 9 }),
    active(0),
    out(0, SYN, 0, 0, 0, .uto = 2),
END_SCRIPT;

SCRIPT(the_peers_longer_timeout_counts)
    answered_with(0, 924, 1000),
    silence_for_100_seconds,
    then_for_900_seconds,
    out(947330, ACK | PSH, 1, 1, 100),
    expect(999900, STATE, TCP_ESTABLISHED),
    expect(1000500, ERR, SK_TIMED_OUT),
END_SCRIPT;

SCRIPT(the_peers_shorter_timeout_does_not)
    answered_with(0, 924, 200),
    silence_for_100_seconds,
    then_for_900_seconds,
    expect(923900, STATE, TCP_ESTABLISHED),
    expect(924500, ERR, SK_TIMED_OUT),
END_SCRIPT;

SCRIPT(a_timeout_of_nothing_is_none)
    answered_with(0, 924, MINUTES),
    silence_for_100_seconds,
    then_for_900_seconds,
    expect(924500, ERR, SK_TIMED_OUT),
END_SCRIPT;

SCRIPT(it_may_come_later)
    answered_with(0, 924, 0),
    in(30, ACK, 1, 101, 0, .uto = 2000),
    app(40, WRITE, 100),
    out(40, ACK | PSH, 101, 1, 100),
    in(50, ACK, 1, 201, 0),
END_SCRIPT;

/* The segment with the option has less text, or it were longer than the path takes. */
SCRIPT(the_option_takes_room_from_the_text)
    says(30),
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0, .uto = 30),
    in(10, ACK, 1, 1, 0),
    app(20, WRITE, 3000),
    out(20, ACK, 1, 1, 996, .uto = 30), out(20, ACK, 997, 1, 1000), out(20, ACK, 1997, 1, 1000),
END_SCRIPT;

/* Beside four blocks there is none: it waits. */
SCRIPT(it_waits_while_blocks_are_reported)
    says(30),
    passive(0, SYN, 0, 0, 0, .mss = 1000, .sack_ok = true),
    out(0, SYN | ACK, 0, 1, 0, .uto = 30),
    in(10, ACK, 1, 1, 0),
    in(20, ACK, 101, 1, 100),
    out(20, ACK, 1, 1, 0, .sack = { { 101, 201 } }),
    in(30, ACK, 1, 1, 100),
    out(30, ACK, 1, 201, 0, .uto = 30),
END_SCRIPT;

/* Asked after 10 s, then every `interval`, once. */
#define kept_alive(interval, others) \
    setup(.profile = &profile, .options = { .uto = true, .keepalive = true, .keep_idle = 10, \
                                            .keep_interval = interval, .keep_count = 1 }), \
    active(0), \
    out(0, SYN, 0, 0, 0, .uto = 924), \
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .uto = others), \
    out(10, ACK, 1, 1, 0, .uto = 924), \
    out(10010, ACK, 0, 1, 0)

/* RFC 5482 4.2: keep-alives end nothing before the timeout that was agreed. */
SCRIPT(keep_alives_wait_for_the_timeout)
    kept_alive(500, 10),
    out(510010, ACK, 0, 1, 0),
    expect(923000, STATE, TCP_ESTABLISHED),
    expect(1010020, ERR, SK_TIMED_OUT),
END_SCRIPT;

SCRIPT(keep_alives_are_counted_where_the_peer_says_nothing)
    kept_alive(500, 0),
    expect(510020, ERR, SK_TIMED_OUT),
END_SCRIPT;

/* Who only guesses the window is not believed: RFC 5961 5.2. */
SCRIPT(a_blind_segment_says_nothing)
    kept_alive(500, 0),
    in(10020, ACK, 1, 2, 0, .uto = 3000, .drop = DROP_TCP_ACK_RANGE), out(10020, ACK, 1, 1, 0),
    in(10021, 0, 1, 0, 0, .uto = 3000, .drop = DROP_TCP_NO_ACK),
    expect(520000, ERR, SK_TIMED_OUT),
END_SCRIPT;

/* A peer may not bind us for ever: 23 days are an hour. */
SCRIPT(the_peers_timeout_has_an_upper_limit)
    kept_alive(3000, MINUTES | 0x7fff),
    out(3010010, ACK, 0, 1, 0),
    expect(6010020, ERR, SK_TIMED_OUT),
END_SCRIPT;

/* From when the silence began, not from when the program lost its patience. */
SCRIPT(a_timeout_that_is_chosen_in_the_silence_counts)
    setup(.profile = &profile),
    connected,
    app(20, WRITE, 100),
    out(20, ACK | PSH, 1, 1, 100),
    out(230, ACK | PSH, 1, 1, 100),
    app(300, GIVE_UP, 1000),
    out(650, ACK | PSH, 1, 1, 100),
    expect(1010, STATE, TCP_ESTABLISHED),
    expect(1030, ERR, SK_TIMED_OUT),
END_SCRIPT;

SCRIPT(a_timeout_that_has_passed_when_it_is_chosen_ends_it_at_once)
    setup(.profile = &profile),
    connected,
    app(20, WRITE, 100),
    out(20, ACK | PSH, 1, 1, 100),
    out(230, ACK | PSH, 1, 1, 100),
    out(650, ACK | PSH, 1, 1, 100),
    app(1200, GIVE_UP, 1000),
    expect(1210, ERR, SK_TIMED_OUT),
END_SCRIPT;

SCRIPT(a_timeout_that_is_taken_back_in_the_silence_does_not_count)
    setup(.profile = &profile, .options = { .user_timeout = 5000, .keep_count = 9 }),
    connected,
    app(20, WRITE, 100),
    out(20, ACK | PSH, 1, 1, 100),
    out(230, ACK | PSH, 1, 1, 100),
    out(650, ACK | PSH, 1, 1, 100),
    out(1490, ACK | PSH, 1, 1, 100),
    out(3170, ACK | PSH, 1, 1, 100),
    app(4000, GIVE_UP, 0),
    out(6530, ACK | PSH, 1, 1, 100),
    out(13250, ACK | PSH, 1, 1, 100),
    expect(20000, STATE, TCP_ESTABLISHED),
END_SCRIPT;

SCRIPT(it_may_be_chosen_while_the_window_is_shut)
    setup(.profile = &profile),
    connected,
    in(20, ACK, 1, 1, 0, .win = SHUT),
    app(30, WRITE, 100),
    out(240, ACK, 1, 1, 1),
    app(300, GIVE_UP, 1000),
    out(660, ACK, 1, 1, 1),
    expect(1000, STATE, TCP_ESTABLISHED),
    expect(1250, ERR, SK_TIMED_OUT),
END_SCRIPT;

// clang-format on

int main(void)
{
    const TTest *const tests[] = {
        without_the_option_nothing_is_said_and_nothing_heard,
        the_programs_timeout_is_told_and_counts,
        what_seconds_cannot_say_is_told_in_minutes,
        seconds_are_told_as_far_as_they_reach,
        a_part_of_a_second_is_told_as_one,
        the_peers_longer_timeout_counts,
        the_peers_shorter_timeout_does_not,
        a_timeout_of_nothing_is_none,
        it_may_come_later,
        the_option_takes_room_from_the_text,
        it_waits_while_blocks_are_reported,
        keep_alives_wait_for_the_timeout,
        keep_alives_are_counted_where_the_peer_says_nothing,
        a_blind_segment_says_nothing,
        the_peers_timeout_has_an_upper_limit,
        a_timeout_that_is_chosen_in_the_silence_counts,
        a_timeout_that_has_passed_when_it_is_chosen_ends_it_at_once,
        a_timeout_that_is_taken_back_in_the_silence_does_not_count,
        it_may_be_chosen_while_the_window_is_shut,
        NULL,
    };

    return suite_run("user timeout", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Losses and the congestion window (RFC 5681, RFC 6582, RFC 3042) and the timer (RFC 6298). */
#include "tests/script/script.h"
#include "tests/support/suite.h"

#include <stdlib.h>

static const struct tcp_profile iw10 = {
    .name = "newreno, reno from ten segments",
    .recovery = &tcp_newreno,
    .congestion = &tcp_reno_iw10,
};

// clang-format off

/* Eight segments from 4001 on are out, cwnd is 8000 and the time-out 210 ms at 113 ms. */
#define in_slow_start \
    connected, \
    app(100, WRITE, 60000), \
    out(100, ACK, 1, 1, 1000), out(100, ACK, 1001, 1, 1000), \
    out(100, ACK, 2001, 1, 1000), out(100, ACK, 3001, 1, 1000), \
    in(110, ACK, 1, 1001, 0), \
    out(110, ACK, 4001, 1, 1000), out(110, ACK, 5001, 1, 1000), \
    in(111, ACK, 1, 2001, 0), \
    out(111, ACK, 6001, 1, 1000), out(111, ACK, 7001, 1, 1000), \
    in(112, ACK, 1, 3001, 0), \
    out(112, ACK, 8001, 1, 1000), out(112, ACK, 9001, 1, 1000), \
    in(113, ACK, 1, 4001, 0), \
    out(113, ACK, 10001, 1, 1000), out(113, ACK, 11001, 1, 1000), \
    expect(113, CWND, 8000)

/* And segment 4001 is lost: three duplicates come, two segments more are let out. */
#define in_fast_recovery \
    in_slow_start, \
    in(120, ACK, 1, 4001, 0), out(120, ACK, 12001, 1, 1000), \
    in(121, ACK, 1, 4001, 0), out(121, ACK, 13001, 1, 1000), \
    in(122, ACK, 1, 4001, 0), out(122, ACK, 4001, 1, 1000)

SCRIPT(slow_start_grows_by_what_an_ack_acknowledges)
    in_slow_start,
    in(120, ACK, 1, 6001, 0),
    out(120, ACK, 12001, 1, 1000), out(120, ACK, 13001, 1, 1000),
    out(120, ACK, 14001, 1, 1000), out(120, ACK, 15001, 1, 1000),
    expect(120, CWND, 10000),
END_SCRIPT;

SCRIPT(an_ack_for_three_segments_is_worth_two) /* RFC 3465 2.2 */
    in_slow_start,
    in(120, ACK, 1, 7001, 0),
    out(120, ACK, 12001, 1, 1000), out(120, ACK, 13001, 1, 1000), out(120, ACK, 14001, 1, 1000),
    out(120, ACK, 15001, 1, 1000), out(120, ACK, 16001, 1, 1000),
    expect(120, CWND, 10000),
END_SCRIPT;

SCRIPT(an_ack_for_little_opens_little)
    in_slow_start,
    in(120, ACK, 1, 4101, 0),
    expect(120, CWND, 8100),
    in(121, ACK, 1, 4201, 0),
    expect(121, CWND, 8200),
END_SCRIPT;

SCRIPT(a_window_that_is_not_used_does_not_grow)
    connected,
    app(100, WRITE, 100),
    out(100, ACK | PSH, 1, 1, 100),
    in(110, ACK, 1, 101, 0),
    app(200, WRITE, 100),
    out(200, ACK | PSH, 101, 1, 100),
    in(210, ACK, 1, 201, 0),
    expect(210, CWND, 4000),
END_SCRIPT;

SCRIPT(the_initial_window_is_three_segments_of_1460)
    setup(.path_mss = 1460),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1460),
    out(10, ACK, 1, 1, 0),
    expect(10, CWND, 4380),
END_SCRIPT;

SCRIPT(the_initial_window_is_two_segments_of_8960)
    setup(.path_mss = 8960),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 8960),
    out(10, ACK, 1, 1, 0),
    expect(10, CWND, 17920),
END_SCRIPT;

/* RFC 5681 3.1: neither the SYN,ACK nor its ACK lets out more. */
SCRIPT(the_handshake_does_not_grow_the_window)
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
    in(10, ACK, 1, 1, 0),
    expect(10, CWND, 4000),
END_SCRIPT;

/* RFC 6928 2 */
#define ten_segments_of(n, window) \
    setup(.profile = &iw10, .path_mss = (n)), \
    active(0), \
    out(0, SYN, 0, 0, 0), \
    in(10, SYN | ACK, 0, 1, 0, .mss = (n)), \
    out(10, ACK, 1, 1, 0), \
    expect(10, CWND, (window))

SCRIPT(the_initial_window_may_be_ten_segments)
    ten_segments_of(1000, 10000),
END_SCRIPT;

SCRIPT(ten_segments_of_more_than_1460_are_too_many)
    ten_segments_of(1500, 14600),
END_SCRIPT;

SCRIPT(two_segments_are_never_too_many)
    ten_segments_of(8960, 17920),
END_SCRIPT;

SCRIPT(after_a_pause_the_window_is_ten_segments_again)
    ten_segments_of(1000, 10000),
    app(100, WRITE, 2000),
    out(100, ACK, 1, 1, 1000), out(100, ACK | PSH, 1001, 1, 1000),
    in(110, ACK, 1, 2001, 0),
    app(200, WRITE, 10000),
    out(200, ACK, 2001, 1, 1000), out(200, ACK, 3001, 1, 1000), out(200, ACK, 4001, 1, 1000),
    out(200, ACK, 5001, 1, 1000), out(200, ACK, 6001, 1, 1000), out(200, ACK, 7001, 1, 1000),
    out(200, ACK, 8001, 1, 1000), out(200, ACK, 9001, 1, 1000), out(200, ACK, 10001, 1, 1000),
    out(200, ACK | PSH, 11001, 1, 1000),
    in(210, ACK, 1, 12001, 0),
    expect(210, CWND, 12000),
    app(10000, WRITE, 100),
    out(10000, ACK | PSH, 12001, 1, 100),
    expect(10000, CWND, 10000),
END_SCRIPT;

/* RFC 6928 2: they were too many, and after a pause there are as many as RFC 3390 has. */
SCRIPT(a_loss_among_the_first_ten_makes_the_window_after_a_pause_small)
    ten_segments_of(1000, 10000),
    app(100, WRITE, 10000),
    out(100, ACK, 1, 1, 1000), out(100, ACK, 1001, 1, 1000), out(100, ACK, 2001, 1, 1000),
    out(100, ACK, 3001, 1, 1000), out(100, ACK, 4001, 1, 1000), out(100, ACK, 5001, 1, 1000),
    out(100, ACK, 6001, 1, 1000), out(100, ACK, 7001, 1, 1000), out(100, ACK, 8001, 1, 1000),
    out(100, ACK | PSH, 9001, 1, 1000),
    in(110, ACK, 1, 1, 0), in(110, ACK, 1, 1, 0), in(110, ACK, 1, 1, 0),
    out(110, ACK, 1, 1, 1000),
    expect(110, SSTHRESH, 5000),
    in(120, ACK, 1, 10001, 0),
    app(130, WRITE, 2000),
    out(130, ACK, 10001, 1, 1000), out(130, ACK | PSH, 11001, 1, 1000),
    in(140, ACK, 1, 11001, 0), in(140, ACK, 1, 12001, 0),
    app(150, WRITE, 3000),
    out(150, ACK, 12001, 1, 1000), out(150, ACK, 13001, 1, 1000), out(150, ACK | PSH, 14001, 1, 1000),
    in(160, ACK, 1, 13001, 0), in(160, ACK, 1, 14001, 0), in(160, ACK, 1, 15001, 0),
    expect(160, CWND, 5000),
    app(10000, WRITE, 5000),
    out(10000, ACK, 15001, 1, 1000), out(10000, ACK, 16001, 1, 1000),
    out(10000, ACK, 17001, 1, 1000), out(10000, ACK, 18001, 1, 1000),
    expect(10000, CWND, 4000),
END_SCRIPT;

SCRIPT(limited_transmit_lets_two_segments_out)
    in_slow_start,
    in(120, ACK, 1, 4001, 0),
    out(120, ACK, 12001, 1, 1000),
    in(121, ACK, 1, 4001, 0),
    out(121, ACK, 13001, 1, 1000),
    expect(121, CWND, 8000),
    in(122, ACK, 1, 5001, 0),               /* it was only late */
    expect(122, CWND, 9000),
    expect(122, UNACKED, 9000),
END_SCRIPT;

/* RFC 5681 3.2: half of what was out before limited transmit, which MUST NOT count. */
SCRIPT(the_third_duplicate_repeats_a_segment)
    in_fast_recovery,
    expect(122, SSTHRESH, 4000),
    expect(122, CWND, 4000),
END_SCRIPT;

SCRIPT(each_further_duplicate_lets_a_segment_out)
    in_fast_recovery,                       /* 4000 and 3 duplicates, of 10000 that are out */
    in(123, ACK, 1, 4001, 0), in(124, ACK, 1, 4001, 0), in(125, ACK, 1, 4001, 0),
    in(126, ACK, 1, 4001, 0), out(126, ACK, 14001, 1, 1000),
    in(127, ACK, 1, 4001, 0), out(127, ACK, 15001, 1, 1000),
END_SCRIPT;

/* RFC 5681 3.2: no more can have left the network than was out, however many duplicates come. */
SCRIPT(duplicates_of_more_than_is_out_let_nothing_out)
    connected,
    app(100, WRITE, 4000),
    out(100, ACK, 1, 1, 1000), out(100, ACK, 1001, 1, 1000),
    out(100, ACK, 2001, 1, 1000), out(100, ACK | PSH, 3001, 1, 1000),
    in(110, ACK, 1, 1, 0), in(111, ACK, 1, 1, 0), in(112, ACK, 1, 1, 0),
    out(112, ACK, 1, 1, 1000),
    in(113, ACK, 1, 1, 0),                  /* four of four */
    in(114, ACK, 1, 1, 0), in(115, ACK, 1, 1, 0),
    app(116, WRITE, 9000),                  /* cwnd is 2000 */
    out(116, ACK, 4001, 1, 1000), out(116, ACK, 5001, 1, 1000),
    expect(120, UNACKED, 6000),
END_SCRIPT;

SCRIPT(a_full_ack_ends_recovery)
    in_fast_recovery,
    in(132, ACK, 1, 14001, 0),              /* RFC 6582 3.2: nothing is out, so two segments */
    out(132, ACK, 14001, 1, 1000), out(132, ACK, 15001, 1, 1000),
    expect(132, CWND, 2000),
    expect(132, SSTHRESH, 4000),
    in(142, ACK, 1, 15001, 0),              /* slow start up to ssthresh */
    out(142, ACK, 16001, 1, 1000), out(142, ACK, 17001, 1, 1000),
    expect(142, CWND, 3000),
END_SCRIPT;

SCRIPT(a_partial_ack_repeats_the_next_hole)
    in_fast_recovery,
    in(132, ACK, 1, 6001, 0),               /* 6001 is lost as well; 3 duplicates - 2 + 1 */
    out(132, ACK, 6001, 1, 1000),
    in(133, ACK, 1, 6001, 0), in(134, ACK, 1, 6001, 0),
    in(135, ACK, 1, 6001, 0),               /* 6001 + 4000 + 2000 + 3000 */
    out(135, ACK, 14001, 1, 1000),
    in(142, ACK, 1, 9001, 0),               /* 9001 as well: 9001 + 4000 + 5000 - 3000 + 1000 */
    out(142, ACK, 9001, 1, 1000), out(142, ACK, 15001, 1, 1000),
    expect(142, SSTHRESH, 4000),            /* halved only once */
    in(152, ACK, 1, 16001, 0),
    out(152, ACK, 16001, 1, 1000), out(152, ACK, 17001, 1, 1000),
    expect(152, SSTHRESH, 4000),
END_SCRIPT;

/* RFC 6582 3.2 step 3: 210 ms after the first one, whatever the second one tells. */
SCRIPT(the_first_partial_ack_alone_restarts_the_timer)
    in_fast_recovery,
    in(132, ACK, 1, 6001, 0),
    out(132, ACK, 6001, 1, 1000),
    in(142, ACK, 1, 7001, 0),
    out(142, ACK, 7001, 1, 1000),
    in(152, ACK, 1, 8001, 0),
    out(152, ACK, 8001, 1, 1000),
    out(342, ACK, 8001, 1, 1000),
    expect(342, CWND, 1000),
END_SCRIPT;

/* RFC 9293 3.8.6.1: a window that closes has a timer of its own, whose time begins then. */
SCRIPT(a_partial_ack_that_closes_the_window_starts_the_persist_timer)
    in_fast_recovery,
    in(132, ACK, 1, 6001, 0),
    out(132, ACK, 6001, 1, 1000),
    in(142, ACK, 1, 7001, 0, .win = SHUT),
    out(352, ACK, 7001, 1, 1),
END_SCRIPT;

/* So it is in each recovery. */
SCRIPT(another_recovery_has_a_first_partial_ack_of_its_own)
    in_fast_recovery,
    in(132, ACK, 1, 6001, 0),
    out(132, ACK, 6001, 1, 1000),
    in(142, ACK, 1, 14001, 0),
    out(142, ACK, 14001, 1, 1000), out(142, ACK, 15001, 1, 1000),
    in(152, ACK, 1, 16001, 0),
    out(152, ACK, 16001, 1, 1000), out(152, ACK, 17001, 1, 1000), out(152, ACK, 18001, 1, 1000),
    in(162, ACK, 1, 16001, 0), out(162, ACK, 19001, 1, 1000),
    in(163, ACK, 1, 16001, 0), out(163, ACK, 20001, 1, 1000),
    in(164, ACK, 1, 16001, 0), out(164, ACK, 16001, 1, 1000),
    in(300, ACK, 1, 17001, 0), out(300, ACK, 17001, 1, 1000), out(300, ACK, 21001, 1, 1000),
    expect(509, CWND, 2000),
    out(510, ACK, 17001, 1, 1000),
END_SCRIPT;

SCRIPT(congestion_avoidance_grows_by_a_segment_for_every_window)
    in_fast_recovery,
    in(123, ACK, 1, 4001, 0), in(123, ACK, 1, 4001, 0), in(123, ACK, 1, 4001, 0),
    in(124, ACK, 1, 4001, 0), out(124, ACK, 14001, 1, 1000),
    in(124, ACK, 1, 4001, 0), out(124, ACK, 15001, 1, 1000),
    in(124, ACK, 1, 4001, 0), out(124, ACK, 16001, 1, 1000),
    in(132, ACK, 1, 14001, 0),
    out(132, ACK, 17001, 1, 1000),
    expect(132, CWND, 4000),                /* = ssthresh */
    in(142, ACK, 1, 15001, 0), out(142, ACK, 18001, 1, 1000),
    in(142, ACK, 1, 16001, 0), out(142, ACK, 19001, 1, 1000),
    in(142, ACK, 1, 17001, 0), out(142, ACK, 20001, 1, 1000),
    expect(142, CWND, 4000),
    in(142, ACK, 1, 18001, 0), out(142, ACK, 21001, 1, 1000), out(142, ACK, 22001, 1, 1000),
    expect(142, CWND, 5000),
END_SCRIPT;

/* RFC 5681 2: neither text nor another window makes a duplicate. */
SCRIPT(what_is_not_a_duplicate_is_not_counted)
    in_slow_start,
    in(120, ACK, 1, 4001, 0, .win = 60000),
    in(121, ACK, 1, 4001, 0, .win = 61000),
    in(122, ACK, 1, 4001, 0, .win = 62000),
    in(123, ACK, 1, 4001, 10),
    in(124, ACK, 11, 4001, 10),
    out(124, ACK, 12001, 21, 0),
    in(125, ACK, 21, 4001, 10),
    in(126, ACK, 31, 3001, 0),
    out(165, ACK, 12001, 31, 0),
    expect(200, SSTHRESH, UINT32_MAX),
END_SCRIPT;

SCRIPT(answers_to_window_probes_are_no_duplicates)
    connected,
    in(50, ACK, 1, 1, 0, .win = SHUT),
    app(100, WRITE, 4000),
    out(310, ACK, 1, 1, 1),
    in(320, ACK, 1, 1, 0),
    out(730, ACK, 1, 1, 1),
    in(740, ACK, 1, 1, 0),
    out(1570, ACK, 1, 1, 1),
    in(1580, ACK, 1, 1, 0),
    expect(1580, SSTHRESH, UINT32_MAX),
    in(1670, ACK, 1, 1, 0, .win = 9000),
    out(1670, ACK, 1, 1, 1000), out(1670, ACK, 1001, 1, 1000),
    out(1670, ACK, 2001, 1, 1000), out(1670, ACK | PSH, 3001, 1, 1000),
END_SCRIPT;

/* RFC 6582 3.2 step 3: by as much as was acknowledged, below ssthresh if need be. */
SCRIPT(a_partial_ack_for_much_leaves_little_room)
    in_fast_recovery,                       /* 4000 and 3 duplicates; 14001 is next */
    in(132, ACK, 1, 12001, 0),              /* 7000 - 8000 + 1000, and one more than nothing */
    out(132, ACK, 12001, 1, 1000),
    in(133, ACK, 1, 12001, 0),
    expect(140, UNACKED, 2000),
END_SCRIPT;

SCRIPT(acks_while_nothing_is_out_are_no_duplicates)
    connected,
    in(20, ACK, 1, 1, 0), in(21, ACK, 1, 1, 0), in(22, ACK, 1, 1, 0), in(23, ACK, 1, 1, 0),
    app(100, WRITE, 1000),
    out(100, ACK | PSH, 1, 1, 1000),
    expect(110, SSTHRESH, UINT32_MAX),
    expect(110, CWND, 4000),
END_SCRIPT;

/* RFC 5681 4.1 */
SCRIPT(after_a_pause_the_window_is_the_initial_one)
    connected,
    app(100, WRITE, 4000),
    out(100, ACK, 1, 1, 1000), out(100, ACK, 1001, 1, 1000),
    out(100, ACK, 2001, 1, 1000), out(100, ACK | PSH, 3001, 1, 1000),
    in(110, ACK, 1, 1001, 0), in(110, ACK, 1, 2001, 0), in(110, ACK, 1, 4001, 0),
    expect(110, CWND, 6000),
    app(290, WRITE, 1000),                  /* not longer than a timeout after the last text */
    out(290, ACK | PSH, 4001, 1, 1000),
    in(300, ACK, 1, 5001, 0),
    expect(300, CWND, 6000),
    app(10000, WRITE, 6000),
    out(10000, ACK, 5001, 1, 1000), out(10000, ACK, 6001, 1, 1000),
    out(10000, ACK, 7001, 1, 1000), out(10000, ACK, 8001, 1, 1000),
    expect(10000, CWND, 4000),
END_SCRIPT;

/* RFC 5681 4.1: the restart window is no more than cwnd. */
SCRIPT(a_pause_makes_no_window_larger)
    connected,
    app(100, WRITE, 1000),
    out(100, ACK | PSH, 1, 1, 1000),
    out(310, ACK | PSH, 1, 1, 1000),
    in(320, ACK, 1, 1001, 0),
    expect(320, CWND, 2000),
    app(330, WRITE, 2000),
    out(330, ACK, 1001, 1, 1000), out(330, ACK | PSH, 2001, 1, 1000),
    in(340, ACK, 1, 3001, 0),
    expect(340, CWND, 3000),
    app(10010, WRITE, 6000),
    out(10010, ACK, 3001, 1, 1000), out(10010, ACK, 4001, 1, 1000), out(10010, ACK, 5001, 1, 1000),
    expect(10010, CWND, 3000),
END_SCRIPT;

#define round_trip_of_180_ms(ms, seq) \
    app(ms, WRITE, 100), \
    out(ms, ACK | PSH, seq, 1, 100), \
    in((ms) + 180, ACK, 1, (seq) + 100, 0)

/* However steady the path is, the peer may hold an ACK back for a while: the 40 ms of Linux. */
SCRIPT(an_ack_that_is_delayed_on_a_steady_path_repeats_nothing)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(180, SYN | ACK, 0, 1, 0, .mss = 1000),
    out(180, ACK, 1, 1, 0),
    round_trip_of_180_ms(200, 1),
    round_trip_of_180_ms(400, 101),
    round_trip_of_180_ms(600, 201),
    round_trip_of_180_ms(800, 301),
    round_trip_of_180_ms(1000, 401),
    round_trip_of_180_ms(1200, 501),
    round_trip_of_180_ms(1400, 601),
    round_trip_of_180_ms(1600, 701),
    round_trip_of_180_ms(1800, 801),
    round_trip_of_180_ms(2000, 901),
    app(2200, WRITE, 100),
    out(2200, ACK | PSH, 1001, 1, 100),
    in(2420, ACK, 1, 1101, 0),
    expect(2420, UNACKED, 0),
END_SCRIPT;

/* RFC 6298 5.4 - 5.6; RFC 5681 3.1: from FlightSize, and once for one loss. */
SCRIPT(a_timeout_repeats_the_first_segment_and_backs_off)
    in_slow_start,
    out(323, ACK, 4001, 1, 1000),
    expect(323, CWND, 1000),
    expect(323, SSTHRESH, 4000),
    expect(323, RTO, 420),
    out(743, ACK, 4001, 1, 1000),
    out(1583, ACK, 4001, 1, 1000),
    expect(1583, SSTHRESH, 4000),
    expect(1583, RTO, 1680),
END_SCRIPT;

SCRIPT(after_a_timeout_all_is_sent_again_in_slow_start)
    in_slow_start,
    out(323, ACK, 4001, 1, 1000),
    in(333, ACK, 1, 5001, 0),
    out(333, ACK, 5001, 1, 1000), out(333, ACK, 6001, 1, 1000),
    in(343, ACK, 1, 6001, 0),
    out(343, ACK, 7001, 1, 1000), out(343, ACK, 8001, 1, 1000),
    in(344, ACK, 1, 12001, 0),              /* the rest had arrived */
    out(344, ACK, 12001, 1, 1000), out(344, ACK, 13001, 1, 1000),
    out(344, ACK, 14001, 1, 1000), out(344, ACK, 15001, 1, 1000),
    expect(344, CWND, 4000),
END_SCRIPT;

/* RFC 6298 3: Karn. The back-off stays until a segment that was sent once is acknowledged. */
SCRIPT(what_was_repeated_is_not_measured)
    in_slow_start,
    out(323, ACK, 4001, 1, 1000),
    in(333, ACK, 1, 12001, 0),
    out(333, ACK, 12001, 1, 1000), out(333, ACK, 13001, 1, 1000),
    expect(333, RTO, 420),
    in(343, ACK, 1, 13001, 0),
    out(343, ACK, 14001, 1, 1000), out(343, ACK, 15001, 1, 1000),
    expect(343, RTO, 210),
END_SCRIPT;

/* RFC 5681 3.1: this segment was never sent again by the timer, so ssthresh follows. */
SCRIPT(a_timeout_after_progress_halves_again)
    in_slow_start,
    out(323, ACK, 4001, 1, 1000),
    expect(323, SSTHRESH, 4000),
    in(333, ACK, 1, 12001, 0),
    out(333, ACK, 12001, 1, 1000), out(333, ACK, 13001, 1, 1000),
    out(753, ACK, 12001, 1, 1000),          /* still backed off */
    expect(753, SSTHRESH, 2000),
    expect(753, CWND, 1000),
END_SCRIPT;

/* RFC 6582 3.2 step 4, 4.1. */
SCRIPT(duplicates_of_what_was_sent_before_a_timeout_start_nothing)
    in_slow_start,
    out(323, ACK, 4001, 1, 1000),
    in(333, ACK, 1, 5001, 0),
    out(333, ACK, 5001, 1, 1000), out(333, ACK, 6001, 1, 1000),
    in(334, ACK, 1, 5001, 0), in(335, ACK, 1, 5001, 0), in(336, ACK, 1, 5001, 0),
    in(337, ACK, 1, 5001, 0),
    expect(410, CWND, 2000),
    expect(410, SSTHRESH, 4000),
END_SCRIPT;

SCRIPT(duplicates_at_the_end_of_a_recovery_start_nothing)
    in_fast_recovery,
    in(132, ACK, 1, 14001, 0),
    out(132, ACK, 14001, 1, 1000), out(132, ACK, 15001, 1, 1000),
    in(133, ACK, 1, 14001, 0), out(133, ACK, 16001, 1, 1000),
    in(134, ACK, 1, 14001, 0), out(134, ACK, 17001, 1, 1000),
    in(135, ACK, 1, 14001, 0), in(136, ACK, 1, 14001, 0),
    expect(300, SSTHRESH, 4000),
    out(342, ACK, 14001, 1, 1000),
END_SCRIPT;

/* RFC 6298 5: 210 ms after the segment was last sent, and not after the last new ACK. */
SCRIPT(a_timeout_ends_recovery)
    in_fast_recovery,
    out(332, ACK, 4001, 1, 1000),
    expect(332, CWND, 1000),
    expect(332, SSTHRESH, 4000),            /* though duplicates let out 10000 by now */
    in(342, ACK, 1, 5001, 0),               /* no partial ACK: slow start */
    out(342, ACK, 5001, 1, 1000), out(342, ACK, 6001, 1, 1000),
    expect(342, CWND, 2000),
END_SCRIPT;

SCRIPT(the_timer_starts_anew_with_every_new_ack)
    connected,
    app(100, WRITE, 2000),
    out(100, ACK, 1, 1, 1000),
    out(100, ACK | PSH, 1001, 1, 1000),
    in(305, ACK, 1, 1001, 0),               /* RTT 205: SRTT 34.4, RTTVAR 52.5 */
    expect(305, RTO, 244),
    out(549, ACK | PSH, 1001, 1, 1000),
    in(552, ACK, 1, 2001, 0),
    expect(9000, UNACKED, 0),               /* and stops when all is acknowledged */
END_SCRIPT;

SCRIPT(the_timer_is_not_moved_by_more_text)
    connected,
    app(100, WRITE, 1000),
    out(100, ACK | PSH, 1, 1, 1000),
    app(250, WRITE, 1000),
    out(250, ACK | PSH, 1001, 1, 1000),
    out(310, ACK, 1, 1, 1000),
END_SCRIPT;

/* RFC 6298 2.2, 2.3. */
SCRIPT(the_timeout_follows_the_round_trip)
    active(0),
    out(0, SYN, 0, 0, 0),
    expect(0, RTO, 1000),
    in(500, SYN | ACK, 0, 1, 0, .mss = 1000),
    out(500, ACK, 1, 1, 0),
    expect(500, RTO, 1500),
    app(600, WRITE, 100),
    out(600, ACK | PSH, 1, 1, 100),
    in(1100, ACK, 1, 101, 0),
    expect(1100, RTO, 1250),
END_SCRIPT;

SCRIPT(a_lost_fin_is_repeated)
    connected,
    app(100, WRITE, 100),
    out(100, ACK | PSH, 1, 1, 100),
    app(100, SHUTDOWN),
    out(100, ACK | FIN, 101, 1, 0),
    in(110, ACK, 1, 101, 0),
    out(320, ACK | FIN, 101, 1, 0),
    in(330, ACK, 1, 102, 0),
    expect(330, STATE, TCP_FIN_WAIT_2),
END_SCRIPT;

/* RFC 5681 3.1: the window that shrank cut the FIN off, and it fits no more into cwnd. */
SCRIPT(a_lost_fin_waits_for_the_congestion_window)
    connected,
    app(100, WRITE, 1000),
    out(100, ACK | PSH, 1, 1, 1000),
    app(100, SHUTDOWN),
    out(100, ACK | FIN, 1001, 1, 0),
    in(110, ACK, 1, 1, 0, .win = 1000),
    out(310, ACK | PSH, 1, 1, 1000),
    expect(310, CWND, 1000),
    in(320, ACK, 1, 1, 0, .win = 65535),
    expect(330, STATE, TCP_FIN_WAIT_1),
    in(340, ACK, 1, 1001, 0),
    out(340, ACK | FIN, 1001, 1, 0),
END_SCRIPT;

SCRIPT(text_and_fin_are_repeated_together)
    connected,
    app(100, WRITE, 100),
    out(100, ACK | PSH, 1, 1, 100),
    app(101, WRITE, 50),
    app(102, SHUTDOWN),
    out(102, ACK | PSH | FIN, 101, 1, 50),
    out(310, ACK | PSH | FIN, 1, 1, 150),
    in(320, ACK, 1, 152, 0),
    expect(320, STATE, TCP_FIN_WAIT_2),
END_SCRIPT;

/* RFC 9293 SHLD-11 asks for 100 s or more. */
SCRIPT(hostile_TIME_01_a_peer_that_fell_silent_is_given_up_after_924_seconds)
    connected,
    app(100, WRITE, 100),
    out(100, ACK | PSH, 1, 1, 100),
    out(310, ACK | PSH, 1, 1, 100), out(730, ACK | PSH, 1, 1, 100),
    out(1570, ACK | PSH, 1, 1, 100), out(3250, ACK | PSH, 1, 1, 100),
    out(6610, ACK | PSH, 1, 1, 100), out(13330, ACK | PSH, 1, 1, 100),
    out(26770, ACK | PSH, 1, 1, 100), out(53650, ACK | PSH, 1, 1, 100),
    out(107410, ACK | PSH, 1, 1, 100), out(167410, ACK | PSH, 1, 1, 100),
    out(227410, ACK | PSH, 1, 1, 100), out(287410, ACK | PSH, 1, 1, 100),
    out(347410, ACK | PSH, 1, 1, 100), out(407410, ACK | PSH, 1, 1, 100),
    out(467410, ACK | PSH, 1, 1, 100), out(527410, ACK | PSH, 1, 1, 100),
    out(587410, ACK | PSH, 1, 1, 100), out(647410, ACK | PSH, 1, 1, 100),
    out(707410, ACK | PSH, 1, 1, 100), out(767410, ACK | PSH, 1, 1, 100),
    out(827410, ACK | PSH, 1, 1, 100), out(887410, ACK | PSH, 1, 1, 100),
    expect(924080, STATE, TCP_ESTABLISHED),
    expect(924110, STATE, TCP_CLOSED),
    expect(924110, ERR, SK_TIMED_OUT),
    expect(2000000, IS_OPEN, 0),
END_SCRIPT;

/* What says nothing new is no sign of life. */
SCRIPT(a_peer_that_only_repeats_itself_is_given_up)
    connected,
    app(100, WRITE, 100),
    out(100, ACK | PSH, 1, 1, 100),
    out(310, ACK | PSH, 1, 1, 100), out(730, ACK | PSH, 1, 1, 100),
    out(1570, ACK | PSH, 1, 1, 100), out(3250, ACK | PSH, 1, 1, 100),
    in(4000, ACK, 1, 1, 0),
    out(6610, ACK | PSH, 1, 1, 100), out(13330, ACK | PSH, 1, 1, 100),
    out(26770, ACK | PSH, 1, 1, 100), out(53650, ACK | PSH, 1, 1, 100),
    in(60000, ACK, 1, 1, 0),
    app(60001, LINK, 0),
    expect(924080, STATE, TCP_ESTABLISHED),
    expect(924110, STATE, TCP_CLOSED),
    expect(924110, ERR, SK_TIMED_OUT),
END_SCRIPT;

/* RFC 9293 3.8.3: any progress is a sign of life. */
SCRIPT(progress_puts_off_giving_up)
    connected,
    app(100, WRITE, 200),
    out(100, ACK | PSH, 1, 1, 200),
    out(310, ACK | PSH, 1, 1, 200), out(730, ACK | PSH, 1, 1, 200),
    out(1570, ACK | PSH, 1, 1, 200),
    in(2070, ACK, 1, 101, 0),
    out(3750, ACK | PSH, 101, 1, 100),
    expect(3850, STATE, TCP_ESTABLISHED),
    in(3950, ACK, 1, 201, 0),
    expect(999999, STATE, TCP_ESTABLISHED),
END_SCRIPT;

// clang-format on

#define LONG_MSS 32768u
#define HALF_THE_SEQUENCE_SPACE (1u << 31)

/* The peer acknowledges all that was sent, and is not audited. */
static void acknowledge_all(struct script *s)
{
    struct ip_hdr ip = { .proto = IP_PROTO_TCP };
    struct tcp_hdr hdr = {
        .seq = s->irs + 1, .ack = s->tcp->snd_nxt, .flags = TCP_ACK, .wnd = s->win
    };

    ck_assert_int_eq(tcp_arrives(s->tcp, &ip, &hdr, s->now), DROP_NONE);
}

/* `n` octets, a multiple of LONG_MSS, go to the peer. Nobody looks at them: there are many. */
static void pass_unseen(struct script *s, uint32_t n)
{
    uint32_t end = s->tcp->snd_una + n;

    while (s->tcp->snd_una != end) {
        struct tcp_hdr hdr;
        struct tcp_text text;

        ring_commit(&s->tcp->tx, LONG_MSS);
        ck_assert(tcp_next(s->tcp, s->now, &hdr, &text));
        tcp_sent(s->tcp, &hdr, s->now);
        acknowledge_all(s);
    }
    s->written += n;
}

START_TEST(a_first_loss_after_two_gigabytes_is_repaired_by_duplicates)
{
    struct script *s = malloc(sizeof(*s));
    const uint32_t lost = 1 + HALF_THE_SEQUENCE_SPACE;

    ck_assert_ptr_nonnull(s);
    script_begin(s, "two gigabytes", 77, 5, 1000000);
    play(s, setup(.path_mss = LONG_MSS, .tx = 8 * LONG_MSS));
    script_connect(s, LONG_MSS, 65535, 14);
    pass_unseen(s, HALF_THE_SEQUENCE_SPACE);
    play(s, app(100, WRITE, 2 * LONG_MSS));
    play(s, out(100, ACK, lost, 1, LONG_MSS));
    play(s, out(100, ACK | PSH, lost + LONG_MSS, 1, LONG_MSS));
    for (int64_t ms = 110; ms < 113; ms++) {
        play(s, in(ms, ACK, 1, lost, 0));
    }
    play(s, out(112, ACK, lost, 1, LONG_MSS));
    script_end(s);
    free(s);
}
END_TEST

/* RFC 6298 3: Karn. The round trip of before is not told a second time. */
START_TEST(an_ack_of_what_was_repeated_tells_no_round_trip)
{
    static struct script s;

    script_begin(&s, "an_ack_of_what_was_repeated_tells_no_round_trip", 7, 9, 1000000);
    script_connect(&s, 1000, 65535, 0);
    play(&s, app(100, WRITE, 1000));
    play(&s, out(100, ACK | PSH, 1, 1, 1000));
    play(&s, in(110, ACK, 1, 1001, 0));
    ck_assert_uint_eq(s.tcp->rtt.latest, millis(10));
    play(&s, app(120, WRITE, 1000));
    play(&s, out(120, ACK | PSH, 1001, 1, 1000));
    play(&s, out(330, ACK | PSH, 1001, 1, 1000));
    play(&s, in(340, ACK, 1, 2001, 0));
    ck_assert_uint_eq(s.tcp->rtt.latest, 0);
    script_end(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        slow_start_grows_by_what_an_ack_acknowledges,
        an_ack_for_three_segments_is_worth_two,
        an_ack_for_little_opens_little,
        a_window_that_is_not_used_does_not_grow,
        the_initial_window_is_three_segments_of_1460,
        the_initial_window_is_two_segments_of_8960,
        the_handshake_does_not_grow_the_window,
        the_initial_window_may_be_ten_segments,
        ten_segments_of_more_than_1460_are_too_many,
        two_segments_are_never_too_many,
        after_a_pause_the_window_is_ten_segments_again,
        a_loss_among_the_first_ten_makes_the_window_after_a_pause_small,
        limited_transmit_lets_two_segments_out,
        the_third_duplicate_repeats_a_segment,
        each_further_duplicate_lets_a_segment_out,
        duplicates_of_more_than_is_out_let_nothing_out,
        a_full_ack_ends_recovery,
        a_partial_ack_repeats_the_next_hole,
        the_first_partial_ack_alone_restarts_the_timer,
        a_partial_ack_that_closes_the_window_starts_the_persist_timer,
        another_recovery_has_a_first_partial_ack_of_its_own,
        congestion_avoidance_grows_by_a_segment_for_every_window,
        what_is_not_a_duplicate_is_not_counted,
        answers_to_window_probes_are_no_duplicates,
        a_partial_ack_for_much_leaves_little_room,
        acks_while_nothing_is_out_are_no_duplicates,
        after_a_pause_the_window_is_the_initial_one,
        a_pause_makes_no_window_larger,
        an_ack_that_is_delayed_on_a_steady_path_repeats_nothing,
        a_timeout_repeats_the_first_segment_and_backs_off,
        after_a_timeout_all_is_sent_again_in_slow_start,
        what_was_repeated_is_not_measured,
        a_timeout_after_progress_halves_again,
        duplicates_of_what_was_sent_before_a_timeout_start_nothing,
        duplicates_at_the_end_of_a_recovery_start_nothing,
        a_timeout_ends_recovery,
        the_timer_starts_anew_with_every_new_ack,
        the_timer_is_not_moved_by_more_text,
        the_timeout_follows_the_round_trip,
        a_lost_fin_is_repeated,
        a_lost_fin_waits_for_the_congestion_window,
        text_and_fin_are_repeated_together,
        hostile_TIME_01_a_peer_that_fell_silent_is_given_up_after_924_seconds,
        a_peer_that_only_repeats_itself_is_given_up,
        progress_puts_off_giving_up,
        a_first_loss_after_two_gigabytes_is_repaired_by_duplicates,
        an_ack_of_what_was_repeated_tells_no_round_trip,
        NULL,
    };

    return suite_run("loss", tests);
}

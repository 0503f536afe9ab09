/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RACK-TLP (RFC 8985), proportional rate reduction (RFC 9937), and losses that were none (RFC 3522,
 * RFC 2883), with Reno for the windows.
 */
#include "proto/tcp/seq.h"
#include "tests/script/rack_scripts.h"
#include "tests/support/suite.h"

#include <string.h>

// clang-format off

/* Connected at 20 ms; the round trip is 100 ms; ten segments are out at 300 ms, 1 to 10000, and
 * cwnd is 10000. The retransmission timeout is 300 ms. */
#define ten_out_of(octets) \
    setup(.profile = &profile), \
    active(0), \
    out(0, SYN, 0, 0, 0), \
    in(100, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true), \
    out(100, ACK, 1, 1, 0), \
    expect(100, CWND, 4000), \
    app(100, WRITE, octets), \
    out(100, ACK, 1, 1, 1000), out(100, ACK, 1001, 1, 1000), \
    out(100, ACK, 2001, 1, 1000), out(100, ACK, 3001, 1, 1000), \
    in(200, ACK, 1, 1001, 0), \
    out(200, ACK, 4001, 1, 1000), out(200, ACK, 5001, 1, 1000), \
    in(201, ACK, 1, 2001, 0), \
    out(201, ACK, 6001, 1, 1000), out(201, ACK, 7001, 1, 1000), \
    in(202, ACK, 1, 3001, 0), \
    out(202, ACK, 8001, 1, 1000), out(202, ACK, 9001, 1, 1000), \
    in(203, ACK, 1, 4001, 0), \
    out(203, ACK, 10001, 1, 1000), out(203, ACK | ((octets) == 12000 ? PSH : 0), 11001, 1, 1000), \
    expect(203, CWND, 8000)

#define ten_out ten_out_of(60000)

/* Three segments were reported beyond the first: without reordering seen that is enough. */
#define in_recovery \
    ten_out, \
    in(300, ACK, 1, 4001, 0, .sack = { { 5001, 6001 } }), \
    out(300, ACK, 12001, 1, 1000), \
    in(301, ACK, 1, 4001, 0, .sack = { { 5001, 7001 } }), \
    out(301, ACK, 13001, 1, 1000), \
    in(302, ACK, 1, 4001, 0, .sack = { { 5001, 8001 } }), \
    out(302, ACK, 4001, 1, 1000)

SCRIPT(a_segment_is_lost_when_three_sent_later_arrived)
    in_recovery,
    expect(302, SSTHRESH, 4000),
    expect(302, UNACKED, 10000),
END_SCRIPT;

/* An acknowledgment was lost, and the next one tells of two blocks, the newer one first (RFC 2018 4):
 * nothing was reordered, and four segments were reported beyond the first. */
SCRIPT(two_new_blocks_of_one_ack_are_no_reordering)
    ten_out,
    in(301, ACK, 1, 4001, 0, .sack = { { 8001, 10001 }, { 5001, 7001 } }),
    out(301, ACK, 4001, 1, 1000),
    out(301, ACK, 7001, 1, 1000),
END_SCRIPT;

/* RFC 6298 5: and not after the last new ACK, which came at 203. */
SCRIPT(the_timer_counts_from_the_repetition)
    in_recovery,
    out(602, ACK, 4001, 1, 1000),
    expect(602, CWND, 1000),
    expect(602, SSTHRESH, 4000),            /* though 10000 are out, of which most was reported */
END_SCRIPT;

/* RFC 9937 6: first 4 for 8, since ssthresh is 4000 and 8000 are still to be delivered, then up to
 * ssthresh. */
SCRIPT(less_is_sent_than_arrives_until_ssthresh_is_reached)
    in_recovery,
    in(303, ACK, 1, 4001, 0, .sack = { { 5001, 9001 } }),
    in(304, ACK, 1, 4001, 0, .sack = { { 5001, 10001 } }),
    expect(304, CWND, 5500),                /* half of 3000 is 500 more than the repetition */
    in(305, ACK, 1, 4001, 0, .sack = { { 5001, 11001 } }),
    in(306, ACK, 1, 4001, 0, .sack = { { 5001, 12001 } }),
    out(306, ACK, 14001, 1, 1000),
    in(307, ACK, 1, 4001, 0, .sack = { { 5001, 13001 } }),
    out(307, ACK, 15001, 1, 1000),
END_SCRIPT;

SCRIPT(recovery_ends_with_what_was_out_when_it_began)
    in_recovery,
    in(402, ACK, 1, 13001, 0, .sack = { { 13001, 14001 } }),
    out(402, ACK, 14001, 1, 1000), out(402, ACK, 15001, 1, 1000),
    out(402, ACK, 16001, 1, 1000), out(402, ACK, 17001, 1, 1000),
    in(403, ACK, 1, 14001, 0),
    expect(403, CWND, 4000),
    expect(403, SSTHRESH, 4000),
END_SCRIPT;

/* Seven segments of ten are new to us: the window of four grows by one. */
SCRIPT(what_the_last_ack_of_a_recovery_tells_counts)
    in_recovery,
    in(402, ACK, 1, 14001, 0),
    out(402, ACK, 14001, 1, 1000), out(402, ACK, 15001, 1, 1000), out(402, ACK, 16001, 1, 1000),
    out(402, ACK, 17001, 1, 1000), out(402, ACK, 18001, 1, 1000),
    expect(402, CWND, 5000),
END_SCRIPT;

SCRIPT(what_it_repeats_does_not)
    in_recovery,
    in(310, ACK, 1, 4001, 0, .sack = { { 5001, 14001 } }),
    out(310, ACK, 14001, 1, 1000), out(310, ACK, 15001, 1, 1000), out(310, ACK, 16001, 1, 1000),
    in(402, ACK, 1, 14001, 0),
    out(402, ACK, 17001, 1, 1000),
    expect(402, CWND, 4000),
    in(410, ACK, 1, 16001, 0),
    out(410, ACK, 18001, 1, 1000), out(410, ACK, 19001, 1, 1000),
    expect(410, CWND, 4000),
    in(411, ACK, 1, 17001, 0),              /* with the repetition, four */
    out(411, ACK, 20001, 1, 1000), out(411, ACK, 21001, 1, 1000),
    expect(411, CWND, 5000),
END_SCRIPT;

/* Each hole is seen at once, and filled as PRR lets it. */
SCRIPT(holes_are_filled_in_order)
    ten_out,
    in(300, ACK, 1, 4001, 0, .sack = { { 5001, 6001 } }),
    out(300, ACK, 12001, 1, 1000),
    in(301, ACK, 1, 4001, 0, .sack = { { 7001, 8001 }, { 5001, 6001 } }),
    out(301, ACK, 13001, 1, 1000),
    in(302, ACK, 1, 4001, 0, .sack = { { 7001, 9001 }, { 5001, 6001 } }),
    out(302, ACK, 4001, 1, 1000),
    in(303, ACK, 1, 4001, 0, .sack = { { 7001, 10001 }, { 5001, 6001 } }),
    in(304, ACK, 1, 4001, 0, .sack = { { 7001, 11001 }, { 5001, 6001 } }),
    in(305, ACK, 1, 4001, 0, .sack = { { 7001, 12001 }, { 5001, 6001 } }),
    out(305, ACK, 6001, 1, 1000),
    in(400, ACK, 1, 4001, 0, .sack = { { 7001, 14001 }, { 5001, 6001 } }),
    out(400, ACK, 14001, 1, 1000), out(400, ACK, 15001, 1, 1000),
    in(402, ACK, 1, 6001, 0, .sack = { { 7001, 14001 } }),
    out(402, ACK, 16001, 1, 1000),
    in(405, ACK, 1, 14001, 0),
    out(405, ACK, 17001, 1, 1000),
    expect(405, CWND, 4000),
END_SCRIPT;

/* A retransmission is lost when something that was sent after it arrived: no timeout is needed. */
SCRIPT(a_lost_retransmission_is_found)
    in_recovery,
    in(303, ACK, 1, 4001, 0, .sack = { { 5001, 9001 } }),
    in(304, ACK, 1, 4001, 0, .sack = { { 5001, 10001 } }),
    in(305, ACK, 1, 4001, 0, .sack = { { 5001, 11001 } }),
    in(306, ACK, 1, 4001, 0, .sack = { { 5001, 12001 } }),
    out(306, ACK, 14001, 1, 1000),
    in(400, ACK, 1, 4001, 0, .sack = { { 5001, 14001 } }),
    out(400, ACK, 15001, 1, 1000), out(400, ACK, 16001, 1, 1000),
    in(406, ACK, 1, 4001, 0, .sack = { { 5001, 15001 } }),
    out(406, ACK, 4001, 1, 1000), out(406, ACK, 17001, 1, 1000),
END_SCRIPT;

/* RFC 8985 6.2 step 5: what was only late is waited for, a quarter of the round trip, once
 * reordering was seen; here it never comes. */
SCRIPT(where_segments_are_reordered_a_loss_is_waited_for)
    ten_out,
    in(300, ACK, 1, 4001, 0, .sack = { { 5001, 6001 } }),
    out(300, ACK, 12001, 1, 1000),
    in(301, ACK, 1, 6001, 0),               /* 4001 was late */
    out(301, ACK, 13001, 1, 1000), out(301, ACK, 14001, 1, 1000), out(301, ACK, 15001, 1, 1000),
    in(302, ACK, 1, 6001, 0, .sack = { { 7001, 8001 } }),
    out(302, ACK, 16001, 1, 1000),
    in(303, ACK, 1, 6001, 0, .sack = { { 7001, 9001 } }),
    out(303, ACK, 17001, 1, 1000),
    in(304, ACK, 1, 6001, 0, .sack = { { 7001, 10001 } }),
    out(304, ACK, 18001, 1, 1000),
    in(305, ACK, 1, 6001, 0, .sack = { { 7001, 11001 } }),
    out(305, ACK, 19001, 1, 1000),
    out(328, ACK, 6001, 1, 1000),
    expect(328, SSTHRESH, 5000),
END_SCRIPT;

SCRIPT(a_tail_is_probed_with_its_last_segment)
    tail_probed,
    in(200, ACK, 1, 1, 0, .sack = { { 2001, 3001 } }),
    out(200, ACK, 1, 1, 1000),
    expect(200, SSTHRESH, 2000),
END_SCRIPT;

/* RFC 8985 7.2: the probe of a single segment would come at 350 ms, the timeout at 300 ms. */
SCRIPT(a_probe_comes_no_later_than_the_timeout)
    setup(.profile = &profile),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(50, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true),
    out(50, ACK, 1, 1, 0),
    app(50, WRITE, 1000),
    out(50, ACK | PSH, 1, 1, 1000),
    out(300, ACK | PSH, 1, 1, 1000),
    expect(300, CWND, 4000),
    expect(300, RTO, 250),
    out(550, ACK | PSH, 1, 1, 1000),
    expect(550, CWND, 1000),
END_SCRIPT;

SCRIPT(a_probe_that_was_not_needed_changes_nothing)
    tail_probed,
    in(160, ACK, 1, 3001, 0),
    in(200, ACK, 1, 3001, 0, .sack = { { 2001, 3001 } }),
    expect(200, SSTHRESH, UINT32_MAX),
    expect(400, IS_OPEN, 1),
END_SCRIPT;

SCRIPT(new_text_is_the_better_probe)
    setup(.profile = &profile),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(50, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true),
    out(50, ACK, 1, 1, 0),
    app(50, WRITE, 9000),
    out(50, ACK, 1, 1, 1000), out(50, ACK, 1001, 1, 1000),
    out(50, ACK, 2001, 1, 1000), out(50, ACK, 3001, 1, 1000),
    out(150, ACK, 4001, 1, 1000),
    out(400, ACK, 1, 1, 1000),              /* the timeout counts from the probe */
END_SCRIPT;

/* A tail whose last segment was repeated as a probe, and then one more. */
#define probed_and_more \
    setup(.profile = &profile), \
    active(0), \
    out(0, SYN, 0, 0, 0), \
    in(50, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true), \
    out(50, ACK, 1, 1, 0), \
    app(50, WRITE, 4000), \
    out(50, ACK, 1, 1, 1000), out(50, ACK, 1001, 1, 1000), out(50, ACK, 2001, 1, 1000), \
    out(50, ACK | PSH, 3001, 1, 1000), \
    in(100, ACK, 1, 2001, 0), \
    out(200, ACK | PSH, 3001, 1, 1000), \
    app(240, WRITE, 1000), \
    out(240, ACK | PSH, 4001, 1, 1000)

/* RFC 8985 7.4.2: the probe itself filled the only hole. */
SCRIPT(a_loss_that_a_probe_repaired_reduces_the_window)
    probed_and_more,
    in(250, ACK, 1, 4001, 0),
    expect(250, SSTHRESH, UINT32_MAX),      /* both may have come */
    in(290, ACK, 1, 5001, 0),
    expect(290, SSTHRESH, 2000),
    expect(290, CWND, 2000),
END_SCRIPT;

/* RFC 8985 7.4.2: it arrived twice, though more was acknowledged. */
SCRIPT(a_probe_that_a_d_sack_tells_of_repaired_no_loss)
    probed_and_more,
    in(290, ACK, 1, 5001, 0, .sack = { { 3001, 4001 } }),
    expect(290, SSTHRESH, UINT32_MAX),
END_SCRIPT;

/* RFC 5681 4.1, with 203 as the last time that anything was sent. */
SCRIPT(a_pause_shorter_than_the_timeout_leaves_the_window)
    ten_out_of(12000),
    in(303, ACK, 1, 12001, 0),
    app(500, WRITE, 6000),
    out(500, ACK, 12001, 1, 1000), out(500, ACK, 13001, 1, 1000), out(500, ACK, 14001, 1, 1000),
    out(500, ACK, 15001, 1, 1000), out(500, ACK, 16001, 1, 1000), out(500, ACK | PSH, 17001, 1, 1000),
END_SCRIPT;

SCRIPT(a_longer_one_begins_again_with_the_initial_window)
    ten_out_of(12000),
    in(303, ACK, 1, 12001, 0),
    app(510, WRITE, 6000),
    out(510, ACK, 12001, 1, 1000), out(510, ACK, 13001, 1, 1000), out(510, ACK, 14001, 1, 1000),
    out(510, ACK, 15001, 1, 1000),
    expect(510, CWND, 4000),
END_SCRIPT;

/* RFC 8985 7.4.2: where a recovery has begun meanwhile, that is what it was. */
SCRIPT(a_probe_is_no_second_loss)
    ten_out_of(12000),
    out(403, ACK | PSH, 11001, 1, 1000),    /* a probe */
    in(410, ACK, 1, 4001, 0, .sack = { { 5001, 12001 } }),
    out(410, ACK, 4001, 1, 1000),
    expect(410, SSTHRESH, 4000),
    app(411, WRITE, 1000),
    out(411, ACK | PSH, 12001, 1, 1000),
    in(510, ACK, 1, 13001, 0),
    expect(510, SSTHRESH, 4000),
END_SCRIPT;

/* RFC 8985 6.3, RFC 6298: only the first segment, while the others may still come. */
SCRIPT(a_timeout_repeats_the_first_segment)
    ten_out,
    out(403, ACK, 12001, 1, 1000),          /* a probe */
    out(703, ACK, 4001, 1, 1000),
    expect(703, CWND, 1000),
    expect(703, SSTHRESH, 4500),
    in(803, ACK, 1, 5001, 0, .sack = { { 12001, 13001 } }),
    out(803, ACK, 5001, 1, 1000), out(803, ACK, 6001, 1, 1000),
END_SCRIPT;

/* RFC 6675 5.1, RFC 8985 7.2: what is found lost up to where it began is no second loss, and nothing
 * is probed for. */
SCRIPT(a_timeout_is_one_loss_until_all_of_it_is_acknowledged)
    ten_out,
    out(403, ACK, 12001, 1, 1000),          /* a probe */
    out(703, ACK, 4001, 1, 1000),
    in(803, ACK, 1, 5001, 0),
    out(803, ACK, 5001, 1, 1000), out(803, ACK, 6001, 1, 1000),
    expect(803, SSTHRESH, 4500),
    expect(803, CWND, 2000),
    out(1403, ACK, 5001, 1, 1000),
END_SCRIPT;

/* RFC 8985 7.2 */
SCRIPT(nothing_is_probed_in_a_recovery)
    in_recovery,
    in(402, ACK, 1, 8001, 0),
    out(402, ACK, 8001, 1, 1000),
    out(702, ACK, 8001, 1, 1000),
    expect(702, CWND, 1000),
END_SCRIPT;

/* RFC 2018 8 */
SCRIPT(a_peer_that_threw_away_what_it_reported_gets_it_again)
    ten_out,
    in(300, ACK, 1, 4001, 0, .sack = { { 5001, 12001 } }),
    out(300, ACK, 4001, 1, 1000), out(300, ACK, 12001, 1, 1000), out(300, ACK, 13001, 1, 1000),
    out(300, ACK, 14001, 1, 1000),
    in(400, ACK, 1, 5001, 0),
    out(400, ACK, 15001, 1, 1000),
    out(700, ACK, 5001, 1, 1000),
    in(800, ACK, 1, 6001, 0),
    out(800, ACK, 6001, 1, 1000), out(800, ACK, 7001, 1, 1000),
END_SCRIPT;

/* RFC 2883: the repetition came as well, so the first had only been late. */
SCRIPT(a_duplicate_of_all_that_was_repeated_takes_the_loss_back)
    in_recovery,
    expect(302, SSTHRESH, 4000),
    in(310, ACK, 1, 8001, 0),               /* 4001 was late */
    in(402, ACK, 1, 8001, 0, .sack = { { 4001, 5001 } }),
    out(402, ACK, 14001, 1, 1000), out(402, ACK, 15001, 1, 1000),
    expect(402, SSTHRESH, UINT32_MAX),
    expect(402, CWND, 8000),
END_SCRIPT;

#define with_timestamps \
    setup(.profile = &profile), \
    active(0), \
    out(0, SYN, 0, 0, 0), \
    in(100, SYN | ACK, 0, 1, 0, .mss = 1012, .sack_ok = true, .ts = 100, .ecr = 0), \
    out(100, ACK, 1, 1, 0), \
    app(100, WRITE, 60000), \
    out(100, ACK, 1, 1, 988), out(100, ACK, 989, 1, 988), \
    out(100, ACK, 1977, 1, 988), out(100, ACK, 2965, 1, 988), \
    out(300, ACK, 3953, 1, 988),            /* a probe */ \
    out(600, ACK, 1, 1, 988)                /* a timeout */

/* RFC 3522: the acknowledgment echoes a time before the repetition. */
SCRIPT(an_echo_of_the_original_takes_a_timeout_back)
    with_timestamps,
    expect(600, CWND, 988),
    in(610, ACK, 1, 989, 0, .ts = 600, .ecr = 100),
    out(610, ACK, 4941, 1, 988),
    expect(610, SSTHRESH, UINT32_MAX),
END_SCRIPT;

/* To what was before the first of several. */
SCRIPT(an_echo_of_the_original_takes_two_timeouts_back)
    with_timestamps,
    out(1200, ACK, 1, 1, 988),
    in(1210, ACK, 1, 989, 0, .ts = 600, .ecr = 100),
    out(1210, ACK, 4941, 1, 988),
    expect(1210, SSTHRESH, UINT32_MAX),
END_SCRIPT;

SCRIPT(an_echo_of_the_repetition_does_not)
    with_timestamps,
    in(700, ACK, 1, 989, 0, .ts = 700, .ecr = 600),
    out(700, ACK, 989, 1, 988), out(700, ACK, 1977, 1, 988),
    in(800, ACK, 1, 4941, 0, .ts = 800, .ecr = 600),
    out(800, ACK, 4941, 1, 988), out(800, ACK, 5929, 1, 988), out(800, ACK, 6917, 1, 988),
    expect(800, SSTHRESH, 2470),
END_SCRIPT;

/* The echo of the first of two repetitions is earlier than the second. */
SCRIPT(the_echo_of_an_earlier_repetition_does_not)
    setup(.profile = &profile),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(100, SYN | ACK, 0, 1, 0, .mss = 1012, .sack_ok = true, .ts = 100, .ecr = 0),
    out(100, ACK, 1, 1, 0),
    app(100, WRITE, 60000),
    out(100, ACK, 1, 1, 988), out(100, ACK, 989, 1, 988),
    out(100, ACK, 1977, 1, 988), out(100, ACK, 2965, 1, 988),
    in(200, ACK, 1, 1, 0, .ts = 200, .ecr = 0, .sack = { { 989, 1977 } }),
    out(200, ACK, 3953, 1, 988),
    in(201, ACK, 1, 1, 0, .ts = 200, .ecr = 0, .sack = { { 2965, 3953 }, { 989, 1977 } }),
    out(201, ACK, 4941, 1, 988),
    out(225, ACK, 1, 1, 988),
    in(300, ACK, 1, 1, 0, .ts = 200, .ecr = 0, .sack = { { 2965, 4941 }, { 989, 1977 } }),
    in(301, ACK, 1, 1, 0, .ts = 200, .ecr = 0, .sack = { { 2965, 5929 }, { 989, 1977 } }),
    out(301, ACK, 1977, 1, 988),
    in(325, ACK, 1, 1977, 0, .ts = 325, .ecr = 225, .sack = { { 2965, 5929 } }),
    out(325, ACK, 5929, 1, 988),
    expect(325, SSTHRESH, 1976),
END_SCRIPT;

/* Times wrap after 71 minutes, and half of that looks like the future. */
SCRIPT(a_pause_of_forty_minutes_blinds_nobody)
    setup(.profile = &profile),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true),
    out(10, ACK, 1, 1, 0),
    app(20, WRITE, 1000),
    out(20, ACK | PSH, 1, 1, 1000),
    in(30, ACK, 1, 1001, 0),
    app(2400000, WRITE, 4000),
    out(2400000, ACK, 1001, 1, 1000), out(2400000, ACK, 2001, 1, 1000),
    out(2400000, ACK, 3001, 1, 1000), out(2400000, ACK | PSH, 4001, 1, 1000),
    in(2400010, ACK, 1, 2001, 0),           /* the others were sent later, not before */
    expect(2400025, SSTHRESH, UINT32_MAX),
    in(2400026, ACK, 1, 5001, 0),
    expect(2400026, UNACKED, 0),
END_SCRIPT;

/* The network made two of a segment, long before the loss: that says nothing of the loss. */
SCRIPT(a_duplicate_of_before_undoes_nothing)
    in_recovery,
    expect(302, SSTHRESH, 4000),
    in(303, ACK, 1, 4001, 0, .sack = { { 1, 1001 }, { 5001, 8001 } }),
    expect(303, SSTHRESH, 4000),
    in(304, ACK, 1, 4001, 0, .sack = { { 2147490000u, 4001 }, { 5001, 8001 } }),
    expect(304, SSTHRESH, 4000),
END_SCRIPT;

/* The duplicate of a tail loss probe does not stand for what is repaired after it. */
SCRIPT(the_duplicate_of_a_probe_undoes_nothing)
    setup(.profile = &profile),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(50, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true),
    out(50, ACK, 1, 1, 0),
    app(50, WRITE, 4000),
    out(50, ACK, 1, 1, 1000), out(50, ACK, 1001, 1, 1000), out(50, ACK, 2001, 1, 1000),
    out(50, ACK | PSH, 3001, 1, 1000),
    out(150, ACK | PSH, 3001, 1, 1000),
    in(160, ACK, 1, 1, 0, .sack = { { 1001, 4001 } }),      /* late; the first one is lost */
    out(160, ACK, 1, 1, 1000),
    expect(160, SSTHRESH, 2000),
    in(200, ACK, 1, 1, 0, .sack = { { 3001, 4001 }, { 1001, 4001 } }),
    expect(200, SSTHRESH, 2000),
    in(210, ACK, 1, 4001, 0, .sack = { { 1, 1001 } }),      /* that was in vain, too */
    expect(210, SSTHRESH, UINT32_MAX),
END_SCRIPT;

/* Blocks that cannot be: inverted, empty, of what was never sent, half the sequence space away. */
SCRIPT(hostile_TCPH_07_blocks_that_cannot_be)
    ten_out,
    in(300, ACK, 1, 4001, 0, .sack = { { 9001, 5001 } }),
    in(301, ACK, 1, 4001, 0, .sack = { { 12001, 90001 }, { 5001, 4294967295u } }),
    in(302, ACK, 1, 4001, 0, .sack = { { 11001, 12002 }, { 2147490000u, 2147500000u } }),
    in(303, ACK, 1, 4001, 0, .sack = { { 4294960000u, 4001 }, { 20001, 30001 } }),
    in(304, ACK, 1, 4001, 0, .sack = { { 4001, 2147495650u } }),
    expect(304, SSTHRESH, UINT32_MAX),
    expect(304, CWND, 8000),
    expect(304, UNACKED, 8000),
END_SCRIPT;

/* Without SACK the connection has NewReno: three duplicates, RFC 5681. */
SCRIPT(a_peer_without_sack_gets_newreno)
    setup(.profile = &profile),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000),
    out(10, ACK, 1, 1, 0),
    app(100, WRITE, 4000),
    out(100, ACK, 1, 1, 1000), out(100, ACK, 1001, 1, 1000),
    out(100, ACK, 2001, 1, 1000), out(100, ACK | PSH, 3001, 1, 1000),
    in(110, ACK, 1, 1, 0), in(111, ACK, 1, 1, 0), in(112, ACK, 1, 1, 0),
    out(112, ACK, 1, 1, 1000),
END_SCRIPT;

/* The table of records has four entries: what does not fit into it costs a repetition, no more. */
SCRIPT(few_records_are_enough)
    setup(.profile = &profile, .inflight = 4),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(100, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true),
    out(100, ACK, 1, 1, 0),
    app(100, WRITE, 4000),
    out(100, ACK, 1, 1, 1000), out(100, ACK, 1001, 1, 1000),
    out(100, ACK, 2001, 1, 1000), out(100, ACK | PSH, 3001, 1, 1000),
    in(200, ACK, 1, 1, 0, .sack = { { 3901, 4001 } }),
    in(201, ACK, 1, 1, 0, .sack = { { 3401, 3501 }, { 3901, 4001 } }),
    in(202, ACK, 1, 1, 0, .sack = { { 2401, 2501 }, { 3401, 3501 }, { 3901, 4001 } }),
    out(225, ACK, 1, 1, 1000),
    in(325, ACK, 1, 4001, 0),
    expect(325, UNACKED, 0),
END_SCRIPT;

/* Two were repeated: one duplicate says nothing of the other. */
SCRIPT(every_repetition_has_to_come_twice)
    ten_out,
    in(300, ACK, 1, 4001, 0, .sack = { { 5001, 6001 } }),
    out(300, ACK, 12001, 1, 1000),
    in(301, ACK, 1, 4001, 0, .sack = { { 7001, 8001 }, { 5001, 6001 } }),
    out(301, ACK, 13001, 1, 1000),
    in(302, ACK, 1, 4001, 0, .sack = { { 7001, 9001 }, { 5001, 6001 } }),
    out(302, ACK, 4001, 1, 1000),
    in(303, ACK, 1, 4001, 0, .sack = { { 7001, 10001 }, { 5001, 6001 } }),
    in(304, ACK, 1, 4001, 0, .sack = { { 7001, 11001 }, { 5001, 6001 } }),
    in(305, ACK, 1, 4001, 0, .sack = { { 7001, 12001 }, { 5001, 6001 } }),
    out(305, ACK, 6001, 1, 1000),
    in(306, ACK, 1, 13001, 0, .more = true),
    in(306, ACK, 1, 13001, 0, .sack = { { 4001, 5001 } }),
    out(306, ACK, 14001, 1, 1000), out(306, ACK, 15001, 1, 1000), out(306, ACK, 16001, 1, 1000),
    expect(306, SSTHRESH, 4000),
    in(307, ACK, 1, 13001, 0, .sack = { { 6001, 7001 } }),
    out(307, ACK, 17001, 1, 1000), out(307, ACK, 18001, 1, 1000), out(307, ACK, 19001, 1, 1000),
    out(307, ACK, 20001, 1, 1000),
    expect(307, SSTHRESH, UINT32_MAX),
END_SCRIPT;

SCRIPT(a_recovery_leaves_ssthresh_behind)
    in_recovery,
    in(303, ACK, 1, 14001, 0),
    out(303, ACK, 14001, 1, 1000), out(303, ACK, 15001, 1, 1000),
    out(303, ACK, 16001, 1, 1000), out(303, ACK, 17001, 1, 1000),
    out(303, ACK, 18001, 1, 1000),
    expect(303, CWND, 5000), /* seven segments are news, and earn one */
END_SCRIPT;

/* RFC 6937 3: what arrives is replaced, and one more for progress without a new loss. */
SCRIPT(heavy_losses_are_repaired_in_slow_start)
    ten_out,
    in(305, ACK, 1, 4001, 0, .sack = { { 9001, 12001 } }),
    out(305, ACK, 4001, 1, 1000), out(305, ACK, 5001, 1, 1000), out(305, ACK, 6001, 1, 1000),
    expect(305, SSTHRESH, 4000),
    in(405, ACK, 1, 5001, 0, .sack = { { 9001, 12001 } }),
    out(405, ACK, 7001, 1, 1000), out(405, ACK, 8001, 1, 1000),
END_SCRIPT;

/* The timer of 6.2 step 5 runs in recovery, too. */
SCRIPT(a_loss_is_waited_for_in_recovery)
    ten_out,
    in(300, ACK, 1, 4001, 0, .sack = { { 5001, 6001 } }),
    out(300, ACK, 12001, 1, 1000),
    in(301, ACK, 1, 6001, 0),               /* 4001 was late */
    out(301, ACK, 13001, 1, 1000), out(301, ACK, 14001, 1, 1000), out(301, ACK, 15001, 1, 1000),
    in(305, ACK, 1, 6001, 0, .sack = { { 7001, 11001 } }),
    out(305, ACK, 16001, 1, 1000), out(305, ACK, 17001, 1, 1000),
    out(305, ACK, 18001, 1, 1000), out(305, ACK, 19001, 1, 1000),
    out(328, ACK, 6001, 1, 1000),
    in(401, ACK, 1, 6001, 0, .sack = { { 7001, 12001 }, { 13001, 18001 } }),
    out(401, ACK, 20001, 1, 1000),
    out(420, ACK, 12001, 1, 1000),
END_SCRIPT;

// clang-format on

/* Reno, and how often it was told of a loss that may be none, and of one that was. */
static struct tcp_congestion watched;
static int n_remembered;
static int n_undone;

static void note_remember(struct tcp_sock *tcp)
{
    ck_assert_uint_eq(tcp->ssthresh, UINT32_MAX);
    ck_assert_uint_eq(tcp->cwnd, 8000);
    n_remembered++;
}

static void note_undo(struct tcp_sock *tcp, instant now)
{
    ck_assert_uint_eq(tcp->ssthresh, UINT32_MAX);
    ck_assert_uint_eq(tcp->cwnd, 8000);
    ck_assert(now > 0);
    n_undone++;
}

START_TEST(congestion_control_hears_of_a_loss_that_was_none)
{
    static struct tcp_profile watching;
    // clang-format off
    static const struct event story[] = {
        in_recovery,
        in(310, ACK, 1, 8001, 0),
        in(402, ACK, 1, 8001, 0, .sack = { { 4001, 5001 } }),
        out(402, ACK, 14001, 1, 1000), out(402, ACK, 15001, 1, 1000),
    };
    // clang-format on
    static struct event changed[sizeof(story) / sizeof(story[0])];

    watched = tcp_reno;
    watched.remember = note_remember;
    watched.on_undo = note_undo;
    watching = profile;
    watching.congestion = &watched;
    n_remembered = n_undone = 0;
    memcpy(changed, story, sizeof(story));
    changed[0].setup.profile = &watching;
    script_run(__FILE__, "congestion control hears of a loss that was none", changed,
               sizeof(story) / sizeof(story[0]));
    ck_assert_int_gt(n_undone, 0);
    ck_assert_int_eq(n_remembered, n_undone);
}
END_TEST

/* All that while the last octet is sent again and again: RACK compares 32 bits of microseconds. */
START_TEST(a_window_that_is_closed_for_forty_minutes_blinds_nobody)
{
    static struct script s;
    struct tcp_hdr hdr;
    uint32_t sent = 4001;
    uint32_t n_again = 0;

    script_begin(&s, "a closed window", 100000, 200000, 1000000);
    script_step(&s, &(const struct event){ .kind = EVENT_SETUP, .setup = { .profile = &profile } });
    play(&s, active(0));
    play(&s, out(0, SYN, 0, 0, 0));
    play(&s, in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true));
    play(&s, out(10, ACK, 1, 1, 0));
    play(&s, app(20, WRITE, 60000));
    while (script_take(&s, &hdr)) {
    }
    play(&s, in(30, ACK, 1, 3001, 0, .win = SHUT));
    while (script_ms(&s) < 40 * 60000) {
        script_advance(&s, script_ms(&s) + 130000);
        while (script_take(&s, &hdr)) {
        }
        play(&s, in(script_ms(&s) + 10, ACK, 1, 3001, 0, .win = SHUT));
    }
    for (uint32_t acked = 3001; acked < 60001; acked = seq_min(acked + 1000, sent)) {
        play(&s, in(script_ms(&s) + 4, ACK, 1, acked, 0, .win = 32000));
        while (script_take(&s, &hdr)) {
            n_again += hdr.seq < sent;
            sent = seq_max(sent, hdr.seq + hdr.len);
        }
    }
    ck_assert_uint_le(n_again, 1); /* what was thrown away at the closed window */
    ck_assert_uint_ge(s.tcp->cwnd, 8000);
    script_end(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_segment_is_lost_when_three_sent_later_arrived,
        two_new_blocks_of_one_ack_are_no_reordering,
        the_timer_counts_from_the_repetition,
        less_is_sent_than_arrives_until_ssthresh_is_reached,
        recovery_ends_with_what_was_out_when_it_began,
        what_the_last_ack_of_a_recovery_tells_counts,
        what_it_repeats_does_not,
        holes_are_filled_in_order,
        a_lost_retransmission_is_found,
        where_segments_are_reordered_a_loss_is_waited_for,
        a_tail_is_probed_with_its_last_segment,
        a_probe_comes_no_later_than_the_timeout,
        a_probe_that_was_not_needed_changes_nothing,
        new_text_is_the_better_probe,
        a_loss_that_a_probe_repaired_reduces_the_window,
        a_probe_that_a_d_sack_tells_of_repaired_no_loss,
        a_pause_shorter_than_the_timeout_leaves_the_window,
        a_longer_one_begins_again_with_the_initial_window,
        a_probe_is_no_second_loss,
        a_timeout_repeats_the_first_segment,
        a_timeout_is_one_loss_until_all_of_it_is_acknowledged,
        nothing_is_probed_in_a_recovery,
        a_peer_that_threw_away_what_it_reported_gets_it_again,
        a_duplicate_of_all_that_was_repeated_takes_the_loss_back,
        an_echo_of_the_original_takes_a_timeout_back,
        an_echo_of_the_original_takes_two_timeouts_back,
        an_echo_of_the_repetition_does_not,
        the_echo_of_an_earlier_repetition_does_not,
        a_pause_of_forty_minutes_blinds_nobody,
        a_window_that_is_closed_for_forty_minutes_blinds_nobody,
        a_duplicate_of_before_undoes_nothing,
        the_duplicate_of_a_probe_undoes_nothing,
        hostile_TCPH_07_blocks_that_cannot_be,
        a_peer_without_sack_gets_newreno,
        few_records_are_enough,
        every_repetition_has_to_come_twice,
        a_recovery_leaves_ssthresh_behind,
        heavy_losses_are_repaired_in_slow_start,
        a_loss_is_waited_for_in_recovery,
        congestion_control_hears_of_a_loss_that_was_none,
        NULL,
    };

    return suite_run("rack", tests);
}

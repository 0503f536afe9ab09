/* SPDX-License-Identifier: BSD-3-Clause */
/* Tail loss probes (RFC 8985 7): when they leave, what they carry, and what their answers mean. */
#include "tests/script/rack_scripts.h"
#include "tests/support/suite.h"

// clang-format off

/* RFC 8985 7.2, without a round trip measured: a SYN that was repeated tells none. */
SCRIPT(a_probe_without_a_round_trip_waits_for_a_second)
    setup(.profile = &profile),
    active(0),
    out(0, SYN, 0, 0, 0),
    out(1000, SYN, 0, 0, 0),
    in(1010, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true),
    out(1010, ACK, 1, 1, 0),
    app(1010, WRITE, 2000),
    out(1010, ACK, 1, 1, 1000),
    out(2010, ACK | PSH, 1001, 1, 1000),
END_SCRIPT;

/* RFC 8985 7.3: not before a round trip was measured, or one that has grown beyond 2 SRTT would be
 * probed in each flight, and never be measured. */
SCRIPT(the_next_probe_waits_for_a_measurement)
    setup(.profile = &profile),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(50, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true),
    out(50, ACK, 1, 1, 0),
    app(50, WRITE, 2000),
    out(50, ACK, 1, 1, 1000), out(50, ACK | PSH, 1001, 1, 1000),
    out(150, ACK | PSH, 1001, 1, 1000),     /* a probe, too early */
    in(200, ACK, 1, 2001, 0),
    in(250, ACK, 1, 2001, 0, .sack = { { 1001, 2001 } }),
    app(400, WRITE, 2000),
    out(400, ACK, 2001, 1, 1000), out(400, ACK | PSH, 3001, 1, 1000),
    in(550, ACK, 1, 4001, 0),               /* unprobed, and measured: SRTT is 62 */
    app(700, WRITE, 2000),
    out(700, ACK, 4001, 1, 1000), out(700, ACK | PSH, 5001, 1, 1000),
    out(825, ACK | PSH, 5001, 1, 1000),
END_SCRIPT;

/* Whose acknowledgment the peer may delay: 200 ms more. */
SCRIPT(a_probe_of_a_single_segment_waits_longer)
    setup(.profile = &profile),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(500, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true),
    out(500, ACK, 1, 1, 0),
    app(500, WRITE, 1000),
    out(500, ACK | PSH, 1, 1, 1000),
    out(1700, ACK | PSH, 1, 1, 1000),
END_SCRIPT;

/* What opened was thrown away by nobody: no recovery begins, and the first flight is probed. */
SCRIPT(a_window_that_opens_with_the_connection_is_no_loss)
    setup(.profile = &profile),
    passive(0, SYN, 0, 0, 0, .mss = 1000, .sack_ok = true, .win = SHUT),
    out(0, SYN | ACK, 0, 1, 0),
    in(50, ACK, 1, 1, 0, .win = 65535),
    app(60, WRITE, 2000),
    out(60, ACK, 1, 1, 1000), out(60, ACK | PSH, 1001, 1, 1000),
    out(160, ACK | PSH, 1001, 1, 1000),     /* after 2 SRTT */
END_SCRIPT;

#define four_out(octets, window) \
    setup(.profile = &profile), \
    active(0), \
    out(0, SYN, 0, 0, 0), \
    in(50, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true, .win = window), \
    out(50, ACK, 1, 1, 0), \
    app(50, WRITE, octets), \
    out(50, ACK, 1, 1, 1000), out(50, ACK, 1001, 1, 1000), out(50, ACK, 2001, 1, 1000)

/* RFC 8985 7.3 */
SCRIPT(a_probe_does_not_ask_the_window)
    four_out(4000, 65535),
    out(50, ACK | PSH, 3001, 1, 1000),
    out(150, ACK | PSH, 3001, 1, 1000),
END_SCRIPT;

SCRIPT(nothing_is_probed_after_the_end)
    four_out(4000, 65535),
    out(50, ACK | PSH, 3001, 1, 1000),
    in(100, RST, 1, 0, 0),
    expect(101, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(a_probe_is_new_when_a_whole_segment_waits_and_the_peer_takes_it)
    four_out(5000, 5000),
    out(50, ACK, 3001, 1, 1000),
    out(150, ACK | PSH, 4001, 1, 1000),
END_SCRIPT;

SCRIPT(a_probe_is_not_new_when_the_peer_does_not_take_it)
    four_out(5000, 4999),
    out(50, ACK, 3001, 1, 1000),
    out(150, ACK, 3001, 1, 1000),
END_SCRIPT;

SCRIPT(a_probe_is_not_new_when_less_than_a_segment_waits)
    four_out(4999, 65535),
    out(50, ACK, 3001, 1, 1000),
    out(150, ACK, 3001, 1, 1000),
END_SCRIPT;

SCRIPT(a_probe_that_the_link_did_not_take_in_time_is_forgotten)
    four_out(4000, 65535),
    out(50, ACK | PSH, 3001, 1, 1000),
    app(140, LINK, 0),
    expect(150, SSTHRESH, UINT32_MAX),
    in(160, ACK, 1, 3001, 0),
    app(170, LINK, 1),
    expect(180, UNACKED, 1000),
END_SCRIPT;

/* A timeout came before it could be sent: what is repeated then is no probe. */
SCRIPT(a_timeout_ends_a_probe_that_was_not_sent)
    four_out(4000, 65535),
    out(50, ACK | PSH, 3001, 1, 1000),
    app(140, LINK, 0),
    expect(600, CWND, 1000),
    app(600, LINK, 1),
    out(600, ACK, 1, 1, 1000),
    in(650, ACK, 1, 1001, 0),
    out(650, ACK, 1001, 1, 1000), out(650, ACK, 2001, 1, 1000),
END_SCRIPT;

SCRIPT(a_probe_that_is_settled_is_not_blamed_later)
    tail_probed,
    in(160, ACK, 1, 3001, 0),
    in(200, ACK, 1, 3001, 0, .sack = { { 2001, 3001 } }),
    app(210, WRITE, 2000),
    out(210, ACK, 3001, 1, 1000), out(210, ACK | PSH, 4001, 1, 1000),
    in(260, ACK, 1, 5001, 0),
    expect(260, SSTHRESH, UINT32_MAX),
END_SCRIPT;

/* RFC 8985 7.4.2: an acknowledgment for each of the two. */
SCRIPT(a_duplicate_acknowledgment_settles_a_probe)
    tail_probed,
    in(160, ACK, 1, 3001, 0),
    app(161, WRITE, 2000),
    out(161, ACK, 3001, 1, 1000), out(161, ACK | PSH, 4001, 1, 1000),
    in(200, ACK, 1, 3001, 0),
    in(212, ACK, 1, 5001, 0),
    expect(212, SSTHRESH, UINT32_MAX),
END_SCRIPT;

SCRIPT(one_that_reports_more_does_not)
    tail_probed,
    in(160, ACK, 1, 3001, 0),
    app(161, WRITE, 2000),
    out(161, ACK, 3001, 1, 1000), out(161, ACK | PSH, 4001, 1, 1000),
    in(200, ACK, 1, 3001, 0, .sack = { { 4001, 5001 } }),
    in(205, ACK, 1, 5001, 0),
    expect(205, SSTHRESH, 2000),
END_SCRIPT;

/* RFC 8985 7.4.2: a duplicate of something else does not say that the probe was one. */
SCRIPT(another_duplicate_does_not_settle_a_probe)
    four_out(4000, 65535),
    out(50, ACK | PSH, 3001, 1, 1000),
    in(100, ACK, 1, 2001, 0),
    out(200, ACK | PSH, 3001, 1, 1000),
    app(240, WRITE, 1000),
    out(240, ACK | PSH, 4001, 1, 1000),
    in(250, ACK, 1, 4001, 0, .sack = { { 1, 1001 } }),
    in(290, ACK, 1, 5001, 0),
    expect(290, SSTHRESH, 2000),
END_SCRIPT;

/* D-SACK undoes what was sent again, and nothing was. */
SCRIPT(what_was_not_repeated_yet_was_not_repeated_in_vain)
    four_out(4000, 65535),
    out(50, ACK | PSH, 3001, 1, 1000),
    app(140, LINK, 0),
    expect(600, CWND, 1000),
    in(610, ACK, 1, 1, 0, .sack = { { 3001, 4001 } }),
    expect(610, CWND, 1000),
    expect(610, SSTHRESH, 2000),
END_SCRIPT;

// clang-format on

int main(void)
{
    const TTest *const tests[] = {
        a_probe_without_a_round_trip_waits_for_a_second,
        the_next_probe_waits_for_a_measurement,
        a_probe_of_a_single_segment_waits_longer,
        a_window_that_opens_with_the_connection_is_no_loss,
        a_probe_does_not_ask_the_window,
        nothing_is_probed_after_the_end,
        a_probe_is_new_when_a_whole_segment_waits_and_the_peer_takes_it,
        a_probe_is_not_new_when_the_peer_does_not_take_it,
        a_probe_is_not_new_when_less_than_a_segment_waits,
        a_probe_that_the_link_did_not_take_in_time_is_forgotten,
        a_timeout_ends_a_probe_that_was_not_sent,
        a_probe_that_is_settled_is_not_blamed_later,
        a_duplicate_acknowledgment_settles_a_probe,
        another_duplicate_does_not_settle_a_probe,
        one_that_reports_more_does_not,
        what_was_not_repeated_yet_was_not_repeated_in_vain,
        NULL,
    };

    return suite_run("tail loss probes", tests);
}

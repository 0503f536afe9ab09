/* SPDX-License-Identifier: BSD-3-Clause */
/* Urgent data (RFC 9293 3.8.5, RFC 6093): a mark in a stream that is read in line. */
#include "tests/script/script.h"
#include "tests/support/suite.h"

// clang-format off

/* MUST-33: at each octet. */
SCRIPT(the_mark_comes_nearer_with_each_octet_that_is_read)
    connected,
    in(20, ACK | URG, 1, 1, 10, .up = 8),
    out(60, ACK, 1, 11, 0),
    expect(60, URGENT, 8),
    app(60, READ, 1),
    expect(60, URGENT, 7),
    app(60, READ, 6),
    expect(60, URGENT, 1),
    app(60, READ, 1),
    expect(60, URGENT, 0),
    app(60, READ, 2),
    expect(60, URGENT, 0),
END_SCRIPT;

/* MUST-31: of any length, also of more than one pointer can say, and before it is there. */
SCRIPT(the_mark_may_be_far_ahead_of_what_has_arrived)
    connected,
    in(20, ACK | URG, 1, 1, 10, .up = 65535),
    out(60, ACK, 1, 11, 0),
    expect(60, URGENT, 65535),
    app(60, READ, 10),
    expect(60, URGENT, 65525),
    in(70, ACK | URG, 11, 1, 10, .up = 65535),
    out(110, ACK, 1, 21, 0),
    expect(110, URGENT, 65535),
END_SCRIPT;

/* An older segment, or one out of order, does not move it back. */
SCRIPT(the_mark_only_advances)
    connected,
    in(20, ACK | URG, 11, 1, 10, .up = 500),
    out(20, ACK, 1, 1, 0),
    expect(20, URGENT, 510),
    in(30, ACK | URG, 1, 1, 10, .up = 50),
    out(30, ACK, 1, 21, 0),
    expect(30, URGENT, 510),
    in(40, ACK, 21, 1, 10),
    out(40, ACK, 1, 31, 0),
    expect(40, URGENT, 510),
END_SCRIPT;

SCRIPT(a_pointer_without_its_flag_is_none)
    connected,
    in(20, ACK, 11, 1, 10, .up = 100),
    out(20, ACK, 1, 1, 0),
    expect(20, URGENT, 0),
END_SCRIPT;

SCRIPT(a_mark_that_was_read_past_is_none)
    connected,
    in(20, ACK, 1, 1, 10),
    app(20, READ, 10),
    out(60, ACK, 1, 11, 0),
    in(70, ACK | URG, 1, 1, 10, .up = 10),
    out(70, ACK, 1, 11, 0),
    expect(70, URGENT, 0),
    in(80, ACK | URG, 11, 1, 1, .up = 0),
    expect(80, URGENT, 0),
    out(120, ACK, 1, 12, 0),
END_SCRIPT;

/* MUST-66 */
SCRIPT(a_closed_window_lets_the_mark_through)
    setup(.rx = 1024),
    connected,
    in(20, ACK, 1, 1, 1000),
    in(20, ACK, 1001, 1, 24),
    out(60, ACK, 1, 1025, 0),
    in(70, ACK | URG, 1025, 1, 10, .up = 10),
    out(70, ACK, 1, 1025, 0),
    expect(70, URGENT, 1034),
END_SCRIPT;

SCRIPT(what_is_unread_at_the_end_stays_urgent)
    connected,
    in(20, FIN | ACK | URG, 1, 1, 10, .up = 10),
    out(20, ACK, 1, 12, 0),
    expect(20, URGENT, 10),
    app(20, READ, 9),
    expect(20, URGENT, 1),
    app(20, READ, 1),
    expect(20, URGENT, 0),
END_SCRIPT;

/* MUST-62: the pointer names the octet after; each segment before it has one, also those that are
 * sent again and those without text. */
SCRIPT(segments_before_the_mark_point_to_it)
    connected,
    app(20, WRITE, 1000),
    out(20, ACK | PSH, 1, 1, 1000),
    app(20, WRITE_URGENT, 1500),
    out(20, ACK | URG, 1001, 1, 1000, .up = 1500),
    in(25, ACK, 1, 1, 1000), in(25, ACK, 1001, 1, 1000),
    out(25, ACK | URG, 2001, 2001, 0, .up = 500),
    in(30, ACK, 2001, 1001, 0),
    in(31, ACK, 2001, 2001, 0),
    out(31, ACK | PSH | URG, 2001, 2001, 500, .up = 500),
    out(241, ACK | PSH | URG, 2001, 2001, 500, .up = 500),
    app(245, WRITE, 100),
    in(250, ACK, 2001, 2501, 0),
    out(250, ACK | PSH, 2501, 2001, 100),
END_SCRIPT;

SCRIPT(a_mark_out_of_reach_is_pointed_to_as_far_as_can_be)
    setup(.tx = 131072),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .ws = 4),
    out(10, ACK, 1, 1, 0),
    app(20, WRITE_URGENT, 70000),
    out(20, ACK | URG, 1, 1, 1000, .up = 65535), out(20, ACK | URG, 1001, 1, 1000, .up = 65535),
    out(20, ACK | URG, 2001, 1, 1000, .up = 65535), out(20, ACK | URG, 3001, 1, 1000, .up = 65535),
    in(30, ACK, 1, 4001, 0),
    out(30, ACK | URG, 4001, 1, 1000, .up = 65535), out(30, ACK | URG, 5001, 1, 1000, .up = 65000),
    out(30, ACK | URG, 6001, 1, 1000, .up = 64000), out(30, ACK | URG, 7001, 1, 1000, .up = 63000),
    out(30, ACK | URG, 8001, 1, 1000, .up = 62000), out(30, ACK | URG, 9001, 1, 1000, .up = 61000),
END_SCRIPT;

// clang-format on

int main(void)
{
    const TTest *const tests[] = {
        the_mark_comes_nearer_with_each_octet_that_is_read,
        the_mark_may_be_far_ahead_of_what_has_arrived,
        the_mark_only_advances,
        a_pointer_without_its_flag_is_none,
        a_mark_that_was_read_past_is_none,
        a_closed_window_lets_the_mark_through,
        what_is_unread_at_the_end_stays_urgent,
        segments_before_the_mark_point_to_it,
        a_mark_out_of_reach_is_pointed_to_as_far_as_can_be,
        NULL,
    };

    return suite_run("urgent", tests);
}

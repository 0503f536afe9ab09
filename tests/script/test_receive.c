/* SPDX-License-Identifier: BSD-3-Clause */
/* Incoming text: its order, its place, and when it is acknowledged (RFC 9293 3.10.7.4, RFC
 * 5681 4.2). */
#include "tests/script/script.h"
#include "tests/support/suite.h"

#include <stdlib.h>

// clang-format off

SCRIPT(an_ack_is_delayed_by_40_ms)
    connected,
    in(100, ACK | PSH, 1, 1, 500),
    out(140, ACK, 1, 501, 0),
    in(1000, ACK | PSH, 501, 1, 500),
    out(1040, ACK, 1, 1001, 0),
    app(1050, READ, 1000),
END_SCRIPT;

SCRIPT(every_second_full_segment_is_acknowledged_at_once)
    connected,
    in(100, ACK, 1, 1, 1000),
    in(110, ACK, 1001, 1, 1000),
    out(110, ACK, 1, 2001, 0),
    in(120, ACK, 2001, 1, 1000),
    in(130, ACK, 3001, 1, 1000),
    out(130, ACK, 1, 4001, 0),
    in(140, ACK | PSH, 4001, 1, 10),
    out(180, ACK, 1, 4011, 0),
END_SCRIPT;

/* RFC 5681 3.2: the peer counts them, and they may all be there when we look (RFC 9293 MUST-59). */
SCRIPT(segments_that_came_together_are_told_of_one_by_one)
    connected,
    in(100, ACK, 1001, 1, 1000, .more = true),
    in(100, ACK, 2001, 1, 1000),
    out(100, ACK, 1, 1, 0), out(100, ACK, 1, 1, 0),
    in(110, ACK, 3001, 1, 1000, .more = true),
    in(110, ACK, 4001, 1, 1000, .more = true),
    in(110, ACK, 5001, 1, 1000, .more = true),
    in(110, ACK, 6001, 1, 1000),
    out(110, ACK, 1, 1, 0), out(110, ACK, 1, 1, 0), out(110, ACK, 1, 1, 0), /* no more are needed */
    in(120, ACK, 7001, 1, 1000, .more = true),
    in(120, ACK, 8001, 1, 1000, .more = true),
    in(120, ACK, 1, 1, 1000),
    out(120, ACK, 1, 9001, 0),
END_SCRIPT;

/* What is shorter, and not the end of a push, is all that the path takes now. */
SCRIPT(every_second_segment_is_acknowledged_after_they_became_shorter)
    connected,
    in(100, ACK, 1, 1, 1000),
    in(101, ACK, 1001, 1, 1000),
    out(101, ACK, 1, 2001, 0),
    in(110, ACK, 2001, 1, 300),
    in(111, ACK | PSH, 2301, 1, 100),       /* the rest of a write between two says nothing */
    in(112, ACK, 2401, 1, 300),
    out(112, ACK, 1, 2701, 0),
    in(120, ACK, 2701, 1, 300),
    in(121, ACK, 3001, 1, 300),
    out(121, ACK, 1, 3301, 0),
    in(130, ACK, 3301, 1, 1000),            /* and longer again */
    in(131, ACK, 4301, 1, 1000),
    out(131, ACK, 1, 5301, 0),
    in(140, ACK, 5301, 1, 900),
    out(180, ACK, 1, 6201, 0),
    app(200, READ, 6200),
    out(200, ACK, 1, 6201, 0),
END_SCRIPT;

SCRIPT(a_short_segment_makes_no_other_full)
    connected,
    in(100, ACK, 1, 1, 1000),
    in(101, ACK, 1001, 1, 1000),
    out(101, ACK, 1, 2001, 0),
    in(110, ACK, 2001, 1, 300),             /* one may be all that the window took */
    in(111, ACK, 2301, 1, 1000),
    in(112, ACK, 3301, 1, 300),
    out(150, ACK, 1, 3601, 0),
    in(200, ACK, 3601, 1, 1000),
    in(201, ACK | PSH, 4601, 1, 10),        /* nor is any number of keystrokes */
    in(202, ACK | PSH, 4611, 1, 10),
    in(203, ACK | PSH, 4621, 1, 10),
    out(240, ACK, 1, 4631, 0),
    app(300, READ, 4630),
    out(300, ACK, 1, 4631, 0),
END_SCRIPT;

/* One that is as long as the one before it is no shorter one, and the next is the first of them. */
SCRIPT(a_second_full_segment_is_no_shorter_one)
    connected,
    in(100, ACK, 1, 1, 1000),
    in(101, ACK, 1001, 1, 1000),
    out(101, ACK, 1, 2001, 0),
    in(200, ACK, 2001, 1, 300),
    in(201, ACK | PSH, 2301, 1, 300),
    out(240, ACK, 1, 2601, 0),
END_SCRIPT;

SCRIPT(small_segments_wait_for_the_timer)
    connected,
    in(100, ACK, 1, 1, 1000),
    out(140, ACK, 1, 1001, 0),
    in(200, ACK | PSH, 1001, 1, 100),
    in(210, ACK | PSH, 1101, 1, 100),
    in(220, ACK | PSH, 1201, 1, 100),
    out(240, ACK, 1, 1301, 0),
END_SCRIPT;

SCRIPT(one_ack_answers_all_that_came_in_one_poll)
    connected,
    in(100, ACK, 1, 1, 1000, .more = true),
    in(100, ACK, 1001, 1, 1000, .more = true),
    in(100, ACK, 2001, 1, 1000, .more = true),
    in(100, ACK, 3001, 1, 1000),
    out(100, ACK, 1, 4001, 0),
    expect(1000, UNREAD, 4000),
END_SCRIPT;

SCRIPT(an_ack_rides_on_text_of_ours)
    connected,
    in(100, ACK | PSH, 1, 1, 500),
    app(110, WRITE, 10),
    out(110, ACK | PSH, 1, 501, 10),
    in(120, ACK, 501, 11, 0),
    expect(1000, STATE, TCP_ESTABLISHED),
END_SCRIPT;

SCRIPT(text_out_of_order_is_kept_and_acknowledged_at_once)
    connected,
    in(100, ACK, 1001, 1, 1000),
    out(100, ACK, 1, 1, 0),
    in(101, ACK, 3001, 1, 1000),
    out(101, ACK, 1, 1, 0),
    expect(101, RANGES, 2),
    expect(101, UNREAD, 0),
    in(102, ACK, 1, 1, 1000),               /* fills the first hole */
    out(102, ACK, 1, 2001, 0),
    expect(102, UNREAD, 2000),
    in(103, ACK, 2001, 1, 500),             /* and half of the second */
    out(103, ACK, 1, 2501, 0),
    in(104, ACK, 2501, 1, 500),
    out(104, ACK, 1, 4001, 0),
    expect(104, RANGES, 0),
    app(105, READ, 4000),
    out(105, ACK, 1, 4001, 0, .win = 32768), /* the window opened by two segments */
END_SCRIPT;

/* The peer's window is small after a loss: sixteen segments do not wait for a second one, beside
 * the short ones of who types. */
START_TEST(after_a_hole_full_segments_do_not_wait_for_a_while)
{
    static struct script s;
    uint32_t seq = 2001;

    script_begin(&s, "after_a_hole_full_segments_do_not_wait_for_a_while", 7, 9, 1000000);
    script_connect(&s, 1000, 65535, 0);
    play(&s, in(20, ACK, 1001, 1, 1000));
    play(&s, out(20, ACK, 1, 1, 0));
    play(&s, in(21, ACK, 1, 1, 1000));
    play(&s, out(21, ACK, 1, 2001, 0));
    for (int i = 0; i < 16; i++, seq += 1000) {
        play(&s, in(100 * (i + 1), ACK, seq, 1, 1000));
        play(&s, out(100 * (i + 1), ACK, 1, seq + 1000, 0));
        if (i == 7) {
            play(&s, in(850, ACK | PSH, seq + 1000, 1, 10));
            play(&s, out(890, ACK, 1, seq + 1010, 0));
            seq += 10;
        }
    }
    play(&s, in(2000, ACK, seq, 1, 1000));
    play(&s, out(2040, ACK, 1, seq + 1000, 0));
    script_end(&s);
}
END_TEST

SCRIPT(ranges_grow_together)
    connected,
    in(100, ACK, 1001, 1, 500),
    out(100, ACK, 1, 1, 0),
    in(100, ACK, 2001, 1, 500),
    out(100, ACK, 1, 1, 0),
    in(100, ACK, 3001, 1, 500),
    out(100, ACK, 1, 1, 0),
    expect(100, RANGES, 3),
    in(100, ACK, 1501, 1, 1500),            /* over the hole, the second range, the next hole */
    out(100, ACK, 1, 1, 0),
    expect(100, RANGES, 1),
    in(100, ACK, 1, 1, 1000),
    out(100, ACK, 1, 3501, 0),
    app(105, READ, 3500),
    out(105, ACK, 1, 3501, 0),
END_SCRIPT;

SCRIPT(a_range_more_than_there_is_room_for_is_left_to_be_repeated)
    connected,
    in(100, ACK,  2001, 1, 1000), out(100, ACK, 1, 1, 0),
    in(100, ACK,  4001, 1, 1000), out(100, ACK, 1, 1, 0),
    in(100, ACK,  6001, 1, 1000), out(100, ACK, 1, 1, 0),
    in(100, ACK,  8001, 1, 1000), out(100, ACK, 1, 1, 0),
    in(100, ACK, 10001, 1, 1000), out(100, ACK, 1, 1, 0),
    in(100, ACK, 12001, 1, 1000), out(100, ACK, 1, 1, 0),
    in(100, ACK, 14001, 1, 1000), out(100, ACK, 1, 1, 0),
    in(100, ACK, 16001, 1, 1000), out(100, ACK, 1, 1, 0),
    expect(100, RANGES, CONFIG_TCP_RANGES),
    in(101, ACK, 18001, 1, 1000, .drop = DROP_TCP_NO_ROOM), out(101, ACK, 1, 1, 0),
    in(102, ACK, 15001, 1, 1000), out(102, ACK, 1, 1, 0),
    expect(102, RANGES, CONFIG_TCP_RANGES - 1),
    in(103, ACK,     1, 1, 2000), out(103, ACK, 1, 3001, 0),
    in(104, ACK,  3001, 1, 1000), out(104, ACK, 1, 5001, 0),
    in(104, ACK,  5001, 1, 1000), out(104, ACK, 1, 7001, 0),
    in(104, ACK,  7001, 1, 1000), out(104, ACK, 1, 9001, 0),
    in(104, ACK,  9001, 1, 1000), out(104, ACK, 1, 11001, 0),
    in(104, ACK, 11001, 1, 1000), out(104, ACK, 1, 13001, 0),
    in(104, ACK, 13001, 1, 1000), out(104, ACK, 1, 17001, 0),
    in(104, ACK, 17001, 1, 2000), out(104, ACK, 1, 19001, 0),
    app(200, READ, 19000),
    out(200, ACK, 1, 19001, 0, .win = 32768),
END_SCRIPT;

SCRIPT(text_that_came_before_is_acknowledged_again)
    connected,
    in(100, ACK, 1, 1, 1000),
    out(140, ACK, 1, 1001, 0),
    in(200, ACK, 1, 1, 1000, .fill = 0xee, .drop = DROP_TCP_UNACCEPTABLE),
    out(200, ACK, 1, 1001, 0),
    in(201, ACK, 1, 1, 1000, .fill = 0xee), /* text is answered however often: RFC 5961 7 */
    out(201, ACK, 1, 1001, 0),
    app(210, READ, 1000),
END_SCRIPT;

SCRIPT(the_new_part_of_an_overlapping_segment_is_taken)
    connected,
    in(100, ACK, 1, 1, 1000),
    in(110, ACK, 501, 1, 1000),
    in(120, ACK, 1501, 1, 500),
    out(120, ACK, 1, 2001, 0),
    app(130, READ, 2000),
    out(130, ACK, 1, 2001, 0, .win = 32768),
END_SCRIPT;

SCRIPT(text_that_ends_inside_of_what_is_here_fills_the_hole)
    connected,
    in(20, ACK, 101, 1, 1000),
    out(20, ACK, 1, 1, 0),
    in(30, ACK, 1, 1, 500),
    out(30, ACK, 1, 1101, 0),
    app(30, READ, 1100),
END_SCRIPT;

SCRIPT(what_came_first_stays)
    connected,
    in(100, ACK, 501, 1, 500),
    out(100, ACK, 1, 1, 0),
    in(110, ACK, 501, 1, 500, .fill = 0xee),
    out(110, ACK, 1, 1, 0),
    in(115, ACK, 1, 1, 500),
    out(115, ACK, 1, 1001, 0),
    in(120, ACK, 1, 1, 1000, .fill = 0xee),
    out(120, ACK, 1, 1001, 0),
    app(130, READ, 1000),
END_SCRIPT;

SCRIPT(hostile_TCPS_27_text_is_trimmed_at_the_right_edge)
    setup(.rx = 2048),
    connected,
    in(100, ACK | PSH, 1, 1, 1500),
    out(140, ACK, 1, 1501, 0, .win = 548),
    in(200, ACK, 1501, 1, 1000),
    out(240, ACK, 1, 2049, 0, .win = SHUT),
    app(250, READ, 2048),
    out(250, ACK, 1, 2049, 0, .win = 2048),
END_SCRIPT;

SCRIPT(hostile_TCPS_27_text_that_begins_before_the_window_and_ends_after_it_fills_it)
    setup(.rx = 2048),
    connected,
    in(100, ACK, 1, 1, 1000),
    out(140, ACK, 1, 1001, 0, .win = 1048),
    in(200, ACK, 1, 1, 4000),
    out(240, ACK, 1, 2049, 0, .win = SHUT),
    app(250, READ, 2048),
    out(250, ACK, 1, 2049, 0, .win = 2048),
END_SCRIPT;

SCRIPT(text_beyond_the_window_is_not_taken)
    setup(.rx = 2048),
    connected,
    in(100, ACK, 2049, 1, 100, .drop = DROP_TCP_UNACCEPTABLE),
    out(100, ACK, 1, 1, 0),
    in(110, ACK, 2048, 1, 100),             /* its first octet is the last of the window */
    out(110, ACK, 1, 1, 0),
    in(120, ACK, 1, 1, 2047),
    out(120, ACK, 1, 2049, 0, .win = SHUT),
    app(130, READ, 2048),
    out(130, ACK, 1, 2049, 0),
END_SCRIPT;

SCRIPT(fin_is_acknowledged_at_once)
    connected,
    in(100, ACK | FIN, 1, 1, 10),
    out(100, ACK, 1, 12, 0),
    expect(100, STATE, TCP_CLOSE_WAIT),
    expect(100, AT_END, 0),
    app(110, READ, 10),
    expect(110, AT_END, 1),
    in(200, ACK | FIN, 1, 1, 10, .drop = DROP_TCP_UNACCEPTABLE), /* again: our ACK was lost */
    out(200, ACK, 1, 12, 0),
END_SCRIPT;

SCRIPT(fin_out_of_order_waits_for_what_is_before_it)
    connected,
    in(100, ACK | FIN, 1001, 1, 500),
    out(100, ACK, 1, 1, 0),
    expect(100, STATE, TCP_ESTABLISHED),
    in(110, ACK, 1, 1, 1000),
    out(110, ACK, 1, 1502, 0),
    expect(110, STATE, TCP_CLOSE_WAIT),
    app(120, READ, 1500),
    expect(120, AT_END, 1),
END_SCRIPT;

SCRIPT(fin_alone_out_of_order_waits_too)
    connected,
    in(100, ACK | FIN, 1001, 1, 0),
    out(100, ACK, 1, 1, 0),
    expect(100, STATE, TCP_ESTABLISHED),
    in(110, ACK, 1, 1, 400),
    in(115, ACK, 401, 1, 600),
    out(115, ACK, 1, 1002, 0),
    expect(115, STATE, TCP_CLOSE_WAIT),
END_SCRIPT;

SCRIPT(hostile_TCPS_27_fin_beyond_the_window_is_cut_off)
    setup(.rx = 2048),
    connected,
    in(100, ACK | FIN, 1, 1, 3000),
    out(100, ACK, 1, 2049, 0, .win = SHUT),
    expect(100, STATE, TCP_ESTABLISHED),
    app(150, READ, 2048),
    out(150, ACK, 1, 2049, 0, .win = 2048),
    in(160, ACK | FIN, 2049, 1, 952),
    out(160, ACK, 1, 3002, 0),
    expect(160, STATE, TCP_CLOSE_WAIT),
END_SCRIPT;

SCRIPT(fin_enters_a_closed_window)
    setup(.rx = 2048),
    connected,
    in(100, ACK, 1, 1, 2048),
    out(100, ACK, 1, 2049, 0, .win = SHUT),
    in(150, ACK | FIN, 2049, 1, 0),
    out(150, ACK, 1, 2050, 0),
    expect(150, STATE, TCP_CLOSE_WAIT),
    app(160, READ, 2048),
    expect(160, AT_END, 1),
END_SCRIPT;

SCRIPT(fin_leaves_a_closed_window_closed)
    setup(.rx = 2048),
    connected,
    in(100, ACK, 1, 1, 2048),
    out(100, ACK, 1, 2049, 0, .win = SHUT),
    in(150, ACK | FIN, 2049, 1, 0),
    out(150, ACK, 1, 2050, 0, .win = SHUT),
    expect(150, RECEIVE_WINDOW, 0),
    in(160, ACK, 5000, 1, 100, .drop = DROP_TCP_UNACCEPTABLE),
    out(160, ACK, 1, 2050, 0, .win = SHUT),
END_SCRIPT;

SCRIPT(text_after_fin_is_ignored)
    connected,
    in(100, ACK | FIN, 1, 1, 10),
    out(100, ACK, 1, 12, 0),
    in(110, ACK, 12, 1, 100),
    out(110, ACK, 1, 12, 0),
    expect(110, UNREAD, 10),
    in(120, ACK | FIN, 12, 1, 0),           /* a second one: stay, EV-51 */
    out(120, ACK, 1, 12, 0),
    expect(120, STATE, TCP_CLOSE_WAIT),
END_SCRIPT;

SCRIPT(text_that_overtook_the_fin_before_it_is_ignored)
    connected,
    in(100, ACK | FIN, 11, 1, 0),
    out(100, ACK, 1, 1, 0),
    in(110, ACK, 1, 1, 100),
    out(110, ACK, 1, 12, 0),
    expect(110, STATE, TCP_CLOSE_WAIT),
    app(120, READ, 10),
    expect(120, AT_END, 1),
END_SCRIPT;

SCRIPT(a_fin_before_text_that_came_is_not_believed)
    connected,
    in(100, ACK, 101, 1, 100),
    out(100, ACK, 1, 1, 0),
    in(101, ACK, 301, 1, 100),
    out(101, ACK, 1, 1, 0),
    in(102, ACK | FIN, 251, 1, 0),
    out(102, ACK, 1, 1, 0),
    in(103, ACK, 1, 1, 100),
    out(103, ACK, 1, 201, 0),
    in(104, ACK, 201, 1, 100),
    out(104, ACK, 1, 401, 0),
    expect(104, STATE, TCP_ESTABLISHED),
END_SCRIPT;

SCRIPT(text_is_kept_for_a_reader_that_shut_down)
    connected,
    in(100, ACK, 1, 1, 1000),
    out(140, ACK, 1, 1001, 0),
    app(150, SHUTDOWN_READ),
    expect(150, UNREAD, 1000),
    expect(150, AT_END, 0),
    in(160, ACK, 1001, 1, 1000),
    out(200, ACK, 1, 2001, 0, .win = 30768),
    expect(200, UNREAD, 2000),
    app(210, READ, 2000),
    out(210, ACK, 1, 2001, 0, .win = 32768),
    expect(210, AT_END, 1),
END_SCRIPT;

SCRIPT(text_after_both_directions_were_shut_is_answered_with_a_reset)
    connected,
    app(100, SHUTDOWN_READ),
    app(100, SHUTDOWN),
    out(100, ACK | FIN, 1, 1, 0),
    in(110, ACK, 1, 2, 0),
    expect(110, STATE, TCP_FIN_WAIT_2),
    in(120, ACK, 1, 2, 100),
    out(120, RST | ACK, 2, 1, 0),
    expect(120, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(a_segment_without_text_is_not_acknowledged)
    connected,
    in(100, ACK, 1, 1, 0),
    in(110, ACK, 1, 1, 0, .win = 1000),
    expect(5000, STATE, TCP_ESTABLISHED),
END_SCRIPT;

// clang-format on

/* RFC 9293 SHLD-31. Nothing but ACKs is sent, so nothing asks for a repetition. */
START_TEST(hostile_TCPS_14_every_order_of_five_segments_is_delivered)
{
    struct script *s = malloc(sizeof(*s));

    ck_assert_ptr_nonnull(s);
    for (unsigned code = 0; code < 5 * 5 * 5 * 5 * 5; code++) {
        unsigned order[5] = { code % 5, code / 5 % 5, code / 25 % 5, code / 125 % 5, code / 625 };
        unsigned seen = 0;

        for (unsigned i = 0; i < 5; i++) {
            seen |= 1u << order[i];
        }
        if (seen != 31) {
            continue;
        }
        script_begin(s, "every order", 7, UINT32_MAX - code % 6000, 1000000);
        script_connect(s, 1000, 65535, 0);
        for (unsigned i = 0; i < 5; i++) {
            struct tcp_hdr ack;
            uint32_t flags = order[i] == 4 ? TCP_ACK | TCP_FIN : TCP_ACK;

            play(s, in(100, flags, 1 + order[i] * 1000, 1, 1000));
            while (script_take(s, &ack)) {
                ck_assert_uint_eq(ack.flags, TCP_ACK);
            }
        }
        play(s, expect(100, STATE, TCP_CLOSE_WAIT));
        play(s, app(100, READ, 5000));
        play(s, expect(100, AT_END, 1));
        script_end(s);
    }
    free(s);
}
END_TEST

/* What tcp_place wrote for a segment with a bad checksum is never read. */
START_TEST(a_segment_that_was_placed_but_is_corrupt_leaves_no_trace)
{
    struct script *s = malloc(sizeof(*s));
    struct tcp_hdr hdr = { .flags = TCP_ACK, .len = 1000, .wnd = 100, .wscale = TCP_NO_WSCALE };
    uint8_t garbage[1000] = { 0 };

    ck_assert_ptr_nonnull(s);
    script_begin(s, "corrupt", 7, UINT32_MAX - 700, 1000000);
    script_connect(s, 1000, 65535, 0);
    play(s, in(20, ACK, 501, 1, 100));
    play(s, out(20, ACK, 1, 1, 0));
    hdr.seq = s->irs + 1;
    hdr.ack = s->iss + 1;
    tcp_place(s->tcp, &hdr, garbage);
    play(s, expect(30, UNREAD, 0));
    play(s, in(40, ACK, 1, 1, 500));
    play(s, out(40, ACK, 1, 601, 0));
    play(s, in(40, ACK, 601, 1, 400));
    play(s, app(50, READ, 1000));
    script_end(s);
    free(s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_ack_is_delayed_by_40_ms,
        every_second_full_segment_is_acknowledged_at_once,
        segments_that_came_together_are_told_of_one_by_one,
        every_second_segment_is_acknowledged_after_they_became_shorter,
        a_short_segment_makes_no_other_full,
        a_second_full_segment_is_no_shorter_one,
        small_segments_wait_for_the_timer,
        one_ack_answers_all_that_came_in_one_poll,
        an_ack_rides_on_text_of_ours,
        text_out_of_order_is_kept_and_acknowledged_at_once,
        after_a_hole_full_segments_do_not_wait_for_a_while,
        ranges_grow_together,
        a_range_more_than_there_is_room_for_is_left_to_be_repeated,
        text_that_came_before_is_acknowledged_again,
        the_new_part_of_an_overlapping_segment_is_taken,
        text_that_ends_inside_of_what_is_here_fills_the_hole,
        what_came_first_stays,
        hostile_TCPS_27_text_is_trimmed_at_the_right_edge,
        hostile_TCPS_27_text_that_begins_before_the_window_and_ends_after_it_fills_it,
        text_beyond_the_window_is_not_taken,
        fin_is_acknowledged_at_once,
        fin_out_of_order_waits_for_what_is_before_it,
        fin_alone_out_of_order_waits_too,
        hostile_TCPS_27_fin_beyond_the_window_is_cut_off,
        fin_enters_a_closed_window,
        fin_leaves_a_closed_window_closed,
        text_after_fin_is_ignored,
        text_that_overtook_the_fin_before_it_is_ignored,
        a_fin_before_text_that_came_is_not_believed,
        text_is_kept_for_a_reader_that_shut_down,
        text_after_both_directions_were_shut_is_answered_with_a_reset,
        a_segment_without_text_is_not_acknowledged,
        hostile_TCPS_14_every_order_of_five_segments_is_delivered,
        a_segment_that_was_placed_but_is_corrupt_leaves_no_trace,
        NULL,
    };

    return suite_run("receive", tests);
}

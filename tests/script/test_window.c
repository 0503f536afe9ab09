/* SPDX-License-Identifier: BSD-3-Clause */
/* The window that we announce (RFC 9293 3.8.6.2.2, RFC 7323 2.4): its edge opens in steps and never
 * moves back. */
#include "tests/script/script.h"
#include "tests/support/suite.h"

#include <stdlib.h>

// clang-format off

/* 4096 octets, segments of 1000: the smaller of a segment and half the buffer is 1000. */
SCRIPT(a_closed_window_opens_by_a_segment)
    setup(.rx = 4096),
    connected,
    in(100, ACK, 1, 1, 4096),
    out(100, ACK, 1, 4097, 0, .win = SHUT),
    app(110, READ, 1),
    app(120, READ, 500),
    app(130, READ, 498),
    app(140, READ, 1),
    out(140, ACK, 1, 4097, 0, .win = 1000),
    app(150, READ, 999),
    expect(1000, RECEIVE_WINDOW, 1000),
END_SCRIPT;

SCRIPT(a_closed_window_of_a_small_buffer_opens_by_half_of_it)
    setup(.rx = 1024),
    connected,
    in(100, ACK, 1, 1, 1024),
    out(140, ACK, 1, 1025, 0, .win = SHUT),
    app(200, READ, 511),
    app(210, READ, 1),
    out(210, ACK, 1, 1025, 0, .win = 512),
END_SCRIPT;

SCRIPT(an_ack_moves_the_edge_only_by_a_whole_step)
    setup(.rx = 4096),
    connected,
    in(100, ACK, 1, 1, 500),
    app(110, READ, 500),
    out(140, ACK, 1, 501, 0, .win = 3596),
    in(200, ACK, 501, 1, 499),
    app(210, READ, 499),
    out(240, ACK, 1, 1000, 0, .win = 3097),
    in(300, ACK, 1000, 1, 1),
    app(310, READ, 1),
    out(340, ACK, 1, 1001, 0, .win = 4096),
END_SCRIPT;

SCRIPT(an_open_window_is_updated_by_two_segments)
    setup(.rx = 8192),
    connected,
    in(100, ACK, 1, 1, 1000),
    in(100, ACK, 1001, 1, 1000),
    out(100, ACK, 1, 2001, 0, .win = 6192),
    app(110, READ, 1999),
    app(120, READ, 1),
    out(120, ACK, 1, 2001, 0, .win = 8192),
END_SCRIPT;

SCRIPT(an_open_window_of_a_small_buffer_is_updated_by_half)
    setup(.rx = 2048),
    connected,
    in(100, ACK, 1, 1, 1100),
    out(140, ACK, 1, 1101, 0, .win = 948),
    app(200, READ, 1023),
    app(210, READ, 1),
    out(210, ACK, 1, 1101, 0, .win = 1972),
END_SCRIPT;

SCRIPT(no_more_is_announced_than_the_link_absorbs)
    setup(.rx = 32768, .limit = 3000),
    active(0),
    out(0, SYN, 0, 0, 0, .win = 3000),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000),
    out(10, ACK, 1, 1, 0, .win = 3000),
    in(20, ACK, 1, 1, 1000),
    in(20, ACK, 1001, 1, 1000),
    out(20, ACK, 1, 2001, 0, .win = 3000),
END_SCRIPT;

SCRIPT(a_window_probe_is_answered)
    setup(.rx = 2048),
    connected,
    in(100, ACK, 1, 1, 2048),
    out(100, ACK, 1, 2049, 0, .win = SHUT),
    in(300, ACK, 2049, 1, 1),
    out(300, ACK, 1, 2049, 0, .win = SHUT),
    in(700, ACK, 2049, 1, 1),
    out(700, ACK, 1, 2049, 0, .win = SHUT),
    app(800, READ, 2048),
    out(800, ACK, 1, 2049, 0, .win = 2048),
    in(900, ACK, 2049, 1, 1000),
    out(940, ACK, 1, 3049, 0, .win = 1048),
    app(950, READ, 1000),
END_SCRIPT;

/* RFC 9293 MUST-66: a closed window lets acknowledgments, windows and resets through. */
SCRIPT(a_closed_window_takes_acknowledgments)
    setup(.rx = 2048),
    connected,
    in(100, ACK, 1, 1, 2048),
    out(100, ACK, 1, 2049, 0, .win = SHUT),
    app(110, WRITE, 500),
    out(110, ACK | PSH, 1, 2049, 500),
    in(120, ACK, 2049, 501, 1, .win = 700),
    out(120, ACK, 501, 2049, 0),
    expect(120, UNACKED, 0),
    expect(120, SEND_WINDOW, 700),
    in(125, ACK, 2050, 501, 0, .win = 800), /* beside an octet of its own that did not fit */
    expect(125, SEND_WINDOW, 800),
    in(130, RST, 2049, 0, 0),
    expect(130, ERR, SK_RESET),
END_SCRIPT;

SCRIPT(a_link_that_absorbs_less_than_a_segment_gets_text)
    setup(.limit = 500),
    connected,
    in(100, ACK, 1, 1, 500),
    out(140, ACK, 1, 501, 0, .win = 500),
    in(150, ACK, 501, 1, 500),
    out(190, ACK, 1, 1001, 0, .win = 500),
END_SCRIPT;

/* Half of what can be announced, not of the buffer: a peer that does not scale windows would wait
 * for its persist timer. */
SCRIPT(a_buffer_larger_than_the_window_field_is_announced_again)
    setup(.rx = 262144, .path_mss = 32000),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 32000),
    out(10, ACK, 1, 1, 0),
    in(20, ACK, 1, 1, 31940), in(20, ACK, 31941, 1, 31940),
    out(20, ACK, 1, 63881, 0, .win = 65535),
    in(30, ACK, 63881, 1, 31940), in(30, ACK, 95821, 1, 31940),
    out(30, ACK, 1, 127761, 0, .win = 65535),
    in(40, ACK, 127761, 1, 31940), in(40, ACK, 159701, 1, 31940),
    out(40, ACK, 1, 191641, 0, .win = 65535),
    in(50, ACK, 191641, 1, 31940), in(50, ACK, 223581, 1, 31940),
    out(50, ACK, 1, 255521, 0, .win = 1655),
    app(60, READ, 60000),
    out(60, ACK, 1, 255521, 0, .win = 65535),
END_SCRIPT;

/* All that is still to come has room. */
SCRIPT(no_window_is_announced_behind_a_fin)
    setup(.rx = 2048),
    connected,
    in(100, ACK, 1, 1, 1024),
    in(101, ACK | FIN, 1549, 1, 499),
    out(101, ACK, 1, 1025, 0),
    app(110, READ, 1024),
    expect(1000, UNREAD, 0),
    in(1000, ACK, 1025, 1, 524),
    out(1000, ACK, 1, 2049, 0),
END_SCRIPT;

/* 65536 octets are announced in units of 2. What was announced once is taken, though the last ACK
 * could not say so. */
SCRIPT(a_scaled_window_is_honoured_to_its_true_edge)
    setup(.rx = 65536),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .ws = 2),
    out(10, ACK, 1, 1, 0, .win = 32768),
    in(20, ACK, 1, 1, 1),
    out(60, ACK, 1, 2, 0, .win = 32767),
    expect(60, RECEIVE_WINDOW, 65535),
    in(70, ACK, 2, 1, 60000),
    out(70, ACK, 1, 60002, 0, .win = 2767), /* 5535 octets in units of 2 */
    in(80, ACK, 60002, 1, 5535),
    out(80, ACK, 1, 65537, 0, .win = SHUT),
    app(90, READ, 65536),
    out(90, ACK, 1, 65537, 0, .win = 32768),
END_SCRIPT;

    /* An edge that may not move yet is rounded up where the ring has room for it. */
SCRIPT(a_scaled_window_does_not_move_back_while_there_is_room)
    setup(.rx = 65536),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .ws = 2),
    out(10, ACK, 1, 1, 0, .win = 32768),
    in(20, ACK, 1, 1, 1),
    app(30, READ, 1),
    out(60, ACK, 1, 2, 0, .win = 32768),
END_SCRIPT;

/* ---- A window that grows with use ------------------------------------------------------------ */

#define large \
    setup(.rx = 262144), \
    active(0), \
    out(0, SYN, 0, 0, 0, .win = 65535), \
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .ws = 2), \
    out(10, ACK, 1, 1, 0, .win = 8192) /* 64 KiB in units of 8 */

/* Half of the window has been read: it doubles, up to the buffer. */
SCRIPT(a_window_that_is_used_doubles)
    large,
    in(20, ACK, 1, 1, 30000),
    out(20, ACK, 1, 30001, 0, .win = 4442),
    app(21, READ, 30000),
    out(21, ACK, 1, 30001, 0, .win = 8192),
    in(30, ACK, 30001, 1, 2768),
    out(30, ACK, 1, 32769, 0, .win = 7846),
    app(31, READ, 2767),
    out(31, ACK, 1, 32769, 0, .win = 8191),
    app(32, READ, 1),
    out(32, ACK, 1, 32769, 0, .win = 16384),
    in(40, ACK, 32769, 1, 65535),
    out(40, ACK, 1, 98304, 0, .win = 8192),
    app(41, READ, 65535),
    out(41, ACK, 1, 98304, 0, .win = 16384),
    in(50, ACK, 98304, 1, 1),
    app(50, READ, 1),
    out(50, ACK, 1, 98305, 0, .win = 32768),
    in(60, ACK, 98305, 1, 65536),
    out(60, ACK, 1, 163841, 0, .win = 24576),
    in(60, ACK, 163841, 1, 65536),
    out(60, ACK, 1, 229377, 0, .win = 16384),
    app(61, READ, 131072),
    out(61, ACK, 1, 229377, 0, .win = 32768), /* the buffer has no more */
    expect(61, RECEIVE_WINDOW, 262144),
END_SCRIPT;

/* What nobody reads does not fill a buffer that was not needed yet. */
SCRIPT(a_window_that_is_not_read_does_not_grow)
    large,
    in(20, ACK, 1, 1, 65536),
    out(20, ACK, 1, 65537, 0, .win = SHUT),
    app(40, READ, 65536),
    out(40, ACK, 1, 65537, 0, .win = 16384),
END_SCRIPT;

/* Ten of the longest segments that the path takes, whatever they are. */
SCRIPT(long_segments_have_a_larger_window_at_first)
    setup(.rx = 262144, .path_mss = 9000),
    active(0),
    out(0, SYN, 0, 0, 0, .win = 65535),
    in(10, SYN | ACK, 0, 1, 0, .mss = 9000, .ws = 2),
    out(10, ACK, 1, 1, 0, .win = 11250),
END_SCRIPT;

// clang-format on

/* One octet at a time, each acknowledged: a window rounded up every time would outgrow the
   ring. */
START_TEST(many_small_segments_do_not_inflate_a_scaled_window)
{
    struct script *s = malloc(sizeof(*s));
    struct tcp_hdr hdr;

    ck_assert_ptr_nonnull(s);
    for (uint32_t size = 131072; size <= 1048576; size *= 2) {
        script_begin(s, "small segments", 1, UINT32_MAX - 100, 1000000);
        play(s, setup(.rx = size));
        script_connect(s, 1000, 65535, 4);
        for (uint32_t i = 0; i < 5000; i++) {
            play(s, in(20, ACK, 1 + i, 1, 1));
            while (script_take(s, &hdr)) {
            }
        }
        play(s, app(20, READ, 5000));
        script_end(s);
    }
    free(s);
}
END_TEST

/* Terabytes, read as they come. */
START_TEST(a_window_does_not_outgrow_its_buffer)
{
    struct script *s = malloc(sizeof(*s));

    ck_assert_ptr_nonnull(s);
    script_begin(s, "terabytes", 1, 1, 1000000);
    play(s, setup(.rx = 131072));
    script_connect(s, 1000, 65535, 4);
    for (int i = 0; i < 1000; i++) {
        s->tcp->rcv_nxt += 0x40000000;
        s->tcp->rcv_adv += 0x40000000;
        tcp_consumed(s->tcp, s->now);
        ck_assert_uint_ge(s->tcp->rcv_space, 131072);
    }
    ck_assert_uint_eq(tcp_window_edge(s->tcp) - s->tcp->rcv_nxt, 131072);
    script_end(s);
    free(s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_closed_window_opens_by_a_segment,
        a_closed_window_of_a_small_buffer_opens_by_half_of_it,
        an_ack_moves_the_edge_only_by_a_whole_step,
        an_open_window_is_updated_by_two_segments,
        an_open_window_of_a_small_buffer_is_updated_by_half,
        no_more_is_announced_than_the_link_absorbs,
        a_window_probe_is_answered,
        a_closed_window_takes_acknowledgments,
        a_link_that_absorbs_less_than_a_segment_gets_text,
        a_buffer_larger_than_the_window_field_is_announced_again,
        no_window_is_announced_behind_a_fin,
        a_scaled_window_is_honoured_to_its_true_edge,
        a_scaled_window_does_not_move_back_while_there_is_room,
        a_window_that_is_used_doubles,
        a_window_that_is_not_read_does_not_grow,
        long_segments_have_a_larger_window_at_first,
        a_window_does_not_outgrow_its_buffer,
        many_small_segments_do_not_inflate_a_scaled_window,
        NULL,
    };

    return suite_run("window", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of a connection: FIN both ways, TIME-WAIT, RST, orphans (RFC 9293 3.6, 3.10.4; RFC 1337;
 * RFC 2525). */
#include "tests/script/script.h"
#include "tests/support/suite.h"

#include <stdlib.h>

// clang-format off

/* We close first, at 100 ms; TIME-WAIT from 120 ms on. */
#define in_time_wait \
    connected, \
    app(100, SHUTDOWN), \
    out(100, ACK | FIN, 1, 1, 0), \
    in(110, ACK, 1, 2, 0), \
    in(120, ACK | FIN, 1, 2, 0), \
    out(120, ACK, 2, 2, 0), \
    expect(120, STATE, TCP_TIME_WAIT)

/* A FIN takes a sequence number: unlike an empty segment it is acknowledged each time. */
SCRIPT(every_repeated_fin_is_acknowledged)
    connected,
    in(100, ACK | FIN, 1, 1, 0),
    out(100, ACK, 1, 2, 0),
    in(300, ACK | FIN, 1, 1, 0, .drop = DROP_TCP_UNACCEPTABLE),
    out(300, ACK, 1, 2, 0),
    in(400, ACK | FIN, 1, 1, 0, .drop = DROP_TCP_UNACCEPTABLE),
    out(400, ACK, 1, 2, 0),
END_SCRIPT;

/* Text beyond the FIN came before it: one of them lies, and the FIN is not believed. */
SCRIPT(a_fin_inside_text_that_is_kept_is_ignored)
    connected,
    in(100, ACK, 1001, 1, 1000),
    out(100, ACK, 1, 1, 0),
    in(110, ACK | FIN, 1501, 1, 0),
    out(110, ACK, 1, 1, 0),
    in(120, ACK, 1, 1, 1000),
    out(120, ACK, 1, 2001, 0),
    in(130, ACK | FIN, 2001, 1, 0),
    out(130, ACK, 1, 2002, 0),
    expect(130, STATE, TCP_CLOSE_WAIT),
END_SCRIPT;

SCRIPT(we_close_first)
    connected,
    app(100, WRITE, 100),
    out(100, ACK | PSH, 1, 1, 100),
    app(101, SHUTDOWN),
    out(101, ACK | FIN, 101, 1, 0),
    expect(101, STATE, TCP_FIN_WAIT_1),
    expect(101, MAY_WRITE, 0),
    in(110, ACK, 1, 102, 0),
    expect(110, STATE, TCP_FIN_WAIT_2),
    in(200, ACK | PSH, 1, 102, 500),        /* the other half is open still */
    out(240, ACK, 102, 501, 0),
    app(250, READ, 500),
    expect(3600000, STATE, TCP_FIN_WAIT_2), /* for as long as somebody may read */
    in(3600000, ACK | FIN, 501, 102, 0),
    out(3600000, ACK, 102, 502, 0),
    expect(3600000, STATE, TCP_TIME_WAIT),
    expect(3600000, AT_END, 1),
END_SCRIPT;

SCRIPT(the_peer_closes_first)
    connected,
    in(100, ACK | FIN, 1, 1, 0),
    out(100, ACK, 1, 2, 0),
    expect(100, STATE, TCP_CLOSE_WAIT),
    expect(100, AT_END, 1),
    app(200, WRITE, 500),                   /* our half is open still */
    out(200, ACK | PSH, 1, 2, 500),
    in(210, ACK, 2, 501, 0),
    app(300, SHUTDOWN),
    out(300, ACK | FIN, 501, 2, 0),
    expect(300, STATE, TCP_LAST_ACK),
    in(310, ACK, 2, 502, 0),
    expect(310, STATE, TCP_CLOSED),
    expect(310, ERR, SK_OK),
    expect(900000, IS_OPEN, 0),
END_SCRIPT;

SCRIPT(text_then_fin_in_close_wait)
    connected,
    in(100, ACK | FIN, 1, 1, 0),
    out(100, ACK, 1, 2, 0),
    app(200, WRITE, 5000),
    out(200, ACK, 1, 2, 1000), out(200, ACK, 1001, 2, 1000),
    out(200, ACK, 2001, 2, 1000), out(200, ACK, 3001, 2, 1000),
    app(201, CLOSE),
    in(210, ACK, 2, 4001, 0),
    out(210, ACK | PSH | FIN, 4001, 2, 1000),
    in(220, ACK, 2, 5002, 0),
    expect(220, STATE, TCP_CLOSED),
    expect(220, ERR, SK_OK),
END_SCRIPT;

SCRIPT(a_lost_fin_of_last_ack_is_repeated)
    connected,
    in(100, ACK | FIN, 1, 1, 0),
    out(100, ACK, 1, 2, 0),
    app(200, CLOSE),
    out(200, ACK | FIN, 1, 2, 0),
    out(410, ACK | FIN, 1, 2, 0),
    in(415, ACK | FIN, 1, 1, 0),            /* the peer's FIN again: stay, EV-51 */
    out(415, ACK, 2, 2, 0),
    expect(415, STATE, TCP_LAST_ACK),
    out(830, ACK | FIN, 1, 2, 0),
    in(840, ACK, 2, 2, 0),
    expect(840, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(hostile_TCPS_16_both_close_at_once)
    connected,
    app(100, SHUTDOWN),
    out(100, ACK | FIN, 1, 1, 0),
    in(105, ACK | FIN, 1, 1, 0),
    out(105, ACK, 2, 2, 0),
    expect(105, STATE, TCP_CLOSING),
    in(110, ACK, 2, 2, 0),
    expect(110, STATE, TCP_TIME_WAIT),
    expect(240109, STATE, TCP_TIME_WAIT),
    expect(240112, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(hostile_TCPS_16_both_close_at_once_and_our_fin_is_lost)
    connected,
    app(100, SHUTDOWN),
    out(100, ACK | FIN, 1, 1, 0),
    in(105, ACK | FIN, 1, 1, 0),
    out(105, ACK, 2, 2, 0),
    out(310, ACK | FIN, 1, 2, 0),
    in(320, ACK, 2, 2, 0),
    expect(320, STATE, TCP_TIME_WAIT),
END_SCRIPT;

SCRIPT(fin_that_acknowledges_ours_leads_to_time_wait_at_once)
    connected,
    app(100, SHUTDOWN),
    out(100, ACK | FIN, 1, 1, 0),
    in(110, ACK | FIN, 1, 2, 0),
    out(110, ACK, 2, 2, 0),
    expect(110, STATE, TCP_TIME_WAIT),
END_SCRIPT;

/* RFC 9293 MUST-13. */
SCRIPT(time_wait_lasts_two_msl)
    in_time_wait,
    expect(240119, STATE, TCP_TIME_WAIT),
    expect(240122, STATE, TCP_CLOSED),
    expect(240122, ERR, SK_OK),
END_SCRIPT;

SCRIPT(time_wait_of_a_quick_link_is_short)
    setup(.msl_ms = 250),
    in_time_wait,
    expect(619, STATE, TCP_TIME_WAIT),
    expect(622, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(a_repeated_fin_starts_time_wait_anew)
    in_time_wait,
    in(100120, ACK | FIN, 1, 2, 0),
    out(100120, ACK, 2, 2, 0),
    expect(340119, STATE, TCP_TIME_WAIT),
    expect(340122, STATE, TCP_CLOSED),
END_SCRIPT;

/* Only the FIN that was taken may do so, or anybody who knows the ports keeps the record. */
SCRIPT(a_blind_fin_does_not_start_time_wait_anew)
    in_time_wait,
    in(100000, FIN | ACK, 900000, 1, 0, .drop = DROP_TCP_UNACCEPTABLE),
    out(100000, ACK, 2, 2, 0),
    in(110000, FIN, 3000000000u, 0, 10, .drop = DROP_TCP_UNACCEPTABLE),
    out(110000, ACK, 2, 2, 0),
    expect(240119, STATE, TCP_TIME_WAIT),
    expect(240121, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(an_ack_does_not_start_time_wait_anew)
    in_time_wait,
    in(100120, ACK, 2, 2, 0),
    expect(240119, STATE, TCP_TIME_WAIT),
    expect(240122, STATE, TCP_CLOSED),
END_SCRIPT;

/* RFC 1337: a declared deviation from RFC 9293 3.10.7.4. */
SCRIPT(a_reset_does_not_end_time_wait)
    in_time_wait,
    in(200, RST, 2, 0, 0, .drop = DROP_TCP_RST),
    in(210, RST | ACK, 2, 2, 0, .drop = DROP_TCP_RST),
    expect(240119, STATE, TCP_TIME_WAIT),
    expect(240122, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(old_text_in_time_wait_is_acknowledged)
    in_time_wait,
    in(200, ACK, 1, 2, 500),
    out(200, ACK, 2, 2, 0),
    expect(200, STATE, TCP_TIME_WAIT),
END_SCRIPT;

/* RFC 9293 MAY-2, RFC 1122 4.2.2.13: a SYN above all that the old connection used. */
SCRIPT(a_newer_syn_may_reopen_time_wait)
    in_time_wait,
    reopens(200, SYN, 3, true),
    reopens(200, SYN, 1000000, true),
    reopens(200, SYN, 2, false),
    reopens(200, SYN, 1, false),
    reopens(200, SYN, 0u - 5000, false),
    reopens(200, SYN | ACK, 3, false),
    reopens(200, SYN | FIN, 3, false),
    reopens(200, SYN | RST, 3, false),
    reopens(200, ACK, 3, false),
END_SCRIPT;

SCRIPT(an_older_syn_in_time_wait_is_challenged)
    in_time_wait,
    in(200, SYN, 0, 0, 0, .drop = DROP_TCP_UNACCEPTABLE),
    out(200, ACK, 2, 2, 0),
    expect(200, STATE, TCP_TIME_WAIT),
END_SCRIPT;

/* RFC 9293 SHLD-3. */
SCRIPT(close_with_unread_text_resets)
    connected,
    in(100, ACK | PSH, 1, 1, 100),
    app(110, READ, 99),
    app(120, CLOSE),
    out(120, RST | ACK, 1, 101, 0),
    expect(120, STATE, TCP_CLOSED),
    expect(9000, IS_OPEN, 0),
END_SCRIPT;

SCRIPT(close_with_unread_text_after_fin_resets)
    connected,
    in(100, ACK | FIN, 1, 1, 100),
    out(100, ACK, 1, 102, 0),
    app(120, CLOSE),
    out(120, RST | ACK, 1, 102, 0),
    expect(120, STATE, TCP_CLOSED),
END_SCRIPT;

/* Both FINs are through: nothing is sent and the state is kept (RFC 9293 3.10.4). */
SCRIPT(close_with_unread_text_does_not_cut_time_wait_short)
    connected,
    app(100, SHUTDOWN),
    out(100, ACK | FIN, 1, 1, 0),
    in(110, ACK | FIN, 1, 2, 100),
    out(110, ACK, 2, 102, 0),
    app(120, CLOSE),
    expect(120, STATE, TCP_TIME_WAIT),
    expect(240109, STATE, TCP_TIME_WAIT),
    expect(240112, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(close_with_unread_text_lets_last_ack_finish)
    connected,
    in(100, ACK | FIN, 1, 1, 100),
    out(100, ACK, 1, 102, 0),
    app(110, SHUTDOWN),
    out(110, ACK | FIN, 1, 102, 0),
    app(120, CLOSE),
    expect(120, STATE, TCP_LAST_ACK),
    out(320, ACK | FIN, 1, 102, 0),
    in(330, ACK, 102, 2, 0),
    expect(330, STATE, TCP_CLOSED),
    expect(330, ERR, SK_OK),
END_SCRIPT;

SCRIPT(text_after_close_is_reset)
    connected,
    app(100, CLOSE),
    out(100, ACK | FIN, 1, 1, 0),
    in(110, ACK, 1, 2, 0),
    in(120, ACK | PSH, 1, 2, 10, .drop = DROP_TCP_CLOSED),
    out(120, RST | ACK, 2, 1, 0),
    expect(120, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(text_after_close_is_reset_before_our_fin_is_acknowledged)
    connected,
    app(100, WRITE, 100),
    out(100, ACK | PSH, 1, 1, 100),
    app(101, CLOSE),
    out(101, ACK | FIN, 101, 1, 0),
    in(105, ACK | PSH, 1, 1, 10, .drop = DROP_TCP_CLOSED),
    out(105, RST | ACK, 102, 1, 0),
    expect(105, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(close_still_delivers_what_was_written)
    connected,
    app(100, WRITE, 4500),
    out(100, ACK, 1, 1, 1000), out(100, ACK, 1001, 1, 1000),
    out(100, ACK, 2001, 1, 1000), out(100, ACK, 3001, 1, 1000),
    app(101, CLOSE),
    in(110, ACK, 1, 4001, 0),
    out(110, ACK | PSH | FIN, 4001, 1, 500),
    in(120, ACK, 1, 4502, 0),
    expect(120, STATE, TCP_FIN_WAIT_2),
    in(130, ACK | FIN, 1, 4502, 0),
    out(130, ACK, 4502, 2, 0),
    expect(130, STATE, TCP_TIME_WAIT),
END_SCRIPT;

SCRIPT(fin_waits_until_the_congestion_window_has_room)
    connected,
    app(100, WRITE, 4000),
    out(100, ACK, 1, 1, 1000), out(100, ACK, 1001, 1, 1000),
    out(100, ACK, 2001, 1, 1000), out(100, ACK | PSH, 3001, 1, 1000),
    app(101, CLOSE),
    in(110, ACK, 1, 1001, 0),
    out(110, ACK | FIN, 4001, 1, 0),
END_SCRIPT;

/* Not in RFC 9293; as Linux. */
SCRIPT(hostile_TCPS_23_nobody_waits_for_ever_in_fin_wait_2)
    connected,
    app(100, CLOSE),
    out(100, ACK | FIN, 1, 1, 0),
    in(110, ACK, 1, 2, 0),
    in(50000, ACK, 1, 2, 0),
    expect(60108, STATE, TCP_FIN_WAIT_2),
    expect(60112, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(the_wait_begins_when_the_reader_leaves)
    connected,
    app(100, SHUTDOWN),
    out(100, ACK | FIN, 1, 1, 0),
    in(110, ACK, 1, 2, 0),
    app(100000, CLOSE),
    expect(159999, STATE, TCP_FIN_WAIT_2),
    expect(160002, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(close_twice_is_close_once)
    connected,
    app(100, SHUTDOWN),
    out(100, ACK | FIN, 1, 1, 0),
    app(105, SHUTDOWN),
    app(106, CLOSE),
    in(110, ACK, 1, 2, 0),
    app(111, CLOSE),
    expect(111, STATE, TCP_FIN_WAIT_2),
END_SCRIPT;

SCRIPT(abort_resets_at_once)
    connected,
    app(100, WRITE, 3000),
    out(100, ACK, 1, 1, 1000), out(100, ACK, 1001, 1, 1000), out(100, ACK | PSH, 2001, 1, 1000),
    app(101, ABORT),
    out(101, RST | ACK, 3001, 1, 0),
    expect(101, STATE, TCP_CLOSED),
    expect(101, ERR, SK_ABORTED),
    expect(9000, IS_OPEN, 0),
END_SCRIPT;

SCRIPT(abort_of_a_half_open_connection_resets)
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
    app(10, ABORT),
    out(10, RST | ACK, 1, 1, 0),
    expect(10, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(abort_before_the_answer_is_silent)
    active(0),
    out(0, SYN, 0, 0, 0),
    app(10, ABORT),
    expect(9000, IS_OPEN, 0),
END_SCRIPT;

SCRIPT(abort_of_time_wait_is_silent)
    in_time_wait,
    app(130, ABORT),
    expect(9000, IS_OPEN, 0),
END_SCRIPT;

// clang-format on

/* Nobody waits for it, and the peer would answer for ever. */
START_TEST(hostile_TCPS_23_a_closed_window_does_not_keep_an_orphan)
{
    struct script *s = malloc(sizeof(*s));
    struct tcp_hdr hdr;
    int n_probes = 0;

    ck_assert_ptr_nonnull(s);
    script_begin(s, "orphan", 77, 5, 1000000);
    script_connect(s, 1000, 65535, 0);
    play(s, in(50, ACK, 1, 1, 0, .win = SHUT));
    play(s, app(100, WRITE, 10));
    play(s, app(100, CLOSE));
    while (script_advance(s, 2000000)) {
        ck_assert(script_take(s, &hdr));
        play(s, in(script_ms(s), ACK, 1, 1, 0));
        n_probes++;
    }
    ck_assert_int_ge(n_probes, 15);
    ck_assert_int_eq(s->tcp->state, TCP_CLOSED);
    ck_assert_int_eq(s->tcp->err, SK_TIMED_OUT);
    script_end(s);
    free(s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_repeated_fin_is_acknowledged,
        a_fin_inside_text_that_is_kept_is_ignored,
        we_close_first,
        the_peer_closes_first,
        text_then_fin_in_close_wait,
        a_lost_fin_of_last_ack_is_repeated,
        hostile_TCPS_16_both_close_at_once,
        hostile_TCPS_16_both_close_at_once_and_our_fin_is_lost,
        fin_that_acknowledges_ours_leads_to_time_wait_at_once,
        time_wait_lasts_two_msl,
        time_wait_of_a_quick_link_is_short,
        a_repeated_fin_starts_time_wait_anew,
        a_blind_fin_does_not_start_time_wait_anew,
        hostile_TCPS_23_a_closed_window_does_not_keep_an_orphan,
        an_ack_does_not_start_time_wait_anew,
        a_reset_does_not_end_time_wait,
        old_text_in_time_wait_is_acknowledged,
        a_newer_syn_may_reopen_time_wait,
        an_older_syn_in_time_wait_is_challenged,
        close_with_unread_text_resets,
        close_with_unread_text_after_fin_resets,
        close_with_unread_text_does_not_cut_time_wait_short,
        close_with_unread_text_lets_last_ack_finish,
        text_after_close_is_reset,
        text_after_close_is_reset_before_our_fin_is_acknowledged,
        close_still_delivers_what_was_written,
        fin_waits_until_the_congestion_window_has_room,
        hostile_TCPS_23_nobody_waits_for_ever_in_fin_wait_2,
        the_wait_begins_when_the_reader_leaves,
        close_twice_is_close_once,
        abort_resets_at_once,
        abort_of_a_half_open_connection_resets,
        abort_before_the_answer_is_silent,
        abort_of_time_wait_is_silent,
        NULL,
    };

    return suite_run("close", tests);
}

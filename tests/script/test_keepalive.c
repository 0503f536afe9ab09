/* SPDX-License-Identifier: BSD-3-Clause */
/* Keep-alives (RFC 9293 3.8.4), and how long a program waits for a peer that is silent (3.9.1.1).
 */
#include "tests/script/script.h"
#include "tests/support/suite.h"

#define HOUR 3600000 /* ms */

// clang-format off

/* Asked after 10 s, then every 2 s, three times. */
#define kept_alive \
    setup(.options = { .keepalive = true, .keep_idle = 10, .keep_interval = 2, .keep_count = 3 }), \
    connected

SCRIPT(must_25_without_the_option_nothing_is_sent_for_a_day)
    connected,
    expect(24 * HOUR, IS_OPEN, 1),
    in(24 * HOUR, ACK, 1, 1, 10),
    out(24 * HOUR + 40, ACK, 1, 11, 0),
END_SCRIPT;

SCRIPT(must_28_the_first_probe_comes_after_two_hours)
    connected,
    app(20, KEEPALIVE, 1),
    expect(7200019, STATE, TCP_ESTABLISHED),
    out(7200020, ACK, 0, 1, 0),
    in(7200030, ACK, 1, 1, 0),
    out(14400030, ACK, 0, 1, 0),
END_SCRIPT;

/* SHLD-12: without text, and before the window, so that it has to be answered. */
SCRIPT(must_27_probes_come_when_the_program_says)
    kept_alive,
    out(10010, ACK, 0, 1, 0),
    out(12010, ACK, 0, 1, 0),
    in(12020, ACK, 1, 1, 0),
    out(22020, ACK, 0, 1, 0),
    in(22030, ACK, 1, 1, 0),
    expect(32000, STATE, TCP_ESTABLISHED),
END_SCRIPT;

SCRIPT(must_29_three_probes_without_an_answer_end_the_connection)
    kept_alive,
    out(10010, ACK, 0, 1, 0),
    out(12010, ACK, 0, 1, 0),
    out(14010, ACK, 0, 1, 0),
    expect(16000, STATE, TCP_ESTABLISHED),
    expect(16020, STATE, TCP_CLOSED),
    expect(16020, ERR, SK_TIMED_OUT),
END_SCRIPT;

SCRIPT(the_third_is_still_in_time)
    kept_alive,
    out(10010, ACK, 0, 1, 0),
    out(12010, ACK, 0, 1, 0),
    out(14010, ACK, 0, 1, 0),
    in(16000, ACK, 1, 1, 0),
    out(26000, ACK, 0, 1, 0),
    out(28000, ACK, 0, 1, 0),
    out(30000, ACK, 0, 1, 0),
    expect(31990, STATE, TCP_ESTABLISHED),
END_SCRIPT;

SCRIPT(must_26_whatever_is_heard_puts_them_off)
    kept_alive,
    in(9000, ACK, 1, 1, 10),
    out(9040, ACK, 1, 11, 0),
    expect(18990, STATE, TCP_ESTABLISHED),
    out(19000, ACK, 0, 11, 0),
    in(19010, ACK, 11, 1, 0),
    app(28000, WRITE, 10),
    out(28000, ACK | PSH, 1, 11, 10),
    in(28010, ACK, 11, 11, 0),
    out(38010, ACK, 10, 11, 0),
END_SCRIPT;

SCRIPT(must_26_what_is_in_flight_is_repeated_instead)
    kept_alive,
    app(9900, WRITE, 10),
    out(9900, ACK | PSH, 1, 1, 10),
    out(10110, ACK | PSH, 1, 1, 10),
    out(10530, ACK | PSH, 1, 1, 10),
    out(11370, ACK | PSH, 1, 1, 10),
    out(13050, ACK | PSH, 1, 1, 10),
    in(13060, ACK, 1, 11, 0),
    out(23060, ACK, 10, 1, 0),
END_SCRIPT;

SCRIPT(must_24_it_can_be_turned_on_and_off)
    kept_alive,
    app(5000, KEEPALIVE, 0),
    expect(5000, IS_OPEN, 1),
    expect(1 * HOUR, STATE, TCP_ESTABLISHED),
    app(1 * HOUR, KEEPALIVE, 1), /* and counts from now on */
    out(1 * HOUR + 10000, ACK, 0, 1, 0),
    app(1 * HOUR + 11000, KEEPALIVE, 0),
    expect(2 * HOUR, STATE, TCP_ESTABLISHED),
END_SCRIPT;

/* Off takes back a probe that the link has not taken, and on begins with the first. */
SCRIPT(what_was_asked_before_is_forgotten)
    kept_alive,
    out(10010, ACK, 0, 1, 0),
    app(11000, LINK, 0),
    expect(12500, STATE, TCP_ESTABLISHED),
    app(12500, KEEPALIVE, 0),
    app(12500, LINK, 1),
    app(13000, KEEPALIVE, 1),
    out(23000, ACK, 0, 1, 0),
    out(25000, ACK, 0, 1, 0),
    out(27000, ACK, 0, 1, 0),
    expect(28990, STATE, TCP_ESTABLISHED),
    expect(29020, STATE, TCP_CLOSED),
END_SCRIPT;

/* The peer has closed, or we have and still read. */
SCRIPT(a_half_closed_connection_is_kept_alive_too)
    kept_alive,
    in(1000, FIN | ACK, 1, 1, 0),
    out(1000, ACK, 1, 2, 0),
    out(11000, ACK, 0, 2, 0),
    in(11010, ACK, 2, 1, 0),
    app(12000, SHUTDOWN),
    out(12000, FIN | ACK, 1, 2, 0),
    in(12010, ACK, 2, 2, 0),
    expect(12010, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(fin_wait_2_with_a_reader_is_kept_alive)
    kept_alive,
    app(1000, SHUTDOWN),
    out(1000, FIN | ACK, 1, 1, 0),
    in(1010, ACK, 1, 2, 0),
    out(11010, ACK, 1, 1, 0),
    in(11020, ACK, 1, 2, 0),
    app(12000, CLOSE),
    expect(12000, STATE, TCP_FIN_WAIT_2),
    expect(80000, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(a_probe_of_the_peer_is_answered)
    connected,
    in(1000, ACK, 0, 1, 0),
    out(1000, ACK, 1, 1, 0),
    in(2000, ACK, 0, 1, 1, .fill = 0xff),
    out(2000, ACK, 1, 1, 0),
    expect(2000, UNREAD, 0),
END_SCRIPT;

/* ---- The user timeout ------------------------------------------------------------------------ */

SCRIPT(what_is_sent_may_be_unacknowledged_for_so_long)
    setup(.options = { .user_timeout = 1000, .keep_count = 1 }),
    connected,
    app(20, WRITE, 10),
    out(20, ACK | PSH, 1, 1, 10),
    out(230, ACK | PSH, 1, 1, 10),
    out(650, ACK | PSH, 1, 1, 10),
    expect(1010, STATE, TCP_ESTABLISHED),
    expect(1025, STATE, TCP_CLOSED),
    expect(1025, ERR, SK_TIMED_OUT),
END_SCRIPT;

SCRIPT(an_acknowledgment_in_time_begins_it_anew)
    setup(.options = { .user_timeout = 1000, .keep_count = 1 }),
    connected,
    app(20, WRITE, 2000),
    out(20, ACK, 1, 1, 1000), out(20, ACK | PSH, 1001, 1, 1000),
    out(230, ACK, 1, 1, 1000),
    out(650, ACK, 1, 1, 1000),
    in(930, ACK, 1, 1001, 0),
    out(930, ACK | PSH, 1001, 1, 1000),
    out(1770, ACK | PSH, 1001, 1, 1000),
    expect(1920, STATE, TCP_ESTABLISHED),
    expect(1935, STATE, TCP_CLOSED),
END_SCRIPT;

/* RFC 9293 MUST-37 holds unless the program says otherwise. */
SCRIPT(a_closed_window_may_last_so_long)
    setup(.options = { .user_timeout = 1000, .keep_count = 1 }),
    connected,
    app(20, WRITE, 10),
    out(20, ACK | PSH, 1, 1, 10),
    in(30, ACK, 1, 11, 0, .win = SHUT),
    app(40, WRITE, 10),
    out(250, ACK, 11, 1, 1),
    in(260, ACK, 1, 11, 0, .win = SHUT),
    out(670, ACK, 11, 1, 1),
    in(680, ACK, 1, 11, 0, .win = SHUT),
    expect(1030, STATE, TCP_ESTABLISHED),
    expect(1050, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(a_connection_attempt_may_last_so_long)
    setup(.options = { .user_timeout = 5000, .keep_count = 1 }),
    active(0),
    out(0, SYN, 0, 0, 0),
    out(1000, SYN, 0, 0, 0),
    out(3000, SYN, 0, 0, 0),
    expect(4990, STATE, TCP_SYN_SENT),
    expect(5005, STATE, TCP_CLOSED),
    expect(5005, ERR, SK_TIMED_OUT),
END_SCRIPT;

/* As Linux: with both, the time counts and not the number of probes. */
SCRIPT(it_counts_for_keep_alives_too)
    setup(.options = { .user_timeout = 13000, .keepalive = true, .keep_idle = 10,
                       .keep_interval = 2, .keep_count = 1 }),
    connected,
    out(10010, ACK, 0, 1, 0),
    out(12010, ACK, 0, 1, 0),
    expect(14000, STATE, TCP_ESTABLISHED),
    expect(14020, STATE, TCP_CLOSED),
    expect(14020, ERR, SK_TIMED_OUT),
END_SCRIPT;

// clang-format on

int main(void)
{
    const TTest *const tests[] = {
        must_25_without_the_option_nothing_is_sent_for_a_day,
        must_28_the_first_probe_comes_after_two_hours,
        must_27_probes_come_when_the_program_says,
        must_29_three_probes_without_an_answer_end_the_connection,
        the_third_is_still_in_time,
        must_26_whatever_is_heard_puts_them_off,
        must_26_what_is_in_flight_is_repeated_instead,
        must_24_it_can_be_turned_on_and_off,
        what_was_asked_before_is_forgotten,
        a_half_closed_connection_is_kept_alive_too,
        fin_wait_2_with_a_reader_is_kept_alive,
        a_probe_of_the_peer_is_answered,
        what_is_sent_may_be_unacknowledged_for_so_long,
        an_acknowledgment_in_time_begins_it_anew,
        a_closed_window_may_last_so_long,
        a_connection_attempt_may_last_so_long,
        it_counts_for_keep_alives_too,
        NULL,
    };

    return suite_run("keepalive", tests);
}

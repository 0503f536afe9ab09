/* SPDX-License-Identifier: BSD-3-Clause */
/* Resets: only the exact sequence number ends a connection (RFC 9293 3.10.7.4, RFC 5961 3.2). */
#include "tests/script/script.h"
#include "tests/support/suite.h"

// clang-format off

SCRIPT(reset_at_the_exact_number_ends_the_connection)
    connected,
    app(50, WRITE, 3000),
    out(50, ACK, 1, 1, 1000), out(50, ACK, 1001, 1, 1000), out(50, ACK | PSH, 2001, 1, 1000),
    in(100, RST, 1, 0, 0),
    expect(100, STATE, TCP_CLOSED),
    expect(100, ERR, SK_RESET),
    expect(9000, IS_OPEN, 0),
END_SCRIPT;

SCRIPT(reset_with_text_is_a_reset)
    connected,
    in(100, RST | ACK, 1, 1, 100),
    expect(100, STATE, TCP_CLOSED),
    expect(100, UNREAD, 0),
END_SCRIPT;

SCRIPT(what_came_before_a_reset_can_be_read)
    connected,
    in(100, ACK, 1, 1, 100),
    in(110, RST, 101, 0, 0),
    expect(110, AT_END, 0),
    app(120, READ, 100),
    expect(120, AT_END, 1),
END_SCRIPT;

/* RFC 5961 3.2. */
SCRIPT(reset_inside_the_window_is_challenged)
    connected,
    in(100, RST, 2, 0, 0, .drop = DROP_TCP_RST),
    out(100, ACK, 1, 1, 0),
    in(1000, RST, 32768, 0, 0, .drop = DROP_TCP_RST),
    out(1000, ACK, 1, 1, 0),
    expect(1000, STATE, TCP_ESTABLISHED),
END_SCRIPT;

SCRIPT(reset_outside_the_window_is_ignored)
    connected,
    in(100, RST, 0, 0, 0, .drop = DROP_TCP_RST),
    in(110, RST, 32769, 0, 0, .drop = DROP_TCP_RST),
    in(120, RST, 0u - 100000, 0, 0, .drop = DROP_TCP_RST),
    expect(1000, STATE, TCP_ESTABLISHED),
END_SCRIPT;

SCRIPT(reset_at_the_exact_number_enters_a_closed_window)
    setup(.rx = 2048),
    connected,
    in(100, ACK, 1, 1, 2048),
    out(100, ACK, 1, 2049, 0, .win = SHUT),
    in(110, RST, 2050, 0, 0, .drop = DROP_TCP_RST),
    in(120, RST, 2049, 0, 0),
    expect(120, ERR, SK_RESET),
END_SCRIPT;

SCRIPT(reset_in_syn_sent_needs_the_right_ack)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(5, RST, 0, 0, 0, .drop = DROP_TCP_RST),
    in(6, RST | ACK, 0, 0, 0, .drop = DROP_TCP_ACK_RANGE),
    in(7, RST | ACK, 0, 2, 0, .drop = DROP_TCP_ACK_RANGE),
    expect(7, STATE, TCP_SYN_SENT),
    in(10, RST | ACK, 0, 1, 0),
    expect(10, STATE, TCP_CLOSED),
    expect(10, ERR, SK_REFUSED),
END_SCRIPT;

SCRIPT(reset_of_a_half_open_connection)
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
    in(5, RST, 2, 0, 0, .drop = DROP_TCP_RST),
    out(5, ACK, 1, 1, 0),
    in(10, RST, 1, 0, 0),
    expect(10, STATE, TCP_CLOSED),
    expect(10, ERR, SK_REFUSED),
END_SCRIPT;

SCRIPT(reset_of_a_simultaneous_open)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(5, SYN, 0, 0, 0, .mss = 1000),
    out(5, SYN | ACK, 0, 1, 0),
    in(10, RST | ACK, 1, 1, 0),
    expect(10, ERR, SK_REFUSED),
END_SCRIPT;

SCRIPT(reset_in_close_wait)
    connected,
    in(100, ACK | FIN, 1, 1, 0),
    out(100, ACK, 1, 2, 0),
    in(110, RST, 3, 0, 0, .drop = DROP_TCP_RST),
    out(110, ACK, 1, 2, 0),
    in(120, RST, 2, 0, 0),
    expect(120, ERR, SK_RESET),
END_SCRIPT;

SCRIPT(reset_in_fin_wait_1)
    connected,
    app(100, SHUTDOWN),
    out(100, ACK | FIN, 1, 1, 0),
    in(110, RST, 3, 0, 0, .drop = DROP_TCP_RST),
    out(110, ACK, 2, 1, 0),
    in(120, RST, 1, 0, 0),
    expect(120, ERR, SK_RESET),
END_SCRIPT;

SCRIPT(reset_in_fin_wait_2)
    connected,
    app(100, SHUTDOWN),
    out(100, ACK | FIN, 1, 1, 0),
    in(110, ACK, 1, 2, 0),
    in(115, RST, 3, 0, 0, .drop = DROP_TCP_RST),
    out(115, ACK, 2, 1, 0),
    in(120, RST, 1, 0, 0),
    expect(120, ERR, SK_RESET),
END_SCRIPT;

SCRIPT(reset_in_closing_and_last_ack_is_no_error)
    connected,
    app(100, SHUTDOWN),
    out(100, ACK | FIN, 1, 1, 0),
    in(105, ACK | FIN, 1, 1, 0),
    out(105, ACK, 2, 2, 0),
    in(106, RST, 3, 0, 0, .drop = DROP_TCP_RST),
    out(106, ACK, 2, 2, 0),
    in(110, RST, 2, 0, 0),
    expect(110, STATE, TCP_CLOSED),
    expect(110, ERR, SK_OK),
END_SCRIPT;

SCRIPT(reset_in_last_ack_is_no_error)
    connected,
    in(100, ACK | FIN, 1, 1, 0),
    out(100, ACK, 1, 2, 0),
    app(105, SHUTDOWN),
    out(105, ACK | FIN, 1, 2, 0),
    in(106, RST, 3, 0, 0, .drop = DROP_TCP_RST),
    out(106, ACK, 2, 2, 0),
    in(110, RST, 2, 0, 0),
    expect(110, STATE, TCP_CLOSED),
    expect(110, ERR, SK_OK),
END_SCRIPT;

// clang-format on

int main(void)
{
    const TTest *const tests[] = {
        reset_at_the_exact_number_ends_the_connection,
        reset_with_text_is_a_reset,
        what_came_before_a_reset_can_be_read,
        reset_inside_the_window_is_challenged,
        reset_outside_the_window_is_ignored,
        reset_at_the_exact_number_enters_a_closed_window,
        reset_in_syn_sent_needs_the_right_ack,
        reset_of_a_half_open_connection,
        reset_of_a_simultaneous_open,
        reset_in_close_wait,
        reset_in_fin_wait_1,
        reset_in_fin_wait_2,
        reset_in_closing_and_last_ack_is_no_error,
        reset_in_last_ack_is_no_error,
        NULL,
    };

    return suite_run("reset", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program decides of segments and acknowledgments against Nagle's and Clark's judgment. */
#include "tests/script/script.h"
#include "tests/support/suite.h"

// clang-format off

SCRIPT(a_cork_holds_back_what_fills_no_segment)
    connected,
    app(20, CORK, 1),
    app(20, WRITE, 1500),
    out(20, ACK, 1, 1, 1000),
    in(30, ACK, 1, 1001, 0),
    app(100, WRITE, 600),
    out(100, ACK, 1001, 1, 1000),
    in(110, ACK, 1, 2001, 0),
    app(150, CORK, 0),
    out(150, ACK | PSH, 2001, 1, 100),
END_SCRIPT;

/* 200 ms after it was held back, and not after every write. */
SCRIPT(a_cork_comes_out_by_itself)
    connected,
    app(20, CORK, 1),
    app(20, WRITE, 10),
    app(100, WRITE, 10),
    out(220, ACK | PSH, 1, 1, 20),
    in(230, ACK, 1, 21, 0),
    app(300, WRITE, 10),
    out(500, ACK | PSH, 21, 1, 10),
END_SCRIPT;

SCRIPT(the_end_of_the_stream_takes_the_cork_with_it)
    connected,
    app(20, CORK, 1),
    app(20, WRITE, 10),
    app(30, CLOSE),
    out(30, ACK | PSH | FIN, 1, 1, 10),
END_SCRIPT;

SCRIPT(quick_acknowledgments_do_not_wait_for_a_second_segment)
    setup(.options = { .rcv_lowat = 1, .keep_idle = 7200, .keep_interval = 75, .keep_count = 9,
                       .quickack = true }),
    connected,
    in(20, ACK, 1, 1, 10),
    out(20, ACK, 1, 11, 0),
    in(30, ACK, 11, 1, 1000),
    out(30, ACK, 1, 1011, 0),
END_SCRIPT;

// clang-format on

int main(void)
{
    const TTest *const tests[] = {
        a_cork_holds_back_what_fills_no_segment,
        a_cork_comes_out_by_itself,
        the_end_of_the_stream_takes_the_cork_with_it,
        quick_acknowledgments_do_not_wait_for_a_second_segment,
        NULL,
    };

    return suite_run("cork", tests);
}

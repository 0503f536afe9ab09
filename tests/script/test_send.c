/* SPDX-License-Identifier: BSD-3-Clause */
/* What leaves and when: Nagle, silly windows, PSH, the peer's window (RFC 9293 3.7.4, 3.8.6). */
#include "tests/script/script.h"
#include "tests/support/suite.h"

#include <stdlib.h>

// clang-format off

SCRIPT(nagle_collects_small_writes_while_text_is_out)
    connected,
    app(100, WRITE, 1),
    out(100, ACK | PSH, 1, 1, 1),
    app(101, WRITE, 1),
    app(102, WRITE, 1),
    app(103, WRITE, 1),
    in(110, ACK, 1, 2, 0),
    out(110, ACK | PSH, 2, 1, 3),
    in(120, ACK, 1, 5, 0),
    app(130, WRITE, 1),                     /* nothing is out: at once */
    out(130, ACK | PSH, 5, 1, 1),
END_SCRIPT;

SCRIPT(nagle_lets_full_segments_pass)
    connected,
    app(100, WRITE, 10),
    out(100, ACK | PSH, 1, 1, 10),
    app(101, WRITE, 990),
    app(102, WRITE, 20),
    out(102, ACK, 11, 1, 1000),
    in(110, ACK, 1, 1011, 0),
    out(110, ACK | PSH, 1011, 1, 10),
END_SCRIPT;

SCRIPT(without_nagle_every_write_leaves)
    setup(.nodelay = true),
    connected,
    app(100, WRITE, 1),
    out(100, ACK | PSH, 1, 1, 1),
    app(101, WRITE, 1),
    out(101, ACK | PSH, 2, 1, 1),
    app(102, WRITE, 2),
    out(102, ACK | PSH, 3, 1, 2),
END_SCRIPT;

SCRIPT(nagle_can_be_turned_off_later)
    connected,
    app(100, WRITE, 1),
    out(100, ACK | PSH, 1, 1, 1),
    app(101, WRITE, 1),
    app(105, NODELAY, 1),
    out(105, ACK | PSH, 2, 1, 1),
END_SCRIPT;

SCRIPT(fin_takes_the_last_small_piece_along)
    connected,
    app(100, WRITE, 1),
    out(100, ACK | PSH, 1, 1, 1),
    app(101, WRITE, 1),
    app(102, SHUTDOWN),
    out(102, ACK | PSH | FIN, 2, 1, 1),
END_SCRIPT;

SCRIPT(psh_is_on_the_segment_that_empties_the_queue)
    connected,
    app(100, WRITE, 2500),
    out(100, ACK, 1, 1, 1000),
    out(100, ACK, 1001, 1, 1000),
    in(110, ACK, 1, 2001, 0),
    out(110, ACK | PSH, 2001, 1, 500),
END_SCRIPT;

SCRIPT(no_more_is_sent_than_the_window_takes)
    connected,
    in(50, ACK, 1, 1, 0, .win = 2500),
    app(100, WRITE, 5000),
    out(100, ACK, 1, 1, 1000),
    out(100, ACK, 1001, 1, 1000),
    in(110, ACK, 1, 1001, 0),
    out(110, ACK, 2001, 1, 1000),
    in(120, ACK, 1, 3001, 0),
    out(120, ACK, 3001, 1, 1000),
    out(120, ACK | PSH, 4001, 1, 1000),
END_SCRIPT;

/* RFC 9293 3.8.6.2.1: a window that opens by little is not filled by little, until the timer says so. */
SCRIPT(hostile_TCPS_12_a_window_that_opens_by_little_is_not_used)
    connected,
    app(100, WRITE, 4000),
    out(100, ACK, 1, 1, 1000),
    out(100, ACK, 1001, 1, 1000),
    out(100, ACK, 2001, 1, 1000),
    out(100, ACK | PSH, 3001, 1, 1000),
    in(110, ACK, 1, 4001, 0, .win = SHUT),
    app(111, WRITE, 3000),
    in(120, ACK, 1, 4001, 0, .win = 1),
    in(130, ACK, 1, 4001, 0, .win = 2),
    in(140, ACK, 1, 4001, 0, .win = 999),
    in(150, ACK, 1, 4001, 0, .win = 1000),
    out(150, ACK, 4001, 1, 1000),
END_SCRIPT;

SCRIPT(the_override_timer_uses_a_small_window)
    connected,
    in(50, ACK, 1, 1, 0, .win = 400),
    app(100, WRITE, 3000),
    out(310, ACK, 1, 1, 400),
    in(320, ACK, 1, 401, 0),
    out(530, ACK, 401, 1, 400),
END_SCRIPT;

SCRIPT(half_the_largest_window_is_worth_a_segment)
    setup(.path_mss = 1460),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1460, .win = 800),
    out(10, ACK, 1, 1, 0),
    app(100, WRITE, 3000),
    out(100, ACK, 1, 1, 800),
    in(110, ACK, 1, 801, 0, .win = 399),
    in(120, ACK, 1, 801, 0, .win = 400),
    out(120, ACK, 801, 1, 400),
END_SCRIPT;

/* RFC 9293 SHLD-29, SHLD-30. */
SCRIPT(a_closed_window_is_probed_ever_less_often)
    connected,
    in(50, ACK, 1, 1, 0, .win = SHUT),
    app(100, WRITE, 3000),
    out(310, ACK, 1, 1, 1),
    in(320, ACK, 1, 1, 0),
    out(730, ACK, 1, 1, 1),
    in(740, ACK, 1, 1, 0),
    out(1570, ACK, 1, 1, 1),
    in(1580, ACK, 1, 1, 0),
    out(3250, ACK, 1, 1, 1),
    in(3260, ACK, 1, 1, 0, .win = 5000),
    out(3260, ACK, 1, 1, 1000),             /* the octet of the probe goes with its text */
    out(3260, ACK, 1001, 1, 1000),
    out(3260, ACK | PSH, 2001, 1, 1000),
    in(3270, ACK, 1, 3001, 0),
    expect(9000, UNACKED, 0),
END_SCRIPT;

/* A peer whose window is shut takes no segment beyond it, and loses the ACK with it. */
SCRIPT(an_ack_beside_a_probe_stays_in_the_window)
    connected,
    in(50, ACK, 1, 1, 0, .win = SHUT),
    app(100, WRITE, 1000),
    out(310, ACK, 1, 1, 1),
    in(320, ACK, 1, 1, 1000, .win = SHUT),
    in(321, ACK, 1001, 1, 1000, .win = SHUT),
    out(321, ACK, 1, 2001, 0),
END_SCRIPT;

SCRIPT(answered_probes_do_not_slow_the_retransmission)
    connected,
    in(50, ACK, 1, 1, 0, .win = SHUT),
    app(100, WRITE, 1000),
    out(310, ACK, 1, 1, 1),
    in(320, ACK, 1, 1, 0),
    out(730, ACK, 1, 1, 1),
    in(740, ACK, 1, 1, 0),
    out(1570, ACK, 1, 1, 1),
    in(1580, ACK, 1, 1, 0, .win = 5000),
    out(1580, ACK | PSH, 1, 1, 1000),
    expect(1580, RTO, 210),
    out(1790, ACK | PSH, 1, 1, 1000),
END_SCRIPT;

SCRIPT(a_lost_probe_is_repeated)
    connected,
    in(50, ACK, 1, 1, 0, .win = SHUT),
    app(100, WRITE, 1000),
    out(310, ACK, 1, 1, 1),
    out(730, ACK, 1, 1, 1),
    out(1570, ACK, 1, 1, 1),
    in(1580, ACK, 1, 1, 0, .win = 5000),
    out(1580, ACK | PSH, 1, 1, 1000),
END_SCRIPT;

SCRIPT(a_lost_window_update_is_found_by_the_probe)
    connected,
    app(100, WRITE, 2000),
    out(100, ACK, 1, 1, 1000),
    out(100, ACK | PSH, 1001, 1, 1000),
    in(110, ACK, 1, 2001, 0, .win = SHUT),
    app(120, WRITE, 1000),                  /* and the update never comes */
    out(330, ACK, 2001, 1, 1),
    in(340, ACK, 1, 2002, 0, .win = 9000),
    out(340, ACK | PSH, 2002, 1, 999),
END_SCRIPT;

SCRIPT(a_probe_that_is_taken_moves_on)
    connected,
    in(50, ACK, 1, 1, 0, .win = SHUT),
    app(100, WRITE, 1000),
    out(310, ACK, 1, 1, 1),
    in(320, ACK, 1, 2, 0),
    out(530, ACK, 2, 1, 1),
    in(540, ACK, 1, 3, 0),
    out(750, ACK, 3, 1, 1),
END_SCRIPT;

SCRIPT(a_window_that_closes_over_text_is_probed_with_its_first_octet)
    connected,
    app(100, WRITE, 3000),
    out(100, ACK, 1, 1, 1000),
    out(100, ACK, 1001, 1, 1000),
    out(100, ACK | PSH, 2001, 1, 1000),
    in(110, ACK, 1, 1001, 0, .win = SHUT),
    out(320, ACK, 1001, 1, 1),
    out(740, ACK, 1001, 1, 1),
    in(750, ACK, 1, 1001, 0, .win = 9000),
    out(750, ACK, 1001, 1, 1000),
    out(750, ACK | PSH, 2001, 1, 1000),
    in(760, ACK, 1, 3001, 0),
END_SCRIPT;

SCRIPT(a_probe_that_the_link_kept_is_no_licence_for_new_text)
    connected,
    app(100, WRITE, 5000),
    out(100, ACK, 1, 1, 1000), out(100, ACK, 1001, 1, 1000),
    out(100, ACK, 2001, 1, 1000), out(100, ACK, 3001, 1, 1000),
    in(110, ACK, 1, 1001, 0, .win = SHUT),
    app(200, LINK, 0),
    in(330, ACK, 1, 2001, 0, .win = SHUT),  /* at 320 a probe was due */
    app(340, LINK, 1),
    out(750, ACK, 2001, 1, 1),
END_SCRIPT;

SCRIPT(a_probe_that_the_link_kept_is_forgotten_when_all_is_acknowledged)
    connected,
    app(100, WRITE, 1000),
    out(100, ACK | PSH, 1, 1, 1000),
    in(110, ACK, 1, 1, 0, .win = SHUT),
    app(200, LINK, 0),
    in(330, ACK, 1, 1001, 0, .win = SHUT),  /* at 320 a probe was due */
    app(340, LINK, 1),
    app(400, WRITE, 500),
    out(673, ACK, 1001, 1, 1),              /* RTT 230: a time-out of 273 later */
END_SCRIPT;

SCRIPT(fin_probes_a_closed_window)
    connected,
    in(50, ACK, 1, 1, 0, .win = SHUT),
    app(100, SHUTDOWN),
    out(310, ACK | FIN, 1, 1, 0),
    out(730, ACK | FIN, 1, 1, 0),
    in(740, ACK, 1, 2, 0),
    expect(740, STATE, TCP_FIN_WAIT_2),
END_SCRIPT;

/* The last octet takes the FIN along, as text that fits would. */
SCRIPT(fin_goes_with_the_probe_of_the_last_octet)
    connected,
    in(50, ACK, 1, 1, 0, .win = SHUT),
    app(100, WRITE, 1),
    app(100, SHUTDOWN),
    out(310, ACK | PSH | FIN, 1, 1, 1),
    in(320, ACK, 1, 3, 0),
    expect(320, STATE, TCP_FIN_WAIT_2),
END_SCRIPT;

/* Nagle waits for more text, and none comes; nor has the window room for the FIN. */
SCRIPT(the_last_text_does_not_wait_for_more)
    connected,
    in(50, ACK, 1, 1, 0, .win = 1100),
    app(100, WRITE, 1000),
    out(100, ACK | PSH, 1, 1, 1000),
    app(101, WRITE, 100),
    app(102, SHUTDOWN),
    out(102, ACK | PSH, 1001, 1, 100),
    in(110, ACK, 1, 1101, 0, .win = 1100),
    out(110, ACK | FIN, 1101, 1, 0),
END_SCRIPT;

SCRIPT(fin_waits_behind_text_for_the_window)
    connected,
    in(50, ACK, 1, 1, 0, .win = 1000),
    app(100, WRITE, 1000),
    out(100, ACK | PSH, 1, 1, 1000),
    app(101, SHUTDOWN),
    in(110, ACK, 1, 1001, 0),
    out(110, ACK | FIN, 1001, 1, 0),
END_SCRIPT;

/* RFC 9293 SHLD-15, SHLD-16: nothing new, and what is inside is repeated. */
SCRIPT(a_window_that_shrank_gets_only_what_fits)
    connected,
    app(100, WRITE, 8000),
    out(100, ACK, 1, 1, 1000),
    out(100, ACK, 1001, 1, 1000),
    out(100, ACK, 2001, 1, 1000),
    out(100, ACK, 3001, 1, 1000),
    in(110, ACK, 1, 1, 0, .win = 1500),     /* of 65535 */
    out(310, ACK, 1, 1, 1000),
    in(320, ACK, 1, 1001, 0, .win = 1500),
    out(320, ACK, 1001, 1, 1000),
    out(320, ACK, 2001, 1, 500),
    in(330, ACK, 1, 2501, 0, .win = SHUT),
    expect(330, UNACKED, 1500),
    out(750, ACK, 2501, 1, 1),              /* now a probe; the time-out had doubled */
    in(760, ACK, 1, 2501, 0, .win = 9000),
    out(760, ACK, 2501, 1, 1000),
    out(760, ACK, 3501, 1, 1000),
    in(770, ACK, 1, 4501, 0),
    out(770, ACK, 4501, 1, 1000),
    out(770, ACK, 5501, 1, 1000),
    out(770, ACK, 6501, 1, 1000),
    in(780, ACK, 1, 7501, 0),
    out(780, ACK | PSH, 7501, 1, 500),
END_SCRIPT;

/* RFC 9293 3.10.7.4: SND.UNA =< SEG.ACK, else the window is that of long ago. */
SCRIPT(hostile_TCPS_26_a_window_of_an_older_acknowledgment_is_not_believed)
    connected,
    app(50, WRITE, 2000),
    out(50, ACK, 1, 1, 1000), out(50, ACK | PSH, 1001, 1, 1000),
    in(60, ACK, 1, 2001, 0, .win = 3000),
    in(61, ACK | PSH, 1, 1001, 10, .win = 9000),
    expect(61, UNREAD, 10),
    expect(61, SEND_WINDOW, 3000),
    out(101, ACK, 2001, 11, 0),
END_SCRIPT;

/* Karn: the octet of the probe was sent before. */
SCRIPT(what_holds_a_repeated_octet_is_not_measured)
    connected,
    app(20, WRITE, 1000),
    out(20, ACK | PSH, 1, 1, 1000),
    in(30, ACK, 1, 1001, 0, .win = SHUT),
    app(100, WRITE, 1000),
    out(310, ACK, 1001, 1, 1),
    in(320, ACK, 1, 1001, 0, .win = 9000),
    out(320, ACK | PSH, 1001, 1, 1000),
    in(510, ACK, 1, 2001, 0),
    expect(510, RTO, 210),
END_SCRIPT;

/* The window shrank after both were sent. */
SCRIPT(a_repeated_fin_stays_inside_the_window)
    connected,
    app(100, WRITE, 5),
    out(100, ACK | PSH, 1, 1, 5),
    app(100, SHUTDOWN),
    out(100, ACK | FIN, 6, 1, 0),
    in(110, ACK, 1, 1, 0, .win = 5),
    out(310, ACK | PSH, 1, 1, 5),
    in(320, ACK, 1, 6, 0, .win = 5),
    out(320, ACK | FIN, 6, 1, 0),
    in(330, ACK, 1, 7, 0),
    expect(330, STATE, TCP_FIN_WAIT_2),
END_SCRIPT;

SCRIPT(hostile_TCPS_26_a_window_of_an_older_segment_is_not_believed)
    connected,
    in(50, ACK, 1, 1, 100, .win = 3000),
    in(51, ACK, 101, 1, 100, .win = 5000),
    out(51, ACK, 1, 201, 0),
    expect(51, SEND_WINDOW, 5000),
    in(52, ACK, 1, 1, 100, .win = 9000, .drop = DROP_TCP_UNACCEPTABLE),
    out(52, ACK, 1, 201, 0),
    expect(52, SEND_WINDOW, 5000),
    in(53, ACK, 1, 1, 300, .win = 9000),    /* acceptable, and yet older */
    expect(53, UNREAD, 300),
    expect(53, SEND_WINDOW, 5000),
END_SCRIPT;

// clang-format on

/* RFC 9293 MUST-37: as long as probes are answered, for a day. */
START_TEST(an_answered_probe_keeps_the_connection_open)
{
    struct script *s = malloc(sizeof(*s));
    const int64_t day = 24 * 3600 * 1000;
    struct tcp_hdr hdr;
    int n = 0;

    ck_assert_ptr_nonnull(s);
    script_begin(s, "a day", 1, 2, 1000000);
    script_connect(s, 1000, 65535, 0);
    play(s, in(50, ACK, 1, 1, 0, .win = SHUT));
    play(s, app(100, WRITE, 1000));
    while (script_advance(s, day)) {
        ck_assert(script_take(s, &hdr) && hdr.len == 1);
        play(s, in(script_ms(s) + 10, ACK, 1, 1, 0));
        n++;
    }
    ck_assert_int_gt(n, 24 * 60 - 10); /* a minute apart at last */
    play(s, in(day + 1, ACK, 1, 1, 0, .win = 5000));
    play(s, out(day + 1, ACK | PSH, 1, 1, 1000));
    script_end(s);
    free(s);
}
END_TEST

/* A peer that takes back `by` octets of its window while 4000 are on their way, and takes only what
 * still fits. */
static void shrink(struct script *s, uint32_t by)
{
    const uint32_t len = 10000;
    uint32_t edge = 1 + 65535 - by;
    uint32_t got = 1;
    bool opened = false;
    struct tcp_hdr hdr;

    script_begin(s, "shrink", UINT32_MAX - by % 12000, 5, 1000000);
    script_connect(s, 1000, 65535, 0);
    play(s, app(20, WRITE, len));
    while (script_take(s, &hdr)) {
    }
    play(s, in(30, ACK, 1, 1, 0, .win = edge > 1 ? (int32_t)edge - 1 : SHUT));
    ck_assert_uint_eq(s->n_sent, 0);
    for (int n = 0; got < len + 1; n++) {
        ck_assert_msg(n < 200 && script_advance(s, 600000), "stuck at %u, shrunk by %u", got, by);
        while (script_take(s, &hdr)) {
            uint32_t end = hdr.seq + hdr.len < edge ? hdr.seq + hdr.len : edge;

            ck_assert_msg(hdr.seq + hdr.len <= edge || hdr.len == 1, "beyond the edge by %u", by);
            got = hdr.seq <= got && end > got ? end : got;
        }
        if (got == edge && !opened) { /* full; the reader takes it all after the next probe */
            opened = n > 2;
            edge = opened ? len + 1 : edge;
        }
        play(s, in(script_ms(s) + 10, ACK, 1, got, 0,
                   .win = edge > got ? (int32_t)(edge - got) : SHUT));
    }
    play(s, expect(script_ms(s), UNACKED, 0));
    script_end(s);
}

START_TEST(hostile_TCPS_10_a_window_that_shrinks_by_any_amount_is_survived)
{
    struct script *s = malloc(sizeof(*s));

    ck_assert_ptr_nonnull(s);
    for (uint32_t by = 1; by <= 65535; by += by < 50 || by > 65435 ? 1 : by < 55000 ? 997 : 61) {
        shrink(s, by);
    }
    free(s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        nagle_collects_small_writes_while_text_is_out,
        nagle_lets_full_segments_pass,
        without_nagle_every_write_leaves,
        nagle_can_be_turned_off_later,
        fin_takes_the_last_small_piece_along,
        psh_is_on_the_segment_that_empties_the_queue,
        no_more_is_sent_than_the_window_takes,
        hostile_TCPS_12_a_window_that_opens_by_little_is_not_used,
        the_override_timer_uses_a_small_window,
        half_the_largest_window_is_worth_a_segment,
        a_closed_window_is_probed_ever_less_often,
        an_ack_beside_a_probe_stays_in_the_window,
        answered_probes_do_not_slow_the_retransmission,
        a_lost_probe_is_repeated,
        a_lost_window_update_is_found_by_the_probe,
        a_probe_that_is_taken_moves_on,
        a_window_that_closes_over_text_is_probed_with_its_first_octet,
        a_probe_that_the_link_kept_is_no_licence_for_new_text,
        a_probe_that_the_link_kept_is_forgotten_when_all_is_acknowledged,
        fin_probes_a_closed_window,
        fin_goes_with_the_probe_of_the_last_octet,
        the_last_text_does_not_wait_for_more,
        fin_waits_behind_text_for_the_window,
        a_window_that_shrank_gets_only_what_fits,
        hostile_TCPS_26_a_window_of_an_older_acknowledgment_is_not_believed,
        what_holds_a_repeated_octet_is_not_measured,
        a_repeated_fin_stays_inside_the_window,
        hostile_TCPS_26_a_window_of_an_older_segment_is_not_believed,
        an_answered_probe_keeps_the_connection_open,
        hostile_TCPS_10_a_window_that_shrinks_by_any_amount_is_survived,
        NULL,
    };

    return suite_run("send", tests);
}

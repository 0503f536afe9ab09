/* SPDX-License-Identifier: BSD-3-Clause */
/* Explicit congestion notification (RFC 3168 6.1), with Reno for the windows. */
#include "tests/script/script.h"
#include "tests/support/suite.h"

static const struct tcp_profile profile = {
    .name = "ECN",
    .recovery = &tcp_rack,
    .recovery_without_sack = &tcp_newreno,
    .congestion = &tcp_reno,
    .extensions = &tcp_timestamps_and_sack,
    .ecn = &tcp_ecn,
};

// clang-format off

#define asks setup(.profile = &profile, .options = { .ecn = TCP_ECN_ASKS, .keep_count = 9 })
#define answers setup(.profile = &profile)
#define never setup(.profile = &profile, .options = { .ecn = TCP_ECN_NEVER, .keep_count = 9 })

/* ---- 6.1.1: negotiation ---------------------------------------------------------------------- */

/* RFC3168-02, -03: neither SYN nor ACK may be marked, and text only when both sides agreed. */
SCRIPT(who_asks_and_is_answered_sends_what_may_be_marked)
    asks,
    active(0),
    out(0, SYN | ECE | CWR, 0, 0, 0),
    in(10, SYN | ACK | ECE, 0, 1, 0, .mss = 1000),
    out(10, ACK, 1, 1, 0),
    app(20, WRITE, 1000),
    out(20, ACK | PSH, 1, 1, 1000, .ce = true),
END_SCRIPT;

SCRIPT(who_is_asked_answers)
    answers,
    passive(0, SYN | ECE | CWR, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK | ECE, 0, 1, 0),
    in(10, ACK, 1, 1, 0),
    app(20, WRITE, 1000),
    out(20, ACK | PSH, 1, 1, 1000, .ce = true),
END_SCRIPT;

SCRIPT(who_answers_does_not_ask)
    answers,
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK | ECE, 0, 1, 0, .mss = 1000),
    out(10, ACK, 1, 1, 0),
    app(20, WRITE, 1000),
    out(20, ACK | PSH, 1, 1, 1000),
END_SCRIPT;

SCRIPT(who_wants_none_has_none)
    never,
    passive(0, SYN | ECE | CWR, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
    in(10, ACK, 1, 1, 0),
    app(20, WRITE, 1000),
    out(20, ACK | PSH, 1, 1, 1000),
END_SCRIPT;

/* RFC3168-10: other combinations are accepted, and are no setup. A host may reflect what it got. */
SCRIPT(an_answer_with_both_flags_is_none)
    asks,
    active(0),
    out(0, SYN | ECE | CWR, 0, 0, 0),
    in(10, SYN | ACK | ECE | CWR, 0, 1, 0, .mss = 1000),
    out(10, ACK, 1, 1, 0),
    app(20, WRITE, 1000),
    out(20, ACK | PSH, 1, 1, 1000),
END_SCRIPT;

SCRIPT(an_answer_with_no_flag_is_none)
    asks,
    active(0),
    out(0, SYN | ECE | CWR, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000),
    out(10, ACK, 1, 1, 0),
    app(20, WRITE, 1000),
    out(20, ACK | PSH, 1, 1, 1000),
END_SCRIPT;

SCRIPT(a_syn_with_one_flag_does_not_ask)
    answers,
    passive(0, SYN | ECE, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
END_SCRIPT;

SCRIPT(a_syn_with_the_other_flag_does_not_ask)
    answers,
    passive(0, SYN | CWR, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
END_SCRIPT;

/* 6.1.1.1: it may have been dropped because it asked. */
SCRIPT(a_syn_that_is_sent_again_does_not_ask)
    asks,
    active(0),
    out(0, SYN | ECE | CWR, 0, 0, 0),
    out(1000, SYN, 0, 0, 0),
    in(1010, SYN | ACK | ECE, 0, 1, 0, .mss = 1000),
    out(1010, ACK, 1, 1, 0),
    app(1020, WRITE, 1000),
    out(1020, ACK | PSH, 1, 1, 1000),
END_SCRIPT;

/* ---- 6.1.3: the receiver --------------------------------------------------------------------- */

#define capable \
    answers, \
    passive(0, SYN | ECE | CWR, 0, 0, 0, .mss = 1000), \
    out(0, SYN | ACK | ECE, 0, 1, 0), \
    in(10, ACK, 1, 1, 0)

/* RFC3168-07: every ACK, those with text too, until CWR comes. */
SCRIPT(a_mark_is_echoed_until_the_sender_has_slowed_down)
    capable,
    in(20, ACK, 1, 1, 1000),
    in(20, ACK, 1001, 1, 1000, .ce = true),
    out(20, ACK | ECE, 1, 2001, 0),
    in(30, ACK, 2001, 1, 1000),
    in(30, ACK, 3001, 1, 1000),
    out(30, ACK | ECE, 1, 4001, 0),
    app(35, WRITE, 1000),
    out(35, ACK | PSH | ECE, 1, 4001, 1000, .ce = true),
    in(40, ACK | CWR, 4001, 1001, 1000),
    in(40, ACK, 5001, 1001, 1000),
    out(40, ACK, 1001, 6001, 0),
END_SCRIPT;

SCRIPT(a_marked_segment_with_cwr_is_the_next_mark)
    capable,
    in(20, ACK, 1, 1, 1000),
    in(20, ACK, 1001, 1, 1000, .ce = true),
    out(20, ACK | ECE, 1, 2001, 0),
    in(40, ACK | CWR, 2001, 1, 1000, .ce = true),
    in(40, ACK, 3001, 1, 1000),
    out(40, ACK | ECE, 1, 4001, 0),
END_SCRIPT;

SCRIPT(without_agreement_a_mark_is_nothing)
    never,
    passive(0, SYN | ECE | CWR, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
    in(10, ACK, 1, 1, 0),
    in(20, ACK, 1, 1, 1000),
    in(20, ACK, 1001, 1, 1000, .ce = true),
    out(20, ACK, 1, 2001, 0),
END_SCRIPT;

SCRIPT(a_marked_ack_is_nothing)
    capable,
    in(20, ACK, 1, 1, 0, .ce = true),
    app(30, WRITE, 1000),
    out(30, ACK | PSH, 1, 1, 1000, .ce = true),
END_SCRIPT;

/* ---- 6.1.2: the sender ----------------------------------------------------------------------- */

/* Four are out, cwnd is 4000. */
#define four_out \
    capable, \
    app(20, WRITE, 20000), \
    out(20, ACK, 1, 1, 1000, .ce = true), out(20, ACK, 1001, 1, 1000, .ce = true), \
    out(20, ACK, 2001, 1, 1000, .ce = true), out(20, ACK, 3001, 1, 1000, .ce = true)

/* RFC3168-08: once in a window, and CWR with the first new segment after that. */
SCRIPT(an_echo_halves_the_window_once)
    four_out,
    in(30, ACK | ECE, 1, 2001, 0),
    expect(30, SSTHRESH, 2000), /* and no echo makes it grow */
    expect(30, CWND, 2000),
    in(31, ACK | ECE, 1, 3001, 0),
    out(31, ACK | CWR, 4001, 1, 1000, .ce = true),
    in(32, ACK | ECE, 1, 4001, 0),
    out(32, ACK, 5001, 1, 1000, .ce = true),
    expect(32, SSTHRESH, 2000),
    in(42, ACK, 1, 5001, 0),
    out(42, ACK, 6001, 1, 1000, .ce = true),
    in(43, ACK | ECE, 1, 6001, 0),
    out(43, ACK | CWR, 7001, 1, 1000, .ce = true),
    expect(43, SSTHRESH, 2000),
END_SCRIPT;

SCRIPT(without_agreement_an_echo_is_nothing)
    never,
    passive(0, SYN | ECE | CWR, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
    in(10, ACK, 1, 1, 0),
    app(20, WRITE, 4000),
    out(20, ACK, 1, 1, 1000), out(20, ACK, 1001, 1, 1000), out(20, ACK, 2001, 1, 1000),
    out(20, ACK | PSH, 3001, 1, 1000),
    in(30, ACK | ECE, 1, 4001, 0),
    expect(30, SSTHRESH, UINT32_MAX),
END_SCRIPT;

/* RFC3168-05; and the reduction of a loss is that of the window, which no echo opens. */
SCRIPT(what_is_sent_again_may_not_be_marked)
    four_out,
    out(230, ACK, 1, 1, 1000),
    expect(230, SSTHRESH, 2000),
    expect(230, CWND, 1000),
    in(240, ACK | ECE, 1, 1001, 0),
    out(240, ACK, 1001, 1, 1000),
    expect(240, SSTHRESH, 2000),
    expect(240, CWND, 1000),
    in(250, ACK, 1, 2001, 0),
    out(250, ACK, 2001, 1, 1000), out(250, ACK, 3001, 1, 1000),
    expect(250, CWND, 2000),
END_SCRIPT;

/* RFC 3168 6.1.2: what was lost was reason enough. */
SCRIPT(an_echo_after_a_timeout_reduces_nothing_again)
    four_out,
    in(30, ACK, 1, 4001, 0),
    out(30, ACK, 4001, 1, 1000, .ce = true), out(30, ACK, 5001, 1, 1000, .ce = true),
    out(30, ACK, 6001, 1, 1000, .ce = true), out(30, ACK, 7001, 1, 1000, .ce = true),
    out(30, ACK, 8001, 1, 1000, .ce = true), out(30, ACK, 9001, 1, 1000, .ce = true),
    out(240, ACK, 4001, 1, 1000),
    expect(240, SSTHRESH, 3000),
    in(250, ACK | ECE, 1, 5001, 0),
    out(250, ACK, 5001, 1, 1000),
    expect(250, SSTHRESH, 3000),
END_SCRIPT;

#define four_out_with_sack \
    answers, \
    passive(0, SYN | ECE | CWR, 0, 0, 0, .mss = 1000, .sack_ok = true), \
    out(0, SYN | ACK | ECE, 0, 1, 0), \
    in(10, ACK, 1, 1, 0), \
    app(20, WRITE, 20000), \
    out(20, ACK, 1, 1, 1000, .ce = true), out(20, ACK, 1001, 1, 1000, .ce = true), \
    out(20, ACK, 2001, 1, 1000, .ce = true), out(20, ACK, 3001, 1, 1000, .ce = true)

SCRIPT(after_a_timeout_of_rack_no_echo_opens_the_window)
    four_out_with_sack,
    out(40, ACK, 4001, 1, 1000, .ce = true), /* a probe of the tail, then the timeout */
    out(250, ACK, 1, 1, 1000),
    expect(250, CWND, 1000),
    in(260, ACK | ECE, 1, 1001, 0),
    out(260, ACK, 1001, 1, 1000),
    expect(260, CWND, 1000),
    in(270, ACK, 1, 2001, 0),
    out(270, ACK, 2001, 1, 1000), out(270, ACK, 3001, 1, 1000),
    expect(270, CWND, 2000),
END_SCRIPT;

/* RFC3168-09: with a window of one segment there is nothing left to reduce but the pace. */
SCRIPT(an_echo_to_a_window_of_one_segment_starts_the_timer_again)
    four_out,
    out(230, ACK, 1, 1, 1000),
    expect(230, CWND, 1000),
    expect(230, RTO, 420),
    in(240, ACK | ECE, 1, 1, 0),
    out(660, ACK, 1, 1, 1000),
END_SCRIPT;

SCRIPT(without_an_echo_the_timer_goes_on)
    four_out,
    out(230, ACK, 1, 1, 1000),
    in(240, ACK, 1, 1, 0),
    out(650, ACK, 1, 1, 1000),
END_SCRIPT;

/* RFC3168-06 */
SCRIPT(a_window_probe_may_not_be_marked)
    capable,
    in(15, ACK, 1, 1, 0, .win = SHUT),
    app(20, WRITE, 1000),
    out(230, ACK, 1, 1, 1),
END_SCRIPT;

#define eight_out \
    four_out_with_sack, \
    in(30, ACK, 1, 2001, 0), \
    out(30, ACK, 4001, 1, 1000, .ce = true), out(30, ACK, 5001, 1, 1000, .ce = true), \
    out(30, ACK, 6001, 1, 1000, .ce = true), out(30, ACK, 7001, 1, 1000, .ce = true), \
    in(30, ACK, 1, 4001, 0), \
    out(30, ACK, 8001, 1, 1000, .ce = true), out(30, ACK, 9001, 1, 1000, .ce = true), \
    out(30, ACK, 10001, 1, 1000, .ce = true), out(30, ACK, 11001, 1, 1000, .ce = true)

/* 6.1.2: CWR with the first new segment after it. 9001 was marked, too. */
SCRIPT(a_loss_is_told_and_is_reason_enough_for_its_window)
    eight_out,
    expect(30, CWND, 8000),
    in(40, ACK, 1, 4001, 0, .sack = { { 5001, 6001 } }),
    out(40, ACK, 12001, 1, 1000, .ce = true),
    in(40, ACK, 1, 4001, 0, .sack = { { 5001, 7001 } }),
    out(40, ACK, 13001, 1, 1000, .ce = true),
    in(40, ACK, 1, 4001, 0, .sack = { { 5001, 8001 } }),
    out(40, ACK, 4001, 1, 1000),
    expect(40, SSTHRESH, 4000),
    in(41, ACK, 1, 4001, 0, .sack = { { 5001, 9001 } }),
    in(41, ACK | ECE, 1, 4001, 0, .sack = { { 5001, 10001 } }),
    in(41, ACK | ECE, 1, 4001, 0, .sack = { { 5001, 11001 } }),
    in(41, ACK | ECE, 1, 4001, 0, .sack = { { 5001, 12001 } }),
    out(41, ACK | CWR, 14001, 1, 1000, .ce = true),
    in(50, ACK | ECE, 1, 4001, 0, .sack = { { 5001, 14001 } }),
    out(50, ACK, 4001, 1, 1000),
    out(50, ACK, 15001, 1, 1000, .ce = true),
    out(50, ACK, 16001, 1, 1000, .ce = true),
    in(51, ACK | ECE, 1, 14001, 0),
    out(51, ACK, 17001, 1, 1000, .ce = true),
    expect(51, SSTHRESH, 4000),
END_SCRIPT;

SCRIPT(a_timeout_is_told_with_the_first_new_segment)
    four_out,
    in(30, ACK, 1, 2001, 0),
    out(30, ACK, 4001, 1, 1000, .ce = true), out(30, ACK, 5001, 1, 1000, .ce = true),
    out(30, ACK, 6001, 1, 1000, .ce = true), out(30, ACK, 7001, 1, 1000, .ce = true),
    out(240, ACK, 2001, 1, 1000),
    expect(240, SSTHRESH, 3000),
    in(250, ACK, 1, 8001, 0),
    out(250, ACK | CWR, 8001, 1, 1000, .ce = true), out(250, ACK, 9001, 1, 1000, .ce = true),
END_SCRIPT;

SCRIPT(a_fast_retransmit_without_sack_is_told)
    four_out,
    in(30, ACK, 1, 2001, 0),
    out(30, ACK, 4001, 1, 1000, .ce = true), out(30, ACK, 5001, 1, 1000, .ce = true),
    out(30, ACK, 6001, 1, 1000, .ce = true), out(30, ACK, 7001, 1, 1000, .ce = true),
    in(40, ACK, 1, 2001, 0),
    out(40, ACK, 8001, 1, 1000, .ce = true),
    in(40, ACK, 1, 2001, 0),
    out(40, ACK, 9001, 1, 1000, .ce = true),
    in(40, ACK, 1, 2001, 0),
    out(40, ACK, 2001, 1, 1000),
    in(50, ACK, 1, 10001, 0),
    out(50, ACK | CWR, 10001, 1, 1000, .ce = true), out(50, ACK, 11001, 1, 1000, .ce = true),
END_SCRIPT;
// clang-format on

int main(void)
{
    const TTest *const tests[] = {
        who_asks_and_is_answered_sends_what_may_be_marked,
        who_is_asked_answers,
        who_answers_does_not_ask,
        who_wants_none_has_none,
        an_answer_with_both_flags_is_none,
        an_answer_with_no_flag_is_none,
        a_syn_with_one_flag_does_not_ask,
        a_syn_with_the_other_flag_does_not_ask,
        a_syn_that_is_sent_again_does_not_ask,
        a_mark_is_echoed_until_the_sender_has_slowed_down,
        a_marked_segment_with_cwr_is_the_next_mark,
        without_agreement_a_mark_is_nothing,
        a_marked_ack_is_nothing,
        an_echo_halves_the_window_once,
        without_agreement_an_echo_is_nothing,
        what_is_sent_again_may_not_be_marked,
        an_echo_after_a_timeout_reduces_nothing_again,
        after_a_timeout_of_rack_no_echo_opens_the_window,
        an_echo_to_a_window_of_one_segment_starts_the_timer_again,
        without_an_echo_the_timer_goes_on,
        a_window_probe_may_not_be_marked,
        a_loss_is_told_and_is_reason_enough_for_its_window,
        a_timeout_is_told_with_the_first_new_segment,
        a_fast_retransmit_without_sack_is_told,
        NULL,
    };

    return suite_run("ecn", tests);
}

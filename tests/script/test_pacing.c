/* SPDX-License-Identifier: BSD-3-Clause */
/* A congestion control that paces (BBR): text waits for its time, and nothing else does. With a
 * round trip of 277 ms, BBR's first ten segments leave 10 ms apart once something was lost; before,
 * they may leave at once. */
#include "proto/tcp/bbr.h"
#include "tests/script/script.h"
#include "tests/support/suite.h"

static struct tcp_profile paced;
static struct tcp_congestion after_a_loss;

static void init_after_a_loss(struct tcp_sock *tcp, instant now)
{
    tcp_bbr.init(tcp, now);
    bbr_of(tcp)->c.lost = 1;
}

// clang-format off

SCRIPT(the_first_may_leave_at_once)
    setup(.profile = &sk_tcp_bbr),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(277, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true),
    out(277, ACK, 1, 1, 0),
    app(277, WRITE, 3000),
    out(277, ACK, 1, 1, 1000),
    out(277, ACK, 1001, 1, 1000),
    out(277, ACK | PSH, 2001, 1, 1000),
END_SCRIPT;

#define open_with(sack) \
    setup(.profile = &paced), \
    active(0), \
    out(0, SYN, 0, 0, 0), \
    in(277, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = sack), \
    out(277, ACK, 1, 1, 0)

SCRIPT(segments_leave_apart)
    open_with(true),
    app(277, WRITE, 3000),
    out(277, ACK, 1, 1, 1000),
    out(287, ACK, 1001, 1, 1000),
    out(297, ACK | PSH, 2001, 1, 1000),
    expect(298, CWND, 10000),
END_SCRIPT;

/* Of what comes late, the first leaves at once. */
SCRIPT(after_a_pause_nothing_waits)
    open_with(true),
    app(277, WRITE, 1000),
    out(277, ACK | PSH, 1, 1, 1000),
    app(400, WRITE, 2000),
    out(400, ACK, 1001, 1, 1000),
    out(410, ACK | PSH, 2001, 1, 1000),
END_SCRIPT;

/* However long: also where the 32 bits of its microseconds are half around, or all of it. */
#define after_a_pause_until(ms) \
    open_with(true), \
    app(277, WRITE, 1000), \
    out(277, ACK | PSH, 1, 1, 1000), \
    in(554, ACK, 1, 1001, 0), \
    app(ms, WRITE, 3000), \
    out(ms, ACK, 1001, 1, 1000), \
    out((ms) + 10, ACK, 2001, 1, 1000), \
    out((ms) + 20, ACK | PSH, 3001, 1, 1000)

SCRIPT(after_ten_minutes_they_leave_apart)
    after_a_pause_until(600000),
END_SCRIPT;

SCRIPT(after_forty_minutes_they_leave_apart)
    after_a_pause_until(2400000),
END_SCRIPT;

SCRIPT(after_an_hour_they_leave_apart)
    after_a_pause_until(3600000),
END_SCRIPT;

SCRIPT(after_all_of_the_clock_they_leave_apart)
    after_a_pause_until(4294500),
END_SCRIPT;

SCRIPT(after_more_than_the_clock_they_leave_apart)
    after_a_pause_until(4295240),
END_SCRIPT;

/* What is written while it waits goes with it. */
SCRIPT(what_is_written_meanwhile_waits_too)
    open_with(true),
    app(277, WRITE, 1000),
    out(277, ACK | PSH, 1, 1, 1000),
    app(280, WRITE, 1000),
    app(283, WRITE, 1000),
    out(287, ACK, 1001, 1, 1000),
    out(297, ACK | PSH, 2001, 1, 1000),
END_SCRIPT;

SCRIPT(an_acknowledgment_does_not_wait)
    open_with(true),
    app(277, WRITE, 2000),
    out(277, ACK, 1, 1, 1000),
    in(280, ACK, 1, 1, 1000),
    in(281, ACK, 1001, 1, 1000),
    out(281, ACK, 1001, 2001, 0),
    out(287, ACK | PSH, 1001, 2001, 1000),
END_SCRIPT;

SCRIPT(a_reset_does_not_wait)
    open_with(true),
    app(277, WRITE, 2000),
    out(277, ACK, 1, 1, 1000),
    app(280, ABORT),
    out(280, RST | ACK, 1001, 1, 0),
    expect(281, STATE, TCP_CLOSED),
END_SCRIPT;

SCRIPT(what_is_sent_again_waits_like_all)
    open_with(true),
    app(277, WRITE, 5000),
    out(277, ACK, 1, 1, 1000),
    out(287, ACK, 1001, 1, 1000),
    out(297, ACK, 2001, 1, 1000),
    out(307, ACK, 3001, 1, 1000),
    out(317, ACK | PSH, 4001, 1, 1000),
    in(565, ACK, 1, 1, 0, .sack = { { 1001, 2001 } }),
    in(575, ACK, 1, 1, 0, .sack = { { 1001, 3001 } }),
    in(585, ACK, 1, 1, 0, .sack = { { 1001, 4001 } }),
    out(585, ACK, 1, 1, 1000),
END_SCRIPT;

/* To a peer that does not tell what arrived there is no model, and Reno is in its place. */
SCRIPT(without_sack_nothing_is_paced)
    open_with(false),
    app(277, WRITE, 3000),
    out(277, ACK, 1, 1, 1000),
    out(277, ACK, 1001, 1, 1000),
    out(277, ACK | PSH, 2001, 1, 1000),
END_SCRIPT;

// clang-format on

static duration in_an_hour(const struct tcp_sock *tcp, instant now)
{
    (void)tcp;
    (void)now;
    return seconds(3600);
}

/* Though nothing else may leave for an hour. */
START_TEST(a_window_probe_has_a_time_of_its_own)
{
    static struct script s;
    static struct tcp_profile slow;
    static struct tcp_congestion congestion;
    static struct tcp_model model;

    model = *tcp_bbr.model;
    model.send_in = in_an_hour;
    congestion = tcp_bbr;
    congestion.model = &model;
    slow = sk_tcp_bbr;
    slow.congestion = &congestion;
    script_begin(&s, __func__, 100000, 200000, 1000000);
    play(&s, setup(.profile = &slow));
    play(&s, active(0));
    play(&s, out(0, SYN, 0, 0, 0));
    play(&s, in(100, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true, .win = SHUT));
    play(&s, out(100, ACK, 1, 1, 0));
    play(&s, app(100, WRITE, 3000));
    play(&s, out(400, ACK, 1, 1, 1));
    script_end(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_first_may_leave_at_once,
        segments_leave_apart,
        after_a_pause_nothing_waits,
        after_ten_minutes_they_leave_apart,
        after_forty_minutes_they_leave_apart,
        after_an_hour_they_leave_apart,
        after_all_of_the_clock_they_leave_apart,
        after_more_than_the_clock_they_leave_apart,
        what_is_written_meanwhile_waits_too,
        an_acknowledgment_does_not_wait,
        a_reset_does_not_wait,
        what_is_sent_again_waits_like_all,
        without_sack_nothing_is_paced,
        a_window_probe_has_a_time_of_its_own,
        NULL,
    };

    after_a_loss = tcp_bbr;
    after_a_loss.init = init_after_a_loss;
    paced = sk_tcp_bbr;
    paced.congestion = &after_a_loss;
    return suite_run("pacing", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What follows from a timeout (RFC 8985 6.3) and from an acknowledgment in recovery (RFC 6937 3).
 */
#include "tests/support/rack_fixture.h"
#include "tests/support/suite.h"

/* RFC 8985 6.3: the first, and what was out for so long that it would have been reported. */
START_TEST(a_timeout_takes_what_is_overdue_for_lost)
{
    begin();
    transmit(4, 0);
    take(1, NULL, RTT);
    tcp_rack.on_timeout(tcp, RTT + QUARTER + millis(2));
    ck_assert_uint_eq(rack->f.lost, 2 * MSS);
    ck_assert_uint_eq(tcp->rtx_nxt, FIRST + MSS);
    ck_assert_uint_eq(tcp->rtx_end, FIRST + 3 * MSS);
    free(tcp);
}
END_TEST

/* Which leaves although the others fill the window. */
START_TEST(a_timeout_takes_the_first_for_lost_whenever_it_left)
{
    begin();
    transmit(4, 0);
    take(1, NULL, RTT);
    tcp_rack.on_timeout(tcp, RTT);
    ck_assert_uint_eq(rack->f.lost, MSS);
    ck_assert_uint_eq(tcp->rtx_nxt, FIRST + MSS);
    ck_assert_uint_ge(rack_pipe(tcp), tcp->cwnd);
    ck_assert_uint_eq(tcp_rack.budget(tcp), MSS);
    free(tcp);
}
END_TEST

/* RFC 2018 8: the peer threw away what it had reported. How often that was sent is not known. */
START_TEST(what_was_thrown_away_may_have_been_sent_more_than_once)
{
    begin();
    transmit(3, 0);
    take(0, blocks(0, 2), RTT);
    tcp_rack.on_timeout(tcp, 4 * RTT);
    ck_assert_uint_eq(inflight_at(&rack->f, 0)->flags, INFLIGHT_LOST | INFLIGHT_AGAIN);
    free(tcp);
}
END_TEST

/* The timers for a loss and for a probe wait for what the timeout has decided. */
START_TEST(a_timeout_stops_the_other_timer)
{
    begin();
    transmit(4, 0);
    tcp->recovery_timer = true;
    rack->tlp.due = true;
    tcp_rack.on_timeout(tcp, RTT);
    ck_assert(!tcp->recovery_timer);
    ck_assert(!rack->tlp.due);
    free(tcp);
}
END_TEST

/* What went into a closed window is lost, but for what the peer reported. */
START_TEST(a_window_that_opens_takes_everything_again)
{
    begin();
    transmit(4, 0);
    take(0, blocks(1, 2), RTT);
    rack->tlp.due = true;
    rack->timer = RACK_TIMER_PROBE;
    tcp->recovery_timer = true;
    tcp->cwnd = 0;
    tcp_rack.retransmit_to(tcp, tcp->snd_nxt);
    ck_assert(!tcp->recovery_timer); /* for a probe, which there is none of in a recovery */
    ck_assert_uint_eq(rack->f.lost, 3 * MSS);
    ck_assert_uint_eq(rack->f.sacked, MSS);
    ck_assert_uint_eq(tcp->rtx_nxt, FIRST);
    ck_assert_uint_eq(tcp->rtx_end, FIRST + MSS);
    ck_assert_uint_eq(tcp_rack.budget(tcp), MSS);
    ck_assert(!rack->tlp.due);
    free(tcp);
}
END_TEST

START_TEST(a_window_probe_takes_an_octet_again)
{
    begin();
    transmit(4, 0);
    tcp_rack.retransmit_to(tcp, FIRST + 1);
    ck_assert_uint_eq(rack->f.lost, 1);
    ck_assert_uint_eq(tcp->rtx_end - tcp->rtx_nxt, 1);
    free(tcp);
}
END_TEST

/* RFC 8985 6.2 step 5: one segment's time is over, the next one's is not. */
START_TEST(the_reordering_timer_runs_again_for_what_is_left)
{
    begin();
    transmit(4, 0);
    take(0, blocks(2, 3), RTT + millis(2));
    rack->timer = RACK_TIMER_REORDER;
    rack->reordering_seen = true;
    tcp->cwnd = 4 * MSS;
    tcp_rack.on_timer(tcp, RTT + QUARTER);
    ck_assert_uint_eq(rack->f.lost, MSS);
    ck_assert(tcp->recovery_timer);
    ck_assert_int_eq(rack->timer, RACK_TIMER_REORDER);
    free(tcp);
}
END_TEST

/* RFC 8985 7.2: what the peer reported beyond a hole draws an answer without. */
START_TEST(nothing_is_probed_beyond_a_hole)
{
    begin();
    transmit(4, 0);
    tcp->snd_wnd = 64 * MSS;
    tcp->rtt.fresh = true;
    tcp->timer = TCP_TIMER_RETRANSMIT;
    tcp->timer_at = tick_ceil(seconds(1));
    take(1, NULL, RTT);
    tlp_schedule(tcp, RTT);
    ck_assert(tcp->recovery_timer);
    take(1, blocks(2, 3), RTT);
    tlp_schedule(tcp, RTT);
    ck_assert(!tcp->recovery_timer);
    free(tcp);
}
END_TEST

/* RFC 4015 3.2, step 5: it is given back, and never taken away. */
START_TEST(what_grew_since_a_loss_that_was_none_stays)
{
    static const uint32_t grown[] = { 4, 12 };

    for (size_t i = 0; i < 2; i++) {
        struct tcp_hdr hdr = { .ack = FIRST };
        struct tcp_ack ack = { .hdr = &hdr };

        begin();
        transmit(10, 0);
        tcp->cwnd = 8 * MSS;
        undo_remember(tcp);
        undo_on_sent(tcp, &hdr, MSS);
        tcp->cwnd = grown[i] * MSS;
        ck_assert(undo_on_ack(tcp, &ack, (struct tcp_sack){ FIRST, FIRST + MSS }, RTT));
        ck_assert_uint_eq(tcp->cwnd, i ? 12 * MSS : 8 * MSS);
        free(tcp);
    }
}
END_TEST

/* Ten out, the first of them lost and sent again. */
static void begin_recovery(void)
{
    begin();
    transmit(10, 0);
    tcp->ssthresh = 9 * MSS;
    tcp->cwnd = MSS;
    rack->mode = RACK_RECOVERY;
    rack->recover = tcp->snd_nxt;
    rack->reordering_seen = true;
    transmit_again(FIRST, FIRST + MSS, RTT);
    prr_begin(&rack->prr, 20 * MSS, tcp->ssthresh);
}

static void answer(uint32_t to, const uint32_t a[4], instant now)
{
    struct tcp_hdr hdr = { .ack = FIRST + to * MSS };
    struct tcp_ack ack = { .hdr = &hdr, .acked = hdr.ack - tcp->snd_una };

    if (a) {
        hdr.n_sack = 1;
        hdr.sack[0] = (struct tcp_sack){ FIRST + a[0] * MSS, FIRST + a[1] * MSS };
    }
    tcp->snd_una = hdr.ack;
    tcp_rack.on_ack(tcp, &ack, now);
}

/* RFC 6937 3: what arrived is replaced, and with progress there is one segment more. */
START_TEST(progress_lets_out_one_segment_more)
{
    begin_recovery();
    answer(0, blocks(1, 3), RTT + millis(2));
    ck_assert_uint_eq(tcp->cwnd - rack_pipe(tcp), MSS); /* ssthresh */
    tcp->ssthresh = 20 * MSS;
    answer(0, blocks(1, 4), RTT + millis(3));
    ck_assert_uint_eq(tcp->cwnd - rack_pipe(tcp), 3 * MSS);
    rack->prr.out = 3 * MSS;
    answer(4, NULL, RTT + millis(4));
    ck_assert_uint_eq(tcp->cwnd - rack_pipe(tcp), 2 * MSS);
    free(tcp);
}
END_TEST

START_TEST(progress_with_a_new_loss_does_not)
{
    begin_recovery();
    tcp->ssthresh = 20 * MSS;
    answer(4, blocks(8, 9), 2 * RTT);
    ck_assert_uint_eq(rack->f.lost, 5 * MSS);
    ck_assert_uint_eq(tcp->cwnd - rack_pipe(tcp), 5 * MSS);
    free(tcp);
}
END_TEST

START_TEST(recovery_is_over_when_all_of_it_is_acknowledged)
{
    begin_recovery();
    rack->reo_wnd_persist = 5;
    answer(9, NULL, 2 * RTT);
    ck_assert_int_eq(rack->mode, RACK_RECOVERY);
    ck_assert_uint_eq(rack->reo_wnd_persist, 5);
    answer(10, NULL, 2 * RTT);
    ck_assert_int_eq(rack->mode, RACK_OPEN);
    ck_assert_uint_eq(tcp->cwnd, tcp->ssthresh);
    ck_assert_uint_eq(rack->reo_wnd_persist, 4);
    free(tcp);
}
END_TEST

/* RFC 6937 3: PRR has cwnd until `recover`, whatever the window did meanwhile. */
START_TEST(a_window_that_opens_does_not_end_a_recovery)
{
    begin_recovery();
    transmit(2, RTT);
    tcp_rack.retransmit_to(tcp, tcp->snd_nxt);
    ck_assert_int_eq(rack->mode, RACK_RECOVERY);
    ck_assert_uint_eq(rack->recover, FIRST + 10 * MSS);
    ck_assert(tcp_rack.sets_cwnd(tcp));
    free(tcp);
}
END_TEST

/* Records are few: segments that nothing tells apart share one. */
START_TEST(what_is_sent_again_at_once_is_one_record)
{
    struct tcp_hdr hdr = { .seq = FIRST, .len = MSS };

    begin();
    transmit(4, 0);
    for (; hdr.seq != FIRST + 3 * MSS; hdr.seq += MSS) {
        tcp_rack.on_sent(tcp, &hdr, RTT);
    }
    ck_assert_uint_eq(rack->f.n, 2);
    free(tcp);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_timeout_takes_what_is_overdue_for_lost,
        a_timeout_takes_the_first_for_lost_whenever_it_left,
        what_was_thrown_away_may_have_been_sent_more_than_once,
        a_timeout_stops_the_other_timer,
        a_window_that_opens_takes_everything_again,
        a_window_probe_takes_an_octet_again,
        the_reordering_timer_runs_again_for_what_is_left,
        nothing_is_probed_beyond_a_hole,
        what_grew_since_a_loss_that_was_none_stays,
        progress_lets_out_one_segment_more,
        progress_with_a_new_loss_does_not,
        recovery_is_over_when_all_of_it_is_acknowledged,
        a_window_that_opens_does_not_end_a_recovery,
        what_is_sent_again_at_once_is_one_record,
        NULL,
    };

    return suite_run("RACK's recovery", tests);
}

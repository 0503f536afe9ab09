/* SPDX-License-Identifier: BSD-3-Clause */
/* What one acknowledgment tells RACK (RFC 8985 6.2, step 1 to 5), call by call. */
#include "tests/support/rack_fixture.h"
#include "tests/support/suite.h"

static uint32_t reordering_window(void)
{
    return rack_patience(tcp) - rack->rtt;
}

/* Octets that came more than once. */
static uint32_t dsacked(struct rack_news news)
{
    return news.dsack.end - news.dsack.start;
}

START_TEST(every_block_is_taken)
{
    struct rack_news news;

    begin();
    transmit(10, 0);
    news = take(1, blocks(3, 4, 6, 8), RTT);
    ck_assert_uint_eq(news.delivered, 4 * MSS);
    ck_assert_uint_eq(dsacked(news), 0);
    ck_assert_uint_eq(rack->f.sacked, 3 * MSS);
    ck_assert_uint_eq(rack->fack, FIRST + 8 * MSS);
    news = take(1, blocks(3, 4, 6, 8), RTT);
    ck_assert_uint_eq(news.delivered, 0);
    free(tcp);
}
END_TEST

/* Records that nothing tells apart are one. */
START_TEST(what_arrived_side_by_side_is_one_record)
{
    begin();
    transmit(6, 0);
    take(0, blocks(2, 3), RTT);
    take(0, blocks(3, 4), RTT);
    take(0, blocks(4, 5), RTT);
    ck_assert_uint_eq(rack->f.n, 4);
    free(tcp);
}
END_TEST

/* RFC 2883 5 */
START_TEST(a_block_below_the_acknowledgment_is_a_duplicate)
{
    struct rack_news news;

    begin();
    transmit(10, 0);
    news = take(4, blocks(2, 4, 6, 7), RTT);
    ck_assert_uint_eq(dsacked(news), 2 * MSS);
    ck_assert_uint_eq(news.delivered, 5 * MSS);
    free(tcp);
}
END_TEST

START_TEST(so_is_a_block_in_the_second_one)
{
    struct rack_news news;

    begin();
    transmit(10, 0);
    news = take(1, blocks(3, 4, 3, 6), RTT);
    ck_assert_uint_eq(dsacked(news), MSS);
    ck_assert_uint_eq(news.delivered, 4 * MSS);
    news = take(1, blocks(5, 6, 3, 6), RTT);
    ck_assert_uint_eq(dsacked(news), MSS);
    news = take(1, blocks(2, 4, 3, 6), RTT);
    ck_assert_uint_eq(dsacked(news), 0);
    news = take(1, blocks(5, 7, 3, 6), RTT);
    ck_assert_uint_eq(dsacked(news), 0);
    free(tcp);
}
END_TEST

/* RFC 2883 5: by its own ACK field. Since it was sent, more was acknowledged. */
START_TEST(a_block_of_an_old_acknowledgment_is_no_duplicate)
{
    struct tcp_hdr old = { .ack = FIRST + MSS, .n_sack = 1 };
    struct rack_news news = { .hdr = &old };

    begin();
    transmit(10, 0);
    take(4, NULL, RTT);
    old.sack[0] = (struct tcp_sack){ FIRST + 2 * MSS, FIRST + 3 * MSS };
    rack_take_ack(tcp, &news, RTT);
    ck_assert_uint_eq(dsacked(news), 0);
    ck_assert_uint_eq(news.delivered, 0);
    free(tcp);
}
END_TEST

/* Inside out, it would be nearly 4 GiB. */
START_TEST(a_block_that_ends_before_it_begins_says_nothing)
{
    struct rack_news news;

    begin();
    transmit(10, 0);
    news = take(4, blocks(3, 1, 6, 7), RTT);
    ck_assert_uint_eq(dsacked(news), 0);
    ck_assert_uint_eq(news.delivered, 5 * MSS);
    free(tcp);
}
END_TEST

/* No more than the largest window below the acknowledgment was ever out at once. */
START_TEST(a_block_from_long_ago_is_no_duplicate)
{
    begin();
    transmit(10, 0);
    ck_assert_uint_eq(dsacked(take(1, blocks(-63u, -62u, 3, 4), RTT)), MSS);
    ck_assert_uint_eq(dsacked(take(1, blocks(-64u, -63u, 3, 4), RTT)), 0);
    free(tcp);
}
END_TEST

/* Or the peer could widen the window with it, and undo what was lost. */
START_TEST(a_block_of_what_was_never_sent_is_no_duplicate)
{
    begin();
    transmit(10, 0);
    ck_assert_uint_eq(dsacked(take(1, blocks(9, 10, 8, 12), LATE)), MSS);
    rack->in_dsack_round = false;
    rack->reo_wnd_mult = 1;
    ck_assert_uint_eq(dsacked(take(1, blocks(9, 11, 8, 12), LATE)), 0);
    ck_assert_uint_eq(dsacked(take(1, blocks(10, 11, 10, 12), LATE)), 0);
    ck_assert_uint_eq(rack->reo_wnd_mult, 1);
    free(tcp);
}
END_TEST

START_TEST(one_block_alone_is_none)
{
    begin();
    transmit(10, 0);
    ck_assert_uint_eq(dsacked(take(1, blocks(3, 4), RTT)), 0);
    free(tcp);
}
END_TEST

/* Step 1: the least round trip, of the last five minutes. */
START_TEST(the_least_round_trip_is_remembered_for_a_while)
{
    begin();
    transmit(1, 0);
    take(1, NULL, millis(90));
    ck_assert_uint_eq(rack->min_rtt, millis(90));
    transmit(1, seconds(1));
    take(2, NULL, seconds(1) + millis(80));
    ck_assert_uint_eq(rack->min_rtt, millis(80));
    transmit(1, seconds(300));
    take(3, NULL, seconds(300) + millis(120));
    ck_assert_uint_eq(rack->min_rtt, millis(80));
    transmit(1, seconds(302));
    take(4, NULL, seconds(302) + millis(120));
    ck_assert_uint_eq(rack->min_rtt, millis(120));
    transmit(1, seconds(400));
    take(5, NULL, seconds(400) + millis(130));
    ck_assert_uint_eq(rack->min_rtt, millis(120));
    free(tcp);
}
END_TEST

/* The same one again keeps it young. */
START_TEST(the_least_round_trip_is_confirmed)
{
    begin();
    transmit(1, 0);
    take(1, NULL, millis(90));
    transmit(1, seconds(200));
    take(2, NULL, seconds(200) + millis(90));
    transmit(1, seconds(400));
    take(3, NULL, seconds(400) + millis(120));
    ck_assert_uint_eq(rack->min_rtt, millis(90));
    free(tcp);
}
END_TEST

START_TEST(the_handshake_measures_first)
{
    begin();
    ck_assert_uint_eq(rack->min_rtt, UINT32_MAX);
    transmit(1, 0);
    take(1, NULL, millis(150));
    ck_assert_uint_eq(rack->min_rtt, RTT);
    free(tcp);
    begin();
    tcp->rtt.srtt = 0;
    transmit(1, 0);
    take(1, NULL, millis(150));
    ck_assert_uint_eq(rack->min_rtt, millis(150));
    free(tcp);
}
END_TEST

START_TEST(every_original_measures_a_round_trip)
{
    begin();
    transmit(3, 0);
    take(1, NULL, millis(120));
    ck_assert_uint_eq(tcp->rtt.latest, millis(120));
    take(2, NULL, millis(1));
    ck_assert_uint_eq(tcp->rtt.latest, 1); /* 0 would be none */
    tcp->rtt.latest = 0;
    transmit_again(FIRST + 2 * MSS, FIRST + 3 * MSS, millis(200));
    take(3, NULL, millis(350));
    ck_assert_uint_eq(tcp->rtt.latest, 0); /* Karn */
    free(tcp);
}
END_TEST

/* Step 2: an answer to a repetition that comes too early is one to the original. */
START_TEST(an_answer_too_early_is_not_the_repetitions)
{
    begin();
    transmit(3, 0);
    take(1, NULL, RTT);
    ck_assert_uint_eq(rack->xmit_ts, 0);
    transmit_again(FIRST + MSS, FIRST + 2 * MSS, millis(200));
    take(2, NULL, millis(299));
    ck_assert_uint_eq(rack->xmit_ts, 0);
    transmit_again(FIRST + 2 * MSS, FIRST + 3 * MSS, millis(300));
    take(2, blocks(2, 3), millis(400));
    ck_assert_uint_eq(rack->xmit_ts, millis(300));
    ck_assert_uint_eq(rack->rtt, millis(100));
    free(tcp);
}
END_TEST

/* The echoed time is that of a tick: two of them may be lost. */
START_TEST(so_is_one_that_echoes_the_originals_time)
{
    begin();
    transmit(3, 0);
    take(1, NULL, RTT);
    transmit_again(FIRST + MSS, FIRST + 2 * MSS, millis(200));
    echoed = millis(150) + 2 * RTO_GRANULARITY + 1;
    take(2, NULL, millis(350));
    ck_assert_uint_eq(rack->xmit_ts, 0);
    transmit_again(FIRST + 2 * MSS, FIRST + 3 * MSS, millis(400));
    echoed = millis(150) + 2 * RTO_GRANULARITY;
    take(2, blocks(2, 3), millis(550));
    ck_assert_uint_eq(rack->xmit_ts, millis(400));
    free(tcp);
}
END_TEST

/* Step 3 */
START_TEST(what_arrives_after_a_later_one_was_reordered)
{
    begin();
    transmit(6, 0);
    take(1, blocks(3, 4), RTT);
    ck_assert(!rack->reordering_seen);
    take(1, blocks(3, 5), RTT);
    ck_assert(!rack->reordering_seen);
    transmit_again(FIRST + MSS, FIRST + 2 * MSS, RTT);
    take(2, blocks(3, 5), 2 * RTT);
    ck_assert(!rack->reordering_seen); /* a repetition comes late by nature */
    take(3, blocks(3, 5), 2 * RTT);
    ck_assert(rack->reordering_seen);
    free(tcp);
}
END_TEST

/* Step 4 */
START_TEST(reordering_is_allowed_for_unless_three_arrived_and_none_was_seen)
{
    begin();
    transmit(10, 0);
    take(1, blocks(2, 4), LATE);
    ck_assert_uint_eq(reordering_window(), QUARTER);
    rack->mode = RACK_RECOVERY;
    ck_assert_uint_eq(reordering_window(), 0);
    rack->mode = RACK_OPEN;
    take(1, blocks(2, 5), LATE);
    ck_assert_uint_eq(reordering_window(), 0);
    take(2, blocks(2, 5), LATE);
    ck_assert_uint_eq(reordering_window(), QUARTER);
    free(tcp);
}
END_TEST

/* A duplicate: a quarter of the round trip more, once a round trip. */
START_TEST(each_round_with_a_duplicate_widens_the_window)
{
    begin();
    transmit(10, 0);
    take(2, NULL, LATE);
    rack->reordering_seen = true;
    take(2, blocks(0, 1), LATE);
    ck_assert_uint_eq(reordering_window(), 2 * QUARTER);
    take(4, blocks(1, 2), LATE);
    ck_assert_uint_eq(reordering_window(), 2 * QUARTER);
    transmit(2, LATE);
    take(9, blocks(1, 2), 2 * LATE);
    ck_assert_uint_eq(reordering_window(), 2 * QUARTER);
    take(10, blocks(1, 2), 2 * LATE); /* all that was out then */
    ck_assert_uint_eq(reordering_window(), 3 * QUARTER);
    free(tcp);
}
END_TEST

START_TEST(the_window_is_no_more_than_a_round_trip)
{
    begin();
    rack->reordering_seen = true;
    for (uint32_t i = 1; i <= 300; i++) {
        transmit(1, RTT * i);
        take(i, blocks(0, 1), RTT * (i + 1));
        ck_assert_uint_eq(reordering_window(), i < 3 ? (i + 1) * QUARTER : 4 * QUARTER);
    }
    free(tcp);
}
END_TEST

START_TEST(after_sixteen_recoveries_the_window_is_narrow_again)
{
    begin();
    rack->reordering_seen = true;
    transmit(2, 0);
    take(1, blocks(0, 1), LATE);
    for (int i = 0; i < 15; i++) {
        rack_recovery_ended(rack);
    }
    ck_assert_uint_eq(reordering_window(), 2 * QUARTER);
    take(2, blocks(0, 1), LATE); /* the count begins anew */
    for (int i = 0; i < 15; i++) {
        rack_recovery_ended(rack);
    }
    ck_assert_uint_eq(reordering_window(), 3 * QUARTER);
    rack_recovery_ended(rack);
    ck_assert_uint_eq(reordering_window(), QUARTER);
    free(tcp);
}
END_TEST

/* Step 5: sent before what arrived, and waited for. */
START_TEST(a_segment_is_lost_when_its_time_is_over)
{
    uint32_t wait;

    begin();
    transmit(4, 0);
    take(0, blocks(2, 3), millis(102));
    ck_assert(!rack_detect_losses(tcp, &wait, millis(102)));
    ck_assert_uint_eq(wait, RTT + QUARTER - millis(101)); /* of the second, sent at 1 ms */
    ck_assert(!rack_detect_losses(tcp, &wait, RTT + QUARTER - 1));
    ck_assert_uint_eq(wait, millis(1) + 1);
    ck_assert(rack_detect_losses(tcp, &wait, RTT + QUARTER));
    ck_assert_uint_eq(rack->f.lost, MSS);
    ck_assert_uint_eq(wait, millis(1));
    ck_assert(rack_detect_losses(tcp, &wait, RTT + QUARTER + millis(1)));
    ck_assert_uint_eq(rack->f.lost, 2 * MSS);
    ck_assert_uint_eq(wait, 0);
    ck_assert(!rack_detect_losses(tcp, &wait, seconds(10))); /* the fourth was sent later */
    free(tcp);
}
END_TEST

/* Of those that left at once, the ones before. */
START_TEST(what_left_at_the_same_time_is_ordered_by_number)
{
    uint32_t wait;

    begin();
    tcp->snd_nxt += 4 * MSS;
    inflight_append(&rack->f, tcp->snd_nxt, 0);
    take(0, blocks(1, 3), RTT);
    ck_assert(rack_detect_losses(tcp, &wait, seconds(1)));
    ck_assert_uint_eq(rack->f.lost, MSS);
    free(tcp);
}
END_TEST

START_TEST(a_repetition_further_on_does_not_hide_an_original)
{
    uint32_t wait;

    begin();
    transmit(6, 0);
    transmit_again(FIRST, FIRST + MSS, millis(50)); /* later than what arrives */
    take(0, blocks(4, 5), millis(104));
    ck_assert(rack_detect_losses(tcp, &wait, seconds(1)));
    ck_assert_uint_eq(rack->f.lost, 3 * MSS);
    free(tcp);
}
END_TEST

/* It lay before a closed window, or the host slept. */
START_TEST(longer_than_any_timeout_is_no_round_trip)
{
    struct rack_news news;
    uint32_t wait;

    begin();
    transmit(3, 0);
    news = take(1, NULL, seconds(3000));
    ck_assert_uint_eq(news.rtt, 0);
    ck_assert_uint_eq(news.delivered, MSS);
    ck_assert_uint_eq(rack->min_rtt, RTT); /* of the handshake */
    ck_assert(!rack->has_delivered);
    transmit_again(FIRST + MSS, FIRST + 2 * MSS, seconds(3000));
    take(1, blocks(2, 3), seconds(3000) + RTT);
    transmit(2, seconds(3001));
    take(1, blocks(4, 5), seconds(3001) + RTT + millis(1));
    ck_assert_uint_eq(rack->rtt, RTT);
    ck_assert_uint_le(rack_patience(tcp), 2 * RTT);
    rack_detect_losses(tcp, &wait, seconds(3001) + 2 * RTT);
    ck_assert_uint_eq(rack->f.lost, 2 * MSS);
    free(tcp);
}
END_TEST

START_TEST(as_long_as_a_timeout_is_a_round_trip)
{
    begin();
    transmit(1, 0);
    ck_assert_uint_eq(take(1, NULL, RTO_MAX).rtt, RTO_MAX);
    free(tcp);
}
END_TEST

START_TEST(when_all_is_acknowledged_the_past_is_forgotten)
{
    begin();
    transmit(2, 0);
    take(1, NULL, RTT);
    ck_assert(rack->has_delivered);
    take(2, NULL, RTT);
    ck_assert(!rack->has_delivered);
    free(tcp);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_block_is_taken,
        what_arrived_side_by_side_is_one_record,
        a_block_below_the_acknowledgment_is_a_duplicate,
        so_is_a_block_in_the_second_one,
        a_block_of_an_old_acknowledgment_is_no_duplicate,
        a_block_that_ends_before_it_begins_says_nothing,
        a_block_from_long_ago_is_no_duplicate,
        a_block_of_what_was_never_sent_is_no_duplicate,
        one_block_alone_is_none,
        the_least_round_trip_is_remembered_for_a_while,
        the_least_round_trip_is_confirmed,
        the_handshake_measures_first,
        every_original_measures_a_round_trip,
        an_answer_too_early_is_not_the_repetitions,
        so_is_one_that_echoes_the_originals_time,
        what_arrives_after_a_later_one_was_reordered,
        reordering_is_allowed_for_unless_three_arrived_and_none_was_seen,
        each_round_with_a_duplicate_widens_the_window,
        the_window_is_no_more_than_a_round_trip,
        after_sixteen_recoveries_the_window_is_narrow_again,
        a_segment_is_lost_when_its_time_is_over,
        what_left_at_the_same_time_is_ordered_by_number,
        a_repetition_further_on_does_not_hide_an_original,
        longer_than_any_timeout_is_no_round_trip,
        as_long_as_a_timeout_is_a_round_trip,
        when_all_is_acknowledged_the_past_is_forgotten,
        NULL,
    };

    return suite_run("RACK", tests);
}

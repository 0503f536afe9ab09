/* SPDX-License-Identifier: BSD-3-Clause */
/* The groups of a netif and what is said of them (RFC 2236), message by message. */
#include <check.h>
#include <string.h>

#include "proto/igmp.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#define START seconds(1000)
#define GROUP ip4(0xef010203)
#define OTHER ip4(0xef010204)
#define ALL ip4(IGMP_ALL_SYSTEMS)
#define N_GROUPS 3

static struct igmp_group groups[N_GROUPS];
static struct igmp igmp;
static struct rng rng;
static instant now;

static void begin(uint32_t seed)
{
    rng_init(&rng, (const uint8_t[16]){ (uint8_t)seed });
    now = START;
    igmp_init(&igmp, groups, N_GROUPS, &rng);
}

static void is_silent(void)
{
    struct igmp_hdr hdr;
    struct ip_addr dst;

    ck_assert(!igmp_next(&igmp, now, &hdr, &dst));
}

/* The next message, at the time when it is due. */
static void says_next(uint8_t type, struct ip_addr group)
{
    struct igmp_hdr hdr;
    struct ip_addr dst;

    ck_assert_int_ne(igmp_poll_at(&igmp), NEVER);
    if (igmp_poll_at(&igmp) > now) {
        now = igmp_poll_at(&igmp) - 1;
        is_silent();
        now++;
    }
    ck_assert(igmp_next(&igmp, now, &hdr, &dst));
    igmp_sent(&igmp, hdr.group, now);
    ck_assert_uint_eq(hdr.type, type);
    ck_assert_uint_eq(hdr.max_resp, 0);
    ck_assert(ip_equal(hdr.group, group));
    ck_assert(ip_equal(dst, type == IGMP_LEAVE ? ip4(IGMP_ALL_ROUTERS) : group));
}

static enum drop_reason hears(uint8_t type, uint8_t max_resp, struct ip_addr group)
{
    struct igmp_hdr hdr = { .type = type, .max_resp = max_resp, .group = group };

    return igmp_arrives(&igmp, &hdr, now);
}

static void join_and_report(struct ip_addr group)
{
    ck_assert(igmp_join(&igmp, group, now));
    for (int i = 0; i < IGMP_ROBUSTNESS; i++) {
        says_next(IGMP_REPORT, group);
    }
}

/* A member whose unasked reports have left. */
static void begin_idle(uint32_t seed)
{
    begin(seed);
    join_and_report(GROUP);
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
}

/* At once, and again within ten seconds, at a time that nobody knows. */
START_TEST(a_new_member_says_so_twice)
{
    instant least = NEVER;
    instant most = 0;

    for (uint32_t seed = 0; seed < 200; seed++) {
        begin(seed);
        ck_assert(!igmp_is_member(&igmp, GROUP));
        ck_assert(igmp_join(&igmp, GROUP, now));
        ck_assert(igmp_is_member(&igmp, GROUP) && !igmp_is_member(&igmp, OTHER));
        ck_assert_int_eq(igmp_poll_at(&igmp), now);
        says_next(IGMP_REPORT, GROUP);
        says_next(IGMP_REPORT, GROUP);
        least = now < least ? now : least;
        most = now > most ? now : most;
        ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
        is_silent();
    }
    ck_assert_int_gt(least, START);
    ck_assert_int_lt(least, START + seconds(1));
    ck_assert_int_gt(most, START + seconds(9));
    ck_assert_int_le(most, START + seconds(10));
}
END_TEST

START_TEST(more_members_say_nothing_more)
{
    begin_idle(1);
    ck_assert(igmp_join(&igmp, GROUP, now));
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
    igmp_leave(&igmp, GROUP, now);
    ck_assert(igmp_is_member(&igmp, GROUP));
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
    igmp_leave(&igmp, GROUP, now);
    ck_assert(!igmp_is_member(&igmp, GROUP));
    says_next(IGMP_LEAVE, GROUP);
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
}
END_TEST

/* RFC 2236 3: within the time that the query gives, which differs from host to host. */
START_TEST(a_query_is_answered_within_its_time)
{
    struct ip_addr asked[] = { ip4(0), GROUP };
    instant most = 0;

    for (uint32_t seed = 0; seed < 200; seed++) {
        begin_idle(seed);
        now = START + seconds(60);
        ck_assert_int_eq(hears(IGMP_QUERY, 50, asked[seed % 2]), DROP_NONE);
        says_next(IGMP_REPORT, GROUP);
        ck_assert_int_gt(now, START + seconds(60));
        ck_assert_int_le(now, START + seconds(65));
        most = now > most ? now : most;
        ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
    }
    ck_assert_int_gt(most, START + seconds(64));
}
END_TEST

/* A timer that runs is set anew only where less time is left than it has to go. */
START_TEST(a_second_query_moves_an_answer_only_forward)
{
    begin_idle(2);
    now = START + seconds(60);
    ck_assert_int_eq(hears(IGMP_QUERY, 255, ip4(0)), DROP_NONE);
    ck_assert_int_eq(hears(IGMP_QUERY, 1, ip4(0)), DROP_NONE);
    ck_assert_int_le(igmp_poll_at(&igmp), now + seconds(1) / 10);
    now = igmp_poll_at(&igmp) - 1;
    ck_assert_int_eq(hears(IGMP_QUERY, 255, ip4(0)), DROP_NONE);
    ck_assert_int_eq(igmp_poll_at(&igmp), now + 1);
    now += 2; /* it is due, and not put off */
    ck_assert_int_eq(hears(IGMP_QUERY, 1, ip4(0)), DROP_NONE);
    says_next(IGMP_REPORT, GROUP);
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
}
END_TEST

START_TEST(a_query_is_about_one_group_or_all)
{
    begin_idle(3);
    join_and_report(OTHER);
    ck_assert_int_eq(hears(IGMP_QUERY, 10, OTHER), DROP_NONE);
    says_next(IGMP_REPORT, OTHER);
    is_silent();
    ck_assert_int_eq(hears(IGMP_QUERY, 10, ip4(0xef010205)), DROP_IGMP_GROUP);
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
}
END_TEST

/* And then does not say when it leaves: others are still there (RFC 2236 3). */
START_TEST(a_report_of_another_does_for_us)
{
    static const uint8_t types[] = { IGMP_REPORT, IGMP_V1_REPORT };

    for (size_t i = 0; i < 2; i++) {
        begin(4);
        ck_assert(igmp_join(&igmp, GROUP, now));
        says_next(IGMP_REPORT, GROUP);
        ck_assert_int_eq(hears(types[i], 0, GROUP), DROP_NONE);
        ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
        ck_assert_int_eq(hears(IGMP_QUERY, 10, ip4(0)), DROP_NONE);
        ck_assert_int_eq(hears(types[i], 0, GROUP), DROP_NONE);
        ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
        igmp_leave(&igmp, GROUP, now);
        is_silent();
        ck_assert(!igmp_is_member(&igmp, GROUP));
        ck_assert_int_eq(hears(types[i], 0, GROUP), DROP_IGMP_GROUP);
        ck_assert_int_eq(hears(types[i], 0, ip4(0)), DROP_IGMP_GROUP);
    }
}
END_TEST

/* RFC 2236 3: it does for the reports that a new member sends unasked, too. */
START_TEST(after_a_report_of_another_a_query_is_answered_once)
{
    begin(18);
    ck_assert(igmp_join(&igmp, GROUP, now));
    ck_assert_int_eq(hears(IGMP_REPORT, 0, GROUP), DROP_NONE);
    ck_assert_int_eq(hears(IGMP_QUERY, 10, ip4(0)), DROP_NONE);
    says_next(IGMP_REPORT, GROUP);
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
}
END_TEST

/* RFC 2236 6: nobody reported in our place when no report of ours was due. */
START_TEST(a_report_of_another_is_ignored_by_an_idle_member)
{
    begin_idle(14);
    ck_assert_int_eq(hears(IGMP_REPORT, 0, GROUP), DROP_NONE);
    ck_assert_int_eq(hears(IGMP_V1_REPORT, 0, GROUP), DROP_NONE);
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
    igmp_leave(&igmp, GROUP, now);
    says_next(IGMP_LEAVE, GROUP);
}
END_TEST

START_TEST(the_last_to_report_says_when_it_leaves)
{
    begin_idle(5);
    igmp_leave(&igmp, GROUP, now);
    ck_assert_int_eq(hears(IGMP_REPORT, 0, GROUP), DROP_IGMP_GROUP);
    says_next(IGMP_LEAVE, GROUP);
    is_silent();
    ck_assert(igmp_join(&igmp, GROUP, now)); /* who left before it said anything, says nothing */
    igmp_leave(&igmp, GROUP, now);
    is_silent();
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
}
END_TEST

/* A second later, as often as it takes. */
START_TEST(what_could_not_leave_is_said_again)
{
    struct igmp_hdr hdr;
    struct ip_addr dst;

    begin(16);
    ck_assert(igmp_join(&igmp, GROUP, now));
    for (int leaves = 0; leaves < 2; leaves++) {
        for (int i = 0; i < 5; i++) {
            ck_assert(igmp_next(&igmp, now, &hdr, &dst));
            ck_assert_uint_eq(hdr.type, leaves ? IGMP_LEAVE : IGMP_REPORT);
            igmp_unsent(&igmp, hdr.group, now);
            is_silent();
            ck_assert_int_eq(igmp_poll_at(&igmp), now + seconds(1));
            now += seconds(1);
        }
        for (int i = 0; !leaves && i < IGMP_ROBUSTNESS; i++) {
            says_next(IGMP_REPORT, GROUP);
        }
        if (!leaves) {
            igmp_leave(&igmp, GROUP, now);
        }
    }
    says_next(IGMP_LEAVE, GROUP);
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
}
END_TEST

START_TEST(a_member_that_comes_back_at_once)
{
    begin_idle(6);
    igmp_leave(&igmp, GROUP, now);
    ck_assert(igmp_join(&igmp, GROUP, now));
    says_next(IGMP_REPORT, GROUP);
    says_next(IGMP_REPORT, GROUP);
    is_silent();
}
END_TEST

/* Its report of before is still the last one. */
START_TEST(a_member_that_comes_back_and_leaves_at_once)
{
    begin_idle(17);
    igmp_leave(&igmp, GROUP, now);
    ck_assert(igmp_join(&igmp, GROUP, now));
    igmp_leave(&igmp, GROUP, now);
    says_next(IGMP_LEAVE, GROUP);
    is_silent();
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
}
END_TEST

/* RFC 2236 4: a query without a time is from a router that knows version 1 alone; for 400 seconds
 * it gets reports that it knows, and no leave, which it does not. */
START_TEST(a_router_of_version_1)
{
    begin_idle(7);
    join_and_report(OTHER);
    ck_assert_int_eq(hears(IGMP_QUERY, 0, ip4(0)), DROP_NONE);
    ck_assert_int_le(igmp_poll_at(&igmp), now + seconds(10));
    igmp_leave(&igmp, OTHER, now);
    says_next(IGMP_V1_REPORT, GROUP);
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
    now += IGMP_V1_PRESENT;
    ck_assert_int_eq(hears(IGMP_QUERY, 100, ip4(0)), DROP_NONE);
    says_next(IGMP_REPORT, GROUP);
    igmp_leave(&igmp, GROUP, now);
    says_next(IGMP_LEAVE, GROUP);
}
END_TEST

START_TEST(a_router_of_version_1_is_remembered_for_400_seconds)
{
    for (int i = 0; i < 2; i++) {
        begin_idle(8);
        ck_assert_int_eq(hears(IGMP_QUERY, 0, ip4(0)), DROP_NONE);
        igmp.groups[0].at = now + IGMP_V1_PRESENT - !i;
        says_next(i ? IGMP_REPORT : IGMP_V1_REPORT, GROUP);
    }
}
END_TEST

/* Everybody is in it, and nobody says so (RFC 1112 7.1, RFC 2236 6). */
START_TEST(all_systems)
{
    begin(9);
    ck_assert(igmp_is_member(&igmp, ALL));
    ck_assert(igmp_join(&igmp, ALL, now));
    ck_assert_int_eq(hears(IGMP_QUERY, 10, ip4(0)), DROP_NONE);
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
    igmp_restart(&igmp, now);
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
    igmp_leave(&igmp, ALL, now);
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
    ck_assert(igmp_is_member(&igmp, ALL));
}
END_TEST

/* The place of a group that is left is free though nobody was told yet. */
START_TEST(as_many_groups_as_there_are_places)
{
    begin_idle(10);
    ck_assert(igmp_join(&igmp, OTHER, now) && igmp_join(&igmp, ALL, now));
    ck_assert(!igmp_join(&igmp, ip4(0xef010205), now));
    ck_assert_uint_eq(igmp.n_joined, 3);
    igmp_leave(&igmp, GROUP, now);
    ck_assert(igmp_join(&igmp, ip4(0xef010205), now));
    ck_assert_uint_eq(igmp.n_joined, 3);
    igmp_leave(&igmp, ip4(0xef010205), now); /* of which nothing was said yet */
    says_next(IGMP_REPORT, OTHER);
    says_next(IGMP_REPORT, OTHER);
    is_silent();
}
END_TEST

/* The leave that was due there is not said of the next group. */
START_TEST(a_place_that_is_taken_over_is_silent)
{
    begin_idle(13);
    join_and_report(OTHER);
    join_and_report(ip4(0xef010205));
    igmp_leave(&igmp, GROUP, now);
    ck_assert_int_eq(igmp_poll_at(&igmp), now);
    ck_assert(igmp_join(&igmp, ALL, now));
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
}
END_TEST

START_TEST(another_network_is_told_of_every_group)
{
    begin_idle(11);
    ck_assert(igmp_join(&igmp, OTHER, now));
    says_next(IGMP_REPORT, OTHER);
    igmp_leave(&igmp, OTHER, now);
    ck_assert_int_eq(hears(IGMP_QUERY, 0, GROUP), DROP_NONE);
    now += seconds(1);
    igmp_restart(&igmp, now);
    says_next(IGMP_REPORT, GROUP);
    says_next(IGMP_REPORT, GROUP);
    ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
}
END_TEST

START_TEST(what_is_not_for_hosts)
{
    static const uint8_t types[] = { 0, IGMP_LEAVE, 0x13, 0x14, 0x22, 255 };

    begin_idle(12);
    for (size_t i = 0; i < sizeof(types); i++) {
        ck_assert_int_eq(hears(types[i], 10, GROUP), DROP_IGMP_TYPE);
        ck_assert_int_eq(igmp_poll_at(&igmp), NEVER);
    }
}
END_TEST

START_TEST(a_message_is_written_and_read)
{
    static const uint8_t wire[] = { 0x11, 100, 0xfd, 0x96, 0xef, 1, 2, 3 };
    struct igmp_hdr hdr = { .type = IGMP_QUERY, .max_resp = 100, .group = GROUP };
    uint8_t at[IGMP_LEN + 4] = { 0 };
    struct cursor c;

    igmp_emit(at, &hdr);
    ck_assert_mem_eq(at, wire, IGMP_LEN);
    for (size_t len = 0; len <= sizeof(at); len++) { /* version 3 is longer */
        struct igmp_hdr got;

        c = cursor_over(at, len);
        ck_assert_int_eq(igmp_parse(&c, &got), len < IGMP_LEN ? DROP_IGMP_SHORT : DROP_NONE);
        if (len >= IGMP_LEN) {
            ck_assert(got.type == IGMP_QUERY && got.max_resp == 100 && ip_equal(got.group, GROUP));
        }
    }
    at[IGMP_LEN + 3] = 1; /* summed, too */
    c = cursor_over(at, sizeof(at));
    ck_assert_int_eq(igmp_parse(&c, &hdr), DROP_IGMP_CHECKSUM);
}
END_TEST

/* RFC 3376 7.1: versions 1 and 3 differ in length, and not in a time of zero. */
START_TEST(a_query_of_version_3_is_none_of_version_1)
{
    struct igmp_hdr query = { .type = IGMP_QUERY };
    uint8_t at[IGMP_V3_QUERY_LEN] = { 0 };

    igmp_emit(at, &query);
    for (size_t len = IGMP_LEN; len <= sizeof(at); len += sizeof(at) - IGMP_LEN) {
        struct cursor c = cursor_over(at, len);
        bool first = len == IGMP_LEN;

        begin_idle(15);
        ck_assert_int_eq(igmp_parse(&c, &query), DROP_NONE);
        ck_assert_int_eq(igmp_arrives(&igmp, &query, now), DROP_NONE);
        ck_assert_int_le(igmp_poll_at(&igmp), now + (first ? seconds(10) : seconds(1) / 10));
        says_next(first ? IGMP_V1_REPORT : IGMP_REPORT, GROUP);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_new_member_says_so_twice,
                                   more_members_say_nothing_more,
                                   a_query_is_answered_within_its_time,
                                   a_second_query_moves_an_answer_only_forward,
                                   a_query_is_about_one_group_or_all,
                                   a_report_of_another_does_for_us,
                                   after_a_report_of_another_a_query_is_answered_once,
                                   a_report_of_another_is_ignored_by_an_idle_member,
                                   the_last_to_report_says_when_it_leaves,
                                   what_could_not_leave_is_said_again,
                                   a_member_that_comes_back_at_once,
                                   a_member_that_comes_back_and_leaves_at_once,
                                   a_router_of_version_1,
                                   a_router_of_version_1_is_remembered_for_400_seconds,
                                   all_systems,
                                   as_many_groups_as_there_are_places,
                                   a_place_that_is_taken_over_is_silent,
                                   another_network_is_told_of_every_group,
                                   what_is_not_for_hosts,
                                   a_message_is_written_and_read,
                                   a_query_of_version_3_is_none_of_version_1,
                                   NULL };

    return suite_run("igmp", tests);
}

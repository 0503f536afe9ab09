/* SPDX-License-Identifier: BSD-3-Clause */
/* Address conflict detection (RFC 5227), message by message. */
#include <check.h>
#include <string.h>

#include "proto/acd.h"
#include "tests/support/suite.h"

#define START seconds(1000)
#define ADDR ip4(0x0a000005)

static const struct mac_addr us = { { 2, 0, 0, 0, 0, 1 } };
static const struct mac_addr them = { { 2, 0, 0, 0, 0, 9 } };
static struct acd acd;
static struct rng rng;
static instant now;

static void begin(uint32_t seed, bool keeps)
{
    rng_init(&rng, (const uint8_t[16]){ (uint8_t)seed });
    now = START;
    acd_init(&acd, us, &rng);
    acd_start(&acd, ADDR, keeps, now);
}

/* Time passes until something is due, which is done. True: the address is ours. */
static bool pass(void)
{
    now = acd_poll_at(&acd, now);
    ck_assert_int_ne(now, NEVER);
    return acd_poll(&acd, now);
}

static void sends(struct ip_addr spa)
{
    static const struct mac_addr none;
    struct arp_hdr arp;

    ck_assert(acd_next(&acd, &arp));
    ck_assert_int_eq(arp.op, ARP_REQUEST);
    ck_assert(mac_equal(arp.sha, us) && mac_equal(arp.tha, none));
    ck_assert(ip_equal(arp.spa, spa) && ip_equal(arp.tpa, ADDR));
    acd_sent(&acd, now);
    ck_assert(!acd_next(&acd, &arp));
}

static void is_silent(void)
{
    struct arp_hdr arp;

    ck_assert(!acd_next(&acd, &arp));
}

static void probes(void)
{
    for (int i = 0; i < ACD_PROBE_NUM; i++) {
        ck_assert(!pass());
        sends(ip4(0));
    }
}

/* The address is in use, announced, and a while has passed. */
static void settle(void)
{
    probes();
    ck_assert(pass());
    sends(ADDR);
    ck_assert(!pass());
    sends(ADDR);
    now += seconds(60);
}

static enum acd_verdict hear(uint16_t op, struct mac_addr sha, struct ip_addr spa,
                             struct ip_addr tpa)
{
    struct arp_hdr arp = { .op = op, .sha = sha, .spa = spa, .tpa = tpa };

    return acd_arrives(&acd, &arp, now);
}

static enum acd_verdict conflict(void)
{
    return hear(ARP_REPLY, them, ADDR, ip4(0x0a000007));
}

/* 2.1.1, 2.3 */
START_TEST(three_probes_and_two_announcements)
{
    for (uint32_t seed = 1; seed < 200; seed++) {
        instant last;

        begin(seed, false);
        ck_assert_int_le(acd_poll_at(&acd, now) - now, seconds(1));
        ck_assert_int_ge(acd_poll_at(&acd, now) - now, 0);
        for (int i = 0; i < 3; i++) {
            last = now;
            ck_assert(!pass());
            ck_assert(i == 0 || now - last >= seconds(1));
            ck_assert(i == 0 || now - last <= seconds(2));
            sends(ip4(0));
        }
        last = now;
        ck_assert(pass());
        ck_assert_int_eq(now - last, seconds(2));
        sends(ADDR);
        last = now;
        ck_assert(!pass());
        ck_assert_int_eq(now - last, seconds(2));
        sends(ADDR);
        ck_assert_int_eq(acd_poll_at(&acd, now), NEVER); /* 2.1: nothing without a cause */
    }
}
END_TEST

START_TEST(waits_are_random)
{
    bool differs = false;
    instant first;

    begin(1, false);
    first = acd_poll_at(&acd, now);
    for (uint32_t seed = 2; seed < 10; seed++) {
        begin(seed, false);
        differs = differs || acd_poll_at(&acd, now) != first;
    }
    ck_assert(differs);
}
END_TEST

/* 2.1.1: from the start on, and until two seconds after the last probe. */
START_TEST(whoever_has_it_keeps_it)
{
    for (int n = 0; n <= 2 * ACD_PROBE_NUM + 1; n++) {
        begin(7, false);
        for (int i = 0; i < n; i++) {
            if (i % 2 == 0) {
                ck_assert_int_eq(pass(), i == 2 * ACD_PROBE_NUM);
            } else {
                sends(ip4(0));
            }
        }
        ck_assert_int_eq(conflict(), n > 2 * ACD_PROBE_NUM ? ACD_CONFLICT : ACD_LOST);
        if (n <= 2 * ACD_PROBE_NUM) {
            is_silent();
            ck_assert_int_eq(acd_poll_at(&acd, now), NEVER);
            ck_assert_int_eq(conflict(), ACD_NO_CONFLICT);
        }
    }
}
END_TEST

START_TEST(what_is_a_conflict_while_it_probes)
{
    static const struct mac_addr group = { { 1, 0, 0x5e, 0, 0, 1 } };
    static const struct mac_addr none;
    const struct ip_addr other = ip4(0x0a000006);
    const struct {
        uint16_t op;
        struct mac_addr sha;
        struct ip_addr spa;
        struct ip_addr tpa;
        enum acd_verdict verdict;
    } rows[] = {
        { ARP_REQUEST, them, ADDR, other, ACD_LOST },
        { ARP_REPLY, them, ADDR, other, ACD_LOST },
        { ARP_REQUEST, them, ip4(0), ADDR, ACD_LOST }, /* it wants it, too */
        { ARP_REPLY, them, ip4(0), ADDR, ACD_NO_CONFLICT },
        { ARP_REQUEST, them, ip4(0), other, ACD_NO_CONFLICT },
        { ARP_REQUEST, them, other, ADDR, ACD_NO_CONFLICT }, /* it only asks */
        { ARP_REQUEST, us, ip4(0), ADDR, ACD_NO_CONFLICT },  /* an echo */
        { ARP_REQUEST, group, ADDR, other, ACD_NO_CONFLICT },
        { ARP_REQUEST, none, ADDR, other, ACD_NO_CONFLICT },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin(7, false);
        ck_assert_int_eq(hear(rows[i].op, rows[i].sha, rows[i].spa, rows[i].tpa), rows[i].verdict);
    }
}
END_TEST

START_TEST(anothers_probe_is_no_conflict_once_it_is_ours)
{
    begin(7, false);
    settle();
    ck_assert_int_eq(hear(ARP_REQUEST, them, ip4(0), ADDR), ACD_NO_CONFLICT);
    is_silent();
}
END_TEST

/* 2.4 (b) */
START_TEST(it_is_defended_once_in_ten_seconds_and_then_given_up)
{
    begin(7, false);
    settle();
    ck_assert_int_eq(conflict(), ACD_CONFLICT);
    sends(ADDR);
    now += seconds(10);
    ck_assert_int_eq(conflict(), ACD_CONFLICT);
    sends(ADDR);
    now += seconds(10) - 1;
    ck_assert_int_eq(conflict(), ACD_LOST);
    is_silent();
    ck_assert_int_eq(acd_poll_at(&acd, now), NEVER);
}
END_TEST

/* 2.4 (c) */
START_TEST(what_is_configured_is_kept_and_defended_once_in_ten_seconds)
{
    begin(7, true);
    settle();
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(conflict(), ACD_CONFLICT);
        if (i % 10 == 0) {
            sends(ADDR);
        }
        is_silent();
        now += seconds(1);
    }
}
END_TEST

START_TEST(an_announcement_is_no_defence)
{
    begin(7, false);
    probes();
    ck_assert(pass());
    sends(ADDR);
    ck_assert_int_eq(conflict(), ACD_CONFLICT);
    sends(ADDR); /* it is both */
    ck_assert_int_eq(acd_poll_at(&acd, now), NEVER);
}
END_TEST

/* 2.1.1 */
START_TEST(after_ten_conflicts_it_waits_a_minute)
{
    begin(7, false);
    for (int i = 0; i < ACD_MAX_CONFLICTS; i++) {
        ck_assert_int_le(acd_poll_at(&acd, now) - now, seconds(1));
        ck_assert_int_eq(conflict(), ACD_LOST);
        acd_start(&acd, ADDR, false, now);
    }
    ck_assert_int_ge(acd_poll_at(&acd, now) - now, seconds(60));
    ck_assert_int_le(acd_poll_at(&acd, now) - now, seconds(61));
    for (int i = 0; i < 250; i++) { /* and never forgets */
        conflict();
        acd_start(&acd, ADDR, false, now);
    }
    ck_assert_int_ge(acd_poll_at(&acd, now) - now, seconds(60));
}
END_TEST

/* 2.1.1: those that are found later count as well. */
START_TEST(conflicts_of_an_address_in_use_count_too)
{
    begin(7, true);
    settle();
    for (int i = 0; i < ACD_MAX_CONFLICTS; i++) {
        ck_assert_int_eq(conflict(), ACD_CONFLICT);
    }
    acd_start(&acd, ADDR, false, now);
    ck_assert_int_ge(acd_poll_at(&acd, now) - now, seconds(60));
}
END_TEST

/* Whoever waited that long already has waited enough. */
START_TEST(the_minute_is_counted_from_the_last_conflict)
{
    begin(7, true);
    for (int i = 0; i < ACD_MAX_CONFLICTS; i++) {
        ck_assert_int_eq(conflict(), ACD_LOST);
        acd_start(&acd, ADDR, true, now);
    }
    now += seconds(59);
    acd_start(&acd, ADDR, true, now);
    ck_assert_int_ge(acd_poll_at(&acd, now) - now, seconds(1));
    ck_assert_int_le(acd_poll_at(&acd, now) - now, seconds(2));
    now += seconds(1);
    acd_start(&acd, ADDR, true, now);
    ck_assert_int_le(acd_poll_at(&acd, now) - now, seconds(1));
    settle();
    acd_start(&acd, ADDR, true, now); /* and as long as there are no more, it is over */
    ck_assert_int_le(acd_poll_at(&acd, now) - now, seconds(1));
}
END_TEST

START_TEST(another_address_is_defended_anew)
{
    begin(7, false);
    settle();
    ck_assert_int_eq(conflict(), ACD_CONFLICT);
    sends(ADDR);
    ck_assert_int_eq(conflict(), ACD_LOST);
    acd_start(&acd, ADDR, false, now);
    probes();
    ck_assert(pass());
    sends(ADDR);
    ck_assert_int_eq(conflict(), ACD_CONFLICT);
}
END_TEST

/* A link without room: nobody heard the probe, or the defence. */
START_TEST(what_did_not_leave_does_not_count)
{
    instant last;

    begin(7, false);
    for (int i = 0; i < 5; i++) {
        last = now;
        ck_assert(!pass());
        acd_unsent(&acd, now);
        is_silent();
        ck_assert_int_ge(acd_poll_at(&acd, now) - now, seconds(1));
    }
    settle();
    ck_assert_int_gt(now, last);
    ck_assert_int_eq(conflict(), ACD_CONFLICT);
    acd_unsent(&acd, now);
    ck_assert(!pass());
    sends(ADDR);
    ck_assert_int_eq(acd_poll_at(&acd, now), NEVER);
}
END_TEST

START_TEST(an_address_that_is_not_wanted_is_not_probed_for)
{
    begin(7, false);
    pass();
    acd_stop(&acd);
    is_silent();
    ck_assert_int_eq(acd_poll_at(&acd, now), NEVER);
    ck_assert_int_eq(conflict(), ACD_NO_CONFLICT);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        three_probes_and_two_announcements,
        waits_are_random,
        whoever_has_it_keeps_it,
        what_is_a_conflict_while_it_probes,
        anothers_probe_is_no_conflict_once_it_is_ours,
        it_is_defended_once_in_ten_seconds_and_then_given_up,
        what_is_configured_is_kept_and_defended_once_in_ten_seconds,
        an_announcement_is_no_defence,
        after_ten_conflicts_it_waits_a_minute,
        conflicts_of_an_address_in_use_count_too,
        the_minute_is_counted_from_the_last_conflict,
        another_address_is_defended_anew,
        what_did_not_leave_does_not_count,
        an_address_that_is_not_wanted_is_not_probed_for,
        NULL,
    };

    return suite_run("acd", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The neighbour cache in virtual time: what arrives, what leaves, and when. */
#include <check.h>
#include <string.h>

#include "tests/support/neigh_story.h"
#include "tests/support/suite.h"

START_TEST(an_answer_fills_the_entry_and_wakes_who_waits)
{
    struct mac_addr mac;
    uint8_t hint = 0;

    begin();
    ck_assert_int_eq(look(host(2)), NEIGH_WAITING);
    ck_assert_int_eq(neigh_lookup(&cache, host(9), now, &mac, &hint), NEIGH_WAITING);
    run(5);
    who_has(0, host(2), MAC_BROADCAST);
    who_has(0, host(9), MAC_BROADCAST);
    ck_assert(answers(host(9)));
    ck_assert_int_eq(neigh_lookup(&cache, host(9), now, &mac, &hint), NEIGH_KNOWN);
    ck_assert(mac_equal(mac, mac_of(host(9))));
    ck_assert_uint_eq(hint, 1);
    ck_assert_int_eq(look(host(2)), NEIGH_WAITING);
    run(1500);
    who_has(1000, host(2), MAC_BROADCAST);
    ck_assert(answers(host(2)));
    ck_assert_int_eq(look(host(2)), NEIGH_KNOWN);
    run(10000);
    silence();
}
END_TEST

START_TEST(hostile_ARP_07_a_dead_host_is_asked_for_three_times_and_is_down)
{
    begin();
    for (int64_t ms = 0; ms < 3000; ms += 3) { /* a thousand datagrams */
        run(ms);
        ck_assert_int_eq(look(host(7)), NEIGH_WAITING);
    }
    who_has(0, host(7), MAC_BROADCAST);
    who_has(1000, host(7), MAC_BROADCAST);
    who_has(2000, host(7), MAC_BROADCAST);
    ck_assert_uint_eq(n_woken, 0);
    run(3010);
    ck_assert_uint_eq(n_woken, 1);
    ck_assert_int_eq(look(host(7)), NEIGH_DOWN);
    run(22990);
    ck_assert_int_eq(look(host(7)), NEIGH_DOWN);
    silence();
    run(23100);
    ck_assert_int_eq(look(host(7)), NEIGH_WAITING);
    run(23200);
    who_has(23100, host(7), MAC_BROADCAST);
}
END_TEST

START_TEST(a_lookup_in_time_needs_no_poll_to_ask_again)
{
    begin();
    look(host(7));
    run(3010);
    now = EPOCH + millis(23100);
    ck_assert_int_eq(look(host(7)), NEIGH_WAITING);
}
END_TEST

START_TEST(an_answer_that_comes_late_brings_the_host_back)
{
    begin();
    look(host(7));
    run(4000);
    ck_assert_int_eq(look(host(7)), NEIGH_DOWN);
    ck_assert(!answers(host(7)));
    ck_assert_int_eq(look(host(7)), NEIGH_KNOWN);
}
END_TEST

START_TEST(an_entry_in_use_is_confirmed_before_it_expires)
{
    begin();
    meet(GATEWAY);
    run(57500);
    who_has(57000, GATEWAY, mac_of(GATEWAY));
    ck_assert_int_eq(look(GATEWAY), NEIGH_KNOWN);
    ck_assert(!answers(GATEWAY));
    look(GATEWAY);
    run(115000);
    who_has(57500 + 57000, GATEWAY, mac_of(GATEWAY));
    silence();
}
END_TEST

START_TEST(an_entry_in_use_without_confirmation_is_asked_for_again_and_goes_down)
{
    begin();
    meet(GATEWAY);
    run(59900);
    who_has(57000, GATEWAY, mac_of(GATEWAY));
    who_has(58000, GATEWAY, mac_of(GATEWAY));
    who_has(59000, GATEWAY, mac_of(GATEWAY));
    ck_assert_int_eq(look(GATEWAY), NEIGH_KNOWN);
    run(60010);
    ck_assert_int_eq(look(GATEWAY), NEIGH_WAITING);
    run(64000);
    who_has(60000, GATEWAY, MAC_BROADCAST);
    who_has(61000, GATEWAY, MAC_BROADCAST);
    who_has(62000, GATEWAY, MAC_BROADCAST);
    ck_assert_int_eq(look(GATEWAY), NEIGH_DOWN);
    ck_assert_uint_eq(n_woken, 1);
    silence();
}
END_TEST

START_TEST(an_entry_that_nobody_uses_is_forgotten_in_silence)
{
    begin();
    meet(GATEWAY);
    run(57500);
    answers(GATEWAY);
    n_seen = n_sent;
    run(57500 + 57500);
    silence();
    ck_assert_int_eq(neigh_poll_at(&cache, now), NEVER);
    ck_assert_int_eq(look(GATEWAY), NEIGH_WAITING);
}
END_TEST

START_TEST(who_asks_for_us_is_known)
{
    bool changed;

    begin();
    ck_assert_int_eq(arrives(ARP_REQUEST, host(5), mac_of(host(5)), US, &changed), DROP_NONE);
    ck_assert(!changed);
    run(1);
    ck_assert_int_eq(look(host(5)), NEIGH_KNOWN);
    run(100);
    silence();
}
END_TEST

START_TEST(who_asks_for_us_while_we_ask_for_him_is_known)
{
    bool changed;

    begin();
    look(host(5));
    run(1);
    who_has(0, host(5), MAC_BROADCAST);
    ck_assert_int_eq(arrives(ARP_REQUEST, host(5), mac_of(host(5)), US, &changed), DROP_NONE);
    ck_assert(changed);
    ck_assert_int_eq(look(host(5)), NEIGH_KNOWN);
    run(3000);
    silence();
}
END_TEST

START_TEST(a_request_refreshes_its_sender)
{
    bool changed;

    begin();
    meet(host(5));
    run(50000);
    ck_assert_int_eq(arrives(ARP_REQUEST, host(5), mac_of(host(5)), US, &changed), DROP_NONE);
    run(106000);
    silence();
    run(107500);
    who_has(107000, host(5), mac_of(host(5)));
}
END_TEST

/* One that we ask nothing for weeks, since it asks us: the time of our last question is not taken
 * for a late one when ticks wrap. */
START_TEST(an_entry_that_asks_for_us_for_weeks_is_doubted_as_ever)
{
    int64_t ms = 0;
    bool changed;

    begin();
    meet(host(5));
    for (; ms < 26 * INT64_C(86400000); ms += 50000) { /* more than 2^31 ticks */
        now = EPOCH + millis(ms);
        arrives(ARP_REQUEST, host(5), mac_of(host(5)), US, &changed);
    }
    now += millis(2);
    forged(ARP_REQUEST, host(5), US);
    run(ms);
    who_has(ms - 50000 + 2, host(5), mac_of(host(5)));
}
END_TEST

START_TEST(requests_for_others_are_not_for_us)
{
    bool changed;

    begin();
    ck_assert_int_eq(arrives(ARP_REQUEST, host(5), mac_of(host(5)), host(6), &changed),
                     DROP_ETH_NOT_FOR_US);
    run(1);
    silence();
    ck_assert_int_eq(look(host(5)), NEIGH_WAITING);
}
END_TEST

START_TEST(without_an_address_nobody_is_answered)
{
    bool changed;

    begin();
    neigh_set_addr(&cache, ip4(0));
    ck_assert_int_eq(arrives(ARP_REQUEST, host(5), mac_of(host(5)), ip4(0), &changed),
                     DROP_ETH_NOT_FOR_US);
    ck_assert_int_eq(arrives(ARP_REQUEST, ip4(0), mac_of(host(5)), ip4(0), &changed),
                     DROP_ETH_NOT_FOR_US);
    ck_assert_int_eq(neigh_poll_at(&cache, now), NEVER);
}
END_TEST

START_TEST(a_new_address_forgets_everything)
{
    bool changed;

    begin();
    meet(GATEWAY);
    arrives(ARP_REQUEST, host(5), mac_of(host(5)), US, &changed);
    neigh_set_addr(&cache, host(3));
    ck_assert_int_eq(neigh_poll_at(&cache, now), NEVER);
    neigh_set_addr(&cache, US);
    ck_assert_int_eq(look(GATEWAY), NEIGH_WAITING);
}
END_TEST

/* Of entries in use, the one that was confirmed longest ago, wherever it lies. */
START_TEST(the_oldest_entry_gives_way)
{
    bool changed;

    begin();
    for (uint32_t i = 0; i < N_PLACES; i++) {
        run(2000 * i);
        meet(host(2 + i));
    }
    run(8000);
    ck_assert_int_eq(arrives(ARP_REQUEST, host(2), mac_of(host(2)), US, &changed), DROP_NONE);
    run(10000);
    ck_assert_int_eq(look(host(9)), NEIGH_WAITING);
    ck_assert_int_eq(look(host(2)), NEIGH_KNOWN);
    ck_assert_int_eq(look(host(4)), NEIGH_KNOWN);
    ck_assert_int_eq(look(host(5)), NEIGH_KNOWN);
    ck_assert_int_eq(look(host(3)), NEIGH_WAITING);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_answer_fills_the_entry_and_wakes_who_waits,
        hostile_ARP_07_a_dead_host_is_asked_for_three_times_and_is_down,
        a_lookup_in_time_needs_no_poll_to_ask_again,
        an_answer_that_comes_late_brings_the_host_back,
        an_entry_in_use_is_confirmed_before_it_expires,
        an_entry_in_use_without_confirmation_is_asked_for_again_and_goes_down,
        an_entry_that_nobody_uses_is_forgotten_in_silence,
        who_asks_for_us_is_known,
        who_asks_for_us_while_we_ask_for_him_is_known,
        a_request_refreshes_its_sender,
        an_entry_that_asks_for_us_for_weeks_is_doubted_as_ever,
        requests_for_others_are_not_for_us,
        without_an_address_nobody_is_answered,
        a_new_address_forgets_everything,
        the_oldest_entry_gives_way,
        NULL,
    };

    return suite_run("neigh", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The neighbour cache against those who lie, flood, or are too many: what they cannot do. */
#include <check.h>
#include <string.h>

#include "tests/support/neigh_story.h"
#include "tests/support/suite.h"

START_TEST(hostile_ARP_02_nobody_replaces_an_entry_in_use)
{
    begin();
    meet(GATEWAY);
    run(5000);
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(forged(ARP_REPLY, GATEWAY, US), DROP_ARP_UNSOLICITED);
        ck_assert_int_eq(forged(ARP_REPLY, GATEWAY, GATEWAY), DROP_ARP_UNSOLICITED);
        ck_assert_int_eq(forged(ARP_REQUEST, GATEWAY, GATEWAY), DROP_ETH_NOT_FOR_US);
        ck_assert_int_eq(forged(ARP_REQUEST, GATEWAY, US), DROP_NONE);
        run(5000 + i);
        ck_assert_int_eq(look(GATEWAY), NEIGH_KNOWN);
    }
    /* all that it brought about: the gateway itself was asked, by unicast, once a second */
    who_has(5000, GATEWAY, mac_of(GATEWAY));
    silence();
    ck_assert(!answers(GATEWAY));
    run(30000);
    silence();
    ck_assert_int_eq(look(GATEWAY), NEIGH_KNOWN);
}
END_TEST

START_TEST(hostile_ARP_02_claims_bring_few_questions)
{
    begin();
    meet(GATEWAY);
    for (int64_t ms = 0; ms < 10000; ms += 10) {
        size_t before = n_sent;

        run(ms);
        forged(ARP_REPLY, GATEWAY, US);
        run(ms + 1);
        if (n_sent > before) {
            answers(GATEWAY);
        }
    }
    ck_assert_uint_ge(n_sent, 5);
    for (size_t i = 1; i < n_sent; i++) {
        ck_assert_int_ge(sent[i].at - sent[i - 1].at, seconds(1) - millis(1));
        ck_assert(mac_equal(sent[i].dst, mac_of(GATEWAY)));
    }
}
END_TEST

START_TEST(hostile_ARP_02_doubts_about_everybody_leave_a_place_for_a_new_one)
{
    bool known = false;

    begin();
    for (uint32_t i = 0; i < N_PLACES; i++) {
        meet(host(10 + i));
    }
    for (int64_t ms = 0; ms < 5000; ms += 10) {
        size_t before = n_sent;

        run(ms);
        for (uint32_t i = 0; i < N_PLACES; i++) {
            forged(ARP_REPLY, host(10 + i), US);
        }
        drain();
        while (before < n_sent) {
            known = ip_equal(sent[before].hdr.tpa, host(20)) || known;
            answers(sent[before++].hdr.tpa);
        }
        look(host(20));
    }
    ck_assert(known);
}
END_TEST

START_TEST(hostile_ARP_02_what_nobody_asked_for_is_not_learned)
{
    begin();
    ck_assert_int_eq(forged(ARP_REPLY, GATEWAY, US), DROP_ARP_UNSOLICITED);
    ck_assert_int_eq(look(GATEWAY), NEIGH_WAITING);
    ck_assert_int_eq(forged(ARP_REPLY, GATEWAY, US),
                     DROP_ARP_UNSOLICITED); /* the request is still here */
    drain();
    ck_assert_int_eq(forged(ARP_REPLY, GATEWAY, host(77)), DROP_ARP_UNSOLICITED);
    ck_assert_int_eq(look(GATEWAY), NEIGH_WAITING);
    ck_assert(answers(GATEWAY));
    ck_assert_int_eq(look(GATEWAY), NEIGH_KNOWN);
}
END_TEST

START_TEST(a_gateway_that_moved_is_found_when_the_old_one_is_silent)
{
    struct mac_addr mac;
    uint8_t hint = 0;
    bool changed;

    begin();
    meet(GATEWAY);
    run(10000);
    forged(ARP_REQUEST, GATEWAY, GATEWAY); /* the new one announces itself */
    run(12900);
    who_has(10000, GATEWAY, mac_of(GATEWAY));
    who_has(11000, GATEWAY, mac_of(GATEWAY));
    who_has(12000, GATEWAY, mac_of(GATEWAY));
    ck_assert_int_eq(look(GATEWAY), NEIGH_KNOWN);
    run(13100);
    who_has(13000, GATEWAY, MAC_BROADCAST);
    ck_assert_int_eq(arrives(ARP_REPLY, GATEWAY, evil_mac, US, &changed), DROP_NONE);
    ck_assert(changed);
    ck_assert_int_eq(neigh_lookup(&cache, GATEWAY, now, &mac, &hint), NEIGH_KNOWN);
    ck_assert(mac_equal(mac, evil_mac));
}
END_TEST

START_TEST(a_doubted_entry_that_nobody_uses_is_forgotten)
{
    bool changed;

    begin();
    arrives(ARP_REQUEST, host(5), mac_of(host(5)), US, &changed);
    run(2000);
    forged(ARP_REQUEST, host(5), host(6));
    run(9000);
    who_has(2000, host(5), mac_of(host(5)));
    who_has(3000, host(5), mac_of(host(5)));
    who_has(4000, host(5), mac_of(host(5)));
    silence();
    ck_assert_int_eq(neigh_poll_at(&cache, now), NEVER);
}
END_TEST

START_TEST(hostile_ARP_03_a_flood_of_requests_moves_nobody)
{
    bool changed;

    begin();
    meet(GATEWAY);
    meet(host(2));
    for (uint32_t i = 0; i < 65536; i++) {
        struct ip_addr stranger = ip4(0x0a010000u + i);

        ck_assert_int_eq(arrives(ARP_REQUEST, stranger, mac_of(stranger), US, &changed), DROP_NONE);
        ck_assert(!changed);
    }
    run(100);
    ck_assert_int_eq(look(GATEWAY), NEIGH_KNOWN);
    ck_assert_int_eq(look(host(2)), NEIGH_KNOWN);
    silence();
    /* and whom we want to reach finds a place at once, however fresh the strangers are */
    ck_assert_int_eq(look(host(3)), NEIGH_WAITING);
    run(101);
    who_has(100, host(3), MAC_BROADCAST);
    ck_assert_int_eq(look(GATEWAY), NEIGH_KNOWN);
}
END_TEST

START_TEST(hostile_ARP_04_a_conflict_changes_nothing)
{
    struct neigh_cache cache_before;
    struct neigh entries_before[N_PLACES];

    begin();
    meet(GATEWAY);
    cache_before = cache;
    memcpy(entries_before, entries, sizeof entries);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(forged(ARP_REPLY, US, US), DROP_ARP_CONFLICT);
        ck_assert_int_eq(forged(ARP_REQUEST, US, US), DROP_ARP_CONFLICT);
        ck_assert_int_eq(forged(ARP_REQUEST, US, GATEWAY), DROP_ARP_CONFLICT);
    }
    ck_assert_mem_eq(&cache_before, &cache, sizeof cache);
    ck_assert_mem_eq(entries_before, entries, sizeof entries);
    run(1000);
    silence();
}
END_TEST

START_TEST(hostile_ARP_05_senders_that_cannot_be_are_not_learned)
{
    static const uint32_t addrs[] = { 0xffffffff, 0xe0000001, 0xefffffff,
                                      0x7f000001, 0x7fffffff, 0xf0000001 };
    static const struct mac_addr macs[] = { { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
                                            { { 1, 0, 0x5e, 0, 0, 1 } },
                                            { { 0, 0, 0, 0, 0, 0 } },
                                            { { 2, 0, 0, 0, 0, 1 } } };
    bool changed;

    begin();
    for (size_t i = 0; i < sizeof addrs / sizeof *addrs; i++) {
        for (uint16_t op = ARP_REQUEST; op <= ARP_REPLY; op++) {
            ck_assert_int_eq(arrives(op, ip4(addrs[i]), evil_mac, US, &changed), DROP_ARP_SENDER);
        }
    }
    for (size_t i = 0; i < sizeof macs / sizeof *macs; i++) {
        for (uint16_t op = ARP_REQUEST; op <= ARP_REPLY; op++) {
            ck_assert_int_eq(arrives(op, host(5), macs[i], US, &changed), DROP_ARP_SENDER);
        }
    }
    ck_assert_int_eq(neigh_poll_at(&cache, now), NEVER);
    for (size_t i = 0; i < N_PLACES; i++) {
        ck_assert_int_eq(entries[i].state, NEIGH_FREE);
    }
}
END_TEST

START_TEST(hostile_ARP_05_a_probe_is_for_us_and_not_learned)
{
    bool changed;

    begin();
    ck_assert_int_eq(arrives(ARP_REQUEST, ip4(0), mac_of(host(5)), US, &changed), DROP_NONE);
    for (size_t i = 0; i < N_PLACES; i++) {
        ck_assert_int_eq(entries[i].state, NEIGH_FREE);
    }
}
END_TEST

static void no_address_twice_within_a_second(void)
{
    for (size_t i = 0; i < n_sent; i++) {
        for (size_t j = 0; j < i; j++) {
            if (ip_equal(sent[i].hdr.tpa, sent[j].hdr.tpa)) {
                ck_assert_int_ge(sent[i].at - sent[j].at, seconds(1) - millis(1));
            }
        }
    }
}

START_TEST(hostile_ARP_07_more_dead_hosts_than_places_all_get_their_verdict)
{
    bool down[20] = { false };
    unsigned n_down = 0;

    begin();
    for (int64_t ms = 0; ms < 16000; ms += 50) {
        run(ms);
        for (uint32_t i = 0; i < 20; i++) {
            if (!down[i] && look(host(100 + i)) == NEIGH_DOWN) {
                down[i] = true;
                n_down++;
            }
        }
    }
    ck_assert_uint_eq(n_down, 20);
    ck_assert_uint_eq(n_sent, 20 * NEIGH_MAX_REQUESTS);
    no_address_twice_within_a_second();
}
END_TEST

START_TEST(dead_hosts_take_one_place_in_use_not_all)
{
    begin();
    for (uint32_t i = 0; i < N_PLACES; i++) {
        meet(host(10 + i));
    }
    run(2000);
    for (int64_t ms = 2000; ms < 12000; ms += 10) {
        run(ms);
        for (uint32_t i = 0; i < 20; i++) {
            look(host(100 + i));
        }
        ck_assert_int_eq(look(host(10)) + look(host(11)) + look(host(12)) + look(host(13)) >=
                             3 * NEIGH_KNOWN,
                         1);
    }
}
END_TEST

START_TEST(more_live_hosts_than_places_share_them_without_a_flood)
{
    unsigned reached[N_PLACES + 2] = { 0 };
    size_t answered = 0;

    begin();
    for (int64_t ms = 0; ms < 60000; ms += 7) {
        run(ms);
        while (answered < n_sent) {
            answers(sent[answered++].hdr.tpa);
        }
        for (uint32_t i = 0; i < N_PLACES + 2; i++) { /* senders take turns */
            uint32_t turn = (i + (uint32_t)ms) % (N_PLACES + 2);

            reached[turn] += look(host(10 + turn)) == NEIGH_KNOWN;
        }
    }
    for (uint32_t i = 0; i < N_PLACES + 2; i++) {
        ck_assert_uint_gt(reached[i], 1000);
    }
    no_address_twice_within_a_second();
}
END_TEST

START_TEST(who_finds_no_place_is_woken_when_there_is_one)
{
    begin();
    for (uint32_t i = 0; i < N_PLACES; i++) {
        meet(host(10 + i));
    }
    ck_assert_int_eq(look(host(20)), NEIGH_WAITING); /* all were asked for just now */
    silence();
    ck_assert_uint_eq(n_woken, 0);
    run(1010);
    ck_assert_uint_eq(n_woken, 1);
    ck_assert_int_eq(look(host(20)), NEIGH_WAITING);
    run(1020);
    who_has(1010, host(20), MAC_BROADCAST);
}
END_TEST

/* A hundred strangers, as far as we are to answer them. */
static void strangers_come(void)
{
    unsigned n_known = 0;

    for (uint32_t i = 0; i < 100; i++) {
        n_known += look_for_answer(ip4(0x0a020000u + i)) == NEIGH_KNOWN;
    }
    ck_assert_uint_eq(n_known, 0);
}

static bool is_in_use(struct ip_addr addr)
{
    for (size_t i = 0; i < N_PLACES; i++) {
        if (entries[i].state == NEIGH_KNOWN && ip_equal(entries[i].addr, addr)) {
            return entries[i].used;
        }
    }
    return false;
}

static void asks_for_us(struct ip_addr addr)
{
    bool changed;

    ck_assert_int_eq(arrives(ARP_REQUEST, addr, mac_of(addr), US, &changed), DROP_NONE);
}

START_TEST(answers_to_strangers_leave_half_of_the_places)
{
    begin();
    strangers_come();
    drain();
    ck_assert_uint_eq(n_sent, N_PLACES / 2);
    meet(host(2));
    meet(host(3));
    /* and whom we send to has a stranger's place at once */
    ck_assert_int_eq(look(host(4)), NEIGH_WAITING);
    drain();
    ck_assert(answers(host(4)));
    ck_assert_int_eq(look(host(2)), NEIGH_KNOWN);
    ck_assert_int_eq(look(host(3)), NEIGH_KNOWN);
    ck_assert_int_eq(look(host(4)), NEIGH_KNOWN);
}
END_TEST

START_TEST(of_places_that_cannot_be_halved_strangers_have_one_more)
{
    for (uint32_t n = 1; n <= N_PLACES; n += 2) {
        begin();
        neigh_init(&cache, entries, n, our_mac);
        neigh_set_addr(&cache, US);
        strangers_come();
        drain();
        ck_assert_uint_eq(n_sent, (n + 1) / 2);
    }
}
END_TEST

START_TEST(answers_to_strangers_bring_few_questions)
{
    begin();
    for (int64_t ms = 0; ms < 30000; ms += 10) {
        run(ms);
        strangers_come();
    }
    ck_assert_uint_le(n_sent, 30 * N_PLACES / 2);
    no_address_twice_within_a_second();
}
END_TEST

START_TEST(who_asks_for_us_takes_the_place_of_a_stranger)
{
    begin();
    meet(GATEWAY);
    meet(host(2));
    strangers_come();
    asks_for_us(host(5));
    strangers_come();
    ck_assert_int_eq(look_for_answer(host(5)), NEIGH_KNOWN);
    for (int64_t ms = 0; ms < 30000; ms += 100) { /* and keeps it */
        run(ms);
        strangers_come();
        ck_assert_int_eq(look_for_answer(host(5)), NEIGH_KNOWN);
        ck_assert_int_eq(look(GATEWAY), NEIGH_KNOWN);
        ck_assert_int_eq(look(host(2)), NEIGH_KNOWN);
    }
}
END_TEST

/* Who is sent to is no stranger, though it was an answer that first asked for him. */
START_TEST(a_sender_takes_over_the_question_of_an_answer)
{
    begin();
    meet(GATEWAY);
    meet(host(2));
    look_for_answer(host(6));
    look_for_answer(host(7));
    ck_assert_int_eq(look(host(6)), NEIGH_WAITING);
    ck_assert_int_eq(look(host(7)), NEIGH_WAITING);
    drain();
    asks_for_us(host(5));
    ck_assert(answers(host(6)));
    ck_assert(answers(host(7)));
}
END_TEST

START_TEST(strangers_take_one_place_in_use_not_all)
{
    unsigned n_known;

    begin();
    for (uint32_t i = 0; i < N_PLACES; i++) {
        meet(host(10 + i));
    }
    for (int64_t ms = 2000; ms < 30000; ms += 10) {
        run(ms);
        strangers_come();
        asks_for_us(ip4(0x0a030000u + (uint32_t)ms));
        strangers_come();
        n_known = 0;
        for (uint32_t i = 0; i < N_PLACES; i++) {
            n_known += is_in_use(host(10 + i));
        }
        ck_assert_uint_eq(n_known, N_PLACES - 1);
    }
    ck_assert_uint_le(n_sent, N_PLACES + 30);
}
END_TEST

START_TEST(hostile_ARP_03_a_flood_of_requests_does_not_keep_an_answer_from_a_neighbour)
{
    begin();
    for (uint32_t i = 0; i < N_PLACES; i++) {
        meet(host(10 + i));
    }
    run(2000);
    ck_assert_int_eq(look_for_answer(host(20)), NEIGH_WAITING);
    drain();
    for (uint32_t i = 0; i < 1000; i++) {
        asks_for_us(ip4(0x0a030000u + i));
    }
    ck_assert(answers(host(20)));
    ck_assert_int_eq(look_for_answer(host(20)), NEIGH_KNOWN);
}
END_TEST

START_TEST(answers_to_more_live_hosts_than_places_all_leave)
{
    bool answered[3 * N_PLACES] = { false };
    unsigned n_answered = 0;
    size_t n = 0;

    begin();
    for (int64_t ms = 0; ms < 10000; ms += 7) {
        run(ms);
        while (n < n_sent) {
            answers(sent[n++].hdr.tpa);
        }
        for (uint32_t i = 0; i < 3 * N_PLACES; i++) {
            if (!answered[i] && look_for_answer(host(10 + i)) == NEIGH_KNOWN) {
                answered[i] = true;
                n_answered++;
            }
        }
        drain();
    }
    ck_assert_uint_eq(n_answered, 3 * N_PLACES);
    no_address_twice_within_a_second();
}
END_TEST

START_TEST(an_answer_that_finds_no_place_is_woken_when_there_is_one)
{
    begin();
    look_for_answer(host(20));
    look_for_answer(host(21));
    ck_assert_int_eq(look_for_answer(host(22)), NEIGH_WAITING);
    run(900);
    ck_assert_uint_eq(n_woken, 0);
    ck_assert(answers(host(21)));
    run(901);
    ck_assert_uint_eq(n_woken, 1);
    ck_assert_int_eq(look_for_answer(host(22)), NEIGH_WAITING);
    n_seen = n_sent;
    run(902);
    who_has(901, host(22), MAC_BROADCAST);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_ARP_02_nobody_replaces_an_entry_in_use,
        hostile_ARP_02_claims_bring_few_questions,
        hostile_ARP_02_doubts_about_everybody_leave_a_place_for_a_new_one,
        hostile_ARP_02_what_nobody_asked_for_is_not_learned,
        a_gateway_that_moved_is_found_when_the_old_one_is_silent,
        a_doubted_entry_that_nobody_uses_is_forgotten,
        hostile_ARP_03_a_flood_of_requests_moves_nobody,
        hostile_ARP_04_a_conflict_changes_nothing,
        hostile_ARP_05_senders_that_cannot_be_are_not_learned,
        hostile_ARP_05_a_probe_is_for_us_and_not_learned,
        hostile_ARP_07_more_dead_hosts_than_places_all_get_their_verdict,
        dead_hosts_take_one_place_in_use_not_all,
        more_live_hosts_than_places_share_them_without_a_flood,
        who_finds_no_place_is_woken_when_there_is_one,
        answers_to_strangers_leave_half_of_the_places,
        of_places_that_cannot_be_halved_strangers_have_one_more,
        answers_to_strangers_bring_few_questions,
        who_asks_for_us_takes_the_place_of_a_stranger,
        a_sender_takes_over_the_question_of_an_answer,
        strangers_take_one_place_in_use_not_all,
        hostile_ARP_03_a_flood_of_requests_does_not_keep_an_answer_from_a_neighbour,
        answers_to_more_live_hosts_than_places_all_leave,
        an_answer_that_finds_no_place_is_woken_when_there_is_one,
        NULL,
    };

    return suite_run("neigh_hostile", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* A question of the resolver in virtual time: whom it asks and when, and which answers end it. */
#include <check.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "tests/support/dns_story.h"
#include "tests/support/suite.h"

START_TEST(an_address_is_the_end)
{
    uint8_t answer[DNS_MAX_UDP_LEN];

    ask("www.example", 2);
    run(20);
    asked(0, 0);
    answered();
    ck_assert_int_eq(query.result, SK_OK);
    ck_assert_uint_eq(query.n_addrs, 1);
    ck_assert(ip_equal(query.addrs[0], ADDR(1)));
    ck_assert_uint_eq(query.ttl, 300);
    ck_assert_int_eq(dns_poll_at(&query), NEVER);
    /* and what comes after it is nothing to us */
    ck_assert_int_eq(arrives(answer, answer_to(answer)), DROP_DNS_UNEXPECTED);
    dns_unreachable(&query, now);
    run(60000);
    dns_poll(&query, now);
    ck_assert_int_eq(query.result, SK_OK);
    silence();
}
END_TEST

START_TEST(the_question_asks_for_recursion_and_nothing_else)
{
    static const uint8_t expected[] = "\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07"
                                      "example\x00\x00\x01\x00\x01";

    ask("www.example.", 1);
    drain();
    ck_assert_uint_eq(sent[0].len, 2 + sizeof expected - 1);
    for (size_t i = 0; i < sent[0].len - 2; i++) { /* the case of letters is drawn */
        ck_assert_int_eq(tolower(sent[0].octets[2 + i]), expected[i]);
    }
}
END_TEST

/* Each letter of each question in either case. */
START_TEST(the_case_is_not_to_be_guessed)
{
    int n_upper = 0;
    int n_same = 0;
    char last[12] = "";

    begin();
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(dns_start(&query, "www.example", servers, 1, &rng, now), SK_OK);
        ck_assert_int_eq(strcasecmp(query.name, "www.example"), 0);
        n_same += strcmp(query.name, last) == 0;
        strcpy(last, query.name);
        for (const char *c = last; *c != '\0'; c++) {
            n_upper += isupper((unsigned char)*c) != 0;
        }
    }
    ck_assert_int_le(n_same, 3);
    ck_assert_int_ge(n_upper, 400);
    ck_assert_int_le(n_upper, 600);
}
END_TEST

static void fold(uint8_t *octets, size_t len)
{
    for (size_t i = 12; i < len; i++) {
        octets[i] = (uint8_t)tolower(octets[i]);
    }
}

/* Its answer. */
static size_t ask_who_folds(uint8_t *answer)
{
    size_t len;

    ask("www.example", 1);
    run(20);
    len = answer_to(answer);
    fold(answer, 25);
    return len;
}

/* Who folds the case is not believed before the round after the first in which it was heard. */
START_TEST(an_answer_in_another_case)
{
    uint8_t answer[DNS_MAX_UDP_LEN];
    size_t len = ask_who_folds(answer);

    ck_assert_int_eq(arrives(answer, len), DROP_DNS_UNEXPECTED);
    ck_assert_int_eq(query.result, SK_PENDING);
    run(2020);
    ck_assert_uint_eq(n_sent, 2);
    ck_assert_int_eq(arrives(answer, len), DROP_NONE);
    ck_assert_int_eq(query.result, SK_OK);
}
END_TEST

START_TEST(an_answer_in_another_case_after_a_silent_round)
{
    uint8_t answer[DNS_MAX_UDP_LEN];
    size_t len = ask_who_folds(answer);

    run(2020);
    ck_assert_int_eq(arrives(answer, len), DROP_DNS_UNEXPECTED);
    ck_assert_int_eq(arrives(answer, len), DROP_DNS_UNEXPECTED);
    run(6020);
    ck_assert_uint_eq(n_sent, 3);
    ck_assert_int_eq(arrives(answer, len), DROP_NONE);
    ck_assert_int_eq(query.result, SK_OK);
}
END_TEST

static bool has_edns(const struct sent *s)
{
    static const uint8_t opt[] = { 0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0 };

    return s->octets[11] == 1 && memcmp(s->octets + s->len - sizeof opt, opt, sizeof opt) == 0;
}

/* RFC 6891: of which a server may know nothing. */
START_TEST(longer_answers_are_asked_for_at_first)
{
    static const uint8_t rcodes[] = { DNS_FORMERR, DNS_NOTIMP };
    uint8_t answer[DNS_MAX_UDP_LEN];
    size_t len;

    ask("www.example", 1);
    query.udp_len = DNS_EDNS_LEN;
    run(6500);
    ck_assert_uint_eq(n_sent, 3);
    ck_assert(has_edns(&sent[0]) && !has_edns(&sent[1]) && !has_edns(&sent[2]));
    ck_assert_uint_eq(sent[1].len, sent[0].len - 11);
    for (size_t i = 0; i < 2; i++) {
        ask("www.example", 2);
        query.udp_len = DNS_EDNS_LEN;
        drain();
        len = answer_to(answer);
        answer[3] = rcodes[i];
        ck_assert_int_eq(arrives(answer, len), DROP_NONE);
        drain(); /* the same server, at once */
        ck_assert_uint_eq(n_sent, 2);
        ck_assert_uint_eq(sent[1].server, 0);
        ck_assert(!has_edns(&sent[1]));
        ck_assert_int_eq(arrives(answer, len), DROP_NONE); /* it was not that */
        drain();
        ck_assert_uint_eq(sent[2].server, 1);
        ck_assert(!has_edns(&sent[2]));
    }
    ask("www.example", 1);
    query.udp_len = DNS_MAX_UDP_LEN;
    drain();
    ck_assert_uint_eq(sent[0].octets[11], 0);
}
END_TEST

/* RFC 2308 5 */
START_TEST(how_long_it_may_be_remembered_that_there_is_nothing)
{
    ck_assert_int_eq(resolve("nowhere.example"), SK_NAME_UNKNOWN);
    ck_assert_uint_eq(query.ttl, 0);
    ck_assert_int_eq(resolve("nowhere.zone.example"), SK_NAME_UNKNOWN);
    ck_assert_uint_eq(query.ttl, 600);
    ck_assert_int_eq(resolve("empty.zone.example"), SK_NAME_NO_ADDRESS);
    ck_assert_uint_eq(query.ttl, 600);
    ck_assert_int_eq(resolve("nowhere.eternal.example"), SK_NAME_UNKNOWN);
    ck_assert_uint_eq(query.ttl, 3 * 3600);
    ck_assert_int_eq(resolve("broken.example"), SK_NAME_FAILED);
    ck_assert_uint_eq(query.ttl, 0);
}
END_TEST

START_TEST(names_are_one_whatever_their_case_and_last_dot)
{
    ck_assert_int_eq(resolve("WWW.eXample."), SK_OK);
}
END_TEST

START_TEST(aliases_lead_to_the_address)
{
    ck_assert_int_eq(resolve("alias2.example"), SK_OK);
    ck_assert_uint_eq(query.n_addrs, 1);
    ck_assert_uint_eq(query.ttl, 60); /* the shortest on the way */
    ck_assert_int_eq(resolve("dangling.example"), SK_NAME_UNKNOWN);
}
END_TEST

START_TEST(what_is_not_there_is_final)
{
    ask("nowhere.example", 2);
    answered();
    ck_assert_int_eq(query.result, SK_NAME_UNKNOWN);
    ask("empty.example", 2);
    answered();
    ck_assert_int_eq(query.result, SK_NAME_NO_ADDRESS);
    n_seen = n_sent;
    run(60000);
    silence();
}
END_TEST

START_TEST(up_to_eight_addresses_are_kept)
{
    struct dns_record many[12];
    uint8_t answer[DNS_MAX_UDP_LEN];
    size_t len;

    for (unsigned i = 0; i < 12; i++) {
        many[i] = (struct dns_record){
            .name = "many.example", .kind = DNS_RECORD_ADDR, .addr = ADDR(i), .ttl = 5 + i
        };
    }
    ask("many.example", 1);
    drain();
    len = dns_server_answer(many, 12, sent[0].octets, sent[0].len, answer, sizeof answer);
    ck_assert_int_eq(arrives(answer, len), DROP_NONE);
    ck_assert_int_eq(query.result, SK_OK);
    ck_assert_uint_eq(query.n_addrs, DNS_MAX_ADDRS);
    for (unsigned i = 0; i < DNS_MAX_ADDRS; i++) {
        ck_assert(ip_equal(query.addrs[i], ADDR(i)));
    }
}
END_TEST

START_TEST(a_silent_server_is_asked_after_2_4_and_8_seconds)
{
    ask("www.example", 1);
    run(13999);
    asked(0, 0);
    asked(2000, 0);
    asked(6000, 0);
    silence();
    ck_assert_int_eq(query.result, SK_PENDING);
    run(14000);
    ck_assert_int_eq(query.result, SK_TIMED_OUT);
    ck_assert_int_eq(dns_poll_at(&query), NEVER);
    run(60000);
    silence();
}
END_TEST

/* The server has all of its time, however late the question left. */
START_TEST(the_time_of_a_server_begins_when_the_question_has_left)
{
    ask("silent.example", 1);
    now = EPOCH + millis(1500); /* its neighbour had to be asked for */
    run(1500);
    asked(1500, 0);
    run(3499);
    silence();
    run(3500);
    asked(3500, 0);
}
END_TEST

START_TEST(two_servers_are_asked_in_turn)
{
    ask("www.example", 2);
    run(60000);
    asked(0, 0);
    asked(2000, 1);
    asked(4000, 0);
    asked(8000, 1);
    asked(12000, 0);
    asked(20000, 1);
    silence();
    ck_assert_int_eq(query.result, SK_TIMED_OUT);
}
END_TEST

START_TEST(the_second_server_answers_for_the_first)
{
    ask("www.example", 2);
    run(2500);
    asked(0, 0);
    asked(2000, 1);
    answered();
    ck_assert_int_eq(query.result, SK_OK);
}
END_TEST

START_TEST(a_late_answer_to_the_first_copy_counts)
{
    ask("www.example", 1);
    run(6500);
    n_sent = 1;
    answered();
    ck_assert_int_eq(query.result, SK_OK);
}
END_TEST

START_TEST(a_server_that_fails_makes_it_ask_the_next_at_once)
{
    static const char *const names[] = { "broken.example", "refused.example" };

    for (int i = 0; i < 2; i++) {
        ask(names[i], 2);
        run(300);
        asked(0, 0);
        answered();
        ck_assert_int_eq(query.result, SK_PENDING);
        run(400);
        asked(300, 1);
        answered();
        ck_assert_int_eq(query.result, SK_NAME_FAILED); /* both said so */
        silence();
    }
}
END_TEST

START_TEST(a_silent_server_has_another_chance_when_the_other_fails)
{
    ask("broken.example", 2);
    run(2100);
    asked(0, 0);
    asked(2000, 1);
    answered();
    run(60000);
    asked(2100, 0);
    asked(6100, 1);
    asked(10100, 0);
    asked(18100, 1);
    silence();
    ck_assert_int_eq(query.result, SK_TIMED_OUT);
}
END_TEST

START_TEST(when_the_silent_one_fails_too_that_is_the_end)
{
    ask("broken.example", 2);
    run(2100);
    answered();
    run(2200);
    answered(); /* the first, which was silent */
    ck_assert_int_eq(query.result, SK_PENDING);
    run(2300);
    answered();
    ck_assert_int_eq(query.result, SK_NAME_FAILED);
    ck_assert_uint_eq(query.round, 2);
}
END_TEST

START_TEST(a_failure_in_the_last_round_is_the_verdict)
{
    ask("broken.example", 2);
    run(12100);
    ck_assert_uint_eq(query.round, 2);
    answered();
    run(60000);
    ck_assert_int_eq(query.result, SK_NAME_FAILED);
}
END_TEST

START_TEST(a_server_out_of_reach_makes_it_ask_the_next_at_once)
{
    ask("www.example", 2);
    run(10);
    dns_unreachable(&query, now);
    run(20);
    asked(0, 0);
    asked(10, 1);
    dns_unreachable(&query, now);
    ck_assert_int_eq(query.result, SK_NAME_NO_SERVER);
    silence();
}
END_TEST

START_TEST(a_server_that_failed_was_there)
{
    ask("broken.example", 2);
    run(10);
    answered();
    run(20);
    dns_unreachable(&query, now);
    ck_assert_int_eq(query.result, SK_NAME_FAILED);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_address_is_the_end,
        the_question_asks_for_recursion_and_nothing_else,
        the_case_is_not_to_be_guessed,
        an_answer_in_another_case,
        an_answer_in_another_case_after_a_silent_round,
        longer_answers_are_asked_for_at_first,
        how_long_it_may_be_remembered_that_there_is_nothing,
        names_are_one_whatever_their_case_and_last_dot,
        aliases_lead_to_the_address,
        what_is_not_there_is_final,
        up_to_eight_addresses_are_kept,
        a_silent_server_is_asked_after_2_4_and_8_seconds,
        the_time_of_a_server_begins_when_the_question_has_left,
        two_servers_are_asked_in_turn,
        the_second_server_answers_for_the_first,
        a_late_answer_to_the_first_copy_counts,
        a_server_that_fails_makes_it_ask_the_next_at_once,
        a_silent_server_has_another_chance_when_the_other_fails,
        when_the_silent_one_fails_too_that_is_the_end,
        a_failure_in_the_last_round_is_the_verdict,
        a_server_out_of_reach_makes_it_ask_the_next_at_once,
        a_server_that_failed_was_there,
        NULL,
    };

    return suite_run("dns", tests);
}

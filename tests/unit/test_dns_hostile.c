/* SPDX-License-Identifier: BSD-3-Clause */
/* A question of the resolver against answers that are none, and names that nobody can ask for. */
#include <check.h>
#include <string.h>
#include <strings.h>

#include "tests/support/dns_story.h"
#include "tests/support/suite.h"

START_TEST(hostile_DNS_10_an_alias_of_itself_fails)
{
    ask("loop.example", 1);
    answered(); /* as long as a datagram can be, and cut */
    ck_assert(query.stream);
    answered();
    ck_assert_int_eq(query.result, SK_NAME_FAILED);
}
END_TEST

START_TEST(hostile_DNS_13_a_long_ttl_is_a_week)
{
    ck_assert_int_eq(resolve("old.example"), SK_OK);
    ck_assert_uint_eq(query.ttl, 7 * 24 * 3600);
}
END_TEST

START_TEST(hostile_DNS_09_an_answer_cut_short_is_no_answer)
{
    uint8_t answer[DNS_MAX_UDP_LEN];
    size_t len;

    ask("www.example", 2);
    drain();
    len = answer_to(answer);
    answer[2] |= 0x02;
    ck_assert_int_eq(arrives(answer, len), DROP_NONE);
    ck_assert_int_eq(query.result, SK_PENDING);
    ck_assert_uint_eq(query.n_addrs, 0);
    ck_assert(query.stream);
    run(10);
    asked(0, 0);
    asked(0, 0); /* over TCP */
    ck_assert_int_eq(arrives(answer, len), DROP_NONE);
    ck_assert(!query.stream);
    run(20);
    asked(10, 1);
}
END_TEST

START_TEST(hostile_DNS_07_an_answer_to_something_else_changes_nothing)
{
    uint8_t good[DNS_MAX_UDP_LEN];
    uint8_t bad[DNS_MAX_UDP_LEN];
    struct dns_query before;
    size_t len;

    ask("www.example", 2);
    drain();
    before = query;
    len = answer_to(good);
    for (size_t at = 0; at < sent[0].len; at++) {
        if (at >= 2 && at < 12 && at != 5) { /* flags and counts: the parser's own tests */
            continue;
        }
        memcpy(bad, good, len);
        bad[at] ^= 0x02;
        ck_assert_int_ne(arrives(bad, len), DROP_NONE);
        ck_assert_mem_eq(&before, &query, sizeof query);
    }
    memcpy(bad, good, len);
    bad[2] &= 0x7f; /* a question, not an answer */
    ck_assert_int_eq(arrives(bad, len), DROP_DNS_UNEXPECTED);
    ck_assert_int_eq(arrives(good, len), DROP_NONE);
    ck_assert_int_eq(query.result, SK_OK);
}
END_TEST

START_TEST(hostile_DNS_12_after_malformed_answers_the_good_one_counts)
{
    uint8_t answer[DNS_MAX_UDP_LEN];
    size_t len;

    ask("alias.example", 1);
    drain();
    len = answer_to(answer);
    for (size_t cut = 0; cut < len; cut++) {
        ck_assert_int_eq(arrives(answer, cut), DROP_DNS_MALFORMED);
    }
    ck_assert_int_eq(query.result, SK_PENDING);
    ck_assert_int_eq(arrives(answer, len), DROP_NONE);
    ck_assert_int_eq(query.result, SK_OK);
}
END_TEST

START_TEST(hostile_DNS_06_identifiers_do_not_repeat)
{
    uint16_t ids[64];

    for (size_t i = 0; i < 64; i++) {
        ck_assert_int_eq(dns_start(&query, "www.example", servers, 1, &rng, now), SK_OK);
        ids[i] = query.id;
    }
    for (size_t i = 0; i < 64; i++) {
        size_t n_same = 0;

        for (size_t j = 0; j < 64; j++) {
            n_same += ids[i] == ids[j];
        }
        ck_assert_uint_le(n_same, 2);
    }
}
END_TEST

/* RFC 5452 9.2: all of the 65536, none of the bits before the others. */
START_TEST(hostile_DNS_06_identifiers_are_spread_over_all_there_are)
{
    int n_of[16] = { 0 };
    int n_set[16] = { 0 };

    begin();
    for (int i = 0; i < 4096; i++) {
        ck_assert_int_eq(dns_start(&query, "www.example", servers, 1, &rng, now), SK_OK);
        n_of[query.id >> 12]++;
        for (unsigned bit = 0; bit < 16; bit++) {
            n_set[bit] += query.id >> bit & 1;
        }
    }
    for (int i = 0; i < 16; i++) { /* six standard deviations */
        ck_assert_int_gt(n_of[i], 256 - 93);
        ck_assert_int_lt(n_of[i], 256 + 93);
        ck_assert_int_gt(n_set[i], 2048 - 192);
        ck_assert_int_lt(n_set[i], 2048 + 192);
    }
}
END_TEST

START_TEST(hostile_DNS_14_a_name_that_is_none_is_not_asked_for)
{
    static const char *const names[] = { "", ".", "a..b", ".a", "a.." };
    char name[256];

    begin();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ck_assert_int_eq(dns_start(&query, names[i], servers, 1, &rng, now), SK_INVALID);
    }
    memset(name, 'a', 64);
    name[64] = '\0';
    ck_assert_int_eq(dns_start(&query, name, servers, 1, &rng, now), SK_INVALID);
    for (size_t i = 0; i < 254; i++) {
        name[i] = i % 2 ? '.' : 'a';
    }
    name[253] = 'a';
    name[254] = '\0';
    ck_assert_int_eq(dns_start(&query, name, servers, 1, &rng, now), SK_INVALID);
    name[253] = '.'; /* 253 and the dot at the end: the longest */
    ck_assert_int_eq(dns_start(&query, name, servers, 1, &rng, now), SK_OK);
    ck_assert_int_eq(strcasecmp(query.name, name), 0);
    drain();
    ck_assert_uint_eq(sent[0].len, 12 + 255 + 4);
}
END_TEST

START_TEST(without_a_server_there_is_no_answer)
{
    begin();
    ck_assert_int_eq(dns_start(&query, "www.example", servers, 0, &rng, now), SK_NAME_NO_SERVER);
}
END_TEST

START_TEST(more_servers_than_it_holds_are_left_out)
{
    struct sk_addr many[CONFIG_N_DNS_SERVERS + 1];

    begin();
    for (size_t i = 0; i <= CONFIG_N_DNS_SERVERS; i++) {
        many[i] = servers[i % 2];
    }
    ck_assert_int_eq(dns_start(&query, "www.example", many, CONFIG_N_DNS_SERVERS + 1, &rng, now),
                     SK_OK);
    ck_assert_uint_eq(query.n_servers, CONFIG_N_DNS_SERVERS);
    ck_assert(sk_addr_equal(query.servers[1], servers[1]));
}
END_TEST

START_TEST(a_question_that_cannot_leave_ends_as_well)
{
    uint8_t octets[8];
    struct writer w = writer_over(octets, sizeof octets);

    ask("www.example", 1);
    ck_assert(!dns_next(&query, now, &w)); /* does not fit */
    while (query.result == SK_PENDING) {
        now = dns_poll_at(&query);
        dns_poll(&query, now);
    }
    ck_assert_int_eq(query.result, SK_TIMED_OUT);
    ck_assert_int_eq(now, EPOCH + seconds(14));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_DNS_10_an_alias_of_itself_fails,
        hostile_DNS_13_a_long_ttl_is_a_week,
        hostile_DNS_09_an_answer_cut_short_is_no_answer,
        hostile_DNS_07_an_answer_to_something_else_changes_nothing,
        hostile_DNS_12_after_malformed_answers_the_good_one_counts,
        hostile_DNS_06_identifiers_do_not_repeat,
        hostile_DNS_06_identifiers_are_spread_over_all_there_are,
        hostile_DNS_14_a_name_that_is_none_is_not_asked_for,
        without_a_server_there_is_no_answer,
        more_servers_than_it_holds_are_left_out,
        a_question_that_cannot_leave_ends_as_well,
        NULL,
    };

    return suite_run("dns_hostile", tests);
}

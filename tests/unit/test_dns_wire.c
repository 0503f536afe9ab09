/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DNS messages: the query octet by octet, answers with their addresses, and aliases in every order.
 */
#include <check.h>
#include <stdio.h>

#include "tests/support/dns_fixture.h"
#include "tests/support/suite.h"

START_TEST(a_query_is_written)
{
    static const uint8_t expected[] = {
        0x12, 0x34, 0x01, 0x00, 0,   1,   0,   0, 0,   0,   0,   0, 3, 'w', 'w', 'w', 7,
        'e',  'x',  'a',  'm',  'p', 'l', 'e', 3, 'o', 'r', 'g', 0, 0, 1,   0,   1,
    };
    uint8_t out[DNS_MAX_UDP_LEN];

    for (int dot = 0; dot < 2; dot++) {
        struct writer q = writer_over(out, sizeof out);

        ck_assert(dns_emit_query(&q, ID, dot ? NAME "." : NAME, DNS_A));
        ck_assert_uint_eq(q.len, sizeof expected);
        ck_assert_mem_eq(out, expected, sizeof expected);
    }
    for (size_t cap = 0; cap < sizeof expected; cap++) {
        struct writer q = writer_over(out, cap);

        ck_assert(!dns_emit_query(&q, ID, NAME, DNS_A));
    }
}
END_TEST

/* Row DNS-14. */
START_TEST(names_that_cannot_be_asked_for)
{
    char name[300];

    ck_assert(dns_name_valid("a"));
    ck_assert(dns_name_valid("a."));
    ck_assert(dns_name_valid("localhost"));
    ck_assert(dns_name_valid("3com.example")); /* RFC 1123 2.1 */
    ck_assert(dns_name_valid(NAME));
    ck_assert(!dns_name_valid(""));
    ck_assert(!dns_name_valid("."));
    ck_assert(!dns_name_valid(".a"));
    ck_assert(!dns_name_valid("a..b"));
    ck_assert(!dns_name_valid("a.."));
    long_name(name, 63);
    ck_assert(dns_name_valid(name));
    memset(name, 'a', 64);
    name[64] = '\0';
    ck_assert(!dns_name_valid(name));
    long_name(name, 253);
    ck_assert(dns_name_valid(name));
    name[253] = '.';
    name[254] = '\0';
    ck_assert(dns_name_valid(name));
    long_name(name, 254);
    ck_assert(!dns_name_valid(name));
}
END_TEST

START_TEST(addresses_are_read)
{
    start(3);
    dns_write_pointer(&w, DNS_QUESTION_AT);
    dns_write_record(&w, DNS_A, 300, 4);
    write_u32(&w, 0x01020304);
    dns_write_a(&w, "WWW.Example.ORG", 60, 0x05060708);
    dns_write_a(&w, "other.example.org", 1, 0x0a0a0a0a);
    ck_assert_int_eq(parse(), DROP_NONE);
    ck_assert_uint_eq(answer.n_addrs, 2);
    ck_assert_uint_eq(ip4_bits(addrs[0]), 0x01020304);
    ck_assert_uint_eq(ip4_bits(addrs[1]), 0x05060708);
    ck_assert_uint_eq(answer.ttl, 60);
}
END_TEST

/* Of several the first; what is not for the names of hosts is none. */
START_TEST(the_name_of_an_address_is_read)
{
    static const char *const names[] = { "Printer-2.example_.org", "a b", "semi;colon", "x", "\x7f",
                                         "caf\xc3\xa9.org" };
    static const bool is_name[] = { true, false, false, true, false, false };
    char longest[DNS_MAX_NAME_LEN + 1];
    char found[DNS_MAX_NAME_LEN + 1];

    long_name(longest, DNS_MAX_NAME_LEN);
    for (size_t i = 0; i < 7; i++) {
        const char *name = i < 6 ? names[i] : longest;

        w = writer_over(message, sizeof message);
        dns_write_header(&w, ID, ANSWER, 1, 2);
        dns_write_question(&w, NAME, DNS_PTR);
        for (int j = 0; j < 2; j++) {
            dns_write_name(&w, NAME);
            dns_write_record(&w, DNS_PTR, 60, strlen(j ? "other" : name) + 2);
            dns_write_name(&w, j ? "other" : name);
        }
        memset(found, 0xee, sizeof(found));
        WITH_EXACT(c, message, w.len,
                   ck_assert_int_eq(dns_parse_pointer(&c, ID, NAME, found, &answer), DROP_NONE));
        ck_assert_uint_eq(answer.n_addrs, 1);
        ck_assert_str_eq(found, i == 6 || is_name[i] ? name : "other");
        WITH_EXACT(c, message, w.len,
                   ck_assert_int_eq(dns_parse_answer(&c, ID, NAME, addrs, MAX_ADDRS, &answer),
                                    DROP_DNS_UNEXPECTED)); /* it is another question */
    }
}
END_TEST

/* Its name has to fill it. */
START_TEST(a_pointer_that_is_malformed)
{
    char found[DNS_MAX_NAME_LEN + 1];

    for (size_t len = 0; len < 9; len++) {
        enum drop_reason reason;

        w = writer_over(message, sizeof message);
        dns_write_header(&w, ID, ANSWER, 1, 1);
        dns_write_question(&w, NAME, DNS_PTR);
        dns_write_name(&w, NAME);
        dns_write_record(&w, DNS_PTR, 60, len);
        dns_write_name(&w, "other");
        write_zeros(&w, 2);
        WITH_EXACT(c, message, w.len, reason = dns_parse_pointer(&c, ID, NAME, found, &answer));
        ck_assert_int_eq(reason, len == 7 ? DROP_NONE : DROP_DNS_MALFORMED);
    }
}
END_TEST

START_TEST(no_more_addresses_are_written_than_fit)
{
    struct ip_addr untouched;

    start(MAX_ADDRS + 3);
    for (uint32_t i = 0; i < MAX_ADDRS + 3; i++) {
        dns_write_a(&w, NAME, 1000 - i, 0x01010100 + i);
    }
    ck_assert_int_eq(parse(), DROP_NONE);
    ck_assert_uint_eq(answer.n_addrs, MAX_ADDRS);
    ck_assert_uint_eq(ip4_bits(addrs[MAX_ADDRS - 1]), 0x01010100 + MAX_ADDRS - 1);
    ck_assert_uint_eq(answer.ttl, 1000 - (MAX_ADDRS - 1));

    memset(addrs, 0xee, sizeof addrs);
    memset(&untouched, 0xee, sizeof untouched);
    WITH_EXACT(c, message, w.len,
               ck_assert_int_eq(dns_parse_answer(&c, ID, NAME, addrs, 1, &answer), DROP_NONE));
    ck_assert_uint_eq(answer.n_addrs, 1);
    ck_assert(ip_equal(addrs[1], untouched));
}
END_TEST

START_TEST(aliases_are_followed_in_any_order_of_records)
{
    static const int order[6][3] = {
        { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
    };

    for (int i = 0; i < 6; i++) {
        start(3);
        for (int j = 0; j < 3; j++) {
            switch (order[i][j]) {
            case 0:
                dns_write_cname(&w, NAME, 50, "a.cdn.net");
                break;
            case 1:
                dns_write_cname(&w, "A.cdn.net", 30, "b.cdn.net");
                break;
            default:
                dns_write_a(&w, "b.CDN.net", 40, 0x01020304);
                break;
            }
        }
        assert_one(0x01020304, 30);
    }
}
END_TEST

START_TEST(an_alias_without_an_address_is_an_answer_without_addresses)
{
    start(1);
    dns_write_cname(&w, NAME, 50, "a.cdn.net");
    ck_assert_int_eq(parse(), DROP_NONE);
    ck_assert_uint_eq(answer.rcode, DNS_NOERROR);
    ck_assert_uint_eq(answer.n_addrs, 0);
    start(0);
    ck_assert_int_eq(parse(), DROP_NONE);
    ck_assert_uint_eq(answer.n_addrs, 0);
}
END_TEST

static void write_chain(int n)
{
    char from[24];
    char to[24];

    start((uint16_t)(n + 1));
    for (int i = 0; i < n; i++) {
        snprintf(from, sizeof from, "n%d.net", i);
        snprintf(to, sizeof to, "n%d.net", i + 1);
        dns_write_cname(&w, i == 0 ? NAME : from, 9, to);
    }
    snprintf(to, sizeof to, "n%d.net", n);
    dns_write_a(&w, n == 0 ? NAME : to, 9, 0x01020304);
}

/* Row DNS-10. */
START_TEST(a_chain_of_aliases_may_be_so_long_and_no_longer)
{
    for (int n = 0; n <= DNS_MAX_CNAMES; n++) {
        write_chain(n);
        assert_one(0x01020304, 9);
    }
    write_chain(DNS_MAX_CNAMES + 1);
    ck_assert_int_eq(parse(), DROP_NONE);
    ck_assert_uint_eq(answer.rcode, DNS_SERVFAIL);
    ck_assert_uint_eq(answer.n_addrs, 0);
    start(2);
    dns_write_cname(&w, NAME, 9, "b.net");
    dns_write_cname(&w, "b.net", 9, NAME);
    ck_assert_int_eq(parse(), DROP_NONE);
    ck_assert_uint_eq(answer.rcode, DNS_SERVFAIL);
}
END_TEST

START_TEST(an_alias_may_be_compressed)
{
    start(2);
    dns_write_pointer(&w, DNS_QUESTION_AT);
    dns_write_record(&w, DNS_CNAME, 8, 5);
    dns_write_labels(&w, "ww");
    dns_write_pointer(&w, DNS_QUESTION_AT + 4);
    dns_write_a(&w, "ww.example.org", 9, 0x01020304);
    assert_one(0x01020304, 8);
}
END_TEST

START_TEST(records_of_other_types_and_classes_are_stepped_over)
{
    start(3);
    dns_write_name(&w, NAME);
    dns_write_record(&w, 46, 5, 7); /* RRSIG */
    write_zeros(&w, 7);
    dns_write_name(&w, NAME);
    write_u16(&w, DNS_A);
    write_u16(&w, 3); /* CHAOS: its A records are other than 4 octets */
    write_u32(&w, 1);
    write_u16(&w, 2);
    write_u16(&w, 0xffff);
    dns_write_a(&w, NAME, 70, 0x01020304);
    assert_one(0x01020304, 70);
}
END_TEST

START_TEST(hostile_DNS_11_other_sections_are_not_answers)
{
    start(0);
    put_be16(message + 10, 1); /* one additional record */
    dns_write_a(&w, NAME, 70, 0x01020304);
    ck_assert_int_eq(parse(), DROP_NONE);
    ck_assert_uint_eq(answer.n_addrs, 0);
}
END_TEST

START_TEST(hostile_DNS_11_the_address_of_another_is_none)
{
    start(2);
    dns_write_a(&w, "other.example.org", 70, 0x06060606);
    dns_write_a(&w, NAME, 70, 0x01020304);
    assert_one(0x01020304, 70);
}
END_TEST

/* RFC 8767 4 */
START_TEST(a_ttl_with_the_top_bit_is_the_longest)
{
    static const uint32_t ttl[][2] = { { 0, 0 },
                                       { 1, 1 },
                                       { 0x7fffffff, 0x7fffffff },
                                       { 0x80000000, 0x7fffffff },
                                       { 0xffffffff, 0x7fffffff } };

    for (size_t i = 0; i < sizeof ttl / sizeof ttl[0]; i++) {
        start(1);
        dns_write_a(&w, NAME, ttl[i][0], 1);
        assert_one(1, ttl[i][1]);
    }
}
END_TEST

static void write_soa(const char *owner, uint32_t ttl, uint32_t minimum, size_t rest)
{
    dns_write_name(&w, owner);
    dns_write_record(&w, 6, ttl, 2 * 5 + rest);
    dns_write_name(&w, "a.b");
    dns_write_name(&w, "c.d");
    write_zeros(&w, rest - 4);
    write_u32(&w, minimum);
}

/* `n_authorities` records follow the answers. */
static void negative(uint16_t flags, uint16_t n_answers, uint16_t n_authorities)
{
    start(n_answers);
    put_be16(message + 2, flags);
    put_be16(message + 8, n_authorities);
}

/* RFC 2308: as the SOA record says, which is not the only one, nor always sound. */
START_TEST(how_long_there_is_nothing)
{
    static const uint16_t flags[] = { ANSWER, ANSWER | DNS_NXDOMAIN };

    for (int i = 0; i < 2; i++) {
        negative(flags[i], 0, 0);
        ck_assert_int_eq(parse(), DROP_NONE);
        ck_assert_uint_eq(answer.ttl, 0);
        negative(flags[i], 0, 1);
        write_soa("org", 100, 200, 20);
        ck_assert_int_eq(parse(), DROP_NONE);
        ck_assert_uint_eq(answer.ttl, 100);
        negative(flags[i], 1, 2);
        dns_write_cname(&w, NAME, 50, "b.org");
        dns_write_a(&w, "c.org", 1, 1); /* not it */
        write_soa("org", 200, 150, 20);
        ck_assert_int_eq(parse(), DROP_NONE);
        ck_assert_uint_eq(answer.ttl, 150);
        for (size_t rest = 16; rest < 30; rest++) { /* too short and too long */
            negative(flags[i], 0, 1);
            write_soa("org", 100, 200, rest);
            ck_assert_int_eq(parse(), DROP_NONE);
            ck_assert_uint_eq(answer.ttl, rest == 20 ? 100 : 0);
        }
        negative(flags[i], 0, 1);
        write_soa("org", 100, 200, 20);
        for (size_t len = w.len - 1; len > w.len - 40; len--) {
            ck_assert_int_eq(parse_first(len, NAME), DROP_NONE);
            ck_assert_uint_eq(answer.ttl, 0);
        }
    }
    negative(ANSWER | DNS_SERVFAIL, 0, 1);
    write_soa("org", 100, 200, 20);
    ck_assert_int_eq(parse(), DROP_NONE);
    ck_assert_uint_eq(answer.ttl, 0);
    negative(ANSWER, 1, 1); /* there is something */
    dns_write_a(&w, NAME, 500, 1);
    write_soa("org", 100, 200, 20);
    assert_one(1, 500);
}
END_TEST

START_TEST(a_name_is_in_its_domain)
{
    static const char *const in[] = { "localhost", "LocalHost", "localhost.", "a.localhost",
                                      "b.a.LOCALHOST." };
    static const char *const out[] = { "localhos", "localhost.org", "alocalhost", "",
                                       ".",        "localhost..",   "xlocalhost." };

    for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
        ck_assert_msg(dns_name_is_in(in[i], "localhost"), "%s", in[i]);
    }
    for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
        ck_assert_msg(!dns_name_is_in(out[i], "localhost"), "%s", out[i]);
    }
}
END_TEST

START_TEST(whether_the_case_came_back)
{
    start(0);
    ck_assert_int_eq(parse(), DROP_NONE);
    ck_assert(answer.exact);
    ck_assert_int_eq(parse_first(w.len, NAME "."), DROP_NONE);
    ck_assert(answer.exact);
    ck_assert_int_eq(parse_first(w.len, "www.examplE.org"), DROP_NONE);
    ck_assert(!answer.exact);
}
END_TEST

START_TEST(what_edns_adds_to_a_query)
{
    static const uint8_t opt[] = { 0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0 };
    uint8_t out[DNS_MAX_UDP_LEN];
    struct writer q = writer_over(out, sizeof out);
    size_t len;

    ck_assert(dns_emit_query(&q, ID, NAME, DNS_A));
    len = q.len;
    ck_assert(dns_emit_edns(&q, 1232));
    ck_assert_uint_eq(q.len, len + sizeof opt);
    ck_assert_mem_eq(out + len, opt, sizeof opt);
    ck_assert_uint_eq(be16(out + 10), 1);
    q = writer_over(out, len + sizeof opt - 1);
    ck_assert(dns_emit_query(&q, ID, NAME, DNS_A));
    ck_assert(!dns_emit_edns(&q, 1232));
}
END_TEST

START_TEST(codes_and_truncation_are_told_and_records_not_read)
{
    start(1);
    put_be16(message + 2, ANSWER | DNS_NXDOMAIN);
    ck_assert_int_eq(parse(), DROP_NONE);
    ck_assert_uint_eq(answer.rcode, DNS_NXDOMAIN);
    ck_assert_uint_eq(answer.n_addrs, 0);
    start(1);
    dns_write_a(&w, NAME, 9, 1);
    put_be16(message + 2, ANSWER | 0x0200);
    ck_assert_int_eq(parse(), DROP_NONE);
    ck_assert(answer.truncated);
    ck_assert_uint_eq(answer.n_addrs, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_query_is_written,
        names_that_cannot_be_asked_for,
        addresses_are_read,
        no_more_addresses_are_written_than_fit,
        aliases_are_followed_in_any_order_of_records,
        an_alias_without_an_address_is_an_answer_without_addresses,
        a_chain_of_aliases_may_be_so_long_and_no_longer,
        an_alias_may_be_compressed,
        records_of_other_types_and_classes_are_stepped_over,
        hostile_DNS_11_other_sections_are_not_answers,
        hostile_DNS_11_the_address_of_another_is_none,
        a_ttl_with_the_top_bit_is_the_longest,
        how_long_there_is_nothing,
        a_name_is_in_its_domain,
        whether_the_case_came_back,
        what_edns_adds_to_a_query,
        codes_and_truncation_are_told_and_records_not_read,
        the_name_of_an_address_is_read,
        a_pointer_that_is_malformed,
        NULL,
    };

    return suite_run("dns_wire", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* DNS messages that answer another question, or lie about names, pointers, counts and lengths. */
#include <check.h>

#include "tests/support/dns_fixture.h"
#include "tests/support/suite.h"

/* Rows DNS-07 and DNS-09: what must match, and what the flags say. */
START_TEST(an_answer_to_another_question_is_unexpected)
{
    static const uint16_t flags[] = { 0x0100, 0x8980, 0x9180 };

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        start(1);
        dns_write_a(&w, NAME, 9, 1);
        put_be16(message + 2, flags[i]);
        ck_assert_int_eq(parse(), DROP_DNS_UNEXPECTED);
    }
    start(1);
    dns_write_a(&w, NAME, 9, 1);
    ck_assert_int_eq(parse(), DROP_NONE);
    ck_assert_int_eq(parse_first(w.len, "www.example.com"), DROP_DNS_UNEXPECTED);
    ck_assert_int_eq(parse_first(w.len, "www.example"), DROP_DNS_UNEXPECTED);
    ck_assert_int_eq(parse_first(w.len, "www.example.org.uk"), DROP_DNS_UNEXPECTED);
    ck_assert_int_eq(parse_first(w.len, "wwwexample.org"), DROP_DNS_UNEXPECTED);
    ck_assert_int_eq(parse_first(w.len, "WwW.eXample.org."), DROP_NONE);
    message[0] ^= 1;
    ck_assert_int_eq(parse(), DROP_DNS_UNEXPECTED);
    message[0] ^= 1;
    for (uint16_t n = 0; n < 4; n++) {
        put_be16(message + 4, n);
        ck_assert_int_eq(parse(), n == 1 ? DROP_NONE : DROP_DNS_UNEXPECTED);
    }
    put_be16(message + 4, 1);
    message[DNS_QUESTION_AT + 17 + 1] = 28; /* AAAA */
    ck_assert_int_eq(parse(), DROP_DNS_UNEXPECTED);
    message[DNS_QUESTION_AT + 17 + 1] = DNS_A;
    message[DNS_QUESTION_AT + 17 + 3] = 3;
    ck_assert_int_eq(parse(), DROP_DNS_UNEXPECTED);
}
END_TEST

START_TEST(a_dot_inside_a_label_is_no_border)
{
    w = writer_over(message, sizeof message);
    dns_write_header(&w, ID, ANSWER, 1, 0);
    write_u8(&w, 15);
    write_octets(&w, NAME, 15);
    write_u8(&w, 0);
    write_u16(&w, DNS_A);
    write_u16(&w, DNS_IN);
    ck_assert_int_eq(parse(), DROP_DNS_UNEXPECTED);
}
END_TEST

/* And counts that promise more than there is. */
START_TEST(hostile_DNS_02_a_message_cut_short_anywhere_is_malformed)
{
    size_t header_and_question;

    start(2);
    header_and_question = w.len;
    dns_write_cname(&w, NAME, 9, "a.net");
    dns_write_a(&w, "a.net", 9, 1);
    for (size_t len = 0; len < w.len; len++) {
        ck_assert_int_eq(parse_first(len, NAME), DROP_DNS_MALFORMED);
    }
    ck_assert_uint_lt(header_and_question, w.len);
    assert_one(1, 9);
    put_be16(message + 6, 3);
    ck_assert_int_eq(parse(), DROP_DNS_MALFORMED);
    put_be16(message + 6, 65535);
    ck_assert_int_eq(parse(), DROP_DNS_MALFORMED);
    put_be16(message + 6, 1);
    ck_assert_int_eq(parse(), DROP_NONE);
    ck_assert_uint_eq(answer.n_addrs, 0);
}
END_TEST

/* More records than the message has are no message; fewer are all that is looked at. */
START_TEST(hostile_DNS_04_counts_that_lie)
{
    static const uint16_t counts[] = { 0, 1, 2, 3, 65535 };

    for (uint16_t n = 0; n <= 2; n++) {
        start(n);
        for (uint16_t i = 0; i < n; i++) {
            dns_write_a(&w, NAME, 9, 1u + i);
        }
        for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
            put_be16(message + 6, counts[i]);
            ck_assert_int_eq(parse(), counts[i] > n ? DROP_DNS_MALFORMED : DROP_NONE);
            ck_assert(counts[i] > n || answer.n_addrs == counts[i]);
        }
        put_be16(message + 6, n);
        put_be16(message + 4, 65535); /* questions */
        ck_assert_int_ne(parse(), DROP_NONE);
    }
}
END_TEST

/* Where an owner's pointer may lead. */
START_TEST(hostile_DNS_01_pointers_lead_strictly_backwards)
{
    size_t owner;

    start(1);
    owner = w.len;
    dns_write_pointer(&w, 0);
    dns_write_record(&w, DNS_A, 9, 4);
    write_u32(&w, 1);
    for (size_t to = 0; to < 0x4000; to++) {
        bool at_label = to == 12 || to == 16 || to == 24 || to == 28;
        bool in_question = to >= 12 && to < owner;

        put_be16(message + owner, (uint16_t)(0xc000 | to));
        if (!in_question) {
            ck_assert_int_eq(parse(), DROP_DNS_MALFORMED);
        } else if (at_label) {
            ck_assert_int_eq(parse(), DROP_NONE);
            ck_assert_uint_eq(answer.n_addrs, to == 12);
        } else {
            parse();
        }
    }
}
END_TEST

START_TEST(hostile_DNS_01_a_pointer_into_its_own_labels_is_malformed)
{
    start(1);
    write_u8(&w, 1);
    write_u8(&w, 'x');
    dns_write_pointer(&w, w.len - 2);
    dns_write_record(&w, DNS_A, 9, 4);
    write_u32(&w, 1);
    ck_assert_int_eq(parse(), DROP_DNS_MALFORMED);
    w = writer_over(message, sizeof message);
    dns_write_header(&w, ID, ANSWER, 1, 0);
    dns_write_pointer(&w, DNS_QUESTION_AT);
    write_u32(&w, 0x00010001);
    ck_assert_int_eq(parse(), DROP_DNS_MALFORMED);
}
END_TEST

/*
 * A record of another type holds `n` names, each a label and a pointer to the one before, the first
 * a label and the root; then an A record points to the last: a name of n labels.
 */
static void write_hops(unsigned n)
{
    size_t last = 0;

    start(2);
    dns_write_name(&w, "junk");
    dns_write_record(&w, 99, 9, 17 + (n - 1) * 18);
    for (unsigned i = 0; i < n; i++) {
        size_t at = w.len;

        write_u8(&w, 15);
        write_octets(&w, "as-long-as-this", 15);
        if (i == 0) {
            write_u8(&w, 0);
        } else {
            dns_write_pointer(&w, last);
        }
        last = at;
    }
    dns_write_pointer(&w, last);
    dns_write_record(&w, DNS_A, 9, 4);
    write_u32(&w, 1);
}

/* Rows DNS-01 and DNS-03: a name of 241 octets on the wire works, one of 257 does not. */
START_TEST(hostile_DNS_03_a_name_of_pointers_may_have_255_octets)
{
    write_hops(15);
    ck_assert_int_eq(parse(), DROP_NONE);
    write_hops(16);
    ck_assert_int_eq(parse(), DROP_DNS_MALFORMED);
}
END_TEST

/* No answer needs as many labels; what was found before counts. */
START_TEST(names_are_walked_for_so_long_and_no_longer)
{
    for (unsigned addresses = 0; addresses < 2; addresses++) {
        start((uint16_t)(addresses + 60));
        for (unsigned i = 0; i < addresses; i++) {
            dns_write_a(&w, NAME, 9, 7);
        }
        for (int i = 0; i < 60; i++) {
            dns_write_a(&w, "a.b.c.d.e", 9, 8);
        }
        ck_assert_int_eq(parse(), DROP_NONE);
        ck_assert_uint_eq(answer.n_addrs, addresses);
        ck_assert_uint_eq(answer.rcode, addresses ? DNS_NOERROR : DNS_SERVFAIL);
    }
}
END_TEST

static void many_labels(char *name, size_t n, size_t len)
{
    memset(name, 'a', n * (len + 1));
    for (size_t i = 1; i <= n; i++) {
        name[i * (len + 1) - 1] = i < n ? '.' : '\0';
    }
}

/* RFC 1035 4.1.4: who writes names does not have to compress them. */
START_TEST(a_name_of_many_labels_is_read)
{
    static const size_t shapes[][2] = { { 50, 1 }, { 64, 1 }, { 42, 5 }, { 21, 10 }, { 3, 63 } };
    char name[DNS_MAX_NAME_LEN + 1];

    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        many_labels(name, shapes[i][0], shapes[i][1]);
        w = writer_over(message, sizeof message);
        dns_write_header(&w, ID, ANSWER, 1, 1);
        dns_write_question(&w, name, DNS_A);
        dns_write_a(&w, name, 9, 7);
        ck_assert_int_eq(parse_first(w.len, name), DROP_NONE);
        ck_assert_uint_eq(answer.rcode, DNS_NOERROR);
        ck_assert_uint_eq(answer.n_addrs, 1);
    }
}
END_TEST

/* And another server is asked, however many there are. */
START_TEST(a_name_that_is_too_much_to_be_looked_at_is_a_failure)
{
    char name[DNS_MAX_NAME_LEN + 1];

    for (size_t n = 1; n <= 127; n++) {
        many_labels(name, n, 1);
        w = writer_over(message, sizeof message);
        dns_write_header(&w, ID, ANSWER, 1, 1);
        dns_write_question(&w, name, DNS_A);
        dns_write_a(&w, name, 9, 7);
        ck_assert_int_eq(parse_first(w.len, name), DROP_NONE);
        ck_assert_uint_eq(answer.rcode, answer.n_addrs == 1 ? DNS_NOERROR : DNS_SERVFAIL);
    }
}
END_TEST

/* The name that an address has is found whole, or not at all. */
START_TEST(no_name_is_found_in_part)
{
    char name[DNS_MAX_NAME_LEN + 1];
    char found[DNS_MAX_NAME_LEN + 1];

    for (size_t n = 1; n <= 127; n++) {
        many_labels(name, n, 1);
        w = writer_over(message, sizeof message);
        dns_write_header(&w, ID, ANSWER, 1, 1);
        dns_write_question(&w, NAME, DNS_PTR);
        dns_write_pointer(&w, DNS_QUESTION_AT);
        dns_write_record(&w, DNS_PTR, 9, strlen(name) + 2);
        dns_write_name(&w, name);
        WITH_EXACT(c, message, w.len,
                   ck_assert_int_eq(dns_parse_pointer(&c, ID, NAME, found, &answer), DROP_NONE));
        ck_assert_uint_eq(answer.rcode, answer.n_addrs == 1 ? DNS_NOERROR : DNS_SERVFAIL);
        ck_assert(n > 100 || answer.n_addrs == 1);
        if (answer.n_addrs == 1) {
            ck_assert_str_eq(found, name);
            ck_assert_uint_eq(answer.name_len, strlen(name));
        }
    }
}
END_TEST

START_TEST(hostile_DNS_01_pointers_to_pointers_are_bounded)
{
    for (unsigned n = 30; n <= 31; n++) {
        size_t first;

        start(2);
        dns_write_name(&w, "junk");
        dns_write_record(&w, 99, 9, 2 * n);
        first = w.len;
        for (unsigned i = 0; i < n; i++) {
            dns_write_pointer(&w, i == 0 ? DNS_QUESTION_AT : first + 2 * (i - 1));
        }
        dns_write_pointer(&w, first + 2 * (n - 1));
        dns_write_record(&w, DNS_A, 9, 4);
        write_u32(&w, 7);
        if (n == 30) {
            assert_one(7, 9);
        } else {
            ck_assert_int_eq(parse(), DROP_DNS_MALFORMED);
        }
    }
}
END_TEST

/* Row DNS-02. */
START_TEST(hostile_DNS_02_labels_are_at_most_63_octets)
{
    for (unsigned len = 0; len < 256; len++) {
        start(1);
        write_u8(&w, (uint8_t)len);
        write_zeros(&w, len);
        if (len > 0) {
            write_u8(&w, 0);
        }
        dns_write_record(&w, DNS_A, 9, 4);
        write_u32(&w, 1);
        if (len <= 63) {
            ck_assert_int_eq(parse(), DROP_NONE);
            ck_assert_uint_eq(answer.n_addrs, 0);
        } else {
            ck_assert_int_eq(parse(), DROP_DNS_MALFORMED);
        }
    }
}
END_TEST

/* Row DNS-03. */
START_TEST(hostile_DNS_03_names_of_255_octets_are_the_longest)
{
    char name[300];

    for (size_t len = 250; len < 260; len++) {
        long_name(name, len);
        w = writer_over(message, sizeof message);
        dns_write_header(&w, ID, ANSWER, 1, 1);
        dns_write_question(&w, name, DNS_A);
        dns_write_a(&w, name, 9, 1);
        ck_assert_int_eq(parse_first(w.len, name), len <= 253 ? DROP_NONE : DROP_DNS_MALFORMED);
        ck_assert(len > 253 || answer.n_addrs == 1);
    }
}
END_TEST

/* Row DNS-05. */
START_TEST(hostile_DNS_05_data_of_another_length_are_malformed)
{
    static const uint16_t lens[] = { 0, 1, 3, 5, 65535 };

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        start(1);
        dns_write_pointer(&w, DNS_QUESTION_AT);
        dns_write_record(&w, DNS_A, 9, lens[i]);
        write_zeros(&w, lens[i] < 8 ? lens[i] : 8);
        ck_assert_int_eq(parse(), DROP_DNS_MALFORMED);
    }
    for (size_t len = 0; len < 20; len++) {
        start(1);
        dns_write_pointer(&w, DNS_QUESTION_AT);
        dns_write_record(&w, DNS_CNAME, 9, len);
        dns_write_name(&w, "a.net");
        write_zeros(&w, 20);
        ck_assert_int_eq(parse(), len == 7 ? DROP_NONE : DROP_DNS_MALFORMED);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_answer_to_another_question_is_unexpected,
        a_dot_inside_a_label_is_no_border,
        hostile_DNS_04_counts_that_lie,
        hostile_DNS_02_a_message_cut_short_anywhere_is_malformed,
        hostile_DNS_01_pointers_lead_strictly_backwards,
        hostile_DNS_01_a_pointer_into_its_own_labels_is_malformed,
        hostile_DNS_03_a_name_of_pointers_may_have_255_octets,
        names_are_walked_for_so_long_and_no_longer,
        a_name_of_many_labels_is_read,
        a_name_that_is_too_much_to_be_looked_at_is_a_failure,
        no_name_is_found_in_part,
        hostile_DNS_01_pointers_to_pointers_are_bounded,
        hostile_DNS_02_labels_are_at_most_63_octets,
        hostile_DNS_03_names_of_255_octets_are_the_longest,
        hostile_DNS_05_data_of_another_length_are_malformed,
        NULL,
    };

    return suite_run("dns_malformed", tests);
}

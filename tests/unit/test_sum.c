/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum against a sum of octet pairs done by hand, at every alignment and length,
 * joined at any offset, and against the example of RFC 1071.
 */
#include <check.h>
#include <string.h>

#include "base/sum.h"
#include "tests/support/exact.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

/* RFC 1071, word by word. */
static uint16_t naive_sum(const uint8_t *octets, size_t len)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum += i & 1 ? octets[i] : (uint32_t)octets[i] << 8;
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

START_TEST(the_example_of_rfc_1071)
{
    static const uint8_t octets[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

    ck_assert_uint_eq(sum_add(0, octets, sizeof octets), 0xddf2);
    ck_assert_uint_eq(sum_finish(0xddf2), 0x220d);
}
END_TEST

START_TEST(every_alignment_and_length)
{
    uint8_t octets[160];
    uint64_t state = 7;

    random_octets(&state, octets, sizeof octets);
    for (size_t at = 0; at < 16; at++) {
        for (size_t len = 0; len + at <= sizeof octets; len++) {
            ck_assert_uint_eq(sum_add(0, octets + at, len), naive_sum(octets + at, len));
        }
    }
}
END_TEST

START_TEST(nothing_is_read_or_written_past_the_end)
{
    uint8_t octets[80];
    uint64_t state = 8;

    random_octets(&state, octets, sizeof octets);
    for (size_t len = 0; len <= sizeof octets; len++) {
        uint8_t *from = exact_copy(octets, len);
        uint8_t *to = exact_copy(octets + sizeof octets - len, len);

        ck_assert_uint_eq(sum_add(0, from, len), naive_sum(octets, len));
        ck_assert_uint_eq(sum_copy(0, to, from, len), naive_sum(octets, len));
        ck_assert(len == 0 || memcmp(to, from, len) == 0);
        free(from);
        free(to);
    }
    ck_assert_uint_eq(sum_add(5, NULL, 0), 5);
    ck_assert_uint_eq(sum_copy(5, octets, NULL, 0), 5);
}
END_TEST

START_TEST(a_copy_sums_at_every_alignment_of_both)
{
    uint8_t from[100];
    uint8_t to[100];
    uint64_t state = 9;

    random_octets(&state, from, sizeof from);
    for (size_t f = 0; f < 9; f++) {
        for (size_t t = 0; t < 9; t++) {
            for (size_t len = 0; len <= 80; len++) {
                memset(to, 0xee, sizeof to);
                ck_assert_uint_eq(sum_copy(0x1234, to + t, from + f, len),
                                  sum_word(0x1234, naive_sum(from + f, len)));
                ck_assert(memcmp(to + t, from + f, len) == 0);
                ck_assert(t == 0 || to[t - 1] == 0xee);
                ck_assert_uint_eq(to[t + len], 0xee);
            }
        }
    }
}
END_TEST

START_TEST(parts_join_at_any_offset)
{
    uint8_t octets[64];
    uint64_t state = 10;

    random_octets(&state, octets, sizeof octets);
    for (size_t a = 0; a <= sizeof octets; a++) {
        for (size_t b = a; b <= sizeof octets; b++) {
            uint16_t sum = sum_add(0, octets, a);

            sum = sum_join(sum, sum_add(0, octets + a, b - a), a);
            sum = sum_join(sum, sum_add(0, octets + b, sizeof octets - b), b);
            ck_assert_uint_eq(sum, naive_sum(octets, sizeof octets));
        }
    }
}
END_TEST

START_TEST(carries_come_round)
{
    static uint8_t ones[65535];

    memset(ones, 0xff, sizeof ones);
    ck_assert_uint_eq(sum_add(0, ones, sizeof ones), naive_sum(ones, sizeof ones));
    ck_assert_uint_eq(sum_add(0, ones, 8), 0xffff);
    ck_assert_uint_eq(sum_add(0xffff, ones, 2), 0xffff);
    ck_assert_uint_eq(sum_word(0xffff, 1), 1);
    ck_assert_uint_eq(sum_word(0xfffe, 1), 0xffff);
    memset(ones, 0, sizeof ones);
    ck_assert_uint_eq(sum_add(0, ones, sizeof ones), 0);
    ck_assert_uint_eq(sum_finish(0), 0xffff);
}
END_TEST

START_TEST(a_message_with_its_checksum_sums_to_good)
{
    uint8_t octets[21];
    uint64_t state = 11;
    uint16_t checksum;

    random_octets(&state, octets, sizeof octets);
    octets[10] = 0;
    octets[11] = 0;
    checksum = sum_finish(sum_add(0, octets, sizeof octets));
    octets[10] = (uint8_t)(checksum >> 8);
    octets[11] = (uint8_t)checksum;
    ck_assert_uint_eq(sum_add(0, octets, sizeof octets), SUM_GOOD);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_example_of_rfc_1071,
        every_alignment_and_length,
        nothing_is_read_or_written_past_the_end,
        a_copy_sums_at_every_alignment_of_both,
        parts_join_at_any_offset,
        carries_come_round,
        a_message_with_its_checksum_sums_to_good,
        NULL,
    };

    return suite_run("sum", tests);
}

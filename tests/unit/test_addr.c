/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses: their kinds, comparison, hash, and text in both directions. */
#include <check.h>
#include <string.h>

#include "base/addr.h"
#include "tests/support/exact.h"
#include "tests/support/suite.h"

static struct sk_addr addr(uint32_t bits, uint16_t port)
{
    return (struct sk_addr){ ip4(bits), port };
}

START_TEST(ipv4_goes_in_and_comes_out)
{
    ck_assert_uint_eq(ip4_bits(ip4(0x0a000203)), 0x0a000203);
    ck_assert_uint_eq(ip4_bits(ip4(0xffffffff)), 0xffffffff);
    ck_assert_uint_eq(ip4_bits(ip4(0)), 0);
#if SK_IP_ADDR_LEN == 16
    static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff, [12] = 10, [14] = 2, [15] = 3 };

    ck_assert_mem_eq(ip4(0x0a000203).b, mapped, sizeof mapped);
#endif
}
END_TEST

START_TEST(zeros_are_the_unspecified_address)
{
    struct ip_addr zero;

    memset(&zero, 0, sizeof zero);
    ck_assert(ip_is_unspecified(zero));
    ck_assert(ip_is_unspecified(ip4(0)));
    ck_assert(ip_equal(zero, ip4(0)));
    ck_assert(!ip_is_unspecified(ip4(1)));
    ck_assert(!ip_is_multicast(zero));
    ck_assert(!ip_is_loopback(zero));
#if SK_IP_ADDR_LEN == 16
    zero.b[10] = 0xff;
    zero.b[11] = 0xff;
    ck_assert(ip_is_unspecified(zero));
    zero.b[0] = 1;
    ck_assert(!ip_is_unspecified(zero));
#endif
}
END_TEST

START_TEST(kinds_end_where_their_prefix_ends)
{
    ck_assert(!ip_is_multicast(ip4(0xdfffffff)));
    ck_assert(ip_is_multicast(ip4(0xe0000000)));
    ck_assert(ip_is_multicast(ip4(0xefffffff)));
    ck_assert(!ip_is_multicast(ip4(0xf0000000)));
    ck_assert(!ip_is_loopback(ip4(0x7effffff)));
    ck_assert(ip_is_loopback(ip4(0x7f000000)));
    ck_assert(ip_is_loopback(ip4(0x7fffffff)));
    ck_assert(!ip_is_loopback(ip4(0x80000000)));
}
END_TEST

START_TEST(equal_means_address_and_port)
{
    ck_assert(sk_addr_equal(addr(0x7f000001, 80), addr(0x7f000001, 80)));
    ck_assert(!sk_addr_equal(addr(0x7f000001, 80), addr(0x7f000001, 81)));
    ck_assert(!sk_addr_equal(addr(0x7f000001, 80), addr(0x7f000002, 80)));
    ck_assert(!ip_equal(ip4(1), ip4(2)));
}
END_TEST

START_TEST(hashes_of_neighbours_fill_a_table_evenly)
{
    unsigned count[256] = { 0 };

    ck_assert_uint_eq(sk_addr_hash(addr(0x0a000001, 80)), sk_addr_hash(addr(0x0a000001, 80)));
    for (uint32_t host = 0; host < 64; host++) {
        for (uint16_t port = 0; port < 64; port++) {
            count[sk_addr_hash(addr(0x0a000000 + host, (uint16_t)(32768 + port))) >> 24]++;
        }
    }
    for (int i = 0; i < 256; i++) {
        ck_assert_uint_lt(count[i], 64); /* 16 on average */
    }
}
END_TEST

START_TEST(addresses_are_written_as_text)
{
    char text[SK_ADDR_TEXT_LEN];

    sk_addr_format(addr(0xffffffff, 65535), text);
    ck_assert_str_eq(text, "255.255.255.255:65535");
    sk_addr_format(addr(0, 0), text);
    ck_assert_str_eq(text, "0.0.0.0:0");
    sk_addr_format(addr(0x0a00020f, 8080), text);
    ck_assert_str_eq(text, "10.0.2.15:8080");
}
END_TEST

/* The text in a block of exactly its length, as a string is. */
static bool parses(const char *text, struct sk_addr *out)
{
    char *copy = (char *)exact_copy(text, strlen(text) + 1);
    bool result = sk_addr_parse(copy, out);

    free(copy);
    return result;
}

START_TEST(text_is_read_as_an_address)
{
    static const struct {
        const char *text;
        uint32_t bits;
        uint16_t port;
    } good[] = {
        { "0.0.0.0", 0, 0 },
        { "10.0.2.3", 0x0a000203, 0 },
        { "10.0.2.3:0", 0x0a000203, 0 },
        { "255.255.255.255:65535", 0xffffffff, 65535 },
        { "127.0.0.1:53", 0x7f000001, 53 },
    };
    struct sk_addr out;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert(parses(good[i].text, &out));
        ck_assert(sk_addr_equal(out, addr(good[i].bits, good[i].port)));
    }
}
END_TEST

START_TEST(other_text_is_refused_and_nothing_is_written)
{
    static const char *const bad[] = {
        "",
        " ",
        "1",
        "1.2.3",
        "1.2.3.",
        "1.2.3.4.",
        ".1.2.3.4",
        "1..2.3",
        "256.1.1.1",
        "1.2.3.256",
        "1.2.3.4444",
        "01.2.3.4",
        "1.2.3.00",
        "+1.2.3.4",
        "-1.2.3.4",
        " 1.2.3.4",
        "1.2.3.4 ",
        "1.2.3.4:",
        "1.2.3.4:x",
        "1.2.3.4:+1",
        "1.2.3.4:65536",
        "1.2.3.4:01",
        "1.2.3.4:1:2",
        "1.2.3.4:80 ",
        "a.b.c.d",
        "0x1.2.3.4",
        "1.2.3.4x",
        "::1",
        "1.2.3.4/24",
        "1,2,3,4",
        "1.2.3.4:-1",
        "1.2.3.4::1",
        "1.2.3.4:4294967376",
        "4294967297.2.3.4",
    };
    struct sk_addr out = addr(0x01010101, 7);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!parses(bad[i], &out), "\"%s\"", bad[i]);
        ck_assert(sk_addr_equal(out, addr(0x01010101, 7)));
    }
}
END_TEST

/* Row API-13: text of any length. */
START_TEST(overlong_text_is_refused)
{
    char text[4097];
    struct sk_addr out;

    for (size_t len = 0; len < sizeof text; len += 64) {
        memset(text, '1', len);
        text[len] = '\0';
        ck_assert(!parses(text, &out));
    }
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
    char text[SK_ADDR_TEXT_LEN];
    struct sk_addr out;

    for (uint32_t i = 0; i < 256; i++) {
        struct sk_addr a =
            addr(i << 24 | (255 - i) << 16 | (i ^ 0x55) << 8 | i, (uint16_t)(i * 257));

        sk_addr_format(a, text);
        ck_assert(sk_addr_parse(text, &out));
        ck_assert(sk_addr_equal(a, out));
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        ipv4_goes_in_and_comes_out,
        zeros_are_the_unspecified_address,
        kinds_end_where_their_prefix_ends,
        equal_means_address_and_port,
        hashes_of_neighbours_fill_a_table_evenly,
        addresses_are_written_as_text,
        text_is_read_as_an_address,
        other_text_is_refused_and_nothing_is_written,
        overlong_text_is_refused,
        what_is_written_is_read_back,
        NULL,
    };

    return suite_run("addr", tests);
}

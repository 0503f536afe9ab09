/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses as text on firmware: inet_aton and its like in the forms of BSD, and IPv6 as RFC 4291
 * reads and RFC 5952 writes it. Where glibc does the same, it is asked.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compat/byte_order_firmware.c"
#include "compat/inet6_firmware.c"
#include "compat/inet_bsd_firmware.c"
#include "tests/support/suite.h"

#define UNTOUCHED 0x01020304u

static uint32_t read_or_untouched(int (*aton)(const char *, struct in_addr *), const char *text)
{
    struct in_addr addr = { .s_addr = htonl(UNTOUCHED) };

    return aton(text, &addr) ? ntohl(addr.s_addr) : UNTOUCHED;
}

START_TEST(aton_reads_what_glibc_reads)
{
    static const char *const texts[] = {
        "127.0.0.1", "10.1",        "10.1.2",     "1",
        "0x7f.1",    "0177.0.0.01", "0xffffffff", "4294967296",
        "1.2.3.256", "1.2.65536",   "1.16777216", "1.16777215",
        "1.2.3.4.5", "1.2.3.",      "1..2",       "",
        " 1.2.3.4",  "1.2.3.4 and", "1.2.3.4\n",  "1.2.3.4x",
        "08",        "0x",          "256.1",      "1.2.3.4\t",
        "0",         "00000000001", "0xABCDEF01", "1.0xff.3.07",
        "-1",        "1.2.3.4/24",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint32_t wanted = read_or_untouched(inet_aton, texts[i]);
        uint32_t got = read_or_untouched(libsock_inet_aton, texts[i]);
        ck_assert_msg(got == wanted, "%s: %08x, not %08x", texts[i], got, wanted);
        ck_assert_uint_eq(libsock_inet_addr(texts[i]), inet_addr(texts[i]));
    }
    ck_assert_int_eq(libsock_inet_aton("10.0.0.1", NULL), 1);
}
END_TEST

START_TEST(ntoa_writes_dotted_decimal)
{
    ck_assert_str_eq(libsock_inet_ntoa((struct in_addr){ htonl(0x0a0002ff) }), "10.0.2.255");
    ck_assert_str_eq(libsock_inet_ntoa((struct in_addr){ htonl(0xffffffff) }), "255.255.255.255");
    ck_assert_str_eq(libsock_inet_ntoa((struct in_addr){ 0 }), "0.0.0.0");
}
END_TEST

START_TEST(byte_order_is_the_networks)
{
    uint32_t (*to_network)(uint32_t) = libsock_htonl;

    ck_assert_uint_eq(to_network(0x01020304), htonl(0x01020304));
    ck_assert_uint_eq(libsock_ntohl(0x01020304), ntohl(0x01020304));
    ck_assert_uint_eq(libsock_htons(0x0102), htons(0x0102));
    ck_assert_uint_eq(libsock_ntohs(0x0102), ntohs(0x0102));
}
END_TEST

static void compare_read(const char *text)
{
    uint8_t wanted[INET6_LEN] = { 0 };
    uint8_t got[INET6_LEN] = { 0 };
    int was = inet_pton(AF_INET6, text, wanted);

    ck_assert_msg(inet6_read(text, got) == was, "%s: not %d", text, was);
    if (was == 1) {
        ck_assert_msg(memcmp(got, wanted, INET6_LEN) == 0, "%s: another address", text);
    }
}

START_TEST(ipv6_is_read_as_glibc_reads_it)
{
    static const char *const texts[] = {
        "::",
        "::1",
        "1::",
        "1::8",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1::3:4:5:6:7:8",
        "1:2:3:4::5:6:7:8",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8::",
        "1::2::3",
        ":::",
        ":1",
        "1:",
        "1:2:",
        "12345::",
        "fffff::",
        "g::",
        "ABCD:ef01::",
        "::ffff:1.2.3.4",
        "::1.2.3.4",
        "1:2:3:4:5:6:1.2.3.4",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1:2:3:4:5:1.2.3.4",
        "::1.2.3",
        "::1.2.3.256",
        "::1.2.3.4:5",
        "::01.2.3.4",
        "1.2.3.4",
        "",
        " ::",
        ":: ",
        "::1%lo",
        "::0001",
        "::00001",
        "1.2.3.4::",
        "::ffff:1.2.3.4.5",
        ":",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        compare_read(texts[i]);
    }
}
END_TEST

static void check_written(const char *address, const char *wanted)
{
    uint8_t addr[INET6_LEN];
    char text[INET6_ADDRSTRLEN];

    ck_assert_int_eq(inet_pton(AF_INET6, address, addr), 1);
    ck_assert_ptr_eq(inet6_write(addr, text, sizeof text), text);
    ck_assert_str_eq(text, wanted);
    ck_assert_ptr_null(inet6_write(addr, text, strlen(wanted)));
    ck_assert_ptr_eq(inet6_write(addr, text, strlen(wanted) + 1), text);
}

/* The examples of RFC 5952 4 and 5. */
START_TEST(ipv6_is_written_as_rfc_5952_has_it)
{
    check_written("0:0:0:0:0:0:0:0", "::");
    check_written("0:0:0:0:0:0:0:1", "::1");
    check_written("1:0:0:0:0:0:0:0", "1::");
    check_written("2001:0DB8:0:0:0:0:2:1", "2001:db8::2:1");
    check_written("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
    check_written("2001:0:0:1:0:0:0:1", "2001:0:0:1::1");
    check_written("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
    check_written("::ffff:c000:0201", "::ffff:192.0.2.1");
    check_written("::c000:0201", "::c000:201");
    check_written("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}
END_TEST

/* All combinations of groups of 0, and what is written is read again. */
START_TEST(ipv6_is_written_as_glibc_writes_it)
{
    for (unsigned zeroes = 0; zeroes < 1u << N_GROUPS; zeroes++) {
        uint8_t addr[INET6_LEN] = { 0 };
        char wanted[INET6_ADDRSTRLEN];
        char got[INET6_ADDRSTRLEN];
        uint8_t again[INET6_LEN];

        for (int i = 0; i < N_GROUPS; i++) {
            addr[2 * i] = (zeroes >> i & 1) != 0 ? 0 : (uint8_t)(0x1f * i);
            addr[2 * i + 1] = (zeroes >> i & 1) != 0 ? 0 : (uint8_t)(i + 1);
        }
        inet6_write(addr, got, sizeof got);
        ck_assert_int_eq(inet6_read(got, again), 1);
        ck_assert_mem_eq(again, addr, INET6_LEN);
        if ((zeroes & 0x3f) != 0x3f) { /* glibc writes ::1.2.3.4, too */
            ck_assert_str_eq(got, inet_ntop(AF_INET6, addr, wanted, sizeof wanted));
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        aton_reads_what_glibc_reads,
        ntoa_writes_dotted_decimal,
        byte_order_is_the_networks,
        ipv6_is_read_as_glibc_reads_it,
        ipv6_is_written_as_rfc_5952_has_it,
        ipv6_is_written_as_glibc_writes_it,
        NULL,
    };

    return suite_run("inet_firmware", tests);
}

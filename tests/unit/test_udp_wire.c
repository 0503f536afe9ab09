/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The UDP header: a datagram whose checksum was worked out by others, both ways, and every way to
 * spoil it.
 */
#include <check.h>

#include "base/sum.h"
#include "tests/support/exact.h"
#include "tests/support/suite.h"
#include "wire/udp.h"

static struct ip_hdr ip;

/* From 192.168.0.1 to 192.168.0.199, port 53 to 59772, "x". */
static uint8_t datagram[UDP_HDR_LEN + 1] = { 0x00, 0x35, 0xe9, 0x7c, 0x00, 0x09, 0x00, 0x00, 0x78 };

static void setup_ip(void)
{
    ip = (struct ip_hdr){ .src = ip4(0xc0a80001), .dst = ip4(0xc0a800c7), .proto = IP_PROTO_UDP };
    /* 8233 (pseudo-header) + 0035 + e97c + 0009 + 7800 = 1e3ed -> e3ee, and its complement */
    put_be16(datagram + 6, 0x1c11);
}

static enum drop_reason parse(const uint8_t *octets, size_t len, struct udp_hdr *hdr, size_t *left)
{
    enum drop_reason reason;

    WITH_EXACT(c, octets, len, {
        reason = udp_parse(&c, &ip, hdr);
        *left = c.left;
    });
    return reason;
}

START_TEST(a_datagram_is_read)
{
    struct udp_hdr hdr;
    size_t left;

    setup_ip();
    ck_assert_int_eq(parse(datagram, sizeof datagram, &hdr, &left), DROP_NONE);
    ck_assert_uint_eq(left, 1);
    ck_assert_uint_eq(hdr.src_port, 53);
    ck_assert_uint_eq(hdr.dst_port, 59772);
    ck_assert_uint_eq(hdr.payload_len, 1);
}
END_TEST

START_TEST(a_datagram_is_written)
{
    struct udp_hdr hdr = { 53, 59772, 1 };
    uint8_t out[sizeof datagram + 1];

    setup_ip();
    memset(out, 0xee, sizeof out);
    out[UDP_HDR_LEN] = 'x';
    udp_emit(out, &ip, &hdr, sum_add(0, out + UDP_HDR_LEN, 1));
    ck_assert_mem_eq(out, datagram, sizeof datagram);
    ck_assert_uint_eq(out[sizeof datagram], 0xee);
}
END_TEST

START_TEST(every_changed_bit_is_noticed)
{
    struct udp_hdr hdr;
    size_t left;

    setup_ip();
    for (unsigned bit = 0; bit < 8 * sizeof datagram; bit++) {
        datagram[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_int_ne(parse(datagram, sizeof datagram, &hdr, &left), DROP_NONE);
        datagram[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    ip.dst = ip4(0xc0a800c8);
    ck_assert_int_eq(parse(datagram, sizeof datagram, &hdr, &left), DROP_UDP_CHECKSUM);
}
END_TEST

START_TEST(an_empty_datagram_is_a_datagram)
{
    struct udp_hdr hdr = { 1, 65535, 0 };
    uint8_t out[UDP_HDR_LEN];
    size_t left;

    setup_ip();
    udp_emit(out, &ip, &hdr, 0);
    ck_assert_int_eq(parse(out, sizeof out, &hdr, &left), DROP_NONE);
    ck_assert_uint_eq(left, 0);
    ck_assert_uint_eq(hdr.payload_len, 0);
}
END_TEST

START_TEST(a_datagram_shorter_than_its_header_is_refused)
{
    struct udp_hdr hdr;
    size_t left;

    setup_ip();
    for (size_t len = 0; len < UDP_HDR_LEN; len++) {
        ck_assert_int_eq(parse(datagram, len, &hdr, &left), DROP_UDP_SHORT);
    }
}
END_TEST

START_TEST(only_the_destination_port_must_be_there)
{
    struct udp_hdr hdr = { 0, 7, 0 };
    uint8_t out[UDP_HDR_LEN];
    size_t left;

    setup_ip();
    udp_emit(out, &ip, &hdr, 0);
    ck_assert_int_eq(parse(out, sizeof out, &hdr, &left), DROP_NONE);
    hdr = (struct udp_hdr){ 7, 0, 0 };
    udp_emit(out, &ip, &hdr, 0);
    ck_assert_int_eq(parse(out, sizeof out, &hdr, &left), DROP_UDP_PORT);
}
END_TEST

START_TEST(the_longest_datagram_is_written_and_read)
{
    static uint8_t out[UINT16_MAX];
    struct udp_hdr hdr = { 5, 6, UINT16_MAX - UDP_HDR_LEN };
    size_t left;

    setup_ip();
    memset(out, 0xc3, sizeof out);
    udp_emit(out, &ip, &hdr, sum_add(0, out + UDP_HDR_LEN, hdr.payload_len));
    ck_assert_int_eq(parse(out, sizeof out, &hdr, &left), DROP_NONE);
    ck_assert_uint_eq(left, 65527);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_datagram_is_read,
        a_datagram_is_written,
        every_changed_bit_is_noticed,
        an_empty_datagram_is_a_datagram,
        a_datagram_shorter_than_its_header_is_refused,
        only_the_destination_port_must_be_there,
        the_longest_datagram_is_written_and_read,
        NULL,
    };

    return suite_run("udp_wire", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4 and ICMP: the octets of a packet against its values, both ways, and the packets that errors
 * quote.
 */
#include <check.h>

#include "base/sum.h"
#include "tests/support/exact.h"
#include "tests/support/suite.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"

/* A header whose checksum was worked out elsewhere: the example in many a textbook. */
static const uint8_t packet[] = {
    0x45, 0x00, 0x00, 0x1d, 0xbe, 0xef, 0x40, 0x00, 0x40, 0x11, 0xb0, 0x1b, 0xc0, 0xa8, 0x00,
    0x01, 0xc0, 0xa8, 0x00, 0xc7, 0x00, 0x35, 0xe9, 0x7c, 0x00, 0x09, 0x27, 0x9b, 0x78,
};

static void fix_checksum(uint8_t *at, size_t hdr_len)
{
    put_be16(at + 10, 0);
    put_be16(at + 10, sum_finish(sum_add(0, at, hdr_len)));
}

static enum drop_reason parse(const uint8_t *octets, size_t len, struct ip_hdr *hdr, size_t *left)
{
    enum drop_reason reason;

    WITH_EXACT(c, octets, len, {
        reason = ipv4_parse(&c, hdr);
        *left = c.left;
    });
    return reason;
}

START_TEST(a_header_is_written)
{
    struct ip_hdr hdr = {
        .src = ip4(0xc0a80001),
        .dst = ip4(0xc0a800c7),
        .payload_len = 95,
        .dont_frag = true,
        .proto = IP_PROTO_UDP,
        .ttl = 64,
    };
    /* The well-known example: 4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7. */
    static const uint8_t expected[IPV4_HDR_LEN] = {
        0x45, 0,    0,    0x73, 0, 0, 0x40, 0,    0x40, 0x11,
        0xb8, 0x61, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0,    0xc7,
    };
    uint8_t out[IPV4_HDR_LEN + 1];

    memset(out, 0xee, sizeof out);
    ipv4_emit(out, &hdr);
    ck_assert_mem_eq(out, expected, sizeof expected);
    ck_assert_uint_eq(out[IPV4_HDR_LEN], 0xee);
}
END_TEST

START_TEST(a_header_is_read)
{
    uint8_t octets[sizeof packet];
    struct ip_hdr hdr = { .ifindex = 3, .link_broadcast = true };
    size_t left;

    memcpy(octets, packet, sizeof packet);
    octets[1] = 0x2e;
    fix_checksum(octets, IPV4_HDR_LEN);
    ck_assert_int_eq(parse(octets, sizeof octets, &hdr, &left), DROP_NONE);
    ck_assert_uint_eq(left, 9);
    ck_assert_uint_eq(hdr.payload_len, 9);
    ck_assert_uint_eq(ip4_bits(hdr.src), 0xc0a80001);
    ck_assert_uint_eq(ip4_bits(hdr.dst), 0xc0a800c7);
    ck_assert_uint_eq(hdr.id, 0xbeef);
    ck_assert(hdr.dont_frag);
    ck_assert(!hdr.more_frags);
    ck_assert_uint_eq(hdr.frag_offset, 0);
    ck_assert_uint_eq(hdr.proto, IP_PROTO_UDP);
    ck_assert_uint_eq(hdr.ttl, 64);
    ck_assert_uint_eq(hdr.tos, 0x2e);
    ck_assert_uint_eq(hdr.ifindex, 3);
    ck_assert(hdr.link_broadcast);
}
END_TEST

START_TEST(padding_behind_the_packet_is_cut_away)
{
    uint8_t octets[46];
    struct ip_hdr hdr;
    size_t left;

    memset(octets, 0xa5, sizeof octets);
    memcpy(octets, packet, sizeof packet);
    fix_checksum(octets, IPV4_HDR_LEN);
    ck_assert_int_eq(parse(octets, sizeof octets, &hdr, &left), DROP_NONE);
    ck_assert_uint_eq(left, 9);
    ck_assert_uint_eq(hdr.payload_len, 9);
}
END_TEST

START_TEST(fragment_fields_are_read_and_written)
{
    struct ip_hdr hdr = {
        .src = ip4(1), .dst = ip4(2), .frag_offset = 65528, .more_frags = true, .proto = 1, .ttl = 1
    };
    struct ip_hdr read = { 0 };
    uint8_t out[IPV4_HDR_LEN];
    size_t left;

    ipv4_emit(out, &hdr);
    ck_assert_uint_eq(be16(out + 6), 0x3fff);
    ck_assert_int_eq(parse(out, sizeof out, &read, &left), DROP_NONE);
    ck_assert_uint_eq(read.frag_offset, 65528);
    ck_assert(read.more_frags);
    ck_assert(!read.dont_frag);
}
END_TEST

START_TEST(options_are_walked_and_taken_off)
{
    uint8_t octets[24 + 3] = {
        0x46, 0, 0,  27, 0, 0,  0, 0, 64, 17, 0,   0,   10,  0,
        2,    2, 10, 0,  2, 15, 1, 7, 3,  0,  'a', 'b', 'c',
    };
    struct ip_hdr hdr;
    size_t left;

    fix_checksum(octets, 24);
    ck_assert_int_eq(parse(octets, sizeof octets, &hdr, &left), DROP_NONE);
    ck_assert_uint_eq(left, 3);
    ck_assert_uint_eq(hdr.payload_len, 3);
    octets[22] = 4;
    fix_checksum(octets, 24);
    ck_assert_int_eq(parse(octets, sizeof octets, &hdr, &left), DROP_IP_OPTION);
    octets[21] = 0;
    fix_checksum(octets, 24);
    ck_assert_int_eq(parse(octets, sizeof octets, &hdr, &left), DROP_NONE);
}
END_TEST

START_TEST(the_pseudo_header_is_summed)
{
    struct ip_hdr hdr = { .src = ip4(0xc0a80001), .dst = ip4(0xc0a800c7), .proto = IP_PROTO_UDP };

    /* c0a8 + 0001 + c0a8 + 00c7 + 0011 + 0009 */
    ck_assert_uint_eq(ip_pseudo_sum(&hdr, 9), 0x8233);
}
END_TEST

START_TEST(an_echo_request_is_written_and_read)
{
    static const uint8_t text[5] = "hello";
    struct icmp4_hdr hdr = { ICMP4_ECHO_REQUEST, 0, 0x1234, 7 };
    struct icmp4_hdr read;
    uint8_t out[ICMP4_HDR_LEN + sizeof text];

    memcpy(out + ICMP4_HDR_LEN, text, sizeof text);
    icmp4_emit(out, &hdr, sum_add(0, text, sizeof text));
    ck_assert_uint_eq(out[0], 8);
    ck_assert_uint_eq(out[1], 0);
    ck_assert_uint_eq(be16(out + 4), 0x1234);
    WITH_EXACT(c, out, sizeof out, {
        ck_assert_int_eq(icmp4_parse(&c, &read), DROP_NONE);
        ck_assert_uint_eq(c.left, sizeof text);
    });
    ck_assert_uint_eq(read.type, ICMP4_ECHO_REQUEST);
    ck_assert_uint_eq(read.code, 0);
    ck_assert_uint_eq(read.id, 0x1234);
    ck_assert_uint_eq(read.seq, 7);
}
END_TEST

START_TEST(a_short_or_changed_icmp_message_is_refused)
{
    struct icmp4_hdr hdr = { ICMP4_ECHO_REPLY, 0, 1, 2 };
    uint8_t out[ICMP4_HDR_LEN];

    icmp4_emit(out, &hdr, 0);
    for (size_t len = 0; len < sizeof out; len++) {
        WITH_EXACT(c, out, len, ck_assert_int_eq(icmp4_parse(&c, &hdr), DROP_ICMP_SHORT));
    }
    for (unsigned bit = 0; bit < 8 * sizeof out; bit++) {
        out[bit / 8] ^= (uint8_t)(1u << bit % 8);
        WITH_EXACT(c, out, sizeof out, ck_assert_int_eq(icmp4_parse(&c, &hdr), DROP_ICMP_CHECKSUM));
        out[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}
END_TEST

/* A TCP segment, as an ICMP error quotes it: its header, and 8 octets. */
static const uint8_t quoted[] = {
    0x45, 0x00, 0x05, 0xdc, 0,    0,    0,    0,    63, 6,
    0,    0,    10,   0,    2,    15,   10,   0,    2,  2, /* no checksum */
    0x80, 0x01, 0x00, 0x50, 0xde, 0xad, 0xbe, 0xef,
};

static enum drop_reason parse_quote(const uint8_t *octets, size_t len, struct icmp4_quote *quote)
{
    enum drop_reason reason;

    WITH_EXACT(c, octets, len, reason = icmp4_parse_quote(&c, quote));
    return reason;
}

START_TEST(the_quoted_packet_is_read)
{
    struct icmp4_quote quote;

    memset(&quote, 0xee, sizeof quote);
    ck_assert_int_eq(parse_quote(quoted, sizeof quoted, &quote), DROP_NONE);
    ck_assert_uint_eq(ip4_bits(quote.ip.src), 0x0a00020f);
    ck_assert_uint_eq(ip4_bits(quote.ip.dst), 0x0a000202);
    ck_assert_uint_eq(quote.ip.proto, IP_PROTO_TCP);
    ck_assert_uint_eq(quote.ip.payload_len, 1480);
    ck_assert_uint_eq(quote.ip.ifindex, 0);
    ck_assert(!quote.ip.link_broadcast);
    ck_assert_uint_eq(quote.src_port, 0x8001);
    ck_assert_uint_eq(quote.dst_port, 80);
    ck_assert_uint_eq(quote.seq, 0xdeadbeef);
}
END_TEST

START_TEST(a_quote_that_is_cut_short_is_refused)
{
    struct icmp4_quote quote;

    for (size_t len = 0; len < sizeof quoted; len++) {
        ck_assert_int_eq(parse_quote(quoted, len, &quote), DROP_ICMP_QUOTE);
    }
}
END_TEST

START_TEST(quotes_of_what_cannot_be_ours_are_refused)
{
    static const struct {
        size_t at;
        uint8_t value;
    } bad[] = { { 0, 0x65 }, { 0, 0x44 }, { 0, 0x4f }, { 7, 1 }, { 6, 0x1f } };
    struct icmp4_quote quote;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t octets[sizeof quoted];

        memcpy(octets, quoted, sizeof quoted);
        octets[bad[i].at] = bad[i].value;
        ck_assert_int_eq(parse_quote(octets, sizeof octets, &quote), DROP_ICMP_QUOTE);
    }
}
END_TEST

START_TEST(a_quote_may_have_options_and_a_total_length_that_lies)
{
    uint8_t octets[sizeof quoted + 4] = { 0 };
    struct icmp4_quote quote;

    memcpy(octets, quoted, IPV4_HDR_LEN);
    memcpy(octets + 24, quoted + IPV4_HDR_LEN, 8);
    octets[0] = 0x46;
    put_be16(octets + 2, 23);
    ck_assert_int_eq(parse_quote(octets, sizeof octets, &quote), DROP_NONE);
    ck_assert_uint_eq(quote.ip.payload_len, 0);
    ck_assert_uint_eq(quote.src_port, 0x8001);
    ck_assert_uint_eq(quote.seq, 0xdeadbeef);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_header_is_written,
        a_header_is_read,
        padding_behind_the_packet_is_cut_away,
        fragment_fields_are_read_and_written,
        options_are_walked_and_taken_off,
        the_pseudo_header_is_summed,
        an_echo_request_is_written_and_read,
        a_short_or_changed_icmp_message_is_refused,
        the_quoted_packet_is_read,
        a_quote_that_is_cut_short_is_refused,
        quotes_of_what_cannot_be_ours_are_refused,
        a_quote_may_have_options_and_a_total_length_that_lies,
        NULL,
    };

    return suite_run("ip_wire", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows of the hostile inputs that a parser alone decides: frames, ARP and IPv4. The test is
 * named by the row. Every input is a block of the heap of exactly its length.
 */
#include <check.h>

#include "base/sum.h"
#include "tests/support/exact.h"
#include "tests/support/suite.h"
#include "wire/arp.h"
#include "wire/eth.h"
#include "wire/ipv4.h"

static void fix_checksum(uint8_t *at, size_t hdr_len)
{
    put_be16(at + 10, 0);
    put_be16(at + 10, sum_finish(sum_add(0, at, hdr_len)));
}

/* An IPv4 header of `hdr_len` octets, options zero, for a packet of `total_len`. */
static void write_ip(uint8_t *at, size_t hdr_len, size_t total_len, uint8_t proto)
{
    memset(at, 0, hdr_len);
    at[0] = (uint8_t)(0x40 | hdr_len / 4);
    put_be16(at + 2, (uint16_t)total_len);
    at[8] = 64;
    at[9] = proto;
    put_be32(at + 12, 0x0a000202);
    put_be32(at + 16, 0x0a00020f);
    fix_checksum(at, hdr_len);
}

static enum drop_reason parse_ip(const uint8_t *octets, size_t len)
{
    struct ip_hdr hdr = { .ttl = 0 };
    enum drop_reason reason;

    WITH_EXACT(c, octets, len, {
        reason = ipv4_parse(&c, &hdr);
        ck_assert(reason || (c.left == hdr.payload_len && c.left <= len));
    });
    return reason;
}

static enum drop_reason parse_eth(const uint8_t *octets, size_t len, struct eth_hdr *hdr)
{
    enum drop_reason reason;

    WITH_EXACT(c, octets, len, reason = eth_parse(&c, hdr));
    return reason;
}

START_TEST(hostile_ETH_01_frame_shorter_than_its_header)
{
    static const uint8_t frame[ETH_HDR_LEN] = { [12] = 0x08 };
    struct eth_hdr hdr;

    for (size_t len = 0; len < ETH_HDR_LEN; len++) {
        ck_assert_int_eq(parse_eth(frame, len, &hdr), DROP_RX_SHORT);
    }
    ck_assert_int_eq(parse_eth(frame, ETH_HDR_LEN, &hdr), DROP_NONE);
}
END_TEST

START_TEST(hostile_ETH_02_frame_without_payload)
{
    static const uint16_t types[] = { ETH_TYPE_IPV4, ETH_TYPE_ARP, 0x86dd };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        uint8_t frame[ETH_HDR_LEN] = { 0 };
        struct eth_hdr eth;
        struct arp_hdr arp;
        struct ip_hdr ip;

        put_be16(frame + 12, types[i]);
        WITH_EXACT(c, frame, sizeof frame, {
            ck_assert_int_eq(eth_parse(&c, &eth), DROP_NONE);
            ck_assert_uint_eq(eth.type, types[i]);
            ck_assert_uint_eq(c.left, 0);
            ck_assert_int_eq(ipv4_parse(&c, &ip), DROP_IP_HEADER_LEN);
            ck_assert_int_eq(arp_parse(&c, &arp), DROP_ARP_MALFORMED);
        });
    }
}
END_TEST

START_TEST(hostile_ETH_08_lengths_and_cut_tags)
{
    uint8_t frame[ETH_HDR_LEN + 4] = { 0 };
    struct eth_hdr hdr;

    for (uint16_t type = 0; type < 1536; type++) {
        put_be16(frame + 12, type);
        ck_assert_int_eq(parse_eth(frame, sizeof frame, &hdr), DROP_ETH_TYPE);
    }
    put_be16(frame + 12, 0x8100);
    put_be16(frame + 16, 0x8100);
    for (size_t left = 0; left <= 4; left++) {
        ck_assert_int_eq(parse_eth(frame, ETH_HDR_LEN + left, &hdr), DROP_NONE);
        ck_assert_uint_eq(hdr.type, 0x8100); /* which no netif takes */
    }
}
END_TEST

static const uint8_t arp_request[ARP_LEN] = {
    0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 2, 2
};

static enum drop_reason parse_arp(const uint8_t *octets, size_t len)
{
    struct arp_hdr hdr;
    enum drop_reason reason;

    WITH_EXACT(c, octets, len, reason = arp_parse(&c, &hdr));
    return reason;
}

START_TEST(hostile_ARP_01_lengths_in_the_packet_are_not_trusted)
{
    static const uint8_t lens[] = { 0, 1, 4, 6, 7, 255 };
    uint8_t octets[ARP_LEN];

    memcpy(octets, arp_request, ARP_LEN);
    for (size_t i = 0; i < sizeof lens; i++) {
        for (size_t j = 0; j < sizeof lens; j++) {
            bool good = lens[i] == 6 && lens[j] == 4;

            octets[4] = lens[i];
            octets[5] = lens[j];
            ck_assert_int_eq(parse_arp(octets, ARP_LEN), good ? DROP_NONE : DROP_ARP_MALFORMED);
        }
    }
    for (size_t len = 0; len < ARP_LEN; len++) {
        ck_assert_int_eq(parse_arp(arp_request, len), DROP_ARP_MALFORMED);
    }
}
END_TEST

START_TEST(hostile_ARP_06_other_operations)
{
    uint8_t octets[ARP_LEN];

    memcpy(octets, arp_request, ARP_LEN);
    for (unsigned op = 0; op <= UINT16_MAX; op++) {
        put_be16(octets + 6, (uint16_t)op);
        ck_assert_int_eq(parse_arp(octets, ARP_LEN),
                         op == 1 || op == 2 ? DROP_NONE : DROP_ARP_OPCODE);
    }
}
END_TEST

START_TEST(hostile_IP_01_other_versions)
{
    uint8_t octets[IPV4_HDR_LEN];

    for (unsigned version = 0; version < 16; version++) {
        write_ip(octets, sizeof octets, sizeof octets, IP_PROTO_UDP);
        octets[0] = (uint8_t)(version << 4 | 5);
        fix_checksum(octets, sizeof octets);
        ck_assert_int_eq(parse_ip(octets, sizeof octets),
                         version == 4 ? DROP_NONE : DROP_IP_VERSION);
    }
}
END_TEST

START_TEST(hostile_IP_02_header_length_below_five)
{
    uint8_t octets[IPV4_HDR_LEN + 8] = { 0 };

    for (unsigned ihl = 0; ihl < 5; ihl++) {
        write_ip(octets, IPV4_HDR_LEN, sizeof octets, IP_PROTO_UDP);
        octets[0] = (uint8_t)(0x40 | ihl);
        fix_checksum(octets, IPV4_HDR_LEN);
        ck_assert_int_eq(parse_ip(octets, sizeof octets), DROP_IP_HEADER_LEN);
    }
}
END_TEST

START_TEST(hostile_IP_03_header_length_beyond_the_packet)
{
    uint8_t octets[60] = { 0 };

    for (size_t hdr_len = 24; hdr_len <= 60; hdr_len += 4) {
        write_ip(octets, hdr_len, 20, IP_PROTO_UDP);
        ck_assert_int_eq(parse_ip(octets, 20), DROP_IP_HEADER_LEN);
        ck_assert_int_eq(parse_ip(octets, hdr_len - 1), DROP_IP_HEADER_LEN);
        ck_assert_int_eq(parse_ip(octets, hdr_len), DROP_IP_TOTAL_LEN);
    }
}
END_TEST

START_TEST(hostile_IP_04_total_length_below_header)
{
    uint8_t octets[60 + 8] = { 0 };

    for (size_t hdr_len = 20; hdr_len <= 60; hdr_len += 4) {
        for (size_t total_len = 0; total_len < hdr_len; total_len++) {
            write_ip(octets, hdr_len, total_len, IP_PROTO_UDP);
            ck_assert_int_eq(parse_ip(octets, hdr_len + 8), DROP_IP_TOTAL_LEN);
        }
        write_ip(octets, hdr_len, hdr_len, IP_PROTO_UDP);
        ck_assert_int_eq(parse_ip(octets, hdr_len + 8), DROP_NONE);
    }
}
END_TEST

START_TEST(hostile_IP_05_total_length_beyond_what_came)
{
    static const uint8_t protos[] = { IP_PROTO_TCP, IP_PROTO_UDP, IP_PROTO_ICMP };
    uint8_t octets[48] = { 0 };

    for (size_t i = 0; i < sizeof protos; i++) {
        for (size_t total_len = sizeof octets + 1; total_len <= UINT16_MAX; total_len++) {
            write_ip(octets, IPV4_HDR_LEN, total_len, protos[i]);
            ck_assert_int_eq(parse_ip(octets, sizeof octets), DROP_IP_TOTAL_LEN);
        }
        write_ip(octets, IPV4_HDR_LEN, sizeof octets, protos[i]);
        ck_assert_int_eq(parse_ip(octets, sizeof octets), DROP_NONE);
    }
}
END_TEST

START_TEST(hostile_IP_06_header_checksum)
{
    uint8_t octets[IPV4_HDR_LEN];
    uint16_t rest;

    write_ip(octets, sizeof octets, sizeof octets, IP_PROTO_UDP);
    for (unsigned bit = 0; bit < 16; bit++) {
        octets[10 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_int_eq(parse_ip(octets, sizeof octets), DROP_IP_CHECKSUM);
        octets[10 + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    ck_assert_int_eq(parse_ip(octets, sizeof octets), DROP_NONE);
    /* Zero is no mark of absence, as it is in UDP. */
    put_be16(octets + 10, 0);
    ck_assert_int_eq(parse_ip(octets, sizeof octets), DROP_IP_CHECKSUM);
    put_be16(octets + 10, 0xffff);
    ck_assert_int_eq(parse_ip(octets, sizeof octets), DROP_IP_CHECKSUM);
    /* And it is right where the rest of the header adds up to all ones. */
    put_be16(octets + 10, 0);
    put_be16(octets + 4, 0);
    rest = sum_add(0, octets, sizeof octets);
    put_be16(octets + 4, sum_finish(rest));
    ck_assert_int_eq(parse_ip(octets, sizeof octets), DROP_NONE);
}
END_TEST

/* What the parser has to say of these options: RFC 791 3.1, read once more. */
static enum drop_reason verdict(const uint8_t *options, size_t n)
{
    if (n == 0 || options[0] == 0) {
        return DROP_NONE;
    }
    if (options[0] == 1) {
        return verdict(options + 1, n - 1);
    }
    if (n == 1 || options[1] < 2 || options[1] > n) {
        return DROP_IP_OPTION;
    }
    if (options[0] == 131 || options[0] == 137) {
        return DROP_IP_SOURCE_ROUTE;
    }
    return verdict(options + options[1], n - options[1]);
}

START_TEST(hostile_IP_07_options_of_every_kind_length_and_pointer)
{
    static const uint8_t pointers[] = { 0, 4, 255 };
    unsigned n_wrong = 0;

    for (size_t room = 4; room <= 40; room += 4) {
        uint8_t *octets = exact_copy((const uint8_t[60]){ 0 }, IPV4_HDR_LEN + room);

        write_ip(octets, IPV4_HDR_LEN + room, IPV4_HDR_LEN + room, IP_PROTO_ICMP);
        for (unsigned i = 0; i < 256 * 256 * sizeof pointers; i++) {
            struct cursor c = cursor_over(octets, IPV4_HDR_LEN + room);
            struct ip_hdr hdr;

            octets[20] = (uint8_t)i;
            octets[21] = (uint8_t)(i >> 8);
            octets[22] = pointers[i >> 16];
            fix_checksum(octets, IPV4_HDR_LEN + room);
            n_wrong += ipv4_parse(&c, &hdr) != verdict(octets + 20, room);
        }
        free(octets);
    }
    ck_assert_uint_eq(n_wrong, 0);
}
END_TEST

START_TEST(hostile_IP_07_an_option_whose_length_is_missing)
{
    uint8_t octets[24];

    for (unsigned kind = 0; kind < 256; kind++) {
        write_ip(octets, sizeof octets, sizeof octets, IP_PROTO_ICMP);
        memset(octets + 20, 1, 3);
        octets[23] = (uint8_t)kind;
        fix_checksum(octets, sizeof octets);
        ck_assert_int_eq(parse_ip(octets, sizeof octets), kind < 2 ? DROP_NONE : DROP_IP_OPTION);
    }
}
END_TEST

START_TEST(hostile_IP_08_source_routes)
{
    static const uint8_t kinds[] = { 131, 137 };
    static const uint8_t protos[] = { IP_PROTO_ICMP, IP_PROTO_TCP, IP_PROTO_UDP };
    uint8_t octets[32 + 20] = { 0 };

    for (size_t i = 0; i < sizeof kinds; i++) {
        for (size_t j = 0; j < sizeof protos; j++) {
            for (size_t at = 20; at < 25; at++) {
                write_ip(octets, 32, sizeof octets, protos[j]);
                memset(octets + 20, 1, 12);
                octets[at] = kinds[i];
                octets[at + 1] = 7;
                octets[at + 2] = 4;
                put_be32(octets + at + 3, 0x08080808);
                fix_checksum(octets, 32);
                ck_assert_int_eq(parse_ip(octets, sizeof octets), DROP_IP_SOURCE_ROUTE);
            }
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_ETH_01_frame_shorter_than_its_header,
        hostile_ETH_02_frame_without_payload,
        hostile_ETH_08_lengths_and_cut_tags,
        hostile_ARP_01_lengths_in_the_packet_are_not_trusted,
        hostile_ARP_06_other_operations,
        hostile_IP_01_other_versions,
        hostile_IP_02_header_length_below_five,
        hostile_IP_03_header_length_beyond_the_packet,
        hostile_IP_04_total_length_below_header,
        hostile_IP_05_total_length_beyond_what_came,
        hostile_IP_06_header_checksum,
        hostile_IP_07_options_of_every_kind_length_and_pointer,
        hostile_IP_07_an_option_whose_length_is_missing,
        hostile_IP_08_source_routes,
        NULL,
    };

    return suite_run("hostile_wire", tests);
}

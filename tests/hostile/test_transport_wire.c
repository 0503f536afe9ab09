/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows UDP and TCPH of the hostile inputs that a parser alone decides. The test is named by the
 * row. Every input is a block of the heap of exactly its length.
 */
#include <check.h>

#include "base/sum.h"
#include "tests/support/exact.h"
#include "tests/support/suite.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define UDP_TEXT 12

/*
 * Parses a datagram of UDP_TEXT octets that claims to be `len` long; returns what is left of it in
 * `*left`.
 */
static enum drop_reason parse_udp(size_t len, size_t *left)
{
    struct ip_hdr ip = { .src = ip4(0x0a000202), .dst = ip4(0x0a00020f), .proto = IP_PROTO_UDP };
    uint8_t octets[UDP_HDR_LEN + UDP_TEXT] = { 0, 53, 0x80, 1, [8] = 1, 2,  3,  4,
                                               5, 6,  7,    8, 9,       10, 11, 12 };
    size_t n_summed = len < sizeof octets ? len : sizeof octets;
    struct udp_hdr hdr = { 0 };
    enum drop_reason reason;

    put_be16(octets + 4, (uint16_t)len);
    put_be16(octets + 6, sum_finish(sum_add(ip_pseudo_sum(&ip, (uint16_t)len), octets, n_summed)));
    WITH_EXACT(c, octets, sizeof octets, {
        reason = udp_parse(&c, &ip, &hdr);
        *left = c.left;
    });
    ck_assert(reason || *left == hdr.payload_len);
    return reason;
}

START_TEST(hostile_UDP_01_length_below_eight)
{
    size_t left;

    for (size_t len = 0; len < UDP_HDR_LEN; len++) {
        ck_assert_int_eq(parse_udp(len, &left), DROP_UDP_LENGTH);
    }
}
END_TEST

START_TEST(hostile_UDP_02_length_beyond_the_packet)
{
    size_t left;

    for (size_t len = UDP_HDR_LEN + UDP_TEXT + 1; len <= UINT16_MAX; len++) {
        ck_assert_int_eq(parse_udp(len, &left), DROP_UDP_LENGTH);
    }
}
END_TEST

START_TEST(hostile_UDP_03_length_below_the_packet)
{
    size_t left;

    for (size_t len = UDP_HDR_LEN; len <= UDP_HDR_LEN + UDP_TEXT; len++) {
        ck_assert_int_eq(parse_udp(len, &left), DROP_NONE);
        ck_assert_uint_eq(left, len - UDP_HDR_LEN);
    }
}
END_TEST

START_TEST(hostile_UDP_04_checksum_zero)
{
    struct ip_hdr ip = { .src = ip4(0x0a000202), .dst = ip4(0x0a00020f), .proto = IP_PROTO_UDP };
    struct udp_hdr hdr = { 53, 54, 2 };
    uint8_t octets[UDP_HDR_LEN + 2] = { 0, 53, 0, 54, 0, 10, 0, 0, 0xab, 0xcd };
    struct udp_hdr read;
    uint16_t rest;

    WITH_EXACT(c, octets, sizeof octets, ck_assert_int_eq(udp_parse(&c, &ip, &read), DROP_NONE));
    ck_assert_uint_eq(read.payload_len, 2);
    /* A text that makes the sum all ones: the field would be zero, and goes out as 0xffff. */
    put_be16(octets + 8, 0);
    rest = sum_add(ip_pseudo_sum(&ip, sizeof octets), octets, sizeof octets);
    put_be16(octets + 8, sum_finish(rest));
    udp_emit(octets, &ip, &hdr, sum_add(0, octets + UDP_HDR_LEN, 2));
    ck_assert_uint_eq(be16(octets + 6), 0xffff);
    WITH_EXACT(c, octets, sizeof octets, ck_assert_int_eq(udp_parse(&c, &ip, &read), DROP_NONE));
}
END_TEST

#define MAX_OPTIONS 40

/* A segment with `n_options` octets of options, which are NOPs, without text. */
static void write_segment(uint8_t *at, size_t n_options, uint8_t flags)
{
    memset(at, 0, TCP_HDR_LEN);
    put_be16(at, 40000);
    put_be16(at + 2, 80);
    put_be32(at + 4, 0x11223344);
    at[12] = (uint8_t)((TCP_HDR_LEN + n_options) / 4 << 4);
    at[13] = flags;
    put_be16(at + 14, 1000);
    memset(at + TCP_HDR_LEN, 1, n_options);
}

static enum drop_reason parse(const uint8_t *octets, size_t len, struct tcp_hdr *hdr)
{
    enum drop_reason reason;

    memset(hdr, 0xee, sizeof *hdr);
    WITH_EXACT(c, octets, len, {
        reason = tcp_parse(&c, hdr);
        ck_assert(reason || (hdr->len == c.left && hdr->len <= len - TCP_HDR_LEN));
    });
    return reason;
}

START_TEST(hostile_TCPH_01_data_offset_below_five)
{
    uint8_t octets[TCP_HDR_LEN + 8];
    struct tcp_hdr hdr;

    for (unsigned offset = 0; offset < 5; offset++) {
        write_segment(octets, 8, TCP_SYN);
        octets[12] = (uint8_t)(offset << 4);
        ck_assert_int_eq(parse(octets, sizeof octets, &hdr), DROP_TCP_HEADER_LEN);
    }
}
END_TEST

START_TEST(hostile_TCPH_02_data_offset_beyond_the_segment)
{
    uint8_t octets[TCP_MAX_HDR_LEN];
    struct tcp_hdr hdr;

    for (size_t n = 4; n <= MAX_OPTIONS; n += 4) {
        write_segment(octets, n, TCP_SYN);
        for (size_t len = TCP_HDR_LEN; len < TCP_HDR_LEN + n; len++) {
            ck_assert_int_eq(parse(octets, len, &hdr), DROP_TCP_HEADER_LEN);
        }
        ck_assert_int_eq(parse(octets, TCP_HDR_LEN + n, &hdr), DROP_NONE);
        ck_assert_uint_eq(hdr.len, 0);
    }
}
END_TEST

/*
 * An MSS stands at the end: it counts when the option in front of it is one that can be, and fits.
 */
START_TEST(hostile_TCPH_03_option_length_zero_or_one)
{
    static const uint8_t mss[4] = { 2, 4, 5, 0xb4 };
    uint8_t octets[TCP_MAX_HDR_LEN];
    struct tcp_hdr hdr;

    for (size_t at = TCP_HDR_LEN; at <= TCP_MAX_HDR_LEN - 6; at++) {
        for (unsigned kind = 0; kind < 256; kind++) {
            for (uint8_t len = 0; len < 2; len++) {
                write_segment(octets, MAX_OPTIONS, TCP_SYN);
                memcpy(octets + TCP_MAX_HDR_LEN - 4, mss, 4);
                octets[at] = (uint8_t)kind;
                octets[at + 1] = len;
                ck_assert_int_eq(parse(octets, TCP_MAX_HDR_LEN, &hdr), DROP_NONE);
                ck_assert_uint_eq(hdr.mss, kind == 1 && len == 1 ? 1460 : 0);
                ck_assert_uint_eq(hdr.wscale, TCP_NO_WSCALE);
            }
        }
    }
}
END_TEST

START_TEST(hostile_TCPH_04_kind_is_the_last_octet)
{
    uint8_t octets[TCP_MAX_HDR_LEN];
    struct tcp_hdr hdr;

    for (size_t n = 4; n <= MAX_OPTIONS; n += 4) {
        for (unsigned kind = 0; kind < 256; kind++) {
            write_segment(octets, n, TCP_SYN);
            octets[TCP_HDR_LEN + n - 1] = (uint8_t)kind;
            ck_assert_int_eq(parse(octets, TCP_HDR_LEN + n, &hdr), DROP_NONE);
            ck_assert_uint_eq(hdr.mss, 0);
            ck_assert_uint_eq(hdr.wscale, TCP_NO_WSCALE);
        }
    }
}
END_TEST

START_TEST(hostile_TCPH_04_length_leads_past_the_header)
{
    static const uint8_t kinds[] = { 2, 3, 4, 5, 8, 34, 253 };
    uint8_t octets[TCP_MAX_HDR_LEN];
    struct tcp_hdr hdr;

    for (size_t n = 4; n <= MAX_OPTIONS; n += 12) {
        for (size_t i = 0; i < sizeof kinds; i++) {
            for (unsigned room = 2; room <= 4; room++) {
                for (unsigned len = room + 1; len < 256; len++) {
                    write_segment(octets, n, TCP_SYN);
                    octets[TCP_HDR_LEN + n - room] = kinds[i];
                    octets[TCP_HDR_LEN + n - room + 1] = (uint8_t)len;
                    ck_assert_int_eq(parse(octets, TCP_HDR_LEN + n, &hdr), DROP_NONE);
                    ck_assert_uint_eq(hdr.mss, 0);
                    ck_assert_uint_eq(hdr.wscale, TCP_NO_WSCALE);
                }
            }
        }
    }
}
END_TEST

START_TEST(hostile_TCPH_06_window_scale_above_14)
{
    uint8_t octets[TCP_HDR_LEN + 4];
    struct tcp_hdr hdr;

    for (unsigned shift = 0; shift < 256; shift++) {
        write_segment(octets, 4, TCP_SYN);
        octets[20] = 3;
        octets[21] = 3;
        octets[22] = (uint8_t)shift;
        ck_assert_int_eq(parse(octets, sizeof octets, &hdr), DROP_NONE);
        ck_assert_uint_eq(hdr.wscale, shift < 14 ? shift : 14);
        ck_assert_uint_eq(hdr.wnd, 1000);
    }
}
END_TEST

START_TEST(hostile_TCPH_06_options_without_syn)
{
    static const uint8_t options[8] = { 3, 3, 7, 1, 2, 4, 5, 0xb4 };
    uint8_t octets[TCP_HDR_LEN + sizeof options];
    struct tcp_hdr hdr;

    for (unsigned flags = 0; flags < 256; flags++) {
        write_segment(octets, sizeof options, (uint8_t)flags);
        memcpy(octets + TCP_HDR_LEN, options, sizeof options);
        ck_assert_int_eq(parse(octets, sizeof octets, &hdr), DROP_NONE);
        ck_assert_uint_eq(hdr.wscale, flags & TCP_SYN ? 7 : TCP_NO_WSCALE);
        ck_assert_uint_eq(hdr.mss, flags & TCP_SYN ? 1460 : 0);
    }
}
END_TEST

/* Every length that the option can have in a header; its octets are 1, as is the padding. */
START_TEST(hostile_TCPH_07_sack_of_any_length)
{
    uint8_t octets[TCP_MAX_HDR_LEN];
    struct tcp_hdr hdr;

    for (uint8_t len = 2; len <= 38; len++) {
        uint8_t n = len % 8 == 2 ? (uint8_t)(len / 8) : 0;

        write_segment(octets, MAX_OPTIONS, TCP_ACK);
        memset(octets + TCP_HDR_LEN, 1, MAX_OPTIONS);
        octets[TCP_HDR_LEN] = 5;
        octets[TCP_HDR_LEN + 1] = len;
        ck_assert_int_eq(parse(octets, TCP_MAX_HDR_LEN, &hdr), DROP_NONE);
        ck_assert_uint_eq(hdr.n_sack, n);
        for (uint8_t i = 0; i < n; i++) {
            ck_assert_uint_eq(hdr.sack[i].end, 0x01010101);
        }
    }
}
END_TEST

START_TEST(hostile_TCPH_08_timestamps_of_any_length)
{
    uint8_t octets[TCP_MAX_HDR_LEN];
    struct tcp_hdr hdr;

    for (unsigned flags = 0; flags < 256; flags++) {
        for (uint8_t len = 2; len <= 38; len++) {
            write_segment(octets, MAX_OPTIONS, (uint8_t)flags);
            memset(octets + TCP_HDR_LEN, 1, MAX_OPTIONS);
            octets[TCP_HDR_LEN] = 8;
            octets[TCP_HDR_LEN + 1] = len;
            ck_assert_int_eq(parse(octets, TCP_MAX_HDR_LEN, &hdr), DROP_NONE);
            ck_assert(hdr.has_timestamps == (len == 10));
        }
    }
}
END_TEST

START_TEST(hostile_TCPH_10_reserved_bits_change_nothing)
{
    uint8_t octets[TCP_HDR_LEN + 4 + 3];
    struct tcp_hdr plain;
    struct tcp_hdr hdr;

    for (unsigned flags = 0; flags < 256; flags++) {
        write_segment(octets, 4, (uint8_t)flags);
        memset(octets + TCP_HDR_LEN + 4, 'x', 3);
        ck_assert_int_eq(parse(octets, sizeof octets, &plain), DROP_NONE);
        ck_assert_uint_eq(plain.flags, flags);
        ck_assert_uint_eq(plain.len, 3);
        for (unsigned reserved = 1; reserved < 16; reserved++) {
            octets[12] = (uint8_t)(0x60 | reserved);
            ck_assert_int_eq(parse(octets, sizeof octets, &hdr), DROP_NONE);
            ck_assert_mem_eq(&hdr, &plain, sizeof hdr);
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_UDP_01_length_below_eight,
        hostile_UDP_02_length_beyond_the_packet,
        hostile_UDP_03_length_below_the_packet,
        hostile_UDP_04_checksum_zero,
        hostile_TCPH_01_data_offset_below_five,
        hostile_TCPH_02_data_offset_beyond_the_segment,
        hostile_TCPH_03_option_length_zero_or_one,
        hostile_TCPH_04_kind_is_the_last_octet,
        hostile_TCPH_04_length_leads_past_the_header,
        hostile_TCPH_06_window_scale_above_14,
        hostile_TCPH_06_options_without_syn,
        hostile_TCPH_07_sack_of_any_length,
        hostile_TCPH_08_timestamps_of_any_length,
        hostile_TCPH_10_reserved_bits_change_nothing,
        NULL,
    };

    return suite_run("hostile_transport_wire", tests);
}

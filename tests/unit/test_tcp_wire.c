/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP header and its options, both ways; the checksum against a segment that was summed by
 * hand.
 */
#include <check.h>

#include "base/sum.h"
#include "tests/support/exact.h"
#include "tests/support/suite.h"
#include "wire/tcp.h"

static const struct ip_hdr *ip(void)
{
    static struct ip_hdr hdr;

    hdr = (struct ip_hdr){ .src = ip4(0x0a00020f), .dst = ip4(0x0a000202), .proto = IP_PROTO_TCP };
    return &hdr;
}

static enum drop_reason parse(const uint8_t *octets, size_t len, struct tcp_hdr *hdr)
{
    enum drop_reason reason;

    WITH_EXACT(c, octets, len, {
        reason = tcp_parse(&c, hdr);
        ck_assert(reason || c.left == hdr->len);
    });
    return reason;
}

/* A SYN with these options behind its header, which are padded with zeros. */
static struct tcp_hdr parse_options(const uint8_t *options, size_t len, uint8_t flags)
{
    uint8_t octets[TCP_MAX_HDR_LEN] = { 0x80, 0x01, 0x00, 0x50 };
    size_t hdr_len = TCP_HDR_LEN + (len + 3) / 4 * 4;
    struct tcp_hdr hdr;

    ck_assert_uint_le(hdr_len, sizeof octets);
    octets[12] = (uint8_t)(hdr_len / 4 << 4);
    octets[13] = flags;
    memcpy(octets + TCP_HDR_LEN, options, len);
    ck_assert_int_eq(parse(octets, hdr_len, &hdr), DROP_NONE);
    return hdr;
}

START_TEST(a_syn_is_written)
{
    struct tcp_hdr hdr = {
        .seq = 0x01020304,
        .src_port = 0x8001,
        .dst_port = 80,
        .wnd = 0xfaf0,
        .mss = 1460,
        .wscale = 7,
        .flags = TCP_SYN,
    };
    static const uint8_t expected[28] = {
        0x80, 0x01, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0, 0,    0,    0,    0x70, 0x02,
        0xfa, 0xf0, 0xec, 0xbf, 0,    0,    2,    4,    5, 0xb4, 0x01, 0x03, 0x03, 0x07,
    };
    uint8_t out[29];
    uint16_t sum;

    memset(out, 0xee, sizeof out);
    ck_assert_uint_eq(tcp_hdr_len(&hdr), 28);
    tcp_emit(out, ip(), &hdr, 0);
    sum = sum_add(ip_pseudo_sum(ip(), 28), out, 28);
    ck_assert_uint_eq(sum, SUM_GOOD);
    ck_assert_mem_eq(out, expected, sizeof expected);
    ck_assert_uint_eq(out[28], 0xee);
}
END_TEST

START_TEST(a_segment_with_text_is_written_and_read)
{
    struct tcp_hdr hdr = {
        .seq = 0xfffffffe,
        .ack = 0x80000001,
        .src_port = 80,
        .dst_port = 32768,
        .wnd = 512,
        .up = 3,
        .wscale = TCP_NO_WSCALE,
        .flags = TCP_ACK | TCP_PSH | TCP_FIN | TCP_URG | TCP_ECE | TCP_CWR,
        .len = 5,
    };
    struct tcp_hdr read;
    uint8_t out[TCP_HDR_LEN + 5];

    memcpy(out + TCP_HDR_LEN, "hello", 5);
    tcp_emit(out, ip(), &hdr, sum_add(0, out + TCP_HDR_LEN, 5));
    ck_assert_uint_eq(sum_add(ip_pseudo_sum(ip(), sizeof out), out, sizeof out), SUM_GOOD);
    ck_assert_int_eq(parse(out, sizeof out, &read), DROP_NONE);
    ck_assert_uint_eq(read.seq, hdr.seq);
    ck_assert_uint_eq(read.ack, hdr.ack);
    ck_assert_uint_eq(read.src_port, hdr.src_port);
    ck_assert_uint_eq(read.dst_port, hdr.dst_port);
    ck_assert_uint_eq(read.wnd, hdr.wnd);
    ck_assert_uint_eq(read.up, hdr.up);
    ck_assert_uint_eq(read.flags, hdr.flags);
    ck_assert_uint_eq(read.len, 5);
    ck_assert_uint_eq(read.mss, 0);
    ck_assert_uint_eq(read.wscale, TCP_NO_WSCALE);
    ck_assert_uint_eq(tcp_seg_len(&read), 6);
}
END_TEST

START_TEST(options_go_out_on_a_syn_only)
{
    struct tcp_hdr hdr = { .flags = TCP_ACK, .mss = 1460, .wscale = 3 };

    ck_assert_uint_eq(tcp_hdr_len(&hdr), TCP_HDR_LEN);
    hdr.flags = TCP_SYN | TCP_ACK;
    ck_assert_uint_eq(tcp_hdr_len(&hdr), TCP_HDR_LEN + 8);
    hdr.mss = 0;
    ck_assert_uint_eq(tcp_hdr_len(&hdr), TCP_HDR_LEN + 4);
    hdr.wscale = TCP_NO_WSCALE;
    ck_assert_uint_eq(tcp_hdr_len(&hdr), TCP_HDR_LEN);
    hdr.sack_permitted = true;
    ck_assert_uint_eq(tcp_hdr_len(&hdr), TCP_HDR_LEN + 4);
    hdr.flags = TCP_ACK;
    ck_assert_uint_eq(tcp_hdr_len(&hdr), TCP_HDR_LEN);
}
END_TEST

/* RFC 7323 A, RFC 2018 5: how every stack lays them out, twenty octets with all four. */
START_TEST(a_syn_with_every_option_is_written)
{
    static const uint8_t expected[20] = {
        2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7,
    };
    struct tcp_hdr hdr = {
        .flags = TCP_SYN,
        .mss = 1460,
        .wscale = 7,
        .sack_permitted = true,
        .has_timestamps = true,
        .tsval = 0x01020304,
    };
    struct tcp_hdr read;
    uint8_t out[TCP_HDR_LEN + sizeof expected + 1];

    ck_assert_uint_eq(tcp_hdr_len(&hdr), sizeof out - 1);
    out[sizeof out - 1] = 0xee;
    hdr.src_port = hdr.dst_port = 1;
    tcp_emit(out, ip(), &hdr, 0);
    ck_assert_mem_eq(out + TCP_HDR_LEN, expected, sizeof expected);
    ck_assert_uint_eq(out[sizeof out - 1], 0xee);
    ck_assert_int_eq(parse(out, sizeof out - 1, &read), DROP_NONE);
    ck_assert(read.sack_permitted && read.has_timestamps);
    ck_assert_uint_eq(read.tsval, 0x01020304);
    ck_assert_uint_eq(read.tsecr, 0);
}
END_TEST

START_TEST(sack_blocks_and_timestamps_share_forty_octets)
{
    static const uint8_t expected[40] = {
        1, 1, 8, 10, 0, 0,    0,    1,    0,    0, 0, 2, 1, 1, 5, 26, 0, 0, 0, 10,
        0, 0, 0, 20, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 3, 0, 0, 0,  5, 0, 0, 0,
    };
    struct tcp_hdr hdr = {
        .flags = TCP_ACK,
        .wscale = TCP_NO_WSCALE,
        .has_timestamps = true,
        .tsval = 1,
        .tsecr = 2,
        .n_sack = 3,
        .sack = { { 10, 20 }, { 0x00ffffff, 0xff000000 }, { 0x03000000, 0x05000000 } },
    };
    struct tcp_hdr read;
    uint8_t out[TCP_MAX_HDR_LEN];

    hdr.src_port = hdr.dst_port = 1;
    ck_assert_uint_eq(tcp_hdr_len(&hdr), TCP_MAX_HDR_LEN);
    tcp_emit(out, ip(), &hdr, 0);
    ck_assert_mem_eq(out + TCP_HDR_LEN, expected, sizeof expected);
    ck_assert_int_eq(parse(out, sizeof out, &read), DROP_NONE);
    ck_assert_uint_eq(read.tsval, 1);
    ck_assert_uint_eq(read.tsecr, 2);
    ck_assert_uint_eq(read.n_sack, 3);
    ck_assert_mem_eq(read.sack, hdr.sack, 3 * sizeof hdr.sack[0]);
}
END_TEST

START_TEST(four_sack_blocks_fit_without_timestamps)
{
    struct tcp_hdr hdr = {
        .flags = TCP_ACK,
        .wscale = TCP_NO_WSCALE,
        .n_sack = 4,
        .sack = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } },
    };
    struct tcp_hdr read;
    uint8_t out[TCP_HDR_LEN + 36];

    hdr.src_port = hdr.dst_port = 1;
    ck_assert_uint_eq(tcp_hdr_len(&hdr), sizeof out);
    tcp_emit(out, ip(), &hdr, 0);
    ck_assert_int_eq(parse(out, sizeof out, &read), DROP_NONE);
    ck_assert_uint_eq(read.n_sack, 4);
    ck_assert_mem_eq(read.sack, hdr.sack, sizeof hdr.sack);
}
END_TEST

START_TEST(a_syn_has_no_sack_blocks_and_no_other_permits_them)
{
    static const uint8_t options[] = { 4, 2, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2 };
    struct tcp_hdr hdr = parse_options(options, sizeof options, TCP_SYN);

    ck_assert(hdr.sack_permitted);
    ck_assert_uint_eq(hdr.n_sack, 0);
    hdr = parse_options(options, sizeof options, TCP_ACK);
    ck_assert(!hdr.sack_permitted);
    ck_assert_uint_eq(hdr.n_sack, 1);
}
END_TEST

START_TEST(options_are_read_in_any_order_and_alignment)
{
    static const uint8_t options[] = { 1,    3, 3,  9, 4, 2, 1, 1, 2, 4, 0x05,
                                       0xdc, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0 };
    struct tcp_hdr hdr = parse_options(options, sizeof options, TCP_SYN);

    ck_assert_uint_eq(hdr.mss, 1500);
    ck_assert_uint_eq(hdr.wscale, 9);
    ck_assert(hdr.has_timestamps);
    ck_assert_uint_eq(hdr.tsval, 1);
    ck_assert_uint_eq(hdr.len, 0);
}
END_TEST

START_TEST(a_user_timeout_is_read_and_written_on_any_segment)
{
    static const uint8_t options[] = { 28, 3, 9, 28, 4, 0x81, 0x02, 1 };
    struct tcp_hdr hdr = parse_options(options, sizeof options, TCP_ACK);
    uint8_t out[TCP_HDR_LEN + TCP_UTO_LEN];

    ck_assert_uint_eq(hdr.uto, 0x8102);
    ck_assert_uint_eq(parse_options(options, sizeof options, TCP_SYN).uto, 0x8102);
    hdr.len = 0;
    ck_assert_uint_eq(tcp_hdr_len(&hdr), sizeof out);
    tcp_emit(out, ip(), &hdr, 0);
    ck_assert_mem_eq(out + TCP_HDR_LEN, options + 3, TCP_UTO_LEN);
}
END_TEST

START_TEST(nothing_is_read_behind_the_end_of_the_list)
{
    static const uint8_t options[] = { 0, 2, 4, 0x05, 0xdc, 3, 3, 9 };
    struct tcp_hdr hdr = parse_options(options, sizeof options, TCP_SYN);

    ck_assert_uint_eq(hdr.mss, 0);
    ck_assert_uint_eq(hdr.wscale, TCP_NO_WSCALE);
}
END_TEST

START_TEST(options_of_another_size_are_stepped_over)
{
    static const uint8_t options[] = { 2, 3, 5, 3, 2, 2,    5,    1, 2, 3, 3,
                                       4, 1, 1, 2, 4, 0x02, 0x18, 3, 3, 2 };
    struct tcp_hdr hdr = parse_options(options, sizeof options, TCP_SYN | TCP_ACK);

    ck_assert_uint_eq(hdr.mss, 536);
    ck_assert_uint_eq(hdr.wscale, 2);
}
END_TEST

START_TEST(either_port_zero_is_refused)
{
    uint8_t octets[TCP_HDR_LEN] = { 0, 1, 0, 1, [12] = 0x50, [13] = TCP_SYN };
    struct tcp_hdr hdr;

    ck_assert_int_eq(parse(octets, sizeof octets, &hdr), DROP_NONE);
    octets[1] = 0;
    ck_assert_int_eq(parse(octets, sizeof octets, &hdr), DROP_TCP_PORT);
    octets[1] = 1;
    octets[3] = 0;
    ck_assert_int_eq(parse(octets, sizeof octets, &hdr), DROP_TCP_PORT);
}
END_TEST

START_TEST(a_short_segment_is_refused)
{
    static const uint8_t octets[TCP_HDR_LEN] = { 0, 1, 0, 1, [12] = 0x50 };
    struct tcp_hdr hdr;

    for (size_t len = 0; len < sizeof octets; len++) {
        ck_assert_int_eq(parse(octets, len, &hdr), DROP_TCP_SHORT);
    }
}
END_TEST

START_TEST(syn_and_fin_take_sequence_space)
{
    struct tcp_hdr hdr = { .len = 10 };

    ck_assert_uint_eq(tcp_seg_len(&hdr), 10);
    hdr.flags = TCP_SYN | TCP_ACK | TCP_PSH;
    ck_assert_uint_eq(tcp_seg_len(&hdr), 11);
    hdr.flags = TCP_SYN | TCP_FIN;
    ck_assert_uint_eq(tcp_seg_len(&hdr), 12);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_syn_is_written,
        a_segment_with_text_is_written_and_read,
        options_go_out_on_a_syn_only,
        a_syn_with_every_option_is_written,
        sack_blocks_and_timestamps_share_forty_octets,
        four_sack_blocks_fit_without_timestamps,
        a_syn_has_no_sack_blocks_and_no_other_permits_them,
        options_are_read_in_any_order_and_alignment,
        a_user_timeout_is_read_and_written_on_any_segment,
        nothing_is_read_behind_the_end_of_the_list,
        options_of_another_size_are_stepped_over,
        either_port_zero_is_refused,
        a_short_segment_is_refused,
        syn_and_fin_take_sequence_space,
        NULL,
    };

    return suite_run("tcp_wire", tests);
}

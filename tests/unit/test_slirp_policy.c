/* SPDX-License-Identifier: BSD-3-Clause */
/* "Host loopback only": which frames reach libslirp, and what the others are answered. Each row is
 * one frame. */
#include <check.h>
#include <string.h>

#include "base/sum.h"
#include "link/slirp_policy.h"
#include "tests/support/exact.h"
#include "tests/support/suite.h"
#include "wire/arp.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

#define FRAME_CAP 128
#define PAYLOAD_LEN 20
#define BROADCAST 0xffffffff

static uint8_t frame[FRAME_CAP];
static size_t frame_len;

static bool allowed(void)
{
    uint8_t *copy = exact_copy(frame, frame_len);
    bool answer = slirp_policy_host_only(copy, frame_len);

    free(copy);
    return answer;
}

static void ethernet(uint16_t type)
{
    struct eth_hdr eth = { MAC_BROADCAST, { { 2, 0, 0, 0, 0, 1 } }, type };

    memset(frame, 0, sizeof(frame));
    eth_emit(frame, &eth);
    frame_len = ETH_HDR_LEN;
}

/* An IPv4 packet with 20 octets of payload, which are zero. */
static uint8_t *ipv4(uint32_t dst, uint8_t proto, uint16_t frag_offset, bool more_frags)
{
    struct ip_hdr ip = { .src = ip4(SLIRP_GUEST),
                         .dst = ip4(dst),
                         .payload_len = PAYLOAD_LEN,
                         .frag_offset = frag_offset,
                         .more_frags = more_frags,
                         .proto = proto,
                         .ttl = IP_DEFAULT_TTL };

    ethernet(ETH_TYPE_IPV4);
    ipv4_emit(frame + ETH_HDR_LEN, &ip);
    frame_len = ETH_HDR_LEN + IPV4_HDR_LEN + PAYLOAD_LEN;
    return frame + ETH_HDR_LEN + IPV4_HDR_LEN;
}

static void udp(uint32_t dst, uint16_t src_port, uint16_t dst_port, bool more_frags)
{
    uint8_t *at = ipv4(dst, IP_PROTO_UDP, 0, more_frags);
    struct ip_hdr ip = { .src = ip4(SLIRP_GUEST), .dst = ip4(dst), .proto = IP_PROTO_UDP };
    struct udp_hdr hdr = { src_port, dst_port, PAYLOAD_LEN - UDP_HDR_LEN };

    udp_emit(at, &ip, &hdr, 0);
}

static void icmp(uint32_t dst, uint8_t type)
{
    struct icmp4_hdr hdr = { .type = type, .id = 1, .seq = 1 };

    icmp4_emit(ipv4(dst, IP_PROTO_ICMP, 0, false), &hdr, 0);
}

START_TEST(the_host_is_reached_by_tcp_udp_and_echo)
{
    ipv4(SLIRP_HOST, IP_PROTO_TCP, 0, false);
    ck_assert(allowed());
    udp(SLIRP_HOST, 1024, 7, false);
    ck_assert(allowed());
    udp(SLIRP_HOST, 1024, 53, false);
    ck_assert(allowed());
    ipv4(SLIRP_HOST, IP_PROTO_UDP, 1480, false);
    ck_assert(allowed());
    ipv4(SLIRP_HOST, IP_PROTO_ICMP, 1480, false);
    ck_assert(allowed());
    icmp(SLIRP_HOST, ICMP4_ECHO_REQUEST);
    ck_assert(allowed());
    icmp(SLIRP_HOST, ICMP4_ECHO_REPLY);
    ck_assert(allowed());
    icmp(SLIRP_HOST, ICMP4_UNREACHABLE);
    ck_assert(allowed());
}
END_TEST

START_TEST(other_protocols_do_not_reach_the_host)
{
    ipv4(SLIRP_HOST, 47, 0, false);
    ck_assert(!allowed());
    icmp(SLIRP_HOST, ICMP4_REDIRECT);
    ck_assert(!allowed());
    icmp(SLIRP_HOST, ICMP4_ECHO_REQUEST);
    frame[ETH_HDR_LEN + IPV4_HDR_LEN + 2] ^= 1;
    ck_assert(!allowed());
}
END_TEST

START_TEST(nobody_else_is_reached)
{
    static const uint32_t others[] = {
        SLIRP_DNS,  SLIRP_GUEST, SLIRP_NETWORK, 0x0a0002ff, 0x0a000204, 0x0a000302,
        0x7f000001, 0x08080808,  0xc0a80101,    0xe0000001, 0,          0x0a000201,
    };
    size_t i;

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ipv4(others[i], IP_PROTO_TCP, 0, false);
        ck_assert_msg(!allowed(), "TCP to %08x", others[i]);
        udp(others[i], 1024, 53, false);
        ck_assert_msg(!allowed(), "UDP to %08x", others[i]);
        udp(others[i], 68, 67, false);
        ck_assert_msg(!allowed(), "DHCP to %08x", others[i]);
        icmp(others[i], ICMP4_ECHO_REQUEST);
        ck_assert_msg(!allowed(), "echo to %08x", others[i]);
    }
}
END_TEST

START_TEST(a_broadcast_is_dhcp_or_nothing)
{
    udp(BROADCAST, 68, 67, false);
    ck_assert(allowed());
    udp(BROADCAST, 68, 69, false);
    ck_assert(!allowed());
    udp(BROADCAST, 1024, 67, false);
    ck_assert(!allowed());
    udp(BROADCAST, 68, 67, true);
    ck_assert(!allowed());
    ipv4(BROADCAST, IP_PROTO_UDP, 1480, false);
    ck_assert(!allowed());
    ipv4(BROADCAST, IP_PROTO_TCP, 0, false);
    ck_assert(!allowed());
    icmp(BROADCAST, ICMP4_ECHO_REQUEST);
    ck_assert(!allowed());
    udp(BROADCAST, 68, 67, false);
    frame[ETH_HDR_LEN + IPV4_HDR_LEN + 6] ^= 1;
    ck_assert(!allowed());
}
END_TEST

START_TEST(arp_passes)
{
    struct arp_hdr arp = { .op = ARP_REQUEST, .tpa = ip4(SLIRP_HOST) };

    ethernet(ETH_TYPE_ARP);
    arp_emit(frame + ETH_HDR_LEN, &arp);
    frame_len += ARP_LEN;
    ck_assert(allowed());
    frame_len--;
    ck_assert(!allowed());
}
END_TEST

START_TEST(what_cannot_be_parsed_does_not_pass)
{
    ethernet(0x86dd);
    frame_len = 60;
    ck_assert(!allowed());
    ethernet(100);
    ck_assert(!allowed());
    ipv4(SLIRP_HOST, IP_PROTO_TCP, 0, false);
    for (frame_len = 0; frame_len < ETH_HDR_LEN + IPV4_HDR_LEN + PAYLOAD_LEN; frame_len++) {
        ck_assert(!allowed());
    }
    ck_assert(allowed());
    frame[ETH_HDR_LEN + 10] ^= 0x40;
    ck_assert(!allowed());
}
END_TEST

/* ---- Answers ---- */

static const struct mac_addr ROUTER = { { 0x52, 0x55, 10, 0, 2, 2 } };
static const struct mac_addr GUEST = { { 2, 0, 0, 0, 0, 1 } };

static uint8_t answer[SLIRP_ANSWER_LEN];

/* The length of the answer to the frame, from a station that sent it to the router's. */
static size_t answered(struct mac_addr to)
{
    struct eth_hdr eth = { to, GUEST, frame_len >= ETH_HDR_LEN ? be16(frame + 12) : 0 };
    uint8_t *copy;
    size_t len;

    if (frame_len >= ETH_HDR_LEN) {
        eth_emit(frame, &eth);
    }
    copy = exact_copy(frame, frame_len);
    len = slirp_policy_answer(copy, frame_len, answer);
    free(copy);
    return len;
}

static void expect_answer(size_t quoted_len)
{
    size_t len = answered(ROUTER);
    struct cursor c = cursor_over(answer, len);
    struct eth_hdr eth;
    struct ip_hdr ip;
    struct icmp4_hdr hdr;

    ck_assert_int_eq(eth_parse(&c, &eth), DROP_NONE);
    ck_assert(mac_equal(eth.dst, GUEST) && mac_equal(eth.src, ROUTER));
    ck_assert_uint_eq(eth.type, ETH_TYPE_IPV4);
    ck_assert_int_eq(ipv4_parse(&c, &ip), DROP_NONE);
    ck_assert_uint_eq(ip4_bits(ip.src), SLIRP_HOST);
    ck_assert_uint_eq(ip4_bits(ip.dst), SLIRP_GUEST);
    ck_assert_uint_eq(ip.proto, IP_PROTO_ICMP);
    ck_assert_int_eq(icmp4_parse(&c, &hdr), DROP_NONE);
    ck_assert_uint_eq(hdr.type, ICMP4_UNREACHABLE);
    ck_assert_uint_eq(hdr.code, ICMP4_PROHIBITED);
    ck_assert_uint_eq(hdr.id, 0);
    ck_assert_uint_eq(hdr.seq, 0);
    ck_assert_uint_eq(c.left, quoted_len);
    ck_assert_mem_eq(c.at, frame + ETH_HDR_LEN, quoted_len);
}

START_TEST(what_may_not_pass_is_answered_with_what_it_was)
{
    ipv4(0x01020304, IP_PROTO_TCP, 0, false);
    memcpy(frame + ETH_HDR_LEN + IPV4_HDR_LEN, "portsseq", 8);
    expect_answer(IPV4_HDR_LEN + 8);
    ipv4(0x01020304, IP_PROTO_TCP, 0, true);
    expect_answer(IPV4_HDR_LEN + 8);
    udp(SLIRP_DNS, 1024, 53, false);
    expect_answer(IPV4_HDR_LEN + 8);
    ipv4(SLIRP_HOST, 47, 0, false);
    expect_answer(IPV4_HDR_LEN + 8);
    icmp(0x01020304, ICMP4_ECHO_REQUEST);
    expect_answer(IPV4_HDR_LEN + 8);
}
END_TEST

/* Every length of header and payload: the longest fills SLIRP_ANSWER_LEN. */
START_TEST(options_are_quoted_and_short_payloads)
{
    for (size_t options = 0; options <= 40; options += 4) {
        for (size_t text = 0; text <= 9; text++) {
            size_t hdr_len = IPV4_HDR_LEN + options;
            size_t quoted = hdr_len + (text < 8 ? text : 8);
            uint8_t *at = frame + ETH_HDR_LEN;

            ipv4(0x01020304, IP_PROTO_UDP, 0, false);
            at[0] = (uint8_t)(0x40 | hdr_len / 4);
            put_be16(at + 2, (uint16_t)(hdr_len + text));
            put_be16(at + 10, 0);
            put_be16(at + 10, sum_finish(sum_add(0, at, hdr_len)));
            frame_len = ETH_HDR_LEN + hdr_len + text;
            expect_answer(quoted);
            ck_assert_uint_le(answered(ROUTER), SLIRP_ANSWER_LEN);
        }
    }
    ck_assert_uint_eq(answered(ROUTER), SLIRP_ANSWER_LEN);
}
END_TEST

/* RFC 1122 3.2.2 */
START_TEST(what_is_no_question_of_one_host_is_not_answered)
{
    static const uint32_t nobody[] = { 0,          1,          0x7f000001, 0xe0000001,
                                       0xf0000001, 0x0a0002ff, BROADCAST };
    static const uint8_t errors[] = { ICMP4_UNREACHABLE,   ICMP4_SOURCE_QUENCH, ICMP4_REDIRECT,
                                      ICMP4_TIME_EXCEEDED, ICMP4_PARAMETER,     ICMP4_ECHO_REPLY };
    size_t i;

    for (i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++) {
        struct ip_hdr ip = { .src = ip4(nobody[i]),
                             .dst = ip4(0x01020304),
                             .payload_len = PAYLOAD_LEN,
                             .proto = IP_PROTO_UDP,
                             .ttl = IP_DEFAULT_TTL };

        udp(nobody[i], 1024, 9, false);
        ck_assert_msg(answered(ROUTER) == 0, "to %08x", nobody[i]);
        ipv4_emit(frame + ETH_HDR_LEN, &ip);
        ck_assert_msg(answered(ROUTER) == 0, "from %08x", nobody[i]);
    }
    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        icmp(0x01020304, errors[i]);
        ck_assert_msg(answered(ROUTER) == 0, "ICMP type %u", errors[i]);
    }
    ipv4(0x01020304, IP_PROTO_UDP, 8, false);
    ck_assert_uint_eq(answered(ROUTER), 0);
    udp(0x01020304, 1024, 9, false);
    ck_assert_uint_eq(answered(MAC_BROADCAST), 0);
    ck_assert_uint_ne(answered(ROUTER), 0);
}
END_TEST

START_TEST(what_cannot_be_parsed_is_not_answered)
{
    ethernet(0x86dd);
    frame_len = 60;
    ck_assert_uint_eq(answered(ROUTER), 0);
    ipv4(0x01020304, IP_PROTO_TCP, 0, false);
    for (frame_len = 0; frame_len < ETH_HDR_LEN + IPV4_HDR_LEN + PAYLOAD_LEN; frame_len++) {
        ck_assert_uint_eq(answered(ROUTER), 0);
    }
    frame[ETH_HDR_LEN + 10] ^= 0x40;
    ck_assert_uint_eq(answered(ROUTER), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_host_is_reached_by_tcp_udp_and_echo,
        other_protocols_do_not_reach_the_host,
        nobody_else_is_reached,
        a_broadcast_is_dhcp_or_nothing,
        arp_passes,
        what_cannot_be_parsed_does_not_pass,
        what_may_not_pass_is_answered_with_what_it_was,
        options_are_quoted_and_short_payloads,
        what_is_no_question_of_one_host_is_not_answered,
        what_cannot_be_parsed_is_not_answered,
        NULL,
    };

    return suite_run("slirp_policy", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* "Host loopback only": which frames reach libslirp. Each row is one frame. */
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

int main(void)
{
    const TTest *const tests[] = {
        the_host_is_reached_by_tcp_udp_and_echo,
        other_protocols_do_not_reach_the_host,
        nobody_else_is_reached,
        a_broadcast_is_dhcp_or_nothing,
        arp_passes,
        what_cannot_be_parsed_does_not_pass,
        NULL,
    };

    return suite_run("slirp_policy", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows ETH of tests/hostile-inputs.tsv against a whole host: what the link brings in, and what
 * it is given. The test is named by the row.
 */
#include <check.h>
#include <string.h>

#include "base/time.h"
#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

static struct host h;
static struct frame f;

static struct sk_addr peer(uint16_t port)
{
    return (struct sk_addr){ PEER_IP, port };
}

static struct sk_addr us(uint16_t port)
{
    return (struct sk_addr){ HOST_IP, port };
}

static void begin(void)
{
    host_begin(&h, NULL);
    host_meet(&h);
}

/* The link overwrites what it took: what is sent again is made anew. */
START_TEST(hostile_API_15_packets_are_the_links_once_it_has_them)
{
    struct peer p;
    const struct sent *s;
    sk_fd fd;

    begin();
    peer_begin(&p, &h, 4000, 80);
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    host_send(&h, fd, "text", 4, (struct sk_addr){ ip4(0), 0 });
    host_poll(&h);
    ck_assert_mem_eq(peer_expect(&p, TCP_ACK)->payload, "text", 4);
    host_run(&h, h.now + seconds(2));
    s = peer_expect(&p, TCP_ACK);
    ck_assert(s->payload_len == 4 && memcmp(s->payload, "text", 4) == 0);
    host_free(&h);
}
END_TEST

START_TEST(hostile_ETH_01_short_frame)
{
    begin();
    for (size_t len = 0; len < ETH_HDR_LEN; len++) {
        frame_udp(&f, peer(1), us(2), "text", 4);
        f.len = len;
        host_hear_silent_drop(&h, &f, DROP_RX_SHORT);
    }
    host_end(&h);
}
END_TEST

START_TEST(hostile_ETH_02_no_payload)
{
    begin();
    frame_raw(&f, ETH_TYPE_IPV4, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_IP_HEADER_LEN);
    frame_raw(&f, ETH_TYPE_ARP, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_ARP_MALFORMED);
    frame_raw(&f, 0x86dd, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_ETH_TYPE);
    host_end(&h);
}
END_TEST

/* As a chip hands a short frame over: 60 octets, whatever was in its buffer behind the packet. */
static void pad(void)
{
    ck_assert_uint_lt(f.len, ETH_MIN_LEN);
    memset(f.at + f.len, 0xa5, ETH_MIN_LEN - f.len);
    f.len = ETH_MIN_LEN;
}

START_TEST(hostile_ETH_03_padding_is_not_payload)
{
    const struct sent *echo;
    struct peer p;
    uint8_t octets[64];
    size_t len = sizeof(octets);
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    frame_udp(&f, peer(4000), us(5000), "x", 1);
    pad();
    host_hear_drop(&h, &f, DROP_NONE);
    ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
    ck_assert(len == 1 && octets[0] == 'x');

    frame_icmp(&f, PEER_IP, HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "y", 1);
    pad();
    host_hear_drop(&h, &f, DROP_NONE);
    echo = host_sent(&h);
    ck_assert(echo && echo->ip.payload_len == 9 && echo->payload_len == 1);
    ck_assert_uint_eq(echo->payload[0], 'y');

    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    peer_begin(&p, &h, 4000, 80);
    p.mss = 0;
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    peer_frame(&p, &f, TCP_ACK, "z", 1);
    pad();
    host_hear_drop(&h, &f, DROP_NONE);
    len = sizeof(octets);
    ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
    ck_assert(len == 1 && octets[0] == 'z');
    host_free(&h);
}
END_TEST

/* Every packet of the pool has held secrets; what is sent then is looked at by frames_host.c, and
 * here that it was looked at. */
START_TEST(hostile_ETH_04_padding_is_zero)
{
    uint8_t secret[1472];
    struct peer p;
    sk_fd fd;
    uint32_t n_short = 0;
    const struct sent *s;

    begin();
    memset(secret, 0x5a, sizeof(secret));
    fd = host_bound(&h, SK_DGRAM, 5000);
    h.link.keep = true;
    for (int i = 0; i < CONFIG_N_PACKETS; i++) {
        ck_assert_int_eq(host_send(&h, fd, secret, sizeof(secret), peer(9)), SK_OK);
        host_poll(&h);
    }
    h.link.keep = false;
    for (struct pkt *pkt; (pkt = sk_pkt_list_pop(&h.link.kept)) != NULL;) {
        sk_pkt_free(pkt);
    }
    host_forget(&h);
    for (size_t len = 0; len <= 18; len++) {
        ck_assert_int_eq(host_send(&h, fd, secret, len, peer(9)), SK_OK);
        host_poll(&h);
        frame_icmp(&f, PEER_IP, HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, secret,
                   len);
        host_hear(&h, &f);
    }
    peer_begin(&p, &h, 4000, 80);
    peer_send(&p, TCP_SYN, NULL, 0); /* RST */
    host_send(&h, fd, "", 0, (struct sk_addr){ ip4(0x0a00004d), 9 });
    host_poll(&h); /* ARP */
    while ((s = host_sent(&h)) != NULL) {
        n_short += s->len == ETH_MIN_LEN;
    }
    ck_assert_uint_eq(n_short, 2 * 19 + 2);
    host_free(&h);
}
END_TEST

START_TEST(hostile_ETH_05_oversize)
{
    begin();
    host_bound(&h, SK_DGRAM, 5000);
    memset(f.at, 0, sizeof(f.at));
    frame_udp(&f, peer(4000), us(5000), "text", 4);
    for (f.len = 1500 + ETH_HDR_LEN + 1; f.len <= 65535; f.len += f.len < 1600 ? 1 : 5) {
        host_hear_silent_drop(&h, &f, DROP_RX_OVERSIZE);
    }
    f.len = 65535;
    host_hear_silent_drop(&h, &f, DROP_RX_OVERSIZE);
    f.len = 1500 + ETH_HDR_LEN; /* the longest that is taken, here with padding */
    host_hear_drop(&h, &f, DROP_NONE);
    ck_assert_uint_eq(sk_iface_stats(h.iface)->udp_rx, 1);
    host_free(&h);
}
END_TEST

START_TEST(hostile_ETH_06_unicast_in_a_link_broadcast)
{
    static const struct mac_addr groups[] = { { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
                                              { { 1, 0, 0x5e, 0, 0, 1 } } };
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    host_listener(&h, 80, 1);
    for (size_t i = 0; i < 2; i++) {
        for (uint16_t port = 80; port <= 81; port++) { /* listened on, and not */
            frame_tcp(&f, peer(4000), us(port), (struct tcp_hdr){ .flags = TCP_SYN }, NULL, 0);
            frame_set_macs(&f, groups[i], PEER_MAC);
            host_hear_silent_drop(&h, &f, DROP_IP_LINK_BROADCAST);
        }
        for (uint16_t port = 5000; port <= 5001; port++) {
            frame_udp(&f, peer(4000), us(port), "text", 4);
            frame_set_macs(&f, groups[i], PEER_MAC);
            host_hear_silent_drop(&h, &f, DROP_IP_LINK_BROADCAST);
        }
    }
    ck_assert_uint_eq(sk_readiness(h.iface, fd) & SK_READABLE, 0);
    host_free(&h);
}
END_TEST

START_TEST(hostile_ETH_07_senders_that_cannot_be)
{
    static const struct mac_addr wrong[] = { { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
                                             { { 1, 0, 0x5e, 0, 0, 1 } },
                                             { { 3, 0, 0, 0, 0, 7 } },
                                             { { 2, 0, 0, 0, 0, 1 } } };
    struct arp_hdr arp = { .op = ARP_REQUEST, .spa = ip4(0x0a000009), .tpa = HOST_IP };
    const struct sent *s;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        arp.sha = EVIL_MAC;
        frame_arp(&f, &arp);
        frame_set_macs(&f, MAC_BROADCAST, wrong[i]);
        host_hear_silent_drop(&h, &f, DROP_ETH_SOURCE);
        frame_udp(&f, peer(4000), us(5000), "text", 4);
        frame_set_macs(&f, HOST_MAC, wrong[i]);
        host_hear_silent_drop(&h, &f, DROP_ETH_SOURCE);
    }
    /* The cache knows nobody at 10.0.0.9: it asks. */
    ck_assert_int_eq(host_send(&h, fd, "?", 1, (struct sk_addr){ ip4(0x0a000009), 9 }), SK_OK);
    host_poll(&h);
    s = host_sent(&h);
    ck_assert(s && s->eth.type == ETH_TYPE_ARP && s->arp.op == ARP_REQUEST);
    host_silent(&h);
    host_free(&h);
}
END_TEST

START_TEST(hostile_ETH_08_lengths_and_tags)
{
    begin();
    frame_udp(&f, peer(4000), us(5000), "text", 4);
    for (uint16_t type = 0; type <= 1500; type++) {
        put_be16(f.at + 12, type);
        host_hear_silent_drop(&h, &f, DROP_ETH_TYPE);
    }
    frame_raw(&f, 0x8100, "\0\1\x81\0\0\2\x08\0", 8); /* QinQ by two 802.1Q tags */
    for (size_t left = 0; left <= 8; left++) {
        f.len = ETH_HDR_LEN + left;
        host_hear_silent_drop(&h, &f, DROP_ETH_TYPE);
    }
    put_be16(f.at + 12, 0x88a8);
    host_hear_silent_drop(&h, &f, DROP_ETH_TYPE);
    host_end(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { hostile_API_15_packets_are_the_links_once_it_has_them,
                                   hostile_ETH_01_short_frame,
                                   hostile_ETH_02_no_payload,
                                   hostile_ETH_03_padding_is_not_payload,
                                   hostile_ETH_04_padding_is_zero,
                                   hostile_ETH_05_oversize,
                                   hostile_ETH_06_unicast_in_a_link_broadcast,
                                   hostile_ETH_07_senders_that_cannot_be,
                                   hostile_ETH_08_lengths_and_tags,
                                   NULL };

    return suite_run("hostile_link_host", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows IP-12 and IP-13 of tests/hostile-inputs.tsv: protocols that the host does not speak,
 * nested and in storms. The test is named by the row.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/frames.h"
#include "tests/support/suite.h"

#define STORM 10000 /* of each protocol */

static struct host h;
static struct frame f;

static bool is_spoken(unsigned proto)
{
    return proto == IP_PROTO_ICMP || proto == IP_PROTO_TCP || proto == IP_PROTO_UDP;
}

static void is_protocol_unreachable(const struct sent *s)
{
    EXPECT(s && s->ip.proto == IP_PROTO_ICMP && s->icmp.type == ICMP4_UNREACHABLE &&
           s->icmp.code == ICMP4_PROTOCOL_UNREACHABLE);
    EXPECT(s->payload_len == IPV4_HDR_LEN + 8);
    EXPECT(memcmp(s->payload, frame_ip_at(&f), s->payload_len) == 0);
}

/* Nested `depth` times in IP-in-IP, IPv6-in-IP or GRE: an unknown protocol like any other. */
START_TEST(hostile_IP_12_tunnels)
{
    static const uint8_t protos[] = { 4, 41, 47 };

    host_begin(&h, NULL);
    host_meet(&h);
    for (size_t i = 0; i < sizeof(protos); i++) {
        for (int depth = 1; depth <= 20; depth++) {
            struct ip_hdr ip = { .src = PEER_IP, .dst = HOST_IP, .proto = protos[i] };

            frame_udp(&f, (struct sk_addr){ PEER_IP, 9 }, (struct sk_addr){ HOST_IP, 9 }, "x", 1);
            for (int d = 0; d < depth; d++) {
                frame_ip(&f, ip, frame_ip_at(&f), f.len - ETH_HDR_LEN);
            }
            host_hear_drop(&h, &f, DROP_IP_PROTOCOL);
            is_protocol_unreachable(host_sent(&h));
            host_silent(&h);
            /* Its fragments, the first among them, are ignored by a host that puts none together.
             */
            ip.more_frags = true;
            frame_ip(&f, ip, frame_ip_at(&f) + IPV4_HDR_LEN, 8);
            host_hear_silent_drop(&h, &f, DROP_IP_FRAGMENT);
            ip.more_frags = false;
            ip.frag_offset = 8;
            frame_ip(&f, ip, frame_ip_at(&f) + IPV4_HDR_LEN, 8);
            host_hear_silent_drop(&h, &f, DROP_IP_FRAGMENT);
            h.now += millis(30); /* within the limit on errors */
        }
    }
    host_end(&h);
}
END_TEST

START_TEST(hostile_IP_13_storm_of_unknown_protocols)
{
    uint32_t n_protos = 0;
    uint32_t n_sent = 0;

    host_begin(&h, NULL);
    host_meet(&h);
    for (unsigned proto = 0; proto < 256; proto++) {
        if (is_spoken(proto)) {
            continue;
        }
        n_protos++;
        frame_ip(&f, (struct ip_hdr){ .src = PEER_IP, .dst = HOST_IP, .proto = (uint8_t)proto },
                 "0123456789", 10);
        for (int i = 0; i < STORM; i++) {
            fake_link_put(&h.link, f.at, f.len);
            sk_iface_poll(h.iface, h.now);
        }
        for (const struct sent *s; (s = host_sent(&h)) != NULL; n_sent++) {
            is_protocol_unreachable(s);
        }
        h.now += millis(10);
    }
    /* 2.5 seconds of it, so at most three times the limit of a second. */
    ck_assert_uint_ge(n_sent, CONFIG_ICMP_ERRORS_PER_SECOND);
    ck_assert_uint_le(n_sent, 3 * CONFIG_ICMP_ERRORS_PER_SECOND);
    ck_assert_uint_eq(host_drops(&h, DROP_IP_PROTOCOL), n_protos * STORM);
    ck_assert_uint_eq(host_drops(&h, DROP_TX_RATE), n_protos * STORM - n_sent);
    host_end(&h);
}
END_TEST

START_TEST(hostile_IP_13_no_error_about_broadcasts_and_fragments)
{
    struct ip_hdr ip = { .src = PEER_IP, .dst = HOST_IP, .proto = 99 };

    host_begin(&h, NULL);
    host_meet(&h);
    ip.dst = ip4(0x0a0000ff);
    frame_ip(&f, ip, "0123456789", 10);
    host_hear_silent_drop(&h, &f, DROP_IP_PROTOCOL);
    frame_set_macs(&f, MAC_BROADCAST, PEER_MAC);
    host_hear_silent_drop(&h, &f, DROP_IP_PROTOCOL);
    ip.dst = ip4(0xffffffff);
    frame_ip(&f, ip, "0123456789", 10);
    host_hear_silent_drop(&h, &f, DROP_IP_PROTOCOL);
    ip.dst = ip4(0xe0000001);
    frame_ip(&f, ip, "0123456789", 10);
    host_hear_silent_drop(&h, &f, DROP_IP_NOT_FOR_US);
    ip.dst = HOST_IP;
    frame_ip(&f, ip, "0123456789", 10);
    frame_set_macs(&f, MAC_BROADCAST, PEER_MAC);
    host_hear_silent_drop(&h, &f, DROP_IP_LINK_BROADCAST);
    ip.more_frags = true;
    frame_ip(&f, ip, "01234567", 8);
    host_hear_silent_drop(&h, &f, DROP_IP_FRAGMENT);
    ip.more_frags = false;
    ip.frag_offset = 1480;
    frame_ip(&f, ip, "01234567", 8);
    host_hear_silent_drop(&h, &f, DROP_IP_FRAGMENT);
    host_end(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { hostile_IP_12_tunnels, hostile_IP_13_storm_of_unknown_protocols,
                                   hostile_IP_13_no_error_about_broadcasts_and_fragments, NULL };

    return suite_run("hostile_ip_storm", tests);
}

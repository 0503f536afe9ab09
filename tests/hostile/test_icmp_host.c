/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows ICMP of tests/hostile-inputs.tsv against a whole host. Those about the path's MTU are in
 * tests/unit/test_path.c. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

#define QUOTE_LEN (IPV4_HDR_LEN + 8)

static struct host h;
static struct frame f;

static void begin(void)
{
    struct host_setup setup = {
        .netif = { .addr = HOST_IP, .prefix_len = 24, .gateway = GATE_IP },
    };

    host_begin(&h, &setup);
    host_meet(&h);
}

/* Nothing is sent, whatever the reason that the frame is dropped for. */
static void hear_in_silence(void)
{
    host_hear(&h, &f);
    host_silent(&h);
}

/* A connection attempt of ours, whose SYN is copied to `quote`. */
static struct sk_op syn_sent(uint8_t quote[QUOTE_LEN])
{
    struct sk_op op;

    sk_op_connect(&op, host_bound(&h, SK_STREAM, 5000), (struct sk_addr){ PEER_IP, 80 });
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    memcpy(quote, host_sent(&h)->ip_at, QUOTE_LEN);
    return op;
}

START_TEST(hostile_ICMP_01_shorter_than_a_header)
{
    begin();
    for (unsigned type = 0; type < 256; type++) {
        for (size_t len = 0; len < ICMP4_HDR_LEN; len++) {
            uint8_t message[ICMP4_HDR_LEN] = { (uint8_t)type };
            struct ip_hdr ip = { .src = PEER_IP, .dst = HOST_IP, .proto = IP_PROTO_ICMP };

            frame_ip(&f, ip, message, len);
            host_hear_silent_drop(&h, &f, DROP_ICMP_SHORT);
        }
    }
    host_end(&h);
}
END_TEST

START_TEST(hostile_ICMP_02_echoes_of_odd_lengths_and_the_last_hop)
{
    static uint8_t text[65507];
    struct host_setup setup = { .mtu = 65535, .config = { .packet_size = 65535 + 16 } };
    struct icmp4_hdr request = { .type = ICMP4_ECHO_REQUEST, .id = 7, .seq = 9 };

    host_begin(&h, &setup);
    host_meet(&h);
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (uint8_t)(i * 7);
    }
    for (size_t len = 0; len <= sizeof(text); len += len < 70 || len > 65500 ? 1 : 1021) {
        const struct sent *s;

        frame_icmp(&f, PEER_IP, HOST_IP, request, text, len);
        frame_ip_at(&f)[8] = 1; /* time to live */
        frame_fix_ip(&f);
        host_hear_drop(&h, &f, DROP_NONE);
        s = host_sent(&h);
        EXPECT(s && s->icmp.type == ICMP4_ECHO_REPLY && s->ip.ttl == IP_DEFAULT_TTL);
        EXPECT(s->payload_len == len && memcmp(s->payload, text, len) == 0);
    }
    host_end(&h);
}
END_TEST

START_TEST(hostile_ICMP_03_quotes_that_are_cut_short_or_forged)
{
    uint8_t quote[QUOTE_LEN];
    uint8_t forged[60 + 8] = { 0x4f };
    struct sk_op op;

    begin();
    op = syn_sent(quote);
    for (size_t len = 0; len < QUOTE_LEN; len++) {
        frame_icmp_error(&f, PEER_IP, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, quote, len);
        host_hear_silent_drop(&h, &f, DROP_ICMP_QUOTE);
    }
    for (unsigned proto = 0; proto < 256; proto++) {
        memcpy(forged + 1, quote + 1, IPV4_HDR_LEN - 1);
        forged[9] = (uint8_t)proto; /* with an IHL of 15, and what would be its text too early */
        frame_icmp_error(&f, PEER_IP, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, forged, QUOTE_LEN);
        host_hear_silent_drop(&h, &f, DROP_ICMP_QUOTE);
        quote[9] = (uint8_t)proto;
        if (proto != IP_PROTO_TCP) {
            frame_icmp_error(&f, PEER_IP, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, quote,
                             QUOTE_LEN);
            host_hear_silent_drop(&h, &f, DROP_ICMP_QUOTE);
        }
    }
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_free(&h);
}
END_TEST

/* Every field of the pair off by one, and sequence numbers around what is in flight. */
START_TEST(hostile_ICMP_04_a_blind_reset)
{
    static const size_t fields[] = { 15, 19, 21, 23 }; /* addresses and ports, the last octets */
    uint8_t quote[QUOTE_LEN];
    struct sk_op op;
    uint32_t seq;

    begin();
    op = syn_sent(quote);
    seq = be32(quote + 24);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        for (int off = -1; off <= 1; off += 2) {
            quote[fields[i]] = (uint8_t)(quote[fields[i]] + off);
            frame_icmp_error(&f, PEER_IP, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, quote,
                             QUOTE_LEN);
            host_hear_silent_drop(&h, &f, DROP_ICMP_QUOTE);
            quote[fields[i]] = (uint8_t)(quote[fields[i]] - off);
        }
    }
    for (uint32_t bit = 0; bit < 32; bit++) {
        put_be32(quote + 24, seq + (1u << bit));
        frame_icmp_error(&f, PEER_IP, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, quote, QUOTE_LEN);
        hear_in_silence();
    }
    put_be32(quote + 24, seq - 1);
    frame_icmp_error(&f, PEER_IP, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, quote, QUOTE_LEN);
    hear_in_silence();
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    put_be32(quote + 24, seq); /* and the true one */
    frame_icmp_error(&f, PEER_IP, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, quote, QUOTE_LEN);
    hear_in_silence();
    ck_assert_int_eq(host_try(&h, &op), SK_REFUSED);
    host_free(&h);
}
END_TEST

/* Which way a datagram to a host behind the gateway leaves. */
static struct mac_addr way_out(sk_fd fd)
{
    const struct sent *s;

    ck_assert_int_eq(host_send(&h, fd, "x", 1, (struct sk_addr){ FAR_IP, 9 }), SK_OK);
    host_poll(&h);
    s = host_sent(&h);
    ck_assert_ptr_nonnull(s);
    return s->eth.dst;
}

START_TEST(hostile_ICMP_07_redirects)
{
    const struct ip_addr from[] = { PEER_IP, GATE_IP, FAR_IP };
    const struct ip_addr to[] = { PEER_IP, HOST_IP, FAR_IP };
    uint8_t quote[QUOTE_LEN];
    sk_fd fd;

    begin();
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, (struct sk_addr){ FAR_IP, 9 }), SK_OK);
    host_poll(&h);
    memcpy(quote, host_sent(&h)->ip_at, QUOTE_LEN);
    for (uint8_t code = 0; code < 4; code++) {
        for (int i = 0; i < 9; i++) {
            frame_icmp_error(&f, from[i / 3], ICMP4_REDIRECT, code, quote, QUOTE_LEN);
            put_be32(frame_transport_at(&f) + 4, ip4_bits(to[i % 3]));
            frame_fix_transport(&f);
            host_hear_silent_drop(&h, &f, DROP_ICMP_TYPE);
            ck_assert(mac_equal(way_out(fd), GATE_MAC));
        }
    }
    host_free(&h);
}
END_TEST

/* To who is configured to follow them: only from the gateway in use, about what a socket sent, and
 * to another host on the link. RFC 1122 3.2.2.2. */
START_TEST(hostile_ICMP_07_redirects_that_are_followed)
{
    struct host_setup setup = { .config = { .redirects = true } };
    uint8_t quote[QUOTE_LEN];
    sk_fd fd;

    for (uint8_t code = 0; code < 4; code++) {
        const struct ip_addr wrong[][2] = {
            { PEER_IP, PEER_IP },        { FAR_IP, PEER_IP }, { GATE_IP, HOST_IP },
            { GATE_IP, FAR_IP },         { GATE_IP, ip4(0) }, { GATE_IP, ip4(0x0a0000ff) },
            { GATE_IP, ip4(0x7f000001) }
        };

        host_begin(&h, &setup);
        host_meet(&h);
        fd = host_socket(&h, SK_DGRAM);
        ck_assert_int_eq(host_send(&h, fd, "x", 1, (struct sk_addr){ FAR_IP, 9 }), SK_OK);
        host_poll(&h);
        memcpy(quote, host_sent(&h)->ip_at, QUOTE_LEN);
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
            frame_icmp_error(&f, wrong[i][0], ICMP4_REDIRECT, code, quote, QUOTE_LEN);
            put_be32(frame_transport_at(&f) + 4, ip4_bits(wrong[i][1]));
            frame_fix_transport(&f);
            host_hear_silent_drop(&h, &f, DROP_ICMP_TYPE);
            ck_assert(mac_equal(way_out(fd), GATE_MAC));
        }
        quote[9] = 132; /* a protocol that we do not speak */
        frame_icmp_error(&f, GATE_IP, ICMP4_REDIRECT, code, quote, QUOTE_LEN);
        put_be32(frame_transport_at(&f) + 4, ip4_bits(PEER_IP));
        frame_fix_transport(&f);
        host_hear_silent_drop(&h, &f, DROP_ICMP_QUOTE);
        quote[9] = IP_PROTO_UDP;
        quote[IPV4_HDR_LEN] ^= 1; /* a port that is nobody's */
        frame_icmp_error(&f, GATE_IP, ICMP4_REDIRECT, code, quote, QUOTE_LEN);
        put_be32(frame_transport_at(&f) + 4, ip4_bits(PEER_IP));
        frame_fix_transport(&f);
        host_hear_silent_drop(&h, &f, DROP_ICMP_QUOTE);
        quote[IPV4_HDR_LEN] ^= 1;
        frame_icmp_error(&f, GATE_IP, ICMP4_REDIRECT, code, quote, QUOTE_LEN);
        put_be32(frame_transport_at(&f) + 4, ip4_bits(PEER_IP));
        frame_fix_transport(&f);
        host_hear_silent_drop(&h, &f, DROP_NONE);
        ck_assert(mac_equal(way_out(fd), PEER_MAC));
        host_hear_silent_drop(&h, &f, DROP_ICMP_TYPE); /* that is not the gateway in use any more */
        host_free(&h);
    }
}
END_TEST

/* RFC 1122 3.2.2.2: who needs no gateway is sent to none, and not by itself. */
START_TEST(redirects_for_a_host_on_the_link)
{
    struct host_setup setup = { .config = { .redirects = true } };
    uint8_t quote[QUOTE_LEN];

    host_begin(&h, &setup);
    host_meet(&h);
    ck_assert_int_eq(
        host_send(&h, host_socket(&h, SK_DGRAM), "x", 1, (struct sk_addr){ PEER_IP, 9 }), SK_OK);
    host_poll(&h);
    memcpy(quote, host_sent(&h)->ip_at, QUOTE_LEN);
    frame_icmp_error(&f, PEER_IP, ICMP4_REDIRECT, 1, quote, QUOTE_LEN);
    put_be32(frame_transport_at(&f) + 4, ip4_bits(GATE_IP));
    frame_fix_transport(&f);
    host_hear_silent_drop(&h, &f, DROP_ICMP_TYPE);
    host_free(&h);
}
END_TEST

/* A datagram of `fd` to FAR_IP, and the gateway says that PEER_IP is nearer. */
static void redirect_to_peer(sk_fd fd)
{
    uint8_t quote[QUOTE_LEN];

    ck_assert_int_eq(host_send(&h, fd, "x", 1, (struct sk_addr){ FAR_IP, 9 }), SK_OK);
    host_poll(&h);
    memcpy(quote, host_sent(&h)->ip_at, QUOTE_LEN);
    frame_icmp_error(&f, GATE_IP, ICMP4_REDIRECT, 1, quote, QUOTE_LEN);
    put_be32(frame_transport_at(&f) + 4, ip4_bits(PEER_IP));
    frame_fix_transport(&f);
    host_hear_silent_drop(&h, &f, DROP_NONE);
}

/* One that is sent by a netif that the program names goes the same way. */
START_TEST(redirects_are_followed_by_the_netif_that_is_named)
{
    struct host_setup setup = { .config = { .redirects = true } };
    struct sk_ancillary by_netif = { .ifindex = 2, .tos = -1 };
    struct sk_iov iov = { "x", 1 };
    struct sk_op op;
    sk_fd fd;

    host_begin(&h, &setup);
    host_meet(&h);
    fd = host_socket(&h, SK_DGRAM);
    redirect_to_peer(fd);
    sk_op_send(&op, fd, &iov, 1, (struct sk_addr){ FAR_IP, 9 }, 0);
    op.ancillary = &by_netif;
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    host_poll(&h);
    ck_assert(mac_equal(host_sent(&h)->eth.dst, PEER_MAC));
    host_free(&h);
}
END_TEST

/* RFC 1122 3.3.1.2: that gateway is none of another link's. */
START_TEST(redirects_hold_on_the_netif_that_they_came_from)
{
    struct host_setup setup = { .config = { .redirects = true, .n_netifs = 3 } };
    struct ip_addr other_gate = ip4(0xac10aaaa);
    struct sk_netif_config eth1 = {
        .name = "eth1", .addr = ip4(0xac100001), .gateway = other_gate, .prefix_len = 16
    };
    struct sk_ancillary by_netif = { .ifindex = 3, .tos = -1 };
    struct sk_iov iov = { "x", 1 };
    struct fake_link second;
    struct sk_op op;
    sk_fd fd;

    host_begin(&h, &setup);
    host_meet(&h);
    fake_link_init(&second, LINK_ETHERNET, 1500);
    ck_assert_int_eq(sk_netif_add(h.iface, &second.link, &eth1, h.now, NULL), SK_OK);
    fd = host_socket(&h, SK_DGRAM);
    redirect_to_peer(fd);
    sk_op_send(&op, fd, &iov, 1, (struct sk_addr){ FAR_IP, 9 }, 0);
    op.ancillary = &by_netif;
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    host_poll(&h);
    ck_assert(ip_equal(fake_link_sent(&second)->arp.tpa, other_gate));
    fake_link_free(&second);
    host_free(&h);
}
END_TEST

/* Ten minutes long, of the last four destinations, as long as that gateway answers and the address
 * is ours. */
START_TEST(redirects_are_forgotten)
{
    struct arp_hdr gate = {
        .op = ARP_REPLY, .sha = GATE_MAC, .spa = GATE_IP, .tha = HOST_MAC, .tpa = HOST_IP
    };
    struct host_setup setup = { .config = { .redirects = true } };
    sk_fd fd;

    for (int way = 0; way < 3; way++) {
        uint8_t quote[QUOTE_LEN];

        host_begin(&h, &setup);
        host_meet(&h);
        fd = host_socket(&h, SK_DGRAM);
        for (uint32_t i = 0; i < (way == 0 ? CONFIG_N_REDIRECTS + 1u : 1); i++) {
            struct sk_addr to = { ip4(ip4_bits(FAR_IP) + i), 9 };

            ck_assert_int_eq(host_send(&h, fd, "x", 1, to), SK_OK);
            host_poll(&h);
            memcpy(quote, host_sent(&h)->ip_at, QUOTE_LEN);
            frame_icmp_error(&f, GATE_IP, ICMP4_REDIRECT, 1, quote, QUOTE_LEN);
            put_be32(frame_transport_at(&f) + 4, ip4_bits(PEER_IP));
            frame_fix_transport(&f);
            h.now++;
            host_hear_silent_drop(&h, &f, DROP_NONE);
        }
        if (way == 0) { /* the first one of five */
            ck_assert(mac_equal(way_out(fd), GATE_MAC));
        } else if (way == 1) {
            ck_assert(mac_equal(way_out(fd), PEER_MAC));
            host_run(&h, h.now + seconds(601));
            host_forget(&h);
            host_meet(&h);
            host_forget(&h);
            ck_assert(mac_equal(way_out(fd), GATE_MAC));
        } else { /* it falls silent */
            host_run(&h, h.now + seconds(300));
            host_forget(&h);
            ck_assert_int_eq(host_send(&h, fd, "x", 1, (struct sk_addr){ FAR_IP, 9 }), SK_OK);
            host_run(&h, h.now + seconds(4));
            host_forget(&h);
            frame_arp(&f, &gate);
            host_hear(&h, &f);
            ck_assert(mac_equal(host_sent(&h)->eth.dst, GATE_MAC));
        }
        host_free(&h);
    }
}
END_TEST

START_TEST(hostile_ICMP_08_source_quench)
{
    static uint8_t text[4000];
    struct peer p;
    const struct sent *s;
    uint32_t len = 0;
    sk_fd fd;

    begin();
    peer_begin(&p, &h, 4000, 80);
    p.mss = 1000;
    p.wnd = 65535;
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    ck_assert_int_eq(host_send(&h, fd, "x", 1, NOBODY), SK_OK);
    host_poll(&h);
    s = peer_hear(&p);
    frame_icmp_error(&f, PEER_IP, ICMP4_SOURCE_QUENCH, 0, s->ip_at, QUOTE_LEN);
    host_hear_silent_drop(&h, &f, DROP_ICMP_TYPE);
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert_int_eq(host_send(&h, fd, text, sizeof(text), NOBODY), SK_OK);
    host_poll(&h);
    while ((s = peer_hear(&p)) != NULL) {
        len += (uint32_t)s->payload_len;
    }
    ck_assert_uint_eq(len, sizeof(text)); /* the initial window, whole */
    host_free(&h);
}
END_TEST

START_TEST(hostile_ICMP_09_echoes_for_everybody_or_others)
{
    static const uint32_t others[] = { 0xffffffff, 0x0a0000ff, 0x0affffff, 0x0a000000, 0xe0000001,
                                       0xefffffff, 0x0a000003, 0x08080808, 0x7f000001 };

    begin();
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        frame_icmp(&f, PEER_IP, ip4(others[i]), (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST },
                   "ping", 4);
        hear_in_silence();
    }
    frame_icmp(&f, PEER_IP, HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "ping", 4);
    frame_set_macs(&f, MAC_BROADCAST, PEER_MAC);
    hear_in_silence();
    host_end(&h);
}
END_TEST

/* RFC 1122 3.2.2: nothing of this is complained about. */
START_TEST(hostile_ICMP_10_errors_about_errors)
{
    static const uint32_t sources[] = { 0,          0xffffffff, 0x0a0000ff,
                                        0xe0000001, 0x7f000001, 0xf0000001 };
    struct sk_addr from = { PEER_IP, 4000 };
    struct sk_addr to = { HOST_IP, 5000 };

    begin();
    for (unsigned type = 0; type < 256; type++) {
        if (type != ICMP4_ECHO_REQUEST) {
            frame_icmp(&f, PEER_IP, HOST_IP, (struct icmp4_hdr){ .type = (uint8_t)type }, "?", 1);
            hear_in_silence();
            frame_transport_at(&f)[2] ^= 1; /* and with a wrong checksum */
            hear_in_silence();
        }
    }
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        from.addr = ip4(sources[i]);
        frame_udp(&f, from, to, "text", 4);
        hear_in_silence();
    }
    from.addr = PEER_IP;
    to.addr = ip4(0x0a0000ff);
    frame_udp(&f, from, to, "text", 4);
    hear_in_silence();
    to.addr = HOST_IP;
    frame_udp(&f, from, to, "text", 4);
    frame_set_macs(&f, MAC_BROADCAST, PEER_MAC);
    hear_in_silence();
    frame_udp(&f, from, to, "a later fragment", 16);
    put_be16(frame_ip_at(&f) + 6, 3);
    frame_fix_ip(&f);
    hear_in_silence();
    host_end(&h);
}
END_TEST

/* Timestamps, information, address masks, and router discovery: nothing is answered, and nothing is
 * believed. */
START_TEST(hostile_ICMP_11_requests_and_answers_that_configure)
{
    static const uint8_t types[] = { 9, 10, 13, 14, 15, 16, 17, 18 };
    static const uint8_t mask[] = { 0xff, 0, 0, 0, 1, 2, 0, 30, 10, 0, 0, 66, 0, 0, 0, 0 };
    sk_fd fd;

    begin();
    fd = host_socket(&h, SK_DGRAM);
    for (size_t i = 0; i < sizeof(types); i++) {
        for (unsigned code = 0; code < 256; code += 17) {
            frame_icmp(&f, GATE_IP, HOST_IP,
                       (struct icmp4_hdr){ .type = types[i], .code = (uint8_t)code }, mask,
                       sizeof(mask));
            host_hear_silent_drop(&h, &f, DROP_ICMP_TYPE);
        }
        ck_assert(mac_equal(way_out(fd), GATE_MAC));
    }
    host_free(&h);
}
END_TEST

START_TEST(hostile_ICMP_12_every_type_and_code)
{
    begin();
    for (unsigned i = 0; i < 65536; i++) {
        struct icmp4_hdr hdr = { .type = (uint8_t)(i >> 8), .code = (uint8_t)i };

        frame_icmp(&f, PEER_IP, HOST_IP, hdr, "12345678", 8);
        host_hear(&h, &f);
        if (hdr.type == ICMP4_ECHO_REQUEST) {
            const struct sent *s = host_sent(&h);
            EXPECT(!s || s->icmp.type == ICMP4_ECHO_REPLY);
        }
        host_silent(&h);
    }
    host_end(&h);
}
END_TEST

/* Datagrams to `n` ports, of which the first is open or not, by somebody who gives another's
 * address; then one from his own. True: that is answered. */
static bool is_answered(uint32_t n, bool open)
{
    const struct sk_addr somebody = { FAR_IP, 4000 };
    bool answered;

    for (uint32_t i = 0; i < n; i++) {
        frame_udp(&f, somebody, (struct sk_addr){ HOST_IP, open && i == 0 ? 5000 : 6000 }, "?", 1);
        host_hear(&h, &f);
    }
    host_forget(&h);
    frame_udp(&f, (struct sk_addr){ PEER_IP, 4000 }, (struct sk_addr){ HOST_IP, 6000 }, "?", 1);
    host_hear(&h, &f);
    answered = host_sent(&h) != NULL;
    host_forget(&h);
    host_run(&h, h.now + millis(1010));
    return answered;
}

/* SAD DNS: the limit tells nothing of which ports are open. */
START_TEST(hostile_ICMP_13_the_limit_is_no_oracle)
{
    enum { N_TRIALS = 300 };

    for (uint32_t n = CONFIG_ICMP_ERRORS_PER_SECOND - 50; n <= CONFIG_ICMP_ERRORS_PER_SECOND + 10;
         n += 10) {
        int n_answered[2] = { 0, 0 };

        for (int open = 0; open < 2; open++) {
            begin();
            host_bound(&h, SK_DGRAM, 5000);
            for (int i = 0; i < N_TRIALS; i++) {
                n_answered[open] += is_answered(n, open);
            }
            host_free(&h);
        }
        ck_assert_int_le(abs(n_answered[0] - n_answered[1]), N_TRIALS / 8);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_ICMP_01_shorter_than_a_header,
        hostile_ICMP_02_echoes_of_odd_lengths_and_the_last_hop,
        hostile_ICMP_03_quotes_that_are_cut_short_or_forged,
        hostile_ICMP_04_a_blind_reset,
        hostile_ICMP_07_redirects,
        hostile_ICMP_07_redirects_that_are_followed,
        redirects_for_a_host_on_the_link,
        redirects_are_followed_by_the_netif_that_is_named,
        redirects_hold_on_the_netif_that_they_came_from,
        redirects_are_forgotten,
        hostile_ICMP_08_source_quench,
        hostile_ICMP_09_echoes_for_everybody_or_others,
        hostile_ICMP_10_errors_about_errors,
        hostile_ICMP_11_requests_and_answers_that_configure,
        hostile_ICMP_12_every_type_and_code,
        hostile_ICMP_13_the_limit_is_no_oracle,
        NULL,
    };

    return suite_run("hostile_icmp_host", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every MTU from 68 (RFC 791) to 9000: the segment size that is announced and the one that is used,
 * the longest datagram, and echoes that fill a packet; and streams between hosts on such a wire.
 */
#include <check.h>
#include <string.h>

#include "net/iface.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"
#include "tests/support/world.h"

#define HEADERS (IPV4_HDR_LEN + TCP_HDR_LEN)

static struct host h;
static struct peer p;

static void begin(uint16_t mtu, uint16_t configured)
{
    struct host_setup setup = { .mtu = mtu, .config = { .sndbuf = 32768, .rcvbuf = 32768 } };

    setup.config.packet_size = mtu + 16u < 592 ? 592 : mtu + 16u;
    setup.config.buffers[0] = (struct sk_buffer_class){ 32768, 4 };
    setup.netif = (struct sk_netif_config){ .addr = HOST_IP, .prefix_len = 24, .mtu = configured };
    host_begin(&h, &setup);
    host_meet(&h);
}

/* What a peer that takes everything is announced and sent. */
static void check_stream(uint32_t mtu, uint16_t peer_mss)
{
    static uint8_t text[32768];
    uint32_t mss = mtu - HEADERS;
    uint32_t longest = 0;
    const struct sent *s;
    struct sk_op op;
    sk_fd listener;

    peer_begin(&p, &h, 4000, 80);
    p.mss = peer_mss;
    p.wnd = 65535;
    listener = host_listener(&h, 80, 1);
    peer_send(&p, TCP_SYN, NULL, 0);
    s = peer_expect(&p, TCP_SYN | TCP_ACK);
    EXPECT(s->tcp.mss == mss);
    peer_send(&p, TCP_ACK, NULL, 0);
    sk_op_accept(&op, listener);
    EXPECT(host_try(&h, &op) == SK_OK);
    EXPECT(host_send(&h, op.u.accepted, text, sizeof(text), NOBODY) == SK_OK);
    host_poll(&h);
    while ((s = peer_hear(&p)) != NULL) {
        longest = s->payload_len > longest ? (uint32_t)s->payload_len : longest;
    }
    mss = mss < peer_mss ? mss : peer_mss;
    EXPECT_MSG(longest == mss, "MTU %u: segments of %u octets, not of %u", mtu, longest, mss);
}

START_TEST(segments_of_every_mtu)
{
    for (uint16_t mtu = 68; mtu <= 9000; mtu = (uint16_t)(mtu + (mtu < 1600 ? 1 : 37))) {
        begin(mtu, 0);
        check_stream(mtu, 9000);
        host_free(&h);
    }
    begin(9000, 0);
    check_stream(9000, 9000);
    host_free(&h);
}
END_TEST

/* The smaller one counts: of the link and the configuration, of us and the peer, and the packets
 * have to hold it. */
START_TEST(the_smallest_mtu_on_the_way)
{
    struct host_setup setup = { .mtu = 9000, .config = { .sndbuf = 32768, .rcvbuf = 32768 } };

    begin(1500, 1000);
    check_stream(1000, 9000);
    host_free(&h);
    begin(1500, 9000);
    check_stream(1500, 9000);
    host_free(&h);
    begin(1500, 0);
    check_stream(1500, 536);
    host_free(&h);
    setup.config.buffers[0] = (struct sk_buffer_class){ 32768, 4 };
    setup.config.packet_size = 1536;
    host_begin(&h, &setup);
    host_meet(&h);
    check_stream(1536 - 16, 9000);
    host_free(&h);
}
END_TEST

/* RFC 1122 3.3.2, 3.3.3: EMTU_R is not EMTU_S. */
START_TEST(what_comes_may_be_longer_than_what_is_sent)
{
    static uint8_t text[1472];
    static struct frame f;
    size_t len = sizeof(text);
    sk_fd fd;

    begin(1500, 576);
    fd = host_bound(&h, SK_DGRAM, 5000);
    frame_udp(&f, (struct sk_addr){ PEER_IP, 9 }, (struct sk_addr){ HOST_IP, 5000 }, text, len);
    host_hear_drop(&h, &f, DROP_NONE);
    ck_assert_int_eq(host_recv(&h, fd, text, &len, NULL), SK_OK);
    ck_assert_uint_eq(len, sizeof(text));
    host_free(&h);
}
END_TEST

START_TEST(datagrams_and_echoes_of_every_mtu)
{
    static uint8_t text[9000];
    static struct frame f;

    for (uint16_t mtu = 68; mtu <= 9000; mtu = (uint16_t)(mtu + (mtu < 600 ? 1 : 113))) {
        size_t longest = mtu - (size_t)IPV4_HDR_LEN - UDP_HDR_LEN;
        const struct sent *s;
        sk_fd fd;

        begin(mtu, 0);
        fd = host_socket(&h, SK_DGRAM);
        EXPECT(host_send(&h, fd, text, longest + 1, (struct sk_addr){ PEER_IP, 9 }) == SK_MSG_SIZE);
        EXPECT(host_send(&h, fd, text, longest, (struct sk_addr){ PEER_IP, 9 }) == SK_OK);
        host_poll(&h);
        s = host_sent(&h);
        EXPECT(s && s->payload_len == longest && s->len == (size_t)mtu + ETH_HDR_LEN);
        frame_icmp(&f, PEER_IP, HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, text,
                   longest);
        host_hear_drop(&h, &f, DROP_NONE);
        s = host_sent(&h);
        EXPECT(s && s->payload_len == longest);
        host_free(&h);
    }
}
END_TEST

/* A link may bring frames that no packet of ours holds. */
static void begin_with_long_frames(const struct sk_ip_fragments *fragments)
{
    struct host_setup setup = { .mtu = 9000, .config = { .sndbuf = 32768, .rcvbuf = 32768 } };

    setup.config.buffers[0] = (struct sk_buffer_class){ 32768, 4 };
    setup.config.packet_size = 1536;
    setup.config.fragments = fragments;
    host_begin(&h, &setup);
    host_meet(&h);
}

static void ask_echo(size_t len, enum drop_reason reason)
{
    static const uint8_t text[9000];
    static struct frame f;

    frame_icmp(&f, PEER_IP, HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, text, len);
    host_hear_drop(&h, &f, reason);
}

START_TEST(echoes_longer_than_our_packets_are_dropped)
{
    size_t longest = 1536 - 16 - IPV4_HDR_LEN - ICMP4_HDR_LEN;
    const struct sent *s;

    begin_with_long_frames(NULL);
    ask_echo(longest, DROP_NONE);
    s = host_sent(&h);
    EXPECT(s && s->payload_len == longest);
    for (size_t len = longest + 1; len < 8972; len = len < 1600 ? len + 1 : len + 737) {
        ask_echo(len, DROP_TX_OVERSIZE);
        EXPECT(host_sent(&h) == NULL);
    }
    ask_echo(8972, DROP_TX_OVERSIZE);
    host_free(&h);
}
END_TEST

START_TEST(echoes_longer_than_our_packets_leave_in_pieces)
{
    static const size_t lens[] = { 1493, 1500, 8000, 8972 };

    begin_with_long_frames(&sk_ip_fragments);
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        size_t octets = 0;
        const struct sent *s;

        ask_echo(lens[i], DROP_NONE);
        while ((s = host_sent(&h)) != NULL) {
            EXPECT(s->len <= 1536 - 16 + ETH_HDR_LEN);
            octets += s->ip.payload_len;
        }
        EXPECT(octets == ICMP4_HDR_LEN + lens[i]);
    }
    host_free(&h);
}
END_TEST

/* Halfway the MTU of the sender falls to `narrower`, unless that is 0. */
static void send_and_receive(struct world *w, sk_fd from, sk_fd to, uint16_t narrower)
{
    static uint8_t text[30000];
    static uint8_t got[sizeof(text)];
    struct sk_iov out = { text, sizeof(text) };
    struct sk_iov in = { got, sizeof(got) };
    struct sk_op send;
    struct sk_op receive;
    instant until = w->now + 100000000;

    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (uint8_t)(i * 131 >> 5);
    }
    memset(got, 0, sizeof(got));
    sk_op_send(&send, from, &out, 1, NOBODY, 0);
    sk_op_recv(&receive, to, &in, 1, SK_OP_WAITALL);
    do {
        size_t before;

        do { /* as long as there is something to do now */
            before = send.done + receive.done;
            world_settle(w);
            send.poll(&send, w->hosts[0], w->now);
            receive.poll(&receive, w->hosts[1], w->now);
        } while (send.done + receive.done > before);
        if (narrower && receive.done > sizeof(text) / 2) {
            w->hosts[0]->netifs[1].mtu = narrower;
        }
    } while (receive.done < sizeof(got) && world_step(w, until));
    EXPECT(receive.done == sizeof(got));
    EXPECT(memcmp(text, got, sizeof(text)) == 0);
}

START_TEST(streams_on_wires_of_every_kind)
{
    static const uint16_t mtus[] = { 68,   69,   100,  127,  128,  129,  296,  575, 576,
                                     1006, 1280, 1492, 1500, 2002, 4352, 8999, 9000 };

    for (size_t i = 0; i < sizeof(mtus) / sizeof(mtus[0]) * 2; i++) {
        struct world_setup setup = { .seed = i, .mtu = mtus[i / 2] };
        struct world w;
        sk_fd client;
        sk_fd server;

        setup.medium = i % 2 ? LINK_IP : LINK_ETHERNET;
        setup.settings.delay = 1000;
        setup.config.packet_size = mtus[i / 2] + 16u < 592 ? 592 : mtus[i / 2] + 16u;
        world_begin(&w, &setup);
        world_connect(&w, 80, &client, &server);
        send_and_receive(&w, client, server, 0);
        ck_assert_int_eq(sk_close(w.hosts[0], client, w.now), SK_OK);
        ck_assert_int_eq(sk_close(w.hosts[1], server, w.now), SK_OK);
        for (int end = 0; end < 2; end++) {
            ck_assert_uint_eq(w.wire.ends[end].link.drops[DROP_RX_OVERSIZE], 0);
            ck_assert_uint_eq(sk_iface_stats(w.hosts[end])->drops[DROP_RX_OVERSIZE], 0);
            ck_assert_uint_eq(sk_iface_stats(w.hosts[end])->tcp_retransmitted, 0);
        }
        world_end(&w);
    }
}
END_TEST

/* ---- An MTU that falls, by a lease or because the route moved -------------------------------- */

static const struct tcp_profile *const profiles[] = { &sk_tcp_basic, &sk_tcp_full, &sk_tcp_bbr };

static void pass_time(struct world *w, instant until)
{
    while (world_step(w, until)) {
    }
}

/* Nothing is dropped, and nothing sent again but what the wire loses, and by probes of the tail,
 * since the peer's ACKs are late until it knows that no longer segments come. The path is not
 * searched for more than the netif takes, either. */
static void check_falling(const struct world_setup *setup)
{
    struct world w;
    sk_fd client;
    sk_fd server;

    world_begin(&w, setup);
    world_connect(&w, 80, &client, &server);
    send_and_receive(&w, client, server, 1000);
    send_and_receive(&w, client, server, 576);
    send_and_receive(&w, client, server, 100);
    pass_time(&w, w.now + seconds(700));
    send_and_receive(&w, client, server, 0);
    ck_assert_uint_eq(sk_iface_stats(w.hosts[0])->drops[DROP_TX_OVERSIZE], 0);
    if (setup->settings.loss == 0) {
        ck_assert_uint_eq(sk_iface_stats(w.hosts[0])->tcp_timeouts, 0);
        ck_assert_uint_le(sk_iface_stats(w.hosts[0])->tcp_retransmitted, 3);
    }
    ck_assert_int_eq(sk_close(w.hosts[0], client, w.now), SK_OK);
    ck_assert_int_eq(sk_close(w.hosts[1], server, w.now), SK_OK);
    world_end(&w);
}

START_TEST(an_mtu_that_falls_shortens_segments)
{
    for (uint64_t i = 0; i < 12; i++) {
        struct world_setup setup = { .seed = i, .settings = { .delay = 1000 } };

        setup.config.tcp = profiles[i % 3];
        setup.settings.loss = i < 3 ? 0 : 50000;
        check_falling(&setup);
    }
}
END_TEST

/* No shorter than they have to be. */
START_TEST(segments_fill_an_mtu_that_fell)
{
    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        static const uint8_t text[1460];
        struct host_setup setup = { .config = { .tcp = profiles[i] } };
        uint32_t longest = 0;
        const struct sent *s;
        sk_fd listener;
        sk_fd fd;

        host_begin(&h, &setup);
        host_meet(&h);
        peer_begin(&p, &h, 4000, 80);
        p.mss = 1460;
        p.wnd = 65535;
        listener = host_listener(&h, 80, 1);
        fd = peer_accepted(&p, listener);
        h.iface->netifs[1].mtu = 576;
        EXPECT(host_send(&h, fd, text, sizeof(text), NOBODY) == SK_OK);
        host_poll(&h);
        while ((s = peer_hear(&p)) != NULL) {
            longest = s->payload_len > longest ? (uint32_t)s->payload_len : longest;
        }
        EXPECT(longest == 576 - HEADERS);
        host_free(&h);
    }
}
END_TEST

/* Before the peer answers, and in a handshake with a listener, too. */
START_TEST(an_mtu_that_falls_in_the_handshake)
{
    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        struct world_setup setup = { .seed = i, .settings = { .delay = 1000 } };
        struct sk_op connect;
        struct sk_op accept;
        struct world w;
        sk_fd client;
        sk_fd listener;

        setup.config.tcp = profiles[i];
        world_begin(&w, &setup);
        ck_assert_int_eq(sk_socket(w.hosts[1], SK_STREAM, &listener), SK_OK);
        ck_assert_int_eq(sk_bind(w.hosts[1], listener, world_addr(1, 80)), SK_OK);
        ck_assert_int_eq(sk_listen(w.hosts[1], listener, 1, w.now), SK_OK);
        ck_assert_int_eq(sk_socket(w.hosts[0], SK_STREAM, &client), SK_OK);
        sk_op_connect(&connect, client, world_addr(1, 80));
        ck_assert_int_eq(world_do(&w, 0, &connect, w.now + 3500), SK_PENDING); /* ARP, and a SYN */
        w.hosts[0]->netifs[1].mtu = 576;
        ck_assert_int_eq(world_do(&w, 0, &connect, NEVER), SK_OK);
        sk_op_accept(&accept, listener);
        ck_assert_int_eq(world_do(&w, 1, &accept, NEVER), SK_OK);
        send_and_receive(&w, client, accept.u.accepted, 0);
        ck_assert_uint_eq(sk_iface_stats(w.hosts[0])->drops[DROP_TX_OVERSIZE], 0);
        ck_assert_int_eq(sk_close(w.hosts[0], client, w.now), SK_OK);
        ck_assert_int_eq(sk_close(w.hosts[1], accept.u.accepted, w.now), SK_OK);
        ck_assert_int_eq(sk_close(w.hosts[1], listener, w.now), SK_OK);
        world_end(&w);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { segments_of_every_mtu,
                                   the_smallest_mtu_on_the_way,
                                   what_comes_may_be_longer_than_what_is_sent,
                                   datagrams_and_echoes_of_every_mtu,
                                   echoes_longer_than_our_packets_are_dropped,
                                   echoes_longer_than_our_packets_leave_in_pieces,
                                   streams_on_wires_of_every_kind,
                                   an_mtu_that_falls_shortens_segments,
                                   segments_fill_an_mtu_that_fell,
                                   an_mtu_that_falls_in_the_handshake,
                                   NULL };

    return suite_run("mtu", tests);
}

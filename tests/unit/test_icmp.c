/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP of a host: echo, the errors that it sends, and those that it hears about its own packets
 * (RFC 1122 3.2.2, RFC 5927).
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

static struct host h;
static struct frame f;

static void begin(void)
{
    host_begin(&h, NULL);
    host_meet(&h);
}

START_TEST(echo_of_every_length)
{
    static uint8_t text[1472];
    struct icmp4_hdr hdr = { .type = ICMP4_ECHO_REQUEST, .id = 0x1234, .seq = 0xfffe };

    begin();
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (uint8_t)i;
    }
    for (size_t len = 0; len <= sizeof(text); len++) {
        const struct sent *s;

        frame_icmp(&f, PEER_IP, HOST_IP, hdr, text, len);
        frame_ip_at(&f)[1] = 0xb8;
        frame_fix_ip(&f);
        host_hear_drop(&h, &f, DROP_NONE);
        s = host_sent(&h);
        EXPECT(s && s->icmp.type == ICMP4_ECHO_REPLY && s->icmp.code == 0);
        EXPECT(s->icmp.id == 0x1234 && s->icmp.seq == 0xfffe && s->ip.tos == 0xb8);
        EXPECT(ip_equal(s->ip.src, HOST_IP) && ip_equal(s->ip.dst, PEER_IP));
        EXPECT(s->payload_len == len && memcmp(s->payload, text, len) == 0);
        host_silent(&h);
    }
    host_end(&h);
}
END_TEST

START_TEST(echo_through_the_gateway)
{
    const struct sent *s;

    begin();
    frame_icmp(&f, FAR_IP, HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "far", 3);
    host_hear_drop(&h, &f, DROP_NONE);
    s = host_sent(&h);
    ck_assert(s && mac_equal(s->eth.dst, GATE_MAC) && ip_equal(s->ip.dst, FAR_IP));
    host_end(&h);
}
END_TEST

START_TEST(messages_that_are_not_answered)
{
    begin();
    for (unsigned type = 0; type < 256; type++) {
        struct icmp4_hdr hdr = { .type = (uint8_t)type };

        if (type == ICMP4_ECHO_REQUEST) {
            continue;
        }
        frame_icmp(&f, PEER_IP, HOST_IP, hdr, "12345678", 8);
        host_hear_silent_drop(&h, &f,
                              type == ICMP4_UNREACHABLE || type == ICMP4_TIME_EXCEEDED ||
                                      type == ICMP4_PARAMETER
                                  ? DROP_ICMP_QUOTE
                                  : DROP_ICMP_TYPE);
    }
    frame_icmp(&f, ip4(0x7f000001), HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "",
               0);
    host_hear_silent_drop(&h, &f, DROP_IP_MARTIAN_SOURCE);
    frame_icmp(&f, PEER_IP, ip4(UINT32_MAX), (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "",
               0);
    host_hear_silent_drop(&h, &f, DROP_ICMP_BROADCAST);
    host_end(&h);
}
END_TEST

/* RFC 1122 3.2.2.6: what was asked for comes back, also where the way is narrower than we know. */
START_TEST(an_answer_has_the_df_of_the_question)
{
    struct icmp4_hdr echo = { .type = ICMP4_ECHO_REQUEST };
    const struct sent *s;
    uint16_t first_id;

    begin();
    frame_icmp(&f, PEER_IP, HOST_IP, echo, "whole", 5);
    frame_ip_at(&f)[6] |= 0x40;
    frame_fix_ip(&f);
    host_hear(&h, &f);
    s = host_sent(&h);
    ck_assert(s->ip.dont_frag && s->ip.id == 0); /* RFC 6864 4.1 */
    frame_icmp(&f, PEER_IP, HOST_IP, echo, "any", 3);
    frame_ip_at(&f)[6] = 0;
    frame_fix_ip(&f);
    host_hear(&h, &f);
    s = host_sent(&h);
    ck_assert(!s->ip.dont_frag);
    first_id = s->ip.id;
    host_hear(&h, &f);
    ck_assert_uint_ne(host_sent(&h)->ip.id, first_id);
    host_end(&h);
}
END_TEST

/* RFC 1122 3.2.2: no error to a source that is no single host. A switch may ask for members without
 * an address of its own (RFC 4541 2.1.1), but only a group. */
START_TEST(nobody_is_told_nothing)
{
    struct ip_hdr ip = { .dst = HOST_IP, .proto = IP_PROTO_IGMP };

    begin();
    frame_ip(&f, ip, "\x11\0\xee\xff\0\0\0", 8);
    host_hear_silent_drop(&h, &f, DROP_IP_MARTIAN_SOURCE);
    ip.dst = ip4(0xe0000001);
    frame_ip(&f, ip, "\x11\0\xee\xff\0\0\0", 8);
    frame_to_group(&f, ip.dst);
    host_hear_silent_drop(&h, &f, DROP_IP_NOT_FOR_US); /* it is in no groups */
    host_end(&h);
}
END_TEST

/* RFC 792: the header with its options, and 8 octets. RFC 1122 3.2.2: no type of service. */
START_TEST(port_unreachable_quotes_what_it_is_about)
{
    struct sk_addr from = { PEER_IP, 4000 };
    struct sk_addr to = { HOST_IP, 5000 };

    begin();
    for (size_t n = 0; n <= 40; n += 8) {
        for (size_t len = 0; len <= 9; len += 3) {
            const struct sent *s;
            size_t quoted = IPV4_HDR_LEN + n + 8;

            frame_udp(&f, from, to, "payloads", len < 8 ? len : 8);
            if (n > 0) {
                frame_open_options(&f, n);
            }
            frame_ip_at(&f)[1] = 0xb8;
            frame_fix_ip(&f);
            host_hear_drop(&h, &f, DROP_UDP_NO_SOCKET);
            s = host_sent(&h);
            ck_assert(s && s->icmp.type == ICMP4_UNREACHABLE &&
                      s->icmp.code == ICMP4_PORT_UNREACHABLE);
            ck_assert(s->icmp.id == 0 && s->icmp.seq == 0 && s->ip.tos == 0);
            ck_assert_uint_eq(s->payload_len, quoted);
            ck_assert_mem_eq(s->payload, frame_ip_at(&f), quoted);
            host_silent(&h);
        }
    }
    to.addr = ip4(0x0a0000ff);
    frame_udp(&f, from, to, "text", 4);
    host_hear_silent_drop(&h, &f, DROP_UDP_NO_SOCKET);
    host_end(&h);
}
END_TEST

/* The clock of a board begins at 0. */
START_TEST(errors_leave_in_the_first_second_of_the_clock)
{
    static _Alignas(16) uint8_t memory[1 << 18];
    struct sk_config config = { .size = sizeof(config) };
    struct sk_netif_config netif = { .name = "p", .addr = HOST_IP, .prefix_len = 24 };
    struct fake_link link;
    struct sk_iface *iface;

    ck_assert_uint_le(sk_iface_size(&config), sizeof(memory));
    fake_link_init(&link, LINK_IP, 1500);
    iface = sk_iface_init(&config, memory, sizeof(memory), 0);
    ck_assert_int_eq(sk_netif_add(iface, &link.link, &netif, 0, NULL), SK_OK);
    frame_udp(&f, (struct sk_addr){ PEER_IP, 9 }, (struct sk_addr){ HOST_IP, 9 }, "?", 1);
    fake_link_put(&link, frame_ip_at(&f), f.len - ETH_HDR_LEN);
    sk_iface_poll(iface, 0);
    ck_assert_ptr_nonnull(fake_link_sent(&link));
    fake_link_free(&link);
}
END_TEST

START_TEST(errors_are_rate_limited)
{
    int n;

    begin();
    for (int second = 0; second < 3; second++) {
        n = 0;
        for (int i = 0; i < 3 * CONFIG_ICMP_ERRORS_PER_SECOND; i++) {
            frame_udp(&f, (struct sk_addr){ PEER_IP, 4000 }, (struct sk_addr){ HOST_IP, 5000 }, "",
                      0);
            host_hear(&h, &f);
        }
        for (; host_sent(&h); n++) {
        }
        ck_assert_int_le(n, CONFIG_ICMP_ERRORS_PER_SECOND);
        ck_assert_int_ge(n, CONFIG_ICMP_ERRORS_PER_SECOND / 2);
        host_run(&h, h.now + millis(1010));
    }
    host_end(&h);
}
END_TEST

static const struct {
    uint8_t type;
    uint8_t code;
    enum sk_err err;
    bool hard;
} ERRORS[] = {
    { ICMP4_UNREACHABLE, ICMP4_NET_UNREACHABLE, SK_NET_UNREACHABLE, false },
    { ICMP4_UNREACHABLE, ICMP4_HOST_UNREACHABLE, SK_HOST_UNREACHABLE, false },
    { ICMP4_UNREACHABLE, ICMP4_PROTOCOL_UNREACHABLE, SK_REFUSED, true },
    { ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, SK_REFUSED, true },
    { ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, SK_MSG_SIZE, false },
    { ICMP4_UNREACHABLE, ICMP4_NET_PROHIBITED, SK_NET_UNREACHABLE, true },
    { ICMP4_UNREACHABLE, ICMP4_HOST_PROHIBITED, SK_HOST_UNREACHABLE, true },
    { ICMP4_UNREACHABLE, 12, SK_HOST_UNREACHABLE, false },
    { ICMP4_UNREACHABLE, ICMP4_PROHIBITED, SK_HOST_UNREACHABLE, true },
    { ICMP4_TIME_EXCEEDED, ICMP4_PROHIBITED, SK_HOST_UNREACHABLE, false },
    { ICMP4_PARAMETER, 0, SK_HOST_UNREACHABLE, false },
};

/* The error is heard from routers, from the peer, and from 127.0.0.1, as libslirp sends it. */
START_TEST(errors_about_datagrams)
{
    const struct ip_addr reporters[] = { GATE_IP, PEER_IP, ip4(0x7f000001) };

    for (size_t i = 0; i < sizeof(ERRORS) / sizeof(ERRORS[0]) * 3; i++) {
        const struct sent *s;
        sk_fd connected;
        sk_fd other;
        uint8_t octet;
        size_t len = 1;

        begin();
        connected = host_socket(&h, SK_DGRAM);
        other = host_socket(&h, SK_DGRAM);
        ck_assert_int_eq(sk_set_peer(h.iface, connected, (struct sk_addr){ PEER_IP, 9 }), SK_OK);
        ck_assert_int_eq(host_send(&h, connected, "text", 4, NOBODY), SK_OK);
        host_poll(&h);
        s = host_sent(&h);
        frame_icmp_error(&f, reporters[i % 3], ERRORS[i / 3].type, ERRORS[i / 3].code, s->ip_at,
                         IPV4_HDR_LEN + 8);
        host_hear_silent_drop(&h, &f, DROP_NONE);
        ck_assert_int_eq(host_recv(&h, connected, &octet, &len, NULL), ERRORS[i / 3].err);
        ck_assert_int_eq(host_recv(&h, connected, &octet, &len, NULL), SK_PENDING);
        /* A socket without a peer is told nothing: it could not know what the error is about. */
        ck_assert_int_eq(host_send(&h, other, "text", 4, (struct sk_addr){ PEER_IP, 9 }), SK_OK);
        host_poll(&h);
        s = host_sent(&h);
        frame_icmp_error(&f, reporters[i % 3], ERRORS[i / 3].type, ERRORS[i / 3].code, s->ip_at,
                         IPV4_HDR_LEN + 8);
        host_hear_silent_drop(&h, &f, DROP_ICMP_QUOTE);
        ck_assert_int_eq(host_recv(&h, other, &octet, &len, NULL), SK_PENDING);
        host_free(&h);
    }
}
END_TEST

/* A hard one ends a connection that is being opened, a soft one is told when time is up. */
START_TEST(errors_about_a_connection_that_is_opened)
{
    for (size_t i = 0; i < sizeof(ERRORS) / sizeof(ERRORS[0]); i++) {
        const struct sent *s;
        struct sk_op op;
        uint32_t seq;
        sk_fd fd;

        begin();
        fd = host_socket(&h, SK_STREAM);
        sk_op_connect(&op, fd, (struct sk_addr){ PEER_IP, 80 });
        ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
        host_poll(&h);
        s = host_sent(&h);
        seq = s->tcp.seq;
        frame_icmp_error(&f, ip4(0x7f000001), ERRORS[i].type, ERRORS[i].code, s->ip_at,
                         IPV4_HDR_LEN + 8);
        put_be32(frame_transport_at(&f) + ICMP4_HDR_LEN + IPV4_HDR_LEN + 4,
                 seq + 7); /* not in flight: a guess, RFC 5927 4 */
        frame_fix_transport(&f);
        host_hear_silent_drop(&h, &f, DROP_NONE);
        ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
        put_be32(frame_transport_at(&f) + ICMP4_HDR_LEN + IPV4_HDR_LEN + 4, seq);
        frame_fix_transport(&f);
        host_hear_silent_drop(&h, &f, DROP_NONE);
        ck_assert_int_eq(host_try(&h, &op), ERRORS[i].hard ? ERRORS[i].err : SK_PENDING);
        host_free(&h);
    }
}
END_TEST

/* Nor is one told of that the connection got over: of what it did not, silence is what it knows. */
START_TEST(an_error_before_the_last_progress_is_not_told)
{
    for (int progress = 0; progress < 2; progress++) {
        const struct sent *s;
        struct peer p;
        uint8_t octet;
        size_t len = 1;
        sk_fd fd;

        begin();
        peer_begin(&p, &h, 4000, 80);
        fd = peer_accepted(&p, host_listener(&h, 80, 1));
        ck_assert_int_eq(sk_set(h.iface, fd, SK_USER_TIMEOUT, 2000), SK_OK);
        ck_assert_int_eq(host_send(&h, fd, "x", 1, NOBODY), SK_OK);
        host_poll(&h);
        s = peer_expect(&p, TCP_ACK);
        frame_icmp_error(&f, GATE_IP, ICMP4_UNREACHABLE, ICMP4_HOST_UNREACHABLE, s->ip_at,
                         IPV4_HDR_LEN + 8);
        host_hear(&h, &f);
        if (progress) {
            peer_send(&p, TCP_ACK, NULL, 0);
            ck_assert_int_eq(host_send(&h, fd, "y", 1, NOBODY), SK_OK);
        }
        host_run(&h, h.now + seconds(3));
        ck_assert_int_eq(host_recv(&h, fd, &octet, &len, NULL),
                         progress ? SK_TIMED_OUT : SK_HOST_UNREACHABLE);
        host_free(&h);
    }
}
END_TEST

/* No ICMP error ends an established connection (RFC 5927 5.2). */
START_TEST(errors_about_an_established_connection)
{
    struct peer p;
    sk_fd fd;

    begin();
    peer_begin(&p, &h, 4000, 80);
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    for (size_t i = 0; i < sizeof(ERRORS) / sizeof(ERRORS[0]); i++) {
        const struct sent *s;

        ck_assert_int_eq(host_send(&h, fd, "x", 1, NOBODY), SK_OK);
        host_poll(&h);
        s = peer_expect(&p, TCP_ACK);
        frame_icmp_error(&f, GATE_IP, ERRORS[i].type, ERRORS[i].code, s->ip_at, IPV4_HDR_LEN + 8);
        host_hear_silent_drop(&h, &f, DROP_NONE);
        ck_assert_uint_eq(sk_readiness(h.iface, fd), SK_WRITABLE);
        peer_send(&p, TCP_ACK, NULL, 0);
    }
    peer_closes(&p, fd);
    host_free(&h);
}
END_TEST

START_TEST(quotes_that_are_cut_short_or_of_others)
{
    struct peer p;
    const struct sent *s;
    struct sk_op op;
    uint8_t quote[IPV4_HDR_LEN + 8];

    begin();
    peer_begin(&p, &h, 80, 5000);
    sk_op_connect(&op, host_bound(&h, SK_STREAM, 5000), p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    s = host_sent(&h);
    memcpy(quote, s->ip_at, sizeof(quote));
    for (size_t len = 0; len < sizeof(quote); len++) {
        frame_icmp_error(&f, GATE_IP, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, quote, len);
        host_hear_silent_drop(&h, &f, DROP_ICMP_QUOTE);
    }
    for (size_t at = 0; at < 24; at++) { /* version, protocol, addresses and ports */
        static const bool counts[24] = {
            [0] = true,  [6] = true,  [9] = true,  [12] = true, [13] = true,
            [14] = true, [15] = true, [16] = true, [17] = true, [18] = true,
            [19] = true, [20] = true, [21] = true, [22] = true, [23] = true
        };

        if (counts[at]) {
            quote[at] ^= at == 6 ? 1 : 0x21;
            frame_icmp_error(&f, GATE_IP, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, quote,
                             sizeof(quote));
            host_hear_silent_drop(&h, &f, DROP_ICMP_QUOTE);
            quote[at] ^= at == 6 ? 1 : 0x21;
        }
    }
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { echo_of_every_length,
                                   echo_through_the_gateway,
                                   an_answer_has_the_df_of_the_question,
                                   nobody_is_told_nothing,
                                   errors_leave_in_the_first_second_of_the_clock,
                                   messages_that_are_not_answered,
                                   port_unreachable_quotes_what_it_is_about,
                                   errors_are_rate_limited,
                                   errors_about_datagrams,
                                   errors_about_a_connection_that_is_opened,
                                   errors_about_an_established_connection,
                                   an_error_before_the_last_progress_is_not_told,
                                   quotes_that_are_cut_short_or_of_others,
                                   NULL };

    return suite_run("icmp", tests);
}

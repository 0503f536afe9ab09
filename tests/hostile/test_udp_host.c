/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows UDP of tests/hostile-inputs.tsv against a whole host: what a socket is given, what it is
 * not, and that nobody is told. The test is named by the row.
 */
#include <check.h>
#include <string.h>

#include "tests/support/frames.h"
#include "tests/support/suite.h"

#define FLOOD 1000000

static struct host h;
static struct frame f;
static sk_fd fd;

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
    fd = host_bound(&h, SK_DGRAM, 5000);
}

static void good(const void *text, size_t len)
{
    frame_udp(&f, peer(4000), us(5000), text, len);
}

static void expect_text(const void *text, size_t len)
{
    uint8_t octets[2048];
    size_t got = sizeof(octets);
    struct sk_addr from;

    EXPECT(host_recv(&h, fd, octets, &got, &from) == SK_OK);
    EXPECT(got == len && (len == 0 || memcmp(octets, text, len) == 0));
    EXPECT(sk_addr_equal(from, peer(4000)));
}

static void expect_nothing(void)
{
    uint8_t octet;
    size_t len = 1;

    EXPECT(host_recv(&h, fd, &octet, &len, NULL) == SK_PENDING);
    EXPECT((sk_readiness(h.iface, fd) & SK_READABLE) == 0);
}

static void end(void)
{
    expect_nothing();
    good("after", 5);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    expect_text("after", 5);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}

START_TEST(hostile_UDP_01_length_below_eight)
{
    begin();
    for (uint16_t len = 0; len < UDP_HDR_LEN; len++) {
        good("text", 4);
        put_be16(frame_transport_at(&f) + 4, len);
        put_be16(frame_transport_at(&f) + 6, 0);
        host_hear_silent_drop(&h, &f, DROP_UDP_LENGTH);
    }
    end();
}
END_TEST

START_TEST(hostile_UDP_02_length_beyond_the_packet)
{
    begin();
    for (unsigned len = UDP_HDR_LEN + 5; len <= 65535; len++) {
        good("text", 4);
        put_be16(frame_transport_at(&f) + 4, (uint16_t)len);
        put_be16(frame_transport_at(&f) + 6, 0);
        host_hear_silent_drop(&h, &f, DROP_UDP_LENGTH);
    }
    end();
}
END_TEST

START_TEST(hostile_UDP_03_length_below_the_packet)
{
    begin();
    for (uint16_t len = UDP_HDR_LEN; len <= UDP_HDR_LEN + 9; len++) {
        good("secrets..", 9);
        put_be16(frame_transport_at(&f) + 4, len);
        put_be16(frame_transport_at(&f) + 6, 0);
        host_hear_silent_drop(&h, &f, DROP_NONE);
        expect_text("secrets..", len - (size_t)UDP_HDR_LEN);
    }
    end();
}
END_TEST

START_TEST(hostile_UDP_04_checksum_zero)
{
    uint8_t text[2] = { 0 };
    const struct sent *s;

    begin();
    good("text", 4);
    put_be16(frame_transport_at(&f) + 6, 0);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    expect_text("text", 4);
    /* What is sent when the sum comes to zero: the text is the checksum that a text of zeros has.
     */
    ck_assert_int_eq(host_send(&h, fd, text, 2, peer(9)), SK_OK);
    host_poll(&h);
    s = host_sent(&h);
    ck_assert(s != NULL);
    memcpy(text, s->ip_at + IPV4_HDR_LEN + 6, 2);
    ck_assert_int_eq(host_send(&h, fd, text, 2, peer(9)), SK_OK);
    host_poll(&h);
    s = host_sent(&h);
    ck_assert(s && be16(s->ip_at + IPV4_HDR_LEN + 6) == 0xffff);
    end();
}
END_TEST

START_TEST(hostile_UDP_05_bit_flips)
{
    static const enum drop_reason allowed[] = { DROP_UDP_CHECKSUM, DROP_UDP_LENGTH };
    uint32_t n = 0;

    begin();
    good("text", 4);
    for (size_t bit = 0; bit < 8 * (UDP_HDR_LEN + 4); bit++) {
        good("text", 4);
        frame_transport_at(&f)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        host_hear(&h, &f);
        host_silent(&h);
        expect_nothing();
    }
    for (size_t i = 0; i < 2; i++) {
        n += host_drops(&h, allowed[i]);
    }
    ck_assert_uint_eq(n, 8 * (UDP_HDR_LEN + 4));
    end();
}
END_TEST

START_TEST(hostile_UDP_06_port_zero)
{
    begin();
    frame_udp(&f, peer(4000), us(0), "text", 4);
    host_hear_silent_drop(&h, &f, DROP_UDP_PORT);
    frame_udp(&f, peer(0), us(5001), "text", 4); /* nobody there, and nobody to tell */
    host_hear_silent_drop(&h, &f, DROP_UDP_NO_SOCKET);
    frame_udp(&f, peer(0), us(0), "text", 4);
    host_hear_silent_drop(&h, &f, DROP_UDP_PORT);
    end();
}
END_TEST

START_TEST(hostile_UDP_07_strangers)
{
    begin();
    ck_assert_int_eq(sk_set_peer(h.iface, fd, peer(4000)), SK_OK);
    frame_udp(&f, peer(4001), us(5000), "text", 4);
    host_hear_drop(&h, &f, DROP_UDP_NO_SOCKET);
    frame_udp(&f, (struct sk_addr){ ip4(0x0a000003), 4000 }, us(5000), "text", 4);
    host_hear(&h, &f);
    frame_udp(&f, (struct sk_addr){ FAR_IP, 4000 }, us(5000), "text", 4);
    host_hear_drop(&h, &f, DROP_UDP_NO_SOCKET);
    frame_udp(&f, peer(0), us(5000), "text", 4);
    host_hear_drop(&h, &f, DROP_UDP_NO_SOCKET);
    expect_nothing();
    host_forget(&h);
    end();
}
END_TEST

/* A host that puts no fragments together drops them; a datagram that came whole is cut to the
 * reader's buffer, and the reader is told. */
START_TEST(hostile_UDP_08_datagram_larger_than_the_buffer)
{
    uint8_t octets[10];
    struct sk_iov iov[2] = { { octets, 3 }, { octets + 3, 4 } };
    struct sk_op op;
    struct ip_hdr ip = { .src = PEER_IP, .dst = HOST_IP, .proto = IP_PROTO_UDP };

    begin();
    good("0123456789abcdef", 16);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    good("next", 4);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    for (int peek = 1; peek >= 0; peek--) {
        sk_op_recv(&op, fd, iov, 2, peek ? SK_OP_PEEK : 0);
        ck_assert_int_eq(host_try(&h, &op), SK_OK);
        ck_assert(op.len > 7 && op.done == 7);
        ck_assert_mem_eq(octets, "0123456", 7);
    }
    sk_op_recv(&op, fd, iov, 2, 0);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert(op.len == 4 && op.done == 4);
    ck_assert_mem_eq(octets, "next", 4);

    good("0123456789abcdef", 16);
    ip.more_frags = true;
    frame_ip(&f, ip, frame_transport_at(&f), 16);
    host_hear_silent_drop(&h, &f, DROP_IP_FRAGMENT);
    ip.more_frags = false;
    ip.frag_offset = 16;
    frame_ip(&f, ip, "89abcdef", 8);
    host_hear_silent_drop(&h, &f, DROP_IP_FRAGMENT);
    end();
}
END_TEST

START_TEST(hostile_UDP_09_flood)
{
    uint32_t n_queued;
    uint8_t octets[100] = { 0 };
    size_t len;

    begin();
    for (uint32_t i = 0; i < FLOOD; i++) {
        put_be32(octets, i);
        if (i < 1000) { /* the text tells old from new; the rest is all the same */
            good(octets, sizeof(octets));
        }
        fake_link_put(&h.link, f.at, f.len);
        sk_iface_poll(h.iface, h.now);
    }
    host_silent(&h);
    n_queued = sk_iface_stats(h.iface)->udp_rx;
    ck_assert_uint_eq(host_drops(&h, DROP_UDP_QUEUE_FULL), FLOOD - n_queued);
    ck_assert_uint_ge(n_queued, CONFIG_BUFFER_SIZE / 2 / sizeof(octets) / 2);
    ck_assert_uint_le(n_queued, CONFIG_BUFFER_SIZE / sizeof(octets));
    for (uint32_t i = 0; i < n_queued; i++) { /* the oldest are there, in order */
        len = sizeof(octets);
        ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
        ck_assert_uint_eq(be32(octets), i);
    }
    end();
}
END_TEST

START_TEST(hostile_UDP_10_empty_datagram)
{
    begin();
    good("", 0);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    good("next", 4);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    ck_assert_uint_ne(sk_readiness(h.iface, fd) & SK_READABLE, 0);
    ck_assert_uint_eq(sk_readiness(h.iface, fd) & (SK_PEER_CLOSED | SK_HANGUP), 0);
    expect_text("", 0);
    ck_assert_uint_ne(sk_readiness(h.iface, fd) & SK_READABLE, 0);
    expect_text("next", 4);
    good("", 0);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    expect_text("", 0);
    end();
}
END_TEST

START_TEST(hostile_UDP_11_multicast_source)
{
    static const uint32_t sources[] = { 0xe0000000, 0xe0000001, 0xe00000fb, 0xefffffff };

    begin();
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        for (uint16_t port = 5000; port <= 5001; port++) {
            frame_udp(&f, (struct sk_addr){ ip4(sources[i]), 4000 }, us(port), "text", 4);
            host_hear_silent_drop(&h, &f, DROP_IP_MARTIAN_SOURCE);
        }
    }
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { hostile_UDP_01_length_below_eight,
                                   hostile_UDP_02_length_beyond_the_packet,
                                   hostile_UDP_03_length_below_the_packet,
                                   hostile_UDP_04_checksum_zero,
                                   hostile_UDP_05_bit_flips,
                                   hostile_UDP_06_port_zero,
                                   hostile_UDP_07_strangers,
                                   hostile_UDP_08_datagram_larger_than_the_buffer,
                                   hostile_UDP_09_flood,
                                   hostile_UDP_10_empty_datagram,
                                   hostile_UDP_11_multicast_source,
                                   NULL };

    return suite_run("hostile_udp_host", tests);
}

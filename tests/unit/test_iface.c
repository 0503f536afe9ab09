/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host itself: what configurations are valid, that it stays in its memory, that it holds what
 * it was given, and what netifs it takes.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

#define GUARD 64
#define GUARD_OCTET 0xa7

static struct host h;

static struct sk_config usual(void)
{
    return (struct sk_config){ .size = sizeof(struct sk_config) };
}

static void is_refused(struct sk_config c)
{
    static _Alignas(16) uint8_t memory[1 << 20];

    ck_assert_uint_eq(sk_iface_size(&c), 0);
    ck_assert_ptr_null(sk_iface_init(&c, memory, sizeof(memory), 0));
}

START_TEST(configurations_that_are_not_valid)
{
    struct sk_config c = usual();

    ck_assert_uint_gt(sk_iface_size(&c), 0);
    c.size--;
    is_refused(c);
    c = usual();
    c.size = 0;
    is_refused(c);
    c = usual();
    c.packet_size = 100; /* RFC 1122 3.3.2: 576 octets have to fit */
    is_refused(c);
    c.packet_size = 70000;
    is_refused(c);
    c = usual();
    c.n_packets = 1;
    is_refused(c);
    c = usual();
    c.n_netifs = 256;
    is_refused(c);
    c = usual();
    c.n_neighbours = 256;
    is_refused(c);
    c = usual();
    c.buffers[0] = (struct sk_buffer_class){ 1000, 1 }; /* not a power of two */
    is_refused(c);
    c.buffers[0].size = 128;
    is_refused(c);
    c.buffers[0].size = 1024;
    c.buffers[1] = (struct sk_buffer_class){ 1024, 1 };
    is_refused(c);
    c.buffers[1].size = 512; /* not in order */
    is_refused(c);
    c.buffers[1].size = 2048;
    ck_assert_uint_gt(sk_iface_size(&c), 0);
}
END_TEST

/* Numbers that no handle, or no memory, could hold: refused, and neither wrapped nor looped over.
 */
START_TEST(hostile_MEM_01_configurations_that_are_absurd)
{
    static const uint32_t absurd[] = { UINT32_MAX, UINT32_MAX / 2 + 2, 1u << 31 };

    for (size_t i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
        struct sk_config c = usual();

        c.n_tcp = absurd[i];
        is_refused(c);
        c = usual();
        c.n_udp = absurd[i];
        is_refused(c);
        c = usual();
        c.n_listeners = absurd[i];
        is_refused(c);
        c = usual();
        c.n_queries = absurd[i];
        is_refused(c);
    }
}
END_TEST

START_TEST(memory_that_is_too_small_or_missing)
{
    struct sk_config c = usual();
    size_t len = sk_iface_size(&c);
    void *memory = aligned_alloc(16, (len + 15) & ~(size_t)15);

    ck_assert_ptr_null(sk_iface_init(&c, NULL, len, 0));
    ck_assert_ptr_null(sk_iface_init(&c, memory, len - 1, 0));
    ck_assert_ptr_null(sk_iface_init(&c, memory, 0, 0));
    ck_assert_ptr_nonnull(sk_iface_init(&c, memory, len, 0));
    free(memory);
}
END_TEST

/* Uses all there is of every kind: records, buffers, packets, neighbours. */
static void use_everything(struct sk_iface *iface, struct fake_link *link, instant now)
{
    static uint8_t text[300];
    struct sk_iov iov = { text, sizeof(text) };
    struct sk_op op;
    sk_fd fd;

    memset(text, 0x55, sizeof(text));
    link->keep = true;
    for (uint32_t i = 0; sk_socket(iface, SK_DGRAM, &fd) == SK_OK; i++) {
        for (int n = 0; n < 40; n++) {
            sk_op_send(&op, fd, &iov, 1, (struct sk_addr){ ip4(0xffffffff), 9 }, 0);
            op.poll(&op, iface, now);
            sk_op_send(&op, fd, &iov, 1, (struct sk_addr){ ip4(0x0a000010 + i), 9 }, 0);
            op.poll(&op, iface, now);
        }
    }
    for (uint32_t i = 0; sk_socket(iface, SK_STREAM, &fd) == SK_OK; i++) {
        struct sk_iov room[2];

        sk_op_connect(&op, fd, (struct sk_addr){ ip4(0x0a000080 + i), 80 });
        op.poll(&op, iface, now);
        if (sk_send_reserve(iface, fd, room) == SK_OK) {
            memset(room[0].base, 0x55, room[0].len);
        }
        if (i % 4 == 0 && sk_socket(iface, SK_STREAM, &fd) == SK_OK) {
            sk_listen(iface, fd, 4, now);
        }
    }
    for (int i = 0; i < 10; i++) {
        sk_iface_poll(iface, now + millis(500) * i);
    }
}

START_TEST(it_stays_in_its_memory)
{
    for (uint32_t i = 0; i < 40; i++) {
        struct sk_config c = usual();
        struct sk_netif_config netif = { .name = "n", .addr = HOST_IP, .prefix_len = 24 };
        struct fake_link link;
        struct sk_iface *iface;
        uint8_t *memory;
        size_t len;

        c.n_tcp = 1 + i % 5;
        c.n_udp = 1 + i % 3;
        c.n_listeners = 1 + i % 2;
        c.n_packets = 2 + i % 7;
        c.n_neighbours = 1 + i % 4;
        c.packet_size = 600 + i;
        c.n_queries = 1 + i % 3;
        c.buffers[0] = (struct sk_buffer_class){ 256, 3 + i % 3 };
        c.buffers[2] = (struct sk_buffer_class){ 1024, 1 + i % 5 };
        len = sk_iface_size(&c);
        memory = aligned_alloc(16, (GUARD + len + GUARD + 15) & ~(size_t)15);
        memset(memory, GUARD_OCTET, GUARD + len + GUARD);
        iface = sk_iface_init(&c, memory + GUARD, len, 0);
        ck_assert_ptr_nonnull(iface);
        fake_link_init(&link, LINK_ETHERNET, 500);
        ck_assert_int_eq(sk_netif_add(iface, &link.link, &netif, 0, NULL), SK_OK);
        use_everything(iface, &link, 1000);
        for (size_t at = 0; at < GUARD; at++) {
            EXPECT(memory[at] == GUARD_OCTET && memory[GUARD + len + at] == GUARD_OCTET);
        }
        fake_link_free(&link);
        free(memory);
    }
}
END_TEST

/* Each number is what the host then has. */
START_TEST(it_holds_what_was_configured)
{
    struct host_setup setup = { .config = { .n_tcp = 5, .n_udp = 6, .n_listeners = 3 } };
    uint32_t n_streams = 0;
    uint32_t n_listeners = 0;
    sk_fd fd;

    host_begin(&h, &setup);
    while (sk_socket(h.iface, SK_STREAM, &fd) == SK_OK) {
        n_streams++;
        if (n_listeners < 3) {
            ck_assert_int_eq(sk_listen(h.iface, fd, 1, h.now), SK_OK);
            n_listeners++;
        }
    }
    ck_assert_uint_eq(n_streams, 5 + 3);
    host_free(&h);
}
END_TEST

START_TEST(netifs_that_are_not_taken)
{
    /* Network, broadcasts, a group, the loopback, class E, this network. */
    static const uint32_t nobodys[] = { 0x0a000000, 0x0a0000ff, UINT32_MAX, 0xe0000001,
                                        0x7f000005, 0xf0000001, 0x00000001 };
    struct sk_netif_config good = { .name = "n", .addr = HOST_IP, .prefix_len = 24 };
    struct sk_netif_config c = good;
    struct host_setup setup = { .no_netif = true };
    struct fake_link bare;
    uint8_t ifindex = 0;

    host_begin(&h, &setup);
    ck_assert(!sk_iface_configured(h.iface));
    ck_assert_int_eq(sk_netif_add(h.iface, NULL, &good, h.now, NULL), SK_INVALID);
    c.prefix_len = 0;
    ck_assert_int_eq(sk_netif_add(h.iface, &h.link.link, &c, h.now, NULL), SK_INVALID);
    c.prefix_len = 33;
    ck_assert_int_eq(sk_netif_add(h.iface, &h.link.link, &c, h.now, NULL), SK_INVALID);
    for (size_t i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++) {
        c = good;
        c.addr = ip4(nobodys[i]);
        ck_assert_int_eq(sk_netif_add(h.iface, &h.link.link, &c, h.now, NULL), SK_INVALID);
    }
    c = good;
    c.gateway = c.addr;
    ck_assert_int_eq(sk_netif_add(h.iface, &h.link.link, &c, h.now, NULL), SK_INVALID);
    c.gateway = ip4(UINT32_MAX);
    ck_assert_int_eq(sk_netif_add(h.iface, &h.link.link, &c, h.now, NULL), SK_INVALID);
    c.gateway = ip4(0);
    c.gateway2 = GATE_IP; /* in the place of none */
    ck_assert_int_eq(sk_netif_add(h.iface, &h.link.link, &c, h.now, NULL), SK_INVALID);
    c.gateway = GATE_IP;
    c.gateway2 = c.addr;
    ck_assert_int_eq(sk_netif_add(h.iface, &h.link.link, &c, h.now, NULL), SK_INVALID);
    c = good;
    c.mtu = 67;
    ck_assert_int_eq(sk_netif_add(h.iface, &h.link.link, &c, h.now, NULL), SK_INVALID);
    c = good;
    c.host_name = "two..dots";
    ck_assert_int_eq(sk_netif_add(h.iface, &h.link.link, &c, h.now, NULL), SK_INVALID);
    fake_link_init(&bare, LINK_IP, 1500);
    c = good;
    c.addr = ip4(0); /* DHCP needs a link with addresses */
    ck_assert_int_eq(sk_netif_add(h.iface, &bare.link, &c, h.now, NULL), SK_INVALID);
    bare.link.mtu = 60;
    ck_assert_int_eq(sk_netif_add(h.iface, &bare.link, &good, h.now, NULL), SK_INVALID);
    ck_assert(!sk_iface_configured(h.iface));
    ck_assert_int_eq(sk_netif_add(h.iface, &h.link.link, &good, h.now, &ifindex), SK_OK);
    ck_assert_uint_eq(ifindex, 2);
    ck_assert(sk_iface_configured(h.iface));
    bare.link.mtu = 1500;
    ck_assert_int_eq(sk_netif_add(h.iface, &bare.link, &good, h.now, NULL), SK_NO_SOCKETS);
    host_end(&h);
}
END_TEST

START_TEST(what_is_told_about_netifs)
{
    struct ip_addr addr;

    host_begin(&h, NULL);
    ck_assert_int_eq(sk_netif_addr(h.iface, 1, &addr), SK_OK);
    ck_assert(ip_equal(addr, ip4(0x7f000001)));
    ck_assert_int_eq(sk_netif_addr(h.iface, 2, &addr), SK_OK);
    ck_assert(ip_equal(addr, HOST_IP));
    ck_assert_int_eq(sk_netif_addr(h.iface, 0, &addr), SK_INVALID);
    ck_assert_int_eq(sk_netif_addr(h.iface, 3, &addr), SK_INVALID);
    ck_assert_ptr_null(sk_netif_link(h.iface, 0));
    ck_assert_ptr_nonnull(sk_netif_link(h.iface, 1));
    ck_assert_ptr_eq(sk_netif_link(h.iface, 2), &h.link.link);
    ck_assert_ptr_null(sk_netif_link(h.iface, 3));
    host_end(&h);
}
END_TEST

START_TEST(what_a_netif_has_and_can)
{
    const struct host_setup multicast = { .config.multicast = &sk_multicast };
    struct sk_netif_info info;

    host_begin(&h, NULL);
    ck_assert_int_eq(sk_netif_get(h.iface, 0, &info), SK_INVALID);
    ck_assert_int_eq(sk_netif_get(h.iface, 1, &info), SK_OK);
    ck_assert_str_eq(info.name, "lo");
    ck_assert_ptr_null(info.host_name);
    ck_assert(ip_equal(info.addr, ip4(0x7f000001)));
    ck_assert_uint_eq(info.prefix_len, 8);
    ck_assert(info.loopback && !info.ethernet && !info.multicast);

    ck_assert_int_eq(sk_netif_get(h.iface, 2, &info), SK_OK);
    ck_assert_str_eq(info.name, "eth0");
    ck_assert(ip_equal(info.addr, HOST_IP));
    ck_assert_uint_eq(info.prefix_len, 24);
    ck_assert_uint_eq(info.mtu, 1500);
    ck_assert(!info.loopback && info.ethernet);
    ck_assert_mem_eq(info.mac, h.link.link.mac.b, sizeof(info.mac));
    ck_assert_int_eq(sk_netif_get(h.iface, 3, &info), SK_INVALID);
    host_end(&h);

    host_begin(&h, &multicast);
    ck_assert_int_eq(sk_netif_get(h.iface, 2, &info), SK_OK);
    ck_assert(info.multicast);
    host_free(&h);
}
END_TEST

START_TEST(what_a_netif_has_before_it_has_an_address)
{
    const struct sk_netif_config dhcp = { .name = "eth0", .host_name = "board" };
    const struct host_setup no_netif = { .no_netif = true };
    struct sk_netif_info info;

    host_begin(&h, &no_netif);
    ck_assert_int_eq(sk_netif_add(h.iface, &h.link.link, &dhcp, h.now, NULL), SK_OK);
    ck_assert_int_eq(sk_netif_get(h.iface, 2, &info), SK_OK);
    ck_assert_str_eq(info.host_name, "board");
    ck_assert(ip_is_unspecified(info.addr));
    ck_assert_uint_eq(info.prefix_len, 0);
    host_free(&h);
}
END_TEST

START_TEST(the_books)
{
    const struct sk_stats *stats;
    static struct frame f;

    host_begin(&h, NULL);
    host_meet(&h);
    stats = sk_iface_stats(h.iface);
    ck_assert_uint_eq(stats->rx_packets, 2);
    ck_assert_uint_eq(stats->tx_packets, 2);
    ck_assert_uint_eq(stats->rx_octets, 2 * (ETH_HDR_LEN + ARP_LEN));
    ck_assert_uint_eq(stats->tx_octets, 2 * ETH_MIN_LEN);
    frame_raw(&f, 0x1234, "", 0);
    host_hear_silent_drop(&h, &f, DROP_ETH_TYPE); /* counted, though dropped */
    ck_assert_uint_eq(stats->rx_packets, 3);
    ck_assert_uint_eq(h.traced_rx, 3);
    ck_assert_uint_eq(h.traced_tx, 2);
    host_end(&h);
}
END_TEST

/* A link that has no room: what waits is sent when it has, once, and nobody spins. */
START_TEST(a_link_that_is_full)
{
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    fd = host_bound(&h, SK_DGRAM, 5000);
    h.link.refuse = true;
    ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ PEER_IP, 9 }), SK_OK);
    host_poll(&h);
    ck_assert(!sk_iface_poll(h.iface, h.now));
    ck_assert_int_gt(sk_iface_poll_at(h.iface, h.now), h.now);
    host_silent(&h);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK); /* it is still sent */
    h.link.refuse = false;
    host_poll(&h);
    ck_assert_ptr_nonnull(host_sent(&h));
    host_silent(&h);
    host_end(&h);
}
END_TEST

/* What a program gave the stack leaves, and what a link has is left there. */
START_TEST(a_poll_that_only_sends)
{
    static struct frame f;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    fd = host_bound(&h, SK_DGRAM, 5000);
    frame_udp(&f, (struct sk_addr){ PEER_IP, 9 }, (struct sk_addr){ HOST_IP, 5000 }, "in", 2);
    fake_link_put(&h.link, f.at, f.len);
    ck_assert_int_eq(host_send(&h, fd, "out", 3, (struct sk_addr){ PEER_IP, 9 }), SK_OK);
    ck_assert(sk_iface_poll_egress(h.iface, h.now));
    ck_assert_ptr_nonnull(host_sent(&h));
    ck_assert_uint_eq(sk_readiness(h.iface, fd) & SK_READABLE, 0);
    ck_assert(!sk_iface_poll_egress(h.iface, h.now));
    ck_assert(sk_iface_poll(h.iface, h.now));
    ck_assert_uint_ne(sk_readiness(h.iface, fd) & SK_READABLE, 0);
    host_silent(&h);
    host_free(&h);
}
END_TEST

START_TEST(what_a_host_sends_to_itself_needs_no_other_poll)
{
    struct sk_addr self = { ip4(0x7f000001), 5000 };
    sk_fd fd;

    host_begin(&h, NULL);
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, self), SK_OK);
    ck_assert(sk_iface_poll_egress(h.iface, h.now));
    ck_assert_uint_ne(sk_readiness(h.iface, fd) & SK_READABLE, 0);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { configurations_that_are_not_valid,
                                   hostile_MEM_01_configurations_that_are_absurd,
                                   memory_that_is_too_small_or_missing,
                                   it_stays_in_its_memory,
                                   it_holds_what_was_configured,
                                   netifs_that_are_not_taken,
                                   what_is_told_about_netifs,
                                   what_a_netif_has_and_can,
                                   what_a_netif_has_before_it_has_an_address,
                                   the_books,
                                   a_link_that_is_full,
                                   a_poll_that_only_sends,
                                   what_a_host_sends_to_itself_needs_no_other_poll,
                                   NULL };

    return suite_run("iface", tests);
}

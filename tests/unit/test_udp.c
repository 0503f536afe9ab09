/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagram sockets through the asynchronous API: peers, which of several sockets is meant, queues
 * of every fill, and what interrupts post.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/frames.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

static struct host h;
static struct frame f;

static struct sk_addr peer(uint16_t port)
{
    return (struct sk_addr){ PEER_IP, port };
}

static void begin(void)
{
    host_begin(&h, NULL);
    host_meet(&h);
}

static void hear(struct sk_addr from, struct ip_addr to, uint16_t port, const char *text)
{
    frame_udp(&f, from, (struct sk_addr){ to, port }, text, strlen(text));
    host_hear(&h, &f);
}

static bool got(sk_fd fd, const char *text)
{
    char octets[64] = "";
    size_t len = sizeof(octets) - 1;

    return host_recv(&h, fd, octets, &len, NULL) == SK_OK && strcmp(octets, text) == 0;
}

static bool got_nothing(sk_fd fd)
{
    char octet;
    size_t len = 1;

    return host_recv(&h, fd, &octet, &len, NULL) == SK_PENDING;
}

/* Its peer, else its address, else all of ours: the most specific socket is meant. */
START_TEST(the_most_specific_socket)
{
    sk_fd fds[3];

    begin();
    for (int i = 0; i < 3; i++) {
        fds[i] = host_socket(&h, SK_DGRAM);
        ck_assert_int_eq(sk_set(h.iface, fds[i], SK_REUSEADDR, 1), SK_OK);
        ck_assert_int_eq(sk_bind(h.iface, fds[i], (struct sk_addr){ i ? HOST_IP : ip4(0), 5000 }),
                         SK_OK);
    }
    ck_assert_int_eq(sk_set_peer(h.iface, fds[2], peer(4000)), SK_OK);
    hear(peer(4000), HOST_IP, 5000, "peer");
    hear(peer(4001), HOST_IP, 5000, "address");
    hear(peer(4000), ip4(UINT32_MAX), 5000, "any");
    ck_assert(got(fds[2], "peer") && got(fds[1], "address") && got(fds[0], "any"));
    for (int i = 0; i < 3; i++) {
        ck_assert(got_nothing(fds[i]));
        ck_assert_int_eq(sk_close(h.iface, fds[i], h.now), SK_OK);
    }
    host_end(&h);
}
END_TEST

/* Whichever was bound first. */
START_TEST(a_bound_address_is_more_specific_than_all)
{
    for (int first = 0; first < 2; first++) {
        sk_fd fds[2];

        begin();
        for (int i = 0; i < 2; i++) {
            fds[i] = host_socket(&h, SK_DGRAM);
            ck_assert_int_eq(sk_set(h.iface, fds[i], SK_REUSEADDR, 1), SK_OK);
            ck_assert_int_eq(
                sk_bind(h.iface, fds[i], (struct sk_addr){ i == first ? HOST_IP : ip4(0), 5000 }),
                SK_OK);
        }
        hear(peer(4000), HOST_IP, 5000, "text");
        ck_assert(got(fds[first], "text") && got_nothing(fds[1 - first]));
        host_free(&h);
    }
}
END_TEST

/* But not for one that has a peer, or another address or port; and a full queue is its own affair.
 */
START_TEST(a_broadcast_is_for_every_socket)
{
    static const uint32_t to[] = { UINT32_MAX, 0x0a0000ff, 0x0affffff };
    sk_fd fds[5];

    for (size_t t = 0; t < 3; t++) {
        begin();
        for (int i = 0; i < 5; i++) {
            fds[i] = host_socket(&h, SK_DGRAM);
            ck_assert_int_eq(sk_set(h.iface, fds[i], SK_REUSEADDR, 1), SK_OK);
            ck_assert_int_eq(sk_bind(h.iface, fds[i],
                                     (struct sk_addr){ i == 2 ? HOST_IP : ip4(0),
                                                       (uint16_t)(i == 3 ? 5001 : 5000) }),
                             SK_OK);
        }
        ck_assert_int_eq(sk_set_peer(h.iface, fds[4], peer(4001)), SK_OK);
        hear(peer(4000), ip4(to[t]), 5000, "all");
        ck_assert_uint_eq(sk_iface_stats(h.iface)->udp_rx, 2);
        ck_assert(got(fds[0], "all") && got(fds[1], "all"));
        ck_assert(got_nothing(fds[2]) && got_nothing(fds[3]) && got_nothing(fds[4]));
        while (host_drops(&h, DROP_UDP_QUEUE_FULL) < 2) {
            hear(peer(4000), ip4(to[t]), 5000, "more");
            ck_assert(got(fds[1], "more"));
        }
        ck_assert(got(fds[0], "more"));
        host_free(&h);
    }
}
END_TEST

/* Who has no use for DHCP may use its port. */
START_TEST(without_dhcp_its_port_is_like_others)
{
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 68);
    hear(peer(67), HOST_IP, 68, "text");
    ck_assert(got(fd, "text"));
    host_free(&h);
}
END_TEST

START_TEST(a_peer_is_set_changed_and_taken_away)
{
    struct sk_addr addr;
    sk_fd fd;

    begin();
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(sk_remote(h.iface, fd, &addr), SK_NOT_CONNECTED);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, peer(0)), SK_INVALID);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, peer(4000)), SK_OK);
    ck_assert_int_eq(sk_remote(h.iface, fd, &addr), SK_OK);
    ck_assert(sk_addr_equal(addr, peer(4000)));
    ck_assert_int_eq(sk_local(h.iface, fd, &addr), SK_OK);
    ck_assert(ip_equal(addr.addr, HOST_IP) && addr.port >= 32768);
    hear(peer(4000), HOST_IP, addr.port, "peer");
    hear(peer(4001), HOST_IP, addr.port, "stranger");
    ck_assert(got(fd, "peer") && got_nothing(fd));
    ck_assert_int_eq(sk_set_peer(h.iface, fd, peer(4001)), SK_OK);
    hear(peer(4000), HOST_IP, addr.port, "stranger");
    hear(peer(4001), HOST_IP, addr.port, "peer");
    ck_assert(got(fd, "peer") && got_nothing(fd));
    ck_assert_int_eq(host_send(&h, fd, "x", 1, NOBODY), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, "y", 1, peer(9)), SK_OK); /* and to others as well */
    ck_assert_int_eq(sk_set_peer(h.iface, fd, NOBODY), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, NOBODY), SK_NEED_DEST);
    ck_assert_int_eq(sk_remote(h.iface, fd, &addr), SK_NOT_CONNECTED);
    ck_assert_int_eq(sk_local(h.iface, fd, &addr), SK_OK);
    hear(peer(4000), HOST_IP, addr.port, "anybody");
    ck_assert(got(fd, "anybody"));
    ck_assert_int_eq(sk_set_peer(h.iface, fd, (struct sk_addr){ ip4(0), 4000 }), SK_OK);
    ck_assert_int_eq(sk_remote(h.iface, fd, &addr), SK_NOT_CONNECTED); /* whatever the port */
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

static void told(sk_fd fd, uint32_t readiness)
{
    struct sk_event event = { .fd = SK_FD_NONE };

    ck_assert_uint_eq(sk_iface_ready(h.iface, &event, 1), 1);
    ck_assert_uint_eq(event.fd, fd);
    ck_assert_uint_eq(event.readiness, readiness);
}

START_TEST(directions_are_shut_for_a_peer)
{
    struct sk_addr addr;
    char octet;
    size_t len = 1;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, peer(4000)), SK_OK);
    ck_assert_int_eq(sk_local(h.iface, fd, &addr), SK_OK);
    hear(peer(4000), HOST_IP, addr.port, "queued");
    told(fd, SK_READABLE | SK_WRITABLE);
    ck_assert_int_eq(sk_shutdown(h.iface, fd, SK_SHUT_RD, h.now), SK_OK);
    told(fd, SK_READABLE | SK_WRITABLE | SK_PEER_CLOSED);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, NOBODY), SK_OK);
    ck_assert_int_eq(sk_shutdown(h.iface, fd, SK_SHUT_WR, h.now), SK_OK);
    told(fd, SK_READABLE | SK_WRITABLE | SK_PEER_CLOSED | SK_HANGUP);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, NOBODY), SK_PIPE);
    ck_assert_int_eq(sk_udp_post(h.iface, fd, "x", 1, NOBODY), SK_PIPE);
    ck_assert(got(fd, "queued"));
    ck_assert_int_eq(host_recv(&h, fd, &octet, &len, NULL), SK_OK);
    ck_assert_uint_eq(len, 0);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

START_TEST(without_a_peer_a_shutdown_fails_and_ends_the_waits)
{
    char octet;
    size_t len = 1;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(host_recv(&h, fd, &octet, &len, NULL), SK_PENDING);
    ck_assert_int_eq(sk_shutdown(h.iface, fd, SK_SHUT_RD, h.now), SK_NOT_CONNECTED);
    told(fd, SK_READABLE | SK_WRITABLE | SK_PEER_CLOSED);
    ck_assert_int_eq(host_recv(&h, fd, &octet, &len, NULL), SK_OK);
    ck_assert_uint_eq(len, 0);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

START_TEST(destinations_that_are_none)
{
    struct host_setup alone = { .netif = { .addr = HOST_IP, .prefix_len = 24 } };
    sk_fd fd;

    host_begin(&h, &alone);
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, NOBODY), SK_NEED_DEST);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, peer(0)), SK_INVALID);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, (struct sk_addr){ FAR_IP, 9 }), SK_NET_UNREACHABLE);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, (struct sk_addr){ FAR_IP, 9 }), SK_NET_UNREACHABLE);
    host_poll(&h);
    host_silent(&h);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* What was written leaves, though the socket is closed at once. */
/* More than there can be is no wrapped sum. */
START_TEST(lengths_whose_sum_wraps)
{
    char text[4] = "text";
    struct sk_iov iov[] = { { text, 4 }, { text, SIZE_MAX } };
    struct sk_op op;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    sk_op_send(&op, fd, iov, 2, peer(9), 0);
    ck_assert_int_eq(host_try(&h, &op), SK_MSG_SIZE);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

START_TEST(close_sends_what_is_queued)
{
    sk_fd fd;

    begin();
    fd = host_socket(&h, SK_DGRAM);
    for (int i = 0; i < 2 * CONFIG_TCP_BURST + 1; i++) { /* in several turns */
        ck_assert_int_eq(host_send(&h, fd, "text", 4, peer(9)), SK_OK);
    }
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    for (int i = 0; i < 2 * CONFIG_TCP_BURST + 1; i++) {
        ck_assert_ptr_nonnull(host_sent(&h));
    }
    host_silent(&h);
    host_end(&h);
}
END_TEST

/*
 * An empty queue takes every datagram that the queue could hold, wherever its beginning came to lie
 * in memory: a program that sends and receives them one at a time never waits or loses one.
 */
START_TEST(one_datagram_at_a_time_always_fits)
{
    static uint8_t text[9000];
    struct host_setup setup = { .mtu = 9000, .config = { .packet_size = 9100 } };
    uint64_t state = seed_start();
    sk_fd fd;
    sk_fd to;

    setup.config.rcvbuf = 8192;
    setup.config.sndbuf = 8192;
    setup.config.buffers[0] = (struct sk_buffer_class){ 8192, 6 };
    host_begin(&h, &setup);
    to = host_bound(&h, SK_DGRAM, 5000);
    fd = host_socket(&h, SK_DGRAM);
    for (int i = 0; i < 5000; i++) {
        size_t len = random_below(&state, 8000);
        size_t n = sizeof(text);

        EXPECT(host_send(&h, fd, text, len, (struct sk_addr){ ip4(0x7f000001), 5000 }) == SK_OK);
        host_poll(&h);
        EXPECT(host_recv(&h, to, text, &n, NULL) == SK_OK);
        EXPECT(n == len);
    }
    ck_assert_int_eq(host_send(&h, fd, text, 8192, (struct sk_addr){ ip4(0x7f000001), 5000 }),
                     SK_MSG_SIZE);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    ck_assert_int_eq(sk_close(h.iface, to, h.now), SK_OK);
    host_end(&h);
}
END_TEST

START_TEST(what_an_interrupt_posts)
{
    const struct sent *s;
    sk_fd fd;
    int n = 0;

    begin();
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(sk_udp_post(h.iface, fd, "x", 1, peer(9)), SK_INVALID); /* not bound */
    ck_assert_int_eq(sk_bind(h.iface, fd, NOBODY), SK_OK);
    ck_assert_int_eq(sk_udp_post(h.iface, fd, "x", 1, NOBODY), SK_NEED_DEST);
    ck_assert_int_gt(sk_iface_poll_at(h.iface, h.now), h.now);
    while (sk_udp_post(h.iface, fd, "posted", 6, peer(9)) == SK_OK) {
        n++;
    }
    ck_assert_int_eq(sk_udp_post(h.iface, fd, "posted", 6, peer(9)), SK_AGAIN);
    ck_assert_int_ge(n, 10);
    ck_assert_int_eq(sk_iface_poll_at(h.iface, h.now), h.now);
    host_poll(&h);
    while ((s = host_sent(&h)) != NULL) {
        ck_assert(s->payload_len == 6 && memcmp(s->payload, "posted", 6) == 0);
        n--;
    }
    ck_assert_int_eq(n, 0);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, peer(10)), SK_OK);
    ck_assert_int_eq(sk_udp_post(h.iface, fd, "peer", 4, NOBODY), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(host_sent(&h)->udp.dst_port, 10);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* Up to what any netif could send; the rest is found out when the way is known. */
START_TEST(an_interrupt_posts_nothing_that_is_too_long)
{
    static uint8_t text[70000];
    struct host_setup setup = { .config = { .packet_size = 16 + 2000 } };
    sk_fd fd;

    setup.config.sndbuf = setup.config.rcvbuf = 131072;
    setup.config.buffers[0] = (struct sk_buffer_class){ 131072, 4 };
    host_begin(&h, &setup);
    host_meet(&h);
    fd = host_bound(&h, SK_DGRAM, 0);
    ck_assert_int_eq(sk_udp_post(h.iface, fd, text, 65541, peer(9)), SK_MSG_SIZE);
    ck_assert_int_eq(sk_udp_post(h.iface, fd, text, 2000 - 27, peer(9)), SK_MSG_SIZE);
    host_poll(&h);
    host_silent(&h);
    ck_assert_int_eq(sk_udp_post(h.iface, fd, text, 2000 - 28, peer(9)), SK_OK);
    host_poll(&h);
    host_silent(&h);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_MSG_SIZE);
    ck_assert_int_eq(sk_udp_post(h.iface, fd, text, 1472, peer(9)), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(host_sent(&h)->payload_len, 1472);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* Nor one that the socket's queue could never hold, which would be SK_AGAIN for ever. */
START_TEST(an_interrupt_posts_nothing_longer_than_the_queue)
{
    static uint8_t text[1400];
    struct host_setup setup = { .config = { .buffers = { { 1024, 4 } } } };
    sk_fd fd;

    setup.config.sndbuf = setup.config.rcvbuf = 1024;
    host_begin(&h, &setup);
    host_meet(&h);
    fd = host_bound(&h, SK_DGRAM, 0);
    ck_assert_int_eq(sk_udp_post(h.iface, fd, text, sizeof(text), peer(9)), SK_MSG_SIZE);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

static sk_fd interrupted;
static int n_interrupts;

/* While a frame is handed to the chip, the chip's interrupt posts to the same socket. */
static void interrupt(void *context)
{
    (void)context;
    if (n_interrupts > 0) {
        n_interrupts--;
        sk_udp_post(h.iface, interrupted, "late", 4, peer(9));
    }
}

/* What is posted while the poll sends leaves in the same poll or the next, and a socket that is
 * closed and used again in between leaves no trace. */
START_TEST(an_interrupt_while_the_poll_sends)
{
    begin();
    h.link.on_tx = interrupt;
    for (int i = 0; i < 50; i++) {
        sk_fd others[2];
        int n = 0;

        interrupted = host_bound(&h, SK_DGRAM, 0);
        others[0] = host_bound(&h, SK_DGRAM, 0);
        n_interrupts = 1;
        ck_assert_int_eq(host_send(&h, interrupted, "text", 4, peer(9)), SK_OK);
        sk_iface_poll(h.iface, h.now);
        ck_assert_int_eq(sk_close(h.iface, interrupted, h.now), SK_OK);
        others[1] = host_bound(&h, SK_DGRAM, 0); /* in its place */
        ck_assert_int_eq(sk_udp_post(h.iface, others[0], "more", 4, peer(9)), SK_OK);
        ck_assert_int_eq(sk_udp_post(h.iface, others[1], "more", 4, peer(9)), SK_OK);
        host_poll(&h);
        for (const struct sent *s; (s = host_sent(&h)) != NULL; n++) {
        }
        ck_assert_int_eq(n, 4);
        ck_assert_int_eq(sk_close(h.iface, others[0], h.now), SK_OK);
        ck_assert_int_eq(sk_close(h.iface, others[1], h.now), SK_OK);
        host_poll(&h);
    }
    host_end(&h);
}
END_TEST

/* Before DHCP has an address for us nobody but DHCP is let in (RFC 2131 4.1). */
START_TEST(strange_datagrams_while_there_is_no_address)
{
    struct host_setup setup = { .dhcp = true };
    sk_fd fd;

    host_begin(&h, &setup);
    host_poll(&h);
    host_forget(&h);
    fd = host_bound(&h, SK_DGRAM, 5000);
    frame_udp(&f, peer(4000), (struct sk_addr){ ip4(0x01020304), 5000 }, "text", 4);
    host_hear_silent_drop(&h, &f, DROP_IP_NOT_FOR_US);
    frame_udp(&f, peer(67), (struct sk_addr){ ip4(0xe0000001), 5000 }, "text", 4);
    host_hear_silent_drop(&h, &f, DROP_IP_NOT_FOR_US);
    ck_assert(got_nothing(fd));
    frame_udp(&f, peer(4000), (struct sk_addr){ ip4(UINT32_MAX), 5000 }, "text", 4);
    frame_set_macs(&f, MAC_BROADCAST, PEER_MAC);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    ck_assert(got(fd, "text")); /* a broadcast is for everybody */
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { the_most_specific_socket,
                                   a_bound_address_is_more_specific_than_all,
                                   a_broadcast_is_for_every_socket,
                                   without_dhcp_its_port_is_like_others,
                                   a_peer_is_set_changed_and_taken_away,
                                   directions_are_shut_for_a_peer,
                                   without_a_peer_a_shutdown_fails_and_ends_the_waits,
                                   destinations_that_are_none,
                                   lengths_whose_sum_wraps,
                                   close_sends_what_is_queued,
                                   one_datagram_at_a_time_always_fits,
                                   what_an_interrupt_posts,
                                   an_interrupt_posts_nothing_that_is_too_long,
                                   an_interrupt_posts_nothing_longer_than_the_queue,
                                   an_interrupt_while_the_poll_sends,
                                   strange_datagrams_while_there_is_no_address,
                                   NULL };

    return suite_run("udp", tests);
}

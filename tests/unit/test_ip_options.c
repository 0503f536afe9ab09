/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP options that programs give and are shown, and what else goes with a datagram: the address that
 * it came to and leaves from, its netif, time to live and type of service.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/fragments.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

#define SECOND_IP ip4(0xac100001) /* 172.16.0.1/16 */
#define SECOND_PEER ip4(0xac10aaaa)
#define N_SETS 2

static struct host h;
static struct fake_link second;
static struct frame f;

/* Router alert (RFC 2113), which every fragment has; and record route, which only the first has. */
static const struct sk_ip_options ALERT = { { 148, 4, 0, 0 }, 4 };
static const struct sk_ip_options RECORD = { { 7, 7, 4, 0, 0, 0, 0 }, 7 };
static const struct sk_ip_options NONE;

/* eth0, and behind a link of bare IP packets another network. */
static void begin(void)
{
    struct host_setup setup = { .config = { .n_netifs = 3, .n_ip_options = N_SETS } };
    struct sk_netif_config ppp = { .name = "ppp0", .addr = SECOND_IP, .prefix_len = 16 };

    host_begin(&h, &setup);
    host_meet(&h);
    fake_link_init(&second, LINK_IP, 1500);
    ck_assert_int_eq(sk_netif_add(h.iface, &second.link, &ppp, h.now, NULL), SK_OK);
}

static void end(void)
{
    fake_link_free(&second);
    host_end(&h);
}

static void end_with(sk_fd fd)
{
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    end();
}

static struct sk_addr peer(uint16_t port)
{
    return (struct sk_addr){ PEER_IP, port };
}

static enum sk_err send_with(sk_fd fd, struct sk_ancillary *ancillary, struct sk_addr to)
{
    char text[] = "text";
    struct sk_iov iov = { text, 4 };
    struct sk_op op;
    enum sk_err err;

    sk_op_send(&op, fd, &iov, 1, to, 0);
    op.ancillary = ancillary;
    err = host_try(&h, &op);
    host_poll(&h);
    return err;
}

/* What leaves has these, padded to a multiple of four. */
static void expect_options(const struct sent *s, const struct sk_ip_options *options)
{
    static const uint8_t padding[3];

    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(s->ip.n_options, (options->len + 3u) & ~3u);
    ck_assert_mem_eq(s->ip.options, options->octets, options->len);
    ck_assert_mem_eq(s->ip.options + options->len, padding, s->ip.n_options - options->len);
}

START_TEST(datagrams_have_the_options_of_their_socket)
{
    struct sk_ip_options kept;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(sk_set_ip_options(h.iface, fd, &RECORD), SK_OK);
    ck_assert_int_eq(sk_get_ip_options(h.iface, fd, &kept), SK_OK);
    ck_assert_uint_eq(kept.len, 8);
    ck_assert_mem_eq(kept.octets, RECORD.octets, 8);
    ck_assert_int_eq(send_with(fd, NULL, peer(9)), SK_OK);
    expect_options(host_sent(&h), &RECORD);
    ck_assert_int_eq(sk_udp_post(h.iface, fd, "text", 4, peer(9)), SK_OK);
    host_poll(&h);
    expect_options(host_sent(&h), &RECORD);
    ck_assert_int_eq(sk_set_ip_options(h.iface, fd, &NONE), SK_OK);
    ck_assert_int_eq(send_with(fd, NULL, peer(9)), SK_OK);
    expect_options(host_sent(&h), &NONE);
    end_with(fd);
}
END_TEST

START_TEST(a_datagram_has_options_of_its_own)
{
    struct sk_ancillary ancillary = { .tos = -1, .options = ALERT };
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(sk_set_ip_options(h.iface, fd, &RECORD), SK_OK);
    ck_assert_int_eq(send_with(fd, &ancillary, peer(9)), SK_OK);
    expect_options(host_sent(&h), &ALERT);
    ancillary.options = NONE;
    ck_assert_int_eq(send_with(fd, &ancillary, peer(9)), SK_OK);
    expect_options(host_sent(&h), &RECORD);
    end_with(fd);
}
END_TEST

/* Of the room that the MTU leaves they take some, on a path that is known, too. */
START_TEST(segments_have_the_options_of_their_socket)
{
    static const uint16_t peer_mss[] = { 1460, 500 };
    static char text[3000];

    for (size_t i = 0; i < 2; i++) {
        const struct sent *s;
        struct peer p;
        sk_fd fd;

        begin();
        peer_begin(&p, &h, 4000, 0);
        p.mss = peer_mss[i];
        fd = host_socket(&h, SK_STREAM);
        ck_assert_int_eq(sk_set_ip_options(h.iface, fd, &RECORD), SK_OK);
        peer_is_called(&p, fd);
        ck_assert_int_eq(sk_set_ip_options(h.iface, fd, &ALERT), SK_IS_CONNECTED);
        ck_assert_int_eq(host_send(&h, fd, text, sizeof(text), NOBODY), SK_OK);
        host_poll(&h);
        s = peer_hear(&p);
        expect_options(s, &RECORD);
        ck_assert_uint_eq(s->payload_len, peer_mss[i] - 8u);
        fake_link_free(&second);
        host_free(&h);
    }
}
END_TEST

START_TEST(the_mss_that_is_announced_counts_none)
{
    const struct sent *s;
    struct sk_op op;
    sk_fd fd;

    begin();
    fd = host_socket(&h, SK_STREAM);
    ck_assert_int_eq(sk_set_ip_options(h.iface, fd, &RECORD), SK_OK);
    sk_op_connect(&op, fd, peer(80));
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    s = host_sent(&h);
    expect_options(s, &RECORD);
    ck_assert_uint_eq(s->tcp.mss, 1460); /* RFC 6691 2 */
    fake_link_free(&second);
    host_free(&h);
}
END_TEST

START_TEST(a_listener_gives_its_options_to_its_connections)
{
    struct peer p;
    sk_fd listener;
    sk_fd fd;

    begin();
    listener = host_listener(&h, 80, 1);
    ck_assert_int_eq(sk_set_ip_options(h.iface, listener, &ALERT), SK_OK);
    peer_begin(&p, &h, 4000, 80);
    peer_frame(&p, &f, TCP_SYN, NULL, 0);
    host_hear(&h, &f);
    expect_options(host_sent(&h), &ALERT);
    peer_begin(&p, &h, 4001, 80);
    fd = peer_accepted(&p, listener);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_forget(&h);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, NOBODY), SK_OK);
    host_poll(&h);
    expect_options(peer_hear(&p), &ALERT);
    fake_link_free(&second);
    host_free(&h);
}
END_TEST

/* The first piece has all of them, the others those that are copied (RFC 791 3.1). */
START_TEST(the_pieces_of_a_datagram_have_those_that_are_copied)
{
    static const uint8_t both[] = { 1, 7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0 };
    struct host_setup setup = {
        .config = { .fragments = &sk_ip_fragments, .n_ip_options = 1, .sndbuf = 8192 }
    };
    struct sk_ip_options options = { .len = sizeof(both) };
    static char text[4000];
    const struct sent *s;
    size_t n = 0;
    sk_fd fd;

    setup.config.buffers[0] = (struct sk_buffer_class){ 8192, 4 };
    host_begin(&h, &setup);
    host_meet(&h);
    memcpy(options.octets, both, sizeof(both));
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(sk_set_ip_options(h.iface, fd, &options), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, text, sizeof(text), peer(9)), SK_OK);
    host_poll(&h);
    while ((s = host_sent(&h)) != NULL) {
        expect_options(s, n == 0 ? &options : &ALERT);
        ck_assert_uint_le(s->len, ETH_HDR_LEN + 1500);
        ck_assert_uint_eq(s->ip.frag_offset, n);
        n += s->ip.payload_len;
    }
    ck_assert_uint_eq(n, sizeof(text) + UDP_HDR_LEN);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* The longest is shorter by them. */
START_TEST(a_datagram_has_to_fit_with_its_options)
{
    static char text[1472];
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(sk_set_ip_options(h.iface, fd, &ALERT), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, text, 1469, peer(9)), SK_MSG_SIZE);
    ck_assert_int_eq(host_send(&h, fd, text, 1468, peer(9)), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(host_sent(&h)->len, ETH_HDR_LEN + 1500);
    ck_assert_int_eq(sk_udp_post(h.iface, fd, text, 1469, peer(9)), SK_OK);
    host_poll(&h);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_MSG_SIZE);
    ck_assert_int_eq(sk_udp_post(h.iface, fd, text, 1468, peer(9)), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(host_sent(&h)->len, ETH_HDR_LEN + 1500);
    end_with(fd);
}
END_TEST

START_TEST(options_that_nobody_would_take)
{
    static const struct sk_ip_options wrong[] = {
        { { 7, 7, 4 }, 3 },                /* cut short */
        { { 7, 1 }, 2 },                   /* shorter than an option is */
        { { 131, 7, 4, 10, 0, 0, 2 }, 7 }, /* source routes */
        { { 137, 7, 4, 10, 0, 0, 2 }, 7 },
        { { 1 }, 41 }, /* longer than a header has room for */
    };
    struct sk_ip_options kept;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(sk_set_ip_options(h.iface, fd, &ALERT), SK_OK);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct sk_ancillary ancillary = { .tos = -1, .options = wrong[i] };

        ck_assert_int_eq(sk_set_ip_options(h.iface, fd, &wrong[i]), SK_INVALID);
        ck_assert_int_eq(send_with(fd, &ancillary, peer(9)), SK_INVALID);
    }
    ck_assert_int_eq(sk_get_ip_options(h.iface, fd, &kept), SK_OK);
    ck_assert_mem_eq(&kept, &ALERT, sizeof(kept));
    host_silent(&h);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    ck_assert_int_eq(sk_set_ip_options(h.iface, fd, &ALERT), SK_INVALID_SOCKET);
    ck_assert_int_eq(sk_get_ip_options(h.iface, fd, &kept), SK_INVALID_SOCKET);
    end();
}
END_TEST

/* As many different ones as there are sets, and any number of sockets with the same. */
START_TEST(sockets_share_their_options)
{
    static const struct sk_ip_options third = { { 148, 4, 0, 1 }, 4 };
    sk_fd fds[4];

    begin();
    for (int i = 0; i < 4; i++) {
        fds[i] = host_socket(&h, i % 2 ? SK_DGRAM : SK_STREAM);
        ck_assert_int_eq(sk_set_ip_options(h.iface, fds[i], i < 2 ? &ALERT : &RECORD), SK_OK);
    }
    ck_assert_int_eq(sk_set_ip_options(h.iface, fds[0], &third), SK_NO_BUFFERS);
    ck_assert_int_eq(sk_close(h.iface, fds[1], h.now), SK_OK);
    ck_assert_int_eq(sk_set_ip_options(h.iface, fds[0], &third), SK_OK); /* it had the set alone */
    ck_assert_int_eq(sk_close(h.iface, fds[2], h.now), SK_OK);
    ck_assert_int_eq(sk_set_ip_options(h.iface, fds[0], &ALERT), SK_OK);
    ck_assert_int_eq(sk_set_ip_options(h.iface, fds[3], &NONE), SK_OK);
    ck_assert_int_eq(sk_set_ip_options(h.iface, fds[3], &third), SK_OK);
    ck_assert_int_eq(sk_close(h.iface, fds[0], h.now), SK_OK);
    end_with(fds[3]);
}
END_TEST

START_TEST(without_sets_no_socket_has_options)
{
    sk_fd fd;

    host_begin(&h, NULL);
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(sk_set_ip_options(h.iface, fd, &ALERT), SK_NO_BUFFERS);
    ck_assert_int_eq(sk_set_ip_options(h.iface, fd, &NONE), SK_OK);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* The destination, which may be a broadcast, says more than the socket's own address. */
START_TEST(what_comes_with_a_datagram_is_shown)
{
    struct ip_addr to[] = { HOST_IP, ip4(0x0a0000ff), ip4(UINT32_MAX) };
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    for (size_t i = 0; i < 3; i++) {
        struct sk_ancillary got = { 0 };
        char octets[8] = "";
        struct sk_iov iov = { octets, sizeof(octets) };
        struct sk_op op;

        frame_udp(&f, peer(4000), (struct sk_addr){ to[i], 5000 }, "text", 4);
        frame_ip_at(&f)[1] = 0xb8;
        frame_ip_at(&f)[8] = (uint8_t)(7 + i);
        memcpy(frame_open_options(&f, 4), ALERT.octets, 4);
        frame_fix_ip(&f);
        host_hear_drop(&h, &f, DROP_NONE);
        sk_op_recv(&op, fd, &iov, 1, 0);
        op.ancillary = &got;
        ck_assert_int_eq(host_try(&h, &op), SK_OK);
        ck_assert(op.done == 4 && strcmp(octets, "text") == 0);
        ck_assert(ip_equal(got.local, to[i]));
        ck_assert_int_eq(got.time, h.now);
        ck_assert_uint_eq(got.ifindex, 2);
        ck_assert_uint_eq(got.ttl, 7 + i);
        ck_assert_int_eq(got.tos, 0xb8);
        ck_assert_mem_eq(&got.options, &ALERT, sizeof(ALERT));
    }
    end_with(fd);
}
END_TEST

START_TEST(what_goes_with_a_datagram_is_chosen)
{
    struct sk_ancillary ancillary = { .ttl = 3, .tos = 0x20 };
    const struct sent *s;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_TOS, 0x40), SK_OK);
    ck_assert_int_eq(send_with(fd, &ancillary, peer(9)), SK_OK);
    s = host_sent(&h);
    ck_assert(s->ip.ttl == 3 && s->ip.tos == 0x20);
    ancillary = (struct sk_ancillary){ .tos = -1 };
    ck_assert_int_eq(send_with(fd, &ancillary, peer(9)), SK_OK);
    s = host_sent(&h);
    ck_assert(s->ip.ttl == 64 && s->ip.tos == 0x40);
    end_with(fd);
}
END_TEST

/* An ancillary that names no netif leaves the socket's. */
START_TEST(a_group_is_sent_to_by_the_netif_of_the_socket)
{
    struct sk_ancillary ancillary = { .tos = 0x20 };
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_IF, 3), SK_OK);
    ck_assert_int_eq(send_with(fd, &ancillary, (struct sk_addr){ ip4(0xef010203), 9 }), SK_OK);
    ck_assert_ptr_nonnull(fake_link_sent(&second));
    ancillary.ifindex = 2;
    ck_assert_int_eq(send_with(fd, &ancillary, (struct sk_addr){ ip4(0xef010203), 9 }), SK_OK);
    ck_assert_ptr_nonnull(host_sent(&h));
    end_with(fd);
}
END_TEST

/* Of 64 octets for the segment behind 40 of options; one less, and no SYN fits. */
START_TEST(options_leave_room_for_a_connection)
{
    static const char text[100];
    struct sk_ip_options options = { .len = 40 };
    struct peer p;
    struct sk_op op;
    size_t sent = 0;
    sk_fd fd;

    memset(options.octets, 1, sizeof(options.octets));
    for (uint16_t mtu = 103; mtu <= 104; mtu++) {
        struct host_setup setup = { .mtu = mtu,
                                    .config = { .n_ip_options = 1, .tcp = &sk_tcp_full } };

        host_begin(&h, &setup);
        host_meet(&h);
        fd = host_socket(&h, SK_STREAM);
        ck_assert_int_eq(sk_set_ip_options(h.iface, fd, &options), SK_OK);
        peer_begin(&p, &h, 4000, 0);
        p.mss = 1460;
        if (mtu < 104) {
            sk_op_connect(&op, fd, p.addr);
            ck_assert_int_eq(host_try(&h, &op), SK_MSG_SIZE);
        } else {
            peer_is_called(&p, fd);
            ck_assert_int_eq(host_send(&h, fd, text, sizeof(text), NOBODY), SK_OK);
            host_poll(&h);
            for (const struct sent *s; (s = peer_hear(&p)) != NULL; sent += s->payload_len) {
                ck_assert_uint_le(s->len, ETH_HDR_LEN + mtu);
            }
            ck_assert_uint_gt(sent, 0);
        }
        host_free(&h);
    }
}
END_TEST

/* RFC 1122 3.3.4.2, 4.1.3.5: an answer can leave from where the question came to. */
START_TEST(a_datagram_leaves_from_the_address_and_netif_that_are_named)
{
    struct sk_ancillary ancillary = { .local = SECOND_IP, .tos = -1 };
    const struct sent *s;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(send_with(fd, &ancillary, peer(9)), SK_OK);
    s = host_sent(&h);
    ck_assert(s && ip_equal(s->ip.src, SECOND_IP));
    ancillary = (struct sk_ancillary){ .ifindex = 3, .tos = -1 };
    ck_assert_int_eq(send_with(fd, &ancillary, (struct sk_addr){ ip4(UINT32_MAX), 9 }), SK_OK);
    s = fake_link_sent(&second);
    ck_assert(s && ip_equal(s->ip.src, SECOND_IP));
    host_silent(&h);
    ancillary.ifindex = 2; /* by its gateway */
    ck_assert_int_eq(send_with(fd, &ancillary, (struct sk_addr){ SECOND_PEER, 9 }), SK_OK);
    s = host_sent(&h);
    ck_assert(s && ip_equal(s->ip.src, HOST_IP) && mac_equal(s->eth.dst, GATE_MAC));
    ck_assert_int_eq(send_with(fd, &ancillary, (struct sk_addr){ SECOND_IP, 5000 }), SK_OK);
    ck_assert_uint_eq(sk_readiness(h.iface, fd) & SK_READABLE, SK_READABLE); /* our own */
    end_with(fd);
}
END_TEST

START_TEST(ancillaries_that_cannot_be)
{
    const struct {
        struct sk_ancillary ancillary;
        enum sk_err err;
    } wrong[] = {
        { { .local = ip4(0x0a000003), .tos = -1 }, SK_ADDR_NOT_AVAIL },
        { { .local = ip4(0x7f000001), .tos = -1 }, SK_INVALID },
        { { .ifindex = 4, .tos = -1 }, SK_INVALID },
        { { .tos = -2 }, SK_INVALID },
        { { .tos = 256 }, SK_INVALID },
        { { .ifindex = 3, .tos = -1 }, SK_NET_UNREACHABLE }, /* it has no gateway */
    };
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct sk_ancillary ancillary = wrong[i].ancillary;

        ck_assert_int_eq(send_with(fd, &ancillary, peer(9)), wrong[i].err);
    }
    host_silent(&h);
    end_with(fd);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { datagrams_have_the_options_of_their_socket,
                                   a_datagram_has_options_of_its_own,
                                   segments_have_the_options_of_their_socket,
                                   the_mss_that_is_announced_counts_none,
                                   a_listener_gives_its_options_to_its_connections,
                                   the_pieces_of_a_datagram_have_those_that_are_copied,
                                   a_datagram_has_to_fit_with_its_options,
                                   options_that_nobody_would_take,
                                   sockets_share_their_options,
                                   without_sets_no_socket_has_options,
                                   what_comes_with_a_datagram_is_shown,
                                   what_goes_with_a_datagram_is_chosen,
                                   a_group_is_sent_to_by_the_netif_of_the_socket,
                                   options_leave_room_for_a_connection,
                                   a_datagram_leaves_from_the_address_and_netif_that_are_named,
                                   ancillaries_that_cannot_be,
                                   NULL };

    return suite_run("ip_options", tests);
}

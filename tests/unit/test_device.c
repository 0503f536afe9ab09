/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SK_BINDTODEVICE: a socket of one netif hears what comes by it and sends by it. The host has an
 * Ethernet, which leads to FAR_IP, and a link of bare packets, which does so, too.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "net/iface.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

#define BARE_IP ip4(0x0a090001)
#define BARE_PEER ip4(0x0a090002)
#define ETHERNET 2
#define BARE 3
#define PORT 5000

static struct host h;
static struct fake_link bare;
static struct frame f;

static void begin(void)
{
    struct host_setup setup = {
        .netif = { .addr = HOST_IP, .prefix_len = 24, .gateway = GATE_IP },
        .config = { .n_netifs = 3, .n_listeners = 4 },
    };
    struct sk_netif_config config = {
        .name = "ppp0", .addr = BARE_IP, .prefix_len = 24, .gateway = BARE_PEER
    };

    host_begin(&h, &setup);
    host_meet(&h);
    fake_link_init(&bare, LINK_IP, 1000);
    ck_assert_int_eq(sk_netif_add(h.iface, &bare.link, &config, h.now, NULL), SK_OK);
}

static void end(void)
{
    fake_link_free(&bare);
    host_free(&h);
}

static sk_fd of_netif(enum sk_type type, int32_t ifindex)
{
    sk_fd fd = host_socket(&h, type);

    ck_assert_int_eq(sk_set(h.iface, fd, SK_BINDTODEVICE, ifindex), SK_OK);
    ck_assert_int_eq(host_option(&h, fd, SK_BINDTODEVICE), ifindex);
    return fd;
}

static enum sk_err bind_to(sk_fd fd, struct ip_addr addr)
{
    return sk_bind(h.iface, fd, (struct sk_addr){ addr, PORT });
}

static sk_fd bound(int32_t ifindex)
{
    sk_fd fd = of_netif(SK_DGRAM, ifindex);

    ck_assert_int_eq(bind_to(fd, ip4(0)), SK_OK);
    return fd;
}

static void comes_by(int32_t ifindex)
{
    if (ifindex == ETHERNET) {
        host_hear(&h, &f);
    } else {
        fake_link_put(&bare, frame_ip_at(&f), f.len - ETH_HDR_LEN);
        host_poll(&h);
    }
}

static void datagram_comes_by(int32_t ifindex, struct ip_addr to)
{
    frame_udp(&f, (struct sk_addr){ FAR_IP, 9 }, (struct sk_addr){ to, PORT }, "text", 4);
    comes_by(ifindex);
}

static bool heard(sk_fd fd)
{
    char text[8];
    size_t len = sizeof(text);

    return host_recv(&h, fd, text, &len, NULL) == SK_OK;
}

START_TEST(which_netifs_there_are)
{
    sk_fd fd;

    begin();
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(host_option(&h, fd, SK_BINDTODEVICE), 0);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_BINDTODEVICE, BARE), SK_OK);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_BINDTODEVICE, BARE + 1), SK_INVALID);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_BINDTODEVICE, -1), SK_INVALID);
    ck_assert_int_eq(host_option(&h, fd, SK_BINDTODEVICE), BARE);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_BINDTODEVICE, 0), SK_OK);
    ck_assert_int_eq(host_option(&h, fd, SK_BINDTODEVICE), 0);
    end();
}
END_TEST

static void share_a_port(enum sk_type type)
{
    sk_fd fds[2];

    begin();
    for (int i = 0; i < 2; i++) {
        fds[i] = of_netif(type, ETHERNET + i);
        ck_assert_int_eq(bind_to(fds[i], ip4(0)), SK_OK);
        ck_assert_int_eq(bind_to(of_netif(type, ETHERNET + i), ip4(0)), SK_BINDING_IN_USE);
    }
    ck_assert_int_eq(bind_to(of_netif(type, 0), ip4(0)), SK_BINDING_IN_USE);
    for (int i = 0; i < 2 && type == SK_STREAM; i++) {
        ck_assert_int_eq(sk_listen(h.iface, fds[i], 1, h.now), SK_OK);
    }
    end();
}

START_TEST(sockets_of_two_netifs_share_a_port)
{
    share_a_port(SK_DGRAM);
    share_a_port(SK_STREAM);
}
END_TEST

START_TEST(each_hears_its_netif)
{
    struct ip_addr to[] = { HOST_IP, BARE_IP, ip4(UINT32_MAX) };

    for (size_t i = 0; i < 3; i++) {
        sk_fd ethernet;
        sk_fd other;

        begin();
        ethernet = bound(ETHERNET);
        other = bound(BARE);
        datagram_comes_by(ETHERNET, to[i]);
        ck_assert(heard(ethernet) && !heard(other));
        datagram_comes_by(BARE, to[i]);
        ck_assert(!heard(ethernet) && heard(other));
        end();
    }
}
END_TEST

/* It is no part of the host to others. */
START_TEST(what_comes_by_another_finds_nobody)
{
    begin();
    bound(BARE);
    datagram_comes_by(ETHERNET, HOST_IP);
    ck_assert_uint_eq(host_drops(&h, DROP_UDP_NO_SOCKET), 1);
    ck_assert_uint_eq(host_sent(&h)->icmp.code, ICMP4_PORT_UNREACHABLE);
    end();
}
END_TEST

/* As on Linux, an address says more than a netif. */
START_TEST(the_one_that_says_most)
{
    sk_fd fds[4];

    begin();
    for (int i = 0; i < 4; i++) {
        fds[i] = of_netif(SK_DGRAM, i & 1 ? BARE : 0);
        ck_assert_int_eq(sk_set(h.iface, fds[i], SK_REUSEADDR, 1), SK_OK);
    }
    for (int i = 0; i < 4; i++) { /* the best is bound neither first nor last */
        int k = i ^ 1;

        ck_assert_int_eq(bind_to(fds[k], k & 2 ? BARE_IP : ip4(0)), SK_OK);
    }
    datagram_comes_by(BARE, BARE_IP);
    ck_assert(heard(fds[3]) && !heard(fds[2]) && !heard(fds[1]) && !heard(fds[0]));
    datagram_comes_by(ETHERNET, BARE_IP);
    ck_assert(heard(fds[2]));
    datagram_comes_by(BARE, HOST_IP);
    ck_assert(heard(fds[1]) && !heard(fds[0]));
    datagram_comes_by(ETHERNET, HOST_IP);
    ck_assert(heard(fds[0]));
    end();
}
END_TEST

START_TEST(a_connected_one_hears_its_netif)
{
    sk_fd fd;

    begin();
    fd = bound(BARE);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, (struct sk_addr){ FAR_IP, 9 }), SK_OK);
    datagram_comes_by(ETHERNET, BARE_IP);
    ck_assert(!heard(fd));
    datagram_comes_by(BARE, BARE_IP);
    ck_assert(heard(fd));
    end();
}
END_TEST

START_TEST(an_icmp_error_comes_by_its_netif)
{
    const struct sent *s;
    sk_fd fd;

    begin();
    fd = bound(BARE);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, (struct sk_addr){ FAR_IP, 9 }), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, NOBODY), SK_OK);
    host_poll(&h);
    s = fake_link_sent(&bare);
    ck_assert_ptr_nonnull(s);
    frame_icmp_error(&f, FAR_IP, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, s->ip_at,
                     IPV4_HDR_LEN + 8);
    comes_by(ETHERNET);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_OK);
    comes_by(BARE);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_REFUSED);
    end();
}
END_TEST

static void leaves_by_bare(void)
{
    const struct sent *s;

    host_poll(&h);
    host_silent(&h);
    s = fake_link_sent(&bare);
    ck_assert_ptr_nonnull(s);
    ck_assert(ip_equal(s->ip.src, BARE_IP) && ip_equal(s->ip.dst, FAR_IP));
}

START_TEST(datagrams_leave_by_it)
{
    struct sk_addr far = { FAR_IP, 9 };
    int32_t mtu;
    sk_fd fd;

    begin();
    fd = of_netif(SK_DGRAM, BARE);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, far), SK_OK);
    leaves_by_bare();
    ck_assert_int_eq(sk_udp_post(h.iface, fd, "text", 4, far), SK_OK);
    leaves_by_bare();
    ck_assert_int_eq(sk_set_peer(h.iface, fd, far), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, NOBODY), SK_OK);
    leaves_by_bare();
    ck_assert_int_eq(sk_get(h.iface, fd, SK_MTU, &mtu), SK_OK);
    ck_assert_int_eq(mtu, 1000);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_BINDTODEVICE, 1), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, NOBODY), SK_NET_UNREACHABLE);
    end();
}
END_TEST

/* To this host it goes as ever, and comes by the loopback. */
START_TEST(to_this_host)
{
    sk_fd fd;
    sk_fd any;

    begin();
    fd = of_netif(SK_DGRAM, BARE);
    any = bound(1);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ BARE_IP, PORT }), SK_OK);
    host_poll(&h);
    ck_assert(heard(any));
    end();
}
END_TEST

/* ---- Streams ---- */

static struct peer p;

static void far_begin(uint16_t port, uint16_t host_port)
{
    memset(&p, 0, sizeof(p));
    peer_begin(&p, &h, port, host_port);
    p.addr.addr = FAR_IP;
    p.host.addr = BARE_IP;
}

static void far_sends(int32_t ifindex, uint8_t flags, const void *text, size_t len)
{
    peer_frame(&p, &f, flags, text, len);
    comes_by(ifindex);
    p.seq += (uint32_t)len + (flags & TCP_SYN ? 1 : 0) + (flags & TCP_FIN ? 1 : 0);
}

/* By the link of bare packets, and by no other. */
static void far_hears(uint8_t flags)
{
    const struct sent *s = fake_link_sent(&bare);

    host_silent(&h);
    ck_assert_ptr_nonnull(s);
    ck_assert_int_eq(s->tcp.flags & ~TCP_PSH, flags);
    ck_assert(ip_equal(s->ip.dst, FAR_IP) && ip_equal(s->ip.src, BARE_IP));
    p.ack = s->tcp.seq + (uint32_t)s->payload_len + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
}

START_TEST(a_connection_uses_its_netif)
{
    struct sk_tcp_info info;
    struct sk_addr local;
    struct sk_op op;
    sk_fd fd;

    begin();
    fd = of_netif(SK_STREAM, BARE);
    far_begin(80, 0);
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    ck_assert_int_eq(sk_local(h.iface, fd, &local), SK_OK);
    ck_assert(ip_equal(local.addr, BARE_IP));
    p.host = local;
    far_hears(TCP_SYN);
    far_sends(ETHERNET, TCP_SYN | TCP_ACK, NULL, 0);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_forget(&h); /* a reset, for what is none of ours */
    p.seq--;
    far_sends(BARE, TCP_SYN | TCP_ACK, NULL, 0);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    far_hears(TCP_ACK);
    ck_assert_int_eq(sk_tcp_info(h.iface, fd, &info), SK_OK);
    ck_assert_uint_eq(info.path_mtu, 1000);
    ck_assert_uint_eq(info.rcv_mss, 960);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, NOBODY), SK_OK);
    host_poll(&h);
    far_hears(TCP_ACK);
    end();
}
END_TEST

START_TEST(a_listener_hears_its_netif)
{
    const uint8_t reset = TCP_RST | TCP_ACK;
    struct sk_op op;
    sk_fd listener;

    begin();
    listener = of_netif(SK_STREAM, BARE);
    ck_assert_int_eq(bind_to(listener, ip4(0)), SK_OK);
    ck_assert_int_eq(sk_listen(h.iface, listener, 1, h.now), SK_OK);
    far_begin(4000, PORT);
    far_sends(ETHERNET, TCP_SYN, NULL, 0);
    ck_assert_ptr_null(fake_link_sent(&bare));
    ck_assert_uint_eq(host_drops(&h, DROP_TCP_NO_SOCKET), 1);
    host_forget(&h);
    p.seq--;
    far_sends(BARE, TCP_SYN, NULL, 0);
    far_hears(TCP_SYN | TCP_ACK);
    host_run(&h, h.now + millis(1100)); /* and again */
    far_hears(TCP_SYN | TCP_ACK);
    far_sends(BARE, TCP_ACK, NULL, 0);
    sk_op_accept(&op, listener);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert_int_eq(host_option(&h, op.u.accepted, SK_BINDTODEVICE), BARE);
    ck_assert_int_eq(host_send(&h, op.u.accepted, "text", 4, NOBODY), SK_OK);
    host_poll(&h);
    far_hears(TCP_ACK);
    far_sends(BARE, TCP_ACK, NULL, 0);
    ck_assert_int_eq(sk_close(h.iface, op.u.accepted, h.now), SK_OK);
    host_poll(&h);
    far_hears(TCP_FIN | TCP_ACK);
    far_sends(BARE, TCP_FIN | TCP_ACK, NULL, 0);
    far_hears(TCP_ACK); /* of TIME-WAIT, from here on */
    host_run(&h, h.now + seconds(1));
    p.seq--;
    far_sends(BARE, TCP_FIN | TCP_ACK, NULL, 0);
    far_hears(TCP_ACK);
    far_begin(4001, PORT);
    far_sends(BARE, TCP_ACK, NULL, 0);
    far_hears(TCP_RST);
    far_begin(4002, PORT);
    far_sends(BARE, TCP_SYN, NULL, 0);
    far_hears(TCP_SYN | TCP_ACK);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_poll(&h);
    far_hears(reset);
    end();
}
END_TEST

/* It waits for room on the link that it leaves by. */
START_TEST(an_answer_waits_for_its_link)
{
    sk_fd listener;

    begin();
    listener = of_netif(SK_STREAM, BARE);
    ck_assert_int_eq(bind_to(listener, ip4(0)), SK_OK);
    ck_assert_int_eq(sk_listen(h.iface, listener, 1, h.now), SK_OK);
    bare.refuse = true;
    far_begin(4000, PORT);
    far_sends(BARE, TCP_SYN, NULL, 0);
    ck_assert_uint_ne(h.iface->netifs[BARE - 1].blocked_half_opens.first, 0);
    bare.refuse = false;
    host_poll(&h);
    far_hears(TCP_SYN | TCP_ACK);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { which_netifs_there_are,
                                   sockets_of_two_netifs_share_a_port,
                                   each_hears_its_netif,
                                   what_comes_by_another_finds_nobody,
                                   the_one_that_says_most,
                                   a_connected_one_hears_its_netif,
                                   an_icmp_error_comes_by_its_netif,
                                   datagrams_leave_by_it,
                                   to_this_host,
                                   a_connection_uses_its_netif,
                                   a_listener_hears_its_netif,
                                   an_answer_waits_for_its_link,
                                   NULL };

    return suite_run("device", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source addresses: what the program bound, what the stack chose for one peer, and that 127/8 never
 * leaves the host (RFC 1122 3.2.1.3 (g)).
 */
#include <check.h>
#include <string.h>

#include "tests/support/peer.h"
#include "tests/support/suite.h"

#define LOOPBACK ip4(0x7f000001)

static struct host h;

static void begin(void)
{
    host_begin(&h, NULL);
    host_meet(&h);
}

static sk_fd bound_to(enum sk_type type, struct ip_addr addr, uint16_t port)
{
    sk_fd fd = host_socket(&h, type);

    ck_assert_int_eq(sk_bind(h.iface, fd, (struct sk_addr){ addr, port }), SK_OK);
    return fd;
}

static bool is_local(sk_fd fd, struct ip_addr addr)
{
    struct sk_addr local;

    ck_assert_int_eq(sk_local(h.iface, fd, &local), SK_OK);
    return ip_equal(local.addr, addr);
}

static enum sk_err connect_to(sk_fd fd, struct ip_addr addr, uint16_t port)
{
    struct sk_op op;
    enum sk_err err;

    sk_op_connect(&op, fd, (struct sk_addr){ addr, port });
    err = host_try(&h, &op);
    host_poll(&h);
    return err == SK_PENDING ? host_try(&h, &op) : err;
}

START_TEST(a_loopback_source_stays_on_the_host)
{
    struct ip_addr away[] = { PEER_IP, FAR_IP, ip4(UINT32_MAX), ip4(0xe0000001) };
    sk_fd datagram;
    sk_fd stream;

    begin();
    datagram = bound_to(SK_DGRAM, LOOPBACK, 0);
    stream = bound_to(SK_STREAM, ip4(0x7f000002), 0);
    for (size_t i = 0; i < sizeof(away) / sizeof(away[0]); i++) {
        struct sk_addr to = { away[i], 9 };

        ck_assert_int_eq(host_send(&h, datagram, "x", 1, to), SK_INVALID);
        ck_assert_int_eq(sk_set_peer(h.iface, datagram, to), SK_INVALID);
        ck_assert_int_eq(connect_to(stream, away[i], 9), SK_INVALID);
    }
    host_poll(&h);
    host_silent(&h);
    ck_assert_int_eq(sk_close(h.iface, datagram, h.now), SK_OK);
    ck_assert_int_eq(sk_close(h.iface, stream, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* To an address of ours it is good: that does not leave the host. */
START_TEST(a_loopback_source_reaches_our_other_addresses)
{
    struct sk_addr from;
    char octet;
    size_t len = 1;
    sk_fd fds[2];

    begin();
    fds[0] = bound_to(SK_DGRAM, HOST_IP, 5000);
    fds[1] = bound_to(SK_DGRAM, LOOPBACK, 5001);
    ck_assert_int_eq(host_send(&h, fds[1], "x", 1, (struct sk_addr){ HOST_IP, 5000 }), SK_OK);
    host_poll(&h);
    ck_assert_int_eq(host_recv(&h, fds[0], &octet, &len, &from), SK_OK);
    ck_assert(sk_addr_equal(from, (struct sk_addr){ LOOPBACK, 5001 }));
    host_silent(&h);
    ck_assert_int_eq(sk_close(h.iface, fds[0], h.now), SK_OK);
    ck_assert_int_eq(sk_close(h.iface, fds[1], h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* An interrupt does not ask for the way: what it posts is stopped at the last step. */
START_TEST(what_is_posted_from_loopback_is_dropped)
{
    sk_fd fd;

    begin();
    fd = bound_to(SK_DGRAM, LOOPBACK, 0);
    ck_assert_int_eq(sk_udp_post(h.iface, fd, "x", 1, (struct sk_addr){ PEER_IP, 9 }), SK_OK);
    host_poll(&h);
    host_silent(&h);
    ck_assert_uint_eq(host_drops(&h, DROP_IP_MARTIAN_SOURCE), 1);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

START_TEST(each_peer_of_a_datagram_socket_has_its_own_source)
{
    struct sk_addr local = { ip4(0), 5000 };
    const struct sent *s;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, local.port);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, (struct sk_addr){ LOOPBACK, 9 }), SK_OK);
    ck_assert(is_local(fd, LOOPBACK));
    ck_assert_int_eq(sk_set_peer(h.iface, fd, (struct sk_addr){ PEER_IP, 9 }), SK_OK);
    ck_assert(is_local(fd, HOST_IP));
    ck_assert_int_eq(host_send(&h, fd, "x", 1, NOBODY), SK_OK);
    host_poll(&h);
    s = host_sent(&h);
    ck_assert(s && ip_equal(s->ip.src, HOST_IP));
    ck_assert_int_eq(sk_set_peer(h.iface, fd, NOBODY), SK_OK);
    ck_assert_int_eq(sk_local(h.iface, fd, &local), SK_OK);
    ck_assert(sk_addr_equal(local, (struct sk_addr){ ip4(0), 5000 }));
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* Bound to one of two addresses, the other of which would be the usual source. */
START_TEST(a_bound_address_outlives_every_peer)
{
    struct ip_addr ours = ip4(0x7f000005);
    sk_fd fd;

    begin();
    fd = bound_to(SK_DGRAM, ours, 5000);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(sk_set_peer(h.iface, fd, (struct sk_addr){ LOOPBACK, 9 }), SK_OK);
        ck_assert(is_local(fd, ours));
        ck_assert_int_eq(sk_set_peer(h.iface, fd, NOBODY), SK_OK);
        ck_assert(is_local(fd, ours));
    }
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

START_TEST(a_refused_connection_leaves_the_bound_address)
{
    struct sk_addr local;
    const struct sent *s;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_STREAM, 5000);
    ck_assert_int_eq(connect_to(fd, LOOPBACK, 80), SK_REFUSED);
    ck_assert_int_eq(sk_local(h.iface, fd, &local), SK_OK);
    ck_assert(sk_addr_equal(local, (struct sk_addr){ ip4(0), 5000 }));
    ck_assert_int_eq(connect_to(fd, PEER_IP, 80), SK_PENDING);
    s = host_sent(&h);
    ck_assert(s && ip_equal(s->ip.src, HOST_IP) && s->tcp.src_port == 5000);
    ck_assert_int_eq(sk_abort(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    host_end(&h);
}
END_TEST

START_TEST(nobody_connects_to_itself)
{
    struct ip_addr none = ip4(0);
    struct ip_addr addrs[] = { LOOPBACK, HOST_IP };
    sk_fd fd;

    begin();
    for (size_t i = 0; i < 2; i++) {
        fd = bound_to(SK_STREAM, addrs[i], 5000);
        ck_assert_int_eq(connect_to(fd, addrs[i], 5000), SK_ADDR_NOT_AVAIL);
        ck_assert_int_eq(connect_to(fd, addrs[i], 5001), SK_REFUSED); /* nor is it lost */
        ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
        fd = bound_to(SK_STREAM, none, 5000);
        ck_assert_int_eq(connect_to(fd, addrs[i], 5000), SK_ADDR_NOT_AVAIL);
        ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    }
    host_poll(&h);
    host_end(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_loopback_source_stays_on_the_host,
                                   a_loopback_source_reaches_our_other_addresses,
                                   what_is_posted_from_loopback_is_dropped,
                                   each_peer_of_a_datagram_socket_has_its_own_source,
                                   a_bound_address_outlives_every_peer,
                                   a_refused_connection_leaves_the_bound_address,
                                   nobody_connects_to_itself,
                                   NULL };

    return suite_run("source", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SK_RECVERR: what is kept of datagrams that did not arrive, for whom, in which order, and what
 * calls and readiness say of it (ip(7), IP_RECVERR).
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "net/iface.h"
#include "tests/support/frames.h"
#include "tests/support/suite.h"

#define N_ERRORS 3

static struct host h;
static struct frame f;

static void begin(void)
{
    struct host_setup setup = { .config = { .n_errors = N_ERRORS } };

    host_begin(&h, &setup);
    host_meet(&h);
}

static sk_fd asking(uint16_t port)
{
    sk_fd fd = host_bound(&h, SK_DGRAM, port);

    ck_assert_int_eq(host_option(&h, fd, SK_RECVERR), 0);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_RECVERR, 1), SK_OK);
    ck_assert_int_eq(host_option(&h, fd, SK_RECVERR), 1);
    return fd;
}

/* A datagram to the peer's port, and what a router says of it. */
static void fails(sk_fd fd, uint16_t port, uint8_t type, uint8_t code, uint16_t mtu)
{
    const struct sent *s;

    ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ PEER_IP, port }), SK_OK);
    host_poll(&h);
    s = host_sent(&h);
    ck_assert_ptr_nonnull(s);
    frame_icmp_error(&f, GATE_IP, type, code, s->ip_at, IPV4_HDR_LEN + 8);
    put_be16(frame_transport_at(&f) + 6, mtu);
    frame_fix_transport(&f);
    host_hear(&h, &f);
}

static void refuses(sk_fd fd, uint16_t port)
{
    fails(fd, port, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, 0);
}

static bool has_error(sk_fd fd)
{
    return sk_readiness(h.iface, fd) & SK_ERROR;
}

static struct sk_datagram_error next_error(sk_fd fd)
{
    struct sk_datagram_error what;

    memset(&what, 0xa5, sizeof(what));
    ck_assert_int_eq(sk_recv_error(h.iface, fd, &what), SK_OK);
    return what;
}

static enum sk_err receive(sk_fd fd)
{
    char text[8];
    size_t len = sizeof(text);

    return host_recv(&h, fd, text, &len, NULL);
}

START_TEST(an_error_says_all_that_is_known)
{
    struct sk_datagram_error what;
    sk_fd fd;

    begin();
    fd = asking(5000);
    ck_assert_int_eq(sk_recv_error(h.iface, fd, &what), SK_AGAIN);
    ck_assert(!has_error(fd));
    refuses(fd, 9);
    ck_assert(has_error(fd));
    what = next_error(fd);
    ck_assert_int_eq(what.err, SK_REFUSED);
    ck_assert(ip_equal(what.to.addr, PEER_IP) && what.to.port == 9);
    ck_assert(ip_equal(what.from, GATE_IP));
    ck_assert_uint_eq(what.type, ICMP4_UNREACHABLE);
    ck_assert_uint_eq(what.code, ICMP4_PORT_UNREACHABLE);
    ck_assert_uint_eq(what.mtu, 0);
    ck_assert(!has_error(fd));
    ck_assert_int_eq(receive(fd), SK_PENDING);
    ck_assert_int_eq(sk_recv_error(h.iface, fd, &what), SK_AGAIN);
    fails(fd, 9, ICMP4_TIME_EXCEEDED, 0, 0);
    what = next_error(fd);
    ck_assert_int_eq(what.err, SK_HOST_UNREACHABLE);
    ck_assert_uint_eq(what.type, ICMP4_TIME_EXCEEDED);
    host_free(&h);
}
END_TEST

START_TEST(who_does_not_ask_hears_nothing_without_a_peer)
{
    struct sk_datagram_error what;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    refuses(fd, 9);
    ck_assert(!has_error(fd));
    ck_assert_int_eq(sk_recv_error(h.iface, fd, &what), SK_AGAIN);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, (struct sk_addr){ PEER_IP, 9 }), SK_OK);
    refuses(fd, 9);
    ck_assert_int_eq(sk_recv_error(h.iface, fd, &what), SK_AGAIN);
    ck_assert_int_eq(receive(fd), SK_REFUSED);
    ck_assert_int_eq(sk_recv_error(h.iface, host_socket(&h, SK_STREAM), &what), SK_NO_OPTION);
    ck_assert_int_eq(sk_recv_error(h.iface, SK_FD_NONE, &what), SK_INVALID_SOCKET);
    host_free(&h);
}
END_TEST

/* A call ends with it, once, and the record stays. */
START_TEST(a_call_is_told_too)
{
    sk_fd fd;

    begin();
    fd = asking(5000);
    refuses(fd, 9);
    ck_assert_int_eq(receive(fd), SK_REFUSED);
    ck_assert_int_eq(receive(fd), SK_PENDING);
    ck_assert_uint_eq(sk_readiness(h.iface, fd), SK_ERROR | SK_WRITABLE);
    next_error(fd);
    ck_assert_uint_eq(sk_readiness(h.iface, fd), SK_WRITABLE);
    host_free(&h);
}
END_TEST

/* What comes next is the error of the next call (Linux: sock_dequeue_err_skb). */
START_TEST(each_socket_reads_its_own_in_order)
{
    sk_fd fds[2];

    begin();
    for (uint16_t i = 0; i < 2; i++) {
        fds[i] = asking((uint16_t)(5000 + i));
    }
    refuses(fds[0], 1);
    refuses(fds[1], 2);
    ck_assert_int_eq(receive(fds[0]), SK_REFUSED);
    fails(fds[0], 3, ICMP4_UNREACHABLE, ICMP4_NET_UNREACHABLE, 0);
    ck_assert_uint_eq(next_error(fds[0]).to.port, 1);
    ck_assert_int_eq(host_option(&h, fds[0], SK_SO_ERROR), SK_NET_UNREACHABLE);
    ck_assert_uint_eq(next_error(fds[0]).to.port, 3);
    ck_assert(!has_error(fds[0]) && has_error(fds[1]));
    ck_assert_uint_eq(next_error(fds[1]).to.port, 2);
    host_free(&h);
}
END_TEST

START_TEST(the_newest_is_lost_where_there_is_no_room)
{
    struct sk_datagram_error what;
    sk_fd fd;

    begin();
    fd = asking(5000);
    for (uint16_t port = 1; port <= N_ERRORS + 1; port++) {
        refuses(fd, port);
        ck_assert_int_eq(receive(fd), SK_REFUSED); /* which is told all the same */
    }
    for (uint16_t port = 1; port <= N_ERRORS; port++) {
        ck_assert_uint_eq(next_error(fd).to.port, port);
    }
    ck_assert_int_eq(sk_recv_error(h.iface, fd, &what), SK_AGAIN);
    host_free(&h);
}
END_TEST

START_TEST(what_nobody_reads_is_forgotten)
{
    sk_fd fds[2];

    begin();
    fds[0] = asking(5000);
    fds[1] = asking(5001);
    refuses(fds[0], 1);
    refuses(fds[1], 2);
    ck_assert_int_eq(receive(fds[0]), SK_REFUSED);
    refuses(fds[0], 3);
    ck_assert_int_eq(receive(fds[0]), SK_REFUSED);
    ck_assert_int_eq(sk_set(h.iface, fds[0], SK_RECVERR, 0), SK_OK);
    ck_assert(!has_error(fds[0]));
    ck_assert_uint_eq(h.iface->n_errors, 1);
    ck_assert_int_eq(sk_close(h.iface, fds[1], h.now), SK_OK);
    ck_assert_uint_eq(h.iface->n_errors, 0);
    ck_assert_int_eq(sk_close(h.iface, fds[0], h.now), SK_OK);
    host_end(&h);
}
END_TEST

START_TEST(a_path_that_is_too_narrow)
{
    struct sk_datagram_error what;
    sk_fd fd;

    begin();
    fd = asking(5000);
    fails(fd, 9, ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, 1000);
    what = next_error(fd);
    ck_assert_int_eq(what.err, SK_MSG_SIZE);
    ck_assert_uint_eq(what.mtu, 1000);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MTU_DISCOVER, SK_MTU_DONT), SK_OK);
    fails(fd, 9, ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, 900);
    ck_assert(!has_error(fd));
    host_free(&h);
}
END_TEST

/* Nobody answers there: this host says so. */
START_TEST(what_could_not_leave)
{
    struct sk_datagram_error what;
    struct sk_addr to = { ip4(0x0a000063), 9 };
    sk_fd fd;

    begin();
    fd = asking(5000);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, to), SK_OK);
    host_run(&h, h.now + seconds(10));
    what = next_error(fd);
    ck_assert_int_eq(what.err, SK_HOST_UNREACHABLE);
    ck_assert(sk_addr_equal(what.to, to));
    ck_assert(ip_is_unspecified(what.from));
    ck_assert_uint_eq(what.type, 0);
    host_free(&h);
}
END_TEST

START_TEST(a_connected_socket_keeps_them_as_well)
{
    sk_fd fd;

    begin();
    fd = asking(5000);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, (struct sk_addr){ PEER_IP, 9 }), SK_OK);
    refuses(fd, 9);
    ck_assert_int_eq(next_error(fd).err, SK_REFUSED);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { an_error_says_all_that_is_known,
                                   who_does_not_ask_hears_nothing_without_a_peer,
                                   a_call_is_told_too,
                                   each_socket_reads_its_own_in_order,
                                   the_newest_is_lost_where_there_is_no_room,
                                   what_nobody_reads_is_forgotten,
                                   a_path_that_is_too_narrow,
                                   what_could_not_leave,
                                   a_connected_socket_keeps_them_as_well,
                                   NULL };

    return suite_run("errors", tests);
}

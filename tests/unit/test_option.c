/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Options: which kind of socket has which, the values they take, what a buffer's size comes to, and
 * that no-delay does what it says.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

static struct host h;

enum kind { STREAM, DATAGRAM, LISTENER, N_KINDS };

static sk_fd of_kind(enum kind kind)
{
    return kind == LISTENER ? host_listener(&h, 80, 1)
                            : host_socket(&h, kind == STREAM ? SK_STREAM : SK_DGRAM);
}

/* What sk_set and sk_get answer, by kind. */
static const struct {
    enum sk_option option;
    bool set[N_KINDS];
    bool get[N_KINDS];
} TABLE[] = {
    { SK_SO_ERROR, { false, false, false }, { true, true, true } },
    { SK_SO_TYPE, { false, false, false }, { true, true, true } },
    { SK_REUSEADDR, { true, true, true }, { true, true, true } },
    { SK_REUSEPORT, { true, true, true }, { true, true, true } },
    { SK_RCVBUF, { true, true, true }, { true, true, true } },
    { SK_SNDBUF, { true, true, true }, { true, true, true } },
    { SK_DONTROUTE, { true, true, true }, { true, true, true } },
    { SK_BINDTODEVICE, { true, true, true }, { true, true, true } },
    { SK_BROADCAST, { false, true, false }, { false, true, false } },
    { SK_RCVLOWAT, { true, false, true }, { true, false, true } },
    { SK_OOBINLINE, { true, false, true }, { true, false, true } },
    { SK_NODELAY, { true, false, true }, { true, false, true } },
    { SK_CORK, { true, false, true }, { true, false, true } },
    { SK_QUICKACK, { true, false, true }, { true, false, true } },
    { SK_MAXSEG, { true, false, true }, { true, false, true } },
    { SK_DEFER_ACCEPT, { true, false, true }, { true, false, true } },
    { SK_ACCEPTCONN, { false, false, false }, { true, true, true } },
    { SK_TCP_STATE, { false, false, false }, { false, false, true } },
    { SK_KEEPALIVE, { true, false, true }, { true, false, true } },
    { SK_KEEPIDLE, { true, false, true }, { true, false, true } },
    { SK_KEEPINTVL, { true, false, true }, { true, false, true } },
    { SK_KEEPCNT, { true, false, true }, { true, false, true } },
    { SK_USER_TIMEOUT, { true, false, true }, { true, false, true } },
    { SK_UTO, { false, false, false }, { true, false, true } },
    { SK_ECN, { false, false, false }, { true, false, true } }, /* the basic profile has none */
    { SK_CONGESTION, { true, false, true }, { true, false, true } },
    { SK_TTL, { true, true, true }, { true, true, true } },
    { SK_TOS, { true, true, true }, { true, true, true } },
    { SK_RECVERR, { false, false, false }, { false, true, false } }, /* no n_errors */
    { SK_MTU, { false, false, false }, { false, false, false } },    /* none has a peer */
    { SK_MTU_DISCOVER, { false, true, false }, { false, true, false } },
    { SK_MULTICAST_TTL, { false, true, false }, { false, true, false } },
    { SK_MULTICAST_LOOP, { false, false, false }, { false, true, false } }, /* no sk_multicast */
    { SK_MULTICAST_IF, { false, true, false }, { false, true, false } },
    { SK_N_OPTIONS, { false, false, false }, { false, false, false } },
    { (enum sk_option)999, { false, false, false }, { false, false, false } },
};

static bool needs_a_peer(size_t i, enum kind kind)
{
    return TABLE[i].option == SK_MTU || (TABLE[i].option == SK_TCP_STATE && kind == STREAM);
}

START_TEST(who_has_which_option)
{
    ck_assert_uint_eq(sizeof(TABLE) / sizeof(TABLE[0]), SK_N_OPTIONS + 2);
    for (size_t i = 0; i < sizeof(TABLE) / sizeof(TABLE[0]); i++) {
        for (enum kind kind = STREAM; kind < N_KINDS; kind++) {
            int32_t value = 77;
            bool names_one = TABLE[i].option == SK_CONGESTION || TABLE[i].option == SK_MAXSEG;
            sk_fd fd;

            host_begin(&h, NULL);
            fd = of_kind(kind);
            ck_assert_int_eq(sk_set(h.iface, fd, TABLE[i].option, !names_one),
                             TABLE[i].set[kind] ? SK_OK : SK_NO_OPTION);
            ck_assert_int_eq(sk_get(h.iface, fd, TABLE[i].option, &value),
                             TABLE[i].get[kind]      ? SK_OK
                             : needs_a_peer(i, kind) ? SK_NOT_CONNECTED
                                                     : SK_NO_OPTION);
            ck_assert(TABLE[i].get[kind] || value == 77);
            ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
            host_end(&h);
        }
    }
}
END_TEST

START_TEST(what_a_socket_is)
{
    sk_fd fd;

    host_begin(&h, NULL);
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_TYPE), SK_DGRAM);
    ck_assert_int_eq(host_option(&h, fd, SK_ACCEPTCONN), 0);
    fd = host_socket(&h, SK_STREAM);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_TYPE), SK_STREAM);
    ck_assert_int_eq(host_option(&h, fd, SK_ACCEPTCONN), 0);
    ck_assert_int_eq(sk_listen(h.iface, fd, 1, h.now), SK_OK);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_TYPE), SK_STREAM);
    ck_assert_int_eq(host_option(&h, fd, SK_ACCEPTCONN), 1);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_OK);
    host_free(&h);
}
END_TEST

static void is_in(sk_fd fd, enum sk_tcp_state state)
{
    ck_assert_int_eq(host_option(&h, fd, SK_TCP_STATE), (int)state);
}

/* Nobody is there any more. */
static void is_closed(sk_fd fd)
{
    int32_t value;

    ck_assert_int_eq(sk_get(h.iface, fd, SK_TCP_STATE, &value), SK_NOT_CONNECTED);
}

/* RFC 9293 3.9.1.7, 3.3.2 */
START_TEST(the_state_of_a_connection_is_told)
{
    static struct peer p;
    struct sk_op op;
    sk_fd listener;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    fd = host_socket(&h, SK_STREAM);
    is_closed(fd);
    peer_begin(&p, &h, 4000, 0);
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    is_in(fd, SK_TCP_SYN_SENT);
    ck_assert_int_eq(sk_local(h.iface, fd, &p.host), SK_OK);
    peer_expect(&p, TCP_SYN);
    peer_send(&p, TCP_SYN, NULL, 0); /* at the same time */
    is_in(fd, SK_TCP_SYN_RECEIVED);
    peer_expect(&p, TCP_SYN | TCP_ACK);
    peer_send(&p, TCP_ACK, NULL, 0);
    is_in(fd, SK_TCP_ESTABLISHED);
    peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
    is_in(fd, SK_TCP_CLOSE_WAIT);
    peer_expect(&p, TCP_ACK);
    ck_assert_int_eq(sk_shutdown(h.iface, fd, SK_SHUT_WR, h.now), SK_OK);
    host_poll(&h);
    is_in(fd, SK_TCP_LAST_ACK);
    peer_expect(&p, TCP_FIN | TCP_ACK);
    peer_send(&p, TCP_ACK, NULL, 0);
    is_closed(fd);
    listener = host_listener(&h, 80, 1);
    is_in(listener, SK_TCP_LISTEN);
    for (uint16_t together = 0; together < 2; together++) {
        host_forget(&h);
        peer_begin(&p, &h, 4001 + together, 80);
        fd = peer_accepted(&p, listener);
        ck_assert_int_eq(sk_shutdown(h.iface, fd, SK_SHUT_WR, h.now), SK_OK);
        host_poll(&h);
        is_in(fd, SK_TCP_FIN_WAIT_1);
        if (together) {
            peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
            is_in(fd, SK_TCP_CLOSING);
            peer_expect(&p, TCP_FIN | TCP_ACK);
            peer_send(&p, TCP_ACK, NULL, 0);
        } else {
            peer_expect(&p, TCP_FIN | TCP_ACK);
            peer_send(&p, TCP_ACK, NULL, 0);
            is_in(fd, SK_TCP_FIN_WAIT_2);
            peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
        }
        is_in(fd, SK_TCP_TIME_WAIT);
    }
    ck_assert_int_eq(sk_shutdown(h.iface, listener, SK_SHUT_RD, h.now), SK_OK);
    is_closed(listener);
    host_free(&h);
}
END_TEST

START_TEST(switches_are_zero_and_one)
{
    sk_fd fd;

    host_begin(&h, NULL);
    fd = host_socket(&h, SK_STREAM);
    for (int i = 0; i < 2; i++) {
        enum sk_option option = i ? SK_REUSEADDR : SK_NODELAY;

        ck_assert_int_eq(host_option(&h, fd, option), 0);
        ck_assert_int_eq(sk_set(h.iface, fd, option, -5), SK_OK);
        ck_assert_int_eq(host_option(&h, fd, option), 1);
        ck_assert_int_eq(sk_set(h.iface, fd, option, 0), SK_OK);
        ck_assert_int_eq(host_option(&h, fd, option), 0);
    }
    host_free(&h);
}
END_TEST

static void begin_with_classes(void)
{
    struct host_setup setup = { .config = { .rcvbuf = 512, .sndbuf = 512 } };

    setup.config.buffers[0] = (struct sk_buffer_class){ 512, 4 };
    setup.config.buffers[1] = (struct sk_buffer_class){ 2048, 3 };
    setup.config.buffers[2] = (struct sk_buffer_class){ 16384, 2 };
    host_begin(&h, &setup);
    host_meet(&h);
}

/* The smallest class that holds what was asked for; the largest there is when none does. */
START_TEST(a_buffer_is_of_the_class_that_was_asked_for)
{
    static const int32_t wanted[] = { 1, 512, 513, 2048, 2049, 16384, 16385, INT32_MAX };
    static const int32_t given[] = { 512, 512, 2048, 2048, 16384, 16384, 16384, 16384 };

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        sk_fd fd;

        begin_with_classes();
        fd = host_socket(&h, SK_DGRAM);
        ck_assert_int_eq(host_option(&h, fd, SK_RCVBUF), 512);
        ck_assert_int_eq(sk_set(h.iface, fd, SK_RCVBUF, wanted[i]), SK_OK);
        ck_assert_int_eq(sk_bind(h.iface, fd, NOBODY), SK_OK);
        ck_assert_int_eq(host_option(&h, fd, SK_RCVBUF), given[i]);
        ck_assert_int_eq(host_option(&h, fd, SK_SNDBUF), 512);
        ck_assert_int_eq(sk_set(h.iface, fd, SK_RCVBUF, 16384), SK_OK); /* too late */
        ck_assert_int_eq(host_option(&h, fd, SK_RCVBUF), given[i]);
        ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
        host_end(&h);
    }
}
END_TEST

/* Of a connection less of the send buffer is used, or all of it again. */
START_TEST(the_send_buffer_of_a_connection_can_be_less)
{
    struct sk_iov room[2];
    struct peer p;
    sk_fd listener;
    sk_fd fd;

    begin_with_classes();
    listener = host_bound(&h, SK_STREAM, 80);
    ck_assert_int_eq(sk_set(h.iface, listener, SK_SNDBUF, 2048), SK_OK);
    ck_assert_int_eq(sk_listen(h.iface, listener, 4, h.now), SK_OK);
    peer_begin(&p, &h, 4000, 80);
    fd = peer_accepted(&p, listener);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_SNDBUF, 100), SK_OK);
    ck_assert_int_eq(host_option(&h, fd, SK_SNDBUF), 100);
    ck_assert_int_eq(sk_send_reserve(h.iface, fd, room), SK_OK);
    ck_assert_uint_eq(room[0].len + room[1].len, 100);
    ck_assert_int_eq(sk_send_commit(h.iface, fd, 101, h.now), SK_INVALID);
    ck_assert_int_eq(sk_send_commit(h.iface, fd, 100, h.now), SK_OK);
    ck_assert_int_eq(sk_send_reserve(h.iface, fd, room), SK_PENDING);
    ck_assert_uint_eq(sk_readiness(h.iface, fd) & SK_WRITABLE, 0);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_SNDBUF, 10), SK_OK); /* less than there is in it */
    ck_assert_int_eq(sk_send_reserve(h.iface, fd, room), SK_PENDING);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_SNDBUF, 1 << 20), SK_OK);
    ck_assert_int_eq(host_option(&h, fd, SK_SNDBUF), 2048);
    ck_assert_int_eq(sk_send_reserve(h.iface, fd, room), SK_OK);
    ck_assert_uint_eq(room[0].len + room[1].len, 1948);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_SNDBUF, 100), SK_OK);
    ck_assert_int_eq(sk_abort(h.iface, fd, h.now), SK_OK); /* and the pool gets back what it gave */
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_end(&h);
}
END_TEST

START_TEST(a_buffer_of_no_size)
{
    sk_fd fd;

    begin_with_classes();
    fd = host_socket(&h, SK_STREAM);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_RCVBUF, 0), SK_INVALID);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_SNDBUF, -1), SK_INVALID);
    ck_assert_int_eq(host_option(&h, fd, SK_RCVBUF), 512);
    host_free(&h);
}
END_TEST

/* A listener's options are those of its connections, and the window tells the sizes. */
START_TEST(a_listener_hands_its_options_on)
{
    struct peer p;
    sk_fd listener;
    sk_fd fd;

    begin_with_classes();
    listener = host_bound(&h, SK_STREAM, 80);
    ck_assert_int_eq(sk_set(h.iface, listener, SK_RCVBUF, 2000), SK_OK);
    ck_assert_int_eq(sk_listen(h.iface, listener, 4, h.now), SK_OK);
    ck_assert_int_eq(sk_set(h.iface, listener, SK_SNDBUF, 16384), SK_OK);
    ck_assert_int_eq(sk_set(h.iface, listener, SK_NODELAY, 1), SK_OK);
    ck_assert_int_eq(sk_set(h.iface, listener, SK_REUSEADDR, 1), SK_OK);
    peer_begin(&p, &h, 4000, 80);
    peer_send(&p, TCP_SYN, NULL, 0);
    ck_assert_uint_eq(peer_expect(&p, TCP_SYN | TCP_ACK)->tcp.wnd, 2048);
    p.seq--;
    peer_send(&p, TCP_RST, NULL, 0);
    p = (struct peer){ 0 };
    peer_begin(&p, &h, 4001, 80);
    fd = peer_accepted(&p, listener);
    ck_assert_int_eq(host_option(&h, fd, SK_RCVBUF), 2048);
    ck_assert_int_eq(host_option(&h, fd, SK_SNDBUF), 16384);
    ck_assert_int_eq(host_option(&h, fd, SK_NODELAY), 1);
    ck_assert_int_eq(host_option(&h, fd, SK_REUSEADDR), 1);
    host_free(&h);
}
END_TEST

/* When the class is used up there is a smaller one, and the option says which. */
START_TEST(classes_that_are_used_up)
{
    sk_fd fds[3];

    begin_with_classes();
    for (int i = 0; i < 3; i++) {
        fds[i] = host_socket(&h, SK_DGRAM);
        ck_assert_int_eq(sk_set(h.iface, fds[i], SK_RCVBUF, 16384), SK_OK);
        ck_assert_int_eq(sk_bind(h.iface, fds[i], NOBODY), SK_OK);
        ck_assert_int_eq(host_option(&h, fds[i], SK_RCVBUF), i < 2 ? 16384 : 2048);
    }
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(sk_close(h.iface, fds[i], h.now), SK_OK);
    }
    host_end(&h);
}
END_TEST

/* Nagle holds the second small segment back; without it both leave, also what waited already. */
START_TEST(no_delay)
{
    struct peer p;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    peer_begin(&p, &h, 4000, 80);
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    host_send(&h, fd, "a", 1, NOBODY);
    host_poll(&h);
    peer_expect(&p, TCP_ACK);
    host_send(&h, fd, "b", 1, NOBODY);
    host_poll(&h);
    peer_silent(&p);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_NODELAY, 1), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->payload_len, 1);
    host_send(&h, fd, "c", 1, NOBODY);
    host_poll(&h);
    ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->payload_len, 1);
    host_free(&h);
}
END_TEST

/* What the listener is told its connections announce, and keep to. */
START_TEST(a_longest_segment)
{
    static char octets[300];
    struct peer p;
    struct sk_op op;
    sk_fd listener;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    peer_begin(&p, &h, 4000, 80);
    listener = host_listener(&h, 80, 1);
    ck_assert_int_eq(host_option(&h, listener, SK_MAXSEG), 536);
    ck_assert_int_eq(sk_set(h.iface, listener, SK_MAXSEG, 100), SK_OK);
    peer_send(&p, TCP_SYN, NULL, 0);
    ck_assert_uint_eq(peer_expect(&p, TCP_SYN | TCP_ACK)->tcp.mss, 100);
    peer_send(&p, TCP_ACK, NULL, 0);
    sk_op_accept(&op, listener);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    fd = op.u.accepted;
    ck_assert_int_eq(host_option(&h, fd, SK_MAXSEG), 100);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MAXSEG, 200), SK_IS_CONNECTED);
    host_send(&h, fd, octets, sizeof(octets), NOBODY);
    host_poll(&h);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->payload_len, 100);
    }
    host_free(&h);
}
END_TEST

/* Off the link is a router's, which such a socket does not ask. */
START_TEST(without_routers)
{
    struct sk_addr away = { ip4(0x08080808), 9 };
    struct sk_op op;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    for (int i = 0; i < 2; i++) {
        sk_fd stream = host_socket(&h, SK_STREAM);

        fd = host_bound(&h, SK_DGRAM, 0);
        ck_assert_int_eq(sk_set(h.iface, fd, SK_DONTROUTE, i), SK_OK);
        ck_assert_int_eq(sk_set(h.iface, stream, SK_DONTROUTE, i), SK_OK);
        sk_op_send(&op, fd, NULL, 0, away, SK_OP_DONTROUTE);
        ck_assert_int_eq(host_try(&h, &op), SK_NET_UNREACHABLE);
        sk_op_send(&op, fd, NULL, 0, away, 0);
        ck_assert_int_eq(host_try(&h, &op), i ? SK_NET_UNREACHABLE : SK_OK);
        ck_assert_int_eq(sk_set_peer(h.iface, fd, away), i ? SK_NET_UNREACHABLE : SK_OK);
        sk_op_connect(&op, stream, away);
        ck_assert_int_eq(host_try(&h, &op), i ? SK_NET_UNREACHABLE : SK_PENDING);
        sk_op_send(&op, fd, NULL, 0, (struct sk_addr){ PEER_IP, 9 }, SK_OP_DONTROUTE);
        ck_assert_int_eq(host_try(&h, &op), SK_OK);
    }
    host_free(&h);
}
END_TEST

START_TEST(broadcasts_may_be_forbidden)
{
    struct sk_addr all = { ip4(UINT32_MAX), 9 };
    struct sk_op op;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    fd = host_bound(&h, SK_DGRAM, 0);
    for (int i = 1; i >= 0; i--) {
        ck_assert_int_eq(host_option(&h, fd, SK_BROADCAST), 1);
        ck_assert_int_eq(sk_set(h.iface, fd, SK_BROADCAST, i), SK_OK);
        sk_op_send(&op, fd, NULL, 0, all, 0);
        ck_assert_int_eq(host_try(&h, &op), i ? SK_OK : SK_ACCESS);
        ck_assert_int_eq(sk_set_peer(h.iface, fd, all), i ? SK_OK : SK_ACCESS);
    }
    host_free(&h);
}
END_TEST

static const struct {
    enum sk_option option;
    int32_t least;
    int32_t most;
} NUMBERS[] = { { SK_KEEPIDLE, 1, 32767 },        { SK_KEEPINTVL, 1, 32767 },
                { SK_KEEPCNT, 1, 127 },           { SK_RCVLOWAT, 1, INT32_MAX },
                { SK_OOBINLINE, 0, 2 },           { SK_MAXSEG, 88, 32767 },
                { SK_USER_TIMEOUT, 0, INT32_MAX } };

START_TEST(numbers_have_a_range)
{
    sk_fd fd;

    host_begin(&h, NULL);
    fd = host_socket(&h, SK_STREAM);
    for (size_t i = 0; i < sizeof(NUMBERS) / sizeof(NUMBERS[0]); i++) {
        enum sk_option option = NUMBERS[i].option;

        ck_assert_int_eq(sk_set(h.iface, fd, option, NUMBERS[i].most), SK_OK);
        ck_assert_int_eq(host_option(&h, fd, option), NUMBERS[i].most);
        ck_assert_int_eq(sk_set(h.iface, fd, option, NUMBERS[i].least), SK_OK);
        ck_assert_int_eq(sk_set(h.iface, fd, option, NUMBERS[i].least - 1), SK_INVALID);
        if (NUMBERS[i].most < INT32_MAX) {
            ck_assert_int_eq(sk_set(h.iface, fd, option, NUMBERS[i].most + 1), SK_INVALID);
        }
        ck_assert_int_eq(host_option(&h, fd, option), NUMBERS[i].least);
    }
    host_free(&h);
}
END_TEST

START_TEST(what_is_accepted_has_the_options_of_its_listener)
{
    struct peer p;
    sk_fd listener;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    fd = host_bound(&h, SK_STREAM, 80);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_KEEPIDLE, 60), SK_OK); /* before it listens */
    ck_assert_int_eq(sk_set(h.iface, fd, SK_REUSEADDR, 1), SK_OK);
    ck_assert_int_eq(sk_listen(h.iface, fd, 1, h.now), SK_OK);
    listener = fd;
    ck_assert_int_eq(sk_set(h.iface, listener, SK_KEEPALIVE, 1), SK_OK);
    ck_assert_int_eq(sk_set(h.iface, listener, SK_USER_TIMEOUT, 5000), SK_OK);
    ck_assert_int_eq(sk_set(h.iface, listener, SK_NODELAY, 1), SK_OK);
    peer_begin(&p, &h, 4000, 80);
    fd = peer_accepted(&p, listener);
    ck_assert_int_eq(host_option(&h, listener, SK_REUSEADDR), 1);
    ck_assert_int_eq(host_option(&h, fd, SK_REUSEADDR), 1);
    ck_assert_int_eq(host_option(&h, fd, SK_KEEPALIVE), 1);
    ck_assert_int_eq(host_option(&h, fd, SK_KEEPIDLE), 60);
    ck_assert_int_eq(host_option(&h, fd, SK_KEEPINTVL), 75);
    ck_assert_int_eq(host_option(&h, fd, SK_USER_TIMEOUT), 5000);
    ck_assert_int_eq(host_option(&h, fd, SK_NODELAY), 1);
    host_forget(&h);
    host_run(&h, h.now + seconds(59));
    peer_silent(&p);
    host_run(&h, h.now + seconds(2));
    ck_assert_ptr_nonnull(peer_expect(&p, TCP_ACK));
    host_free(&h);
}
END_TEST

static void has_header(const struct sent *s, uint8_t ttl, uint8_t tos)
{
    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(s->ip.ttl, ttl);
    ck_assert_uint_eq(s->ip.tos, tos);
}

START_TEST(a_listener_says_what_headers_its_connections_have)
{
    struct peer p;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    fd = host_bound(&h, SK_STREAM, 80);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_TTL, 5), SK_OK); /* before it listens */
    ck_assert_int_eq(sk_listen(h.iface, fd, 1, h.now), SK_OK);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_TOS, 0xb9), SK_OK);
    ck_assert_int_eq(host_option(&h, fd, SK_TOS), 0xb8); /* the rest is TCP's */
    peer_begin(&p, &h, 4000, 80);
    peer_send(&p, TCP_SYN, NULL, 0);
    has_header(peer_expect(&p, TCP_SYN | TCP_ACK), 5, 0xb8);
    peer_send(&p, TCP_ACK, NULL, 0);
    struct sk_op op;
    sk_op_accept(&op, fd);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert_int_eq(host_option(&h, op.u.accepted, SK_TTL), 5);
    ck_assert_int_eq(host_send(&h, op.u.accepted, "a", 1, NOBODY), SK_OK);
    host_poll(&h);
    has_header(peer_hear(&p), 5, 0xb8);
    host_free(&h);
}
END_TEST

/* RFC 9293 3.9.1.9: it may change on the way. */
START_TEST(a_connection_has_the_headers_that_were_chosen_last)
{
    struct peer p;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    fd = host_bound(&h, SK_STREAM, 5000);
    ck_assert_int_eq(host_option(&h, fd, SK_TTL), 64);
    ck_assert_int_eq(host_option(&h, fd, SK_TOS), 0);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_TTL, 255), SK_OK);
    peer_begin(&p, &h, 80, 5000);
    peer_is_called(&p, fd);
    ck_assert_int_eq(host_send(&h, fd, "a", 1, NOBODY), SK_OK);
    host_poll(&h);
    has_header(peer_hear(&p), 255, 0);
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_TTL, -1), SK_OK);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_TOS, 0x20), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, "b", 1, NOBODY), SK_OK);
    host_poll(&h);
    has_header(peer_hear(&p), 64, 0x20);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_TTL, 0), SK_INVALID);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_TTL, 256), SK_INVALID);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_TTL, -2), SK_INVALID);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_TOS, -1), SK_INVALID);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_TOS, 256), SK_INVALID);
    ck_assert_int_eq(host_option(&h, fd, SK_TOS), 0x20);
    host_free(&h);
}
END_TEST

START_TEST(a_datagram_has_the_headers_that_were_chosen)
{
    struct sk_addr to = { PEER_IP, 9 };
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(host_send(&h, fd, "a", 1, to), SK_OK);
    host_poll(&h);
    has_header(host_sent(&h), 64, 0);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_TTL, 7), SK_OK);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_TOS, 0x22), SK_OK); /* its ECN is the program's */
    ck_assert_int_eq(host_send(&h, fd, "a", 1, to), SK_OK);
    host_poll(&h);
    has_header(host_sent(&h), 7, 0x22);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    fd = host_bound(&h, SK_DGRAM, 5000); /* the same record */
    ck_assert_int_eq(host_send(&h, fd, "a", 1, to), SK_OK);
    host_poll(&h);
    has_header(host_sent(&h), 64, 0);
    host_free(&h);
}
END_TEST

/* Each of them, when it is set on a connection that lives, counts from then on. */
START_TEST(keep_alives_begin_when_the_program_says)
{
    struct peer p;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    peer_begin(&p, &h, 4000, 80);
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    host_run(&h, h.now + seconds(20));
    ck_assert_int_eq(sk_set(h.iface, fd, SK_KEEPALIVE, 1), SK_OK);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_KEEPIDLE, 10), SK_OK);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_KEEPINTVL, 3), SK_OK);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_KEEPCNT, 2), SK_OK);
    host_forget(&h);
    host_run(&h, h.now + millis(9900));
    host_silent(&h);
    host_run(&h, h.now + millis(200));
    ck_assert_ptr_nonnull(peer_expect(&p, TCP_ACK));
    host_run(&h, h.now + seconds(3));
    ck_assert_ptr_nonnull(peer_expect(&p, TCP_ACK));
    ck_assert_uint_eq(sk_readiness(h.iface, fd) & SK_ERROR, 0);
    host_run(&h, h.now + seconds(3));
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_TIMED_OUT);
    host_free(&h);
}
END_TEST

/* While the peer is silent, too: the next repetition would come at 1.4 s. */
START_TEST(patience_ends_when_the_program_says)
{
    struct peer p;
    instant start;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    peer_begin(&p, &h, 4000, 80);
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    start = h.now;
    ck_assert_int_eq(host_send(&h, fd, "text", 4, NOBODY), SK_OK);
    host_run(&h, start + millis(700));
    ck_assert_int_eq(sk_set(h.iface, fd, SK_USER_TIMEOUT, 1000), SK_OK);
    ck_assert_int_le(sk_iface_poll_at(h.iface, h.now), start + millis(1004));
    host_run(&h, start + millis(990));
    ck_assert_uint_eq(sk_readiness(h.iface, fd) & SK_ERROR, 0);
    host_run(&h, start + millis(1010));
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_TIMED_OUT);
    host_free(&h);
}
END_TEST

/* How many segments follow when all of the first ten are acknowledged at once: that is worth two
 * segments to Reno (RFC 3465 2.2), and eight to CUBIC's slow start (RFC 9406 4.3). */
static uint32_t second_flight(int32_t congestion)
{
    static uint8_t text[32000];
    struct host_setup setup = { .config = { .tcp = &sk_tcp_full, .sndbuf = 32768 } };
    struct peer p;
    uint32_t n = 0;
    sk_fd fd;

    setup.config.buffers[0] = (struct sk_buffer_class){ 4096, 8 };
    setup.config.buffers[1] = (struct sk_buffer_class){ 32768, 8 };
    host_begin(&h, &setup);
    host_meet(&h);
    ck_assert_str_eq(sk_congestion_name(h.iface, 0), "cubic");
    ck_assert_str_eq(sk_congestion_name(h.iface, 1), "reno");
    ck_assert_ptr_null(sk_congestion_name(h.iface, 2));
    fd = host_bound(&h, SK_STREAM, 5000);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_CONGESTION, 2), SK_INVALID);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_CONGESTION, -1), SK_INVALID);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_CONGESTION, congestion), SK_OK);
    peer_begin(&p, &h, 80, 5000);
    p.wnd = 65535;
    p.mss = 1000;
    peer_is_called(&p, fd);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_CONGESTION, 0), SK_IS_CONNECTED);
    ck_assert_int_eq(host_option(&h, fd, SK_CONGESTION), congestion);
    ck_assert_int_eq(host_send(&h, fd, text, sizeof(text), NOBODY), SK_OK);
    host_poll(&h);
    host_forget(&h);
    p.ack += 10000;
    peer_send(&p, TCP_ACK, NULL, 0);
    while (host_sent(&h)) {
        n++;
    }
    host_free(&h);
    return n;
}

START_TEST(a_socket_chooses_its_congestion_control)
{
    ck_assert_uint_eq(second_flight(0), 18);
    ck_assert_uint_eq(second_flight(1), 12);
}
END_TEST

/* RFC 5482; a listener's is its connections'. */
START_TEST(the_peer_is_told_of_the_user_timeout)
{
    struct host_setup setup = { .config = { .tcp = &sk_tcp_full } };
    struct peer p;
    sk_fd listener;
    sk_fd fd;

    host_begin(&h, &setup);
    host_meet(&h);
    listener = host_listener(&h, 80, 1);
    ck_assert_int_eq(host_option(&h, listener, SK_UTO), 0);
    ck_assert_int_eq(sk_set(h.iface, listener, SK_UTO, 7), SK_OK);
    peer_begin(&p, &h, 4000, 80);
    fd = peer_accepted(&p, listener);
    ck_assert_int_eq(host_option(&h, fd, SK_UTO), 1);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, NOBODY), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->tcp.uto, 924);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { who_has_which_option,
                                   what_a_socket_is,
                                   the_state_of_a_connection_is_told,
                                   switches_are_zero_and_one,
                                   a_buffer_is_of_the_class_that_was_asked_for,
                                   the_send_buffer_of_a_connection_can_be_less,
                                   a_buffer_of_no_size,
                                   a_listener_hands_its_options_on,
                                   classes_that_are_used_up,
                                   no_delay,
                                   a_longest_segment,
                                   without_routers,
                                   broadcasts_may_be_forbidden,
                                   numbers_have_a_range,
                                   what_is_accepted_has_the_options_of_its_listener,
                                   a_listener_says_what_headers_its_connections_have,
                                   a_connection_has_the_headers_that_were_chosen_last,
                                   a_datagram_has_the_headers_that_were_chosen,
                                   keep_alives_begin_when_the_program_says,
                                   patience_ends_when_the_program_says,
                                   a_socket_chooses_its_congestion_control,
                                   the_peer_is_told_of_the_user_timeout,
                                   NULL };

    return suite_run("option", tests);
}

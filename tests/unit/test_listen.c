/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Listeners: the backlog, what waits in it when its peer leaves or the listener is closed, and
 * connections that come where others were (TIME-WAIT).
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

static struct host h;

static void begin(void)
{
    host_begin(&h, NULL);
    host_meet(&h);
}

static struct peer peer_at(uint16_t port)
{
    struct peer p;

    peer_begin(&p, &h, port, 80);
    return p;
}

static enum sk_err accept(sk_fd listener, sk_fd *fd)
{
    struct sk_op op;
    enum sk_err err;

    sk_op_accept(&op, listener);
    err = host_try(&h, &op);
    *fd = op.u.accepted;
    return err;
}

/* Established ones, not those that are half open; a full queue drops the SYN, which comes again. */
START_TEST(a_full_backlog_drops_and_counts)
{
    struct peer p[4] = { peer_at(4000), peer_at(4001), peer_at(4002), peer_at(4003) };
    sk_fd listener;
    sk_fd fd;

    begin();
    listener = host_listener(&h, 80, 2);
    peer_send(&p[3], TCP_SYN, NULL, 0); /* half open */
    peer_expect(&p[3], TCP_SYN | TCP_ACK);
    peer_opens(&p[0]);
    peer_opens(&p[1]);
    peer_send(&p[2], TCP_SYN, NULL, 0);
    peer_silent(&p[2]);
    ck_assert_uint_eq(host_drops(&h, DROP_TCP_BACKLOG_FULL), 1);
    ck_assert_int_eq(accept(listener, &fd), SK_OK);
    p[2].seq--;
    peer_send(&p[2], TCP_SYN, NULL, 0); /* again: there is room now */
    peer_expect(&p[2], TCP_SYN | TCP_ACK);
    ck_assert_int_eq(sk_listen(h.iface, listener, 1, h.now), SK_OK); /* a smaller backlog */
    peer_send(&p[3], TCP_ACK, NULL, 0);
    peer_silent(&p[3]);
    ck_assert_uint_eq(host_drops(&h, DROP_TCP_BACKLOG_FULL), 2);
    ck_assert_int_eq(accept(listener, &fd), SK_OK);
    ck_assert_int_eq(accept(listener, &fd), SK_PENDING);
    peer_send(&p[3], TCP_ACK, NULL, 0); /* again: there is room now */
    peer_silent(&p[3]);
    ck_assert_int_eq(accept(listener, &fd), SK_OK);
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_passive_opens, 3);
    host_free(&h);
}
END_TEST

START_TEST(a_backlog_of_zero_is_one)
{
    struct peer p[2] = { peer_at(4000), peer_at(4001) };

    begin();
    host_listener(&h, 80, 0);
    peer_opens(&p[0]);
    peer_send(&p[1], TCP_SYN, NULL, 0);
    peer_silent(&p[1]);
    host_free(&h);
}
END_TEST

START_TEST(accepted_in_the_order_in_which_they_were_established)
{
    struct peer p[3] = { peer_at(4000), peer_at(4001), peer_at(4002) };
    sk_fd listener;

    begin();
    listener = host_listener(&h, 80, 3);
    for (int i = 0; i < 3; i++) {
        peer_send(&p[i], TCP_SYN, NULL, 0);
        peer_expect(&p[i], TCP_SYN | TCP_ACK);
    }
    for (int i = 3; i-- > 0;) {
        peer_send(&p[i], TCP_ACK, NULL, 0);
    }
    for (int i = 3; i-- > 0;) {
        struct sk_addr remote;
        sk_fd fd;

        ck_assert_int_eq(accept(listener, &fd), SK_OK);
        ck_assert_int_eq(sk_remote(h.iface, fd, &remote), SK_OK);
        ck_assert(sk_addr_equal(remote, p[i].addr));
    }
    host_free(&h);
}
END_TEST

/* The peer sent text and left: what it sent is read, then the end; or it reset: the error. */
START_TEST(accept_after_the_peer_left)
{
    struct peer p[2] = { peer_at(4000), peer_at(4001) };
    uint8_t octets[8];
    size_t len = sizeof(octets);
    sk_fd listener;
    sk_fd fd;

    begin();
    listener = host_listener(&h, 80, 2);
    peer_opens(&p[0]);
    peer_send(&p[0], TCP_ACK | TCP_FIN, "bye", 3);
    peer_expect(&p[0], TCP_ACK);
    peer_opens(&p[1]);
    peer_send(&p[1], TCP_RST, NULL, 0);
    ck_assert_int_eq(accept(listener, &fd), SK_OK);
    ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
    ck_assert(len == 3 && memcmp(octets, "bye", 3) == 0);
    ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
    ck_assert_uint_eq(len, 0);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    len = sizeof(octets);
    ck_assert_int_eq(accept(listener, &fd), SK_OK);
    ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_RESET);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_free(&h);
}
END_TEST

/* A reset of a half-open connection gives its place in the backlog back. */
START_TEST(a_half_open_connection_that_is_reset)
{
    struct peer p = peer_at(4000);
    sk_fd listener;

    begin();
    listener = host_listener(&h, 80, 1);
    for (int i = 0; i < 100; i++) {
        peer_send(&p, TCP_SYN, NULL, 0);
        peer_expect(&p, TCP_SYN | TCP_ACK);
        peer_send(&p, TCP_RST, NULL, 0);
        p.seq += 1000;
    }
    ck_assert_uint_eq(host_drops(&h, DROP_TCP_BACKLOG_FULL), 0);
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_failed_opens, 100);
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_passive_opens, 0);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_end(&h);
}
END_TEST

START_TEST(closing_a_listener_resets_what_waits)
{
    struct peer p[3] = { peer_at(4000), peer_at(4001), peer_at(4002) };
    sk_fd listener;
    sk_fd fd;

    begin();
    listener = host_listener(&h, 80, 4);
    fd = peer_accepted(&p[2], listener);
    peer_opens(&p[0]);
    peer_send(&p[1], TCP_SYN, NULL, 0);
    peer_expect(&p[1], TCP_SYN | TCP_ACK);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_poll(&h);
    for (int i = 0; i < 2; i++) { /* the half-open one first */
        const struct sent *s = host_sent(&h);

        ck_assert(s && s->tcp.flags & TCP_RST);
        ck_assert_uint_eq(s->tcp.dst_port, p[1 - i].addr.port);
        ck_assert_uint_eq(s->tcp.seq, p[1 - i].ack);
    }
    host_silent(&h);
    peer_closes(&p[2], fd); /* what was accepted goes on */
    host_end(&h);
}
END_TEST

static void peer_into_time_wait(struct peer *p, sk_fd listener)
{
    sk_fd fd = peer_accepted(p, listener);

    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    peer_expect(p, TCP_FIN | TCP_ACK);
    peer_send(p, TCP_FIN | TCP_ACK, NULL, 0);
    peer_expect(p, TCP_ACK);
}

/* RFC 9293 MAY-2: a SYN above the old sequence numbers begins anew, another is answered. */
START_TEST(a_new_connection_before_two_msl_are_over)
{
    struct peer p = peer_at(4000);
    uint32_t last;
    sk_fd listener;

    begin();
    listener = host_listener(&h, 80, 2);
    peer_into_time_wait(&p, listener);
    last = p.seq;
    p.seq = last - 10;
    peer_send(&p, TCP_SYN, NULL, 0);
    peer_expect(&p, TCP_ACK);
    p.seq = last + 1;
    ck_assert_int_eq(sk_close(h.iface, peer_accepted(&p, listener), h.now), SK_OK);
    host_poll(&h);
    host_forget(&h);
    p.addr.port = 4001; /* and on a closed port there is nobody to take it */
    peer_into_time_wait(&p, listener);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_poll(&h);
    host_forget(&h);
    p.seq += 1;
    peer_send(&p, TCP_SYN, NULL, 0);
    peer_expect(&p, TCP_ACK);
    host_end(&h);
}
END_TEST

/* The program has not closed it yet, and may still read what came. */
START_TEST(time_wait_gives_way_only_once_its_handle_is_closed)
{
    struct peer p = peer_at(4000);
    uint8_t octets[8];
    size_t len = sizeof(octets);
    sk_fd listener;
    sk_fd fd;

    begin();
    listener = host_listener(&h, 80, 2);
    fd = peer_accepted(&p, listener);
    peer_send(&p, TCP_ACK, "text", 4);
    ck_assert_int_eq(sk_shutdown(h.iface, fd, SK_SHUT_WR, h.now), SK_OK);
    host_poll(&h);
    peer_expect(&p, TCP_FIN | TCP_ACK);
    peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
    peer_expect(&p, TCP_ACK);
    p.seq += 1000;
    peer_send(&p, TCP_SYN, NULL, 0);
    peer_expect(&p, TCP_ACK);
    ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
    ck_assert(len == 4 && memcmp(octets, "text", 4) == 0);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    peer_accepted(&p, listener);
    host_free(&h);
}
END_TEST

/* Every record waits: the oldest gives way, and is counted. None of them is a connection's. */
START_TEST(time_wait_gives_way_when_every_record_waits)
{
    sk_fd listener;
    struct peer p;
    sk_fd fd;

    begin();
    listener = host_listener(&h, 80, 2);
    for (uint16_t i = 0; i < 3 * CONFIG_N_TIME_WAIT; i++) {
        p = peer_at((uint16_t)(4000 + i));
        peer_into_time_wait(&p, listener);
    }
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_time_wait_evicted, 2 * CONFIG_N_TIME_WAIT);
    p = peer_at(4000 + 2 * CONFIG_N_TIME_WAIT -
                1); /* the last that gave way: nobody knows it now */
    peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
    peer_expect(&p, TCP_RST);
    for (int i = 0; i < CONFIG_N_TCP; i++) {
        fd = host_socket(&h, SK_STREAM);
    }
    ck_assert_int_eq(sk_socket(h.iface, SK_STREAM, &fd), SK_NO_SOCKETS);
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_time_wait_evicted, 2 * CONFIG_N_TIME_WAIT);
    host_free(&h);
}
END_TEST

START_TEST(time_wait_ends)
{
    struct peer p = peer_at(4000);
    sk_fd listener;

    begin();
    listener = host_listener(&h, 80, 1);
    peer_into_time_wait(&p, listener);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_run(&h, h.now + 2 * FAKE_MSL - millis(10));
    ck_assert(!sk_iface_idle(h.iface));
    host_run(&h, h.now + millis(20));
    ck_assert(sk_iface_idle(h.iface));
    host_end(&h);
}
END_TEST

START_TEST(what_a_listener_answers)
{
    struct sk_event event;
    struct sk_op op;
    struct sk_addr addr;
    uint8_t octet;
    size_t len = 1;
    sk_fd fd;
    sk_fd other;

    begin();
    fd = host_socket(&h, SK_STREAM);
    ck_assert_int_eq(accept(fd, &other), SK_INVALID);
    ck_assert_int_eq(sk_listen(h.iface, fd, 1, h.now), SK_OK); /* binds by itself */
    ck_assert_int_eq(sk_local(h.iface, fd, &addr), SK_OK);
    ck_assert_uint_ge(addr.port, 32768);
    ck_assert_int_eq(sk_bind(h.iface, fd, addr), SK_INVALID);
    ck_assert_int_eq(sk_remote(h.iface, fd, &addr), SK_NOT_CONNECTED);
    ck_assert_int_eq(host_recv(&h, fd, &octet, &len, NULL), SK_NOT_CONNECTED);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, NOBODY), SK_NOT_CONNECTED);
    sk_op_connect(&op, fd, (struct sk_addr){ PEER_IP, 80 });
    ck_assert_int_eq(host_try(&h, &op), SK_NOT_SUPPORTED);
    ck_assert_int_eq(accept(fd, &other), SK_PENDING);
    ck_assert_int_eq(sk_shutdown(h.iface, fd, SK_SHUT_RDWR, h.now), SK_OK);
    ck_assert_uint_eq(sk_iface_ready(h.iface, &event, 1), 1);
    ck_assert_uint_eq(event.fd, fd);
    ck_assert_uint_eq(event.readiness, SK_READABLE | SK_HANGUP);
    ck_assert_int_eq(accept(fd, &other), SK_INVALID);
    ck_assert_int_eq(sk_listen(h.iface, fd, 1, h.now), SK_INVALID);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_full_backlog_drops_and_counts,
                                   a_backlog_of_zero_is_one,
                                   accepted_in_the_order_in_which_they_were_established,
                                   accept_after_the_peer_left,
                                   a_half_open_connection_that_is_reset,
                                   closing_a_listener_resets_what_waits,
                                   a_new_connection_before_two_msl_are_over,
                                   time_wait_gives_way_only_once_its_handle_is_closed,
                                   time_wait_gives_way_when_every_record_waits,
                                   time_wait_ends,
                                   what_a_listener_answers,
                                   NULL };

    return suite_run("listen", tests);
}

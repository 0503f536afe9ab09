/* SPDX-License-Identifier: BSD-3-Clause */
/* Handles: what a stale one may do (nothing), how slots are used again, and that they run out. */
#include <check.h>
#include <string.h>

#include "net/iface.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

#define N_GENERATIONS 100000

static struct host h;

/* Every call there is answers SK_INVALID_SOCKET. */
static void is_nobody(sk_fd fd)
{
    struct sk_addr addr = { HOST_IP, 1 };
    struct sk_iov iov[2] = { { &addr, 1 } };
    struct sk_op op;
    int32_t value;

    EXPECT(sk_bind(h.iface, fd, addr) == SK_INVALID_SOCKET);
    EXPECT(sk_listen(h.iface, fd, 1, h.now) == SK_INVALID_SOCKET);
    EXPECT(sk_set_peer(h.iface, fd, addr) == SK_INVALID_SOCKET);
    EXPECT(sk_shutdown(h.iface, fd, SK_SHUT_RDWR, h.now) == SK_INVALID_SOCKET);
    EXPECT(sk_close(h.iface, fd, h.now) == SK_INVALID_SOCKET);
    EXPECT(sk_abort(h.iface, fd, h.now) == SK_INVALID_SOCKET);
    EXPECT(sk_local(h.iface, fd, &addr) == SK_INVALID_SOCKET);
    EXPECT(sk_remote(h.iface, fd, &addr) == SK_INVALID_SOCKET);
    EXPECT(sk_set(h.iface, fd, SK_REUSEADDR, 1) == SK_INVALID_SOCKET);
    EXPECT(sk_get(h.iface, fd, SK_SO_ERROR, &value) == SK_INVALID_SOCKET);
    EXPECT(sk_udp_post(h.iface, fd, "x", 1, addr) == SK_INVALID_SOCKET);
    EXPECT(sk_send_reserve(h.iface, fd, iov) == SK_INVALID_SOCKET);
    EXPECT(sk_send_commit(h.iface, fd, 1, h.now) == SK_INVALID_SOCKET);
    EXPECT(sk_recv_peek(h.iface, fd, iov) == SK_INVALID_SOCKET);
    EXPECT(sk_recv_consume(h.iface, fd, 1, h.now) == SK_INVALID_SOCKET);
    EXPECT(sk_readiness(h.iface, fd) == 0);
    sk_op_connect(&op, fd, addr);
    EXPECT(host_try(&h, &op) == SK_INVALID_SOCKET);
    sk_op_accept(&op, fd);
    EXPECT(host_try(&h, &op) == SK_INVALID_SOCKET);
    iov[0] = (struct sk_iov){ &addr, 1 };
    sk_op_send(&op, fd, iov, 1, addr, 0);
    EXPECT(host_try(&h, &op) == SK_INVALID_SOCKET);
    sk_op_recv(&op, fd, iov, 1, 0);
    EXPECT(host_try(&h, &op) == SK_INVALID_SOCKET);
}

START_TEST(a_stale_handle_is_nobody)
{
    sk_fd fds[3];

    host_begin(&h, NULL);
    fds[0] = host_socket(&h, SK_STREAM);
    fds[1] = host_socket(&h, SK_DGRAM);
    fds[2] = host_listener(&h, 80, 1);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(sk_close(h.iface, fds[i], h.now), SK_OK);
        is_nobody(fds[i]);
    }
    host_socket(&h, SK_STREAM); /* in the slots that they had */
    host_socket(&h, SK_DGRAM);
    host_listener(&h, 80, 1);
    for (int i = 0; i < 3; i++) {
        is_nobody(fds[i]);
    }
    host_free(&h);
}
END_TEST

START_TEST(a_number_that_was_never_a_handle_is_nobody)
{
    host_begin(&h, NULL);
    is_nobody(SK_FD_NONE);
    for (sk_fd fd = 0; fd < 100; fd++) {
        is_nobody(fd);
        is_nobody(fd << 20);
        is_nobody(SK_FD_NONE - fd);
    }
    host_end(&h);
}
END_TEST

/* Also the handle of a connection that goes on without it, and of one that is over. */
START_TEST(a_closed_connection_has_no_handle)
{
    struct peer p;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    peer_begin(&p, &h, 4000, 80);
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    peer_closes(&p, fd);
    is_nobody(fd);
    p.addr.port++;
    host_free(&h);
}
END_TEST

static sk_fd refused(const struct tcp_profile *profile)
{
    struct host_setup setup = { .config = { .tcp = profile } };
    struct peer p;
    sk_fd fd;

    host_begin(&h, &setup);
    host_meet(&h);
    fd = host_socket(&h, SK_STREAM);
    peer_begin(&p, &h, 80, 0);
    peer_is_called(&p, fd);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ ip4(0), 0 }), SK_OK);
    host_poll(&h);
    peer_send(&p, TCP_RST, NULL, 0);
    host_forget(&h);
    return fd;
}

/* Of a connection that is over, whatever waited for a time, there is nothing to wait for. */
START_TEST(a_connection_that_was_reset_has_no_deadline)
{
    const struct tcp_profile *profiles[] = { &sk_tcp_basic, &sk_tcp_full };

    for (int i = 0; i < 2; i++) {
        struct sk_addr local;
        sk_fd fd = refused(profiles[i]);
        sk_fd other = host_socket(&h, SK_STREAM);

        ck_assert_int_gt(sk_iface_poll_at(h.iface, h.now), h.now + seconds(10));
        ck_assert_int_eq(sk_local(h.iface, fd, &local), SK_OK);
        ck_assert_int_eq(sk_bind(h.iface, other, local), SK_OK); /* nor does it keep a port */
        host_free(&h);
    }
}
END_TEST

START_TEST(an_open_fails_once)
{
    struct sk_op op;
    struct peer p;
    uint8_t octet;
    size_t len = 1;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    fd = host_socket(&h, SK_STREAM);
    peer_begin(&p, &h, 80, 0);
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    p.ack = host_sent(&h)->tcp.seq + 1;
    ck_assert_int_eq(sk_local(h.iface, fd, &p.host), SK_OK);
    peer_send(&p, TCP_RST | TCP_ACK, NULL, 0);
    ck_assert_int_eq(host_recv(&h, fd, &octet, &len, NULL), SK_REFUSED);
    ck_assert_int_eq(host_recv(&h, fd, &octet, &len, NULL), SK_OK); /* the end */
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_failed_opens, 1);
    host_free(&h);
}
END_TEST

START_TEST(generations_do_not_alias)
{
    sk_fd first;
    sk_fd before;

    host_begin(&h, NULL);
    first = host_socket(&h, SK_DGRAM);
    before = first;
    for (int i = 0; i < N_GENERATIONS; i++) {
        sk_fd fd;

        EXPECT(sk_close(h.iface, before, h.now) == SK_OK);
        fd = host_socket(&h, i % 2 ? SK_DGRAM : SK_STREAM);
        EXPECT(fd != before && fd != first && fd != SK_FD_NONE);
        EXPECT(sk_close(h.iface, before, h.now) == SK_INVALID_SOCKET);
        EXPECT(sk_close(h.iface, first, h.now) == SK_INVALID_SOCKET);
        before = fd;
    }
    ck_assert_int_eq(sk_close(h.iface, before, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* The slot that was given back last is taken first: what was just used is in the cache. */
START_TEST(slots_are_used_again_last_in_first_out)
{
    uint32_t mask = 31; /* 8 + 4 + 2 + 2 slots, and SK_FD_NONE is none of them */
    sk_fd a;
    sk_fd b;
    sk_fd c;

    host_begin(&h, NULL);
    a = host_socket(&h, SK_DGRAM);
    b = host_socket(&h, SK_DGRAM);
    c = host_socket(&h, SK_STREAM);
    ck_assert_uint_ne(a & mask, b & mask);
    sk_close(h.iface, a, h.now);
    sk_close(h.iface, b, h.now);
    ck_assert_uint_eq(host_socket(&h, SK_STREAM) & mask, b & mask);
    ck_assert_uint_eq(host_socket(&h, SK_STREAM) & mask, a & mask);
    ck_assert_int_eq(sk_close(h.iface, c, h.now), SK_OK);
    host_free(&h);
}
END_TEST

START_TEST(sockets_run_out_one_kind_at_a_time)
{
    struct host_setup setup = { .config = { .n_tcp = 3, .n_udp = 2, .n_listeners = 1 } };
    sk_fd fds[8];
    sk_fd extra;

    host_begin(&h, &setup);
    for (int i = 0; i < 3; i++) {
        fds[i] = host_socket(&h, SK_STREAM);
    }
    ck_assert_int_eq(sk_socket(h.iface, SK_STREAM, &extra), SK_NO_SOCKETS);
    fds[3] = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(sk_listen(h.iface, fds[0], 1, h.now), SK_OK);
    fds[4] = host_socket(&h, SK_STREAM); /* a listener gives its record of a connection back */
    ck_assert_int_eq(sk_listen(h.iface, fds[1], 1, h.now), SK_NO_SOCKETS);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(sk_close(h.iface, fds[i], h.now), SK_OK);
    }
    host_end(&h);
}
END_TEST

START_TEST(datagram_sockets_run_out)
{
    struct host_setup setup = { .config = { .n_udp = 2, .n_queries = 1 } };
    sk_fd fd;
    int n = 0;

    host_begin(&h, &setup);
    while (sk_socket(h.iface, SK_DGRAM, &fd) == SK_OK) {
        n++;
    }
    ck_assert_int_ge(n, 2); /* each query takes one of them while it runs */
    ck_assert_int_le(n, 3);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), n == 0 ? SK_INVALID_SOCKET : SK_OK);
    host_free(&h);
}
END_TEST

START_TEST(buffers_run_out_as_an_error)
{
    struct host_setup setup = { .config = { .n_udp = 3, .buffers = { { 512, 4 } } } };
    sk_fd fds[3];
    struct sk_op op;
    sk_fd stream;

    setup.config.rcvbuf = 512;
    setup.config.sndbuf = 512;
    host_begin(&h, &setup);
    fds[0] = host_bound(&h, SK_DGRAM, 1000);
    fds[1] = host_bound(&h, SK_DGRAM, 1001);
    fds[2] = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(sk_bind(h.iface, fds[2], NOBODY), SK_NO_BUFFERS);
    ck_assert_int_eq(host_send(&h, fds[2], "x", 1, (struct sk_addr){ PEER_IP, 9 }), SK_NO_BUFFERS);
    ck_assert_int_eq(sk_set_peer(h.iface, fds[2], (struct sk_addr){ PEER_IP, 9 }), SK_NO_BUFFERS);
    stream = host_socket(&h, SK_STREAM);
    sk_op_connect(&op, stream, (struct sk_addr){ PEER_IP, 80 });
    ck_assert_int_eq(host_try(&h, &op), SK_NO_BUFFERS);
    ck_assert_int_eq(sk_close(h.iface, fds[0], h.now), SK_OK);
    ck_assert_int_eq(sk_bind(h.iface, fds[2], NOBODY), SK_OK);
    for (int i = 1; i < 3; i++) {
        ck_assert_int_eq(sk_close(h.iface, fds[i], h.now), SK_OK);
    }
    ck_assert_int_eq(sk_close(h.iface, stream, h.now), SK_OK);
    host_end(&h);
}
END_TEST

START_TEST(what_no_call_knows_is_invalid)
{
    static const enum sk_type types[] = { SK_STREAM, SK_DGRAM };
    struct sk_op op;
    sk_fd fd;

    host_begin(&h, NULL);
    ck_assert_int_eq(sk_socket(h.iface, (enum sk_type)7, &fd), SK_INVALID);
    for (int i = 0; i < 2; i++) {
        fd = host_socket(&h, types[i]);
        ck_assert_int_eq(sk_shutdown(h.iface, fd, (enum sk_shutdown)3, h.now), SK_INVALID);
        sk_op_send(&op, fd, NULL, 0, NOBODY, SK_OP_PEEK);
        ck_assert_int_eq(host_try(&h, &op), SK_INVALID);
        sk_op_recv(&op, fd, NULL, 0, SK_OP_URGENT | 64);
        ck_assert_int_eq(host_try(&h, &op), SK_INVALID);
        sk_op_recv(&op, fd, NULL, 0, SK_OP_PEEK | 64);
        ck_assert_int_eq(host_try(&h, &op), SK_INVALID);
        ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    }
    host_end(&h);
}
END_TEST

/* A profile may keep kilobytes for each connection: they are not cleared for a new socket. */
START_TEST(taking_a_socket_leaves_the_state_of_its_profile)
{
    uint8_t *state;
    size_t len;
    sk_fd fd;

    host_begin(&h, NULL);
    fd = host_socket(&h, SK_STREAM);
    state = (uint8_t *)(tcp_at(h.iface, 0) + 1);
    len = h.iface->tcp.stride - sizeof(struct tcp_entry);
    ck_assert_uint_gt(len, 0);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    memset(state, 0xa5, len);
    fd = host_socket(&h, SK_STREAM);
    for (size_t i = 0; i < len; i++) {
        ck_assert_uint_eq(state[i], 0xa5);
    }
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_stale_handle_is_nobody,
                                   a_number_that_was_never_a_handle_is_nobody,
                                   a_closed_connection_has_no_handle,
                                   a_connection_that_was_reset_has_no_deadline,
                                   an_open_fails_once,
                                   generations_do_not_alias,
                                   slots_are_used_again_last_in_first_out,
                                   sockets_run_out_one_kind_at_a_time,
                                   datagram_sockets_run_out,
                                   buffers_run_out_as_an_error,
                                   what_no_call_knows_is_invalid,
                                   taking_a_socket_leaves_the_state_of_its_profile,
                                   NULL };

    return suite_run("sockets", tests);
}

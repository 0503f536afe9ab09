/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The operations on streams through the asynchronous API: connect in every state, sending and
 * receiving in pieces and in place, and the operations that a kind of socket does not have.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

static struct host h;
static struct peer p;

static void begin(void)
{
    host_begin(&h, NULL);
    host_meet(&h);
    peer_begin(&p, &h, 4000, 5000);
}

static void begin_connected(sk_fd *fd)
{
    begin();
    *fd = host_bound(&h, SK_STREAM, 5000);
    peer_is_called(&p, *fd);
}

START_TEST(connect_in_every_state)
{
    struct sk_op op;
    struct sk_op other;
    struct sk_addr addr;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_STREAM, 5000);
    ck_assert_int_eq(sk_remote(h.iface, fd, &addr), SK_NOT_CONNECTED);
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    sk_op_connect(&other, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &other), SK_ALREADY);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    ck_assert_int_eq(sk_remote(h.iface, fd, &addr), SK_NOT_CONNECTED);
    host_poll(&h);
    peer_expect(&p, TCP_SYN);
    peer_send(&p, TCP_SYN | TCP_ACK, NULL, 0);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert_int_eq(host_try(&h, &other), SK_IS_CONNECTED);
    ck_assert_int_eq(sk_remote(h.iface, fd, &addr), SK_OK);
    ck_assert(sk_addr_equal(addr, p.addr));
    ck_assert_int_eq(sk_local(h.iface, fd, &addr), SK_OK);
    ck_assert(sk_addr_equal(addr, (struct sk_addr){ HOST_IP, 5000 }));
    host_free(&h);
}
END_TEST

/* A refused socket may try again; who was told by SK_SO_ERROR does not hear it twice. */
START_TEST(a_refused_connect_is_told_once_and_may_be_repeated)
{
    struct sk_op op;
    struct sk_addr addr;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_STREAM, 5000);
    for (int way = 0; way < 2; way++) {
        sk_op_connect(&op, fd, p.addr);
        ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
        host_poll(&h);
        ck_assert_int_eq(sk_local(h.iface, fd, &addr), SK_OK);
        p.host = addr;
        peer_expect(&p, TCP_SYN);
        peer_send(&p, TCP_RST | TCP_ACK, NULL, 0);
        if (way == 0) {
            ck_assert_int_eq(host_try(&h, &op), SK_REFUSED);
            ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_OK);
        } else {
            ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_REFUSED);
        }
    }
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    ck_assert_int_eq(sk_local(h.iface, fd, &addr), SK_OK);
    p.host = addr;
    peer_expect(&p, TCP_SYN);
    peer_send(&p, TCP_SYN | TCP_ACK, NULL, 0);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    peer_expect(&p, TCP_ACK);
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_active_opens, 3);
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_failed_opens, 2);
    peer_closes(&p, fd);
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_failed_opens, 2);
    host_end(&h);
}
END_TEST

static enum sk_err try_connect(sk_fd fd, uint32_t addr, uint16_t port)
{
    struct sk_op op;

    sk_op_connect(&op, fd, (struct sk_addr){ ip4(addr), port });
    return host_try(&h, &op);
}

START_TEST(connect_to_where_nobody_can_be)
{
    /* multicast; "this network", RFC 1122 3.2.1.3 (a) and (b); class E */
    static const uint32_t nobodys[] = { 0xe0000001, 0,          1,         0x00ffffff,
                                        0xf0000000, 0xf0000001, 0xfffffffe };
    struct host_setup alone = { .netif = { .addr = HOST_IP, .prefix_len = 24 } };
    sk_fd fd;

    host_begin(&h, &alone);
    fd = host_socket(&h, SK_STREAM);
    ck_assert_int_eq(try_connect(fd, 0x08080808, 80), SK_NET_UNREACHABLE);
    ck_assert_int_eq(try_connect(fd, 0x0a0000ff, 80), SK_INVALID);
    ck_assert_int_eq(try_connect(fd, 0xffffffff, 80), SK_INVALID);
    ck_assert_int_eq(try_connect(fd, 0x0a000002, 0), SK_INVALID);
    ck_assert_int_ne(try_connect(fd, 0xe0000001, 80), SK_PENDING);
    ck_assert_int_ne(try_connect(fd, 0, 80), SK_PENDING);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
    begin(); /* and with a gateway */
    fd = host_socket(&h, SK_STREAM);
    for (size_t i = 0; i < sizeof(nobodys) / sizeof(*nobodys); i++) {
        ck_assert_int_eq(try_connect(fd, nobodys[i], 80), SK_INVALID);
    }
    host_silent(&h);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* Nobody answers: neither the neighbour, nor the host behind it. */
START_TEST(connect_to_silence)
{
    struct sk_op op;
    instant begun;
    sk_fd fd;

    begin();
    fd = host_socket(&h, SK_STREAM);
    sk_op_connect(&op, fd, (struct sk_addr){ ip4(0x0a00004d), 80 });
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_run(&h, h.now + seconds(4));
    ck_assert_int_eq(host_try(&h, &op), SK_HOST_UNREACHABLE);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
    begin();
    fd = host_socket(&h, SK_STREAM);
    begun = h.now;
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    do { /* the peer is a neighbour, and says nothing else */
        instant at = sk_iface_poll_at(h.iface, h.now);

        for (const struct sent *s; (s = host_sent(&h)) != NULL;) {
            if (s->eth.type == ETH_TYPE_ARP && s->arp.op == ARP_REQUEST) {
                struct arp_hdr arp = { .op = ARP_REPLY,
                                       .sha = PEER_MAC,
                                       .spa = s->arp.tpa,
                                       .tha = HOST_MAC,
                                       .tpa = HOST_IP };
                static struct frame f;

                frame_arp(&f, &arp);
                host_hear(&h, &f);
            }
        }
        host_run(&h, at);
    } while (host_try(&h, &op) == SK_PENDING);
    ck_assert_int_ge(h.now - begun, seconds(180));
    ck_assert_int_le(h.now - begun, seconds(190));
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_free(&h);
}
END_TEST

START_TEST(a_forgotten_connect_goes_on)
{
    struct sk_op op;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_STREAM, 5000);
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    memset(&op, 0xee, sizeof(op));
    host_poll(&h);
    peer_expect(&p, TCP_SYN);
    peer_send(&p, TCP_SYN | TCP_ACK, NULL, 0);
    peer_expect(&p, TCP_ACK);
    ck_assert_uint_eq(sk_readiness(h.iface, fd), SK_WRITABLE);
    peer_closes(&p, fd);
    host_end(&h);
}
END_TEST

START_TEST(what_an_unconnected_stream_answers)
{
    struct sk_iov iov[2];
    uint8_t octet;
    size_t len = 1;
    sk_fd fd;

    begin();
    fd = host_socket(&h, SK_STREAM);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, NOBODY), SK_NOT_CONNECTED);
    ck_assert_int_eq(host_recv(&h, fd, &octet, &len, NULL), SK_NOT_CONNECTED);
    ck_assert_int_eq(sk_shutdown(h.iface, fd, SK_SHUT_WR, h.now), SK_NOT_CONNECTED);
    ck_assert_int_eq(sk_send_reserve(h.iface, fd, iov), SK_NOT_CONNECTED);
    ck_assert_int_eq(sk_send_commit(h.iface, fd, 0, h.now), SK_NOT_CONNECTED);
    ck_assert_int_eq(sk_recv_peek(h.iface, fd, iov), SK_NOT_CONNECTED);
    ck_assert_int_ne(sk_recv_consume(h.iface, fd, 0, h.now), SK_OK);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, p.addr), SK_NOT_SUPPORTED);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

START_TEST(what_means_nothing_to_a_datagram_socket)
{
    struct sk_iov iov[2];
    struct sk_op op;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_IGNORED);
    sk_op_accept(&op, fd);
    ck_assert_int_eq(host_try(&h, &op), SK_IGNORED);
    ck_assert_int_eq(sk_listen(h.iface, fd, 1, h.now), SK_IGNORED);
    ck_assert_int_eq(sk_shutdown(h.iface, fd, SK_SHUT_WR, h.now), SK_NOT_CONNECTED);
    ck_assert_int_eq(sk_send_reserve(h.iface, fd, iov), SK_NOT_SUPPORTED);
    ck_assert_int_eq(sk_send_commit(h.iface, fd, 1, h.now), SK_NOT_SUPPORTED);
    ck_assert_int_eq(sk_recv_peek(h.iface, fd, iov), SK_NOT_SUPPORTED);
    ck_assert_int_eq(sk_recv_consume(h.iface, fd, 1, h.now), SK_NOT_SUPPORTED);
    host_poll(&h);
    host_silent(&h);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* Five buffers out and five in, empty ones among them; PEEK leaves all of it, WAITALL waits. */
START_TEST(scattered_and_gathered)
{
    char text[] = "abcdefghij";
    char got[12] = { 0 };
    struct sk_iov out[5] = {
        { text, 3 }, { NULL, 0 }, { text + 3, 1 }, { text + 4, 6 }, { text, 0 }
    };
    struct sk_iov in[4] = { { got, 1 }, { NULL, 0 }, { got + 1, 4 }, { got + 5, 5 } };
    struct sk_op op;
    const struct sent *s;
    sk_fd fd;

    begin_connected(&fd);
    sk_op_send(&op, fd, out, 5, NOBODY, 0);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert_uint_eq(op.done, 10);
    host_poll(&h);
    s = peer_expect(&p, TCP_ACK);
    ck_assert(s->payload_len == 10 && memcmp(s->payload, text, 10) == 0);
    sk_op_send(&op, fd, out, 0, NOBODY, 0);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);

    peer_send(&p, TCP_ACK, "ABCDEF", 6);
    for (int i = 0; i < 2; i++) {
        sk_op_recv(&op, fd, in, 4, SK_OP_PEEK);
        ck_assert_int_eq(host_try(&h, &op), SK_OK);
        ck_assert(op.done == 6 && memcmp(got, "ABCDEF", 6) == 0);
        ck_assert(sk_addr_equal(op.addr, p.addr));
    }
    sk_op_recv(&op, fd, in, 4, SK_OP_WAITALL);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    ck_assert_uint_eq(op.done, 6);
    peer_send(&p, TCP_ACK, "GHIJKL", 6);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert(op.done == 10 && memcmp(got, "ABCDEFGHIJ", 10) == 0);
    sk_op_recv(&op, fd, in, 4, SK_OP_WAITALL); /* cut short by the end */
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    peer_send(&p, TCP_ACK | TCP_FIN, NULL, 0);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert(op.done == 2 && memcmp(got, "KL", 2) == 0);
    host_free(&h);
}
END_TEST

START_TEST(what_is_discarded_is_counted_and_not_copied)
{
    char got[4] = "....";
    struct sk_iov in[2] = { { got, 1 }, { NULL, 4 } };
    struct sk_op op;
    sk_fd fd;

    begin_connected(&fd);
    peer_send(&p, TCP_ACK, "ABCDEFG", 7);
    for (int i = 0; i < 2; i++) {
        sk_op_recv(&op, fd, in, 2, SK_OP_DISCARD | SK_OP_PEEK);
        ck_assert_int_eq(host_try(&h, &op), SK_OK);
        ck_assert_uint_eq(op.done, 5);
    }
    sk_op_recv(&op, fd, in, 2, SK_OP_DISCARD);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert(op.done == 5 && memcmp(got, "....", 4) == 0);
    in[0].len = 3;
    sk_op_recv(&op, fd, in, 1, 0);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert(op.done == 2 && memcmp(got, "FG..", 4) == 0);
    host_free(&h);
}
END_TEST

START_TEST(a_peek_waits_for_all_that_the_window_lets_in)
{
    static char text[CONFIG_BUFFER_SIZE];
    static char got[CONFIG_BUFFER_SIZE + 1];
    struct sk_iov in = { got, 4 };
    struct sk_op op;
    size_t sent = 6;
    sk_fd fd;

    begin_connected(&fd);
    sk_op_recv(&op, fd, &in, 1, SK_OP_PEEK | SK_OP_WAITALL);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    peer_send(&p, TCP_ACK, "abc", 3);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    ck_assert_uint_eq(op.done, 3);
    peer_send(&p, TCP_ACK, "def", 3);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert(op.done == 4 && memcmp(got, "abcd", 4) == 0);

    in.len = sizeof(got);
    sk_op_recv(&op, fd, &in, 1, SK_OP_PEEK | SK_OP_WAITALL);
    while (sent < sizeof(text)) {
        size_t len = sizeof(text) - sent < 1000 ? sizeof(text) - sent : 1000;

        ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
        peer_send(&p, TCP_ACK, text, len);
        sent += len;
    }
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert_uint_eq(op.done, sizeof(text));
    host_free(&h);
}
END_TEST

/* Nothing comes after the end, however it came. */
START_TEST(a_peek_for_more_than_there_is_ends_with_the_stream)
{
    const uint8_t ends[] = { TCP_FIN | TCP_ACK, TCP_RST };
    uint8_t got[50];
    struct sk_iov in = { got, sizeof(got) };
    struct sk_op op;
    sk_fd fd;

    for (int i = 0; i < 2; i++) {
        begin_connected(&fd);
        sk_op_recv(&op, fd, &in, 1, SK_OP_PEEK | SK_OP_WAITALL);
        peer_send(&p, TCP_ACK, "abcdef", 6);
        ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
        peer_send(&p, ends[i], NULL, 0);
        ck_assert_int_eq(host_try(&h, &op), SK_OK);
        ck_assert_uint_eq(op.done, 6);
        host_free(&h);
    }
}
END_TEST

START_TEST(a_send_that_does_not_fit_counts_what_went_in)
{
    static uint8_t text[3 * CONFIG_BUFFER_SIZE];
    struct sk_iov iov[2] = { { text, 1000 }, { text + 1000, sizeof(text) - 1000 } };
    struct sk_op op;
    uint32_t got = 0;
    sk_fd fd;

    begin_connected(&fd);
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (uint8_t)(i * 7 >> 3);
    }
    sk_op_send(&op, fd, iov, 2, NOBODY, 0);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    ck_assert_uint_eq(op.done, CONFIG_BUFFER_SIZE);
    while (got < sizeof(text)) {
        host_poll(&h);
        for (const struct sent *s; (s = peer_hear(&p)) != NULL;) {
            EXPECT(memcmp(s->payload, text + got, s->payload_len) == 0);
            got += (uint32_t)s->payload_len;
        }
        peer_send(&p, TCP_ACK, NULL, 0);
        host_try(&h, &op);
    }
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert_uint_eq(op.done, sizeof(text));
    host_free(&h);
}
END_TEST

/* Through the wrap of both rings. */
START_TEST(streams_in_place)
{
    struct sk_iov iov[2];
    uint32_t n_wrapped = 0;
    sk_fd fd;

    begin_connected(&fd);
    ck_assert_int_eq(sk_recv_peek(h.iface, fd, iov), SK_PENDING);
    for (uint32_t round = 0; round < 40; round++) {
        uint8_t text[700];
        uint32_t sent = 0;
        size_t got = 0;

        memset(text, (int)round, sizeof(text));
        ck_assert_int_eq(sk_send_reserve(h.iface, fd, iov), SK_OK);
        ck_assert_uint_eq(iov[0].len + iov[1].len, CONFIG_BUFFER_SIZE);
        n_wrapped += iov[1].len > 0 && iov[0].len < sizeof(text);
        for (uint32_t i = 0; i < sizeof(text); i++) {
            ((uint8_t *)(i < iov[0].len ? iov[0].base
                                        : iov[1].base))[i < iov[0].len ? i : i - iov[0].len] =
                text[i];
        }
        ck_assert_int_eq(sk_send_commit(h.iface, fd, CONFIG_BUFFER_SIZE + 1, h.now), SK_INVALID);
        ck_assert_int_eq(sk_send_commit(h.iface, fd, sizeof(text), h.now), SK_OK);
        host_poll(&h);
        for (const struct sent *s; (s = peer_hear(&p)) != NULL; sent += (uint32_t)s->payload_len) {
            EXPECT(memcmp(s->payload, text, s->payload_len) == 0);
        }
        ck_assert_uint_eq(sent, sizeof(text));
        peer_send(&p, TCP_ACK, text, sizeof(text));
        while (peer_hear(&p)) {
        }
        ck_assert_int_eq(sk_recv_peek(h.iface, fd, iov), SK_OK);
        for (int i = 0; i < 2; i++) {
            EXPECT(iov[i].len == 0 || memcmp(iov[i].base, text, iov[i].len) == 0);
            got += iov[i].len;
        }
        ck_assert_uint_eq(got, sizeof(text));
        ck_assert_int_eq(sk_recv_consume(h.iface, fd, got + 1, h.now), SK_INVALID);
        ck_assert_int_eq(sk_recv_consume(h.iface, fd, got, h.now), SK_OK);
    }
    ck_assert_uint_gt(n_wrapped, 2);
    ck_assert_int_eq(sk_send_commit(h.iface, fd, CONFIG_BUFFER_SIZE, h.now), SK_OK);
    ck_assert_int_eq(sk_send_reserve(h.iface, fd, iov), SK_PENDING);
    peer_send(&p, TCP_ACK | TCP_FIN, NULL, 0);
    ck_assert_int_eq(sk_recv_peek(h.iface, fd, iov), SK_OK);
    ck_assert_uint_eq(iov[0].len + iov[1].len, 0);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { connect_in_every_state,
                                   a_refused_connect_is_told_once_and_may_be_repeated,
                                   connect_to_where_nobody_can_be,
                                   connect_to_silence,
                                   a_forgotten_connect_goes_on,
                                   what_an_unconnected_stream_answers,
                                   what_means_nothing_to_a_datagram_socket,
                                   scattered_and_gathered,
                                   what_is_discarded_is_counted_and_not_copied,
                                   a_peek_waits_for_all_that_the_window_lets_in,
                                   a_peek_for_more_than_there_is_ends_with_the_stream,
                                   a_send_that_does_not_fit_counts_what_went_in,
                                   streams_in_place,
                                   NULL };

    return suite_run("ops", tests);
}

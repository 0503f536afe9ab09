/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A link that can lose what nobody takes in time says how much it absorbs: the windows that all
 * connections through it announce never come to more, whatever they do. A connection for which
 * nothing is left begins with a closed window, and has one as soon as another is gone.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#define N_PEERS 12
#define ABSORB 12000
#define TCP_MIN_WINDOW 536

static struct host h;
static struct peer peers[N_PEERS];
static sk_fd fds[N_PEERS];
static uint32_t edges[N_PEERS]; /* one past the last octet that the peer may send */
static bool open[N_PEERS];
static sk_fd listener;

static void begin(uint32_t absorb)
{
    struct host_setup setup = { .config = { .n_tcp = N_PEERS }, .absorb = absorb };

    setup.config.rcvbuf = 16384;
    setup.config.sndbuf = 256;
    setup.config.buffers[0] = (struct sk_buffer_class){ 256, N_PEERS };
    setup.config.buffers[1] = (struct sk_buffer_class){ 16384, N_PEERS };
    host_begin(&h, &setup);
    host_meet(&h);
    listener = host_listener(&h, 80, N_PEERS);
    memset(open, 0, sizeof(open));
    for (uint16_t i = 0; i < N_PEERS; i++) {
        peer_begin(&peers[i], &h, (uint16_t)(4000 + i), 80);
    }
}

/* What the host said, to whom: the edges move, and the sum of the windows is looked at. */
static void listen_to_all(uint32_t absorb)
{
    uint32_t sum = 0;

    for (const struct sent *s; (s = host_sent(&h)) != NULL;) {
        int i = s->tcp.dst_port - 4000;
        uint32_t edge = s->tcp.ack + s->tcp.wnd;

        if (s->eth.type == ETH_TYPE_ARP || s->tcp.flags & TCP_RST) {
            continue;
        }
        if (s->tcp.flags & TCP_SYN) {
            peers[i].ack = s->tcp.seq + 1;
            edges[i] = edge;
        } else if (s->tcp.seq == peers[i].ack) {
            peers[i].ack += tcp_seg_len(&s->tcp);
        }
        EXPECT((int32_t)(edge - edges[i]) >= 0); /* never taken back */
        edges[i] = edge;
    }
    for (int i = 0; i < N_PEERS; i++) {
        sum += open[i] ? edges[i] - peers[i].seq : 0;
    }
    EXPECT_MSG(sum <= absorb, "windows of %u octets together", sum);
}

static void connect_peer(int i)
{
    struct sk_op op;

    edges[i] = peers[i].seq + 1;
    peer_send(&peers[i], TCP_SYN, NULL, 0);
    open[i] = true;
    listen_to_all(ABSORB);
    peer_send(&peers[i], TCP_ACK, NULL, 0);
    sk_op_accept(&op, listener);
    EXPECT(host_try(&h, &op) == SK_OK);
    fds[i] = op.u.accepted;
}

static uint32_t window(int i)
{
    return edges[i] - peers[i].seq;
}

/* Less than a small segment is better than nothing where there is no more. */
START_TEST(a_link_that_absorbs_almost_nothing)
{
    begin(400);
    peer_is_called(&peers[0], host_socket(&h, SK_STREAM));
    peer_send(&peers[0], TCP_ACK, "text", 4);
    host_run(&h, h.now + 50000);
    ck_assert_uint_eq(peer_expect(&peers[0], TCP_ACK)->tcp.wnd, 396);
    host_free(&h);
}
END_TEST

START_TEST(the_sum_of_the_windows)
{
    static uint8_t text[1460];
    uint64_t state = seed_start();
    uint32_t n_shut = 0;
    uint32_t n_octets = 0;

    begin(ABSORB);
    for (int step = 0; step < 20000; step++) {
        int i = (int)random_below(&state, N_PEERS);
        uint32_t room = edges[i] - peers[i].seq;
        uint32_t len = random_below(&state, 1460) + 1;
        size_t got = sizeof(text);

        if (!open[i]) {
            connect_peer(i);
            n_shut += window(i) == 0;
            continue;
        }
        switch (random_below(&state, 20)) {
        case 0: /* the peer goes, and comes again later */
            peer_send(&peers[i], TCP_RST, NULL, 0);
            EXPECT(sk_close(h.iface, fds[i], h.now) == SK_OK);
            peers[i].seq += 100000;
            open[i] = false;
            break;
        case 1:
            host_run(&h, h.now + millis(50));
            break;
        case 2:
        case 3:
        case 4:
        case 5:
        case 6:
            if (host_recv(&h, fds[i], text, &got, NULL) == SK_OK) {
                n_octets += (uint32_t)got;
            }
            host_poll(&h);
            break;
        default:
            len = len < room ? len : room; /* 0: asks for the window, as a probe does */
            peer_send(&peers[i], TCP_ACK, text, len);
        }
        listen_to_all(ABSORB);
    }
    ck_assert_uint_gt(n_shut, 0); /* there are more peers than credit */
    ck_assert_uint_gt(n_octets, 100000);
    host_free(&h);
}
END_TEST

/* A window is one that segments can come through, or shut; and a shut one opens at the first probe
 * after another connection has gone. */
START_TEST(a_window_of_use_or_none)
{
    int n = 0;

    begin(ABSORB);
    for (int i = 0; i < N_PEERS; i++) {
        connect_peer(i);
        ck_assert(window(i) == 0 || window(i) >= TCP_MIN_WINDOW);
        n += window(i) > 0;
    }
    ck_assert_int_ge(n, 4);
    ck_assert_int_lt(n, N_PEERS);
    peer_send(&peers[N_PEERS - 1], TCP_ACK, "x", 1); /* a probe: not taken, answered */
    peers[N_PEERS - 1].seq--;
    listen_to_all(ABSORB);
    ck_assert_uint_eq(window(N_PEERS - 1), 0);
    peer_send(&peers[0], TCP_RST, NULL, 0);
    open[0] = false;
    peer_send(&peers[N_PEERS - 1], TCP_ACK, "x", 1);
    peers[N_PEERS - 1].seq--;
    listen_to_all(ABSORB);
    ck_assert_uint_ge(window(N_PEERS - 1), TCP_MIN_WINDOW);
    peer_send(&peers[N_PEERS - 1], TCP_ACK, "text", 4);
    ck_assert_uint_eq(sk_readiness(h.iface, fds[N_PEERS - 1]), SK_READABLE | SK_WRITABLE);
    host_free(&h);
}
END_TEST

/* All credit comes back: after many connections the next one has as much as the first had. */
START_TEST(credit_comes_back)
{
    uint32_t first = 0;

    begin(ABSORB);
    for (int i = 0; i < 200; i++) {
        connect_peer(0);
        first = first ? first : window(0);
        ck_assert_uint_eq(window(0), first);
        if (i % 3 == 0) {
            peer_send(&peers[0], TCP_RST, NULL, 0);
            ck_assert_int_eq(sk_close(h.iface, fds[0], h.now), SK_OK);
        } else if (i % 3 == 1) {
            peer_send(&peers[0], TCP_FIN | TCP_ACK, NULL, 0);
            listen_to_all(ABSORB);
            ck_assert_int_eq(sk_close(h.iface, fds[0], h.now), SK_OK);
            host_poll(&h);
            listen_to_all(ABSORB);
            peer_send(&peers[0], TCP_ACK, NULL, 0);
        } else {
            ck_assert_int_eq(sk_abort(h.iface, fds[0], h.now), SK_OK);
            host_poll(&h);
        }
        listen_to_all(ABSORB);
        open[0] = false;
        peers[0].seq += 100000;
    }
    host_free(&h);
}
END_TEST

START_TEST(time_wait_keeps_no_credit)
{
    uint32_t first;

    begin(ABSORB);
    connect_peer(0);
    first = window(0);
    ck_assert_int_eq(sk_close(h.iface, fds[0], h.now), SK_OK);
    host_poll(&h);
    listen_to_all(ABSORB);
    peer_send(&peers[0], TCP_FIN | TCP_ACK, NULL, 0);
    open[0] = false;
    connect_peer(1);
    ck_assert_uint_eq(window(1), first);
    peers[0].seq--;
    peer_send(&peers[0], TCP_FIN | TCP_ACK, NULL, 0);
    peer_expect(&peers[0], TCP_ACK); /* the first one is still there */
    host_free(&h);
}
END_TEST

/* The host's socket asks the peer, which answers nonsense and then refuses. The reset that the
 * nonsense is owed waits for the link. */
static void be_refused(sk_fd fd, struct peer *p)
{
    struct sk_op op;
    struct sk_addr local;

    sk_op_connect(&op, fd, p->addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    ck_assert_int_eq(sk_local(h.iface, fd, &local), SK_OK);
    p->host = local;
    p->wnd = peer_expect(p, TCP_SYN)->tcp.wnd;
    h.link.refuse = true;
    p->ack += 1000;
    peer_send(p, TCP_ACK, NULL, 0);
    p->ack -= 1000;
    peer_send(p, TCP_RST | TCP_ACK, NULL, 0);
    ck_assert_int_eq(host_try(&h, &op), SK_REFUSED);
    h.link.refuse = false;
    host_poll(&h);
}

START_TEST(a_refused_connection_keeps_no_credit_for_its_reset)
{
    sk_fd fd;

    begin(ABSORB);
    fd = host_socket(&h, SK_STREAM);
    be_refused(fd, &peers[0]);
    host_silent(&h); /* the socket has no peer any more to whom the reset could go */
    be_refused(fd, &peers[1]);
    ck_assert_uint_eq(peers[1].wnd, peers[0].wnd);
    host_free(&h);
}
END_TEST

/* A link without a limit, and one that takes more than the buffers hold. */
START_TEST(no_limit)
{
    for (uint32_t absorb = 0; absorb <= 1000000; absorb += 1000000) {
        begin(absorb);
        for (int i = 0; i < N_PEERS; i++) {
            peer_send(&peers[i], TCP_SYN, NULL, 0);
            ck_assert_uint_eq(peer_expect(&peers[i], TCP_SYN | TCP_ACK)->tcp.wnd, 16384);
        }
        host_free(&h);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_link_that_absorbs_almost_nothing,
                                   the_sum_of_the_windows,
                                   a_window_of_use_or_none,
                                   credit_comes_back,
                                   time_wait_keeps_no_credit,
                                   a_refused_connection_keeps_no_credit_for_its_reset,
                                   no_limit,
                                   NULL };

    return suite_run("credit", tests);
}

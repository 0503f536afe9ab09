/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Local addresses: who may bind what beside whom, and ephemeral ports: where they begin, that they
 * cannot be told from one another, and that they run out.
 */
#include <check.h>
#include <string.h>

#include "net/iface.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

#define FIRST 32768
#define N_PORTS 32768

static struct host h;

static enum sk_err bind_to(sk_fd fd, struct ip_addr addr, uint16_t port)
{
    return sk_bind(h.iface, fd, (struct sk_addr){ addr, port });
}

static sk_fd sharing(enum sk_type type)
{
    sk_fd fd = host_socket(&h, type);

    EXPECT(sk_set(h.iface, fd, SK_REUSEADDR, 1) == SK_OK);
    return fd;
}

static uint16_t port_of(sk_fd fd)
{
    struct sk_addr addr;

    EXPECT(sk_local(h.iface, fd, &addr) == SK_OK);
    return addr.port;
}

START_TEST(what_is_connected_is_bound)
{
    struct sk_op op;
    sk_fd fd;

    host_begin(&h, NULL);
    fd = host_socket(&h, SK_STREAM);
    sk_op_connect(&op, fd, (struct sk_addr){ PEER_IP, 80 });
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    ck_assert_int_eq(bind_to(fd, HOST_IP, 1000), SK_INVALID);
    host_free(&h);
}
END_TEST

static void conflicts_of(enum sk_type type)
{
    struct ip_addr any = ip4(0);
    sk_fd fd;

    host_begin(&h, NULL);
    fd = host_socket(&h, type);
    ck_assert_int_eq(bind_to(fd, HOST_IP, 1000), SK_OK);
    ck_assert_int_eq(bind_to(fd, HOST_IP, 1001), SK_INVALID); /* bound already */
    ck_assert_int_eq(bind_to(fd, HOST_IP, 1000), SK_INVALID);
    fd = host_socket(&h, type);
    ck_assert_int_eq(bind_to(fd, HOST_IP, 1000), SK_BINDING_IN_USE);
    ck_assert_int_eq(bind_to(fd, any, 1000), SK_BINDING_IN_USE);
    ck_assert_int_eq(bind_to(fd, PEER_IP, 1000), SK_ADDR_NOT_AVAIL);
    ck_assert_int_eq(bind_to(fd, PEER_IP, 0), SK_ADDR_NOT_AVAIL);
    ck_assert_int_eq(bind_to(fd, ip4(0x7f000001), 1000), SK_OK); /* another address */
    fd = sharing(type);
    ck_assert_int_eq(bind_to(fd, HOST_IP, 1000), SK_BINDING_IN_USE); /* both have to want it */
    ck_assert_int_eq(bind_to(fd, any, 1002), SK_OK);
    ck_assert_int_eq(bind_to(sharing(type), any, 1002), SK_OK);
    host_free(&h);
}

START_TEST(who_may_bind_beside_whom)
{
    conflicts_of(SK_STREAM);
    conflicts_of(SK_DGRAM);
}
END_TEST

START_TEST(streams_and_datagrams_do_not_meet)
{
    host_begin(&h, NULL);
    host_bound(&h, SK_STREAM, 1000);
    host_bound(&h, SK_DGRAM, 1000);
    host_free(&h);
}
END_TEST

START_TEST(a_port_is_free_again_after_close)
{
    host_begin(&h, NULL);
    for (int i = 0; i < 50; i++) {
        sk_fd a = host_bound(&h, SK_STREAM, 1000);
        sk_fd b = host_bound(&h, SK_DGRAM, 1000);
        sk_fd c = host_listener(&h, 1001, 1);

        EXPECT(sk_close(h.iface, a, h.now) == SK_OK);
        EXPECT(sk_close(h.iface, b, h.now) == SK_OK);
        EXPECT(sk_close(h.iface, c, h.now) == SK_OK);
    }
    host_end(&h);
}
END_TEST

/* A server that starts again: its old connections, and those in TIME-WAIT, are beside it. */
START_TEST(reuseaddr_beside_connections)
{
    struct peer p;
    sk_fd listener;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    peer_begin(&p, &h, 4000, 80);
    listener = host_listener(&h, 80, 1);
    peer_accepted(&p, listener);
    fd = sharing(SK_STREAM);
    ck_assert_int_eq(bind_to(fd, ip4(0), 80), SK_BINDING_IN_USE); /* never beside a listener */
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    ck_assert_int_eq(bind_to(host_socket(&h, SK_STREAM), ip4(0), 80), SK_BINDING_IN_USE);
    ck_assert_int_eq(bind_to(fd, ip4(0), 80), SK_OK);
    ck_assert_int_eq(sk_listen(h.iface, fd, 1, h.now), SK_OK);
    p.addr.port++;
    peer_accepted(&p, fd);
    host_free(&h);
}
END_TEST

START_TEST(two_that_share_a_port_do_not_both_listen)
{
    sk_fd fds[2];

    host_begin(&h, NULL);
    for (int i = 0; i < 2; i++) {
        fds[i] = sharing(SK_STREAM);
        ck_assert_int_eq(bind_to(fds[i], ip4(0), 80), SK_OK);
    }
    ck_assert_int_eq(sk_listen(h.iface, fds[0], 1, h.now), SK_OK);
    ck_assert_int_eq(sk_listen(h.iface, fds[1], 1, h.now), SK_BINDING_IN_USE);
    host_free(&h);
}
END_TEST

/* As on Linux: every address includes each. */
START_TEST(listeners_do_not_overlap)
{
    static const struct {
        uint32_t addrs[2];
        enum sk_err second;
    } cases[] = {
        { { 0, 0x0a000001 }, SK_BINDING_IN_USE },
        { { 0x7f000001, 0 }, SK_BINDING_IN_USE },
        { { 0x0a000001, 0x0a000001 }, SK_BINDING_IN_USE },
        { { 0x7f000001, 0x0a000001 }, SK_OK },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sk_fd fds[2];

        host_begin(&h, NULL);
        for (int k = 0; k < 2; k++) {
            fds[k] = sharing(SK_STREAM);
            ck_assert_int_eq(bind_to(fds[k], ip4(cases[i].addrs[k]), 80), SK_OK);
        }
        ck_assert_int_eq(sk_listen(h.iface, fds[0], 1, h.now), SK_OK);
        ck_assert_int_eq(sk_listen(h.iface, fds[1], 1, h.now), cases[i].second);
        host_free(&h);
    }
}
END_TEST

START_TEST(the_same_pair_is_not_connected_twice)
{
    struct peer p;
    struct sk_op op;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    peer_begin(&p, &h, 4000, 5000);
    fd = sharing(SK_STREAM);
    ck_assert_int_eq(bind_to(fd, ip4(0), 5000), SK_OK);
    peer_is_called(&p, fd);
    fd = sharing(SK_STREAM);
    ck_assert_int_eq(bind_to(fd, ip4(0), 5000), SK_OK);
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_ADDR_NOT_AVAIL);
    p.addr.port++;
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_free(&h);
}
END_TEST

static sk_fd connecting(struct sk_addr to, enum sk_err expected)
{
    struct sk_op op;
    sk_fd fd = host_socket(&h, SK_STREAM);

    sk_op_connect(&op, fd, to);
    EXPECT(host_try(&h, &op) == expected);
    return fd;
}

/* RFC 6056 algorithm 3: each destination has a sequence of its own, and all are in the range. */
START_TEST(the_ports_of_streams)
{
    struct host_setup setup = { .config = { .n_tcp = 64 } };
    uint16_t ports[2][24];
    int n_in_step = 0;

    host_begin(&h, &setup);
    host_meet(&h);
    for (int i = 0; i < 24; i++) {
        for (uint16_t to = 0; to < 2; to++) {
            ports[to][i] =
                port_of(connecting((struct sk_addr){ PEER_IP, (uint16_t)(80 + to) }, SK_PENDING));
            ck_assert_uint_ge(ports[to][i], FIRST);
            n_in_step += i > 0 && ports[to][i] == (uint16_t)(ports[to][i - 1] + 2);
            for (int j = 0; j < i; j++) {
                EXPECT(ports[to][i] != ports[to][j]);
            }
        }
    }
    ck_assert_int_ge(n_in_step, 40); /* no two soon after each other: the counter moves on */
    ck_assert_uint_ne(ports[0][0] + 1u, ports[1][0]);
    host_free(&h);
}
END_TEST

/* All ports are as likely: 64 classes of 256, and a sum of squares that chance exceeds once in a
 * hundred thousand. */
START_TEST(hostile_ID_02_ports_are_evenly_spread)
{
    enum { N = 64000, N_CLASSES = 64 };
    uint32_t seen[N_CLASSES] = { 0 };
    double chi_square = 0;

    host_begin(&h, NULL);
    for (int i = 0; i < N; i++) {
        sk_fd fd = host_bound(&h, SK_DGRAM, 0);

        seen[(port_of(fd) - FIRST) * N_CLASSES / (65536 - FIRST)]++;
        EXPECT(sk_close(h.iface, fd, h.now) == SK_OK);
    }
    for (int i = 0; i < N_CLASSES; i++) {
        double off = (double)seen[i] - N / N_CLASSES;

        chi_square += off * off / (N / N_CLASSES);
    }
    ck_assert_uint_ge(65536 - FIRST, 16000);
    ck_assert(chi_square < 125);
    host_end(&h);
}
END_TEST

/* RFC 6056 algorithm 1: datagrams, of which each bind draws anew. */
START_TEST(the_ports_of_datagrams)
{
    uint16_t low = 65535;
    uint16_t high = 0;
    uint16_t before = 0;
    int n_near = 0;

    host_begin(&h, NULL);
    for (int i = 0; i < 200; i++) {
        sk_fd fd = host_bound(&h, SK_DGRAM, 0);
        uint16_t port = port_of(fd);

        EXPECT(port >= FIRST);
        low = port < low ? port : low;
        high = port > high ? port : high;
        n_near += (uint16_t)(port - before + 16) < 32;
        before = port;
        EXPECT(sk_close(h.iface, fd, h.now) == SK_OK);
    }
    ck_assert_uint_lt(low, FIRST + N_PORTS / 8);
    ck_assert_uint_gt(high, FIRST + N_PORTS / 8 * 7);
    ck_assert_int_lt(n_near, 5);
    host_end(&h);
}
END_TEST

/* Every port to one destination is taken: an error, while another destination has all of them. */
START_TEST(the_ports_run_out)
{
    static bool used[65536];
    struct host_setup setup = { .config = { .n_tcp = N_PORTS + 2, .rcvbuf = 256, .sndbuf = 256 } };
    struct sk_addr to = { PEER_IP, 80 };

    setup.config.buffers[0] = (struct sk_buffer_class){ 256, 2 * (N_PORTS + 2) };
    memset(used, 0, sizeof(used));
    host_begin(&h, &setup);
    for (int i = 0; i < N_PORTS; i++) {
        uint16_t port = port_of(connecting(to, SK_PENDING));

        EXPECT(port >= FIRST && !used[port]);
        used[port] = true;
    }
    sk_close(h.iface, connecting(to, SK_ADDR_NOT_AVAIL), h.now);
    to.port++;
    connecting(to, SK_PENDING);
    host_free(&h);
}
END_TEST

/* The next ports in the sequence of an address are bound for all addresses: they are stepped over.
 */
START_TEST(an_ephemeral_port_conflicts_with_nobody)
{
    struct host_setup setup = { .config = { .n_tcp = 32 } };
    uint16_t first;
    sk_fd fd;

    host_begin(&h, &setup);
    fd = host_socket(&h, SK_STREAM);
    ck_assert_int_eq(bind_to(fd, HOST_IP, 0), SK_OK);
    first = port_of(fd);
    ck_assert_uint_lt(first, 65500); /* with the seed of frames_host.c */
    for (uint16_t i = 1; i <= 20; i++) {
        host_bound(&h, SK_STREAM, (uint16_t)(first + i));
    }
    fd = host_socket(&h, SK_STREAM);
    ck_assert_int_eq(bind_to(fd, HOST_IP, 0), SK_OK);
    ck_assert_uint_eq(port_of(fd), first + 21);
    host_free(&h);
}
END_TEST

/* Whether the others listen or not, on this address or on all of them. */
START_TEST(a_connection_steps_over_ports_that_others_bound)
{
    struct host_setup setup = { .config = { .n_tcp = 32, .n_listeners = 4 } };
    struct sk_addr to = { PEER_IP, 80 };
    uint16_t first;

    host_begin(&h, &setup);
    first = port_of(connecting(to, SK_PENDING));
    ck_assert_uint_lt(first, 65500); /* with the seed of frames_host.c */
    host_listener(&h, (uint16_t)(first + 1), 1);
    host_bound(&h, SK_STREAM, (uint16_t)(first + 2));
    for (uint16_t i = 3; i <= 4; i++) {
        sk_fd fd = host_socket(&h, SK_STREAM);

        ck_assert_int_eq(bind_to(fd, HOST_IP, (uint16_t)(first + i)), SK_OK);
        ck_assert_int_eq(i == 3 ? sk_listen(h.iface, fd, 1, h.now) : SK_OK, SK_OK);
    }
    ck_assert_uint_eq(port_of(connecting(to, SK_PENDING)), first + 5);
    host_free(&h);
}
END_TEST

/* A SYN from a port to itself is dropped; from another port it is refused, as nobody listens. */
START_TEST(a_connection_steps_over_its_own_destination)
{
    struct sk_addr to = { HOST_IP, 40000 };
    uint16_t first;

    host_begin(&h, NULL);
    first = port_of(connecting(to, SK_PENDING));
    h.iface->next_ephemeral += (uint32_t)to.port - first - 1; /* it would be next */
    ck_assert_uint_eq(port_of(connecting(to, SK_PENDING)), to.port + 1);
    host_free(&h);
}
END_TEST

/* A port that is bound is nobody's ephemeral port. */
START_TEST(a_bound_port_is_not_given_away)
{
    struct host_setup setup = { .config = { .n_udp = 40 } };
    sk_fd fd;

    host_begin(&h, &setup);
    for (int i = 0; i < 30; i++) {
        fd = host_bound(&h, SK_DGRAM, 0);
        for (int j = 0; j < 5; j++) {
            sk_fd other = host_bound(&h, SK_DGRAM, 0);

            EXPECT(port_of(other) != port_of(fd));
            EXPECT(sk_close(h.iface, other, h.now) == SK_OK);
        }
    }
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { what_is_connected_is_bound,
                                   who_may_bind_beside_whom,
                                   streams_and_datagrams_do_not_meet,
                                   a_port_is_free_again_after_close,
                                   reuseaddr_beside_connections,
                                   two_that_share_a_port_do_not_both_listen,
                                   listeners_do_not_overlap,
                                   the_same_pair_is_not_connected_twice,
                                   the_ports_of_streams,
                                   hostile_ID_02_ports_are_evenly_spread,
                                   the_ports_of_datagrams,
                                   the_ports_run_out,
                                   an_ephemeral_port_conflicts_with_nobody,
                                   a_connection_steps_over_ports_that_others_bound,
                                   a_connection_steps_over_its_own_destination,
                                   a_bound_port_is_not_given_away,
                                   NULL };

    return suite_run("ports", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SK_REUSEPORT: who may share an address, which one of the group a peer has, and what becomes of
 * peers when one comes or goes.
 */
#include <check.h>
#include <string.h>

#include "net/iface.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

#define PORT 80
#define N_PEERS 200
#define N_GROUP 3

static struct host h;
static struct frame f;
static sk_fd group[N_GROUP];

static sk_fd with_options(enum sk_type type, int reuseport, int reuseaddr)
{
    sk_fd fd = host_socket(&h, type);

    EXPECT(sk_set(h.iface, fd, SK_REUSEPORT, reuseport) == SK_OK);
    EXPECT(sk_set(h.iface, fd, SK_REUSEADDR, reuseaddr) == SK_OK);
    return fd;
}

static enum sk_err bind_to(sk_fd fd, struct ip_addr addr, uint16_t port)
{
    return sk_bind(h.iface, fd, (struct sk_addr){ addr, port });
}

static void begin(void)
{
    struct host_setup setup = { .config = { .n_udp = 8,
                                            .n_tcp = N_PEERS + 8,
                                            .n_listeners = 8,
                                            .n_syn_cache = N_PEERS + 8,
                                            .rcvbuf = 256,
                                            .sndbuf = 256 } };

    setup.config.buffers[0] = (struct sk_buffer_class){ 256, 2 * (N_PEERS + 16) };
    host_begin(&h, &setup);
    host_meet(&h);
}

static void join(int i, enum sk_type type)
{
    group[i] = with_options(type, 1, 0);
    ck_assert_int_eq(bind_to(group[i], ip4(0), PORT), SK_OK);
    if (type == SK_STREAM) {
        ck_assert_int_eq(sk_listen(h.iface, group[i], N_PEERS, h.now), SK_OK);
    }
}

static void begin_group(enum sk_type type)
{
    begin();
    for (int i = 0; i < N_GROUP; i++) {
        join(i, type);
    }
}

/* Linux: SO_REUSEADDR and SO_REUSEPORT are two things, and all have to have the same one. */
static void conflicts_of(enum sk_type type)
{
    sk_fd fd;

    begin();
    ck_assert_int_eq(bind_to(with_options(type, 1, 0), ip4(0), 1000), SK_OK);
    ck_assert_int_eq(bind_to(with_options(type, 0, 0), ip4(0), 1000), SK_BINDING_IN_USE);
    ck_assert_int_eq(bind_to(with_options(type, 0, 1), ip4(0), 1000), SK_BINDING_IN_USE);
    ck_assert_int_eq(bind_to(with_options(type, 1, 0), HOST_IP, 1000), SK_OK);
    ck_assert_int_eq(bind_to(with_options(type, 1, 1), ip4(0), 1000), SK_OK);
    fd = with_options(type, 0, 0);
    ck_assert_int_eq(bind_to(fd, ip4(0), 1001), SK_OK);
    ck_assert_int_eq(bind_to(with_options(type, 1, 0), ip4(0), 1001), SK_BINDING_IN_USE);
    host_free(&h);
}

START_TEST(all_of_a_group_have_the_option)
{
    conflicts_of(SK_STREAM);
    conflicts_of(SK_DGRAM);
}
END_TEST

START_TEST(a_listener_is_shared_by_who_has_the_option)
{
    sk_fd fds[3];

    begin();
    for (int i = 0; i < 3; i++) {
        fds[i] = with_options(SK_STREAM, i < 2, 1);
        ck_assert_int_eq(bind_to(fds[i], ip4(0), PORT), SK_OK);
    }
    ck_assert_int_eq(sk_listen(h.iface, fds[0], 1, h.now), SK_OK);
    ck_assert_int_eq(sk_listen(h.iface, fds[1], 1, h.now), SK_OK);
    ck_assert_int_eq(sk_listen(h.iface, fds[2], 1, h.now), SK_BINDING_IN_USE);
    host_free(&h);
}
END_TEST

/* A thousand of 32,768 would share some by chance. */
START_TEST(a_port_that_is_given_out_is_not_shared)
{
    static bool used[65536];
    enum { N = 1000 };
    struct host_setup setup = { .config = { .n_udp = N, .rcvbuf = 256, .sndbuf = 256 } };

    memset(used, 0, sizeof(used));
    setup.config.buffers[0] = (struct sk_buffer_class){ 256, 2 * N };
    host_begin(&h, &setup);
    for (int i = 0; i < N; i++) {
        sk_fd fd = with_options(SK_DGRAM, 1, 0);
        struct sk_addr local;

        EXPECT(bind_to(fd, ip4(0), 0) == SK_OK);
        EXPECT(sk_local(h.iface, fd, &local) == SK_OK);
        EXPECT(!used[local.port]);
        used[local.port] = true;
    }
    host_free(&h);
}
END_TEST

static struct sk_addr peer_addr(uint16_t i)
{
    return (struct sk_addr){ PEER_IP, (uint16_t)(4000 + i) };
}

/* Which one hears a datagram of peer `i`; -1: none does. */
static int hears(uint16_t i)
{
    int who = -1;

    frame_udp(&f, peer_addr(i), (struct sk_addr){ HOST_IP, PORT }, "text", 4);
    host_hear(&h, &f);
    for (int k = 0; k < N_GROUP; k++) {
        char text[8];
        size_t len = sizeof(text);

        if (group[k] != SK_FD_NONE && host_recv(&h, group[k], text, &len, NULL) == SK_OK) {
            EXPECT(who == -1 && len == 4);
            who = k;
        }
    }
    return who;
}

/* Each has its share, within four times the deviation of chance. */
static void is_even(const int *n, int n_group)
{
    for (int k = 0; k < n_group; k++) {
        ck_assert_int_ge(n[k], N_PEERS / n_group - 30);
        ck_assert_int_le(n[k], N_PEERS / n_group + 30);
    }
}

START_TEST(datagrams_are_spread_and_a_peer_keeps_its_socket)
{
    int first[N_PEERS];
    int n[N_GROUP] = { 0 };

    begin_group(SK_DGRAM);
    for (uint16_t i = 0; i < N_PEERS; i++) {
        first[i] = hears(i);
        ck_assert_int_ge(first[i], 0);
        n[first[i]]++;
    }
    is_even(n, N_GROUP);
    for (uint16_t i = 0; i < N_PEERS; i++) {
        ck_assert_int_eq(hears(i), first[i]);
    }
    ck_assert_int_eq(sk_close(h.iface, group[1], h.now), SK_OK);
    group[1] = SK_FD_NONE;
    for (uint16_t i = 0; i < N_PEERS; i++) {
        int now = hears(i);

        ck_assert_int_ge(now, 0);
        ck_assert(first[i] == 1 || now == first[i]);
    }
    host_free(&h);
}
END_TEST

/* They are found by a secret: what one host does says nothing of another. */
START_TEST(another_host_spreads_otherwise)
{
    int who[2][N_PEERS];
    int n_same = 0;

    for (uint8_t k = 0; k < 2; k++) {
        begin_group(SK_DGRAM);
        h.iface->port_key.k0 ^= k;
        for (uint16_t i = 0; i < N_PEERS; i++) {
            who[k][i] = hears(i);
        }
        host_free(&h);
    }
    for (int i = 0; i < N_PEERS; i++) {
        n_same += who[0][i] == who[1][i];
    }
    ck_assert_int_lt(n_same, N_PEERS / 2);
}
END_TEST

/* A new key of the hash of sockets moves no peer. */
START_TEST(a_peer_keeps_its_socket_when_the_hash_is_made_anew)
{
    int first[N_PEERS];

    begin_group(SK_DGRAM);
    for (uint16_t i = 0; i < N_PEERS; i++) {
        first[i] = hears(i);
    }
    for (int i = 0; i < N_GROUP; i++) {
        hash_remove(h.iface, slot_of(h.iface, group[i])->u.node);
    }
    tuple_key_draw(&h.iface->hash_key, &h.iface->rng);
    for (int i = N_GROUP - 1; i >= 0; i--) {
        hash_insert(h.iface, slot_of(h.iface, group[i])->u.node);
    }
    for (uint16_t i = 0; i < N_PEERS; i++) {
        ck_assert_int_eq(hears(i), first[i]);
    }
    host_free(&h);
}
END_TEST

/* The best match comes first: a connected one, then one bound to the address. */
START_TEST(a_group_is_of_those_that_match_as_well)
{
    begin_group(SK_DGRAM);
    ck_assert_int_eq(sk_close(h.iface, group[2], h.now), SK_OK);
    group[2] = with_options(SK_DGRAM, 1, 0);
    ck_assert_int_eq(bind_to(group[2], HOST_IP, PORT), SK_OK);
    for (uint16_t i = 0; i < 20; i++) {
        ck_assert_int_eq(hears(i), 2);
    }
    ck_assert_int_eq(sk_set_peer(h.iface, group[1], peer_addr(3)), SK_OK);
    ck_assert_int_eq(hears(3), 1);
    ck_assert_int_eq(hears(4), 2);
    host_free(&h);
}
END_TEST

/* Which listener has a connection that waits; -1: none. */
static int accepts(void)
{
    int who = -1;

    for (int k = 0; k < N_GROUP; k++) {
        struct sk_op op;

        if (group[k] == SK_FD_NONE) {
            continue;
        }
        sk_op_accept(&op, group[k]);
        if (host_try(&h, &op) == SK_OK) {
            EXPECT(who == -1);
            who = k;
        }
    }
    return who;
}

START_TEST(connections_are_spread)
{
    int n[N_GROUP] = { 0 };

    begin_group(SK_STREAM);
    for (uint16_t i = 0; i < N_PEERS; i++) {
        struct peer p = { 0 };
        int who;

        peer_begin(&p, &h, peer_addr(i).port, PORT);
        peer_opens(&p);
        who = accepts();
        ck_assert_int_ge(who, 0);
        n[who]++;
        host_forget(&h);
    }
    is_even(n, N_GROUP);
    host_free(&h);
}
END_TEST

static void ask(struct peer *p, uint16_t i)
{
    *p = (struct peer){ 0 };
    peer_begin(p, &h, peer_addr(i).port, PORT);
    peer_send(p, TCP_SYN, NULL, 0);
    ck_assert_ptr_nonnull(peer_expect(p, TCP_SYN | TCP_ACK));
}

/* What is half open goes on with whoever is left, and with whoever comes. */
START_TEST(a_handshake_ends_at_one_of_the_group)
{
    enum { N = 20 };
    static struct peer peers[N];
    int n[N_GROUP] = { 0 };

    begin();
    join(0, SK_STREAM);
    join(1, SK_STREAM);
    group[2] = SK_FD_NONE;
    for (uint16_t i = 0; i < N; i++) {
        ask(&peers[i], i);
    }
    ck_assert_int_eq(sk_close(h.iface, group[0], h.now), SK_OK);
    group[0] = SK_FD_NONE;
    join(2, SK_STREAM);
    host_silent(&h);
    for (uint16_t i = 0; i < N; i++) {
        int who;

        peer_send(&peers[i], TCP_ACK, NULL, 0);
        who = accepts();
        ck_assert_int_ge(who, 0);
        n[who]++;
    }
    ck_assert_int_gt(n[1], 0);
    ck_assert_int_gt(n[2], 0);
    host_free(&h);
}
END_TEST

START_TEST(a_handshake_ends_with_the_last_of_the_group)
{
    struct peer p;

    begin();
    join(0, SK_STREAM);
    join(1, SK_STREAM);
    ask(&p, 0);
    ck_assert_int_eq(sk_close(h.iface, group[1], h.now), SK_OK);
    peer_silent(&p);
    ck_assert_int_eq(sk_shutdown(h.iface, group[0], SK_SHUT_RD, h.now), SK_OK);
    host_poll(&h);
    ck_assert_ptr_nonnull(peer_expect(&p, TCP_RST | TCP_ACK));
    host_free(&h);
}
END_TEST

/* One closes, its connection is in TIME-WAIT; the next comes all the same, if both are of a group.
 */
static enum sk_err bind_beside_time_wait(int had, int has)
{
    struct peer p = { 0 };
    enum sk_err err;
    sk_fd listener;
    sk_fd fd;

    begin();
    listener = with_options(SK_STREAM, had, 0);
    ck_assert_int_eq(bind_to(listener, ip4(0), PORT), SK_OK);
    ck_assert_int_eq(sk_listen(h.iface, listener, 1, h.now), SK_OK);
    peer_begin(&p, &h, 4000, PORT);
    fd = peer_accepted(&p, listener);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    peer_expect(&p, TCP_FIN | TCP_ACK);
    peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    ck_assert_uint_eq(h.iface->time_waits.n_taken, 1);
    err = bind_to(with_options(SK_STREAM, has, 0), ip4(0), PORT);
    host_free(&h);
    return err;
}

START_TEST(beside_time_wait)
{
    ck_assert_int_eq(bind_beside_time_wait(1, 1), SK_OK);
    ck_assert_int_eq(bind_beside_time_wait(0, 1), SK_BINDING_IN_USE);
    ck_assert_int_eq(bind_beside_time_wait(1, 0), SK_BINDING_IN_USE);
}
END_TEST

/* A peer in TIME-WAIT that calls again gets the same listener. */
START_TEST(a_peer_in_time_wait_calls_again)
{
    struct peer p = { 0 };
    struct sk_op op;
    int who;

    begin_group(SK_STREAM);
    peer_begin(&p, &h, 4000, PORT);
    peer_opens(&p);
    for (who = 0; who < N_GROUP; who++) {
        sk_op_accept(&op, group[who]);
        if (host_try(&h, &op) == SK_OK) {
            break;
        }
    }
    ck_assert_int_lt(who, N_GROUP);
    ck_assert_int_eq(sk_close(h.iface, op.u.accepted, h.now), SK_OK);
    host_poll(&h);
    peer_expect(&p, TCP_FIN | TCP_ACK);
    peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
    ck_assert_uint_eq(h.iface->time_waits.n_taken, 1);
    peer_expect(&p, TCP_ACK);
    p.seq += 100000;
    peer_send(&p, TCP_SYN, NULL, 0);
    p.ack = peer_hear(&p)->tcp.seq + 1;
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert_int_eq(accepts(), who);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { all_of_a_group_have_the_option,
                                   a_listener_is_shared_by_who_has_the_option,
                                   a_port_that_is_given_out_is_not_shared,
                                   datagrams_are_spread_and_a_peer_keeps_its_socket,
                                   another_host_spreads_otherwise,
                                   a_peer_keeps_its_socket_when_the_hash_is_made_anew,
                                   a_group_is_of_those_that_match_as_well,
                                   connections_are_spread,
                                   a_handshake_ends_at_one_of_the_group,
                                   a_handshake_ends_with_the_last_of_the_group,
                                   beside_time_wait,
                                   a_peer_in_time_wait_calls_again,
                                   NULL };

    return suite_run("reuseport", tests);
}

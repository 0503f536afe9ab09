/* SPDX-License-Identifier: BSD-3-Clause */
/* More SYNs than there are records: the oldest connection that is half open gives way. */
#include <check.h>
#include <string.h>

#include "tests/support/peer.h"
#include "tests/support/suite.h"

#define N_TCP 4

static struct host h;

static void begin(void)
{
    struct host_setup setup = { .config = { .n_tcp = N_TCP } };

    host_begin(&h, &setup);
    host_meet(&h);
}

static struct peer half_opens(uint16_t port, uint16_t host_port)
{
    struct peer p;

    peer_begin(&p, &h, port, host_port);
    peer_send(&p, TCP_SYN, NULL, 0);
    peer_expect(&p, TCP_SYN | TCP_ACK);
    return p;
}

static uint32_t n_evicted(void)
{
    return sk_iface_stats(h.iface)->tcp_half_open_evicted;
}

static enum sk_err accept(sk_fd listener)
{
    struct sk_op op;

    sk_op_accept(&op, listener);
    return host_try(&h, &op);
}

START_TEST(the_oldest_of_all_listeners_gives_way_to_a_syn)
{
    struct peer p[N_TCP + 1];
    sk_fd listeners[2];

    begin();
    listeners[0] = host_listener(&h, 80, 100);
    listeners[1] = host_listener(&h, 81, 100);
    for (uint16_t i = 0; i < N_TCP + 1; i++) {
        ck_assert_uint_eq(n_evicted(), 0);
        p[i] = half_opens((uint16_t)(4000 + i), i == 0 ? 80 : 81);
    }
    ck_assert_uint_eq(n_evicted(), 1);
    for (int i = 1; i < N_TCP + 1; i++) {
        peer_send(&p[i], TCP_ACK, NULL, 0);
        peer_silent(&p[i]);
        ck_assert_int_eq(accept(listeners[1]), SK_OK);
    }
    peer_send(&p[0], TCP_ACK, NULL, 0); /* it is told */
    peer_expect(&p[0], TCP_RST);
    ck_assert_int_eq(accept(listeners[0]), SK_PENDING);
    host_free(&h);
}
END_TEST

START_TEST(a_flood_leaves_room_for_the_programs_own_sockets)
{
    struct peer p;
    sk_fd fds[N_TCP];
    sk_fd extra;

    begin();
    host_listener(&h, 80, 100);
    for (uint16_t i = 0; i < 50; i++) {
        half_opens((uint16_t)(4000 + i), 80);
    }
    ck_assert_uint_eq(n_evicted(), 50 - N_TCP);
    peer_begin(&p, &h, 3000, 0);
    for (int i = 0; i < N_TCP; i++) {
        fds[i] = host_socket(&h, SK_STREAM);
    }
    ck_assert_uint_eq(n_evicted(), 50);
    peer_is_called(&p, fds[0]);
    ck_assert_int_eq(sk_socket(h.iface, SK_STREAM, &extra), SK_NO_SOCKETS);
    peer_begin(&p, &h, 3001, 80);
    peer_send(&p, TCP_SYN, NULL, 0);
    peer_silent(&p);
    ck_assert_uint_eq(host_drops(&h, DROP_TCP_NO_MEMORY), 1);
    host_free(&h);
}
END_TEST

/* What is established is not the flood's, accepted or not. */
START_TEST(an_established_connection_stays)
{
    struct peer p;
    struct sk_op op;
    char text[8];
    size_t len = sizeof(text);
    sk_fd listener;

    begin();
    listener = host_listener(&h, 80, 100);
    peer_begin(&p, &h, 3000, 80);
    peer_opens(&p);
    for (uint16_t i = 0; i < 50; i++) {
        half_opens((uint16_t)(4000 + i), 80);
    }
    peer_send(&p, TCP_ACK, "text", 4);
    sk_op_accept(&op, listener);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert_int_eq(host_recv(&h, op.u.accepted, text, &len, NULL), SK_OK);
    ck_assert_uint_eq(len, 4);
    host_free(&h);
}
END_TEST

/* Half-open connections go with their listener, and those of another stay. */
START_TEST(a_listener_that_closes_resets_its_own)
{
    struct peer p[3];
    sk_fd listeners[2];

    begin();
    listeners[0] = host_listener(&h, 80, 100);
    listeners[1] = host_listener(&h, 81, 100);
    p[0] = half_opens(4000, 80);
    p[1] = half_opens(4001, 81);
    p[2] = half_opens(4002, 80);
    ck_assert_int_eq(sk_close(h.iface, listeners[0], h.now), SK_OK);
    host_poll(&h);
    peer_expect(&p[0], TCP_RST | TCP_ACK);
    peer_expect(&p[2], TCP_RST | TCP_ACK);
    host_silent(&h);
    peer_send(&p[1], TCP_ACK, NULL, 0);
    ck_assert_int_eq(accept(listeners[1]), SK_OK);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { the_oldest_of_all_listeners_gives_way_to_a_syn,
                                   a_flood_leaves_room_for_the_programs_own_sockets,
                                   an_established_connection_stays,
                                   a_listener_that_closes_resets_its_own, NULL };

    return suite_run("syn_flood", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* More SYNs than the cache holds, without cookies: the oldest that is half open gives way. Nothing
 * but the cache is used up. */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "net/iface.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

#define N_TCP 4
#define N_CACHE 4

static struct host h;

static void begin(void)
{
    struct host_setup setup = {
        .config = { .n_tcp = N_TCP, .n_syn_cache = N_CACHE, .no_syn_cookies = true }
    };

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
    struct peer p[N_CACHE + 1];
    sk_fd listeners[2];

    begin();
    listeners[0] = host_listener(&h, 80, 100);
    listeners[1] = host_listener(&h, 81, 100);
    for (uint16_t i = 0; i < N_CACHE + 1; i++) {
        ck_assert_uint_eq(n_evicted(), 0);
        p[i] = half_opens((uint16_t)(4000 + i), i == 0 ? 80 : 81);
    }
    ck_assert_uint_eq(n_evicted(), 1);
    for (int i = 1; i < N_CACHE + 1; i++) {
        peer_send(&p[i], TCP_ACK, NULL, 0);
        peer_silent(&p[i]);
        ck_assert_int_eq(accept(listeners[1]), SK_OK);
    }
    peer_send(&p[0], TCP_ACK, NULL, 0); /* it is told */
    peer_expect(&p[0], TCP_RST);
    ck_assert_int_eq(accept(listeners[0]), SK_PENDING);
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_cookies_sent, 0);
    host_free(&h);
}
END_TEST

/* The one that was repeated is older than one that was not, though its queue was entered later. */
START_TEST(the_oldest_is_known_by_how_often_it_was_repeated)
{
    struct peer p[N_CACHE + 1];

    begin();
    host_listener(&h, 80, 100);
    p[0] = half_opens(4000, 80);
    host_run(&h, h.now + millis(900));
    p[1] = half_opens(4001, 80);
    host_run(&h, h.now + millis(200));
    peer_expect(&p[0], TCP_SYN | TCP_ACK);
    for (uint16_t i = 2; i < N_CACHE + 1; i++) {
        p[i] = half_opens((uint16_t)(4000 + i), 80);
    }
    peer_send(&p[1], TCP_ACK, NULL, 0);
    peer_silent(&p[1]);
    peer_send(&p[0], TCP_ACK, NULL, 0);
    peer_expect(&p[0], TCP_RST);
    host_free(&h);
}
END_TEST

/* All of them have been repeated as often as any is. */
START_TEST(the_oldest_of_those_that_are_nearly_given_up)
{
    struct peer p[N_CACHE + 1];

    begin();
    host_listener(&h, 80, 100);
    for (uint16_t i = 0; i < N_CACHE; i++) {
        p[i] = half_opens((uint16_t)(4000 + i), 80);
    }
    host_run(&h, h.now + seconds(40));
    host_forget(&h);
    host_meet(&h);
    half_opens(5000, 80);
    ck_assert_uint_eq(n_evicted(), 1);
    peer_send(&p[1], TCP_ACK, NULL, 0);
    peer_silent(&p[1]);
    peer_send(&p[0], TCP_ACK, NULL, 0);
    peer_expect(&p[0], TCP_RST);
    host_free(&h);
}
END_TEST

/* Pairs that share a bucket: there are so many at most, and the oldest of them gives way. */
START_TEST(a_bucket_that_is_full)
{
    struct host_setup setup = { .config = { .n_syn_cache = 64, .no_syn_cookies = true } };
    struct peer p[TUPLES_PER_BUCKET + 1];
    struct peer outsider;
    const struct tuples *t;
    uint32_t bucket;
    int n = 0;

    host_begin(&h, &setup);
    host_meet(&h);
    host_listener(&h, 80, 100);
    t = &h.iface->half_opens;
    outsider = half_opens(4000, 80);
    bucket = (tuple_hash(&t->key, 80, outsider.addr) & t->bucket_mask) ^ 1;
    for (uint16_t port = 4001; n <= TUPLES_PER_BUCKET; port++) {
        struct sk_addr from = { PEER_IP, port };

        if ((tuple_hash(&t->key, 80, from) & t->bucket_mask) == bucket) {
            ck_assert_uint_eq(n_evicted(), 0);
            p[n++] = half_opens(port, 80);
        }
    }
    ck_assert_uint_eq(n_evicted(), 1);
    peer_send(&outsider, TCP_ACK, NULL, 0);
    peer_silent(&outsider);
    peer_send(&p[n - 1], TCP_ACK, NULL, 0);
    peer_silent(&p[n - 1]);
    peer_send(&p[0], TCP_ACK, NULL, 0);
    peer_expect(&p[0], TCP_RST);
    host_free(&h);
}
END_TEST

START_TEST(a_flood_leaves_the_programs_sockets_alone)
{
    struct peer p;
    sk_fd fds[N_TCP];
    sk_fd extra;

    begin();
    host_listener(&h, 80, 100);
    for (uint16_t i = 0; i < 50; i++) {
        half_opens((uint16_t)(4000 + i), 80);
    }
    ck_assert_uint_eq(n_evicted(), 50 - N_CACHE);
    peer_begin(&p, &h, 3000, 0);
    for (int i = 0; i < N_TCP; i++) {
        fds[i] = host_socket(&h, SK_STREAM);
    }
    ck_assert_uint_eq(n_evicted(), 50 - N_CACHE);
    peer_is_called(&p, fds[0]);
    ck_assert_int_eq(sk_socket(h.iface, SK_STREAM, &extra), SK_NO_SOCKETS);
    peer_begin(&p, &h, 3001, 80);
    peer_opens(&p); /* and no record is left for it */
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
    for (int i = 0; i <= 2; i += 2) {
        const struct sent *s = peer_expect(&p[i], TCP_RST | TCP_ACK);

        ck_assert_uint_eq(s->tcp.seq, p[i].ack);
        ck_assert_uint_eq(s->tcp.ack, p[i].seq);
    }
    host_silent(&h);
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_failed_opens, 2);
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_resets_sent, 2);
    peer_send(&p[1], TCP_ACK, NULL, 0);
    ck_assert_int_eq(accept(listeners[1]), SK_OK);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { the_oldest_of_all_listeners_gives_way_to_a_syn,
                                   the_oldest_is_known_by_how_often_it_was_repeated,
                                   the_oldest_of_those_that_are_nearly_given_up,
                                   a_bucket_that_is_full,
                                   a_flood_leaves_the_programs_sockets_alone,
                                   an_established_connection_stays,
                                   a_listener_that_closes_resets_its_own,
                                   NULL };

    return suite_run("syn_flood", tests);
}

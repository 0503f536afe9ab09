/* SPDX-License-Identifier: BSD-3-Clause */
/* SK_DEFER_ACCEPT: what a listener with it takes for a connection, and when it gives up waiting. */
#include <string.h>

#include "base/tick.h"
#include "net/iface.h"
#include "tests/support/half_open_fixture.h"
#include "tests/support/suite.h"

static struct sk_op op;

static void begin_deferred(int32_t time)
{
    begin(NULL);
    ck_assert_int_eq(sk_set(h.iface, listener, SK_DEFER_ACCEPT, time), SK_OK);
}

static bool accepts(void)
{
    bool readable = sk_readiness(h.iface, listener) & SK_READABLE;

    sk_op_accept(&op, listener);
    ck_assert_int_eq(readable, host_try(&h, &op) == SK_OK);
    return readable;
}

static bool answered(void)
{
    const struct sent *s = peer_hear(&p);

    ck_assert(!s || s->tcp.flags == (TCP_SYN | TCP_ACK));
    return s != NULL;
}

START_TEST(its_time_is_one_of_the_timeouts)
{
    static const int32_t times[][2] = { { 0, 0 },   { 1, 1 },   { 2, 3 },          { 3, 3 },
                                        { 4, 7 },   { 7, 7 },   { 8, 15 },         { 15, 15 },
                                        { 16, 31 }, { 32, 31 }, { INT32_MAX, 31 }, { -1, 0 } };

    begin(NULL);
    ck_assert_int_eq(host_option(&h, listener, SK_DEFER_ACCEPT), 0);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        ck_assert_int_eq(sk_set(h.iface, listener, SK_DEFER_ACCEPT, times[i][0]), SK_OK);
        ck_assert_int_eq(host_option(&h, listener, SK_DEFER_ACCEPT), times[i][1]);
    }
    host_free(&h);
}
END_TEST

START_TEST(a_connection_waits_for_its_text)
{
    char text[8];
    size_t len = sizeof(text);

    begin_deferred(7);
    half_opens();
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert(!accepts());
    ck_assert_uint_eq(h.iface->tcp.n_taken, 0);
    host_run(&h, h.now + millis(6900));
    ck_assert(!answered()); /* the peer has the answer */
    ck_assert_uint_eq(stats()->tcp_timeouts, 0);
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert(!accepts());
    peer_send(&p, TCP_ACK, "text", 4);
    ck_assert(accepts());
    ck_assert_int_eq(host_recv(&h, op.u.accepted, text, &len, NULL), SK_OK);
    ck_assert_uint_eq(len, 4);
    host_free(&h);
}
END_TEST

/* At first, and again once it is over: the peer repeats its ACK, and that will do. */
START_TEST(it_does_not_wait_for_ever)
{
    begin_deferred(3);
    half_opens();
    peer_send(&p, TCP_ACK, NULL, 0);
    host_run(&h, h.now + millis(2900));
    ck_assert(!answered() && !accepts());
    host_run(&h, h.now + millis(200));
    ck_assert(answered() && !accepts());
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert(accepts());
    host_free(&h);
}
END_TEST

START_TEST(without_it_an_ack_is_enough)
{
    begin_deferred(0);
    half_opens();
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert(accepts());
    host_free(&h);
}
END_TEST

/* A peer that closes has nothing to say. */
START_TEST(an_end_is_not_waited_for)
{
    begin_deferred(3);
    half_opens();
    peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
    ck_assert(accepts());
    host_free(&h);
}
END_TEST

START_TEST(a_peer_that_has_no_answer_gets_another)
{
    begin_deferred(3);
    half_opens();
    host_run(&h, h.now + millis(1100));
    ck_assert(answered());
    ck_assert_uint_eq(stats()->tcp_timeouts, 1);
    peer_send(&p, TCP_ACK, NULL, 0); /* one of two timeouts has passed */
    ck_assert(!accepts());
    peer_send(&p, TCP_ACK, "text", 4);
    ck_assert(accepts());
    host_free(&h);
}
END_TEST

/* The round trip is that of the first ACK, and nothing was lost. */
START_TEST(waiting_is_no_sign_of_a_slow_path)
{
    struct sk_tcp_info info;

    begin_deferred(7);
    peer_send(&p, TCP_SYN, NULL, 0);
    host_run(&h, h.now + millis(10));
    peer_expect(&p, TCP_SYN | TCP_ACK);
    peer_send(&p, TCP_ACK, NULL, 0);
    host_run(&h, h.now + millis(10));
    peer_send(&p, TCP_ACK, NULL, 0);
    host_run(&h, h.now + millis(4000));
    peer_send(&p, TCP_ACK, "text", 4);
    ck_assert(accepts());
    ck_assert_int_eq(sk_tcp_info(h.iface, op.u.accepted, &info), SK_OK);
    ck_assert_uint_ge(info.rtt, millis(9));
    ck_assert_uint_le(info.rtt, millis(11));
    ck_assert_uint_lt(info.rto, seconds(1));
    ck_assert_uint_gt(info.cwnd, info.snd_mss);
    host_free(&h);
}
END_TEST

START_TEST(a_peer_that_is_gone_is_forgotten)
{
    begin_deferred(31);
    half_opens();
    peer_send(&p, TCP_ACK, NULL, 0);
    host_run(&h, h.now + millis(30900));
    ck_assert(!answered());
    host_run(&h, h.now + millis(200));
    ck_assert(answered());
    host_run(&h, h.now + seconds(31));
    ck_assert_uint_eq(h.iface->half_opens.n_taken, 1);
    host_run(&h, h.now + millis(1100));
    ck_assert_uint_eq(h.iface->half_opens.n_taken, 0);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_end(&h);
}
END_TEST

START_TEST(a_peer_may_give_up)
{
    begin_deferred(3);
    half_opens();
    peer_send(&p, TCP_ACK, NULL, 0);
    peer_send(&p, TCP_RST, NULL, 0);
    ck_assert_uint_eq(h.iface->half_opens.n_taken, 0);
    half_opens();
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_poll(&h);
    ck_assert_ptr_nonnull(peer_expect(&p, TCP_RST | TCP_ACK));
    host_end(&h);
}
END_TEST

START_TEST(it_is_set_before_there_is_a_connection)
{
    begin(NULL);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    listener = host_bound(&h, SK_STREAM, 80);
    ck_assert_int_eq(sk_set(h.iface, listener, SK_DEFER_ACCEPT, 3), SK_OK);
    ck_assert_int_eq(sk_listen(h.iface, listener, 1, h.now), SK_OK);
    half_opens();
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert(!accepts());
    peer_send(&p, TCP_ACK, "text", 4);
    ck_assert(accepts());
    ck_assert_int_eq(sk_set(h.iface, op.u.accepted, SK_DEFER_ACCEPT, 1), SK_IS_CONNECTED);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { its_time_is_one_of_the_timeouts,
                                   a_connection_waits_for_its_text,
                                   it_does_not_wait_for_ever,
                                   without_it_an_ack_is_enough,
                                   an_end_is_not_waited_for,
                                   a_peer_that_has_no_answer_gets_another,
                                   waiting_is_no_sign_of_a_slow_path,
                                   a_peer_that_is_gone_is_forgotten,
                                   a_peer_may_give_up,
                                   it_is_set_before_there_is_a_connection,
                                   NULL };

    return suite_run("defer_accept", tests);
}

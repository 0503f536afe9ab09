/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host that nobody polled for a long time: what was due meanwhile is due at the first poll, and
 * once. Ticks wrap after 50.9 days, and cannot be compared over more than half of that.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "net/iface.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

#define DAY seconds(86400)
#define N_SLEEPS (sizeof(sleeps) / sizeof(sleeps[0]))

static const int64_t sleeps[] = { 20, 30, 40, 55, 100, 20000 };

static struct host h;
static struct peer p;
static sk_fd listener;

static void each(void (*story)(int64_t days))
{
    for (size_t i = 0; i < N_SLEEPS; i++) {
        story(sleeps[i]);
    }
}

static void begin(void)
{
    host_begin(&h, NULL);
    host_meet(&h);
    listener = host_listener(&h, 80, 4);
    peer_begin(&p, &h, 4000, 80);
}

/* Nothing waits for longer than a keep-alive does. */
static void is_awake(void)
{
    instant at = sk_iface_poll_at(h.iface, h.now);

    ck_assert(at == NEVER || at <= h.now + seconds(7201));
}

static void sleep_for(int64_t days)
{
    h.now += days * DAY;
    host_poll(&h);
    is_awake();
}

static bool asks_for_peer(void)
{
    const struct sent *s;
    bool asks = false;

    while ((s = host_sent(&h)) != NULL) {
        asks = asks || (s->eth.type == ETH_TYPE_ARP && ip_equal(s->arp.tpa, PEER_IP));
    }
    return asks;
}

static void send_datagram(sk_fd fd)
{
    struct sk_addr to = { PEER_IP, 9 };

    ck_assert_int_eq(host_send(&h, fd, "x", 1, to), SK_OK);
    host_poll(&h);
}

static sk_fd with_text_out(void)
{
    sk_fd fd = peer_accepted(&p, listener);

    ck_assert_int_eq(host_send(&h, fd, "0123456789", 10, NOBODY), SK_OK);
    host_poll(&h);
    peer_expect(&p, TCP_ACK);
    return fd;
}

static void a_neighbour_is_asked_for_again_after(int64_t days)
{
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 7);
    send_datagram(fd);
    ck_assert(!asks_for_peer());
    sleep_for(days);
    ck_assert(asks_for_peer());
    host_free(&h);
}

START_TEST(a_neighbour_is_asked_for_again)
{
    each(a_neighbour_is_asked_for_again_after);
}
END_TEST

static void a_neighbour_that_nobody_used_is_forgotten_after(int64_t days)
{
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 7);
    sleep_for(days);
    send_datagram(fd);
    ck_assert(asks_for_peer());
    host_free(&h);
}

START_TEST(a_neighbour_that_nobody_used_is_forgotten)
{
    each(a_neighbour_that_nobody_used_is_forgotten_after);
}
END_TEST

/* Once, and an answer saves the connection: the host did not ask for long. */
static void text_is_sent_again_after(int64_t days)
{
    sk_fd fd;

    begin();
    fd = with_text_out();
    p.ack -= 10;
    sleep_for(days);
    ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->payload_len, 10);
    peer_silent(&p);
    host_run(&h, h.now + millis(390)); /* the timeout was 200 ms, and is twice that */
    peer_silent(&p);
    host_run(&h, h.now + millis(20));
    p.ack -= 10;
    ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->payload_len, 10);
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert_int_eq(host_option(&h, fd, SK_TCP_STATE), SK_TCP_ESTABLISHED);
    ck_assert_int_eq(sk_iface_poll_at(h.iface, h.now) > h.now, true);
    is_awake();
    host_free(&h);
}

START_TEST(text_is_sent_again)
{
    each(text_is_sent_again_after);
}
END_TEST

/* Of a peer that was silent before. */
static void patience_is_over_after(int64_t days)
{
    sk_fd fd;

    begin();
    fd = with_text_out();
    host_run(&h, h.now + millis(500));
    sleep_for(days);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_TIMED_OUT);
    host_free(&h);
}

START_TEST(patience_is_over)
{
    each(patience_is_over_after);
}
END_TEST

static void time_wait_is_over_after(int64_t days)
{
    sk_fd fd;

    begin();
    fd = peer_accepted(&p, listener);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    peer_expect(&p, TCP_FIN | TCP_ACK);
    peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
    peer_expect(&p, TCP_ACK);
    ck_assert_uint_eq(h.iface->time_waits.n_taken, 1);
    sleep_for(days);
    ck_assert_uint_eq(h.iface->time_waits.n_taken, 0);
    host_free(&h);
}

START_TEST(time_wait_is_over)
{
    each(time_wait_is_over_after);
}
END_TEST

/* RFC 6582: the timer that the first partial ACK set is held by the next, which came while the host
 * slept. */
static void a_partial_ack_has_a_timer_after(int64_t days)
{
    static const uint8_t text[2000];
    struct frame f;
    sk_fd fd;

    begin();
    p.mss = 500;
    fd = peer_accepted(&p, listener);
    ck_assert_int_eq(host_send(&h, fd, text, sizeof(text), NOBODY), SK_OK);
    host_poll(&h);
    for (int i = 0; i < 3; i++) {
        peer_send(&p, TCP_ACK, NULL, 0);
    }
    p.ack += 500;
    peer_send(&p, TCP_ACK, NULL, 0);
    h.now += days * DAY;
    p.ack += 500;
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    fake_link_put(&h.link, f.at, f.len);
    host_run(&h, h.now + millis(500));
    ck_assert_uint_ge(sk_iface_stats(h.iface)->tcp_timeouts, 1);
    host_free(&h);
}

START_TEST(a_partial_ack_has_a_timer)
{
    each(a_partial_ack_has_a_timer_after);
}
END_TEST

static void a_handshake_is_continued_and_given_up_in_its_time_after(int64_t days)
{
    begin();
    peer_send(&p, TCP_SYN, NULL, 0);
    peer_expect(&p, TCP_SYN | TCP_ACK);
    sleep_for(days);
    p.ack--;
    peer_expect(&p, TCP_SYN | TCP_ACK);
    peer_silent(&p);
    ck_assert_uint_eq(h.iface->half_opens.n_taken, 1);
    host_run(&h, h.now + seconds(70));
    ck_assert_uint_eq(h.iface->half_opens.n_taken, 0);
    host_free(&h);
}

START_TEST(a_handshake_is_continued_and_given_up_in_its_time)
{
    each(a_handshake_is_continued_and_given_up_in_its_time_after);
}
END_TEST

static void a_keep_alive_is_sent_after(int64_t days)
{
    sk_fd fd;

    begin();
    fd = peer_accepted(&p, listener);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_KEEPALIVE, 1), SK_OK);
    sleep_for(days);
    ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->tcp.seq, p.ack - 1);
    peer_silent(&p);
    peer_send(&p, TCP_ACK, NULL, 0);
    is_awake();
    host_meet(&h);
    host_run(&h, h.now + seconds(7190));
    peer_silent(&p);
    host_free(&h);
}

START_TEST(a_keep_alive_is_sent)
{
    each(a_keep_alive_is_sent_after);
}
END_TEST

static void an_ack_that_was_delayed_is_sent_after(int64_t days)
{
    begin();
    peer_accepted(&p, listener);
    peer_send(&p, TCP_ACK | TCP_PSH, "0123456789", 10);
    peer_silent(&p);
    sleep_for(days);
    ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->tcp.ack, p.seq);
    peer_silent(&p);
    host_free(&h);
}

START_TEST(an_ack_that_was_delayed_is_sent)
{
    each(an_ack_that_was_delayed_is_sent_after);
}
END_TEST

static void when_to_poll_is_now_after(int64_t days)
{
    begin();
    with_text_out();
    h.now += days * DAY;
    ck_assert_int_le(sk_iface_poll_at(h.iface, h.now), h.now);
    host_free(&h);
}

START_TEST(when_to_poll_is_now)
{
    each(when_to_poll_is_now_after);
}
END_TEST

/* The calls of a program that come before the first poll set deadlines of the new time. */
static void who_calls_before_the_poll_waits_as_long_as_ever_after(int64_t days)
{
    struct sk_op op;
    sk_fd fd;

    begin();
    with_text_out();
    fd = host_socket(&h, SK_STREAM);
    h.now += days * DAY;
    sk_op_connect(&op, fd, (struct sk_addr){ PEER_IP, 5000 });
    ck_assert_int_eq(op.poll(&op, h.iface, h.now), SK_PENDING);
    ck_assert_int_le(sk_iface_poll_at(h.iface, h.now), h.now);
    host_poll(&h);
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_timeouts, 1); /* of the other */
    host_run(&h, h.now + millis(150));
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_timeouts, 1);
    is_awake();
    host_free(&h);
}

START_TEST(who_calls_before_the_poll_waits_as_long_as_ever)
{
    each(who_calls_before_the_poll_waits_as_long_as_ever_after);
}
END_TEST

static void who_closes_before_the_poll_is_heard_after(int64_t days)
{
    sk_fd fd;

    begin();
    fd = peer_accepted(&p, listener);
    h.now += days * DAY;
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    peer_expect(&p, TCP_FIN | TCP_ACK);
    host_run(&h, h.now + millis(190));
    peer_silent(&p);
    host_run(&h, h.now + millis(20));
    p.ack--;
    peer_expect(&p, TCP_FIN | TCP_ACK);
    is_awake();
    host_free(&h);
}

START_TEST(who_closes_before_the_poll_is_heard)
{
    each(who_closes_before_the_poll_is_heard_after);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_neighbour_is_asked_for_again,
        a_neighbour_that_nobody_used_is_forgotten,
        text_is_sent_again,
        patience_is_over,
        time_wait_is_over,
        a_partial_ack_has_a_timer,
        a_handshake_is_continued_and_given_up_in_its_time,
        a_keep_alive_is_sent,
        an_ack_that_was_delayed_is_sent,
        when_to_poll_is_now,
        who_calls_before_the_poll_waits_as_long_as_ever,
        who_closes_before_the_poll_is_heard,
        NULL,
    };

    return suite_run("sleep", tests);
}

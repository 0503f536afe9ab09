/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TIME-WAIT without a connection: what is given back, who may come in its place, and when it ends.
 * What it answers to whom is in tests/prop/prop_small_records.c.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "net/iface.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

static struct host h;
static struct frame f;
static struct peer p;
static sk_fd listener;

static void begin(const struct host_setup *setup)
{
    host_begin(&h, setup);
    host_meet(&h);
    listener = host_listener(&h, 80, 4);
    peer_begin(&p, &h, 4000, 80);
}

static const struct sk_stats *stats(void)
{
    return sk_iface_stats(h.iface);
}

static uint32_t n_waiting(void)
{
    return h.iface->time_waits.n_taken;
}

/* The host closes first, and nobody holds the connection any more. */
static void into_time_wait(void)
{
    sk_fd fd = peer_accepted(&p, listener);

    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    peer_expect(&p, TCP_FIN | TCP_ACK);
    peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
    peer_expect(&p, TCP_ACK);
}

START_TEST(record_and_buffers_are_given_back)
{
    struct host_setup setup = { .config = { .n_tcp = 1 } };

    setup.config.buffers[0] = (struct sk_buffer_class){ 1024, 2 };
    begin(&setup);
    for (uint16_t i = 0; i < 10; i++) {
        p.addr.port++;
        into_time_wait();
        ck_assert_uint_eq(h.iface->tcp.n_taken, 0);
        ck_assert(bufpool_full(&h.iface->buffers));
        ck_assert_uint_eq(n_waiting(), i + 1);
    }
    ck_assert(!sk_iface_idle(h.iface));
    ck_assert(sk_iface_drained(h.iface));
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_run(&h, h.now + 2 * FAKE_MSL - millis(1));
    ck_assert_uint_eq(n_waiting(), 10);
    host_run(&h, h.now + millis(3));
    ck_assert(sk_iface_idle(h.iface));
    host_end(&h);
}
END_TEST

/* The last ACK is owed first: the link has no room for it. */
START_TEST(not_before_the_last_ack_has_left)
{
    sk_fd fd;

    begin(NULL);
    fd = peer_accepted(&p, listener);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    peer_expect(&p, TCP_FIN | TCP_ACK);
    h.link.refuse = true;
    peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
    ck_assert_uint_eq(h.iface->tcp.n_taken, 1);
    h.link.refuse = false;
    host_poll(&h);
    ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->tcp.ack, p.seq);
    ck_assert_uint_eq(h.iface->tcp.n_taken, 0);
    ck_assert_uint_eq(n_waiting(), 1);
    host_free(&h);
}
END_TEST

/* The peer's FIN again is acknowledged, and the wait begins anew (RFC 9293 3.10.7.4). */
START_TEST(a_repeated_fin_starts_it_anew)
{
    struct peer other = p;

    begin(NULL);
    into_time_wait();
    other = p;
    other.addr.port++;
    host_run(&h, h.now + millis(1000));
    p.addr.port++;
    p.seq += 1000;
    into_time_wait();
    host_run(&h, h.now + millis(1000));
    p.addr.port--;
    p.seq = other.seq - 1;
    p.ack = other.ack;
    peer_frame(&p, &f, TCP_FIN | TCP_ACK, NULL, 0);
    host_hear_drop(&h, &f, DROP_TCP_UNACCEPTABLE);
    ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->tcp.ack, p.seq + 1);
    host_run(&h, h.now + 2 * FAKE_MSL - millis(990)); /* the second ends first */
    ck_assert_uint_eq(n_waiting(), 1);
    host_run(&h, h.now + millis(980));
    ck_assert_uint_eq(n_waiting(), 1);
    host_run(&h, h.now + millis(20));
    ck_assert_uint_eq(n_waiting(), 0);
    host_free(&h);
}
END_TEST

/* Only the one that ended the stream: somebody who guesses keeps nothing waiting. */
START_TEST(another_fin_does_not)
{
    begin(NULL);
    into_time_wait();
    host_run(&h, h.now + millis(1000));
    for (int i = 0; i < 2; i++) {
        p.seq += i ? 100000 : -2u;
        peer_frame(&p, &f, TCP_FIN | TCP_ACK, NULL, 0);
        host_hear_drop(&h, &f, DROP_TCP_UNACCEPTABLE);
        host_forget(&h);
    }
    host_run(&h, h.now + 2 * FAKE_MSL - millis(998));
    ck_assert_uint_eq(n_waiting(), 0);
    host_free(&h);
}
END_TEST

/* RFC 5961 5.2: what is acknowledged is at most the largest window ago. */
START_TEST(an_old_acknowledgment)
{
    uint32_t snd_nxt;

    begin(NULL);
    into_time_wait();
    snd_nxt = p.ack;
    p.ack = snd_nxt - p.wnd;
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    p.ack--;
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    host_hear_drop(&h, &f, DROP_TCP_ACK_RANGE);
    p.ack = snd_nxt;
    ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->tcp.seq, snd_nxt);
    ck_assert_uint_eq(stats()->tcp_challenges, 1);
    host_free(&h);
}
END_TEST

/* RFC 1337, RFC 5961, RFC 9293 3.10.7.4: none of this ends it. */
START_TEST(what_it_answers)
{
    begin(NULL);
    into_time_wait();
    peer_frame(&p, &f, TCP_RST, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_TCP_RST);
    p.seq++;
    peer_frame(&p, &f, TCP_RST, NULL, 0);
    host_hear_drop(&h, &f, DROP_TCP_RST);
    ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->tcp.ack, p.seq - 1);
    host_hear_silent_drop(&h, &f, DROP_TCP_RST); /* not so soon */
    ck_assert_uint_eq(stats()->tcp_challenges, 1);
    p.seq -= 101;
    peer_frame(&p, &f, TCP_ACK, "old text", 8);
    host_hear_drop(&h, &f, DROP_TCP_UNACCEPTABLE);
    ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->tcp.seq, p.ack);
    ck_assert_uint_eq(stats()->tcp_challenges, 1);
    p.seq += 100;
    peer_frame(&p, &f, TCP_ACK, "new text", 8);
    host_hear_drop(&h, &f, DROP_NONE);
    peer_expect(&p, TCP_ACK);
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    host_run(&h, h.now + 2 * FAKE_MSL + millis(2));
    ck_assert_uint_eq(n_waiting(), 0);
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    host_hear_drop(&h, &f, DROP_TCP_LISTEN);
    peer_expect(&p, TCP_RST);
    host_free(&h);
}
END_TEST

/* RFC 6191 2: later by the peer's clock is enough, and earlier is never. */
START_TEST(timestamps_say_whether_a_syn_is_new)
{
    struct host_setup setup = { .config = { .tcp = &sk_tcp_full } };
    const struct sent *s;
    uint32_t last;
    uint32_t snd_nxt;

    begin(&setup);
    p.tsval = UINT32_MAX;
    into_time_wait();
    last = p.seq;
    snd_nxt = p.ack;
    p.seq = last + 5000;
    p.tsval = UINT32_MAX - 1;
    peer_frame(&p, &f, TCP_SYN, NULL, 0);
    host_hear_drop(&h, &f, DROP_TCP_PAWS);
    s = peer_expect(&p, TCP_ACK);
    ck_assert(s->tcp.has_timestamps && s->tcp.tsecr == UINT32_MAX && s->tcp.seq == snd_nxt);
    p.seq = last - 5000;
    p.tsval = UINT32_MAX;
    peer_frame(&p, &f, TCP_SYN, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_TCP_UNACCEPTABLE);
    p.tsval = 1;
    peer_send(&p, TCP_SYN, NULL, 0);
    s = peer_expect(&p, TCP_SYN | TCP_ACK);
    ck_assert_int_gt((int32_t)(s->tcp.seq - snd_nxt), 0);
    ck_assert_uint_eq(n_waiting(), 0);
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert_uint_eq(stats()->tcp_passive_opens, 2);
    host_free(&h);
}
END_TEST

/* Whatever the clock says, of a peer that had none before. */
START_TEST(a_syn_with_timestamps_follows_a_connection_without)
{
    struct host_setup setup = { .config = { .tcp = &sk_tcp_full } };
    static const uint32_t clocks[] = { 1, INT32_MAX, 0x80000001, UINT32_MAX };

    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        begin(&setup);
        into_time_wait();
        p.seq -= 5000;
        p.tsval = clocks[i];
        peer_send(&p, TCP_SYN, NULL, 0);
        peer_expect(&p, TCP_SYN | TCP_ACK);
        ck_assert_uint_eq(n_waiting(), 0);
        host_free(&h);
    }
}
END_TEST

/* RFC 7323 3.2: a reset needs none, and is looked at like any. */
START_TEST(a_reset_without_a_timestamp)
{
    struct host_setup setup = { .config = { .tcp = &sk_tcp_full } };

    begin(&setup);
    p.tsval = 1000;
    into_time_wait();
    p.tsval = 0;
    p.seq++;
    peer_frame(&p, &f, TCP_RST, NULL, 0);
    host_hear_drop(&h, &f, DROP_TCP_RST);
    peer_expect(&p, TCP_ACK);
    host_free(&h);
}
END_TEST

START_TEST(equal_timestamps_leave_it_to_the_sequence_number)
{
    struct host_setup setup = { .config = { .tcp = &sk_tcp_full } };

    begin(&setup);
    p.tsval = 1000;
    into_time_wait();
    p.seq += 1;
    peer_send(&p, TCP_SYN, NULL, 0);
    peer_expect(&p, TCP_SYN | TCP_ACK);
    host_free(&h);
}
END_TEST

/* Its SYN finds the cache full: cookies could not begin past the old numbers, so one gives way. */
START_TEST(a_new_connection_while_the_cache_is_full)
{
    struct host_setup setup = { .config = { .n_syn_cache = 2 } };
    struct peer other;
    uint32_t snd_nxt;

    begin(&setup);
    into_time_wait();
    snd_nxt = p.ack;
    for (uint16_t i = 0; i < 2; i++) {
        peer_begin(&other, &h, (uint16_t)(6000 + i), 80);
        peer_send(&other, TCP_SYN, NULL, 0);
        host_forget(&h);
    }
    p.seq += 1000;
    peer_send(&p, TCP_SYN, NULL, 0);
    ck_assert_int_gt((int32_t)(peer_expect(&p, TCP_SYN | TCP_ACK)->tcp.seq - snd_nxt), 0);
    ck_assert_uint_eq(stats()->tcp_half_open_evicted, 1);
    ck_assert_uint_eq(stats()->tcp_cookies_sent, 0);
    host_free(&h);
}
END_TEST

/* RFC 9293 MAY-2: neither may it begin where the old one ended. */
START_TEST(a_new_connection_begins_past_the_end_of_the_old_one)
{
    uint32_t end;

    begin(NULL);
    into_time_wait();
    end = initial_sequence(h.iface, p.host, p.addr, h.now);
    time_wait_find(h.iface, p.host, p.addr)->tcp.snd_nxt = end;
    p.seq += 1000;
    peer_send(&p, TCP_SYN, NULL, 0);
    ck_assert_uint_eq(peer_expect(&p, TCP_SYN | TCP_ACK)->tcp.seq, end + 1);
    host_free(&h);
}
END_TEST

/* Nobody to take it: TIME-WAIT goes on, and answers. */
START_TEST(a_new_connection_while_the_queue_is_full)
{
    struct peer other;

    begin(NULL);
    into_time_wait();
    for (uint16_t i = 0; i < 4; i++) {
        peer_begin(&other, &h, (uint16_t)(6000 + i), 80);
        peer_opens(&other);
    }
    p.seq += 100;
    peer_frame(&p, &f, TCP_SYN, NULL, 0);
    host_hear_drop(&h, &f, DROP_TCP_SYN);
    peer_expect(&p, TCP_ACK);
    ck_assert_uint_eq(n_waiting(), 1);
    host_free(&h);
}
END_TEST

/* ---- Our own side ---------------------------------------------------------------------------- */

static sk_fd bound_to(uint16_t port, bool reuse)
{
    sk_fd fd = host_socket(&h, SK_STREAM);

    ck_assert_int_eq(sk_set(h.iface, fd, SK_REUSEADDR, reuse), SK_OK);
    ck_assert_int_eq(sk_bind(h.iface, fd, (struct sk_addr){ ip4(0), port }), SK_OK);
    return fd;
}

static void called_and_closed(sk_fd fd)
{
    peer_is_called(&p, fd);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    peer_expect(&p, TCP_FIN | TCP_ACK);
    peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
    peer_expect(&p, TCP_ACK);
    ck_assert_uint_eq(n_waiting(), 1);
}

START_TEST(we_do_not_connect_where_a_connection_waits)
{
    struct sk_addr elsewhere = { PEER_IP, 4001 };
    struct sk_op op;
    sk_fd fd;

    begin(NULL);
    called_and_closed(bound_to(5000, true));
    fd = bound_to(5000, true);
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_ADDR_NOT_AVAIL);
    sk_op_connect(&op, fd, elsewhere); /* another peer: another pair */
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_run(&h, h.now + 2 * FAKE_MSL + millis(2));
    host_forget(&h);
    fd = bound_to(5000, true);
    p.seq += 100000;
    peer_is_called(&p, fd);
    host_free(&h);
}
END_TEST

START_TEST(an_ephemeral_port_is_not_one_that_waits)
{
    struct sk_addr local;
    struct sk_op op;
    uint16_t port;
    sk_fd fd;

    begin(NULL);
    called_and_closed(host_socket(&h, SK_STREAM));
    port = p.host.port;
    h.iface->next_ephemeral = 0; /* where the search for that one began */
    fd = host_socket(&h, SK_STREAM);
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    ck_assert_int_eq(sk_local(h.iface, fd, &local), SK_OK);
    ck_assert_uint_eq(local.port, port == 65535 ? 32768 : port + 1u);
    host_free(&h);
}
END_TEST

/* SO_REUSEADDR is for this. */
START_TEST(who_may_bind_its_port)
{
    struct sk_addr any = { ip4(0), 5000 };
    struct sk_addr lo = { ip4(0x7f000001), 5000 };
    sk_fd fd;

    begin(NULL);
    called_and_closed(bound_to(5000, false));
    fd = host_socket(&h, SK_STREAM);
    ck_assert_int_eq(sk_bind(h.iface, fd, any), SK_BINDING_IN_USE);
    any.addr = HOST_IP;
    ck_assert_int_eq(sk_bind(h.iface, fd, any), SK_BINDING_IN_USE);
    ck_assert_int_eq(sk_bind(h.iface, fd, lo), SK_OK);
    fd = host_socket(&h, SK_STREAM);
    any.port++;
    ck_assert_int_eq(sk_bind(h.iface, fd, any), SK_OK);
    any.port--;
    fd = host_socket(&h, SK_STREAM);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_REUSEADDR, 1), SK_OK);
    ck_assert_int_eq(sk_bind(h.iface, fd, any), SK_OK);
    host_free(&h);
}
END_TEST

/* The program held it for a while: it waits no shorter, and those that came later no longer. */
START_TEST(a_handle_that_is_given_up_late)
{
    sk_fd fd;

    begin(NULL);
    fd = peer_accepted(&p, listener);
    ck_assert_int_eq(sk_shutdown(h.iface, fd, SK_SHUT_WR, h.now), SK_OK);
    host_poll(&h);
    peer_expect(&p, TCP_FIN | TCP_ACK);
    peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
    peer_expect(&p, TCP_ACK);
    ck_assert_uint_eq(n_waiting(), 0);
    host_run(&h, h.now + millis(1000));
    p.addr.port++;
    into_time_wait();
    host_run(&h, h.now + millis(1000));
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    ck_assert_uint_eq(n_waiting(), 2);
    host_run(&h, h.now + 2 * FAKE_MSL - millis(1002));
    ck_assert_uint_eq(n_waiting(), 2);
    host_run(&h, h.now + millis(4));
    ck_assert_uint_eq(n_waiting(), 0);
    host_free(&h);
}
END_TEST

static void over_loopback(void)
{
    struct sk_op op;
    sk_fd client = host_socket(&h, SK_STREAM);
    sk_fd server;

    sk_op_connect(&op, client, (struct sk_addr){ ip4(0x7f000001), 80 });
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    sk_op_accept(&op, listener);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    server = op.u.accepted;
    ck_assert_int_eq(sk_close(h.iface, client, h.now), SK_OK);
    host_poll(&h);
    ck_assert_int_eq(sk_close(h.iface, server, h.now), SK_OK);
    host_poll(&h);
}

/* Each link has its own MSL: what waits longer on one holds nothing up on another. When there is no
 * room, what ends first gives way. */
START_TEST(every_link_has_its_time)
{
    struct host_setup setup = { .config = { .n_time_wait = 2 } };
    duration msl;

    begin(&setup);
    msl = sk_netif_link(h.iface, 1)->msl;
    ck_assert_int_lt(msl, FAKE_MSL);
    into_time_wait();
    over_loopback();
    ck_assert_uint_eq(n_waiting(), 2);
    over_loopback();
    ck_assert_uint_eq(n_waiting(), 2);
    ck_assert_uint_eq(stats()->tcp_time_wait_evicted, 1);
    ck_assert_ptr_nonnull(time_wait_find(h.iface, p.host, p.addr));
    host_run(&h, h.now + 2 * msl + millis(2));
    ck_assert_uint_eq(n_waiting(), 1);
    host_run(&h, h.now + 2 * (FAKE_MSL - msl));
    ck_assert_uint_eq(n_waiting(), 0);
    host_free(&h);
}
END_TEST

/* Of pairs that share a bucket there are so many at most: then the oldest of them gives way, though
 * another would end first. */
START_TEST(a_bucket_that_is_full)
{
    struct host_setup setup = { .config = { .n_time_wait = 64 } };
    struct sk_addr first = { PEER_IP, 0 };
    struct sk_addr outsider;
    const struct tuples *t;
    uint32_t bucket;

    begin(&setup);
    t = &h.iface->time_waits;
    into_time_wait();
    outsider = p.addr;
    bucket = (tuple_hash(&t->key, 80, outsider) & t->bucket_mask) ^ 1;
    for (int n = 0; n <= TUPLES_PER_BUCKET;) {
        p.addr.port++;
        if ((tuple_hash(&t->key, 80, p.addr) & t->bucket_mask) != bucket) {
            continue;
        }
        ck_assert_uint_eq(stats()->tcp_time_wait_evicted, 0);
        first.port = n == 0 ? p.addr.port : first.port;
        into_time_wait();
        n++;
    }
    ck_assert_uint_eq(stats()->tcp_time_wait_evicted, 1);
    ck_assert_ptr_null(time_wait_find(h.iface, p.host, first));
    ck_assert_ptr_nonnull(time_wait_find(h.iface, p.host, outsider));
    ck_assert_ptr_nonnull(time_wait_find(h.iface, p.host, p.addr));
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { record_and_buffers_are_given_back,
                                   not_before_the_last_ack_has_left,
                                   a_repeated_fin_starts_it_anew,
                                   another_fin_does_not,
                                   an_old_acknowledgment,
                                   what_it_answers,
                                   timestamps_say_whether_a_syn_is_new,
                                   a_syn_with_timestamps_follows_a_connection_without,
                                   a_reset_without_a_timestamp,
                                   equal_timestamps_leave_it_to_the_sequence_number,
                                   a_new_connection_while_the_cache_is_full,
                                   a_new_connection_begins_past_the_end_of_the_old_one,
                                   a_new_connection_while_the_queue_is_full,
                                   we_do_not_connect_where_a_connection_waits,
                                   an_ephemeral_port_is_not_one_that_waits,
                                   who_may_bind_its_port,
                                   a_handle_that_is_given_up_late,
                                   every_link_has_its_time,
                                   a_bucket_that_is_full,
                                   NULL };

    return suite_run("time_wait", tests);
}

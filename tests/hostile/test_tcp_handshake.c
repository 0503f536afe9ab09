/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows TCPS of tests/hostile-inputs.tsv about how connections begin and how they end, against a
 * whole host; TCPS-02 is in tests/sim/test_flood.c. The test is named by the row.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

static struct host h;
static struct frame f;
static struct peer p;
static sk_fd listener;

static void begin(uint32_t backlog)
{
    host_begin(&h, NULL);
    host_meet(&h);
    listener = host_listener(&h, 80, backlog);
    peer_begin(&p, &h, 4000, 80);
}

static enum sk_err accept(sk_fd *fd)
{
    struct sk_op op;
    enum sk_err err;

    sk_op_accept(&op, listener);
    err = host_try(&h, &op);
    *fd = op.u.accepted;
    return err;
}

static void half_opens(void)
{
    peer_send(&p, TCP_SYN, NULL, 0);
    peer_expect(&p, TCP_SYN | TCP_ACK);
}

/* Whatever ends a connection that is half open, its listener goes on. */
static void listener_survives(void)
{
    sk_fd fd;

    host_forget(&h);
    host_meet(&h);
    p.addr.port++;
    p.seq += 1000;
    fd = peer_accepted(&p, listener);
    ck_assert_int_eq(sk_abort(h.iface, fd, h.now), SK_OK);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_poll(&h);
    host_forget(&h);
    ck_assert(sk_iface_idle(h.iface));
    host_end(&h);
}

START_TEST(hostile_TCPS_09_reset_while_half_open)
{
    begin(1);
    for (int i = 0; i < 1000; i++) {
        half_opens();
        peer_send(&p, TCP_RST, NULL, 0);
        peer_silent(&p);
        p.seq += 1000;
    }
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_failed_opens, 1000);
    listener_survives();
}
END_TEST

START_TEST(hostile_TCPS_09_timeout_while_half_open)
{
    begin(1);
    half_opens();
    host_run(&h, h.now + seconds(70));
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_failed_opens, 1);
    listener_survives();
}
END_TEST

START_TEST(hostile_TCPS_09_fin_while_half_open)
{
    sk_fd fd;

    begin(1);
    half_opens();
    peer_frame(&p, &f, TCP_FIN, NULL, 0); /* without ACK: nothing */
    host_hear_silent_drop(&h, &f, DROP_TCP_NO_ACK);
    peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
    peer_expect(&p, TCP_ACK);
    ck_assert_int_eq(accept(&fd), SK_OK);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    peer_expect(&p, TCP_FIN | TCP_ACK);
    peer_send(&p, TCP_ACK, NULL, 0);
    listener_survives();
}
END_TEST

/* RFC 1337: no RST ends it, and we say so (tcp/time_wait.c); old text and old SYNs are answered. */
START_TEST(hostile_TCPS_22_time_wait_assassination)
{
    static const int32_t offsets[] = {
        -100000, -1000, -1, 0, 1, 2, 1000, 4094, 4095, 4096, 100000
    };
    sk_fd fd;
    instant end;

    begin(1);
    fd = peer_accepted(&p, listener);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    peer_expect(&p, TCP_FIN | TCP_ACK);
    peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
    peer_expect(&p, TCP_ACK);
    end = h.now + 2 * FAKE_MSL;
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        h.now += millis(5);
        p.seq += (uint32_t)offsets[i];
        peer_frame(&p, &f, TCP_RST, NULL, 0);
        host_hear_drop(&h, &f, DROP_TCP_RST);
        peer_frame(&p, &f, TCP_RST | TCP_ACK, NULL, 0);
        host_hear_drop(&h, &f, DROP_TCP_RST);
        if (offsets[i] <= 0) {
            peer_frame(&p, &f, TCP_SYN, NULL, 0);
            host_hear(&h, &f);
            ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_passive_opens, 1);
        }
        host_forget(&h);
        if (offsets[i] < -1) {
            peer_frame(&p, &f, TCP_ACK, "text", 4);
            host_hear_drop(&h, &f, DROP_TCP_UNACCEPTABLE);
            ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->tcp.ack, p.seq - (uint32_t)offsets[i]);
        }
        p.seq -= (uint32_t)offsets[i];
    }
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_run(&h, end - millis(1));
    ck_assert(!sk_iface_idle(h.iface));
    host_run(&h, end + millis(2));
    ck_assert(sk_iface_idle(h.iface));
    host_end(&h);
}
END_TEST

/* A backlog of one and nobody who accepts: SYNs are dropped, not reset, and tried again later. */
START_TEST(hostile_TCPS_25_accept_queue)
{
    struct peer first;
    sk_fd fd;

    begin(1);
    peer_opens(&p);
    first = p;
    for (uint16_t i = 1; i < 1000; i++) {
        peer_begin(&p, &h, (uint16_t)(4000 + i), 80);
        peer_frame(&p, &f, TCP_SYN, NULL, 0);
        host_hear_silent_drop(&h, &f, DROP_TCP_BACKLOG_FULL);
    }
    ck_assert_int_eq(accept(&fd), SK_OK);
    ck_assert_int_eq(sk_abort(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    peer_expect(&first, TCP_RST | TCP_ACK);
    peer_opens(&p); /* the last one, again */
    ck_assert_int_eq(accept(&fd), SK_OK);
    ck_assert_int_eq(sk_abort(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    listener_survives();
}
END_TEST

/* The text of a SYN is not taken: it is not acknowledged, comes again, and is delivered once. */
START_TEST(hostile_TCPS_29_syn_with_text)
{
    char text[32];
    size_t len = sizeof(text);
    sk_fd fd;

    begin(1);
    peer_frame(&p, &f, TCP_SYN, "text", 4);
    host_hear(&h, &f);
    p.seq++;
    ck_assert_uint_eq(peer_expect(&p, TCP_SYN | TCP_ACK)->tcp.ack, p.seq);
    peer_send(&p, TCP_ACK, "text", 4);
    ck_assert_int_eq(accept(&fd), SK_OK);
    ck_assert_int_eq(host_recv(&h, fd, text, &len, NULL), SK_OK);
    ck_assert(len == 4 && memcmp(text, "text", 4) == 0);
    ck_assert_int_eq(sk_abort(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    p.addr.port++;
    peer_frame(&p, &f, TCP_SYN | TCP_FIN, "text", 4);
    host_hear_drop(&h, &f, DROP_TCP_FLAGS);
    listener_survives();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { hostile_TCPS_09_reset_while_half_open,
                                   hostile_TCPS_09_timeout_while_half_open,
                                   hostile_TCPS_09_fin_while_half_open,
                                   hostile_TCPS_22_time_wait_assassination,
                                   hostile_TCPS_25_accept_queue,
                                   hostile_TCPS_29_syn_with_text,
                                   NULL };

    return suite_run("hostile_tcp_handshake", tests);
}

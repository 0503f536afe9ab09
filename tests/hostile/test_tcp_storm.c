/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rows TCPS of tests/hostile-inputs.tsv that are about a host with its sockets and its limits, and
 * the clock of row TIME-02. The test is named by the row.
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

static uint32_t n_sent_by_host(void)
{
    uint32_t n = 0;

    while (host_sent(&h)) {
        n++;
    }
    return n;
}

/* No loop, and no connection, with ourselves or with nobody. */
START_TEST(hostile_TCPS_01_syns_from_where_nobody_is)
{
    static const uint32_t sources[] = { 0, 0xffffffff, 0x0a0000ff, 0xe0000001, 0x7f000001 };

    begin(NULL);
    p.addr = p.host;
    peer_frame(&p, &f, TCP_SYN, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_IP_MARTIAN_SOURCE);
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        p.addr = (struct sk_addr){ ip4(sources[i]), 4000 };
        peer_frame(&p, &f, TCP_SYN, NULL, 0);
        host_hear_silent_drop(&h, &f, DROP_IP_MARTIAN_SOURCE);
    }
    ck_assert_uint_eq(h.iface->half_opens.n_taken, 0);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* What one connection answers says nothing of what others were asked: there is no common count. */
START_TEST(hostile_TCPS_06_challenges_are_counted_for_each_connection)
{
    struct host_setup setup = { .config = { .n_tcp = 40 } };
    struct peer others[30];

    begin(&setup);
    for (uint16_t i = 0; i < 30; i++) {
        peer_begin(&others[i], &h, (uint16_t)(5000 + i), 80);
        peer_accepted(&others[i], listener);
    }
    for (uint16_t i = 0; i < 30; i++) {
        for (int n = 0; n < 10; n++) {
            others[i].seq++; /* inside the window */
            peer_frame(&others[i], &f, TCP_RST, NULL, 0);
            host_hear(&h, &f);
        }
        ck_assert_uint_eq(n_sent_by_host(), 1);
    }
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_challenges, 30);
    host_free(&h);
}
END_TEST

START_TEST(hostile_TCPS_08_resets_to_a_listener)
{
    begin(NULL);
    peer_frame(&p, &f, TCP_RST, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_TCP_LISTEN);
    peer_frame(&p, &f, TCP_RST | TCP_ACK, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_TCP_LISTEN);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* RFC 9293 3.10.7.1: a reset is not answered, and others so often in a second. */
START_TEST(hostile_TCPS_24_a_scan_of_all_ports)
{
    uint32_t n = 0;

    begin(NULL);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    for (uint32_t port = 1; port <= 65535; port++) {
        p.host.port = (uint16_t)port;
        peer_frame(&p, &f, TCP_SYN, NULL, 0);
        host_hear(&h, &f);
        n += n_sent_by_host();
        peer_frame(&p, &f, TCP_RST, NULL, 0);
        host_hear(&h, &f);
        ck_assert_msg(n_sent_by_host() == 0, "a reset is answered, port %u", port);
        h.now += 30; /* two seconds in all */
    }
    ck_assert_uint_ge(n, CONFIG_RESETS_PER_SECOND);
    ck_assert_uint_le(n, 4 * CONFIG_RESETS_PER_SECOND);
    host_end(&h);
}
END_TEST

/* Sockstress: peers that open and then close their window hold what they have for as long as the
 * program says, and no longer. */
START_TEST(hostile_TCPS_11_windows_that_stay_closed)
{
    enum { N = 30 };
    struct host_setup setup = { .config = { .n_tcp = N } };
    static uint8_t text[1000];
    sk_fd fds[N];

    begin(&setup);
    for (int i = 0; i < N; i++) {
        peer_begin(&p, &h, (uint16_t)(5000 + i), 80);
        fds[i] = peer_accepted(&p, listener);
        ck_assert_int_eq(sk_set(h.iface, fds[i], SK_USER_TIMEOUT, 60000), SK_OK);
        p.wnd = 0;
        peer_send(&p, TCP_ACK, NULL, 0);
        ck_assert_int_eq(host_send(&h, fds[i], text, sizeof(text), NOBODY), SK_OK);
    }
    host_run(&h, h.now + seconds(30));
    ck_assert_uint_le(n_sent_by_host(), 10 * N); /* the probes back off */
    host_run(&h, h.now + seconds(120));
    host_forget(&h);
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(host_option(&h, fds[i], SK_SO_ERROR), SK_TIMED_OUT);
        ck_assert_int_eq(sk_close(h.iface, fds[i], h.now), SK_OK);
    }
    host_meet(&h);
    peer_begin(&p, &h, 4000, 80);
    peer_accepted(&p, listener);
    host_free(&h);
}
END_TEST

/* A clock that is set: nothing is lost for ever, and nothing happens in a storm. */
START_TEST(hostile_TIME_02_the_clock_jumps)
{
    static const duration jumps[] = { -10000000, 3600000000, 60ll * 86400 * 1000000 };

    for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        uint32_t n;
        sk_fd fd;

        begin(NULL);
        h.now += seconds(100);
        host_meet(&h);
        fd = peer_accepted(&p, listener);
        ck_assert_int_eq(host_send(&h, fd, "text", 4, NOBODY), SK_OK);
        host_poll(&h);
        peer_expect(&p, TCP_ACK);
        h.now += jumps[i];
        host_poll(&h);
        n = n_sent_by_host();
        ck_assert_uint_le(n, 3);
        host_run(&h, h.now + seconds(20));
        n += n_sent_by_host();
        ck_assert_uint_ge(n, 1); /* it is sent again, or the neighbour is asked for */
        ck_assert_uint_le(n, 30);
        host_free(&h);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_TCPS_01_syns_from_where_nobody_is,
        hostile_TCPS_06_challenges_are_counted_for_each_connection,
        hostile_TCPS_08_resets_to_a_listener,
        hostile_TCPS_24_a_scan_of_all_ports,
        hostile_TCPS_11_windows_that_stay_closed,
        hostile_TIME_02_the_clock_jumps,
        NULL,
    };

    return suite_run("hostile_tcp_storm", tests);
}

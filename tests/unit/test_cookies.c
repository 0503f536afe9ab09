/* SPDX-License-Identifier: BSD-3-Clause */
/* SYN cookies (RFC 4987 3.6): what a host that remembers nothing still knows. */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#define N_CACHE 2
#define SECOND_IP ip4(0xac100001) /* 172.16.0.1/16 */
#define SLOT ((instant)1 << 26)   /* microseconds */

static struct host h;
static struct peer p;
static struct frame f;
static sk_fd listener;

static const struct sk_stats *stats(void)
{
    return sk_iface_stats(h.iface);
}

/* A host whose cache is full. */
static void begin(const struct tcp_profile *profile, uint32_t absorb)
{
    struct host_setup setup = { .config = { .n_syn_cache = N_CACHE, .tcp = profile, .n_netifs = 3 },
                                .absorb = absorb };

    host_begin(&h, &setup);
    host_meet(&h);
    listener = host_listener(&h, 80, 2);
    for (uint16_t i = 0; i < N_CACHE; i++) {
        peer_begin(&p, &h, (uint16_t)(3000 + i), 80);
        peer_send(&p, TCP_SYN, NULL, 0);
        peer_expect(&p, TCP_SYN | TCP_ACK);
    }
    ck_assert_uint_eq(stats()->tcp_cookies_sent, 0);
    peer_begin(&p, &h, 4000, 80);
}

static const struct sent *gets_cookie(void)
{
    uint32_t n = stats()->tcp_cookies_sent;
    const struct sent *s;

    peer_send(&p, TCP_SYN, NULL, 0);
    s = peer_expect(&p, TCP_SYN | TCP_ACK);
    ck_assert_uint_eq(s->tcp.ack, p.seq);
    ck_assert_uint_eq(stats()->tcp_cookies_sent, n + 1);
    return s;
}

static sk_fd accepts(void)
{
    struct sk_op op;

    sk_op_accept(&op, listener);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert(sk_addr_equal(op.addr, p.addr));
    return op.u.accepted;
}

static size_t longest_segment(sk_fd fd)
{
    static uint8_t text[4096];
    const struct sent *s;
    size_t len;

    ck_assert_int_eq(host_send(&h, fd, text, sizeof(text), NOBODY), SK_OK);
    host_poll(&h);
    s = peer_expect(&p, TCP_ACK);
    len = s->payload_len;
    while (peer_hear(&p)) {
    }
    return len;
}

START_TEST(a_cookie_becomes_a_connection)
{
    char text[8];
    size_t len = sizeof(text);
    sk_fd fd;

    begin(NULL, 0);
    gets_cookie();
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_half_open_evicted, 0);
    host_run(&h, h.now + millis(900));
    host_silent(&h);
    peer_send(&p, TCP_ACK, "text", 4);
    fd = accepts();
    ck_assert_int_eq(host_recv(&h, fd, text, &len, NULL), SK_OK);
    ck_assert(len == 4 && memcmp(text, "text", 4) == 0);
    ck_assert_uint_eq(stats()->tcp_cookies_accepted, 1);
    ck_assert_uint_eq(stats()->tcp_cookies_failed, 0);
    ck_assert_uint_eq(stats()->tcp_passive_opens, 1);
    host_run(&h, h.now + millis(50));
    host_forget(&h);
    peer_closes(&p, fd);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_forget(&h);
    host_end(&h);
}
END_TEST

/* The largest of the table that is not above the peer's. */
START_TEST(the_mss_is_in_the_cookie)
{
    static const uint16_t mss[][2] = { { 0, 536 },     { 1, 88 },      { 88, 88 },
                                       { 535, 88 },    { 536, 536 },   { 1299, 536 },
                                       { 1300, 1300 }, { 1439, 1300 }, { 1440, 1440 },
                                       { 1459, 1440 }, { 1460, 1460 }, { 9000, 1460 } };

    for (size_t i = 0; i < sizeof(mss) / sizeof(mss[0]); i++) {
        begin(NULL, 0);
        p.mss = mss[i][0];
        gets_cookie();
        peer_send(&p, TCP_ACK, NULL, 0);
        ck_assert_uint_eq(longest_segment(accepts()), mss[i][1]);
        host_free(&h);
    }
}
END_TEST

/* Nor is any other option offered that could not be kept. */
START_TEST(without_timestamps_there_is_the_mss_alone)
{
    const struct tcp_profile *profiles[] = { &sk_tcp_basic, &sk_tcp_full };
    static const uint8_t options[] = { 2, 4, 5, 0xb4, 4, 2, 3, 3, 7, 1, 1, 1 };

    for (int i = 0; i < 2; i++) {
        const struct sent *s;

        begin(profiles[i], 0);
        p.mss = 0;
        peer_frame(&p, &f, TCP_SYN, NULL, 0);
        frame_tcp_options(&f, options, sizeof(options));
        host_hear(&h, &f);
        p.seq++;
        s = peer_expect(&p, TCP_SYN | TCP_ACK);
        ck_assert(!s->tcp.has_timestamps && !s->tcp.sack_permitted);
        ck_assert_uint_eq(s->tcp.wscale, TCP_NO_WSCALE);
        ck_assert_uint_eq(s->tcp.mss, 1460);
        p.wnd = 500; /* and 500 it is, not 500 << 7 */
        peer_send(&p, TCP_ACK, NULL, 0);
        ck_assert_uint_eq(longest_segment(accepts()), 500);
        host_free(&h);
    }
}
END_TEST

/* Nor is ECN agreed to, which the connection could not know of. */
START_TEST(ecn_is_agreed_to_with_timestamps)
{
    for (uint32_t tsval = 0; tsval < 2; tsval++) {
        begin(&sk_tcp_full, 0);
        p.tsval = tsval;
        peer_send(&p, TCP_SYN | TCP_ECE | TCP_CWR, NULL, 0);
        peer_expect(&p, tsval ? TCP_SYN | TCP_ACK | TCP_ECE : TCP_SYN | TCP_ACK);
        ck_assert_uint_eq(stats()->tcp_cookies_sent, 1);
        host_free(&h);
    }
}
END_TEST

/* Nor is one believed that comes with an option that was not offered. */
START_TEST(options_in_a_timestamp_that_was_not_sent)
{
    begin(&sk_tcp_basic, 0);
    gets_cookie();
    p.wnd = 500;
    p.tsval = 1;
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    put_be32(frame_transport_at(&f) + TCP_HDR_LEN + 8, 7); /* a scale of 7, once it was */
    frame_fix_transport(&f);
    host_hear(&h, &f);
    p.tsval = 0;
    ck_assert_uint_eq(longest_segment(accepts()), 500);
    host_free(&h);
}
END_TEST

/* As Linux: in the low bits of the timestamp, which never runs ahead of the clock. */
static void options_in_the_timestamp(uint8_t wscale, bool sack, uint32_t late)
{
    uint8_t options[20] = { 2, 4, 5, 0xb4, 8, 10, 0, 0, 2, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1 };
    const struct sent *s;
    uint32_t tsval;
    sk_fd fd;

    begin(&sk_tcp_full, 0);
    h.now += late;
    if (sack) {
        options[14] = 4;
        options[15] = 2;
    }
    if (wscale != TCP_NO_WSCALE) {
        options[17] = 3;
        options[18] = 3;
        options[19] = wscale;
    }
    p.mss = 0;
    p.tsval = 0;
    peer_frame(&p, &f, TCP_SYN, NULL, 0);
    frame_tcp_options(&f, options, sizeof(options));
    host_hear(&h, &f);
    p.seq++;
    s = peer_expect(&p, TCP_SYN | TCP_ACK);
    ck_assert(s->tcp.has_timestamps && s->tcp.tsecr == 512);
    ck_assert_int_eq(s->tcp.sack_permitted, sack);
    ck_assert_uint_eq(s->tcp.wscale, wscale == 0               ? TCP_NO_WSCALE
                                     : wscale == TCP_NO_WSCALE ? TCP_NO_WSCALE
                                                               : 0);
    tsval = s->tcp.tsval;
    options[4] = 8;
    memset(options, 1, 2);
    options[2] = 8;
    options[3] = 10;
    put_be32(options + 4, 513);
    put_be32(options + 8, tsval);
    p.wnd = 100;
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    frame_tcp_options(&f, options, 12);
    host_hear(&h, &f);
    fd = accepts();
    ck_assert_int_eq(host_send(&h, fd, h.memory, 4096, NOBODY), SK_OK);
    host_poll(&h);
    s = peer_expect(&p, TCP_ACK);
    ck_assert(s->tcp.has_timestamps && s->tcp.tsecr == 513);
    ck_assert_int_ge((int32_t)(s->tcp.tsval - tsval), 0);
    ck_assert_int_lt((int32_t)(s->tcp.tsval - tsval), 65);
    ck_assert_uint_eq(s->payload_len, wscale == TCP_NO_WSCALE ? 100
                                      : wscale < 4            ? 100u << wscale
                                                              : 1448);
    host_forget(&h);
    put_be32(options + 4, 514); /* out of order: SACK tells of it, or not */
    p.seq += 10;
    peer_frame(&p, &f, TCP_ACK, "x", 1);
    frame_tcp_options(&f, options, 12);
    host_hear(&h, &f);
    for (s = peer_hear(&p); s && s->tcp.n_sack == 0; s = peer_hear(&p)) {
    }
    ck_assert_int_eq(s != NULL, sack);
    host_free(&h);
}

START_TEST(with_timestamps_there_are_scale_and_sack)
{
    static const uint8_t shifts[] = { 0, 1, 3, 14, TCP_NO_WSCALE };

    for (size_t i = 0; i < sizeof(shifts); i++) {
        for (uint32_t late = 0; late < 64; late += 7) {
            options_in_the_timestamp(shifts[i], late % 2, late << TICK_SHIFT);
        }
    }
}
END_TEST

/* Whatever is not what was sent, by a bit or by a port, is answered as where no cookies are. (The
 * lowest bits say which MSS it is; another one is as good.) */
START_TEST(a_cookie_that_was_not_sent)
{
    uint32_t n = 0;

    begin(NULL, 0);
    gets_cookie();
    for (int bit = 3; bit < 32; bit++) {
        p.ack ^= 1u << bit;
        peer_frame(&p, &f, TCP_ACK, NULL, 0);
        host_hear_drop(&h, &f, DROP_TCP_LISTEN);
        ck_assert_uint_eq(peer_expect(&p, TCP_RST)->tcp.seq, p.ack);
        ck_assert_uint_eq(stats()->tcp_cookies_failed, ++n);
        p.ack ^= 1u << bit;
        p.seq ^= 1u << bit;
        peer_frame(&p, &f, TCP_ACK, NULL, 0);
        host_hear_drop(&h, &f, DROP_TCP_LISTEN);
        peer_expect(&p, TCP_RST);
        ck_assert_uint_eq(stats()->tcp_cookies_failed, ++n);
        p.seq ^= 1u << bit;
    }
    p.addr.port++;
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    host_hear_drop(&h, &f, DROP_TCP_LISTEN);
    peer_expect(&p, TCP_RST);
    p.addr.port--;
    peer_frame(&p, &f, TCP_SYN | TCP_ACK, NULL, 0);
    host_hear_drop(&h, &f, DROP_TCP_LISTEN);
    peer_expect(&p, TCP_RST);
    ck_assert_uint_eq(stats()->tcp_cookies_failed, n + 1); /* that one is no answer to a SYN */
    peer_frame(&p, &f, TCP_ACK | TCP_RST, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_TCP_LISTEN);
    peer_send(&p, TCP_ACK, NULL, 0);
    accepts();
    host_free(&h);
}
END_TEST

/* It is bound to both ends: neither another peer nor another listener takes it. */
START_TEST(a_cookie_of_somebody_else)
{
    begin(NULL, 0);
    host_listener(&h, 81, 2);
    p.host.port = 81;
    gets_cookie();
    p.host.port = 80;
    p.seq--;
    gets_cookie();
    p.host.port = 81;
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    host_hear_drop(&h, &f, DROP_TCP_LISTEN);
    peer_expect(&p, TCP_RST);
    p.host.port = 80;
    p.addr.addr = ip4(ip4_bits(PEER_IP) + 1);
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    host_hear(&h, &f);
    ck_assert_uint_eq(stats()->tcp_cookies_failed, 2);
    ck_assert_uint_eq(stats()->tcp_cookies_accepted, 0);
    host_free(&h);
}
END_TEST

START_TEST(a_cookie_of_another_address_of_ours)
{
    struct sk_netif_config eth1 = { .name = "eth1", .addr = SECOND_IP, .prefix_len = 16 };
    struct fake_link second;

    begin(NULL, 0);
    fake_link_init(&second, LINK_ETHERNET, 1500);
    ck_assert_int_eq(sk_netif_add(h.iface, &second.link, &eth1, h.now, NULL), SK_OK);
    gets_cookie();
    p.host.addr = SECOND_IP;
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    host_hear_drop(&h, &f, DROP_TCP_LISTEN);
    peer_expect(&p, TCP_RST);
    ck_assert_uint_eq(stats()->tcp_cookies_failed, 1);
    p.host.addr = HOST_IP;
    peer_send(&p, TCP_ACK, NULL, 0);
    accepts();
    fake_link_free(&second);
    host_free(&h);
}
END_TEST

/* Its high octet, which tells the time, is not to be had for the peer's own number. */
START_TEST(nobody_sees_the_time_in_it)
{
    uint32_t slots = 0;

    begin(NULL, 0);
    for (uint16_t i = 0; i < 16; i++) {
        uint32_t cookie;

        peer_begin(&p, &h, (uint16_t)(4000 + i), 80);
        cookie = gets_cookie()->tcp.seq - (p.seq - 1);
        slots |= 1u << (cookie >> 24 & 31);
    }
    ck_assert_int_gt(__builtin_popcount(slots), 6); /* of 32, by chance: 13 */
    host_free(&h);
}
END_TEST

/* Numbers at random: one in 2^21 would do, and none of these does. */
START_TEST(guesses)
{
    uint64_t state = seed_start();

    begin(NULL, 0);
    gets_cookie();
    for (int i = 0; i < 20000; i++) {
        p.ack = (uint32_t)random_u64(&state);
        peer_frame(&p, &f, TCP_ACK, NULL, 0);
        host_hear(&h, &f);
    }
    ck_assert_uint_eq(stats()->tcp_cookies_failed, 20000);
    ck_assert_uint_eq(stats()->tcp_cookies_accepted, 0);
    host_free(&h);
}
END_TEST

/* As Linux: a listener that has sent none lately takes none. */
START_TEST(cookies_are_for_a_listener_that_has_sent_some)
{
    struct peer first;

    begin(NULL, 0);
    first = p;
    gets_cookie();
    host_listener(&h, 81, 2);
    p.host.port = 81;
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    host_hear_drop(&h, &f, DROP_TCP_LISTEN);
    ck_assert_uint_eq(stats()->tcp_cookies_failed, 0);
    first.ack = p.ack + 1;
    first.seq = p.seq;
    host_forget(&h);
    peer_frame(&first, &f, TCP_ACK, NULL, 0);
    host_hear_drop(&h, &f, DROP_TCP_LISTEN);
    ck_assert_uint_eq(stats()->tcp_cookies_failed, 1);
    host_run(&h, h.now + 2 * SLOT + millis(2));
    host_forget(&h);
    host_meet(&h);
    host_hear_drop(&h, &f, DROP_TCP_LISTEN);
    ck_assert_uint_eq(stats()->tcp_cookies_failed, 1);
    host_free(&h);
}
END_TEST

static void wait_until(instant at)
{
    host_run(&h, at);
    host_forget(&h);
    host_meet(&h);
}

static void flood(uint16_t port)
{
    struct peer other;

    for (uint16_t i = 0; i < N_CACHE; i++) {
        peer_begin(&other, &h, (uint16_t)(port + i), 80);
        peer_send(&other, TCP_SYN, NULL, 0);
        host_forget(&h);
    }
}

START_TEST(lately_is_since_the_last_one)
{
    begin(NULL, 0);
    wait_until(h.now + 5 * SLOT);
    flood(6000);
    gets_cookie();
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert_uint_eq(stats()->tcp_cookies_accepted, 1);
    host_free(&h);
}
END_TEST

/* One is good for the slot in which it was sent, and the next. */
START_TEST(a_cookie_grows_old)
{
    struct peer other;
    instant slot_end;

    for (int late = 0; late < 2; late++) {
        begin(NULL, 0);
        gets_cookie();
        slot_end = (h.now / SLOT + 1) * SLOT;
        wait_until(slot_end);
        flood(6000); /* goes on */
        wait_until(slot_end + SLOT - 1 + late);
        peer_begin(&other, &h, 7000, 80);
        for (uint16_t i = 0; i <= N_CACHE; i++) {
            peer_begin(&other, &h, (uint16_t)(7000 + i), 80);
            peer_send(&other, TCP_SYN, NULL, 0);
            host_forget(&h);
        }
        ck_assert_uint_gt(stats()->tcp_cookies_sent, 1);
        peer_send(&p, TCP_ACK, NULL, 0);
        ck_assert_uint_eq(stats()->tcp_cookies_accepted, late ? 0 : 1);
        ck_assert_uint_eq(stats()->tcp_cookies_failed, late ? 1 : 0);
        host_free(&h);
    }
}
END_TEST

/* A new one each time the slot does, and the same within. */
START_TEST(the_number_depends_on_peer_and_time)
{
    uint32_t iss[4];

    begin(NULL, 0);
    iss[0] = gets_cookie()->tcp.seq;
    p.seq--;
    iss[1] = gets_cookie()->tcp.seq;
    ck_assert_uint_eq(iss[0], iss[1]);
    p.addr.port++;
    p.seq--;
    iss[2] = gets_cookie()->tcp.seq;
    ck_assert_uint_ne(iss[2], iss[0]);
    p.addr.port--;
    wait_until(h.now + SLOT);
    flood(6000);
    p.seq--;
    iss[3] = gets_cookie()->tcp.seq;
    ck_assert_uint_ne(iss[3] & 0xffffff, iss[0] & 0xffffff);
    host_free(&h);
}
END_TEST

/* The ACK of one finds no room: it is ignored, and what comes next of the peer does as well. */
START_TEST(a_cookie_and_a_full_queue)
{
    struct peer others[2];
    struct sk_op op;

    begin(NULL, 0);
    for (int i = 0; i < 2; i++) {
        peer_begin(&others[i], &h, (uint16_t)(5000 + i), 80);
        peer_send(&others[i], TCP_SYN, NULL, 0);
        peer_expect(&others[i], TCP_SYN | TCP_ACK);
    }
    gets_cookie();
    for (int i = 0; i < 2; i++) {
        peer_send(&others[i], TCP_ACK, NULL, 0);
    }
    peer_frame(&p, &f, TCP_ACK, "text", 4);
    host_hear_silent_drop(&h, &f, DROP_TCP_BACKLOG_FULL);
    ck_assert_uint_eq(stats()->tcp_cookies_accepted, 2);
    sk_op_accept(&op, listener);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    ck_assert_uint_eq(stats()->tcp_cookies_accepted, 3);
    ck_assert_uint_eq(stats()->tcp_cookies_failed, 0);
    host_free(&h);
}
END_TEST

/* Nothing is reserved for them: the window is shut, and opens with the connection. */
START_TEST(a_cookie_through_a_link_that_absorbs_little)
{
    begin(NULL, 12000);
    ck_assert_uint_eq(gets_cookie()->tcp.wnd, 0);
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert_uint_ge(peer_expect(&p, TCP_ACK)->tcp.wnd, 1460);
    accepts();
    host_free(&h);
}
END_TEST

/* It is the peer that repeats itself. */
START_TEST(a_cookie_that_cannot_leave)
{
    begin(NULL, 0);
    h.link.refuse = true;
    peer_frame(&p, &f, TCP_SYN, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_TX_LINK);
    ck_assert_uint_eq(stats()->tcp_cookies_sent, 0);
    h.link.refuse = false;
    host_poll(&h);
    host_silent(&h);
    gets_cookie();
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_cookie_becomes_a_connection,
                                   the_mss_is_in_the_cookie,
                                   without_timestamps_there_is_the_mss_alone,
                                   with_timestamps_there_are_scale_and_sack,
                                   ecn_is_agreed_to_with_timestamps,
                                   options_in_a_timestamp_that_was_not_sent,
                                   a_cookie_that_was_not_sent,
                                   a_cookie_of_somebody_else,
                                   a_cookie_of_another_address_of_ours,
                                   nobody_sees_the_time_in_it,
                                   lately_is_since_the_last_one,
                                   guesses,
                                   cookies_are_for_a_listener_that_has_sent_some,
                                   a_cookie_grows_old,
                                   the_number_depends_on_peer_and_time,
                                   a_cookie_and_a_full_queue,
                                   a_cookie_through_a_link_that_absorbs_little,
                                   a_cookie_that_cannot_leave,
                                   NULL };

    return suite_run("cookies", tests);
}

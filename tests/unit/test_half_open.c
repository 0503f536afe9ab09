/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections that are half open, in the SYN cache: when their SYN,ACK leaves, and what they hear.
 * What they become is in test_half_open_ack.c, what they answer to whom in
 * tests/prop/prop_small_records.c.
 */
#include "base/tick.h"
#include "net/iface.h"
#include "proto/tcp/half_open.h"
#include "tests/support/half_open_fixture.h"
#include "tests/support/suite.h"

/* ---- When the answer leaves ------------------------------------------------------------------ */

/* RFC 6298 5.5; five times, as Linux. */
START_TEST(the_answer_is_repeated_and_then_given_up)
{
    static const int64_t at[] = { 1, 3, 7, 15, 31 };
    const struct sent *s;
    uint32_t iss;
    instant start;

    begin(NULL);
    start = h.now;
    peer_send(&p, TCP_SYN, NULL, 0);
    iss = peer_expect(&p, TCP_SYN | TCP_ACK)->tcp.seq;
    for (int i = 0; i < TCP_SYN_ACK_RETRIES; i++) {
        host_run(&h, start + seconds(at[i]) - millis(1));
        peer_silent(&p);
        host_run(&h, start + seconds(at[i]) + millis(2 + 2 * i));
        s = peer_expect(&p, TCP_SYN | TCP_ACK);
        ck_assert(s->tcp.seq == iss && s->tcp.ack == p.seq && s->tcp.mss == 1460);
    }
    ck_assert_uint_eq(stats()->tcp_retransmitted, 5);
    ck_assert_uint_eq(stats()->tcp_timeouts, 5);
    host_run(&h, start + seconds(63) - millis(1));
    ck_assert_uint_eq(stats()->tcp_failed_opens, 0);
    host_run(&h, start + seconds(63) + millis(15));
    ck_assert_uint_eq(stats()->tcp_failed_opens, 1);
    peer_silent(&p);
    host_meet(&h);
    peer_send(&p, TCP_ACK, NULL, 0); /* too late */
    peer_expect(&p, TCP_RST);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    ck_assert(sk_iface_idle(h.iface));
    host_end(&h);
}
END_TEST

/* A poll before the next of them may expire looks at none. */
START_TEST(it_is_known_when_the_next_one_expires)
{
    begin(NULL);
    half_opens();
    host_run(&h, h.now + millis(1002));
    peer_expect(&p, TCP_SYN | TCP_ACK);
    ck_assert_int_gt(h.iface->half_opens_at, h.now + seconds(1));
    ck_assert_int_le(h.iface->half_opens_at, h.now + seconds(2) + millis(2));
    host_free(&h);
}
END_TEST

START_TEST(the_peers_syn_again_is_answered_at_once)
{
    instant start;

    begin(NULL);
    start = h.now;
    half_opens();
    ck_assert_uint_eq(stats()->tcp_retransmitted, 0);
    host_run(&h, start + millis(600));
    syn_again();
    host_hear_drop(&h, &f, DROP_TCP_UNACCEPTABLE);
    peer_expect(&p, TCP_SYN | TCP_ACK);
    ck_assert_uint_eq(stats()->tcp_retransmitted, 1);
    host_run(&h, start + millis(1002)); /* the timer runs on */
    peer_expect(&p, TCP_SYN | TCP_ACK);
    host_free(&h);
}
END_TEST

/* It is the SYN alone that is answered again. */
START_TEST(a_syn_ack_is_no_syn_again)
{
    begin(NULL);
    half_opens();
    p.seq--;
    peer_frame(&p, &f, TCP_SYN | TCP_ACK, NULL, 0);
    p.seq++;
    host_hear_drop(&h, &f, DROP_TCP_UNACCEPTABLE);
    peer_expect(&p, TCP_ACK);
    ck_assert_uint_eq(stats()->tcp_retransmitted, 0);
    host_free(&h);
}
END_TEST

/* That of the SYN: what is dropped tells no time. */
START_TEST(the_timestamp_that_is_echoed)
{
    struct host_setup setup = { .config = { .tcp = &sk_tcp_full } };

    begin(&setup);
    p.tsval = 700;
    half_opens();
    p.tsval = 800;
    peer_frame(&p, &f, 0, "x", 1);
    host_hear_silent_drop(&h, &f, DROP_TCP_NO_ACK);
    host_run(&h, h.now + millis(1002));
    ck_assert_uint_eq(peer_expect(&p, TCP_SYN | TCP_ACK)->tcp.tsecr, 700);
    host_free(&h);
}
END_TEST

/* All that are half open together have half of what the link absorbs; and it comes back. */
START_TEST(a_flood_leaves_windows_for_connections)
{
    struct host_setup setup = { .absorb = 12000, .config = { .n_syn_cache = 16, .rcvbuf = 4096 } };
    uint32_t sum = 0;
    uint16_t wnd;

    begin(&setup);
    for (uint16_t i = 0; i < 16; i++) {
        peer_begin(&p, &h, (uint16_t)(4000 + i), 80);
        peer_send(&p, TCP_SYN, NULL, 0);
        wnd = peer_expect(&p, TCP_SYN | TCP_ACK)->tcp.wnd;
        ck_assert(wnd == 0 || wnd >= 536);
        sum += wnd;
    }
    ck_assert_uint_eq(sum, 6000);
    ck_assert_uint_eq(wnd, 0);
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert_uint_ge(peer_expect(&p, TCP_ACK)->tcp.wnd, 1460); /* it opens at once */
    host_run(&h, h.now + seconds(70));
    host_forget(&h);
    host_meet(&h);
    peer_begin(&p, &h, 5000, 80);
    peer_send(&p, TCP_SYN, NULL, 0);
    ck_assert_uint_eq(peer_expect(&p, TCP_SYN | TCP_ACK)->tcp.wnd, 4096);
    host_free(&h);
}
END_TEST

/* ---- What ends it, and what does not --------------------------------------------------------- */

/* RFC 9293 3.10.7.4: back to LISTEN, and the next SYN begins anew. */
START_TEST(a_reset_makes_room)
{
    begin(NULL);
    half_opens();
    peer_frame(&p, &f, TCP_RST, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    ck_assert_uint_eq(stats()->tcp_failed_opens, 1);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_silent(&h);
    ck_assert(sk_iface_idle(h.iface));
    host_end(&h);
}
END_TEST

/* RFC 7323 3.2: a reset needs none. */
START_TEST(a_reset_without_a_timestamp_makes_room)
{
    struct host_setup setup = { .config = { .tcp = &sk_tcp_full } };

    begin(&setup);
    p.tsval = 700;
    half_opens();
    p.tsval = 0;
    peer_frame(&p, &f, TCP_RST, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    ck_assert_uint_eq(stats()->tcp_failed_opens, 1);
    host_free(&h);
}
END_TEST

/* RFC 5961 3.2, 4.2, 7. */
START_TEST(blind_segments_are_challenged)
{
    begin(NULL);
    half_opens();
    p.seq += 10;
    peer_frame(&p, &f, TCP_RST, NULL, 0);
    host_hear_drop(&h, &f, DROP_TCP_RST);
    ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->tcp.ack, p.seq - 10);
    ck_assert_uint_eq(stats()->tcp_challenges, 1);
    host_hear_silent_drop(&h, &f, DROP_TCP_RST); /* not so soon */
    p.seq += 100000;
    peer_frame(&p, &f, TCP_ACK, "text", 4);
    host_hear_drop(&h, &f, DROP_TCP_UNACCEPTABLE);
    peer_expect(&p, TCP_ACK);
    ck_assert_uint_eq(stats()->tcp_challenges, 1);
    p.seq -= 100010;
    p.ack++;
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    host_hear_drop(&h, &f, DROP_TCP_ACK_RANGE);
    ck_assert_uint_eq(peer_expect(&p, TCP_RST)->tcp.seq, p.ack);
    p.ack--;
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert_uint_eq(stats()->tcp_passive_opens, 1);
    host_free(&h);
}
END_TEST

/* RFC 7323 2.2: no window is scaled in a SYN, and every other one is. */
START_TEST(a_challenge_scales_its_window)
{
    struct host_setup setup = { .config = { .rcvbuf = 262144 } };
    const struct sent *s;

    setup.config.buffers[0] = (struct sk_buffer_class){ 262144, 8 };
    begin(&setup);
    p.wscale = 1;
    peer_frame(&p, &f, TCP_SYN, NULL, 0);
    host_hear(&h, &f);
    p.seq++;
    s = peer_expect(&p, TCP_SYN | TCP_ACK);
    ck_assert_uint_eq(s->tcp.wnd, 65535);
    ck_assert_uint_eq(s->tcp.wscale, 3);
    p.seq += 100000;
    peer_frame(&p, &f, TCP_ACK, "text", 4);
    host_hear_drop(&h, &f, DROP_TCP_UNACCEPTABLE);
    ck_assert_uint_eq(peer_expect(&p, TCP_ACK)->tcp.wnd, 65535 >> 3);
    host_free(&h);
}
END_TEST

/* RFC 5927 5: not even a hard error ends it. */
START_TEST(icmp_does_not_end_it)
{
    const struct sent *s;

    begin(NULL);
    peer_send(&p, TCP_SYN, NULL, 0);
    s = peer_expect(&p, TCP_SYN | TCP_ACK);
    frame_icmp_error(&f, PEER_IP, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, s->ip_at, 28);
    host_hear(&h, &f);
    host_silent(&h);
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert_uint_eq(stats()->tcp_passive_opens, 1);
    host_free(&h);
}
END_TEST

/* ---- When the answer cannot leave ------------------------------------------------------------ */

START_TEST(the_answer_waits_for_room_on_the_link)
{
    instant start;

    begin(NULL);
    h.link.refuse = true;
    peer_send(&p, TCP_SYN, NULL, 0);
    p.seq--;
    peer_send(&p, TCP_SYN, NULL, 0); /* the same again: it is still due, once */
    ck_assert(!sk_iface_poll(h.iface, h.now));
    ck_assert_int_gt(sk_iface_poll_at(h.iface, h.now), h.now + seconds(50));
    p.ack = 77; /* whatever it is, nothing was sent that it could acknowledge */
    peer_send(&p, TCP_ACK, NULL, 0);
    h.now += millis(500);
    start = h.now;
    h.link.refuse = false;
    host_poll(&h);
    peer_expect(&p, TCP_SYN | TCP_ACK);
    peer_silent(&p);
    ck_assert_uint_eq(stats()->tcp_retransmitted, 0);
    host_run(&h, start + millis(999));
    host_silent(&h);
    host_run(&h, start + millis(1002));
    peer_expect(&p, TCP_SYN | TCP_ACK);
    host_free(&h);
}
END_TEST

/* However often the first of them tried. */
START_TEST(answers_that_waited_for_room_leave_in_order)
{
    for (int tries = 0; tries < 3; tries++) {
        struct peer second;

        begin(NULL);
        peer_begin(&second, &h, 4001, 80);
        h.link.refuse = true;
        peer_send(&p, TCP_SYN, NULL, 0);
        peer_send(&second, TCP_SYN, NULL, 0);
        for (int i = 0; i < tries; i++) {
            sk_iface_poll(h.iface, h.now);
        }
        h.link.refuse = false;
        host_poll(&h);
        peer_expect(&p, TCP_SYN | TCP_ACK);
        peer_expect(&second, TCP_SYN | TCP_ACK);
        host_free(&h);
    }
}
END_TEST

/* Nothing was sent: there is nothing to acknowledge, whoever guesses the number, nor to reset. */
START_TEST(before_the_answer_left_there_is_no_connection)
{
    begin(NULL);
    h.link.refuse = true;
    peer_send(&p, TCP_SYN, NULL, 0);
    p.ack = half_open_find(h.iface, p.host, p.addr)->tcp.iss + 1;
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    host_hear(&h, &f);
    ck_assert_uint_eq(host_drops(&h, DROP_TCP_ACK_RANGE), 1);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    h.link.refuse = false;
    host_poll(&h);
    host_silent(&h);
    ck_assert_uint_eq(stats()->tcp_failed_opens, 1);
    ck_assert_uint_eq(stats()->tcp_resets_sent, 0);
    host_free(&h);
}
END_TEST

/* It is no retransmission. */
START_TEST(an_answer_that_never_left)
{
    begin(NULL);
    half_opens();
    h.link.refuse = true;
    syn_again();
    host_hear(&h, &f);
    ck_assert_uint_eq(stats()->tcp_retransmitted, 0);
    ck_assert_uint_eq(host_drops(&h, DROP_TX_LINK), 1);
    host_free(&h);
}
END_TEST

START_TEST(the_answer_waits_for_a_packet)
{
    struct pkt *pkt;

    begin(NULL);
    h.link.keep = true;
    for (int i = 0; i < CONFIG_N_PACKETS; i++) {
        frame_icmp(&f, PEER_IP, HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "", 0);
        host_hear(&h, &f);
    }
    h.link.keep = false;
    host_forget(&h);
    peer_send(&p, TCP_SYN, NULL, 0);
    host_silent(&h);
    while ((pkt = sk_pkt_list_pop(&h.link.kept)) != NULL) {
        sk_pkt_free(pkt);
    }
    host_poll(&h);
    peer_expect(&p, TCP_SYN | TCP_ACK);
    host_free(&h);
}
END_TEST

/* A SYN through a router that is not known: it is asked for, and the answer is not lost. */
START_TEST(the_answer_waits_for_a_neighbour)
{
    struct arp_hdr arp = { .op = ARP_REPLY, .sha = EVIL_MAC, .tha = HOST_MAC, .tpa = HOST_IP };
    const struct sent *s;

    begin(NULL);
    p.addr.addr = ip4(0x0a00004d);
    peer_send(&p, TCP_SYN, NULL, 0);
    s = host_sent(&h);
    ck_assert(s && s->eth.type == ETH_TYPE_ARP && ip_equal(s->arp.tpa, p.addr.addr));
    host_silent(&h);
    ck_assert_int_gt(sk_iface_poll_at(h.iface, h.now), h.now);
    arp.spa = p.addr.addr;
    frame_arp(&f, &arp);
    host_hear(&h, &f);
    s = peer_expect(&p, TCP_SYN | TCP_ACK);
    ck_assert(mac_equal(s->eth.dst, EVIL_MAC));
    host_free(&h);
}
END_TEST

/* A neighbour that does not answer: the answer counts as sent, and is tried again. */
START_TEST(a_neighbour_that_is_down)
{
    instant start;

    begin(NULL);
    start = h.now;
    p.addr.addr = ip4(0x0a00004d);
    peer_send(&p, TCP_SYN, NULL, 0);
    while (host_drops(&h, DROP_TX_HOST_DOWN) == 0) { /* seen as soon as it is known */
        h.now = sk_iface_poll_at(h.iface, h.now);
        ck_assert_int_lt(h.now, start + seconds(4));
        sk_iface_poll(h.iface, h.now);
    }
    ck_assert_uint_eq(stats()->tcp_failed_opens, 0);
    host_run(&h, h.now + seconds(300));
    ck_assert_uint_eq(stats()->tcp_failed_opens, 1);
    ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* Who cannot be answered, since no such neighbour is there, gives way first. */
START_TEST(spoofed_neighbours_push_nobody_out)
{
    struct host_setup setup = { .config = { .n_syn_cache = 4, .no_syn_cookies = true } };
    struct peer honest;

    begin(&setup);
    half_opens();
    honest = p;
    for (uint32_t i = 0; i < 8; i++) {
        peer_begin(&p, &h, 4000, 80);
        p.addr.addr = ip4(0x0a000064 + i);
        peer_send(&p, TCP_SYN, NULL, 0);
    }
    ck_assert_uint_eq(stats()->tcp_half_open_evicted, 5);
    ck_assert_ptr_nonnull(half_open_find(h.iface, honest.host, honest.addr));
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_answer_is_repeated_and_then_given_up,
        it_is_known_when_the_next_one_expires,
        the_peers_syn_again_is_answered_at_once,
        a_syn_ack_is_no_syn_again,
        the_timestamp_that_is_echoed,
        a_flood_leaves_windows_for_connections,
        a_reset_makes_room,
        a_reset_without_a_timestamp_makes_room,
        blind_segments_are_challenged,
        a_challenge_scales_its_window,
        icmp_does_not_end_it,
        the_answer_waits_for_room_on_the_link,
        answers_that_waited_for_room_leave_in_order,
        before_the_answer_left_there_is_no_connection,
        an_answer_that_never_left,
        the_answer_waits_for_a_packet,
        the_answer_waits_for_a_neighbour,
        a_neighbour_that_is_down,
        spoofed_neighbours_push_nobody_out,
        NULL,
    };

    return suite_run("half_open", tests);
}

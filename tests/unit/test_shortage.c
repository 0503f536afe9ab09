/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When something is used up: packets, room on the link, buffers, slots of the hash. What belongs to
 * a socket waits and leaves later, once; what belongs to nobody is dropped and counted.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

static struct host h;
static struct frame f;
static struct peer p;

static void begin(void)
{
    host_begin(&h, NULL);
    host_meet(&h);
    peer_begin(&p, &h, 4000, 80);
}

/* Every packet of the host is in the chip, which is slow. */
static void use_up_packets(void)
{
    h.link.keep = true;
    for (int i = 0; i < CONFIG_N_PACKETS; i++) {
        frame_icmp(&f, PEER_IP, HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "", 0);
        host_hear(&h, &f);
    }
    h.link.keep = false;
    host_forget(&h);
}

static void give_packets_back(void)
{
    for (struct pkt *pkt; (pkt = sk_pkt_list_pop(&h.link.kept)) != NULL;) {
        sk_pkt_free(pkt);
    }
    host_poll(&h);
}

/* What is written while `stop` holds leaves after `go`, once. */
static void sockets_wait(void (*stop)(void), void (*go)(void))
{
    const struct sent *s;
    sk_fd stream;
    sk_fd datagram;

    begin();
    stream = peer_accepted(&p, host_listener(&h, 80, 1));
    datagram = host_bound(&h, SK_DGRAM, 5000);
    stop();
    ck_assert_int_eq(host_send(&h, stream, "stream", 6, NOBODY), SK_OK);
    ck_assert_int_eq(host_send(&h, datagram, "first", 5, (struct sk_addr){ PEER_IP, 9 }), SK_OK);
    ck_assert_int_eq(host_send(&h, datagram, "second", 6, (struct sk_addr){ PEER_IP, 9 }), SK_OK);
    host_run(&h, h.now + millis(150)); /* below the retransmission timeout */
    ck_assert(!sk_iface_poll(h.iface, h.now));
    ck_assert_int_gt(sk_iface_poll_at(h.iface, h.now), h.now);
    host_silent(&h);
    go();
    for (int n = 0; n < 3; n++) {
        s = host_sent(&h);
        ck_assert_ptr_nonnull(s);
        if (s->ip.proto == IP_PROTO_TCP) {
            ck_assert(s->payload_len == 6 && memcmp(s->payload, "stream", 6) == 0);
        }
    }
    host_silent(&h);
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_retransmitted, 0);
    ck_assert_uint_eq(sk_iface_stats(h.iface)->udp_tx, 2);
    host_free(&h);
}

static void link_full(void)
{
    h.link.refuse = true;
}

static void link_free(void)
{
    h.link.refuse = false;
    host_poll(&h);
}

START_TEST(sockets_wait_for_packets_and_links)
{
    sockets_wait(use_up_packets, give_packets_back);
    sockets_wait(link_full, link_free);
}
END_TEST

/* However many wait, one a poll finds out whether there is room; then they leave as they came. */
START_TEST(one_asks_whether_there_is_room)
{
    enum { N = 8 };
    struct host_setup setup = { .config = { .n_udp = N } };
    struct sk_addr to = { PEER_IP, 9 };

    host_begin(&h, &setup);
    host_meet(&h);
    host_listener(&h, 80, N);
    h.link.refuse = true;
    for (uint16_t i = 0; i < N; i++) {
        peer_begin(&p, &h, (uint16_t)(4000 + i), 80);
        peer_frame(&p, &f, TCP_SYN, NULL, 0);
        fake_link_put(&h.link, f.at, f.len);
        ck_assert_int_eq(host_send(&h, host_bound(&h, SK_DGRAM, (uint16_t)(5000 + i)), "x", 1, to),
                         SK_OK);
    }
    for (uint32_t i = 0; i < 2 * N; i++) {
        uint32_t before = h.link.n_refused;

        sk_iface_poll(h.iface, h.now);
        ck_assert_uint_eq(h.link.n_refused, before + 1);
    }
    h.link.refuse = false;
    host_poll(&h);
    for (int i = 0; i < 2 * N; i++) {
        const struct sent *s = host_sent(&h);

        ck_assert_ptr_nonnull(s);
        ck_assert_uint_eq(s->ip.proto, i < N ? IP_PROTO_TCP : IP_PROTO_UDP);
    }
    host_silent(&h);
    host_free(&h);
}
END_TEST

static void fill_up(void *context)
{
    (void)context;
    h.link.refuse = true;
}

/* Room for one packet, and then for none, over and over: each in its turn. */
START_TEST(who_waits_longest_is_the_first)
{
    struct sk_addr to = { PEER_IP, 9 };
    sk_fd fds[2];

    begin();
    fds[0] = host_bound(&h, SK_DGRAM, 5000);
    fds[1] = host_bound(&h, SK_DGRAM, 5001);
    h.link.refuse = true;
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(host_send(&h, fds[i % 2], "x", 1, to), SK_OK);
    }
    h.link.on_tx = fill_up;
    for (int i = 0; i < 8; i++) {
        h.link.refuse = false;
        sk_iface_poll(h.iface, h.now);
        ck_assert_int_eq(host_sent(&h)->udp.src_port, 5000 + i % 2);
        host_silent(&h);
        sk_iface_poll(h.iface, h.now); /* in vain */
    }
    host_free(&h);
}
END_TEST

/* Of handshakes, too. */
START_TEST(handshakes_leave_in_their_order)
{
    begin();
    host_listener(&h, 80, 4);
    h.link.refuse = true;
    for (uint16_t i = 0; i < 4; i++) {
        peer_begin(&p, &h, (uint16_t)(4000 + i), 80);
        peer_send(&p, TCP_SYN, NULL, 0);
    }
    h.link.on_tx = fill_up;
    for (int i = 0; i < 4; i++) {
        h.link.refuse = false;
        sk_iface_poll(h.iface, h.now);
        ck_assert_int_eq(host_sent(&h)->tcp.dst_port, 4000 + i);
        host_silent(&h);
        sk_iface_poll(h.iface, h.now);
    }
    host_free(&h);
}
END_TEST

/* Neither a packet nor a way: as one that is not answered. */
START_TEST(a_handshake_with_nobody_without_packets)
{
    struct host_setup setup = { .no_gateway = true };

    host_begin(&h, &setup);
    host_meet(&h);
    host_listener(&h, 80, 1);
    peer_begin(&p, &h, 4000, 80);
    p.addr.addr = FAR_IP;
    use_up_packets();
    peer_send(&p, TCP_SYN, NULL, 0);
    ck_assert_uint_eq(host_drops(&h, DROP_TX_NO_ROUTE), 1);
    give_packets_back();
    host_run(&h, h.now + seconds(64));
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_failed_opens, 1);
    host_free(&h);
}
END_TEST

static void connects_to_itself(uint16_t port)
{
    struct sk_op op;

    sk_op_connect(&op, host_socket(&h, SK_STREAM), (struct sk_addr){ ip4(0x7f000001), port });
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
}

START_TEST(a_full_link_holds_up_no_other)
{
    begin();
    host_listener(&h, 80, 4);
    h.link.refuse = true;
    peer_send(&p, TCP_SYN, NULL, 0);
    connects_to_itself(80);
    host_free(&h);
}
END_TEST

/* As one that leaves and is not answered: after 63 seconds. */
static void gives_up_without_room(void)
{
    instant start = h.now;

    host_listener(&h, 80, 1);
    h.link.refuse = true;
    peer_send(&p, TCP_SYN, NULL, 0);
    host_run(&h, start + seconds(62));
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_failed_opens, 0);
    host_run(&h, start + seconds(64));
    ck_assert_uint_eq(sk_iface_stats(h.iface)->tcp_failed_opens, 1);
    h.link.refuse = false;
    host_run(&h, start + seconds(65));
    peer_silent(&p);
    host_free(&h);
}

START_TEST(a_handshake_is_given_up_without_room)
{
    begin();
    gives_up_without_room();
    host_begin(&h, NULL); /* whose neighbour is not known, and cannot be asked for */
    peer_begin(&p, &h, 4000, 80);
    gives_up_without_room();
}
END_TEST

/* Replies are not kept: an echo, an error, a reset, an answer to ARP. */
static void replies_are_dropped(void (*stop)(void), enum drop_reason reason)
{
    struct arp_hdr arp = { .op = ARP_REQUEST, .sha = PEER_MAC, .spa = PEER_IP, .tpa = HOST_IP };

    begin();
    stop();
    frame_icmp(&f, PEER_IP, HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "", 0);
    host_hear(&h, &f);
    ck_assert_uint_eq(host_drops(&h, reason), 1);
    frame_udp(&f, p.addr, (struct sk_addr){ HOST_IP, 9 }, "", 0);
    host_hear(&h, &f);
    ck_assert_uint_eq(host_drops(&h, reason), 2);
    peer_send(&p, TCP_SYN, NULL, 0);
    ck_assert_uint_eq(host_drops(&h, reason), 3);
    frame_arp(&f, &arp);
    host_hear(&h, &f);
    ck_assert_uint_eq(host_drops(&h, reason), 4);
    host_silent(&h);
    h.link.refuse = false;
    host_end(&h);
}

START_TEST(replies_are_dropped_without_packet_or_room)
{
    replies_are_dropped(use_up_packets, DROP_TX_NO_PACKET);
    replies_are_dropped(link_full, DROP_TX_LINK);
}
END_TEST

START_TEST(dhcp_goes_on_after_a_shortage)
{
    struct host_setup setup = { .dhcp = true };
    const struct sent *s;

    host_begin(&h, &setup);
    h.link.refuse = true;
    host_poll(&h);
    ck_assert_uint_eq(host_drops(&h, DROP_TX_LINK), 1);
    h.link.refuse = false;
    host_run(&h, h.now + seconds(6)); /* as if it had been lost: again after 4 seconds */
    s = host_sent(&h);
    ck_assert(s && s->ip.proto == IP_PROTO_UDP && s->udp.dst_port == 67);
    host_free(&h);
}
END_TEST

/* RST to a connection of which the RST finds no room: it is reset later. */
START_TEST(a_reset_waits_for_room)
{
    sk_fd fd;

    begin();
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    h.link.refuse = true;
    ck_assert_int_eq(sk_abort(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    host_silent(&h);
    h.link.refuse = false;
    host_poll(&h);
    peer_expect(&p, TCP_RST | TCP_ACK);
    peer_silent(&p);
    host_free(&h);
}
END_TEST

START_TEST(no_buffers_for_a_new_connection)
{
    struct host_setup setup = { .config = { .rcvbuf = 512, .sndbuf = 512 } };
    struct sk_op op;
    sk_fd listener;
    sk_fd fd;

    setup.config.buffers[0] = (struct sk_buffer_class){ 512, 3 };
    host_begin(&h, &setup);
    host_meet(&h);
    peer_begin(&p, &h, 4000, 80);
    listener = host_listener(&h, 80, 4);
    fd = peer_accepted(&p, listener);
    peer_begin(&p, &h, 4001, 80);
    peer_send(&p, TCP_SYN, NULL, 0); /* needs none */
    peer_expect(&p, TCP_SYN | TCP_ACK);
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_TCP_NO_MEMORY);
    ck_assert_int_eq(sk_abort(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    host_forget(&h);
    host_run(&h, h.now + millis(1002));
    peer_expect(&p, TCP_SYN | TCP_ACK); /* the peer says its ACK again */
    host_hear_silent_drop(&h, &f, DROP_NONE);
    sk_op_accept(&op, listener);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    host_free(&h);
}
END_TEST

/* RFC 6864 4.3: of all that may be fragmented on the way to one host, whichever connection it is
 * of. */
START_TEST(connections_share_their_identifications)
{
    struct peer others[2];
    sk_fd fds[2];
    sk_fd listener;
    uint16_t last = 0;

    begin();
    listener = host_listener(&h, 80, 2);
    for (uint16_t i = 0; i < 2; i++) {
        peer_begin(&others[i], &h, (uint16_t)(4000 + i), 80);
        fds[i] = peer_accepted(&others[i], listener);
    }
    for (int i = 0; i < 8; i++) {
        const struct sent *s;

        ck_assert_int_eq(host_send(&h, fds[i % 2], "x", 1, NOBODY), SK_OK);
        host_poll(&h);
        s = peer_expect(&others[i % 2], TCP_ACK);
        ck_assert(!s->ip.dont_frag);
        ck_assert(i == 0 || s->ip.id == (uint16_t)(last + 1));
        last = s->ip.id;
        peer_send(&others[i % 2], TCP_ACK, NULL, 0);
    }
    host_free(&h);
}
END_TEST

/* LAND (CVE-1999-0016): a SYN from ourselves to ourselves. */
START_TEST(a_syn_from_our_own_address)
{
    begin();
    host_listener(&h, 80, 1);
    p.addr = p.host;
    peer_frame(&p, &f, TCP_SYN, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_IP_MARTIAN_SOURCE);
    host_free(&h);
}
END_TEST

/* Nobody was asked, so nobody failed to answer. */
START_TEST(a_full_link_makes_no_neighbour_unreachable)
{
    const struct sk_addr to = { ip4(0x0a00004d), 9 };
    const struct sent *s;
    sk_fd fd;

    begin();
    fd = host_socket(&h, SK_DGRAM);
    h.link.refuse = true;
    ck_assert_int_eq(host_send(&h, fd, "text", 4, to), SK_OK);
    host_run(&h, h.now + seconds(30));
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_OK);
    h.link.refuse = false;
    host_run(&h, h.now + millis(1100));
    s = host_sent(&h);
    ck_assert(s && s->eth.type == ETH_TYPE_ARP && ip_equal(s->arp.tpa, to.addr));
    host_run(&h, h.now + seconds(4));
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_HOST_UNREACHABLE);
    host_free(&h);
}
END_TEST

/* What no listener has a use for: a FIN, and a segment of no connection at all. */
START_TEST(strays_to_a_listener)
{
    begin();
    host_listener(&h, 80, 1);
    peer_frame(&p, &f, TCP_FIN, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_TCP_LISTEN);
    peer_frame(&p, &f, 0, "text", 4);
    host_hear_silent_drop(&h, &f, DROP_TCP_LISTEN);
    peer_frame(&p, &f, TCP_SYN | TCP_FIN, NULL, 0);
    host_hear_silent_drop(&h, &f, DROP_TCP_FLAGS);
    p.ack = 77;
    peer_frame(&p, &f, TCP_ACK, "text", 4);
    host_hear_drop(&h, &f, DROP_TCP_LISTEN);
    ck_assert_uint_eq(peer_expect(&p, TCP_RST)->tcp.seq, 77);
    host_free(&h);
}
END_TEST

/* Many sockets on one port make a chain that no key shortens: the hash is keyed anew, seldom, and
 * finds all of them as before. */
START_TEST(long_chains_in_the_hash)
{
    enum { N = 60 };
    struct host_setup setup = { .config = { .n_udp = N } };
    sk_fd fds[N];

    host_begin(&h, &setup);
    host_meet(&h);
    for (int i = 0; i < 500; i++) {
        int at = i % N;

        if (i >= N) {
            ck_assert_int_eq(sk_close(h.iface, fds[at], h.now), SK_OK);
        }
        fds[at] = host_socket(&h, SK_DGRAM);
        ck_assert_int_eq(sk_set(h.iface, fds[at], SK_REUSEADDR, 1), SK_OK);
        ck_assert_int_eq(sk_bind(h.iface, fds[at], (struct sk_addr){ ip4(0), 5000 }), SK_OK);
        if (at % 10 == 9) { /* some have peers, so that each can be asked for */
            ck_assert_int_eq(
                sk_set_peer(h.iface, fds[at], (struct sk_addr){ PEER_IP, (uint16_t)(4000 + at) }),
                SK_OK);
        }
    }
    for (uint16_t at = 9; at < N; at = (uint16_t)(at + 10)) {
        frame_udp(&f, (struct sk_addr){ PEER_IP, (uint16_t)(4000 + at) },
                  (struct sk_addr){ HOST_IP, 5000 }, "x", 1);
        host_hear_silent_drop(&h, &f, DROP_NONE);
        ck_assert_uint_ne(sk_readiness(h.iface, fds[at]) & SK_READABLE, 0);
    }
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(sk_close(h.iface, fds[i], h.now), SK_OK);
    }
    host_end(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { sockets_wait_for_packets_and_links,
                                   one_asks_whether_there_is_room,
                                   who_waits_longest_is_the_first,
                                   handshakes_leave_in_their_order,
                                   a_handshake_with_nobody_without_packets,
                                   a_full_link_holds_up_no_other,
                                   a_handshake_is_given_up_without_room,
                                   replies_are_dropped_without_packet_or_room,
                                   dhcp_goes_on_after_a_shortage,
                                   a_reset_waits_for_room,
                                   no_buffers_for_a_new_connection,
                                   connections_share_their_identifications,
                                   a_syn_from_our_own_address,
                                   a_full_link_makes_no_neighbour_unreachable,
                                   strays_to_a_listener,
                                   long_chains_in_the_hash,
                                   NULL };

    return suite_run("shortage", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams that are longer than the way to their destination takes: what leaves, and what becomes
 * of it on the way up again. */
#include "base/sum.h"
#include "base/tick.h"
#include "tests/support/fragments.h"
#include "tests/support/suite.h"

#define QUEUE 131072 /* octets */

static struct host h;
static struct frame f;
static sk_fd fd;
static uint8_t text[65535];
static uint8_t joined[65535]; /* what left, put together */
static uint32_t n_pieces;
static uint16_t last_id;

static uint8_t seed; /* 0: the usual one */

static struct sk_addr peer(uint16_t port)
{
    return (struct sk_addr){ PEER_IP, port };
}

static void begin_with(const struct sk_ip_fragments *fragments, uint16_t mtu, uint32_t n_packets)
{
    struct host_setup setup = {
        .mtu = mtu,
        .config = { .fragments = fragments,
                    .n_packets = n_packets,
                    .rcvbuf = QUEUE,
                    .sndbuf = QUEUE,
                    .reassembly_size = 65515,
                    .buffers = { { QUEUE, 8 } },
                    .seed = { seed } },
    };

    host_begin(&h, &setup);
    host_meet(&h);
    fd = host_bound(&h, SK_DGRAM, FRAGMENTS_PORT);
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (uint8_t)(i * 31 + i / 256);
    }
}

static void begin(void)
{
    begin_with(&sk_ip_fragments, 1500, 0);
}

static void end(void)
{
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}

static void send_to(struct sk_addr to, size_t len)
{
    ck_assert_int_eq(host_send(&h, fd, text, len, to), SK_OK);
    host_poll(&h);
}

/* Puts what left together, to its last piece; how many octets behind the IP header. */
static size_t join(size_t mtu)
{
    size_t len = 0;

    for (n_pieces = 1;; n_pieces++) {
        const struct sent *s = host_sent(&h);

        EXPECT(s && s->eth.type == ETH_TYPE_IPV4);
        EXPECT(s->ip.frag_offset == len);
        EXPECT((size_t)IPV4_HDR_LEN + s->ip.payload_len <= mtu);
        EXPECT(n_pieces == 1 || s->ip.id == last_id);
        memcpy(joined + len, s->ip_at + IPV4_HDR_LEN, s->ip.payload_len);
        len += s->ip.payload_len;
        last_id = s->ip.id;
        if (!s->ip.more_frags) {
            return len;
        }
    }
}

static void is_datagram(size_t len, size_t payload_len)
{
    struct ip_hdr ip = { .src = HOST_IP, .dst = PEER_IP, .proto = IP_PROTO_UDP };

    EXPECT(len == UDP_HDR_LEN + payload_len);
    EXPECT(be16(joined + 4) == len);
    EXPECT(sum_add(ip_pseudo_sum(&ip, (uint16_t)len), joined, len) == SUM_GOOD);
    EXPECT(memcmp(joined + UDP_HDR_LEN, text, payload_len) == 0);
}

START_TEST(hostile_FRAG_11_sizes)
{
    static const uint16_t mtus[] = { 576, 1280, 1500 };

    for (int i = 0; i < 3; i++) {
        begin_with(&sk_ip_fragments, mtus[i], 0);
        for (size_t len = 1473; len <= 65507; len += len < 4000 ? 1 : 977) {
            send_to(peer(9), len);
            is_datagram(join(mtus[i]), len);
            host_silent(&h);
        }
        send_to(peer(9), 65507);
        is_datagram(join(mtus[i]), 65507);
        ck_assert_int_eq(host_send(&h, fd, text, 65508, peer(9)), SK_MSG_SIZE);
        end();
    }
}
END_TEST

START_TEST(what_fits_is_whole)
{
    begin();
    send_to(peer(9), 1472);
    is_datagram(join(1500), 1472);
    ck_assert_uint_eq(n_pieces, 1);
    ck_assert_uint_eq(last_id, 0);
    send_to(peer(9), 1473);
    is_datagram(join(1500), 1473);
    ck_assert_uint_eq(n_pieces, 2);
    end();
}
END_TEST

/* RFC 6864 4.3: no identification comes back while the last one with it may live. */
START_TEST(identifications_differ)
{
    static bool seen[UINT16_MAX + 1];

    begin();
    for (uint32_t i = 0; i <= UINT16_MAX; i++) {
        send_to(peer(9), 1473);
        join(1500);
        EXPECT(!seen[last_id]);
        seen[last_id] = true;
    }
    end();
}
END_TEST

static uint16_t id_to(struct ip_addr addr)
{
    send_to((struct sk_addr){ addr, 9 }, 1473);
    join(1500);
    return last_id;
}

/* RFC 7739 3: what one host sees of them does not count what others are sent. */
START_TEST(hostile_ID_03_identifications_are_not_counted_for_all)
{
    int n_apart = 0;

    for (seed = 1; seed <= 8; seed++) { /* by chance, two share a counter */
        uint16_t first;

        begin();
        first = id_to(PEER_IP);
        id_to(ip4(0x0a0000ff));
        n_apart += id_to(PEER_IP) == (uint16_t)(first + 1);
        end();
    }
    ck_assert_int_gt(n_apart, 4);
    seed = 0;
}
END_TEST

/* A link without room, and a host without packets, stop it in the middle. */
START_TEST(a_datagram_goes_on_when_there_is_room)
{
    begin_with(&sk_ip_fragments, 1500, 4);
    h.link.refuse = true;
    send_to(peer(9), 9000);
    host_silent(&h);
    h.link.refuse = false;
    h.link.keep = true; /* every packet that left is still the chip's */
    host_poll(&h);
    while (h.link.kept.first != NULL) {
        sk_pkt_free(sk_pkt_list_pop(&h.link.kept));
        host_poll(&h);
    }
    h.link.keep = false;
    is_datagram(join(1500), 9000);
    end();
}
END_TEST

/* Nobody answers for the neighbour: what is left of it does not go to the next one. */
START_TEST(a_datagram_that_is_given_up_leaves_nothing_behind)
{
    begin();
    ck_assert_int_eq(host_send(&h, fd, text, 5000, (struct sk_addr){ ip4(0x0a00004d), 9 }), SK_OK);
    host_run(&h, h.now + seconds(10));
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_HOST_UNREACHABLE);
    host_forget(&h);
    host_meet(&h);
    host_forget(&h);
    send_to(peer(9), 3000);
    is_datagram(join(1500), 3000);
    end();
}
END_TEST

static void shut_link(void *context)
{
    (void)context;
    h.link.refuse_ip = true;
}

/* Its neighbour goes away when a piece has left: the next datagram begins at its beginning. */
START_TEST(a_datagram_that_is_given_up_in_its_middle)
{
    begin();
    h.link.on_tx = shut_link;
    send_to(peer(9), 5000);
    ck_assert_uint_eq(host_sent(&h)->ip.frag_offset, 0);
    host_silent(&h);
    h.link.on_tx = NULL;
    host_run(&h, h.now + seconds(600)); /* it was asked for, and said nothing */
    h.link.refuse_ip = false;
    host_run(&h, h.now + seconds(10));
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_HOST_UNREACHABLE);
    host_forget(&h);
    host_meet(&h);
    host_forget(&h);
    send_to(peer(9), 3000);
    is_datagram(join(1500), 3000);
    end();
}
END_TEST

START_TEST(the_loopback_takes_any_length)
{
    static uint8_t got[65535];
    static const size_t lens[] = { 1, 1473, 9000, 65507 };

    begin();
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        size_t len = sizeof(got);

        send_to((struct sk_addr){ ip4(0x7f000001), FRAGMENTS_PORT }, lens[i]);
        ck_assert_int_eq(host_recv(&h, fd, got, &len, NULL), SK_OK);
        ck_assert_uint_eq(len, lens[i]);
        EXPECT(memcmp(got, text, len) == 0);
    }
    host_silent(&h);
    end();
}
END_TEST

/* RFC 1122 3.2.2.6: all of it comes back. */
START_TEST(an_echo_of_any_length_comes_back)
{
    static const size_t lens[] = { 1472, 1473, 3000, 65507 };
    static struct whole w;
    static struct frame whole;

    begin();
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct icmp4_hdr hdr = { .type = ICMP4_ECHO_REQUEST, .id = 1, .seq = 2 };

        frame_icmp(&whole, PEER_IP, HOST_IP, hdr, text, lens[i]);
        w.len = ICMP4_HDR_LEN + lens[i];
        memcpy(w.text, frame_transport_at(&whole), w.len);
        w.ip = (struct ip_hdr){
            .src = PEER_IP, .dst = HOST_IP, .proto = IP_PROTO_ICMP, .id = (uint16_t)i
        };
        for (size_t at = 0; at < w.len; at += 1480) {
            host_hear(&h, piece(&w, at, w.len - at < 1480 ? w.len - at : 1480));
        }
        EXPECT(join(1500) == w.len);
        EXPECT(joined[0] == ICMP4_ECHO_REPLY);
        EXPECT(sum_add(0, joined, w.len) == SUM_GOOD);
        EXPECT(memcmp(joined + ICMP4_HDR_LEN, text, lens[i]) == 0);
        host_silent(&h);
    }
    end();
}
END_TEST

/* ---- The path is narrower than the link ---- */

/* A router takes `mtu` octets and not a datagram of `len` from `port` of ours. */
static void too_big_from(uint16_t port, uint16_t mtu, size_t len)
{
    struct ip_hdr ip = { .src = HOST_IP, .dst = PEER_IP, .proto = IP_PROTO_UDP, .dont_frag = true };
    uint8_t quoted[IPV4_HDR_LEN + UDP_HDR_LEN];
    struct udp_hdr udp = { .src_port = port, .dst_port = 9, .payload_len = 0 };

    ip.payload_len = (uint16_t)(UDP_HDR_LEN + len);
    ip.ttl = 63;
    ipv4_emit(quoted, &ip);
    udp_emit(quoted + IPV4_HDR_LEN, &ip, &udp, 0);
    frame_icmp_error(&f, GATE_IP, ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, quoted, sizeof(quoted));
    put_be16(frame_transport_at(&f) + 6, mtu);
    frame_fix_transport(&f);
    host_hear(&h, &f);
}

static void too_big(uint16_t mtu, size_t len)
{
    too_big_from(FRAGMENTS_PORT, mtu, len);
}

static size_t longest_piece(size_t len)
{
    size_t longest = 0;
    const struct sent *s;

    send_to(peer(9), len);
    while ((s = host_sent(&h)) != NULL) {
        longest = IPV4_HDR_LEN + (size_t)s->ip.payload_len > longest
                      ? IPV4_HDR_LEN + (size_t)s->ip.payload_len
                      : longest;
    }
    return longest;
}

START_TEST(a_narrow_path_has_shorter_pieces)
{
    begin();
    ck_assert_uint_eq(longest_piece(1400), 1428);
    too_big(1000, 1400);
    ck_assert_uint_eq(longest_piece(1400), 996); /* a multiple of 8 octets and a header */
    ck_assert_uint_eq(longest_piece(972), 1000);
    too_big(1200, 1400); /* is no news */
    ck_assert_uint_eq(longest_piece(1400), 996);
    too_big(900, 800); /* that datagram was shorter */
    ck_assert_uint_eq(longest_piece(1400), 996);
    too_big(68, 1400);
    ck_assert_uint_eq(longest_piece(1400), 548); /* as small as is believed */
    host_run(&h, h.now + seconds(601));
    host_forget(&h);
    host_meet(&h);
    host_forget(&h);
    ck_assert_uint_eq(longest_piece(1400), 1428);
    too_big(0, 1400); /* RFC 1191 7.1 */
    ck_assert_uint_eq(longest_piece(1400), 1004);
    end();
}
END_TEST

/* Ten minutes are over while a datagram is in its middle: the rest of it is still a piece. */
START_TEST(a_path_that_becomes_wider_in_the_middle_of_a_datagram)
{
    const struct sent *s;
    uint16_t id;

    begin();
    ck_assert_uint_eq(longest_piece(1400), 1428);
    too_big(1000, 1400);
    host_run(&h, h.now + seconds(599));
    host_forget(&h);
    host_meet(&h);
    h.link.on_tx = shut_link;
    send_to(peer(9), 1400);
    s = host_sent(&h);
    ck_assert(s->ip.frag_offset == 0 && s->ip.more_frags);
    id = s->ip.id;
    h.link.on_tx = NULL;
    host_run(&h, h.now + seconds(2));
    h.link.refuse_ip = false;
    host_poll(&h);
    s = host_sent(&h);
    ck_assert(s && s->ip.frag_offset == 976 && !s->ip.more_frags && s->ip.id == id);
    ck_assert_uint_eq(s->ip.payload_len, UDP_HDR_LEN + 1400 - 976);
    host_silent(&h);
    end();
}
END_TEST

/* RFC 8899 3: somebody who sees none of our datagrams does not know of whom they are. */
START_TEST(the_path_of_a_datagram_that_nobody_sent)
{
    begin();
    too_big(1000, 1400);
    too_big_from(FRAGMENTS_PORT + 1, 1000, 1400);
    ck_assert_uint_eq(longest_piece(1400), 1428);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, peer(10)), SK_OK);
    too_big(1000, 1400);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, peer(9)), SK_OK);
    ck_assert_uint_eq(longest_piece(1400), 1428);
    end();
}
END_TEST

START_TEST(without_fragments_a_narrow_path_is_an_error)
{
    begin_with(NULL, 1500, 0);
    ck_assert_int_eq(host_send(&h, fd, text, 1473, peer(9)), SK_MSG_SIZE);
    send_to(peer(9), 1472);
    host_forget(&h);
    too_big(1000, 1472);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_OK); /* whose it was, is not known */
    ck_assert_int_eq(host_send(&h, fd, text, 973, peer(9)), SK_MSG_SIZE);
    ck_assert_uint_eq(longest_piece(972), 1000);
    end();
}
END_TEST

START_TEST(a_connected_socket_is_told_of_its_path)
{
    begin();
    ck_assert_int_eq(sk_set_peer(h.iface, fd, peer(9)), SK_OK);
    ck_assert_uint_eq(longest_piece(1472), 1500);
    too_big(1000, 1472);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_MSG_SIZE);
    ck_assert_uint_eq(longest_piece(1472), 996);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_FRAG_11_sizes,
        what_fits_is_whole,
        identifications_differ,
        hostile_ID_03_identifications_are_not_counted_for_all,
        a_datagram_goes_on_when_there_is_room,
        a_datagram_that_is_given_up_leaves_nothing_behind,
        a_datagram_that_is_given_up_in_its_middle,
        the_loopback_takes_any_length,
        an_echo_of_any_length_comes_back,
        a_narrow_path_has_shorter_pieces,
        a_path_that_becomes_wider_in_the_middle_of_a_datagram,
        the_path_of_a_datagram_that_nobody_sent,
        without_fragments_a_narrow_path_is_an_error,
        a_connected_socket_is_told_of_its_path,
        NULL,
    };

    return suite_run("fragments", tests);
}

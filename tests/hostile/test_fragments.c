/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows FRAG-01 to FRAG-10 of tests/hostile-inputs.tsv, each a test that is named by it, and
 * what a datagram is that was put together. */
#include <stdlib.h>

#include "base/sum.h"
#include "base/tick.h"
#include "proto/reassembly.h"
#include "tests/support/fragments.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

static struct host h;
static struct whole w;
static sk_fd fd;

static void begin(uint32_t n, uint32_t size)
{
    host_begin_fragments(&h, n, size);
    fd = host_bound(&h, SK_DGRAM, FRAGMENTS_PORT);
}

static void end(void)
{
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}

static void hear(size_t start, size_t len)
{
    host_hear(&h, piece(&w, start, len));
}

/* Whether a datagram is there; it is exactly the one that was cut. */
static bool arrived(void)
{
    static uint8_t octets[65535];
    size_t len = sizeof(octets);

    if (host_recv(&h, fd, octets, &len, NULL) != SK_OK) {
        return false;
    }
    EXPECT(len == w.len - UDP_HDR_LEN);
    EXPECT(memcmp(octets, w.text + UDP_HDR_LEN, len) == 0);
    return true;
}

/* Nothing of this datagram is left. */
static void forget(void)
{
    host_run(&h, h.now + REASSEMBLY_TIMEOUT);
    host_forget(&h);
}

/* ---- What the whole is ---- */

/* A fragment of a datagram to a port where nobody is, with `options` octets of IP options. */
static void hear_stray(size_t start, size_t len, uint8_t ttl, uint8_t tos, size_t options)
{
    struct frame f;

    w.ip.ttl = ttl;
    w.ip.tos = tos;
    f = *piece(&w, start, len);
    if (options > 0) {
        frame_open_options(&f, options);
    }
    host_hear(&h, &f);
}

/* As the quote of a port unreachable shows it, whichever fragment came first. */
START_TEST(a_whole_has_the_header_of_its_first_fragment)
{
    for (int backwards = 0; backwards < 2; backwards++) {
        const struct sent *s;
        struct ip_hdr quoted;
        struct cursor c;

        begin(2, 1000);
        whole_udp(&w, 7, 100);
        put_be16(w.text + 2, 9);
        put_be16(w.text + 6, 0);
        for (int i = 0; i < 2; i++) {
            if (i == backwards) {
                hear_stray(0, 56, 33, 0x28 | IP_ECN_ECT0, 8);
            } else {
                hear_stray(56, w.len - 56, 40, 0x40 | IP_ECN_CE, 0);
            }
        }
        s = host_sent(&h);
        EXPECT(s && s->ip.proto == IP_PROTO_ICMP && s->icmp.code == ICMP4_PORT_UNREACHABLE);
        EXPECT(s->payload_len == IPV4_HDR_LEN + 8 + 8);
        EXPECT(sum_add(0, s->payload, IPV4_HDR_LEN + 8) == SUM_GOOD);
        EXPECT(memcmp(s->payload + IPV4_HDR_LEN + 8, w.text, 8) == 0);
        c = cursor_over(s->payload, s->payload_len);
        EXPECT(ipv4_parse_quoted(&c, &quoted) == DROP_NONE);
        EXPECT(quoted.payload_len == w.len && quoted.frag_offset == 0 && !quoted.more_frags);
        EXPECT(quoted.ttl == 33 && quoted.tos == (0x28 | IP_ECN_CE) && quoted.id == 7);
        end();
    }
}
END_TEST

/* RFC 3168 5.3: the marks of a segment's fragments are the segment's. */
START_TEST(a_mark_on_one_fragment_is_a_mark_on_the_whole)
{
    static const struct {
        uint8_t ecn[2];
        uint8_t whole;
        bool dropped;
    } cases[] = {
        { { 0, 0 }, 0, false }, { { 1, 1 }, 1, false }, { { 2, 2 }, 2, false },
        { { 2, 3 }, 3, false }, { { 3, 2 }, 3, false }, { { 3, 3 }, 3, false },
        { { 0, 3 }, 0, true },  { { 3, 0 }, 0, true },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct sent *s;

        begin(2, 1000);
        whole_udp(&w, 7, 100);
        w.text[3] = 9;
        put_be16(w.text + 6, 0);
        w.ip.tos = cases[i].ecn[0];
        hear(0, 56);
        w.ip.tos = cases[i].ecn[1];
        hear(56, w.len - 56);
        s = host_sent(&h);
        EXPECT(!s == cases[i].dropped);
        EXPECT(!s || s->payload[1] == cases[i].whole);
        EXPECT(host_drops(&h, DROP_IP_FRAGMENT_ECN) == cases[i].dropped);
        end();
    }
}
END_TEST

/* RFC 1122 3.2.2: no error about what any fragment of came in a broadcast of the link. */
START_TEST(a_fragment_in_a_link_broadcast_makes_the_whole_one)
{
    struct frame f;

    for (int k = 0; k < 2; k++) {
        begin(2, 1000);
        whole_udp(&w, 7, 100);
        w.text[3] = 9;
        put_be16(w.text + 6, 0);
        w.ip.dst = ip4(0x0a0000ff);
        for (int i = 0; i < 2; i++) {
            f = *piece(&w, i ? 56 : 0, i ? w.len - 56 : 56);
            frame_set_macs(&f, i == k ? MAC_BROADCAST : HOST_MAC, PEER_MAC);
            host_hear(&h, &f);
        }
        EXPECT(host_drops(&h, DROP_UDP_NO_SOCKET) == 1);
        host_silent(&h);
        end();
    }
}
END_TEST

/* The one that waited longest gives way, wherever it is in the table. */
START_TEST(the_oldest_gives_way)
{
    begin(3, 1000);
    for (uint16_t id = 1; id <= 3; id++) {
        whole_udp(&w, id, 100);
        hear(0, 56);
        h.now += 1000;
    }
    whole_udp(&w, 1, 100); /* whole, and its place is free */
    hear(56, w.len - 56);
    EXPECT(arrived());
    whole_udp(&w, 4, 100);
    hear(0, 56);
    EXPECT(host_drops(&h, DROP_IP_FRAGMENT_EVICTED) == 0);
    whole_udp(&w, 5, 100);
    hear(0, 56);
    EXPECT(host_drops(&h, DROP_IP_FRAGMENT_EVICTED) == 1);
    for (uint16_t id = 2; id <= 5; id++) {
        whole_udp(&w, id, 100);
        hear(56, w.len - 56);
        EXPECT(arrived() == (id != 2));
        if (id == 2) {
            break; /* it began anew, in the place of another */
        }
    }
    EXPECT(host_drops(&h, DROP_IP_FRAGMENT_EVICTED) == 2);
    whole_udp(&w, 3, 100); /* that one */
    hear(56, w.len - 56);
    EXPECT(!arrived());
    end();
}
END_TEST

/* Even if who had the free place before came later than who is there. */
START_TEST(nobody_gives_way_while_a_place_is_free)
{
    for (uint16_t stays = 1; stays <= 2; stays++) {
        begin(2, 1000);
        for (uint16_t id = 1; id <= 4; id++) {
            whole_udp(&w, id, 100);
            hear(0, 56);
            h.now += 1000;
            if (id == 2 || id == 3) {
                whole_udp(&w, id == 2 ? 3 - stays : 3, 100);
                hear(56, w.len - 56);
                EXPECT(arrived());
            }
        }
        EXPECT(host_drops(&h, DROP_IP_FRAGMENT_EVICTED) == 0);
        whole_udp(&w, stays, 100);
        hear(56, w.len - 56);
        EXPECT(arrived());
        forget();
        end();
    }
}
END_TEST

/* Holes in front of, between and behind what is there: all that touch the new one are seen. */
START_TEST(a_fragment_may_overlap_any_range)
{
    static const size_t starts[] = { 16, 48, 80 }; /* ranges of 16 octets */

    for (size_t start = 0; start < 112; start += 8) {
        for (size_t len = 8; start + len <= 112; len += 8) {
            bool touches = false;
            bool within = false;

            begin(1, 1000);
            whole_udp(&w, 1, 200);
            for (int i = 0; i < 3; i++) {
                hear(starts[i], 16);
                touches |= start < starts[i] + 16 && starts[i] < start + len;
                within |= start >= starts[i] && start + len <= starts[i] + 16;
            }
            host_hear_silent_drop(&h, piece(&w, start, len),
                                  within    ? DROP_IP_FRAGMENT_DUPLICATE
                                  : touches ? DROP_IP_FRAGMENT_OVERLAP
                                            : DROP_NONE);
            end();
        }
    }
}
END_TEST

/* Every way to lay five fragments on a grid of 8 octets over a datagram of 40: what is delivered is
 * exact, and nothing is when two of them differ in what they say. */
START_TEST(hostile_FRAG_01_overlaps)
{
    uint32_t delivered = 0;

    begin(1, 1000);
    for (uint32_t n = 0; n < 3125 * 32; n += 7) { /* 5 starts, 5 lengths: a sample */
        uint32_t code = n;

        whole_udp(&w, (uint16_t)n, 32);
        for (int k = 0; k < 5; k++, code /= 5) {
            size_t start = (code + (uint32_t)k) % 5 * 8;
            size_t len = (1 + (n >> k & 1)) * 8;

            hear(start, start + len > w.len ? w.len - start : len);
        }
        delivered += arrived();
        EXPECT(!arrived());
        forget();
    }
    ck_assert_uint_gt(delivered, 100);
    host_hear(&h, piece(&w, 0, 36)); /* teardrop */
    whole_udp(&w, 1, 28);
    hear(0, 32);
    hear(24, 4);
    EXPECT(!arrived());
    end();
}
END_TEST

START_TEST(hostile_FRAG_02_ping_of_death)
{
    uint32_t before;

    begin(1, REASSEMBLY_MAX);
    whole_udp(&w, 1, 65507);
    w.len = 65535; /* longer than a datagram can be */
    for (size_t start = 65528; start + 104 > 65515; start -= 8) {
        before = host_drops(&h, DROP_IP_FRAGMENT_LEN);
        hear(start, 104 > 65535 - start ? 65535 - start : 104);
        EXPECT(host_drops(&h, DROP_IP_FRAGMENT_LEN) == before + 1);
    }
    w.len = 65516; /* by an octet */
    before = host_drops(&h, DROP_IP_FRAGMENT_LEN);
    hear(65512, 4);
    EXPECT(host_drops(&h, DROP_IP_FRAGMENT_LEN) == before + 1);
    whole_udp(&w, 2, 65507); /* the longest there is, in pieces that the link takes */
    for (size_t start = 0; start < w.len; start += 1480) {
        hear(start, w.len - start < 1480 ? w.len - start : 1480);
    }
    EXPECT(host_drops(&h, DROP_UDP_QUEUE_FULL) == 1); /* whole, and longer than the queue */
    end();
}
END_TEST

/* The transport header is looked at when the datagram is whole: a first fragment of 8 octets hides
 * no port, and none is read from it. */
START_TEST(hostile_FRAG_03_tiny_first_fragment)
{
    struct frame f;
    struct tcp_hdr syn = { .flags = TCP_SYN, .seq = 1, .wnd = 1000 };

    begin(1, 1000);
    host_listener(&h, 80, 1);
    frame_tcp(&f, (struct sk_addr){ PEER_IP, 4000 }, (struct sk_addr){ HOST_IP, 80 }, syn, NULL, 0);
    w.len = (size_t)(f.at + f.len - frame_transport_at(&f));
    memcpy(w.text, frame_transport_at(&f), w.len);
    w.ip = (struct ip_hdr){ .src = PEER_IP, .dst = HOST_IP, .proto = IP_PROTO_TCP, .id = 9 };
    hear(0, 8);
    host_silent(&h);
    hear(8, w.len - 8);
    const struct sent *s = host_sent(&h);
    EXPECT(s && s->ip.proto == IP_PROTO_TCP && s->tcp.flags == (TCP_SYN | TCP_ACK));
    host_free(&h);
}
END_TEST

/* A second fragment at offset 8 that writes other TCP flags over those that a filter saw. */
START_TEST(hostile_FRAG_04_rewritten_flags)
{
    struct frame f;
    struct tcp_hdr ack = { .flags = TCP_ACK, .seq = 1, .wnd = 1000 };

    begin(1, 1000);
    host_listener(&h, 80, 1);
    frame_tcp(&f, (struct sk_addr){ PEER_IP, 4000 }, (struct sk_addr){ HOST_IP, 80 }, ack,
              "12345678", 8);
    w.len = TCP_HDR_LEN + 8;
    memcpy(w.text, frame_transport_at(&f), w.len);
    w.ip = (struct ip_hdr){ .src = PEER_IP, .dst = HOST_IP, .proto = IP_PROTO_TCP, .id = 9 };
    hear(0, 16);
    w.text[13] = TCP_SYN;
    host_hear_silent_drop(&h, piece(&w, 8, 8), DROP_IP_FRAGMENT_OVERLAP);
    host_hear_silent_drop(&h, piece(&w, 16, w.len - 16), DROP_IP_FRAGMENT_OVERLAP);
    host_free(&h);
}
END_TEST

#define N_FLOOD 1000000

/* Incomplete fragments for ten seconds: memory is what it was, and a datagram whose fragments come
 * one after the other gets through at once. */
START_TEST(hostile_FRAG_05_fragment_smack)
{
    uint64_t seed = seed_start();
    static struct whole flood;

    begin(4, 2000);
    h.link.count_only = true;
    whole_udp(&flood, 0, 1600);
    for (uint32_t i = 0; i < N_FLOOD; i++) {
        flood.ip.id = (uint16_t)random_u32(&seed);
        flood.ip.src = ip4(0x0a000003 + random_below(&seed, 200));
        host_hear(&h, piece(&flood, 8 * random_below(&seed, 190), 8));
        h.now += 10;
        if (i % 100000 == 99999) {
            whole_udp(&w, (uint16_t)i, 1900);
            hear(0, 1480);
            hear(1480, w.len - 1480);
            EXPECT(arrived());
        }
    }
    EXPECT(host_drops(&h, DROP_IP_FRAGMENT_EVICTED) > N_FLOOD / 2);
    end();
}
END_TEST

/* The k-th permutation of n. */
static void permute(uint32_t k, uint32_t n, uint32_t order[])
{
    for (uint32_t i = 0; i < n; i++) {
        order[i] = i;
    }
    for (uint32_t i = n; i > 1; k /= i, i--) {
        uint32_t other = k % i;
        uint32_t swap = order[i - 1];

        order[i - 1] = order[other];
        order[other] = swap;
    }
}

START_TEST(hostile_FRAG_06_every_order)
{
    uint32_t n_orders = 1;

    begin(1, 1000);
    for (uint32_t n = 1; n <= 6; n++) {
        n_orders *= n;
        for (uint32_t k = 0; n > 1 && k < n_orders; k++) {
            uint32_t order[6];

            permute(k, n, order);
            whole_udp(&w, (uint16_t)(n * 1000 + k), n * 16 - UDP_HDR_LEN - 3);
            for (uint32_t i = 0; i < n; i++) {
                size_t start = order[i] * 16;
                size_t len = w.len - start < 16 ? w.len - start : 16;

                EXPECT(!arrived());
                hear(start, len);
                if (i + 1 < n) {
                    hear(start, len); /* twice */
                }
            }
            EXPECT(arrived());
        }
    }
    EXPECT(host_drops(&h, DROP_IP_FRAGMENT_OVERLAP) == 0);
    end();
}
END_TEST

START_TEST(hostile_FRAG_07_lengths)
{
    begin(1, 1000);
    for (size_t len = 0; len < 24; len++) {
        if (len % 8 != 0 || len == 0) {
            whole_udp(&w, (uint16_t)len, 100);
            host_hear_silent_drop(&h, piece(&w, 8, len), DROP_IP_FRAGMENT_LEN);
        }
    }
    whole_udp(&w, 100, 100); /* an empty last one */
    host_hear_silent_drop(&h, piece(&w, w.len, 0), DROP_IP_FRAGMENT_LEN);

    for (size_t end_too = 90; end_too < 108; end_too += 17) { /* two ends, and one behind the end */
        whole_udp(&w, (uint16_t)(200 + end_too), 100);
        hear(80, w.len - 80);
        w.len = end_too;
        host_hear_silent_drop(&h, piece(&w, 64, w.len - 64), DROP_IP_FRAGMENT_OVERLAP);
        w.len = 108;
        host_hear_silent_drop(&h, piece(&w, 0, 80), DROP_IP_FRAGMENT_OVERLAP);
        EXPECT(!arrived());
    }
    whole_udp(&w, 300, 96); /* more to come where the end is, in octets that are the same */
    hear(80, w.len - 80);
    w.len = 200;
    host_hear_silent_drop(&h, piece(&w, 96, 8), DROP_IP_FRAGMENT_OVERLAP);
    whole_udp(&w, 301, 100); /* an end before what came */
    hear(80, 8);
    w.len = 40;
    host_hear_silent_drop(&h, piece(&w, 32, 8), DROP_IP_FRAGMENT_OVERLAP);
    end();
}
END_TEST

/* ARP may ask again for who was told something. */
static void expect_no_error(void)
{
    const struct sent *s;

    while ((s = host_sent(&h)) != NULL) {
        EXPECT(s->eth.type == ETH_TYPE_ARP);
    }
}

static void expect_time_exceeded(void)
{
    const struct sent *s = host_sent(&h);

    EXPECT(s && s->ip.proto == IP_PROTO_ICMP && s->icmp.type == ICMP4_TIME_EXCEEDED);
    EXPECT(s->icmp.code == ICMP4_REASSEMBLY_TIME);
    EXPECT(s->payload_len == IPV4_HDR_LEN + 8);
    EXPECT(memcmp(s->payload + IPV4_HDR_LEN, w.text, 8) == 0);
    EXPECT(be16(s->payload + 4) == w.ip.id);
    host_silent(&h);
}

START_TEST(hostile_FRAG_08_timeout)
{
    instant began;

    ck_assert_int_ge(REASSEMBLY_TIMEOUT, seconds(60)); /* RFC 1122 3.3.2 */
    ck_assert_int_le(REASSEMBLY_TIMEOUT, seconds(120));
    begin(2, 1000);
    began = h.now;
    whole_udp(&w, 1, 100);
    hear(0, 8);
    hear(16, 8);
    host_run(&h, began + REASSEMBLY_TIMEOUT - 1);
    host_silent(&h);
    host_meet(&h); /* it was forgotten */
    host_forget(&h);
    EXPECT(host_drops(&h, DROP_IP_FRAGMENT_TIMEOUT) == 0);
    EXPECT(sk_iface_poll_at(h.iface, h.now) == began + REASSEMBLY_TIMEOUT);
    host_run(&h, began + REASSEMBLY_TIMEOUT);
    EXPECT(host_drops(&h, DROP_IP_FRAGMENT_TIMEOUT) == 1);
    expect_time_exceeded();
    hear(8, 8); /* begins anew, without the first: nobody is told */
    host_run(&h, h.now + REASSEMBLY_TIMEOUT);
    EXPECT(host_drops(&h, DROP_IP_FRAGMENT_TIMEOUT) == 2);
    expect_no_error();
    whole_udp(&w, 2, 100); /* spoiled: what is quoted could be either */
    hear(0, 16);
    hear(8, 16);
    began = h.now;
    host_run(&h, began + REASSEMBLY_TIMEOUT - 1);
    host_forget(&h);
    host_meet(&h);
    host_forget(&h);
    host_run(&h, began + REASSEMBLY_TIMEOUT);
    EXPECT(host_drops(&h, DROP_IP_FRAGMENT_TIMEOUT) == 3);
    host_silent(&h);
    EXPECT(sk_iface_poll_at(h.iface, h.now) > h.now);
    end();
}
END_TEST

/* RFC 1122 3.2.2: no error about an error. */
START_TEST(hostile_FRAG_08_timeout_of_an_error)
{
    static struct frame f;
    struct ip_hdr ip = { .src = PEER_IP, .dst = HOST_IP, .proto = IP_PROTO_ICMP };

    begin(2, 1000);
    for (uint8_t type = ICMP4_UNREACHABLE; type <= ICMP4_ECHO_REQUEST; type += 5) {
        uint8_t octets[16] = { type };

        ip.id = type;
        ip.more_frags = true;
        frame_ip(&f, ip, octets, sizeof(octets));
        host_hear(&h, &f);
        host_run(&h, h.now + REASSEMBLY_TIMEOUT - 1);
        host_meet(&h);
        host_forget(&h);
        host_run(&h, h.now + 1);
        EXPECT((host_sent(&h) != NULL) == (type == ICMP4_ECHO_REQUEST));
    }
    EXPECT(host_drops(&h, DROP_IP_FRAGMENT_TIMEOUT) == 2);
    end();
}
END_TEST

START_TEST(hostile_FRAG_09_keys)
{
    struct ip_hdr others[4];

    begin(8, 1000);
    whole_udp(&w, 1, 100);
    for (int i = 0; i < 4; i++) {
        others[i] = w.ip;
    }
    others[0].id = 2;
    others[1].src = GATE_IP;
    others[2].proto = IP_PROTO_TCP;
    others[3].dst = ip4(0x0a0000ff); /* the broadcast address, ours too */
    hear(0, 56);
    for (int i = 0; i < 4; i++) {
        struct ip_hdr ours = w.ip;

        w.ip = others[i];
        host_hear(&h, piece(&w, 56, w.len - 56));
        w.ip = ours;
        EXPECT(!arrived());
    }
    hear(56, w.len - 56);
    EXPECT(arrived());
    end();
}
END_TEST

/* Headers split at every octet that a fragment may end at, of every protocol there is. */
START_TEST(hostile_FRAG_10_split_headers)
{
    static const uint8_t protos[] = { IP_PROTO_ICMP, IP_PROTO_TCP, IP_PROTO_UDP, 2, 47 };

    begin(1, 1000);
    for (size_t p = 0; p < sizeof(protos); p++) {
        for (size_t len = 9; len < 80; len++) {
            for (size_t cut = 8; cut < len; cut += 8) {
                w.len = len;
                memset(w.text, (int)len, len);
                w.ip = (struct ip_hdr){
                    .src = PEER_IP, .dst = HOST_IP, .proto = protos[p], .id = (uint16_t)(len * cut)
                };
                hear(cut, len - cut);
                hear(0, cut);
                host_forget(&h);
            }
        }
    }
    EXPECT(host_drops(&h, DROP_TCP_CHECKSUM) + host_drops(&h, DROP_TCP_SHORT) +
               host_drops(&h, DROP_TCP_HEADER_LEN) >
           100);
    for (size_t cut = 8; cut < 108; cut += 8) {
        whole_udp(&w, (uint16_t)cut, 100);
        hear(0, cut);
        hear(cut, w.len - cut);
        EXPECT(arrived());
    }
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_whole_has_the_header_of_its_first_fragment,
        a_mark_on_one_fragment_is_a_mark_on_the_whole,
        a_fragment_in_a_link_broadcast_makes_the_whole_one,
        the_oldest_gives_way,
        nobody_gives_way_while_a_place_is_free,
        a_fragment_may_overlap_any_range,
        hostile_FRAG_01_overlaps,
        hostile_FRAG_02_ping_of_death,
        hostile_FRAG_03_tiny_first_fragment,
        hostile_FRAG_04_rewritten_flags,
        hostile_FRAG_05_fragment_smack,
        hostile_FRAG_06_every_order,
        hostile_FRAG_07_lengths,
        hostile_FRAG_08_timeout,
        hostile_FRAG_08_timeout_of_an_error,
        hostile_FRAG_09_keys,
        hostile_FRAG_10_split_headers,
        NULL,
    };

    return suite_run("fragments", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The MTU of a path as routers tell it (RFC 1191): what a connection makes of it, what those that
 * follow know, and who may fragment.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

static struct host h;
static struct frame f;
static uint8_t text[16384];

static void begin(const struct tcp_profile *profile)
{
    struct host_setup setup = {
        .netif = { .addr = HOST_IP, .prefix_len = 24, .gateway = GATE_IP },
        .config = { .tcp = profile, .n_tcp = 32, .n_netifs = 3, .sndbuf = 16384, .rcvbuf = 4096 },
    };

    setup.config.buffers[0] = (struct sk_buffer_class){ 4096, 32 };
    setup.config.buffers[1] = (struct sk_buffer_class){ 16384, 32 };
    host_begin(&h, &setup);
    host_meet(&h);
}

/* A connection to `addr`, port 80, with all of `text` to send. */
static sk_fd called(struct peer *p, struct ip_addr addr, uint16_t port)
{
    sk_fd fd = host_bound(&h, SK_STREAM, port);

    peer_begin(p, &h, 80, port);
    p->addr.addr = addr;
    p->wnd = 65535;
    p->mss = 1460;
    peer_is_called(p, fd);
    return fd;
}

static void send_text(sk_fd fd)
{
    ck_assert_int_eq(host_send(&h, fd, text, sizeof(text), NOBODY), SK_OK);
    host_poll(&h);
}

/* A router takes `mtu` octets (0: it does not say) and not the packet that it quotes. */
static void too_big(const uint8_t *quoted, uint16_t mtu)
{
    frame_icmp_error(&f, GATE_IP, ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, quoted, IPV4_HDR_LEN + 8);
    put_be16(frame_transport_at(&f) + 6, mtu);
    frame_fix_transport(&f);
    host_hear_drop(&h, &f, DROP_NONE);
}

static uint32_t longest(struct peer *p)
{
    uint32_t len = 0;
    const struct sent *s;

    while ((s = peer_hear(p)) != NULL) {
        len = s->payload_len > len ? (uint32_t)s->payload_len : len;
    }
    return len;
}

/* What the first segment of a new connection carries. */
static uint32_t first_len(struct ip_addr addr, uint16_t port)
{
    struct peer p;
    sk_fd fd = called(&p, addr, port);
    uint32_t len;

    send_text(fd);
    len = longest(&p);
    ck_assert_int_eq(sk_abort(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    host_forget(&h);
    return len;
}

START_TEST(what_a_router_says_is_known_to_later_connections)
{
    struct peer p;
    const struct sent *s;
    sk_fd fd;

    begin(&sk_tcp_full);
    fd = called(&p, FAR_IP, 5000);
    send_text(fd);
    s = peer_hear(&p);
    ck_assert(s->payload_len == 1460 && s->ip.dont_frag && s->ip.id == 0);
    too_big(s->ip_at, 1300);
    p.ack = p.ack - 1460;
    host_forget(&h);
    host_run(&h, h.now + millis(1)); /* what was sent again had left by then */
    ck_assert_uint_eq(first_len(FAR_IP, 5001), 1260);
    ck_assert_uint_eq(first_len(ip4(0x08080809), 5002), 1460);
    host_run(&h, h.now + seconds(598));
    host_forget(&h);
    host_meet(&h);
    ck_assert_uint_eq(first_len(FAR_IP, 5003), 1260);
    host_run(&h, h.now + seconds(2));
    host_forget(&h);
    host_meet(&h);
    ck_assert_uint_eq(first_len(FAR_IP, 5004), 1460);
    host_free(&h);
}
END_TEST

START_TEST(the_segment_is_sent_again_at_once)
{
    struct peer p;
    const struct sent *s;
    uint32_t seq;

    begin(&sk_tcp_full);
    send_text(called(&p, FAR_IP, 5000));
    s = peer_hear(&p);
    seq = s->tcp.seq;
    frame_icmp_error(&f, GATE_IP, ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, s->ip_at, IPV4_HDR_LEN + 8);
    put_be16(frame_transport_at(&f) + 6, 1300);
    frame_fix_transport(&f);
    host_forget(&h);
    host_hear_drop(&h, &f, DROP_NONE);
    s = host_sent(&h);
    ck_assert(s && s->tcp.seq == seq && s->payload_len == 1260);
    host_free(&h);
}
END_TEST

/* RFC 1191 5, 7.1 */
START_TEST(a_router_that_names_no_mtu_means_the_next_smaller_kind_of_network)
{
    static const struct {
        uint16_t total;
        uint32_t len;
    } cases[] = { { 1500, 1492 - 40 }, { 1492, 1006 - 40 }, { 1007, 1006 - 40 }, { 1006, 512 } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct peer p;
        const struct sent *s;

        begin(&sk_tcp_full);
        send_text(called(&p, FAR_IP, 5000));
        s = peer_hear(&p);
        memcpy(text, s->ip_at, IPV4_HDR_LEN + 8);
        put_be16(text + 2, cases[i].total);
        host_forget(&h);
        too_big(text, 0);
        s = host_sent(&h);
        ck_assert(s && s->payload_len == cases[i].len);
        host_free(&h);
    }
}
END_TEST

START_TEST(the_path_that_was_learnt_first_is_forgotten_first)
{
    begin(&sk_tcp_full);
    for (uint32_t i = 0; i <= CONFIG_N_PATHS; i++) {
        struct peer p;
        sk_fd fd = called(&p, ip4(0x08080800 + i), (uint16_t)(5000 + i));

        send_text(fd);
        too_big(peer_hear(&p)->ip_at, (uint16_t)(1300 + i));
        too_big(peer_hear(&p)->ip_at, (uint16_t)(1200 + i)); /* in the same place */
        ck_assert_int_eq(sk_abort(h.iface, fd, h.now), SK_OK);
        host_run(&h, h.now + seconds(1));
        host_forget(&h);
    }
    ck_assert_uint_eq(first_len(ip4(0x08080800), 6000), 1460);
    for (uint16_t i = 1; i <= CONFIG_N_PATHS; i++) {
        ck_assert_uint_eq(first_len(ip4(0x08080800u + i), (uint16_t)(6000 + i)), 1160u + i);
    }
    host_free(&h);
}
END_TEST

/* What is announced is what our own link takes: the way back is another. */
START_TEST(the_mss_that_is_announced_does_not_shrink)
{
    struct peer p;
    struct sk_op op;
    const struct sent *s;

    begin(&sk_tcp_full);
    send_text(called(&p, FAR_IP, 5000));
    too_big(peer_hear(&p)->ip_at, 1300);
    host_forget(&h);
    sk_op_connect(&op, host_bound(&h, SK_STREAM, 5001), (struct sk_addr){ FAR_IP, 80 });
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    s = host_sent(&h);
    ck_assert(s && s->tcp.flags == TCP_SYN && s->tcp.mss == 1460);
    host_free(&h);
}
END_TEST

/* A profile that discovers nothing leaves it to the routers, and so each packet has a number of its
 * own (RFC 6864 4.2). */
START_TEST(without_discovery_routers_may_fragment)
{
    struct peer p;
    const struct sent *s;
    uint16_t id;
    int n;

    begin(&sk_tcp_basic);
    send_text(called(&p, FAR_IP, 5000));
    s = peer_hear(&p);
    id = s->ip.id;
    ck_assert(!s->ip.dont_frag && s->payload_len == 1460);
    too_big(s->ip_at, 1300);
    for (n = 1; (s = peer_hear(&p)) != NULL; n++) {
        ck_assert(!s->ip.dont_frag && s->payload_len == 1460);
        ck_assert_uint_eq(s->ip.id, (uint16_t)(id + n));
    }
    host_run(&h, h.now + millis(300)); /* the first again */
    s = host_sent(&h);
    ck_assert(s && s->payload_len == 1460 && s->ip.id == (uint16_t)(id + n));
    host_free(&h);
}
END_TEST

/* RFC 6928 12: ten segments are for a host whose program asks for a profile that has them. */
START_TEST(a_host_that_names_no_profile_begins_with_three_segments)
{
    struct peer p;
    const struct sent *s;
    size_t len = 0;

    begin(NULL);
    send_text(called(&p, FAR_IP, 5000));
    while ((s = peer_hear(&p)) != NULL) {
        len += s->payload_len;
    }
    ck_assert_uint_eq(len, 3 * 1460);
    host_free(&h);
}
END_TEST

/* RFC 5927: neither below the least MTU, nor one change after the other for a flood. */
START_TEST(hostile_ICMP_05_a_path_mtu_forced_to_a_tiny_value)
{
    static const uint16_t values[] = { 0, 1, 67, 68, 295, 551, 552 };
    struct peer p;
    const struct sent *s;
    uint32_t sent;

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        begin(&sk_tcp_full);
        send_text(called(&p, FAR_IP, 5000));
        s = peer_hear(&p);
        memcpy(text, s->ip_at, IPV4_HDR_LEN + 8);
        put_be16(text + 2, 500);
        for (int n = 0; n < 10000; n++) {
            too_big(text, values[i]);
            sent = n == 0 ? h.link.n_out : sent;
        }
        ck_assert_uint_eq(h.link.n_out, sent);
        while ((s = host_sent(&h)) != NULL) {
            ck_assert(s->payload_len == 512 || s->payload_len == 1460 ||
                      s->payload_len == 10 * 1460 % 512); /* what is left of cwnd */
        }
        host_free(&h);
    }
}
END_TEST

START_TEST(hostile_ICMP_06_a_path_mtu_is_not_raised_by_a_router)
{
    struct peer p;
    const struct sent *s;
    uint32_t sent;

    begin(&sk_tcp_full);
    send_text(called(&p, FAR_IP, 5000));
    s = peer_hear(&p);
    memcpy(text, s->ip_at, IPV4_HDR_LEN + 8);
    sent = h.link.n_out;
    for (uint32_t mtu = 1501; mtu <= UINT16_MAX; mtu++) {
        too_big(text, (uint16_t)mtu);
    }
    ck_assert_uint_eq(h.link.n_out, sent);
    host_free(&h);
}
END_TEST

/* ---- A path on which nothing comes back ------------------------------------------------------ */

#define NEW_MAC ((struct mac_addr){ { 2, 0, 0, 0, 0, 0x22 } })

/* The next ARP message that leaves until then; what else leaves is forgotten. */
static const struct sent *next_arp(instant until)
{
    const struct sent *s;

    while (h.now < until) {
        while ((s = host_sent(&h)) != NULL) {
            if (s->eth.type == ETH_TYPE_ARP) {
                return s;
            }
        }
        host_run(&h, h.now + millis(10));
    }
    return NULL;
}

static bool text_goes_to(struct mac_addr mac)
{
    const struct sent *s;

    while ((s = host_sent(&h)) != NULL) {
        if (s->eth.type == ETH_TYPE_IPV4 && mac_equal(s->eth.dst, mac)) {
            return true;
        }
    }
    return false;
}

/* RFC 9293 3.8.3, RFC 1122 2.3.2.1 (4), 3.3.1.4: after R1 the next hop is asked whether it is still
 * there, and one that took over its address is heard of within seconds. */
START_TEST(a_next_hop_that_fell_silent_is_asked_for_again)
{
    struct arp_hdr answer = { .op = ARP_REPLY, .sha = NEW_MAC, .tha = HOST_MAC };
    const struct sent *s;
    struct peer p;
    instant began;

    begin(&sk_tcp_basic);
    began = h.now;
    send_text(called(&p, FAR_IP, 5000));
    host_forget(&h);
    s = next_arp(began + seconds(10));
    ck_assert(s && mac_equal(s->eth.dst, GATE_MAC) && ip_equal(s->arp.tpa, GATE_IP));
    ck_assert_int_ge(h.now - began, millis(200 + 400 + 800)); /* three timeouts */
    do {                                                      /* and then anybody */
        s = next_arp(began + seconds(10));
        ck_assert_ptr_nonnull(s);
    } while (!mac_is_group(s->eth.dst));
    answer.spa = GATE_IP;
    answer.tpa = HOST_IP;
    frame_arp(&f, &answer);
    host_hear(&h, &f);
    host_run(&h, h.now + seconds(7));
    ck_assert(text_goes_to(NEW_MAC));
    host_free(&h);
}
END_TEST

/* Two timeouts are a loss like others. */
START_TEST(a_next_hop_is_not_doubted_before_that)
{
    const struct sent *s;
    struct peer p;

    begin(&sk_tcp_basic);
    send_text(called(&p, FAR_IP, 5000));
    host_forget(&h);
    s = next_arp(h.now + millis(200 + 400 + 790));
    ck_assert_ptr_null(s);
    host_free(&h);
}
END_TEST

/* The way to it is another by now, and that one's own link takes less. */
START_TEST(a_path_takes_no_more_than_its_link)
{
    struct sk_netif_config ppp = { .name = "ppp0", .addr = ip4(0x08080801), .prefix_len = 24 };
    struct fake_link narrow;
    struct peer p;
    sk_fd fd;

    begin(&sk_tcp_full);
    send_text(called(&p, FAR_IP, 5000));
    too_big(peer_hear(&p)->ip_at, 1300);
    fake_link_init(&narrow, LINK_IP, 1000);
    ck_assert_int_eq(sk_netif_add(h.iface, &narrow.link, &ppp, h.now, NULL), SK_OK);
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(host_send(&h, fd, text, 973, (struct sk_addr){ FAR_IP, 9 }), SK_MSG_SIZE);
    ck_assert_int_eq(host_send(&h, fd, text, 972, (struct sk_addr){ FAR_IP, 9 }), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(fake_link_sent(&narrow)->payload_len, 972);
    fake_link_free(&narrow);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_a_router_says_is_known_to_later_connections,
        the_segment_is_sent_again_at_once,
        a_router_that_names_no_mtu_means_the_next_smaller_kind_of_network,
        the_path_that_was_learnt_first_is_forgotten_first,
        the_mss_that_is_announced_does_not_shrink,
        without_discovery_routers_may_fragment,
        a_host_that_names_no_profile_begins_with_three_segments,
        hostile_ICMP_05_a_path_mtu_forced_to_a_tiny_value,
        hostile_ICMP_06_a_path_mtu_is_not_raised_by_a_router,
        a_next_hop_that_fell_silent_is_asked_for_again,
        a_next_hop_is_not_doubted_before_that,
        a_path_takes_no_more_than_its_link,
        NULL,
    };

    return suite_run("path", tests);
}

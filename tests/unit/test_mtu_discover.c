/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SK_MTU and SK_MTU_DISCOVER: who may fragment a datagram, what is too long, and what is known of a
 * path (RFC 1191; ip(7), IP_MTU_DISCOVER).
 */
#include <check.h>
#include <string.h>

#include "tests/support/peer.h"
#include "tests/support/suite.h"

#define QUEUE 16384
#define HEADERS (IPV4_HDR_LEN + UDP_HDR_LEN)

static struct host h;
static struct frame f;
static uint8_t text[3000];
static sk_fd fd;

static struct sk_addr to(void)
{
    return (struct sk_addr){ PEER_IP, 9 };
}

static void begin(const struct sk_ip_fragments *fragments, int32_t mode)
{
    struct host_setup setup = { .config = { .fragments = fragments,
                                            .rcvbuf = QUEUE,
                                            .sndbuf = QUEUE,
                                            .buffers = { { QUEUE, 8 } } } };

    host_begin(&h, &setup);
    host_meet(&h);
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(host_option(&h, fd, SK_MTU_DISCOVER), SK_MTU_WANT);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MTU_DISCOVER, mode), SK_OK);
    ck_assert_int_eq(host_option(&h, fd, SK_MTU_DISCOVER), mode);
}

static void end(void)
{
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}

/* A router takes no more than 1000 octets. */
static void narrow(void)
{
    const struct sent *s;

    ck_assert_int_eq(host_send(&h, fd, text, 1400, to()), SK_OK);
    host_poll(&h);
    s = host_sent(&h);
    ck_assert_ptr_nonnull(s);
    frame_icmp_error(&f, PEER_IP, ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, s->ip_at, IPV4_HDR_LEN + 8);
    put_be16(frame_transport_at(&f) + 6, 1000);
    frame_fix_transport(&f);
    host_hear_drop(&h, &f, DROP_NONE);
    host_forget(&h);
}

/* How many packets it leaves in, and whether routers may cut them; 0: SK_MSG_SIZE. */
static int leaves_in(size_t len, bool *dont_frag)
{
    enum sk_err err = host_send(&h, fd, text, len, to());
    const struct sent *s;
    int n = 0;

    if (err == SK_MSG_SIZE) {
        return 0;
    }
    ck_assert_int_eq(err, SK_OK);
    host_poll(&h);
    while ((s = host_sent(&h)) != NULL) {
        *dont_frag = s->ip.dont_frag;
        n++;
    }
    return n;
}

static const struct {
    int32_t mode;
    bool fragments;
    int on_link;  /* packets of 1400 octets, on a path of 1500 */
    bool marked;  /* with DF */
    int on_path;  /* of 1400 octets, on one of 1000 */
    int too_long; /* of 2000 octets, on a link of 1500 */
} TABLE[] = {
    { SK_MTU_DONT, true, 1, false, 2, 2 }, { SK_MTU_DONT, false, 1, false, 1, 0 },
    { SK_MTU_WANT, true, 1, true, 2, 2 },  { SK_MTU_WANT, false, 1, true, 0, 0 },
    { SK_MTU_DO, true, 1, true, 0, 0 },    { SK_MTU_DO, false, 1, true, 0, 0 },
    { SK_MTU_PROBE, true, 1, true, 1, 0 }, { SK_MTU_PROBE, false, 1, true, 1, 0 },
};

START_TEST(what_each_does_with_a_datagram)
{
    for (size_t i = 0; i < sizeof(TABLE) / sizeof(TABLE[0]); i++) {
        bool marked = !TABLE[i].marked;

        begin(TABLE[i].fragments ? &sk_ip_fragments : NULL, TABLE[i].mode);
        ck_assert_int_eq(leaves_in(1400, &marked), TABLE[i].on_link);
        ck_assert_int_eq(marked, TABLE[i].marked);
        ck_assert_int_eq(leaves_in(2000, &marked), TABLE[i].too_long);
        narrow();
        ck_assert_int_eq(leaves_in(1400, &marked), TABLE[i].on_path);
        if (TABLE[i].on_path == 1) {
            ck_assert_int_eq(marked, TABLE[i].marked);
        }
        ck_assert_int_eq(leaves_in(1000 - HEADERS, &marked), 1);
        ck_assert_int_eq(marked, TABLE[i].marked);
        end();
    }
}
END_TEST

/* What was queued before its path shrank: the socket is told when its turn comes. */
START_TEST(one_that_was_queued_is_told_later)
{
    begin(&sk_ip_fragments, SK_MTU_WANT);
    narrow();
    ck_assert_int_eq(host_send(&h, fd, text, 1400, to()), SK_OK);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MTU_DISCOVER, SK_MTU_DO), SK_OK);
    host_poll(&h);
    host_silent(&h);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_MSG_SIZE);
    end();
}
END_TEST

/* Identifications of what routers may cut differ (RFC 6864 4.3). */
START_TEST(what_may_be_cut_has_an_identification)
{
    uint16_t ids[2];

    begin(NULL, SK_MTU_DONT);
    for (int i = 0; i < 2; i++) {
        const struct sent *s;

        ck_assert_int_eq(host_send(&h, fd, text, 10, to()), SK_OK);
        host_poll(&h);
        s = host_sent(&h);
        ck_assert_ptr_nonnull(s);
        ids[i] = s->ip.id;
    }
    ck_assert_uint_ne(ids[0], ids[1]);
    end();
}
END_TEST

START_TEST(a_connected_socket_hears_of_its_path_unless_routers_may_cut)
{
    for (int32_t mode = SK_MTU_DONT; mode <= SK_MTU_PROBE; mode++) {
        begin(NULL, mode);
        ck_assert_int_eq(sk_set_peer(h.iface, fd, to()), SK_OK);
        ck_assert_int_eq(host_option(&h, fd, SK_MTU), 1500);
        narrow();
        ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR),
                         mode == SK_MTU_DONT ? SK_OK : SK_MSG_SIZE);
        ck_assert_int_eq(host_option(&h, fd, SK_MTU), 1000);
        end();
    }
}
END_TEST

START_TEST(a_path_has_two_ends)
{
    struct peer p = { 0 };
    struct sk_op op;
    int32_t mtu;

    begin(NULL, SK_MTU_WANT);
    ck_assert_int_eq(sk_get(h.iface, fd, SK_MTU, &mtu), SK_NOT_CONNECTED);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, (struct sk_addr){ ip4(0x7f000001), 9 }), SK_OK);
    ck_assert_int_eq(sk_get(h.iface, fd, SK_MTU, &mtu), SK_OK);
    ck_assert_int_gt(mtu, 1500);
    fd = host_socket(&h, SK_STREAM);
    ck_assert_int_eq(sk_get(h.iface, fd, SK_MTU, &mtu), SK_NOT_CONNECTED);
    peer_begin(&p, &h, 80, 0);
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    ck_assert_int_eq(host_option(&h, fd, SK_MTU), 1500);
    ck_assert_int_eq(sk_local(h.iface, fd, &p.host), SK_OK);
    peer_expect(&p, TCP_SYN);
    peer_send(&p, TCP_RST | TCP_ACK, NULL, 0);
    ck_assert_int_eq(sk_get(h.iface, fd, SK_MTU, &mtu), SK_NOT_CONNECTED);
    host_free(&h);
}
END_TEST

START_TEST(other_values)
{
    begin(NULL, SK_MTU_WANT);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MTU_DISCOVER, -1), SK_INVALID);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MTU_DISCOVER, 4), SK_INVALID);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MTU, 1000), SK_NO_OPTION);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { what_each_does_with_a_datagram,
                                   one_that_was_queued_is_told_later,
                                   what_may_be_cut_has_an_identification,
                                   a_connected_socket_hears_of_its_path_unless_routers_may_cut,
                                   a_path_has_two_ends,
                                   other_values,
                                   NULL };

    return suite_run("mtu_discover", tests);
}

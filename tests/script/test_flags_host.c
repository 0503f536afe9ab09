/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every flag byte where no connection is, CLOSED and LISTEN, against the oracle (row TCPH-12 of
 * tests/hostile-inputs.tsv): a host at one end of a wire, this test at the other.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/sum.h"
#include "libsock.h"
#include "link/pair.h"
#include "tests/script/oracle.h"
#include "tests/support/suite.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#define OPEN_PORT 80
#define CLOSED_PORT 81
#define N_PKTS 16
#define PKT_CAP 256

static struct ip_addr host_addr(void)
{
    return ip4(0x0a000001);
}

struct bench {
    struct pair wire;
    void *wire_memory;
    struct sk_iface *host;
    void *host_memory;
    struct pkt_pool pool;
    struct pkt pkts[N_PKTS];
    uint8_t octets[N_PKTS][PKT_CAP];
    instant now;
};

static void *aligned(size_t len)
{
    void *memory = aligned_alloc(16, (len + 15) & ~(size_t)15);

    ck_assert_ptr_nonnull(memory);
    return memory;
}

static void begin(struct bench *b)
{
    struct pair_config wire = { .medium = LINK_IP, .n_frames = N_PKTS };
    struct sk_config config = { .size = sizeof(config), .seed = { 1 } };
    struct sk_netif_config netif = { .name = "ip0", .addr = host_addr(), .prefix_len = 24 };
    sk_fd fd;

    b->now = 1000000;
    b->wire_memory = aligned(sk_pair_size(&wire));
    ck_assert_int_eq(sk_pair_init(&b->wire, &wire, b->wire_memory, sk_pair_size(&wire)), SK_OK);
    b->host_memory = aligned(sk_iface_size(&config));
    b->host = sk_iface_init(&config, b->host_memory, sk_iface_size(&config), b->now);
    ck_assert_ptr_nonnull(b->host);
    ck_assert_int_eq(sk_netif_add(b->host, &b->wire.ends[0].link, &netif, b->now, NULL), SK_OK);
    ck_assert_int_eq(sk_socket(b->host, SK_STREAM, &fd), SK_OK);
    ck_assert_int_eq(sk_bind(b->host, fd, (struct sk_addr){ ip4(0), OPEN_PORT }), SK_OK);
    ck_assert_int_eq(sk_listen(b->host, fd, 1, b->now), SK_OK);
    sk_pkt_pool_init(&b->pool);
    for (int i = 0; i < N_PKTS; i++) {
        sk_pkt_pool_add(&b->pool, &b->pkts[i], b->octets[i], PKT_CAP);
    }
}

static void end(struct bench *b)
{
    free(b->wire_memory);
    free(b->host_memory);
}

static void settle(struct bench *b)
{
    while (sk_iface_poll(b->host, b->now)) {
    }
}

static void inject(struct bench *b, const struct tcp_hdr *hdr)
{
    struct link *link = &b->wire.ends[1].link;
    uint32_t len = tcp_hdr_len(hdr);
    struct ip_hdr ip = { .src = ip4(0x0a000002),
                         .dst = host_addr(),
                         .proto = IP_PROTO_TCP,
                         .ttl = IP_DEFAULT_TTL,
                         .payload_len = (uint16_t)(len + hdr->len) };
    struct pkt *pkt = sk_pkt_alloc(&b->pool, IPV4_HDR_LEN + len);
    uint8_t *text = sk_pkt_put(pkt, hdr->len);

    memset(text, 'x', hdr->len);
    tcp_emit(sk_pkt_push(pkt, len), &ip, hdr, sum_add(0, text, hdr->len));
    ipv4_emit(sk_pkt_push(pkt, IPV4_HDR_LEN), &ip);
    ck_assert_int_eq(link->ops->tx(link, pkt, b->now), SK_OK);
    settle(b);
}

/* What the host sent, if anything. */
static bool answer(struct bench *b, struct tcp_hdr *hdr)
{
    struct link *link = &b->wire.ends[1].link;
    struct pkt *pkt = link->ops->rx(link, &b->pool, b->now);
    struct ip_hdr ip = { 0 };
    struct cursor c;

    if (!pkt) {
        return false;
    }
    c = cursor_over(sk_pkt_data(pkt), pkt->len);
    ck_assert_int_eq(ipv4_parse(&c, &ip), DROP_NONE);
    ck_assert_int_eq(tcp_parse(&c, hdr), DROP_NONE);
    sk_pkt_free(pkt);
    return true;
}

static enum oracle_reply kind_of(const struct tcp_hdr *reply, const struct tcp_hdr *hdr)
{
    uint32_t len = tcp_seg_len(hdr);

    switch (reply->flags) {
    case TCP_RST: /* RFC 9293 3.10.7.1, 3.10.7.2 */
        ck_assert_uint_eq(reply->seq, hdr->ack);
        return REPLY_RST;
    case TCP_RST | TCP_ACK:
        ck_assert_uint_eq(reply->seq, 0);
        ck_assert_uint_eq(reply->ack, hdr->seq + len);
        return REPLY_RST_ACK;
    case TCP_SYN | TCP_ACK:
        ck_assert_uint_eq(reply->ack, hdr->seq + 1);
        return REPLY_SYN_ACK;
    default:
        ck_abort_msg("unexpected flags %02x", reply->flags);
        return REPLY_NONE;
    }
}

/* Ends the half-open connection that `hdr` began, so that the backlog is empty again. */
static void reset(struct bench *b, struct tcp_hdr hdr)
{
    struct tcp_hdr reply;

    hdr.flags = TCP_RST;
    hdr.seq++;
    hdr.len = 0;
    inject(b, &hdr);
    ck_assert(!answer(b, &reply));
}

static void compare(struct bench *b, enum oracle_state state, uint8_t flags, uint32_t len)
{
    struct verdict want = oracle(state, (struct oracle_segment){ flags, SEQ_NEXT, ACK_ALL, len });
    struct tcp_hdr hdr = { .src_port = (uint16_t)(1024 + flags),
                           .dst_port = state == ORACLE_LISTEN ? OPEN_PORT : CLOSED_PORT,
                           .seq = UINT32_MAX - 5,
                           .ack = UINT32_MAX - 7,
                           .flags = flags,
                           .wnd = 1000,
                           .wscale = TCP_NO_WSCALE,
                           .len = len };
    enum oracle_reply got = REPLY_NONE;
    struct tcp_hdr reply;

    b->now += 1100000; /* past the limit on resets */
    settle(b);
    inject(b, &hdr);
    if (answer(b, &reply)) {
        got = kind_of(&reply, &hdr);
        ck_assert(!answer(b, &reply));
    }
    ck_assert_msg(got == want.reply, "state %d, flags %02x: wanted reply %d, got %d", state, flags,
                  want.reply, got);
    if (got == REPLY_SYN_ACK) {
        reset(b, hdr);
    }
}

static void compare_all(enum oracle_state state)
{
    struct bench *b = malloc(sizeof(*b));

    ck_assert_ptr_nonnull(b);
    begin(b);
    for (unsigned flags = 0; flags < 256; flags++) {
        compare(b, state, (uint8_t)flags, 0);
        compare(b, state, (uint8_t)flags, 10);
    }
    ck_assert_uint_eq(b->pool.n_free, N_PKTS);
    end(b);
    free(b);
}

START_TEST(hostile_TCPH_12_flags_where_nothing_listens)
{
    compare_all(ORACLE_CLOSED);
}
END_TEST

START_TEST(hostile_TCPH_12_flags_for_a_listener)
{
    compare_all(ORACLE_LISTEN);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_TCPH_12_flags_where_nothing_listens,
        hostile_TCPH_12_flags_for_a_listener,
        NULL,
    };

    return suite_run("flags of a host", tests);
}

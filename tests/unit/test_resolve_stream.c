/* SPDX-License-Identifier: BSD-3-Clause */
/* Names whose answers are too long for a datagram: they are asked for over TCP (RFC 7766). */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/dns_server.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"
#include "wire/dns.h"

#define N_RECORDS 60 /* of 16 octets in an answer */
#define N_ADDRS 8

static struct host h;
static struct frame f;
static struct peer p;
static struct sk_op op;
static struct sk_addr addrs[N_ADDRS];
static struct dns_record records[N_RECORDS];
static uint8_t query[DNS_MAX_UDP_LEN];
static size_t query_len;

/* The query in the datagram that was sent last; the server at `addr` cuts its answer short. */
static void cuts(struct ip_addr addr)
{
    const struct sent *s = host_sent(&h);
    uint8_t answer[DNS_MAX_UDP_LEN];

    ck_assert(s && s->ip.proto == IP_PROTO_UDP && ip_equal(s->ip.dst, addr));
    query_len = s->payload_len;
    memcpy(query, s->payload, query_len);
    memcpy(answer, query, query_len);
    answer[2] |= 0x82; /* a response, truncated */
    frame_udp(&f, (struct sk_addr){ addr, DNS_PORT }, (struct sk_addr){ HOST_IP, s->udp.src_port },
              answer, query_len);
    host_hear(&h, &f);
}

static void begin(const struct host_setup *setup)
{
    struct host_setup with = setup ? *setup : (struct host_setup){ 0 };

    with.config.dns[0].addr = PEER_IP;
    with.config.dns[1].addr = GATE_IP;
    for (uint32_t i = 0; i < N_RECORDS; i++) {
        records[i] = (struct dns_record){ .name = "long.example.org",
                                          .kind = DNS_RECORD_ADDR,
                                          .addr = ip4(0x0a010000 + i),
                                          .ttl = 60 };
    }
    host_begin(&h, &with);
    host_meet(&h);
    sk_resolve(&op, "long.example.org", 80, addrs, N_ADDRS);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    cuts(PEER_IP);
}

/* The connection that the host now makes. */
static void is_called(void)
{
    ck_assert_ptr_nonnull(h.link.out);
    peer_begin(&p, &h, DNS_PORT, h.link.out->tcp.src_port);
    peer_expect(&p, TCP_SYN);
    peer_send(&p, TCP_SYN | TCP_ACK, NULL, 0);
}

/* The question comes again, behind its length. */
static void is_asked(void)
{
    const struct sent *s = peer_expect(&p, TCP_ACK);

    if (s->payload_len == 0) {
        s = peer_expect(&p, TCP_ACK);
    }
    ck_assert_uint_gt(s->payload_len, 2);
    ck_assert_uint_eq(s->payload_len, 2u + be16(s->payload));
    query_len = s->payload_len - 2u;
    memcpy(query, s->payload + 2, query_len);
}

/* The answer with all its records, behind its length. */
static size_t whole(uint8_t message[2048])
{
    size_t len = dns_server_answer(records, 1, query, query_len, message + 2, DNS_MAX_UDP_LEN);
    size_t record = len - 16;

    ck_assert_uint_gt(len, 16);
    for (int i = 1; i < N_RECORDS; i++) {
        memcpy(message + 2 + len, message + 2 + record, 16);
        message[2 + len + 15] = (uint8_t)i;
        len += 16;
    }
    put_be16(message + 2 + 6, N_RECORDS);
    put_be16(message, (uint16_t)len);
    return 2 + len;
}

static void finds_it(void)
{
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert_uint_eq(op.done, N_ADDRS);
    for (uint32_t i = 0; i < N_ADDRS; i++) {
        ck_assert(ip_equal(addrs[i].addr, ip4(0x0a010000 + i)));
    }
}

START_TEST(a_long_answer_comes_over_tcp)
{
    static const size_t cuts_at[] = { 1, 2, 100, 970 };
    uint8_t message[2048];
    size_t len;

    for (size_t i = 0; i < 4; i++) {
        begin(NULL);
        is_called();
        is_asked();
        len = whole(message);
        ck_assert_uint_gt(len, 970);
        peer_send(&p, TCP_ACK, message, cuts_at[i]);
        ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
        host_run(&h, h.now + millis(50));
        peer_expect(&p, TCP_ACK);
        peer_send(&p, TCP_ACK, message + cuts_at[i], len - cuts_at[i]);
        finds_it();
        peer_expect(&p, TCP_ACK | TCP_FIN); /* it was all that we wanted */
        peer_send(&p, TCP_ACK | TCP_FIN, NULL, 0);
        host_forget(&h);
        host_end(&h);
    }
}
END_TEST

/* The program has nothing to do with the query's sockets. */
START_TEST(the_program_hears_nothing_of_it)
{
    struct sk_event event;
    uint8_t message[2048];

    begin(NULL);
    is_called();
    is_asked();
    peer_send(&p, TCP_ACK, message, whole(message) - 1);
    ck_assert_uint_eq(sk_iface_ready(h.iface, &event, 1), 0);
    ck_assert(sk_iface_drained(h.iface));
    host_free(&h);
}
END_TEST

static void refuse(void)
{
    peer_begin(&p, &h, DNS_PORT, h.link.out->tcp.src_port);
    peer_expect(&p, TCP_SYN);
    peer_send(&p, TCP_RST | TCP_ACK, NULL, 0);
}

static void say(size_t len, uint8_t flags, int change_at)
{
    uint8_t message[2048];
    size_t all;

    is_called();
    is_asked();
    all = whole(message);
    if (change_at >= 0) {
        message[change_at] ^= 0xff;
    }
    peer_send(&p, flags, message, len < all ? len : all);
}

static void end_at_once(void)
{
    say(0, TCP_ACK | TCP_FIN, -1);
}

static void end_in_its_middle(void)
{
    say(100, TCP_ACK | TCP_FIN, -1);
}

static void reset_in_its_middle(void)
{
    say(100, TCP_ACK | TCP_RST, -1);
}

static void speak_of_another_question(void)
{
    say(2048, TCP_ACK, 2);
}

static void speak_nonsense(void)
{
    say(2048, TCP_ACK, 2 + 12);
}

static void say_nothing(void)
{
    say(0, TCP_ACK, -1);
    host_run(&h, h.now + seconds(3));
}

static void cut_it_again(void)
{
    uint8_t message[2048];

    is_called();
    is_asked();
    put_be16(message, (uint16_t)query_len);
    memcpy(message + 2, query, query_len);
    message[4] |= 0x82;
    peer_send(&p, TCP_ACK, message, 2 + query_len);
}

/* Whatever goes wrong, the next server is asked, in a datagram first. */
START_TEST(the_next_server_after_a_bad_connection)
{
    static void (*const ways[])(void) = { refuse,
                                          end_at_once,
                                          end_in_its_middle,
                                          reset_in_its_middle,
                                          speak_of_another_question,
                                          speak_nonsense,
                                          say_nothing,
                                          cut_it_again };

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        uint8_t answer[DNS_MAX_UDP_LEN];
        const struct sent *s;
        size_t len;

        begin(NULL);
        ways[i]();
        ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
        do {
            s = host_sent(&h);
            ck_assert_ptr_nonnull(s);
        } while (s->eth.type == ETH_TYPE_ARP || s->ip.proto == IP_PROTO_TCP);
        ck_assert(ip_equal(s->ip.dst, GATE_IP));
        len = dns_server_answer(records, 8, s->payload, s->payload_len, answer, sizeof(answer));
        frame_udp(&f, (struct sk_addr){ GATE_IP, DNS_PORT },
                  (struct sk_addr){ HOST_IP, s->udp.src_port }, answer, len);
        host_hear(&h, &f);
        finds_it();
        host_end(&h);
    }
}
END_TEST

/* An answer that the receive buffer has no room for; and no connection, since all are in use. */
START_TEST(what_is_too_long_for_us)
{
    struct host_setup small = { .config = { .n_tcp = 1, .rcvbuf = 512, .sndbuf = 512 } };
    uint8_t message[2048];

    small.config.buffers[0] = (struct sk_buffer_class){ 512, 8 };
    begin(&small);
    is_called();
    is_asked();
    peer_send(&p, TCP_ACK, message, whole(message) < 512 ? 0 : 512);
    host_poll(&h);
    while (h.link.out && h.link.out->ip.proto == IP_PROTO_TCP) {
        host_sent(&h);
    }
    cuts(GATE_IP); /* the record is in use by the connection that is closing: none can be made */
    host_run(&h, h.now + seconds(60));
    ck_assert_int_eq(host_try(&h, &op), SK_TIMED_OUT);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_long_answer_comes_over_tcp, the_program_hears_nothing_of_it,
                                   the_next_server_after_a_bad_connection, what_is_too_long_for_us,
                                   NULL };

    return suite_run("resolve_stream", tests);
}

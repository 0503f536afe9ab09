/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The questions that names become: which server hears them, and from which port; what counts as the
 * answer, also from a server that is not what it says; who shares it, and for how long.
 */
#include "proto/dns.h"
#include "tests/support/resolve_fixture.h"
#include "tests/support/suite.h"

/* RFC 6891 6.2.3: no more is asked for than the socket has room for. */
START_TEST(the_longest_answer_that_is_asked_for)
{
    for (int small = 0; small < 2; small++) {
        struct host_setup setup = { .config = { .dns[0].addr = PEER_IP } };
        static const uint8_t text[DNS_EDNS_LEN];
        const struct sent *s;
        struct sk_op op;
        uint16_t len;

        if (small) {
            setup.config.rcvbuf = setup.config.sndbuf = 1024;
            setup.config.buffers[0] = (struct sk_buffer_class){ 1024, 8 };
        }
        host_begin(&h, &setup);
        host_meet(&h);
        sk_resolve(&op, "www.example.org", 80, addrs, N_ADDRS);
        ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
        host_poll(&h);
        s = host_sent(&h);
        len = be16(s->payload + s->payload_len - 8); /* behind the root and the type */
        if (small) {
            ck_assert_uint_gt(len, DNS_MAX_UDP_LEN);
            ck_assert_uint_lt(len, 1024);
        } else {
            ck_assert_uint_eq(len, DNS_EDNS_LEN);
        }
        frame_udp(&f, (struct sk_addr){ PEER_IP, DNS_PORT },
                  (struct sk_addr){ HOST_IP, s->udp.src_port }, text, len);
        host_hear(&h, &f);
        ck_assert_uint_eq(host_drops(&h, DROP_UDP_QUEUE_FULL), 0);
        host_free(&h);
    }
}
END_TEST

START_TEST(the_second_server_helps)
{
    static const enum server first[] = { SILENT, REFUSES, FAILS };

    for (size_t i = 0; i < 3; i++) {
        instant begun;

        begin();
        servers[0] = first[i];
        begun = h.now;
        expect("www.example.org", SK_OK, 1);
        ck_assert_int_eq(n_asked[0], 1);
        ck_assert_int_eq(n_asked[1], 1);
        ck_assert_int_le(h.now - begun, first[i] == SILENT ? seconds(3) : 0);
        host_end(&h);
    }
}
END_TEST

START_TEST(no_server_helps)
{
    instant begun;

    begin();
    servers[0] = servers[1] = SILENT;
    begun = h.now;
    expect("www.example.org", SK_TIMED_OUT, 0);
    ck_assert_int_eq(n_asked[0], 3);
    ck_assert_int_eq(n_asked[1], 3);
    ck_assert_int_ge(h.now - begun, seconds(28)); /* 2 + 4 + 8 seconds for each */
    ck_assert_int_le(h.now - begun, seconds(29));
    servers[0] = servers[1] = REFUSES;
    begun = h.now;
    expect("www.example.org", SK_NAME_NO_SERVER, 0);
    ck_assert_int_le(h.now - begun, seconds(1));
    host_end(&h);
}
END_TEST

START_TEST(no_server_is_known)
{
    size_t n;

    host_begin(&h, NULL);
    ck_assert_int_eq(resolve("www.example.org", &n), SK_NAME_NO_SERVER);
    host_end(&h);
}
END_TEST

/* RFC 5452: another id, question, port or address, and the query goes on as if nothing came. */
START_TEST(answers_that_are_not_from_the_server)
{
    struct sk_op op;
    const struct sent *s;
    uint8_t query[DNS_MAX_UDP_LEN];
    uint8_t answer[DNS_MAX_UDP_LEN];
    struct dns_record lie = {
        .name = "www.example.org", .kind = DNS_RECORD_ADDR, .addr = ip4(0x06060606), .ttl = 60
    };
    struct sk_addr server = { PEER_IP, DNS_PORT };
    struct sk_addr us = { HOST_IP, 0 };
    size_t len;

    begin();
    sk_resolve(&op, "www.example.org", 80, addrs, N_ADDRS);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    s = host_sent(&h);
    memcpy(query, s->payload, s->payload_len);
    us.port = s->udp.src_port;
    len = dns_server_answer(&lie, 1, query, s->payload_len, answer, sizeof(answer));
    ck_assert_uint_gt(len, 0);
    frame_udp(&f, (struct sk_addr){ GATE_IP, DNS_PORT }, us, answer, len);
    host_hear_drop(&h, &f, DROP_UDP_NO_SOCKET);
    frame_udp(&f, (struct sk_addr){ PEER_IP, 54 }, us, answer, len);
    host_hear_drop(&h, &f, DROP_UDP_NO_SOCKET);
    for (unsigned bit = 0; bit < 16; bit++) {
        answer[bit / 8] ^= (uint8_t)(1u << bit % 8);
        frame_udp(&f, server, us, answer, len);
        host_hear_drop(&h, &f, DROP_DNS_UNEXPECTED);
        answer[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    answer[13] = 'v'; /* of another question */
    frame_udp(&f, server, us, answer, len);
    host_hear_drop(&h, &f, DROP_DNS_UNEXPECTED);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_forget(&h);
    ck_assert_int_eq(finish(&op), SK_OK);
    ck_assert(ip_equal(addrs[0].addr, address_of(0)));
    host_end(&h);
}
END_TEST

/* The answer of the first server comes when the second is being asked: it counts once it is the
 * first one's turn again, whichever copy it answers. */
START_TEST(a_late_answer_counts_in_its_servers_turn)
{
    struct sk_op op;
    const struct sent *first;

    begin();
    servers[0] = servers[1] = SILENT;
    sk_resolve(&op, "www.example.org", 80, addrs, N_ADDRS);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    first = host_sent(&h);
    ck_assert(first && ip_equal(first->ip.dst, PEER_IP));
    host_run(&h, h.now + millis(2100));
    ck_assert_uint_eq(host_drops(&h, DROP_UDP_NO_SOCKET), 0);
    servers[0] = ANSWERS;
    serve(0, first);
    ck_assert_uint_eq(host_drops(&h, DROP_UDP_NO_SOCKET), 1);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_run(&h, h.now + seconds(2));
    serve(0, first);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert(ip_equal(addrs[0].addr, address_of(0)));
    host_free(&h);
}
END_TEST

START_TEST(ports_and_ids_are_not_to_be_guessed)
{
    uint32_t seen[32];

    begin();
    for (size_t i = 0; i < 32; i++) {
        struct sk_op op;
        const struct sent *s;

        sk_resolve(&op, "now.example.org", 80, addrs, N_ADDRS);
        ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
        host_poll(&h);
        s = host_sent(&h);
        ck_assert_uint_ge(s->udp.src_port, 32768);
        seen[i] = (uint32_t)s->udp.src_port << 16 | be16(s->payload);
        for (size_t j = 0; j < i; j++) {
            EXPECT(seen[j] >> 16 != seen[i] >> 16 && (seen[j] & 0xffff) != (seen[i] & 0xffff));
        }
        serve(0, s);
        ck_assert_int_eq(host_try(&h, &op), SK_OK);
    }
    host_end(&h);
}
END_TEST

/* RFC 5452 9.2: who guesses the port of one has not guessed that of the other. */
START_TEST(queries_at_once_have_ports_of_their_own)
{
    struct sk_op ops[2];
    const struct sent *s;
    uint16_t port;

    begin();
    sk_resolve(&ops[0], "www.example.org", 80, addrs, N_ADDRS);
    sk_resolve(&ops[1], "two.example.org", 80, addrs, N_ADDRS);
    ck_assert_int_eq(host_try(&h, &ops[0]), SK_PENDING);
    ck_assert_int_eq(host_try(&h, &ops[1]), SK_PENDING);
    host_poll(&h);
    s = host_sent(&h);
    ck_assert_ptr_nonnull(s);
    port = s->udp.src_port;
    s = host_sent(&h);
    ck_assert(s && s->udp.dst_port == DNS_PORT && s->udp.src_port != port);
    host_free(&h);
}
END_TEST

static const char *const names[] = { "www.example.org", "two.example.org", "alias.example.org" };

static enum sk_err begins(struct sk_op *op, const char *name)
{
    sk_resolve(op, name, 80, addrs, N_ADDRS);
    return host_try(&h, op);
}

/* Forgotten queries end by themselves; meanwhile they are all there are. */
START_TEST(hostile_DNS_15_forgotten_queries)
{
    struct sk_op ops[CONFIG_N_QUERIES + 1];

    begin();
    for (size_t i = 0; i <= CONFIG_N_QUERIES; i++) {
        ck_assert_int_eq(begins(&ops[i], names[i]),
                         i < CONFIG_N_QUERIES ? SK_PENDING : SK_NO_SOCKETS);
    }
    ck_assert(!sk_iface_idle(h.iface));
    ck_assert(sk_iface_drained(h.iface)); /* an exit does not wait for them */
    serve_all();
    ck_assert(sk_iface_drained(h.iface));
    ck_assert_int_eq(host_try(&h, &ops[0]), SK_OK);
    ck_assert_int_eq(begins(&ops[CONFIG_N_QUERIES], names[CONFIG_N_QUERIES]), SK_PENDING);
    serve_all();
    host_run(&h, h.now + seconds(40));
    ck_assert(sk_iface_idle(h.iface));
    host_end(&h);
}
END_TEST

/* Nobody fetched its answer, and another query has its place: it is asked for again. */
START_TEST(an_old_query_has_no_part_in_a_new_one)
{
    struct sk_op old;
    struct sk_op ops[CONFIG_N_QUERIES];

    begin();
    ck_assert_int_eq(begins(&old, "alias.example.org"), SK_PENDING);
    serve_all();
    host_run(&h, h.now + seconds(70));
    for (size_t i = 0; i < CONFIG_N_QUERIES; i++) {
        ck_assert_int_eq(begins(&ops[i], names[i]), SK_PENDING);
    }
    serve_all();
    ck_assert_int_eq(host_try(&h, &old), SK_NO_SOCKETS);
    for (size_t i = 0; i < CONFIG_N_QUERIES; i++) {
        ck_assert_int_eq(host_try(&h, &ops[i]), SK_OK);
    }
    host_end(&h);
}
END_TEST

/* What is on its way in the network that was left is not the answer here. */
START_TEST(a_question_is_asked_again_in_another_network)
{
    uint16_t old_port;
    const struct sent *s;
    struct sk_op op;

    begin();
    ck_assert_int_eq(begins(&op, "www.example.org"), SK_PENDING);
    host_poll(&h);
    s = host_sent(&h);
    ck_assert(s && s->udp.dst_port == DNS_PORT);
    old_port = s->udp.src_port;
    ck_assert_int_eq(sk_netif_renew(h.iface, 2, h.now), SK_OK);
    serve_all();
    serve_all();
    ck_assert_int_eq(n_asked[0], 1);
    frame_udp(&f, (struct sk_addr){ PEER_IP, DNS_PORT }, (struct sk_addr){ HOST_IP, old_port },
              "late", 4);
    host_hear_drop(&h, &f, DROP_UDP_NO_SOCKET);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    host_end(&h);
}
END_TEST

/* RFC 5452 5: many questions at once would be as many chances for a forger. */
START_TEST(hostile_DNS_08_a_name_is_asked_for_once)
{
    struct sk_op ops[100];

    begin();
    for (size_t i = 0; i < 100; i++) {
        ck_assert_int_eq(begins(&ops[i], i % 2 ? "WWW.example.org." : "www.Example.ORG"),
                         SK_PENDING);
    }
    serve_all();
    ck_assert_int_eq(n_asked[0] + n_asked[1], 1);
    for (size_t i = 0; i < 100; i++) {
        addrs[0].addr = ip4(0);
        ck_assert_int_eq(host_try(&h, &ops[i]), SK_OK);
        ck_assert(ip_equal(addrs[0].addr, address_of(0)));
    }
    host_end(&h);
}
END_TEST

static void resolves(const char *name, int n_questions)
{
    struct sk_op op;
    int before = n_asked[0] + n_asked[1];

    sk_resolve(&op, name, 80, addrs, N_ADDRS);
    ck_assert_int_eq(finish(&op), SK_OK);
    ck_assert_int_eq(n_asked[0] + n_asked[1] - before, n_questions);
    ck_assert(sk_iface_idle(h.iface));
}

/* RFC 1035 3.2.1: as long as it lives, which is 60 seconds here. */
START_TEST(an_answer_is_remembered)
{
    begin();
    resolves("www.example.org", 1);
    ck_assert(ip_equal(addrs[0].addr, address_of(0)));
    addrs[0].addr = ip4(0);
    resolves("www.EXAMPLE.org.", 0);
    ck_assert(ip_equal(addrs[0].addr, address_of(0)) && addrs[0].port == 80);
    resolves("two.example.org.", 1);
    resolves("two.example.org", 0);
    resolves("www.example.org", 0);
    host_run(&h, h.now + seconds(59));
    resolves("www.example.org", 0);
    host_run(&h, h.now + seconds(2));
    resolves("www.example.org", 1);
    resolves("alias.example.org", 1); /* the stale one, or the oldest, gives way */
    resolves("www.example.org", 0);
    host_end(&h);
}
END_TEST

START_TEST(what_lives_no_time_and_what_is_not_there_is_asked_for_again)
{
    struct sk_op op;

    begin();
    resolves("now.example.org", 1);
    resolves("now.example.org", 1);
    for (int i = 1; i <= 2; i++) {
        sk_resolve(&op, "empty.example.org", 80, addrs, N_ADDRS);
        ck_assert_int_eq(finish(&op), SK_NAME_NO_ADDRESS);
        ck_assert_int_eq(n_asked[0] + n_asked[1], 2 + i);
    }
    host_end(&h);
}
END_TEST

/* RFC 2308 5: for the 30 seconds that its zone says. */
START_TEST(what_is_not_there_is_remembered)
{
    static const struct {
        const char *name;
        enum sk_err err;
    } rows[] = { { "none.zone.example.org", SK_NAME_UNKNOWN },
                 { "empty.zone.example.org", SK_NAME_NO_ADDRESS } };

    for (size_t i = 0; i < 2; i++) {
        begin();
        for (int n = 0; n < 2; n++) {
            expect(rows[i].name, rows[i].err, 0);
            ck_assert_int_eq(n_asked[0], n + 1);
            host_run(&h, h.now + seconds(29));
            expect(rows[i].name, rows[i].err, 0);
            ck_assert_int_eq(n_asked[0], n + 1);
            host_run(&h, h.now + seconds(2));
        }
        host_end(&h);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_longest_answer_that_is_asked_for,
        the_second_server_helps,
        no_server_helps,
        no_server_is_known,
        answers_that_are_not_from_the_server,
        a_late_answer_counts_in_its_servers_turn,
        ports_and_ids_are_not_to_be_guessed,
        queries_at_once_have_ports_of_their_own,
        hostile_DNS_15_forgotten_queries,
        an_old_query_has_no_part_in_a_new_one,
        a_question_is_asked_again_in_another_network,
        hostile_DNS_08_a_name_is_asked_for_once,
        an_answer_is_remembered,
        what_lives_no_time_and_what_is_not_there_is_asked_for_again,
        what_is_not_there_is_remembered,
        NULL,
    };

    return suite_run("resolve_queries", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names through the whole host: against two name servers, 10.0.0.2 and 10.0.0.254, of which each
 * may answer, be silent or not be there, and against one that is not what it says.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/tick.h"
#include "proto/dns.h"
#include "tests/support/dns_server.h"
#include "tests/support/frames.h"
#include "tests/support/suite.h"
#include "wire/dns.h"

#define N_ADDRS 4

enum server { ANSWERS, SILENT, REFUSES, FAILS };

static struct host h;
static struct frame f;
static enum server servers[2];
static int n_asked[2];
static struct sk_addr addrs[N_ADDRS];

static const struct dns_record RECORDS[] = {
    { .name = "www.example.org", .kind = DNS_RECORD_ADDR, .ttl = 60 },
    { .name = "two.example.org", .kind = DNS_RECORD_ADDR, .ttl = 60 },
    { .name = "two.example.org", .kind = DNS_RECORD_ADDR, .ttl = 60 },
    { .name = "alias.example.org",
      .kind = DNS_RECORD_ALIAS,
      .alias_of = "www.example.org",
      .ttl = 60 },
    { .name = "empty.example.org", .kind = DNS_RECORD_EMPTY },
    { .name = "now.example.org", .kind = DNS_RECORD_ADDR },
    { .name = "fails.example.org", .kind = DNS_RECORD_FAILS, .rcode = DNS_SERVFAIL },
    { .name = "silent.example.org", .kind = DNS_RECORD_SILENT },
    { .name = "zone.example.org", .kind = DNS_RECORD_ZONE, .ttl = 30 },
    { .name = "empty.zone.example.org", .kind = DNS_RECORD_EMPTY },
    { .name = "100.10.168.192.in-addr.arpa",
      .kind = DNS_RECORD_POINTER,
      .alias_of = "printer.example.org",
      .ttl = 60 },
    { .name = "101.10.168.192.in-addr.arpa",
      .kind = DNS_RECORD_ALIAS,
      .alias_of = "101.0-25.10.168.192.in-addr.arpa",
      .ttl = 60 },
    { .name = "101.0-25.10.168.192.in-addr.arpa",
      .kind = DNS_RECORD_POINTER,
      .alias_of = "scanner.example.org",
      .ttl = 60 },
    { .name = "102.10.168.192.in-addr.arpa", .kind = DNS_RECORD_EMPTY },
    { .name = "104.10.168.192.in-addr.arpa",
      .kind = DNS_RECORD_POINTER,
      .alias_of = "a name; of\nno host.org",
      .ttl = 60 },
};
#define N_RECORDS (sizeof(RECORDS) / sizeof(RECORDS[0]))

static void begin(void)
{
    struct host_setup setup = { 0 };

    setup.config.dns[0].addr = PEER_IP;
    setup.config.dns[1].addr = GATE_IP;
    host_begin(&h, &setup);
    host_meet(&h);
    memset(n_asked, 0, sizeof(n_asked));
    servers[0] = servers[1] = ANSWERS;
}

static struct ip_addr address_of(size_t record)
{
    return ip4(0xc0000201 + (uint32_t)record);
}

/* What the server `i` makes of the query `s`. */
static void serve(int i, const struct sent *s)
{
    struct dns_record records[N_RECORDS];
    uint8_t answer[DNS_MAX_UDP_LEN];
    uint8_t query[DNS_MAX_UDP_LEN];
    size_t len = 0;

    n_asked[i]++;
    memcpy(records, RECORDS, sizeof(records));
    for (size_t r = 0; r < N_RECORDS; r++) {
        records[r].addr = address_of(r);
    }
    memcpy(query, s->payload, s->payload_len);
    if (servers[i] == ANSWERS) {
        len = dns_server_answer(records, N_RECORDS, query, s->payload_len, answer, sizeof(answer));
    } else if (servers[i] == FAILS) {
        struct dns_record failing = { .name = "www.example.org",
                                      .kind = DNS_RECORD_FAILS,
                                      .rcode = DNS_REFUSED };

        len = dns_server_answer(&failing, 1, query, s->payload_len, answer, sizeof(answer));
    } else if (servers[i] == REFUSES) {
        frame_icmp_error(&f, s->ip.dst, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, s->ip_at,
                         IPV4_HDR_LEN + 8);
        host_hear(&h, &f);
    }
    if (len > 0) {
        frame_udp(&f, (struct sk_addr){ s->ip.dst, DNS_PORT },
                  (struct sk_addr){ HOST_IP, s->udp.src_port }, answer, len);
        host_hear(&h, &f);
    }
}

static void serve_all(void)
{
    struct arp_hdr arp = { .op = ARP_REPLY, .tha = HOST_MAC, .tpa = HOST_IP };

    host_poll(&h);
    for (const struct sent *s; (s = host_sent(&h)) != NULL;) {
        if (s->eth.type != ETH_TYPE_ARP) {
            EXPECT(s->ip.proto == IP_PROTO_UDP && s->udp.dst_port == DNS_PORT);
            serve(ip_equal(s->ip.dst, PEER_IP) ? 0 : 1, s);
        } else if (s->arp.op == ARP_REQUEST) {
            arp.spa = s->arp.tpa;
            arp.sha = ip_equal(arp.spa, PEER_IP) ? PEER_MAC : GATE_MAC;
            frame_arp(&f, &arp);
            host_hear(&h, &f);
        }
    }
}

static enum sk_err finish(struct sk_op *op)
{
    instant until = h.now + seconds(120);
    enum sk_err err = host_try(&h, op);

    while (err == SK_PENDING && h.now < until) {
        instant at;

        serve_all();
        err = host_try(&h, op);
        at = sk_iface_poll_at(h.iface, h.now);
        if (err == SK_PENDING && at > h.now) {
            host_run(&h, at < until ? at : until);
        }
    }
    return err;
}

static enum sk_err resolve(const char *name, size_t *n)
{
    struct sk_op op;
    enum sk_err err;

    memset(addrs, 0xee, sizeof(addrs));
    sk_resolve(&op, name, 80, addrs, N_ADDRS);
    err = finish(&op);
    *n = op.done;
    return err;
}

static void expect(const char *name, enum sk_err expected, size_t n_expected)
{
    size_t n;
    enum sk_err err = resolve(name, &n);

    ck_assert_msg(err == expected && (err != SK_OK || n == n_expected), "%s: %s, %zu addresses",
                  name, sk_err_name(err), n);
}

START_TEST(names_of_every_kind)
{
    static const char *const no_names[] = { "", ".", "a..b" };
    size_t n;

    begin();
    expect("www.example.org", SK_OK, 1);
    ck_assert(ip_equal(addrs[0].addr, address_of(0)) && addrs[0].port == 80);
    expect("WWW.Example.ORG", SK_OK, 1);
    expect("www.example.org.", SK_OK, 1);
    expect("two.example.org", SK_OK, 2);
    expect("alias.example.org", SK_OK, 1);
    ck_assert(ip_equal(addrs[0].addr, address_of(0)));
    expect("empty.example.org", SK_NAME_NO_ADDRESS, 0);
    expect("none.example.org", SK_NAME_UNKNOWN, 0);
    expect("fails.example.org", SK_NAME_FAILED, 0);
    expect("silent.example.org", SK_TIMED_OUT, 0);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(resolve(no_names[i], &n), SK_INVALID);
    }
    ck_assert(sk_iface_idle(h.iface));
    host_end(&h);
}
END_TEST

START_TEST(an_address_is_its_own_answer)
{
    begin();
    expect("192.0.2.7", SK_OK, 1);
    ck_assert(ip_equal(addrs[0].addr, ip4(0xc0000207)) && addrs[0].port == 80);
    ck_assert_int_eq(n_asked[0] + n_asked[1], 0);
    host_end(&h);
}
END_TEST

/* The names that are asked for, in their order, until one has an address. */
static void asks_for(const char *name, const char *const *expected, size_t n, enum sk_err result)
{
    size_t n_questions = 0;
    struct sk_op op;
    enum sk_err err;

    sk_resolve(&op, name, 80, addrs, N_ADDRS);
    while ((err = host_try(&h, &op)) == SK_PENDING) {
        const struct sent *s;

        host_poll(&h);
        s = host_sent(&h);
        if (s && s->eth.type != ETH_TYPE_ARP) {
            char asked[256] = "";
            size_t len = 0;

            for (const uint8_t *at = s->payload + 12; *at != 0; at += 1 + *at) {
                len += (size_t)snprintf(asked + len, sizeof(asked) - len, "%s%.*s", len ? "." : "",
                                        (int)*at, (const char *)at + 1);
            }
            ck_assert_uint_lt(n_questions, n);
            ck_assert_msg(strcasecmp(asked, expected[n_questions]) == 0, "%s, not %s", asked,
                          expected[n_questions]);
            n_questions++;
            serve(0, s);
        }
    }
    ck_assert_uint_eq(n_questions, n);
    ck_assert_int_eq(err, result);
}

/* RFC 1123 6.1.4.3: a name without a dot in the domains first, another as it is first; one that
 * ends with a dot is as it is. */
START_TEST(names_in_the_domains_of_the_search_list)
{
    static const char *const short_name[] = { "www.lab.example", "www.example.org" };
    static const char *const nowhere[] = { "x.lab.example", "x.example.org", "x" };
    static const char *const dotted[] = { "a.b", "a.b.lab.example", "a.b.example.org" };
    static const char *const found[] = { "www.example.org" };
    static const char *const absolute[] = { "www" };
    static const char *const fails[] = { "fails.lab.example", "fails.example.org" };
    struct host_setup setup = { .config = { .search = { "lab.example", "example.org" },
                                            .n_queries = 8 } };
    char too_long[DNS_MAX_NAME_LEN + 1];
    const char *const only[] = { too_long };

    setup.config.dns[0].addr = PEER_IP;
    host_begin(&h, &setup);
    host_meet(&h);
    servers[0] = ANSWERS;
    asks_for("www", short_name, 2, SK_OK);
    ck_assert(ip_equal(addrs[0].addr, address_of(0)));
    asks_for("x", nowhere, 3, SK_NAME_UNKNOWN);
    asks_for("a.b", dotted, 3, SK_NAME_UNKNOWN);
    asks_for("www.example.org", found, 0, SK_OK); /* it was, above */
    asks_for("www.", absolute, 1, SK_NAME_UNKNOWN);
    asks_for("fails", fails, 2, SK_NAME_FAILED); /* nobody can say that it is not there */
    memset(too_long, 'a', sizeof(too_long));
    for (size_t i = 63; i < sizeof(too_long); i += 64) {
        too_long[i] = '.';
    }
    too_long[sizeof(too_long) - 1] = '\0';
    asks_for(too_long, only, 1, SK_NAME_UNKNOWN);
    host_end(&h);
    setup.config.search[1] = "no..domain";
    setup.config.size = sizeof(setup.config);
    ck_assert_uint_eq(sk_iface_size(&setup.config), 0);
}
END_TEST

/* RFC 6761 6.3, 6.4: no server hears of them. */
START_TEST(names_of_no_network)
{
    begin();
    expect("localhost", SK_OK, 1);
    ck_assert(ip_equal(addrs[0].addr, ip4(0x7f000001)) && addrs[0].port == 80);
    expect("Sensor.Localhost.", SK_OK, 1);
    expect("invalid", SK_NAME_UNKNOWN, 0);
    expect("sensor.invalid.", SK_NAME_UNKNOWN, 0);
    ck_assert_int_eq(n_asked[0] + n_asked[1], 0);
    host_end(&h);
}
END_TEST

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

/* Forgotten queries end by themselves; meanwhile they are all there are. */
static const char *const names[] = { "www.example.org", "two.example.org", "alias.example.org" };

static enum sk_err begins(struct sk_op *op, const char *name)
{
    sk_resolve(op, name, 80, addrs, N_ADDRS);
    return host_try(&h, op);
}

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

START_TEST(hostile_DNS_15_more_addresses_than_asked_for)
{
    struct sk_op op;

    begin();
    memset(addrs, 0, sizeof(addrs));
    sk_resolve(&op, "two.example.org", 80, addrs, 1);
    ck_assert_int_eq(finish(&op), SK_OK);
    ck_assert_uint_eq(op.done, 1);
    ck_assert_uint_eq(addrs[1].port, 0);
    host_end(&h);
}
END_TEST

static enum sk_err name_of(struct ip_addr addr, char *name, size_t size, size_t *len)
{
    struct sk_op op;
    enum sk_err err;

    sk_resolve_addr(&op, addr, name, size);
    err = finish(&op);
    *len = op.done;
    return err;
}

/* RFC 1123 6.1.4.3: the other way round, and remembered like any other answer. */
START_TEST(the_name_of_an_address)
{
    char name[DNS_MAX_NAME_LEN + 1];
    size_t len;

    begin();
    for (int i = 0; i < 2; i++) {
        memset(name, 0xee, sizeof(name));
        ck_assert_int_eq(name_of(ip4(0xc0a80a64), name, sizeof(name), &len), SK_OK);
        ck_assert_str_eq(name, "printer.example.org");
        ck_assert_uint_eq(len, strlen(name));
        ck_assert_int_eq(n_asked[0], 1);
    }
    ck_assert_int_eq(resolve("printer.example.org", &len), SK_NAME_UNKNOWN); /* no answer to that */
    ck_assert_int_eq(n_asked[0], 2);
    ck_assert_int_eq(name_of(ip4(0xc0a80a65), name, sizeof(name), &len), SK_OK);
    ck_assert_str_eq(name, "scanner.example.org"); /* RFC 2317: by an alias */
    host_end(&h);
}
END_TEST

START_TEST(an_address_without_a_name)
{
    char name[DNS_MAX_NAME_LEN + 1] = "before";
    size_t len;

    begin();
    ck_assert_int_eq(name_of(ip4(0xc0a80a66), name, sizeof(name), &len), SK_NAME_NO_ADDRESS);
    ck_assert_int_eq(name_of(ip4(0xc0a80a67), name, sizeof(name), &len), SK_NAME_UNKNOWN);
    ck_assert_int_eq(name_of(ip4(0xc0a80a68), name, sizeof(name), &len), SK_NAME_NO_ADDRESS);
    ck_assert_str_eq(name, "before");
    host_end(&h);
}
END_TEST

START_TEST(a_name_that_does_not_fit)
{
    char name[32];
    size_t len;

    begin();
    memset(name, 'x', sizeof(name));
    ck_assert_int_eq(name_of(ip4(0xc0a80a64), name, 19, &len), SK_MSG_SIZE);
    ck_assert_uint_eq(len, 19);
    ck_assert_mem_eq(name, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", sizeof(name));
    ck_assert_int_eq(name_of(ip4(0xc0a80a64), name, 20, &len), SK_OK);
    ck_assert_mem_eq(name, "printer.example.org\0x", 21);
    host_end(&h);
}
END_TEST

/* RFC 6761 6.3: nobody is asked. */
START_TEST(the_name_of_the_loopback)
{
    char name[16];
    size_t len;

    begin();
    ck_assert_int_eq(name_of(ip4(0x7f000005), name, sizeof(name), &len), SK_OK);
    ck_assert_str_eq(name, "localhost");
    ck_assert_int_eq(n_asked[0], 0);
    host_end(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { names_of_every_kind,
                                   an_address_is_its_own_answer,
                                   names_in_the_domains_of_the_search_list,
                                   names_of_no_network,
                                   the_longest_answer_that_is_asked_for,
                                   the_second_server_helps,
                                   a_late_answer_counts_in_its_servers_turn,
                                   no_server_helps,
                                   no_server_is_known,
                                   answers_that_are_not_from_the_server,
                                   ports_and_ids_are_not_to_be_guessed,
                                   queries_at_once_have_ports_of_their_own,
                                   hostile_DNS_15_forgotten_queries,
                                   an_old_query_has_no_part_in_a_new_one,
                                   a_question_is_asked_again_in_another_network,
                                   hostile_DNS_08_a_name_is_asked_for_once,
                                   an_answer_is_remembered,
                                   what_is_not_there_is_remembered,
                                   what_lives_no_time_and_what_is_not_there_is_asked_for_again,
                                   hostile_DNS_15_more_addresses_than_asked_for,
                                   the_name_of_an_address,
                                   an_address_without_a_name,
                                   a_name_that_does_not_fit,
                                   the_name_of_the_loopback,
                                   NULL };

    return suite_run("resolve", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The servers that simulations use, octet for octet against the clients that they are there for. */
#include <check.h>
#include <string.h>

#include "proto/dhcp.h"
#include "tests/support/dhcp_server.h"
#include "tests/support/dns_server.h"
#include "tests/support/exact.h"
#include "tests/support/suite.h"
#include "wire/dns.h"

static struct dhcp_server server;
static struct dhcp_client client;
static struct rng rng;

static void begin(void)
{
    static const uint8_t seed[16] = "servers";

    rng_init(&rng, seed);
    dhcp_server_init(&server);
    dhcp_init(&client, (struct mac_addr){ { 2, 0, 0, 0, 0, 1 } }, &rng);
}

/* One message of the client's to the server, and the answer back; false: there was none, or it was
 * of no use. */
static bool exchange(struct dhcp_client *from, instant now, struct ip_addr *answered_to)
{
    uint8_t request[DHCP_MAX_LEN];
    uint8_t answer[DHCP_MAX_LEN];
    struct writer w = writer_over(request, sizeof request);
    struct dhcp_msg msg;
    struct ip_addr dst;
    enum drop_reason reason;
    size_t len;
    bool changed;

    ck_assert(dhcp_next(from, now, &msg, &dst));
    ck_assert(dhcp_emit(&w, &msg));
    dhcp_sent(from, now);
    len = dhcp_server_answer(&server, request, w.len, answer, sizeof answer, answered_to);
    if (len == 0) {
        return false;
    }
    WITH_EXACT(c, answer, len, reason = dhcp_parse(&c, &msg));
    ck_assert_int_eq(reason, DROP_NONE);
    return dhcp_arrives(from, &msg, now, &changed) == DROP_NONE;
}

START_TEST(a_client_has_the_lease_that_the_server_gives)
{
    struct ip_addr to;

    begin();
    server.mtu = 1400;
    server.renewal = 1000;
    server.rebinding = 2000;
    dhcp_start(&client, 0);
    ck_assert(exchange(&client, 0, &to));
    ck_assert(ip_equal(to, ip4(0xffffffff)));
    ck_assert(exchange(&client, 0, &to));
    ck_assert(dhcp_has_lease(&client));
    ck_assert(ip_equal(client.lease.addr, ip4(0x0a00000f)));
    ck_assert_uint_eq(client.lease.prefix_len, 24);
    ck_assert(ip_equal(client.lease.gateways[0], server.router));
    ck_assert_uint_eq(client.lease.n_dns, 1);
    ck_assert(ip_equal(client.lease.dns[0], server.dns[0]));
    ck_assert_uint_eq(client.lease.mtu, 1400);
    ck_assert_int_eq(client.expire_at, seconds(3600));
    ck_assert_int_le(client.renew_at, seconds(1000));
    ck_assert_uint_eq(server.n_discovers, 1);
    ck_assert_uint_eq(server.n_requests, 1);
}
END_TEST

START_TEST(a_renewal_is_answered_where_the_client_is)
{
    struct ip_addr to;

    begin();
    dhcp_start(&client, 0);
    exchange(&client, 0, &to);
    exchange(&client, 0, &to);
    dhcp_poll(&client, seconds(1800));
    ck_assert(exchange(&client, seconds(1800), &to));
    ck_assert(ip_equal(to, client.lease.addr));
    ck_assert_int_eq(client.state, DHCP_BOUND);
    ck_assert_int_eq(client.expire_at, seconds(1800 + 3600));
}
END_TEST

START_TEST(two_stations_have_two_addresses_and_the_pool_ends)
{
    struct dhcp_client other;
    struct dhcp_client third;
    struct ip_addr to;

    begin();
    server.n_addrs = 2;
    dhcp_init(&other, (struct mac_addr){ { 2, 0, 0, 0, 0, 2 } }, &rng);
    dhcp_init(&third, (struct mac_addr){ { 2, 0, 0, 0, 0, 3 } }, &rng);
    dhcp_start(&client, 0);
    dhcp_start(&other, 0);
    dhcp_start(&third, 0);
    ck_assert(exchange(&client, 0, &to) && exchange(&client, 0, &to));
    ck_assert(exchange(&other, 0, &to) && exchange(&other, 0, &to));
    ck_assert(!exchange(&third, 0, &to));
    ck_assert(ip_equal(other.lease.addr, ip4(0x0a000010)));
    dhcp_start(&client, 0);
    ck_assert(exchange(&client, 0, &to));
    ck_assert(ip_equal(client.lease.addr, ip4(0x0a00000f)));
}
END_TEST

START_TEST(a_server_may_refuse_or_be_silent)
{
    struct ip_addr to;

    begin();
    dhcp_start(&client, 0);
    ck_assert(exchange(&client, 0, &to));
    server.refuses = true;
    ck_assert(exchange(&client, 0, &to));
    ck_assert_int_eq(client.state, DHCP_SELECTING);
    server.silent = true;
    dhcp_start(&client, 0);
    ck_assert(!exchange(&client, 0, &to));
}
END_TEST

START_TEST(what_is_no_request_of_this_server_has_no_answer)
{
    uint8_t request[DHCP_MAX_LEN];
    uint8_t answer[DHCP_MAX_LEN];
    struct writer w = writer_over(request, sizeof request);
    struct dhcp_msg msg = { .type = DHCP_REQUEST, .server_id = ip4(0x0a0000fe) };
    struct ip_addr to;

    begin();
    dhcp_emit(&w, &msg);
    ck_assert_uint_eq(dhcp_server_answer(&server, request, w.len, answer, sizeof answer, &to), 0);
    ck_assert_uint_eq(dhcp_server_answer(&server, request, 0, answer, sizeof answer, &to), 0);
    ck_assert_uint_eq(dhcp_server_answer(&server, request, 100, answer, sizeof answer, &to), 0);
    request[0] = 2;
    ck_assert_uint_eq(dhcp_server_answer(&server, request, w.len, answer, sizeof answer, &to), 0);
    w = writer_over(request, sizeof request);
    msg = (struct dhcp_msg){ .type = DHCP_RELEASE };
    dhcp_emit(&w, &msg);
    ck_assert_uint_eq(dhcp_server_answer(&server, request, w.len, answer, sizeof answer, &to), 0);
    /* a stranger's REQUEST is refused */
    w = writer_over(request, sizeof request);
    msg = (struct dhcp_msg){ .type = DHCP_REQUEST, .ciaddr = ip4(0x0a00000f) };
    dhcp_emit(&w, &msg);
    ck_assert_uint_gt(dhcp_server_answer(&server, request, w.len, answer, sizeof answer, &to), 0);
    ck_assert(ip_equal(to, ip4(0xffffffff)));
}
END_TEST

START_TEST(the_name_server_answers_only_questions)
{
    static const struct dns_record records[] = { { .name = "a.b", .kind = DNS_RECORD_ADDR } };
    uint8_t query[DNS_MAX_UDP_LEN];
    uint8_t answer[DNS_MAX_UDP_LEN];
    struct writer w = writer_over(query, sizeof query);
    size_t len;

    ck_assert(dns_emit_query(&w, 1, "a.b", DNS_A));
    len = dns_server_answer(records, 1, query, w.len, answer, sizeof answer);
    ck_assert_uint_eq(len, w.len + 16);
    ck_assert_uint_eq(answer[3], 0x80);
    for (size_t cut = 0; cut < w.len; cut++) {
        ck_assert_uint_eq(dns_server_answer(records, 1, query, cut, answer, sizeof answer), 0);
    }
    ck_assert_uint_eq(dns_server_answer(records, 1, answer, len, query, sizeof query), 0);
    w = writer_over(query, sizeof query);
    dns_emit_query(&w, 1, "a.b", DNS_A);
    query[w.len - 3] = 28; /* AAAA: the name is there, and has none */
    ck_assert_uint_eq(dns_server_answer(records, 1, query, w.len, answer, sizeof answer), w.len);
    ck_assert_uint_eq(answer[3] & 15, DNS_NOERROR);
}
END_TEST

START_TEST(an_answer_that_does_not_fit_says_so)
{
    struct dns_record records[40];
    uint8_t query[DNS_MAX_UDP_LEN];
    uint8_t answer[1024];
    struct writer w = writer_over(query, sizeof query);
    struct dns_answer result;
    struct ip_addr addrs[1];
    struct cursor c;

    for (size_t i = 0; i < 40; i++) {
        records[i] = (struct dns_record){ .name = "a.b", .kind = DNS_RECORD_ADDR };
    }
    ck_assert(dns_emit_query(&w, 1, "a.b", DNS_A));
    c = cursor_over(answer, dns_server_answer(records, 40, query, w.len, answer, sizeof answer));
    ck_assert_int_eq(dns_parse_answer(&c, 1, "a.b", addrs, 1, &result), DROP_NONE);
    ck_assert(result.truncated);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_client_has_the_lease_that_the_server_gives,
        a_renewal_is_answered_where_the_client_is,
        two_stations_have_two_addresses_and_the_pool_ends,
        a_server_may_refuse_or_be_silent,
        what_is_no_request_of_this_server_has_no_answer,
        the_name_server_answers_only_questions,
        an_answer_that_does_not_fit_says_so,
        NULL,
    };

    return suite_run("servers", tests);
}

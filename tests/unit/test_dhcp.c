/* SPDX-License-Identifier: BSD-3-Clause */
/* The DHCP client in virtual time: what a server says, what the client says, and when. */
#include <check.h>
#include <string.h>

#include "tests/support/dhcp_story.h"
#include "tests/support/suite.h"

START_TEST(a_lease_is_discovered_offered_requested_and_held)
{
    const struct sent *s;

    begin();
    ck_assert_int_eq(dhcp_poll_at(&client), NEVER);
    ck_assert(!dhcp_poll(&client, now));
    dhcp_start(&client, now);
    run(1);
    s = next_sent(0, 0);
    ck_assert_uint_eq(s->msg.type, DHCP_DISCOVER);
    ck_assert_uint_eq(s->msg.secs, 0);
    ck_assert(s->msg.broadcast);
    ck_assert(ip_is_unspecified(s->msg.ciaddr) && ip_is_unspecified(s->msg.requested));
    ck_assert(ip_is_unspecified(s->msg.server_id));
    ck_assert(ip_equal(s->dst, BROADCAST));
    ck_assert(!says(DHCP_OFFER));
    ck_assert(!dhcp_has_lease(&client));
    s = next_sent(1, 1);
    ck_assert_uint_eq(s->msg.type, DHCP_REQUEST);
    ck_assert_uint_eq(s->msg.xid, sent[0].msg.xid);
    ck_assert(ip_equal(s->msg.requested, OUR_ADDR));
    ck_assert(ip_equal(s->msg.server_id, SERVER));
    ck_assert(ip_is_unspecified(s->msg.ciaddr));
    ck_assert(ip_equal(s->dst, BROADCAST));
    run(2);
    ck_assert(says(DHCP_ACK));
    ck_assert(dhcp_has_lease(&client));
    ck_assert(ip_equal(client.lease.addr, OUR_ADDR));
    ck_assert_uint_eq(client.lease.prefix_len, 24);
    ck_assert(ip_equal(client.lease.gateways[0], ROUTER));
    ck_assert_uint_eq(client.lease.n_dns, 2);
    ck_assert(ip_equal(client.lease.dns[0], DNS_1));
    ck_assert(ip_equal(client.lease.dns[1], DNS_2));
    ck_assert_uint_eq(client.lease.mtu, 1400);
    run(3 * HOUR);
    silence();
}
END_TEST

START_TEST(discovery_waits_4_8_16_32_64_64_seconds_plus_or_minus_one)
{
    static const int64_t waits[] = { 4, 8, 16, 32, 64, 64, 64 };
    bool random = false;

    begin();
    dhcp_start(&client, now);
    run(300);
    ck_assert_uint_ge(n_sent, 8);
    for (size_t i = 0; i < 7; i++) {
        duration wait = sent[i + 1].at - sent[i].at;

        ck_assert_int_ge(wait, seconds(waits[i] - 1));
        ck_assert_int_le(wait, seconds(waits[i] + 1));
        random = random || wait != seconds(waits[i]);
        ck_assert_uint_eq(sent[i + 1].msg.type, DHCP_DISCOVER);
        ck_assert_uint_eq(sent[i + 1].msg.xid, sent[0].msg.xid);
        ck_assert_uint_eq(sent[i + 1].msg.secs, (uint64_t)(sent[i + 1].at - EPOCH) / 1000000);
    }
    ck_assert(random);
}
END_TEST

START_TEST(secs_stops_at_its_largest)
{
    begin();
    dhcp_start(&client, now);
    run(70000);
    ck_assert_uint_eq(sent[n_sent - 1].msg.secs, 65535);
}
END_TEST

START_TEST(a_request_without_answer_is_sent_four_times_and_discovery_begins_again)
{
    uint32_t xid;

    begin();
    dhcp_start(&client, now);
    run(6);
    ck_assert_uint_eq(n_sent, 2);
    says(DHCP_OFFER);
    xid = client.xid;
    n_seen = 2;
    run(80);
    for (int i = 0; i < DHCP_REQUEST_TRIES; i++) {
        static const int64_t at[] = { 6, 10, 18, 34 };
        const struct sent *s = next_sent(at[i] - i, at[i] + i);

        ck_assert_uint_eq(s->msg.type, DHCP_REQUEST);
        ck_assert_uint_eq(s->msg.xid, xid);
        ck_assert_uint_eq(s->msg.secs, sent[1].msg.secs); /* as the DISCOVER said */
    }
    ck_assert_uint_eq(next_sent(62, 70)->msg.type, DHCP_DISCOVER);
    ck_assert_uint_ne(client.xid, xid);
}
END_TEST

START_TEST(a_lease_may_have_two_routers)
{
    begin();
    offer.routers[1] = OTHER_SERVER;
    offer.n_routers = 2;
    bind_at_the_beginning();
    ck_assert(ip_equal(client.lease.gateways[0], ROUTER));
    ck_assert(ip_equal(client.lease.gateways[1], OTHER_SERVER));
    run(4 * HOUR);
    offer.routers[1] = DNS_1;
    ck_assert(says(DHCP_ACK)); /* a change */
    ck_assert(ip_equal(client.lease.gateways[1], DNS_1));
    begin();
    offer.routers[0] = DNS_2; /* which is not on the link */
    offer.routers[1] = ROUTER;
    offer.n_routers = 2;
    bind_at_the_beginning();
    ck_assert(ip_equal(client.lease.gateways[0], ROUTER));
    ck_assert(ip_is_unspecified(client.lease.gateways[1]));
}
END_TEST

/* With what asks for an address, and with what asks for more time. */
START_TEST(the_servers_are_told_the_host_name)
{
    begin();
    client.host_name = "sensor-7";
    bind_at_the_beginning();
    ck_assert_str_eq(sent[0].msg.host_name, "sensor-7");
    ck_assert_str_eq(sent[1].msg.host_name, "sensor-7");
    run(4 * HOUR);
    ck_assert_str_eq(next_sent(0, 4 * HOUR)->msg.host_name, "sensor-7");
    begin();
    bind_at_the_beginning();
    ck_assert_ptr_null(sent[0].msg.host_name);
    client.host_name = "sensor-7"; /* a DECLINE has nothing to do with it */
    dhcp_decline(&client, now);
    drain();
    ck_assert_uint_eq(sent[n_seen].msg.type, DHCP_DECLINE);
    ck_assert_ptr_null(sent[n_seen].msg.host_name);
}
END_TEST

START_TEST(the_lease_is_renewed_with_its_server_between_t1_and_t2)
{
    const struct sent *s;
    uint32_t xid;

    begin();
    bind_at_the_beginning();
    xid = client.xid;
    run(4 * HOUR);
    s = next_sent(4 * HOUR * 15 / 16, 4 * HOUR);
    ck_assert_uint_eq(s->msg.type, DHCP_REQUEST);
    ck_assert_uint_ne(s->msg.xid, xid);
    ck_assert_uint_eq(s->msg.secs, 0);
    ck_assert(!s->msg.broadcast);
    ck_assert(ip_equal(s->msg.ciaddr, OUR_ADDR));
    ck_assert(ip_is_unspecified(s->msg.requested) && ip_is_unspecified(s->msg.server_id));
    ck_assert(ip_equal(s->dst, SERVER));
    ck_assert(!says(DHCP_ACK)); /* the same lease, for longer */
    ck_assert_int_eq(client.state, DHCP_BOUND);
    run(7 * HOUR);
    silence();
    run(8 * HOUR);
    next_sent(4 * HOUR * 15 / 16 + 4 * HOUR * 15 / 16, 8 * HOUR);
    ck_assert_uint_eq(n_expired, 0);
}
END_TEST

START_TEST(without_an_answer_it_renews_rebinds_and_expires)
{
    const struct sent *s;
    duration left;

    begin();
    bind_at_the_beginning();
    run(8 * HOUR - 1);
    /* renewing: half of what is left to T2 each time, at least a minute, to the server */
    s = next_sent(4 * HOUR * 15 / 16, 4 * HOUR);
    ck_assert(ip_equal(s->dst, SERVER));
    left = 7 * HOUR;
    while (ip_equal(sent[n_seen].dst, SERVER)) {
        duration wait = sent[n_seen].at - s->at;

        ck_assert_int_ge(wait, DHCP_SHORTEST_RENEW);
        ck_assert_int_le(wait, seconds(left) / 2);
        ck_assert_uint_ne(sent[n_seen].msg.xid, s->msg.xid);
        s = &sent[n_seen++];
        left = 7 * HOUR - (s->at - EPOCH) / 1000000;
    }
    /* rebinding: from T2 on, to everybody */
    s = next_sent(7 * HOUR - 3 * HOUR / 8, 7 * HOUR);
    while (n_seen < n_sent) {
        ck_assert(ip_equal(sent[n_seen].dst, BROADCAST));
        ck_assert(ip_equal(sent[n_seen].msg.ciaddr, OUR_ADDR));
        ck_assert(ip_is_unspecified(sent[n_seen].msg.server_id));
        ck_assert(ip_is_unspecified(sent[n_seen].msg.requested));
        ck_assert_int_ge(sent[n_seen].at - s->at, DHCP_SHORTEST_RENEW);
        s = &sent[n_seen++];
    }
    ck_assert(dhcp_has_lease(&client));
    ck_assert_uint_eq(n_expired, 0);
    run(8 * HOUR);
    ck_assert_uint_eq(n_expired, 1);
    ck_assert(!dhcp_has_lease(&client));
    s = next_sent(8 * HOUR, 8 * HOUR);
    ck_assert_uint_eq(s->msg.type, DHCP_DISCOVER);
    ck_assert_uint_eq(s->msg.secs, 0);
    ck_assert(ip_is_unspecified(s->msg.ciaddr));
}
END_TEST

/* RFC 2131 4.1, 4.4.5: those that began together ask at other times, and as other transactions. */
START_TEST(hosts_that_began_together_do_not_renew_together)
{
    struct dhcp_client first;

    begin();
    bind_at_the_beginning();
    first = client;
    begin();
    rng_init(&rng, (const uint8_t[16]){ 1 });
    bind_at_the_beginning();
    ck_assert_uint_ne(client.xid, first.xid);
    ck_assert_int_ne(client.renew_at, first.renew_at);
    ck_assert_int_ne(client.rebind_at, first.rebind_at);
    ck_assert_int_eq(client.expire_at, first.expire_at);
}
END_TEST

START_TEST(any_server_may_rebind_and_becomes_the_server)
{
    begin();
    bind_at_the_beginning();
    run(5 * HOUR);
    offer.server_id = OTHER_SERVER;
    ignored(DHCP_ACK); /* renewing: not its lease */
    ignored(DHCP_NAK);
    run(7 * HOUR);
    ck_assert_int_eq(client.state, DHCP_REBINDING);
    ck_assert(says(DHCP_ACK));
    ck_assert(ip_equal(client.lease.server, OTHER_SERVER));
    n_seen = n_sent;
    run(10 * HOUR);
    silence();
    run(11 * HOUR);
    ck_assert(ip_equal(sent[n_seen].dst, OTHER_SERVER));
}
END_TEST

START_TEST(a_renewal_that_changes_something_says_so)
{
    begin();
    for (int i = 0; i < 6; i++) {
        begin();
        bind_at_the_beginning();
        run(4 * HOUR);
        offer.yiaddr = i == 0 ? ip4(0x0a000210) : offer.yiaddr;
        offer.netmask = i == 1 ? ip4(0xffff0000) : offer.netmask;
        offer.n_routers = i == 2 ? 0 : offer.n_routers;
        offer.n_dns = i == 3 ? 1 : offer.n_dns;
        offer.mtu = i == 4 ? 1500 : offer.mtu;
        offer.dns[1] = i == 5 ? ROUTER : offer.dns[1];
        ck_assert(says(DHCP_ACK));
        ck_assert(ip_equal(client.lease.addr, offer.yiaddr));
        ck_assert(dhcp_has_lease(&client));
    }
}
END_TEST

START_TEST(the_lease_counts_from_when_it_was_asked_for)
{
    begin();
    dhcp_start(&client, now);
    drain();
    says(DHCP_OFFER);
    run(6);
    ck_assert_uint_eq(n_sent, 3); /* the first of two requests: an answer may be to either */
    says(DHCP_ACK);
    ck_assert_int_eq(client.expire_at, EPOCH + seconds(8 * HOUR));
    run(6 * HOUR); /* one request to renew after the other */
    ck_assert_int_eq(client.state, DHCP_RENEWING);
    now += seconds(2);
    says(DHCP_ACK);
    ck_assert_int_eq(client.expire_at, sent[n_sent - 1].at + seconds(8 * HOUR));
}
END_TEST

/* RFC 2131 4.4.5: a T2 that comes before the half of the lease, T1, is made anew with it. */
START_TEST(a_t2_before_a_t1_that_is_not_told_is_none)
{
    static const uint32_t t2s[] = { 1, HOUR, 4 * HOUR };

    for (size_t i = 0; i < 3; i++) {
        begin();
        offer.rebinding = t2s[i];
        bind_at_the_beginning();
        ck_assert_int_ge(client.renew_at, EPOCH + seconds(4 * HOUR * 15 / 16));
        ck_assert_int_le(client.renew_at, EPOCH + seconds(4 * HOUR));
        ck_assert_int_ge(client.rebind_at, EPOCH + seconds(7 * HOUR - 3 * HOUR / 16));
        ck_assert_int_le(client.rebind_at, EPOCH + seconds(7 * HOUR));
    }
}
END_TEST

START_TEST(an_answer_to_an_earlier_renewal_is_too_late)
{
    uint32_t xid;
    struct dhcp_msg late;
    bool changed;

    begin();
    bind_at_the_beginning();
    run(4 * HOUR);
    xid = client.xid;
    run(6 * HOUR);
    late = offer;
    late.type = DHCP_ACK;
    late.xid = xid;
    ck_assert_int_eq(dhcp_arrives(&client, &late, now, &changed), DROP_DHCP_UNEXPECTED);
    ck_assert_int_eq(client.state, DHCP_RENEWING);
}
END_TEST

START_TEST(a_message_that_cannot_leave_is_due_until_it_does)
{
    struct dhcp_msg msg;
    struct ip_addr dst;

    begin();
    dhcp_start(&client, now);
    ck_assert(dhcp_next(&client, now, &msg, &dst));
    now += seconds(100);
    ck_assert_int_eq(dhcp_poll_at(&client), NEVER);
    ck_assert(!dhcp_poll(&client, now));
    ck_assert(dhcp_next(&client, now, &msg, &dst));
    ck_assert_uint_eq(msg.secs, 100);
    dhcp_sent(&client, now);
    ck_assert(!dhcp_next(&client, now, &msg, &dst));
    ck_assert_int_ge(dhcp_poll_at(&client), now + seconds(3));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_lease_is_discovered_offered_requested_and_held,
        discovery_waits_4_8_16_32_64_64_seconds_plus_or_minus_one,
        secs_stops_at_its_largest,
        a_request_without_answer_is_sent_four_times_and_discovery_begins_again,
        a_lease_may_have_two_routers,
        the_servers_are_told_the_host_name,
        the_lease_is_renewed_with_its_server_between_t1_and_t2,
        without_an_answer_it_renews_rebinds_and_expires,
        hosts_that_began_together_do_not_renew_together,
        any_server_may_rebind_and_becomes_the_server,
        a_renewal_that_changes_something_says_so,
        the_lease_counts_from_when_it_was_asked_for,
        a_t2_before_a_t1_that_is_not_told_is_none,
        an_answer_to_an_earlier_renewal_is_too_late,
        a_message_that_cannot_leave_is_due_until_it_does,
        NULL,
    };

    return suite_run("dhcp", tests);
}

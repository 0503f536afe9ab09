/* SPDX-License-Identifier: BSD-3-Clause */
/* A lease after the network may have become another (RFC 2131 3.2, 4.4.2), message by message. */
#include "tests/support/dhcp_story.h"
#include "tests/support/suite.h"

/* An hour after a lease of eight began. */
static void begin_bound(void)
{
    begin();
    dhcp_start(&client, now);
    drain();
    says(DHCP_OFFER);
    ck_assert(says(DHCP_ACK));
    run(HOUR);
    n_seen = n_sent;
}

static void begin_rebooting(void)
{
    begin_bound();
    dhcp_reboot(&client, now);
    ck_assert(!dhcp_has_lease(&client));
    drain();
}

/* 4.3.2, 4.4.1 table 5: who it was leased from is not said. */
START_TEST(every_server_is_asked_for_the_address_that_was_leased)
{
    uint32_t xid;
    const struct sent *s;

    begin_bound();
    xid = client.xid;
    dhcp_reboot(&client, now);
    drain();
    s = next_sent(HOUR, HOUR);
    ck_assert_uint_eq(s->msg.type, DHCP_REQUEST);
    ck_assert_uint_ne(s->msg.xid, xid);
    ck_assert(ip_equal(s->msg.requested, OUR_ADDR) && ip_is_unspecified(s->msg.ciaddr));
    ck_assert(ip_is_unspecified(s->msg.server_id) && ip_equal(s->dst, BROADCAST));
    ck_assert_uint_eq(s->msg.secs, 0);
    silence();
    run(HOUR + 6);
    next_sent(HOUR + 3, HOUR + 5);
    silence();
}
END_TEST

START_TEST(a_server_says_that_it_is_still_good)
{
    begin_rebooting();
    offer.server_id = OTHER_SERVER;
    ck_assert(says(DHCP_ACK));
    ck_assert_int_eq(client.state, DHCP_BOUND);
    ck_assert(ip_equal(client.lease.addr, OUR_ADDR) && ip_equal(client.lease.server, OTHER_SERVER));
    ck_assert_int_eq(client.expire_at, EPOCH + seconds(HOUR + 8 * HOUR));
}
END_TEST

START_TEST(a_server_says_that_it_is_not)
{
    const struct sent *s;

    begin_rebooting();
    n_seen = n_sent;
    ck_assert(!says(DHCP_NAK));
    s = next_sent(HOUR, HOUR); /* at once: nobody did anything wrong */
    ck_assert_uint_eq(s->msg.type, DHCP_DISCOVER);
    ck_assert(ip_is_unspecified(s->msg.requested));
}
END_TEST

START_TEST(another_address_is_none)
{
    begin_rebooting();
    offer.yiaddr = ip4(0x0a000210);
    ignored(DHCP_ACK);
    ignored(DHCP_OFFER);
}
END_TEST

/* What is left of the lease may be used, and is renewed as ever. */
START_TEST(without_an_answer_the_lease_is_held)
{
    begin_rebooting();
    run(HOUR + 24);
    ck_assert_uint_eq(n_expired, 0);
    ck_assert_uint_eq(n_sent - n_seen, 3);
    run(HOUR + 32);
    ck_assert_uint_eq(n_expired, 1); /* it is there again */
    ck_assert(dhcp_has_lease(&client));
    ck_assert_int_eq(client.expire_at, EPOCH + seconds(8 * HOUR));
    n_seen = n_sent;
    run(4 * HOUR);
    ck_assert_uint_eq(next_sent(3 * HOUR, 4 * HOUR)->msg.type, DHCP_REQUEST);
    run(9 * HOUR);
    ck_assert_uint_eq(n_expired, 2);
    ck_assert(!dhcp_has_lease(&client));
}
END_TEST

/* The link came up twice: it is asked for once more, and held all the same. */
START_TEST(a_network_that_changes_again_keeps_the_lease)
{
    uint32_t xid;
    const struct sent *s;

    begin_rebooting();
    n_seen = n_sent;
    xid = client.xid;
    run(HOUR + 2);
    dhcp_reboot(&client, now);
    ck_assert(!dhcp_has_lease(&client));
    drain();
    s = next_sent(HOUR, HOUR + 2);
    ck_assert_uint_eq(s->msg.type, DHCP_REQUEST);
    ck_assert_uint_ne(s->msg.xid, xid);
    ck_assert(ip_equal(s->msg.requested, OUR_ADDR) && ip_is_unspecified(s->msg.server_id));
    run(HOUR + 34);
    ck_assert(dhcp_has_lease(&client));
    ck_assert(ip_equal(client.lease.addr, OUR_ADDR));
    ck_assert_int_eq(client.expire_at, EPOCH + seconds(8 * HOUR));
}
END_TEST

/* A host that slept past its end. */
START_TEST(a_lease_that_is_over_is_not_held)
{
    begin_bound();
    now = EPOCH + seconds(8 * HOUR - 20);
    dhcp_reboot(&client, now);
    drain();
    n_seen = n_sent;
    run(8 * HOUR + 12);
    ck_assert_uint_eq(n_expired, 0);
    ck_assert(!dhcp_has_lease(&client));
    ck_assert_uint_eq(client.state, DHCP_SELECTING);
}
END_TEST

START_TEST(without_a_lease_it_is_discovered_anew)
{
    uint32_t xid;

    begin();
    dhcp_start(&client, now);
    drain();
    says(DHCP_OFFER);
    n_seen = n_sent;
    xid = client.xid;
    dhcp_reboot(&client, now);
    drain();
    ck_assert_uint_eq(next_sent(0, 0)->msg.type, DHCP_DISCOVER);
    ck_assert_uint_ne(client.xid, xid);
    ignored(DHCP_ACK);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { every_server_is_asked_for_the_address_that_was_leased,
                                   a_server_says_that_it_is_still_good,
                                   a_server_says_that_it_is_not,
                                   another_address_is_none,
                                   without_an_answer_the_lease_is_held,
                                   a_network_that_changes_again_keeps_the_lease,
                                   a_lease_that_is_over_is_not_held,
                                   without_a_lease_it_is_discovered_anew,
                                   NULL };

    return suite_run("dhcp_reboot", tests);
}

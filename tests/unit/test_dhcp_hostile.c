/* SPDX-License-Identifier: BSD-3-Clause */
/* The DHCP client against servers that are wrong, forged, or make no sense: whom it does not
 * believe. */
#include <check.h>
#include <string.h>

#include "tests/support/dhcp_story.h"
#include "tests/support/suite.h"

START_TEST(hostile_DHCP_05_other_transactions_and_stations_are_ignored)
{
    static const uint8_t types[] = { DHCP_OFFER, DHCP_ACK, DHCP_NAK };

    begin();
    dhcp_start(&client, now);
    for (int state = 0; state < 2; state++) {
        drain();
        for (size_t i = 0; i < sizeof types; i++) {
            struct dhcp_msg msg = offer;
            bool changed = true;

            msg.type = types[i];
            msg.xid = client.xid ^ 1;
            ck_assert_int_eq(dhcp_arrives(&client, &msg, now, &changed), DROP_DHCP_UNEXPECTED);
            msg.xid = client.xid;
            msg.chaddr.b[5] ^= 1;
            ck_assert_int_eq(dhcp_arrives(&client, &msg, now, &changed), DROP_DHCP_UNEXPECTED);
            ck_assert(!changed);
        }
        if (state == 0) {
            says(DHCP_OFFER);
        }
    }
    ck_assert(says(DHCP_ACK));
}
END_TEST

/* RFC 6842 3 */
START_TEST(hostile_DHCP_05_another_client_identifier)
{
    begin();
    dhcp_start(&client, now);
    drain();
    offer.foreign_id = true;
    ignored(DHCP_OFFER);
    offer.foreign_id = false;
    says(DHCP_OFFER);
    offer.foreign_id = true;
    ignored(DHCP_ACK);
    ignored(DHCP_NAK);
}
END_TEST

START_TEST(hostile_DHCP_05_a_message_without_a_good_server_id_is_ignored)
{
    static const uint32_t ids[] = { 0, 0xffffffff, 0xe0000001, 0x7f000001 };

    begin();
    dhcp_start(&client, now);
    drain();
    for (size_t i = 0; i < 4; i++) {
        offer.server_id = ip4(ids[i]);
        ignored(DHCP_OFFER);
    }
    offer.server_id = SERVER;
    says(DHCP_OFFER);
    offer.server_id = OTHER_SERVER;
    ignored(DHCP_ACK);
    ignored(DHCP_NAK);
    offer.server_id = ip4(0);
    ignored(DHCP_ACK);
    ignored(DHCP_NAK);
    offer.server_id = SERVER;
    says(DHCP_ACK);
    run(7 * HOUR);
    ck_assert_int_eq(client.state, DHCP_REBINDING);
    offer.server_id = ip4(0);
    ignored(DHCP_NAK);
}
END_TEST

START_TEST(hostile_DHCP_06_addresses_that_no_host_may_have_are_ignored)
{
    static const uint32_t addrs[] = { 0,          1,          0xffffffff, 0xe0000001,
                                      0xf0000001, 0x7f000001, 0xa9fe0101, 0x0a000200,
                                      0x0a0002ff, 0x0a000202 /* the server's own */ };

    begin();
    dhcp_start(&client, now);
    drain();
    for (size_t i = 0; i < sizeof addrs / sizeof *addrs; i++) {
        offer.yiaddr = ip4(addrs[i]);
        ignored(DHCP_OFFER);
    }
    offer.yiaddr = OUR_ADDR;
    says(DHCP_OFFER);
    offer.yiaddr = ip4(0x0a000210); /* another one than was offered */
    ignored(DHCP_ACK);
}
END_TEST

START_TEST(hostile_DHCP_07_a_mask_that_is_none_becomes_the_class)
{
    static const struct {
        uint32_t addr;
        uint32_t mask;
        uint8_t prefix_len;
    } rows[] = { { 0x0a00020f, 0, 8 },           { 0x0a00020f, 0xffffffff, 8 },
                 { 0x0a00020f, 0xfffffffe, 8 },  { 0x0a00020f, 0xff00ff00, 8 },
                 { 0xac10000f, 0x00ffffff, 16 }, { 0xc0a8000f, 0xffff00ff, 24 },
                 { 0xc0a8000f, 0xfffffffc, 30 }, { 0xc0a8000f, 0x80000000, 1 } };

    begin();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin();
        offer.yiaddr = ip4(i == 6 ? 0xc0a8000e : rows[i].addr);
        offer.netmask = ip4(rows[i].mask);
        bind_at_the_beginning();
        ck_assert_uint_eq(client.lease.prefix_len, rows[i].prefix_len);
    }
}
END_TEST

START_TEST(hostile_DHCP_07_only_a_router_on_the_link_is_one)
{
    static const uint32_t routers[] = { 0, 0x0a000301, 0x0a00020f, 0x0a0002ff, 0x0a000200 };

    begin();
    for (size_t i = 0; i < sizeof routers / sizeof *routers; i++) {
        begin();
        offer.routers[0] = ip4(routers[i]);
        bind_at_the_beginning();
        ck_assert(ip_is_unspecified(client.lease.gateways[0]));
        begin();
        offer.routers[0] = ip4(routers[i]);
        offer.routers[1] = ROUTER;
        offer.n_routers = 2;
        bind_at_the_beginning();
        ck_assert(ip_equal(client.lease.gateways[0], ROUTER));
    }
}
END_TEST

START_TEST(name_servers_that_no_host_may_be_are_left_out)
{
    begin();
    offer.dns[0] = ip4(0xffffffff);
    bind_at_the_beginning();
    ck_assert_uint_eq(client.lease.n_dns, 1);
    ck_assert(ip_equal(client.lease.dns[0], DNS_2));
}
END_TEST

START_TEST(hostile_DHCP_08_a_lease_of_no_time_is_ignored)
{
    begin();
    dhcp_start(&client, now);
    drain();
    offer.lease = 0;
    ignored(DHCP_OFFER);
    offer.lease = 60;
    says(DHCP_OFFER);
    offer.lease = 0;
    ignored(DHCP_ACK);
}
END_TEST

START_TEST(hostile_DHCP_08_times_out_of_order_are_made_anew)
{
    static const struct {
        uint32_t lease, t1, t2;
    } rows[] = { { 1600, 0, 0 },       { 1600, 1500, 1400 },
                 { 1600, 2000, 3000 }, { 1600, 800, 1600 },
                 { 1600, 1500, 0 },    { 1600, 0, 100 },
                 { 1600, 1599, 1599 }, { 1600, UINT32_MAX, UINT32_MAX },
                 { 1, 0, 0 },          { 2, 1, 1 },
                 { 7, 0, 0 },          { UINT32_MAX - 1, 0, 0 },
                 { 1600, 400, 1200 } };

    begin();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin();
        offer.lease = rows[i].lease;
        offer.renewal = rows[i].t1;
        offer.rebinding = rows[i].t2;
        bind_at_the_beginning();
        ck_assert_int_eq(client.expire_at, EPOCH + seconds(rows[i].lease));
        ck_assert_int_le(client.renew_at, client.rebind_at);
        ck_assert_int_le(client.rebind_at, client.expire_at);
        if (rows[i].t1 == rows[i].t2) { /* no time to renew in, or none said */
            ck_assert_int_le(client.renew_at, EPOCH + seconds((rows[i].lease + 1) / 2));
        }
        if (rows[i].lease > 7) {
            ck_assert_int_lt(client.renew_at, client.rebind_at);
            ck_assert_int_lt(client.rebind_at, client.expire_at);
            ck_assert_int_gt(client.renew_at, EPOCH);
        }
    }
    ck_assert_int_ge(client.renew_at,
                     EPOCH + seconds(375)); /* as the server said, a little earlier */
    ck_assert_int_le(client.renew_at, EPOCH + seconds(400));
    ck_assert_int_ge(client.rebind_at, EPOCH + seconds(1150));
    ck_assert_int_le(client.rebind_at, EPOCH + seconds(1200));
}
END_TEST

START_TEST(hostile_DHCP_08_a_short_lease_is_held_and_lost_without_a_storm)
{
    begin();
    offer.lease = 1;
    bind_at_the_beginning();
    run(60);
    ck_assert_uint_eq(n_expired, 1);
    ck_assert_uint_le(n_sent, 16);
}
END_TEST

START_TEST(hostile_DHCP_08_an_infinite_lease_never_ends)
{
    begin();
    offer.lease = UINT32_MAX;
    bind_at_the_beginning();
    ck_assert_int_eq(dhcp_poll_at(&client), NEVER);
    now += seconds((int64_t)1 << 36);
    ck_assert(!dhcp_poll(&client, now));
    ck_assert(dhcp_has_lease(&client));
}
END_TEST

START_TEST(hostile_DHCP_09_a_forged_nak_drops_no_lease)
{
    begin();
    bind_at_the_beginning();
    ignored(DHCP_NAK);
    run(4 * HOUR);
    ck_assert_int_eq(client.state, DHCP_RENEWING);
    offer.server_id = OTHER_SERVER;
    ignored(DHCP_NAK);
    ck_assert(dhcp_has_lease(&client));
}
END_TEST

START_TEST(hostile_DHCP_09_a_nak_takes_the_lease_away_and_discovery_begins)
{
    uint32_t xid;

    begin();
    bind_at_the_beginning();
    run(4 * HOUR);
    xid = client.xid;
    n_seen = n_sent;
    ck_assert(says(DHCP_NAK));
    ck_assert(!dhcp_has_lease(&client));
    silence();
    run(4 * HOUR + 6);
    ck_assert_uint_eq(next_sent(4 * HOUR + 3, 4 * HOUR + 5)->msg.type, DHCP_DISCOVER);
    ck_assert_uint_ne(client.xid, xid);
    says(DHCP_OFFER);
    ck_assert(says(DHCP_ACK));
}
END_TEST

START_TEST(hostile_DHCP_09_a_server_that_always_refuses_is_asked_ever_more_slowly)
{
    static const int64_t waits[] = { 4, 8, 16, 32, 64, 64 };

    begin();
    dhcp_start(&client, now);
    drain();
    for (size_t i = 0; i < 300; i++) {
        int64_t wait = waits[i < 5 ? i : 5];
        instant naked_at = now;

        says(DHCP_OFFER);
        ck_assert(!says(DHCP_NAK));
        n_seen = n_sent = 0;
        run_until(now + seconds(wait + 1));
        ck_assert_uint_eq(n_sent, 1);
        ck_assert_int_ge(sent[0].at, naked_at + seconds(wait - 1));
    }
}
END_TEST

START_TEST(hostile_DHCP_09_an_ack_ends_the_row_of_refusals)
{
    begin();
    dhcp_start(&client, now);
    drain();
    for (int64_t wait = 4; wait <= 16; wait *= 2) {
        says(DHCP_OFFER);
        says(DHCP_NAK);
        run_until(now + seconds(wait + 1));
    }
    says(DHCP_OFFER);
    ck_assert(says(DHCP_ACK));
    run(5 * HOUR);
    ck_assert_int_eq(client.state, DHCP_RENEWING);
    n_seen = n_sent;
    ck_assert(says(DHCP_NAK));
    run_until(now + seconds(5)); /* as short as the first time */
    ck_assert_uint_eq(n_sent, n_seen + 1);
}
END_TEST

START_TEST(hostile_DHCP_10_only_the_message_that_is_waited_for_counts)
{
    begin();
    dhcp_start(&client, now);
    ignored(DHCP_OFFER); /* nothing was sent yet */
    drain();
    ignored(DHCP_ACK);
    ignored(DHCP_NAK);
    says(DHCP_OFFER);
    for (int i = 0; i < 1000; i++) {
        ignored(DHCP_OFFER);
    }
    says(DHCP_ACK);
    for (uint8_t type = 0; type < 20; type++) {
        ignored(type);
    }
    run(4 * HOUR);
    ck_assert_int_eq(client.state, DHCP_RENEWING);
    ignored(DHCP_OFFER);
    ignored(DHCP_DISCOVER);
    says(DHCP_ACK);
    ignored(DHCP_ACK);
    dhcp_init(&client, our_mac, &rng);
    ignored(DHCP_OFFER);
}
END_TEST

START_TEST(hostile_DHCP_12_a_tiny_mtu_is_none)
{
    static const uint16_t mtus[][2] = { { 0, 0 },   { 67, 0 },    { 68, 0 },
                                        { 575, 0 }, { 576, 576 }, { 65535, 65535 } };

    begin();
    for (size_t i = 0; i < sizeof mtus / sizeof *mtus; i++) {
        begin();
        offer.mtu = mtus[i][0];
        bind_at_the_beginning();
        ck_assert_uint_eq(client.lease.mtu, mtus[i][1]);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_DHCP_05_other_transactions_and_stations_are_ignored,
        hostile_DHCP_05_another_client_identifier,
        hostile_DHCP_05_a_message_without_a_good_server_id_is_ignored,
        hostile_DHCP_06_addresses_that_no_host_may_have_are_ignored,
        hostile_DHCP_07_a_mask_that_is_none_becomes_the_class,
        hostile_DHCP_07_only_a_router_on_the_link_is_one,
        name_servers_that_no_host_may_be_are_left_out,
        hostile_DHCP_08_a_lease_of_no_time_is_ignored,
        hostile_DHCP_08_times_out_of_order_are_made_anew,
        hostile_DHCP_08_a_short_lease_is_held_and_lost_without_a_storm,
        hostile_DHCP_08_an_infinite_lease_never_ends,
        hostile_DHCP_09_a_forged_nak_drops_no_lease,
        hostile_DHCP_09_a_nak_takes_the_lease_away_and_discovery_begins,
        hostile_DHCP_09_a_server_that_always_refuses_is_asked_ever_more_slowly,
        hostile_DHCP_09_an_ack_ends_the_row_of_refusals,
        hostile_DHCP_10_only_the_message_that_is_waited_for_counts,
        hostile_DHCP_12_a_tiny_mtu_is_none,
        NULL,
    };

    return suite_run("dhcp_hostile", tests);
}

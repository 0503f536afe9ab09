/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host that looks for conflicts of addresses (RFC 5227): when it has its address, and what
 * becomes of one that somebody else has, too. The machine itself is in test_acd.c.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/dhcp_server.h"
#include "tests/support/frames.h"
#include "tests/support/suite.h"

#define FIRST_IP ip4(0x0a00000f) /* of the server's pool */
#define SECOND_IP ip4(0x0a000010)

static struct host h;
static struct frame f;
static struct dhcp_server server;
static uint32_t n_probes;
static uint32_t n_announcements;
static struct ip_addr taken; /* by a host that answers requests and probes for it */

static void begin(bool dhcp)
{
    struct host_setup setup = { .config = { .acd = &sk_acd }, .dhcp = dhcp };

    host_begin(&h, &setup);
    dhcp_server_init(&server);
    n_probes = 0;
    n_announcements = 0;
    taken = ip4(0);
}

static struct ip_addr our_addr(void)
{
    struct ip_addr addr;

    EXPECT(sk_netif_addr(h.iface, 2, &addr) == SK_OK);
    return addr;
}

static void hear_reply(struct mac_addr sha, struct ip_addr spa, struct ip_addr tpa)
{
    struct arp_hdr arp = { .op = ARP_REPLY, .sha = sha, .spa = spa, .tha = HOST_MAC, .tpa = tpa };

    frame_arp(&f, &arp);
    host_hear(&h, &f);
}

/* A word of the other host that has this address. */
static void hear_from(struct ip_addr spa)
{
    hear_reply(EVIL_MAC, spa, GATE_IP);
}

static void hear_arp(const struct sent *s)
{
    bool probe = ip_is_unspecified(s->arp.spa);
    bool announcement = ip_equal(s->arp.spa, s->arp.tpa);

    EXPECT(!ip_is_unspecified(s->arp.tpa));
    n_probes += probe;
    n_announcements += announcement;
    EXPECT(!(probe || announcement) || mac_equal(s->eth.dst, MAC_BROADCAST));
    if (!ip_is_unspecified(taken) && ip_equal(s->arp.tpa, taken)) {
        hear_from(taken);
    }
    if (ip_equal(s->arp.tpa, server.addr)) {
        hear_reply(PEER_MAC, server.addr, s->arp.spa);
    }
}

static void hear_dhcp(const struct sent *s)
{
    uint8_t answer[DHCP_MAX_LEN];
    struct ip_addr dst;
    size_t len;

    EXPECT(ip_equal(s->ip.src, our_addr())); /* and not an address that is still probed for */
    len = dhcp_server_answer(&server, s->payload, s->payload_len, answer, sizeof(answer), &dst);

    if (len > 0) {
        frame_udp(&f, (struct sk_addr){ server.addr, DHCP_SERVER_PORT },
                  (struct sk_addr){ dst, DHCP_CLIENT_PORT }, answer, len);
        frame_set_macs(&f, ip4_bits(dst) == UINT32_MAX ? MAC_BROADCAST : HOST_MAC, PEER_MAC);
        host_hear(&h, &f);
    }
}

static void run(duration d)
{
    instant until = h.now + d;
    instant at = h.now;

    for (;;) {
        const struct sent *s;

        host_poll(&h);
        while ((s = host_sent(&h)) != NULL) {
            if (s->eth.type == ETH_TYPE_ARP) {
                hear_arp(s);
            } else {
                hear_dhcp(s);
            }
        }
        if (at == until) {
            return;
        }
        at = sk_iface_poll_at(h.iface, h.now);
        at = at < until ? at : until;
        host_run(&h, at);
    }
}

/* RFC 5227 2.1: also when the link comes up again. */
START_TEST(an_address_is_probed_for_again_in_a_network_that_may_be_another)
{
    begin(false);
    run(seconds(20));
    n_probes = 0;
    ck_assert_int_eq(sk_netif_renew(h.iface, 2, h.now), SK_OK);
    ck_assert(ip_is_unspecified(our_addr()));
    run(seconds(8));
    ck_assert_uint_eq(n_probes, 3);
    ck_assert(ip_equal(our_addr(), HOST_IP));
    taken = HOST_IP;
    ck_assert_int_eq(sk_netif_renew(h.iface, 2, h.now), SK_OK);
    run(seconds(8));
    ck_assert(ip_is_unspecified(our_addr()));
    ck_assert_int_eq(sk_netif_renew(h.iface, 3, h.now), SK_INVALID);
    host_free(&h);
}
END_TEST

/* Whoever waits for a neighbour is told when there is no way any more. */
START_TEST(an_address_that_is_probed_for_again_is_no_way)
{
    sk_fd fd;

    begin(false);
    run(seconds(20));
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ ip4(0x0a000063), 9 }), SK_OK);
    host_poll(&h);
    ck_assert_int_eq(sk_netif_renew(h.iface, 2, h.now), SK_OK);
    host_poll(&h);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_NET_UNREACHABLE);
    ck_assert_uint_eq(host_drops(&h, DROP_TX_NO_ROUTE), 1);
    host_forget(&h);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    ck_assert(sk_iface_drained(h.iface));
    host_free(&h);
}
END_TEST

/* The server is asked whether the lease is good here, and the address probed for. */
START_TEST(a_leased_address_is_asked_for_and_probed_for_again)
{
    begin(true);
    run(seconds(20));
    ck_assert(ip_equal(our_addr(), FIRST_IP));
    n_probes = 0;
    server.n_requests = server.n_discovers = 0;
    ck_assert_int_eq(sk_netif_renew(h.iface, 2, h.now), SK_OK);
    ck_assert(ip_is_unspecified(our_addr()));
    run(seconds(8));
    ck_assert(ip_equal(our_addr(), FIRST_IP));
    ck_assert_uint_eq(n_probes, 3);
    ck_assert(server.n_requests == 1 && server.n_discovers == 0);
    server.silent = true;
    ck_assert_int_eq(sk_netif_renew(h.iface, 2, h.now), SK_OK);
    run(seconds(60));
    ck_assert(ip_equal(our_addr(), FIRST_IP)); /* held */
    host_free(&h);
}
END_TEST

/* RFC 5227 2.1: not before nobody else is found to have it. */
START_TEST(an_address_is_used_once_it_is_probed_for)
{
    begin(false);
    run(seconds(3));
    ck_assert(!sk_iface_configured(h.iface));
    ck_assert(ip_is_unspecified(our_addr()));
    run(seconds(5));
    ck_assert(ip_equal(our_addr(), HOST_IP));
    ck_assert_uint_eq(n_probes, 3);
    run(seconds(3));
    ck_assert_uint_eq(n_announcements, 2);
    run(seconds(86400)); /* 2.1: and no more without a cause */
    ck_assert_uint_eq(n_probes, 3);
    ck_assert_uint_eq(n_announcements, 2);
    host_free(&h);
}
END_TEST

START_TEST(without_it_an_address_is_used_at_once)
{
    host_begin(&h, NULL);
    ck_assert(ip_equal(our_addr(), HOST_IP));
    host_poll(&h);
    host_silent(&h);
    host_free(&h);
}
END_TEST

/* 2.5: from the first announcement on; and not before it, or there were two that answer. */
START_TEST(requests_are_answered_once_it_is_ours)
{
    struct arp_hdr probe = { .op = ARP_REQUEST, .sha = PEER_MAC, .tpa = HOST_IP };
    const struct sent *s;

    begin(false);
    probe.spa = PEER_IP;
    frame_arp(&f, &probe);
    host_hear_silent_drop(&h, &f, DROP_ETH_NOT_FOR_US);
    run(seconds(20));
    host_forget(&h);
    probe.spa = ip4(0);
    frame_arp(&f, &probe);
    host_hear(&h, &f);
    s = host_sent(&h);
    ck_assert(s && s->arp.op == ARP_REPLY && ip_equal(s->arp.spa, HOST_IP));
    host_free(&h);
}
END_TEST

/* There is no other: once a minute it is tried again. */
START_TEST(a_configured_address_waits_until_it_is_free)
{
    begin(false);
    taken = HOST_IP;
    run(seconds(1800)); /* after ten conflicts, too */
    ck_assert(!sk_iface_configured(h.iface));
    ck_assert_uint_ge(n_probes, 29);
    ck_assert_uint_le(n_probes, 30);
    ck_assert_uint_eq(host_drops(&h, DROP_ARP_CONFLICT), n_probes);
    taken = ip4(0);
    run(seconds(70));
    ck_assert(ip_equal(our_addr(), HOST_IP));
    host_free(&h);
}
END_TEST

START_TEST(a_configured_address_is_kept_and_defended)
{
    begin(false);
    run(seconds(20));
    n_announcements = 0;
    for (int i = 0; i < 100; i++) {
        hear_from(HOST_IP);
        run(seconds(1));
    }
    ck_assert_uint_eq(n_announcements, 10);
    ck_assert_uint_eq(host_drops(&h, DROP_ARP_CONFLICT), 100);
    ck_assert(ip_equal(our_addr(), HOST_IP));
    host_free(&h);
}
END_TEST

/* RFC 2131 3.1 step 5: the server hears of it, and ten seconds later gives another. */
START_TEST(hostile_DHCP_11_a_lease_that_somebody_has_is_declined)
{
    begin(true);
    taken = FIRST_IP;
    run(seconds(9));
    ck_assert_uint_eq(server.n_declines, 1);
    ck_assert_uint_eq(server.n_discovers, 1);
    ck_assert(!sk_iface_configured(h.iface));
    run(seconds(30));
    ck_assert_uint_eq(server.n_discovers, 2);
    ck_assert_uint_eq(server.n_declines, 1);
    ck_assert(ip_equal(our_addr(), SECOND_IP));
    host_free(&h);
}
END_TEST

/* 2.4 (b): defended once, and given up. */
START_TEST(a_lease_in_use_is_given_up_at_the_second_conflict)
{
    sk_fd fd;

    begin(true);
    run(seconds(30));
    ck_assert(ip_equal(our_addr(), FIRST_IP));
    fd = host_bound(&h, SK_DGRAM, 5000);
    hear_from(FIRST_IP);
    run(seconds(1));
    ck_assert(ip_equal(our_addr(), FIRST_IP));
    ck_assert_uint_eq(n_announcements, 3);
    hear_from(FIRST_IP);
    ck_assert(ip_is_unspecified(our_addr()));
    run(seconds(1));
    ck_assert_uint_eq(server.n_declines, 1);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, (struct sk_addr){ FAR_IP, 9 }), SK_NET_UNREACHABLE);
    run(seconds(40));
    ck_assert(ip_equal(our_addr(), SECOND_IP));
    host_free(&h);
}
END_TEST

/* 2.1: probes have a cause, and a renewal is none. */
START_TEST(a_lease_that_is_renewed_is_not_probed_for)
{
    begin(true);
    run(seconds(30));
    ck_assert_uint_eq(n_probes, 3);
    server.n_dns = 0; /* something else changes */
    run(seconds(7200));
    ck_assert_uint_ge(server.n_requests, 4);
    ck_assert_uint_eq(n_probes, 3);
    ck_assert(ip_equal(our_addr(), FIRST_IP));
    host_free(&h);
}
END_TEST

/* It is to be renewed before it is found to be free, and ends soon after. */
START_TEST(a_lease_that_is_shorter_than_the_probes)
{
    for (uint32_t lease = 1; lease <= 16; lease++) {
        begin(true);
        server.lease = lease;
        server.renewal = 1;
        server.rebinding = 2;
        run(seconds(60));
        ck_assert_uint_le(server.n_discovers + server.n_requests, 130);
        host_free(&h);
    }
}
END_TEST

/* What the link did not take was heard by nobody. */
START_TEST(an_address_is_not_used_when_its_probes_cannot_leave)
{
    begin(false);
    h.link.refuse = true;
    run(seconds(60));
    ck_assert(!sk_iface_configured(h.iface));
    h.link.refuse = false;
    run(seconds(20));
    ck_assert_uint_eq(n_probes, 3);
    ck_assert(ip_equal(our_addr(), HOST_IP));
    host_free(&h);
}
END_TEST

START_TEST(a_lease_that_ends_is_not_probed_for_any_more)
{
    begin(true);
    run(seconds(30));
    server.refuses = true;
    run(seconds(2000));
    ck_assert(!sk_iface_configured(h.iface));
    hear_from(FIRST_IP);
    ck_assert_uint_eq(host_drops(&h, DROP_ARP_CONFLICT), 0);
    ck_assert_uint_eq(server.n_declines, 0);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_address_is_used_once_it_is_probed_for,
        an_address_is_probed_for_again_in_a_network_that_may_be_another,
        an_address_that_is_probed_for_again_is_no_way,
        a_leased_address_is_asked_for_and_probed_for_again,
        without_it_an_address_is_used_at_once,
        requests_are_answered_once_it_is_ours,
        a_configured_address_waits_until_it_is_free,
        a_configured_address_is_kept_and_defended,
        hostile_DHCP_11_a_lease_that_somebody_has_is_declined,
        a_lease_in_use_is_given_up_at_the_second_conflict,
        a_lease_that_is_renewed_is_not_probed_for,
        a_lease_that_is_shorter_than_the_probes,
        an_address_is_not_used_when_its_probes_cannot_leave,
        a_lease_that_ends_is_not_probed_for_any_more,
        NULL,
    };

    return suite_run("conflicts", tests);
}

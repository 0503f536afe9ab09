/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows ARP of tests/hostile-inputs.tsv against a whole host: what stays known, what is
 * answered, and what a host that is not there costs. The test is named by the row.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "proto/neigh.h"
#include "tests/support/frames.h"
#include "tests/support/suite.h"

static struct host h;
static struct frame f;
static sk_fd fd;

static void begin(void)
{
    host_begin(&h, NULL);
    host_meet(&h);
    fd = host_bound(&h, SK_DGRAM, 5000);
}

static struct arp_hdr message(uint16_t op, struct mac_addr sha, struct ip_addr spa)
{
    return (struct arp_hdr){ .op = op, .sha = sha, .spa = spa, .tha = HOST_MAC, .tpa = HOST_IP };
}

static void hear_arp(struct arp_hdr arp)
{
    frame_arp(&f, &arp);
    host_hear(&h, &f);
}

/* Where a datagram to this address goes now; asserts that it goes, and without being asked for. */
static struct mac_addr way_to(struct ip_addr addr)
{
    const struct sent *s;

    host_forget(&h);
    ck_assert_int_eq(host_send(&h, fd, "?", 1, (struct sk_addr){ addr, 9 }), SK_OK);
    host_poll(&h);
    s = host_sent(&h);
    ck_assert(s && s->eth.type == ETH_TYPE_IPV4);
    return s->eth.dst;
}

/* Nothing that was sent before changed what the host knows. */
static void knows_its_neighbours(void)
{
    struct ip_addr ours;

    ck_assert(mac_equal(way_to(PEER_IP), PEER_MAC));
    ck_assert(mac_equal(way_to(FAR_IP), GATE_MAC));
    ck_assert_int_eq(sk_netif_addr(h.iface, 2, &ours), SK_OK);
    ck_assert(ip_equal(ours, HOST_IP));
    host_silent(&h);
}

START_TEST(hostile_ARP_01_lengths_that_are_not_ours)
{
    static const uint8_t lens[] = { 0, 1, 4, 6, 7, 255 };
    struct arp_hdr arp = message(ARP_REQUEST, EVIL_MAC, GATE_IP);

    begin();
    for (size_t i = 0; i < sizeof(lens); i++) {
        for (size_t j = 0; j < sizeof(lens); j++) {
            frame_arp(&f, &arp);
            f.at[ETH_HDR_LEN + 4] = lens[i];
            f.at[ETH_HDR_LEN + 5] = lens[j];
            if (lens[i] != 6 || lens[j] != 4) {
                host_hear_silent_drop(&h, &f, DROP_ARP_MALFORMED);
            }
        }
    }
    for (size_t len = 0; len < ARP_LEN; len++) {
        frame_arp(&f, &arp);
        f.len = ETH_HDR_LEN + len;
        host_hear_silent_drop(&h, &f, DROP_ARP_MALFORMED);
    }
    knows_its_neighbours();
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

START_TEST(hostile_ARP_02_reply_that_nobody_asked_for)
{
    bool probed = false;
    const struct sent *s;

    begin();
    way_to(FAR_IP);
    for (int i = 0; i < 50; i++) {
        struct arp_hdr arp = message(ARP_REPLY, EVIL_MAC, GATE_IP);

        hear_arp(arp);
        arp.op = ARP_REQUEST; /* and the same claim in a request, which is answered */
        hear_arp(arp);
        while ((s = host_sent(&h)) != NULL) {
            if (s->arp.op == ARP_REQUEST && mac_equal(s->eth.dst, GATE_MAC)) {
                probed = true; /* the gateway itself, at the address that it has */
                hear_arp(message(ARP_REPLY, GATE_MAC, GATE_IP));
            }
        }
        ck_assert(mac_equal(way_to(FAR_IP), GATE_MAC));
        host_run(&h, h.now + millis(100));
    }
    ck_assert(probed);
    ck_assert_uint_ge(host_drops(&h, DROP_ARP_UNSOLICITED), 50);
    host_free(&h);
}
END_TEST

START_TEST(hostile_ARP_03_many_senders)
{
    begin();
    way_to(FAR_IP);
    way_to(PEER_IP);
    for (uint32_t i = 0; i < 65536; i++) {
        struct mac_addr mac = { { 2, 9, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };

        hear_arp(message(ARP_REQUEST, mac, ip4(0x0a010000 + i)));
        if (i % 64 == 0) {
            host_forget(&h);
        }
    }
    knows_its_neighbours();
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* A host that looks for no conflicts counts a claim to its address, and nothing changes. */
START_TEST(hostile_ARP_04_somebody_has_our_address)
{
    begin();
    for (int i = 0; i < 100; i++) {
        struct arp_hdr arp = message(i % 2 ? ARP_REQUEST : ARP_REPLY, EVIL_MAC, HOST_IP);

        arp.tpa = i % 3 ? HOST_IP : PEER_IP;
        frame_arp(&f, &arp);
        host_hear_silent_drop(&h, &f, DROP_ARP_CONFLICT);
    }
    ck_assert_uint_eq(host_drops(&h, DROP_ARP_CONFLICT), 100);
    knows_its_neighbours();
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/* RFC 5227 2.4 (c): one that does says once in ten seconds whose it is, and learns nothing. */
START_TEST(hostile_ARP_04_a_claim_is_contradicted_once_in_ten_seconds)
{
    struct host_setup setup = { .config = { .acd = &sk_acd } };
    uint32_t n_contradicted = 0;
    const struct sent *s;

    host_begin(&h, &setup);
    host_run(&h, h.now + seconds(20));
    host_forget(&h);
    host_meet(&h);
    fd = host_bound(&h, SK_DGRAM, 5000);
    for (int i = 0; i < 100; i++) {
        frame_arp(&f, &(struct arp_hdr){ ARP_REPLY, EVIL_MAC, HOST_IP, HOST_MAC, PEER_IP });
        host_hear_drop(&h, &f, DROP_ARP_CONFLICT);
        while ((s = host_sent(&h)) != NULL) {
            ck_assert(ip_equal(s->arp.spa, HOST_IP) && ip_equal(s->arp.tpa, HOST_IP));
            ck_assert(mac_equal(s->eth.dst, MAC_BROADCAST));
            n_contradicted++;
        }
        host_run(&h, h.now + millis(200));
    }
    ck_assert_uint_eq(n_contradicted, 2);
    host_meet(&h);
    knows_its_neighbours();
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

START_TEST(hostile_ARP_05_senders_that_cannot_be)
{
    static const uint32_t addrs[] = { 0xffffffff, 0xe0000001, 0x7f000001, 0xf0000001 };
    static const struct mac_addr macs[] = { { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
                                            { { 1, 0, 0x5e, 0, 0, 1 } },
                                            { { 0 } } };
    struct arp_hdr arp;
    const struct sent *s;
    sk_fd other;

    begin();
    for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
        arp = message(ARP_REQUEST, EVIL_MAC, ip4(addrs[i]));
        frame_arp(&f, &arp);
        host_hear_silent_drop(&h, &f, DROP_ARP_SENDER);
    }
    for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
        arp = message(ARP_REQUEST, macs[i], ip4(0x0a000009));
        frame_arp(&f, &arp);
        frame_set_macs(&f, MAC_BROADCAST, EVIL_MAC);
        host_hear_silent_drop(&h, &f, DROP_ARP_SENDER);
    }
    /* A probe (RFC 5227 2.1.1) is answered, and nobody is at 0.0.0.0. */
    hear_arp(message(ARP_REQUEST, EVIL_MAC, ip4(0)));
    s = host_sent(&h);
    ck_assert(s && s->arp.op == ARP_REPLY && mac_equal(s->eth.dst, EVIL_MAC));
    ck_assert(ip_equal(s->arp.spa, HOST_IP) && mac_equal(s->arp.sha, HOST_MAC));
    host_silent(&h);
    other = host_bound(&h, SK_DGRAM, 5001);
    ck_assert_int_eq(host_send(&h, other, "?", 1, (struct sk_addr){ ip4(0x0a000009), 9 }), SK_OK);
    host_poll(&h);
    s = host_sent(&h);
    ck_assert(s && s->eth.type == ETH_TYPE_ARP && ip_equal(s->arp.tpa, ip4(0x0a000009)));
    knows_its_neighbours();
    host_free(&h);
}
END_TEST

START_TEST(hostile_ARP_06_other_operations)
{
    begin();
    for (unsigned op = 0; op <= UINT16_MAX; op += op < 300 ? 1 : 97) {
        struct arp_hdr arp = message((uint16_t)op, EVIL_MAC, GATE_IP);

        if (op == ARP_REQUEST || op == ARP_REPLY) {
            continue;
        }
        frame_arp(&f, &arp);
        host_hear_silent_drop(&h, &f, DROP_ARP_OPCODE);
    }
    knows_its_neighbours();
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

/*
 * The policy: the queue holds what fits and the writer waits, so nothing that was accepted is lost
 * to a newer one; after three requests all of it is given up with one error.
 */
START_TEST(hostile_ARP_07_a_host_that_is_not_there)
{
    struct sk_addr dead = { ip4(0x0a00004d), 9 };
    uint32_t n_queued = 0;
    uint32_t n_refused = 0;
    instant last = 0;
    instant begun;
    const struct sent *s;
    int n_requests = 0;

    begin();
    begun = h.now;
    for (int i = 0; i < 1000; i++) {
        enum sk_err err = host_send(&h, fd, "datagram", 8, dead);

        n_queued += err == SK_OK;
        n_refused += err == SK_PENDING;
        host_poll(&h);
    }
    ck_assert_uint_eq(n_queued + n_refused, 1000);
    ck_assert_uint_ge(n_queued, 1);
    ck_assert_uint_eq(sk_readiness(h.iface, fd), 0);
    host_run(&h, h.now + seconds(2) + millis(900));
    ck_assert_uint_eq(sk_readiness(h.iface, fd), 0);
    host_run(&h, h.now + millis(200));
    while ((s = host_sent(&h)) != NULL) {
        ck_assert(s->eth.type == ETH_TYPE_ARP && s->arp.op == ARP_REQUEST);
        ck_assert(n_requests == 0 || s->at - last >= NEIGH_REQUEST_INTERVAL);
        last = s->at;
        n_requests++;
    }
    ck_assert_int_eq(n_requests, NEIGH_MAX_REQUESTS);
    ck_assert_uint_eq(host_drops(&h, DROP_TX_HOST_DOWN), n_queued);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, dead), SK_HOST_UNREACHABLE);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, dead), SK_OK); /* told once, and tried again */
    host_poll(&h);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_HOST_UNREACHABLE);
    host_silent(&h); /* still down: nobody is asked */
    knows_its_neighbours();
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    ck_assert_int_lt(h.now, begun + seconds(4));
    host_end(&h);
}
END_TEST

/* The same with the newest kept: what is written while the host is asked for leaves when it
 * answers. */
START_TEST(hostile_ARP_07_a_late_answer_frees_what_was_queued)
{
    const struct sent *s;
    int n = 0;

    begin();
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(host_send(&h, fd, "datagram", 8, (struct sk_addr){ ip4(0x0a00004d), 9 }),
                         SK_OK);
    }
    host_run(&h, h.now + seconds(2) + millis(500));
    host_forget(&h);
    hear_arp(message(ARP_REPLY, EVIL_MAC, ip4(0x0a00004d)));
    while ((s = host_sent(&h)) != NULL) {
        ck_assert(s->eth.type == ETH_TYPE_IPV4 && mac_equal(s->eth.dst, EVIL_MAC));
        n++;
    }
    ck_assert_int_eq(n, 5);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

START_TEST(requests_of_one_poll_are_each_answered)
{
    struct arp_hdr arp = message(ARP_REQUEST, PEER_MAC, PEER_IP);

    begin();
    for (uint8_t i = 0; i < 10; i++) {
        arp.sha.b[5] = (uint8_t)(10 + i);
        arp.spa = ip4(0x0a00000au + i);
        frame_arp(&f, &arp);
        fake_link_put(&h.link, f.at, f.len);
    }
    host_poll(&h);
    for (uint8_t i = 0; i < 10; i++) {
        const struct sent *s = host_sent(&h);

        arp.sha.b[5] = (uint8_t)(10 + i);
        ck_assert(s && s->eth.type == ETH_TYPE_ARP && s->arp.op == ARP_REPLY);
        ck_assert(ip_equal(s->arp.spa, HOST_IP) && ip_equal(s->arp.tpa, ip4(0x0a00000au + i)));
        ck_assert(mac_equal(s->arp.sha, HOST_MAC) && mac_equal(s->arp.tha, arp.sha));
        ck_assert(mac_equal(s->eth.dst, arp.sha));
    }
    host_silent(&h);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_end(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { hostile_ARP_01_lengths_that_are_not_ours,
                                   hostile_ARP_02_reply_that_nobody_asked_for,
                                   hostile_ARP_03_many_senders,
                                   hostile_ARP_04_somebody_has_our_address,
                                   hostile_ARP_04_a_claim_is_contradicted_once_in_ten_seconds,
                                   hostile_ARP_05_senders_that_cannot_be,
                                   hostile_ARP_06_other_operations,
                                   hostile_ARP_07_a_host_that_is_not_there,
                                   hostile_ARP_07_a_late_answer_frees_what_was_queued,
                                   requests_of_one_poll_are_each_answered,
                                   NULL };

    return suite_run("hostile_arp_host", tests);
}

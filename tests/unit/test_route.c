/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several netifs: which one a packet leaves by, the address it comes from, loopback, and what the
 * MTU of each allows.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

#define SECOND_IP ip4(0xac100001) /* 172.16.0.1/16 */
#define SECOND_PEER ip4(0xac10aaaa)
#define BARE_IP ip4(0xc0a80001) /* 192.168.0.1/30, point to point */

static struct host h;
static struct fake_link second;
static struct fake_link bare;
static struct frame f;

/* eth0 with the gateway, eth1 with another network, and a link of bare IP packets. */
static void begin_with(const struct sk_ip_fragments *fragments)
{
    struct host_setup setup = { .config = { .n_netifs = 4, .fragments = fragments } };
    struct sk_netif_config eth1 = { .name = "eth1", .addr = SECOND_IP, .prefix_len = 16 };
    struct sk_netif_config ppp = { .name = "ppp0", .addr = BARE_IP, .prefix_len = 30 };

    host_begin(&h, &setup);
    host_meet(&h);
    fake_link_init(&second, LINK_ETHERNET, 1400);
    fake_link_init(&bare, LINK_IP, 576);
    ck_assert_int_eq(sk_netif_add(h.iface, &second.link, &eth1, h.now, NULL), SK_OK);
    ck_assert_int_eq(sk_netif_add(h.iface, &bare.link, &ppp, h.now, NULL), SK_OK);
}

static void begin(void)
{
    begin_with(NULL);
}

static void end(void)
{
    fake_link_free(&second);
    fake_link_free(&bare);
    host_free(&h);
}

/* A datagram is written; the next thing that this link is given. */
static const struct sent *leaves_by(struct fake_link *link, sk_fd fd, struct ip_addr to)
{
    const struct sent *s;

    ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ to, 9 }), SK_OK);
    host_poll(&h);
    s = fake_link_sent(link);
    ck_assert_ptr_nonnull(s);
    ck_assert_ptr_null(link->out);
    ck_assert(!h.link.out && !second.out && !bare.out);
    return s;
}

START_TEST(each_network_by_its_own_netif)
{
    const struct sent *s;

    begin();
    s = leaves_by(&h.link, host_socket(&h, SK_DGRAM), PEER_IP);
    ck_assert(ip_equal(s->ip.src, HOST_IP) && mac_equal(s->eth.dst, PEER_MAC));
    s = leaves_by(&h.link, host_socket(&h, SK_DGRAM), FAR_IP);
    ck_assert(ip_equal(s->ip.src, HOST_IP) && mac_equal(s->eth.dst, GATE_MAC));
    s = leaves_by(&second, host_socket(&h, SK_DGRAM), SECOND_PEER);
    ck_assert(s->eth.type == ETH_TYPE_ARP && ip_equal(s->arp.spa, SECOND_IP));
    s = leaves_by(&bare, host_socket(&h, SK_DGRAM), ip4(0xc0a80002));
    ck_assert(ip_equal(s->ip.src, BARE_IP));
    end();
}
END_TEST

/* Neighbours of one netif are not those of another, and an answer from the wrong one is none. */
START_TEST(neighbours_are_those_of_a_netif)
{
    struct arp_hdr arp = {
        .op = ARP_REPLY, .sha = EVIL_MAC, .spa = SECOND_PEER, .tha = HOST_MAC, .tpa = SECOND_IP
    };

    begin();
    leaves_by(&second, host_socket(&h, SK_DGRAM), SECOND_PEER);
    frame_arp(&f, &arp);
    host_hear_silent_drop(&h, &f, DROP_ARP_UNSOLICITED);
    ck_assert_ptr_null(second.out);
    fake_link_put(&second, f.at, f.len);
    host_poll(&h);
    ck_assert_ptr_nonnull(fake_link_sent(&second));
    end();
}
END_TEST

/* Each netif speaks for its own address, and on its own link. */
START_TEST(a_request_is_answered_where_it_came_in)
{
    struct arp_hdr arp = { .op = ARP_REQUEST, .sha = EVIL_MAC, .spa = SECOND_PEER };
    const struct sent *s;

    begin();
    arp.tpa = SECOND_IP;
    frame_arp(&f, &arp);
    host_hear_silent_drop(&h, &f, DROP_ETH_NOT_FOR_US);
    fake_link_put(&second, f.at, f.len);
    host_poll(&h);
    s = fake_link_sent(&second);
    ck_assert(s && s->arp.op == ARP_REPLY && ip_equal(s->arp.spa, SECOND_IP));
    ck_assert(mac_equal(s->eth.dst, EVIL_MAC) && !h.link.out && !second.out);
    end();
}
END_TEST

/* RFC 1122 3.1: a host with several netifs is no router. */
START_TEST(nothing_is_forwarded)
{
    const struct ip_addr others[] = { SECOND_PEER, ip4(0xc0a80002), ip4(0x0a000003), FAR_IP };

    begin();
    leaves_by(&second, host_socket(&h, SK_DGRAM), SECOND_PEER);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        frame_udp(&f, (struct sk_addr){ PEER_IP, 4000 }, (struct sk_addr){ others[i], 9 }, "x", 1);
        host_hear_silent_drop(&h, &f, DROP_IP_NOT_FOR_US);
        ck_assert(!second.out && !bare.out);
    }
    end();
}
END_TEST

/* A socket keeps the address that it is bound to; one that is bound to none takes the netif's. */
START_TEST(the_address_that_a_datagram_comes_from)
{
    sk_fd fd;

    begin();
    fd = host_socket(&h, SK_DGRAM);
    ck_assert(ip_equal(leaves_by(&h.link, fd, PEER_IP)->ip.src, HOST_IP));
    ck_assert(ip_equal(leaves_by(&bare, fd, ip4(0xc0a80002))->ip.src, BARE_IP));
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(sk_bind(h.iface, fd, (struct sk_addr){ SECOND_IP, 0 }), SK_OK);
    ck_assert(ip_equal(leaves_by(&h.link, fd, PEER_IP)->ip.src, SECOND_IP));
    end();
}
END_TEST

START_TEST(a_connection_takes_address_and_mtu_of_its_netif)
{
    struct sk_addr local;
    struct sk_op op;
    const struct sent *s;
    sk_fd fd;

    begin();
    fd = host_socket(&h, SK_STREAM);
    sk_op_connect(&op, fd, (struct sk_addr){ ip4(0xc0a80002), 80 });
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    s = fake_link_sent(&bare);
    ck_assert(s && s->tcp.mss == 576 - 40 && ip_equal(s->ip.src, BARE_IP));
    ck_assert_int_eq(sk_local(h.iface, fd, &local), SK_OK);
    ck_assert(ip_equal(local.addr, BARE_IP));
    end();
}
END_TEST

START_TEST(the_longest_datagram_is_that_of_the_netif)
{
    static uint8_t text[1473];
    sk_fd fd;

    begin();
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(host_send(&h, fd, text, 1473, (struct sk_addr){ PEER_IP, 9 }), SK_MSG_SIZE);
    ck_assert_int_eq(host_send(&h, fd, text, 1472, (struct sk_addr){ PEER_IP, 9 }), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(host_sent(&h)->len, 1514);
    ck_assert_int_eq(host_send(&h, fd, text, 549, (struct sk_addr){ ip4(0xc0a80002), 9 }),
                     SK_MSG_SIZE);
    ck_assert_int_eq(host_send(&h, fd, text, 548, (struct sk_addr){ ip4(0xc0a80002), 9 }), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(fake_link_sent(&bare)->len, 576);
    end();
}
END_TEST

/* The limited broadcast leaves by the first netif that has an address. */
START_TEST(broadcasts)
{
    struct host_setup setup = { .config = { .n_netifs = 3 }, .dhcp = true };
    struct sk_netif_config eth1 = { .name = "eth1", .addr = SECOND_IP, .prefix_len = 16 };
    const struct sent *s;
    sk_fd fd;

    begin();
    s = leaves_by(&h.link, host_socket(&h, SK_DGRAM), ip4(UINT32_MAX));
    ck_assert(mac_equal(s->eth.dst, MAC_BROADCAST));
    s = leaves_by(&second, host_socket(&h, SK_DGRAM), ip4(0xac10ffff));
    ck_assert(mac_equal(s->eth.dst, MAC_BROADCAST) && ip_equal(s->ip.src, SECOND_IP));
    end();
    host_begin(&h, &setup); /* the first still waits for DHCP */
    fake_link_init(&second, LINK_ETHERNET, 1500);
    fake_link_init(&bare, LINK_IP, 1500);
    ck_assert_int_eq(sk_netif_add(h.iface, &second.link, &eth1, h.now, NULL), SK_OK);
    host_poll(&h);
    host_forget(&h);
    fd = host_socket(&h, SK_DGRAM);
    s = leaves_by(&second, fd, ip4(UINT32_MAX));
    ck_assert(mac_equal(s->eth.dst, MAC_BROADCAST) && ip_equal(s->ip.src, SECOND_IP));
    end();
}
END_TEST

/* A question may come by one netif, and the way back be another, of a smaller MTU. */
START_TEST(an_answer_fits_the_netif_that_it_leaves_by)
{
    static const uint8_t text[1472];
    struct icmp4_hdr echo = { .type = ICMP4_ECHO_REQUEST };
    const struct sent *s;
    size_t len = 0;

    begin();
    frame_icmp(&f, ip4(0xc0a80002), HOST_IP, echo, text, sizeof(text));
    host_hear_silent_drop(&h, &f, DROP_TX_OVERSIZE);
    ck_assert_ptr_null(bare.out);
    end();
    begin_with(&sk_ip_fragments);
    frame_icmp(&f, ip4(0xc0a80002), HOST_IP, echo, text, sizeof(text));
    host_hear_drop(&h, &f, DROP_NONE);
    while ((s = fake_link_sent(&bare)) != NULL) {
        ck_assert_uint_eq(s->ip.frag_offset, len);
        ck_assert_uint_le(s->len, 576);
        len += s->ip.payload_len;
    }
    ck_assert_uint_eq(len, ICMP4_HDR_LEN + sizeof(text));
    host_silent(&h);
    end();
}
END_TEST

/* RFC 1112 6.1, 6.4: a group is on the link, whatever gateway there is. */
START_TEST(multicasts)
{
    const struct sent *s;

    begin();
    s = leaves_by(&h.link, host_socket(&h, SK_DGRAM), ip4(0xe18203fb));
    ck_assert_mem_eq(s->eth.dst.b, "\x01\x00\x5e\x02\x03\xfb", MAC_ADDR_LEN);
    ck_assert(ip_equal(s->ip.src, HOST_IP) && s->ip.ttl == 1);
    end();
}
END_TEST

#define GATE2_IP ip4(0x0a0000fd)
#define GATE2_MAC EVIL_MAC

/* Which of two gateways are there: each answers who asks for it. */
static bool gates[2];

static void begin_with_gateways(void)
{
    struct host_setup setup = {
        .netif = { .addr = HOST_IP, .gateway = GATE_IP, .gateway2 = GATE2_IP, .prefix_len = 24 }
    };

    host_begin(&h, &setup);
    gates[0] = gates[1] = true;
}

/* Answers for the gateways; how many packets each of them got. */
static void serve_gateways(int n_got[2])
{
    struct arp_hdr arp = { .op = ARP_REPLY, .tha = HOST_MAC, .tpa = HOST_IP };

    host_poll(&h);
    for (const struct sent *s; (s = host_sent(&h)) != NULL;) {
        if (s->eth.type != ETH_TYPE_ARP) {
            int gate = mac_equal(s->eth.dst, GATE2_MAC);

            EXPECT(gate || mac_equal(s->eth.dst, GATE_MAC));
            n_got[gate] += gates[gate];
            continue;
        }
        for (int gate = 0; gate < 2; gate++) {
            arp.spa = gate ? GATE2_IP : GATE_IP;
            arp.sha = gate ? GATE2_MAC : GATE_MAC;
            if (gates[gate] && s->arp.op == ARP_REQUEST && ip_equal(s->arp.tpa, arp.spa)) {
                frame_arp(&f, &arp);
                host_hear(&h, &f);
            }
        }
    }
}

/* A datagram in each of so many seconds. */
static void send_for(sk_fd fd, int n_seconds, int n_got[2])
{
    n_got[0] = n_got[1] = 0;
    for (int i = 0; i < n_seconds; i++) {
        host_send(&h, fd, "text", 4, (struct sk_addr){ FAR_IP, 9 });
        serve_gateways(n_got);
        host_run(&h, h.now + seconds(1));
        serve_gateways(n_got);
    }
}

/* RFC 1122 3.3.1.5: a gateway that does not answer gives way to the other, which stays until it
 * does not answer itself; where none does, nothing is lost but what was sent meanwhile. */
START_TEST(a_gateway_that_is_dead)
{
    int n_got[2];
    sk_fd fd;

    begin_with_gateways();
    fd = host_socket(&h, SK_DGRAM);
    send_for(fd, 200, n_got);
    ck_assert(n_got[0] == 200 && n_got[1] == 0);
    gates[0] = false;
    send_for(fd, 70, n_got); /* until the entry is confirmed, and then three seconds */
    ck_assert_int_gt(n_got[1], 0);
    send_for(fd, 200, n_got);
    ck_assert_int_eq(n_got[1], 200);
    gates[0] = true;
    send_for(fd, 200, n_got); /* it is as good as the other */
    ck_assert_int_eq(n_got[1], 200);
    gates[1] = false;
    send_for(fd, 70, n_got);
    ck_assert_int_gt(n_got[0], 0);
    gates[0] = false;
    send_for(fd, 200, n_got);
    gates[1] = true;
    send_for(fd, 60, n_got);
    ck_assert_int_gt(n_got[1], 20);
    host_free(&h);
}
END_TEST

START_TEST(the_first_of_two_equal_networks)
{
    struct host_setup setup = { .config = { .n_netifs = 3 } };
    struct sk_netif_config eth1 = { .name = "eth1", .addr = ip4(0x0a0000c8), .prefix_len = 24 };

    host_begin(&h, &setup);
    fake_link_init(&second, LINK_ETHERNET, 1500);
    fake_link_init(&bare, LINK_IP, 1500);
    ck_assert_int_eq(sk_netif_add(h.iface, &second.link, &eth1, h.now, NULL), SK_OK);
    ck_assert(ip_equal(leaves_by(&h.link, host_socket(&h, SK_DGRAM), PEER_IP)->arp.tpa, PEER_IP));
    end();
}
END_TEST

START_TEST(the_first_of_two_gateways)
{
    struct host_setup setup = { .config = { .n_netifs = 3 } };
    struct sk_netif_config eth1 = {
        .name = "eth1", .addr = SECOND_IP, .gateway = SECOND_PEER, .prefix_len = 16
    };

    host_begin(&h, &setup);
    fake_link_init(&second, LINK_ETHERNET, 1500);
    fake_link_init(&bare, LINK_IP, 1500);
    ck_assert_int_eq(sk_netif_add(h.iface, &second.link, &eth1, h.now, NULL), SK_OK);
    ck_assert(ip_equal(leaves_by(&h.link, host_socket(&h, SK_DGRAM), FAR_IP)->arp.tpa, GATE_IP));
    end();
}
END_TEST

/* Of two networks that hold an address the smaller one is meant (RFC 1122 3.3.1.2, RFC 1812
 * 5.2.4.3). */
START_TEST(the_longest_prefix)
{
    struct host_setup setup = { .config = { .n_netifs = 3 } };
    struct sk_netif_config eth1 = { .name = "eth1", .addr = ip4(0x0a010001), .prefix_len = 16 };

    setup.netif = (struct sk_netif_config){ .addr = HOST_IP, .prefix_len = 8 };
    host_begin(&h, &setup);
    fake_link_init(&second, LINK_ETHERNET, 1500);
    fake_link_init(&bare, LINK_IP, 1500);
    ck_assert_int_eq(sk_netif_add(h.iface, &second.link, &eth1, h.now, NULL), SK_OK);
    ck_assert(ip_equal(leaves_by(&second, host_socket(&h, SK_DGRAM), ip4(0x0a010002))->arp.tpa,
                       ip4(0x0a010002)));
    ck_assert(ip_equal(leaves_by(&h.link, host_socket(&h, SK_DGRAM), ip4(0x0a020002))->arp.tpa,
                       ip4(0x0a020002)));
    end();
}
END_TEST

/* 127/8 and every address of ours: no link sees it. */
START_TEST(datagrams_to_ourselves)
{
    static const uint32_t addrs[] = { 0x7f000001, 0x7f010203, 0x0a000001, 0xac100001, 0xc0a80001 };
    sk_fd to;

    begin();
    to = host_bound(&h, SK_DGRAM, 5000);
    for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
        sk_fd fd = host_socket(&h, SK_DGRAM);
        uint8_t octets[8];
        size_t len = sizeof(octets);
        struct sk_addr from;
        struct sk_addr local;

        ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ ip4(addrs[i]), 5000 }),
                         SK_OK);
        host_poll(&h);
        ck_assert_int_eq(host_recv(&h, to, octets, &len, &from), SK_OK);
        ck_assert(len == 4 && memcmp(octets, "text", 4) == 0);
        ck_assert_int_eq(sk_local(h.iface, fd, &local), SK_OK);
        ck_assert_uint_eq(from.port, local.port);
        ck_assert(ip_equal(from.addr, ip4(addrs[i])));
        ck_assert_int_eq(host_send(&h, to, "back", 4, from), SK_OK);
        host_poll(&h);
        ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
        ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    }
    ck_assert(!h.link.out && !second.out && !bare.out);
    ck_assert_int_eq(sk_close(h.iface, to, h.now), SK_OK);
    end();
}
END_TEST

START_TEST(streams_to_ourselves)
{
    static const uint32_t addrs[] = { 0x7f000001, 0x7fffff02, 0x0a000001, 0xac100001 };

    for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
        static uint8_t text[20000];
        static uint8_t got[sizeof(text)];
        struct sk_iov out = { text, sizeof(text) };
        struct sk_iov in = { got, sizeof(got) };
        struct sk_op connect;
        struct sk_op accept;
        sk_fd listener;
        sk_fd fd;

        for (size_t j = 0; j < sizeof(text); j++) {
            text[j] = (uint8_t)(j * 31 >> 4);
        }
        begin();
        listener = host_listener(&h, 80, 1);
        fd = host_socket(&h, SK_STREAM);
        sk_op_connect(&connect, fd, (struct sk_addr){ ip4(addrs[i]), 80 });
        ck_assert_int_eq(host_try(&h, &connect), SK_PENDING);
        host_poll(&h);
        ck_assert_int_eq(host_try(&h, &connect), SK_OK);
        sk_op_accept(&accept, listener);
        ck_assert_int_eq(host_try(&h, &accept), SK_OK);
        sk_op_send(&connect, fd, &out, 1, NOBODY, 0);
        sk_op_recv(&accept, accept.u.accepted, &in, 1, SK_OP_WAITALL);
        for (int n = 0; n < 1000 && host_try(&h, &accept) == SK_PENDING; n++) {
            host_try(&h, &connect);
            host_run(&h, h.now + 1000);
        }
        ck_assert_uint_eq(accept.done, sizeof(text));
        ck_assert_mem_eq(got, text, sizeof(text));
        ck_assert(!h.link.out && !second.out && !bare.out);
        ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
        ck_assert_int_eq(sk_close(h.iface, accept.fd, h.now), SK_OK);
        ck_assert_int_eq(sk_close(h.iface, listener, h.now), SK_OK);
        host_run(&h, h.now + 10000000);
        ck_assert(sk_iface_idle(h.iface));
        end();
    }
}
END_TEST

/* Nobody there, on our own host: refused at once. */
START_TEST(refused_by_ourselves)
{
    struct sk_op op;
    uint8_t octet;
    size_t len = 1;
    sk_fd fd;

    begin();
    fd = host_socket(&h, SK_STREAM);
    sk_op_connect(&op, fd, (struct sk_addr){ ip4(0x7f000001), 81 });
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    ck_assert_int_eq(host_try(&h, &op), SK_REFUSED);
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, (struct sk_addr){ ip4(0x7f000001), 81 }), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, NOBODY), SK_OK);
    host_poll(&h);
    ck_assert_int_eq(host_recv(&h, fd, &octet, &len, NULL), SK_REFUSED);
    end();
}
END_TEST

/* RFC 3021: of two addresses neither is a broadcast, and one alone is a host. */
START_TEST(networks_without_a_broadcast_address)
{
    struct icmp4_hdr echo = { .type = ICMP4_ECHO_REQUEST };
    struct ip_addr other = ip4(0x0a000000);
    struct arp_hdr arp = { .op = ARP_REQUEST, .sha = PEER_MAC, .spa = other, .tpa = HOST_IP };

    for (uint8_t prefix_len = 31; prefix_len <= 32; prefix_len++) {
        struct host_setup setup = { .netif = { .addr = HOST_IP, .prefix_len = prefix_len } };
        const struct sent *s;

        setup.netif.gateway = other; /* of 32 bits: not on the link, and the only way there */
        host_begin(&h, &setup);
        frame_arp(&f, &arp);
        host_hear(&h, &f);
        ck_assert_ptr_nonnull(host_sent(&h));
        frame_icmp(&f, other, HOST_IP, echo, "", 0);
        host_hear_drop(&h, &f, DROP_NONE);
        s = host_sent(&h);
        ck_assert(s && s->icmp.type == ICMP4_ECHO_REPLY && mac_equal(s->eth.dst, PEER_MAC));
        host_free(&h);
    }
}
END_TEST

START_TEST(the_higher_of_two_addresses_is_a_host)
{
    struct host_setup setup = { .netif = { .addr = ip4(0x0a000002), .prefix_len = 31 } };
    sk_fd fd;

    host_begin(&h, &setup);
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, (struct sk_addr){ ip4(0x0a000003), 9 }), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(host_sent(&h)->eth.type, ETH_TYPE_ARP);
    host_silent(&h);
    host_free(&h);
}
END_TEST

/* And all of its class, which another would take for everybody. */
START_TEST(an_address_of_ones_is_a_host)
{
    struct host_setup setup = { .netif = { .addr = ip4(0x0affffff), .prefix_len = 31 } };
    struct arp_hdr arp = {
        .op = ARP_REQUEST, .sha = PEER_MAC, .spa = ip4(0x0afffffe), .tpa = ip4(0x0affffff)
    };

    host_begin(&h, &setup);
    frame_arp(&f, &arp);
    host_hear(&h, &f);
    host_forget(&h);
    frame_icmp(&f, arp.spa, arp.tpa, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "?", 1);
    host_hear_drop(&h, &f, DROP_NONE);
    ck_assert_uint_eq(host_sent(&h)->icmp.type, ICMP4_ECHO_REPLY);
    host_free(&h);
}
END_TEST

/* RFC 4632: of a network that is larger than its class. */
START_TEST(an_address_in_the_middle_of_a_network_is_a_host)
{
    struct ip_addr ours = ip4(0xc0a80101);
    struct ip_addr other = ip4(0xc0a800ff);
    struct host_setup setup = { .netif = { .addr = ours, .prefix_len = 23 } };
    struct arp_hdr arp = { .op = ARP_REQUEST, .sha = PEER_MAC, .spa = other, .tpa = ours };

    host_begin(&h, &setup);
    frame_arp(&f, &arp);
    host_hear(&h, &f);
    host_forget(&h);
    frame_icmp(&f, other, ours, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "?", 1);
    host_hear_drop(&h, &f, DROP_NONE);
    ck_assert_uint_eq(host_sent(&h)->icmp.type, ICMP4_ECHO_REPLY);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { each_network_by_its_own_netif,
                                   neighbours_are_those_of_a_netif,
                                   a_request_is_answered_where_it_came_in,
                                   nothing_is_forwarded,
                                   the_address_that_a_datagram_comes_from,
                                   a_connection_takes_address_and_mtu_of_its_netif,
                                   the_longest_datagram_is_that_of_the_netif,
                                   broadcasts,
                                   an_answer_fits_the_netif_that_it_leaves_by,
                                   an_address_in_the_middle_of_a_network_is_a_host,
                                   multicasts,
                                   a_gateway_that_is_dead,
                                   the_first_of_two_equal_networks,
                                   the_first_of_two_gateways,
                                   the_longest_prefix,
                                   datagrams_to_ourselves,
                                   streams_to_ourselves,
                                   refused_by_ourselves,
                                   networks_without_a_broadcast_address,
                                   the_higher_of_two_addresses_is_a_host,
                                   an_address_of_ones_is_a_host,
                                   NULL };

    return suite_run("route", tests);
}

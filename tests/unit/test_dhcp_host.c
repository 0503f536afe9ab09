/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host that has its address from DHCP, against the server of tests/support: what programs see of
 * a lease that begins, is renewed, changes and ends.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "net/iface.h"
#include "tests/support/dhcp_server.h"
#include "tests/support/frames.h"
#include "tests/support/suite.h"

#define SERVER_MAC PEER_MAC

static struct host h;
static struct frame f;
static struct dhcp_server server;
static uint32_t n_unicast;       /* DHCP messages to the server's own address */
static uint32_t n_arp;           /* requests */
static struct ip_addr asked_for; /* by the last of them */
static bool arp_silent;
static bool hold; /* requests are not answered, but given to the test */

static void begin(void)
{
    struct host_setup setup = { .dhcp = true };

    host_begin(&h, &setup);
    dhcp_server_init(&server);
    n_unicast = 0;
    n_arp = 0;
    arp_silent = false;
    hold = false;
}

static struct ip_addr our_addr(void)
{
    struct ip_addr addr;

    EXPECT(sk_netif_addr(h.iface, 2, &addr) == SK_OK);
    return addr;
}

/* The answer to a DHCP message, in a broadcast or to the address, as the server says. */
static void serve_dhcp(const struct sent *s)
{
    uint8_t answer[DHCP_MAX_LEN];
    struct ip_addr dst;
    size_t len;

    n_unicast += ip_equal(s->ip.dst, server.addr);
    len = dhcp_server_answer(&server, s->payload, s->payload_len, answer, sizeof(answer), &dst);
    if (len > 0) {
        frame_udp(&f, (struct sk_addr){ server.addr, DHCP_SERVER_PORT },
                  (struct sk_addr){ dst, DHCP_CLIENT_PORT }, answer, len);
        if (ip4_bits(dst) == UINT32_MAX) {
            frame_set_macs(&f, MAC_BROADCAST, SERVER_MAC);
        }
        host_hear(&h, &f);
    }
}

/* Answers what the host asks for by DHCP and ARP; the next other frame, or NULL. */
static const struct sent *serve(void)
{
    const struct sent *s;

    host_poll(&h);
    while ((s = host_sent(&h)) != NULL) {
        if (s->eth.type == ETH_TYPE_ARP) {
            struct arp_hdr arp = { .op = ARP_REPLY,
                                   .sha = SERVER_MAC,
                                   .spa = s->arp.tpa,
                                   .tha = HOST_MAC,
                                   .tpa = s->arp.spa };

            n_arp++;
            asked_for = s->arp.tpa;
            if (!arp_silent && s->arp.op == ARP_REQUEST) {
                frame_arp(&f, &arp);
                host_hear(&h, &f);
            }
        } else if (!hold && s->ip.proto == IP_PROTO_UDP && s->udp.dst_port == DHCP_SERVER_PORT) {
            serve_dhcp(s);
        } else {
            return s;
        }
    }
    return NULL;
}

static void run(instant until)
{
    for (;;) {
        instant at;

        EXPECT(serve() == NULL);
        at = sk_iface_poll_at(h.iface, h.now);
        if (at > until) {
            break;
        }
        host_run(&h, at);
    }
    host_run(&h, until);
    EXPECT(serve() == NULL);
}

static void acquire(void)
{
    begin();
    run(h.now + seconds(20));
    EXPECT(sk_iface_configured(h.iface));
}

START_TEST(an_address_is_acquired)
{
    struct sk_op op;
    struct sk_addr addrs[1];
    const struct sent *s;
    sk_fd fd;

    begin();
    fd = host_socket(&h, SK_DGRAM);
    ck_assert(!sk_iface_configured(h.iface));
    ck_assert_int_eq(host_send(&h, fd, "x", 1, (struct sk_addr){ FAR_IP, 9 }), SK_NET_UNREACHABLE);
    sk_resolve(&op, "www.example.org", 80, addrs, 1);
    ck_assert_int_eq(host_try(&h, &op), SK_NAME_NO_SERVER);
    run(h.now + seconds(20));
    ck_assert(sk_iface_configured(h.iface));
    ck_assert(ip_equal(our_addr(), ip4(0x0a00000f)));
    ck_assert_uint_eq(server.n_discovers, 1);
    ck_assert_uint_eq(server.n_requests, 1);
    /* Network, gateway and name server are those that it named. */
    ck_assert_int_eq(host_send(&h, fd, "x", 1, (struct sk_addr){ FAR_IP, 9 }), SK_OK);
    s = serve();
    ck_assert(s && ip_equal(s->ip.src, ip4(0x0a00000f)) && mac_equal(s->eth.dst, SERVER_MAC));
    sk_resolve(&op, "www.example.org", 80, addrs, 1);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    s = serve();
    ck_assert(s && s->udp.dst_port == 53 && ip_equal(s->ip.dst, server.dns[0]));
    host_free(&h);
}
END_TEST

START_TEST(a_server_that_comes_late)
{
    begin();
    server.silent = true;
    run(h.now + seconds(100));
    ck_assert(!sk_iface_configured(h.iface));
    ck_assert_uint_ge(server.n_discovers, 4);
    ck_assert_uint_le(server.n_discovers, 8); /* 4, 8, 16, 32, 64 seconds apart */
    server.silent = false;
    run(h.now + seconds(70));
    ck_assert(sk_iface_configured(h.iface));
    host_free(&h);
}
END_TEST

/* Renewals go to the server alone, every half of the lease, and disturb nobody. */
START_TEST(a_lease_is_renewed)
{
    const struct sent *s;
    uint32_t n_asked;
    sk_fd fd;

    acquire();
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, (struct sk_addr){ server.addr, 9 }), SK_OK);
    ck_assert_ptr_nonnull(serve());
    run(h.now + seconds(1700)); /* at about 1,800 seconds, a sixteenth earlier at most */
    run(h.now + seconds(110));
    ck_assert_uint_eq(n_unicast, 1);
    ck_assert_uint_eq(server.n_requests, 2);
    /* The neighbour that was learned for it is still known after the answer. */
    n_asked = n_arp;
    ck_assert_int_eq(host_send(&h, fd, "x", 1, (struct sk_addr){ server.addr, 9 }), SK_OK);
    s = serve();
    ck_assert(s && s->eth.type == ETH_TYPE_IPV4);
    ck_assert_uint_le(n_arp, n_asked + 1);
    run(h.now + seconds(36000));
    ck_assert_uint_ge(n_unicast, 20);
    ck_assert_uint_eq(server.n_discovers, 1);
    ck_assert(ip_equal(our_addr(), ip4(0x0a00000f)));
    host_free(&h);
}
END_TEST

/* The server is gone: rebinding in a broadcast, then the address is not ours any more. */
START_TEST(a_lease_expires)
{
    struct sk_op op;
    instant bound;
    sk_fd fd;
    sk_fd stream;
    uint32_t n_requests;

    acquire();
    bound = h.now - seconds(20);
    fd = host_socket(&h, SK_DGRAM);
    stream = host_socket(&h, SK_STREAM);
    server.silent = true;
    run(bound + seconds(3100));
    n_requests = server.n_requests;
    ck_assert(sk_iface_configured(h.iface));
    run(bound + seconds(3590));
    ck_assert(sk_iface_configured(h.iface));
    ck_assert_uint_gt(server.n_requests, n_requests); /* rebinding */
    run(bound + seconds(3640));
    ck_assert(!sk_iface_configured(h.iface));
    ck_assert(ip_is_unspecified(our_addr()));
    ck_assert_int_eq(host_send(&h, fd, "x", 1, (struct sk_addr){ FAR_IP, 9 }), SK_NET_UNREACHABLE);
    sk_op_connect(&op, stream, (struct sk_addr){ FAR_IP, 80 });
    ck_assert_int_eq(host_try(&h, &op), SK_NET_UNREACHABLE);
    server.silent = false;
    run(h.now + seconds(140));
    ck_assert(sk_iface_configured(h.iface));
    sk_op_connect(&op, stream, (struct sk_addr){ FAR_IP, 80 });
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    ck_assert_ptr_nonnull(serve());
    host_free(&h);
}
END_TEST

/* A server that says no: another address, and what is bound to the old one goes out no more. */
START_TEST(an_address_is_taken_away)
{
    acquire();
    server.refuses = true;
    run(h.now + seconds(2000));
    ck_assert(!sk_iface_configured(h.iface));
    server.refuses = false;
    server.first = ip4(0x0a000020);
    server.n_clients = 0;
    run(h.now + seconds(200));
    ck_assert(ip_equal(our_addr(), ip4(0x0a000020)));
    host_free(&h);
}
END_TEST

/* Whoever has it now is not spoken for (RFC 1122 3.2.1.3). */
START_TEST(nobody_speaks_for_an_address_that_is_lost)
{
    struct sk_addr to = { FAR_IP, 9 };
    struct sk_addr local;
    struct sk_op op;
    sk_fd udp;
    sk_fd tcp;
    sk_fd other;

    acquire();
    local = (struct sk_addr){ our_addr(), 5000 };
    udp = host_socket(&h, SK_DGRAM);
    tcp = host_socket(&h, SK_STREAM);
    other = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(sk_bind(h.iface, udp, local), SK_OK);
    ck_assert_int_eq(sk_bind(h.iface, tcp, local), SK_OK);
    server.refuses = true;
    run(h.now + seconds(2000));
    server.refuses = false;
    server.first = ip4(0x0a000020);
    server.n_clients = 0;
    run(h.now + seconds(200));
    ck_assert(!ip_equal(our_addr(), local.addr));
    ck_assert_int_eq(host_send(&h, udp, "x", 1, to), SK_INVALID);
    sk_op_connect(&op, tcp, to);
    ck_assert_int_eq(host_try(&h, &op), SK_INVALID);
    ck_assert_int_eq(host_send(&h, other, "x", 1, to), SK_OK);
    host_free(&h);
}
END_TEST

/* An MTU is the lease's: the next one has none, and no lease makes it more than the link's. */
START_TEST(an_mtu_ends_with_its_lease)
{
    static const uint8_t text[1473];

    for (uint16_t mtu = 0; mtu <= 9000; mtu += 9000) {
        struct sk_addr to;
        sk_fd fd;

        begin();
        server.mtu = 1000;
        run(h.now + seconds(20));
        to = (struct sk_addr){ server.addr, 9 };
        fd = host_socket(&h, SK_DGRAM);
        ck_assert_int_eq(host_send(&h, fd, text, 973, to), SK_MSG_SIZE);
        server.refuses = true;
        run(h.now + seconds(2000));
        server.refuses = false;
        server.mtu = mtu;
        run(h.now + seconds(200));
        ck_assert_int_eq(host_send(&h, fd, text, 1473, to), SK_MSG_SIZE);
        ck_assert_int_eq(host_send(&h, fd, text, 1472, to), SK_OK);
        host_free(&h);
    }
}
END_TEST

START_TEST(an_mtu_that_the_server_names)
{
    static uint8_t text[1472];
    sk_fd fd;

    begin();
    server.mtu = 1000;
    run(h.now + seconds(20));
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(host_send(&h, fd, text, 973, (struct sk_addr){ server.addr, 9 }), SK_MSG_SIZE);
    ck_assert_int_eq(host_send(&h, fd, text, 972, (struct sk_addr){ server.addr, 9 }), SK_OK);
    ck_assert_ptr_nonnull(serve());
    host_free(&h);
}
END_TEST

/* A name server from the configuration comes first, and is there before DHCP. */
START_TEST(name_servers_from_both)
{
    struct host_setup setup = { .dhcp = true };
    struct sk_addr addrs[1];
    struct sk_op op;
    const struct sent *s;

    setup.config.dns[0].addr = FAR_IP;
    host_begin(&h, &setup);
    dhcp_server_init(&server);
    arp_silent = false;
    run(h.now + seconds(20));
    sk_resolve(&op, "www.example.org", 80, addrs, 1);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    s = serve();
    ck_assert(s && ip_equal(s->ip.dst, FAR_IP));
    host_run(&h, h.now + seconds(2) + millis(10));
    s = serve();
    ck_assert(s && ip_equal(s->ip.dst, server.dns[0]));
    host_free(&h);
}
END_TEST

/* A server that is not on our network, and no gateway: it hears of us again when we ask all. */
START_TEST(a_server_out_of_reach)
{
    begin();
    server.addr = ip4(0x0a090002);
    server.router = ip4(0);
    run(h.now + seconds(20));
    ck_assert(sk_iface_configured(h.iface));
    n_arp = 0;
    run(h.now + seconds(3000)); /* renewing, from 1,800 seconds on */
    ck_assert_uint_eq(n_arp, 0);
    ck_assert_uint_eq(server.n_requests, 1);
    run(h.now + seconds(500)); /* and rebinding */
    ck_assert_uint_eq(server.n_requests, 2);
    ck_assert(sk_iface_configured(h.iface));
    host_free(&h);
}
END_TEST

START_TEST(two_name_servers_of_a_lease)
{
    struct sk_addr addrs[1];
    struct sk_op op;
    const struct sent *s;

    begin();
    server.dns[1] = ip4(0x0a000003);
    server.n_dns = 2;
    run(h.now + seconds(20));
    sk_resolve(&op, "www.example.org", 80, addrs, 1);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    s = serve();
    ck_assert(s && ip_equal(s->ip.dst, server.dns[0]));
    host_run(&h, h.now + seconds(2) + millis(10));
    s = serve();
    ck_assert(s && ip_equal(s->ip.dst, server.dns[1]));
    host_free(&h);
}
END_TEST

/* The server that is asked for a name first. */
static struct ip_addr first_asked(const char *name)
{
    struct sk_addr addrs[1];
    struct sk_op op;
    const struct sent *s;

    sk_resolve(&op, name, 80, addrs, 1);
    EXPECT(host_try(&h, &op) == SK_PENDING);
    s = serve();
    EXPECT(s && s->udp.dst_port == 53);
    return s->ip.dst;
}

/* At the next renewal the lease names other servers: those of the old one are asked no more. */
START_TEST(name_servers_of_a_new_lease)
{
    acquire();
    ck_assert(ip_equal(first_asked("one.example.org"), server.addr));
    server.dns[0] = ip4(0x0a000035);
    server.n_dns = 1;
    host_run(&h, h.now + seconds(60)); /* the query ends */
    host_forget(&h);
    run(h.now + seconds(2000));
    ck_assert(ip_equal(first_asked("two.example.org"), ip4(0x0a000035)));
    host_free(&h);
}
END_TEST

/* What is being asked, too, before its server has had its time. */
START_TEST(a_question_moves_to_the_name_servers_of_a_new_lease)
{
    struct sk_addr addrs[1];
    const struct sent *s;
    struct sk_op op;

    acquire();
    hold = true;
    while ((s = serve()) == NULL) { /* the renewal */
        host_run(&h, sk_iface_poll_at(h.iface, h.now));
    }
    ck_assert_uint_eq(s->udp.dst_port, DHCP_SERVER_PORT);
    server.dns[0] = ip4(0x0a000035);
    server.n_dns = 1;
    sk_resolve(&op, "one.example.org", 80, addrs, 1);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    ck_assert(ip_equal(h.iface->queries[0].q.servers[0].addr, server.addr));
    serve_dhcp(s);
    s = serve();
    ck_assert(s && s->udp.dst_port == DNS_PORT && ip_equal(s->ip.dst, ip4(0x0a000035)));
    host_free(&h);
}
END_TEST

/* Renewed once a second, and not as often as the server answers. */
START_TEST(a_lease_of_a_second_is_no_storm)
{
    begin();
    server.lease = 1;
    run(h.now + seconds(30));
    ck_assert_uint_ge(server.n_requests, 10);
    ck_assert_uint_le(server.n_requests + server.n_discovers, 65);
    host_free(&h);
}
END_TEST

/* What the old network said of a name may not be so in the new one. */
START_TEST(what_was_learnt_of_names_ends_with_the_lease)
{
    struct query_slot *slot;

    acquire();
    slot = &h.iface->queries[0];
    slot->q.result = SK_OK;
    slot->fresh_until = NEVER;
    strcpy(slot->q.name, "one.example.org");
    run(h.now + seconds(2000));
    ck_assert_int_eq(slot->fresh_until, NEVER); /* renewed as it was */
    server.n_dns = 0;
    run(h.now + seconds(2000));
    ck_assert_int_lt(slot->fresh_until, h.now);
    host_free(&h);
}
END_TEST

/* The answer to its question would come to an address that we had: it is asked for anew. */
START_TEST(who_waits_for_a_neighbour_while_the_lease_changes)
{
    const struct sent *s;
    sk_fd fd;

    acquire();
    fd = host_socket(&h, SK_DGRAM);
    hold = true;
    while ((s = serve()) == NULL) { /* the renewal */
        host_run(&h, sk_iface_poll_at(h.iface, h.now));
    }
    ck_assert_uint_eq(s->udp.dst_port, DHCP_SERVER_PORT);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, (struct sk_addr){ ip4(0x0a00004d), 9 }), SK_OK);
    sk_iface_poll(h.iface, h.now); /* now it waits */
    server.mtu = 1400;             /* a change */
    serve_dhcp(s);
    s = serve();
    ck_assert(s && s->udp.dst_port == 9 && ip_equal(s->ip.dst, ip4(0x0a00004d)));
    host_free(&h);
}
END_TEST

/* What a gateway said is of the network that the lease was for. */
START_TEST(redirects_end_with_their_lease)
{
    struct host_setup setup = { .dhcp = true, .config = { .redirects = true } };
    const struct sk_addr far = { FAR_IP, 9 };
    struct ip_addr other = ip4(0x0a00004d);
    const struct sent *s;
    sk_fd fd;

    begin();
    host_free(&h);
    host_begin(&h, &setup);
    server.lease = 60;
    run(h.now + seconds(10));
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, far), SK_OK);
    s = serve();
    ck_assert(s && ip_equal(asked_for, server.router));
    frame_icmp(&f, server.router, our_addr(),
               (struct icmp4_hdr){ .type = ICMP4_REDIRECT,
                                   .code = 1,
                                   .id = (uint16_t)(ip4_bits(other) >> 16),
                                   .seq = (uint16_t)ip4_bits(other) },
               s->ip_at, IPV4_HDR_LEN + 8);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, far), SK_OK);
    ck_assert_ptr_nonnull(serve());
    ck_assert(ip_equal(asked_for, other));
    server.mtu = 1400; /* a change */
    run(h.now + seconds(40));
    ck_assert_int_eq(host_send(&h, fd, "x", 1, far), SK_OK);
    ck_assert_ptr_nonnull(serve());
    ck_assert(ip_equal(asked_for, server.router));
    host_free(&h);
}
END_TEST

/* What comes from another port than a server's is no message, but a datagram for the socket. */
START_TEST(datagrams_to_the_clients_port)
{
    char text[8];
    size_t len = sizeof(text);
    sk_fd fd;

    acquire();
    fd = host_bound(&h, SK_DGRAM, DHCP_CLIENT_PORT);
    frame_udp(&f, (struct sk_addr){ server.addr, 1000 },
              (struct sk_addr){ our_addr(), DHCP_CLIENT_PORT }, "text", 4);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    ck_assert_int_eq(host_recv(&h, fd, text, &len, NULL), SK_OK);
    ck_assert_uint_eq(len, 4);
    host_free(&h);
}
END_TEST

/* Messages of others, or of nobody, change nothing. */
START_TEST(messages_that_are_not_for_us)
{
    uint8_t octets[300] = { 2, 1, 6 };

    acquire();
    memcpy(octets + 236, "\x63\x82\x53\x63\x35\x01\x06\xff", 8); /* a NAK */
    frame_udp(&f, (struct sk_addr){ server.addr, 67 }, (struct sk_addr){ our_addr(), 68 }, octets,
              sizeof(octets));
    host_hear_silent_drop(&h, &f, DROP_DHCP_UNEXPECTED);
    ck_assert(sk_iface_configured(h.iface));
    host_free(&h);
}
END_TEST

/* Serves for so long; the IGMP messages that left. */
static int igmp_messages(duration d)
{
    instant until = h.now + d;
    int n = 0;

    while (h.now < until) {
        instant at;
        const struct sent *s;

        while ((s = serve()) != NULL) {
            n += s->ip.proto == IP_PROTO_IGMP;
        }
        at = sk_iface_poll_at(h.iface, h.now);
        host_run(&h, at < until ? at : until);
    }
    return n;
}

/* Of groups the network is told again when it may be another, and not when a server is. */
START_TEST(groups_are_not_told_of_when_the_address_stays)
{
    struct host_setup setup = { .config = { .multicast = &sk_multicast }, .dhcp = true };
    sk_fd fd;

    begin();
    host_free(&h);
    host_begin(&h, &setup);
    igmp_messages(seconds(20));
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(sk_join(h.iface, fd, ip4(0xef010203), 2, h.now), SK_OK);
    ck_assert_int_eq(igmp_messages(seconds(20)), 2);
    server.n_dns = 0;
    ck_assert_int_eq(igmp_messages(seconds(7200)), 0);
    ck_assert_uint_ge(server.n_requests, 2);
    ck_assert_int_eq(sk_netif_renew(h.iface, 2, h.now), SK_OK);
    ck_assert_int_eq(igmp_messages(seconds(60)), 2);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { an_address_is_acquired,
                                   a_server_that_comes_late,
                                   a_lease_is_renewed,
                                   a_lease_expires,
                                   an_address_is_taken_away,
                                   nobody_speaks_for_an_address_that_is_lost,
                                   an_mtu_that_the_server_names,
                                   an_mtu_ends_with_its_lease,
                                   name_servers_from_both,
                                   a_server_out_of_reach,
                                   two_name_servers_of_a_lease,
                                   name_servers_of_a_new_lease,
                                   a_question_moves_to_the_name_servers_of_a_new_lease,
                                   a_lease_of_a_second_is_no_storm,
                                   what_was_learnt_of_names_ends_with_the_lease,
                                   who_waits_for_a_neighbour_while_the_lease_changes,
                                   redirects_end_with_their_lease,
                                   datagrams_to_the_clients_port,
                                   messages_that_are_not_for_us,
                                   groups_are_not_told_of_when_the_address_stays,
                                   NULL };

    return suite_run("dhcp_host", tests);
}

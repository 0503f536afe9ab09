/* SPDX-License-Identifier: BSD-3-Clause */
/* Sockets in multicast groups: what they hear, what is said of them, and how they send. */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "proto/igmp.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

#define GROUP ip4(0xef010203)
#define OTHER ip4(0xef010204)
#define ALL ip4(IGMP_ALL_SYSTEMS)
#define SECOND_IP ip4(0xac100001) /* 172.16.0.1/16 */

static struct host h;
static struct fake_link second;
static struct frame f;
static sk_fd fd;

static bool groups_wanted[2];

static void take_groups(struct link *link, bool wanted)
{
    groups_wanted[link == &second.link] = wanted;
}

static const struct link_ops *real_ops;
static struct link_ops ops;

static struct sk_addr peer(uint16_t port)
{
    return (struct sk_addr){ PEER_IP, port };
}

/* eth0, and behind a link of bare IP packets another network. */
static void begin(void)
{
    struct host_setup setup = {
        .config = { .multicast = &sk_multicast, .n_netifs = 3, .n_memberships = 3 }
    };
    struct sk_netif_config ppp = { .name = "ppp0", .addr = SECOND_IP, .prefix_len = 16 };

    host_begin(&h, &setup);
    host_meet(&h);
    fake_link_init(&second, LINK_IP, 1500);
    real_ops = h.link.link.ops;
    ops = *real_ops;
    ops.take_groups = take_groups;
    h.link.link.ops = second.link.ops = &ops;
    groups_wanted[0] = groups_wanted[1] = false;
    ck_assert_int_eq(sk_netif_add(h.iface, &second.link, &ppp, h.now, NULL), SK_OK);
    fd = host_bound(&h, SK_DGRAM, 5000);
}

static void end(void)
{
    h.link.link.ops = real_ops;
    fake_link_free(&second);
    host_free(&h);
}

static enum sk_err join(sk_fd socket, struct ip_addr group, uint8_t ifindex)
{
    enum sk_err err = sk_join(h.iface, socket, group, ifindex, h.now);

    host_poll(&h);
    return err;
}

static enum sk_err leave(sk_fd socket, struct ip_addr group, uint8_t ifindex)
{
    enum sk_err err = sk_leave(h.iface, socket, group, ifindex, h.now);

    host_poll(&h);
    return err;
}

static enum drop_reason hear(struct ip_addr to, uint16_t port, enum drop_reason reason)
{
    frame_udp(&f, peer(4000), (struct sk_addr){ to, port }, "text", 4);
    frame_to_group(&f, to);
    host_hear_drop(&h, &f, reason);
    return reason;
}

static bool got(sk_fd socket)
{
    char octets[8] = "";
    size_t len = sizeof(octets) - 1;

    return host_recv(&h, socket, octets, &len, NULL) == SK_OK && strcmp(octets, "text") == 0;
}

static bool is_igmp(const struct sent *s, uint8_t type, struct ip_addr group)
{
    return s && s->ip.proto == IP_PROTO_IGMP && s->igmp.type == type &&
           ip_equal(s->igmp.group, group);
}

/* RFC 2236 2, RFC 2113: it goes no further, and routers look at it all the same. */
START_TEST(a_report_is_sent_as_it_should_be)
{
    const struct sent *s;

    begin();
    ck_assert_int_eq(join(fd, GROUP, 0), SK_OK);
    s = host_sent(&h);
    ck_assert(is_igmp(s, IGMP_REPORT, GROUP));
    ck_assert_mem_eq(s->eth.dst.b, "\x01\x00\x5e\x01\x02\x03", MAC_ADDR_LEN);
    ck_assert(ip_equal(s->ip.dst, GROUP) && ip_equal(s->ip.src, HOST_IP) && s->ip.ttl == 1);
    ck_assert_uint_eq(s->ip.n_options, 4);
    ck_assert_mem_eq(s->ip.options, "\x94\x04\x00\x00", 4);
    host_silent(&h);
    host_run(&h, h.now + seconds(11));
    ck_assert(is_igmp(host_sent(&h), IGMP_REPORT, GROUP));
    ck_assert_int_eq(leave(fd, GROUP, 0), SK_OK);
    s = host_sent(&h);
    ck_assert(is_igmp(s, IGMP_LEAVE, GROUP) && ip_equal(s->ip.dst, ip4(IGMP_ALL_ROUTERS)));
    host_silent(&h);
    end();
}
END_TEST

START_TEST(members_hear_their_group)
{
    begin();
    hear(GROUP, 5000, DROP_IP_NOT_FOR_US);
    ck_assert_int_eq(join(fd, GROUP, 0), SK_OK);
    ck_assert(groups_wanted[0] && !groups_wanted[1]);
    hear(GROUP, 5000, DROP_NONE);
    ck_assert(got(fd));
    hear(OTHER, 5000, DROP_IP_NOT_FOR_US);
    hear(GROUP, 5001, DROP_UDP_NO_SOCKET);
    host_forget(&h);
    ck_assert_int_eq(leave(fd, GROUP, 0), SK_OK);
    ck_assert(!groups_wanted[0]);
    hear(GROUP, 5000, DROP_IP_NOT_FOR_US);
    ck_assert(!got(fd));
    end();
}
END_TEST

/* Bound to port 5000, beside others. */
static sk_fd shared(struct ip_addr addr)
{
    sk_fd socket = host_socket(&h, SK_DGRAM);

    ck_assert_int_eq(sk_set(h.iface, socket, SK_REUSEADDR, 1), SK_OK);
    ck_assert_int_eq(sk_bind(h.iface, socket, (struct sk_addr){ addr, 5000 }), SK_OK);
    return socket;
}

/* One that is bound to the group hears that alone. */
START_TEST(every_socket_of_the_port_hears_a_group)
{
    sk_fd all;
    sk_fd bound;

    begin();
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    all = shared(ip4(0));
    bound = shared(GROUP);
    ck_assert_int_eq(join(bound, GROUP, 0), SK_OK);
    ck_assert_int_eq(join(bound, OTHER, 0), SK_OK);
    hear(GROUP, 5000, DROP_NONE);
    ck_assert(got(all) && got(bound));
    hear(OTHER, 5000, DROP_NONE);
    ck_assert(got(all) && !got(bound));
    frame_udp(&f, peer(4000), (struct sk_addr){ HOST_IP, 5000 }, "text", 4);
    host_hear(&h, &f);
    ck_assert(got(all) && !got(bound));
    host_forget(&h);
    ck_assert_int_eq(host_send(&h, bound, "text", 4, peer(9)), SK_OK); /* from our address */
    host_poll(&h);
    ck_assert(ip_equal(host_sent(&h)->ip.src, HOST_IP));
    end();
}
END_TEST

/* One with a peer hears the group from nobody else. */
START_TEST(a_socket_of_a_group_with_a_peer)
{
    sk_fd all;

    begin();
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    fd = shared(GROUP);
    all = shared(ip4(0));
    ck_assert_int_eq(join(fd, GROUP, 0), SK_OK);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, peer(4000)), SK_OK);
    hear(GROUP, 5000, DROP_NONE);
    ck_assert(got(fd) && !got(fd) && got(all));
    ck_assert_int_eq(sk_set_peer(h.iface, fd, peer(4001)), SK_OK);
    hear(GROUP, 5000, DROP_NONE);
    ck_assert(!got(fd) && got(all));
    host_forget(&h);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, NOBODY), SK_OK);
    host_poll(&h);
    ck_assert(ip_equal(host_sent(&h)->ip.src, HOST_IP));
    end();
}
END_TEST

START_TEST(only_a_datagram_socket_of_a_host_with_groups_is_bound_to_one)
{
    sk_fd socket;

    begin();
    socket = host_socket(&h, SK_STREAM);
    ck_assert_int_eq(sk_bind(h.iface, socket, (struct sk_addr){ GROUP, 5000 }), SK_ADDR_NOT_AVAIL);
    end();
    host_begin(&h, NULL);
    socket = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(sk_bind(h.iface, socket, (struct sk_addr){ GROUP, 5000 }), SK_ADDR_NOT_AVAIL);
    ck_assert_int_eq(sk_join(h.iface, socket, GROUP, 0, h.now), SK_NO_OPTION);
    ck_assert_int_eq(sk_leave(h.iface, socket, GROUP, 0, h.now), SK_NO_OPTION);
    host_free(&h);
}
END_TEST

START_TEST(what_can_be_joined)
{
    sk_fd stream;

    begin();
    stream = host_socket(&h, SK_STREAM);
    ck_assert_int_eq(join(stream, GROUP, 0), SK_NO_OPTION);
    ck_assert_int_eq(join(SK_FD_NONE, GROUP, 0), SK_INVALID_SOCKET);
    ck_assert_int_eq(leave(SK_FD_NONE, GROUP, 0), SK_INVALID_SOCKET);
    ck_assert_int_eq(join(fd, PEER_IP, 0), SK_INVALID);
    ck_assert_int_eq(join(fd, GROUP, 4), SK_NET_UNREACHABLE);
    ck_assert_int_eq(leave(fd, GROUP, 0), SK_ADDR_NOT_AVAIL);
    ck_assert_int_eq(join(fd, GROUP, 0), SK_OK);
    ck_assert_int_eq(join(fd, GROUP, 2), SK_BINDING_IN_USE);
    ck_assert_int_eq(join(fd, GROUP, 3), SK_OK); /* it is another netif */
    ck_assert(groups_wanted[0] && groups_wanted[1]);
    ck_assert_int_eq(join(fd, OTHER, 0), SK_OK);
    ck_assert_int_eq(join(fd, ip4(0xef010205), 0), SK_NO_BUFFERS);
    ck_assert_int_eq(leave(fd, GROUP, 3), SK_OK);
    ck_assert(groups_wanted[0] && !groups_wanted[1]);
    ck_assert_int_eq(leave(fd, GROUP, 3), SK_ADDR_NOT_AVAIL);
    ck_assert_int_eq(join(fd, ip4(0xef010205), 0), SK_OK);
    end();
}
END_TEST

START_TEST(closing_leaves_every_group)
{
    sk_fd other;
    const struct sent *s;

    begin();
    other = host_bound(&h, SK_DGRAM, 5001);
    ck_assert_int_eq(join(fd, GROUP, 0), SK_OK);
    ck_assert_int_eq(join(other, GROUP, 0), SK_OK);
    ck_assert_int_eq(join(fd, OTHER, 0), SK_OK);
    host_forget(&h);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    host_poll(&h);
    ck_assert(is_igmp(host_sent(&h), IGMP_LEAVE, OTHER));
    host_silent(&h);
    hear(GROUP, 5001, DROP_NONE);
    ck_assert(got(other));
    ck_assert_int_eq(sk_close(h.iface, other, h.now), SK_OK);
    host_poll(&h);
    s = host_sent(&h);
    ck_assert(is_igmp(s, IGMP_LEAVE, GROUP));
    ck_assert(!groups_wanted[0]);
    ck_assert(sk_iface_idle(h.iface));
    end();
}
END_TEST

/* To those of this host, too, unless it is not wanted; with a time to live of 0 to nobody else. */
START_TEST(what_is_sent_to_a_group_is_heard_here)
{
    const struct sent *s;

    begin();
    ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ GROUP, 5000 }), SK_OK);
    host_poll(&h);
    ck_assert(host_sent(&h) && !got(fd));
    ck_assert_int_eq(join(fd, GROUP, 0), SK_OK);
    host_forget(&h);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ GROUP, 5000 }), SK_OK);
    host_poll(&h);
    s = host_sent(&h);
    ck_assert(s && s->ip.ttl == 1 && s->udp.dst_port == 5000);
    ck_assert(got(fd) && !got(fd));
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_TTL, 0), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ GROUP, 5000 }), SK_OK);
    host_poll(&h);
    host_silent(&h);
    ck_assert(got(fd));
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_LOOP, 0), SK_OK);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_TTL, 7), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ GROUP, 5000 }), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(host_sent(&h)->ip.ttl, 7);
    ck_assert(!got(fd));
    ck_assert_int_eq(host_send(&h, fd, "text", 4, peer(9)), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(host_sent(&h)->ip.ttl, 64); /* of datagrams to one host nothing changed */
    end();
}
END_TEST

/* It has the address of the netif that it was sent by. */
START_TEST(what_comes_back_is_as_it_left)
{
    struct sk_ancillary ancillary = { 0 };
    char octets[8];
    struct sk_iov iov = { octets, sizeof(octets) };
    struct sk_op op;

    begin();
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_IF, 3), SK_OK);
    ck_assert_int_eq(join(fd, GROUP, 3), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ GROUP, 5000 }), SK_OK);
    host_poll(&h);
    sk_op_recv(&op, fd, &iov, 1, 0);
    op.ancillary = &ancillary;
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert(sk_addr_equal(op.addr, (struct sk_addr){ SECOND_IP, 5000 }));
    ck_assert(ip_equal(ancillary.local, GROUP) && ancillary.ifindex == 3 && ancillary.ttl == 1);
    host_silent(&h);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, (struct sk_addr){ GROUP, 5000 }), SK_OK);
    ck_assert_int_eq(sk_local(h.iface, fd, &op.addr), SK_OK);
    ck_assert(ip_equal(op.addr.addr, SECOND_IP));
    end();
}
END_TEST

START_TEST(the_values_of_its_options)
{
    begin();
    ck_assert_int_eq(host_option(&h, fd, SK_MULTICAST_TTL), 1);
    ck_assert_int_eq(host_option(&h, fd, SK_MULTICAST_LOOP), 1);
    ck_assert_int_eq(host_option(&h, fd, SK_MULTICAST_IF), 0);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_TTL, 256), SK_INVALID);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_TTL, -2), SK_INVALID);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_TTL, 255), SK_OK);
    ck_assert_int_eq(host_option(&h, fd, SK_MULTICAST_TTL), 255);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_TTL, -1), SK_OK);
    ck_assert_int_eq(host_option(&h, fd, SK_MULTICAST_TTL), 1);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_IF, 4), SK_INVALID);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_IF, -1), SK_INVALID);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_IF, 3), SK_OK);
    ck_assert_int_eq(host_option(&h, fd, SK_MULTICAST_IF), 3);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_LOOP, 0), SK_OK);
    ck_assert_int_eq(host_option(&h, fd, SK_MULTICAST_LOOP), 0);
    end();
}
END_TEST

/* A switch that asks has no address (RFC 4541 2.1.1); a report from another network silences nobody
 * (RFC 2236 10). */
START_TEST(queries_are_answered)
{
    struct igmp_hdr query = { .type = IGMP_QUERY, .max_resp = 10 };
    struct igmp_hdr report = { .type = IGMP_REPORT, .group = GROUP };
    struct ip_addr from[] = { GATE_IP, ip4(0), FAR_IP };

    begin();
    ck_assert_int_eq(join(fd, GROUP, 0), SK_OK);
    host_run(&h, h.now + seconds(11));
    for (size_t i = 0; i < 3; i++) {
        host_forget(&h);
        frame_igmp(&f, from[i], ALL, query);
        host_hear_drop(&h, &f, DROP_NONE);
        host_silent(&h);
        frame_igmp(&f, from[i], GROUP, report);
        if (i > 0) {
            host_hear_drop(&h, &f, DROP_IP_MARTIAN_SOURCE);
        }
        host_run(&h, h.now + seconds(1));
        ck_assert(is_igmp(host_sent(&h), IGMP_REPORT, GROUP));
        host_silent(&h);
    }
    frame_igmp(&f, GATE_IP, ALL, query);
    host_hear_drop(&h, &f, DROP_NONE);
    frame_igmp(&f, PEER_IP, GROUP, report);
    host_hear_drop(&h, &f, DROP_NONE);
    host_run(&h, h.now + seconds(2));
    host_silent(&h);
    end();
}
END_TEST

/* RFC 2236 2, 9: a router of this network sends to a group, and no further. */
START_TEST(messages_from_elsewhere_are_not_taken)
{
    static const uint8_t query[] = { 0x11, 0, 0xee, 0xff, 0, 0, 0, 0 };
    const struct {
        struct ip_addr dst;
        uint8_t ttl;
    } rows[] = { { HOST_IP, 1 }, { HOST_IP, 64 }, { ALL, 2 }, { ALL, 64 }, { GROUP, 255 } };

    begin();
    ck_assert_int_eq(join(fd, GROUP, 0), SK_OK);
    host_run(&h, h.now + seconds(11));
    host_forget(&h);
    for (uint32_t i = 0; i < 5; i++) {
        struct ip_hdr ip = {
            .src = FAR_IP, .dst = rows[i].dst, .proto = IP_PROTO_IGMP, .ttl = rows[i].ttl
        };

        frame_ip(&f, ip, query, sizeof(query));
        if (ip_is_multicast(ip.dst)) {
            frame_to_group(&f, ip.dst);
        }
        host_hear_silent_drop(&h, &f, DROP_IGMP_FAR);
    }
    host_run(&h, h.now + seconds(11));
    host_silent(&h);
    ck_assert_int_eq(leave(fd, GROUP, 0), SK_OK);
    ck_assert(is_igmp(host_sent(&h), IGMP_LEAVE, GROUP));
    end();
}
END_TEST

/* Nothing is answered that is asked of a group; streams have none. */
START_TEST(groups_are_for_datagrams)
{
    struct peer p;

    begin();
    ck_assert_int_eq(join(fd, GROUP, 0), SK_OK);
    host_listener(&h, 80, 1);
    host_forget(&h);
    frame_icmp(&f, PEER_IP, GROUP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "?", 1);
    frame_to_group(&f, GROUP);
    host_hear_silent_drop(&h, &f, DROP_ICMP_BROADCAST);
    ck_assert_int_eq(join(fd, GROUP, 3), SK_OK);
    frame_icmp(&f, ip4(0xac10aaaa), GROUP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "?",
               1);
    fake_link_put(&second, frame_ip_at(&f), f.len - ETH_HDR_LEN);
    host_poll(&h);
    ck_assert_uint_eq(host_drops(&h, DROP_ICMP_BROADCAST), 2);
    host_forget(&h);
    peer_begin(&p, &h, 4000, 80);
    p.host.addr = GROUP;
    peer_frame(&p, &f, TCP_SYN, NULL, 0);
    frame_to_group(&f, GROUP);
    host_hear_silent_drop(&h, &f, DROP_TCP_BROADCAST);
    end();
}
END_TEST

/* A link that takes nothing loses neither report nor leave: they are said when it has room. */
START_TEST(a_message_that_cannot_leave_is_counted_and_said_later)
{
    begin();
    h.link.refuse = true;
    ck_assert_int_eq(join(fd, GROUP, 0), SK_OK);
    ck_assert_uint_eq(host_drops(&h, DROP_TX_LINK), 1);
    ck_assert_int_eq(sk_iface_poll_at(h.iface, h.now), h.now + seconds(1));
    h.link.refuse = false;
    host_run(&h, h.now + seconds(12));
    ck_assert(is_igmp(host_sent(&h), IGMP_REPORT, GROUP));
    ck_assert(is_igmp(host_sent(&h), IGMP_REPORT, GROUP));
    h.link.refuse = true;
    ck_assert_int_eq(leave(fd, GROUP, 0), SK_OK);
    ck_assert_uint_eq(host_drops(&h, DROP_TX_LINK), 2);
    host_run(&h, h.now + seconds(1));
    ck_assert_uint_eq(host_drops(&h, DROP_TX_LINK), 3);
    host_silent(&h);
    h.link.refuse = false;
    host_run(&h, h.now + seconds(1));
    ck_assert(is_igmp(host_sent(&h), IGMP_LEAVE, GROUP));
    host_run(&h, h.now + seconds(20));
    host_silent(&h);
    end();
}
END_TEST

/* Once there is an address, and again when the network may be another. */
START_TEST(groups_are_reported_from_an_address)
{
    struct host_setup setup = { .config = { .multicast = &sk_multicast, .acd = &sk_acd } };
    const struct sent *s;
    int n = 0;

    host_begin(&h, &setup);
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(sk_join(h.iface, fd, GROUP, 2, h.now), SK_NET_UNREACHABLE);
    host_run(&h, h.now + seconds(10));
    ck_assert_int_eq(sk_join(h.iface, fd, GROUP, 2, h.now), SK_OK);
    host_run(&h, h.now + seconds(20));
    host_forget(&h);
    ck_assert_int_eq(sk_netif_renew(h.iface, 2, h.now), SK_OK);
    host_run(&h, h.now + seconds(2));
    while ((s = host_sent(&h)) != NULL) {
        ck_assert(s->eth.type == ETH_TYPE_ARP && ip_is_unspecified(s->arp.spa));
    }
    host_run(&h, h.now + seconds(20));
    while ((s = host_sent(&h)) != NULL) {
        n += is_igmp(s, IGMP_REPORT, GROUP) && ip_equal(s->ip.src, HOST_IP);
    }
    ck_assert_int_eq(n, 2);
    host_free(&h);
}
END_TEST

/* The packet of the last piece is the link's by then. */
START_TEST(members_here_hear_a_datagram_in_pieces_with_its_options)
{
    static const struct sk_ip_options record = { { 7, 7, 4, 0, 0, 0, 0, 0 }, 8 };
    static char text[2000];
    struct host_setup setup = { .config = { .multicast = &sk_multicast,
                                            .n_memberships = 1,
                                            .n_ip_options = 1,
                                            .fragments = &sk_ip_fragments } };
    struct sk_ancillary ancillary;
    struct sk_iov iov = { text, sizeof(text) };
    struct sk_op op;

    host_begin(&h, &setup);
    host_meet(&h);
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(join(fd, GROUP, 0), SK_OK);
    ck_assert_int_eq(sk_set_ip_options(h.iface, fd, &record), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, text, sizeof(text), (struct sk_addr){ GROUP, 5000 }), SK_OK);
    host_poll(&h);
    sk_op_recv(&op, fd, &iov, 1, 0);
    op.ancillary = &ancillary;
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert_uint_eq(op.done, sizeof(text));
    ck_assert_uint_eq(ancillary.options.len, record.len);
    ck_assert_mem_eq(ancillary.options.octets, record.octets, record.len);
    host_free(&h);
}
END_TEST

/* With a time to live of 0 it does not need room on a link, and is counted where nobody hears it.
 */
START_TEST(a_datagram_that_stays_here)
{
    begin();
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_TTL, 0), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ GROUP, 5000 }), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(host_drops(&h, DROP_IP_NOT_FOR_US), 1);
    ck_assert_int_eq(join(fd, GROUP, 0), SK_OK);
    host_run(&h, h.now + seconds(20));
    host_forget(&h);
    h.link.refuse = true;
    ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ GROUP, 5000 }), SK_OK);
    host_poll(&h);
    ck_assert(got(fd));
    h.link.refuse = false;
    host_poll(&h);
    host_silent(&h);
    end();
}
END_TEST

/* It is reached by the netif that the socket sends to groups by, which may have no address yet. */
START_TEST(a_group_is_no_peer_without_an_address)
{
    struct host_setup setup = { .config = { .multicast = &sk_multicast, .n_netifs = 3 } };
    struct sk_netif_config dhcp = { .name = "eth1" };

    host_begin(&h, &setup);
    host_meet(&h);
    fake_link_init(&second, LINK_ETHERNET, 1500);
    ck_assert_int_eq(sk_netif_add(h.iface, &second.link, &dhcp, h.now, NULL), SK_OK);
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_IF, 3), SK_OK);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, (struct sk_addr){ GROUP, 9 }), SK_NET_UNREACHABLE);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_IF, 0), SK_OK);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, (struct sk_addr){ GROUP, 9 }), SK_OK);
    fake_link_free(&second);
    host_free(&h);
}
END_TEST

/* So that no frame, such as a query, costs as much as all groups together. */
START_TEST(one_report_a_poll)
{
    begin();
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_int_eq(sk_join(h.iface, fd, ip4(ip4_bits(GROUP) + i), 0, h.now), SK_OK);
    }
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_int_eq(sk_iface_poll_at(h.iface, h.now), h.now);
        ck_assert(sk_iface_poll(h.iface, h.now));
        ck_assert(is_igmp(host_sent(&h), IGMP_REPORT, ip4(ip4_bits(GROUP) + i)));
        host_silent(&h);
    }
    ck_assert_int_gt(sk_iface_poll_at(h.iface, h.now), h.now);
    end();
}
END_TEST

/* The loopback has groups, of which nobody is told. */
START_TEST(groups_of_the_loopback)
{
    begin();
    ck_assert_int_eq(join(fd, GROUP, 1), SK_OK);
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_IF, 1), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ GROUP, 5000 }), SK_OK);
    host_run(&h, h.now + seconds(20));
    ck_assert(got(fd));
    ck_assert(!got(fd));
    ck_assert_int_eq(sk_set(h.iface, fd, SK_MULTICAST_LOOP, 0), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, (struct sk_addr){ GROUP, 5000 }), SK_OK);
    host_poll(&h);
    ck_assert(!got(fd));
    ck_assert_uint_eq(host_drops(&h, DROP_IP_NOT_FOR_US), 1);
    host_silent(&h);
    ck_assert_int_eq(leave(fd, GROUP, 0), SK_OK);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_report_is_sent_as_it_should_be,
                                   members_hear_their_group,
                                   every_socket_of_the_port_hears_a_group,
                                   a_socket_of_a_group_with_a_peer,
                                   only_a_datagram_socket_of_a_host_with_groups_is_bound_to_one,
                                   what_can_be_joined,
                                   closing_leaves_every_group,
                                   what_is_sent_to_a_group_is_heard_here,
                                   what_comes_back_is_as_it_left,
                                   the_values_of_its_options,
                                   queries_are_answered,
                                   messages_from_elsewhere_are_not_taken,
                                   groups_are_for_datagrams,
                                   a_message_that_cannot_leave_is_counted_and_said_later,
                                   groups_are_reported_from_an_address,
                                   members_here_hear_a_datagram_in_pieces_with_its_options,
                                   a_datagram_that_stays_here,
                                   a_group_is_no_peer_without_an_address,
                                   one_report_a_poll,
                                   groups_of_the_loopback,
                                   NULL };

    return suite_run("multicast", tests);
}

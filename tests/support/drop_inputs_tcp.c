/* SPDX-License-Identifier: BSD-3-Clause */
/* Inputs for the drop reasons of TCP and of what is sent: see drop_inputs.h. */
#include "tests/support/drop_inputs.h"

#include <string.h>

#include "base/tick.h"
#include "link/pair.h"
#include "tests/support/peer.h"

static struct frame f;
static struct peer p;

static void meet(struct host *h)
{
    peer_begin(&p, h, 4000, 80);
}

static void connected(struct host *h)
{
    meet(h);
    peer_accepted(&p, host_listener(h, 80, 4));
}

static void send_from(uint32_t seq, uint8_t flags, size_t len)
{
    p.seq = seq;
    peer_send(&p, flags, "text text text text text text text text", len);
}

static void tcp_short(struct host *h)
{
    frame_ip(&f, (struct ip_hdr){ .src = PEER_IP, .dst = HOST_IP, .proto = IP_PROTO_TCP },
             "nineteen octets long", 19);
    host_hear(h, &f);
}

static void tcp_header_len(struct host *h)
{
    meet(h);
    peer_frame(&p, &f, TCP_SYN, NULL, 0);
    frame_transport_at(&f)[12] = 0x40;
    frame_fix_transport(&f);
    host_hear(h, &f);
}

static void tcp_checksum(struct host *h)
{
    connected(h);
    peer_frame(&p, &f, TCP_ACK, "text", 4);
    f.at[f.len - 1] ^= 1;
    host_hear(h, &f);
}

static void tcp_port(struct host *h)
{
    meet(h);
    p.addr.port = 0;
    peer_send(&p, TCP_SYN, NULL, 0);
}

static void tcp_broadcast(struct host *h)
{
    meet(h);
    p.host.addr = ip4(0x0a0000ff);
    peer_send(&p, TCP_SYN, NULL, 0);
}

static void tcp_flags(struct host *h)
{
    connected(h);
    peer_send(&p, TCP_SYN | TCP_FIN, NULL, 0);
}

static void tcp_no_socket(struct host *h)
{
    meet(h);
    peer_send(&p, TCP_SYN, NULL, 0);
}

static void tcp_backlog_full(struct host *h)
{
    meet(h);
    host_listener(h, 80, 1);
    peer_opens(&p);
    p.addr.port++;
    peer_send(&p, TCP_SYN, NULL, 0);
}

static void tcp_no_memory(struct host *h)
{
    sk_fd fd;

    meet(h);
    host_listener(h, 80, 1);
    while (sk_socket(h->iface, SK_STREAM, &fd) == SK_OK) {
    }
    peer_opens(&p);
}

static void tcp_listen(struct host *h)
{
    meet(h);
    host_listener(h, 80, 1);
    peer_send(&p, TCP_RST, NULL, 0);
}

static void tcp_syn_sent(struct host *h)
{
    struct sk_op op;

    meet(h);
    p.host.port = 5000;
    sk_op_connect(&op, host_bound(h, SK_STREAM, 5000), p.addr);
    ck_assert_int_eq(host_try(h, &op), SK_PENDING);
    host_poll(h);
    peer_send(&p, TCP_PSH, "text", 4);
}

static void stamped(struct host *h)
{
    meet(h);
    p.tsval = 1000;
    peer_accepted(&p, host_listener(h, 80, 4));
}

static void tcp_paws(struct host *h)
{
    stamped(h);
    p.tsval--;
    peer_send(&p, TCP_ACK, "text", 4);
}

static void tcp_no_timestamp(struct host *h)
{
    stamped(h);
    p.tsval = 0;
    peer_send(&p, TCP_ACK, "text", 4);
}

static void tcp_unacceptable(struct host *h)
{
    connected(h);
    send_from(p.seq - 100, TCP_ACK, 4);
}

static void tcp_rst(struct host *h)
{
    connected(h);
    send_from(p.seq + 1, TCP_RST, 0);
}

static void tcp_syn(struct host *h)
{
    connected(h);
    send_from(p.seq + 1, TCP_SYN, 0);
}

static void tcp_no_ack(struct host *h)
{
    connected(h);
    send_from(p.seq, TCP_PSH, 4);
}

static void tcp_ack_range(struct host *h)
{
    connected(h);
    p.ack++;
    send_from(p.seq, TCP_ACK, 0);
}

static void tcp_no_room(struct host *h)
{
    uint32_t first;

    connected(h);
    first = p.seq;
    for (uint32_t i = 1; i <= CONFIG_TCP_RANGES + 1; i++) {
        send_from(first + 2 * i, TCP_ACK, 1);
    }
}

static void tcp_closed(struct host *h)
{
    sk_fd fd;

    meet(h);
    fd = peer_accepted(&p, host_listener(h, 80, 4));
    ck_assert_int_eq(sk_close(h->iface, fd, h->now), SK_OK);
    host_poll(h);
    peer_expect(&p, TCP_FIN | TCP_ACK);
    peer_send(&p, TCP_ACK, "text", 4);
    peer_expect(&p, TCP_RST | TCP_ACK);
}

/* ---- What is sent ---------------------------------------------------------------------------- */

static void ask_from(struct host *h, struct ip_addr from)
{
    frame_icmp(&f, from, HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "echo", 4);
    host_hear(h, &f);
}

static void tx_no_packet(struct host *h)
{
    h->link.keep = true;
    for (int i = 0; i <= CONFIG_N_PACKETS; i++) {
        ask_from(h, PEER_IP);
    }
}

static void tx_no_route(struct host *h)
{
    ask_from(h, FAR_IP);
    host_silent(h);
}

static void tx_unresolved(struct host *h)
{
    ask_from(h, ip4(0x0a00004d));
}

static void tx_link(struct host *h)
{
    h->link.refuse = true;
    ask_from(h, PEER_IP);
}

static void tx_rate(struct host *h)
{
    frame_udp(&f, (struct sk_addr){ PEER_IP, 4000 }, (struct sk_addr){ HOST_IP, 5000 }, "?", 1);
    while (host_drops(h, DROP_TX_RATE) == 0) {
        host_hear(h, &f);
    }
}

static void tx_host_down(struct host *h)
{
    sk_fd fd = host_socket(h, SK_DGRAM);

    ck_assert_int_eq(host_send(h, fd, "text", 4, (struct sk_addr){ ip4(0x0a00004d), 9 }), SK_OK);
    host_run(h, h->now + seconds(4));
}

static void send_to(struct host *h, struct ip_addr addr)
{
    sk_fd fd = host_socket(h, SK_DGRAM);

    ck_assert_int_eq(host_send(h, fd, "text", 4, (struct sk_addr){ addr, 9 }), SK_OK);
    host_poll(h);
    ck_assert_int_eq(sk_close(h->iface, fd, h->now), SK_OK);
}

static struct pair pair;

/* 10.1.0.1/24, on a virtual wire that has room for one packet. */
static void add_wire(struct host *h, struct pair_settings settings, uint16_t mtu)
{
    const struct sk_netif_config netif = { .addr = ip4(0x0a010001), .prefix_len = 24, .mtu = mtu };
    static uint8_t memory[8192];
    struct pair_config config = { .medium = LINK_IP, .n_frames = 1, .settings = { settings } };

    ck_assert_uint_le(sk_pair_size(&config), sizeof(memory));
    ck_assert_int_eq(sk_pair_init(&pair, &config, memory, sizeof(memory)), SK_OK);
    ck_assert_int_eq(sk_netif_add(h->iface, &pair.ends[0].link, &netif, h->now, NULL), SK_OK);
}

/* The answer leaves by another netif, whose MTU is smaller. */
static void tx_oversize(struct host *h)
{
    static const uint8_t text[100];

    add_wire(h, (struct pair_settings){ .delay = 0 }, 100);
    frame_icmp(&f, ip4(0x0a010002), HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, text,
               sizeof(text));
    host_hear(h, &f);
}

/* Two datagrams. */
static void on_a_wire(struct host *h, struct pair_settings settings)
{
    add_wire(h, settings, 0);
    send_to(h, ip4(0x0a010002));
    pair.wires[0].settings.loss = 0;
    send_to(h, ip4(0x0a010002));
}

static void tx_queue_full(struct host *h)
{
    on_a_wire(h, (struct pair_settings){ .delay = 1000 });
}

static void link_lost(struct host *h)
{
    on_a_wire(h, (struct pair_settings){ .loss = PAIR_CERTAIN });
}

/* As the link over libslirp does, in tests/unit/test_slirp.c. */
static void tx_policy(struct host *h)
{
    h->link.drops_for = DROP_TX_POLICY;
    send_to(h, FAR_IP);
}

const struct drop_input drop_inputs_tcp[N_DROP_INPUTS_TCP] = {
    { .reason = DROP_TCP_SHORT, .raise = tcp_short },
    { .reason = DROP_TCP_HEADER_LEN, .raise = tcp_header_len },
    { .reason = DROP_TCP_CHECKSUM, .raise = tcp_checksum },
    { .reason = DROP_TCP_PORT, .raise = tcp_port },
    { .reason = DROP_TCP_BROADCAST, .raise = tcp_broadcast },
    { .reason = DROP_TCP_FLAGS, .raise = tcp_flags },
    { .reason = DROP_TCP_NO_SOCKET, .raise = tcp_no_socket },
    { .reason = DROP_TCP_BACKLOG_FULL, .raise = tcp_backlog_full },
    { .reason = DROP_TCP_NO_MEMORY, .raise = tcp_no_memory },
    { .reason = DROP_TCP_LISTEN, .raise = tcp_listen },
    { .reason = DROP_TCP_SYN_SENT, .raise = tcp_syn_sent },
    { .reason = DROP_TCP_UNACCEPTABLE, .raise = tcp_unacceptable },
    { .reason = DROP_TCP_PAWS, .raise = tcp_paws },
    { .reason = DROP_TCP_NO_TIMESTAMP, .raise = tcp_no_timestamp },
    { .reason = DROP_TCP_RST, .raise = tcp_rst },
    { .reason = DROP_TCP_SYN, .raise = tcp_syn },
    { .reason = DROP_TCP_NO_ACK, .raise = tcp_no_ack },
    { .reason = DROP_TCP_ACK_RANGE, .raise = tcp_ack_range },
    { .reason = DROP_TCP_NO_ROOM, .raise = tcp_no_room },
    { .reason = DROP_TCP_CLOSED, .raise = tcp_closed },
    { .reason = DROP_TX_NO_PACKET, .raise = tx_no_packet },
    { .reason = DROP_TX_NO_ROUTE, .raise = tx_no_route, .no_gateway = true },
    { .reason = DROP_TX_UNRESOLVED, .raise = tx_unresolved },
    { .reason = DROP_TX_LINK, .raise = tx_link },
    { .reason = DROP_TX_RATE, .with = DROP_UDP_NO_SOCKET, .raise = tx_rate },
    { .reason = DROP_TX_HOST_DOWN, .raise = tx_host_down },
    { .reason = DROP_TX_OVERSIZE, .raise = tx_oversize },
    { .reason = DROP_TX_POLICY, .raise = tx_policy },
    { .reason = DROP_TX_QUEUE_FULL, .raise = tx_queue_full },
    { .reason = DROP_LINK_LOST, .raise = link_lost },
};

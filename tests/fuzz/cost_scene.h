/* SPDX-License-Identifier: BSD-3-Clause */
/* What the host of fuzz_cost.c is busy with when the first frame comes. */
#pragma once

#include "cost_host.h"

#define NOBODY_IP ip4(0x0a000009) /* does not answer ARP */
#define GROUP_PORT 5353           /* of N_MEMBERS sockets */
#define N_MEMBERS 8
#define LEASE 1000u /* seconds */
#define SMALL 100u  /* octets of a short segment */
#define BUFFER 65536u
#define N_ADDRS 8

static struct ip_addr group(uint32_t i)
{
    return ip4(0xef010203u + i);
}

static size_t put_dhcp(uint8_t type, uint32_t addr)
{
    struct writer w = writer_over(message + UDP_HDR_LEN, LONGEST);

    write_u32(&w, 0x02010600); /* a reply, to an Ethernet station */
    write_u32(&w, dhcp_xid);
    write_zeros(&w, 8);
    write_u32(&w, addr);
    write_zeros(&w, 8);
    write_octets(&w, fuzz_link.link.mac.b, MAC_ADDR_LEN);
    write_zeros(&w, 10 + 64 + 128);
    write_u32(&w, 0x63825363u);
    write_u8(&w, 53);
    write_u8(&w, 1);
    write_u8(&w, type);
    write_u16(&w, 54 << 8 | 4);
    write_u32(&w, ip4_bits(SERVER_IP));
    write_u16(&w, 51 << 8 | 4);
    write_u32(&w, LEASE);
    write_u16(&w, 1 << 8 | 4);
    write_u32(&w, 0xffffff00u);
    return w.len;
}

static void hear_dhcp(size_t len, bool broadcast)
{
    hear_datagram(SERVER_IP, DHCP_SERVER_PORT, broadcast ? ip4(UINT32_MAX) : host_ip,
                  DHCP_CLIENT_PORT, len);
}

static void get_address(void)
{
    pass(seconds(15));
    hear_dhcp(put_dhcp(DHCP_OFFER, ip4_bits(HOST_IP)), true);
    pass(millis(1));
    hear_dhcp(put_dhcp(DHCP_ACK, ip4_bits(HOST_IP)), true);
    pass(seconds(20));
    REQUIRE(sk_netif_addr(iface, 2, &host_ip) == SK_OK && ip_equal(host_ip, HOST_IP));
    hear_arp(ARP_REQUEST, PEER_IP, HOST_IP, 2);
    hear_arp(ARP_REQUEST, SERVER_IP, HOST_IP, 3);
    let_pass(seconds(LEASE / 2)); /* now it is to be renewed */
}

static void open_stream(enum which which)
{
    struct tcp_hdr syn = segment_of(which, TCP_SYN);
    struct tcp_hdr ack;
    struct sk_op op;

    syn.dst_port = PORT;
    syn.seq = 1000;
    syn.mss = MTU - 40;
    syn.wscale = 4;
    syn.sack_permitted = true;
    hear_tcp(&syn, 0);
    ack = segment_of(which, TCP_ACK);
    hear_tcp(&ack, 0);
    sk_op_accept(&op, listener);
    REQUIRE(op.poll(&op, iface, fuzz_now) == SK_OK);
    streams[which].fd = op.u.accepted;
    REQUIRE(sk_set(iface, op.u.accepted, SK_NODELAY, 1) == SK_OK);
    let_pass(millis(1));
}

static void send_on(enum which which, size_t len)
{
    static const uint8_t text[BUFFER];
    struct sk_iov iov = { (void *)(uintptr_t)text, len };
    struct sk_op op;

    sk_op_send(&op, streams[which].fd, &iov, 1, (struct sk_addr){ .port = 0 }, 0);
    op.poll(&op, iface, fuzz_now);
    fuzz_poll();
}

static void read_all(enum which which)
{
    static uint8_t got[BUFFER];
    struct sk_iov iov = { got, sizeof(got) };
    struct sk_op op;

    sk_op_recv(&op, streams[which].fd, &iov, 1, 0);
    op.poll(&op, iface, fuzz_now);
    fuzz_poll();
}

static void make_holes(enum which which)
{
    for (uint32_t i = 0; i < CONFIG_TCP_RANGES; i++) {
        struct tcp_hdr hdr = segment_of(which, TCP_ACK);

        hdr.seq += 101 + i * 150;
        hdr.len = 1;
        hear_tcp(&hdr, 0);
    }
}

/* One record for each time at which something was sent; the peer has every other one. */
static void fill_records(void)
{
    for (uint32_t i = 0; i < CONFIG_TCP_INFLIGHT; i++) {
        send_on(RECORDS, SMALL);
        let_pass(millis(1) / 2);
    }
    for (uint32_t i = 1; i < CONFIG_TCP_INFLIGHT; i += 2) {
        struct tcp_hdr hdr = segment_of(RECORDS, TCP_ACK);

        hdr.ack -= CONFIG_TCP_INFLIGHT * SMALL;
        hdr.n_sack = 1;
        hdr.sack[0].start = hdr.ack + i * SMALL;
        hdr.sack[0].end = hdr.sack[0].start + SMALL;
        hear_tcp(&hdr, 0);
    }
}

static void shut_window(void)
{
    struct tcp_hdr hdr = segment_of(SHUT, TCP_ACK);

    hdr.wnd = 0;
    hear_tcp(&hdr, 0);
    send_on(SHUT, BUFFER / 2);
}

static void reach_time_wait(void)
{
    struct tcp_hdr fin;

    sk_close(iface, streams[WAITING].fd, fuzz_now);
    fuzz_poll();
    fin = segment_of(WAITING, TCP_ACK | TCP_FIN);
    hear_tcp(&fin, 0);
}

/* An active open to each of these, which is not answered. */
static void call(struct ip_addr whom, uint16_t port)
{
    struct sk_op op;
    sk_fd fd;

    REQUIRE(sk_socket(iface, SK_STREAM, &fd) == SK_OK);
    sk_op_connect(&op, fd, (struct sk_addr){ whom, port });
    op.poll(&op, iface, fuzz_now);
    fuzz_poll();
}

/* Sockets that have a port in common, where all are in one group; and one group for each of them.
 */
static void bind_members(void)
{
    sk_fd fd;

    for (uint32_t i = 0; i < N_MEMBERS; i++) {
        REQUIRE(sk_socket(iface, SK_DGRAM, &fd) == SK_OK);
        REQUIRE(sk_set(iface, fd, SK_REUSEADDR, 1) == SK_OK);
        REQUIRE(sk_bind(iface, fd, (struct sk_addr){ .port = GROUP_PORT }) == SK_OK);
        REQUIRE(sk_join(iface, fd, group(0), 0, fuzz_now) == SK_OK);
        REQUIRE(i == 0 || sk_join(iface, fd, group(i), 0, fuzz_now) == SK_OK);
    }
    let_pass(seconds(30)); /* what is said of them unasked has been */
}

static void ask_name(void)
{
    static struct sk_addr addrs[N_ADDRS];
    struct sk_op op;

    sk_resolve(&op, "www.cost.example", PORT, addrs, N_ADDRS);
    op.poll(&op, iface, fuzz_now);
    fuzz_poll();
    let_pass(millis(1));
}

static void fill_syn_cache(void)
{
    for (uint16_t i = 0; i < CONFIG_N_SYN_CACHE; i++) {
        struct tcp_hdr syn = segment_of(HOLES, TCP_SYN);

        syn.src_port = (uint16_t)(CLIENT_PORT + 100 + i);
        syn.dst_port = PORT;
        syn.mss = MTU - 40;
        syn.sack_permitted = true;
        hear_tcp(&syn, 0);
    }
}

static void everything(struct sk_config *config, struct sk_netif_config *netif)
{
    config->n_packets = 32;
    config->n_tcp = N_STREAMS + 4;
    config->n_udp = N_MEMBERS + 2;
    config->n_syn_cache = 0; /* the usual number */
    config->n_time_wait = 0;
    config->n_reassemblies = 0;
    config->acd = &sk_acd;
    config->multicast = &sk_multicast;
    config->n_memberships = 2 * N_MEMBERS;
    config->dns[0].addr = PEER_IP;
    config->rcvbuf = config->sndbuf = BUFFER;
    config->redirects = true;
    config->buffers[0] = (struct sk_buffer_class){ BUFFER, 2 * (N_STREAMS + 4 + N_MEMBERS + 4) };
    *netif = (struct sk_netif_config){ .name = "f" };
}

static void scene_begin(void)
{
    memset(streams, 0, sizeof(streams));
    counts = false;
    question_len = piece_id = n_options = 0;
    asked = host_ip = ip4(0);
    worst = (struct cost){ 0 };
    n_frames = 0;
    host_begin_with(LINK_ETHERNET, everything);
    fuzz_link.link.ops = &cost_ops;
    fuzz_link.sent = note_sent;
    get_address();
    bind_members();
    for (enum which i = HOLES; i <= WAITING; i++) {
        open_stream(i);
    }
    reach_time_wait();
    call(PEER_IP, CLIENT_PORT + CALLING);
    call(NOBODY_IP, PORT);
    sk_udp_post(iface, datagrams, frame, MTU - 100, (struct sk_addr){ NOBODY_IP, PORT });
    fill_syn_cache();
    ask_name();
    make_holes(RECORDS);
    fill_records();
    for (int i = 0; i < 10; i++) {
        send_on(FLIGHT, MTU - 52);
    }
    shut_window();
    make_holes(HOLES);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one frame costs a busy host, in instructions. The input is a series of commands, most of
 * them a frame near what the host expects and with good checksums: so the deep code is reached, and
 * one frame may prepare what makes the next one dear. libFuzzer is led to what costs more by extra
 * counters; cost.c says what each input costs in code that is not instrumented.
 *
 * Counted is the sk_iface_poll that takes the frame, from its call to its return, with all that it
 * answers, but for the link's own code. The link has no room for text of sockets: what an
 * acknowledgment or a neighbour's answer lets out is the program's, and costs by the segment, of
 * which the first is counted up to the link. A datagram in pieces is dear when it is whole, and
 * what it costs is that of all its frames together: each has its share of it.
 */
#include "fuzz_cost.h"

#include "fuzz_host.h"
#include "steps.h"
#include "wire/arp.h"
#include "wire/dhcp.h"
#include "wire/dns.h"
#include "wire/eth.h"
#include "wire/icmp4.h"

#define SERVER_IP ip4(0x0a000003) /* of DHCP, and the gateway */
#define NOBODY_IP ip4(0x0a000009) /* does not answer ARP */
#define NET_BITS 0x0a000000u      /* 10.0.0.0/24 */
#define GROUP_PORT 5353           /* what N_GROUP sockets are bound to */
#define N_GROUP 8
#define CLIENT_PORT 4000 /* of the first stream */
#define LEASE 1000u      /* seconds */
#define LONGEST 4000u    /* octets of a datagram in pieces */
#define SMALL 100u       /* octets of a short segment */
#define BUFFER 65536u
#define N_ADDRS 8

/* The streams, each with its own peer's port. */
enum which {
    HOLES,   /* as many ranges out of order as the host keeps */
    RECORDS, /* its scoreboard is full, every other record acknowledged */
    FLIGHT,  /* ten long segments are out */
    SHUT,    /* the peer's window is closed, and text waits */
    WAITING, /* TIME-WAIT */
    CALLING, /* SYN-SENT */
    N_STREAMS,
};

struct stream {
    sk_fd fd;
    uint16_t host_port;
    uint32_t host_nxt; /* one past the highest that the host sent */
    uint32_t next;     /* what it expects */
    uint32_t tsval;    /* the host's last */
    bool spoke;
};

static struct stream streams[N_STREAMS];
static uint8_t frame[ETH_HDR_LEN + IPV4_HDR_LEN + 8192];
static uint8_t *const packet = frame + ETH_HDR_LEN;
static uint8_t *const message = frame + ETH_HDR_LEN + IPV4_HDR_LEN;
static uint8_t pieces[ETH_HDR_LEN + MTU];
static struct ip_addr host_ip;
static struct ip_addr asked; /* by ARP, and not answered yet */
static uint32_t dhcp_xid;
static struct sk_addr resolver; /* who asked the name server */
static uint8_t question[DNS_MAX_UDP_LEN];
static size_t question_len;
static uint16_t piece_id;
static uint32_t datagram_cost;
static bool counts; /* the poll that runs is measured */
static struct cost worst;
static uint8_t kind;
static uint32_t n_frames;

/* For libFuzzer: a kind of frame costs more than ever. */
#define COST_STEP 64 /* instructions */
#define N_COSTS 512
#define N_KINDS 16
static __attribute__((section("__libfuzzer_extra_counters"))) uint8_t reached[N_KINDS][N_COSTS];

/* ---- What the host sends -----------------------------------------------------------------------
 */

static void note_segment(struct cursor *c)
{
    struct stream *s;
    struct tcp_hdr hdr;

    REQUIRE(tcp_parse(c, &hdr) == DROP_NONE);
    if (hdr.dst_port < CLIENT_PORT || hdr.dst_port >= CLIENT_PORT + N_STREAMS ||
        hdr.flags & TCP_RST) {
        return;
    }
    s = &streams[hdr.dst_port - CLIENT_PORT];
    s->host_port = hdr.src_port;
    if (!s->spoke || (int32_t)(hdr.seq + tcp_seg_len(&hdr) - s->host_nxt) > 0) {
        s->host_nxt = hdr.seq + tcp_seg_len(&hdr);
    }
    s->next = hdr.flags & TCP_ACK ? hdr.ack : s->next;
    s->tsval = hdr.has_timestamps ? hdr.tsval : s->tsval;
    s->spoke = true;
}

static void note_datagram(struct cursor *c, const struct ip_hdr *ip)
{
    struct udp_hdr udp;

    REQUIRE(udp_parse(c, ip, &udp) == DROP_NONE);
    if (udp.dst_port == DHCP_SERVER_PORT) {
        dhcp_xid = be32(c->at + 4);
    } else if (udp.dst_port == DNS_PORT) {
        resolver = (struct sk_addr){ ip->src, udp.src_port };
        question_len = 12;
        while (c->at[question_len] != 0) {
            question_len += 1u + c->at[question_len];
        }
        question_len += 5;
        memcpy(question, c->at, question_len);
    }
}

static void note_sent(const struct pkt *pkt)
{
    struct cursor c = cursor_over(pkt_data(pkt), pkt->len);
    struct eth_hdr eth;
    struct arp_hdr arp;
    struct ip_hdr ip;

    REQUIRE(eth_parse(&c, &eth) == DROP_NONE);
    if (eth.type == ETH_TYPE_ARP) {
        REQUIRE(arp_parse(&c, &arp) == DROP_NONE);
        asked = arp.op == ARP_REQUEST ? arp.tpa : asked;
        return;
    }
    REQUIRE(ipv4_parse(&c, &ip) == DROP_NONE);
    if (ip.more_frags || ip.frag_offset > 0) {
        return;
    }
    if (ip.proto == IP_PROTO_TCP) {
        note_segment(&c);
    } else if (ip.proto == IP_PROTO_UDP) {
        note_datagram(&c, &ip);
    }
}

/* More than headers, of a socket: other than ICMP. */
static bool is_text(const struct pkt *pkt)
{
    const uint8_t *ip = pkt_data(pkt) + ETH_HDR_LEN;

    return pkt->len > ETH_HDR_LEN + IPV4_HDR_LEN + TCP_MAX_HDR_LEN && ip[9] != IP_PROTO_ICMP;
}

static enum sk_err cost_tx(struct link *link, struct pkt *pkt, instant now)
{
    enum sk_err err;

    if (!counts) {
        return fuzz_tx(link, pkt, now);
    }
    steps_pause(true);
    err = is_text(pkt) ? SK_AGAIN : fuzz_tx(link, pkt, now);
    steps_pause(false);
    return err;
}

static struct pkt *cost_rx(struct link *link, struct pkt_pool *pool, instant now)
{
    struct pkt *pkt;

    if (!counts) {
        return fuzz_rx(link, pool, now);
    }
    steps_pause(true);
    pkt = fuzz_rx(link, pool, now);
    steps_pause(false);
    return pkt;
}

static const struct link_ops cost_ops = { .rx = cost_rx, .tx = cost_tx };

/* ---- What it hears -----------------------------------------------------------------------------
 */

static void answer_arp(void);

static void measured_poll(void)
{
    steps_begin();
    sk_iface_poll(iface, fuzz_now);
    datagram_cost += steps_end();
    n_frames++;
}

/* Of each of the `n` frames of a datagram. */
static void note_cost(uint32_t n)
{
    uint32_t cost = datagram_cost / n;

    datagram_cost = 0;
    if (!counts) {
        return;
    }
    if (cost > worst.instructions) {
        worst = (struct cost){ cost, kind, n_frames };
    }
    cost /= COST_STEP;
    reached[kind][cost < N_COSTS ? cost : N_COSTS - 1] = 1;
}

/* Only the poll that takes it is measured. */
static void hear_frame(const uint8_t *octets, size_t len)
{
    uint8_t *copy = exact(octets, len);
    bool measured = counts;

    REQUIRE(len <= ETH_HDR_LEN + MTU);
    fuzz_link.pkt = (struct pkt){ .buf = copy, .len = (uint32_t)len };
    if (measured) {
        measured_poll();
    }
    counts = false;
    fuzz_poll();
    fuzz_link.pkt.len = 0;
    free(copy);
    answer_arp();
    counts = measured;
}

static void hear_single(const uint8_t *octets, size_t len)
{
    hear_frame(octets, len);
    note_cost(1);
}

static void put_eth(uint8_t *at, uint16_t type, bool broadcast)
{
    struct eth_hdr eth = { .dst = broadcast ? MAC_BROADCAST : fuzz_link.link.mac,
                           .src = { { 2, 0, 0, 0, 0, 2 } },
                           .type = type };

    eth_emit(at, &eth);
}

static void hear_arp(uint16_t op, struct ip_addr from, struct ip_addr to, uint8_t mac)
{
    struct arp_hdr arp = { .op = op,
                           .sha = { { 2, 0, 0, 0, 0, mac } },
                           .spa = from,
                           .tha = fuzz_link.link.mac,
                           .tpa = to };

    put_eth(frame, ETH_TYPE_ARP, false);
    arp_emit(packet, &arp);
    hear_single(frame, ETH_HDR_LEN + ARP_LEN);
}

/* The message behind the IP header, in pieces if it is too long. */
static void hear_message(struct ip_hdr *ip, size_t len)
{
    size_t most = (MTU - IPV4_HDR_LEN) / 8 * 8;
    bool broadcast = (ip4_bits(ip->dst) & 0xff) == 0xff;
    uint32_t n_pieces = 0;

    ip->ttl = 64;
    if (len <= MTU - IPV4_HDR_LEN) {
        ip->payload_len = (uint16_t)len;
        put_eth(frame, ETH_TYPE_IPV4, broadcast);
        ipv4_emit(packet, ip);
        hear_single(frame, ETH_HDR_LEN + IPV4_HDR_LEN + len);
        return;
    }
    ip->id = ++piece_id;
    for (size_t at = 0; at < len; at += most) {
        size_t n = len - at < most ? len - at : most;

        ip->frag_offset = (uint16_t)at;
        ip->more_frags = at + n < len;
        ip->payload_len = (uint16_t)n;
        put_eth(pieces, ETH_TYPE_IPV4, broadcast);
        ipv4_emit(pieces + ETH_HDR_LEN, ip);
        memcpy(pieces + ETH_HDR_LEN + IPV4_HDR_LEN, message + at, n);
        hear_frame(pieces, ETH_HDR_LEN + IPV4_HDR_LEN + n);
        n_pieces++;
    }
    note_cost(n_pieces);
}

/* The payload lies behind the header of a datagram already. */
static void hear_datagram(struct ip_addr from, uint16_t from_port, struct ip_addr to,
                          uint16_t to_port, size_t len)
{
    struct ip_hdr ip = {
        .src = from, .dst = to, .proto = IP_PROTO_UDP, .payload_len = (uint16_t)(UDP_HDR_LEN + len)
    };
    struct udp_hdr udp = { .src_port = from_port,
                           .dst_port = to_port,
                           .payload_len = (uint16_t)len };

    udp_emit(message, &ip, &udp, sum_add(0, message + UDP_HDR_LEN, len));
    hear_message(&ip, UDP_HDR_LEN + len);
}

static void hear_tcp(struct tcp_hdr *hdr, uint8_t ecn)
{
    struct ip_hdr ip = {
        .src = PEER_IP, .dst = host_ip, .proto = IP_PROTO_TCP, .tos = ecn & IP_ECN_MASK
    };
    uint32_t hdr_len = tcp_hdr_len(hdr);

    memset(message + hdr_len, 0, hdr->len);
    ip.payload_len = (uint16_t)(hdr_len + hdr->len);
    tcp_emit(message, &ip, hdr, 0);
    hear_message(&ip, ip.payload_len);
}

/* A segment of this stream that acknowledges everything. */
static struct tcp_hdr segment_of(enum which which, uint8_t flags)
{
    const struct stream *s = &streams[which];

    return (struct tcp_hdr){ .src_port = (uint16_t)(CLIENT_PORT + which),
                             .dst_port = s->host_port,
                             .seq = s->next,
                             .ack = s->host_nxt,
                             .flags = flags,
                             .wnd = 0x7fff,
                             .wscale = TCP_NO_WSCALE,
                             .has_timestamps = true,
                             .tsval = (uint32_t)(fuzz_now / 1000),
                             .tsecr = flags & TCP_ACK ? s->tsval : 0 };
}

static void answer_arp(void)
{
    struct ip_addr who = asked;

    asked = ip4(0);
    if (ip_equal(who, PEER_IP) || ip_equal(who, SERVER_IP)) {
        hear_arp(ARP_REPLY, who, host_ip, (uint8_t)ip4_bits(who));
    }
}

static void let_pass(duration d)
{
    bool measured = counts;

    counts = false;
    pass(d);
    answer_arp();
    counts = measured;
}

/* ---- The scene ---------------------------------------------------------------------------------
 */

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

static void make_holes(void)
{
    for (uint32_t i = 0; i < CONFIG_TCP_RANGES; i++) {
        struct tcp_hdr hdr = segment_of(HOLES, TCP_ACK);

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

static void bind_group(void)
{
    sk_fd fd;

    for (int i = 0; i < N_GROUP; i++) {
        REQUIRE(sk_socket(iface, SK_DGRAM, &fd) == SK_OK);
        REQUIRE(sk_set(iface, fd, SK_REUSEADDR, 1) == SK_OK);
        REQUIRE(sk_bind(iface, fd, (struct sk_addr){ .port = GROUP_PORT }) == SK_OK);
    }
    sk_udp_post(iface, datagrams, frame, MTU - 100, (struct sk_addr){ NOBODY_IP, PORT });
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
    config->n_udp = N_GROUP + 2;
    config->n_syn_cache = 0; /* the usual number */
    config->n_time_wait = 0;
    config->n_reassemblies = 0;
    config->acd = &sk_acd;
    config->dns[0].addr = PEER_IP;
    config->rcvbuf = config->sndbuf = BUFFER;
    config->redirects = true;
    config->buffers[0] = (struct sk_buffer_class){ BUFFER, 2 * (N_STREAMS + 4 + N_GROUP + 4) };
    *netif = (struct sk_netif_config){ .name = "f" };
}

static void scene_begin(void)
{
    memset(streams, 0, sizeof(streams));
    counts = false;
    question_len = piece_id = 0;
    asked = host_ip = ip4(0);
    worst = (struct cost){ 0 };
    n_frames = 0;
    host_begin_with(LINK_ETHERNET, everything);
    fuzz_link.link.ops = &cost_ops;
    fuzz_link.sent = note_sent;
    get_address();
    for (enum which i = HOLES; i <= WAITING; i++) {
        open_stream(i);
    }
    reach_time_wait();
    call(PEER_IP, CLIENT_PORT + CALLING);
    call(NOBODY_IP, PORT);
    bind_group();
    fill_syn_cache();
    ask_name();
    fill_records();
    for (int i = 0; i < 10; i++) {
        send_on(FLIGHT, MTU - 52);
    }
    shut_window();
    make_holes();
}

/* ---- The commands ------------------------------------------------------------------------------
 */

/* Fills `len` octets with the next ones of the input, over and over. */
static void fill(struct cursor *c, uint8_t *to, size_t len)
{
    size_t n = next_octet(c) % 32 + 1u;
    const uint8_t *pattern;

    n = n < c->left ? n : c->left;
    pattern = cursor_take(c, n);
    for (size_t i = 0; i < len; i++) {
        to[i] = n > 0 ? pattern[i % n] : 0;
    }
}

/* UINT16_MAX: as long as can be. */
static size_t next_len(struct cursor *c, size_t most)
{
    size_t len = next_word(c);

    return len == UINT16_MAX || most == 0 ? most : len % (most + 1);
}

static void take_blocks(struct cursor *c, struct tcp_hdr *hdr, uint32_t host_nxt)
{
    unsigned most = hdr->has_timestamps ? TCP_MAX_SACK - 1 : TCP_MAX_SACK;

    hdr->n_sack = (uint8_t)(next_octet(c) % (most + 1));
    for (uint8_t i = 0; i < hdr->n_sack; i++) {
        hdr->sack[i].start = host_nxt - next_word(c);
        hdr->sack[i].end = hdr->sack[i].start + next_word(c);
    }
}

static uint32_t next_signed(struct cursor *c)
{
    return (uint32_t)(int32_t)(int16_t)next_word(c);
}

static void say_segment(struct cursor *c)
{
    uint8_t which = next_octet(c);
    uint8_t shape = next_octet(c);
    uint8_t ecn = next_octet(c);
    struct tcp_hdr hdr = segment_of(which % N_STREAMS, TCP_ACK);

    hdr.flags = (uint8_t)(next_octet(c) ^ TCP_ACK);
    hdr.seq += next_signed(c);
    hdr.ack -= next_signed(c);
    hdr.wnd = shape & 1 ? next_word(c) : hdr.wnd;
    hdr.has_timestamps = !(shape & 2);
    hdr.tsval -= shape & 4 ? next_octet(c) : 0u;
    hdr.up = hdr.flags & TCP_URG ? next_word(c) : 0;
    if (which & 0x40) {
        hdr.src_port = (uint16_t)(hdr.src_port + 100 + next_octet(c));
    }
    if (which & 0x80) {
        hdr.dst_port = shape & 0x80 ? 1 : PORT;
    }
    if (hdr.flags & TCP_SYN) {
        hdr.mss = MTU - 40;
        hdr.wscale = 4;
        hdr.sack_permitted = true;
    } else if (shape & 8) {
        take_blocks(c, &hdr, streams[which % N_STREAMS].host_nxt);
    }
    if (shape & 16) {
        hdr.len =
            (uint32_t)next_len(c, shape & 32 ? LONGEST : MTU - IPV4_HDR_LEN - tcp_hdr_len(&hdr));
    }
    hear_tcp(&hdr, ecn);
}

static void say_datagram(struct cursor *c)
{
    static const uint16_t ports[] = { GROUP_PORT, PORT, 1, DHCP_CLIENT_PORT };
    uint8_t shape = next_octet(c);
    size_t len = next_len(c, shape & 16 ? LONGEST : MTU - IPV4_HDR_LEN - UDP_HDR_LEN);
    struct ip_addr to = shape & 4 ? ip4(NET_BITS | 0xff) : host_ip;

    fill(c, message + UDP_HDR_LEN, len);
    hear_datagram(PEER_IP, (uint16_t)(1000 + next_octet(c)), shape & 8 ? ip4(UINT32_MAX) : to,
                  ports[shape & 3], len);
}

static void hear_icmp(struct icmp4_hdr *hdr, size_t len)
{
    struct ip_hdr ip = { .src = hdr->type == ICMP4_REDIRECT ? SERVER_IP : PEER_IP,
                         .dst = host_ip,
                         .proto = IP_PROTO_ICMP };

    icmp4_emit(message, hdr, sum_add(0, message + ICMP4_HDR_LEN, len));
    hear_message(&ip, ICMP4_HDR_LEN + len);
}

static void say_echo(struct cursor *c)
{
    struct icmp4_hdr hdr = { .type = ICMP4_ECHO_REQUEST, .id = 1 };
    uint8_t shape = next_octet(c);
    size_t len = next_len(c, shape & 1 ? LONGEST : MTU - IPV4_HDR_LEN - ICMP4_HDR_LEN);

    fill(c, message + ICMP4_HDR_LEN, len);
    hear_icmp(&hdr, len);
}

/* An error about what the host sent. */
static void say_error(struct cursor *c)
{
    static const uint8_t types[] = { ICMP4_UNREACHABLE, ICMP4_UNREACHABLE, ICMP4_TIME_EXCEEDED,
                                     ICMP4_REDIRECT };
    uint8_t shape = next_octet(c);
    const struct stream *s = &streams[next_octet(c) % N_STREAMS];
    bool stream = shape & 4;
    struct icmp4_hdr hdr = { .type = types[shape & 3], .code = next_octet(c) % 16 };
    uint8_t *quote = message + ICMP4_HDR_LEN;
    struct ip_hdr ip = {
        .src = host_ip, .dst = PEER_IP, .proto = stream ? IP_PROTO_TCP : IP_PROTO_UDP, .ttl = 60
    };
    size_t len = next_len(c, MTU - IPV4_HDR_LEN - ICMP4_HDR_LEN);

    hdr.seq = next_word(c);
    hdr.id = shape & 8 ? NET_BITS >> 16 : 0;
    ip.payload_len = next_word(c) % (MTU - IPV4_HDR_LEN);
    memset(quote, 0, len);
    ipv4_emit(quote, &ip);
    put_be16(quote + IPV4_HDR_LEN, stream ? s->host_port : resolver.port);
    put_be16(quote + IPV4_HDR_LEN + 2, stream ? (uint16_t)(CLIENT_PORT + (s - streams)) : DNS_PORT);
    put_be32(quote + IPV4_HDR_LEN + 4, s->host_nxt - next_word(c));
    hear_icmp(&hdr, len);
}

/* A record; `before` is where the name of the one before it begins. */
static void put_record(struct writer *w, uint8_t what, size_t *before)
{
    size_t at = w->len;
    uint16_t last = (uint16_t)(0xc000 | *before);
    uint8_t type = what >> 3 & 3;

    switch (what & 7) {
    case 0:
        write_u16(w, 0xc00c); /* what was asked for */
        break;
    case 1:
        write_u16(w, last);
        *before = at;
        break;
    case 2:
        write_u16(w, 1 << 8 | 'a');
        write_u16(w, last);
        *before = at;
        break;
    case 3:
        write_u8(w, 0);
        break;
    case 4:
        for (int i = 0; i < 100; i++) {
            write_u16(w, 1 << 8 | 'a');
        }
        write_u8(w, 0);
        *before = at;
        break;
    default:
        write_u16(w, last);
        break;
    }
    write_u16(w, type == 0 ? 1 : type == 1 ? 5 : type == 2 ? 6 : 16);
    write_u16(w, 1);
    write_u32(w, 60);
    write_u16(w, type == 0 ? 4 : type == 1 ? 2 : 0);
    if (type == 0) {
        write_u32(w, NET_BITS | 7);
    } else if (type == 1) {
        write_u16(w, what & 0x20 ? 0xc00c : last);
    }
}

static void say_name(struct cursor *c)
{
    uint8_t shape = next_octet(c);
    size_t len = next_len(c, shape & 1 ? LONGEST : MTU - IPV4_HDR_LEN - UDP_HDR_LEN);
    uint8_t *text = message + UDP_HDR_LEN;
    struct writer w = writer_over(text, len);
    uint8_t what[16];
    size_t n = next_octet(c) % sizeof(what) + 1;
    size_t before = 12;

    memcpy(text, question, question_len);
    w.len = question_len;
    text[2] = 0x81;
    text[3] = (uint8_t)(0x80 | (next_octet(c) & 3));
    put_be16(text + 6, next_word(c));
    put_be16(text + 8, next_word(c));
    put_be16(text + 10, 0);
    for (size_t i = 0; i < n; i++) {
        what[i] = next_octet(c);
    }
    for (size_t i = 0, end = w.len; len > 300 && w.cap - end > 220; i++) {
        put_record(&w, what[i % n], &before);
        end = w.len;
    }
    len = w.len;
    if (shape & 2) { /* octets of the input instead */
        fill(c, text + question_len, len - question_len);
    }
    hear_datagram(PEER_IP, DNS_PORT, resolver.addr, resolver.port, len);
}

static void say_lease(struct cursor *c)
{
    uint8_t shape = next_octet(c);
    size_t len =
        put_dhcp(shape & 1 ? DHCP_NAK : DHCP_ACK, ip4_bits(host_ip) ^ (shape & 2 ? 0x10u : 0));
    size_t more = next_len(c, MTU - IPV4_HDR_LEN - UDP_HDR_LEN - len);

    dhcp_xid += shape & 8 ? 1u : 0;
    fill(c, message + UDP_HDR_LEN + len, more);
    if (more >= 3 && shape & 16) {
        memcpy(message + UDP_HDR_LEN + len, "\x34\x01\x03", 3); /* overload, both */
        fill(c, message + UDP_HDR_LEN + 44, 192);
    }
    hear_dhcp(len + more, shape & 4);
}

static void say_arp(struct cursor *c)
{
    uint8_t op = next_octet(c);
    struct ip_addr from = ip4(NET_BITS | next_octet(c));

    hear_arp(op & 1 ? ARP_REPLY : ARP_REQUEST, from, op & 2 ? from : host_ip, next_octet(c));
}

/* Any protocol, in one packet or as a piece of one. */
static void say_packet(struct cursor *c)
{
    struct ip_hdr ip = { .src = PEER_IP, .dst = host_ip, .proto = next_octet(c) };
    uint8_t shape = next_octet(c);
    size_t len = next_len(c, MTU - IPV4_HDR_LEN);

    ip.id = 0x8000 | (shape & 3);
    ip.frag_offset = shape & 4 ? (uint16_t)(next_word(c) % LONGEST / 8 * 8) : 0;
    ip.more_frags = shape & 8;
    fill(c, message, len);
    hear_message(&ip, len);
}

/* The program's part. */
static void act(struct cursor *c)
{
    uint8_t what = next_octet(c);
    enum which which = next_octet(c) % WAITING;

    counts = false;
    switch (what % 4) {
    case 0:
        send_on(which, next_len(c, BUFFER));
        break;
    case 1:
        read_all(which);
        break;
    case 2:
        ask_name();
        break;
    default:
        break;
    }
    let_pass((duration)next_word(c) * 10);
    counts = true;
}

static void (*const commands[])(struct cursor *c) = {
    say_segment, say_segment, say_segment, say_segment, say_datagram, say_echo,
    say_error,   say_name,    say_lease,   say_arp,     say_packet,   act,
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

struct cost fuzz_cost(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);

    scene_begin();
    counts = true;
    for (int n = 0; n < 32 && c.left > 0; n++) {
        kind = next_octet(&c) % N_COMMANDS;
        commands[kind](&c);
    }
    counts = false;
    free(host_memory);
    return worst;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    fuzz_cost(octets, len);
    return 0;
}

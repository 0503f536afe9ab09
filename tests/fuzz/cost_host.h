/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host of fuzz_cost.c, on a link that counts instructions: what it sends is noted, so that what
 * it hears can be near what it expects, with good checksums.
 *
 * Counted is the sk_iface_poll that takes the frame, from its call to its return, with all that it
 * answers, but for the link's own code; or one that follows until nothing more is to be done, if it
 * takes longer. The link has no room for text of sockets: what an
 * acknowledgment or a neighbour's answer lets out is the program's, and costs by the segment, of
 * which the first is counted up to the link. A datagram in pieces is dear when it is whole, and
 * what it costs is that of all its frames together: each has its share of it.
 */
#pragma once

#include "fuzz_cost.h"

#include "fuzz_host.h"
#include "proto/igmp.h"
#include "steps.h"
#include "wire/arp.h"
#include "wire/dhcp.h"
#include "wire/dns.h"
#include "wire/eth.h"
#include "wire/icmp4.h"

#define SERVER_IP ip4(0x0a000003) /* of DHCP, and the gateway */
#define NET_BITS 0x0a000000u      /* 10.0.0.0/24 */
#define CLIENT_PORT 4000          /* of the first stream */
#define LONGEST 4000u             /* octets of a datagram in pieces */
#define MOST_POLLS 8              /* after the one that takes the frame */

/* The streams, each with its own peer's port. */
enum which {
    HOLES,   /* as many ranges out of order as the host keeps */
    RECORDS, /* its scoreboard is full, every other record acknowledged, and it has holes, too */
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
static uint8_t frame[ETH_HDR_LEN + IPV4_HDR_LEN + IPV4_MAX_OPTIONS + 8192];
static uint8_t *const message = frame + ETH_HDR_LEN + IPV4_HDR_LEN + IPV4_MAX_OPTIONS;
static uint8_t pieces[ETH_HDR_LEN + MTU];
static uint8_t options[IPV4_MAX_OPTIONS]; /* of every IP header that it hears */
static uint8_t n_options;
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
    struct cursor c = cursor_over(sk_pkt_data(pkt), pkt->len);
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
    const uint8_t *ip = sk_pkt_data(pkt) + ETH_HDR_LEN;

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

static uint32_t measured_poll(bool *more)
{
    steps_begin();
    *more = sk_iface_poll(iface, fuzz_now);
    return steps_end();
}

static void measured_polls(void)
{
    bool more;
    uint32_t cost = measured_poll(&more);

    for (int i = 0; more && i < MOST_POLLS; i++) {
        uint32_t next = measured_poll(&more);

        cost = next > cost ? next : cost;
    }
    datagram_cost += cost;
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

/* Only the polls that it needs are measured. */
static void hear_frame(const uint8_t *octets, size_t len)
{
    uint8_t *copy = exact(octets, len);
    bool measured = counts;

    REQUIRE(len <= ETH_HDR_LEN + MTU);
    fuzz_link.pkt = (struct pkt){ .buf = copy, .len = (uint32_t)len };
    if (measured) {
        measured_polls();
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

static void put_eth(uint8_t *at, uint16_t type, struct mac_addr dst)
{
    struct eth_hdr eth = { .dst = dst, .src = { { 2, 0, 0, 0, 0, 2 } }, .type = type };

    eth_emit(at, &eth);
}

static struct mac_addr mac_of(struct ip_addr addr)
{
    uint32_t bits = ip4_bits(addr);

    if (ip_is_multicast(addr)) {
        return (struct mac_addr){ { 1, 0, 0x5e, bits >> 16 & 0x7f, (uint8_t)(bits >> 8),
                                    (uint8_t)bits } };
    }
    return (bits & 0xff) == 0xff ? MAC_BROADCAST : fuzz_link.link.mac;
}

static void hear_arp(uint16_t op, struct ip_addr from, struct ip_addr to, uint8_t mac)
{
    struct arp_hdr arp = { .op = op,
                           .sha = { { 2, 0, 0, 0, 0, mac } },
                           .spa = from,
                           .tha = fuzz_link.link.mac,
                           .tpa = to };

    put_eth(frame, ETH_TYPE_ARP, fuzz_link.link.mac);
    arp_emit(frame + ETH_HDR_LEN, &arp);
    hear_single(frame, ETH_HDR_LEN + ARP_LEN);
}

/* Octets of the longest message that is no datagram in pieces. */
static size_t most_octets(void)
{
    return (size_t)MTU - IPV4_HDR_LEN - n_options;
}

/* The message behind the IP header, in pieces if it is too long. */
static void hear_message(struct ip_hdr *ip, size_t len)
{
    size_t headers = ETH_HDR_LEN + IPV4_HDR_LEN + (size_t)n_options;
    size_t most = most_octets() / 8 * 8;
    struct mac_addr dst = mac_of(ip->dst);
    uint32_t n_pieces = 0;

    ip->ttl = ip->proto == IP_PROTO_IGMP ? 1 : 64;
    ip->options = options;
    ip->n_options = n_options;
    if (len <= most_octets()) {
        ip->payload_len = (uint16_t)len;
        put_eth(message - headers, ETH_TYPE_IPV4, dst);
        ipv4_emit(message - headers + ETH_HDR_LEN, ip);
        hear_single(message - headers, headers + len);
        return;
    }
    ip->id = ++piece_id;
    for (size_t at = 0; at < len; at += most) {
        size_t n = len - at < most ? len - at : most;

        ip->frag_offset = (uint16_t)at;
        ip->more_frags = at + n < len;
        ip->payload_len = (uint16_t)n;
        put_eth(pieces, ETH_TYPE_IPV4, dst);
        ipv4_emit(pieces + ETH_HDR_LEN, ip);
        memcpy(pieces + headers, message + at, n);
        hear_frame(pieces, headers + n);
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

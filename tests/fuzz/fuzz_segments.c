/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments of one peer, near what the host expects and with good checksums, among what a program
 * does with its connection. What the peer sends is a stream, octet i being a function of i: what
 * the program reads has to be that.
 */
#include "fuzz_host.h"

static struct sk_addr peer = { .port = 4000 };
static uint32_t peer_iss;
static uint32_t host_seq; /* one past the highest that the host sent */
static uint32_t host_ack; /* what it expects */
static bool host_spoke;
static uint32_t first_octet; /* of the peer's stream: a sequence number */
static bool is_doubtful;     /* which one: several connections began */
static sk_fd accepted;
static uint32_t n_read;

static uint8_t octet_at(uint32_t i)
{
    return (uint8_t)(i * 2654435761u >> 24);
}

static void note_sent(const struct pkt *pkt)
{
    struct cursor c = cursor_over(sk_pkt_data(pkt), pkt->len);
    struct ip_hdr ip = { .ttl = 0 };
    struct tcp_hdr hdr;

    REQUIRE(ipv4_parse(&c, &ip) == DROP_NONE);
    if (ip.proto != IP_PROTO_TCP) {
        return;
    }
    REQUIRE(sum_add(ip_pseudo_sum(&ip, ip.payload_len), c.at, c.left) == SUM_GOOD);
    REQUIRE(tcp_parse(&c, &hdr) == DROP_NONE);
    if (hdr.flags & TCP_RST) {
        return;
    }
    if (hdr.flags & TCP_SYN) {
        is_doubtful |= host_spoke && hdr.ack != first_octet;
        first_octet = hdr.ack;
    }
    host_seq = hdr.seq + tcp_seg_len(&hdr);
    host_ack = hdr.flags & TCP_ACK ? hdr.ack : host_ack;
    host_spoke = true;
}

static void hear_segment(struct cursor *c)
{
    uint8_t packet[MTU];
    uint8_t flags = next_octet(c);
    int8_t seq = (int8_t)next_octet(c);
    int8_t ack = (int8_t)next_octet(c);
    uint8_t shape = next_octet(c);
    uint32_t next = host_spoke ? host_ack : peer_iss;
    struct tcp_hdr hdr = { .src_port = peer.port,
                           .dst_port = PORT,
                           .seq = next + (uint32_t)((int32_t)seq * (shape & 1 ? 100 : 1)),
                           .ack = host_seq + (uint32_t)((int32_t)ack * (shape & 2 ? 100 : 1)),
                           .flags = flags,
                           .wnd = next_word(c),
                           .wscale = TCP_NO_WSCALE,
                           .len = shape & 4 ? next_word(c) % 1200 : 0 };
    struct ip_hdr ip = { .src = PEER_IP, .dst = HOST_IP, .proto = IP_PROTO_TCP, .ttl = 64 };
    uint32_t hdr_len;

    if (flags & TCP_SYN) {
        hdr.mss = shape & 8 ? next_word(c) : 0;
        hdr.wscale = shape & 16 ? next_octet(c) % 15 : TCP_NO_WSCALE;
        hdr.sack_permitted = shape & 32;
    } else if (shape & 8) {
        hdr.n_sack = 1;
        hdr.sack[0].start = host_seq - next_word(c);
        hdr.sack[0].end = hdr.sack[0].start + next_word(c);
    }
    hdr.has_timestamps = shape & 64;
    hdr.tsval = next_octet(c);
    hdr.tsecr = next_octet(c);
    hdr_len = tcp_hdr_len(&hdr);
    for (uint32_t i = 0; i < hdr.len; i++) {
        packet[IPV4_HDR_LEN + hdr_len + i] = octet_at(hdr.seq + (flags & TCP_SYN ? 1 : 0) + i);
    }
    ip.payload_len = (uint16_t)(hdr_len + hdr.len);
    ipv4_emit(packet, &ip);
    tcp_emit(packet + IPV4_HDR_LEN, &ip, &hdr,
             sum_add(0, packet + IPV4_HDR_LEN + hdr_len, hdr.len));
    hear(packet, IPV4_HDR_LEN + (size_t)ip.payload_len);
}

static void read_some(size_t most)
{
    static uint8_t got[4096];
    struct sk_iov iov = { got, most };
    struct sk_op op;

    sk_op_recv(&op, accepted, &iov, 1, 0);
    if (op.poll(&op, iface, fuzz_now) != SK_OK) {
        return;
    }
    for (size_t i = 0; i < op.done; i++) {
        REQUIRE(is_doubtful || got[i] == octet_at(first_octet + n_read));
        n_read++;
    }
}

static void write_some(size_t len)
{
    static const uint8_t text[4096];
    struct sk_iov iov = { (void *)(uintptr_t)text, len };
    struct sk_op op;

    sk_op_send(&op, accepted, &iov, 1, (struct sk_addr){ .port = 0 }, 0);
    op.poll(&op, iface, fuzz_now);
}

static void accept_one(void)
{
    struct sk_op op;

    sk_op_accept(&op, listener);
    if (accepted == SK_FD_NONE && op.poll(&op, iface, fuzz_now) == SK_OK) {
        accepted = op.u.accepted;
    }
}

static void act(struct cursor *c)
{
    uint8_t what = next_octet(c);

    switch (what % 8) {
    case 0:
        accept_one();
        break;
    case 1:
        read_some(next_word(c) % 4096);
        break;
    case 2:
        write_some(next_word(c) % 4096);
        break;
    case 3:
        sk_shutdown(iface, accepted, SK_SHUT_WR, fuzz_now);
        break;
    case 4:
        pass((duration)next_word(c) * 1000);
        break;
    default:
        hear_segment(c);
        break;
    }
    fuzz_poll();
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);

    peer.addr = PEER_IP;
    peer_iss = 0xfffffff0u;
    host_seq = host_ack = n_read = 0;
    host_spoke = is_doubtful = false;
    accepted = SK_FD_NONE;
    host_begin(LINK_IP);
    fuzz_link.sent = note_sent;
    while (c.left > 0) {
        act(&c);
    }
    if (accepted != SK_FD_NONE) {
        sk_abort(iface, accepted, fuzz_now);
    }
    host_end();
    return 0;
}

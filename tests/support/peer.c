/* SPDX-License-Identifier: BSD-3-Clause */
/* A TCP peer by hand: see peer.h. */
#include "tests/support/peer.h"

#define ISS 0x10000000u

void peer_begin(struct peer *p, struct host *h, uint16_t port, uint16_t host_port)
{
    *p = (struct peer){ .h = h,
                        .addr = { PEER_IP, port },
                        .host = { HOST_IP, host_port },
                        .seq = ISS,
                        .wnd = 8192,
                        .mss = 1460,
                        .wscale = TCP_NO_WSCALE };
}

void peer_frame(const struct peer *p, struct frame *f, uint8_t flags, const void *text, size_t len)
{
    struct tcp_hdr hdr = { .seq = p->seq,
                           .ack = flags & TCP_ACK ? p->ack : 0,
                           .flags = flags,
                           .wnd = p->wnd,
                           .mss = p->mss,
                           .wscale = p->wscale,
                           .has_timestamps = p->tsval != 0,
                           .tsval = p->tsval };

    frame_tcp(f, p->addr, p->host, hdr, text, len);
}

void peer_send(struct peer *p, uint8_t flags, const void *text, size_t len)
{
    struct frame f;

    peer_frame(p, &f, flags, text, len);
    p->seq += (uint32_t)len + (flags & TCP_SYN ? 1 : 0) + (flags & TCP_FIN ? 1 : 0);
    host_hear(p->h, &f);
}

const struct sent *peer_hear(struct peer *p)
{
    const struct sent *s;

    do {
        s = host_sent(p->h);
    } while (s && s->eth.type == ETH_TYPE_ARP);
    if (!s) {
        return NULL;
    }
    EXPECT(s->ip.proto == IP_PROTO_TCP);
    EXPECT(ip_equal(s->ip.src, p->host.addr) && ip_equal(s->ip.dst, p->addr.addr));
    EXPECT(s->tcp.src_port == p->host.port && s->tcp.dst_port == p->addr.port);
    if (s->tcp.flags & TCP_SYN) {
        p->ack = s->tcp.seq + 1;
    } else if (s->tcp.seq == p->ack) {
        p->ack += tcp_seg_len(&s->tcp);
    }
    return s;
}

const struct sent *peer_expect(struct peer *p, uint8_t flags)
{
    const struct sent *s = peer_hear(p);

    EXPECT_MSG(s, "silence instead of flags %#x", flags);
    EXPECT_MSG((s->tcp.flags & ~(unsigned)TCP_PSH) == flags, "flags %#x instead of %#x",
               s->tcp.flags, flags);
    return s;
}

void peer_silent(struct peer *p)
{
    const struct sent *s = peer_hear(p);

    EXPECT_MSG(!s, "a segment with flags %#x", s ? s->tcp.flags : 0u);
}

void peer_opens(struct peer *p)
{
    peer_send(p, TCP_SYN, NULL, 0);
    peer_expect(p, TCP_SYN | TCP_ACK);
    peer_send(p, TCP_ACK, NULL, 0);
    peer_silent(p);
}

sk_fd peer_accepted(struct peer *p, sk_fd listener)
{
    struct sk_op op;

    peer_opens(p);
    sk_op_accept(&op, listener);
    EXPECT(host_try(p->h, &op) == SK_OK);
    EXPECT(sk_addr_equal(op.addr, p->addr));
    return op.u.accepted;
}

void peer_is_called(struct peer *p, sk_fd fd)
{
    struct sk_op op;
    struct sk_addr local;

    sk_op_connect(&op, fd, p->addr);
    EXPECT(host_try(p->h, &op) == SK_PENDING);
    host_poll(p->h);
    EXPECT(sk_local(p->h->iface, fd, &local) == SK_OK);
    p->host = local;
    peer_expect(p, TCP_SYN);
    peer_send(p, TCP_SYN | TCP_ACK, NULL, 0);
    peer_expect(p, TCP_ACK);
    EXPECT(host_try(p->h, &op) == SK_OK);
}

void peer_closes(struct peer *p, sk_fd fd)
{
    peer_send(p, TCP_FIN | TCP_ACK, NULL, 0);
    peer_expect(p, TCP_ACK);
    EXPECT(sk_close(p->h->iface, fd, p->h->now) == SK_OK);
    host_poll(p->h);
    peer_expect(p, TCP_FIN | TCP_ACK);
    peer_send(p, TCP_ACK, NULL, 0);
    peer_silent(p);
}

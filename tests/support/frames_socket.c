/* SPDX-License-Identifier: BSD-3-Clause */
/* What tests do with the host of frames.h: neighbours, drops, sockets. */
#include "tests/support/frames.h"

#include <string.h>

static void introduce(struct host *h, struct mac_addr mac, struct ip_addr addr)
{
    struct arp_hdr arp = { .op = ARP_REQUEST, .sha = mac, .spa = addr, .tpa = HOST_IP };
    struct frame f;
    const struct sent *reply;

    frame_arp(&f, &arp);
    host_hear(h, &f);
    reply = host_sent(h);
    EXPECT(reply && reply->eth.type == ETH_TYPE_ARP && reply->arp.op == ARP_REPLY);
    host_silent(h);
}

void host_meet(struct host *h)
{
    introduce(h, PEER_MAC, PEER_IP);
    introduce(h, GATE_MAC, GATE_IP);
}

uint32_t host_drops(const struct host *h, enum drop_reason reason)
{
    return sk_iface_stats(h->iface)->drops[reason];
}

void host_hear_drop_at(struct host *h, const struct frame *f, enum drop_reason reason,
                       const char *file, int line)
{
    uint32_t before[N_DROP_REASONS];
    uint32_t traced[N_DROP_REASONS];

    memcpy(before, sk_iface_stats(h->iface)->drops, sizeof(before));
    memcpy(traced, h->traced, sizeof(traced));
    host_hear(h, f);
    for (int i = 0; i < N_DROP_REASONS; i++) {
        uint32_t moved = sk_iface_stats(h->iface)->drops[i] - before[i];
        uint32_t seen = h->traced[i] - traced[i];
        uint32_t wanted = i == (int)reason && reason != DROP_NONE;

        EXPECT_MSG(moved == wanted, "%s:%d: %s moved by %u while %s was expected", file, line,
                   sk_drop_reason_name((enum drop_reason)i), moved, sk_drop_reason_name(reason));
        EXPECT_MSG(seen == wanted, "%s:%d: the trace saw %s %u times", file, line,
                   sk_drop_reason_name((enum drop_reason)i), seen);
    }
}

void host_hear_silent_drop_at(struct host *h, const struct frame *f, enum drop_reason reason,
                              const char *file, int line)
{
    host_hear_drop_at(h, f, reason, file, line);
    EXPECT_MSG(!host_sent(h), "%s:%d: an answer", file, line);
}

sk_fd host_socket(struct host *h, enum sk_type type)
{
    sk_fd fd;

    EXPECT(sk_socket(h->iface, type, &fd) == SK_OK);
    return fd;
}

sk_fd host_bound(struct host *h, enum sk_type type, uint16_t port)
{
    sk_fd fd = host_socket(h, type);

    EXPECT(sk_bind(h->iface, fd, (struct sk_addr){ ip4(0), port }) == SK_OK);
    return fd;
}

sk_fd host_listener(struct host *h, uint16_t port, uint32_t backlog)
{
    sk_fd fd = host_bound(h, SK_STREAM, port);

    EXPECT(sk_listen(h->iface, fd, backlog, h->now) == SK_OK);
    return fd;
}

enum sk_err host_try(struct host *h, struct sk_op *op)
{
    return op->poll(op, h->iface, h->now);
}

enum sk_err host_send(struct host *h, sk_fd fd, const void *octets, size_t len, struct sk_addr to)
{
    union {
        const void *from;
        void *base;
    } same = { octets };
    struct sk_iov iov = { same.base, len };
    struct sk_op op;

    sk_op_send(&op, fd, &iov, 1, to, 0);
    return host_try(h, &op);
}

enum sk_err host_recv(struct host *h, sk_fd fd, void *octets, size_t *len, struct sk_addr *from)
{
    struct sk_iov iov = { octets, *len };
    struct sk_op op;
    enum sk_err err;

    sk_op_recv(&op, fd, &iov, 1, 0);
    err = host_try(h, &op);
    *len = op.done;
    if (from) {
        *from = op.addr;
    }
    return err;
}

int32_t host_option(struct host *h, sk_fd fd, enum sk_option option)
{
    int32_t value = -1;

    EXPECT(sk_get(h->iface, fd, option, &value) == SK_OK);
    return value;
}

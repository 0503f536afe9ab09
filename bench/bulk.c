/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts that send as much as TCP lets them: see bulk.h. */
#include "bench/bulk.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define N_RANGES 1024
#define N_INFLIGHT 2048
#define N_PACKETS 256
#define LOOK_AGAIN 1000    /* us: how long what happened may stay unnoticed */
#define PATIENCE 300000000 /* us, for the handshake */

const struct tcp_profile bulk_rack_reno = {
    .name = "rack+reno",
    .recovery = &tcp_rack,
    .recovery_without_sack = &tcp_newreno,
    .congestion = &tcp_reno_iw10,
    .extensions = &tcp_timestamps_and_sack,
};

void bulk_require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "bench: %s failed\n", what);
        exit(1);
    }
}

void bulk_begin(struct bulk *b)
{
    *b = (struct bulk){ .now = 1000000 };
}

void bulk_end(struct bulk *b)
{
    for (int i = 0; i < b->n_memory; i++) {
        munmap(b->memory[i], b->len[i]);
    }
}

static void *map(struct bulk *b, size_t len)
{
    void *memory =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    bulk_require(memory != MAP_FAILED, "mmap");
    b->len[b->n_memory] = len;
    b->memory[b->n_memory++] = memory;
    return memory;
}

void bulk_wire(struct bulk *b, struct pair *wire, const struct pair_config *config)
{
    size_t len = sk_pair_size(config);

    bulk_require(sk_pair_init(wire, config, map(b, len), len) == SK_OK, "sk_pair_init");
}

uint32_t bulk_queue_len(uint64_t rate, duration rtt)
{
    uint32_t bdp = (uint32_t)(rate / 8 * (uint64_t)rtt / 1000000);

    return bdp > BULK_MIN_QUEUE ? bdp : BULK_MIN_QUEUE;
}

static struct sk_addr address(int host, uint16_t port)
{
    return (struct sk_addr){ ip4(0x0a000001u + (uint32_t)host), port };
}

void bulk_host(struct bulk *b, struct link *link, const struct tcp_profile *profile)
{
    struct sk_config config = {
        .size = sizeof(config),
        .n_tcp = 4,
        .n_packets = N_PACKETS,
        .rcvbuf = BULK_BUFFER,
        .sndbuf = BULK_BUFFER,
        .buffers = { { .size = BULK_BUFFER, .n = 10 } },
        .tcp = profile,
        .tcp_ranges = N_RANGES,
        .tcp_inflight = N_INFLIGHT,
        .seed = { (uint8_t)(b->n_hosts + 1), (uint8_t)b->seed, (uint8_t)(b->seed >> 8) },
    };
    struct sk_netif_config netif = { .name = "eth0",
                                     .addr = address(b->n_hosts, 0).addr,
                                     .prefix_len = 24 };
    size_t len = sk_iface_size(&config);
    struct sk_iface *host = sk_iface_init(&config, map(b, len), len, b->now);

    bulk_require(host != NULL, "sk_iface_init");
    bulk_require(sk_netif_add(host, link, &netif, b->now, NULL) == SK_OK, "sk_netif_add");
    b->host[b->n_hosts++] = host;
}

static bool poll_all(struct bulk *b)
{
    bool any = b->forward && b->forward(b->context, b->now);

    for (int i = 0; i < b->n_hosts; i++) {
        any |= sk_iface_poll(b->host[i], b->now);
    }
    return any;
}

void bulk_advance(struct bulk *b, instant until)
{
    instant at = until;

    while (poll_all(b)) {
    }
    if (b->forward_at) {
        at = b->forward_at(b->context);
    }
    for (int i = 0; i < b->n_hosts; i++) {
        instant mine = sk_iface_poll_at(b->host[i], b->now);

        at = mine < at ? mine : at;
    }
    at = at < until ? at : until;
    bulk_require(at > b->now, "time");
    b->now = at;
}

static bool done(struct bulk *b, struct sk_op *op, struct sk_iface *host)
{
    instant until = b->now + PATIENCE;
    enum sk_err err;

    while ((err = op->poll(op, host, b->now)) == SK_PENDING && b->now < until) {
        bulk_advance(b, b->now + LOOK_AGAIN);
    }
    return err == SK_OK;
}

struct bulk_flow bulk_connect(struct bulk *b, int from, int to, uint16_t port)
{
    struct bulk_flow flow = { .from = b->host[from], .to = b->host[to] };
    struct sk_addr there = address(to, port);
    struct sk_op connect;
    struct sk_op accept;
    sk_fd listener;

    bulk_require(sk_socket(flow.to, SK_STREAM, &listener) == SK_OK &&
                     sk_bind(flow.to, listener, there) == SK_OK &&
                     sk_listen(flow.to, listener, 1, b->now) == SK_OK &&
                     sk_socket(flow.from, SK_STREAM, &flow.sender) == SK_OK,
                 "sockets");
    sk_op_connect(&connect, flow.sender, there);
    bulk_require(done(b, &connect, flow.from), "the handshake");
    sk_op_accept(&accept, listener);
    bulk_require(done(b, &accept, flow.to), "the handshake");
    flow.receiver = accept.u.accepted;
    return flow;
}

void bulk_fill(const struct bulk *b, const struct bulk_flow *flow)
{
    struct sk_iov room[2];

    if (sk_send_reserve(flow->from, flow->sender, room) == SK_OK) {
        sk_send_commit(flow->from, flow->sender, room[0].len + room[1].len, b->now);
    }
}

size_t bulk_empty(const struct bulk *b, const struct bulk_flow *flow)
{
    struct sk_iov octets[2];
    size_t len = 0;

    if (sk_recv_peek(flow->to, flow->receiver, octets) == SK_OK) {
        len = octets[0].len + octets[1].len;
        sk_recv_consume(flow->to, flow->receiver, len, b->now);
    }
    return len;
}

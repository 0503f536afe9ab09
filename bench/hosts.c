/* SPDX-License-Identifier: BSD-3-Clause */
/* Two hosts for benchmarks: see hosts.h. */
#include "bench/hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define N_PACKETS 512
#define N_UDP 2

void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "bench: %s failed\n", what);
        exit(1);
    }
}

struct sk_addr hosts_addr(int host, uint16_t port)
{
    return (struct sk_addr){ ip4(0x0a000001u + (uint32_t)host), port };
}

static void add_host(struct hosts *h, int i, uint16_t mtu, uint32_t n_tcp, uint32_t buffer)
{
    struct sk_config config = {
        .size = sizeof(config),
        .n_tcp = n_tcp,
        .n_udp = N_UDP,
        .n_packets = N_PACKETS,
        .packet_size = (uint32_t)mtu + 16,
        .rcvbuf = buffer,
        .sndbuf = buffer,
        .buffers = { { .size = buffer, .n = 2 * (n_tcp + N_UDP + 2) } },
        .seed = { (uint8_t)(i + 1) },
    };
    struct sk_netif_config netif = { .name = "eth0",
                                     .addr = hosts_addr(i, 0).addr,
                                     .prefix_len = 24 };
    size_t len = sk_iface_size(&config);

    h->memory[i] =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    require(h->memory[i] != MAP_FAILED, "mmap");
    h->host[i] = sk_iface_init(&config, h->memory[i], len, h->now);
    require(h->host[i] != NULL, "sk_iface_init");
    require(sk_netif_add(h->host[i], &h->wire.ends[i].link, &netif, h->now, NULL) == SK_OK,
            "sk_netif_add");
}

void hosts_begin(struct hosts *h, uint16_t mtu, uint32_t n_tcp, uint32_t buffer)
{
    struct pair_config config = { .medium = LINK_ETHERNET, .mtu = { mtu, mtu } };

    h->now = 1000000;
    require(sk_pair_init(&h->wire, &config, NULL, 0) == SK_OK, "sk_pair_init");
    add_host(h, 0, mtu, n_tcp, buffer);
    add_host(h, 1, mtu, n_tcp, buffer);
}

void hosts_end(struct hosts *h)
{
    (void)h; /* the memory goes with the process */
}

void hosts_settle(struct hosts *h, bool wait)
{
    bool any;

    do {
        instant at[2];
        instant next;

        any = sk_iface_poll(h->host[0], h->now);
        any |= sk_iface_poll(h->host[1], h->now);
        if (!any && wait) {
            at[0] = sk_iface_poll_at(h->host[0], h->now);
            at[1] = sk_iface_poll_at(h->host[1], h->now);
            next = at[0] < at[1] ? at[0] : at[1];
            any = next != NEVER;
            h->now = any && next > h->now ? next : h->now;
        }
    } while (any);
}

sk_fd hosts_listen(struct hosts *h, uint16_t port, uint32_t backlog)
{
    sk_fd fd;

    require(sk_socket(h->host[1], SK_STREAM, &fd) == SK_OK, "socket");
    require(sk_bind(h->host[1], fd, (struct sk_addr){ ip4(0), port }) == SK_OK, "bind");
    require(sk_listen(h->host[1], fd, backlog, h->now) == SK_OK, "listen");
    return fd;
}

void hosts_connect(struct hosts *h, sk_fd listener, uint16_t port, sk_fd *client, sk_fd *server)
{
    struct sk_op connect;
    struct sk_op accept;

    require(sk_socket(h->host[0], SK_STREAM, client) == SK_OK, "socket");
    sk_op_connect(&connect, *client, hosts_addr(1, port));
    while (connect.poll(&connect, h->host[0], h->now) == SK_PENDING) {
        hosts_settle(h, false);
    }
    sk_op_accept(&accept, listener);
    while (accept.poll(&accept, h->host[1], h->now) == SK_PENDING) {
        hosts_settle(h, false);
    }
    *server = accept.u.accepted;
}

void hosts_send(struct hosts *h, int from, sk_fd fd, const void *octets, size_t len)
{
    struct sk_iov iov = { (void *)(uintptr_t)octets, len };
    struct sk_op op;

    sk_op_send(&op, fd, &iov, 1, (struct sk_addr){ ip4(0), 0 }, 0);
    require(op.poll(&op, h->host[from], h->now) == SK_OK, "send");
}

void hosts_receive(struct hosts *h, int at, sk_fd fd, void *octets, size_t len)
{
    struct sk_iov iov = { octets, len };
    struct sk_op op;

    sk_op_recv(&op, fd, &iov, 1, SK_OP_WAITALL);
    while (op.poll(&op, h->host[at], h->now) == SK_PENDING) {
        sk_iface_poll(h->host[1 - at], h->now);
        sk_iface_poll(h->host[at], h->now);
    }
    require(op.done == len, "receive");
}

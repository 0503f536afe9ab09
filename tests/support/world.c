/* SPDX-License-Identifier: BSD-3-Clause */
/* Two hosts on a virtual wire: see world.h. */
#include "tests/support/world.h"

#include "proto/tcp/tcp.h"
#include "tests/support/books.h"
#include "tests/support/seed.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define START 1000000            /* microseconds */
#define MAX_POLLS 100000         /* at one instant: more is a livelock */
#define LONGEST_CLOSE 1500000000 /* microseconds: 2 MSL and every retransmission */

static void *aligned(size_t len)
{
    void *memory = aligned_alloc(16, (len + 15) & ~(size_t)15);

    ck_assert_ptr_nonnull(memory);
    return memory;
}

struct sk_addr world_addr(int host, uint16_t port)
{
    return (struct sk_addr){ ip4(0x0a000001u + (uint32_t)host), port };
}

static struct link *link_of(struct world *w, int i)
{
    return i == 0 && w->captures ? &w->capture.link : &w->wire.ends[i].link;
}

static void add_host(struct world *w, int i)
{
    const struct world_setup *setup = &w->setup;
    struct sk_config config = setup->config;
    struct sk_netif_config netif = { .name = "eth0",
                                     .addr = world_addr(i, 0).addr,
                                     .prefix_len = 24 };
    size_t len;

    config.size = sizeof(config);
    memcpy(config.seed, &setup->seed, sizeof(setup->seed));
    config.seed[8] = (uint8_t)i;
    config.seed[9] = w->n_boots;
    if (i == 1 && setup->basic_peer) {
        config.tcp = &sk_tcp_basic;
    }
    if (i == 0 && setup->dhcp) {
        netif.addr = ip4(0);
    }
    len = sk_iface_size(&config);
    ck_assert_uint_gt(len, 0);
    w->host_memory[i] = aligned(len);
    w->hosts[i] = sk_iface_init(&config, w->host_memory[i], len, w->now);
    ck_assert_ptr_nonnull(w->hosts[i]);
    ck_assert_int_eq(sk_netif_add(w->hosts[i], link_of(w, i), &netif, w->now, NULL), SK_OK);
}

void world_begin(struct world *w, const struct world_setup *setup)
{
    struct pair_config config = {
        .medium = setup->medium,
        .seed = setup->seed,
        .n_frames = setup->n_frames ? setup->n_frames : 256,
        .mtu = { setup->mtu, setup->mtu },
        .settings = { setup->settings, setup->settings },
    };
    size_t len = sk_pair_size(&config);

    memset(w, 0, sizeof(*w));
    w->setup = *setup;
    w->now = setup->start ? setup->start : START;
    w->wire_memory = aligned(len);
    ck_assert_int_eq(sk_pair_init(&w->wire, &config, w->wire_memory, len), SK_OK);
    w->captures = setup->capture != NULL;
    if (w->captures) {
        ck_assert(sk_pcap_link_open(&w->capture, &w->wire.ends[0].link, setup->capture, 0));
    }
    add_host(w, 0);
    add_host(w, 1);
}

void world_reboot(struct world *w, int host)
{
    free(w->host_memory[host]);
    w->n_boots++;
    add_host(w, host);
}

static bool poll_host(struct world *w, int host)
{
    bool any = sk_iface_poll(w->hosts[host], w->now);
    const char *fault = books_fault_of_any(w->hosts[host], w->now);

    if (fault) {
        ck_abort_msg("does not hold of host %d: %s", host, fault);
    }
    return any;
}

void world_settle(struct world *w)
{
    int n = 0;
    bool any;

    do {
        any = poll_host(w, 0);
        any |= poll_host(w, 1);
        seed_assert(n++ < MAX_POLLS);
    } while (any);
}

bool world_step(struct world *w, instant until)
{
    instant next[2];
    instant at;

    world_settle(w);
    next[0] = sk_iface_poll_at(w->hosts[0], w->now);
    next[1] = sk_iface_poll_at(w->hosts[1], w->now);
    at = next[0] < next[1] ? next[0] : next[1];
    if (at > until) {
        w->now = until == NEVER ? w->now : until;
        return false;
    }
    if (at <= w->now) {
        ck_abort_msg("a deadline at %lld is still there at %lld", (long long)at, (long long)w->now);
    }
    w->now = at;
    return true;
}

enum sk_err world_do(struct world *w, int host, struct sk_op *op, instant until)
{
    enum sk_err err = op->poll(op, w->hosts[host], w->now);

    while (err == SK_PENDING && world_step(w, until)) {
        world_settle(w);
        err = op->poll(op, w->hosts[host], w->now);
    }
    world_settle(w);
    return err;
}

/* On a bad wire the ARP requests may all be lost, or the SYNs: it is tried again. */
static enum sk_err connect_patiently(struct world *w, sk_fd fd, struct sk_addr to)
{
    struct sk_op connect;
    enum sk_err err;

    sk_op_connect(&connect, fd, to);
    err = world_do(w, 0, &connect, NEVER);
    while ((err == SK_HOST_UNREACHABLE || err == SK_TIMED_OUT) && world_step(w, NEVER)) {
        sk_op_connect(&connect, fd, to);
        err = world_do(w, 0, &connect, NEVER);
    }
    return err;
}

/* False: the last segments of the handshake were all lost, and the listener gave up. */
static bool connect_and_accept(struct world *w, uint16_t port, sk_fd listener, sk_fd *client,
                               struct sk_op *accept)
{
    ck_assert_int_eq(sk_socket(w->hosts[0], SK_STREAM, client), SK_OK);
    ck_assert_int_eq(connect_patiently(w, *client, world_addr(1, port)), SK_OK);
    sk_op_accept(accept, listener);
    if (world_do(w, 1, accept, w->now + TCP_R2_SYN + seconds(60)) == SK_OK) {
        return true;
    }
    ck_assert_int_eq(sk_close(w->hosts[0], *client, w->now), SK_OK);
    return false;
}

void world_connect(struct world *w, uint16_t port, sk_fd *client, sk_fd *server)
{
    struct sk_op accept;
    sk_fd listener;

    ck_assert_int_eq(sk_socket(w->hosts[1], SK_STREAM, &listener), SK_OK);
    ck_assert_int_eq(sk_bind(w->hosts[1], listener, (struct sk_addr){ ip4(0), port }), SK_OK);
    ck_assert_int_eq(sk_set_ip_options(w->hosts[1], listener, &w->setup.options), SK_OK);
    ck_assert_int_eq(sk_listen(w->hosts[1], listener, 1, w->now), SK_OK);
    while (!connect_and_accept(w, port, listener, client, &accept)) {
    }
    *server = accept.u.accepted;
    ck_assert_int_eq(sk_close(w->hosts[1], listener, w->now), SK_OK);
}

void world_free(struct world *w)
{
    if (w->captures) {
        sk_pcap_link_close(&w->capture);
    }
    free(w->host_memory[0]);
    free(w->host_memory[1]);
    free(w->wire_memory);
}

void world_end(struct world *w)
{
    instant until = w->now + LONGEST_CLOSE;

    while (!(sk_iface_idle(w->hosts[0]) && sk_iface_idle(w->hosts[1])) && world_step(w, until)) {
    }
    ck_assert_msg(sk_iface_idle(w->hosts[0]), "host 0 still holds something");
    ck_assert_msg(sk_iface_idle(w->hosts[1]), "host 1 still holds something");
    world_free(w);
}

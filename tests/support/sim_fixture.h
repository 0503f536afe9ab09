/* SPDX-License-Identifier: BSD-3-Clause */
/* Two hosts on a wire in the simulator, and what their programs call to wait. */
#pragma once

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "libsock.h"
#include "link/pair.h"
#include "port/sim.h"
#include "tests/support/suite.h"

#define ADDR(n) ip4(0x0a010000u + (uint32_t)(n))
#define DELAY 10000 /* microseconds, of the wire */
#define PORT 7
#define N_ECHOES 5
#define HOUR seconds(3600)

static struct sim sim;
static struct pair wire;
static void *wire_memory;
static struct sim_host *hosts[2];
static struct sk_iface *ifaces[2];
static void *memory[2];
static char text[64];

static inline void make_iface(int i)
{
    struct sk_config config = { .size = sizeof(config), .seed = { (uint8_t)i } };
    struct sk_netif_config netif = { .name = "w", .addr = ADDR(i + 1), .prefix_len = 24 };
    size_t len = sk_iface_size(&config);

    memory[i] = aligned_alloc(16, (len + 15) & ~(size_t)15);
    ifaces[i] = sk_iface_init(&config, memory[i], len, sk_sim_now(&sim));
    ck_assert_ptr_nonnull(ifaces[i]);
    ck_assert_int_eq(sk_netif_add(ifaces[i], &wire.ends[i].link, &netif, sk_sim_now(&sim), NULL),
                     SK_OK);
}

/* Two hosts on a wire. */
static inline void start(uint64_t seed)
{
    struct pair_config config = { .medium = LINK_IP,
                                  .n_frames = 16,
                                  .settings = { { .delay = DELAY }, { .delay = DELAY } } };
    size_t len = sk_pair_size(&config);

    sk_sim_init(&sim, seed);
    wire_memory = aligned_alloc(16, (len + 15) & ~(size_t)15);
    ck_assert_int_eq(sk_pair_init(&wire, &config, wire_memory, len), SK_OK);
    make_iface(0);
    make_iface(1);
    memset(text, 0, sizeof(text));
}

static inline void end(void)
{
    sk_sim_destroy(&sim);
    free(wire_memory);
    free(memory[0]);
    free(memory[1]);
}

static inline void say(char c)
{
    text[strlen(text)] = c;
}

/* Waits as the POSIX calls do, on this host. */
static inline void idle(struct sim_host *host, instant until)
{
    host->port.lock(&host->port);
    host->port.idle(&host->port, host->iface, until, NULL);
    host->port.unlock(&host->port);
}

static inline enum sk_err block_on(struct sim_host *host, struct sk_op *op)
{
    const struct port *port = &host->port;
    enum sk_err err;

    port->lock(port);
    for (;;) {
        sk_iface_poll(host->iface, port->now(port));
        err = op->poll(op, host->iface, port->now(port));
        if (err != SK_PENDING) {
            break;
        }
        port->idle(port, host->iface, sk_iface_poll_at(host->iface, port->now(port)), NULL);
    }
    sk_iface_poll(host->iface, port->now(port));
    port->unlock(port);
    return err;
}

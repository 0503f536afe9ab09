/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two hosts, 10.0.0.1 and 10.0.0.2, on a wire in virtual time, each with programs in plain POSIX
 * calls. The program is linked with --wrap, so its socket() is ours. The end asserts that every
 * pool of both hosts is full again.
 */
#pragma once

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compat/compat.h"
#include "compat/state.h"
#include "link/pair.h"
#include "port/sim.h"
#include "tests/support/suite.h"

#define MS 1000        /* microseconds */
#define SECOND 1000000 /* microseconds */
#define PATIENCE (SIM_START + 3600LL * SECOND)

struct compat {
    struct sim sim;
    struct pair wire;
    struct sk_iface *hosts[2];
    struct libsock_state states[2];
    struct sim_host *places[2];
    void *memory[3];
};

/* The world that the running test is in: programs have no other way to see it. */
static struct compat *world;

static inline void compat_switch(void *state)
{
    libsock_state_set(state);
}

static inline void *compat_memory(size_t len)
{
    void *memory = aligned_alloc(16, (len + 15) & ~(size_t)15);

    ck_assert_uint_gt(len, 0);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

/* A zero address: no netif but the loopback. */
static inline void compat_host(struct compat *c, int i, const struct sk_config *wanted,
                               uint32_t addr)
{
    struct sk_config config = *wanted;
    struct sk_netif_config netif = { .name = "eth0", .addr = ip4(addr), .prefix_len = 24 };

    config.size = sizeof config;
    config.seed[0] = (uint8_t)(1 + i);
    c->memory[i] = compat_memory(sk_iface_size(&config));
    c->hosts[i] = sk_iface_init(&config, c->memory[i], sk_iface_size(&config), sk_sim_now(&c->sim));
    ck_assert_ptr_nonnull(c->hosts[i]);
    if (addr != 0) {
        ck_assert_int_eq(
            sk_netif_add(c->hosts[i], &c->wire.ends[i].link, &netif, sk_sim_now(&c->sim), NULL),
            SK_OK);
    }
}

static inline void compat_begin_with(struct compat *c, const struct sk_config *config,
                                     uint32_t addr)
{
    struct pair_config wire = { .medium = LINK_ETHERNET, .n_frames = 64 };

    memset(c, 0, sizeof *c);
    world = c;
    sk_sim_init(&c->sim, 1);
    c->sim.on_switch = compat_switch;
    wire.settings[0].delay = wire.settings[1].delay = MS;
    c->memory[2] = compat_memory(sk_pair_size(&wire));
    ck_assert_int_eq(sk_pair_init(&c->wire, &wire, c->memory[2], sk_pair_size(&wire)), SK_OK);
    compat_host(c, 0, config, addr);
    compat_host(c, 1, config, 0x0a000002);
    for (int i = 0; i < 2; i++) {
        c->places[i] = sk_sim_host_add(&c->sim, i == 0 ? "a" : "b", c->hosts[i], NULL, NULL);
        c->states[i] = (struct libsock_state){ .port = &c->places[i]->port, .iface = c->hosts[i] };
        c->places[i]->state = &c->states[i];
    }
}

static inline void compat_begin(struct compat *c)
{
    static const struct sk_config config = { .size = sizeof config };

    compat_begin_with(c, &config, 0x0a000001);
}

/* Runs programs, NULL for none, on the two hosts until they return. Each returns 0. */
static inline void compat_run(struct compat *c, sim_main *a, sim_main *b)
{
    sim_main *programs[2] = { a, b };
    struct sim_task *tasks[2] = { NULL, NULL };
    int status;

    for (int i = 0; i < 2; i++) {
        if (programs[i] != NULL) {
            tasks[i] = sk_sim_spawn(c->places[i], programs[i], NULL);
        }
    }
    ck_assert_int_eq(sk_sim_run(&c->sim, PATIENCE), SIM_DONE);
    for (int i = 0; i < 2; i++) {
        if (tasks[i] != NULL) {
            ck_assert(sk_sim_returned(tasks[i], &status));
            ck_assert_int_eq(status, 0);
        }
    }
}

static inline void compat_free(struct compat *c)
{
    sk_sim_destroy(&c->sim);
    libsock_state_set(NULL);
    world = NULL;
    for (int i = 0; i < 3; i++) {
        free(c->memory[i]);
    }
}

static inline void compat_end(struct compat *c)
{
    sk_sim_drain(&c->sim, PATIENCE * 2);
    ck_assert_msg(sk_iface_idle(c->hosts[0]), "host a still holds something");
    ck_assert_msg(sk_iface_idle(c->hosts[1]), "host b still holds something");
    compat_free(c);
}

/* One program on one host, and everything given back. */
static inline void compat_alone(sim_main *program)
{
    struct compat c;

    compat_begin(&c);
    compat_run(&c, program, NULL);
    compat_end(&c);
}

/* Two programs on two hosts, likewise. */
static inline void compat_both(sim_main *a, sim_main *b)
{
    struct compat c;

    compat_begin(&c);
    compat_run(&c, a, b);
    compat_end(&c);
}

/* ---- What the programs use ---- */

#define fails_with(call, number)                                                                   \
    do {                                                                                           \
        errno = 0;                                                                                 \
        ck_assert_int_eq((call), -1);                                                              \
        ck_assert_msg(errno == (number), "%s: %s, not %s", #call, strerror(errno),                 \
                      strerror(number));                                                           \
    } while (0)

static inline instant clock_now(void)
{
    return sk_sim_now(&world->sim);
}

static inline struct sockaddr_in address(uint32_t addr, uint16_t port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons(port),
                                 .sin_addr.s_addr = htonl(addr) };
}

#define HOST_A 0x0a000001u
#define HOST_B 0x0a000002u

static inline const struct sockaddr *generic(const struct sockaddr_in *in)
{
    return (const struct sockaddr *)(const void *)in;
}

static inline int make(int type)
{
    int fd = socket(AF_INET, type, 0);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static inline void bind_to(int fd, uint32_t addr, uint16_t port)
{
    struct sockaddr_in in = address(addr, port);

    ck_assert_int_eq(bind(fd, generic(&in), sizeof in), 0);
}

static inline int listen_on(uint16_t port)
{
    int fd = make(SOCK_STREAM);

    bind_to(fd, INADDR_ANY, port);
    ck_assert_int_eq(listen(fd, 2), 0);
    return fd;
}

static inline int connect_to(int fd, uint32_t addr, uint16_t port)
{
    struct sockaddr_in in = address(addr, port);

    return connect(fd, generic(&in), sizeof in);
}

static inline int dial(uint32_t addr, uint16_t port)
{
    int fd = make(SOCK_STREAM);

    ck_assert_int_eq(connect_to(fd, addr, port), 0);
    return fd;
}

static inline int accept_one(uint16_t port)
{
    int listener = listen_on(port);
    int fd = accept(listener, NULL, NULL);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(close(listener), 0);
    return fd;
}

/* Both ends of a connection on one host, over its loopback. */
static inline void connect_self(int *client, int *server)
{
    int listener = listen_on(80);

    *client = dial(INADDR_LOOPBACK, 80);
    *server = accept(listener, NULL, NULL);
    ck_assert_int_ge(*server, 0);
    ck_assert_int_eq(close(listener), 0);
}

/* Two datagram sockets of one host: `*to` is bound to 9000, `*from` to 9001 and has it as peer. */
static inline void datagram_pair(int *from, int *to)
{
    *to = make(SOCK_DGRAM);
    *from = make(SOCK_DGRAM);
    bind_to(*to, INADDR_LOOPBACK, 9000);
    bind_to(*from, INADDR_LOOPBACK, 9001);
    ck_assert_int_eq(connect_to(*from, INADDR_LOOPBACK, 9000), 0);
}

static inline void close_both(int a, int b)
{
    ck_assert_int_eq(close(a), 0);
    ck_assert_int_eq(close(b), 0);
}

static volatile sig_atomic_t n_signals;

static inline void count_signal(int number)
{
    (void)number;
    n_signals++;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two hosts, 10.0.0.1 and 10.0.0.2, on a virtual wire in virtual time, driven through the
 * asynchronous API. Time moves when nobody has anything to do. world_end asserts that every pool is
 * full again.
 */
#pragma once

#include "libsock.h"
#include "link/pair.h"
#include "link/pcap.h"

struct world_setup {
    uint64_t seed;
    enum link_medium medium;
    uint32_t n_frames;             /* 0: 256 */
    uint16_t mtu;                  /* 0: 1500 */
    struct pair_settings settings; /* of both directions */
    const char *capture;           /* a file for what host 0 sends and receives; NULL: none */
    struct sk_config config;       /* of both hosts; size and seed are filled in */
    bool basic_peer;               /* the second has sk_tcp_basic, whatever that says */
    bool dhcp;                     /* the first has no address of its own */
    struct sk_ip_options options;  /* of world_connect's listener */
    instant start;                 /* 0: a second */
};

struct world {
    struct world_setup setup;
    struct pair wire;
    struct sk_iface *hosts[2];
    instant now;
    void *wire_memory;
    struct pcap_link capture;
    bool captures;
    void *host_memory[2];
    uint8_t n_boots;
};

void world_begin(struct world *w, const struct world_setup *setup);

/** A host begins anew: what it had is gone, and nobody is told. */
void world_reboot(struct world *w, int host);

/** Lets connections close, then checks that nothing is left, and frees everything. */
void world_end(struct world *w);

/** Frees everything and checks nothing. */
void world_free(struct world *w);

/** Polls both hosts as long as they have something to do at this instant. */
void world_settle(struct world *w);

/** Settles, then moves the clock to the next deadline, but not past `until`. False: there is none
 * before. */
bool world_step(struct world *w, instant until);

/** Runs `op` on a host until it is done; SK_PENDING when it still is at `until`. */
enum sk_err world_do(struct world *w, int host, struct sk_op *op, instant until);

struct sk_addr world_addr(int host, uint16_t port);

/** A connection from host 0 to port `port` of host 1: handles on either side. The listener is
 * closed again. */
void world_connect(struct world *w, uint16_t port, sk_fd *client, sk_fd *server);

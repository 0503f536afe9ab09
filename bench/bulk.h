/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts that send as much as TCP lets them, in virtual time: what the benchmarks of congestion
 * control stand on. Every error ends the program. */
#pragma once

#include "libsock.h"
#include "link/pair.h"
#include "proto/tcp/profile.h"

#define BULK_BUFFER (16u << 20) /* octets, in each direction: no window of these limits anybody */
#define BULK_MSS 1460           /* octets */
#define BULK_TIMESTAMPS_LEN 12  /* octets of each segment, RFC 7323 3.2 with its padding */
#define BULK_MIN_QUEUE 65536    /* octets */
#define BULK_MAX_HOSTS 3

struct bulk {
    struct sk_iface *host[BULK_MAX_HOSTS];
    int n_hosts;
    void *memory[2 * BULK_MAX_HOSTS];
    size_t len[2 * BULK_MAX_HOSTS];
    int n_memory;
    uint64_t seed; /* of what the hosts draw; 0 after bulk_begin */
    instant now;
    /** What stands between the hosts and has to be driven; NULL: nothing. True: it moved a frame.
     */
    bool (*forward)(void *context, instant now);
    instant (*forward_at)(const void *context);
    void *context;
};

struct bulk_flow {
    struct sk_iface *from;
    struct sk_iface *to;
    sk_fd sender;
    sk_fd receiver;
};

extern const struct tcp_profile bulk_rack_reno;

void bulk_require(bool condition, const char *what);

void bulk_begin(struct bulk *b);
void bulk_end(struct bulk *b);

/** A wire of which either direction is `rate` bit/s and drop-tail with `queue_len` octets. */
void bulk_wire(struct bulk *b, struct pair *wire, const struct pair_config *config);

/** One bandwidth-delay product, or BULK_MIN_QUEUE when that is more. */
uint32_t bulk_queue_len(uint64_t rate, duration rtt);

/** Host `n_hosts` at the end of a wire; its address is 10.0.0.1 and so on. */
void bulk_host(struct bulk *b, struct link *link, const struct tcp_profile *profile);

/** Connects host `from` to host `to`. */
struct bulk_flow bulk_connect(struct bulk *b, int from, int to, uint16_t port);

/** Until nothing can be done now; then the clock moves to what comes next, but not past `until`. */
void bulk_advance(struct bulk *b, instant until);

/** Fills the send buffer. */
void bulk_fill(const struct bulk *b, const struct bulk_flow *flow);

/** Takes what arrived; octets. */
size_t bulk_empty(const struct bulk *b, const struct bulk_flow *flow);

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtual wire with two ends, each a link. Either direction has its own delay, rate and faults;
 * what it does depends on its seed and on the instants it is called with, so a run can be repeated
 * exactly.
 *
 *     ends[0] --tx--> wires[0] --rx--> ends[1]        and wires[1] the other way
 *
 * The wire copies a frame into memory of its own, because a sender with few packets must not run
 * out of them while they travel. Without such memory (n_frames 0) the sender's packet itself
 * travels, without delay or fault. Both ends belong to one thread.
 */
#pragma once

#include "base/pkt.h"
#include "base/rng.h"
#include "link/link.h"

/* Microseconds: even an instant wire keeps a frame until the next poll. */
#define PAIR_MIN_MSL 1000
/* Bits that are damaged at most, as in the memory of a router, where no FCS protects them. The
 * Internet checksum finds every such burst. */
#define PAIR_BURST 15
#define PAIR_CERTAIN 1000000 /* parts per million: always */

/** What one direction does to frames. May be changed while the wire is in use. Zero: nothing. */
struct pair_settings {
    duration delay;     /* from end to end, microseconds */
    uint64_t rate;      /* bit/s; 0: no limit */
    uint32_t queue_len; /* octets that may wait for the wire, the rest is dropped; 0: no limit but
                           n_frames */
    uint32_t loss;      /* parts per million, as the following ones */
    uint32_t duplicate;
    uint32_t corrupt;       /* a burst of up to PAIR_BURST bits of an IP packet */
    uint32_t reorder;       /* held back by up to reorder_delay while others pass */
    duration reorder_delay; /* microseconds */
    /** Loses frame `n`, counted from 0 in this direction, when it says so. May be NULL. */
    bool (*lose)(void *context, uint64_t n, const struct pkt *frame);
    void *context;
};

struct pair_config {
    enum link_medium medium;
    uint64_t seed;
    uint32_t n_frames;                /* in each direction that travel at the same time */
    uint16_t mtu[2];                  /* of each direction, octets of an IP packet; 0: 1500 */
    struct pair_settings settings[2]; /* of the direction that begins at this end */
};

struct pair_wire {
    struct pair_settings settings;
    struct rng rng;
    struct pkt_pool pool;
    struct pkt_list in_order; /* by the time they are due, since they were sent in that order */
    struct pkt_list late;     /* by the time they are due: frames that others pass */
    int64_t free_at;          /* nanoseconds: when the last frame has left the sender */
    uint64_t n_sent;          /* frames, the lost ones included */
    uint32_t n_queued;        /* packets on a wire without memory */
    uint32_t max_len;         /* octets of a frame */
    bool copies;
    bool refused;  /* a frame found no room */
    bool has_room; /* and since then the other end took one: the sender may try again */
};

struct pair_end {
    struct link link;
    struct pair_wire *out;
    struct pair_wire *in;
};

struct pair {
    struct pair_end ends[2]; /* MAC 02:00:00:00:00:01 and :02, which may be changed before use */
    struct pair_wire wires[2];
};

#ifdef __cplusplus
extern "C" {
#endif

/** Octets of memory, 16-aligned, that sk_pair_init needs. */
size_t sk_pair_size(const struct pair_config *config);

/**
 * Lays a wire out. `memory`, which may be NULL for n_frames 0, stays the wire's. SK_INVALID: `len`
 * is below sk_pair_size, a wire without memory was to delay or fault, a delay is negative, or more
 * than PAIR_CERTAIN of a million were to suffer. checksums_rx is false; set it on a wire that does
 * not corrupt.
 */
enum sk_err sk_pair_init(struct pair *pair, const struct pair_config *config, void *memory,
                         size_t len);

#ifdef __cplusplus
}
#endif

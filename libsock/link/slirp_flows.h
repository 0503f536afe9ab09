/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP connections that libslirp 4.7 has, as far as the frames of both sides and its descriptors
 * tell. They are known for two things that it would do seconds late, or never:
 *
 * - It keeps a connection that its far end closed first for 10 s in TIME-WAIT, with its descriptor
 *   and 256 KB. No segment can be late here, so a reset ends that, once both sides have
 *   acknowledged all, and libslirp has handed all on: then it waits for nothing at the descriptor.
 * - It tells of a window that opens only when that grew by two segments or by 64 KB, which it
 *   never does where segments are large. A segment without text from before the window is
 *   answered with the window as it is (RFC 9293 3.10.7.4).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/eth.h"
#include "wire/ip.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

struct slirp_flow;

struct slirp_flows {
    struct slirp_flow *at; /* by descriptor */
    size_t cap;
    int *buckets; /* of a hash of addresses and ports: the first one's descriptor + 1 */
    int *ended;   /* to be reset as soon as libslirp has handed on all */
    size_t n_ended;
    size_t cap_ended;
    size_t n_accepted; /* connections whose SYN is still to come, of which we do not know which */
    int accepted;      /* the last of those, whose SYN is the next; -1: none */
};

/* A segment without text. */
#define SLIRP_FLOW_FRAME_LEN (ETH_HDR_LEN + IPV4_HDR_LEN + TCP_HDR_LEN)

#ifdef __cplusplus
extern "C" {
#endif

/** False: no memory. */
bool slirp_flows_init(struct slirp_flows *f);
void slirp_flows_free(struct slirp_flows *f);

/** libslirp opened a descriptor while it was given the SYN of this connection. */
void slirp_flows_connects(struct slirp_flows *f, int fd, const struct ip_hdr *ip,
                          const struct tcp_hdr *tcp);

/** libslirp opened a descriptor by itself: it accepted a connection, and its SYN comes. */
void slirp_flows_accepts(struct slirp_flows *f, int fd);

/** libslirp closes a descriptor. */
void slirp_flows_closes(struct slirp_flows *f, int fd);

/** A segment that libslirp was given, after it was, and one that libslirp sent. */
void slirp_flows_sent(struct slirp_flows *f, const struct ip_hdr *ip, const struct tcp_hdr *tcp);
void slirp_flows_received(struct slirp_flows *f, const struct ip_hdr *ip,
                          const struct tcp_hdr *tcp);

/** The descriptor of a connection that is over on both sides; -1: there is none from `*i` on. */
int slirp_flows_next_ended(struct slirp_flows *f, size_t *i);

/** A frame that ends this connection for libslirp, which closes the descriptor. */
void slirp_flows_reset(const struct slirp_flows *f, int fd, struct mac_addr mac,
                       uint8_t frame[SLIRP_FLOW_FRAME_LEN]);

/** A frame that libslirp answers with its window. False: none is needed, or it is no connection
 * that we know. */
bool slirp_flows_probe(const struct slirp_flows *f, int fd, struct mac_addr mac,
                       uint8_t frame[SLIRP_FLOW_FRAME_LEN]);

#ifdef __cplusplus
}
#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments of one TCP connection that follow each other, in one burst, become one frame: libslirp
 * checks no length against its MTU, and calls the system once for a frame, which is nearly all that
 * a frame costs. Only those are joined that differ in nothing but place, text and acknowledgment.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pkt.h"
#include "wire/eth.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

/* What a frame that libslirp is to get says, its headers taken off. */
struct slirp_seen {
    struct eth_hdr eth;
    struct ip_hdr ip;
    struct tcp_hdr tcp;
    struct cursor text;
    bool is_tcp; /* all of a TCP segment; else `ip` and `tcp` say nothing */
};

struct slirp_burst {
    struct pkt *first;      /* alone, as it came; NULL: there is none, or more than one */
    uint8_t *octets;        /* the frame that they make */
    uint32_t text_len;      /* of all; 0: there is none */
    uint16_t sum;           /* of it */
    struct slirp_seen seen; /* of the first, but for what the last says newer */
};

#ifdef __cplusplus
extern "C" {
#endif

/** False: no memory. */
bool slirp_burst_init(struct slirp_burst *b);

/** Also frees what is in it. */
void slirp_burst_free(struct slirp_burst *b);

void slirp_see(const uint8_t *frame, size_t len, struct slirp_seen *seen);

static inline bool slirp_burst_any(const struct slirp_burst *b)
{
    return b->text_len > 0;
}

/** Takes the packet when it goes on with what is there, or can begin a burst and nothing is there.
 */
bool slirp_burst_take(struct slirp_burst *b, struct pkt *pkt, const struct slirp_seen *seen);

/** The frame, its length and what it says; then slirp_burst_clear. */
const uint8_t *slirp_burst_frame(struct slirp_burst *b, size_t *len);
void slirp_burst_clear(struct slirp_burst *b);

#ifdef __cplusplus
}
#endif

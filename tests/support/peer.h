/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other end of a TCP connection with the host of frames.h: segments by hand, with the books of
 * sequence numbers kept. It answers nothing by itself.
 */
#pragma once

#include "tests/support/frames.h"

struct peer {
    struct host *h;
    struct sk_addr addr; /* the peer's */
    struct sk_addr host; /* the host's */
    uint32_t seq;        /* of the next octet that the peer sends */
    uint32_t ack;        /* of the next octet that it expects */
    uint16_t wnd;
    uint16_t mss; /* of its SYN; 0: none */
    uint8_t wscale;
    uint32_t tsval; /* its timestamps; 0: it sends none */
};

void peer_begin(struct peer *p, struct host *h, uint16_t port, uint16_t host_port);

/** A segment as peer_send would send it, not sent; nothing is counted. */
void peer_frame(const struct peer *p, struct frame *f, uint8_t flags, const void *text, size_t len);
/** Sends, and counts what takes sequence numbers. */
void peer_send(struct peer *p, uint8_t flags, const void *text, size_t len);
/** The next segment that the host sent to this peer, counted in `ack` if it comes next; NULL. */
const struct sent *peer_hear(struct peer *p);
/** Hears a segment with exactly these flags, PSH left out. */
const struct sent *peer_expect(struct peer *p, uint8_t flags);
/** The host sent this peer nothing (ARP is not looked at). */
void peer_silent(struct peer *p);

/** Connects to a listener of the host; the host has answered and knows that it is established. */
void peer_opens(struct peer *p);
/** The same, and the host accepts. */
sk_fd peer_accepted(struct peer *p, sk_fd listener);
/** The host's socket connects to the peer. */
void peer_is_called(struct peer *p, sk_fd fd);
/** Both sides close, the peer first; the host's handle is given up. */
void peer_closes(struct peer *p, sk_fd fd);

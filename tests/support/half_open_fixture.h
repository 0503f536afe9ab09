/* SPDX-License-Identifier: BSD-3-Clause */
/* A host that listens at port 80, and a peer whose SYN it has answered. */
#pragma once

#include "tests/support/peer.h"

static struct host h;
static struct peer p;
static struct frame f;
static sk_fd listener;

static inline void begin(const struct host_setup *setup)
{
    host_begin(&h, setup);
    host_meet(&h);
    listener = host_listener(&h, 80, 2);
    peer_begin(&p, &h, 4000, 80);
}

static inline const struct sk_stats *stats(void)
{
    return sk_iface_stats(h.iface);
}

static inline void half_opens(void)
{
    peer_send(&p, TCP_SYN, NULL, 0);
    peer_expect(&p, TCP_SYN | TCP_ACK);
    host_silent(&h);
}

static inline void syn_again(void)
{
    p.seq--;
    peer_frame(&p, &f, TCP_SYN, NULL, 0);
    p.seq++;
}

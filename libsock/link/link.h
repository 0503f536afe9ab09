/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the stack wants of a link: frames in, frames out, and the facts about it. A driver embeds a
 * struct link as its first member. Nothing here is called from an interrupt; a driver's interrupt
 * shares rings with its rx, no more.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pkt.h"
#include "base/time.h"
#include "wire/drop.h"
#include "wire/eth.h"

struct pollfd;
struct link;

enum link_medium {
    LINK_ETHERNET, /* Ethernet II frames, without FCS */
    LINK_IP,       /* bare IP packets */
};

struct link_ops {
    /** The next packet that arrived, or NULL. `pool` is the stack's; the packet may be the driver's
     * own. Gives it. It needs no headroom; two octets before an Ethernet header align what follows,
     * which is faster. */
    struct pkt *(*rx)(struct link *link, struct pkt_pool *pool, instant now);

    /**
     * Sends. SK_OK: the link took the packet and frees it. SK_AGAIN: no room now, the packet is
     * still the caller's. Never hands a packet to the stack from inside this call.
     */
    enum sk_err (*tx)(struct link *link, struct pkt *pkt, instant now);

    /** The stack has nothing more to send for now: what tx took and held back, to make one of it
     * with what might have followed, is sent. NULL: nothing is held back. */
    void (*flush)(struct link *link, instant now);

    /** When the link has to be polled though nothing arrived; NEVER if it need not. NULL: never. */
    instant (*poll_at)(const struct link *link);

    /** Frames to multicast addresses are wanted from now on, or not any more. NULL: they always
     * come.
     */
    void (*take_groups)(struct link *link, bool wanted);

    /** Hosts only: up to `n` descriptors to wait for; returns how many there are. NULL: none. */
    size_t (*wait_fds)(struct link *link, struct pollfd *fds, size_t n);

    /** Frames that it took are still on their way inside this process, and would be lost if it
     * ended now. NULL: never. */
    bool (*holds)(const struct link *link);
};

struct link {
    const struct link_ops *ops;
    enum link_medium medium;
    struct mac_addr mac;
    uint16_t mtu;      /* octets of an IP packet */
    duration msl;      /* how long a segment can live here; RFC 9293 3.4.2: 2 minutes */
    uint32_t absorb;   /* octets of TCP text that it takes in between polls; 0: no limit */
    bool quick_acks;   /* TCP acknowledgments cost little here, and what waits for one much */
    bool checksums_rx; /* TCP sums need no check: the link did, or cannot err */
    uint32_t drops[N_DROP_REASONS]; /* link_dropped */

    /** The stack, or a link around this one, which counts these too; NULL: nobody. */
    void (*on_dropped)(void *context, uint32_t n, enum drop_reason reason, const struct pkt *pkt);
    void *context;
};

/** The link lost `n` packets for this reason, of which `pkt` is the last, or NULL. */
static inline void link_dropped(struct link *link, uint32_t n, enum drop_reason reason,
                                const struct pkt *pkt)
{
    link->drops[reason] += n;
    if (n > 0 && link->on_dropped) {
        link->on_dropped(link->context, n, reason, pkt);
    }
}

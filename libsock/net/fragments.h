/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments are linked where a configuration names them, and everywhere else a host does without:
 * sk_config.fragments leads to these functions or is NULL.
 */
#pragma once

#include "net/iface.h"
#include "proto/reassembly.h"

struct fragments {
    uint32_t n;
    struct reassembly slots[];
};

/** A datagram that is to leave in pieces. */
struct ip_message {
    const uint8_t *head; /* of its transport */
    uint32_t head_len;
    const uint8_t *text;
    uint32_t text_len;
};

struct sk_ip_fragments {
    /** The memory for what is put together; NULL when measuring. */
    struct fragments *(*lay_out)(const struct sk_config *config, struct arena *a);
    /** A fragment, whose header is checked: goes up with the whole datagram when it was the last.
     */
    enum drop_reason (*arrives)(struct sk_iface *iface, struct netif *netif,
                                const struct ip_hdr *ip, const struct cursor *c, struct pkt *pkt,
                                instant now);
    /** Gives up what has been incomplete for too long. True when anything was. */
    bool (*poll)(struct sk_iface *iface, instant now);
    instant (*poll_at)(const struct sk_iface *iface);

    /**
     * The piece that begins at `offset`, a multiple of 8, with `room` octets for it; `ip` becomes
     * its header: its options are those of the first piece, then those that others have. NULL: no
     * packet is free.
     */
    struct pkt *(*piece)(struct sk_iface *iface, const struct ip_message *m, uint32_t offset,
                         uint32_t room, struct ip_hdr *ip);
};

/* fragments_tx.c */

struct pkt *fragments_piece(struct sk_iface *iface, const struct ip_message *m, uint32_t offset,
                            uint32_t room, struct ip_hdr *ip);

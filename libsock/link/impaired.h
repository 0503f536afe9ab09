/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A link behind a bad wire: what a host sends over it and what it receives is delayed, lost and
 * held to a rate on the way, as between the two ends of link/pair.h, which does it.
 *
 *     host --tx--> pair.ends[0] ==wires[0]==> pair.ends[1] --tx--> inner
 *     host <--rx-- pair.ends[0] <==wires[1]== pair.ends[1] <--rx-- inner
 *
 * In real time or virtual: frames travel when the link is polled, and poll_at says when that has to
 * be. Hosts only, since it allocates.
 */
#pragma once

#include "link/link.h"
#include "link/pair.h"

struct impaired_link;

struct impaired_config {
    uint64_t seed;                    /* of what is lost: the same for the same frames */
    uint32_t n_frames;                /* that travel at once each way; the rest is dropped */
    struct pair_settings settings[2]; /* of what the host sends, and of what it receives */
};

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Wraps `inner`, which stays the caller's and valid. To be freed with sk_impaired_link_free. NULL:
 * no memory, n_frames is 0, or the settings are none that sk_pair_init takes.
 */
struct impaired_link *sk_impaired_link_new(struct link *inner,
                                           const struct impaired_config *config);

/** Frees the link, which no host uses any more; what travels is lost. NULL is allowed. */
void sk_impaired_link_free(struct impaired_link *l);

/** The link for sk_netif_add. */
struct link *sk_impaired_link_link(struct impaired_link *l);

#ifdef __cplusplus
}
#endif

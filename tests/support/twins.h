/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two hosts that are the same to the last bit, each with a peer: what one hears with something
 * added, and the other without, changes nothing when both send the same frames.
 */
#pragma once

#include "tests/support/peer.h"

struct twins {
    struct host h[2];
    struct peer p[2];
    sk_fd fd[2];
};

/** Connections from the peers to port 80, accepted. */
void twins_begin(struct twins *t);
/** Both sent the same, which is forgotten; returns how many frames. */
int twins_same(struct twins *t);
/** The first twin's peer sends this with options behind the header, the second's without. */
void twins_hear_options(struct twins *t, uint8_t flags, const uint8_t *options, size_t n,
                        const void *text, size_t len);
/** Both are ready for the same things. */
void twins_ready(struct twins *t);
/** Both programs write this, or read this and no more. */
void twins_write(struct twins *t, const void *text, size_t len);
void twins_read(struct twins *t, const void *text, size_t len);
void twins_end(struct twins *t);

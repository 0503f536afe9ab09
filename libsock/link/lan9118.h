/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SMSC LAN9118 family (LAN9115..9118, LAN9218..9221): an Ethernet chip with FIFOs of its own
 * and no DMA. The driver knows its registers only through a struct sk_lan9118_io, so that a board
 * with an unusual bus, or a test with a model of the chip, puts its own in place.
 *
 * The interrupt handler masks the chip and leaves a note; frames stay in the chip's FIFO until the
 * poller fetches each straight into a packet of the stack. The PHY is left as its straps say
 * (autonegotiation); the MAC runs full duplex. In link.drops, DROP_LINK_LOST counts frames that
 * came damaged or found the FIFO full, DROP_TX_LINK those that the MAC could not send.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "link/link.h"

/**
 * How to reach the registers: single ones by their offset, and the two data FIFOs many words at a
 * time. Words are in the CPU's order; `to` and `from` are 4-aligned.
 */
struct sk_lan9118_io {
    uint32_t (*read)(uintptr_t base, uint32_t offset);
    void (*write)(uintptr_t base, uint32_t offset, uint32_t value);
    void (*read_fifo)(uintptr_t base, void *to, uint32_t n_words);
    void (*write_fifo)(uintptr_t base, const void *from, uint32_t n_words);
};

/** Memory mapped, on a 32-bit bus, with the first register at `base`. */
extern const struct sk_lan9118_io sk_lan9118_mmio;

struct sk_lan9118 {
    struct link link; /* first */
    const struct sk_lan9118_io *io;
    uintptr_t base;
    uint32_t pending; /* atomic. 1: the chip is masked and may hold frames; 0: it will interrupt */
    bool starved;     /* no packet was free for the frame that is first in the FIFO */
    instant retry_at; /* when to look again, after starved or a full TX FIFO; NEVER: need not */
};

/**
 * Resets and starts the chip at `base`, its interrupt enabled at its pin, active high, push-pull.
 * `mac` NULL: the address the chip has loaded. SK_INVALID: no such chip there; SK_TIMED_OUT: it
 * does not come up.
 */
enum sk_err sk_lan9118_init(struct sk_lan9118 *nic, const struct sk_lan9118_io *io, uintptr_t base,
                            const struct mac_addr *mac);

/** The body of the chip's interrupt handler; the board then wakes its port. Interrupt-safe. */
void sk_lan9118_interrupt(struct sk_lan9118 *nic);

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port to Cortex-M (ARMv6-M and later) without an operating system: one thread, and interrupts
 * that only leave notes. The board gives a clock; waiting is WFI, with SysTick as the alarm, so
 * SysTick belongs to the port.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"

struct sk_cortexm {
    struct port port; /* first */

    /* The board's part. */
    uint32_t (*micros)(void); /* counts microseconds up and wraps at 2^32; interrupt-safe */
    bool (*entropy)(void *out, size_t len);    /* NULL: there is no such source */
    int64_t (*realtime)(void);                 /* microseconds since 1970; NULL: nobody knows */
    void (*panic)(const char *file, int line); /* says so, and may return; NULL: silence */
    uint32_t cycles_per_us;                    /* of SysTick: the core clock in MHz */

    /* The port's part. */
    uint32_t high;    /* wraps of `micros` */
    uint32_t last;    /* its last reading */
    uint32_t event;   /* atomic. 1: wake was called since the last idle */
    uint32_t n_waits; /* times the core was put to sleep */
};

/**
 * Fills in `m->port`; the board has filled in its part. The clock has to be read once in 71
 * minutes, which every idle does. `port.background` may be set afterwards.
 */
void sk_cortexm_init(struct sk_cortexm *m);

/** The port's wake, for interrupt handlers. */
void sk_cortexm_wake(struct sk_cortexm *m);

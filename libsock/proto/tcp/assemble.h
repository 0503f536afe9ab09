/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which ranges of sequence numbers past RCV.NXT have arrived. Their text already lies in the
 * receive ring at its place, so a range is all that is kept. Ranges are sorted, disjoint and never
 * touch.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct interval {
    uint32_t start;
    uint32_t end; /* one past the last */
};

struct assembler {
    struct interval *ranges;
    uint16_t n;
    uint16_t cap;
};

/** Enters a range; false, and nothing changed, when it would need one range more than there are. */
bool assemble_add(struct assembler *a, uint32_t start, uint32_t end);

/** Where RCV.NXT can move to from `rcv_nxt`: past every range that begins at or before it. Forgets
 * those. */
uint32_t assemble_advance(struct assembler *a, uint32_t rcv_nxt);

/* SPDX-License-Identifier: BSD-3-Clause */
/* Ranges of out-of-order text: see assemble.h. */
#include "proto/tcp/assemble.h"

#include "proto/tcp/seq.h"

#include <string.h>

static void remove_ranges(struct assembler *a, uint16_t first, uint16_t count)
{
    memmove(&a->ranges[first], &a->ranges[first + count],
            (size_t)(a->n - first - count) * sizeof(a->ranges[0]));
    a->n = (uint16_t)(a->n - count);
}

static bool insert_range(struct assembler *a, uint16_t at, struct interval range)
{
    if (a->n == a->cap) {
        return false;
    }
    memmove(&a->ranges[at + 1], &a->ranges[at], (size_t)(a->n - at) * sizeof(a->ranges[0]));
    a->ranges[at] = range;
    a->n++;
    return true;
}

bool assemble_add(struct assembler *a, uint32_t start, uint32_t end)
{
    uint16_t first = 0;
    uint16_t past;

    while (first < a->n && seq_before(a->ranges[first].end, start)) {
        first++;
    }
    past = first;
    while (past < a->n && !seq_after(a->ranges[past].start, end)) {
        past++;
    }
    if (past == first) {
        return insert_range(a, first, (struct interval){ start, end });
    }
    a->ranges[first].start = seq_min(a->ranges[first].start, start);
    a->ranges[first].end = seq_max(a->ranges[past - 1].end, end);
    remove_ranges(a, (uint16_t)(first + 1), (uint16_t)(past - first - 1));
    return true;
}

uint32_t assemble_advance(struct assembler *a, uint32_t rcv_nxt)
{
    uint16_t reached = 0;

    while (reached < a->n && !seq_after(a->ranges[reached].start, rcv_nxt)) {
        rcv_nxt = seq_max(rcv_nxt, a->ranges[reached].end);
        reached++;
    }
    if (reached > 0) {
        remove_ranges(a, 0, reached);
    }
    return rcv_nxt;
}

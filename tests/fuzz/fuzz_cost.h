/* SPDX-License-Identifier: BSD-3-Clause */
/* What fuzz_cost.c measures, for cost.c. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** The costliest frame of an input. */
struct cost {
    uint32_t instructions;
    uint8_t command; /* of fuzz_cost.c */
    uint32_t number; /* of the frame among those of the input, from 1 */
};

struct cost fuzz_cost(const uint8_t *octets, size_t len);

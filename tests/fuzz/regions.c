/* SPDX-License-Identifier: BSD-3-Clause */
/* In the place of steps.c under libFuzzer, which it would be too slow for: counts how often the
 * code's regions are entered, by clang's -fprofile-instr-generate. A measure of instructions, no
 * more. */
#include "steps.h"

uint64_t *__llvm_profile_begin_counters(void);
uint64_t *__llvm_profile_end_counters(void);

static uint64_t before;
static uint64_t at_pause;
static uint64_t left_out;

static __attribute__((no_profile_instrument_function)) uint64_t all(void)
{
    uint64_t sum = 0;

    for (const uint64_t *n = __llvm_profile_begin_counters(); n < __llvm_profile_end_counters();
         n++) {
        sum += *n;
    }
    return sum;
}

void steps_begin(void)
{
    left_out = 0;
    before = all();
}

uint32_t steps_end(void)
{
    return (uint32_t)(all() - before - left_out);
}

void steps_pause(bool paused)
{
    if (paused) {
        at_pause = all();
    } else {
        left_out += all() - at_pause;
    }
}

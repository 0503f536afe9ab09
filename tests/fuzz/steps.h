/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counts instructions: the processor stops after each (the trap flag), so the count is exact, and
 * needs neither a performance counter nor another program. A string instruction counts once,
 * however often it repeats. On x86-64 under Linux; elsewhere the count stays 0.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__) && defined(__linux__)
#define STEPS_COUNT 1
#else
#define STEPS_COUNT 0
#endif

/** From now on; counts from 0. */
void steps_begin(void);

/** What was executed since, but what steps_pause excepted. */
uint32_t steps_end(void);

/** What follows is not the host's, or is again. */
void steps_pause(bool paused);

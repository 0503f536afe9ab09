/* SPDX-License-Identifier: BSD-3-Clause */
/* See steps.h. */
#define _GNU_SOURCE
#include "steps.h"

#include "fuzz.h"

#if STEPS_COUNT
#include <signal.h>
#include <ucontext.h>

#define TRAP_FLAG 0x100u

static volatile uint32_t n_steps;
static volatile bool is_paused;
static uintptr_t last;

static void step(int number, siginfo_t *info, void *context)
{
    uintptr_t at = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

    (void)number;
    (void)info;
    n_steps += !is_paused && at != last;
    last = at;
}

void steps_begin(void)
{
    struct sigaction action = { .sa_sigaction = step, .sa_flags = SA_SIGINFO };

    REQUIRE(sigaction(SIGTRAP, &action, NULL) == 0);
    n_steps = 0;
    is_paused = false;
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | TRAP_FLAG);
}

uint32_t steps_end(void)
{
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~(uint64_t)TRAP_FLAG);
    return n_steps;
}

void steps_pause(bool paused)
{
    is_paused = paused;
}

#else

void steps_begin(void)
{
}

uint32_t steps_end(void)
{
    return 0;
}

void steps_pause(bool paused)
{
    (void)paused;
}

#endif

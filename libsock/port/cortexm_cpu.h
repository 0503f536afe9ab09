/* SPDX-License-Identifier: BSD-3-Clause */
/* The few instructions of ARMv6-M and later that C has no words for. */
#pragma once

#include <stdint.h>

/** Masks interrupts; returns what irq_restore wants back. Nests. */
static inline uint32_t irq_mask(void)
{
    uint32_t primask;

    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask) : : "memory");
    return primask;
}

static inline void irq_restore(uint32_t primask)
{
    __asm__ volatile("msr primask, %0\n\tisb" : : "r"(primask) : "memory");
}

/** Sleeps until an interrupt is pending, also one that is masked by PRIMASK. */
static inline void wait_for_interrupt(void)
{
    __asm__ volatile("dsb\n\twfi\n\tisb" : : : "memory");
}

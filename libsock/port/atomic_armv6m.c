/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The 32-bit atomic functions that the compiler calls on ARMv6-M (Cortex-M0, M0+, M1), which has no
 * exclusive loads and stores: one core, so masking interrupts makes a sequence atomic. Linked only
 * where something calls them. No other width is here, on purpose: base/atomic.h uses none.
 */
#include <stdbool.h>
#include <stdint.h>

#include "port/cortexm_cpu.h"

/* The compiler has its own idea of these names' types: they are given at the level of the
 * assembler. */
uint32_t atomic_load_4(const volatile void *p, int order) __asm__("__atomic_load_4");
void atomic_store_4(volatile void *p, uint32_t v, int order) __asm__("__atomic_store_4");
uint32_t atomic_exchange_4(volatile void *p, uint32_t v, int order) __asm__("__atomic_exchange_4");
bool atomic_compare_exchange_4(volatile void *p, void *expected, uint32_t to, bool weak,
                               int success, int failure) __asm__("__atomic_compare_exchange_4");
uint32_t atomic_fetch_add_4(volatile void *p, uint32_t v,
                            int order) __asm__("__atomic_fetch_add_4");
uint32_t atomic_fetch_sub_4(volatile void *p, uint32_t v,
                            int order) __asm__("__atomic_fetch_sub_4");
uint32_t atomic_fetch_or_4(volatile void *p, uint32_t v, int order) __asm__("__atomic_fetch_or_4");
uint32_t atomic_fetch_and_4(volatile void *p, uint32_t v,
                            int order) __asm__("__atomic_fetch_and_4");

uint32_t atomic_load_4(const volatile void *p, int order)
{
    (void)order;
    return *(const volatile uint32_t *)p;
}

void atomic_store_4(volatile void *p, uint32_t v, int order)
{
    (void)order;
    *(volatile uint32_t *)p = v;
}

uint32_t atomic_exchange_4(volatile void *p, uint32_t v, int order)
{
    volatile uint32_t *word = p;
    uint32_t primask = irq_mask();
    uint32_t old = *word;

    (void)order;
    *word = v;
    irq_restore(primask);
    return old;
}

bool atomic_compare_exchange_4(volatile void *p, void *expected, uint32_t to, bool weak,
                               int success, int failure)
{
    volatile uint32_t *word = p;
    uint32_t *want = expected;
    uint32_t primask = irq_mask();
    uint32_t old = *word;
    bool same = old == *want;

    (void)weak, (void)success, (void)failure;
    if (same) {
        *word = to;
    }
    irq_restore(primask);
    if (!same) {
        *want = old;
    }
    return same;
}

uint32_t atomic_fetch_add_4(volatile void *p, uint32_t v, int order)
{
    volatile uint32_t *word = p;
    uint32_t primask = irq_mask();
    uint32_t old = *word;

    (void)order;
    *word = old + v;
    irq_restore(primask);
    return old;
}

uint32_t atomic_fetch_sub_4(volatile void *p, uint32_t v, int order)
{
    return atomic_fetch_add_4(p, 0 - v, order);
}

uint32_t atomic_fetch_or_4(volatile void *p, uint32_t v, int order)
{
    volatile uint32_t *word = p;
    uint32_t primask = irq_mask();
    uint32_t old = *word;

    (void)order;
    *word = old | v;
    irq_restore(primask);
    return old;
}

uint32_t atomic_fetch_and_4(volatile void *p, uint32_t v, int order)
{
    volatile uint32_t *word = p;
    uint32_t primask = irq_mask();
    uint32_t old = *word;

    (void)order;
    *word = old & v;
    irq_restore(primask);
    return old;
}

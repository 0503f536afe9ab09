/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * base/atomic.h on a Cortex-M0, whose atomic functions come from port/: what they return, that they
 * leave the interrupt mask as it was, and that no step of an interrupt is lost when both count in
 * one word. For QEMU's microbit (nRF51).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/atomic.h"
#include "port/cortexm_cpu.h"

#define TIMER0 0x40008000u
#define TIMER_REG(offset) (*(volatile uint32_t *)(TIMER0 + (offset)))
#define TIMER0_IRQ 8
#define NVIC_ISER (*(volatile uint32_t *)0xe000e100)
#define N_STEPS 300000u

static uint32_t word;
static volatile uint32_t n_interrupts;

static void check(int ok, const char *what)
{
    if (!ok) {
        printf("failed: %s\n", what);
        exit(1);
    }
}

static uint32_t mask_now(void)
{
    uint32_t primask = irq_mask();

    irq_restore(primask);
    return primask;
}

static void increment(void)
{
    uint32_t seen = load_relaxed(&word);

    while (!compare_exchange(&word, &seen, seen + 1)) {
    }
}

static void timer(void)
{
    TIMER_REG(0x140) = 0; /* the event */
    n_interrupts++;
    increment();
    (void)__atomic_fetch_add(&word, 1, __ATOMIC_RELAXED);
}

/* 16 MHz, 32 bits wide, every 200 cycles. */
static void start_timer(void)
{
    TIMER_REG(0x508) = 3;
    TIMER_REG(0x510) = 0;
    TIMER_REG(0x540) = 200;
    TIMER_REG(0x200) = 1;
    TIMER_REG(0x304) = 1u << 16;
    NVIC_ISER = 1u << TIMER0_IRQ;
    TIMER_REG(0x000) = 1;
}

static void returns_and_stores(void)
{
    uint32_t expected = 5;

    store_release(&word, 7);
    check(load_acquire(&word) == 7, "load after store");
    check(exchange(&word, 9) == 7 && word == 9, "exchange");
    check(!compare_exchange(&word, &expected, 1) && expected == 9 && word == 9, "unequal");
    check(compare_exchange(&word, &expected, 1) && word == 1, "equal");
    check(__atomic_fetch_add(&word, 4, __ATOMIC_RELAXED) == 1 && word == 5, "add");
    check(__atomic_fetch_sub(&word, 2, __ATOMIC_RELAXED) == 5 && word == 3, "sub");
    check(__atomic_fetch_or(&word, 12, __ATOMIC_RELAXED) == 3 && word == 15, "or");
    check(__atomic_fetch_and(&word, 6, __ATOMIC_RELAXED) == 15 && word == 6, "and");
}

static void mask_stays(void)
{
    uint32_t primask;

    check(mask_now() == 0, "interrupts are on");
    primask = irq_mask();
    returns_and_stores();
    check(mask_now() == 1, "the mask is kept");
    irq_restore(primask);
    check(mask_now() == 0, "interrupts are on again");
}

int main(void)
{
    returns_and_stores();
    mask_stays();
    word = 0;
    start_timer();
    for (uint32_t i = 0; i < N_STEPS; i++) {
        increment();
        (void)__atomic_fetch_sub(&word, 0, __ATOMIC_RELAXED);
    }
    (void)irq_mask();
    check(n_interrupts > 0, "the timer interrupts");
    check(word == N_STEPS + 2 * n_interrupts, "every step counted");
    printf("ok, %" PRIu32 " interrupts\n", n_interrupts);
    return 0;
}

void __stack(void); /* an address that the linker script sets, not a function */
void _start(void);
void arm_hardfault_isr(void);

__attribute__((section(".data.init.enter"),
               used)) void (*const __interrupt_vector[16 + 32])(void) = {
    [0] = __stack,
    [1] = _start,
    [3] = arm_hardfault_isr,
    [16 + TIMER0_IRQ] = timer,
};

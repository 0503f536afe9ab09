/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Vector table, clock and Ethernet of the MPS2 AN385. The start-up code is picolibc's crt0: it
 * takes over at _start and has handlers for faults. The clock is the FPGA's counter, prescaled to 1
 * MHz.
 */
#include "mps2.h"

#include <semihost.h>
#include <stdio.h>

#define FPGAIO_COUNTER (*(volatile uint32_t *)0x40028018)
#define FPGAIO_PRESCALE (*(volatile uint32_t *)0x4002801c)
#define NVIC_ISER ((volatile uint32_t *)0xe000e100)
#define LAN9118_BASE 0x40200000u

#define CORE_MHZ 25u
#define US_PER_SECOND 1000000
#define N_INTERRUPTS 32
#define ETHERNET_IRQ 13

struct sk_lan9118 mps2_nic;
uint32_t mps2_nic_interrupts;

static uint32_t micros(void)
{
    return FPGAIO_COUNTER;
}

/* The debugger's, in whole seconds when the program began to ask. */
static int64_t realtime(void)
{
    static int64_t began_at; /* microseconds since 1970 */
    instant now = mps2_port.port.now(&mps2_port.port);

    if (began_at == 0) {
        began_at = (int64_t)sys_semihost_time() * US_PER_SECOND - now;
    }
    return began_at + now;
}

static void panic(const char *file, int line)
{
    fprintf(stderr, "libsock: broken invariant at %s:%d\n", file, line);
    __asm__ volatile(
        "udf #0"); /* a fault: the start-up code shows the registers and ends the program */
}

struct sk_cortexm mps2_port = {
    .micros = micros,
    .realtime = realtime,
    .panic = panic,
    .cycles_per_us = CORE_MHZ,
};

enum sk_err mps2_start(void)
{
    enum sk_err err;

    FPGAIO_PRESCALE = CORE_MHZ - 1;
    sk_cortexm_init(&mps2_port);
    err = sk_lan9118_init(&mps2_nic, &sk_lan9118_mmio, LAN9118_BASE, NULL);
    if (err == SK_OK) {
        NVIC_ISER[ETHERNET_IRQ / 32] = 1u << ETHERNET_IRQ % 32;
    }
    return err;
}

static void ethernet(void)
{
    mps2_nic_interrupts++;
    sk_lan9118_interrupt(&mps2_nic);
    sk_cortexm_wake(&mps2_port);
}

/* Nothing enables any other interrupt, and SysTick wakes without its handler. */
static void unexpected(void)
{
    panic("unexpected interrupt", 0);
}

void __stack(void); /* an address that the linker script sets, not a function */
void _start(void);
void arm_hardfault_isr(void);

__attribute__((section(".data.init.enter"), used,
               aligned(256))) void (*const __interrupt_vector[16 + N_INTERRUPTS])(void) = {
    // clang-format off
    [0] = __stack,
    [1] = _start,
    [2] = unexpected, /* NMI */
    [3] = arm_hardfault_isr,
    [4] = arm_hardfault_isr, /* memory management, bus, usage */
    [5] = arm_hardfault_isr,
    [6] = arm_hardfault_isr,
    [16 + ETHERNET_IRQ] = ethernet,
    // clang-format on
};

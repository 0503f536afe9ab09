/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting on Cortex-M. WFI ends when an interrupt is pending even while PRIMASK keeps its handler
 * from running, so "nothing happened, sleep" is decided and done without a gap in which an
 * interrupt could be missed. An interrupt that ran before the mask was set has left its note in
 * `event`.
 *
 * SysTick is armed only while the core sleeps, and its handler never runs: it has 24 bits, so one
 * sleep is at most 0.67 s at 25 MHz; idle then returns early, as it may.
 */
#include "port/cortexm.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "port/cortexm_cpu.h"

#define SYST_CSR (*(volatile uint32_t *)0xe000e010) /* ARMv7-M B3.3 */
#define SYST_RVR (*(volatile uint32_t *)0xe000e014)
#define SYST_CVR (*(volatile uint32_t *)0xe000e018)
#define SCB_ICSR (*(volatile uint32_t *)0xe000ed04)

#define SYST_CSR_RUN 7u /* core clock, interrupt, enabled */
#define SYST_MAX 0xffffffu
#define ICSR_PENDSTCLR (1u << 25)

static void (*say_panic)(const char *file, int line);

static instant cortexm_now(const struct port *port)
{
    struct sk_cortexm *m = (struct sk_cortexm *)port;
    uint32_t primask = irq_mask();
    uint32_t low = m->micros();
    uint32_t high;

    if (low < m->last) {
        m->high++;
    }
    m->last = low;
    high = m->high;
    irq_restore(primask);
    return (instant)((uint64_t)high << 32 | low);
}

static int64_t cortexm_realtime(const struct port *port)
{
    const struct sk_cortexm *m = (const struct sk_cortexm *)port;

    return m->realtime ? m->realtime() : -1;
}

/** Sleeps until an interrupt is pending, `us` microseconds at most. Interrupts are masked. */
static void sleep_at_most(struct sk_cortexm *m, duration us)
{
    uint32_t max_us = SYST_MAX / m->cycles_per_us;
    uint32_t cycles = us < max_us ? (uint32_t)us * m->cycles_per_us : SYST_MAX;

    SYST_RVR = cycles;
    SYST_CVR = 0;
    SYST_CSR = SYST_CSR_RUN;
    wait_for_interrupt();
    SYST_CSR = 0;
    SCB_ICSR = ICSR_PENDSTCLR;
    m->n_waits++;
}

static enum port_idle cortexm_idle(const struct port *port, struct sk_iface *iface, instant until,
                                   const struct port_wait *wait)
{
    struct sk_cortexm *m = (struct sk_cortexm *)port;
    uint32_t primask = irq_mask();

    (void)iface;
    (void)wait;
    if (!load_acquire(&m->event)) {
        instant now = cortexm_now(port);

        if (until > now) {
            sleep_at_most(m, until - now);
        }
    }
    irq_restore(primask); /* the handlers of what ended the sleep run here */
    store_release(&m->event, 0);
    return PORT_WOKEN;
}

void sk_cortexm_wake(struct sk_cortexm *m)
{
    store_release(&m->event, 1);
}

static void cortexm_wake(const struct port *port)
{
    sk_cortexm_wake((struct sk_cortexm *)port);
}

static bool cortexm_entropy(const struct port *port, void *out, size_t len)
{
    const struct sk_cortexm *m = (const struct sk_cortexm *)port;

    return m->entropy && m->entropy(out, len);
}

/* There is one thread. */
static void cortexm_lock(const struct port *port)
{
    (void)port;
}

void sk_cortexm_init(struct sk_cortexm *m)
{
    m->port = (struct port){
        .now = cortexm_now,
        .realtime = cortexm_realtime,
        .idle = cortexm_idle,
        .wake = cortexm_wake,
        .entropy = cortexm_entropy,
        .lock = cortexm_lock,
        .unlock = cortexm_lock,
    };
    m->high = 0;
    m->last = m->micros();
    m->event = 0;
    m->n_waits = 0;
    say_panic = m->panic;
}

_Noreturn void sk_panic(const char *file, int line)
{
    (void)irq_mask();
    if (say_panic) {
        say_panic(file, line);
    }
    for (;;) {
        wait_for_interrupt();
    }
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The simulator's coroutines, on ucontext: the only file that knows of it. Each has a stack of its
 * own with a page below it that faults. AddressSanitizer is told of each switch, since it keeps
 * books on the stack.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_STACK */
#include "port/sim_task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/assert.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif

#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define fiber_switch_begin __sanitizer_start_switch_fiber
#define fiber_switch_end __sanitizer_finish_switch_fiber

/* A program that is forgotten leaves frames behind, and its memory is somebody else's next. */
static void fiber_forget(const void *bottom, size_t size)
{
    __asan_unpoison_memory_region(bottom, size);
}
#else
static void fiber_forget(const void *bottom, size_t size)
{
    (void)bottom;
    (void)size;
}

static void fiber_switch_begin(void **save, const void *bottom, size_t size)
{
    (void)save;
    (void)bottom;
    (void)size;
}

static void fiber_switch_end(void *saved, const void **bottom, size_t *size)
{
    (void)saved;
    (void)bottom;
    (void)size;
}
#endif

struct scheduler {
    ucontext_t context;
    void *fake_stack; /* AddressSanitizer's */
    const void *stack;
    size_t stack_size;
};

struct sim_task {
    struct sim_task *next;
    struct sim_host *host;
    sim_main *program;
    void *arg;
    int status;
    bool returned;
    bool daemon;
    void *state;   /* NULL: its host's */
    bool sleeping; /* for time only */
    instant deadline;
    const struct port_wait *wait; /* on its stack; NULL: none */
    sim_handler *handler;         /* NULL: it was not interrupted */
    void *handler_arg;
    uint32_t n_calls; /* since it last waited */
    uint64_t seen;    /* the host's activity when it began to wait */
    uint8_t *stack;   /* the guard page first */
    ucontext_t context;
    void *fake_stack;
};

static size_t guard_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- Switching ---- */

static void enter(struct sim_task *task)
{
    struct sim *sim = task->host->sim;
    struct scheduler *s = sim->scheduler;

    if (sim->on_switch) {
        sim->on_switch(task->state ? task->state : task->host->state);
    }
    task->n_calls = 0;
    sim->current = task;
    fiber_switch_begin(&s->fake_stack, task->stack + guard_size(), SIM_STACK_SIZE);
    swapcontext(&s->context, &task->context);
    fiber_switch_end(s->fake_stack, NULL, NULL);
    sim->current = NULL;
}

static void leave(struct sim_task *task)
{
    struct scheduler *s = task->host->sim->scheduler;

    fiber_switch_begin(task->returned ? NULL : &task->fake_stack, s->stack, s->stack_size);
    swapcontext(&task->context, &s->context);
    fiber_switch_end(task->fake_stack, &s->stack, &s->stack_size);
}

/* makecontext hands over ints only. */
static void begin(unsigned high, unsigned low)
{
    struct sim_task *task = (struct sim_task *)(uintptr_t)((uint64_t)high << 32 | low);
    struct scheduler *s = task->host->sim->scheduler;

    fiber_switch_end(NULL, &s->stack, &s->stack_size);
    sk_sim_exit(task->host->sim, task->program(task->arg));
}

void sk_sim_exit(struct sim *sim, int status)
{
    struct sim_task *task = sim->current;

    SK_ASSERT(task && !task->host->locked);
    task->status = status;
    task->returned = true;
    leave(task);
    __builtin_unreachable();
}

/* The handler may not come back. */
static enum port_idle handle(struct sim_task *task)
{
    sim_handler *handler = task->handler;

    task->handler = NULL;
    return handler ? handler(task->handler_arg) : PORT_WOKEN;
}

enum port_idle sim_task_wait(struct sim *sim, instant until, const struct port_wait *wait)
{
    struct sim_task *task = sim->current;
    enum port_idle ended;
    int saved = errno;

    SK_ASSERT(task);
    task->deadline = until;
    task->wait = wait;
    task->seen = sim_host_activity(task->host);
    leave(task);
    task->wait = NULL;
    task->sleeping = false;
    errno = saved;
    ended = handle(task);
    errno = saved;
    return ended;
}

bool sk_sim_sleep(struct sim *sim, duration us)
{
    sim->current->sleeping = true;
    return sim_task_wait(sim, us < NEVER - sim->now ? sim->now + us : NEVER, NULL) == PORT_WOKEN;
}

void sk_sim_interrupt(struct sim_task *task, sim_handler *handler, void *arg)
{
    task->handler = handler;
    task->handler_arg = arg;
}

const struct port_wait *sk_sim_waits(const struct sim_task *task, instant *until)
{
    *until = task->wait ? task->wait->until : task->deadline;
    return task->wait;
}

void sk_sim_count_call(struct sim *sim)
{
    struct sim_task *task = sim->current;

    if (!task || ++task->n_calls <= sim->max_calls) {
        return;
    }
    sim->stuck = task;
    for (;;) {
        leave(task);
    }
}

/* ---- All of them ---- */

static bool may_run(const struct sim_task *task)
{
    return !task->returned && (task->deadline <= task->host->sim->now || task->handler ||
                               (!task->sleeping && task->seen != sim_host_activity(task->host)));
}

bool sim_tasks_run(struct sim *sim)
{
    struct sim_task *task;
    bool busy = false;

    for (task = sim->tasks; task && !sim->stuck; task = task->next) {
        if (may_run(task)) {
            enter(task);
            busy = true;
        }
    }
    return busy;
}

instant sim_tasks_deadline(const struct sim *sim)
{
    const struct sim_task *task;
    instant next = NEVER;

    for (task = sim->tasks; task; task = task->next) {
        if (!task->returned && task->deadline < next) {
            next = task->deadline;
        }
    }
    return next;
}

bool sim_tasks_finished(const struct sim *sim)
{
    const struct sim_task *task;

    for (task = sim->tasks; task; task = task->next) {
        if (!task->returned && !task->daemon && !task->host->daemon) {
            return false;
        }
    }
    return true;
}

void sim_tasks_report(const struct sim *sim)
{
    const struct sim_task *task;

    for (task = sim->tasks; task; task = task->next) {
        if (task->returned) {
            continue;
        }
        if (task == sim->stuck) {
            fprintf(stderr, "sim: %s made %u calls and never waits\n", task->host->name,
                    sim->max_calls);
        } else if (task->deadline == NEVER) {
            fprintf(stderr, "sim: %s waits for ever\n", task->host->name);
        } else {
            fprintf(stderr, "sim: %s waits for another %lld us\n", task->host->name,
                    (long long)(task->deadline - sim->now));
        }
    }
}

bool sk_sim_returned(const struct sim_task *task, int *status)
{
    if (task->returned && status) {
        *status = task->status;
    }
    return task->returned;
}

static void append_task(struct sim *sim, struct sim_task *task)
{
    struct sim_task **at = &sim->tasks;

    while (*at) {
        at = &(*at)->next;
    }
    *at = task;
}

struct sim_task *sk_sim_spawn(struct sim_host *host, sim_main *program, void *arg)
{
    struct sim_task *task = calloc(1, sizeof(*task));
    uint64_t bits = (uint64_t)(uintptr_t)task;
    size_t guard = guard_size();

    SK_ASSERT(task);
    task->host = host;
    task->program = program;
    task->arg = arg;
    task->deadline = host->sim->now;
    task->stack = mmap(NULL, guard + SIM_STACK_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    SK_ASSERT(task->stack != MAP_FAILED);
    mprotect(task->stack, guard, PROT_NONE);
    getcontext(&task->context);
    task->context.uc_stack.ss_sp = task->stack + guard;
    task->context.uc_stack.ss_size = SIM_STACK_SIZE;
    makecontext(&task->context, (void (*)(void))begin, 2, (unsigned)(bits >> 32), (unsigned)bits);
    append_task(host->sim, task);
    return task;
}

void sim_tasks_init(struct sim *sim)
{
    sim->scheduler = calloc(1, sizeof(struct scheduler));
    SK_ASSERT(sim->scheduler);
}

void sk_sim_task_set(struct sim_task *task, void *state, bool daemon)
{
    task->state = state;
    task->daemon = daemon;
}

void sk_sim_forget(struct sim_task *task)
{
    struct sim *sim = task->host->sim;
    struct sim_task **at = &sim->tasks;

    SK_ASSERT(task != sim->current);
    while (*at != task) {
        at = &(*at)->next;
    }
    *at = task->next;
    sim->stuck = sim->stuck == task ? NULL : sim->stuck;
    fiber_forget(task->stack + guard_size(), SIM_STACK_SIZE);
    munmap(task->stack, guard_size() + SIM_STACK_SIZE);
    free(task);
}

void sim_tasks_forget(const struct sim_host *host)
{
    struct sim_task *task = host->sim->tasks;

    while (task) {
        struct sim_task *next = task->next;

        if (task->host == host) {
            sk_sim_forget(task);
        }
        task = next;
    }
}

void sim_tasks_destroy(struct sim *sim)
{
    while (sim->tasks) {
        sk_sim_forget(sim->tasks);
    }
    free(sim->scheduler);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port for many hosts in one thread and in virtual time. A host's programs are coroutines:
 * unmodified blocking sources, which switch to the scheduler where they would sleep. The clock
 * stands still while anybody has something to do, then jumps to the earliest deadline of all. The
 * same seed gives the same run. Hosts only.
 *
 *     sk_sim_init;
 *     for each host: sk_iface_init at sk_sim_now, sk_netif_add over a pair, sk_sim_host_add;
 *     sk_sim_run; sk_sim_destroy
 *
 * POSIX calls belong to the host whose program runs: give each host a struct libsock_state with its
 * port and its interface as `state`, and `sim.on_switch` a function that calls libsock_state_set
 * (compat/compat.h) with it, and after the run with NULL. examples/sim_loss.c is all of that.
 */
#pragma once

#include "base/rng.h"
#include "port/port.h"

#define SIM_START 1000000         /* microseconds: when the clock begins */
#define SIM_STACK_SIZE (8u << 20) /* octets of a program's stack, committed as they are used */
#define SIM_MAX_ROUNDS 10000000   /* a GB over a wire without delay takes a million */
#define SIM_MAX_CALLS 1000000     /* that fill no window and no queue, in a few seconds */

struct sim_task;

/** A program, started once; what it returns is its exit status. */
typedef int sim_main(void *arg);

/** A host's script: called after each poll that did something. True: it is over, and not called
 * again. */
typedef bool sim_step(void *arg, struct sk_iface *iface, instant now);

enum sim_result {
    SIM_DONE, /* every program returned, every script is over */
    SIM_TIME_OVER,
    SIM_DEADLOCK, /* programs wait, and nothing will ever happen; reported on stderr */
    SIM_LIVELOCK, /* something happens for ever, or a program never waits, and the clock stands
                     still; reported on stderr */
};

/** Something of the world that is no host, such as a switch. Embedded in what is; the caller's. */
struct sim_device {
    /** Does what is due; called when the clock shows poll_at, by the scheduler and so for no host.
     * It may add and remove hosts and programs. */
    void (*poll)(struct sim_device *device, instant now);
    instant (*poll_at)(const struct sim_device *device); /* NEVER: when something else happens */
    struct sim_device *next;                             /* private */
};

struct sim_host {
    struct port port;
    const char *name;
    struct sk_iface *iface;
    void *state; /* what sim->on_switch is called with */
    bool daemon; /* the run does not wait for its programs */
    /* Private */
    struct sim *sim;
    struct sim_host *next;
    struct sk_watch watch;
    struct rng rng;
    bool locked;
    uint64_t n_events; /* polls that did something, and wakes */
    sim_step *step;    /* NULL: none, or over */
    void *step_arg;
    uint64_t step_seen;
    instant step_at;
};

struct sim {
    /** Called with its host's `state` before a program runs: for what a process has one of, such as
     * the host of its POSIX calls. May be NULL. */
    void (*on_switch)(void *state);
    /** Told of a deadlock or a livelock, `what`, when the run ends with it. NULL: a report on
     * stderr. */
    void (*on_end)(struct sim *sim, const char *what);
    uint32_t max_rounds; /* at one instant before it is a livelock; SIM_MAX_ROUNDS */
    uint32_t max_calls;  /* that a program may make without waiting; SIM_MAX_CALLS */
    /* Private */
    instant now;
    uint64_t seed;
    struct sim_device *devices;
    struct sim_task *stuck; /* a program that made more */
    struct sim_host *hosts;
    uint32_t n_hosts; /* that were ever added */
    struct sim_task *tasks;
    struct sim_task *current;
    void *scheduler; /* its context */
};

#ifdef __cplusplus
extern "C" {
#endif

/** An empty world. It must not move afterwards. */
void sk_sim_init(struct sim *sim, uint64_t seed);

/** Ends it: programs that still run are forgotten. The interfaces stay the caller's, and
 * are there until then. */
void sk_sim_destroy(struct sim *sim);

static inline instant sk_sim_now(const struct sim *sim)
{
    return sim->now;
}

/**
 * Adds a host, which lives as long as `sim`, and a program to it unless `program` is NULL. `name`
 * stays the caller's.
 */
struct sim_host *sk_sim_host_add(struct sim *sim, const char *name, struct sk_iface *iface,
                                 sim_main *program, void *arg);

/** Adds one more program to a host, or one to a host that has none; programs of a host share its
 * sockets. */
struct sim_task *sk_sim_spawn(struct sim_host *host, sim_main *program, void *arg);

/** Adds a device, which lives as long as `sim`. Devices are polled before the hosts. */
void sk_sim_device_add(struct sim *sim, struct sim_device *device);

/** The host is no more, and its programs stop where they are. Not from a program. Its interface is
 * the caller's to free. */
void sk_sim_host_remove(struct sim_host *host);

/** A program of its own state, which sim->on_switch gets in place of its host's (NULL: its host's);
 * the run does not wait for a daemon. */
void sk_sim_task_set(struct sim_task *task, void *state, bool daemon);

/** The program stops where it is, and is no more. Not from a program. */
void sk_sim_forget(struct sim_task *task);

/** From a program: ends it, as if its main had returned. */
void sk_sim_exit(struct sim *sim, int status) __attribute__((noreturn));

/** What an interrupted program does before it goes on, and what becomes of its call. It may leave
 * it by longjmp. */
typedef enum port_idle sim_handler(void *arg);

/** Interrupts a program as a signal does: the wait that it is in ends, or the next one. From a
 * device or a program. */
void sk_sim_interrupt(struct sim_task *task, sim_handler *handler, void *arg);

/** What a program waits for: until when (NEVER: for ever), and on what; NULL: on time alone, or it
 * does not wait. */
const struct port_wait *sk_sim_waits(const struct sim_task *task, instant *until);

/** From a program: counts a call that does not wait. One too many is a livelock, and does not
 * return. */
void sk_sim_count_call(struct sim *sim);

/** True once the program returned; then `*status`, which may be NULL, is what it returned. */
bool sk_sim_returned(const struct sim_task *task, int *status);

/** Gives a host a script. It is called when the simulation begins to run, and after each poll of
 * its own host that did something: one that waits for another host asks for sk_sim_host_wake_at. */
void sk_sim_host_script(struct sim_host *host, sim_step *step, void *arg);

/** Calls the host's script again at this time, even if nothing happens. */
void sk_sim_host_wake_at(struct sim_host *host, instant at);

/** From a program: lets `us` microseconds pass for it. False: it was interrupted. */
bool sk_sim_sleep(struct sim *sim, duration us);

/** Runs until every program that is no daemon's returned and every script is over, or the clock
 * shows `until`. */
enum sim_result sk_sim_run(struct sim *sim, instant until);

/** Runs on until no host has a deadline any more (SIM_DONE), so that what is closing closes.
 * Reports no deadlock. */
enum sim_result sk_sim_drain(struct sim *sim, instant until);

#ifdef __cplusplus
}
#endif

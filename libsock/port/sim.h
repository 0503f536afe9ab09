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
#define SIM_STACK_SIZE (1u << 20) /* octets of a program's stack, committed as they are used */
#define SIM_MAX_ROUNDS 10000000   /* a GB over a wire without delay takes a million */

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
    SIM_LIVELOCK, /* something happens for ever and the clock stands still; reported on stderr */
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
    uint32_t max_rounds; /* at one instant before it is a livelock; SIM_MAX_ROUNDS */
    /* Private */
    instant now;
    uint64_t seed;
    struct sim_host *hosts;
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

/** True once the program returned; then `*status`, which may be NULL, is what it returned. */
bool sk_sim_returned(const struct sim_task *task, int *status);

/** Gives a host a script. It is called when the simulation begins to run, and after each poll of
 * its own host that did something: one that waits for another host asks for sk_sim_host_wake_at. */
void sk_sim_host_script(struct sim_host *host, sim_step *step, void *arg);

/** Calls the host's script again at this time, even if nothing happens. */
void sk_sim_host_wake_at(struct sim_host *host, instant at);

/** From a program: lets `us` microseconds pass for it. */
void sk_sim_sleep(struct sim *sim, duration us);

/** Runs until every program that is no daemon's returned and every script is over, or the clock
 * shows `until`. */
enum sim_result sk_sim_run(struct sim *sim, instant until);

/** Runs on until no host has a deadline any more (SIM_DONE), so that what is closing closes.
 * Reports no deadlock. */
enum sim_result sk_sim_drain(struct sim *sim, instant until);

#ifdef __cplusplus
}
#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hosts, the clock and the scheduler of the simulator; its coroutines are in port/sim_task.c. A
 * round polls each host that says it is due and runs each program that has a reason to look again;
 * a round in which nobody had any moves the clock.
 */
#include "port/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "libsock.h"
#include "port/sim_task.h"

#define US_PER_S 1000000

static struct sim_host *host_of(const struct port *port)
{
    return (struct sim_host *)(uintptr_t)port;
}

/* ---- The port ---- */

static instant sim_port_now(const struct port *port)
{
    return host_of(port)->sim->now;
}

static int64_t sim_port_realtime(const struct port *port)
{
    (void)port;
    return -1;
}

static enum port_idle sim_port_idle(const struct port *port, struct sk_iface *iface, instant until,
                                    const struct port_wait *wait)
{
    struct sim_host *host = host_of(port);
    enum port_idle ended;

    SK_ASSERT(iface == host->iface && host->locked);
    host->locked = false;
    ended = sim_task_wait(host->sim, until, wait);
    SK_ASSERT(!host->locked);
    host->locked = true;
    return ended;
}

static void sim_port_wake(const struct port *port)
{
    host_of(port)->n_events++;
}

static void host_changed(void *context, sk_fd fd)
{
    struct sim_host *host = context;

    (void)fd;
    host->n_events++;
}

static bool sim_port_entropy(const struct port *port, void *out, size_t len)
{
    uint8_t *at = out;

    for (; len > 0; len--) {
        *at++ = (uint8_t)rng_u32(&host_of(port)->rng);
    }
    return true;
}

static void sim_port_lock(const struct port *port)
{
    SK_ASSERT(!host_of(port)->locked);
    sk_sim_count_call(host_of(port)->sim);
    host_of(port)->locked = true;
}

static void sim_port_unlock(const struct port *port)
{
    SK_ASSERT(host_of(port)->locked);
    host_of(port)->locked = false;
}

/* ---- Hosts ---- */

static void seed_host(struct sim_host *host, uint32_t number)
{
    uint8_t seed[16] = { 0 };

    memcpy(seed, &host->sim->seed, sizeof(host->sim->seed));
    memcpy(seed + 8, &number, sizeof(number));
    rng_init(&host->rng, seed);
}

static void append_host(struct sim *sim, struct sim_host *host)
{
    struct sim_host **at = &sim->hosts;

    while (*at) {
        at = &(*at)->next;
    }
    *at = host;
}

struct sim_host *sk_sim_host_add(struct sim *sim, const char *name, struct sk_iface *iface,
                                 sim_main *program, void *arg)
{
    struct sim_host *host = calloc(1, sizeof(*host));

    SK_ASSERT(host);
    host->port = (struct port){
        .now = sim_port_now,
        .realtime = sim_port_realtime,
        .idle = sim_port_idle,
        .wake = sim_port_wake,
        .entropy = sim_port_entropy,
        .lock = sim_port_lock,
        .unlock = sim_port_unlock,
    };
    host->name = name;
    host->iface = iface;
    host->sim = sim;
    host->step_at = NEVER;
    host->watch = (struct sk_watch){ .changed = host_changed, .context = host };
    sk_iface_watch(iface, &host->watch);
    seed_host(host, sim->n_hosts++);
    append_host(sim, host);
    if (program) {
        sk_sim_spawn(host, program, arg);
    }
    return host;
}

void sk_sim_host_script(struct sim_host *host, sim_step *step, void *arg)
{
    host->step = step;
    host->step_arg = arg;
    host->step_at = host->sim->now;
}

void sk_sim_host_wake_at(struct sim_host *host, instant at)
{
    host->step_at = at;
}

void sk_sim_host_remove(struct sim_host *host)
{
    struct sim *sim = host->sim;
    struct sim_host **at = &sim->hosts;

    sim_tasks_forget(host);
    while (*at != host) {
        at = &(*at)->next;
    }
    *at = host->next;
    sk_iface_unwatch(host->iface, &host->watch);
    free(host);
}

void sk_sim_device_add(struct sim *sim, struct sim_device *device)
{
    struct sim_device **at = &sim->devices;

    while (*at) {
        at = &(*at)->next;
    }
    device->next = NULL;
    *at = device;
}

uint64_t sim_host_activity(const struct sim_host *host)
{
    const struct sk_stats *stats = sk_iface_stats(host->iface);

    return host->n_events + stats->rx_packets + stats->tx_packets;
}

/* ---- The scheduler ---- */

static bool poll_host(struct sim_host *host)
{
    instant now = host->sim->now;

    if (sk_iface_poll_at(host->iface, now) > now) {
        return false;
    }
    if (sk_iface_poll(host->iface, now)) {
        host->n_events++;
    }
    return true;
}

static bool step_host(struct sim_host *host)
{
    uint64_t activity = sim_host_activity(host);
    instant now = host->sim->now;

    if (!host->step || (activity == host->step_seen && host->step_at > now)) {
        return false;
    }
    host->step_seen = activity;
    if (host->step_at <= now) {
        host->step_at = NEVER;
    }
    if (host->step(host->step_arg, host->iface, now)) {
        host->step = NULL;
        host->step_at = NEVER;
    }
    return true;
}

static bool poll_device(struct sim_device *device, instant now)
{
    if (device->poll_at(device) > now) {
        return false;
    }
    device->poll(device, now);
    return true;
}

/* True when anybody had anything to do. */
static bool run_round(struct sim *sim)
{
    struct sim_device *device;
    struct sim_host *host;
    bool busy = false;

    for (device = sim->devices; device; device = device->next) {
        busy |= poll_device(device, sim->now);
    }
    for (host = sim->hosts; host; host = host->next) {
        busy |= poll_host(host);
        busy |= step_host(host);
    }
    return sim_tasks_run(sim) || busy;
}

static instant earliest_deadline(const struct sim *sim)
{
    instant next = sim_tasks_deadline(sim);
    const struct sim_device *device;
    struct sim_host *host;

    for (device = sim->devices; device; device = device->next) {
        instant at = device->poll_at(device);

        next = at < next ? at : next;
    }
    for (host = sim->hosts; host; host = host->next) {
        instant at = sk_iface_poll_at(host->iface, sim->now);

        next = at < next ? at : next;
        next = host->step_at < next ? host->step_at : next;
    }
    return next;
}

static bool is_finished(const struct sim *sim)
{
    const struct sim_host *host;

    for (host = sim->hosts; host; host = host->next) {
        if (host->step && !host->daemon) {
            return false;
        }
    }
    return sim_tasks_finished(sim);
}

static void report(struct sim *sim, const char *what)
{
    const struct sim_host *host;

    if (sim->on_end) {
        sim->on_end(sim, what);
        return;
    }
    fprintf(stderr, "sim: %s at %lld.%06lld s, seed %llu\n", what, (long long)(sim->now / US_PER_S),
            (long long)(sim->now % US_PER_S), (unsigned long long)sim->seed);
    for (host = sim->hosts; host; host = host->next) {
        if (host->step) {
            fprintf(stderr, "sim: the script of %s is not over\n", host->name);
        }
    }
    sim_tasks_report(sim);
}

static enum sim_result run(struct sim *sim, instant until, bool drain)
{
    uint32_t n_rounds = 0;

    for (;;) {
        instant next;

        if (sim->stuck || run_round(sim)) {
            if (sim->stuck || ++n_rounds > sim->max_rounds) {
                report(sim, "livelock");
                return SIM_LIVELOCK;
            }
            continue;
        }
        if (!drain && is_finished(sim)) {
            return SIM_DONE;
        }
        next = earliest_deadline(sim);
        if (next == NEVER) {
            if (!drain) {
                report(sim, "deadlock");
            }
            return drain ? SIM_DONE : SIM_DEADLOCK;
        }
        if (next > until) {
            sim->now = until > sim->now ? until : sim->now;
            return SIM_TIME_OVER;
        }
        SK_ASSERT(next > sim->now);
        sim->now = next;
        n_rounds = 0;
    }
}

enum sim_result sk_sim_run(struct sim *sim, instant until)
{
    return run(sim, until, false);
}

enum sim_result sk_sim_drain(struct sim *sim, instant until)
{
    return run(sim, until, true);
}

/* ---- Start and end ---- */

void sk_sim_init(struct sim *sim, uint64_t seed)
{
    memset(sim, 0, sizeof(*sim));
    sim->now = SIM_START;
    sim->seed = seed;
    sim->max_rounds = SIM_MAX_ROUNDS;
    sim->max_calls = SIM_MAX_CALLS;
    sim_tasks_init(sim);
}

void sk_sim_destroy(struct sim *sim)
{
    sim_tasks_destroy(sim);
    while (sim->hosts) {
        struct sim_host *host = sim->hosts;

        sim->hosts = host->next;
        sk_iface_unwatch(host->iface, &host->watch);
        free(host);
    }
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens when: the scheduled calls, and the programs' alarms. A device of the port's
 * scheduler, so calls are made for no host and may turn hosts on and off. */
#include "sim/lab.h"

#include <stdlib.h>

static struct sk_sim *sim_of(const struct sim_device *device)
{
    return (struct sk_sim *)((uintptr_t)device - offsetof(struct sk_sim, clock));
}

static void discard(struct lab_event *event)
{
    if (event->owns_arg) {
        free(event->arg);
    }
    free(event);
}

static instant next_at(const struct sim_device *device)
{
    const struct lab_event *event = sim_of(device)->events;

    return event ? event->at : NEVER;
}

static void fire(struct sim_device *device, instant now)
{
    struct sk_sim *sim = sim_of(device);

    libsock_state_set(NULL);
    while (sim->events && sim->events->at <= now) {
        struct lab_event *event = sim->events;

        sim->events = event->next;
        if (event->call) {
            event->call(event->arg);
        }
        discard(event);
    }
}

void lab_clock_init(struct sk_sim *sim)
{
    sim->clock.poll = fire;
    sim->clock.poll_at = next_at;
    sk_sim_device_add(&sim->sim, &sim->clock);
}

void lab_events_free(struct sk_sim *sim)
{
    while (sim->events) {
        lab_event_cancel(sim, sim->events);
    }
}

struct lab_event *lab_event_add(struct sk_sim *sim, instant at, void (*call)(void *), void *arg)
{
    struct lab_event *event = lab_alloc(sizeof *event);
    struct lab_event **place = &sim->events;

    *event = (struct lab_event){ .at = at, .call = call, .arg = arg };
    while (*place && (*place)->at <= at) {
        place = &(*place)->next;
    }
    event->next = *place;
    *place = event;
    return event;
}

void lab_event_cancel(struct sk_sim *sim, struct lab_event *event)
{
    struct lab_event **place = &sim->events;

    while (*place != event) {
        place = &(*place)->next;
    }
    *place = event->next;
    discard(event);
}

instant lab_scheduled(const struct sk_sim *sim)
{
    const struct lab_event *event = sim->events;

    while (event && event->is_alarm) {
        event = event->next;
    }
    return event ? event->at : NEVER;
}

/* ---- What a test schedules ---- */

static struct lab_event *schedule(struct sk_sim *sim, const char *call, int64_t at,
                                  void (*action)(void *), void *arg)
{
    if (at < sk_sim_time(sim)) {
        lab_problem(sim, "%s: %lld us have passed", call, (long long)at);
        return NULL;
    }
    if (at >= NEVER - SIM_START) {
        lab_problem(sim, "%s: %lld us is too late", call, (long long)at);
        return NULL;
    }
    return lab_event_add(sim, SIM_START + at, action, arg);
}

bool sk_sim_at(struct sk_sim *sim, int64_t at, void (*call)(void *arg), void *arg)
{
    if (!sim) {
        return false;
    }
    if (!call) {
        return lab_problem(sim, "sk_sim_at: nothing to call");
    }
    return schedule(sim, "sk_sim_at", at, call, arg) != NULL;
}

static void cut(void *link)
{
    sk_sim_cut(link);
}

static void heal(void *link)
{
    sk_sim_heal(link);
}

static void crash(void *host)
{
    sk_sim_crash(host);
}

static void boot(void *host)
{
    sk_sim_boot(host);
}

bool sk_sim_cut_at(struct sk_sim_link *link, int64_t at)
{
    return link && schedule(link->sim, "sk_sim_cut_at", at, cut, link);
}

bool sk_sim_heal_at(struct sk_sim_link *link, int64_t at)
{
    return link && schedule(link->sim, "sk_sim_heal_at", at, heal, link);
}

bool sk_sim_crash_at(struct sk_sim_host *host, int64_t at)
{
    return host && schedule(host->sim, "sk_sim_crash_at", at, crash, host);
}

bool sk_sim_boot_at(struct sk_sim_host *host, int64_t at)
{
    return host && schedule(host->sim, "sk_sim_boot_at", at, boot, host);
}

struct signalling {
    struct sk_sim_program *program;
    int signal;
};

static void signal_it(void *arg)
{
    struct signalling *s = arg;

    sk_sim_signal(s->program, s->signal);
}

struct changing {
    struct sk_sim_link *link;
    const struct sk_sim_host *from;
    struct sk_sim_wire wire;
};

static void change(void *arg)
{
    struct changing *c = arg;

    sk_sim_set_wire(c->link, c->from, &c->wire);
}

/* `arg` is the event's, or gone. */
static bool schedule_owned(struct sk_sim *sim, const char *call, int64_t at, void (*action)(void *),
                           void *arg)
{
    struct lab_event *event = schedule(sim, call, at, action, arg);

    if (!event) {
        free(arg);
        return false;
    }
    event->owns_arg = true;
    return true;
}

bool sk_sim_signal_at(struct sk_sim_program *program, int signal, int64_t at)
{
    if (!program) {
        return false;
    }
    struct signalling *s = lab_alloc(sizeof *s);
    *s = (struct signalling){ program, signal };
    return schedule_owned(program->host->sim, "sk_sim_signal_at", at, signal_it, s);
}

bool sk_sim_set_wire_at(struct sk_sim_link *link, const struct sk_sim_host *from,
                        const struct sk_sim_wire *wire, int64_t at)
{
    if (!link) {
        return false;
    }
    if (!wire) {
        return lab_problem(link->sim, "sk_sim_set_wire_at: no wire");
    }
    struct changing *c = lab_alloc(sizeof *c);
    *c = (struct changing){ link, from, *wire };
    return schedule_owned(link->sim, "sk_sim_set_wire_at", at, change, c);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* A simulation: its start, its runs and its end. */
#define _GNU_SOURCE /* vasprintf */
#include "sim/lab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROUNDS 2000000 /* at one instant, before it is a livelock */

static const struct libsock_process process = { .hosts = lab_names,
                                                .host_name = lab_name_of,
                                                .broken_pipe = lab_broken_pipe };

static struct sk_sim *running;
static struct sk_sim *newest;

struct sk_sim *lab_running(void)
{
    return running;
}

struct sk_sim *lab_newest(void)
{
    return newest;
}

struct sk_sim_program *lab_current(void)
{
    return running && running->sim.current ? running->program : NULL;
}

void lab_abandon(void)
{
    if (running) {
        running->sim.current = NULL;
    }
    running = NULL;
    lab_watchdog_stop();
    libsock_set_process(NULL);
    libsock_state_set(NULL);
}

bool lab_problem(struct sk_sim *sim, const char *format, ...)
{
    va_list arguments;

    if (sim->problem) {
        return false;
    }
    va_start(arguments, format);
    if (vasprintf(&sim->problem, format, arguments) < 0) {
        abort();
    }
    va_end(arguments);
    return false;
}

void *lab_alloc(size_t len)
{
    void *memory = calloc(1, len);

    if (!memory) {
        fprintf(stderr, "sim: there is no memory\n");
        abort();
    }
    return memory;
}

char *lab_copy(const char *text)
{
    return strcpy(lab_alloc(strlen(text) + 1), text);
}

/* ---- Start and end ---- */

static bool read_seed(uint64_t *seed)
{
    const char *text = getenv("SEED");
    char *end;

    if (!text) {
        return true;
    }
    errno = 0;
    uint64_t value = strtoull(text, &end, 0);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0) {
        fprintf(stderr, "sim: SEED is \"%s\", which is no number below 2^64\n", text);
        return false;
    }
    *seed = value;
    return true;
}

static void on_switch(void *state)
{
    struct sk_sim_program *p = state;

    p->host->sim->program = p;
    lab_watchdog_kick();
    libsock_state_set(&p->state);
}

/* The run's result and sk_sim_report say it. */
static void on_end(struct sim *sim, const char *what)
{
    (void)sim;
    (void)what;
}

struct sk_sim *sk_sim_new(uint64_t seed)
{
    if (!read_seed(&seed)) {
        return NULL;
    }
    struct sk_sim *sim = lab_alloc(sizeof *sim);
    sk_sim_init(&sim->sim, seed);
    sim->sim.on_switch = on_switch;
    sim->sim.on_end = on_end;
    sim->sim.max_rounds = MAX_ROUNDS;
    sim->captures = getenv("SIM_CAPTURE");
    lab_clock_init(sim);
    sim->older = newest;
    newest = sim;
    return sim;
}

static void unlist(const struct sk_sim *sim)
{
    struct sk_sim **at = &newest;

    while (*at != sim) {
        at = &(*at)->older;
    }
    *at = sim->older;
}

void sk_sim_free(struct sk_sim *sim)
{
    if (!sim) {
        return;
    }
    if (running == sim) {
        lab_problem(sim, "sk_sim_free: it is running");
        return;
    }
    unlist(sim);
    lab_programs_free(sim);
    sk_sim_destroy(&sim->sim);
    lab_hosts_free(sim);
    lab_links_free(sim);
    lab_lans_free(sim);
    lab_events_free(sim);
    free(sim->problem);
    free(sim->report);
    free(sim);
}

uint64_t sk_sim_seed(const struct sk_sim *sim)
{
    return sim ? sim->sim.seed : 0;
}

int64_t sk_sim_time(const struct sk_sim *sim)
{
    return sim ? sk_sim_now(&sim->sim) - SIM_START : 0;
}

/* ---- Runs ---- */

static enum sk_sim_result result_of(enum sim_result result)
{
    switch (result) {
    case SIM_DONE:
        return SK_SIM_DONE;
    case SIM_TIME_OVER:
        return SK_SIM_TIME_OVER;
    case SIM_DEADLOCK:
        return SK_SIM_DEADLOCK;
    default:
        return SK_SIM_LIVELOCK;
    }
}

static bool begin(struct sk_sim *sim, const char *call, int64_t us)
{
    if (running) {
        lab_problem(sim, "%s: a simulation runs already", call);
    } else if (us < 0) {
        lab_problem(sim, "%s: %lld microseconds are no time", call, (long long)us);
    }
    if (sim->problem) {
        return false;
    }
    running = sim;
    libsock_set_process(&process);
    lab_hosts_start(sim);
    lab_watchdog_start();
    return true;
}

static enum sk_sim_result end(struct sk_sim *sim, enum sk_sim_result result)
{
    lab_abandon();
    sim->ran = true;
    sim->result = sim->problem ? SK_SIM_INVALID : result;
    return sim->result;
}

static enum sk_sim_result refused(struct sk_sim *sim)
{
    if (sim && sim != running) {
        sim->ran = true;
        sim->result = SK_SIM_INVALID;
    }
    return SK_SIM_INVALID;
}

static instant after(const struct sk_sim *sim, int64_t us)
{
    instant now = sk_sim_now(&sim->sim);

    return us < NEVER - now ? now + us : NEVER - 1;
}

/* The event keeps the clock going until then. */
static enum sim_result pass(struct sk_sim *sim, instant until)
{
    lab_event_add(sim, until, NULL, NULL)->is_alarm = true;
    return sk_sim_drain(&sim->sim, until) == SIM_LIVELOCK ? SIM_LIVELOCK : SIM_DONE;
}

/* A crashed program is not done while something may boot its host. */
static bool is_awaited(const struct sk_sim *sim)
{
    const struct sk_sim_program *p;

    for (p = sim->programs; p; p = p->next) {
        if (p->status == SK_SIM_CRASHED && !p->daemon) {
            return lab_scheduled(sim) < NEVER;
        }
    }
    return false;
}

static enum sim_result run_on(struct sk_sim *sim, instant until)
{
    instant next = lab_scheduled(sim);
    enum sim_result result = pass(sim, next < until ? next : until);

    if (result != SIM_DONE) {
        return result;
    }
    return next > until ? SIM_TIME_OVER : sk_sim_run(&sim->sim, until);
}

enum sk_sim_result sk_sim_run_all(struct sk_sim *sim, int64_t within)
{
    if (!sim || !begin(sim, "sk_sim_run_all", within)) {
        return refused(sim);
    }
    instant until = after(sim, within);
    enum sim_result result = sk_sim_run(&sim->sim, until);
    while (result == SIM_DONE && !sim->problem && is_awaited(sim)) {
        result = run_on(sim, until);
    }
    return end(sim, result_of(result));
}

enum sk_sim_result sk_sim_run_for(struct sk_sim *sim, int64_t us)
{
    if (!sim || !begin(sim, "sk_sim_run_for", us)) {
        return refused(sim);
    }
    return end(sim, result_of(pass(sim, after(sim, us))));
}

bool sk_sim_succeeds(struct sk_sim *sim, int64_t within)
{
    const struct sk_sim_program *p;

    if (sk_sim_run_all(sim, within) != SK_SIM_DONE) {
        return false;
    }
    for (p = sim->programs; p; p = p->next) {
        if (!p->daemon && p->status != 0) {
            return false;
        }
    }
    return true;
}

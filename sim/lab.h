/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of libsock-sim share: a simulation, over the port's (port/sim.h), and what is in
 * it. All of it is the simulation's, from malloc, until sk_sim_free. */
#pragma once

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include "compat/compat.h"
#include "libsock.h"
#include "link/pair.h"
#include "link/pcap.h"
#include "port/sim.h"
#include "sim/libsock-sim.h"

#define LAB_REALTIME (INT64_C(1000000000) * SK_SIM_S) /* of time 0: 2001-09-09 01:46:40 UTC */
#define LAB_MAX_LINKS 16                              /* of a host */
#define LAB_DEFAULT_MTU 1500
#define LAB_MAX_FRAME (ETH_HDR_LEN + UINT16_MAX) /* octets */

struct lab_event {
    struct lab_event *next; /* by time, then in the order in which they were made */
    instant at;
    void (*call)(void *arg); /* NULL: nothing */
    void *arg;
    bool owns_arg; /* free it */
    bool is_alarm; /* of a program's: nobody scheduled it */
};

/** One end of a link, as the stack of its host sees it. */
struct lab_end {
    struct link link; /* first */
    struct link *below;
    struct pcap_link *pcap; /* NULL: no capture */
    struct sk_sim_link *of;
    struct sk_sim_host *host; /* NULL: a switch */
    struct ip_addr addr;
    uint8_t prefix_len;
    sk_sim_loses *loses; /* of what leaves here; NULL: none */
    void *loses_arg;
};

struct sk_sim_link {
    struct sk_sim_link *next;
    struct sk_sim *sim;
    char *name;
    struct pair pair;
    void *memory;
    struct lab_end ends[2];
    struct sk_sim_lan *lan; /* at ends[1]; NULL: a host is */
    bool cut;
};

struct sk_sim_lan {
    struct sim_device device; /* first */
    struct sk_sim_lan *next;
    struct sk_sim *sim;
    char *name;
    struct pkt_pool pool; /* one packet, which the wires copy */
    struct pkt pkt;
    uint8_t octets[LAB_MAX_FRAME + 2];
};

struct sk_sim_host {
    struct sk_sim_host *next;
    struct sk_sim *sim;
    char *name;
    struct ip_addr addr;
    uint8_t prefix_len;
    uint32_t number;
    uint32_t n_boots;
    void (*edit)(struct sk_config *config, void *arg);
    void *edit_arg;
    bool crashed;
    struct sk_iface *iface; /* NULL: it is off */
    void *memory;
    size_t memory_len;
    struct sim_host *place;
};

struct lab_atexit {
    struct lab_atexit *next;
    void (*call)(void);
};

struct sk_sim_program {
    struct sk_sim_program *next;
    struct sk_sim_host *host;
    char *name;
    char *path;        /* of its shared object, whose main it is; NULL: none */
    void *image;       /* of this start; NULL: none */
    sk_sim_main *main; /* NULL: function */
    char **argv;
    int argc;
    sk_sim_function *function;
    void *arg;
    bool daemon;
    int status;
    struct sim_task *task; /* NULL: it has not begun, or its host crashed */
    struct libsock_state state;
    char **own_argv; /* of this start, since a program may change it */
    struct lab_atexit *atexit;
    struct sigaction actions[NSIG];
    sigset_t blocked;
    sigset_t pending;
    struct lab_event *alarm; /* NULL: none is set */
    int64_t alarm_interval;  /* microseconds; 0: it rings once */
};

struct sk_sim {
    struct sim sim; /* first */
    struct sim_device clock;
    struct sk_sim *older; /* another one that is not freed yet */
    struct lab_event *events;
    struct sk_sim_host *hosts;
    struct sk_sim_link *links;
    struct sk_sim_lan *lans;
    struct sk_sim_program *programs;
    struct sk_sim_program *program; /* whose turn it is, or was */
    uint32_t n_hosts;
    uint32_t n_links;
    const char *captures; /* directory; NULL: only what is asked for */
    enum sk_sim_result result;
    bool ran;
    char *problem; /* the first wrong call; NULL: none */
    char *report;
};

/* ---- lab.c ---- */

/** The simulation that runs, NULL when none does. */
struct sk_sim *lab_running(void);

/** The newest one that is not freed; NULL: there is none. */
struct sk_sim *lab_newest(void);

/** The program that makes this call, NULL when none does. */
struct sk_sim_program *lab_current(void);

/** After a jump out of a program: nothing runs any more. */
void lab_abandon(void);

/** Remembers the first thing that was wrong; false. */
bool lab_problem(struct sk_sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Zeroed memory: all of it is small, and without it there is no test. */
void *lab_alloc(size_t len);
char *lab_copy(const char *text);

/* ---- events.c ---- */

void lab_clock_init(struct sk_sim *sim);
void lab_events_free(struct sk_sim *sim);
struct lab_event *lab_event_add(struct sk_sim *sim, instant at, void (*call)(void *), void *arg);
void lab_event_cancel(struct sk_sim *sim, struct lab_event *event);

/** When the next one is due that somebody scheduled; NEVER. */
instant lab_scheduled(const struct sk_sim *sim);

/* ---- hosts.c ---- */

/** Reads "a.b.c.d" or "a.b.c.d/len". */
bool lab_address_parse(const char *text, struct ip_addr *addr, uint8_t *prefix_len);

/** Turns every host on that has not been yet. */
void lab_hosts_start(struct sk_sim *sim);

/** Connects the stack of a host that is on to a link. */
bool lab_host_connect(struct sk_sim_host *host, struct lab_end *end);
void lab_hosts_free(struct sk_sim *sim);

/** struct libsock_process.hosts, and .host_name. */
size_t lab_names(const char *name, struct sk_addr *out, size_t n);
bool lab_name_of(struct ip_addr addr, char *name, size_t size);

/* ---- links.c, lan.c ---- */

/** Nothing travels to this end any more: its host crashed. */
void lab_end_drain(struct lab_end *end);
void lab_links_free(struct sk_sim *sim);
void lab_lans_free(struct sk_sim *sim);
void lab_link_report(const struct sk_sim_link *link, FILE *out);

/* ---- programs.c ---- */

/** Begins each program of a host that is on and that has not begun. */
void lab_programs_start(struct sk_sim_host *host);

/** They stop where they are. */
void lab_programs_crash(struct sk_sim_host *host);
void lab_programs_free(struct sk_sim *sim);

/** Ends the program that makes the call. */
_Noreturn void lab_program_end(struct sk_sim_program *p, int status);

/** A program of the one or the other; NULL, and told, without an argv[0]. */
struct sk_sim_program *lab_program_add(struct sk_sim_host *host, const char *path,
                                       sk_sim_main *main, const char *const *argv,
                                       const char *call);

/** The strings up to NULL: a vector for free. */
const char **lab_vector(va_list arguments);

/** What exit does: the handlers of atexit, in the reverse order, then destructors. */
void lab_program_run_atexit(struct sk_sim_program *p);

/* ---- image.c ---- */

/** Loads a copy of the program's shared object and sets its main. False, and told: it cannot be. */
bool lab_image_load(struct sk_sim_program *p);
void lab_image_unload(struct sk_sim_program *p);

/* ---- signals.c ---- */

/** As before a program begins. */
void lab_signals_reset(struct sk_sim_program *p);

/** Gives the program, which makes this call, what it has not heard of yet. */
enum port_idle lab_signals_deliver(void *program);

/** struct libsock_process.broken_pipe */
void lab_broken_pipe(void);

/* ---- watchdog.c ---- */

/** Says on stderr when a program computes for seconds and makes no call. */
void lab_watchdog_start(void);
void lab_watchdog_stop(void);
void lab_watchdog_kick(void);

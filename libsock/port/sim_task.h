/* SPDX-License-Identifier: BSD-3-Clause */
/* The simulator's coroutines, as its scheduler in port/sim.c sees them. */
#pragma once

#include "port/sim.h"

/** Changes whenever something happened that a program of the host may wait for. Defined in
 * port/sim.c. */
uint64_t sim_host_activity(const struct sim_host *host);

void sim_tasks_init(struct sim *sim);
void sim_tasks_destroy(struct sim *sim);

/** Stops every program of a host. */
void sim_tasks_forget(const struct sim_host *host);

/** Suspends the running program until `until`, until its host has seen something, or until it is
 * interrupted; from a program only. */
enum port_idle sim_task_wait(struct sim *sim, instant until, const struct port_wait *wait);

/** Runs each program that has a reason to run; false when none had. */
bool sim_tasks_run(struct sim *sim);

/** The earliest deadline of a program that waits. */
instant sim_tasks_deadline(const struct sim *sim);

/** True when every program that is not a daemon's has returned. */
bool sim_tasks_finished(const struct sim *sim);

/** Says on stderr who waits, and for how long. */
void sim_tasks_report(const struct sim *sim);

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that computes for ever and makes no call cannot be stopped: there is one thread. But it
 * is named, on stderr, once it has taken seconds of the processor's time. In the handler of a
 * signal, so without stdio.
 */
#include "sim/lab.h"

#include <errno.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE 3 /* seconds: less than Check gives a test */

static volatile sig_atomic_t n_ticks; /* since a program was last entered */
static struct sigaction before;

static void add(char *line, size_t room, const char *text)
{
    size_t len = strlen(line);

    strncpy(line + len, text, room - len - 1);
}

static void complain(const struct sk_sim_program *p)
{
    char line[256] = "sim: ";

    add(line, sizeof line, p->host->name);
    add(line, sizeof line, ": ");
    add(line, sizeof line, p->name);
    add(line, sizeof line, " has computed for 3 s and made no call that waits: a livelock\n");
    if (write(STDERR_FILENO, line, strlen(line)) < 0) {
        return;
    }
}

static void tick(int number)
{
    const struct sk_sim_program *p = lab_current();
    int saved = errno;

    (void)number;
    if (p && ++n_ticks == PATIENCE) {
        complain(p);
    }
    errno = saved;
}

static void set_timer(time_t seconds)
{
    struct itimerval every = { .it_interval = { .tv_sec = seconds },
                               .it_value = { .tv_sec = seconds } };

    setitimer(ITIMER_VIRTUAL, &every, NULL);
}

static bool started;

void lab_watchdog_start(void)
{
    struct sigaction action = { .sa_flags = SA_RESTART };

    action.sa_handler = tick;
    n_ticks = 0;
    started = sigaction(SIGVTALRM, &action, &before) == 0;
    set_timer(1);
}

void lab_watchdog_stop(void)
{
    if (started) {
        set_timer(0);
        sigaction(SIGVTALRM, &before, NULL);
        started = false;
    }
}

void lab_watchdog_kick(void)
{
    n_ticks = 0;
}

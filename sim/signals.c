/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signals: each program has handlers, a mask and an alarm of its own, and the kernel hears of none
 * of them (POSIX.1-2017, XSH 2.4). A program is interrupted where it waits, since no time passes
 * anywhere else. What tells of faults in the process, and what a debugger or a profiler uses, stays
 * the process's. In contrast to the kernel, a signal is not blocked while its handler runs, so that
 * one that leaves by longjmp leaves nothing blocked.
 */
#define _GNU_SOURCE
#include "sim/lab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define MAX_SECONDS (INT64_C(1) << 40) /* of a timer */
#define KILLED 128 /* and the signal's number: an exit status, as a shell has it */

extern __typeof(signal) __real_signal;
extern __typeof(sigaction) __real_sigaction;
extern __typeof(sigprocmask) __real_sigprocmask;
extern __typeof(sigsuspend) __real_sigsuspend;
extern __typeof(raise) __real_raise;
extern __typeof(kill) __real_kill;
extern __typeof(alarm) __real_alarm;
extern __typeof(getitimer) __real_getitimer;
extern __typeof(setitimer) __real_setitimer;
extern __typeof(pause) __real_pause;

__typeof(signal) __wrap_signal;
__typeof(sigaction) __wrap_sigaction;
__typeof(sigprocmask) __wrap_sigprocmask;
__typeof(sigsuspend) __wrap_sigsuspend;
__typeof(raise) __wrap_raise;
__typeof(kill) __wrap_kill;
__typeof(alarm) __wrap_alarm;
__typeof(getitimer) __wrap_getitimer;
__typeof(setitimer) __wrap_setitimer;
__typeof(pause) __wrap_pause;

static bool is_the_process(int number)
{
    static const int own[] = { SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGABRT,  SIGTRAP,
                               SIGSYS,  SIGKILL, SIGSTOP, SIGPROF, SIGVTALRM };

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (own[i] == number) {
            return true;
        }
    }
    return number < 1 || number >= NSIG;
}

/* XBD <signal.h>: what the default action is to do nothing. */
static bool is_harmless(int number)
{
    return number == SIGCHLD || number == SIGURG || number == SIGWINCH || number == SIGCONT;
}

static bool is_ignored(const struct sk_sim_program *p, int number)
{
    const struct sigaction *action = &p->actions[number];

    return action->sa_handler == SIG_IGN || (action->sa_handler == SIG_DFL && is_harmless(number));
}

void lab_signals_reset(struct sk_sim_program *p)
{
    memset(p->actions, 0, sizeof p->actions);
    sigemptyset(&p->blocked);
    sigemptyset(&p->pending);
}

/* ---- Delivery ---- */

static enum port_idle call_handler(struct sk_sim_program *p, int number)
{
    struct sigaction action = p->actions[number];
    siginfo_t info;

    if ((action.sa_flags & (int)SA_RESETHAND) != 0) {
        p->actions[number].sa_handler = SIG_DFL;
    }
    if ((action.sa_flags & SA_SIGINFO) != 0) {
        memset(&info, 0, sizeof info);
        info.si_signo = number;
        info.si_code = SI_USER;
        action.sa_sigaction(number, &info, NULL);
    } else {
        action.sa_handler(number);
    }
    return (action.sa_flags & SA_RESTART) != 0 ? PORT_RESTART : PORT_INTERRUPTED;
}

static enum port_idle deliver(struct sk_sim_program *p, int number)
{
    if (is_ignored(p, number)) {
        return PORT_WOKEN;
    }
    if (p->actions[number].sa_handler == SIG_DFL) {
        lab_program_end(p, KILLED + number);
    }
    return call_handler(p, number);
}

static enum port_idle worse(enum port_idle a, enum port_idle b)
{
    return a == PORT_INTERRUPTED || b == PORT_INTERRUPTED ? PORT_INTERRUPTED
           : a == PORT_RESTART || b == PORT_RESTART       ? PORT_RESTART
                                                          : PORT_WOKEN;
}

enum port_idle lab_signals_deliver(void *program)
{
    struct sk_sim_program *p = program;
    enum port_idle ended = PORT_WOKEN;

    for (int number = 1; number < NSIG; number++) {
        if (sigismember(&p->pending, number) == 1 && sigismember(&p->blocked, number) == 0) {
            sigdelset(&p->pending, number);
            ended = worse(ended, deliver(p, number));
        }
    }
    return ended;
}

/* Its own come at once, another's where it waits. */
static void post(struct sk_sim_program *p, int number)
{
    sigaddset(&p->pending, number);
    if (p == lab_current()) {
        int saved = errno;

        lab_signals_deliver(p);
        errno = saved;
    } else if (p->task && sigismember(&p->blocked, number) == 0) {
        sk_sim_interrupt(p->task, lab_signals_deliver, p);
    }
}

bool sk_sim_signal(struct sk_sim_program *program, int signal)
{
    if (!program) {
        return false;
    }
    if (is_the_process(signal)) {
        return lab_problem(program->host->sim, "sk_sim_signal: %d is no signal of a program's",
                           signal);
    }
    if (program->status != SK_SIM_RUNNING) {
        return false;
    }
    post(program, signal);
    return true;
}

void lab_broken_pipe(void)
{
    struct sk_sim_program *p = lab_current();

    if (p) {
        post(p, SIGPIPE);
    }
}

/* ---- The calls ---- */

int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
    struct sk_sim_program *p = lab_current();

    if (!p || is_the_process(number)) {
        return __real_sigaction(number, action, before);
    }
    if (before) {
        *before = p->actions[number];
    }
    if (action) {
        p->actions[number] = *action;
        if (is_ignored(p, number)) {
            sigdelset(&p->pending, number);
        }
    }
    return 0;
}

/* glibc's: calls go on after the handler, which stays. */
sighandler_t __wrap_signal(int number, sighandler_t handler)
{
    struct sigaction action = { .sa_flags = SA_RESTART };
    struct sigaction before;

    if (!lab_current() || is_the_process(number)) {
        return __real_signal(number, handler);
    }
    action.sa_handler = handler;
    __wrap_sigaction(number, &action, &before);
    return before.sa_handler;
}

static void add_all(sigset_t *to, const sigset_t *set, bool wanted)
{
    for (int number = 1; number < NSIG; number++) {
        if (sigismember(set, number) == 1) {
            if (wanted) {
                sigaddset(to, number);
            } else {
                sigdelset(to, number);
            }
        }
    }
}

int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *before)
{
    struct sk_sim_program *p = lab_current();

    if (!p) {
        return __real_sigprocmask(how, set, before);
    }
    if (set && how != SIG_BLOCK && how != SIG_UNBLOCK && how != SIG_SETMASK) {
        errno = EINVAL;
        return -1;
    }
    if (before) {
        *before = p->blocked;
    }
    if (set && how == SIG_SETMASK) {
        p->blocked = *set;
    } else if (set) {
        add_all(&p->blocked, set, how == SIG_BLOCK);
    }
    lab_signals_deliver(p);
    return 0;
}

/* Until a handler has run. */
static int await_signal(struct sk_sim_program *p)
{
    if (lab_signals_deliver(p) == PORT_WOKEN) {
        while (sk_sim_sleep(&p->host->sim->sim, NEVER)) {
        }
    }
    errno = EINTR;
    return -1;
}

int __wrap_pause(void)
{
    struct sk_sim_program *p = lab_current();

    return p ? await_signal(p) : __real_pause();
}

int __wrap_sigsuspend(const sigset_t *mask)
{
    struct sk_sim_program *p = lab_current();

    if (!p) {
        return __real_sigsuspend(mask);
    }
    sigset_t before = p->blocked;
    p->blocked = *mask;
    await_signal(p);
    p->blocked = before;
    errno = EINTR;
    return -1;
}

int __wrap_raise(int number)
{
    struct sk_sim_program *p = lab_current();

    if (!p || is_the_process(number)) {
        return __real_raise(number);
    }
    post(p, number);
    return 0;
}

int __wrap_kill(pid_t pid, int number)
{
    struct sk_sim_program *p = lab_current();

    if (!p || pid != getpid() || is_the_process(number)) {
        return __real_kill(pid, number);
    }
    post(p, number);
    return 0;
}

/* ---- The timer of alarm and of setitimer, XSH getitimer() ---- */

static void set_timer(struct sk_sim_program *p, int64_t us);

static void ring(void *program)
{
    struct sk_sim_program *p = program;

    p->alarm = NULL;
    set_timer(p, p->alarm_interval);
    post(p, SIGALRM);
}

/* 0: none. */
static void set_timer(struct sk_sim_program *p, int64_t us)
{
    struct sk_sim *sim = p->host->sim;

    if (p->alarm) {
        lab_event_cancel(sim, p->alarm);
        p->alarm = NULL;
    }
    if (us > 0) {
        p->alarm = lab_event_add(sim, sk_sim_now(&sim->sim) + us, ring, p);
        p->alarm->is_alarm = true;
    }
}

static int64_t left_of(const struct sk_sim_program *p)
{
    return p->alarm ? p->alarm->at - sk_sim_now(&p->host->sim->sim) : 0;
}

unsigned __wrap_alarm(unsigned seconds)
{
    struct sk_sim_program *p = lab_current();

    if (!p) {
        return __real_alarm(seconds);
    }
    unsigned left = (unsigned)((left_of(p) + SK_SIM_S - 1) / SK_SIM_S);
    p->alarm_interval = 0;
    set_timer(p, seconds * SK_SIM_S);
    return left;
}

static struct timeval timeval_of(int64_t us)
{
    return (struct timeval){ .tv_sec = us / SK_SIM_S, .tv_usec = us % SK_SIM_S };
}

static bool read_timeval(const struct timeval *t, int64_t *us)
{
    bool valid =
        t->tv_sec >= 0 && t->tv_sec <= MAX_SECONDS && t->tv_usec >= 0 && t->tv_usec < SK_SIM_S;

    *us = valid ? t->tv_sec * SK_SIM_S + t->tv_usec : 0;
    return valid;
}

int __wrap_getitimer(__itimer_which_t which, struct itimerval *out)
{
    const struct sk_sim_program *p = lab_current();

    if (!p || which != ITIMER_REAL) {
        return __real_getitimer(which, out);
    }
    *out = (struct itimerval){ .it_interval = timeval_of(p->alarm_interval),
                               .it_value = timeval_of(left_of(p)) };
    return 0;
}

int __wrap_setitimer(__itimer_which_t which, const struct itimerval *restrict new,
                     struct itimerval *restrict before)
{
    struct sk_sim_program *p = lab_current();
    int64_t interval;
    int64_t us;

    if (!p || which != ITIMER_REAL) {
        return __real_setitimer(which, new, before);
    }
    if (!read_timeval(&new->it_interval, &interval) || !read_timeval(&new->it_value, &us)) {
        errno = EINVAL;
        return -1;
    }
    if (before) {
        __wrap_getitimer(which, before);
    }
    p->alarm_interval = us > 0 ? interval : 0;
    set_timer(p, us);
    return 0;
}

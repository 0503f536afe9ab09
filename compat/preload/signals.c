/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Handlers of signals, which may call for sockets (signal-safety(7)). One that interrupted its own
 * thread in the stack would wait for it, so what the kernel calls is ours: in the stack it only
 * makes the signal pending again, and blocked, until the thread sleeps or leaves
 * (link/own_signals.h). Faults are not deferred. It is ours, too, where the program has none and
 * something is left to do before a signal ends it (signals.h).
 */
#define _GNU_SOURCE
#include "compat/preload/signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "compat/errno.h"
#include "link/own_signals.h"

extern __typeof(sigaction) __real_sigaction;

/* What the program installed, by the signal's number. Of a reader and a writer each waits for the
 * other, with all signals blocked. */
static struct sigaction installed[NSIG];
static atomic_flag busy = ATOMIC_FLAG_INIT;

static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS };

/* What ends a program from outside, unless it says otherwise. */
static const int endings[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM };
#define N_ENDINGS (sizeof endings / sizeof endings[0])

static void (*last_words)(void); /* NULL: none */

static const struct sigaction by_default = { .sa_handler = SIG_DFL };

static void take(sigset_t *before)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, before);
    while (atomic_flag_test_and_set(&busy)) {
    }
}

static void give_back(const sigset_t *before)
{
    atomic_flag_clear(&busy);
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

static bool is_among(int number, const int *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (number == list[i]) {
            return true;
        }
    }
    return false;
}

static bool is_deferrable(int number)
{
    return !is_among(number, faults, sizeof faults / sizeof faults[0]) && number > 0 &&
           number < NSIG;
}

static bool has_handler(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) != 0 ||
           (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN);
}

static bool is_default(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) == 0 && action->sa_handler == SIG_DFL;
}

/* The thread's mask from the handler's return on is that of the context. */
static void defer(int number, siginfo_t *info, ucontext_t *context)
{
    sigaddset(&context->uc_sigmask, number);
    sk_signal_defer(number);
    syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), number, info);
}

static void on_signal(int number, siginfo_t *info, void *context);

/* What the kernel is to do where the program asked for `action`. */
static struct sigaction ours_for(int number, const struct sigaction *action)
{
    struct sigaction ours = *action;

    if (has_handler(action)) {
        ours.sa_flags = (action->sa_flags & ~(int)SA_RESETHAND) | SA_SIGINFO;
        ours.sa_sigaction = on_signal;
    } else if (is_default(action) && last_words != NULL && is_among(number, endings, N_ENDINGS)) {
        ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
        ours.sa_sigaction = on_signal;
        sigfillset(&ours.sa_mask);
    }
    return ours;
}

/* With the kernel's view of it in `*old`, the program's. */
static void tell_installed(int number, struct sigaction *old)
{
    if ((old->sa_flags & SA_SIGINFO) != 0 && old->sa_sigaction == on_signal) {
        *old = installed[number];
    }
}

static int install(int number, const struct sigaction *action, struct sigaction *old)
{
    struct sigaction ours = action != NULL ? ours_for(number, action) : by_default;
    int result = __real_sigaction(number, action != NULL ? &ours : NULL, old);

    if (result == 0) {
        tell_installed(number, old);
    }
    if (result == 0 && action != NULL) {
        installed[number] = *action;
    }
    return result;
}

/* SA_RESETHAND is done here: a deferred signal would find its handler gone. */
static struct sigaction look_up(int number)
{
    struct sigaction unasked;
    sigset_t before;

    take(&before);
    struct sigaction action = installed[number];
    if ((action.sa_flags & (int)SA_RESETHAND) != 0) {
        install(number, &by_default, &unasked);
    }
    give_back(&before);
    return action;
}

/* All signals are blocked. Another thread may be at it already. */
static void end_by(int number)
{
    static _Atomic pid_t ending;
    pid_t self = getpid();
    sigset_t one;

    if (atomic_exchange(&ending, self) == self) {
        return;
    }
    last_words();
    __real_sigaction(number, &by_default, NULL);
    syscall(SYS_tgkill, self, gettid(), number);
    sigemptyset(&one);
    sigaddset(&one, number);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    int before = errno;

    if (sk_in_stack()) {
        defer(number, info, context);
        errno_fail(before);
        return;
    }
    struct sigaction action = look_up(number);
    errno_fail(before);
    if ((action.sa_flags & SA_SIGINFO) != 0) {
        action.sa_sigaction(number, info, context);
    } else if (has_handler(&action)) {
        action.sa_handler(number);
    } else if (is_default(&action)) {
        end_by(number);
        errno_fail(before);
    }
}

void signals_before_end(void (*last)(void))
{
    sigset_t before;

    take(&before);
    last_words = last;
    for (size_t i = 0; i < N_ENDINGS; i++) {
        struct sigaction now;
        if (__real_sigaction(endings[i], NULL, &now) == 0 && is_default(&now)) {
            install(endings[i], &by_default, &now);
        }
    }
    give_back(&before);
}

int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    struct sigaction unasked;
    sigset_t before;

    if (!is_deferrable(number)) {
        return __real_sigaction(number, action, old);
    }
    take(&before);
    int result = install(number, action, old != NULL ? old : &unasked);
    give_back(&before);
    return result;
}

static sighandler_t install_simply(int number, sighandler_t handler, int flags)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
    struct sigaction old;

    if (handler == SIG_ERR) {
        errno_fail(EINVAL);
        return SIG_ERR;
    }
    sigemptyset(&action.sa_mask);
    return sigaction(number, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

sighandler_t signal(int number, sighandler_t handler)
{
    return install_simply(number, handler, SA_RESTART);
}

/* glibc's names for the same, and for the signal of System V. */
sighandler_t bsd_signal(int number, sighandler_t handler);
sighandler_t __sysv_signal(int number, sighandler_t handler);

sighandler_t bsd_signal(int number, sighandler_t handler)
{
    return signal(number, handler);
}

sighandler_t __sysv_signal(int number, sighandler_t handler)
{
    return install_simply(number, handler, (int)SA_RESETHAND | SA_NODEFER);
}

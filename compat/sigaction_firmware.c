/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sigaction: POSIX.1-2017, on top of the C library's signal, for signals that a program raises
 * itself: nothing else sends any, and SIGPIPE never comes. No call is interrupted, so SA_RESTART is
 * always so; and nothing comes while a handler runs, so a mask holds nothing back. Other flags are
 * EINVAL.
 */
#include <signal.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"

#define SUPPORTED (SA_NOCLDSTOP | SA_RESTART)

typedef void handler(int number);

static handler *handlers[NSIG]; /* of signals whose handler is `caught` for the C library */

/* ISO C lets a signal forget its handler when it comes (C11 7.14.1.1), and picolibc does. */
static void caught(int number)
{
    signal(number, caught);
    handlers[number](number);
}

static bool may_be_caught(int number)
{
    return number > 0 && number < NSIG && number != SIGKILL && number != SIGSTOP;
}

static handler *set(int number, handler *wanted)
{
    bool is_function = wanted != SIG_DFL && wanted != SIG_IGN;
    handler *known = handlers[number];

    if (is_function) {
        handlers[number] = wanted;
    }
    handler *there = signal(number, is_function ? caught : wanted);
    return there == caught ? known : there;
}

static handler *look(int number)
{
    handler *there = signal(number, SIG_IGN);

    signal(number, there);
    return there == caught ? handlers[number] : there;
}

int libsock_sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
    if (!may_be_caught(number) || (action != NULL && (action->sa_flags & ~SUPPORTED) != 0)) {
        return errno_fail(EINVAL);
    }
    handler *there = action != NULL ? set(number, action->sa_handler) : look(number);
    if (before != NULL) {
        *before = (struct sigaction){ .sa_handler = there, .sa_flags = SA_RESTART };
    }
    return 0;
}

FACE(sigaction);

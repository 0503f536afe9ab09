/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of a process whose sockets others have: a child of its own, the heir, stays behind with
 * the stack until nobody has them any more. The same when the process executes another program. See
 * relay.h.
 */
#define _GNU_SOURCE /* closefrom */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compat/epoll_host.h"
#include "compat/foreign.h"
#include "compat/preload/preload.h"
#include "compat/preload/real.h"
#include "compat/preload/relay.h"
#include "compat/state.h"

extern __typeof(closefrom) __wrap_closefrom;

static bool leaving; /* from the fork of the heir on */

bool relay_is_leaving(void)
{
    return leaving;
}

bool preload_is_heir(void)
{
    if (!relay_is_leaving()) {
        relay_forget_all();
    }
    return leaving;
}

/* The instance that the pump waited in is still its, until the process ends: it might take events
 * that are the heir's. */
static void resume(void)
{
    if (!pump_renew()) {
        return;
    }
    control_resume();
    relay_each(relay_watch_again);
}

/* The program's descriptors are not the heir's to keep open, its sockets are closed. */
static _Noreturn void inherit(void)
{
    setsid();
    __wrap_closefrom(0);
    state_enter();
    resume();
    state_leave();
    pump_until_done();
    leaving = false;
    exit_drain();
    preload_ended();
    syscall(SYS_exit_group, 0);
    __builtin_unreachable();
}

/* When nobody has it any more; what was written there still moves. */
static void end_unneeded(struct relay *r)
{
    struct pollfd p = { .fd = r->end };

    if (foreign_poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0) {
        relay_end_ready(&r->of_end, EPOLLHUP);
    }
}

static bool is_needed(struct sk_iface *iface)
{
    bool any = relay_any();

    for (int fd = any ? fd_next(0) : -1; fd >= 0; fd = fd_next(fd + 1)) {
        if (fd_peek(fd)->open->relay != NULL) {
            epoll_handed_over(fd); /* the heir has not the number, which the kernel asks for */
            __real_close(fd);      /* what keeps an end open from now on is another process */
            fd_forget(fd);
        }
    }
    relay_each(end_unneeded);
    sk_iface_poll(iface, state_now());
    return relay_any();
}

bool preload_leave(void)
{
    const struct libsock_state *state = libsock_state_current();

    if (state == NULL || !relay_any()) {
        return false;
    }
    state->port->halt_others(state->port);
    bool needed = is_needed(state_enter());
    state_leave();
    if (!needed) {
        return false;
    }
    leaving = true;
    pid_t heir = fork();
    if (heir == 0) {
        inherit();
    }
    leaving = heir > 0;
    return leaving;
}

/* What is sent already still leaves; sockets that stay open are the heir's. */
void relay_before_exec(void)
{
    if (start_is_child()) {
        return;
    }
    if (libsock_state_current() == NULL) {
        fd_use_inherited();
        return;
    }
    relay_give_open();
    if (preload_leave()) {
        leaving = false;
    } else {
        exit_drain();
    }
    relay_forget_all();
    start_lose_network();
}

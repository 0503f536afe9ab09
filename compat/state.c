/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process's host and how it starts: by libsock_start, or by the first call that needs it. A
 * start that failed is not tried again: a program that retries would hang where it should be told.
 */
#include "compat/state.h"

#include "compat/compat.h"
#include "compat/errno.h"

static struct libsock_state process_state;
static struct libsock_state *current;
static const char *start_problem;
static bool starting;
static bool forked;

struct libsock_state *libsock_state_current(void)
{
    return __atomic_load_n(&current, __ATOMIC_ACQUIRE);
}

void libsock_state_set(struct libsock_state *state)
{
    start_problem = NULL;
    __atomic_store_n(&current, state, __ATOMIC_RELEASE);
}

struct sk_iface *libsock_iface(void)
{
    struct libsock_state *state = libsock_state_current();

    return state != NULL ? state->iface : NULL;
}

const struct port *libsock_port(void)
{
    struct libsock_state *state = libsock_state_current();

    return state != NULL ? state->port : NULL;
}

struct sk_iface *state_enter(void)
{
    struct libsock_state *state = libsock_state_current();

    state->port->lock(state->port);
    return state->iface;
}

void state_leave(void)
{
    struct libsock_state *state = libsock_state_current();

    state->port->unlock(state->port);
}

instant state_now(void)
{
    struct libsock_state *state = libsock_state_current();

    return state->port->now(state->port);
}

void state_forked(bool may_start)
{
    forked = !may_start;
    starting = false; /* by another thread of the parent's */
    __atomic_store_n(&current, NULL, __ATOMIC_RELEASE);
}

const char *libsock_problem(void)
{
    return start_problem;
}

static void complain(const char *problem)
{
    start_problem = problem;
    start_complain(problem);
}

enum sk_err libsock_start_without_entropy(struct sk_iface *iface, const struct port *port)
{
    if (iface == NULL || port == NULL) {
        return SK_INVALID;
    }
    if (libsock_state_current() != NULL) {
        return SK_ALREADY;
    }
    if (forked) {
        return SK_NOT_SUPPORTED;
    }
    if (!start_names_are_ours()) {
        complain("read, write, close or fcntl come from another library; link libsock "
                 "before it");
        return SK_NOT_SUPPORTED;
    }
    process_state = (struct libsock_state){ .port = port, .iface = iface };
    libsock_state_set(&process_state);
    start_done();
    return SK_OK;
}

enum sk_err libsock_start(struct sk_iface *iface, const struct port *port)
{
    uint8_t sample[4];

    if (port != NULL && !port->entropy(port, sample, sizeof sample)) {
        complain("this board has no entropy; libsock_start_without_entropy accepts that");
        return SK_NOT_SUPPORTED;
    }
    return libsock_start_without_entropy(iface, port);
}

/* Under the start lock. */
static struct libsock_state *start(void)
{
    struct libsock_state *state = libsock_state_current();

    if (state != NULL || start_problem != NULL || starting) {
        return state;
    }
    if (forked) {
        complain("a child of fork has no network");
        return NULL;
    }
    starting = true;
    struct sk_iface *iface = start_board();
    starting = false;
    state = libsock_state_current();
    if (state == NULL && iface != NULL) {
        complain("libsock_board did not call libsock_start");
    } else if (state == NULL && start_problem == NULL) {
        start_problem = "the board has no network"; /* it said why */
    }
    return state;
}

struct libsock_state *state_started(void)
{
    struct libsock_state *state = libsock_state_current();

    if (state != NULL) {
        return state;
    }
    start_lock();
    state = start();
    start_unlock();
    if (state == NULL) {
        errno_fail(ENETDOWN);
    }
    return state;
}

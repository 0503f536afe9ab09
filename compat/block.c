/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The only loop in the library that waits (`drive`), for every call that does. It runs the whole
 * stack meanwhile, so a program that only ever makes blocking calls needs no thread and no main
 * loop.
 */
#include "compat/block.h"

/* Set while the hook runs: it may not wait, or nobody would call it again. */
static _Thread_local bool in_background;

static void run_background(const struct port *port)
{
    port->unlock(port);
    in_background = true;
    port->background(port);
    in_background = false;
    port->lock(port);
}

static instant earlier(instant a, instant b)
{
    return a < b ? a : b;
}

static instant after(instant now, duration d)
{
    return d < NEVER - now ? now + d : NEVER;
}

instant block_deadline(const struct port *port, duration timeout)
{
    return timeout == 0 ? NEVER : after(port->now(port), timeout);
}

static bool ends_wait(enum port_idle idle, enum block_signal signal)
{
    return (idle == PORT_INTERRUPTED && signal != BLOCK_GOES_ON) ||
           (idle == PORT_RESTART && signal == BLOCK_ENDS);
}

struct op_wait {
    struct port_wait wait; /* first */
    const struct block_how *how;
};

static bool concerns_op(const struct port_wait *wait, sk_fd fd)
{
    const struct op_wait *w = (const struct op_wait *)(const void *)wait;

    if (w->how->concerns != NULL) {
        return w->how->concerns(wait->op, fd);
    }
    return wait->op->fd == SK_FD_NONE || wait->op->fd == fd;
}

static size_t fds_of(const struct port_wait *wait, struct pollfd *fds, size_t n)
{
    const struct op_wait *w = (const struct op_wait *)(const void *)wait;

    return w->how->wait_fds(wait->op, fds, n);
}

static instant own_deadline(const struct port *port, const struct op_wait *w, instant now,
                            instant background_at)
{
    const struct block_how *how = w->how;
    instant until = earlier(how->deadline, background_at);
    duration step = how->step != NULL ? how->step(w->wait.op, port->waits_for_fds) : 0;

    return step != 0 ? earlier(until, after(now, step)) : until;
}

static sk_fd acts_on = SK_FD_NONE;

bool block_acts_on(sk_fd fd)
{
    return fd == acts_on;
}

static enum sk_err poll_op(struct sk_op *op, struct sk_iface *iface, instant now)
{
    uint32_t before = sk_readiness(iface, op->fd);

    acts_on = op->fd;
    enum sk_err err = op->poll(op, iface, now);
    acts_on = SK_FD_NONE;
    if ((sk_readiness(iface, op->fd) & ~before) != 0) {
        sk_iface_tell(iface, op->fd);
    }
    return err;
}

static enum sk_err drive(const struct port *port, struct sk_iface *iface, struct sk_op *op,
                         const struct block_how *how)
{
    struct op_wait w = { .wait = { .op = op,
                                   .concerns = concerns_op,
                                   .mask = how->mask,
                                   .wait_fds = how->wait_fds != NULL ? fds_of : NULL },
                         .how = how };
    instant background_at = port->background != NULL && !how->ends_program ? 0 : NEVER;
    bool interrupted = false;

    for (;;) {
        instant now = port->now(port);
        sk_iface_poll(iface, now);
        enum sk_err err = poll_op(op, iface, now);
        if (err != SK_PENDING) {
            return err;
        }
        if (interrupted) {
            return SK_INTERRUPTED;
        }
        if (now >= how->deadline) {
            return SK_AGAIN;
        }
        if (in_background && !how->ends_program) {
            return SK_DEADLOCK;
        }
        if (now >= background_at) {
            run_background(port);
            background_at = now + BACKGROUND_EVERY;
            continue;
        }
        w.wait.until = own_deadline(port, &w, now, background_at);
        instant until = earlier(w.wait.until, sk_iface_poll_at(iface, now));
        interrupted = ends_wait(port->idle(port, iface, until, &w.wait), how->signal);
    }
}

enum sk_err block_as(const struct port *port, struct sk_iface *iface, struct sk_op *op,
                     struct block_how how)
{
    port->lock(port);
    enum sk_err err = drive(port, iface, op, &how);
    sk_iface_poll_egress(iface, port->now(port));
    port->unlock(port);
    return err;
}

enum sk_err block_on(const struct port *port, struct sk_iface *iface, struct sk_op *op,
                     instant deadline)
{
    return block_as(port, iface, op, (struct block_how){ .deadline = deadline });
}

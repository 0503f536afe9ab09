/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting for several descriptors is an operation like any other: its poll function looks at all of
 * them. Where some are the kernel's, it asks the kernel without waiting, under the port's lock as
 * all the shim asks of it: it cannot block. The port waits for those, too, where it can. Nothing
 * wakes it when a deferred connect is given up, nor for what is no end of this wait though the
 * kernel would say it is one: it looks again every LOOK_AGAIN. Timeouts are exact all the same.
 */
#define _GNU_SOURCE /* POLLRDHUP */
#include "compat/poll_wait.h"

#include "compat/block.h"
#include "compat/connect.h"
#include "compat/errno.h"
#include "compat/fd.h"
#include "compat/foreign.h"

#define LOOK_AGAIN ((duration)10000) /* us */

#define SECOND 1000000 /* us */
#define NS_PER_SECOND 1000000000
#define NS_PER_US 1000

#define EVENTS_IN (POLLIN | POLLRDNORM)
#define EVENTS_OUT (POLLOUT | POLLWRNORM)
#ifdef POLLRDHUP
#define EVENTS_RDHUP POLLRDHUP
#else
#define EVENTS_RDHUP 0
#endif

struct wait {
    struct sk_op op; /* first */
    struct poll_set set;
};

uint32_t poll_events(uint32_t readiness, uint32_t wanted)
{
    uint32_t events = ((readiness & SK_READABLE) != 0 ? EVENTS_IN : 0) |
                      ((readiness & SK_WRITABLE) != 0 ? EVENTS_OUT : 0) |
                      ((readiness & SK_URGENT) != 0 ? POLLPRI : 0) |
                      ((readiness & SK_PEER_CLOSED) != 0 ? EVENTS_RDHUP : 0);
    uint32_t always =
        ((readiness & SK_HANGUP) != 0 ? POLLHUP : 0) | ((readiness & SK_ERROR) != 0 ? POLLERR : 0);

    return (events & wanted) | always;
}

/* How many descriptors from the first on are not ours. */
static nfds_t foreign_run(const struct pollfd *fds, nfds_t n)
{
    nfds_t run = 0;

    while (run < n && fd_find(fds[run].fd) == NULL) {
        run++;
    }
    return run;
}

/* Asks the kernel for the first and those next to it that are not ours either; how many. */
static nfds_t poll_foreign(struct pollfd *fds, nfds_t n, struct sk_iface *iface, instant now)
{
    nfds_t run = 1 + foreign_run(fds + 1, n - 1);

    if (foreign_poll(fds, run, 0) < 0) {
        for (nfds_t i = 0; i < run; i++) {
            fds[i].revents = 0;
        }
    }
    for (nfds_t i = 0; i < run; i++) {
        if (foreign_has_ours(fds[i].fd) && foreign_ours_are_ready(fds[i].fd, iface, now)) {
            fds[i].revents |= (short)(fds[i].events & EVENTS_IN);
        }
    }
    return run;
}

static enum sk_err poll_all(struct sk_op *op, struct sk_iface *iface, instant now)
{
    const struct poll_set *set = &((struct wait *)op)->set;

    for (nfds_t i = 0; i < set->n;) {
        struct pollfd *p = &set->fds[i];
        struct sock_fd *s = fd_find(p->fd);
        if (s == NULL) {
            i += poll_foreign(p, set->n - i, iface, now);
        } else {
            p->revents = (short)poll_events(connect_readiness(s, iface, now), (uint32_t)p->events);
            i++;
        }
    }
    op->done = 0;
    for (nfds_t i = 0; i < set->n; i++) {
        op->done += set->is_met(&set->fds[i]);
    }
    return op->done > 0 ? SK_OK : SK_PENDING;
}

static bool is_among(const struct sk_op *op, sk_fd fd)
{
    const struct poll_set *set = &((const struct wait *)(const void *)op)->set;

    for (nfds_t i = 0; i < set->n; i++) {
        const struct sock_fd *s = fd_find(set->fds[i].fd);
        if (s != NULL ? s->fd == fd : foreign_has_ours(set->fds[i].fd)) {
            return true;
        }
    }
    return false;
}

static nfds_t n_without_ours(const struct pollfd *fds, nfds_t n)
{
    nfds_t i = 0;

    while (i < n && fd_find(fds[i].fd) == NULL && !foreign_has_ours(fds[i].fd)) {
        i++;
    }
    return i;
}

bool poll_is_foreign(const struct pollfd *fds, nfds_t n)
{
    if (!foreign_can_poll()) {
        return false;
    }
    return n > 0 ? n_without_ours(fds, n) == n : libsock_state_current() == NULL;
}

/* What the port can wait for. One that has something already, which is not an end, would have it
 * again at once. */
static size_t list_foreign(const struct poll_set *set, struct pollfd *fds, size_t room)
{
    size_t n = 0;

    for (nfds_t i = 0; i < set->n; i++) {
        const struct pollfd *p = &set->fds[i];
        if (p->fd < 0 || p->revents != 0 || fd_find(p->fd) != NULL) {
            continue;
        }
        if (n < room) {
            fds[n] = (struct pollfd){ .fd = p->fd, .events = p->events };
        }
        n++;
    }
    return n;
}

static size_t foreign_fds(const struct sk_op *op, struct pollfd *fds, size_t room)
{
    return list_foreign(&((const struct wait *)(const void *)op)->set, fds, room);
}

/* True when something can happen that nothing wakes us for. */
static bool must_look(const struct poll_set *set, bool port_waits)
{
    for (nfds_t i = 0; i < set->n; i++) {
        const struct sock_fd *s = fd_find(set->fds[i].fd);
        if (s != NULL ? s->open->connect == FD_CONNECT_DEFERRED
                      : set->fds[i].fd >= 0 && (!port_waits || set->fds[i].revents != 0)) {
            return true;
        }
    }
    return false;
}

static duration look_again(const struct sk_op *op, bool port_waits)
{
    return must_look(&((const struct wait *)(const void *)op)->set, port_waits) ? LOOK_AGAIN : 0;
}

bool poll_is_timeout(const struct timespec *t)
{
    return t == NULL || (t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < NS_PER_SECOND);
}

instant poll_deadline(const struct port *port, const struct timespec *t)
{
    if (t == NULL || (uint64_t)t->tv_sec >= NEVER / SECOND) {
        return NEVER;
    }
    duration d = (duration)t->tv_sec * SECOND + (t->tv_nsec + NS_PER_US - 1) / NS_PER_US;
    return d == 0 ? AT_ONCE : block_deadline(port, d);
}

/* A signal that came while the thread looked at its descriptors, and did not sleep. */
static bool is_interrupted(const sigset_t *mask)
{
    static const struct timespec at_once = { 0, 0 };

    return mask != NULL && foreign_ppoll(NULL, 0, &at_once, mask) < 0;
}

int poll_block(const struct port *port, struct sk_iface *iface, struct sk_op *op,
               struct block_how how)
{
    enum sk_err err = block_as(port, iface, op, how);

    if (err == SK_AGAIN && is_interrupted(how.mask)) {
        return errno_fail(EINTR);
    }
    return err == SK_OK || err == SK_AGAIN ? (int)op->done : errno_result(err);
}

int poll_wait(const struct port *port, struct sk_iface *iface, struct poll_set set,
              instant deadline)
{
    struct wait w = { .op = { .poll = poll_all, .fd = SK_FD_NONE }, .set = set };
    struct block_how how = { .deadline = deadline,
                             .step = look_again,
                             .wait_fds = foreign_fds,
                             .signal = BLOCK_ENDS,
                             .mask = set.mask,
                             .concerns = is_among };

    return poll_block(port, iface, &w.op, how);
}

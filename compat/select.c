/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * select, pselect: POSIX.1-2017, XSH select(), on top of poll_wait. `*timeout` is left as it was.
 * On firmware there are no signals for a mask to hold back. As on Linux, `n` may be more than a set
 * has room for, as long as no socket of ours has such a number, and tv_usec a second and more.
 */
#include <sys/time.h>

#include "compat/block.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/fd.h"
#include "compat/foreign.h"
#include "compat/poll_wait.h"
#include "compat/state.h"

#define SECOND 1000000 /* us */
#define NS_PER_US 1000
#define LAST_SECOND INT32_MAX /* as good as never, and a time_t of any size */

/* What select calls readable and writable, POSIX.1-2017 XSH select(): where the operation would not
 * wait. */
#define READABLE (POLLIN | POLLHUP | POLLERR)
#define WRITABLE (POLLOUT | POLLERR)

static bool is_set(const fd_set *set, int fd)
{
    return set != NULL && FD_ISSET(fd, set);
}

static nfds_t to_pollfds(int n, const fd_set *readable, const fd_set *writable,
                         const fd_set *exceptional, struct pollfd *out)
{
    nfds_t n_out = 0;

    for (int fd = 0; fd < n && fd < FD_SETSIZE; fd++) {
        short events =
            (short)((is_set(readable, fd) ? POLLIN : 0) | (is_set(writable, fd) ? POLLOUT : 0) |
                    (is_set(exceptional, fd) ? POLLPRI : 0));
        if (events != 0) {
            out[n_out++] = (struct pollfd){ .fd = fd, .events = events };
        }
    }
    return n_out;
}

/* Whether it asked for `event` and has one of `found`. */
static bool has(const struct pollfd *p, short event, short found)
{
    return (p->events & event) != 0 && (p->revents & found) != 0;
}

static bool is_invalid(const struct pollfd *p)
{
    return (p->revents & POLLNVAL) != 0;
}

static bool is_met(const struct pollfd *p)
{
    return is_invalid(p) || has(p, POLLIN, READABLE) || has(p, POLLOUT, WRITABLE) ||
           has(p, POLLPRI, POLLPRI);
}

/* Leaves in `set` those that have it; how many. What is not asked for is not touched: a program may
 * have made room for its highest number and no more. */
static int keep(fd_set *set, const struct pollfd *fds, nfds_t n, short event, short found)
{
    int n_kept = 0;

    for (nfds_t i = 0; set != NULL && i < n; i++) {
        if (has(&fds[i], event, found)) {
            n_kept++;
        } else if ((fds[i].events & event) != 0) {
            FD_CLR(fds[i].fd, set);
        }
    }
    return n_kept;
}

static bool has_invalid(const struct pollfd *fds, nfds_t n)
{
    for (nfds_t i = 0; i < n; i++) {
        if (is_invalid(&fds[i])) {
            return true;
        }
    }
    return false;
}

/* False: it is none. */
static bool to_timespec(const struct timeval *t, struct timespec *out)
{
    if (t->tv_sec < 0 || t->tv_usec < 0) {
        return false;
    }
    time_t more = (time_t)(t->tv_usec / SECOND);
    out->tv_sec = t->tv_sec < LAST_SECOND - more ? t->tv_sec + more : LAST_SECOND;
    out->tv_nsec = (long)(t->tv_usec % SECOND) * NS_PER_US;
    return true;
}

static bool has_no_room(int n)
{
    return n > FD_SETSIZE && fd_next(FD_SETSIZE) >= 0;
}

struct sets {
    fd_set *readable;
    fd_set *writable;
    fd_set *exceptional;
};

static int wait_for(struct pollfd *fds, nfds_t n, struct sets sets, const struct timespec *timeout,
                    const sigset_t *mask)
{
    foreign_test_cancel();
    struct libsock_state *state = state_started();
    if (state == NULL) {
        return -1;
    }
    struct poll_set set = { .fds = fds, .n = n, .is_met = is_met, .mask = mask };
    if (poll_wait(state->port, state->iface, set, poll_deadline(state->port, timeout)) < 0) {
        return -1;
    }
    if (has_invalid(fds, n)) {
        return errno_fail(EBADF);
    }
    return keep(sets.readable, fds, n, POLLIN, READABLE) +
           keep(sets.writable, fds, n, POLLOUT, WRITABLE) +
           keep(sets.exceptional, fds, n, POLLPRI, POLLPRI);
}

int libsock_pselect(int n, fd_set *readable, fd_set *writable, fd_set *exceptional,
                    const struct timespec *timeout, const sigset_t *mask)
{
    struct pollfd fds[FD_SETSIZE];

    if (n < 0) {
        return errno_fail(EINVAL);
    }
    nfds_t n_fds = to_pollfds(n, readable, writable, exceptional, fds);
    if (poll_is_foreign(fds, n_fds)) {
        return foreign_pselect(n, readable, writable, exceptional, timeout, mask);
    }
    if (!poll_is_timeout(timeout) || has_no_room(n)) {
        return errno_fail(EINVAL);
    }
    return wait_for(fds, n_fds, (struct sets){ readable, writable, exceptional }, timeout, mask);
}

int libsock_select(int n, fd_set *readable, fd_set *writable, fd_set *exceptional,
                   struct timeval *timeout)
{
    struct pollfd fds[FD_SETSIZE];
    struct timespec t;

    if (n < 0) {
        return errno_fail(EINVAL);
    }
    nfds_t n_fds = to_pollfds(n, readable, writable, exceptional, fds);
    if (poll_is_foreign(fds, n_fds)) {
        return foreign_select(n, readable, writable, exceptional, timeout);
    }
    if ((timeout != NULL && !to_timespec(timeout, &t)) || has_no_room(n)) {
        return errno_fail(EINVAL);
    }
    return wait_for(fds, n_fds, (struct sets){ readable, writable, exceptional },
                    timeout != NULL ? &t : NULL, NULL);
}

FACE(pselect);
FACE(select);

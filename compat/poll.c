/* SPDX-License-Identifier: BSD-3-Clause */
/* poll, ppoll: POSIX.1-2024, XSH poll(). Without descriptors it is a sleep that drives the stack.
 * On firmware there are no signals for a mask to hold back. */
#include "compat/block.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/foreign.h"
#include "compat/poll_wait.h"
#include "compat/state.h"

#define MILLISECONDS_PER_SECOND 1000
#define NS_PER_MILLISECOND 1000000

static bool is_met(const struct pollfd *p)
{
    return p->revents != 0;
}

static int wait_for(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
                    const sigset_t *mask)
{
    foreign_test_cancel();
    struct libsock_state *state = state_started();
    if (state == NULL) {
        return -1;
    }
    struct poll_set set = { .fds = fds, .n = n, .is_met = is_met, .mask = mask };
    return poll_wait(state->port, state->iface, set, poll_deadline(state->port, timeout));
}

int libsock_poll(struct pollfd *fds, nfds_t n, int timeout)
{
    if (fds == NULL && n > 0) {
        return errno_fail(EFAULT);
    }
    if (poll_is_foreign(fds, n)) {
        return foreign_poll(fds, n, timeout);
    }
    struct timespec t = { .tv_sec = timeout / MILLISECONDS_PER_SECOND,
                          .tv_nsec =
                              (long)(timeout % MILLISECONDS_PER_SECOND) * NS_PER_MILLISECOND };
    return wait_for(fds, n, timeout < 0 ? NULL : &t, NULL);
}

int libsock_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
                  const sigset_t *mask)
{
    if (fds == NULL && n > 0) {
        return errno_fail(EFAULT);
    }
    if (poll_is_foreign(fds, n)) {
        return foreign_ppoll(fds, n, timeout, mask);
    }
    return poll_is_timeout(timeout) ? wait_for(fds, n, timeout, mask) : errno_fail(EINVAL);
}

FACE(poll);
FACE(ppoll);

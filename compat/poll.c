/* SPDX-License-Identifier: BSD-3-Clause */
/* poll: POSIX.1-2017, XSH poll(). Without descriptors it is a sleep that drives the stack. */
#include "compat/block.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/foreign.h"
#include "compat/poll_wait.h"
#include "compat/state.h"

#define MILLISECOND 1000 /* us */

static bool is_met(const struct pollfd *p)
{
    return p->revents != 0;
}

int libsock_poll(struct pollfd *fds, nfds_t n, int timeout)
{
    if (fds == NULL && n > 0) {
        return errno_fail(EFAULT);
    }
    if (poll_is_foreign(fds, n)) {
        return foreign_poll(fds, n, timeout);
    }
    foreign_test_cancel();
    struct libsock_state *state = state_started();
    if (state == NULL) {
        return -1;
    }
    instant deadline = AT_ONCE;
    if (timeout != 0) {
        deadline =
            timeout < 0 ? NEVER : block_deadline(state->port, (duration)timeout * MILLISECOND);
    }
    struct poll_set set = { .fds = fds, .n = n, .is_met = is_met };
    return poll_wait(state->port, state->iface, set, deadline);
}

FACE(poll);

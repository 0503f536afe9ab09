/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of a program. The kernel would go on sending what a process wrote before it exited; here
 * the stack ends with it, so the exit closes what is open and waits, for a moment, until everything
 * has been sent and acknowledged. What the peers still have to say is not waited for. Other threads
 * find out as little as from the kernel: their calls do not return any more.
 */
#include "compat/block.h"
#include "compat/call.h"
#include "compat/compat.h"
#include "compat/fd.h"

#define EXIT_DRAIN ((duration)2000000) /* us: a few retransmissions on a short path */

static enum sk_err poll_drained(struct sk_op *op, struct sk_iface *iface, instant now)
{
    (void)op;
    (void)now;
    return sk_iface_drained(iface) ? SK_OK : SK_PENDING;
}

/* The numbers stay taken: nobody needs them any more. */
static void close_all(void)
{
    struct sk_iface *iface = state_enter();

    for (int fd = fd_next(0); fd >= 0; fd = fd_next(fd + 1)) {
        const struct sock_fd *s = fd_find(fd);
        if (s != NULL) {
            call_end(iface, s->fd, s->type == SK_STREAM ? s->open->linger : FD_NO_LINGER);
        }
    }
    state_leave();
}

void exit_drain(void)
{
    struct libsock_state *state = libsock_state_current();

    if (state == NULL) {
        return;
    }
    if (state->port->halt_others != NULL) {
        state->port->halt_others(state->port);
    }
    close_all();
    struct sk_op op = { .poll = poll_drained, .fd = SK_FD_NONE };
    struct block_how how = { .deadline = block_deadline(state->port, EXIT_DRAIN),
                             .ends_program = true };
    block_as(state->port, state->iface, &op, how);
}

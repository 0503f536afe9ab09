/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of a program. The kernel would go on sending what a process wrote before it exited; here
 * the stack ends with it, so the exit closes what is open and waits, for a moment, until everything
 * has been sent and acknowledged. What the peers still have to say is not waited for.
 */
#include "compat/block.h"
#include "compat/compat.h"
#include "compat/fd.h"
#include "net/iface.h"

#define EXIT_DRAIN ((duration)2000000) /* us: a few retransmissions on a short path */

/* RFC 9293 3.3.2: from FIN-WAIT-2 on the peer has everything. */
static bool is_delivered(const struct tcp_entry *tcp)
{
    if (tcp->node.tag != SOCK_TCP || !tcp->opened) {
        return true;
    }
    return tcp->tcp.state == TCP_CLOSED || tcp->tcp.state == TCP_FIN_WAIT_2 ||
           tcp->tcp.state == TCP_TIME_WAIT;
}

/* Closed datagram sockets live until their last datagram has left. */
static enum sk_err poll_drained(struct sk_op *op, struct sk_iface *iface, instant now)
{
    (void)op;
    (void)now;
    for (uint32_t i = 0; i < iface->tcp.n_touched; i++) {
        if (!is_delivered(tcp_at(iface, i))) {
            return SK_PENDING;
        }
    }
    return iface->udp.n_taken == 0 ? SK_OK : SK_PENDING;
}

void exit_drain(void)
{
    struct libsock_state *state = libsock_state_current();

    if (state == NULL) {
        return;
    }
    for (int fd = fd_next(0); fd >= 0; fd = fd_next(fd + 1)) {
        libsock_close(fd);
    }
    struct sk_op op = { .poll = poll_drained };
    block_on(state->port, state->iface, &op, block_deadline(state->port, EXIT_DRAIN));
}

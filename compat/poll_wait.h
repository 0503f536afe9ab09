/* SPDX-License-Identifier: BSD-3-Clause */
/* What poll, ppoll, select and pselect share: waiting for several descriptors, ours and others. */
#pragma once

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

#include "compat/block.h"
#include "libsock.h"
#include "port/port.h"

/** True when a wait for these goes past us: none is ours, and the system can wait for the others.
 */
bool poll_is_foreign(const struct pollfd *fds, nfds_t n);

struct poll_set {
    struct pollfd *fds;
    nfds_t n;
    bool (*is_met)(const struct pollfd *p); /* whether its revents end the wait */
    const sigset_t *mask; /* what the thread holds back meanwhile; NULL: what it does anyway */
};

/** POLLIN and so on, of those wanted or always told, of an enum sk_readiness; of epoll, too, whose
 * events have the same values. */
uint32_t poll_events(uint32_t readiness, uint32_t wanted);

/** As block_as; the operation's `done`, 0 at the deadline. -1 and errno: EDEADLK, EINTR. With a
 * mask, a signal that it lets in is never left behind by a wait that found nothing. */
int poll_block(const struct port *port, struct sk_iface *iface, struct sk_op *op,
               struct block_how how);

/** True for NULL, and for what ppoll and pselect take. */
bool poll_is_timeout(const struct timespec *timeout);

/** The end of a wait that begins now; NULL: NEVER. */
instant poll_deadline(const struct port *port, const struct timespec *timeout);

/** Sets each revents; how many are met, 0 at the deadline. -1 and errno: EDEADLK, EINTR. With a
 * mask, a signal that it lets in is never left behind by a wait that found nothing. */
int poll_wait(const struct port *port, struct sk_iface *iface, struct poll_set set,
              instant deadline);

/* SPDX-License-Identifier: BSD-3-Clause */
/* What poll and select share: waiting for several descriptors, ours and others. */
#pragma once

#include <poll.h>
#include <stdbool.h>

#include "libsock.h"
#include "port/port.h"

/** True when a wait for these goes past us: none is ours, and the system can wait for the others.
 */
bool poll_is_foreign(const struct pollfd *fds, nfds_t n);

struct poll_set {
    struct pollfd *fds;
    nfds_t n;
    bool (*is_met)(const struct pollfd *p); /* whether its revents end the wait */
};

/** Sets each revents; how many are met, 0 at the deadline. -1 and errno: EDEADLK, EINTR. */
int poll_wait(const struct port *port, struct sk_iface *iface, struct poll_set set,
              instant deadline);

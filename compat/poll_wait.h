/* SPDX-License-Identifier: BSD-3-Clause */
/* What poll and select share: waiting for several descriptors, ours and others. */
#pragma once

#include <poll.h>

#include "libsock.h"
#include "port/port.h"

/** True when a wait for these goes past us: none is ours, and the system can wait for the others.
 */
bool poll_is_foreign(const struct pollfd *fds, nfds_t n);

/** Sets each revents; how many are not 0. -1 and errno: EDEADLK, EINTR. */
int poll_wait(const struct port *port, struct sk_iface *iface, struct pollfd *fds, nfds_t n,
              instant deadline);

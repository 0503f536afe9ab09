/* SPDX-License-Identifier: BSD-3-Clause */
/* The host's loopback, or ours: see loopback.c. */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

/** Whether 127.0.0.0/8 is our own; before that it is the host's. */
void loopback_is_ours(bool ours);

/** Before `fd`, of any kind, sends to an address, which may be NULL. 0: it may go on; else -1 and
 * errno: ENETUNREACH for a socket that the private network has by now. */
int loopback_prepare_datagram(int fd, const void *to, socklen_t len);

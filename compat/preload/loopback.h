/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams for the host's loopback: see loopback.c. */
#pragma once

#include <sys/socket.h>

/** Before `fd`, of any kind, sends to an address, which may be NULL. 0: it may go on; else -1 and
 * errno: ENETUNREACH for a socket that the private network has by now. */
int loopback_prepare_datagram(int fd, const void *to, socklen_t len);

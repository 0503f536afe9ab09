/* SPDX-License-Identifier: BSD-3-Clause */
/* Between struct sockaddr, whose port is in network order, and struct sk_addr. */
#pragma once

#include <sys/socket.h>

#include "libsock.h"

/** Reads an address. 0, or an errno: EFAULT, EINVAL (too short), EAFNOSUPPORT. */
int addr_from_sockaddr(const struct sockaddr *sa, socklen_t len, struct sk_addr *out);

/** Writes one, cut off at `*len`, which becomes the whole length. 0, or an errno: EFAULT. `sa`
 * NULL: nothing asked. */
int addr_to_sockaddr(struct sk_addr addr, struct sockaddr *sa, socklen_t *len);

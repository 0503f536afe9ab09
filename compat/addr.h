/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between struct sockaddr, whose port is in network order, and struct sk_addr. A socket of AF_INET6
 * has IPv4 addresses mapped into IPv6's (RFC 4291 2.5.5.2), and "::" for every one.
 */
#pragma once

#include <sys/socket.h>

#include "compat/fd.h"
#include "libsock.h"

/** Reads an address for a socket. 0, or an errno: EFAULT, EINVAL (too short), EAFNOSUPPORT,
 * ENETUNREACH (one of IPv6 itself). */
int addr_from_sockaddr(const struct sock_fd *s, const struct sockaddr *sa, socklen_t len,
                       struct sk_addr *out);

/** As addr_from_sockaddr, to send or connect to: datagram sockets of AF_INET6 take AF_INET, too. */
int addr_of_peer(const struct sock_fd *s, const struct sockaddr *sa, socklen_t len,
                 struct sk_addr *out);

/** Writes one as a socket has it, cut off at `*len`, which becomes the whole length. 0, or an
 * errno: EFAULT. `sa` NULL: nothing asked. */
int addr_to_sockaddr(bool inet6, struct sk_addr addr, struct sockaddr *sa, socklen_t *len);

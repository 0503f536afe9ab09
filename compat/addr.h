/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between struct sockaddr, whose port is in network order, and struct sk_addr. A socket of AF_INET6
 * has IPv4 addresses mapped into IPv6's (RFC 4291 2.5.5.2), and "::" for every one.
 */
#pragma once

#include <sys/socket.h>

#include "compat/fd.h"
#include "libsock.h"

/** Reads an address for a socket. 0, or an errno: EFAULT, EINVAL (too short or too long),
 * EAFNOSUPPORT, ENETUNREACH (one of IPv6 itself). */
int addr_from_sockaddr(const struct sock_fd *s, const struct sockaddr *sa, socklen_t len,
                       struct sk_addr *out);

/** As addr_from_sockaddr, to send or connect to: datagram sockets of AF_INET6 take AF_INET, too. */
int addr_of_peer(const struct sock_fd *s, const struct sockaddr *sa, socklen_t len,
                 struct sk_addr *out);

/** Whether an address can be written: 0, or an errno: EFAULT, EINVAL (a negative length). `sa`
 * NULL: nothing asked. */
int addr_check_room(const struct sockaddr *sa, const socklen_t *len);

/** Writes one as a socket has it, cut off at `*len`, which becomes the whole length. As
 * addr_check_room. */
int addr_to_sockaddr(bool inet6, struct sk_addr addr, struct sockaddr *sa, socklen_t *len);

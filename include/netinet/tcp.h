/* SPDX-License-Identifier: BSD-3-Clause */
/* netinet/tcp.h for firmware whose C library has none. See sys/socket.h. */
#ifndef LIBSOCK_NETINET_TCP_H
#define LIBSOCK_NETINET_TCP_H

#pragma GCC system_header

#define TCP_NODELAY 1

#endif

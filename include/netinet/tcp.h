/* SPDX-License-Identifier: BSD-3-Clause */
/* netinet/tcp.h for firmware whose C library has none. See sys/socket.h. */
#ifndef LIBSOCK_NETINET_TCP_H
#define LIBSOCK_NETINET_TCP_H

#pragma GCC system_header

#define TCP_NODELAY 1
#define TCP_KEEPIDLE 4
#define TCP_KEEPINTVL 5
#define TCP_KEEPCNT 6
#define TCP_CONGESTION 13
#define TCP_USER_TIMEOUT 18

#endif

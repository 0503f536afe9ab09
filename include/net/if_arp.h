/* SPDX-License-Identifier: BSD-3-Clause */
/* net/if_arp.h for firmware whose C library has none: what SIOCGIFHWADDR calls a medium, with
 * Linux's values. See sys/socket.h. */
#ifndef LIBSOCK_NET_IF_ARP_H
#define LIBSOCK_NET_IF_ARP_H

#pragma GCC system_header

#define ARPHRD_ETHER 1
#define ARPHRD_LOOPBACK 772
#define ARPHRD_NONE 0xfffe

#endif

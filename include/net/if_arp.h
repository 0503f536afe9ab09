/* SPDX-License-Identifier: BSD-3-Clause */
/* net/if_arp.h for firmware whose C library has none: what SIOCGIFHWADDR calls a medium. Linux's
 * values have 16 bits, and picolibc's sa_family_t has 8. See sys/socket.h. */
#ifndef LIBSOCK_NET_IF_ARP_H
#define LIBSOCK_NET_IF_ARP_H

#pragma GCC system_header

#define ARPHRD_ETHER 1
#define ARPHRD_LOOPBACK 254
#define ARPHRD_NONE 255

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* netinet/in.h for firmware whose C library has none: IPv4. See sys/socket.h. */
#ifndef LIBSOCK_NETINET_IN_H
#define LIBSOCK_NETINET_IN_H

#pragma GCC system_header

#include <stdint.h>
#include <sys/socket.h>

#ifndef _IN_ADDR_T_DECLARED /* strict standards hide the C library's */
typedef __uint32_t in_addr_t;
#define _IN_ADDR_T_DECLARED
#endif

#ifndef _IN_PORT_T_DECLARED
typedef __uint16_t in_port_t;
#define _IN_PORT_T_DECLARED
#endif

struct in_addr {
    in_addr_t s_addr; /* network order */
};

struct sockaddr_in {
    sa_family_t sin_family;
    in_port_t sin_port; /* network order */
    struct in_addr sin_addr;
    unsigned char sin_zero[8];
};

#define IPPROTO_IP 0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_RAW 255

/* Options at level IPPROTO_IP. */
#define IP_TOS 1
#define IP_TTL 2

/* In host order. */
#define INADDR_ANY ((in_addr_t)0x00000000)
#define INADDR_LOOPBACK ((in_addr_t)0x7f000001)
#define INADDR_BROADCAST ((in_addr_t)0xffffffff)
#define INADDR_NONE ((in_addr_t)0xffffffff)

#define INET_ADDRSTRLEN 16
#define INET6_ADDRSTRLEN 46

#include <arpa/inet.h>

#ifndef LIBSOCK_ARPA_INET_H
#error                                                                                             \
    "the C library's arpa/inet.h came before libsock's: give libsock's include directory with -I, not -isystem"
#endif

#endif

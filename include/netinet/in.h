/* SPDX-License-Identifier: BSD-3-Clause */
/* netinet/in.h for firmware whose C library has none, with Linux's values. Sockets of
 * AF_INET6 carry IPv4, its addresses mapped. See sys/socket.h. */
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

struct in6_addr {
    union {
        uint8_t __octets[16];
        uint16_t __groups[8];
        uint32_t __words[4];
    } __in6_u;
};

#define s6_addr __in6_u.__octets
#define s6_addr16 __in6_u.__groups
#define s6_addr32 __in6_u.__words

struct sockaddr_in6 {
    sa_family_t sin6_family;
    in_port_t sin6_port; /* network order */
    uint32_t sin6_flowinfo;
    struct in6_addr sin6_addr;
    uint32_t sin6_scope_id;
};

#define SOL_IP 0

#define IPPROTO_IP 0
#define IPPROTO_ICMP 1
#define IPPROTO_IGMP 2
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_IPV6 41
#define IPPROTO_ICMPV6 58
#define IPPROTO_RAW 255

/* Options at level IPPROTO_IP. */
#define IP_TOS 1
#define IP_TTL 2
#define IP_HDRINCL 3
#define IP_OPTIONS 4
#define IP_RECVOPTS 6
#define IP_RETOPTS 7
#define IP_RECVRETOPTS IP_RETOPTS
#define IP_PKTINFO 8
#define IP_MTU_DISCOVER 10
#define IP_RECVERR 11
#define IP_RECVTTL 12
#define IP_RECVTOS 13
#define IP_MTU 14
#define IP_MULTICAST_IF 32
#define IP_MULTICAST_TTL 33
#define IP_MULTICAST_LOOP 34
#define IP_ADD_MEMBERSHIP 35
#define IP_DROP_MEMBERSHIP 36

#define IP_DEFAULT_MULTICAST_TTL 1
#define IP_DEFAULT_MULTICAST_LOOP 1

/* Of IP_MTU_DISCOVER. */
#define IP_PMTUDISC_DONT 0
#define IP_PMTUDISC_WANT 1
#define IP_PMTUDISC_DO 2
#define IP_PMTUDISC_PROBE 3

struct ip_mreq {
    struct in_addr imr_multiaddr;
    struct in_addr imr_interface;
};

struct ip_mreqn {
    struct in_addr imr_multiaddr;
    struct in_addr imr_address;
    int imr_ifindex;
};

struct in_pktinfo {
    int ipi_ifindex;
    struct in_addr ipi_spec_dst;
    struct in_addr ipi_addr;
};

/* Options at level IPPROTO_IPV6. */
#define IPV6_UNICAST_HOPS 16
#define IPV6_MULTICAST_IF 17
#define IPV6_MULTICAST_HOPS 18
#define IPV6_MULTICAST_LOOP 19
#define IPV6_JOIN_GROUP 20
#define IPV6_LEAVE_GROUP 21
#define IPV6_V6ONLY 26

struct ipv6_mreq {
    struct in6_addr ipv6mr_multiaddr;
    unsigned ipv6mr_interface;
};

/* In host order. */
#define INADDR_ANY ((in_addr_t)0x00000000)
#define INADDR_LOOPBACK ((in_addr_t)0x7f000001)
#define INADDR_BROADCAST ((in_addr_t)0xffffffff)
#define INADDR_NONE ((in_addr_t)0xffffffff)
#define INADDR_UNSPEC_GROUP ((in_addr_t)0xe0000000)
#define INADDR_ALLHOSTS_GROUP ((in_addr_t)0xe0000001)
#define INADDR_ALLRTRS_GROUP ((in_addr_t)0xe0000002)
#define INADDR_MAX_LOCAL_GROUP ((in_addr_t)0xe00000ff)

#define IN_CLASSA(a) ((((in_addr_t)(a)) & 0x80000000) == 0)
#define IN_CLASSA_NET 0xff000000
#define IN_CLASSA_NSHIFT 24
#define IN_CLASSA_HOST (0xffffffff & ~IN_CLASSA_NET)
#define IN_CLASSA_MAX 128
#define IN_CLASSB(a) ((((in_addr_t)(a)) & 0xc0000000) == 0x80000000)
#define IN_CLASSB_NET 0xffff0000
#define IN_CLASSB_NSHIFT 16
#define IN_CLASSB_HOST (0xffffffff & ~IN_CLASSB_NET)
#define IN_CLASSB_MAX 65536
#define IN_CLASSC(a) ((((in_addr_t)(a)) & 0xe0000000) == 0xc0000000)
#define IN_CLASSC_NET 0xffffff00
#define IN_CLASSC_NSHIFT 8
#define IN_CLASSC_HOST (0xffffffff & ~IN_CLASSC_NET)
#define IN_CLASSD(a) ((((in_addr_t)(a)) & 0xf0000000) == 0xe0000000)
#define IN_MULTICAST(a) IN_CLASSD(a)
#define IN_EXPERIMENTAL(a) ((((in_addr_t)(a)) & 0xe0000000) == 0xe0000000)
#define IN_BADCLASS(a) ((((in_addr_t)(a)) & 0xf0000000) == 0xf0000000)
#define IN_LOOPBACKNET 127

#define IPPORT_ECHO 7
#define IPPORT_DISCARD 9
#define IPPORT_DAYTIME 13
#define IPPORT_FTP 21
#define IPPORT_TELNET 23
#define IPPORT_SMTP 25
#define IPPORT_TIMESERVER 37
#define IPPORT_NAMESERVER 42
#define IPPORT_WHOIS 43
#define IPPORT_TFTP 69
#define IPPORT_FINGER 79
#define IPPORT_RESERVED 1024
#define IPPORT_USERRESERVED 5000

#define INET_ADDRSTRLEN 16
#define INET6_ADDRSTRLEN 46

#ifdef __cplusplus
extern "C" {
#endif

extern const struct in6_addr in6addr_any;
extern const struct in6_addr in6addr_loopback;

#ifdef __cplusplus
}
#endif

// clang-format off
#define IN6ADDR_ANY_INIT { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } } }
#define IN6ADDR_LOOPBACK_INIT { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } } }
// clang-format on

/* Evaluate their argument once; it is a const struct in6_addr *. */
#define __IN6_TEST(__a, __condition)                                                               \
    (__extension__({                                                                               \
        const uint8_t *__o = ((const struct in6_addr *)(__a))->s6_addr;                            \
        (__condition) ? 1 : 0;                                                                     \
    }))
#define __IN6_ZERO(__n) (__builtin_memcmp(__o, in6addr_any.s6_addr, (__n)) == 0)

#define IN6_IS_ADDR_UNSPECIFIED(a) __IN6_TEST(a, __IN6_ZERO(16))
#define IN6_IS_ADDR_LOOPBACK(a) __IN6_TEST(a, __IN6_ZERO(15) && __o[15] == 1)
#define IN6_IS_ADDR_MULTICAST(a) __IN6_TEST(a, __o[0] == 0xff)
#define IN6_IS_ADDR_LINKLOCAL(a) __IN6_TEST(a, __o[0] == 0xfe && (__o[1] & 0xc0) == 0x80)
#define IN6_IS_ADDR_SITELOCAL(a) __IN6_TEST(a, __o[0] == 0xfe && (__o[1] & 0xc0) == 0xc0)
#define IN6_IS_ADDR_V4MAPPED(a) __IN6_TEST(a, __IN6_ZERO(10) && __o[10] == 0xff && __o[11] == 0xff)
#define IN6_IS_ADDR_V4COMPAT(a) __IN6_TEST(a, __IN6_ZERO(12) && !(__IN6_ZERO(15) && __o[15] <= 1))
#define IN6_IS_ADDR_MC_NODELOCAL(a) __IN6_TEST(a, __o[0] == 0xff && (__o[1] & 0xf) == 0x1)
#define IN6_IS_ADDR_MC_LINKLOCAL(a) __IN6_TEST(a, __o[0] == 0xff && (__o[1] & 0xf) == 0x2)
#define IN6_IS_ADDR_MC_SITELOCAL(a) __IN6_TEST(a, __o[0] == 0xff && (__o[1] & 0xf) == 0x5)
#define IN6_IS_ADDR_MC_ORGLOCAL(a) __IN6_TEST(a, __o[0] == 0xff && (__o[1] & 0xf) == 0x8)
#define IN6_IS_ADDR_MC_GLOBAL(a) __IN6_TEST(a, __o[0] == 0xff && (__o[1] & 0xf) == 0xe)
#define IN6_ARE_ADDR_EQUAL(a, b)                                                                   \
    __IN6_TEST(a, __builtin_memcmp(__o, ((const struct in6_addr *)(b))->s6_addr, 16) == 0)

#include <arpa/inet.h>

#ifndef LIBSOCK_ARPA_INET_H
#error                                                                                             \
    "the C library's arpa/inet.h came before libsock's: give libsock's include directory with -I, not -isystem"
#endif

#endif

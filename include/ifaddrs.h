/* SPDX-License-Identifier: BSD-3-Clause */
/* ifaddrs.h for firmware whose C library has none, with glibc's structure. See sys/socket.h. */
#ifndef LIBSOCK_IFADDRS_H
#define LIBSOCK_IFADDRS_H

#pragma GCC system_header

#include <sys/socket.h>

struct ifaddrs {
    struct ifaddrs *ifa_next;
    char *ifa_name;
    unsigned int ifa_flags;
    struct sockaddr *ifa_addr;
    struct sockaddr *ifa_netmask;
    union {
        struct sockaddr *ifu_broadaddr;
        struct sockaddr *ifu_dstaddr;
    } ifa_ifu;
    void *ifa_data;
};

#define ifa_broadaddr ifa_ifu.ifu_broadaddr
#define ifa_dstaddr ifa_ifu.ifu_dstaddr

#ifdef __cplusplus
extern "C" {
#endif

int getifaddrs(struct ifaddrs **__out);
void freeifaddrs(struct ifaddrs *__list);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* linux/errqueue.h for firmware: what recvmsg tells with MSG_ERRQUEUE (ip(7), IP_RECVERR), with
 * Linux's values. See sys/socket.h. */
#ifndef LIBSOCK_LINUX_ERRQUEUE_H
#define LIBSOCK_LINUX_ERRQUEUE_H

#pragma GCC system_header

#include <stdint.h>

#define SO_EE_ORIGIN_NONE 0
#define SO_EE_ORIGIN_LOCAL 1
#define SO_EE_ORIGIN_ICMP 2
#define SO_EE_ORIGIN_ICMP6 3

struct sock_extended_err {
    uint32_t ee_errno;
    uint8_t ee_origin;
    uint8_t ee_type;
    uint8_t ee_code;
    uint8_t ee_pad;
    uint32_t ee_info; /* the MTU of EMSGSIZE */
    uint32_t ee_data;
};

/* The address behind it: of who said so. */
#define SO_EE_OFFENDER(error) ((struct sockaddr *)((error) + 1))

#endif

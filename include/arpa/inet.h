/* SPDX-License-Identifier: BSD-3-Clause */
/* arpa/inet.h for firmware: picolibc's own has the byte order macros only, and is included. See
 * sys/socket.h. */
#ifndef LIBSOCK_ARPA_INET_H
#define LIBSOCK_ARPA_INET_H

#pragma GCC system_header

#include_next <arpa/inet.h>

#include <netinet/in.h>

#ifdef __cplusplus
extern "C" {
#endif

int inet_pton(int __family, const char *__text, void *__addr);
const char *inet_ntop(int __family, const void *__addr, char *__text, socklen_t __len);

#ifdef __cplusplus
}
#endif

#endif

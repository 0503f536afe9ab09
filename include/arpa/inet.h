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

/* In parentheses, since they are macros, too. */
uint32_t(htonl)(uint32_t __bits);
uint16_t(htons)(uint16_t __bits);
uint32_t(ntohl)(uint32_t __bits);
uint16_t(ntohs)(uint16_t __bits);

int inet_pton(int __family, const char *__text, void *__addr);
const char *inet_ntop(int __family, const void *__addr, char *__text, socklen_t __len);
in_addr_t inet_addr(const char *__text);
int inet_aton(const char *__text, struct in_addr *__addr);
char *inet_ntoa(struct in_addr __addr);

#ifdef __cplusplus
}
#endif

#endif

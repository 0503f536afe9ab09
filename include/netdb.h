/* SPDX-License-Identifier: BSD-3-Clause */
/* netdb.h for firmware whose C library has none, with glibc's values. See sys/socket.h. */
#ifndef LIBSOCK_NETDB_H
#define LIBSOCK_NETDB_H

#pragma GCC system_header

#include <netinet/in.h>

#define AI_PASSIVE 0x0001
#define AI_CANONNAME 0x0002
#define AI_NUMERICHOST 0x0004
#define AI_V4MAPPED 0x0008
#define AI_ALL 0x0010
#define AI_ADDRCONFIG 0x0020
#define AI_NUMERICSERV 0x0400

#define EAI_BADFLAGS (-1)
#define EAI_NONAME (-2)
#define EAI_AGAIN (-3)
#define EAI_FAIL (-4)
#define EAI_FAMILY (-6)
#define EAI_SOCKTYPE (-7)
#define EAI_SERVICE (-8)
#define EAI_MEMORY (-10)
#define EAI_SYSTEM (-11)
#define EAI_OVERFLOW (-12)

struct addrinfo {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    socklen_t ai_addrlen;
    struct sockaddr *ai_addr;
    char *ai_canonname;
    struct addrinfo *ai_next;
};

#ifdef __cplusplus
extern "C" {
#endif

int getaddrinfo(const char *__node, const char *__service, const struct addrinfo *__hints,
                struct addrinfo **__out);
void freeaddrinfo(struct addrinfo *__list);
const char *gai_strerror(int __error);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sys/socket.h for firmware whose C library has none: what libsock implements, with Linux's values.
 * Put this directory on the include path with -I, not with -isystem: netinet/in.h checks.
 */
#ifndef LIBSOCK_SYS_SOCKET_H
#define LIBSOCK_SYS_SOCKET_H

#pragma GCC system_header

#include <sys/types.h>

#ifndef _SOCKLEN_T_DECLARED
typedef __socklen_t socklen_t;
#define _SOCKLEN_T_DECLARED
#endif

#ifndef _SA_FAMILY_T_DECLARED
typedef __sa_family_t sa_family_t;
#define _SA_FAMILY_T_DECLARED
#endif

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10

#define PF_UNSPEC AF_UNSPEC
#define PF_UNIX AF_UNIX
#define PF_INET AF_INET
#define PF_INET6 AF_INET6

#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_SEQPACKET 5
#define SOCK_NONBLOCK 0x4000 /* picolibc's O_NONBLOCK */
#define SOCK_CLOEXEC 0x40000 /* picolibc's O_CLOEXEC */

#define SOMAXCONN 128

#define SOL_SOCKET 1

#define SO_REUSEADDR 2
#define SO_TYPE 3
#define SO_ERROR 4
#define SO_SNDBUF 7
#define SO_RCVBUF 8
#define SO_KEEPALIVE 9
#define SO_RCVTIMEO 20
#define SO_SNDTIMEO 21

#define MSG_PEEK 0x02
#define MSG_DONTWAIT 0x40
#define MSG_WAITALL 0x100
#define MSG_NOSIGNAL 0x4000

#define SHUT_RD 0
#define SHUT_WR 1
#define SHUT_RDWR 2

/* Of the same size as struct sockaddr_in: programs exchange the two. */
struct sockaddr {
    sa_family_t sa_family;
    char sa_data[16 - sizeof(sa_family_t)];
};

struct sockaddr_storage {
    sa_family_t ss_family;
    __uint32_t __ss_data[31];
};

#ifdef __cplusplus
extern "C" {
#endif

int socket(int __domain, int __type, int __protocol);
int bind(int __fd, const struct sockaddr *__addr, socklen_t __len);
int listen(int __fd, int __backlog);
int accept(int __fd, struct sockaddr *__addr, socklen_t *__len);
int connect(int __fd, const struct sockaddr *__addr, socklen_t __len);
int shutdown(int __fd, int __how);
int getsockname(int __fd, struct sockaddr *__addr, socklen_t *__len);
int getpeername(int __fd, struct sockaddr *__addr, socklen_t *__len);
int getsockopt(int __fd, int __level, int __option, void *__value, socklen_t *__len);
int setsockopt(int __fd, int __level, int __option, const void *__value, socklen_t __len);
ssize_t send(int __fd, const void *__buffer, size_t __len, int __flags);
ssize_t sendto(int __fd, const void *__buffer, size_t __len, int __flags,
               const struct sockaddr *__to, socklen_t __to_len);
ssize_t recv(int __fd, void *__buffer, size_t __len, int __flags);
ssize_t recvfrom(int __fd, void *__buffer, size_t __len, int __flags, struct sockaddr *__from,
                 socklen_t *__from_len);

#ifdef __cplusplus
}
#endif

#endif

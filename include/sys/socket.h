/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sys/socket.h for firmware whose C library has none: with Linux's values where picolibc has
 * none. What libsock does not implement, its calls refuse.
 * Put this directory on the include path with -I, not with -isystem: netinet/in.h checks.
 */
#ifndef LIBSOCK_SYS_SOCKET_H
#define LIBSOCK_SYS_SOCKET_H

#pragma GCC system_header

#include <sys/types.h>
#include <sys/uio.h>

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
#define AF_LOCAL AF_UNIX
#define AF_INET 2
#define AF_INET6 10

#define PF_UNSPEC AF_UNSPEC
#define PF_UNIX AF_UNIX
#define PF_LOCAL AF_LOCAL
#define PF_INET AF_INET
#define PF_INET6 AF_INET6

#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_SEQPACKET 5
#define SOCK_NONBLOCK 0x4000 /* picolibc's O_NONBLOCK */
#define SOCK_CLOEXEC 0x40000 /* picolibc's O_CLOEXEC */
#define SOCK_CLOFORK 0x10000000

#define SOMAXCONN 128

#define SOL_SOCKET 1

#define SO_DEBUG 1
#define SO_REUSEADDR 2
#define SO_TYPE 3
#define SO_ERROR 4
#define SO_DONTROUTE 5
#define SO_BROADCAST 6
#define SO_SNDBUF 7
#define SO_RCVBUF 8
#define SO_KEEPALIVE 9
#define SO_OOBINLINE 10
#define SO_PRIORITY 12
#define SO_LINGER 13
#define SO_REUSEPORT 15
#define SO_RCVLOWAT 18
#define SO_SNDLOWAT 19
#define SO_RCVTIMEO 20
#define SO_SNDTIMEO 21
#define SO_BINDTODEVICE 25
#define SO_TIMESTAMP 29
#define SO_ACCEPTCONN 30
#define SO_TIMESTAMPNS 35
#define SO_PROTOCOL 38
#define SO_DOMAIN 39

#define MSG_OOB 0x01
#define MSG_PEEK 0x02
#define MSG_DONTROUTE 0x04
#define MSG_CTRUNC 0x08
#define MSG_TRUNC 0x20
#define MSG_DONTWAIT 0x40
#define MSG_EOR 0x80
#define MSG_WAITALL 0x100
#define MSG_ERRQUEUE 0x2000
#define MSG_NOSIGNAL 0x4000
#define MSG_MORE 0x8000
#define MSG_WAITFORONE 0x10000
#define MSG_CMSG_CLOFORK 0x10000000
#define MSG_CMSG_CLOEXEC 0x40000000

#define SCM_RIGHTS 1
#define SCM_TIMESTAMP SO_TIMESTAMP
#define SCM_TIMESTAMPNS SO_TIMESTAMPNS

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

struct linger {
    int l_onoff;
    int l_linger; /* seconds */
};

struct msghdr {
    void *msg_name;
    socklen_t msg_namelen;
    struct iovec *msg_iov;
    int msg_iovlen;
    void *msg_control;
    socklen_t msg_controllen;
    int msg_flags;
};

struct mmsghdr {
    struct msghdr msg_hdr;
    unsigned msg_len;
};

/* A header of ancillary data, which follows it; both are aligned as size_t is. */
struct cmsghdr {
    socklen_t cmsg_len; /* this header included */
    int cmsg_level;
    int cmsg_type;
};

#define __CMSG_ALIGN(__len) (((__len) + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1))
#define __CMSG_END(__m) ((unsigned char *)(__m)->msg_control + (__m)->msg_controllen)

#define CMSG_LEN(len) (__CMSG_ALIGN(sizeof(struct cmsghdr)) + (len))
#define CMSG_SPACE(len) (__CMSG_ALIGN(sizeof(struct cmsghdr)) + __CMSG_ALIGN(len))
#define CMSG_DATA(c) ((unsigned char *)(c) + __CMSG_ALIGN(sizeof(struct cmsghdr)))
#define CMSG_FIRSTHDR(m)                                                                           \
    ((m)->msg_controllen >= sizeof(struct cmsghdr) ? (struct cmsghdr *)(m)->msg_control            \
                                                   : (struct cmsghdr *)0)
#define CMSG_NXTHDR(m, c) __cmsg_next((m), (c))

/* NULL also when the next one is cut short, or this one's length is none. */
static inline struct cmsghdr *__cmsg_next(const struct msghdr *__m, struct cmsghdr *__c)
{
    size_t __left = (size_t)(__CMSG_END(__m) - (unsigned char *)__c);

    if (__c->cmsg_len < sizeof *__c || __c->cmsg_len > __left ||
        __left - __c->cmsg_len < __CMSG_ALIGN(__c->cmsg_len) - __c->cmsg_len + sizeof *__c) {
        return (struct cmsghdr *)0;
    }
    return (struct cmsghdr *)((unsigned char *)__c + __CMSG_ALIGN(__c->cmsg_len));
}

struct timespec;

#ifdef __cplusplus
extern "C" {
#endif

int socket(int __domain, int __type, int __protocol);
int bind(int __fd, const struct sockaddr *__addr, socklen_t __len);
int listen(int __fd, int __backlog);
int accept(int __fd, struct sockaddr *__addr, socklen_t *__len);
int accept4(int __fd, struct sockaddr *__addr, socklen_t *__len, int __flags);
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
ssize_t sendmsg(int __fd, const struct msghdr *__message, int __flags);
ssize_t recvmsg(int __fd, struct msghdr *__message, int __flags);
int sendmmsg(int __fd, struct mmsghdr *__messages, unsigned __n, int __flags);
int recvmmsg(int __fd, struct mmsghdr *__messages, unsigned __n, int __flags,
             struct timespec *__timeout);
int sockatmark(int __fd);
int socketpair(int __domain, int __type, int __protocol, int __fds[2]);

#ifdef __cplusplus
}
#endif

#endif

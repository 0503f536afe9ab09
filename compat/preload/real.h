/* SPDX-License-Identifier: BSD-3-Clause */
/* The C library's own calls, as foreign_host.c knows them from -Wl,--wrap: those that the preload
 * library needs, too. */
#pragma once

#include <sys/socket.h>

int __real_socket(int domain, int type, int protocol);
int __real_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);
int __real_bind(int fd, const struct sockaddr *addr, socklen_t len);
int __real_getsockopt(int fd, int level, int option, void *value, socklen_t *len);
int __real_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
ssize_t __real_sendmsg(int fd, const struct msghdr *msg, int flags);
ssize_t __real_recvmsg(int fd, struct msghdr *msg, int flags);
int __real_dup3(int from, int to, int flags);
int __real_fcntl(int fd, int command, ...);
int __real_close(int fd);
long __real_syscall(long number, ...);

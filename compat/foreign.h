/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Descriptors and families that are not ours. On hosts they go to the C library, under the names
 * that the linker's --wrap leaves for it (__real_...); on firmware they fail, except for files that
 * a program registered.
 */
#pragma once

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "libsock.h"

struct mmsghdr;

int foreign_socket(int domain, int type, int protocol);
int foreign_bind(int fd, const struct sockaddr *addr, socklen_t len);
int foreign_listen(int fd, int backlog);
int foreign_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);
int foreign_connect(int fd, const struct sockaddr *addr, socklen_t len);
int foreign_shutdown(int fd, int how);
int foreign_getsockname(int fd, struct sockaddr *addr, socklen_t *len);
int foreign_getpeername(int fd, struct sockaddr *addr, socklen_t *len);
int foreign_getsockopt(int fd, int level, int option, void *value, socklen_t *len);
int foreign_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
ssize_t foreign_sendto(int fd, const void *buffer, size_t len, int flags, const struct sockaddr *to,
                       socklen_t to_len);
ssize_t foreign_recvfrom(int fd, void *buffer, size_t len, int flags, struct sockaddr *from,
                         socklen_t *from_len);
ssize_t foreign_sendmsg(int fd, const struct msghdr *msg, int flags);
ssize_t foreign_recvmsg(int fd, struct msghdr *msg, int flags);
int foreign_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags);
int foreign_recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags,
                     struct timespec *timeout);
ssize_t foreign_readv(int fd, const struct iovec *iov, int n);
ssize_t foreign_writev(int fd, const struct iovec *iov, int n);
int foreign_sockatmark(int fd);
ssize_t foreign_read(int fd, void *buffer, size_t len);
ssize_t foreign_write(int fd, const void *buffer, size_t len);
int foreign_close(int fd);
int foreign_dup(int fd);
int foreign_dup3(int from, int to, int flags);
int foreign_fcntl(int fd, int command, long argument);

/** Whether a number that is no socket of ours is open. */
bool foreign_is_open(int fd);

/** An inherited number is used, for the first time in this process (fd_inherit_all). What of its
 * owner's is the kernel's from now on is so when this returns. */
void foreign_use_inherited(int fd);

/** Whether an exec closes it. */
bool foreign_closes_on_exec(int fd);

/** Whether the library has it for itself. */
bool foreign_is_own(int fd);
int foreign_ioctl(int fd, unsigned long request, void *argument);

/** F_GETFD and F_SETFD of a descriptor of ours: the kernel knows it on hosts, nobody on firmware.
 */
int foreign_descriptor_flags(int fd, int command, long argument);

/** Signals EPIPE the way the system does, where it does. */
void foreign_broken_pipe(void);

/** Ends the thread if another one cancelled it, where there are threads: what a call that may wait
 * does even when it need not (POSIX.1-2017, XSH 2.9.5.2). */
void foreign_test_cancel(void);

/** Until foreign_allow_cancel gets what this returned, the thread is not cancelled, whatever it
 * waits for: in calls that are no cancellation points. */
int foreign_forbid_cancel(void);
void foreign_allow_cancel(int before);

/** True where descriptors that are not ours can be waited for. */
bool foreign_can_poll(void);

/** Whether one that is not ours has sockets of ours in it: an instance of epoll. */
bool foreign_has_ours(int fd);

/** Whether one of these has an event that is to be told. Under the port's lock. */
bool foreign_ours_are_ready(int fd, struct sk_iface *iface, instant now);
int foreign_poll(struct pollfd *fds, nfds_t n, int timeout);
int foreign_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
                  const sigset_t *mask);
int foreign_pselect(int n, fd_set *readable, fd_set *writable, fd_set *exceptional,
                    const struct timespec *timeout, const sigset_t *mask);
int foreign_select(int n, fd_set *readable, fd_set *writable, fd_set *exceptional,
                   struct timeval *timeout);

int foreign_inet_pton(int family, const char *text, void *addr);
const char *foreign_inet_ntop(int family, const void *addr, char *text, socklen_t len);

/** The names of an address that is not of our families; an EAI_ error. */
int foreign_getnameinfo(const struct sockaddr *sa, socklen_t len, char *host, socklen_t host_size,
                        char *service, socklen_t service_size, int flags);

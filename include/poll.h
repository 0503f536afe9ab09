/* SPDX-License-Identifier: BSD-3-Clause */
/* poll.h for firmware: the C library's where it has one (picolibc from 1.8.12 on), else the same.
 * See sys/socket.h. */
#ifndef LIBSOCK_POLL_H
#define LIBSOCK_POLL_H

#pragma GCC system_header

#include <signal.h>
#include <time.h>

#if __has_include_next(<poll.h>)
#include_next <poll.h>
#else

#include <stddef.h>

typedef size_t nfds_t;

struct pollfd {
    int fd;
    short events;
    short revents;
};

#define POLLIN 0x01
#define POLLPRI 0x02
#define POLLOUT 0x04
#define POLLERR 0x08
#define POLLHUP 0x10
#define POLLNVAL 0x20

#ifdef __cplusplus
extern "C" {
#endif

int poll(struct pollfd *__fds, nfds_t __n, int __timeout);

#ifdef __cplusplus
}
#endif

#endif

#ifndef POLLRDNORM
#define POLLRDNORM 0x040
#endif
#ifndef POLLRDBAND
#define POLLRDBAND 0x080
#endif
#ifndef POLLWRNORM
#define POLLWRNORM 0x100
#endif
#ifndef POLLWRBAND
#define POLLWRBAND 0x200
#endif
#ifndef POLLRDHUP
#define POLLRDHUP 0x2000
#endif

#ifdef __cplusplus
extern "C" {
#endif

int ppoll(struct pollfd *__fds, nfds_t __n, const struct timespec *__timeout,
          const sigset_t *__mask);

#ifdef __cplusplus
}
#endif

#endif

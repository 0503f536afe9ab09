/* SPDX-License-Identifier: BSD-3-Clause */
/* time.h for firmware: the C library's, and the clocks, which picolibc declares only where POSIX
 * timers are. See sys/socket.h. */
#ifndef LIBSOCK_TIME_H
#define LIBSOCK_TIME_H

#pragma GCC system_header

#include_next <time.h>

#if __POSIX_VISIBLE >= 199309 || defined(__cplusplus)

#ifndef CLOCK_MONOTONIC
#define CLOCK_MONOTONIC ((clockid_t)4)
#endif

#ifdef __cplusplus
extern "C" {
#endif

int clock_gettime(clockid_t __clock, struct timespec *__out);
int clock_getres(clockid_t __clock, struct timespec *__out);
int nanosleep(const struct timespec *__wanted, struct timespec *__left);

#ifdef __cplusplus
}
#endif

#endif

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* unistd.h for firmware: the C library's, and that there is a monotonic clock. picolibc hides dup
 * and dup2 from programs that ask for POSIX alone. See sys/socket.h. */
#ifndef LIBSOCK_UNISTD_H
#define LIBSOCK_UNISTD_H

#pragma GCC system_header

#include_next <unistd.h>

#ifndef _POSIX_MONOTONIC_CLOCK
#define _POSIX_MONOTONIC_CLOCK 200809L
#endif

#ifdef __cplusplus
extern "C" {
#endif

int dup(int __fd);
int dup2(int __fd, int __to);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* limits.h for firmware: the C library's, and what POSIX has there besides. See sys/socket.h. */
#ifndef LIBSOCK_LIMITS_H
#define LIBSOCK_LIMITS_H

#pragma GCC system_header

#include_next <limits.h>

#ifndef SSIZE_MAX
#define SSIZE_MAX __PTRDIFF_MAX__
#endif

#ifndef IOV_MAX
#define IOV_MAX 1024
#endif

#ifndef HOST_NAME_MAX
#define HOST_NAME_MAX 255
#endif

#endif

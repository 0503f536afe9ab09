/* SPDX-License-Identifier: BSD-3-Clause */
/* sys/poll.h for firmware: the old name of poll.h. */
#ifndef LIBSOCK_SYS_POLL_H
#define LIBSOCK_SYS_POLL_H

#pragma GCC system_header

#include <poll.h>

#endif

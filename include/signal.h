/* SPDX-License-Identifier: BSD-3-Clause */
/* signal.h for firmware: the C library's, and a flag of sigaction that programs name. See
 * sys/socket.h. */
#ifndef LIBSOCK_SIGNAL_H
#define LIBSOCK_SIGNAL_H

#pragma GCC system_header

#include_next <signal.h>

#ifndef SA_RESTART
#define SA_RESTART 0x10000000
#endif

#endif

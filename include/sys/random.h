/* SPDX-License-Identifier: BSD-3-Clause */
/* sys/random.h for firmware, with Linux's values; with the C library's where it has one. See
 * sys/socket.h. */
#ifndef LIBSOCK_SYS_RANDOM_H
#define LIBSOCK_SYS_RANDOM_H

#pragma GCC system_header

#if __has_include_next(<sys/random.h>)
#include_next <sys/random.h>
#endif

#include <sys/types.h>

#ifndef GRND_NONBLOCK
#define GRND_NONBLOCK 1
#endif
#ifndef GRND_RANDOM
#define GRND_RANDOM 2
#endif

#ifdef __cplusplus
extern "C" {
#endif

ssize_t getrandom(void *__out, size_t __len, unsigned int __flags);

#ifdef __cplusplus
}
#endif

#endif

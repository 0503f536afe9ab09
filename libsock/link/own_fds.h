/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Descriptors that the library has for itself: libslirp's sockets, a TAP device, the port's events.
 * A program that closes all numbers, one by one or as a range, closes its own; a file that got one
 * of ours would be written to. Hosts only. Any thread, and signal handlers.
 */
#pragma once

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Numbers from 2^20 on are not kept. */
void sk_own_fd_add(int fd);
void sk_own_fd_remove(int fd);
bool sk_own_fd_has(int fd);

/** The lowest from `fd` on; -1: there is none. */
int sk_own_fd_next(int fd);

#ifdef __cplusplus
}
#endif

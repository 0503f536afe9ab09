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

/** As sk_own_fd_add, of one that was just opened and that nobody knows yet: first moves it out of
 * the way of the program's numbers, beyond its soft limit where the hard one is higher, else up to
 * half of what the process may have, if there is one free.
 * The number that it has from then on, which is closed on exec; -1 stays -1. */
int sk_own_fd_take(int fd);

void sk_own_fd_remove(int fd);
bool sk_own_fd_has(int fd);

/** The lowest from `fd` on; -1: there is none. */
int sk_own_fd_next(int fd);

#ifdef __cplusplus
}
#endif

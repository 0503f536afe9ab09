/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * syscall(2): some libraries call for what their C library may not have, such as libuv, which dig
 * is made with, for sendmmsg and recvmmsg. What is about sockets is ours to do; the rest is the
 * kernel's.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compat/compat.h"
#include "compat/preload/real.h"

#define MAX_ARGUMENTS 6 /* syscall(2) */

long syscall(long number, ...)
{
    uintptr_t a[MAX_ARGUMENTS];
    va_list arguments;

    va_start(arguments, number);
    for (int i = 0; i < MAX_ARGUMENTS; i++) {
        a[i] = va_arg(arguments, uintptr_t);
    }
    va_end(arguments);
    switch (number) {
    case SYS_sendmmsg:
        return sendmmsg((int)a[0], (void *)a[1], (unsigned)a[2], (int)a[3]);
    case SYS_recvmmsg:
        return libsock_recvmmsg((int)a[0], (void *)a[1], (unsigned)a[2], (int)a[3], (void *)a[4]);
    default:
        return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
}

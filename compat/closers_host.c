/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What closes a number besides close: dup2 and dup3 onto it, fclose of its stream, close_range and
 * closefrom. The C library does it; the socket behind the number is closed first. Of stdio, fclose
 * alone: a stream over a socket of ours moves nothing, but may be made and closed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "compat/call.h"
#include "compat/fd.h"
#include "compat/foreign.h"

extern __typeof(dup2) __real_dup2;
extern __typeof(dup3) __real_dup3;
extern __typeof(fclose) __real_fclose;
extern __typeof(close_range) __real_close_range;
extern __typeof(closefrom) __real_closefrom;

int __wrap_dup2(int from, int to);
int __wrap_dup3(int from, int to, int flags);
int __wrap_fclose(FILE *stream);
int __wrap_close_range(unsigned first, unsigned last, int flags);
void __wrap_closefrom(int first);

static void close_socket(int fd)
{
    struct sock_fd *s = fd_find(fd);

    if (s != NULL) {
        call_close(s, fd, fd_forget);
    }
}

static void close_sockets(unsigned first, unsigned last)
{
    for (int fd = first <= INT_MAX ? fd_next((int)first) : -1; fd >= 0 && (unsigned)fd <= last;
         fd = fd_next(fd + 1)) {
        close_socket(fd);
    }
}

static bool is_open(int fd)
{
    return foreign_descriptor_flags(fd, F_GETFD, 0) != -1;
}

int __wrap_dup2(int from, int to)
{
    if (from != to && is_open(from)) {
        close_socket(to);
    }
    return __real_dup2(from, to);
}

int __wrap_dup3(int from, int to, int flags)
{
    if (from != to && (flags & ~O_CLOEXEC) == 0 && is_open(from)) {
        close_socket(to);
    }
    return __real_dup3(from, to, flags);
}

int __wrap_fclose(FILE *stream)
{
    int before = errno;
    int fd = fileno(stream);

    errno = before;
    close_socket(fd);
    return __real_fclose(stream);
}

int __wrap_close_range(unsigned first, unsigned last, int flags)
{
    if ((flags & ~(int)CLOSE_RANGE_UNSHARE) == 0) {
        close_sockets(first, last);
    }
    return __real_close_range(first, last, flags);
}

void __wrap_closefrom(int first)
{
    close_sockets(first > 0 ? (unsigned)first : 0, UINT_MAX);
    __real_closefrom(first);
}

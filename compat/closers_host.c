/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What closes a number besides close and dup2: fclose and freopen of its stream, close_range and
 * closefrom. The C library does it; the socket behind the number is closed first.
 * The library's own descriptors stay open. Of stdio there is no more: a stream over a socket of
 * ours moves nothing, but may be made and closed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "compat/call.h"
#include "compat/epoll_host.h"
#include "compat/errno.h"
#include "compat/fd.h"
#include "compat/foreign.h"
#include "compat/state.h"
#include "link/own_fds.h"

extern __typeof(fclose) __real_fclose;
extern __typeof(close_range) __real_close_range;
extern __typeof(freopen) __real_freopen;
extern __typeof(freopen64) __real_freopen64;

int __wrap_fclose(FILE *stream);
FILE *__wrap_freopen(const char *path, const char *mode, FILE *stream);
FILE *__wrap_freopen64(const char *path, const char *mode, FILE *stream);
int __wrap_close_range(unsigned first, unsigned last, int flags);
void __wrap_closefrom(int first);

static void close_socket(int fd)
{
    if (fd_peek(fd) != NULL && !start_is_child()) {
        call_close(fd, fd_forget);
    }
}

static void close_sockets(unsigned first, unsigned last)
{
    for (int fd = first <= INT_MAX ? fd_next((int)first) : -1; fd >= 0 && (unsigned)fd <= last;
         fd = fd_next(fd + 1)) {
        close_socket(fd);
    }
}

static void forget_instances(unsigned first, unsigned last)
{
    for (int fd = first <= INT_MAX ? epoll_next((int)first - 1) : -1;
         fd >= 0 && (unsigned)fd <= last; fd = epoll_next(fd)) {
        epoll_forget(fd);
    }
}

/* Of a stream that is about to be closed. */
static void close_socket_of(FILE *stream)
{
    int before = errno;
    int fd = fileno(stream);

    errno = before;
    close_socket(fd);
}

int __wrap_fclose(FILE *stream)
{
    close_socket_of(stream);
    return __real_fclose(stream);
}

FILE *__wrap_freopen(const char *path, const char *mode, FILE *stream)
{
    close_socket_of(stream);
    return __real_freopen(path, mode, stream);
}

FILE *__wrap_freopen64(const char *path, const char *mode, FILE *stream)
{
    close_socket_of(stream);
    return __real_freopen64(path, mode, stream);
}

/* All but the library's own. */
static int close_programs(unsigned first, unsigned last, int flags)
{
    int own = first <= INT_MAX ? sk_own_fd_next((int)first) : -1;
    int result = 0;

    while (result == 0 && own >= 0 && (unsigned)own <= last) {
        if ((unsigned)own > first) {
            result = __real_close_range(first, (unsigned)own - 1, flags);
        }
        first = (unsigned)own + 1;
        own = sk_own_fd_next(own + 1);
    }
    return result == 0 && first <= last ? __real_close_range(first, last, flags) : result;
}

int __wrap_close_range(unsigned first, unsigned last, int flags)
{
    if ((flags & ~(int)CLOSE_RANGE_UNSHARE) != 0 || first > last) {
        return __real_close_range(first, last, flags); /* which closes nothing */
    }
    close_sockets(first, last);
    fd_disown_range(first, last);
    forget_instances(first, last);
    return close_programs(first, last, flags);
}

void __wrap_closefrom(int first)
{
    __wrap_close_range(first > 0 ? (unsigned)first : 0, UINT_MAX, 0);
}

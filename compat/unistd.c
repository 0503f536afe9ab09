/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * read, write, close, fcntl: POSIX.1-2017. One file, so one archive member: a firmware program has
 * all four of ours or none. fcntl knows O_NONBLOCK, the descriptor's own flags, and duplicates.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "compat/call.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/fd.h"
#include "compat/foreign.h"

#ifdef O_ASYNC
#define ASYNC O_ASYNC
#else
#define ASYNC 0
#endif

ssize_t libsock_read(int fd, void *buffer, size_t len)
{
    if (fd_find(fd) == NULL) {
        return foreign_read(fd, buffer, len);
    }
    if (len == 0) { /* and no other results: a datagram stays, nothing is waited for */
        return 0;
    }
    return libsock_recvfrom(fd, buffer, len, 0, NULL, NULL);
}

ssize_t libsock_write(int fd, const void *buffer, size_t len)
{
    if (fd_find(fd) == NULL) {
        return foreign_write(fd, buffer, len);
    }
    return libsock_sendto(fd, buffer, len, 0, NULL, 0);
}

int libsock_close(int fd)
{
    if (fd_peek(fd) == NULL || start_is_child()) {
        fd_disown(fd);
        return foreign_close(fd);
    }
    foreign_test_cancel();
    enum sk_err err = call_close(fd, fd_release);
    if (err ==
        SK_INVALID_SOCKET) { /* meanwhile it became the kernel's, or another thread closed it */
        return foreign_close(fd);
    }
    return errno_result(err);
}

static int socket_fcntl(struct sock_fd *s, int fd, int command, long argument)
{
    switch (command) {
    case F_GETFL:
        return O_RDWR | (s->open->nonblock ? O_NONBLOCK : 0);
    case F_SETFL:
        if ((argument & ASYNC) != 0) { /* there is no SIGIO */
            return errno_fail(EINVAL);
        }
        s->open->nonblock = (argument & O_NONBLOCK) != 0;
        return s->open->relay != NULL ? foreign_fcntl(fd, command, argument) : 0;
    case F_GETFD:
    case F_SETFD:
        return foreign_descriptor_flags(fd, command, argument);
    case F_DUPFD:
        return fd_duplicate(fd, (int)argument, false);
    case F_DUPFD_CLOEXEC:
        return fd_duplicate(fd, (int)argument, true);
    default:
        return errno_fail(EINVAL);
    }
}

int libsock_fcntl(int fd, int command, ...)
{
    bool of_number = command == F_GETFD || command == F_SETFD;
    struct sock_fd *s = of_number ? fd_peek(fd) : fd_find(fd);
    va_list arguments;

    va_start(arguments, command);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    return s != NULL ? socket_fcntl(s, fd, command, argument)
                     : foreign_fcntl(fd, command, argument);
}

FACE(read);
FACE(write);
FACE(close);
FACE(fcntl);

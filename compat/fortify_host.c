/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where glibc's headers lead some calls: fcntl to fcntl64 with _FILE_OFFSET_BITS=64, and with
 * _FORTIFY_SOURCE those whose buffer the compiler knows to functions that compare its size first.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "compat/compat.h"

int __wrap_fcntl64(int fd, int command, ...);
ssize_t __wrap___recv_chk(int fd, void *buffer, size_t len, size_t room, int flags);
ssize_t __wrap___recvfrom_chk(int fd, void *buffer, size_t len, size_t room, int flags,
                              struct sockaddr *from, socklen_t *from_len);
ssize_t __wrap___read_chk(int fd, void *buffer, size_t len, size_t room);
int __wrap___poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t room);
int __wrap___ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
                       const sigset_t *mask, size_t room);

int __wrap_fcntl64(int fd, int command, ...)
{
    va_list arguments;

    va_start(arguments, command);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    return libsock_fcntl(fd, command, argument);
}

/* _FORTIFY_SOURCE's promise: an overflow ends the program before it happens. */
static void fortify(size_t len, size_t room)
{
    if (len > room) {
        abort();
    }
}

ssize_t __wrap___recv_chk(int fd, void *buffer, size_t len, size_t room, int flags)
{
    fortify(len, room);
    return libsock_recv(fd, buffer, len, flags);
}

ssize_t __wrap___recvfrom_chk(int fd, void *buffer, size_t len, size_t room, int flags,
                              struct sockaddr *from, socklen_t *from_len)
{
    fortify(len, room);
    return libsock_recvfrom(fd, buffer, len, flags, from, from_len);
}

ssize_t __wrap___read_chk(int fd, void *buffer, size_t len, size_t room)
{
    fortify(len, room);
    return libsock_read(fd, buffer, len);
}

int __wrap___poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t room)
{
    fortify(n, room / sizeof fds[0]);
    return libsock_poll(fds, n, timeout);
}

int __wrap___ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
                       const sigset_t *mask, size_t room)
{
    fortify(n, room / sizeof fds[0]);
    return libsock_ppoll(fds, n, timeout, mask);
}

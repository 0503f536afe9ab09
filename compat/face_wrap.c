/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's face: a program linked with -Wl,--wrap=socket,... calls __wrap_socket where it says
 * socket. The names are those of WRAP_NAMES in configure.ac; a test holds the two against each
 * other.
 *
 * glibc's headers lead some calls elsewhere: fcntl to fcntl64 with _FILE_OFFSET_BITS=64, and with
 * _FORTIFY_SOURCE those whose buffer the compiler knows to functions that compare its size first.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "compat/compat.h"

int __wrap_socket(int domain, int type, int protocol);
int __wrap_bind(int fd, const struct sockaddr *addr, socklen_t len);
int __wrap_listen(int fd, int backlog);
int __wrap_accept(int fd, struct sockaddr *addr, socklen_t *len);
int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len);
int __wrap_shutdown(int fd, int how);
int __wrap_getsockname(int fd, struct sockaddr *addr, socklen_t *len);
int __wrap_getpeername(int fd, struct sockaddr *addr, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *len);
int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
ssize_t __wrap_send(int fd, const void *buffer, size_t len, int flags);
ssize_t __wrap_sendto(int fd, const void *buffer, size_t len, int flags, const struct sockaddr *to,
                      socklen_t to_len);
ssize_t __wrap_recv(int fd, void *buffer, size_t len, int flags);
ssize_t __wrap_recvfrom(int fd, void *buffer, size_t len, int flags, struct sockaddr *from,
                        socklen_t *from_len);
ssize_t __wrap_read(int fd, void *buffer, size_t len);
ssize_t __wrap_write(int fd, const void *buffer, size_t len);
int __wrap_close(int fd);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);
ssize_t __wrap___recv_chk(int fd, void *buffer, size_t len, size_t room, int flags);
ssize_t __wrap___recvfrom_chk(int fd, void *buffer, size_t len, size_t room, int flags,
                              struct sockaddr *from, socklen_t *from_len);
ssize_t __wrap___read_chk(int fd, void *buffer, size_t len, size_t room);
int __wrap___poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t room);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_select(int n, fd_set *readable, fd_set *writable, fd_set *exceptional,
                  struct timeval *timeout);
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **out);
void __wrap_freeaddrinfo(struct addrinfo *list);
const char *__wrap_gai_strerror(int error);
int __wrap_inet_pton(int family, const char *text, void *addr);
const char *__wrap_inet_ntop(int family, const void *addr, char *text, socklen_t len);

int __wrap_socket(int domain, int type, int protocol)
{
    return libsock_socket(domain, type, protocol);
}

int __wrap_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
    return libsock_bind(fd, addr, len);
}

int __wrap_listen(int fd, int backlog)
{
    return libsock_listen(fd, backlog);
}

int __wrap_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
    return libsock_accept(fd, addr, len);
}

int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
    return libsock_connect(fd, addr, len);
}

int __wrap_shutdown(int fd, int how)
{
    return libsock_shutdown(fd, how);
}

int __wrap_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
    return libsock_getsockname(fd, addr, len);
}

int __wrap_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
    return libsock_getpeername(fd, addr, len);
}

int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
    return libsock_getsockopt(fd, level, option, value, len);
}

int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
    return libsock_setsockopt(fd, level, option, value, len);
}

ssize_t __wrap_send(int fd, const void *buffer, size_t len, int flags)
{
    return libsock_send(fd, buffer, len, flags);
}

ssize_t __wrap_sendto(int fd, const void *buffer, size_t len, int flags, const struct sockaddr *to,
                      socklen_t to_len)
{
    return libsock_sendto(fd, buffer, len, flags, to, to_len);
}

ssize_t __wrap_recv(int fd, void *buffer, size_t len, int flags)
{
    return libsock_recv(fd, buffer, len, flags);
}

ssize_t __wrap_recvfrom(int fd, void *buffer, size_t len, int flags, struct sockaddr *from,
                        socklen_t *from_len)
{
    return libsock_recvfrom(fd, buffer, len, flags, from, from_len);
}

ssize_t __wrap_read(int fd, void *buffer, size_t len)
{
    return libsock_read(fd, buffer, len);
}

ssize_t __wrap_write(int fd, const void *buffer, size_t len)
{
    return libsock_write(fd, buffer, len);
}

int __wrap_close(int fd)
{
    return libsock_close(fd);
}

int __wrap_fcntl(int fd, int command, ...)
{
    va_list arguments;

    va_start(arguments, command);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    return libsock_fcntl(fd, command, argument);
}

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

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
    return libsock_poll(fds, n, timeout);
}

int __wrap_select(int n, fd_set *readable, fd_set *writable, fd_set *exceptional,
                  struct timeval *timeout)
{
    return libsock_select(n, readable, writable, exceptional, timeout);
}

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **out)
{
    return libsock_getaddrinfo(node, service, hints, out);
}

void __wrap_freeaddrinfo(struct addrinfo *list)
{
    libsock_freeaddrinfo(list);
}

const char *__wrap_gai_strerror(int error)
{
    return libsock_gai_strerror(error);
}

int __wrap_inet_pton(int family, const char *text, void *addr)
{
    return libsock_inet_pton(family, text, addr);
}

const char *__wrap_inet_ntop(int family, const void *addr, char *text, socklen_t len)
{
    return libsock_inet_ntop(family, addr, text, len);
}

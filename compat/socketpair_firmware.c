/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * socketpair: POSIX.1-2017, XSH socketpair(), where no kernel has AF_UNIX: two sockets of the
 * loopback that are connected to each other, a stream or datagrams. What they are bound to is told
 * as AF_INET.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"

static const struct sockaddr *as_sockaddr(const struct sockaddr_in *in)
{
    return (const struct sockaddr *)(const void *)in;
}

/* Where it is bound, of the loopback's addresses. */
static struct sockaddr_in name_of(int fd)
{
    struct sockaddr_in name = { .sin_family = AF_INET };
    socklen_t len = sizeof name;

    libsock_getsockname(fd, (struct sockaddr *)(void *)&name, &len);
    return name;
}

static int bound(int type)
{
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = libsock_socket(AF_INET, type, 0);

    if (fd >= 0 && libsock_bind(fd, as_sockaddr(&any), sizeof any) != 0) {
        libsock_close(fd);
        return -1;
    }
    return fd;
}

static int connect_with(int fd, int peer)
{
    struct sockaddr_in to = name_of(peer);

    return libsock_connect(fd, as_sockaddr(&to), sizeof to);
}

/* The error that is told is the first one. */
static int give_up(int a, int b)
{
    int error = errno;

    if (a >= 0) {
        libsock_close(a);
    }
    if (b >= 0) {
        libsock_close(b);
    }
    return errno_fail(error);
}

static int pair_datagrams(int type, int ends[2])
{
    ends[0] = bound(type);
    ends[1] = ends[0] >= 0 ? bound(type) : -1;
    if (ends[1] < 0 || connect_with(ends[0], ends[1]) != 0 || connect_with(ends[1], ends[0]) != 0) {
        return give_up(ends[0], ends[1]);
    }
    return 0;
}

/* The first end may not wait before it is connected. */
static int pair_streams(int flags, int ends[2])
{
    int listener = bound(SOCK_STREAM);

    ends[0] = listener >= 0 ? libsock_socket(AF_INET, SOCK_STREAM | (flags & SOCK_CLOEXEC), 0) : -1;
    if (ends[0] < 0 || libsock_listen(listener, 1) != 0 || connect_with(ends[0], listener) != 0) {
        return give_up(listener, ends[0]);
    }
    ends[1] = libsock_accept4(listener, NULL, NULL, flags);
    if (ends[1] < 0) {
        return give_up(listener, ends[0]);
    }
    if ((flags & SOCK_NONBLOCK) != 0) {
        libsock_fcntl(ends[0], F_SETFL, (long)O_NONBLOCK);
    }
    return libsock_close(listener);
}

int libsock_socketpair(int domain, int type, int protocol, int ends[2])
{
    int flags = type & (SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (domain != AF_UNIX) {
        return errno_fail(domain == AF_INET ? EOPNOTSUPP : EAFNOSUPPORT);
    }
    if (protocol != 0) {
        return errno_fail(EPROTONOSUPPORT);
    }
    if (ends == NULL) {
        return errno_fail(EFAULT);
    }
    switch (type & ~flags) {
    case SOCK_STREAM:
        return pair_streams(flags, ends);
    case SOCK_DGRAM:
        return pair_datagrams(type, ends);
    default:
        return errno_fail(ESOCKTNOSUPPORT);
    }
}

FACE(socketpair);

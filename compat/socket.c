/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * socket: POSIX.1-2017, XSH socket(). AF_INET is ours, and AF_INET6, whose sockets have IPv4
 * addresses in the form of IPv6's (RFC 3493 3.7), since many programs open them first; there is no
 * IPv6. What is neither is the system's.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/fd.h"
#include "compat/foreign.h"

#ifndef SOCK_CLOFORK /* glibc has none; a child of fork has no sockets in any case */
#define SOCK_CLOFORK 0
#endif

static int kind_of(int type, int protocol, enum sk_type *out)
{
    if (type == SOCK_STREAM) {
        *out = SK_STREAM;
        return protocol == 0 || protocol == IPPROTO_TCP ? 0 : EPROTONOSUPPORT;
    }
    if (type == SOCK_DGRAM) {
        *out = SK_DGRAM;
        return protocol == 0 || protocol == IPPROTO_UDP ? 0 : EPROTONOSUPPORT;
    }
    return ESOCKTNOSUPPORT;
}

/* What POSIX has off by default, and the core does not. */
static enum sk_err make(struct sk_iface *iface, enum sk_type kind, sk_fd *handle)
{
    enum sk_err err = sk_socket(iface, kind, handle);

    if (err != SK_OK) {
        return err;
    }
    return sk_set(iface, *handle, kind == SK_STREAM ? SK_OOBINLINE : SK_BROADCAST, 0);
}

int libsock_socket(int domain, int type, int protocol)
{
    enum sk_type kind;
    sk_fd handle;

    if (domain != AF_INET && domain != AF_INET6) {
        return foreign_socket(domain, type, protocol);
    }
    int wrong = kind_of(type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC | SOCK_CLOFORK), protocol, &kind);
    if (wrong != 0) {
        return errno_fail(wrong);
    }
    struct libsock_state *state = state_started();
    if (state == NULL) {
        return -1;
    }
    int fd = fd_reserve((type & SOCK_CLOEXEC) != 0);
    if (fd < 0) {
        return -1;
    }
    enum sk_err err = make(state_enter(), kind, &handle);
    if (err == SK_OK) {
        struct open_description *open = fd_publish(fd, state, handle, kind)->open;
        open->inet6 = domain == AF_INET6;
        open->nonblock = (type & SOCK_NONBLOCK) != 0;
    } else {
        fd_release(fd);
    }
    state_leave();
    return err == SK_OK ? fd : errno_result(err);
}

FACE(socket);

/* SPDX-License-Identifier: BSD-3-Clause */
/* bind: POSIX.1-2017, XSH bind(). */
#include "compat/addr.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/fd.h"
#include "compat/foreign.h"

int libsock_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
    struct sock_fd *s = fd_find(fd);
    struct sk_addr local;

    if (s == NULL) {
        return foreign_bind(fd, addr, len);
    }
    int wrong = addr_from_sockaddr(addr, len, &local);
    if (wrong != 0) {
        return errno_fail(wrong);
    }
    enum sk_err err = sk_bind(state_enter(), s->fd, local);
    state_leave();
    return errno_result(err);
}

FACE(bind);

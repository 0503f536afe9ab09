/* SPDX-License-Identifier: BSD-3-Clause */
/* shutdown: POSIX.1-2017, XSH shutdown(). */
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/fd.h"
#include "compat/foreign.h"

static bool direction(int how, enum sk_shutdown *out)
{
    switch (how) {
    case SHUT_RD:
        *out = SK_SHUT_RD;
        return true;
    case SHUT_WR:
        *out = SK_SHUT_WR;
        return true;
    case SHUT_RDWR:
        *out = SK_SHUT_RDWR;
        return true;
    default:
        return false;
    }
}

int libsock_shutdown(int fd, int how)
{
    struct sock_fd *s = fd_find(fd);
    enum sk_shutdown ends;

    if (s == NULL) {
        return foreign_shutdown(fd, how);
    }
    if (!direction(how, &ends)) {
        return errno_fail(EINVAL);
    }
    struct sk_iface *iface = state_enter();
    enum sk_err err = sk_shutdown(iface, s->fd, ends, state_now());
    sk_iface_poll_egress(iface, state_now());
    state_leave();
    return errno_result(err);
}

FACE(shutdown);

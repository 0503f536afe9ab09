/* SPDX-License-Identifier: BSD-3-Clause */
/* listen: POSIX.1-2017, XSH listen(). A backlog out of range is the nearest one in it. */
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/fd.h"
#include "compat/foreign.h"

static uint32_t clamp(int backlog)
{
    if (backlog < 1) {
        return 1;
    }
    return backlog > SOMAXCONN ? SOMAXCONN : (uint32_t)backlog;
}

int libsock_listen(int fd, int backlog)
{
    struct sock_fd *s = fd_find(fd);

    if (s == NULL) {
        return foreign_listen(fd, backlog);
    }
    enum sk_err err = sk_listen(state_enter(), s->fd, clamp(backlog), state_now());
    state_leave();
    return errno_result(err);
}

FACE(listen);

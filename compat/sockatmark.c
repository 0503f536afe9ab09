/* SPDX-License-Identifier: BSD-3-Clause */
/* sockatmark: POSIX.1-2017, XSH sockatmark(). The next octet is the last that the peer called
 * urgent, whether that is in line or apart. */
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/fd.h"
#include "compat/foreign.h"

int libsock_sockatmark(int fd)
{
    const struct sock_fd *s = fd_find(fd);

    if (s == NULL) {
        return foreign_sockatmark(fd);
    }
    if (s->type != SK_STREAM) {
        return errno_fail(ENOTTY);
    }
    uint32_t left = sk_urgent(state_enter(), s->fd);
    state_leave();
    return left == 1;
}

FACE(sockatmark);

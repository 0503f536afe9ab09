/* SPDX-License-Identifier: BSD-3-Clause */
/* accept: POSIX.1-2017, XSH accept(). The number is taken first: with none left, no connection is
 * lost. */
#include "compat/addr.h"
#include "compat/call.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/foreign.h"

int libsock_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
    struct sock_fd *s = fd_find(fd);
    struct sk_op op;

    if (s == NULL) {
        return foreign_accept(fd, addr, len);
    }
    if (addr != NULL && len == NULL) {
        return errno_fail(EFAULT);
    }
    int number = fd_reserve(false);
    if (number < 0) {
        return -1;
    }
    duration rcv_timeout = s->rcv_timeout;
    duration snd_timeout = s->snd_timeout;
    sk_op_accept(&op, s->fd);
    enum sk_err err = call_block(&op, call_deadline(s, 0, rcv_timeout));
    if (err != SK_OK) {
        fd_release(number);
        return errno_result(err);
    }
    struct sock_fd *accepted =
        fd_publish(number, libsock_state_current(), op.u.accepted, SK_STREAM);
    accepted->rcv_timeout = rcv_timeout;
    accepted->snd_timeout = snd_timeout;
    addr_to_sockaddr(op.addr, addr, len);
    return number;
}

FACE(accept);

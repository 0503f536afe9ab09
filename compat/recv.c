/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recv, recvfrom: POSIX.1-2017, XSH recv(). What of a datagram does not fit is lost. A stream has
 * no sender to tell:
 * `*from_len` becomes 0, as on Linux.
 */
#include "compat/addr.h"
#include "compat/block.h"
#include "compat/call.h"
#include "compat/compat.h"
#include "compat/connect.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/foreign.h"

#define SUPPORTED (MSG_DONTWAIT | MSG_PEEK | MSG_WAITALL | MSG_NOSIGNAL)

static uint16_t op_flags(int flags)
{
    return (uint16_t)(((flags & MSG_PEEK) != 0 ? SK_OP_PEEK : 0) |
                      ((flags & MSG_WAITALL) != 0 ? SK_OP_WAITALL : 0));
}

static enum sk_err receive(struct sock_fd *s, struct sk_op *op, const struct sk_iov *iov, int flags)
{
    sk_fd handle = s->fd;
    instant deadline = call_deadline(s, flags, s->rcv_timeout);
    enum sk_err err = connect_await(s, handle, deadline);

    if (err != SK_OK) {
        op->done = 0;
        return err;
    }
    sk_op_recv(op, handle, iov, 1, op_flags(flags));
    return call_block(op, deadline);
}

static void tell_sender(enum sk_type type, struct sk_addr addr, struct sockaddr *from,
                        socklen_t *from_len)
{
    if (type == SK_DGRAM) {
        addr_to_sockaddr(addr, from, from_len);
    } else if (from != NULL) {
        *from_len = 0;
    }
}

ssize_t libsock_recvfrom(int fd, void *buffer, size_t len, int flags, struct sockaddr *from,
                         socklen_t *from_len)
{
    struct sock_fd *s = fd_find(fd);
    struct sk_iov iov = { .base = buffer, .len = len };
    struct sk_op op;

    if (s == NULL) {
        return foreign_recvfrom(fd, buffer, len, flags, from, from_len);
    }
    foreign_test_cancel();
    if ((flags & ~SUPPORTED) != 0) {
        return errno_fail(EOPNOTSUPP);
    }
    if ((buffer == NULL && len > 0) || (from != NULL && from_len == NULL)) {
        return errno_fail(EFAULT);
    }
    enum sk_type type = s->type;
    enum sk_err err = receive(s, &op, &iov, flags);
    if (err != SK_OK && op.done == 0) {
        return errno_result(err);
    }
    tell_sender(type, op.addr, from, from_len);
    return (ssize_t)op.done;
}

ssize_t libsock_recv(int fd, void *buffer, size_t len, int flags)
{
    return libsock_recvfrom(fd, buffer, len, flags, NULL, NULL);
}

FACE(recvfrom);
FACE(recv);

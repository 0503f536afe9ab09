/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recv, recvfrom: POSIX.1-2017, XSH recv(). What of a datagram does not fit is lost. A stream has
 * no sender to tell: `*from_len` becomes 0, as on Linux. MSG_TRUNC is Linux's, too: of a datagram
 * it tells the whole length, from a stream it drops octets unseen. MSG_OOB reads the last urgent
 * octet, and never waits for it.
 */
#include "compat/addr.h"
#include "compat/block.h"
#include "compat/call.h"
#include "compat/compat.h"
#include "compat/connect.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/foreign.h"
#include "compat/message.h"

#define SUPPORTED (MSG_DONTWAIT | MSG_PEEK | MSG_WAITALL | MSG_NOSIGNAL | MSG_TRUNC | MSG_OOB)

static uint16_t op_flags(bool stream, int flags)
{
    return (uint16_t)(((flags & MSG_PEEK) != 0 ? SK_OP_PEEK : 0) |
                      ((flags & MSG_WAITALL) != 0 ? SK_OP_WAITALL : 0) |
                      (stream && (flags & MSG_TRUNC) != 0 ? SK_OP_DISCARD : 0) |
                      ((flags & MSG_OOB) != 0 ? SK_OP_URGENT : 0));
}

/* Datagrams have no urgent ones among them. */
static bool has_flags(bool stream, int flags)
{
    return (flags & ~SUPPORTED) == 0 && (stream || (flags & MSG_OOB) == 0);
}

struct gentle {
    struct sk_op op; /* first: the receive is polled through it */
    struct sk_op *receive;
};

static enum sk_err poll_gently(struct sk_op *op, struct sk_iface *iface, instant now)
{
    struct sk_op *receive = ((struct gentle *)op)->receive;

    if ((sk_readiness(iface, receive->fd) & SK_ERROR) != 0) {
        return SK_AGAIN;
    }
    return receive->poll(receive, iface, now);
}

static enum sk_err block(struct sk_op *receive, bool leave_error, instant deadline)
{
    struct gentle g = { .op = { .poll = poll_gently, .fd = receive->fd }, .receive = receive };

    return call_block(leave_error ? &g.op : receive, deadline);
}

ssize_t message_receive(struct sock_fd *s, const struct message *m, struct sk_op *op)
{
    sk_fd handle = s->fd;
    bool stream = s->type == SK_STREAM;

    foreign_test_cancel();
    if (!has_flags(stream, m->flags)) {
        return errno_fail(EOPNOTSUPP);
    }
    sk_op_recv(op, handle, m->iov, m->n_iov, op_flags(stream, m->flags));
    op->ancillary = m->ancillary;
    instant deadline = call_deadline(s, m->flags, s->open->rcv_timeout);
    enum sk_err err = connect_await(s, handle, deadline);
    if (err == SK_OK) {
        err = block(op, m->leave_error, deadline);
    }
    if (err != SK_OK && op->done == 0) {
        return errno_result(err);
    }
    if (stream) {
        op->addr = (struct sk_addr){ .port = 0 };
    }
    return (ssize_t)((m->flags & MSG_TRUNC) != 0 && !stream ? op->len : op->done);
}

void message_tell_sender(const struct sock_fd *s, const struct sk_op *op, struct sockaddr *from,
                         socklen_t *from_len)
{
    if (!ip_is_unspecified(op->addr.addr)) {
        addr_to_sockaddr(s->open->inet6, op->addr, from, from_len);
    } else if (from != NULL) {
        *from_len = 0;
    }
}

ssize_t libsock_recvfrom(int fd, void *buffer, size_t len, int flags, struct sockaddr *from,
                         socklen_t *from_len)
{
    struct sock_fd *s = fd_find(fd);
    struct sk_iov iov = { .base = buffer, .len = len };
    struct message m = { .iov = &iov, .n_iov = 1, .flags = flags };
    struct sk_op op;

    if (s == NULL) {
        return foreign_recvfrom(fd, buffer, len, flags, from, from_len);
    }
    int wrong = buffer == NULL && len > 0 ? EFAULT : addr_check_room(from, from_len);
    if (wrong != 0) {
        return errno_fail(wrong);
    }
    ssize_t got = message_receive(s, &m, &op);
    if (got >= 0) {
        message_tell_sender(s, &op, from, from_len);
    }
    return got;
}

ssize_t libsock_recv(int fd, void *buffer, size_t len, int flags)
{
    return libsock_recvfrom(fd, buffer, len, flags, NULL, NULL);
}

FACE(recvfrom);
FACE(recv);

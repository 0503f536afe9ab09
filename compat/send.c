/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * send, sendto: POSIX.1-2017, XSH send(). A stream that took part of the octets says how many, and
 * keeps the error for the next call. The address of a stream is ignored, as on Linux; so is the
 * core's offer to queue octets for a connection that is not there yet.
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

#define OF_STREAMS (MSG_OOB | MSG_MORE)
#define OF_DATAGRAMS MSG_DONTROUTE

static int destination(const struct sock_fd *s, const struct message *m, struct sk_addr *out)
{
    *out = (struct sk_addr){ .port = 0 };
    if (m->to == NULL || s->type == SK_STREAM) {
        return 0;
    }
    int wrong = addr_of_peer(s, m->to, m->to_len, out);
    if (wrong != 0) {
        return wrong;
    }
    *out = call_destination(*out);
    return out->port == 0 ? EINVAL : 0;
}

static bool has_flags(bool stream, int flags)
{
    return (flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL | (stream ? OF_STREAMS : OF_DATAGRAMS))) == 0;
}

static uint16_t op_flags(int flags)
{
    return (uint16_t)(((flags & MSG_OOB) != 0 ? SK_OP_URGENT : 0) |
                      ((flags & MSG_MORE) != 0 ? SK_OP_MORE : 0) |
                      ((flags & MSG_DONTROUTE) != 0 ? SK_OP_DONTROUTE : 0));
}

static ssize_t result(enum sk_err err, size_t done, bool signals)
{
    if (err == SK_OK || done > 0) {
        return (ssize_t)done;
    }
    if (err == SK_PIPE && signals) {
        foreign_broken_pipe();
    }
    return errno_result(err);
}

ssize_t message_send(struct sock_fd *s, const struct message *m)
{
    bool stream = s->type == SK_STREAM;
    struct sk_addr addr;
    struct sk_op op;

    foreign_test_cancel();
    if (!has_flags(stream, m->flags)) {
        return errno_fail(EOPNOTSUPP);
    }
    int wrong = destination(s, m, &addr);
    if (wrong != 0) {
        return errno_fail(wrong);
    }
    sk_fd handle = s->fd;
    instant deadline = call_deadline(s, m->flags, s->open->snd_timeout);
    enum sk_err err = connect_await(s, handle, deadline);
    if (err != SK_OK) {
        return errno_result(err);
    }
    sk_op_send(&op, handle, m->iov, m->n_iov, addr, op_flags(m->flags));
    op.ancillary = m->ancillary;
    err = stream ? call_block(&op, deadline) : call_block_for_route(&op, deadline);
    return result(err, op.done, stream && (m->flags & MSG_NOSIGNAL) == 0);
}

ssize_t libsock_sendto(int fd, const void *buffer, size_t len, int flags, const struct sockaddr *to,
                       socklen_t to_len)
{
    struct sock_fd *s = fd_find(fd);
    struct sk_iov iov = { .base = (void *)(uintptr_t)buffer, .len = len };
    struct message m = { .iov = &iov, .n_iov = 1, .flags = flags, .to = to, .to_len = to_len };

    if (s == NULL) {
        return foreign_sendto(fd, buffer, len, flags, to, to_len);
    }
    if (buffer == NULL && len > 0) {
        return errno_fail(EFAULT);
    }
    return message_send(s, &m);
}

ssize_t libsock_send(int fd, const void *buffer, size_t len, int flags)
{
    return libsock_sendto(fd, buffer, len, flags, NULL, 0);
}

FACE(sendto);
FACE(send);

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * readv, writev: POSIX.1-2017, XSH readv(). The buffers of a caller are looked at, and used where
 * they are.
 */
#include <limits.h>
#include <stddef.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/foreign.h"
#include "compat/message.h"

_Static_assert(sizeof(struct sk_iov) == sizeof(struct iovec) &&
                   offsetof(struct sk_iov, base) == offsetof(struct iovec, iov_base) &&
                   offsetof(struct sk_iov, len) == offsetof(struct iovec, iov_len),
               "struct sk_iov stands for struct iovec");

int message_iov(const struct iovec *iov, size_t n, const struct sk_iov **out)
{
    size_t room = SSIZE_MAX;

    if (iov == NULL && n > 0) {
        return EFAULT;
    }
    for (size_t i = 0; i < n; i++) {
        if (iov[i].iov_len > room) {
            return EINVAL;
        }
        room -= iov[i].iov_len;
        if (iov[i].iov_base == NULL && iov[i].iov_len > 0) {
            return EFAULT;
        }
    }
    *out = (const struct sk_iov *)(const void *)iov;
    return 0;
}

/* 0, or an errno. */
static int buffers(const struct iovec *iov, int n, struct message *m)
{
    if (n < 0 || n > MESSAGE_MAX_IOV) {
        return EINVAL;
    }
    m->n_iov = (size_t)n;
    return message_iov(iov, m->n_iov, &m->iov);
}

static bool are_empty(const struct message *m)
{
    for (size_t i = 0; i < m->n_iov; i++) {
        if (m->iov[i].len > 0) {
            return false;
        }
    }
    return true;
}

ssize_t libsock_readv(int fd, const struct iovec *iov, int n)
{
    struct sock_fd *s = fd_find(fd);
    struct message m = { .flags = 0 };
    struct sk_op op;

    if (s == NULL) {
        return foreign_readv(fd, iov, n);
    }
    int wrong = buffers(iov, n, &m);
    if (wrong != 0) {
        return errno_fail(wrong);
    }
    return are_empty(&m) ? 0 : message_receive(s, &m, &op); /* as read(fd, buffer, 0) */
}

ssize_t libsock_writev(int fd, const struct iovec *iov, int n)
{
    struct sock_fd *s = fd_find(fd);
    struct message m = { .flags = 0 };

    if (s == NULL) {
        return foreign_writev(fd, iov, n);
    }
    int wrong = buffers(iov, n, &m);
    return wrong != 0 ? errno_fail(wrong) : message_send(s, &m);
}

FACE(readv);
FACE(writev);

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * accept: POSIX.1-2017, XSH accept(); accept4: POSIX.1-2024. The number is taken when a connection
 * is there, and before it: with none left, no connection is lost, and a thread that is cancelled as
 * it waits keeps none.
 */
#include "compat/addr.h"
#include "compat/call.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/foreign.h"

struct numbered {
    struct sk_op op; /* first: the accept is polled through it */
    struct sk_op accept;
    uint32_t rcv_timeout; /* the listener's, inherited */
    uint32_t snd_timeout;
    int32_t linger;
    bool inet6;
    int flags; /* SOCK_NONBLOCK, SOCK_CLOEXEC */
    int number;
    int error; /* why there is none */
};

static void publish(const struct numbered *n)
{
    struct libsock_state *state = libsock_state_current();
    struct sock_fd *s = fd_publish(n->number, state, n->accept.u.accepted, SK_STREAM);

    s->open->rcv_timeout = n->rcv_timeout;
    s->open->snd_timeout = n->snd_timeout;
    s->open->linger = n->linger;
    s->open->inet6 = n->inet6;
    s->open->nonblock = (n->flags & SOCK_NONBLOCK) != 0;
}

static enum sk_err poll_numbered(struct sk_op *op, struct sk_iface *iface, instant now)
{
    struct numbered *n = (struct numbered *)op;

    if ((sk_readiness(iface, op->fd) & SK_READABLE) == 0) {
        return n->accept.poll(&n->accept, iface, now);
    }
    n->number = fd_reserve((n->flags & SOCK_CLOEXEC) != 0);
    if (n->number < 0) {
        n->error = errno;
        return SK_OK;
    }
    enum sk_err err = n->accept.poll(&n->accept, iface, now);
    if (err == SK_OK) {
        publish(n);
    } else {
        fd_release(n->number);
    }
    return err;
}

int libsock_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
    struct sock_fd *s = fd_find(fd);

    if (s == NULL) {
        return foreign_accept4(fd, addr, len, flags);
    }
    foreign_test_cancel();
    if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0) {
        return errno_fail(EINVAL);
    }
    int wrong = addr_check_room(addr, len);
    if (wrong != 0) {
        return errno_fail(wrong);
    }
    struct numbered n = { .op = { .poll = poll_numbered, .fd = s->fd },
                          .rcv_timeout = s->open->rcv_timeout,
                          .snd_timeout = s->open->snd_timeout,
                          .linger = s->open->linger,
                          .inet6 = s->open->inet6,
                          .flags = flags };
    sk_op_accept(&n.accept, n.op.fd);
    enum sk_err err = call_block(&n.op, call_deadline(s, 0, n.rcv_timeout));
    if (err != SK_OK) {
        return errno_result(err);
    }
    if (n.number < 0) {
        return errno_fail(n.error);
    }
    addr_to_sockaddr(n.inet6, n.accept.addr, addr, len);
    return n.number;
}

int libsock_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
    return libsock_accept4(fd, addr, len, 0);
}

FACE(accept4);
FACE(accept);

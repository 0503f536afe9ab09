/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * connect: POSIX.1-2017, XSH connect(). On a stream, a connect that may not wait is EINPROGRESS and
 * goes on by itself; asked again it is EALREADY, then what came of it, once. On a datagram socket
 * it sets the peer, AF_UNSPEC takes it away.
 */
#include "compat/connect.h"

#include <string.h>

#include "compat/addr.h"
#include "compat/block.h"
#include "compat/call.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/foreign.h"

struct progress {
    struct sk_op op; /* first */
    struct sock_fd *s;
};

void connect_advance(struct sock_fd *s, struct sk_iface *iface, instant now)
{
    struct sk_op op;

    if (s->connect != FD_CONNECT_DEFERRED) {
        return;
    }
    if (!sk_iface_configured(iface)) {
        if (now >= s->give_up_at) {
            s->connect = FD_CONNECT_NONE;
            s->failed = SK_NET_UNREACHABLE;
        }
        return;
    }
    sk_op_connect(&op, s->fd, s->to);
    enum sk_err err = op.poll(&op, iface, now);
    s->connect = FD_CONNECT_STARTED;
    s->failed = err == SK_PENDING ? SK_OK : err;
}

uint32_t connect_readiness(struct sock_fd *s, struct sk_iface *iface, instant now)
{
    connect_advance(s, iface, now);
    if (s->connect == FD_CONNECT_DEFERRED) {
        return 0;
    }
    if (s->failed != SK_OK) {
        return SK_READABLE | SK_WRITABLE | SK_ERROR | SK_HANGUP;
    }
    return sk_readiness(iface, s->fd);
}

enum sk_err connect_take_error(struct sock_fd *s, struct sk_iface *iface, instant now,
                               enum sk_err *error)
{
    int32_t value;

    connect_advance(s, iface, now);
    *error = s->failed;
    s->failed = SK_OK;
    if (*error != SK_OK) {
        return SK_OK;
    }
    enum sk_err err = sk_get(iface, s->fd, SK_SO_ERROR, &value);
    *error = err == SK_OK ? (enum sk_err)value : SK_OK;
    return err;
}

/* What became of an attempt that was started before. */
static enum sk_err poll_progress(struct sk_op *op, struct sk_iface *iface, instant now)
{
    struct sock_fd *s = ((struct progress *)op)->s;
    struct sk_op again;
    enum sk_err err;

    connect_advance(s, iface, now);
    if (s->connect == FD_CONNECT_DEFERRED) {
        return SK_PENDING;
    }
    if (s->failed == SK_OK) {
        sk_op_connect(&again, s->fd, s->to);
        err = again.poll(&again, iface, now);
    } else {
        err = s->failed;
        s->failed = SK_OK;
    }
    if (err == SK_ALREADY || err == SK_PENDING) {
        return SK_PENDING;
    }
    s->connect = FD_CONNECT_NONE;
    return err == SK_IS_CONNECTED ? SK_OK : err;
}

/* A deferred connect is given up at a time of its own, which nothing else would wake us for. */
static enum sk_err await_progress(struct sock_fd *s, instant deadline)
{
    struct progress p = { .op = { .poll = poll_progress, .fd = s->fd }, .s = s };

    if (s->connect == FD_CONNECT_DEFERRED && s->give_up_at < deadline) {
        enum sk_err err = call_block(&p.op, s->give_up_at);
        if (err != SK_AGAIN) {
            return err;
        }
    }
    return call_block(&p.op, deadline);
}

enum sk_err connect_await(struct sock_fd *s, instant deadline)
{
    return s->connect == FD_CONNECT_DEFERRED ? await_progress(s, deadline) : SK_OK;
}

static int connect_again(struct sock_fd *s)
{
    enum sk_err err = await_progress(s, call_deadline(s, 0, s->snd_timeout));

    return err == SK_AGAIN ? errno_fail(EALREADY) : errno_result(err);
}

static int defer(struct sock_fd *s, struct sk_addr to)
{
    state_enter();
    s->connect = FD_CONNECT_DEFERRED;
    s->failed = SK_OK;
    s->to = to;
    s->give_up_at = state_now() + CONFIG_WAIT;
    state_leave();
    return errno_fail(EINPROGRESS);
}

static int connect_stream(struct sock_fd *s, struct sk_addr to)
{
    struct sk_op op;
    instant deadline = call_deadline(s, 0, s->snd_timeout);

    if (s->connect != FD_CONNECT_NONE) {
        return connect_again(s);
    }
    sk_op_connect(&op, s->fd, to);
    enum sk_err err = call_block_for_route(&op, deadline);
    if (err == SK_AGAIN || err == SK_DEADLOCK) {
        s->connect = FD_CONNECT_STARTED;
        s->to = to;
        return errno_fail(err == SK_AGAIN ? EINPROGRESS : EDEADLK);
    }
    if (err == SK_NET_UNREACHABLE && deadline == AT_ONCE) {
        bool configured = sk_iface_configured(state_enter());
        state_leave();
        if (!configured) {
            return defer(s, to);
        }
    }
    return errno_result(err);
}

static enum sk_err poll_set_peer(struct sk_op *op, struct sk_iface *iface, instant now)
{
    (void)now;
    return sk_set_peer(iface, op->fd, op->addr);
}

static int set_peer(struct sock_fd *s, struct sk_addr peer)
{
    struct sk_op op = { .poll = poll_set_peer, .fd = s->fd, .addr = peer };

    return errno_result(call_block_for_route(&op, call_deadline(s, 0, s->snd_timeout)));
}

static bool is_unspec(const struct sockaddr *addr, socklen_t len)
{
    sa_family_t family;

    if (addr == NULL || len < offsetof(struct sockaddr, sa_data)) {
        return false;
    }
    memcpy(&family, (const char *)addr + offsetof(struct sockaddr, sa_family), sizeof family);
    return family == AF_UNSPEC;
}

int libsock_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
    struct sock_fd *s = fd_find(fd);
    struct sk_addr to;

    if (s == NULL) {
        return foreign_connect(fd, addr, len);
    }
    if (s->type == SK_DGRAM && is_unspec(addr, len)) {
        return set_peer(s, (struct sk_addr){ .port = 0 });
    }
    int wrong = addr_from_sockaddr(addr, len, &to);
    if (wrong != 0) {
        return errno_fail(wrong);
    }
    to = call_destination(to);
    return s->type == SK_DGRAM ? set_peer(s, to) : connect_stream(s, to);
}

FACE(connect);

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * connect: POSIX.1-2017, XSH connect(). On a stream, a connect that may not wait is EINPROGRESS and
 * goes on by itself, as does one that a signal interrupted; asked again, whatever address is named,
 * it is EALREADY, then what came of it, once. The next one after that is a new attempt. On a
 * datagram socket it sets the peer, AF_UNSPEC takes it away.
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
    sk_fd fd;          /* closed meanwhile, the entry may be another socket's */
    struct sk_addr to; /* of the attempt, when it is decided */
};

void connect_advance(struct sock_fd *s, struct sk_iface *iface, instant now)
{
    struct sk_op op;

    if (s->open->connect != FD_CONNECT_DEFERRED) {
        return;
    }
    if (!sk_iface_configured(iface)) {
        if (now >= s->open->give_up_at) {
            s->open->connect = FD_CONNECT_STARTED;
            s->open->failed = SK_NET_UNREACHABLE;
        }
        return;
    }
    sk_op_connect(&op, s->fd, s->open->to);
    enum sk_err err = op.poll(&op, iface, now);
    s->open->connect = FD_CONNECT_STARTED;
    s->open->failed = err == SK_PENDING ? SK_OK : err;
}

static enum sk_err take_failed(struct sock_fd *s)
{
    enum sk_err err = s->open->failed;

    s->open->failed = SK_OK;
    return err;
}

uint32_t connect_readiness(struct sock_fd *s, struct sk_iface *iface, instant now)
{
    connect_advance(s, iface, now);
    if (s->open->connect == FD_CONNECT_DEFERRED) {
        return 0;
    }
    if (s->open->failed != SK_OK) {
        return SK_READABLE | SK_WRITABLE | SK_ERROR | SK_HANGUP;
    }
    return sk_readiness(iface, s->fd);
}

enum sk_err connect_take_error(struct sock_fd *s, struct sk_iface *iface, instant now,
                               enum sk_err *error)
{
    int32_t value;

    connect_advance(s, iface, now);
    *error = take_failed(s);
    if (*error != SK_OK) {
        return SK_OK;
    }
    enum sk_err err = sk_get(iface, s->fd, SK_SO_ERROR, &value);
    *error = err == SK_OK ? (enum sk_err)value : SK_OK;
    return err;
}

static bool is_closed(const struct progress *p, const struct sk_iface *iface)
{
    struct sk_addr peer;

    return sk_remote(iface, p->fd, &peer) == SK_INVALID_SOCKET;
}

/* What became of an attempt that was started before. */
static enum sk_err poll_progress(struct sk_op *op, struct sk_iface *iface, instant now)
{
    struct sock_fd *s = ((struct progress *)op)->s;
    struct sk_op again;

    if (is_closed((struct progress *)op, iface)) {
        return SK_INVALID_SOCKET;
    }
    connect_advance(s, iface, now);
    if (s->open->connect == FD_CONNECT_DEFERRED) {
        return SK_PENDING;
    }
    ((struct progress *)op)->to = s->open->to;
    enum sk_err err = take_failed(s);
    if (err == SK_OK) {
        sk_op_connect(&again, s->fd, s->open->to);
        err = again.poll(&again, iface, now);
    }
    if (err == SK_ALREADY || err == SK_PENDING) {
        return SK_PENDING;
    }
    s->open->connect = FD_CONNECT_NONE;
    return err == SK_IS_CONNECTED ? SK_OK : err;
}

/* Data can move, or never will. */
static enum sk_err poll_decided(struct sk_op *op, struct sk_iface *iface, instant now)
{
    struct sock_fd *s = ((struct progress *)op)->s;
    struct sk_addr peer;

    if (is_closed((struct progress *)op, iface)) {
        return SK_INVALID_SOCKET;
    }
    bool connected = sk_remote(iface, s->fd, &peer) == SK_OK;
    if (!connected && connect_readiness(s, iface, now) == 0) {
        return SK_PENDING;
    }
    if (connected) {
        s->open->connect = FD_CONNECT_NONE;
    }
    return take_failed(s);
}

/* When a deferred connect is given up; for any other, never. */
static instant give_up_time(struct sock_fd *s)
{
    instant at = NEVER;

    state_enter();
    if (s->open->connect == FD_CONNECT_DEFERRED) {
        at = s->open->give_up_at;
    }
    state_leave();
    return at;
}

/* A deferred connect is given up at a time of its own, which nothing else would wake us for. */
static enum sk_err await(struct progress *p, instant deadline)
{
    instant give_up_at = give_up_time(p->s);

    p->op.fd = SK_FD_NONE;
    if (give_up_at < deadline) {
        enum sk_err err = call_block_until(&p->op, give_up_at, deadline);
        if (err != SK_AGAIN) {
            return err;
        }
    }
    p->op.fd = p->s->open->connect == FD_CONNECT_DEFERRED ? SK_FD_NONE : p->fd;
    return call_block(&p->op, deadline);
}

enum sk_err connect_await(struct sock_fd *s, sk_fd fd, instant deadline)
{
    struct progress p = { .op = { .poll = poll_decided }, .s = s, .fd = fd };

    return s->open->connect != FD_CONNECT_NONE ? await(&p, deadline) : SK_OK;
}

static int connect_again(struct sock_fd *s, sk_fd fd, struct sk_addr to, instant deadline)
{
    struct progress p = { .op = { .poll = poll_progress }, .s = s, .fd = fd };
    enum sk_err err = await(&p, deadline);

    if (err == SK_AGAIN) {
        return errno_fail(EALREADY);
    }
    return errno_result(err == SK_OK && !sk_addr_equal(to, p.to) ? SK_IS_CONNECTED : err);
}

/* No attempt is under way, and there is nothing to tell of one: SO_ERROR, a send or a receive did.
 */
static bool is_idle(uint32_t readiness)
{
    return (readiness & (SK_HANGUP | SK_ERROR)) == SK_HANGUP;
}

static bool is_under_way(struct sock_fd *s)
{
    struct sk_iface *iface = state_enter();

    if (is_idle(connect_readiness(s, iface, state_now()))) {
        s->open->connect = FD_CONNECT_NONE;
    }
    bool under_way = s->open->connect != FD_CONNECT_NONE;
    state_leave();
    return under_way;
}

static bool is_configured(void)
{
    bool configured = sk_iface_configured(state_enter());

    state_leave();
    return configured;
}

/* The attempt goes on by itself. */
static void leave_alone(struct sock_fd *s, sk_fd fd, struct sk_addr to)
{
    struct sk_iface *iface = state_enter();

    if (s->fd == fd) {
        bool started = !is_idle(sk_readiness(iface, fd));
        s->open->connect = started ? FD_CONNECT_STARTED : FD_CONNECT_DEFERRED;
        s->open->to = to;
        s->open->give_up_at = state_now() + CONFIG_WAIT;
    }
    state_leave();
}

static int connect_stream(int fd, struct sock_fd *s, struct sk_addr to)
{
    struct sk_op op;
    sk_fd handle = s->fd;
    instant deadline = call_deadline(s, 0, s->open->snd_timeout);

    if (s->open->connect != FD_CONNECT_NONE && is_under_way(s)) {
        return connect_again(s, handle, to, deadline);
    }
    if (!ip_is_loopback(to.addr) && fd_check_spare(fd) < 0) {
        return -1; /* the link would lose it without a word */
    }
    sk_op_connect(&op, handle, to);
    enum sk_err err = call_block_for_route(&op, deadline);
    if (err == SK_NET_UNREACHABLE && deadline == AT_ONCE && !is_configured()) {
        err = SK_AGAIN;
    }
    if (err == SK_AGAIN || err == SK_DEADLOCK || err == SK_INTERRUPTED) {
        leave_alone(s, handle, to);
    }
    return err == SK_AGAIN ? errno_fail(EINPROGRESS) : errno_result(err);
}

static enum sk_err poll_set_peer(struct sk_op *op, struct sk_iface *iface, instant now)
{
    (void)now;
    return sk_set_peer(iface, op->fd, op->addr);
}

static int set_peer(struct sock_fd *s, struct sk_addr peer)
{
    struct sk_op op = { .poll = poll_set_peer, .fd = s->fd, .addr = peer };

    return errno_result(call_block_for_route(&op, call_deadline(s, 0, s->open->snd_timeout)));
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
    foreign_test_cancel();
    if (s->type == SK_DGRAM && is_unspec(addr, len)) {
        return set_peer(s, (struct sk_addr){ .port = 0 });
    }
    int wrong = addr_of_peer(s, addr, len, &to);
    if (wrong != 0) {
        return errno_fail(wrong);
    }
    to = call_destination(to);
    return s->type == SK_DGRAM ? set_peer(s, to) : connect_stream(fd, s, to);
}

FACE(connect);

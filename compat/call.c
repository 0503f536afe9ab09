/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the calls that may wait have in common. A program may start before DHCP is through: its
 * first call waits for the address, because there is nobody else to do it.
 */
#include "compat/call.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "compat/block.h"
#include "compat/compat.h"

#define SECOND 1000000   /* us */
#define MILLISECOND 1000 /* us */

struct routed {
    struct sk_op op; /* first: the operation is polled through it */
    struct sk_op *inner;
    bool unrouted; /* it failed for want of an address */
};

instant call_deadline(const struct sock_fd *s, int flags, uint32_t timeout)
{
    if (s->open->nonblock || (flags & MSG_DONTWAIT) != 0) {
        return AT_ONCE;
    }
    return block_deadline(libsock_port(), (duration)timeout * MILLISECOND);
}

/* signal(7): Linux restarts a call that has no timeout, and no other. */
enum sk_err call_block_until(struct sk_op *op, instant until, instant deadline)
{
    struct libsock_state *state = libsock_state_current();
    struct block_how how = { .deadline = until,
                             .signal = deadline == NEVER ? BLOCK_RESTARTS : BLOCK_ENDS };

    return block_as(state->port, state->iface, op, how);
}

enum sk_err call_block(struct sk_op *op, instant deadline)
{
    return call_block_until(op, deadline, deadline);
}

enum sk_err call_block_through(struct sk_op *op, instant deadline)
{
    struct libsock_state *state = libsock_state_current();

    return block_on(state->port, state->iface, op, deadline);
}

static instant give_up_at(instant deadline)
{
    instant latest = state_now() + CONFIG_WAIT;

    return latest < deadline ? latest : deadline;
}

static enum sk_err poll_routed(struct sk_op *op, struct sk_iface *iface, instant now)
{
    struct routed *r = (struct routed *)op;
    enum sk_err err = r->inner->poll(r->inner, iface, now);

    r->unrouted = err == SK_NET_UNREACHABLE && !sk_iface_configured(iface);
    op->fd = r->unrouted ? SK_FD_NONE : r->inner->fd;
    return r->unrouted ? SK_PENDING : err;
}

enum sk_err call_block_for_route(struct sk_op *op, instant deadline)
{
    struct routed r = { .op = { .poll = poll_routed, .fd = op->fd }, .inner = op };
    instant early = give_up_at(deadline);
    enum sk_err err = call_block_until(&r.op, early, deadline);

    if (err != SK_AGAIN) {
        return err;
    }
    if (r.unrouted) {
        return SK_NET_UNREACHABLE;
    }
    return early < deadline ? call_block(op, deadline) : SK_AGAIN;
}

static enum sk_err poll_configured(struct sk_op *op, struct sk_iface *iface, instant now)
{
    (void)op;
    (void)now;
    return sk_iface_configured(iface) ? SK_OK : SK_PENDING;
}

enum sk_err call_await_address(instant deadline)
{
    struct sk_op op = { .poll = poll_configured, .fd = SK_FD_NONE };
    enum sk_err err = call_block_through(&op, give_up_at(deadline));

    return err == SK_AGAIN ? SK_NET_UNREACHABLE : err;
}

/* SO_LINGER of no time: what is queued is thrown away, and the peer is told so. */
enum sk_err call_end(struct sk_iface *iface, sk_fd handle, int32_t linger)
{
    return linger == 0 ? sk_abort(iface, handle, state_now())
                       : sk_close(iface, handle, state_now());
}

/* The peer has acknowledged all, the FIN included, or never will. */
static enum sk_err poll_acknowledged(struct sk_op *op, struct sk_iface *iface, instant now)
{
    int32_t state = SK_TCP_CLOSED;
    enum sk_err err = sk_get(iface, op->fd, SK_TCP_STATE, &state);

    (void)now;
    return err == SK_OK && (state == SK_TCP_FIN_WAIT_1 || state == SK_TCP_CLOSING ||
                            state == SK_TCP_LAST_ACK)
               ? SK_PENDING
               : SK_OK;
}

/* Unread data resets the connection: there is nothing to wait for. */
static bool may_linger(struct sk_iface *iface, sk_fd handle)
{
    return sk_unread(iface, handle) == 0 &&
           sk_shutdown(iface, handle, SK_SHUT_WR, state_now()) == SK_OK;
}

static bool is_last(const struct sock_fd *s)
{
    return s != NULL && s->open->n_numbers == 1;
}

static int32_t linger_of(const struct sock_fd *s)
{
    return s->type == SK_STREAM ? s->open->linger : FD_NO_LINGER;
}

/* Waits, without the lock, until what was sent is acknowledged, as long as SO_LINGER says. */
static void linger(const struct sock_fd *s)
{
    int32_t seconds = linger_of(s);
    struct sk_op op = { .poll = poll_acknowledged, .fd = s->fd };

    state_enter();
    bool waits = is_last(s) && seconds > 0 && may_linger(libsock_iface(), op.fd);
    state_leave();
    if (waits) {
        call_block(&op, block_deadline(libsock_port(), (duration)seconds * SECOND));
    }
}

/* A socket lives until its last number is closed. Another thread may have closed this one. Who
 * waits for it is told while the number still is its. */
enum sk_err call_close(int fd, void (*give_up)(int fd))
{
    enum sk_err err = SK_OK;
    const struct sock_fd *s = fd_find(fd);

    if (s != NULL) {
        linger(s);
    }
    struct sk_iface *iface = state_enter();
    s = fd_find(fd);
    if (is_last(s)) {
        err = call_end(iface, s->fd, linger_of(s));
    }
    if (s != NULL) {
        give_up(fd);
        sk_iface_poll_egress(iface, state_now());
    }
    state_leave();
    return s != NULL ? err : SK_INVALID_SOCKET;
}

struct sk_addr call_destination(struct sk_addr to)
{
    if (ip_is_unspecified(to.addr)) {
        to.addr = ip4(INADDR_LOOPBACK);
    }
    return to;
}

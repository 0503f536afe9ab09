/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Octets between the stack and an end of a pair, in place: neither side keeps any of them here. All
 * of it under the port's lock, and without waiting.
 */
#define _GNU_SOURCE /* EPOLLRDHUP */
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include "compat/call.h"
#include "compat/errno.h"
#include "compat/foreign.h"
#include "compat/preload/real.h"
#include "compat/preload/relay.h"
#include "compat/state.h"

static struct msghdr message_of(const struct sk_iov runs[2], struct iovec iov[2])
{
    for (int i = 0; i < 2; i++) {
        iov[i] = (struct iovec){ .iov_base = runs[i].base, .iov_len = runs[i].len };
    }
    return (struct msghdr){ .msg_iov = iov, .msg_iovlen = 2 };
}

static bool would_block(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* A connection that failed: who has the other end is told as well as a pair can. */
static void fail(struct relay *r)
{
    r->sent_all = r->told_all = true;
    foreign_shutdown(r->end, SHUT_RDWR);
}

/* ---- A stream ---- */

static void move_received(struct sk_iface *iface, struct relay *r)
{
    struct sk_iov runs[2];
    struct iovec iov[2];

    while (!r->told_all) {
        enum sk_err err = sk_recv_peek(iface, r->s.fd, runs);
        if (err == SK_PENDING) {
            return;
        }
        if (err != SK_OK) {
            fail(r);
            return;
        }
        if (runs[0].len + runs[1].len == 0) {
            r->told_all = true;
            foreign_shutdown(r->end, SHUT_WR);
            return;
        }
        struct msghdr msg = message_of(runs, iov);
        ssize_t n = foreign_sendmsg(r->end, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (would_block(n)) {
            return;
        }
        if (n < 0) {
            r->told_all = true; /* nobody reads any more */
            return;
        }
        sk_recv_consume(iface, r->s.fd, (size_t)n, state_now());
    }
}

static void move_sent(struct sk_iface *iface, struct relay *r)
{
    struct sk_iov runs[2];
    struct iovec iov[2];

    while (!r->sent_all) {
        enum sk_err err = sk_send_reserve(iface, r->s.fd, runs);
        if (err == SK_PENDING) {
            return;
        }
        if (err != SK_OK) {
            fail(r);
            return;
        }
        struct msghdr msg = message_of(runs, iov);
        ssize_t n = foreign_recvmsg(r->end, &msg, MSG_DONTWAIT);
        if (would_block(n)) {
            return;
        }
        if (n <= 0) {
            r->sent_all = true;
            sk_shutdown(iface, r->s.fd, SK_SHUT_WR, state_now());
            return;
        }
        sk_send_commit(iface, r->s.fd, (size_t)n, state_now());
    }
}

/* ---- A listener ---- */

static bool is_writable(int end)
{
    struct pollfd p = { .fd = end, .events = POLLOUT };

    return foreign_poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0;
}

/* Its peer's address, and the end. */
static bool pass(int to, struct sk_addr from, int end)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof end)];
    } control;
    struct iovec iov = { .iov_base = &from, .iov_len = sizeof from };
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };

    memset(&control, 0, sizeof control);
    control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
                                       .cmsg_type = SCM_RIGHTS,
                                       .cmsg_len = CMSG_LEN(sizeof end) };
    memcpy(CMSG_DATA(&control.header), &end, sizeof end);
    return foreign_sendmsg(to, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* A connection for which there is no descriptor, or no place after all, is lost, and its peer is
 * told so. */
static void hand_on(struct sk_iface *iface, struct relay *listener, const struct sk_op *accepted)
{
    struct sock_fd s;
    int other;

    fd_adopt(&s, accepted->u.accepted, SK_STREAM, &listener->s);
    struct relay *r = relay_make(&s, &other);
    if (r == NULL) {
        fd_let_go(iface, &s);
        return;
    }
    bool passed = pass(listener->end, accepted->addr, other);
    __real_close(other);
    if (passed) {
        relay_use(r);
    } else {
        relay_end(r);
    }
}

static void move_connections(struct sk_iface *iface, struct relay *r)
{
    struct sk_op accept;

    for (;;) {
        sk_op_accept(&accept, r->s.fd);
        if (!is_writable(r->end) || accept.poll(&accept, iface, state_now()) != SK_OK) {
            return;
        }
        hand_on(iface, r, &accept);
    }
}

/* ---- Events ---- */

static void move(struct relay *r)
{
    struct sk_iface *iface = libsock_iface();

    if (r->kind == RELAY_LISTENER && r->hung_up) {
        relay_end(r);
        return;
    }
    if (r->kind == RELAY_LISTENER) {
        move_connections(iface, r);
        return;
    }
    move_received(iface, r);
    move_sent(iface, r);
    if (r->hung_up && r->sent_all) {
        relay_end(r);
    }
}

/* One that nobody used is as its owner left it. */
void relay_end_ready(struct source *of_end, uint32_t events)
{
    struct relay *r = (struct relay *)(void *)of_end;

    r->hung_up = r->hung_up || (events & EPOLLHUP) != 0;
    if (r->used) {
        move(r);
    } else if (r->hung_up) {
        relay_end(r);
    }
}

void relay_socket_ready(struct source *of_socket, uint32_t events)
{
    (void)events;
    move((struct relay *)(void *)((char *)of_socket - offsetof(struct relay, of_socket)));
}

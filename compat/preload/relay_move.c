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

#define MAX_DATAGRAM 65507 /* octets: 65,535 without the headers of IP and UDP */

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

/* A connection that failed: who has the other end is told as well as a pair can. What is shut down
 * for both has hung up, which ends the relay. */
static void fail(struct relay *r)
{
    r->sent_all = true;
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
        ssize_t n = __real_sendmsg(r->end, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0) { /* there is no room, or nobody reads any more */
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
        ssize_t n = __real_recvmsg(r->end, &msg, MSG_DONTWAIT);
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
    bool passed = relay_pass(listener->end, &accepted->addr, sizeof accepted->addr, other);
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

/* ---- Datagrams ---- */

static uint8_t datagram[MAX_DATAGRAM]; /* on its way */

static struct msghdr message_with(struct sk_addr *addr, size_t len, struct iovec iov[2])
{
    iov[0] = (struct iovec){ .iov_base = addr, .iov_len = sizeof *addr };
    iov[1] = (struct iovec){ .iov_base = datagram, .iov_len = len };
    return (struct msghdr){ .msg_iov = iov, .msg_iovlen = 2 };
}

/* An error of the socket is one that the next call would have had: it goes on. */
static void move_arrived(struct sk_iface *iface, struct relay *r)
{
    struct sk_iov room = { .base = datagram, .len = sizeof datagram };
    struct iovec iov[2];
    struct sk_op receive;

    while (is_writable(r->end)) {
        sk_op_recv(&receive, r->s.fd, &room, 1, 0);
        enum sk_err err = receive.poll(&receive, iface, state_now());
        if (err == SK_PENDING) {
            return;
        }
        if (err == SK_OK) {
            struct msghdr msg = message_with(&receive.addr, receive.done, iov);
            __real_sendmsg(r->end, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
        }
    }
}

/* One that cannot leave is lost, as any may be. */
static void move_written(struct sk_iface *iface, struct relay *r)
{
    struct sk_addr to;
    struct iovec iov[2];
    struct sk_op send;

    while ((sk_readiness(iface, r->s.fd) & SK_WRITABLE) != 0) {
        struct msghdr msg = message_with(&to, sizeof datagram, iov);
        ssize_t n = __real_recvmsg(r->end, &msg, MSG_DONTWAIT);
        if (n < (ssize_t)sizeof to) {
            return;
        }
        struct sk_iov out = { .base = datagram, .len = (size_t)n - sizeof to };
        sk_op_send(&send, r->s.fd, &out, 1, to, 0);
        send.poll(&send, iface, state_now());
    }
}

/* ---- Events ---- */

void relay_move(struct relay *r)
{
    struct sk_iface *iface = libsock_iface();

    switch (r->kind) {
    case RELAY_LISTENER:
        move_connections(iface, r);
        break;
    case RELAY_DATAGRAMS:
        move_written(iface, r);
        move_arrived(iface, r);
        break;
    case RELAY_STREAM:
        move_received(iface, r);
        move_sent(iface, r);
        break;
    }
    if (r->hung_up && (r->sent_all || r->kind != RELAY_STREAM)) {
        relay_end(r);
    }
}

/* Who has no descriptor left for a request, or makes none, may have written to it all the same. One
 * that nobody used at all is as its owner left it; so is a listener, which takes no octets. */
static bool was_used(const struct relay *r)
{
    char octet;

    return r->kind != RELAY_LISTENER &&
           foreign_recvfrom(r->end, &octet, 1, MSG_PEEK | MSG_DONTWAIT, NULL, NULL) > 0;
}

void relay_end_ready(struct source *of_end, uint32_t events)
{
    struct relay *r = (struct relay *)(void *)of_end;

    r->hung_up = r->hung_up || (events & EPOLLHUP) != 0;
    if (r->hung_up && !r->used && was_used(r)) {
        relay_use(r);
    }
    if (r->used) {
        relay_move(r);
    } else if (r->hung_up) {
        relay_end(r);
    }
}

void relay_socket_ready(struct source *of_socket, uint32_t events)
{
    (void)events;
    relay_move((struct relay *)(void *)((char *)of_socket - offsetof(struct relay, of_socket)));
}

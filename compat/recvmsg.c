/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recvmsg: POSIX.1-2017, XSH recvmsg(); recvmmsg: Linux's. Control data of a datagram are what the
 * socket's options ask for: SO_TIMESTAMP, IP_PKTINFO, IP_RECVTTL, IP_RECVTOS, IP_RECVOPTS.
 * With MSG_ERRQUEUE it tells of a datagram that did not arrive (ip(7), IP_RECVERR).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <limits.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/time.h>

#include "compat/addr.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/foreign.h"
#include "compat/message.h"

#define SECOND 1000000 /* us */
#define ERROR_FLAGS (MSG_ERRQUEUE | MSG_DONTWAIT | MSG_NOSIGNAL | MSG_TRUNC | MSG_CMSG_CLOEXEC)

/* The control buffer of a caller, as it fills. */
struct control {
    uint8_t *at;
    size_t left;
    struct msghdr *msg;
};

/* As much of it as there is room for, as on Linux. */
static void put(struct control *c, int level, int type, const void *data, size_t len)
{
    struct cmsghdr header = { .cmsg_level = level, .cmsg_type = type };
    size_t whole = CMSG_LEN(len);

    if (c->left < sizeof header) {
        c->msg->msg_flags |= MSG_CTRUNC;
        return;
    }
    if (c->left < whole) {
        c->msg->msg_flags |= MSG_CTRUNC;
        whole = c->left;
    }
    header.cmsg_len = whole;
    memcpy(c->at, &header, sizeof header);
    if (whole > CMSG_LEN(0)) {
        memcpy(c->at + CMSG_LEN(0), data, whole - CMSG_LEN(0));
    }
    size_t space = CMSG_SPACE(len) < c->left ? CMSG_SPACE(len) : c->left;
    c->at += space;
    c->left -= space;
}

static void put_time(struct control *c, instant time)
{
    const struct port *port = libsock_port();
    int64_t at = port->realtime(port) - (port->now(port) - time);
    struct timeval t = { .tv_sec = (time_t)(at / SECOND), .tv_usec = (suseconds_t)(at % SECOND) };

    put(c, SOL_SOCKET, SCM_TIMESTAMP, &t, sizeof t);
}

/* ip(7): ipi_spec_dst is an address of ours, also when the datagram was for many. */
static void put_packet_info(struct control *c, const struct sk_ancillary *a)
{
    struct in_pktinfo info = { .ipi_addr.s_addr = htonl(ip4_bits(a->local)) };
    struct ip_addr ours = a->local;

    sk_netif_addr(state_enter(), a->ifindex, &ours);
    state_leave();
    info.ipi_ifindex = a->ifindex;
    info.ipi_spec_dst.s_addr = htonl(ip4_bits(ours));
    put(c, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
}

static void put_all(struct control *c, unsigned tells, const struct sk_ancillary *a)
{
    int ttl = a->ttl;
    uint8_t tos = (uint8_t)a->tos;

    if ((tells & FD_TELLS_TIME) != 0) {
        put_time(c, a->time);
    }
    if ((tells & FD_TELLS_PACKET_INFO) != 0) {
        put_packet_info(c, a);
    }
    if ((tells & FD_TELLS_TTL) != 0) {
        put(c, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
    }
    if ((tells & FD_TELLS_TOS) != 0) {
        put(c, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
    }
    if ((tells & FD_TELLS_OPTIONS) != 0 && a->options.len > 0) {
        put(c, IPPROTO_IP, IP_RECVOPTS, a->options.octets, a->options.len);
    }
}

static void tell_control(unsigned tells, const struct sk_ancillary *a, struct msghdr *msg)
{
    struct control c = { .at = msg->msg_control, .left = (size_t)msg->msg_controllen, .msg = msg };

    c.left = c.at != NULL ? c.left : 0;
    size_t before = c.left;
    put_all(&c, tells, a);
    msg->msg_controllen = before - c.left;
}

/* ---- MSG_ERRQUEUE ---- */

/* As Linux lays it out, so that SO_EE_OFFENDER finds the address. */
struct error_control {
    struct sock_extended_err error;
    struct sockaddr_in offender;
};

static void tell_error(const struct sk_datagram_error *what, struct msghdr *msg)
{
    struct control c = { .at = msg->msg_control, .left = (size_t)msg->msg_controllen, .msg = msg };
    bool ours = ip_is_unspecified(what->from);
    struct error_control e;

    memset(&e, 0, sizeof e);
    e.error.ee_errno = (uint32_t)errno_of(what->err);
    e.error.ee_origin = ours ? SO_EE_ORIGIN_LOCAL : SO_EE_ORIGIN_ICMP;
    e.error.ee_type = what->type;
    e.error.ee_code = what->code;
    e.error.ee_info = what->mtu;
    if (!ours) {
        e.offender.sin_family = AF_INET;
        e.offender.sin_addr.s_addr = htonl(ip4_bits(what->from));
    }
    c.left = c.at != NULL ? c.left : 0;
    size_t before = c.left;
    put(&c, IPPROTO_IP, IP_RECVERR, &e, sizeof e);
    msg->msg_controllen = before - c.left;
}

/* It never waits. Of the datagram there is no text: ICMP need not quote any. */
static ssize_t receive_error(struct sock_fd *s, struct msghdr *msg, int flags)
{
    struct sk_datagram_error what;

    if (msg == NULL) {
        return errno_fail(EFAULT);
    }
    if ((flags & ~ERROR_FLAGS) != 0 || s->type != SK_DGRAM) {
        return errno_fail(EOPNOTSUPP);
    }
    enum sk_err err = sk_recv_error(state_enter(), s->fd, &what);
    state_leave();
    if (err != SK_OK) {
        return errno_result(err);
    }
    msg->msg_flags = MSG_ERRQUEUE;
    addr_to_sockaddr(s->open->inet6, what.to, msg->msg_name, &msg->msg_namelen);
    tell_error(&what, msg);
    return 0;
}

/* 0, or an errno. */
static int check(const struct msghdr *msg, const struct sk_iov **iov)
{
    if (msg == NULL) {
        return EFAULT;
    }
    if ((size_t)msg->msg_iovlen > MESSAGE_MAX_IOV) {
        return EMSGSIZE;
    }
    return message_iov(msg->msg_iov, (size_t)msg->msg_iovlen, iov);
}

static ssize_t receive(struct sock_fd *s, struct msghdr *msg, int flags, bool leave_error)
{
    struct sk_ancillary ancillary;
    struct message m = { .flags = flags & ~MSG_CMSG_CLOEXEC,
                         .ancillary = &ancillary,
                         .leave_error = leave_error };
    struct sk_op op;

    if ((flags & MSG_ERRQUEUE) != 0) {
        return receive_error(s, msg, flags);
    }
    int wrong = check(msg, &m.iov);
    if (wrong != 0) {
        return errno_fail(wrong);
    }
    m.n_iov = (size_t)msg->msg_iovlen;
    unsigned tells = s->open->tells;
    ssize_t got = message_receive(s, &m, &op);
    if (got < 0) {
        return -1;
    }
    bool datagram = !ip_is_unspecified(op.addr.addr);
    msg->msg_flags = op.len > op.done ? MSG_TRUNC : 0;
    message_tell_sender(s, &op, msg->msg_name, &msg->msg_namelen);
    tell_control(datagram ? tells : 0, &ancillary, msg);
    return got;
}

ssize_t libsock_recvmsg(int fd, struct msghdr *msg, int flags)
{
    struct sock_fd *s = fd_find(fd);

    return s != NULL ? receive(s, msg, flags, false) : foreign_recvmsg(fd, msg, flags);
}

/* recvmmsg(2): looked at after each message, and by none of them. */
static instant deadline_of(const struct timespec *timeout)
{
    duration d = (duration)timeout->tv_sec * SECOND + timeout->tv_nsec / 1000;

    return state_now() + d;
}

static bool is_valid(const struct timespec *t)
{
    return t->tv_sec >= 0 && t->tv_sec < NEVER / SECOND / 2 && t->tv_nsec >= 0 &&
           t->tv_nsec < 1000000000;
}

/* An error after the first message stays for the next call. */
int libsock_recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags,
                     struct timespec *timeout)
{
    struct sock_fd *s = fd_find(fd);
    unsigned i = 0;

    if (s == NULL) {
        return foreign_recvmmsg(fd, messages, n, flags, timeout);
    }
    if (messages == NULL && n > 0) {
        return errno_fail(EFAULT);
    }
    if (timeout != NULL && !is_valid(timeout)) {
        return errno_fail(EINVAL);
    }
    instant deadline = timeout != NULL ? deadline_of(timeout) : NEVER;
    n = n < MESSAGE_MAX_IOV ? n : MESSAGE_MAX_IOV;
    while (i < n) {
        bool later = i > 0;
        bool at_once = later && (flags & MSG_WAITFORONE) != 0;
        ssize_t got = receive(s, &messages[i].msg_hdr,
                              (flags & ~MSG_WAITFORONE) | (at_once ? MSG_DONTWAIT : 0), later);
        if (got < 0) {
            return later ? (int)i : -1;
        }
        messages[i++].msg_len = (unsigned)got;
        if (state_now() >= deadline) {
            break;
        }
    }
    return (int)i;
}

FACE(recvmsg);
FACE(recvmmsg);

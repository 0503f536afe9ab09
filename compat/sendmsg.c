/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sendmsg: POSIX.1-2017, XSH sendmsg(); sendmmsg: Linux's. Control data of a datagram are those of
 * ip(7): IP_PKTINFO, IP_TTL, IP_TOS, IP_RETOPTS. Any other, and any on a stream, is EINVAL.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/foreign.h"
#include "compat/message.h"

#define MAX_OCTET 255

static const struct sk_ancillary NOTHING = { .tos = -1 };

/* 0, or an errno; so with all that follows. */
static int take_int(const uint8_t *data, size_t len, int lowest, int *out)
{
    if (len != sizeof *out) {
        return EINVAL;
    }
    memcpy(out, data, sizeof *out);
    return *out >= lowest && *out <= MAX_OCTET ? 0 : EINVAL;
}

static int take_packet_info(const uint8_t *data, size_t len, struct sk_ancillary *a)
{
    struct in_pktinfo info;

    if (len != sizeof info) {
        return EINVAL;
    }
    memcpy(&info, data, sizeof info);
    if ((int64_t)info.ipi_ifindex < 0 || (int64_t)info.ipi_ifindex > MAX_OCTET) {
        return ENODEV;
    }
    a->ifindex = (uint8_t)info.ipi_ifindex;
    a->local = ip4(ntohl(info.ipi_spec_dst.s_addr));
    return 0;
}

static int take_ttl(const uint8_t *data, size_t len, struct sk_ancillary *a)
{
    int ttl = 0;
    int wrong = take_int(data, len, 1, &ttl);

    a->ttl = (uint8_t)ttl;
    return wrong;
}

/* As it is received, in one octet, or in an int. */
static int take_tos(const uint8_t *data, size_t len, struct sk_ancillary *a)
{
    int tos = len == 1 ? data[0] : 0;
    int wrong = len == 1 ? 0 : take_int(data, len, 0, &tos);

    a->tos = (int16_t)tos;
    return wrong;
}

static int take_options(const uint8_t *data, size_t len, struct sk_ancillary *a)
{
    if (len > sizeof a->options.octets) {
        return EINVAL;
    }
    memcpy(a->options.octets, data, len);
    a->options.len = (uint8_t)len;
    return 0;
}

static int take(const struct cmsghdr *header, const uint8_t *data, size_t len,
                struct sk_ancillary *a)
{
    if (header->cmsg_level != IPPROTO_IP) {
        return EINVAL;
    }
    switch (header->cmsg_type) {
    case IP_PKTINFO:
        return take_packet_info(data, len, a);
    case IP_TTL:
        return take_ttl(data, len, a);
    case IP_TOS:
        return take_tos(data, len, a);
    case IP_RETOPTS:
        return take_options(data, len, a);
    default:
        return EINVAL;
    }
}

/* Octets are copied: a buffer of chars need not be aligned. */
static int take_control(const struct msghdr *msg, struct sk_ancillary *a)
{
    const uint8_t *at = msg->msg_control;
    size_t left = at != NULL ? (size_t)msg->msg_controllen : 0;
    struct cmsghdr header;

    *a = NOTHING;
    while (left >= sizeof header) {
        memcpy(&header, at, sizeof header);
        size_t len = (size_t)header.cmsg_len;
        if (len < CMSG_LEN(0) || len > left) {
            return EINVAL;
        }
        int wrong = take(&header, at + CMSG_LEN(0), len - CMSG_LEN(0), a);
        if (wrong != 0) {
            return wrong;
        }
        size_t space = CMSG_SPACE(len - CMSG_LEN(0));
        space = space < left ? space : left;
        at += space;
        left -= space;
    }
    return 0;
}

static bool has_control(const struct msghdr *msg)
{
    return msg->msg_control != NULL && msg->msg_controllen > 0;
}

static int take_apart(const struct sock_fd *s, const struct msghdr *msg, struct message *m,
                      struct sk_ancillary *ancillary)
{
    int wrong = EMSGSIZE;

    if (msg == NULL) {
        return EFAULT;
    }
    if ((size_t)msg->msg_iovlen <= MESSAGE_MAX_IOV) {
        wrong = message_iov(msg->msg_iov, (size_t)msg->msg_iovlen, &m->iov);
    }
    if (wrong != 0) {
        return wrong;
    }
    m->n_iov = (size_t)msg->msg_iovlen;
    m->to = msg->msg_name;
    m->to_len = msg->msg_namelen;
    if (!has_control(msg)) {
        return 0;
    }
    m->ancillary = ancillary;
    return s->type == SK_DGRAM ? take_control(msg, ancillary) : EINVAL;
}

ssize_t libsock_sendmsg(int fd, const struct msghdr *msg, int flags)
{
    struct sock_fd *s = fd_find(fd);
    struct message m = { .flags = flags };
    struct sk_ancillary ancillary;

    if (s == NULL) {
        return foreign_sendmsg(fd, msg, flags);
    }
    int wrong = take_apart(s, msg, &m, &ancillary);
    return wrong != 0 ? errno_fail(wrong) : message_send(s, &m);
}

/* What stopped it after the first message is not told, as on Linux. */
int libsock_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
    if (fd_find(fd) == NULL) {
        return foreign_sendmmsg(fd, messages, n, flags);
    }
    if (messages == NULL && n > 0) {
        return errno_fail(EFAULT);
    }
    n = n < MESSAGE_MAX_IOV ? n : MESSAGE_MAX_IOV; /* as Linux does */
    for (unsigned i = 0; i < n; i++) {
        ssize_t sent = libsock_sendmsg(fd, &messages[i].msg_hdr, flags);
        if (sent < 0) {
            return i > 0 ? (int)i : -1;
        }
        messages[i].msg_len = (unsigned)sent;
    }
    return (int)n;
}

FACE(sendmsg);
FACE(sendmmsg);

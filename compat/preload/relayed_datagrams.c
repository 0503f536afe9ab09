/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams on the other end of a relay: what the program reads and writes there has an address in
 * front. Control data, and what goes wrong with a datagram afterwards, is not told.
 */
#define _GNU_SOURCE /* IOV_MAX */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "compat/addr.h"
#include "compat/errno.h"
#include "compat/fd.h"
#include "compat/preload/real.h"
#include "compat/preload/relayed.h"

/* The message with an address in front, in `*out`; its iov is to be freed. 0, or an errno. */
static int put_in_front(const struct msghdr *msg, struct sk_addr *addr, struct msghdr *out)
{
    if (msg->msg_iovlen >= IOV_MAX) {
        return EMSGSIZE;
    }
    struct iovec *iov = malloc((msg->msg_iovlen + 1) * sizeof *iov);
    if (iov == NULL) {
        return ENOMEM;
    }
    iov[0] = (struct iovec){ .iov_base = addr, .iov_len = sizeof *addr };
    memcpy(iov + 1, msg->msg_iov, msg->msg_iovlen * sizeof *iov);
    *out = (struct msghdr){ .msg_iov = iov, .msg_iovlen = msg->msg_iovlen + 1 };
    return 0;
}

/* 0, or an errno. An unspecified address is the peer. */
static int destination(const struct relay_name *name, const struct msghdr *msg, struct sk_addr *to)
{
    struct open_description open = { .inet6 = name->inet6 };
    struct sock_fd s = { .type = SK_DGRAM, .open = &open };

    *to = (struct sk_addr){ .port = 0 };
    if (msg->msg_name == NULL || msg->msg_namelen == 0) {
        return name->peer.port != 0 ? 0 : EDESTADDRREQ;
    }
    return addr_of_peer(&s, msg->msg_name, msg->msg_namelen, to);
}

ssize_t relayed_send_datagram(const struct relay_name *name, int fd, const struct msghdr *msg,
                              int flags)
{
    struct sk_addr to;
    struct msghdr whole;
    int wrong = destination(name, msg, &to);

    if (wrong == 0) {
        wrong = put_in_front(msg, &to, &whole);
    }
    if (wrong != 0) {
        return errno_fail(wrong);
    }
    ssize_t n = __real_sendmsg(fd, &whole, flags);
    free(whole.msg_iov);
    return n < 0 ? n : n - (ssize_t)sizeof to;
}

ssize_t relayed_receive_datagram(const struct relay_name *name, int fd, struct msghdr *msg,
                                 int flags)
{
    struct sk_addr from;
    struct msghdr whole;
    int wrong = put_in_front(msg, &from, &whole);

    if (wrong != 0) {
        return errno_fail(wrong);
    }
    ssize_t n = __real_recvmsg(fd, &whole, flags);
    free(whole.msg_iov);
    if (n < (ssize_t)sizeof from) { /* 0: the owner is gone */
        return n < 0 ? n : errno_fail(ENOTCONN);
    }
    addr_to_sockaddr(name->inet6, from, msg->msg_name, &msg->msg_namelen);
    msg->msg_controllen = 0;
    msg->msg_flags = whole.msg_flags;
    return n - (ssize_t)sizeof from;
}

int relayed_next_datagram(int fd)
{
    struct msghdr none = { .msg_iovlen = 0 };
    ssize_t n = __real_recvmsg(fd, &none, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);

    return n > (ssize_t)sizeof(struct sk_addr) ? (int)(n - (ssize_t)sizeof(struct sk_addr)) : 0;
}

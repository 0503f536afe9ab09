/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every call that moves data moves: send, sendmsg, writev and the others each make a message
 * of their arguments, or take one apart. Those without control data do not link what reads and
 * writes it.
 */
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include "compat/fd.h"
#include "libsock.h"

#define MESSAGE_MAX_IOV 1024 /* buffers of one call, and messages of one: Linux's IOV_MAX */

struct message {
    const struct sk_iov *iov; /* the caller's */
    size_t n_iov;
    int flags;                      /* MSG_... */
    const struct sockaddr *to;      /* send: the caller's, NULL: nobody is named */
    socklen_t to_len;               /* octets */
    struct sk_ancillary *ancillary; /* the caller's; NULL: of no interest */
    bool leave_error;               /* receive: EAGAIN for it, and the next call is told */
};

/** Sends, on a socket of ours: what send() returns, and errno. */
ssize_t message_send(struct sock_fd *s, const struct message *m);

/**
 * Receives, on a socket of ours: what recv() returns, and errno. `op` is as the operation ended:
 * `op->addr` is the sender of a datagram, and unspecified when there is none to tell.
 */
ssize_t message_receive(struct sock_fd *s, const struct message *m, struct sk_op *op);

/** Writes who sent to `s`, where a caller asked: as `from` and `from_len` of recvfrom. */
void message_tell_sender(const struct sock_fd *s, const struct sk_op *op, struct sockaddr *from,
                         socklen_t *from_len);

/** The buffers of a caller. 0, or an errno: EFAULT, EINVAL (they are longer than SSIZE_MAX). */
int message_iov(const struct iovec *iov, size_t n, const struct sk_iov **out);

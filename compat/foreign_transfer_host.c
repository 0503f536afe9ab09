/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The C library's calls that move octets, as foreign_host.c has the others. What
 * another process relays may be in messages (compat/preload/relayed_messages.c).
 */
#define _GNU_SOURCE /* struct mmsghdr */
#include <sys/uio.h>
#include <unistd.h>

#include "compat/errno.h"
#include "compat/foreign.h"
#include "compat/preload/preload.h"

/* Of libsock-preload.so. */
extern __typeof(preload_has_messages) preload_has_messages __attribute__((weak));
extern __typeof(preload_send_message) preload_send_message __attribute__((weak));
extern __typeof(preload_receive_message) preload_receive_message __attribute__((weak));
extern __typeof(preload_received) preload_received __attribute__((weak));

ssize_t __real_sendto(int fd, const void *buffer, size_t len, int flags, const struct sockaddr *to,
                      socklen_t to_len);
ssize_t __real_recvfrom(int fd, void *buffer, size_t len, int flags, struct sockaddr *from,
                        socklen_t *from_len);
extern __typeof(sendmsg) __real_sendmsg;
extern __typeof(recvmsg) __real_recvmsg;
int __real_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags);
int __real_recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags,
                    struct timespec *timeout);
extern __typeof(readv) __real_readv;
extern __typeof(writev) __real_writev;
extern __typeof(read) __real_read;
extern __typeof(write) __real_write;

static bool has_messages(int fd)
{
    return preload_has_messages != NULL && preload_has_messages(fd);
}

/* ---- Sending ---- */

ssize_t foreign_sendmsg(int fd, const struct msghdr *msg, int flags)
{
    return has_messages(fd) ? preload_send_message(fd, msg, flags) : __real_sendmsg(fd, msg, flags);
}

static ssize_t send_message(int fd, const struct iovec *iov, size_t n, int flags,
                            const struct sockaddr *to, socklen_t to_len)
{
    struct msghdr msg = { .msg_name = (void *)(uintptr_t)to,
                          .msg_namelen = to_len,
                          .msg_iov = (struct iovec *)(uintptr_t)iov,
                          .msg_iovlen = n };

    return preload_send_message(fd, &msg, flags);
}

ssize_t foreign_sendto(int fd, const void *buffer, size_t len, int flags, const struct sockaddr *to,
                       socklen_t to_len)
{
    struct iovec iov = { .iov_base = (void *)(uintptr_t)buffer, .iov_len = len };

    return has_messages(fd) ? send_message(fd, &iov, 1, flags, to, to_len)
                            : __real_sendto(fd, buffer, len, flags, to, to_len);
}

ssize_t foreign_write(int fd, const void *buffer, size_t len)
{
    struct iovec iov = { .iov_base = (void *)(uintptr_t)buffer, .iov_len = len };

    return has_messages(fd) ? send_message(fd, &iov, 1, 0, NULL, 0) : __real_write(fd, buffer, len);
}

ssize_t foreign_writev(int fd, const struct iovec *iov, int n)
{
    return has_messages(fd) && n > 0 ? send_message(fd, iov, (size_t)n, 0, NULL, 0)
                                     : __real_writev(fd, iov, n);
}

int foreign_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
    unsigned sent = 0;

    if (!has_messages(fd)) {
        return __real_sendmmsg(fd, messages, n, flags);
    }
    for (; sent < n; sent++) {
        ssize_t len = preload_send_message(fd, &messages[sent].msg_hdr, flags);
        if (len < 0) {
            return sent > 0 ? (int)sent : -1;
        }
        messages[sent].msg_len = (unsigned)len;
    }
    return (int)sent;
}

/* ---- Receiving ---- */

static void note(const struct msghdr *msg)
{
    if (preload_received != NULL && msg->msg_controllen > 0) {
        preload_received(msg);
    }
}

ssize_t foreign_recvmsg(int fd, struct msghdr *msg, int flags)
{
    if (has_messages(fd)) {
        return preload_receive_message(fd, msg, flags);
    }
    ssize_t n = __real_recvmsg(fd, msg, flags);
    if (n >= 0) {
        note(msg);
    }
    return n;
}

static ssize_t receive_message(int fd, const struct iovec *iov, size_t n, int flags,
                               struct sockaddr *from, socklen_t *from_len)
{
    struct msghdr msg = { .msg_name = from,
                          .msg_namelen = from_len != NULL ? *from_len : 0,
                          .msg_iov = (struct iovec *)(uintptr_t)iov,
                          .msg_iovlen = n };
    ssize_t len = preload_receive_message(fd, &msg, flags);

    if (len >= 0 && from_len != NULL) {
        *from_len = msg.msg_namelen;
    }
    return len;
}

ssize_t foreign_recvfrom(int fd, void *buffer, size_t len, int flags, struct sockaddr *from,
                         socklen_t *from_len)
{
    struct iovec iov = { .iov_base = buffer, .iov_len = len };

    return has_messages(fd) ? receive_message(fd, &iov, 1, flags, from, from_len)
                            : __real_recvfrom(fd, buffer, len, flags, from, from_len);
}

ssize_t foreign_read(int fd, void *buffer, size_t len)
{
    struct iovec iov = { .iov_base = buffer, .iov_len = len };

    return has_messages(fd) ? receive_message(fd, &iov, 1, 0, NULL, NULL)
                            : __real_read(fd, buffer, len);
}

ssize_t foreign_readv(int fd, const struct iovec *iov, int n)
{
    return has_messages(fd) && n > 0 ? receive_message(fd, iov, (size_t)n, 0, NULL, NULL)
                                     : __real_readv(fd, iov, n);
}

static int receive_all(int fd, struct mmsghdr *messages, unsigned n, int flags,
                       struct timespec *timeout)
{
    int received = __real_recvmmsg(fd, messages, n, flags, timeout);

    for (int i = 0; i < received; i++) {
        note(&messages[i].msg_hdr);
    }
    return received;
}

/* Waits for the first one alone. */
int foreign_recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags,
                     struct timespec *timeout)
{
    unsigned received = 0;

    if (!has_messages(fd)) {
        return receive_all(fd, messages, n, flags, timeout);
    }
    for (; received < n; received++) {
        int wait = received > 0 ? MSG_DONTWAIT : 0;
        ssize_t len = preload_receive_message(fd, &messages[received].msg_hdr,
                                              (flags & ~MSG_WAITFORONE) | wait);
        if (len < 0) {
            return received > 0 ? (int)received : -1;
        }
        messages[received].msg_len = (unsigned)len;
    }
    return (int)received;
}

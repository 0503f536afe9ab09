/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The C library's calls that move octets, as foreign_host.c has the others. Of datagrams that
 * another process relays each has its address in front (compat/preload/relayed_datagrams.c).
 */
#define _GNU_SOURCE /* struct mmsghdr */
#include <sys/uio.h>
#include <unistd.h>

#include "compat/errno.h"
#include "compat/foreign.h"
#include "compat/preload/preload.h"

/* Of libsock-preload.so. */
extern __typeof(preload_has_datagrams) preload_has_datagrams __attribute__((weak));
extern __typeof(preload_send_datagram) preload_send_datagram __attribute__((weak));
extern __typeof(preload_receive_datagram) preload_receive_datagram __attribute__((weak));

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

static bool has_datagrams(int fd)
{
    return preload_has_datagrams != NULL && preload_has_datagrams(fd);
}

/* ---- Sending ---- */

ssize_t foreign_sendmsg(int fd, const struct msghdr *msg, int flags)
{
    return has_datagrams(fd) ? preload_send_datagram(fd, msg, flags)
                             : __real_sendmsg(fd, msg, flags);
}

static ssize_t send_datagram(int fd, const struct iovec *iov, size_t n, int flags,
                             const struct sockaddr *to, socklen_t to_len)
{
    struct msghdr msg = { .msg_name = (void *)(uintptr_t)to,
                          .msg_namelen = to_len,
                          .msg_iov = (struct iovec *)(uintptr_t)iov,
                          .msg_iovlen = n };

    return preload_send_datagram(fd, &msg, flags);
}

ssize_t foreign_sendto(int fd, const void *buffer, size_t len, int flags, const struct sockaddr *to,
                       socklen_t to_len)
{
    struct iovec iov = { .iov_base = (void *)(uintptr_t)buffer, .iov_len = len };

    return has_datagrams(fd) ? send_datagram(fd, &iov, 1, flags, to, to_len)
                             : __real_sendto(fd, buffer, len, flags, to, to_len);
}

ssize_t foreign_write(int fd, const void *buffer, size_t len)
{
    struct iovec iov = { .iov_base = (void *)(uintptr_t)buffer, .iov_len = len };

    return has_datagrams(fd) ? send_datagram(fd, &iov, 1, 0, NULL, 0)
                             : __real_write(fd, buffer, len);
}

ssize_t foreign_writev(int fd, const struct iovec *iov, int n)
{
    return has_datagrams(fd) && n > 0 ? send_datagram(fd, iov, (size_t)n, 0, NULL, 0)
                                      : __real_writev(fd, iov, n);
}

int foreign_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
    unsigned sent = 0;

    if (!has_datagrams(fd)) {
        return __real_sendmmsg(fd, messages, n, flags);
    }
    for (; sent < n; sent++) {
        ssize_t len = preload_send_datagram(fd, &messages[sent].msg_hdr, flags);
        if (len < 0) {
            return sent > 0 ? (int)sent : -1;
        }
        messages[sent].msg_len = (unsigned)len;
    }
    return (int)sent;
}

/* ---- Receiving ---- */

ssize_t foreign_recvmsg(int fd, struct msghdr *msg, int flags)
{
    return has_datagrams(fd) ? preload_receive_datagram(fd, msg, flags)
                             : __real_recvmsg(fd, msg, flags);
}

static ssize_t receive_datagram(int fd, const struct iovec *iov, size_t n, int flags,
                                struct sockaddr *from, socklen_t *from_len)
{
    struct msghdr msg = { .msg_name = from,
                          .msg_namelen = from_len != NULL ? *from_len : 0,
                          .msg_iov = (struct iovec *)(uintptr_t)iov,
                          .msg_iovlen = n };
    ssize_t len = preload_receive_datagram(fd, &msg, flags);

    if (len >= 0 && from_len != NULL) {
        *from_len = msg.msg_namelen;
    }
    return len;
}

ssize_t foreign_recvfrom(int fd, void *buffer, size_t len, int flags, struct sockaddr *from,
                         socklen_t *from_len)
{
    struct iovec iov = { .iov_base = buffer, .iov_len = len };

    return has_datagrams(fd) ? receive_datagram(fd, &iov, 1, flags, from, from_len)
                             : __real_recvfrom(fd, buffer, len, flags, from, from_len);
}

ssize_t foreign_read(int fd, void *buffer, size_t len)
{
    struct iovec iov = { .iov_base = buffer, .iov_len = len };

    return has_datagrams(fd) ? receive_datagram(fd, &iov, 1, 0, NULL, NULL)
                             : __real_read(fd, buffer, len);
}

ssize_t foreign_readv(int fd, const struct iovec *iov, int n)
{
    return has_datagrams(fd) && n > 0 ? receive_datagram(fd, iov, (size_t)n, 0, NULL, NULL)
                                      : __real_readv(fd, iov, n);
}

/* Waits for the first one alone. */
int foreign_recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags,
                     struct timespec *timeout)
{
    unsigned received = 0;

    if (!has_datagrams(fd)) {
        return __real_recvmmsg(fd, messages, n, flags, timeout);
    }
    for (; received < n; received++) {
        int wait = received > 0 ? MSG_DONTWAIT : 0;
        ssize_t len = preload_receive_datagram(fd, &messages[received].msg_hdr,
                                               (flags & ~MSG_WAITFORONE) | wait);
        if (len < 0) {
            return received > 0 ? (int)received : -1;
        }
        messages[received].msg_len = (unsigned)len;
    }
    return (int)received;
}

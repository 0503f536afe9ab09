/* SPDX-License-Identifier: BSD-3-Clause */
/* sys/uio.h for firmware whose C library has none. See sys/socket.h. */
#ifndef LIBSOCK_SYS_UIO_H
#define LIBSOCK_SYS_UIO_H

#pragma GCC system_header

#include <sys/types.h>

struct iovec {
    void *iov_base;
    size_t iov_len;
};

/* The most parts of one transfer; limits.h has it as IOV_MAX. */
#define UIO_MAXIOV 1024

#ifdef __cplusplus
extern "C" {
#endif

ssize_t readv(int __fd, const struct iovec *__iov, int __n);
ssize_t writev(int __fd, const struct iovec *__iov, int __n);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * enum sk_err -> errno, one table. The numbers are the C library's own: picolibc's are not Linux's.
 * Names of the errors as in POSIX.1-2017, XSH 2.3; where POSIX leaves a choice, Linux's.
 */
#include "compat/errno.h"

#include <stddef.h>

// clang-format off
static const int number[SK_N_ERRS] = {
    [SK_OK]               = 0,
    [SK_PENDING]          = EAGAIN,
    [SK_AGAIN]            = EAGAIN,
    [SK_IGNORED]          = EOPNOTSUPP,
    [SK_INVALID_SOCKET]   = EBADF,
    [SK_INVALID]          = EINVAL,
    [SK_BINDING_IN_USE]   = EADDRINUSE,
    [SK_ADDR_NOT_AVAIL]   = EADDRNOTAVAIL,
    [SK_NO_SOCKETS]       = ENFILE,
    [SK_NO_BUFFERS]       = ENOBUFS,
    [SK_NO_OPTION]        = ENOPROTOOPT,
    [SK_NOT_SUPPORTED]    = EOPNOTSUPP,
    [SK_NOT_CONNECTED]    = ENOTCONN,
    [SK_IS_CONNECTED]     = EISCONN,
    [SK_ALREADY]          = EALREADY,
    [SK_ACCESS]           = EACCES,
    [SK_NEED_DEST]        = EDESTADDRREQ,
    [SK_MSG_SIZE]         = EMSGSIZE,
    [SK_PIPE]             = EPIPE,
    [SK_REFUSED]          = ECONNREFUSED,
    [SK_RESET]            = ECONNRESET,
    [SK_ABORTED]          = ECONNABORTED,
    [SK_TIMED_OUT]        = ETIMEDOUT,
    [SK_HOST_UNREACHABLE] = EHOSTUNREACH,
    [SK_NET_UNREACHABLE]  = ENETUNREACH,
    [SK_DEADLOCK]         = EDEADLK,
    [SK_INTERRUPTED]      = EINTR,
    [SK_NAME_UNKNOWN]     = ENOENT,
    [SK_NAME_NO_ADDRESS]  = ENOENT,
    [SK_NAME_FAILED]      = EIO,
    [SK_NAME_NO_SERVER]   = EHOSTUNREACH,
};
// clang-format on

int errno_of(enum sk_err err)
{
    return number[err];
}

int errno_fail(int n)
{
    errno = n;
    return -1;
}

int errno_result(enum sk_err err)
{
    return err == SK_OK ? 0 : errno_fail(errno_of(err));
}

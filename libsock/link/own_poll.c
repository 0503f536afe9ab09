/* SPDX-License-Identifier: BSD-3-Clause */
/* ppoll past the C library. What the C library does for a cancellation point is done here: while
 * the kernel has the thread it may be cancelled at any time. */
#include "link/own_poll.h"

#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KERNEL_SIGSET_LEN 8 /* octets */

/* A thread that is cancelled leaves this frame without a return, and AddressSanitizer would go on
 * watching what it marked of it. */
__attribute__((no_sanitize_address)) int sk_own_poll(struct pollfd *fds, size_t n,
                                                     struct timespec timeout, const sigset_t *mask)
{
    int type;
    long ready;

    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
    ready = syscall(SYS_ppoll, fds, n, &timeout, mask, KERNEL_SIGSET_LEN);
    pthread_setcanceltype(type, &type);
    return (int)ready;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* bind: POSIX.1-2017, XSH bind(). An address of our own may come by DHCP yet: it is waited for. */
#include "compat/addr.h"
#include "compat/call.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/fd.h"
#include "compat/foreign.h"

static enum sk_err try_bind(sk_fd fd, struct sk_addr local)
{
    enum sk_err err = sk_bind(state_enter(), fd, local);

    state_leave();
    return err;
}

static bool await_address(void)
{
    int before = foreign_forbid_cancel();
    bool came = call_await_address(NEVER) == SK_OK;

    foreign_allow_cancel(before);
    return came;
}

int libsock_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
    struct sock_fd *s = fd_find(fd);
    struct sk_addr local;

    if (s == NULL) {
        return foreign_bind(fd, addr, len);
    }
    int wrong = addr_from_sockaddr(s, addr, len, &local);
    if (wrong != 0) {
        return errno_fail(wrong == ENETUNREACH ? EADDRNOTAVAIL : wrong);
    }
    sk_fd handle = s->fd;
    enum sk_err err = try_bind(handle, local);
    if (err == SK_ADDR_NOT_AVAIL && !s->open->nonblock && await_address()) {
        err = try_bind(handle, local);
    }
    return errno_result(err);
}

FACE(bind);

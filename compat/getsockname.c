/* SPDX-License-Identifier: BSD-3-Clause */
/* getsockname, getpeername: POSIX.1-2017. The address is cut off at `*len`, which becomes the whole
 * length. */
#include "compat/addr.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/fd.h"
#include "compat/foreign.h"

static int answer(const struct sock_fd *s, enum sk_err err, struct sk_addr found,
                  struct sockaddr *addr, socklen_t *len)
{
    if (err != SK_OK) {
        return errno_result(err);
    }
    if (addr == NULL) {
        return errno_fail(EFAULT);
    }
    int wrong = addr_to_sockaddr(s->open->inet6, found, addr, len);
    return wrong != 0 ? errno_fail(wrong) : 0;
}

int libsock_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
    struct sock_fd *s = fd_find(fd);
    struct sk_addr local;

    if (s == NULL) {
        return foreign_getsockname(fd, addr, len);
    }
    enum sk_err err = sk_local(state_enter(), s->fd, &local);
    state_leave();
    return answer(s, err, local, addr, len);
}

int libsock_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
    struct sock_fd *s = fd_find(fd);
    struct sk_addr peer;

    if (s == NULL) {
        return foreign_getpeername(fd, addr, len);
    }
    enum sk_err err = sk_remote(state_enter(), s->fd, &peer);
    state_leave();
    return answer(s, err, peer, addr, len);
}

FACE(getsockname);
FACE(getpeername);

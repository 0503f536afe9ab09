/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Of the processes that sockrun's program becomes, each with a network of its own, the one that
 * waits on a port is the one that the host's port leads to: it is taken by listen, and for
 * datagrams by bind.
 */
#include "compat/preload/forward.h"

#include <sys/socket.h>

#include "compat/board_slirp.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/preload/door.h"
#include "compat/preload/relayed.h"
#include "compat/fd.h"
#include "compat/state.h"

/* Whether somebody may come to it; then `*port` is where. Under the lock. */
static bool is_waiting(struct sk_iface *iface, const struct sock_fd *s, uint16_t *port)
{
    struct sk_addr local;
    int32_t listens = s->type == SK_DGRAM;

    if (s->type == SK_STREAM && sk_get(iface, s->fd, SK_ACCEPTCONN, &listens) != SK_OK) {
        return false;
    }
    if (listens == 0 || sk_local(iface, s->fd, &local) != SK_OK) {
        return false;
    }
    *port = local.port;
    return true;
}

int forward_to(int fd)
{
    const struct sock_fd *s = fd_find(fd);
    uint16_t port;
    bool taken = true;

    if (s == NULL) {
        return 0;
    }
    struct sk_iface *iface = state_enter();
    if (is_waiting(iface, s, &port)) {
        taken = board_forward(s->type == SK_DGRAM, port);
    }
    state_leave();
    return taken ? 0 : errno_fail(EADDRINUSE);
}

static void open_door(int fd)
{
    const struct sock_fd *s = fd_find(fd);
    uint16_t port = 0;

    if (s != NULL) {
        is_waiting(state_enter(), s, &port);
        state_leave();
    }
    if (port != 0) {
        door_open(port);
    }
}

int listen(int fd, int backlog)
{
    if (relayed_listen(fd, backlog) != 0 || forward_to(fd) != 0) {
        return -1;
    }
    open_door(fd);
    return 0;
}

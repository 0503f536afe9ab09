/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dup, dup2, dup3: POSIX.1-2024, XSH dup(). All numbers of a socket share its flags, options and
 * end. The library's own descriptors are to a program as those that another thread is opening:
 * EBUSY, dup(2).
 */
#include <fcntl.h>

#include "compat/call.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/fd.h"
#include "compat/foreign.h"

/* Makes a reserved number known, if its socket is still there. */
static int publish(int from, int fd)
{
    const struct sock_fd *s;

    state_enter();
    s = fd_find(from);
    if (s != NULL) {
        fd_publish_copy(fd, libsock_state_current(), s);
    } else {
        fd_release(fd);
    }
    state_leave();
    return s != NULL ? fd : errno_fail(EBADF);
}

int fd_duplicate(int fd, int from, bool close_on_exec)
{
    int copy = fd_reserve_copy(fd, from, close_on_exec);

    return copy < 0 ? -1 : publish(fd, copy);
}

int libsock_dup(int fd)
{
    return fd_find(fd) != NULL && !start_is_child() ? fd_duplicate(fd, 0, false) : foreign_dup(fd);
}

static bool is_open(int fd)
{
    return fd_find(fd) != NULL || foreign_is_open(fd);
}

int libsock_dup3(int from, int to, int flags)
{
    bool ours = fd_find(from) != NULL;

    if (foreign_is_own(to)) {
        return errno_fail(EBUSY);
    }
    if (start_is_child() || from == to || (flags & ~O_CLOEXEC) != 0 || !is_open(from)) {
        return foreign_dup3(from, to, flags);
    }
    if (fd_peek(to) != NULL) {
        call_close(to, fd_forget);
    }
    fd_disown(to);
    if (!ours) {
        return foreign_dup3(from, to, flags);
    }
    to = fd_reserve_at(from, to, (flags & O_CLOEXEC) != 0);
    return to < 0 ? -1 : publish(from, to);
}

int libsock_dup2(int from, int to)
{
    if (from == to) {
        return is_open(from) ? to : errno_fail(EBADF);
    }
    return libsock_dup3(from, to, 0);
}

FACE(dup);
FACE(dup2);
FACE(dup3);

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ends of relays on which messages go that are not what the program reads and writes: datagrams
 * (relayed_datagrams.c), and the connections of a listener, on which there is nothing to read or
 * write. What is asked of every number before each read and write is kept in a byte of it.
 */
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/ioctl.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/fd.h"
#include "compat/foreign.h"
#include "compat/preload/preload.h"
#include "compat/preload/relayed.h"

#define N_NUMBERS 65536 /* of those above, each call asks again */

/* Those that were looked at, and are no such ends. Every way to become one ends this. */
static atomic_bool plain[N_NUMBERS];

static bool is_kept(int fd)
{
    return fd >= 0 && fd < N_NUMBERS;
}

void preload_number_changes(int fd)
{
    if (is_kept(fd)) {
        atomic_store_explicit(&plain[fd], false, memory_order_relaxed);
    }
}

static bool find(int fd, struct relay_name *out)
{
    return relayed_find(fd, out) && out->kind != RELAY_STREAM;
}

bool preload_has_messages(int fd)
{
    struct relay_name name;

    if (is_kept(fd) && atomic_load_explicit(&plain[fd], memory_order_relaxed)) {
        return false;
    }
    bool has = find(fd, &name);
    if (!has && is_kept(fd) && fd_find(fd) == NULL) {
        atomic_store_explicit(&plain[fd], true, memory_order_relaxed);
    }
    return has;
}

/* As tcp(7) has it of a listener. */
static ssize_t refuse_to_send(int flags)
{
    if ((flags & MSG_NOSIGNAL) == 0) {
        foreign_broken_pipe();
    }
    return errno_fail(EPIPE);
}

ssize_t preload_send_message(int fd, const struct msghdr *msg, int flags)
{
    struct relay_name name;

    if (!find(fd, &name)) { /* another thread closed it */
        return errno_fail(EBADF);
    }
    return name.kind == RELAY_DATAGRAMS ? relayed_send_datagram(&name, fd, msg, flags)
                                        : refuse_to_send(flags);
}

ssize_t preload_receive_message(int fd, struct msghdr *msg, int flags)
{
    struct relay_name name;

    if (!find(fd, &name)) {
        return errno_fail(EBADF);
    }
    return name.kind == RELAY_DATAGRAMS ? relayed_receive_datagram(&name, fd, msg, flags)
                                        : errno_fail(ENOTCONN);
}

static int unread(int fd, int *out)
{
    struct relay_name name;

    if (out == NULL) {
        return errno_fail(EFAULT);
    }
    if (!find(fd, &name) || name.kind == RELAY_LISTENER) {
        return errno_fail(EINVAL);
    }
    *out = relayed_next_datagram(fd);
    return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;

    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return request == FIONREAD && preload_has_messages(fd) ? unread(fd, argument)
                                                           : libsock_ioctl(fd, request, argument);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Descriptors on firmware: a table, counted from LIBSOCK_FD_BASE on, above the numbers that a C
 * library gives to files (semihosting counts from 1) and below FD_SETSIZE, so that select can name
 * them all.
 */
#include "compat/fd.h"

#include <stddef.h>
#include <sys/select.h>

#include "compat/errno.h"

#ifndef LIBSOCK_FD_BASE
#define LIBSOCK_FD_BASE 32
#endif
#ifndef LIBSOCK_N_FDS
#define LIBSOCK_N_FDS 16 /* CONFIG_N_TCP + CONFIG_N_UDP + CONFIG_N_LISTENERS, rounded up */
#endif

_Static_assert(LIBSOCK_FD_BASE + LIBSOCK_N_FDS <= FD_SETSIZE, "select could not name every socket");

static struct entry {
    struct libsock_state *state; /* NULL while fd_find may not know the number */
    struct sock_fd s;
    bool taken;
} table[LIBSOCK_N_FDS];

static struct entry *entry_at(int fd)
{
    if (fd < LIBSOCK_FD_BASE || fd >= LIBSOCK_FD_BASE + LIBSOCK_N_FDS) {
        return NULL;
    }
    return &table[fd - LIBSOCK_FD_BASE];
}

struct sock_fd *fd_find(int fd)
{
    struct entry *e = entry_at(fd);

    return e != NULL && e->state != NULL && e->state == libsock_state_current() ? &e->s : NULL;
}

int fd_reserve(bool close_on_exec)
{
    (void)close_on_exec;
    for (int i = 0; i < LIBSOCK_N_FDS; i++) {
        if (!table[i].taken) {
            table[i].taken = true;
            return LIBSOCK_FD_BASE + i;
        }
    }
    return errno_fail(EMFILE);
}

int fd_check_spare(void)
{
    return 0;
}

struct sock_fd *fd_publish(int fd, struct libsock_state *state, sk_fd handle, enum sk_type type)
{
    struct entry *e = &table[fd - LIBSOCK_FD_BASE];

    fd_reset(&e->s, handle, type);
    e->state = state;
    return &e->s;
}

void fd_release(int fd)
{
    *entry_at(fd) = (struct entry){ .taken = false };
}

int fd_next(int fd)
{
    for (fd = fd < LIBSOCK_FD_BASE ? LIBSOCK_FD_BASE : fd; entry_at(fd) != NULL; fd++) {
        if (fd_find(fd) != NULL) {
            return fd;
        }
    }
    return -1;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Descriptors on firmware: a table, counted from LIBSOCK_FD_BASE on, above the numbers that a C
 * library gives to files (semihosting counts from 1) and below FD_SETSIZE, so that select can name
 * them all.
 */
#include "compat/fd_table.h"

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

static struct fd_entry table[LIBSOCK_N_FDS];
static bool taken[LIBSOCK_N_FDS];
static struct open_description descriptions[LIBSOCK_N_FDS];
static int n_descriptions; /* that were ever used */

static bool in_table(int fd)
{
    return fd >= LIBSOCK_FD_BASE && fd < LIBSOCK_FD_BASE + LIBSOCK_N_FDS;
}

struct fd_entry *fd_table_at(int fd)
{
    return in_table(fd) ? &table[fd - LIBSOCK_FD_BASE] : NULL;
}

struct open_description *fd_table_description(void)
{
    return &descriptions[n_descriptions++];
}

void fd_table_free(int fd)
{
    taken[fd - LIBSOCK_FD_BASE] = false;
}

static int reserve_from(int first)
{
    for (int i = first; i < LIBSOCK_N_FDS; i++) {
        if (!taken[i]) {
            taken[i] = true;
            return LIBSOCK_FD_BASE + i;
        }
    }
    return errno_fail(EMFILE);
}

int fd_reserve(bool close_on_exec)
{
    (void)close_on_exec;
    return reserve_from(0);
}

int fd_reserve_copy(int fd, int from, bool close_on_exec)
{
    (void)fd;
    (void)close_on_exec;
    if (from < 0 || from >= LIBSOCK_FD_BASE + LIBSOCK_N_FDS) {
        return errno_fail(EINVAL);
    }
    return reserve_from(from > LIBSOCK_FD_BASE ? from - LIBSOCK_FD_BASE : 0);
}

int fd_reserve_at(int fd, int to, bool close_on_exec)
{
    (void)fd;
    (void)close_on_exec;
    if (!in_table(to)) {
        return errno_fail(EBADF);
    }
    taken[to - LIBSOCK_FD_BASE] = true;
    return to;
}

int fd_check_spare(int fd)
{
    (void)fd;
    return 0;
}

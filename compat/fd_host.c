/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Descriptors on a host. The number is an AF_UNIX socket of the kernel's: a real descriptor, lowest
 * free number, a socket to fstat, closed on exec when asked to. It is connected to nothing, so that
 * a call that is not ours, such as writev, fails with ENOTCONN instead of losing what it was given.
 *
 * The table is flat and indexed by the number, so that "not ours" costs one load and no lock.
 */
#include "compat/fd.h"

#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "compat/errno.h"
#include "compat/foreign.h"

#define MAX_TABLE ((size_t)1 << 20) /* numbers; Linux's default for fs.nr_open */

struct entry {
    struct libsock_state *state; /* atomic; NULL while the number is not ours */
    struct sock_fd s;
};

static struct entry *table; /* set once, atomically */
static size_t table_len;    /* before it */
static int highest = -1;    /* of all numbers that were ever ours */

static size_t number_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max > MAX_TABLE) {
        return MAX_TABLE;
    }
    return limit.rlim_max;
}

/* Pages that are never used are never committed. */
static struct entry *table_get(void)
{
    struct entry *t = __atomic_load_n(&table, __ATOMIC_ACQUIRE);
    if (t != NULL) {
        return t;
    }
    size_t len = number_limit();
    void *memory = mmap(NULL, len * sizeof *t, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return NULL;
    }
    __atomic_store_n(&table_len, len, __ATOMIC_RELAXED);
    if (__atomic_compare_exchange_n(&table, &t, (struct entry *)memory, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
        return memory;
    }
    munmap(memory, len * sizeof *t);
    return t;
}

static struct entry *entry_at(int fd)
{
    struct entry *t = __atomic_load_n(&table, __ATOMIC_ACQUIRE);

    if (t == NULL || fd < 0 || (size_t)fd >= __atomic_load_n(&table_len, __ATOMIC_RELAXED)) {
        return NULL;
    }
    return &t[fd];
}

struct sock_fd *fd_find(int fd)
{
    struct entry *e = entry_at(fd);

    if (e == NULL) {
        return NULL;
    }
    struct libsock_state *state = __atomic_load_n(&e->state, __ATOMIC_ACQUIRE);
    return state != NULL && state == libsock_state_current() ? &e->s : NULL;
}

/* SOCK_SEQPACKET: of the three kinds, the one that refuses to read, too. */
int fd_reserve(bool close_on_exec)
{
    if (table_get() == NULL) {
        return errno_fail(ENOMEM);
    }
    int fd = foreign_socket(AF_UNIX, SOCK_SEQPACKET | (close_on_exec ? SOCK_CLOEXEC : 0), 0);
    if (fd < 0) {
        return -1;
    }
    if (entry_at(fd) == NULL) {
        foreign_close(fd);
        return errno_fail(EMFILE);
    }
    return fd;
}

int fd_check_spare(void)
{
    int fd = foreign_socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    return fd < 0 ? -1 : foreign_close(fd);
}

struct sock_fd *fd_publish(int fd, struct libsock_state *state, sk_fd handle, enum sk_type type)
{
    struct entry *e = &__atomic_load_n(&table, __ATOMIC_ACQUIRE)[fd];

    fd_reset(&e->s, handle, type);
    for (int seen = __atomic_load_n(&highest, __ATOMIC_RELAXED); seen < fd;) {
        __atomic_compare_exchange_n(&highest, &seen, fd, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    }
    __atomic_store_n(&e->state, state, __ATOMIC_RELEASE);
    return &e->s;
}

/* The last use of the entry: from the close on, the number is another thread's. */
void fd_forget(int fd)
{
    __atomic_store_n(&entry_at(fd)->state, NULL, __ATOMIC_RELEASE);
}

void fd_release(int fd)
{
    fd_forget(fd);
    foreign_close(fd);
}

int fd_next(int fd)
{
    for (; fd <= __atomic_load_n(&highest, __ATOMIC_RELAXED); fd++) {
        if (fd_find(fd) != NULL) {
            return fd;
        }
    }
    return -1;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Descriptors on a host. The number is an AF_UNIX socket of the kernel's: a real descriptor, lowest
 * free number, a socket to fstat, closed on exec when asked to. It is connected to nothing, so that
 * a call that is not ours, such as splice, fails with ENOTCONN instead of losing what it was given.
 *
 * The table is flat and indexed by the number, so that "not ours" costs one load and no lock.
 */
#include "compat/fd_table.h"

#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "compat/errno.h"
#include "compat/foreign.h"

#define MAX_TABLE ((size_t)1 << 20) /* numbers; Linux's default for fs.nr_open */

static struct fd_entry *table;                /* set once, atomically */
static size_t table_len;                      /* before it, as the next */
static struct open_description *descriptions; /* as many */
static size_t n_descriptions;                 /* that were ever used; under the port's lock */

static size_t number_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max > MAX_TABLE) {
        return MAX_TABLE;
    }
    return limit.rlim_max;
}

/* Pages that are never used are never committed. */
static void *map(size_t len)
{
    void *memory =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return memory != MAP_FAILED ? memory : NULL;
}

static bool make_table(void)
{
    size_t len = number_limit();
    char *memory = map(len * (sizeof *table + sizeof *descriptions));

    if (memory == NULL) {
        return false;
    }
    table_len = len;
    descriptions = (struct open_description *)(void *)memory;
    __atomic_store_n(&table, (struct fd_entry *)(void *)(descriptions + len), __ATOMIC_RELEASE);
    return true;
}

/* Once it is there nobody takes the lock, which in a child of fork might be nobody's to give back.
 */
static bool have_table(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    if (__atomic_load_n(&table, __ATOMIC_ACQUIRE) != NULL) {
        return true;
    }
    pthread_mutex_lock(&lock);
    bool made = table != NULL || make_table();
    pthread_mutex_unlock(&lock);
    return made;
}

struct fd_entry *fd_table_at(int fd)
{
    struct fd_entry *t = __atomic_load_n(&table, __ATOMIC_ACQUIRE);

    if (t == NULL || fd < 0 || (size_t)fd >= table_len) {
        return NULL;
    }
    return &t[fd];
}

struct open_description *fd_table_description(void)
{
    return &descriptions[n_descriptions++];
}

/* A number of the table's, which the kernel made. */
static int known(int fd)
{
    if (fd >= 0 && fd_table_at(fd) == NULL) {
        foreign_close(fd);
        return errno_fail(EMFILE);
    }
    return fd;
}

/* SOCK_SEQPACKET: of the three kinds, the one that refuses to read, too. */
int fd_reserve(bool close_on_exec)
{
    if (!have_table()) {
        return errno_fail(ENOMEM);
    }
    return known(foreign_socket(AF_UNIX, SOCK_SEQPACKET | (close_on_exec ? SOCK_CLOEXEC : 0), 0));
}

int fd_check_spare(int fd)
{
    int spare = foreign_fcntl(fd, F_DUPFD_CLOEXEC, 0);

    return spare < 0 ? -1 : foreign_close(spare);
}

int fd_reserve_copy(int fd, int from, bool close_on_exec)
{
    return known(foreign_fcntl(fd, close_on_exec ? F_DUPFD_CLOEXEC : F_DUPFD, from));
}

int fd_reserve_at(int fd, int to, bool close_on_exec)
{
    return known(foreign_dup3(fd, to, close_on_exec ? O_CLOEXEC : 0));
}

void fd_table_free(int fd)
{
    foreign_close(fd);
}

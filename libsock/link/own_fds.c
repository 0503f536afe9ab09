/* SPDX-License-Identifier: BSD-3-Clause */
/* A bit for each number: see own_fds.h. Functions that a host program may wrap
 * (-Wl,--wrap=close and so on) are not called here. */
#define _GNU_SOURCE /* syscall */
#include "link/own_fds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define N_FDS (1 << 20) /* Linux's default for fs.nr_open */
#define BITS 32
/* The kernel's table of a process grows with its highest number. */
#define HIGHEST_BASE 1024
#define HIGHEST_SOFT 65536

static uint32_t words[N_FDS / BITS];

static uint32_t bit_of(int fd)
{
    return UINT32_C(1) << (uint32_t)fd % BITS;
}

void sk_own_fd_add(int fd)
{
    if (fd >= 0 && fd < N_FDS) {
        __atomic_fetch_or(&words[fd / BITS], bit_of(fd), __ATOMIC_RELAXED);
    }
}

static long copy_above(int fd, rlim_t base)
{
    return syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, (long)base);
}

/* The soft limit is what the program may have. Up to the hard one there are numbers beyond that,
 * for which the soft one has to be higher just while they are made. */
static long copy_beyond(int fd, struct rlimit limit)
{
    struct rlimit all = { .rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max };
    long copy = -1;

    if (limit.rlim_cur < limit.rlim_max && limit.rlim_cur <= HIGHEST_SOFT &&
        setrlimit(RLIMIT_NOFILE, &all) == 0) {
        copy = copy_above(fd, limit.rlim_cur);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return copy;
}

static long copy_away(int fd)
{
    struct rlimit limit = { .rlim_cur = 2 * HIGHEST_BASE };
    long copy = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? copy_beyond(fd, limit) : -1;
    rlim_t half = limit.rlim_cur / 2;

    return copy >= 0 ? copy : copy_above(fd, half < HIGHEST_BASE ? half : HIGHEST_BASE);
}

int sk_own_fd_take(int fd)
{
    int before = errno;
    long moved = fd >= 0 ? copy_away(fd) : -1;

    if (moved >= 0) {
        syscall(SYS_close, fd);
        fd = (int)moved;
    }
    errno = before;
    sk_own_fd_add(fd);
    return fd;
}

void sk_own_fd_remove(int fd)
{
    if (fd >= 0 && fd < N_FDS) {
        __atomic_fetch_and(&words[fd / BITS], ~bit_of(fd), __ATOMIC_RELAXED);
    }
}

bool sk_own_fd_has(int fd)
{
    return fd >= 0 && fd < N_FDS &&
           (__atomic_load_n(&words[fd / BITS], __ATOMIC_RELAXED) & bit_of(fd)) != 0;
}

int sk_own_fd_next(int fd)
{
    for (fd = fd > 0 ? fd : 0; fd < N_FDS; fd++) {
        if (fd % BITS == 0 && __atomic_load_n(&words[fd / BITS], __ATOMIC_RELAXED) == 0) {
            fd += BITS - 1;
        } else if (sk_own_fd_has(fd)) {
            return fd;
        }
    }
    return -1;
}

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
#define HIGHEST_BASE 1024 /* the kernel's table of a process grows with its highest number */

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

static long base(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 2 > HIGHEST_BASE) {
        return HIGHEST_BASE;
    }
    return (long)(limit.rlim_cur / 2);
}

int sk_own_fd_take(int fd)
{
    int before = errno;
    long moved = fd >= 0 ? syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, base()) : -1;

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

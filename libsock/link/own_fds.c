/* SPDX-License-Identifier: BSD-3-Clause */
/* A bit for each number: see own_fds.h. */
#include "link/own_fds.h"

#include <stdint.h>

#define N_FDS (1 << 20) /* Linux's default for fs.nr_open */
#define BITS 32

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

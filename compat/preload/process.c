/* SPDX-License-Identifier: BSD-3-Clause */
/* How processes begin and end. */
#define _GNU_SOURCE /* vfork, syscall */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compat/state.h"

/* The stack is not a child's that shares our memory: it gets a copy. */
pid_t vfork(void)
{
    return fork();
}

/* What was sent leaves before the process does, as with exit. */
void _exit(int status)
{
    start_finish();
    syscall(SYS_exit_group, status);
    __builtin_unreachable();
}

void _Exit(int status)
{
    _exit(status);
}

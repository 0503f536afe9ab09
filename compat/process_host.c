/* SPDX-License-Identifier: BSD-3-Clause */
/* Which table of names and whose signals the calls use: the process's, unless a simulator has its
 * own for each program. */
#include "compat/process_host.h"

static const struct libsock_process *hooks;

const struct libsock_process *process_hooks(void)
{
    return __atomic_load_n(&hooks, __ATOMIC_ACQUIRE);
}

void libsock_set_process(const struct libsock_process *process)
{
    __atomic_store_n(&hooks, process, __ATOMIC_RELEASE);
}

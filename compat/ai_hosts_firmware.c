/* SPDX-License-Identifier: BSD-3-Clause */
/* Firmware has no table of hosts. */
#include "compat/ai.h"

size_t ai_hosts(const char *name, struct sk_addr *out, size_t n, const char **canonical)
{
    (void)name;
    (void)out;
    (void)n;
    (void)canonical;
    return 0;
}

bool ai_hosts_name(struct ip_addr addr, char *name, size_t size)
{
    (void)addr;
    (void)name;
    (void)size;
    return false;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Firmware has no table of hosts. */
#include "compat/ai.h"

size_t ai_hosts(const char *name, struct sk_addr *out, size_t n)
{
    (void)name;
    (void)out;
    (void)n;
    return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The name of an address. */
#include <string.h>

#include "compat/ai.h"
#include "compat/lookup.h"

static enum lookup localhost(char name[LOOKUP_NAME_SIZE])
{
    memcpy(name, LOOKUP_LOCALHOST, sizeof LOOKUP_LOCALHOST);
    return LOOKUP_OK;
}

enum lookup lookup_addr(struct ip_addr addr, char name[LOOKUP_NAME_SIZE])
{
    struct sk_op op;

    if (ai_hosts_name(addr, name, LOOKUP_NAME_SIZE)) {
        return LOOKUP_OK;
    }
    if (ip_is_loopback(addr)) {
        return localhost(name);
    }
    if (ip_is_unspecified(addr)) {
        return LOOKUP_UNKNOWN;
    }
    sk_resolve_addr(&op, addr, name, LOOKUP_NAME_SIZE);
    return lookup_ask(&op);
}

enum lookup lookup_addr6(const struct in6_addr *addr, char name[LOOKUP_NAME_SIZE])
{
    static const struct in6_addr loopback = { .s6_addr = { [15] = 1 } };
    struct ip_addr four;

    if (ai_unmapped(addr, &four)) {
        return lookup_addr(four, name);
    }
    return memcmp(addr, &loopback, sizeof loopback) == 0 ? localhost(name) : LOOKUP_UNKNOWN;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses of a name. What cannot be one is never asked for. */
#include "compat/ai.h"
#include "compat/lookup.h"
#include "wire/dns.h"

enum lookup lookup_name(const char *name, struct sk_addr out[LOOKUP_MAX_ADDRS], size_t *n,
                        const char **canonical)
{
    struct sk_op op;

    *canonical = name;
    if (!dns_name_valid(name) || dns_name_is_in(name, "invalid")) { /* RFC 6761 6.4 */
        return LOOKUP_UNKNOWN;
    }
    if (dns_name_is_in(name, LOOKUP_LOCALHOST)) {
        out[0] = (struct sk_addr){ .addr = ip4(IP_LOOPBACK) };
        *n = 1;
        return LOOKUP_OK;
    }
    *n = ai_hosts(name, out, LOOKUP_MAX_ADDRS, canonical);
    if (*n > 0) {
        return LOOKUP_OK;
    }
    sk_resolve(&op, name, 0, out, LOOKUP_MAX_ADDRS);
    enum lookup result = lookup_ask(&op);
    *n = op.done;
    return result;
}

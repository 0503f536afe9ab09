/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Resolving a name: an address in text is its own answer, names of no network have theirs (RFC 6761
 * 6.3, 6.4), anything else is a query of the interface.
 */
#include "net/iface.h"

static enum sk_err poll_resolve(struct sk_op *op, struct sk_iface *iface, instant now)
{
    struct ip_addr found[DNS_MAX_ADDRS];
    uint32_t *query = &op->u.resolve.query;
    size_t n = 0;
    enum sk_err err = query_result(iface, *query, found, DNS_MAX_ADDRS, &n);

    if (err == SK_AGAIN) { /* there is none yet, or it was not fetched for too long */
        err = query_start(iface, op->u.resolve.name, query, now);
        err = err == SK_OK ? query_result(iface, *query, found, DNS_MAX_ADDRS, &n) : err;
    }
    for (op->done = 0; err == SK_OK && op->done < n && op->done < op->n_iov; op->done++) {
        op->u.resolve.addrs[op->done] = (struct sk_addr){ found[op->done], op->addr.port };
    }
    return err;
}

static enum sk_err poll_literal(struct sk_op *op, struct sk_iface *iface, instant now)
{
    (void)iface;
    (void)now;
    if (op->n_iov == 0) {
        return SK_INVALID;
    }
    op->u.resolve.addrs[0] = op->addr;
    op->done = 1;
    return SK_OK;
}

static enum sk_err poll_invalid(struct sk_op *op, struct sk_iface *iface, instant now)
{
    (void)op;
    (void)iface;
    (void)now;
    return SK_NAME_UNKNOWN;
}

static void answer(struct sk_op *op, struct ip_addr addr)
{
    op->poll = poll_literal;
    op->addr.addr = addr;
}

void sk_resolve(struct sk_op *op, const char *name, uint16_t port, struct sk_addr *addrs, size_t n)
{
    struct sk_addr literal;

    *op = (struct sk_op){ .poll = poll_resolve, .fd = SK_FD_NONE, .n_iov = n };
    op->u.resolve.name = name;
    op->u.resolve.addrs = addrs;
    op->u.resolve.query = UINT32_MAX;
    op->addr.port = port;
    if (sk_addr_parse(name, &literal) && literal.port == 0) {
        answer(op, literal.addr);
    } else if (dns_name_is_in(name, "localhost")) {
        answer(op, ip4(IP_LOOPBACK));
    } else if (dns_name_is_in(name, "invalid")) {
        op->poll = poll_invalid;
    }
}

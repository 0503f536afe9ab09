/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Resolving a name: an address in text is its own answer, names of no network have theirs (RFC 6761
 * 6.3, 6.4), anything else is a query of the interface. And the other way round.
 */
#include "net/iface.h"

/* ---- The search list (RFC 1123 6.1.4.3) ---- */

static bool has_dot(const char *name)
{
    while (*name != '\0' && *name != '.') {
        name++;
    }
    return *name == '.';
}

/* The dot of the root says that there is nothing to be added. */
static bool is_absolute(const char *name)
{
    char last = '\0';

    while (*name != '\0') {
        last = *name++;
    }
    return last == '.';
}

/* Appends; false: there is no room for it and a NUL. */
static bool append(char *to, size_t *len, const char *text)
{
    while (*text != '\0' && *len < DNS_MAX_NAME_LEN + 1) {
        to[(*len)++] = *text++;
    }
    to[*len] = '\0';
    return *text == '\0';
}

/* Number `i` of the names that are meant, in `out`: with a dot in it the one that was given, and
 * then in each domain; without, the other way round. False: there is no such one. SK_INVALID is
 * what comes of one that is too long. */
static bool candidate(const struct sk_iface *iface, const char *name, uint32_t i, char *out)
{
    uint32_t n_domains = is_absolute(name) ? 0 : iface->n_search;
    uint32_t as_given = has_dot(name) ? 0 : n_domains;
    size_t len = 0;
    bool fits = append(out, &len, name);

    if (i != as_given && i <= n_domains) {
        fits =
            fits && append(out, &len, ".") && append(out, &len, iface->search[i - (as_given == 0)]);
    }
    if (!fits) {
        out[0] = '\0';
    }
    return i <= n_domains;
}

static bool may_be_elsewhere(enum sk_err err)
{
    return err == SK_NAME_UNKNOWN || err == SK_NAME_NO_ADDRESS || err == SK_INVALID;
}

/* After `err`, what comes of those that were not asked for yet. */
static enum sk_err ask_others(struct sk_op *op, struct sk_iface *iface, enum sk_err err,
                              struct ip_addr *found, size_t *n, instant now)
{
    char name[DNS_MAX_NAME_LEN + 2];
    enum sk_err asked;

    while (may_be_elsewhere(err) &&
           candidate(iface, op->u.resolve.name, op->u.resolve.n_asked, name)) {
        op->u.resolve.n_asked++;
        asked = query_start(iface, name, &op->u.resolve.query, now);
        if (asked == SK_OK) {
            asked = query_result(iface, op->u.resolve.query, found, DNS_MAX_ADDRS, n);
        }
        if (asked != SK_INVALID ||
            op->u.resolve.n_asked == 1) { /* else only the domain is too long */
            err = asked;
        }
    }
    return err;
}

static enum sk_err poll_resolve(struct sk_op *op, struct sk_iface *iface, instant now)
{
    struct ip_addr found[DNS_MAX_ADDRS];
    size_t n = 0;
    enum sk_err err = query_result(iface, op->u.resolve.query, found, DNS_MAX_ADDRS, &n);

    if (err == SK_AGAIN) { /* there is none yet, or it was not fetched for too long */
        op->u.resolve.n_asked =
            op->u.resolve.n_asked > 0 ? (uint8_t)(op->u.resolve.n_asked - 1) : 0;
        err = SK_NAME_UNKNOWN;
    }
    err = ask_others(op, iface, err, found, &n, now);
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

/* ---- Names of addresses ---- */

static enum sk_err give_name(struct sk_op *op, const char *name, size_t len)
{
    op->done = len;
    if (len >= op->u.reverse.size) {
        return SK_MSG_SIZE;
    }
    memcpy(op->u.reverse.name, name, len + 1);
    return SK_OK;
}

static enum sk_err poll_reverse(struct sk_op *op, struct sk_iface *iface, instant now)
{
    static const char localhost[] = "localhost";
    const char *name = NULL;
    size_t len = 0;
    enum sk_err err;

    if (ip_is_loopback(op->addr.addr)) {
        return give_name(op, localhost, sizeof(localhost) - 1);
    }
    err = query_name(iface, op->u.reverse.query, &name, &len);
    if (err == SK_AGAIN) { /* there is none yet, or it was not fetched for too long */
        err = query_start_reverse(iface, op->addr.addr, &op->u.reverse.query, now);
        if (err == SK_OK) {
            err = query_name(iface, op->u.reverse.query, &name, &len);
        }
    }
    return err == SK_OK ? give_name(op, name, len) : err;
}

void sk_resolve_addr(struct sk_op *op, struct ip_addr addr, char *name, size_t size)
{
    *op = (struct sk_op){ .poll = poll_reverse, .fd = SK_FD_NONE, .addr.addr = addr };
    op->u.reverse.name = name;
    op->u.reverse.size = size;
    op->u.reverse.query = UINT32_MAX;
}

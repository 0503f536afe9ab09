/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gethostbyname_r, gethostbyname2_r: glibc's signatures and errors, of what POSIX had until 2004. A
 * name has IPv4 addresses; an address in text is itself. There are no aliases.
 */
#include <arpa/inet.h>
#include <string.h>

#include "compat/ai.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/hostent.h"

static void add_four(struct hostent_facts *facts, struct ip_addr addr)
{
    uint32_t bits = htonl(ip4_bits(addr));

    memcpy(facts->addrs[facts->n_addrs++], &bits, sizeof bits);
}

static enum lookup look_up(struct hostent_facts *facts)
{
    struct sk_addr addrs[LOOKUP_MAX_ADDRS];
    size_t n = 0;

    if (facts->family != AF_INET) {
        return LOOKUP_UNKNOWN;
    }
    enum lookup result = lookup_name(facts->name, addrs, &n, &facts->name);
    for (size_t i = 0; result == LOOKUP_OK && i < n; i++) {
        add_four(facts, addrs[i].addr);
    }
    return result;
}

static enum lookup take_six(struct hostent_facts *facts)
{
    struct sockaddr_in6 six;

    if (facts->family != AF_INET6 || !ai_literal6(facts->name, &six) ||
        strchr(facts->name, '%') != NULL) { /* there is no place for a scope */
        return LOOKUP_UNKNOWN;
    }
    memcpy(facts->addrs[facts->n_addrs++], &six.sin6_addr, sizeof six.sin6_addr);
    return LOOKUP_OK;
}

static enum lookup fill(struct hostent_facts *facts)
{
    struct ip_addr addr;

    switch (ai_literal(facts->name, &addr)) {
    case AI_ADDRESS:
        add_four(facts, addr);
        return facts->family == AF_INET ? LOOKUP_OK : LOOKUP_UNKNOWN;
    case AI_NOTHING:
        return take_six(facts);
    default:
        return look_up(facts);
    }
}

int libsock_gethostbyname2_r(const char *name, int family, struct hostent *out, char *buffer,
                             size_t size, struct hostent **result, int *h_error)
{
    struct hostent_room room = { out, buffer, size, result, h_error };
    struct hostent_facts facts = { .name = name,
                                   .family = family,
                                   .addr_len = hostent_addr_len(family) };

    *result = NULL;
    if (facts.addr_len == 0) {
        return hostent_internal(EAFNOSUPPORT, h_error);
    }
    if (name == NULL) {
        return hostent_internal(EINVAL, h_error);
    }
    enum lookup found = fill(&facts);
    return found == LOOKUP_OK ? hostent_give(&facts, &room) : hostent_fail(found, h_error);
}

int libsock_gethostbyname_r(const char *name, struct hostent *out, char *buffer, size_t size,
                            struct hostent **result, int *h_error)
{
    return libsock_gethostbyname2_r(name, AF_INET, out, buffer, size, result, h_error);
}

FACE(gethostbyname2_r);
FACE(gethostbyname_r);

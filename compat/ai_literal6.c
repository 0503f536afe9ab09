/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 addresses as getaddrinfo takes them: in text (RFC 4291 2.2), with a scope behind a percent
 * sign (RFC 4007 11) that is a number; names of scopes are not known. And IPv4 ones within them.
 */
#include <arpa/inet.h>
#include <string.h>

#include "compat/ai.h"
#include "compat/compat.h"

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static bool read_scope(const char *text, uint32_t *out)
{
    uint64_t scope = 0;

    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        scope = scope * 10 + (uint64_t)(*text - '0');
        if (scope > UINT32_MAX) {
            return false;
        }
    }
    *out = (uint32_t)scope;
    return true;
}

bool ai_literal6(const char *text, struct sockaddr_in6 *out)
{
    char addr[INET6_ADDRSTRLEN];
    size_t len = strcspn(text, "%");
    uint32_t scope = 0;

    if (len >= sizeof addr || (text[len] == '%' && !read_scope(text + len + 1, &scope))) {
        return false;
    }
    memcpy(addr, text, len);
    addr[len] = '\0';
    if (libsock_inet_pton(AF_INET6, addr, &out->sin6_addr) != 1) {
        return false;
    }
    out->sin6_scope_id = scope;
    return true;
}

struct in6_addr ai_mapped(struct ip_addr addr)
{
    struct in6_addr mapped;
    uint32_t bits = htonl(ip4_bits(addr));

    memcpy(mapped.s6_addr, mapped_prefix, sizeof mapped_prefix);
    memcpy(mapped.s6_addr + sizeof mapped_prefix, &bits, sizeof bits);
    return mapped;
}

bool ai_unmapped(const struct in6_addr *addr, struct ip_addr *out)
{
    uint32_t bits;

    memcpy(&bits, addr->s6_addr + sizeof mapped_prefix, sizeof bits);
    *out = ip4(ntohl(bits));
    return memcmp(addr->s6_addr, mapped_prefix, sizeof mapped_prefix) == 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* gethostbyaddr_r: glibc's signature and errors, of what POSIX had until 2004. */
#include <arpa/inet.h>
#include <string.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/hostent.h"

static enum lookup name_of(const struct hostent_facts *facts, char name[LOOKUP_NAME_SIZE])
{
    struct in6_addr six;
    uint32_t bits;

    if (facts->family == AF_INET) {
        memcpy(&bits, facts->addrs[0], sizeof bits);
        return lookup_addr(ip4(ntohl(bits)), name);
    }
    memcpy(&six, facts->addrs[0], sizeof six);
    return lookup_addr6(&six, name);
}

int libsock_gethostbyaddr_r(const void *addr, socklen_t len, int family, struct hostent *out,
                            char *buffer, size_t size, struct hostent **result, int *h_error)
{
    struct hostent_room room = { out, buffer, size, result, h_error };
    char name[LOOKUP_NAME_SIZE];
    struct hostent_facts facts = {
        .name = name, .family = family, .addr_len = hostent_addr_len(family), .n_addrs = 1
    };

    *result = NULL;
    if (facts.addr_len == 0) {
        return hostent_internal(EAFNOSUPPORT, h_error);
    }
    if (addr == NULL || len != (socklen_t)facts.addr_len) {
        return hostent_internal(EINVAL, h_error);
    }
    memcpy(facts.addrs[0], addr, facts.addr_len);
    enum lookup found = name_of(&facts, name);
    return found == LOOKUP_OK ? hostent_give(&facts, &room) : hostent_fail(found, h_error);
}

FACE(gethostbyaddr_r);

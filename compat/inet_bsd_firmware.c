/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inet_addr, inet_aton, inet_ntoa: POSIX.1-2017, XSH inet_addr(). As with glibc, white space ends
 * an address, and what follows it is not looked at. Hosts have the C library's.
 */
#include <arpa/inet.h>

#include "compat/compat.h"
#include "compat/face.h"
#include "compat/inet_numbers.h"

static bool ends(char c)
{
    return c == '\0' || c == ' ' || (c >= '\t' && c <= '\r');
}

int libsock_inet_aton(const char *text, struct in_addr *addr)
{
    uint32_t bits;
    const char *end = inet_numbers(text, &bits);

    if (end == NULL || !ends(*end)) {
        return 0;
    }
    if (addr != NULL) {
        addr->s_addr = htonl(bits);
    }
    return 1;
}

in_addr_t libsock_inet_addr(const char *text)
{
    struct in_addr addr;

    return libsock_inet_aton(text, &addr) ? addr.s_addr : INADDR_NONE;
}

char *libsock_inet_ntoa(struct in_addr addr)
{
    static char text[INET_ADDRSTRLEN];

    libsock_inet_ntop(AF_INET, &addr, text, sizeof text);
    return text;
}

FACE(inet_aton);
FACE(inet_addr);
FACE(inet_ntoa);

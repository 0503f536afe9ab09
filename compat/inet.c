/* SPDX-License-Identifier: BSD-3-Clause */
/* inet_pton, inet_ntop: POSIX.1-2017. AF_INET is read and written here; other families are the
 * system's. */
#include <arpa/inet.h>
#include <string.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/foreign.h"

int libsock_inet_pton(int family, const char *text, void *addr)
{
    struct sk_addr parsed;

    if (family != AF_INET) {
        return foreign_inet_pton(family, text, addr);
    }
    if (strchr(text, ':') != NULL || !sk_addr_parse(text, &parsed)) {
        return 0;
    }
    uint32_t bits = htonl(ip4_bits(parsed.addr));
    memcpy(addr, &bits, sizeof bits);
    return 1;
}

const char *libsock_inet_ntop(int family, const void *addr, char *text, socklen_t len)
{
    char formatted[SK_ADDR_TEXT_LEN];
    uint32_t bits;

    if (family != AF_INET) {
        return foreign_inet_ntop(family, addr, text, len);
    }
    memcpy(&bits, addr, sizeof bits);
    sk_addr_format((struct sk_addr){ .addr = ip4(ntohl(bits)) }, formatted);
    size_t text_len = strcspn(formatted, ":");
    if (len <= text_len) {
        errno_fail(ENOSPC);
        return NULL;
    }
    memcpy(text, formatted, text_len);
    text[text_len] = '\0';
    return text;
}

FACE(inet_pton);
FACE(inet_ntop);

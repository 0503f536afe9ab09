/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of relays in text: see relay_name.h. */
#include "compat/preload/relay_name.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define OWNER "libsock/%016" PRIx64
#define REST "/%" PRIx32 "/%c%c/%" PRIx32 ":%" PRIx16 "/%" PRIx32 ":%" PRIx16
#define N_FIELDS 8

/* The first octet of an abstract address is 0. */
#define PATH_AT (offsetof(struct sockaddr_un, sun_path) + 1)

static struct sockaddr_un abstract(void)
{
    return (struct sockaddr_un){ .sun_family = AF_UNIX };
}

socklen_t relay_owner_address(uint64_t owner, struct sockaddr_un *out)
{
    *out = abstract();
    return (socklen_t)PATH_AT +
           (socklen_t)snprintf(out->sun_path + 1, sizeof out->sun_path - 1, OWNER, owner);
}

socklen_t relay_name_write(const struct relay_name *n, struct sockaddr_un *out)
{
    *out = abstract();
    return (socklen_t)PATH_AT + (socklen_t)snprintf(out->sun_path + 1, sizeof out->sun_path - 1,
                                                    OWNER REST, n->owner, n->handle, (char)n->kind,
                                                    n->inet6 ? '6' : '4', ip4_bits(n->local.addr),
                                                    n->local.port, ip4_bits(n->peer.addr),
                                                    n->peer.port);
}

bool relay_name_read(const struct sockaddr_un *addr, socklen_t len, struct relay_name *out)
{
    char text[sizeof addr->sun_path] = "";
    char kind;
    char family;
    uint32_t local;
    uint32_t peer;

    if (len <= PATH_AT || len > sizeof *addr || addr->sun_family != AF_UNIX ||
        addr->sun_path[0] != '\0') {
        return false;
    }
    memcpy(text, addr->sun_path + 1, len - PATH_AT);
    if (sscanf(text,
               "libsock/%16" SCNx64 "/%" SCNx32 "/%c%c/%" SCNx32 ":%" SCNx16 "/%" SCNx32
               ":%" SCNx16,
               &out->owner, &out->handle, &kind, &family, &local, &out->local.port, &peer,
               &out->peer.port) != N_FIELDS) {
        return false;
    }
    out->kind = (enum relay_kind)kind;
    out->inet6 = family == '6';
    out->local.addr = ip4(local);
    out->peer.addr = ip4(peer);
    return kind == RELAY_STREAM || kind == RELAY_LISTENER || kind == RELAY_DATAGRAMS;
}

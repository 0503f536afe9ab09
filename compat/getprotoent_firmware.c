/* SPDX-License-Identifier: BSD-3-Clause */
/* getprotobyname, getprotobynumber, getprotoent: POSIX.1-2017, XSH endprotoent(), over the
 * protocols of the stack, with their numbers from IANA. A result is the program's until the next
 * call of these. */
#include <string.h>

#include "compat/compat.h"
#include "compat/face.h"

static const struct protocol {
    const char *name;
    const char *aliases[2];
    int number;
} protocols[] = {
    // clang-format off
    { "ip",   { "IP"   }, IPPROTO_IP   },
    { "icmp", { "ICMP" }, IPPROTO_ICMP },
    { "igmp", { "IGMP" }, 2            },
    { "tcp",  { "TCP"  }, IPPROTO_TCP  },
    { "udp",  { "UDP"  }, IPPROTO_UDP  },
    // clang-format on
};

#define N_PROTOCOLS (sizeof protocols / sizeof protocols[0])

static struct protoent result;
static size_t next_place; /* of getprotoent */

static struct protoent *give(const struct protocol *protocol)
{
    result = (struct protoent){ .p_name = (char *)protocol->name,
                                .p_aliases = (char **)protocol->aliases,
                                .p_proto = protocol->number };
    return &result;
}

struct protoent *libsock_getprotobyname(const char *name)
{
    for (size_t i = 0; i < N_PROTOCOLS; i++) {
        if (strcmp(protocols[i].name, name) == 0 || strcmp(protocols[i].aliases[0], name) == 0) {
            return give(&protocols[i]);
        }
    }
    return NULL;
}

struct protoent *libsock_getprotobynumber(int number)
{
    for (size_t i = 0; i < N_PROTOCOLS; i++) {
        if (protocols[i].number == number) {
            return give(&protocols[i]);
        }
    }
    return NULL;
}

void libsock_setprotoent(int stay_open)
{
    (void)stay_open; /* nothing is opened */
    next_place = 0;
}

struct protoent *libsock_getprotoent(void)
{
    return next_place < N_PROTOCOLS ? give(&protocols[next_place++]) : NULL;
}

void libsock_endprotoent(void)
{
    next_place = 0;
}

FACE(getprotobyname);
FACE(getprotobynumber);
FACE(setprotoent);
FACE(getprotoent);
FACE(endprotoent);

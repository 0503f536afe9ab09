/* SPDX-License-Identifier: BSD-3-Clause */
/* getnetbyname, getnetbyaddr, getnetent: POSIX.1-2017, XSH endnetent(). The one network with a name
 * is that of the loopback addresses. A result is the program's until the next call of these. */
#include <string.h>

#include "compat/compat.h"
#include "compat/face.h"

#define LOOPBACK_NET 0x7f000000u /* with its zeros, as glibc has it */

static char loopback[] = "loopback";
static char *no_aliases[1];

static struct netent result;
static bool told; /* by getnetent */

static struct netent *give(void)
{
    result = (struct netent){
        .n_name = loopback, .n_aliases = no_aliases, .n_addrtype = AF_INET, .n_net = LOOPBACK_NET
    };
    return &result;
}

struct netent *libsock_getnetbyname(const char *name)
{
    return strcmp(name, loopback) == 0 ? give() : NULL;
}

struct netent *libsock_getnetbyaddr(uint32_t net, int family)
{
    return net == LOOPBACK_NET && (family == AF_INET || family == AF_UNSPEC) ? give() : NULL;
}

void libsock_setnetent(int stay_open)
{
    (void)stay_open; /* nothing is opened */
    told = false;
}

struct netent *libsock_getnetent(void)
{
    if (told) {
        return NULL;
    }
    told = true;
    return give();
}

void libsock_endnetent(void)
{
    told = false;
}

FACE(getnetbyname);
FACE(getnetbyaddr);
FACE(setnetent);
FACE(getnetent);
FACE(endnetent);

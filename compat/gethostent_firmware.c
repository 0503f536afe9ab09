/* SPDX-License-Identifier: BSD-3-Clause */
/* gethostent: POSIX.1-2017, XSH endhostent(). The one host that needs no server is this one. A
 * result is the program's until the next call. */
#include <arpa/inet.h>

#include "compat/compat.h"
#include "compat/face.h"

static char localhost[] = "localhost";
static struct in_addr addr;
static char *addrs[2]; /* and NULL, which is the list of aliases, too */

static struct hostent result;
static bool told;

void libsock_sethostent(int stay_open)
{
    (void)stay_open; /* nothing is opened */
    told = false;
}

struct hostent *libsock_gethostent(void)
{
    if (told) {
        return NULL;
    }
    told = true;
    addr.s_addr = htonl(INADDR_LOOPBACK);
    addrs[0] = (char *)&addr;
    result = (struct hostent){ .h_name = localhost,
                               .h_aliases = addrs + 1,
                               .h_addrtype = AF_INET,
                               .h_length = sizeof addr,
                               .h_addr_list = addrs };
    return &result;
}

void libsock_endhostent(void)
{
    told = false;
}

FACE(sethostent);
FACE(gethostent);
FACE(endhostent);

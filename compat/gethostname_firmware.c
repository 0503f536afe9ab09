/* SPDX-License-Identifier: BSD-3-Clause */
/* gethostname: POSIX.1-2017. The name that the first netif with one tells DHCP servers
 * (sk_netif_config), else "localhost". As with glibc, a name that is cut is told by ENAMETOOLONG.
 */
#include <string.h>
#include <unistd.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/netifs.h"
#include "compat/state.h"

static const char *host_name(void)
{
    struct sk_netif_info info;

    for (unsigned i = 1; netifs_get(i, &info); i++) {
        if (info.host_name != NULL) {
            return info.host_name;
        }
    }
    return "localhost";
}

int libsock_gethostname(char *name, size_t len)
{
    if (name == NULL) {
        return errno_fail(EFAULT);
    }
    if (state_started() == NULL) {
        return -1;
    }
    const char *ours = host_name();
    size_t room = strlen(ours) + 1;
    memcpy(name, ours, len < room ? len : room);
    return len < room ? errno_fail(ENAMETOOLONG) : 0;
}

FACE(gethostname);

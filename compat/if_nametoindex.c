/* SPDX-License-Identifier: BSD-3-Clause */
/* if_nametoindex, if_indextoname: POSIX.1-2017. Of the network of the program, which on hosts is
 * not the kernel's. */
#include <net/if.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/netifs.h"
#include "compat/state.h"

unsigned libsock_if_nametoindex(const char *name)
{
    if (name == NULL) {
        errno_fail(EFAULT);
        return 0;
    }
    if (state_started() == NULL) {
        return 0;
    }
    unsigned index = netifs_find(name);
    if (index == 0) {
        errno_fail(ENODEV);
    }
    return index;
}

char *libsock_if_indextoname(unsigned index, char *name)
{
    struct sk_netif_info info;

    if (name == NULL) {
        errno_fail(EFAULT);
        return NULL;
    }
    if (state_started() == NULL) {
        return NULL;
    }
    if (!netifs_get(index, &info)) {
        errno_fail(ENXIO);
        return NULL;
    }
    netifs_name(&info, index, name);
    return name;
}

FACE(if_nametoindex);
FACE(if_indextoname);

/* SPDX-License-Identifier: BSD-3-Clause */
/* if_nameindex, if_freenameindex: POSIX.1-2017. */
#include <net/if.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/netifs.h"
#include "compat/state.h"

/* The list, and behind it the names that it points to. A netif that is added meanwhile is left out.
 */
static void fill(struct if_nameindex *list, unsigned n)
{
    char(*names)[IF_NAMESIZE] = (char(*)[IF_NAMESIZE])(void *)(list + n + 1);
    struct sk_netif_info info;

    for (unsigned i = 0; i < n && netifs_get(i + 1, &info); i++) {
        netifs_name(&info, i + 1, names[i]);
        list[i] = (struct if_nameindex){ .if_index = i + 1, .if_name = names[i] };
    }
}

struct if_nameindex *libsock_if_nameindex(void)
{
    if (state_started() == NULL) {
        return NULL;
    }
    unsigned n = netifs_count();
    struct if_nameindex *list = netifs_alloc((n + 1) * sizeof *list + n * (size_t)IF_NAMESIZE);
    if (list == NULL) {
        errno_fail(ENOBUFS);
        return NULL;
    }
    fill(list, n);
    return list;
}

void libsock_if_freenameindex(struct if_nameindex *list)
{
    netifs_free(list);
}

FACE(if_nameindex);
FACE(if_freenameindex);

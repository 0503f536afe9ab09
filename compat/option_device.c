/* SPDX-License-Identifier: BSD-3-Clause */
/* SO_BINDTODEVICE (socket(7)): the core has the number of a netif, programs have its name. */
#include <net/if.h>
#include <string.h>

#include "compat/errno.h"
#include "compat/netifs.h"
#include "compat/option.h"

static int get_device(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    int32_t index = 0;
    enum sk_err err = sk_get(state_enter(), s->fd, SK_BINDTODEVICE, &index);
    char name[IF_NAMESIZE] = "";
    struct sk_netif_info info;

    (void)what;
    state_leave();
    if (err != SK_OK) {
        return errno_result(err);
    }
    if (index == 0) { /* as Linux: no octet at all */
        *len = 0;
        return 0;
    }
    if (*len < IF_NAMESIZE) {
        return errno_fail(EINVAL);
    }
    if (netifs_get((unsigned)index, &info)) {
        netifs_name(&info, (unsigned)index, name);
    }
    return option_give(name, strlen(name) + 1, out, len);
}

/* A name need not end with a zero. */
static int set_device(struct sock_fd *s, int what, const void *value, socklen_t len)
{
    char name[IF_NAMESIZE] = "";
    unsigned index = 0;

    (void)what;
    if (len > 0) {
        memcpy(name, value, len < IF_NAMESIZE - 1 ? len : IF_NAMESIZE - 1);
    }
    if (name[0] != '\0') {
        index = netifs_find(name);
        if (index == 0) {
            return errno_fail(ENODEV);
        }
    }
    enum sk_err err = sk_set(state_enter(), s->fd, SK_BINDTODEVICE, (int32_t)index);
    state_leave();
    return errno_result(err);
}

const struct option_kind option_device = { get_device, set_device };

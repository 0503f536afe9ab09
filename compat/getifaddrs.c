/* SPDX-License-Identifier: BSD-3-Clause */
/* getifaddrs, freeifaddrs: as on Linux, for AF_INET. A netif without an address is listed, with
 * ifa_addr NULL. */
#include <ifaddrs.h>
#include <net/if.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/netifs.h"
#include "compat/state.h"

struct entry {
    struct ifaddrs ifa; /* first: what the program holds points here */
    struct sockaddr_in addr;
    struct sockaddr_in netmask;
    struct sockaddr_in broadcast;
    char name[IF_NAMESIZE];
};

static struct sockaddr *generic(struct sockaddr_in *in)
{
    return (struct sockaddr *)(void *)in;
}

static void fill(struct entry *e, unsigned index, const struct sk_netif_info *info)
{
    e->addr = netifs_addr(info);
    e->netmask = netifs_netmask(info);
    e->broadcast = netifs_broadcast(info);
    netifs_name(info, index, e->name);
    e->ifa.ifa_name = e->name;
    e->ifa.ifa_flags = netifs_flags(info);
    if (!ip_is_unspecified(info->addr)) {
        e->ifa.ifa_addr = generic(&e->addr);
        e->ifa.ifa_netmask = generic(&e->netmask);
        e->ifa.ifa_broadaddr = e->broadcast.sin_addr.s_addr != 0 ? generic(&e->broadcast) : NULL;
    }
}

int libsock_getifaddrs(struct ifaddrs **out)
{
    struct sk_netif_info info;

    if (out == NULL) {
        return errno_fail(EFAULT);
    }
    if (state_started() == NULL) {
        return -1;
    }
    unsigned n = netifs_count();
    struct entry *entries = netifs_alloc(n * sizeof *entries);
    if (entries == NULL) {
        return errno_fail(ENOMEM);
    }
    for (unsigned i = 0; i < n && netifs_get(i + 1, &info); i++) {
        fill(&entries[i], i + 1, &info);
        entries[i].ifa.ifa_next = i + 1 < n ? &entries[i + 1].ifa : NULL;
    }
    *out = &entries[0].ifa;
    return 0;
}

void libsock_freeifaddrs(struct ifaddrs *list)
{
    netifs_free(list);
}

FACE(getifaddrs);
FACE(freeifaddrs);

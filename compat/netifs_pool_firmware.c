/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of netifs on firmware: a static pool, so that an image needs no malloc. */
#include <stdint.h>
#include <string.h>

#include "compat/netifs.h"

#ifndef LIBSOCK_N_NETIFS
#define LIBSOCK_N_NETIFS 4 /* CONFIG_N_NETIFS, doubled */
#endif
#define N_LISTS 2          /* at once: of if_nameindex and of getifaddrs */
#define NETIF_LIST_LEN 128 /* octets of one netif in a list, at most */

static struct {
    uint64_t memory[LIBSOCK_N_NETIFS * NETIF_LIST_LEN / sizeof(uint64_t)];
    bool taken;
} pool[N_LISTS];

void *netifs_alloc(size_t len)
{
    for (size_t i = 0; i < N_LISTS; i++) {
        if (!pool[i].taken && len <= sizeof pool[i].memory) {
            pool[i].taken = true;
            memset(pool[i].memory, 0, sizeof pool[i].memory);
            return pool[i].memory;
        }
    }
    return NULL;
}

void netifs_free(void *list)
{
    for (size_t i = 0; i < N_LISTS; i++) {
        if (list == pool[i].memory) {
            pool[i].taken = false;
        }
    }
}

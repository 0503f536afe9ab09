/* SPDX-License-Identifier: BSD-3-Clause */
/* The netifs of the current host, as POSIX and Linux describe interfaces. An index is the core's
 * ifindex. */
#pragma once

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "libsock.h"

/** Fills `*info`; false: no netif has this index. Takes the port's lock; after state_started or
 * fd_find gave something. */
bool netifs_get(unsigned index, struct sk_netif_info *info);

/** How many there are: their indices are 1 and so on. */
unsigned netifs_count(void);

/** The name of one, cut to its length; one without a name is called after its index. */
void netifs_name(const struct sk_netif_info *info, unsigned index, char name[IF_NAMESIZE]);

/** The index of a name, 0: none has it. */
unsigned netifs_find(const char *name);

/** IFF_UP and others. */
unsigned netifs_flags(const struct sk_netif_info *info);

/** Its address, its netmask, and the address that all on its network hear; unspecified: none. */
struct sockaddr_in netifs_addr(const struct sk_netif_info *info);
struct sockaddr_in netifs_netmask(const struct sk_netif_info *info);
struct sockaddr_in netifs_broadcast(const struct sk_netif_info *info);

/** Memory for one list; NULL: there is no more. Gives it back. */
void *netifs_alloc(size_t len);
void netifs_free(void *list);

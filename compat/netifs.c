/* SPDX-License-Identifier: BSD-3-Clause */
/* The netifs of the current host, as POSIX and Linux describe interfaces. */
#include "compat/netifs.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "compat/state.h"

bool netifs_get(unsigned index, struct sk_netif_info *info)
{
    if (index > UINT8_MAX) {
        return false;
    }
    enum sk_err err = sk_netif_get(state_enter(), (uint8_t)index, info);
    state_leave();
    return err == SK_OK;
}

unsigned netifs_count(void)
{
    struct sk_netif_info info;
    unsigned n = 0;

    while (netifs_get(n + 1, &info)) {
        n++;
    }
    return n;
}

static void name_after(unsigned index, char name[IF_NAMESIZE])
{
    char digits[3]; /* of a uint8_t */
    size_t n = 0;

    do {
        digits[n++] = (char)('0' + index % 10);
        index /= 10;
    } while (index > 0 && n < sizeof digits);
    *name++ = 'i';
    *name++ = 'f';
    while (n > 0) {
        *name++ = digits[--n];
    }
    *name = '\0';
}

void netifs_name(const struct sk_netif_info *info, unsigned index, char name[IF_NAMESIZE])
{
    if (info->name == NULL || info->name[0] == '\0') {
        name_after(index, name);
        return;
    }
    size_t len = strlen(info->name);
    len = len < IF_NAMESIZE ? len : IF_NAMESIZE - 1;
    memcpy(name, info->name, len);
    name[len] = '\0';
}

unsigned netifs_find(const char *name)
{
    struct sk_netif_info info;
    char its[IF_NAMESIZE];

    for (unsigned index = 1; netifs_get(index, &info); index++) {
        netifs_name(&info, index, its);
        if (strcmp(its, name) == 0) {
            return index;
        }
    }
    return 0;
}

unsigned netifs_flags(const struct sk_netif_info *info)
{
    int flags = IFF_UP | IFF_RUNNING | (info->multicast ? IFF_MULTICAST : 0);

    if (info->loopback) {
        return (unsigned)(flags | IFF_LOOPBACK);
    }
    return (unsigned)(flags | (info->ethernet ? IFF_BROADCAST : IFF_POINTOPOINT | IFF_NOARP));
}

static struct sockaddr_in sockaddr_of(uint32_t bits)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(bits) };
}

static uint32_t netmask_bits(const struct sk_netif_info *info)
{
    return info->prefix_len == 0 ? 0 : UINT32_MAX << (32 - info->prefix_len);
}

struct sockaddr_in netifs_addr(const struct sk_netif_info *info)
{
    return sockaddr_of(ip4_bits(info->addr));
}

struct sockaddr_in netifs_netmask(const struct sk_netif_info *info)
{
    return sockaddr_of(netmask_bits(info));
}

/* RFC 3021: a network of 31 bits has none. */
struct sockaddr_in netifs_broadcast(const struct sk_netif_info *info)
{
    bool has = info->ethernet && info->prefix_len > 0 && info->prefix_len < 31;

    return sockaddr_of(has ? ip4_bits(info->addr) | ~netmask_bits(info) : 0);
}

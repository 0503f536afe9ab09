/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ioctl of a socket, as Linux's netdevice(7), tcp(7) and udp(7) have it: what is unread, whether
 * calls wait, and what netifs there are. They cannot be changed: every other request is ENOTTY.
 */
#include <limits.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/fd.h"
#include "compat/foreign.h"
#include "compat/netifs.h"
#include "compat/state.h"

static int unread(const struct sock_fd *s, int *out)
{
    struct sk_iface *iface = state_enter();
    uint32_t len = sk_unread(iface, s->fd);
    int32_t listens = 0;
    enum sk_err err = sk_get(iface, s->fd, SK_ACCEPTCONN, &listens);

    state_leave();
    if (err == SK_OK && listens) {
        return errno_fail(EINVAL);
    }
    *out = len < INT_MAX ? (int)len : INT_MAX;
    return 0;
}

static int at_mark(int fd, int *out)
{
    int at = libsock_sockatmark(fd);

    *out = at > 0;
    return at < 0 ? -1 : 0;
}

/* What is asked of a socket; false: it is not. */
static bool ask_socket(int fd, struct sock_fd *s, unsigned long request, void *argument,
                       int *result)
{
    switch (request) {
    case FIONREAD:
        *result = unread(s, argument);
        return true;
    case SIOCATMARK:
        *result = at_mark(fd, argument);
        return true;
    case FIONBIO:
        s->open->nonblock = *(const int *)argument != 0;
        *result = 0;
        return true;
    default:
        return false;
    }
}

/* Those that have an address, as on Linux. Without a buffer: how long it would have to be. */
static int list_netifs(struct ifconf *list)
{
    struct sk_netif_info info;
    char *at = list->ifc_buf;
    size_t room = list->ifc_buf == NULL ? SIZE_MAX : list->ifc_len > 0 ? (size_t)list->ifc_len : 0;
    size_t used = 0;

    for (unsigned i = 1; netifs_get(i, &info) && room - used >= sizeof(struct ifreq); i++) {
        struct ifreq entry = { .ifr_flags = 0 };
        if (ip_is_unspecified(info.addr)) {
            continue;
        }
        if (at != NULL) {
            struct sockaddr_in addr = netifs_addr(&info);
            netifs_name(&info, i, entry.ifr_name);
            memcpy(&entry.ifr_addr, &addr, sizeof addr);
            memcpy(at + used, &entry, sizeof entry);
        }
        used += sizeof entry;
    }
    list->ifc_len = (int)used;
    return 0;
}

static int give_addr(struct sockaddr_in addr, const struct sk_netif_info *info,
                     struct sockaddr *out)
{
    if (ip_is_unspecified(info->addr)) {
        return errno_fail(EADDRNOTAVAIL);
    }
    memcpy(out, &addr, sizeof addr);
    return 0;
}

static int give_hardware(const struct sk_netif_info *info, struct sockaddr *out)
{
    int medium = info->loopback ? ARPHRD_LOOPBACK : info->ethernet ? ARPHRD_ETHER : ARPHRD_NONE;

    memset(out, 0, sizeof *out);
    out->sa_family = (sa_family_t)medium;
    memcpy(out->sa_data, info->mac, sizeof info->mac);
    return 0;
}

static int describe(unsigned long request, struct ifreq *r, unsigned index,
                    const struct sk_netif_info *info)
{
    switch (request) {
    case SIOCGIFADDR:
        return give_addr(netifs_addr(info), info, &r->ifr_addr);
    case SIOCGIFNETMASK:
        return give_addr(netifs_netmask(info), info, &r->ifr_netmask);
    case SIOCGIFBRDADDR:
        return give_addr(netifs_broadcast(info), info, &r->ifr_broadaddr);
    case SIOCGIFHWADDR:
        return give_hardware(info, &r->ifr_hwaddr);
    case SIOCGIFFLAGS:
        r->ifr_flags = (short)netifs_flags(info);
        return 0;
    case SIOCGIFMTU:
        r->ifr_mtu = info->mtu;
        return 0;
    case SIOCGIFINDEX:
        r->ifr_ifindex = (int)index;
        return 0;
    default:
        return errno_fail(ENOTTY);
    }
}

static int ask_netif(unsigned long request, struct ifreq *r)
{
    struct sk_netif_info info;

    r->ifr_name[IFNAMSIZ - 1] = '\0';
    unsigned index = netifs_find(r->ifr_name);
    if (index == 0 || !netifs_get(index, &info)) {
        return errno_fail(ENODEV);
    }
    return describe(request, r, index, &info);
}

static int name_netif(struct ifreq *r)
{
    struct sk_netif_info info;

    if (r->ifr_ifindex < 0 || !netifs_get((unsigned)r->ifr_ifindex, &info)) {
        return errno_fail(ENODEV);
    }
    netifs_name(&info, (unsigned)r->ifr_ifindex, r->ifr_name);
    return 0;
}

static bool is_known(unsigned long request)
{
    switch (request) {
    case FIONREAD:
    case FIONBIO:
    case SIOCATMARK:
    case SIOCGIFCONF:
    case SIOCGIFNAME:
    case SIOCGIFADDR:
    case SIOCGIFNETMASK:
    case SIOCGIFBRDADDR:
    case SIOCGIFHWADDR:
    case SIOCGIFFLAGS:
    case SIOCGIFMTU:
    case SIOCGIFINDEX:
        return true;
    default:
        return false;
    }
}

static int socket_ioctl(int fd, struct sock_fd *s, unsigned long request, void *argument)
{
    int result;

    if (!is_known(request)) {
        return errno_fail(ENOTTY);
    }
    if (argument == NULL) {
        return errno_fail(EFAULT);
    }
    if (ask_socket(fd, s, request, argument, &result)) {
        return result;
    }
    switch (request) {
    case SIOCGIFCONF:
        return list_netifs(argument);
    case SIOCGIFNAME:
        return name_netif(argument);
    default:
        return ask_netif(request, argument);
    }
}

/* Close-on-exec is the descriptor's, which is the kernel's. */
static bool is_of_descriptor(unsigned long request)
{
#ifdef FIOCLEX
    return request == FIOCLEX || request == FIONCLEX;
#else
    (void)request;
    return false;
#endif
}

int libsock_ioctl(int fd, unsigned long request, ...)
{
    struct sock_fd *s = fd_find(fd);
    va_list arguments;

    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return s != NULL && !is_of_descriptor(request) ? socket_ioctl(fd, s, request, argument)
                                                   : foreign_ioctl(fd, request, argument);
}

FACE(ioctl);

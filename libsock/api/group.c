/* SPDX-License-Identifier: BSD-3-Clause */
/* Multicast groups, where the host has them (net/multicast.h). */
#include "net/multicast.h"

/* NULL: it cannot be in a group, and `*err` says why. */
static struct udp_entry *member(const struct sk_iface *iface, sk_fd fd, enum sk_err *err)
{
    const struct tagged_socket *slot = slot_of(iface, fd);

    *err = slot ? SK_NO_OPTION : SK_INVALID_SOCKET;
    return slot && slot_tag(slot) == SOCK_UDP && iface->multicast ? slot->u.udp : NULL;
}

enum sk_err sk_join(struct sk_iface *iface, sk_fd fd, struct ip_addr group, uint8_t ifindex,
                    instant now)
{
    enum sk_err err;
    struct udp_entry *udp = member(iface, fd, &err);

    return udp ? iface->multicast->join(iface, udp, group, ifindex, now) : err;
}

enum sk_err sk_leave(struct sk_iface *iface, sk_fd fd, struct ip_addr group, uint8_t ifindex,
                     instant now)
{
    enum sk_err err;
    struct udp_entry *udp = member(iface, fd, &err);

    return udp ? iface->multicast->leave(iface, udp, group, ifindex, now) : err;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Membership of multicast groups is linked where a configuration names it, and everywhere else a
 * host sends to groups and hears none: sk_config.multicast leads to these functions or is NULL.
 */
#pragma once

#include "net/iface.h"

/** Of a socket in a group. */
struct membership {
    struct udp_entry *udp; /* NULL: the place is free */
    struct ip_addr group;
    uint8_t ifindex;
};

struct sk_multicast {
    void (*lay_out)(struct sk_iface *iface, const struct sk_config *config, struct arena *a);
    void (*init)(struct sk_iface *iface, struct netif *netif);
    /** sk_join and sk_leave, of a datagram socket. */
    enum sk_err (*join)(struct sk_iface *iface, struct udp_entry *udp, struct ip_addr group,
                        uint8_t ifindex, instant now);
    enum sk_err (*leave)(struct sk_iface *iface, struct udp_entry *udp, struct ip_addr group,
                         uint8_t ifindex, instant now);
    /** The socket leaves every group. */
    void (*leave_all)(struct sk_iface *iface, struct udp_entry *udp, instant now);
    bool (*is_member)(const struct netif *netif, struct ip_addr group);
    /** The netif has another address, or is in another network. */
    void (*restart)(struct netif *netif, instant now);
    /** An IGMP message. */
    enum drop_reason (*arrives)(struct sk_iface *iface, struct netif *netif,
                                const struct ip_hdr *ip, struct cursor *c, instant now);
    bool (*poll)(struct sk_iface *iface, struct netif *netif, instant now);
    instant (*poll_at)(const struct netif *netif);
};

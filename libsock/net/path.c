/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of paths: the MTU of those whose routers said that it is less than our link's. A
 * connection that begins need not find out again. */
#include "net/iface.h"

#include "wire/ipv4.h"

#define FORGET_AFTER seconds(600) /* RFC 1191 6.3 */

static bool is_known(const struct path *path, struct ip_addr dst, instant now)
{
    return path->mtu != 0 && ip_equal(path->dst, dst) && now < path->forget_at;
}

uint16_t path_mtu(const struct sk_iface *iface, const struct netif *netif, struct ip_addr dst,
                  instant now)
{
    for (uint32_t i = 0; i < CONFIG_N_PATHS; i++) {
        const struct path *path = &iface->paths[i];

        if (is_known(path, dst, now) && path->mtu < netif->mtu) {
            return path->mtu;
        }
    }
    return netif->mtu;
}

bool datagram_may_be_cut(const struct sk_iface *iface, const struct udp_entry *udp)
{
    return iface->fragments && udp->mtu_discover <= SK_MTU_WANT;
}

/* Where routers fragment, only who can do it as well need not leave it to them. */
uint16_t datagram_mtu(const struct sk_iface *iface, const struct udp_entry *udp,
                      const struct netif *netif, struct ip_addr dst, instant now)
{
    if (udp->mtu_discover == SK_MTU_PROBE ||
        (udp->mtu_discover == SK_MTU_DONT && !iface->fragments)) {
        return netif->mtu;
    }
    return path_mtu(iface, netif, dst, now);
}

/* The place of `dst`, or of what is forgotten first. */
static struct path *place_for(struct sk_iface *iface, struct ip_addr dst)
{
    struct path *place = &iface->paths[0];

    for (uint32_t i = 0; i < CONFIG_N_PATHS; i++) {
        struct path *path = &iface->paths[i];

        if (path->mtu == 0 || ip_equal(path->dst, dst)) {
            return path;
        }
        if (path->forget_at < place->forget_at) {
            place = path;
        }
    }
    return place;
}

void path_learn(struct sk_iface *iface, struct ip_addr dst, uint16_t mtu, instant now)
{
    *place_for(iface, dst) =
        (struct path){ .dst = dst, .mtu = mtu, .forget_at = now + FORGET_AFTER };
}

/* RFC 1191 7.1: the MTUs of kinds of networks, for a router that does not say which it has. */
uint16_t path_plateau_below(uint32_t len)
{
    static const uint16_t plateaus[] = { 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296 };

    for (size_t i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++) {
        if (plateaus[i] < len) {
            return plateaus[i];
        }
    }
    return IPV4_MIN_MTU;
}

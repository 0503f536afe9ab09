/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket options of IP whose values are structures: options of headers, multicast groups and their
 * interface (ip(7)). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "compat/errno.h"
#include "compat/option.h"

/* ---- IP_OPTIONS ---- */

static int get_options(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    struct sk_ip_options options = { .len = 0 };
    enum sk_err err = sk_get_ip_options(state_enter(), s->fd, &options);

    (void)what;
    state_leave();
    return err != SK_OK ? errno_result(err) : option_give(options.octets, options.len, out, len);
}

static int set_options(struct sock_fd *s, int what, const void *value, socklen_t len)
{
    struct sk_ip_options options = { .len = (uint8_t)len };

    (void)what;
    if (len > (socklen_t)sizeof options.octets) {
        return errno_fail(EINVAL);
    }
    if (len > 0) {
        memcpy(options.octets, value, len);
    }
    enum sk_err err = sk_set_ip_options(state_enter(), s->fd, &options);
    state_leave();
    return errno_result(err);
}

/* ---- Multicast ---- */

/* The number of the netif with an address of ours; 0: none has it. Under the lock. */
static uint8_t netif_of(const struct sk_iface *iface, uint32_t addr)
{
    struct ip_addr ours;

    for (uint8_t i = 1; sk_netif_addr(iface, i, &ours) == SK_OK; i++) {
        if (!ip_is_unspecified(ours) && ip_equal(ours, ip4(addr))) {
            return i;
        }
    }
    return 0;
}

/* The netif that a number, or else an address of ours, names; 0 where neither does. False: there is
 * no such netif. */
static bool named_netif(const struct sk_iface *iface, const struct ip_mreqn *request, uint8_t *out)
{
    uint32_t addr = ntohl(request->imr_address.s_addr);
    struct ip_addr ours;

    if (request->imr_ifindex != 0) {
        *out = (uint8_t)request->imr_ifindex;
        return request->imr_ifindex > 0 && request->imr_ifindex <= UINT8_MAX &&
               sk_netif_addr(iface, *out, &ours) == SK_OK;
    }
    *out = addr != INADDR_ANY ? netif_of(iface, addr) : 0;
    return addr == INADDR_ANY || *out != 0;
}

/* struct ip_mreq is the beginning of struct ip_mreqn. */
static bool take_request(const void *value, socklen_t len, struct ip_mreqn *out)
{
    *out = (struct ip_mreqn){ .imr_ifindex = 0 };
    if (len < (socklen_t)sizeof(struct ip_mreq)) {
        return false;
    }
    memcpy(out, value,
           len < (socklen_t)sizeof *out ? sizeof(struct ip_mreq) : sizeof(struct ip_mreqn));
    return true;
}

static int set_membership(struct sock_fd *s, int joins, const void *value, socklen_t len)
{
    struct ip_mreqn request;
    uint8_t ifindex;

    if (!take_request(value, len, &request)) {
        return errno_fail(EINVAL);
    }
    struct ip_addr group = ip4(ntohl(request.imr_multiaddr.s_addr));
    struct sk_iface *iface = state_enter();
    enum sk_err err = SK_NET_UNREACHABLE;
    if (named_netif(iface, &request, &ifindex)) {
        err = joins ? sk_join(iface, s->fd, group, ifindex, state_now())
                    : sk_leave(iface, s->fd, group, ifindex, state_now());
    }
    state_leave();
    return err == SK_NET_UNREACHABLE ? errno_fail(ENODEV) : errno_result(err);
}

static int get_multicast_if(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    struct sk_iface *iface = state_enter();
    struct ip_addr addr = ip4(INADDR_ANY);
    int32_t ifindex = 0;
    enum sk_err err = sk_get(iface, s->fd, SK_MULTICAST_IF, &ifindex);

    (void)what;
    if (ifindex > 0) {
        sk_netif_addr(iface, (uint8_t)ifindex, &addr);
    }
    state_leave();
    struct in_addr in = { .s_addr = htonl(ip4_bits(addr)) };
    return err != SK_OK ? errno_result(err) : option_give(&in, sizeof in, out, len);
}

static int set_multicast_if(struct sock_fd *s, int what, const void *value, socklen_t len)
{
    struct ip_mreqn request = { .imr_ifindex = 0 };
    uint8_t ifindex;

    (void)what;
    if (len < (socklen_t)sizeof(struct in_addr)) {
        return errno_fail(EINVAL);
    }
    if (!take_request(value, len, &request)) {
        memcpy(&request.imr_address, value, sizeof request.imr_address);
    }
    struct sk_iface *iface = state_enter();
    bool named = named_netif(iface, &request, &ifindex);
    enum sk_err err = named ? sk_set(iface, s->fd, SK_MULTICAST_IF, ifindex) : SK_OK;
    state_leave();
    return named ? errno_result(err) : errno_fail(request.imr_ifindex ? ENODEV : EADDRNOTAVAIL);
}

const struct option_kind option_options = { get_options, set_options };
const struct option_kind option_membership = { NULL, set_membership };
const struct option_kind option_multicast_if = { get_multicast_if, set_multicast_if };

/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of sockets of AF_INET6, whose packets are IPv4's (RFC 3493 5). */
#include "compat/errno.h"
#include "compat/option.h"

static int get_v6only(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    (void)what;
    return option_give_number(s->open->inet6 ? SK_OK : SK_NO_OPTION, s->open->v6only, out, len);
}

static enum sk_err set_only(struct sk_iface *iface, struct sock_fd *s, bool on)
{
    struct sk_addr local;

    if (sk_local(iface, s->fd, &local) == SK_OK && local.port != 0) {
        return SK_INVALID;
    }
    s->open->v6only = on;
    return sk_set(iface, s->fd, SK_BINDTODEVICE, on ? SK_NO_NETIF : 0);
}

/* A socket for IPv6 alone hears nothing, and leaves the port to those of IPv4. */
static int set_v6only(struct sock_fd *s, int what, const void *value, socklen_t len)
{
    int on;

    (void)what;
    if (!s->open->inet6) {
        return errno_fail(ENOPROTOOPT);
    }
    if (option_take_number(value, len, &on) != 0) {
        return -1;
    }
    enum sk_err err = set_only(state_enter(), s, on != 0);
    state_leave();
    return errno_result(err);
}

static int get_number(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    return s->open->inet6 ? option_number.get(s, what, out, len) : errno_fail(ENOPROTOOPT);
}

static int set_number(struct sock_fd *s, int what, const void *value, socklen_t len)
{
    return s->open->inet6 ? option_number.set(s, what, value, len) : errno_fail(ENOPROTOOPT);
}

const struct option_kind option_v6only = { get_v6only, set_v6only };
const struct option_kind option_inet6_number = { get_number, set_number };

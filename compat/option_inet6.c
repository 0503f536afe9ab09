/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of sockets of AF_INET6, whose packets are IPv4's (RFC 3493 5). */
#include "compat/errno.h"
#include "compat/option.h"

static int get_v6only(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    (void)what;
    return option_give_number(s->open->inet6 ? SK_OK : SK_NO_OPTION, 0, out, len);
}

/* A socket for IPv6 alone would hear nothing. */
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
    return on != 0 ? errno_fail(EINVAL) : 0;
}

static int get_hops(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    return s->open->inet6 ? option_number.get(s, what, out, len) : errno_fail(ENOPROTOOPT);
}

static int set_hops(struct sock_fd *s, int what, const void *value, socklen_t len)
{
    return s->open->inet6 ? option_number.set(s, what, value, len) : errno_fail(ENOPROTOOPT);
}

const struct option_kind option_v6only = { get_v6only, set_v6only };
const struct option_kind option_hops = { get_hops, set_hops };

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * getsockopt, setsockopt: POSIX.1-2017. One table says which options there are; every other one is
 * ENOPROTOOPT, never silently accepted.
 */
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/foreign.h"
#include "compat/option.h"

static const struct option {
    int level;
    int name;
    const struct option_kind *kind;
    int what;
} options[] = {
    // clang-format off
    { SOL_SOCKET,  SO_DEBUG,           &option_debug,        0 },
    { SOL_SOCKET,  SO_ERROR,           &option_error,        0 },
    { SOL_SOCKET,  SO_TYPE,            &option_fact,         OPTION_TYPE },
    { SOL_SOCKET,  SO_DOMAIN,          &option_fact,         OPTION_DOMAIN },
    { SOL_SOCKET,  SO_PROTOCOL,        &option_fact,         OPTION_PROTOCOL },
    { SOL_SOCKET,  SO_SNDLOWAT,        &option_fact,         OPTION_SNDLOWAT },
    { SOL_SOCKET,  SO_ACCEPTCONN,      &option_number,       SK_ACCEPTCONN },
    { SOL_SOCKET,  SO_RCVTIMEO,        &option_timeout,      OPTION_RECEIVE },
    { SOL_SOCKET,  SO_SNDTIMEO,        &option_timeout,      OPTION_SEND },
    { SOL_SOCKET,  SO_LINGER,          &option_linger,       0 },
    { SOL_SOCKET,  SO_TIMESTAMP,       &option_tells,        FD_TELLS_TIME },
    { SOL_SOCKET,  SO_REUSEADDR,       &option_switch,       SK_REUSEADDR },
    { SOL_SOCKET,  SO_REUSEPORT,       &option_switch,       SK_REUSEPORT },
    { SOL_SOCKET,  SO_DONTROUTE,       &option_switch,       SK_DONTROUTE },
    { SOL_SOCKET,  SO_BINDTODEVICE,    &option_device,       0 },
    { SOL_SOCKET,  SO_BROADCAST,       &option_switch,       SK_BROADCAST },
    { SOL_SOCKET,  SO_RCVBUF,          &option_number,       SK_RCVBUF },
    { SOL_SOCKET,  SO_SNDBUF,          &option_number,       SK_SNDBUF },
    { SOL_SOCKET,  SO_RCVLOWAT,        &option_lowat,        SK_RCVLOWAT },
    { SOL_SOCKET,  SO_KEEPALIVE,       &option_switch,       SK_KEEPALIVE },
    { SOL_SOCKET,  SO_OOBINLINE,       &option_switch,       SK_OOBINLINE },
    { IPPROTO_IP,  IP_TTL,             &option_ip_number,    SK_TTL },
    { IPPROTO_IP,  IP_TOS,             &option_ip_number,    SK_TOS },
    { IPPROTO_IP,  IP_MTU,             &option_number,       SK_MTU },
    { IPPROTO_IP,  IP_MTU_DISCOVER,    &option_ip_number,    SK_MTU_DISCOVER },
    { IPPROTO_IP,  IP_OPTIONS,         &option_options,      0 },
    { IPPROTO_IP,  IP_PKTINFO,         &option_tells,        FD_TELLS_PACKET_INFO },
    { IPPROTO_IP,  IP_RECVERR,         &option_switch,       SK_RECVERR },
    { IPPROTO_IP,  IP_RECVTTL,         &option_tells,        FD_TELLS_TTL },
    { IPPROTO_IP,  IP_RECVTOS,         &option_tells,        FD_TELLS_TOS },
    { IPPROTO_IP,  IP_RECVOPTS,        &option_tells,        FD_TELLS_OPTIONS },
    { IPPROTO_IP,  IP_MULTICAST_TTL,   &option_ip_number,    SK_MULTICAST_TTL },
    { IPPROTO_IP,  IP_MULTICAST_LOOP,  &option_ip_number,    SK_MULTICAST_LOOP },
    { IPPROTO_IP,  IP_MULTICAST_IF,    &option_multicast_if, 0 },
    { IPPROTO_IP,  IP_ADD_MEMBERSHIP,  &option_membership,   1 },
    { IPPROTO_IP,  IP_DROP_MEMBERSHIP, &option_membership,   0 },
    { IPPROTO_IPV6, IPV6_V6ONLY,       &option_v6only,       0 },
    { IPPROTO_IPV6, IPV6_UNICAST_HOPS, &option_inet6_number, SK_TTL },
    { IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &option_inet6_number, SK_MULTICAST_TTL },
    { IPPROTO_IPV6, IPV6_MULTICAST_IF, &option_inet6_number, SK_MULTICAST_IF },
    { IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &option_inet6_number, SK_MULTICAST_LOOP },
    { IPPROTO_TCP, TCP_NODELAY,        &option_switch,       SK_NODELAY },
    { IPPROTO_TCP, TCP_CORK,           &option_switch,       SK_CORK },
    { IPPROTO_TCP, TCP_QUICKACK,       &option_switch,       SK_QUICKACK },
    { IPPROTO_TCP, TCP_MAXSEG,         &option_number,       SK_MAXSEG },
    { IPPROTO_TCP, TCP_DEFER_ACCEPT,   &option_number,       SK_DEFER_ACCEPT },
    { IPPROTO_TCP, TCP_KEEPIDLE,       &option_number,       SK_KEEPIDLE },
    { IPPROTO_TCP, TCP_KEEPINTVL,      &option_number,       SK_KEEPINTVL },
    { IPPROTO_TCP, TCP_KEEPCNT,        &option_number,       SK_KEEPCNT },
    { IPPROTO_TCP, TCP_USER_TIMEOUT,   &option_number,       SK_USER_TIMEOUT },
    { IPPROTO_TCP, TCP_CONGESTION,     &option_congestion,   0 },
    { IPPROTO_TCP, TCP_INFO,           &option_tcp_info,     0 },
    // clang-format on
};

static const struct option *find(int level, int name)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (options[i].level == level && options[i].name == name) {
            return &options[i];
        }
    }
    return NULL;
}

int option_give(const void *value, size_t size, void *out, socklen_t *len)
{
    if (*len > (socklen_t)size) {
        *len = (socklen_t)size;
    }
    memcpy(out, value, *len);
    return 0;
}

int option_give_number(enum sk_err err, int value, void *out, socklen_t *len)
{
    return err != SK_OK ? errno_result(err) : option_give(&value, sizeof value, out, len);
}

int option_take_number(const void *value, socklen_t len, int *out)
{
    if (len < (socklen_t)sizeof *out) {
        return errno_fail(EINVAL);
    }
    memcpy(out, value, sizeof *out);
    return 0;
}

int option_get(struct sock_fd *s, int level, int option, void *value, socklen_t *len)
{
    const struct option *o = find(level, option);

    if (o == NULL || o->kind->get == NULL) {
        return errno_fail(ENOPROTOOPT);
    }
    if (value == NULL || len == NULL) {
        return errno_fail(EFAULT);
    }
    if (*len > INT_MAX) {
        return errno_fail(EINVAL);
    }
    return o->kind->get(s, o->what, value, len);
}

int option_set(struct sock_fd *s, int level, int option, const void *value, socklen_t len)
{
    const struct option *o = find(level, option);

    if (o == NULL || o->kind->set == NULL) {
        return errno_fail(ENOPROTOOPT);
    }
    if (len > INT_MAX) {
        return errno_fail(EINVAL);
    }
    if (value == NULL && len > 0) {
        return errno_fail(EFAULT);
    }
    return o->kind->set(s, o->what, value, len);
}

int libsock_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
    struct sock_fd *s = fd_find(fd);

    return s != NULL ? option_get(s, level, option, value, len)
                     : foreign_getsockopt(fd, level, option, value, len);
}

int libsock_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
    struct sock_fd *s = fd_find(fd);

    return s != NULL ? option_set(s, level, option, value, len)
                     : foreign_setsockopt(fd, level, option, value, len);
}

FACE(getsockopt);
FACE(setsockopt);

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between struct sockaddr and struct sk_addr. Programs cast freely between sockaddr types, so
 * octets are copied, never read through a pointer of another type.
 */
#include "compat/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>

#define SIN6_LEN_RFC2133 24 /* without sin6_scope_id, RFC 2133 3.3; as Linux */
#define MAPPED_AT 12        /* RFC 4291 2.5.5.2 */

static int family_of(const struct sockaddr *sa)
{
    sa_family_t family;

    memcpy(&family, (const char *)sa + offsetof(struct sockaddr, sa_family), sizeof family);
    return family;
}

static int from_inet(const struct sockaddr *sa, struct sk_addr *out)
{
    struct sockaddr_in in;

    memcpy(&in, sa, sizeof in);
    out->addr = ip4(ntohl(in.sin_addr.s_addr));
    out->port = ntohs(in.sin_port);
    return 0;
}

static int from_inet6(const struct sockaddr *sa, struct sk_addr *out)
{
    struct sockaddr_in6 in6;
    in_addr_t bits = htonl(INADDR_ANY);

    memcpy(&in6, sa, SIN6_LEN_RFC2133);
    if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
        memcpy(&bits, in6.sin6_addr.s6_addr + MAPPED_AT, sizeof bits);
    } else if (!IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr)) {
        return ENETUNREACH;
    }
    out->addr = ip4(ntohl(bits));
    out->port = ntohs(in6.sin6_port);
    return 0;
}

static bool is_mapped(const struct sockaddr *sa)
{
    struct sockaddr_in6 in6;

    memcpy(&in6, sa, SIN6_LEN_RFC2133);
    return IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
}

static int read_address(bool inet6, const struct sockaddr *sa, socklen_t len, struct sk_addr *out)
{
    if (sa == NULL) {
        return EFAULT;
    }
    if (len < (socklen_t)(inet6 ? SIN6_LEN_RFC2133 : sizeof(struct sockaddr_in)) ||
        len > (socklen_t)sizeof(struct sockaddr_storage)) {
        return EINVAL;
    }
    if (family_of(sa) != (inet6 ? AF_INET6 : AF_INET)) {
        return EAFNOSUPPORT;
    }
    return inet6 ? from_inet6(sa, out) : from_inet(sa, out);
}

/* A socket for IPv6 alone has no other address than "::", and nobody to send to. */
int addr_from_sockaddr(const struct sock_fd *s, const struct sockaddr *sa, socklen_t len,
                       struct sk_addr *out)
{
    int wrong = read_address(s->open->inet6, sa, len, out);

    return wrong == 0 && s->open->v6only && is_mapped(sa) ? EINVAL : wrong;
}

int addr_of_peer(const struct sock_fd *s, const struct sockaddr *sa, socklen_t len,
                 struct sk_addr *out)
{
    bool plain = s->type == SK_DGRAM && sa != NULL && len >= (socklen_t)sizeof(sa_family_t) &&
                 family_of(sa) == AF_INET;

    int wrong = read_address(s->open->inet6 && !plain, sa, len, out);
    return wrong == 0 && s->open->v6only ? ENETUNREACH : wrong;
}

static void map(struct ip_addr addr, struct in6_addr *out)
{
    in_addr_t bits = htonl(ip4_bits(addr));

    if (!ip_is_unspecified(addr)) {
        out->s6_addr[MAPPED_AT - 2] = 0xff;
        out->s6_addr[MAPPED_AT - 1] = 0xff;
        memcpy(out->s6_addr + MAPPED_AT, &bits, sizeof bits);
    }
}

static int write_address(const void *in, size_t size, struct sockaddr *sa, socklen_t *len)
{
    memcpy(sa, in, *len < (socklen_t)size ? *len : size);
    *len = (socklen_t)size;
    return 0;
}

int addr_check_room(const struct sockaddr *sa, const socklen_t *len)
{
    if (sa == NULL) {
        return 0;
    }
    return len == NULL ? EFAULT : *len > INT_MAX ? EINVAL : 0;
}

int addr_to_sockaddr(bool inet6, struct sk_addr addr, struct sockaddr *sa, socklen_t *len)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(addr.port) };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(addr.port) };

    int wrong = addr_check_room(sa, len);

    if (wrong != 0 || sa == NULL) {
        return wrong;
    }
    in.sin_addr.s_addr = htonl(ip4_bits(addr.addr));
    map(addr.addr, &in6.sin6_addr);
    return inet6 ? write_address(&in6, sizeof in6, sa, len)
                 : write_address(&in, sizeof in, sa, len);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between struct sockaddr and struct sk_addr. Programs cast freely between sockaddr types, so
 * octets are copied, never read through a pointer of another type.
 */
#include "compat/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

int addr_from_sockaddr(const struct sockaddr *sa, socklen_t len, struct sk_addr *out)
{
    struct sockaddr_in in;

    if (sa == NULL) {
        return EFAULT;
    }
    if (len < (socklen_t)sizeof in) {
        return EINVAL;
    }
    memcpy(&in, sa, sizeof in);
    if (in.sin_family != AF_INET) {
        return EAFNOSUPPORT;
    }
    out->addr = ip4(ntohl(in.sin_addr.s_addr));
    out->port = ntohs(in.sin_port);
    return 0;
}

int addr_to_sockaddr(struct sk_addr addr, struct sockaddr *sa, socklen_t *len)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(addr.port) };

    if (sa == NULL) {
        return 0;
    }
    if (len == NULL) {
        return EFAULT;
    }
    in.sin_addr.s_addr = htonl(ip4_bits(addr.addr));
    memcpy(sa, &in, *len < (socklen_t)sizeof in ? *len : sizeof in);
    *len = sizeof in;
    return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * getnameinfo: POSIX.1-2017, XSH. The flags, and the order in which arguments are found wrong, are
 * glibc's. An address that has no name is told in numbers, also when there is no server to ask.
 * Scopes are numbers in any case. Addresses of other families are the system's.
 */
#include <arpa/inet.h>
#include <string.h>

#include "compat/ai.h"
#include "compat/compat.h"
#include "compat/face.h"
#include "compat/foreign.h"
#include "compat/lookup.h"
#include "compat/state.h"
#include "net/iface.h"

#ifndef NI_NUMERICSCOPE
#define NI_NUMERICSCOPE 0x100
#endif

#define SUPPORTED                                                                                  \
    (NI_NUMERICHOST | NI_NUMERICSERV | NI_NOFQDN | NI_NAMEREQD | NI_DGRAM | NI_NUMERICSCOPE)

#define NUMBER_SIZE 11                             /* of 32 bits in decimal, and a NUL */
#define HOST_SIZE (INET6_ADDRSTRLEN + NUMBER_SIZE) /* of an address in text, with its scope */

/* An address of either family. */
struct place {
    int family;
    struct ip_addr four;
    struct sockaddr_in6 six;
    uint16_t port;
};

/* Where text goes; octets. NULL: it is not wanted. */
struct room {
    char *text;
    size_t size;
};

static bool is_wanted(struct room room)
{
    return room.text != NULL && room.size > 0;
}

static int put(struct room room, const char *text)
{
    size_t len = strlen(text);

    if (len >= room.size) {
        return EAI_OVERFLOW;
    }
    memcpy(room.text, text, len + 1);
    return 0;
}

/* The number's text, at the end of `out`. */
static const char *decimal(uint32_t number, char out[NUMBER_SIZE])
{
    char *at = out + NUMBER_SIZE - 1;

    *at = '\0';
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    return at;
}

/* ---- Addresses ---- */

static int read_four(const struct sockaddr *sa, socklen_t len, struct place *out)
{
    struct sockaddr_in in;

    if (len < (socklen_t)sizeof in) {
        return EAI_FAMILY;
    }
    memcpy(&in, sa, sizeof in);
    out->four = ip4(ntohl(in.sin_addr.s_addr));
    out->port = ntohs(in.sin_port);
    return 0;
}

static int read_six(const struct sockaddr *sa, socklen_t len, struct place *out)
{
    if (len < (socklen_t)sizeof out->six) {
        return EAI_FAMILY;
    }
    memcpy(&out->six, sa, sizeof out->six);
    out->port = ntohs(out->six.sin6_port);
    return 0;
}

static int read_place(const struct sockaddr *sa, socklen_t len, struct place *out)
{
    return out->family == AF_INET ? read_four(sa, len, out) : read_six(sa, len, out);
}

/* ---- Hosts ---- */

static int put_numeric_host(const struct place *place, struct room room)
{
    char text[HOST_SIZE];
    char scope[NUMBER_SIZE];
    uint32_t bits = htonl(ip4_bits(place->four));
    const void *addr =
        place->family == AF_INET ? (const void *)&bits : (const void *)&place->six.sin6_addr;

    if (libsock_inet_ntop(place->family, addr, text, INET6_ADDRSTRLEN) == NULL) {
        return EAI_FAMILY;
    }
    if (place->family == AF_INET6 && place->six.sin6_scope_id != 0) {
        strcat(text, "%");
        strcat(text, decimal(place->six.sin6_scope_id, scope));
    }
    return put(room, text);
}

static size_t len_without_root(const char *domain)
{
    size_t len = strlen(domain);

    return len > 0 && domain[len - 1] == '.' ? len - 1 : len;
}

/* NI_NOFQDN: of a host in a domain of ours only the name within it. */
static void cut_domain(char *name)
{
    const struct sk_iface *iface = libsock_iface();
    size_t len = strlen(name);

    for (size_t i = 0; iface != NULL && i < iface->n_search; i++) {
        size_t domain_len = len_without_root(iface->search[i]);
        if (len > domain_len + 1 && dns_name_is_in(name, iface->search[i])) {
            name[len - domain_len - 1] = '\0';
            return;
        }
    }
}

/* Without any server there are no names, which is no error. */
static enum lookup name_of(const struct place *place, int flags, char name[LOOKUP_NAME_SIZE])
{
    enum lookup result = place->family == AF_INET ? lookup_addr(place->four, name)
                                                  : lookup_addr6(&place->six.sin6_addr, name);

    if (result == LOOKUP_NO_SERVER && (flags & NI_NAMEREQD) == 0) {
        return LOOKUP_UNKNOWN;
    }
    return result;
}

static int put_host(const struct place *place, int flags, struct room room)
{
    char name[LOOKUP_NAME_SIZE];
    int error = EAI_NONAME;

    if ((flags & NI_NUMERICHOST) == 0) {
        error = lookup_eai(name_of(place, flags, name));
    }
    if (error == 0) {
        if ((flags & NI_NOFQDN) != 0) {
            cut_domain(name);
        }
        return put(room, name);
    }
    if (error != EAI_NONAME || (flags & NI_NAMEREQD) != 0) {
        return error;
    }
    return put_numeric_host(place, room);
}

/* ---- Services ---- */

static int put_service(const struct place *place, int flags, struct room room)
{
    const char *name = NULL;
    char number[NUMBER_SIZE];

    if ((flags & NI_NUMERICSERV) == 0) {
        name = ai_service_name(place->port, (flags & NI_DGRAM) != 0 ? SOCK_DGRAM : SOCK_STREAM);
    }
    return put(room, name != NULL ? name : decimal(place->port, number));
}

/* ---- The call ---- */

static int put_both(const struct place *place, struct room host, struct room service, int flags)
{
    int error = is_wanted(host) ? put_host(place, flags, host) : 0;

    if (error == 0 && is_wanted(service)) {
        error = put_service(place, flags, service);
    }
    return error;
}

int libsock_getnameinfo(const struct sockaddr *sa, socklen_t len, char *host, socklen_t host_size,
                        char *service, socklen_t service_size, int flags)
{
    struct place place = { 0 };
    sa_family_t family;

    if ((flags & ~SUPPORTED) != 0) {
        return EAI_BADFLAGS;
    }
    if (sa == NULL || len < (socklen_t)sizeof family) {
        return EAI_FAMILY;
    }
    if ((flags & NI_NAMEREQD) != 0 && host == NULL && service == NULL) {
        return EAI_NONAME;
    }
    memcpy(&family, &sa->sa_family, sizeof family);
    place.family = family;
    if (place.family != AF_INET && place.family != AF_INET6) {
        return foreign_getnameinfo(sa, len, host, host_size, service, service_size, flags);
    }
    int error = read_place(sa, len, &place);
    if (error != 0) {
        return error;
    }
    return put_both(&place, (struct room){ host, host_size },
                    (struct room){ service, service_size }, flags);
}

FACE(getnameinfo);

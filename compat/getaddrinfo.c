/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * getaddrinfo: POSIX.1-2017, XSH freeaddrinfo(). Names have IPv4 addresses only, which AI_V4MAPPED
 * shows as IPv6 ones; IPv6 addresses are those in text, and those of no node. SOCK_RAW is told to
 * those who ask for it.
 */
#define _GNU_SOURCE /* EAI_ADDRFAMILY */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "compat/ai.h"
#include "compat/compat.h"
#include "compat/face.h"
#include "compat/lookup.h"

#ifndef AI_IDN /* glibc's alone */
#define AI_IDN 0
#define AI_CANONIDN 0
#endif

#define SUPPORTED                                                                                  \
    (AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_NUMERICSERV | AI_ADDRCONFIG | AI_V4MAPPED |   \
     AI_ALL | AI_IDN | AI_CANONIDN)

#define MAX_PORT 65535
#define NO_NUMBER (-2)

static const struct kind {
    int type;
    int protocol;
} kinds[] = {
    { SOCK_STREAM, IPPROTO_TCP },
    { SOCK_DGRAM, IPPROTO_UDP },
    { SOCK_RAW, 0 }, /* with any protocol, and without services */
};

#define N_KINDS (sizeof kinds / sizeof kinds[0])

/* What a node is: IPv4 addresses, or an IPv6 one. */
struct found {
    size_t n; /* of `addrs`; 0: it is `six` */
    struct sk_addr addrs[LOOKUP_MAX_ADDRS];
    struct sockaddr_in6 six;
    const char *canonical;
};

static bool raw_wanted(const struct addrinfo *hints)
{
    return hints->ai_socktype == SOCK_RAW ||
           (hints->ai_socktype == 0 && hints->ai_protocol != 0 &&
            hints->ai_protocol != IPPROTO_TCP && hints->ai_protocol != IPPROTO_UDP);
}

static bool kind_wanted(const struct kind *kind, const struct addrinfo *hints)
{
    if (kind->type == SOCK_RAW) {
        return raw_wanted(hints);
    }
    return (hints->ai_socktype == 0 || hints->ai_socktype == kind->type) &&
           (hints->ai_protocol == 0 || hints->ai_protocol == kind->protocol);
}

static bool some_kind_wanted(const struct addrinfo *hints)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        if (kind_wanted(&kinds[i], hints)) {
            return true;
        }
    }
    return false;
}

static int check(const char *node, const char *service, const struct addrinfo *hints)
{
    if (node == NULL && service == NULL) {
        return EAI_NONAME;
    }
    if ((hints->ai_flags & ~SUPPORTED) != 0 ||
        ((hints->ai_flags & AI_CANONNAME) != 0 && node == NULL)) {
        return EAI_BADFLAGS;
    }
    if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET &&
        hints->ai_family != AF_INET6) {
        return EAI_FAMILY;
    }
    return some_kind_wanted(hints) ? 0 : EAI_SOCKTYPE;
}

/* ---- Names in other scripts ---- */

static bool is_ascii(const char *name)
{
    for (; *name != '\0'; name++) {
        if ((*name & 0x80) != 0) {
            return false;
        }
    }
    return true;
}

static bool has_encoded_label(const char *name)
{
    for (; name != NULL; name = strchr(name, '.')) {
        name += *name == '.';
        if (strncasecmp(name, "xn--", 4) == 0) {
            return true;
        }
    }
    return false;
}

/* Nobody translates them here (RFC 5890): there is an answer where there is nothing to translate.
 */
static int check_scripts(const char *node, int flags)
{
    bool wrong = node != NULL && (((flags & AI_IDN) != 0 && !is_ascii(node)) ||
                                  ((flags & AI_CANONIDN) != 0 && has_encoded_label(node)));

    return wrong ? EAI_IDN_ENCODE : 0;
}

/* ---- Services ---- */

/* A port in digits; -1 for one that is too large. */
static int number_of(const char *text)
{
    int port = 0;

    if (*text == '\0' || strspn(text, "0123456789") != strlen(text)) {
        return NO_NUMBER;
    }
    for (; *text != '\0'; text++) {
        port = port * 10 + (*text - '0');
        if (port > MAX_PORT) {
            return -1;
        }
    }
    return port;
}

static int port_of(const char *service, int number, const struct kind *kind)
{
    if (service == NULL) {
        return 0;
    }
    if (kind->type == SOCK_RAW) {
        return -1;
    }
    return number == NO_NUMBER ? ai_service(service, kind->type) : number;
}

/* The port of a service for each kind, -1 where it has none. */
static int ports_of(const char *service, const struct addrinfo *hints, int ports[N_KINDS])
{
    int error = EAI_SERVICE;
    int number = service == NULL ? 0 : number_of(service);

    if (number == NO_NUMBER && (hints->ai_flags & AI_NUMERICSERV) != 0) {
        return EAI_NONAME;
    }
    for (size_t i = 0; i < N_KINDS; i++) {
        ports[i] = kind_wanted(&kinds[i], hints) ? port_of(service, number, &kinds[i]) : -1;
        if (ports[i] >= 0) {
            error = 0;
        }
    }
    return error;
}

/* ---- Nodes ---- */

/* The host has no IPv6 address of its own, for what AI_ADDRCONFIG says. */
static int no_node(const struct addrinfo *hints, struct found *found)
{
    bool passive = (hints->ai_flags & AI_PASSIVE) != 0;

    if (hints->ai_family != AF_INET6) {
        found->n = 1;
        found->addrs[0].addr = ip4(passive ? INADDR_ANY : INADDR_LOOPBACK);
        return 0;
    }
    if (!passive) { /* ::1 */
        found->six.sin6_addr.s6_addr[sizeof found->six.sin6_addr - 1] = 1;
    }
    return (hints->ai_flags & AI_ADDRCONFIG) != 0 ? EAI_NONAME : 0;
}

static int literal6(const char *node, const struct addrinfo *hints, struct found *found)
{
    if (!ai_literal6(node, &found->six)) {
        return EAI_NONAME;
    }
    if (hints->ai_family == AF_INET) {
        found->n = 1;
        return ai_unmapped(&found->six.sin6_addr, &found->addrs[0].addr) ? 0 : EAI_ADDRFAMILY;
    }
    if ((hints->ai_flags & AI_ADDRCONFIG) != 0) {
        return hints->ai_family == AF_INET6 ? EAI_NONAME : EAI_ADDRFAMILY;
    }
    return 0;
}

static int resolve(const char *node, const struct addrinfo *hints, struct found *found)
{
    struct ip_addr addr;
    bool four = hints->ai_family != AF_INET6 || (hints->ai_flags & AI_V4MAPPED) != 0;

    if (node == NULL) {
        return no_node(hints, found);
    }
    switch (ai_literal(node, &addr)) {
    case AI_ADDRESS:
        found->n = 1;
        found->addrs[0].addr = addr;
        return four ? 0 : EAI_ADDRFAMILY;
    case AI_NOTHING:
        return literal6(node, hints, found);
    default:
        break;
    }
    if ((hints->ai_flags & AI_NUMERICHOST) != 0 || !four) {
        return EAI_NONAME;
    }
    return lookup_eai(lookup_name(node, found->addrs, &found->n, &found->canonical));
}

/* ---- Results ---- */

static void set_four(struct ai_node *node, struct sk_addr addr, int port)
{
    node->addr.in.sin_family = AF_INET;
    node->addr.in.sin_port = htons((uint16_t)port);
    node->addr.in.sin_addr.s_addr = htonl(ip4_bits(addr.addr));
    node->ai.ai_family = AF_INET;
    node->ai.ai_addrlen = sizeof node->addr.in;
}

static void set_six(struct ai_node *node, const struct sockaddr_in6 *addr, int port)
{
    node->addr.in6.sin6_family = AF_INET6;
    node->addr.in6.sin6_port = htons((uint16_t)port);
    node->addr.in6.sin6_addr = addr->sin6_addr;
    node->addr.in6.sin6_scope_id = addr->sin6_scope_id;
    node->ai.ai_family = AF_INET6;
    node->ai.ai_addrlen = sizeof node->addr.in6;
}

static struct ai_node *make_node(const struct found *found, size_t i, int family, int port,
                                 const char *name)
{
    size_t name_len = name != NULL ? strlen(name) : 0;
    struct ai_node *node = ai_alloc(name_len);

    if (node == NULL) {
        return NULL;
    }
    if (found->n == 0) {
        set_six(node, &found->six, port);
    } else if (family == AF_INET6) {
        struct sockaddr_in6 mapped = { .sin6_addr = ai_mapped(found->addrs[i].addr) };
        set_six(node, &mapped, port);
    } else {
        set_four(node, found->addrs[i], port);
    }
    node->ai.ai_addr = (struct sockaddr *)&node->addr;
    if (name_len > 0) {
        memcpy(node->ai.ai_canonname, name, name_len);
    }
    return node;
}

/* A node for each address and kind; when there is no room for all, for those that come first. */
static int make_list(const struct found *found, const struct addrinfo *hints,
                     const int ports[N_KINDS], struct addrinfo **out)
{
    const char *name = (hints->ai_flags & AI_CANONNAME) != 0 ? found->canonical : NULL;
    size_t n = found->n > 0 ? found->n : 1;
    struct addrinfo **tail = out;

    *out = NULL;
    for (size_t i = 0; i < n * N_KINDS; i++) {
        size_t kind = i % N_KINDS;
        if (ports[kind] < 0) {
            continue;
        }
        struct ai_node *node = make_node(found, i / N_KINDS, hints->ai_family, ports[kind],
                                         *out == NULL ? name : NULL);
        if (node == NULL) {
            break;
        }
        node->ai.ai_socktype = kinds[kind].type;
        node->ai.ai_protocol =
            kinds[kind].type == SOCK_RAW ? hints->ai_protocol : kinds[kind].protocol;
        *tail = &node->ai;
        tail = &node->ai.ai_next;
    }
    return *out != NULL ? 0 : EAI_MEMORY;
}

int libsock_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                        struct addrinfo **out)
{
    static const struct addrinfo anything = { .ai_family = AF_UNSPEC };
    struct found found = { .canonical = node };
    int ports[N_KINDS];

    hints = hints != NULL ? hints : &anything;
    int error = check(node, service, hints);
    if (error == 0) {
        error = check_scripts(node, hints->ai_flags);
    }
    if (error == 0) {
        error = ports_of(service, hints, ports);
    }
    if (error == 0) {
        error = resolve(node, hints, &found);
    }
    return error != 0 ? error : make_list(&found, hints, ports, out);
}

FACE(getaddrinfo);

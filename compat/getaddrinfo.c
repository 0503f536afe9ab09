/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * getaddrinfo: POSIX.1-2017, XSH freeaddrinfo(). IPv4 only. A name is looked for as an address, as
 * localhost (RFC 6761 6.3), in the system's table, then by the resolver, which waits for the
 * network to come up.
 */
#include <arpa/inet.h>
#include <string.h>

#include "compat/ai.h"
#include "compat/block.h"
#include "compat/call.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/state.h"
#include "wire/dns.h"

/* AI_ADDRCONFIG, AI_V4MAPPED and AI_ALL choose between families, of which there is one. */
#define SUPPORTED                                                                                  \
    (AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_NUMERICSERV | AI_ADDRCONFIG | AI_V4MAPPED |   \
     AI_ALL)

#define LOCALHOST "localhost"
#define MAX_PORT 65535
#define NO_NUMBER (-2)

static const struct kind {
    int type;
    int protocol;
} kinds[] = {
    { SOCK_STREAM, IPPROTO_TCP },
    { SOCK_DGRAM, IPPROTO_UDP },
};

#define N_KINDS (sizeof kinds / sizeof kinds[0])

static bool kind_wanted(const struct kind *kind, const struct addrinfo *hints)
{
    return (hints->ai_socktype == 0 || hints->ai_socktype == kind->type) &&
           (hints->ai_protocol == 0 || hints->ai_protocol == kind->protocol);
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
    if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET) {
        return EAI_FAMILY;
    }
    for (size_t i = 0; i < N_KINDS; i++) {
        if (kind_wanted(&kinds[i], hints)) {
            return 0;
        }
    }
    return EAI_SOCKTYPE;
}

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

/* The port of a service for each kind, -1 where it has none. */
static int ports_of(const char *service, const struct addrinfo *hints, int ports[N_KINDS])
{
    int error = EAI_SERVICE;
    int port = service == NULL ? 0 : number_of(service);

    if (port == NO_NUMBER && (hints->ai_flags & AI_NUMERICSERV) != 0) {
        return EAI_NONAME;
    }
    for (size_t i = 0; i < N_KINDS; i++) {
        ports[i] = -1;
        if (kind_wanted(&kinds[i], hints)) {
            ports[i] = port == NO_NUMBER ? ai_service(service, kinds[i].type) : port;
        }
        if (ports[i] >= 0) {
            error = 0;
        }
    }
    return error;
}

static int error_of(enum sk_err err)
{
    switch (err) {
    case SK_NAME_UNKNOWN:
    case SK_NAME_NO_ADDRESS:
    case SK_INVALID:
        return EAI_NONAME;
    case SK_NAME_FAILED:
        return EAI_FAIL;
    case SK_NAME_NO_SERVER:
    case SK_TIMED_OUT:
    case SK_NET_UNREACHABLE:
        return EAI_AGAIN;
    case SK_NO_SOCKETS:
    case SK_NO_BUFFERS:
        return EAI_MEMORY;
    default:
        errno_result(err);
        return EAI_SYSTEM;
    }
}

static int ask_server(const char *node, struct sk_addr *out, size_t *n)
{
    struct sk_op op;

    if (state_started() == NULL) {
        return EAI_SYSTEM;
    }
    enum sk_err err = call_await_address(NEVER);
    if (err == SK_OK) {
        sk_resolve(&op, node, 0, out, AI_MAX_ADDRS);
        err = call_block_through(&op, NEVER);
    }
    if (err != SK_OK) {
        return error_of(err);
    }
    *n = op.done;
    return 0;
}

static int addrs_of(const char *node, int flags, struct sk_addr out[AI_MAX_ADDRS], size_t *n)
{
    *n = 1;
    if (node == NULL) {
        out[0].addr = ip4((flags & AI_PASSIVE) != 0 ? INADDR_ANY : INADDR_LOOPBACK);
        return 0;
    }
    enum ai_literal kind = ai_literal(node, &out[0].addr);
    if (kind == AI_ADDRESS) {
        return 0;
    }
    if (kind == AI_NOTHING || (flags & AI_NUMERICHOST) != 0) {
        return EAI_NONAME;
    }
    if (dns_name_is_in(node, LOCALHOST)) { /* RFC 6761 6.3 */
        out[0].addr = ip4(INADDR_LOOPBACK);
        return 0;
    }
    if (dns_name_is_in(node, "invalid")) { /* RFC 6761 6.4 */
        return EAI_NONAME;
    }
    *n = ai_hosts(node, out, AI_MAX_ADDRS);
    return *n > 0 ? 0 : ask_server(node, out, n);
}

static struct ai_node *make_node(struct sk_addr addr, int port, const struct kind *kind,
                                 const char *name)
{
    size_t name_len = name != NULL ? strlen(name) : 0;
    struct ai_node *node = ai_alloc(name_len);

    if (node == NULL) {
        return NULL;
    }
    node->addr.sin_family = AF_INET;
    node->addr.sin_port = htons((uint16_t)port);
    node->addr.sin_addr.s_addr = htonl(ip4_bits(addr.addr));
    node->ai.ai_family = AF_INET;
    node->ai.ai_socktype = kind->type;
    node->ai.ai_protocol = kind->protocol;
    node->ai.ai_addrlen = sizeof node->addr;
    node->ai.ai_addr = (struct sockaddr *)&node->addr;
    if (name_len > 0) {
        memcpy(node->ai.ai_canonname, name, name_len);
    }
    return node;
}

/* A node for each address and kind; when there is no room for all, for those that come first. */
static int make_list(const struct sk_addr *addrs, size_t n, const int ports[N_KINDS],
                     const char *name, struct addrinfo **out)
{
    struct addrinfo **tail = out;

    *out = NULL;
    for (size_t i = 0; i < n * N_KINDS; i++) {
        size_t kind = i % N_KINDS;
        if (ports[kind] < 0) {
            continue;
        }
        struct ai_node *node =
            make_node(addrs[i / N_KINDS], ports[kind], &kinds[kind], *out == NULL ? name : NULL);
        if (node == NULL) {
            break;
        }
        *tail = &node->ai;
        tail = &node->ai.ai_next;
    }
    return *out != NULL ? 0 : EAI_MEMORY;
}

int libsock_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                        struct addrinfo **out)
{
    static const struct addrinfo anything = { .ai_family = AF_UNSPEC };
    struct sk_addr addrs[AI_MAX_ADDRS];
    int ports[N_KINDS];
    size_t n;

    hints = hints != NULL ? hints : &anything;
    int error = check(node, service, hints);
    if (error == 0) {
        error = ports_of(service, hints, ports);
    }
    if (error == 0) {
        error = addrs_of(node, hints->ai_flags, addrs, &n);
    }
    if (error != 0) {
        return error;
    }
    return make_list(addrs, n, ports, (hints->ai_flags & AI_CANONNAME) != 0 ? node : NULL, out);
}

FACE(getaddrinfo);

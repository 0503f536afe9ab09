/* SPDX-License-Identifier: BSD-3-Clause */
/* getservbyname, getservbyport, getservent: POSIX.1-2017, XSH endservent(), over the services that
 * getaddrinfo knows. A result is the program's until the next call of these. */
#include <arpa/inet.h>
#include <string.h>

#include "compat/ai.h"
#include "compat/compat.h"
#include "compat/face.h"

static char tcp[] = "tcp";
static char udp[] = "udp";
static char *no_aliases[1];

static struct servent result;
static size_t next_place; /* of getservent: two for each service, one on each protocol */

static struct servent *give(const struct ai_service *service, char *protocol)
{
    result = (struct servent){ .s_name = (char *)service->name,
                               .s_aliases = no_aliases,
                               .s_port = htons(service->port),
                               .s_proto = protocol };
    return &result;
}

/* The service on the first protocol that is wanted; NULL: it is on none. */
static struct servent *give_on(const struct ai_service *service, const char *protocol)
{
    if ((service->on & AI_ON_STREAM) != 0 && (protocol == NULL || strcmp(protocol, tcp) == 0)) {
        return give(service, tcp);
    }
    if ((service->on & AI_ON_DGRAM) != 0 && (protocol == NULL || strcmp(protocol, udp) == 0)) {
        return give(service, udp);
    }
    return NULL;
}

struct servent *libsock_getservbyname(const char *name, const char *protocol)
{
    const struct ai_service *s;
    struct servent *found = NULL;

    for (size_t i = 0; found == NULL && (s = ai_service_at(i)) != NULL; i++) {
        if (strcmp(s->name, name) == 0) {
            found = give_on(s, protocol);
        }
    }
    return found;
}

struct servent *libsock_getservbyport(int port, const char *protocol)
{
    const struct ai_service *s;
    struct servent *found = NULL;

    for (size_t i = 0; found == NULL && (s = ai_service_at(i)) != NULL; i++) {
        if (htons(s->port) == port) {
            found = give_on(s, protocol);
        }
    }
    return found;
}

void libsock_setservent(int stay_open)
{
    (void)stay_open; /* nothing is opened */
    next_place = 0;
}

struct servent *libsock_getservent(void)
{
    const struct ai_service *s;
    struct servent *found = NULL;

    while (found == NULL && (s = ai_service_at(next_place / 2)) != NULL) {
        found = give_on(s, next_place % 2 == 0 ? tcp : udp);
        next_place++;
    }
    return found;
}

void libsock_endservent(void)
{
    next_place = 0;
}

FACE(getservbyname);
FACE(getservbyport);
FACE(setservent);
FACE(getservent);
FACE(endservent);

/* SPDX-License-Identifier: BSD-3-Clause */
/* The services that programs name: a small part of IANA's Service Name and Transport Protocol Port
 * Number Registry. */
#include <string.h>

#include "compat/ai.h"

static const struct ai_service services[] = {
    // clang-format off
    { "echo",   7,   AI_ON_STREAM | AI_ON_DGRAM },
    { "ftp",    21,  AI_ON_STREAM },
    { "ssh",    22,  AI_ON_STREAM },
    { "telnet", 23,  AI_ON_STREAM },
    { "smtp",   25,  AI_ON_STREAM },
    { "domain", 53,  AI_ON_STREAM | AI_ON_DGRAM },
    { "http",   80,  AI_ON_STREAM },
    { "ntp",    123, AI_ON_DGRAM },
    { "https",  443, AI_ON_STREAM | AI_ON_DGRAM },
    // clang-format on
};

static uint8_t bit_of(int type)
{
    return type == SOCK_STREAM ? AI_ON_STREAM : AI_ON_DGRAM;
}

const struct ai_service *ai_service_at(size_t i)
{
    return i < sizeof services / sizeof services[0] ? &services[i] : NULL;
}

int ai_service(const char *name, int type)
{
    const struct ai_service *s;

    for (size_t i = 0; (s = ai_service_at(i)) != NULL; i++) {
        if (strcmp(s->name, name) == 0) {
            return (s->on & bit_of(type)) != 0 ? s->port : -1;
        }
    }
    return -1;
}

const char *ai_service_name(uint16_t port, int type)
{
    const struct ai_service *s;

    for (size_t i = 0; (s = ai_service_at(i)) != NULL; i++) {
        if (s->port == port && (s->on & bit_of(type)) != 0) {
            return s->name;
        }
    }
    return NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The services that programs name: a small part of IANA's Service Name and Transport Protocol Port
 * Number Registry. */
#include <string.h>

#include "compat/ai.h"

enum { STREAM = 1, DGRAM = 2 };

static const struct service {
    char name[8];
    uint16_t port;
    uint8_t on;
} services[] = {
    // clang-format off
    { "echo",   7,   STREAM | DGRAM },
    { "ftp",    21,  STREAM },
    { "ssh",    22,  STREAM },
    { "telnet", 23,  STREAM },
    { "smtp",   25,  STREAM },
    { "domain", 53,  STREAM | DGRAM },
    { "http",   80,  STREAM },
    { "ntp",    123, DGRAM },
    { "https",  443, STREAM | DGRAM },
    // clang-format on
};

int ai_service(const char *name, int type)
{
    int wanted = type == SOCK_STREAM ? STREAM : DGRAM;

    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        if (strcmp(services[i].name, name) == 0) {
            return (services[i].on & wanted) != 0 ? services[i].port : -1;
        }
    }
    return -1;
}

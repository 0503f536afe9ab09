/* SPDX-License-Identifier: BSD-3-Clause */
/* Which nodes getaddrinfo takes for addresses. Names that look so and are none are never asked for.
 */
#include <string.h>

#include "compat/ai.h"
#include "compat/inet_numbers.h"

/* RFC 1123 2.1: the last label of a host's name is no number. */
static bool ends_in_number(const char *text)
{
    size_t end = strlen(text);

    if (end > 0 && text[end - 1] == '.') {
        end--;
    }
    size_t at = end;
    while (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9') {
        at--;
    }
    return at < end && (at == 0 || text[at - 1] == '.');
}

enum ai_literal ai_literal(const char *text, struct ip_addr *out)
{
    uint32_t bits;
    const char *end = inet_numbers(text, &bits);

    if (end != NULL && *end == '\0') {
        *out = ip4(bits);
        return AI_ADDRESS;
    }
    return strchr(text, ':') != NULL || ends_in_number(text) ? AI_NOTHING : AI_NAME;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What both echo servers share: their command line, and saying that they are ready. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ECHO_PORT 7 /* RFC 862 */

struct echo_options {
    long port;
    long count; /* connections or datagrams to serve; 0: for ever */
};

static bool echo_number(const char *text, long max, long *out)
{
    char *end;

    if (*text < '0' || *text > '9') {
        return false;
    }
    *out = strtol(text, &end, 10);
    return *end == '\0' && *out <= max;
}

/* False after it said how the program is used. */
static bool echo_parse(int argc, char **argv, const char *what, struct echo_options *o)
{
    bool valid = true;

    *o = (struct echo_options){ .port = ECHO_PORT };
    for (int i = 1; i < argc && valid; i++) {
        if (strcmp(argv[i], "--port") == 0 && i + 1 < argc) {
            valid = echo_number(argv[++i], 65535, &o->port);
        } else if (strcmp(argv[i], "--count") == 0 && i + 1 < argc) {
            valid = echo_number(argv[++i], 1000000000, &o->count);
        } else if (strcmp(argv[i], "--once") == 0) {
            o->count = 1;
        } else {
            valid = false;
        }
    }
    if (!valid) {
        fprintf(stderr,
                "usage: %s [--port PORT] [--once | --count N]\n"
                "Sends back what it receives (RFC 862), on port %d unless told otherwise.\n"
                "  --count N  end after N %s; --once is --count 1\n",
                argv[0], ECHO_PORT, what);
    }
    return valid;
}

static int echo_fail(const char *program, const char *doing)
{
    fprintf(stderr, "%s: %s: %s\n", program, doing, strerror(errno));
    return EXIT_FAILURE;
}

static void echo_ready(long port)
{
    printf("ready on port %ld\n", port);
    fflush(stdout);
}

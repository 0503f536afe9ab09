/* SPDX-License-Identifier: BSD-3-Clause */
/* What both echo servers share: their command line, and saying that they are ready. */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ECHO_PORT 7 /* RFC 862 */

static const char *echo_program;

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

static int echo_fail(const char *doing)
{
    fprintf(stderr, "%s: %s: %s\n", echo_program, doing, strerror(errno));
    return EXIT_FAILURE;
}

static void echo_help(const char *what)
{
    printf(
        "usage: %s [--port PORT] [--once | --count N]\n"
        "Sends back what it receives (RFC 862), on port %d unless told otherwise; 0: a free one.\n"
        "  --count N  end after N %s; --once is --count 1\n",
        echo_program, ECHO_PORT, what);
    exit(fflush(stdout) == 0 ? EXIT_SUCCESS : echo_fail("the output"));
}

/* The number that follows an option; false after a line on stderr. */
static bool echo_take(char **option, long max, long *out)
{
    if (option[1] != NULL && echo_number(option[1], max, out)) {
        return true;
    }
    fprintf(stderr, "%s: %s needs a number from 0 to %ld\n", echo_program, option[0], max);
    return false;
}

/* False after a line on stderr. `what` is what the program counts. */
static bool echo_parse(int argc, char **argv, const char *what, struct echo_options *o)
{
    bool valid = true;

    *o = (struct echo_options){ .port = ECHO_PORT };
    for (int i = 1; i < argc && valid; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            echo_help(what);
        } else if (strcmp(argv[i], "--port") == 0) {
            valid = echo_take(&argv[i++], 65535, &o->port);
        } else if (strcmp(argv[i], "--count") == 0) {
            valid = echo_take(&argv[i++], 1000000000, &o->count);
        } else if (strcmp(argv[i], "--once") == 0) {
            o->count = 1;
        } else {
            fprintf(stderr, "%s: '%s': no such option; see --help\n", echo_program, argv[i]);
            valid = false;
        }
    }
    return valid;
}

/* The port is the socket's: --port 0 takes a free one. False when nobody could be told. */
static bool echo_ready(int fd)
{
    struct sockaddr_in here = { .sin_port = 0 };
    socklen_t len = sizeof here;

    getsockname(fd, (struct sockaddr *)&here, &len);
    printf("ready on port %u\n", (unsigned)ntohs(here.sin_port));
    return fflush(stdout) == 0;
}

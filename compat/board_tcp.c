/* SPDX-License-Identifier: BSD-3-Clause */
/* The first congestion control of a profile is a new socket's: this puts another one there. */
#include "compat/board_tcp.h"

#include <stddef.h>
#include <string.h>

#include "libsock.h"

#define MAX_OTHERS 2

static struct {
    struct tcp_profile profile;
    const struct tcp_congestion *others[MAX_OTHERS + 1]; /* up to a NULL */
    size_t n_others;
} tcp;

static void place(const struct tcp_congestion *congestion, const char *first)
{
    if (strcmp(congestion->name, first) == 0) {
        tcp.profile.congestion = congestion;
    } else if (tcp.n_others < MAX_OTHERS) {
        tcp.others[tcp.n_others++] = congestion;
    }
}

const struct tcp_profile *board_tcp(const char *congestion)
{
    const struct tcp_congestion *const *other = sk_tcp_bbr.other_congestion;

    memset(&tcp, 0, sizeof tcp);
    tcp.profile = sk_tcp_bbr;
    tcp.profile.other_congestion = tcp.others;
    place(sk_tcp_bbr.congestion, congestion);
    for (; *other != NULL; other++) {
        place(*other, congestion);
    }
    return &tcp.profile;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * round_trip CONNECTIONS ROUNDS: opens that many connections, then sends one octet to and fro on
 * one drawn at random, ROUNDS times. For counting instructions: the difference between two runs
 * with other ROUNDS is the round trips' own.
 */
#include "bench/hosts.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    uint32_t n_connections = argc == 3 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    uint32_t n_rounds = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    sk_fd *client = calloc(n_connections, sizeof(*client));
    sk_fd *server = calloc(n_connections, sizeof(*server));
    uint32_t state = 1;
    uint8_t octet = 1;
    struct hosts h;
    sk_fd listener;

    if (n_connections == 0 || !client || !server) {
        fprintf(stderr, "usage: round_trip CONNECTIONS ROUNDS\n");
        return 2;
    }
    hosts_begin(&h, 1500, n_connections + 1, 256);
    listener = hosts_listen(&h, 80, 1);
    for (uint32_t i = 0; i < n_connections; i++) {
        hosts_connect(&h, listener, 80, &client[i], &server[i]);
    }
    for (uint32_t i = 0; i < n_rounds; i++) {
        uint32_t pick;

        state = state * 1664525 + 1013904223;
        pick = (uint32_t)((uint64_t)state * n_connections >> 32);
        hosts_send(&h, 0, client[pick], &octet, 1);
        hosts_receive(&h, 1, server[pick], &octet, 1);
        hosts_send(&h, 1, server[pick], &octet, 1);
        hosts_receive(&h, 0, client[pick], &octet, 1);
    }
    hosts_end(&h);
    free(client);
    free(server);
    return 0;
}

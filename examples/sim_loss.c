/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A server and a client in blocking POSIX calls, each on a host of its own in the simulator: how
 * long a megabyte takes over a wire that loses frames, in virtual time, and what it costs. The same
 * seed gives the same numbers.
 *
 *     sim_loss [SEED]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compat/compat.h"
#include "libsock.h"
#include "link/pair.h"
#include "port/sim.h"

#define N_OCTETS 1000000
#define SERVER 0x0a000001u /* 10.0.0.1 */
#define CLIENT 0x0a000002u
#define PORT 7000
#define BUFFER 65536     /* octets, of each direction */
#define SECOND 1000000LL /* us */

/* ---- The programs, as they would be anywhere ---- */

static int fail(const char *doing)
{
    fprintf(stderr, "sim_loss: %s: %s\n", doing, strerror(errno));
    return EXIT_FAILURE;
}

static int server(void *arg)
{
    static char page[N_OCTETS];
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(PORT) };
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    (void)arg;
    if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 1) != 0) {
        return fail("listening");
    }
    int fd = accept(listener, NULL, NULL);
    if (fd < 0 || send(fd, page, sizeof page, 0) != sizeof page) {
        return fail("sending");
    }
    close(fd);
    close(listener);
    return EXIT_SUCCESS;
}

static int client(void *arg)
{
    struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons(PORT) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t *received = arg;
    char octets[4096];
    ssize_t n;

    there.sin_addr.s_addr = htonl(SERVER);
    if (connect(fd, (struct sockaddr *)&there, sizeof there) != 0) {
        return fail("connecting");
    }
    while ((n = recv(fd, octets, sizeof octets, 0)) > 0) {
        *received += (size_t)n;
    }
    if (n < 0) {
        return fail("receiving");
    }
    close(fd);
    return EXIT_SUCCESS;
}

/* ---- Their world ---- */

static struct sim sim;
static struct pair wire;
static struct libsock_state hosts[2]; /* one at each end */
static _Alignas(16) char memory[3][1 << 20];

/* What is laid out is refused when its configuration does not fit together, or into the memory. */
static void require(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "sim_loss: the %s cannot be made like this\n", what);
        exit(EXIT_FAILURE);
    }
}

static void lay_wire(uint32_t loss, uint64_t seed)
{
    struct pair_settings way = { .delay = SECOND / 100, .rate = 10000000, .loss = loss };
    struct pair_config config = {
        .medium = LINK_ETHERNET, .seed = seed, .n_frames = 64, .settings = { way, way }
    };

    require(sk_pair_init(&wire, &config, memory[2], sizeof memory[2]) == SK_OK, "wire");
}

static struct sim_host *add_host(int end, const char *name, uint32_t addr, sim_main *program,
                                 void *arg)
{
    struct sk_config config = { .size = sizeof config,
                                .buffers = { { BUFFER, 8 } },
                                .rcvbuf = BUFFER,
                                .sndbuf = BUFFER,
                                .seed = { (uint8_t)addr } };
    struct sk_netif_config eth0 = { .name = "eth0", .addr = ip4(addr), .prefix_len = 24 };
    struct sk_iface *iface =
        sk_iface_init(&config, memory[end], sizeof memory[end], sk_sim_now(&sim));

    require(iface != NULL, name);
    require(sk_netif_add(iface, &wire.ends[end].link, &eth0, sk_sim_now(&sim), NULL) == SK_OK,
            "netif");
    struct sim_host *host = sk_sim_host_add(&sim, name, iface, program, arg);
    hosts[end] = (struct libsock_state){ .port = &host->port, .iface = iface };
    host->state = &hosts[end];
    return host;
}

/* A program goes on: its POSIX calls act on its host. */
static void on_switch(void *state)
{
    libsock_state_set(state);
}

/* A line of the table; `loss` in parts per million. False: not everything arrived. */
static bool run(uint32_t loss, uint64_t seed)
{
    size_t received = 0;

    sk_sim_init(&sim, seed);
    sim.on_switch = on_switch;
    lay_wire(loss, seed);
    add_host(0, "server", SERVER, server, NULL)->daemon = true; /* the client's end is the end */
    add_host(1, "client", CLIENT, client, &received);
    sk_sim_run(&sim, SIM_START + 3600 * SECOND);

    const struct sk_stats *stats = sk_iface_stats(hosts[0].iface);
    if (received == N_OCTETS) {
        printf("%4.1f %% %12.3f s %13u %10u\n", loss / 1e4,
               (double)(sk_sim_now(&sim) - SIM_START) / 1e6, stats->tcp_retransmitted,
               stats->tcp_timeouts);
    }
    libsock_state_set(NULL);
    sk_sim_destroy(&sim);
    return received == N_OCTETS;
}

static bool parse_seed(const char *text, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

int main(int argc, char **argv)
{
    static const uint32_t losses[] = { 0, 10000, 50000, 100000 };
    uint64_t seed = 1;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("usage: sim_loss [SEED]\n"
               "How long a megabyte takes over wires that lose frames; the same in every run of a "
               "seed.\n");
        return fflush(stdout) == 0 ? EXIT_SUCCESS : fail("the output");
    }
    if (argc > 2 || (argc == 2 && !parse_seed(argv[1], &seed))) {
        fprintf(stderr, "sim_loss: takes one SEED at most, a number below 2^64\n");
        return 2;
    }
    printf("  loss   virtual time   segments resent   timeouts\n");
    for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
        if (!run(losses[i], seed)) {
            fprintf(stderr, "sim_loss: %u ppm lost, seed %" PRIu64 ": not everything arrived\n",
                    losses[i], seed);
            return EXIT_FAILURE;
        }
    }
    return fflush(stdout) == 0 ? EXIT_SUCCESS : fail("the output");
}

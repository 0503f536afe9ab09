/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * linux [SEEDS [CONGESTION RTT LOSS] ...]: what the kernel's TCP delivers over the wire of
 * bench/loss.c, in real time: the same queue, the same losses for the same seeds, the same medians.
 * CONGESTION is one that the kernel has (reno, cubic, bbr); without cells all of the grid, which
 * takes two hours. To be run in a user namespace of one's own (unshare -r), on a machine with
 * nothing else to do: a transfer in which too many frames came late is made again. VERBOSE tells of
 * each on stderr.
 *
 * Each transfer has two network namespaces of its own, so that none learns from an earlier one. A
 * socket and a TAP device stay in the namespace that they were opened in, which is why one process
 * has all four:
 *
 *     sender -- kernel -- taps[0] ... wire ... taps[1] -- kernel -- receiver
 */
#define _GNU_SOURCE /* unshare, ppoll */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/bulk.h"
#include "bench/cell.h"
#include "link/tap.h"

#define DEVICE "tap0"
#define NETWORK 0x0a000900u /* 10.0.9.0/24; the hosts are 1 and 2 */
#define PORT 80
#define N_IN_HAND 64 /* frames between a device and the wire */
#define FRAME_ROOM 1536
#define PATIENCE 60000000 /* us, for the handshake */
#define LATE 2000         /* us after it was due, of a frame */
#define MAX_LATE 0.01     /* of all */
#define MAX_TRIES 5

struct path {
    struct bulk memory;
    struct pair wire;
    struct tap_link taps[2];
    struct pkt_pool pool; /* for what the devices send */
    struct pkt in_hand[N_IN_HAND];
    uint8_t octets[N_IN_HAND][FRAME_ROOM];
    uint32_t n_carried; /* frames */
    uint32_t n_late;
};

static instant now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (instant)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void must(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "linux: %s: %s\n", what, strerror(errno));
        exit(1);
    }
}

/* ---- A host: a network namespace with one device --------------------------------------------- */

static struct sockaddr_in address(int host, uint16_t port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons(port),
                                 .sin_addr.s_addr = htonl(NETWORK + 1 + (uint32_t)host) };
}

static bool set(const char *sysctl, const char *value)
{
    char path[64];
    int fd;
    bool done;

    snprintf(path, sizeof(path), "/proc/sys/net/%s", sysctl);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    done = fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);
    if (fd >= 0) {
        close(fd);
    }
    return done;
}

/* Buffers of 16 MiB in either direction, of which the kernel takes half for what is not payload;
 * and nothing on the wire but IPv4, where the kernel has IPv6 at all. */
static void tune(void)
{
    static const char buffers[] = "4096 33554432 33554432";

    must(set("ipv4/tcp_rmem", buffers) && set("ipv4/tcp_wmem", buffers), "tcp_rmem, tcp_wmem");
    set("ipv6/conf/all/disable_ipv6", "1");
}

static void configure(int fd, int host)
{
    struct ifreq request = { .ifr_name = DEVICE };
    struct sockaddr_in addr = address(host, 0);

    memcpy(&request.ifr_addr, &addr, sizeof(addr));
    must(ioctl(fd, SIOCSIFADDR, &request) == 0, "SIOCSIFADDR");
    addr.sin_addr.s_addr = htonl(0xffffff00u);
    memcpy(&request.ifr_netmask, &addr, sizeof(addr));
    must(ioctl(fd, SIOCSIFNETMASK, &request) == 0, "SIOCSIFNETMASK");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    must(ioctl(fd, SIOCSIFFLAGS, &request) == 0, "SIOCSIFFLAGS");
}

/* A socket in a new namespace with a new device. */
static int open_host(struct path *p, int host)
{
    int fd;

    must(unshare(CLONE_NEWNET) == 0, "a network namespace (unshare -r)");
    tune();
    must(sk_tap_link_open(&p->taps[host], DEVICE, (struct mac_addr){ { 2 } }, 1500) == SK_OK,
         "a TAP device");
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    must(fd >= 0, "socket");
    configure(fd, host);
    return fd;
}

/* ---- The wire between them ------------------------------------------------------------------- */

static void lay_path(struct path *p, const struct cell *cell, uint64_t seed)
{
    struct pair_config config = cell_wire(cell, seed);

    p->n_carried = 0;
    p->n_late = 0;
    bulk_begin(&p->memory);
    bulk_wire(&p->memory, &p->wire, &config);
    sk_pkt_pool_init(&p->pool);
    for (size_t i = 0; i < N_IN_HAND; i++) {
        sk_pkt_pool_add(&p->pool, &p->in_hand[i], p->octets[i], FRAME_ROOM);
    }
}

static void take_up(struct path *p)
{
    for (int i = 0; i < 2; i++) {
        sk_tap_link_close(&p->taps[i]);
    }
    bulk_end(&p->memory);
}

/* A frame that does not fit is lost: a device that is full has that many in front of it. */
static bool pass_on(struct path *p, struct link *from, struct link *to)
{
    struct pkt *pkt = from->ops->rx(from, &p->pool, now());

    if (pkt && to->ops->tx(to, pkt, now()) != SK_OK) {
        sk_pkt_free(pkt);
    }
    return pkt != NULL;
}

static bool deliver(struct path *p, int i)
{
    struct link *end = &p->wire.ends[i].link;
    instant due = end->ops->poll_at(end);

    if (!pass_on(p, end, &p->taps[i].link)) {
        return false;
    }
    p->n_carried++;
    p->n_late += now() - due > LATE;
    return true;
}

static void carry(struct path *p)
{
    for (int i = 0; i < 2; i++) {
        while (pass_on(p, &p->taps[i].link, &p->wire.ends[i].link)) {
        }
        while (deliver(p, i)) {
        }
    }
}

static struct timespec until_due(const struct path *p)
{
    instant due = now() + 1000;
    duration wait;

    for (int i = 0; i < 2; i++) {
        const struct link *end = &p->wire.ends[i].link;
        instant at = end->ops->poll_at(end);

        due = at < due ? at : due;
    }
    wait = due - now();
    return (struct timespec){ .tv_nsec = wait > 0 ? wait * 1000 : 0 };
}

/* Until a frame comes or is due, or a socket is ready for `events`, for a millisecond at most. */
static void turn(struct path *p, int fd, short events)
{
    struct pollfd fds[] = {
        { .fd = p->taps[0].fd, .events = POLLIN },
        { .fd = p->taps[1].fd, .events = POLLIN },
        { .fd = fd, .events = events },
    };
    struct timespec wait;

    carry(p);
    wait = until_due(p);
    ppoll(fds, sizeof(fds) / sizeof(fds[0]), &wait, NULL);
}

/* ---- The transfer ---------------------------------------------------------------------------- */

static int connected(struct path *p, int sender, int listener)
{
    struct sockaddr_in there = address(1, PORT);
    instant until = now() + PATIENCE;
    int receiver = -1;

    must(bind(listener, (struct sockaddr *)&there, sizeof(there)) == 0 && listen(listener, 1) == 0,
         "listen");
    must(connect(sender, (struct sockaddr *)&there, sizeof(there)) != 0 && errno == EINPROGRESS,
         "connect");
    while (receiver < 0 && now() < until) {
        turn(p, listener, POLLIN);
        receiver = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    }
    must(receiver >= 0, "the handshake");
    return receiver;
}

static void fill(int sender)
{
    static const char octets[65536];

    while (send(sender, octets, sizeof(octets), MSG_NOSIGNAL) > 0) {
    }
}

static size_t empty(int receiver)
{
    static char octets[65536];
    size_t total = 0;
    ssize_t len;

    while ((len = recv(receiver, octets, sizeof(octets), 0)) > 0) {
        total += (size_t)len;
    }
    return total;
}

static struct cell_result measure(struct path *p, int sender, int receiver)
{
    struct cell_meter meter = cell_meter_start(now());

    while (now() < meter.end) {
        fill(sender);
        turn(p, receiver, POLLIN);
        cell_meter_count(&meter, empty(receiver), now());
    }
    return cell_meter_stop(&meter);
}

static void tell(int sender, const struct path *p, uint64_t seed, struct cell_result result)
{
    struct tcp_info info;
    socklen_t len = sizeof(info);

    if (getenv("VERBOSE")) {
        must(getsockopt(sender, IPPROTO_TCP, TCP_INFO, &info, &len) == 0, "TCP_INFO");
        fprintf(stderr,
                "    seed %u: %.2f Mbit/s, %u sent again, srtt %.1f ms, silence %.0f ms, %u of %u "
                "frames late\n",
                (unsigned)seed, result.mbits, (unsigned)info.tcpi_total_retrans,
                info.tcpi_rtt / 1000.0, result.silence, (unsigned)p->n_late,
                (unsigned)p->n_carried);
    }
}

/* False: the machine had something else to do. */
static bool transfer(const char *congestion, const struct cell *cell, uint64_t seed,
                     struct cell_result *result)
{
    static struct path p;
    int sender;
    int listener;
    int receiver;

    lay_path(&p, cell, seed);
    sender = open_host(&p, 0);
    listener = open_host(&p, 1);
    must(setsockopt(sender, IPPROTO_TCP, TCP_CONGESTION, congestion,
                    (socklen_t)strlen(congestion)) == 0,
         congestion);
    receiver = connected(&p, sender, listener);
    *result = measure(&p, sender, receiver);
    tell(sender, &p, seed, *result);
    close(receiver);
    close(listener);
    close(sender);
    take_up(&p);
    return p.n_late <= MAX_LATE * p.n_carried;
}

static void run_cell(const char *congestion, const struct cell *cell, unsigned seeds)
{
    static struct cell_result results[CELL_MAX_SEEDS];
    struct cell_medians medians;

    for (unsigned seed = 1; seed <= seeds; seed++) {
        int tries = 1;

        while (!transfer(congestion, cell, seed, &results[seed - 1])) {
            bulk_require(tries++ < MAX_TRIES, "a machine with nothing else to do");
        }
    }
    medians = cell_medians(results, seeds);
    printf("linux-%s %u %lld %g %u %.2f %.0f %.0f\n", congestion, cell->rate,
           (long long)(cell->rtt / 1000), cell->loss, seeds, medians.mbits, medians.silence,
           medians.silence_95);
    fflush(stdout);
}

static int usage(void)
{
    fputs("usage: linux [SEEDS [CONGESTION RTT LOSS] ...]\n"
          "  SEEDS 1 to 1000; CONGESTION reno, cubic, bbr or another of the kernel's;\n"
          "  RTT in ms, at most 1000; LOSS in percent\n",
          stderr);
    return 2;
}

/* Every cell of the command line, or of the grid; with `seeds` 0 it only looks at them. */
static bool run(int argc, char **argv, unsigned seeds)
{
    static const char *const grid[] = { "reno", "cubic", "bbr" };

    for (int i = 2; i < argc; i += 3) {
        struct cell cell;

        if (i + 2 >= argc || !cell_parse(&cell, argv[i + 1], argv[i + 2])) {
            return false;
        }
        if (seeds > 0) {
            run_cell(argv[i], &cell, seeds);
        }
    }
    for (size_t k = 0; argc <= 2 && seeds > 0 && k < sizeof(grid) / sizeof(grid[0]); k++) {
        for (size_t i = 0; i < CELL_GRID; i++) {
            run_cell(grid[k], &cell_grid[i], seeds);
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    unsigned seeds;

    if (!cell_parse_seeds(&seeds, argc > 1 ? argv[1] : NULL) || !run(argc, argv, 0)) {
        return usage();
    }
    puts("# congestion rate_mbits rtt_ms loss_percent seeds mbits silence_ms silence_95_ms");
    run(argc, argv, seeds);
    return 0;
}

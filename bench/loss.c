/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loss [SEEDS]: what a bulk transfer delivers over a wire that loses frames of the data at random,
 * in virtual time: 100 Mbit/s, the first 15 s after the handshake, a drop-tail queue of the larger
 * of one BDP and 64 KiB, buffers of 16 MiB, ACKs never lost. Medians over the seeds, of Mbit/s of
 * payload and of the longest silence after the first octet; and the 95th percentile of that.
 */
#include "libsock.h"
#include "link/pair.h"
#include "proto/tcp/profile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define RATE 100000000u    /* bit/s */
#define DURATION 15000000  /* us */
#define BUFFER (16u << 20) /* octets */
#define N_FRAMES 8192
#define N_RANGES 1024
#define N_INFLIGHT 2048
#define MIN_QUEUE 65536 /* octets */
#define MSS 1460
#define MAX_SEEDS 100

struct run {
    struct pair wire;
    struct sk_iface *host[2];
    void *memory[3];
    size_t len[3];
    instant now;
    sk_fd sender;
    sk_fd receiver;
};

struct result {
    double mbits;
    double silence; /* ms */
};

static const struct tcp_profile reno = {
    .name = "rack, reno",
    .recovery = &tcp_rack,
    .recovery_without_sack = &tcp_newreno,
    .congestion = &tcp_reno,
    .extensions = &tcp_timestamps_and_sack,
};

static const struct tcp_profile *const profiles[] = { &sk_tcp_basic, &reno, &sk_tcp_full };

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "loss: %s failed\n", what);
        exit(1);
    }
}

static void *map(struct run *r, int i, size_t len)
{
    r->len[i] = len;
    r->memory[i] =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    require(r->memory[i] != MAP_FAILED, "mmap");
    return r->memory[i];
}

static void lay_wire(struct run *r, duration rtt, uint32_t loss, uint64_t seed)
{
    uint32_t bdp = (uint32_t)(RATE / 8 / 1000000 * rtt);
    struct pair_settings way = { .delay = rtt / 2, .rate = RATE };
    struct pair_config config = { .medium = LINK_ETHERNET, .seed = seed, .n_frames = N_FRAMES };
    size_t len;

    way.queue_len = bdp > MIN_QUEUE ? bdp : MIN_QUEUE;
    config.settings[1] = way;
    way.loss = loss;
    config.settings[0] = way;
    len = sk_pair_size(&config);
    require(sk_pair_init(&r->wire, &config, map(r, 2, len), len) == SK_OK, "sk_pair_init");
}

static void add_host(struct run *r, int i, const struct tcp_profile *profile)
{
    struct sk_config config = {
        .size = sizeof(config),
        .n_tcp = 2,
        .n_packets = 256,
        .rcvbuf = BUFFER,
        .sndbuf = BUFFER,
        .buffers = { { .size = BUFFER, .n = 6 } },
        .tcp = profile,
        .tcp_ranges = N_RANGES,
        .tcp_inflight = N_INFLIGHT,
        .seed = { (uint8_t)(i + 1) },
    };
    struct sk_netif_config netif = { .name = "eth0",
                                     .addr = ip4(0x0a000001u + (uint32_t)i),
                                     .prefix_len = 24 };
    size_t len = sk_iface_size(&config);

    r->host[i] = sk_iface_init(&config, map(r, i, len), len, r->now);
    require(r->host[i] != NULL, "sk_iface_init");
    require(sk_netif_add(r->host[i], &r->wire.ends[i].link, &netif, r->now, NULL) == SK_OK,
            "sk_netif_add");
}

/* Until nothing can be done now; then the clock moves to what comes next. */
static void advance(struct run *r)
{
    instant at = NEVER;

    while (sk_iface_poll(r->host[0], r->now) | sk_iface_poll(r->host[1], r->now)) {
    }
    for (int i = 0; i < 2; i++) {
        instant mine = sk_iface_poll_at(r->host[i], r->now);

        at = mine < at ? mine : at;
    }
    require(at != NEVER && at > r->now, "time");
    r->now = at;
}

static void connect_hosts(struct run *r)
{
    struct sk_addr here = { ip4(0x0a000002), 80 };
    struct sk_op connect;
    struct sk_op accept;
    sk_fd listener;

    require(sk_socket(r->host[1], SK_STREAM, &listener) == SK_OK &&
                sk_bind(r->host[1], listener, here) == SK_OK &&
                sk_listen(r->host[1], listener, 1, r->now) == SK_OK &&
                sk_socket(r->host[0], SK_STREAM, &r->sender) == SK_OK,
            "sockets");
    sk_op_connect(&connect, r->sender, here);
    while (connect.poll(&connect, r->host[0], r->now) == SK_PENDING) {
        advance(r);
    }
    sk_op_accept(&accept, listener);
    while (accept.poll(&accept, r->host[1], r->now) == SK_PENDING) {
        advance(r);
    }
    r->receiver = accept.u.accepted;
}

static void fill(struct run *r)
{
    struct sk_iov room[2];

    if (sk_send_reserve(r->host[0], r->sender, room) == SK_OK) {
        sk_send_commit(r->host[0], r->sender, room[0].len + room[1].len, r->now);
    }
}

static size_t empty(struct run *r)
{
    struct sk_iov octets[2];
    size_t len = 0;

    if (sk_recv_peek(r->host[1], r->receiver, octets) == SK_OK) {
        len = octets[0].len + octets[1].len;
        sk_recv_consume(r->host[1], r->receiver, len, r->now);
    }
    return len;
}

static struct result transfer(const struct tcp_profile *profile, duration rtt, uint32_t loss,
                              uint64_t seed)
{
    static struct run r;
    instant last = 0;
    instant end;
    duration silence = 0;
    uint64_t total = 0;

    r.now = 1000000;
    lay_wire(&r, rtt, loss, seed);
    add_host(&r, 0, profile);
    add_host(&r, 1, profile);
    connect_hosts(&r);
    end = r.now + DURATION;
    while (r.now < end) {
        size_t len;

        fill(&r);
        advance(&r);
        len = r.now < end ? empty(&r) : 0;
        if (len > 0) {
            silence = last > 0 && r.now - last > silence ? r.now - last : silence;
            last = r.now;
        }
        total += len;
    }
    silence = end - last > silence ? end - last : silence;
    if (getenv("VERBOSE")) {
        const struct sk_stats *s = sk_iface_stats(r.host[0]);
        printf("    retransmitted %u timeouts %u silence %lld\n", (unsigned)s->tcp_retransmitted,
               (unsigned)s->tcp_timeouts, (long long)silence);
    }
    for (int i = 0; i < 3; i++) {
        munmap(r.memory[i], r.len[i]);
    }
    return (struct result){ (double)total * 8 / DURATION, (double)silence / 1000 };
}

static int by_mbits(const void *a, const void *b)
{
    double x = ((const struct result *)a)->mbits;
    double y = ((const struct result *)b)->mbits;

    return (x > y) - (x < y);
}

static int by_silence(const void *a, const void *b)
{
    double x = ((const struct result *)a)->silence;
    double y = ((const struct result *)b)->silence;

    return (x > y) - (x < y);
}

static void cell(const struct tcp_profile *profile, duration rtt, uint32_t loss, unsigned seeds)
{
    struct result results[MAX_SEEDS];
    double mbits;

    for (unsigned seed = 1; seed <= seeds; seed++) {
        results[seed - 1] = transfer(profile, rtt, loss, seed);
    }
    qsort(results, seeds, sizeof(results[0]), by_mbits);
    mbits = results[seeds / 2].mbits;
    qsort(results, seeds, sizeof(results[0]), by_silence);
    printf("%-12s %5lld ms %5.1f %% %9.2f Mbit/s %9.0f ms %9.0f ms\n", profile->name,
           (long long)(rtt / 1000), loss / 1e4, mbits, results[seeds / 2].silence,
           results[seeds * 95 / 100].silence);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const duration rtts[] = { 20000, 100000 };
    static const uint32_t losses[] = { 0, 1000, 10000, 30000, 50000 };
    unsigned seeds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 15;

    require(seeds > 0 && seeds <= MAX_SEEDS, "the number of seeds");
    printf("%-12s %8s %7s %16s %12s %12s\n", "", "RTT", "loss", "median", "silence", "95th");
    for (size_t p = 0; p < sizeof(profiles) / sizeof(profiles[0]); p++) {
        for (size_t i = 0; i < 2; i++) {
            for (size_t k = 0; k < sizeof(losses) / sizeof(losses[0]); k++) {
                cell(profiles[p], rtts[i], losses[k], seeds);
            }
        }
    }
    return 0;
}

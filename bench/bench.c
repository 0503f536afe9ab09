/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The core's speed in one thread, both hosts together: lines of `name value unit`. Compare values
 * of one run only, and on a noisy machine the instruction counts of bench/round_trip under
 * callgrind.
 */
#include "bench/hosts.h"

#include "base/ring.h"
#include "base/rng.h"
#include "base/sum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOCK 65536

static uint8_t block[BLOCK];
static uint8_t other[BLOCK];

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void report(const char *name, double value, const char *unit)
{
    printf("%s %.3f %s\n", name, value, unit);
    fflush(stdout);
}

static double gbits(uint64_t octets, double seconds)
{
    return (double)octets * 8 / seconds / 1e9;
}

static void bench_ring(void)
{
    const int n = 20000;
    struct ring r;
    double start;

    ring_init(&r, other, BLOCK);
    start = cpu_seconds();
    for (int i = 0; i < n; i++) {
        ring_write(&r, block, 1460 * 16);
        ring_read(&r, block, 1460 * 16);
    }
    report("ring_write_read", gbits((uint64_t)n * 1460 * 16, cpu_seconds() - start), "Gbit/s");
}

static void bench_sum(void)
{
    const int n = 200000;
    uint16_t sum = 0;
    double start = cpu_seconds();

    for (int i = 0; i < n; i++) {
        sum = sum_add(sum, block, 1460);
    }
    report("checksum_1460", gbits((uint64_t)n * 1460, cpu_seconds() - start), "Gbit/s");
    start = cpu_seconds();
    for (int i = 0; i < n; i++) {
        sum = sum_copy(sum, other, block, 1460);
    }
    report("checksum_copy_1460", gbits((uint64_t)n * 1460, cpu_seconds() - start), "Gbit/s");
    require(sum != 1, "checksum");
}

static uint32_t send_some(struct hosts *h, sk_fd fd)
{
    struct sk_iov iov = { block, BLOCK };
    struct sk_op op;

    sk_op_send(&op, fd, &iov, 1, (struct sk_addr){ ip4(0), 0 }, 0);
    op.poll(&op, h->host[0], h->now);
    return (uint32_t)op.done;
}

static uint32_t receive_some(struct hosts *h, sk_fd fd)
{
    struct sk_iov iov = { other, BLOCK };
    struct sk_op op;

    sk_op_recv(&op, fd, &iov, 1, 0);
    op.poll(&op, h->host[1], h->now);
    return (uint32_t)op.done;
}

static void bench_bulk(const char *name, uint16_t mtu, uint32_t buffer)
{
    const uint64_t total = 1u << 30;
    uint64_t received = 0;
    struct hosts h;
    sk_fd listener;
    sk_fd client;
    sk_fd server;
    double start;

    hosts_begin(&h, mtu, 4, buffer);
    listener = hosts_listen(&h, 80, 1);
    hosts_connect(&h, listener, 80, &client, &server);
    start = cpu_seconds();
    while (received < total) {
        uint32_t moved = send_some(&h, client);

        sk_iface_poll(h.host[0], h.now);
        sk_iface_poll(h.host[1], h.now);
        moved += receive_some(&h, server);
        received += moved;
        sk_iface_poll(h.host[1], h.now);
        sk_iface_poll(h.host[0], h.now);
        h.now += 10;
    }
    /* counted at both ends */
    report(name, gbits(received / 2, cpu_seconds() - start), "Gbit/s");
    hosts_end(&h);
}

static void bench_round_trip(void)
{
    const int n = 200000;
    struct hosts h;
    sk_fd listener;
    sk_fd client;
    sk_fd server;
    uint8_t octet = 1;
    double start;

    hosts_begin(&h, 1500, 4, 4096);
    listener = hosts_listen(&h, 80, 1);
    hosts_connect(&h, listener, 80, &client, &server);
    start = cpu_seconds();
    for (int i = 0; i < n; i++) {
        hosts_send(&h, 0, client, &octet, 1);
        hosts_receive(&h, 1, server, &octet, 1);
        hosts_send(&h, 1, server, &octet, 1);
        hosts_receive(&h, 0, client, &octet, 1);
    }
    report("tcp_round_trip_1", (cpu_seconds() - start) / n * 1e9, "ns");
    hosts_end(&h);
}

static void bench_udp(void)
{
    const int n = 200000;
    struct hosts h;
    sk_fd fds[2];
    uint8_t octets[64] = { 0 };
    struct sk_iov iov = { octets, sizeof(octets) };
    struct sk_op op;
    double start;

    hosts_begin(&h, 1500, 1, 4096);
    for (int i = 0; i < 2; i++) {
        require(sk_socket(h.host[i], SK_DGRAM, &fds[i]) == SK_OK, "socket");
        require(sk_bind(h.host[i], fds[i], (struct sk_addr){ ip4(0), 7 }) == SK_OK, "bind");
        require(sk_set_peer(h.host[i], fds[i], hosts_addr(1 - i, 7)) == SK_OK, "set_peer");
    }
    start = cpu_seconds();
    for (int i = 0; i < n; i++) {
        for (int side = 0; side < 2; side++) {
            hosts_send(&h, side, fds[side], octets, sizeof(octets));
            sk_op_recv(&op, fds[1 - side], &iov, 1, 0);
            while (op.poll(&op, h.host[1 - side], h.now) == SK_PENDING) {
                sk_iface_poll(h.host[side], h.now);
                sk_iface_poll(h.host[1 - side], h.now);
            }
        }
    }
    report("udp_echo_64", (cpu_seconds() - start) / n * 1e9, "ns");
    hosts_end(&h);
}

static void bench_connect(void)
{
    const int n = 20000;
    struct hosts h;
    sk_fd listener;
    double start;

    hosts_begin(&h, 1500, 1024, 4096);
    listener = hosts_listen(&h, 80, 1);
    start = cpu_seconds();
    for (int i = 0; i < n; i++) {
        sk_fd client;
        sk_fd server;

        hosts_connect(&h, listener, 80, &client, &server);
        require(sk_close(h.host[0], client, h.now) == SK_OK, "close");
        hosts_settle(&h, false);
        require(sk_close(h.host[1], server, h.now) == SK_OK, "close");
        hosts_settle(&h, false);
        h.now += 100;
    }
    report("connect_close", (cpu_seconds() - start) / n * 1e9, "ns");
    hosts_end(&h);
}

/* The connection of each round trip is the first one, or drawn at random. */
static void bench_many(uint32_t n_connections)
{
    const int n = 100000;
    struct hosts h;
    sk_fd *client = calloc(n_connections, sizeof(*client));
    sk_fd *server = calloc(n_connections, sizeof(*server));
    uint32_t state = 1;
    uint8_t octet = 1;
    sk_fd listener;
    char name[64];

    require(client && server, "calloc");
    hosts_begin(&h, 1500, n_connections + 1, 256);
    listener = hosts_listen(&h, 80, 1);
    for (uint32_t i = 0; i < n_connections; i++) {
        hosts_connect(&h, listener, 80, &client[i], &server[i]);
    }
    for (int random = 0; random < 2; random++) {
        double start = cpu_seconds();

        for (int i = 0; i < n; i++) {
            uint32_t pick;

            state = state * 1664525 + 1013904223;
            pick = random ? (uint32_t)((uint64_t)state * n_connections >> 32) : 0;
            hosts_send(&h, 0, client[pick], &octet, 1);
            hosts_receive(&h, 1, server[pick], &octet, 1);
            hosts_send(&h, 1, server[pick], &octet, 1);
            hosts_receive(&h, 0, client[pick], &octet, 1);
        }
        snprintf(name, sizeof(name), "tcp_round_trip_%s_of_%u", random ? "random" : "hot",
                 n_connections);
        report(name, (cpu_seconds() - start) / n * 1e9, "ns");
    }
    hosts_end(&h);
    free(client);
    free(server);
}

int main(void)
{
    for (uint32_t i = 0; i < BLOCK; i++) {
        block[i] = (uint8_t)(i * 31);
    }
    bench_ring();
    bench_sum();
    bench_bulk("tcp_bulk_mtu_1500_window_64k", 1500, 65536);
    bench_bulk("tcp_bulk_mtu_1500_window_1m", 1500, 1u << 20);
    bench_bulk("tcp_bulk_mtu_65520_window_1m", 65520, 1u << 20);
    bench_round_trip();
    bench_udp();
    bench_connect();
    bench_many(10);
    bench_many(1000);
    bench_many(10000);
    return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole stack over libslirp, with segments of many sizes and a program of the host's that is
 * slow: no transfer needs a timer of either side. Time stands still once the connection is there,
 * so that one that did would never end.
 */
#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <check.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "libsock.h"
#include "link/own_fds.h"
#include "link/slirp.h"
#include "link/slirp_policy.h"
#include "tests/support/suite.h"

#define OCTETS (8u << 20)
#define BUFFER (256u * 1024)
#define SLOW 9000                    /* octets that the slow side moves at a time */
#define N_ROUNDS 4000000             /* in which nothing need happen */
#define LONGEST ((duration)20000000) /* us, for the machine */

static const uint16_t mtus[] = { 576, 1500, 9000, 16384, 32767, 32828, 65521 };

static struct slirp_link *slirp;
static struct sk_iface *iface;
static void *memory;
static int listener;
static struct sockaddr_in server;
static instant at; /* the stack's time */

static instant clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (instant)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void begin(uint16_t mtu)
{
    struct slirp_link_config link_config = { .mtu = mtu };
    struct sk_config config = {
        .size = sizeof(config),
        .n_packets = 64,
        .packet_size = (mtu + 16u + 7u) & ~7u,
        .buffers = { { BUFFER, 16 } },
        .rcvbuf = BUFFER,
        .sndbuf = BUFFER,
        .seed = { 1 },
    };
    struct sk_netif_config netif = { .name = "eth0", .addr = ip4(SLIRP_GUEST), .prefix_len = 24 };
    socklen_t len = sizeof(server);

    config.packet_size = config.packet_size < 592 ? 592 : config.packet_size;
    at = clock_now();
    slirp = sk_slirp_link_new(&link_config);
    ck_assert_ptr_nonnull(slirp);
    size_t size = sk_iface_size(&config);
    memory = aligned_alloc(16, (size + 15) & ~(size_t)15);
    iface = sk_iface_init(&config, memory, size, at);
    ck_assert_ptr_nonnull(iface);
    ck_assert_int_eq(sk_netif_add(iface, sk_slirp_link_link(slirp), &netif, at, NULL), SK_OK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    server =
        (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&server, sizeof(server)), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&server, &len), 0);
    int small = 16384; /* pushes back soon */
    ck_assert_int_eq(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
}

static void finish(void)
{
    close(listener);
    sk_slirp_link_free(slirp);
    free(memory);
}

/* One step of an operation; the stack's time goes on only while there is no connection. */
static enum sk_err step(struct sk_op *op)
{
    sk_iface_poll(iface, at);
    return op->poll(op, iface, at);
}

static int open_connection(sk_fd *fd)
{
    struct sk_addr to = { ip4(SLIRP_HOST), ntohs(server.sin_port) };
    instant give_up = clock_now() + LONGEST;
    struct sk_op op;
    enum sk_err err;

    ck_assert_int_eq(sk_socket(iface, SK_STREAM, fd), SK_OK);
    sk_op_connect(&op, *fd, to);
    do {
        at = clock_now();
        err = step(&op);
    } while (err == SK_PENDING && at < give_up);
    ck_assert_int_eq(err, SK_OK);
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK);
}

static uint8_t octet_at(size_t i)
{
    return (uint8_t)(i * 31 + (i >> 9));
}

static void fill(uint8_t *to, size_t from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = octet_at(from + i);
    }
}

static void expect(const uint8_t *octets, size_t from, size_t n)
{
    static uint8_t wanted[65536];

    fill(wanted, from, n);
    ck_assert_mem_eq(octets, wanted, n);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* As much as there is room for; how many it took. */
static size_t send_some(sk_fd fd, size_t from, size_t most)
{
    static uint8_t octets[65536];
    struct sk_iov iov = { octets, smaller(smaller(most, sizeof(octets)), OCTETS - from) };
    struct sk_op op;

    fill(octets, from, iov.len);
    sk_op_send(&op, fd, &iov, 1, (struct sk_addr){ ip4(0), 0 }, 0);
    step(&op);
    return op.done;
}

static size_t receive_some(sk_fd fd, size_t from, size_t most)
{
    static uint8_t octets[65536];
    struct sk_iov iov = { octets, smaller(most, sizeof(octets)) };
    struct sk_op op;

    sk_op_recv(&op, fd, &iov, 1, 0);
    if (step(&op) != SK_OK) {
        return 0;
    }
    expect(octets, from, op.done);
    return op.done;
}

static size_t host_sends(int fd, size_t from, size_t most)
{
    static uint8_t octets[65536];
    size_t n = smaller(smaller(most, sizeof(octets)), OCTETS - from);

    fill(octets, from, n);
    ssize_t k = n > 0 ? send(fd, octets, n, MSG_DONTWAIT) : 0;
    return k > 0 ? (size_t)k : 0;
}

static size_t host_receives(int fd, size_t from, size_t most)
{
    static uint8_t octets[65536];
    ssize_t k = recv(fd, octets, smaller(most, sizeof(octets)), MSG_DONTWAIT);

    expect(octets, from, k > 0 ? (size_t)k : 0);
    return k > 0 ? (size_t)k : 0;
}

/* Counts rounds in which nothing moved; the kernel may take a while to carry what it has. */
static void count_idle(size_t before, size_t after, uint32_t *idle)
{
    *idle = before == after ? *idle + 1 : 0;
    if (*idle > 0) {
        sched_yield();
    }
    ck_assert_msg(*idle < N_ROUNDS, "nothing moves any more");
}

static void transfer(uint16_t mtu, bool up, size_t guest_most, size_t host_most)
{
    size_t sent = 0;
    size_t got = 0;
    uint32_t idle = 0;
    instant give_up;
    sk_fd fd;

    begin(mtu);
    int host = open_connection(&fd);
    ck_assert_int_ge(host, 0);
    give_up = clock_now() + LONGEST;
    while (got < OCTETS) {
        size_t before = sent + got;

        if (up) {
            sent += send_some(fd, sent, guest_most);
            got += host_receives(host, got, host_most);
        } else {
            sent += host_sends(host, sent, host_most);
            got += receive_some(fd, got, guest_most);
        }
        count_idle(before, sent + got, &idle);
        ck_assert_msg(clock_now() < give_up, "%zu of %u octets at MTU %u", got, OCTETS, mtu);
    }
    ck_assert_uint_eq(sk_iface_stats(iface)->tcp_timeouts, 0);
    close(host);
    finish();
}

#define N_MTUS ((int)(sizeof(mtus) / sizeof(mtus[0])))

START_TEST(a_slow_reader_of_the_host_stops_no_upload)
{
    for (int i = 0; i < N_MTUS; i++) {
        transfer(mtus[i], true, 65536, SLOW);
    }
}
END_TEST

START_TEST(a_slow_writer_of_ours_stops_no_upload)
{
    for (int i = 0; i < N_MTUS; i++) {
        transfer(mtus[i], true, SLOW, 65536);
    }
}
END_TEST

START_TEST(a_slow_reader_of_ours_stops_no_download)
{
    for (int i = 0; i < N_MTUS; i++) {
        transfer(mtus[i], false, SLOW, 65536);
    }
}
END_TEST

START_TEST(a_slow_writer_of_the_host_stops_no_download)
{
    for (int i = 0; i < N_MTUS; i++) {
        transfer(mtus[i], false, 65536, SLOW);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_slow_reader_of_the_host_stops_no_upload,
        a_slow_writer_of_ours_stops_no_upload,
        a_slow_reader_of_ours_stops_no_download,
        a_slow_writer_of_the_host_stops_no_download,
        NULL,
    };

    return suite_run("slirp_stalls", tests);
}

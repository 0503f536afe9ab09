/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A flood of SYNs from addresses that nobody has, and a client that goes on using the server (row
 * TCPS-02 of tests/hostile-inputs.tsv). 100 Mbit/s, a round trip of 20 ms; the flood fills a tenth
 * of the client's direction, and the client connects every 10 ms. Over Ethernet the addresses are
 * those of neighbours that are not there, each of which the server would have to ask for.
 * FLOOD_SECONDS=n in the environment says how long, in virtual time (make check-long: as long as a
 * million SYNs take).
 */
#include <check.h>
#include <stdlib.h>

#include "net/iface.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"
#include "tests/support/world.h"
#include "wire/eth.h"
#include "wire/ipv4.h"

#define PORT 80
#define RATE 100000000u /* bit/s */
#define DELAY 10000     /* microseconds */
#define FLOOD_SECONDS 5
#define SECOND 1000000LL
#define CONNECT_EVERY 10000
#define N_CACHE 64
#define N_TCP 64
#define SYN_LEN (IPV4_HDR_LEN + TCP_HDR_LEN + 4) /* with its MSS */
#define SYN_EVERY (SYN_LEN * 8 * SECOND * 10 / RATE)
#define MAX_OPEN 64
#define TEXT_LEN 100

struct attempt {
    struct sk_op op;
    sk_fd fd;
    bool connects;
};

static struct world w;
static struct attempt attempts[MAX_OPEN];
static sk_fd served[MAX_OPEN];
static sk_fd listener;
static struct pkt_pool pool;
static struct pkt spoofed;
static uint8_t spoofed_octets[128];
static uint64_t state;
static uint32_t n_seconds;
static uint32_t n_connected;
static uint32_t n_failed;
static uint32_t n_served;
static uint32_t n_attempts;
static uint32_t n_syns;
static uint32_t most_records;

/* A SYN from one of 250 addresses and any port, as the client's link carries it. */
static void send_syn(void)
{
    struct link *link = &w.wire.ends[0].link;
    struct ip_hdr ip = { .src = ip4(0x0a000003 + random_below(&state, 250)),
                         .dst = world_addr(1, 0).addr,
                         .proto = IP_PROTO_TCP,
                         .ttl = IP_DEFAULT_TTL,
                         .payload_len = TCP_HDR_LEN + 4 };
    struct tcp_hdr hdr = { .seq = (uint32_t)random_u64(&state),
                           .src_port = (uint16_t)(1 + random_below(&state, 65535)),
                           .dst_port = PORT,
                           .flags = TCP_SYN,
                           .wnd = 65535,
                           .mss = 1460,
                           .wscale = TCP_NO_WSCALE };
    struct eth_hdr eth = { .dst = w.wire.ends[1].link.mac,
                           .src = link->mac,
                           .type = ETH_TYPE_IPV4 };
    struct pkt *pkt = sk_pkt_alloc(&pool, ETH_HDR_LEN + SYN_LEN);

    tcp_emit(sk_pkt_push(pkt, TCP_HDR_LEN + 4), &ip, &hdr, 0);
    ipv4_emit(sk_pkt_push(pkt, IPV4_HDR_LEN), &ip);
    if (link->medium == LINK_ETHERNET) {
        eth_emit(sk_pkt_push(pkt, ETH_HDR_LEN), &eth);
    }
    if (link->ops->tx(link, pkt, w.now) != SK_OK) {
        sk_pkt_free(pkt);
    }
}

static void send_text_and_close(struct attempt *a)
{
    static uint8_t text[TEXT_LEN];
    struct sk_iov iov = { text, sizeof(text) };
    struct sk_op op;

    sk_op_send(&op, a->fd, &iov, 1, (struct sk_addr){ ip4(0), 0 }, 0);
    seed_assert(op.poll(&op, w.hosts[0], w.now) == SK_OK && op.done == TEXT_LEN);
    seed_assert(sk_close(w.hosts[0], a->fd, w.now) == SK_OK);
}

static void begin_attempt(void)
{
    int i = 0;

    while (i < MAX_OPEN && attempts[i].connects) {
        i++;
    }
    ck_assert_int_lt(i, MAX_OPEN);
    ck_assert_int_eq(sk_socket(w.hosts[0], SK_STREAM, &attempts[i].fd), SK_OK);
    sk_op_connect(&attempts[i].op, attempts[i].fd, world_addr(1, PORT));
    attempts[i].connects = true;
}

static void run_client(void)
{
    for (int i = 0; i < MAX_OPEN; i++) {
        struct attempt *a = &attempts[i];
        enum sk_err err = a->connects ? a->op.poll(&a->op, w.hosts[0], w.now) : SK_PENDING;

        if (err == SK_PENDING) {
            continue;
        }
        a->connects = false;
        if (err == SK_OK) {
            n_connected++;
            send_text_and_close(a);
        } else {
            n_failed++;
            sk_close(w.hosts[0], a->fd, w.now);
        }
    }
}

/* Reads what one connection has to say; true at its end. */
static bool serve(sk_fd fd)
{
    uint8_t text[2 * TEXT_LEN];
    struct sk_iov iov = { text, sizeof(text) };
    struct sk_op op;
    enum sk_err err;

    sk_op_recv(&op, fd, &iov, 1, 0);
    err = op.poll(&op, w.hosts[1], w.now);
    n_served += err == SK_OK && op.done == TEXT_LEN;
    return err != SK_PENDING && op.done == 0;
}

static void run_server(void)
{
    struct sk_op op;

    for (int i = 0; i < MAX_OPEN; i++) {
        if (served[i] == SK_FD_NONE) {
            sk_op_accept(&op, listener);
            if (op.poll(&op, w.hosts[1], w.now) == SK_OK) {
                served[i] = op.u.accepted;
            }
        }
        if (served[i] != SK_FD_NONE && serve(served[i])) {
            sk_close(w.hosts[1], served[i], w.now);
            served[i] = SK_FD_NONE;
        }
    }
}

static void look_at_memory(void)
{
    const struct sk_iface *server = w.hosts[1];

    seed_assert(server->half_opens.n_taken <= N_CACHE);
    seed_assert(server->pool.n_free > 0);
    if (server->tcp.n_taken > most_records) {
        most_records = server->tcp.n_taken;
    }
}

static uint32_t seconds_of_flood(void)
{
    const char *text = getenv("FLOOD_SECONDS");

    return text ? (uint32_t)strtoul(text, NULL, 10) : FLOOD_SECONDS;
}

static void begin(enum link_medium medium)
{
    struct world_setup setup = { .seed = seed_start(),
                                 .medium = medium,
                                 .n_frames = 4096,
                                 .settings = { .delay = DELAY, .rate = RATE } };

    state = seed_start();
    n_seconds = seconds_of_flood();
    setup.config.tcp = &sk_tcp_full;
    setup.config.n_tcp = N_TCP;
    setup.config.n_syn_cache = N_CACHE;
    setup.config.n_time_wait = 128;
    setup.config.n_packets = 64;
    world_begin(&w, &setup);
    sk_pkt_pool_init(&pool);
    sk_pkt_pool_add(&pool, &spoofed, spoofed_octets, sizeof(spoofed_octets));
    for (int i = 0; i < MAX_OPEN; i++) {
        attempts[i].connects = false;
        served[i] = SK_FD_NONE;
    }
    ck_assert_int_eq(sk_socket(w.hosts[1], SK_STREAM, &listener), SK_OK);
    ck_assert_int_eq(sk_bind(w.hosts[1], listener, (struct sk_addr){ ip4(0), PORT }), SK_OK);
    ck_assert_int_eq(sk_listen(w.hosts[1], listener, 32, w.now), SK_OK);
}

/* Before the flood: each has the other's link address, and the server has used it. */
static void get_to_know(void)
{
    sk_fd client;
    sk_fd server;

    world_connect(&w, PORT + 1, &client, &server);
    seed_assert(sk_close(w.hosts[0], client, w.now) == SK_OK);
    seed_assert(sk_close(w.hosts[1], server, w.now) == SK_OK);
    world_settle(&w);
}

static void flood_and_connect(uint32_t wanted)
{
    instant start = w.now;
    instant next_syn = start;
    instant next_attempt = start + SECOND / 2; /* the cache is full by then */

    n_attempts = n_syns = n_connected = n_failed = n_served = most_records = 0;
    while (w.now < start + (n_seconds + 1) * SECOND) {
        instant until = next_syn < next_attempt ? next_syn : next_attempt;

        while (world_step(&w, until)) {
            run_client();
            run_server();
        }
        if (w.now >= next_syn) {
            send_syn();
            next_syn = start + ++n_syns * SYN_EVERY;
        }
        if (w.now >= next_attempt) {
            next_attempt = n_attempts < wanted ? next_attempt + CONNECT_EVERY : NEVER;
            n_attempts += next_attempt != NEVER;
            if (next_attempt != NEVER) {
                begin_attempt();
            }
        }
        run_client();
        run_server();
        look_at_memory();
    }
}

static void connects_through_the_flood(void)
{
    const struct sk_stats *stats = sk_iface_stats(w.hosts[1]);
    uint32_t wanted = n_seconds * (uint32_t)(SECOND / CONNECT_EVERY);

    flood_and_connect(wanted);
    ck_assert_uint_eq(n_attempts, wanted);
    ck_assert_uint_gt(n_syns, 25000 * n_seconds);
    ck_assert_uint_ge(n_connected, wanted * 99 / 100);
    ck_assert_uint_ge(n_served, wanted * 99 / 100);
    ck_assert_uint_eq(n_failed, 0);
    ck_assert_uint_ge(stats->tcp_cookies_accepted, wanted * 99 / 100);
    ck_assert_uint_eq(stats->tcp_half_open_evicted, 0);
    ck_assert_uint_lt(most_records, 16); /* of connections: the flood has none */
}

static void end(void)
{
    sk_close(w.hosts[1], listener, w.now);
    world_end(&w);
}

START_TEST(hostile_TCPS_02_syn_flood)
{
    begin(LINK_IP);
    connects_through_the_flood();
    ck_assert_uint_gt(sk_iface_stats(w.hosts[1])->tcp_cookies_sent, n_syns / 2);
    end();
}
END_TEST

START_TEST(hostile_TCPS_02_syn_flood_of_neighbours_and_a_client_that_is_known)
{
    begin(LINK_ETHERNET);
    get_to_know();
    connects_through_the_flood();
    end();
}
END_TEST

/* It asks who we are, as every host does before its SYN, and is known by that. */
START_TEST(hostile_TCPS_02_syn_flood_of_neighbours_and_a_client_that_is_new)
{
    begin(LINK_ETHERNET);
    connects_through_the_flood();
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_TCPS_02_syn_flood,
        hostile_TCPS_02_syn_flood_of_neighbours_and_a_client_that_is_known,
        hostile_TCPS_02_syn_flood_of_neighbours_and_a_client_that_is_new,
        NULL,
    };

    return suite_run("flood", tests);
}

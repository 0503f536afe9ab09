/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ten minutes of everything that a network can do to two hosts, and then fair weather: losses to a
 * half, bursts, reordering, duplicates, damage, another rate and delay, frames that are too long
 * for a while, black holes, links that flap, a host that is restarted, sockets used up, a DHCP
 * server that is silent, refuses, or hands out other leases; the 32-bit millisecond clock wraps in
 * the middle. Connections come and go all the time. What one of them brings is right, octet for
 * octet; one that ends without all of it says why; and in fair weather everything works again, and
 * everything is back in its pool.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/sum.h"
#include "base/tick.h"
#include "tests/support/dhcp_server.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"
#include "tests/support/world.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

#define PORT 80
#define N_FLOWS 4
#define FOUL seconds(600)
#define FAIR seconds(1800)      /* longer than any connection can hang: keep-alives, R2 */
#define WRAP ((instant)1 << 42) /* microseconds: 50.9 days, when ticks wrap */
#define MOST_OCTETS 60000       /* that one side of a connection says */
#define MOST_AT_ONCE 1500

enum weather {
    CALM,
    LOSSES,
    BURSTS,
    REORDERING,
    DUPLICATES,
    DAMAGE,
    SLOW,
    FAR_AWAY,
    SHORT_FRAMES,
    BLACK_HOLE,
    FLAPPING,
    RESTART,
    DROUGHT, /* sockets are used up */
    NO_LEASES,
    REFUSALS,
    OTHER_LEASES,
    N_WEATHERS
};

/* One end of a connection: it sends its octets, hears the other's, and closes when it has both. */
struct end {
    sk_fd fd; /* SK_FD_NONE: none */
    bool connecting;
    bool done; /* all was sent, and the end of the stream came */
    uint32_t n_octets;
    uint32_t sent;
    uint32_t heard;
    uint32_t expected; /* of the client's end: what the server sends */
};

struct soak {
    struct world w;
    uint64_t seed;
    uint64_t random;
    struct end clients[N_FLOWS];
    struct end servers[2 * N_FLOWS];
    sk_fd listener;
    bool (*lose)(void *context, uint64_t n, const struct pkt *frame);
    struct pkt_pool answers; /* of the DHCP server */
    struct pkt answer;
    uint8_t octets[1024];
    struct dhcp_server dhcp;
    sk_fd hoard[64];
    int n_hoard;
    bool in_burst;
    bool flaps;
    uint32_t n_whole; /* connections that brought everything, both ways */
    uint32_t n_failed;
    uint32_t n_begun;
};

/* What either side says begins with these. */
static uint8_t speech[MOST_OCTETS];

static void write_speech(void)
{
    for (uint32_t i = 0; i < MOST_OCTETS; i++) {
        speech[i] = (uint8_t)((i * 2654435761u) >> 13);
    }
}

/* How much the server sends, as a function of what it hears: so the client can know it. */
static uint32_t reply_len(uint32_t n_heard)
{
    return n_heard * 7 % MOST_OCTETS;
}

static void set_up_server(struct soak *s)
{
    struct sk_iface *host = s->w.hosts[1];

    ck_assert_int_eq(sk_socket(host, SK_STREAM, &s->listener), SK_OK);
    ck_assert_int_eq(sk_bind(host, s->listener, (struct sk_addr){ ip4(0), PORT }), SK_OK);
    ck_assert_int_eq(sk_listen(host, s->listener, N_FLOWS, s->w.now), SK_OK);
    for (size_t i = 0; i < sizeof(s->servers) / sizeof(s->servers[0]); i++) {
        s->servers[i].fd = SK_FD_NONE;
    }
}

/* Whoever vanishes is found out: in four minutes at most. */
static void keep_alive(struct sk_iface *host, sk_fd fd)
{
    ck_assert_int_eq(sk_set(host, fd, SK_KEEPALIVE, 1), SK_OK);
    ck_assert_int_eq(sk_set(host, fd, SK_KEEPIDLE, 60), SK_OK);
    ck_assert_int_eq(sk_set(host, fd, SK_KEEPINTVL, 20), SK_OK);
}

static void finish(struct soak *s, int host, struct end *e, enum sk_err err)
{
    if (e->done) {
        s->n_whole += host == 0;
        sk_close(s->w.hosts[host], e->fd, s->w.now);
    } else {
        seed_assert(err != SK_OK && err != SK_PENDING && err != SK_INVALID_SOCKET);
        s->n_failed += host == 0;
        sk_abort(s->w.hosts[host], e->fd, s->w.now);
    }
    e->fd = SK_FD_NONE;
}

static enum sk_err send_some(struct soak *s, int host, struct end *e)
{
    uint32_t left = e->n_octets - e->sent;
    struct sk_iov iov = { speech + e->sent, left < MOST_AT_ONCE ? left : MOST_AT_ONCE };
    struct sk_op op;
    enum sk_err err;

    sk_op_send(&op, e->fd, &iov, 1, (struct sk_addr){ ip4(0), 0 }, 0);
    err = op.poll(&op, s->w.hosts[host], s->w.now);
    e->sent += (uint32_t)op.done;
    if (e->sent == e->n_octets && (err == SK_OK || err == SK_PENDING)) {
        err = sk_shutdown(s->w.hosts[host], e->fd, SK_SHUT_WR, s->w.now);
    }
    return err;
}

/* The end of what the client says tells the server how much to say. */
static void hear_end(int host, struct end *e)
{
    if (host == 1) {
        e->n_octets = reply_len(e->heard);
    }
    e->done = host == 0 && e->heard == e->expected;
}

static enum sk_err hear_some(struct soak *s, int host, struct end *e)
{
    uint8_t chunk[2000];
    struct sk_iov iov = { chunk, sizeof(chunk) };
    struct sk_op op;
    enum sk_err err;

    sk_op_recv(&op, e->fd, &iov, 1, 0);
    err = op.poll(&op, s->w.hosts[host], s->w.now);
    if (err != SK_OK) {
        return err;
    }
    if (op.done > MOST_OCTETS - e->heard || memcmp(chunk, speech + e->heard, op.done) != 0) {
        ck_abort_msg("octets after %u are wrong; SEED=%llu", e->heard, (unsigned long long)s->seed);
    }
    e->heard += (uint32_t)op.done;
    if (op.done == 0) {
        hear_end(host, e);
        seed_assert(host == 1 || e->done);
        return SK_PENDING;
    }
    return SK_OK;
}

#define UNKNOWN UINT32_MAX

static bool is_over(int host, const struct end *e)
{
    return host == 0 ? e->done : e->n_octets != UNKNOWN && e->sent == e->n_octets;
}

/* True when it got anywhere. */
static bool turn(struct soak *s, int host, struct end *e)
{
    struct end before = *e;
    enum sk_err err = SK_OK;

    if (e->connecting) {
        struct sk_op op;

        sk_op_connect(&op, e->fd, world_addr(1, PORT));
        op.done = 1; /* it was begun */
        err = op.poll(&op, s->w.hosts[host], s->w.now);
        e->connecting = err == SK_PENDING;
    }
    if (err == SK_OK && e->n_octets != UNKNOWN && e->sent < e->n_octets) {
        err = send_some(s, host, e);
    }
    if (err == SK_OK || (err == SK_PENDING && !e->connecting)) {
        err = host == 0 || e->n_octets == UNKNOWN ? hear_some(s, host, e) : SK_PENDING;
    }
    if (host == 1 && is_over(host, e)) { /* the rest is the stack's */
        sk_shutdown(s->w.hosts[1], e->fd, SK_SHUT_WR, s->w.now);
        sk_close(s->w.hosts[1], e->fd, s->w.now);
        e->fd = SK_FD_NONE;
    } else if (is_over(host, e) || (err != SK_OK && err != SK_PENDING)) {
        finish(s, host, e, err);
    }
    return memcmp(&before, e, sizeof(before)) != 0;
}

static void begin_flow(struct soak *s, struct end *e)
{
    struct sk_iface *host = s->w.hosts[0];
    struct sk_op op;
    enum sk_err err;

    *e = (struct end){ .fd = SK_FD_NONE, .connecting = true };
    if (sk_socket(host, SK_STREAM, &e->fd) != SK_OK) {
        e->fd = SK_FD_NONE; /* a drought */
        return;
    }
    keep_alive(host, e->fd);
    e->n_octets = 1 + random_below(&s->random, MOST_OCTETS);
    e->expected = reply_len(e->n_octets);
    sk_op_connect(&op, e->fd, world_addr(1, PORT));
    err = op.poll(&op, host, s->w.now);
    s->n_begun++;
    if (err != SK_OK && err != SK_PENDING) {
        finish(s, 0, e, err);
    }
}

static bool accept_flows(struct soak *s)
{
    struct sk_op op;

    for (size_t i = 0; i < sizeof(s->servers) / sizeof(s->servers[0]); i++) {
        struct end *e = &s->servers[i];

        if (e->fd == SK_FD_NONE) {
            sk_op_accept(&op, s->listener);
            if (op.poll(&op, s->w.hosts[1], s->w.now) != SK_OK) {
                return false;
            }
            *e = (struct end){ .fd = op.u.accepted, .n_octets = UNKNOWN };
            keep_alive(s->w.hosts[1], e->fd);
            return true;
        }
    }
    return false;
}

static void turns(struct soak *s)
{
    bool any;

    do {
        world_settle(&s->w);
        any = accept_flows(s);
        for (int i = 0; i < N_FLOWS; i++) {
            any |= s->clients[i].fd != SK_FD_NONE && turn(s, 0, &s->clients[i]);
        }
        for (size_t i = 0; i < sizeof(s->servers) / sizeof(s->servers[0]); i++) {
            any |= s->servers[i].fd != SK_FD_NONE && turn(s, 1, &s->servers[i]);
        }
    } while (any);
}

/* ---- Weather --------------------------------------------------------------------------------- */

/* Gilbert's model: bursts of ten frames on average, of which all are lost. */
static bool lose_in_bursts(void *context, uint64_t n, const struct pkt *frame)
{
    struct soak *s = context;

    (void)n;
    (void)frame;
    s->in_burst = random_below(&s->random, 100) < (s->in_burst ? 90u : 2u);
    return s->in_burst;
}

/* Gone for a second, there for another. */
static bool lose_by_the_second(void *context, uint64_t n, const struct pkt *frame)
{
    const struct soak *s = context;

    (void)n;
    (void)frame;
    return s->w.now / 1000000 % 2 == 0;
}

/* The DHCP server stands beside the wire: it sees what host 0 sends, and answers by the wire that
 * leads there. */
static void answer_lease(struct soak *s, struct cursor c)
{
    struct eth_hdr eth;
    struct ip_hdr ip = { .ttl = 0 };
    struct udp_hdr udp;
    struct pkt *pkt;
    size_t len;
    struct ip_addr to;
    uint8_t answer[DHCP_MAX_LEN];

    if (eth_parse(&c, &eth) != DROP_NONE || eth.type != ETH_TYPE_IPV4 ||
        ipv4_parse(&c, &ip) != DROP_NONE || ip.proto != IP_PROTO_UDP ||
        udp_parse(&c, &ip, &udp) != DROP_NONE || udp.dst_port != DHCP_SERVER_PORT) {
        return;
    }
    len = dhcp_server_answer(&s->dhcp, c.at, udp.payload_len, answer, sizeof(answer), &to);
    pkt = len > 0 ? sk_pkt_alloc(&s->answers, ETH_HDR_LEN + IPV4_HDR_LEN + UDP_HDR_LEN + 2) : NULL;
    if (!pkt) {
        return;
    }
    memcpy(sk_pkt_put(pkt, (uint32_t)len), answer, len);
    ip = (struct ip_hdr){ .src = s->dhcp.addr, .dst = to, .proto = IP_PROTO_UDP, .ttl = 64 };
    udp = (struct udp_hdr){ .src_port = DHCP_SERVER_PORT,
                            .dst_port = DHCP_CLIENT_PORT,
                            .payload_len = (uint16_t)len };
    udp_emit(sk_pkt_push(pkt, UDP_HDR_LEN), &ip, &udp, sum_add(0, answer, len));
    ip.payload_len = (uint16_t)pkt->len;
    ipv4_emit(sk_pkt_push(pkt, IPV4_HDR_LEN), &ip);
    eth.dst = eth.src;
    eth.src = s->w.wire.ends[1].link.mac;
    eth_emit(sk_pkt_push(pkt, ETH_HDR_LEN), &eth);
    if (s->w.wire.ends[1].link.ops->tx(&s->w.wire.ends[1].link, pkt, s->w.now) != SK_OK) {
        sk_pkt_free(pkt);
    }
}

static bool lose_there(void *context, uint64_t n, const struct pkt *frame)
{
    struct soak *s = context;

    if (s->lose && s->lose(s, n, frame)) {
        return true;
    }
    answer_lease(s, cursor_over(sk_pkt_data(frame), frame->len));
    return false;
}

static void empty_hoard(struct soak *s)
{
    while (s->n_hoard > 0) {
        sk_close(s->w.hosts[0], s->hoard[--s->n_hoard], s->w.now);
    }
}

static void hoard(struct soak *s)
{
    while (s->n_hoard < 64 && sk_socket(s->w.hosts[0], s->n_hoard % 2 ? SK_DGRAM : SK_STREAM,
                                        &s->hoard[s->n_hoard]) == SK_OK) {
        s->n_hoard++;
    }
}

static void calm_down(struct soak *s, uint64_t rate)
{
    for (int i = 0; i < 2; i++) {
        s->w.wire.wires[i].settings =
            (struct pair_settings){ .delay = 10000, .rate = rate, .queue_len = 65536 };
        s->w.wire.wires[i].max_len = ETH_HDR_LEN + 1500;
    }
    s->lose = NULL;
    s->w.wire.wires[0].settings.lose = lose_there;
    s->w.wire.wires[0].settings.context = s;
    empty_hoard(s);
    s->dhcp.silent = s->dhcp.refuses = false;
}

static void change(struct soak *s, enum weather weather, uint64_t rate)
{
    struct pair_settings *ways[2] = { &s->w.wire.wires[0].settings, &s->w.wire.wires[1].settings };

    calm_down(s, rate);
    s->lose = weather == BURSTS ? lose_in_bursts : weather == FLAPPING ? lose_by_the_second : NULL;
    ways[1]->lose = s->lose;
    for (int i = 0; i < 2; i++) {
        uint32_t much = random_below(&s->random, PAIR_CERTAIN / 2);

        ways[i]->context = s;
        ways[i]->loss = weather == LOSSES ? much : weather == BLACK_HOLE ? PAIR_CERTAIN : 0;
        ways[i]->reorder = weather == REORDERING ? much : 0;
        ways[i]->reorder_delay = weather == REORDERING ? 100000 : 0;
        ways[i]->duplicate = weather == DUPLICATES ? much : 0;
        ways[i]->corrupt = weather == DAMAGE ? much : 0;
        ways[i]->rate = weather == SLOW ? rate / 20 : rate;
        ways[i]->delay = weather == FAR_AWAY ? 700000 : 10000;
        if (weather == SHORT_FRAMES) {
            s->w.wire.wires[i].max_len = ETH_HDR_LEN + 600 + random_below(&s->random, 900);
        }
    }
    if (weather == RESTART) {
        world_reboot(&s->w, 1);
        set_up_server(s);
    } else if (weather == DROUGHT) {
        hoard(s);
    } else if (weather == OTHER_LEASES) {
        s->dhcp.first = ip4(0x0a000020 + random_below(&s->random, 100));
        s->dhcp.n_clients = 0;
        s->dhcp.lease = 10 + random_below(&s->random, 100);
    }
    s->dhcp.silent = weather == NO_LEASES;
    s->dhcp.refuses = weather == REFUSALS;
}

/* ---- The whole --------------------------------------------------------------------------------
 */

static void run_until(struct soak *s, instant until, bool begins)
{
    do {
        for (int i = 0; begins && i < N_FLOWS; i++) {
            if (s->clients[i].fd == SK_FD_NONE && random_below(&s->random, 4) == 0) {
                begin_flow(s, &s->clients[i]);
            }
        }
        turns(s);
    } while (world_step(&s->w, until));
}

static bool is_busy(const struct soak *s)
{
    for (int i = 0; i < N_FLOWS; i++) {
        if (s->clients[i].fd != SK_FD_NONE) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(s->servers) / sizeof(s->servers[0]); i++) {
        if (s->servers[i].fd != SK_FD_NONE) {
            return true;
        }
    }
    return false;
}

/* Adds what came of it. */
static void soak(uint64_t seed, uint64_t rate, uint32_t *n_begun, uint32_t *n_whole)
{
    static struct soak s;
    struct world_setup setup = { .seed = seed, .n_frames = 512, .dhcp = true };
    instant end;
    uint32_t n_before;

    memset(&s, 0, sizeof(s));
    s.seed = s.random = seed;
    setup.start = WRAP - FOUL / 2;
    setup.config.tcp = seed % 3 == 0 ? &sk_tcp_basic : seed % 3 == 1 ? &sk_tcp_full : &sk_tcp_bbr;
    setup.config.fragments = seed % 2 ? &sk_ip_fragments : NULL;
    setup.config.acd = seed % 4 == 0 ? &sk_acd : NULL;
    world_begin(&s.w, &setup);
    dhcp_server_init(&s.dhcp);
    sk_pkt_pool_init(&s.answers);
    sk_pkt_pool_add(&s.answers, &s.answer, s.octets, sizeof(s.octets));
    s.dhcp.lease = 60;
    for (int i = 0; i < N_FLOWS; i++) {
        s.clients[i].fd = SK_FD_NONE;
    }
    set_up_server(&s);
    calm_down(&s, rate);
    end = s.w.now + FOUL;
    while (s.w.now < end) {
        instant until = s.w.now + seconds(2 + random_below(&s.random, 18));

        change(&s, (enum weather)random_below(&s.random, N_WEATHERS), rate);
        run_until(&s, until < end ? until : end, true);
    }
    calm_down(&s, rate);
    run_until(&s, s.w.now + FAIR, false);
    ck_assert_msg(!is_busy(&s), "a connection hangs; SEED=%llu", (unsigned long long)seed);
    n_before = s.n_whole;
    begin_flow(&s, &s.clients[0]);
    run_until(&s, s.w.now + seconds(60), false);
    ck_assert_msg(s.n_whole == n_before + 1, "nothing works any more; SEED=%llu",
                  (unsigned long long)seed);
    sk_close(s.w.hosts[1], s.listener, s.w.now);
    world_end(&s.w);
    *n_begun += s.n_begun;
    *n_whole += s.n_whole;
}

/* Half of the seeds: Check gives each test a minute. */
static void soak_half(int half)
{
    static const uint64_t rates[] = { 1000000, 100000, 10000000, 100000000 };
    uint64_t n = (getenv("SEEDS") ? strtoull(getenv("SEEDS"), NULL, 0) : 20) / 2;
    uint64_t first = seed_start() + (uint64_t)half * n;
    uint32_t n_begun = 0;
    uint32_t n_whole = 0;

    for (uint64_t seed = first; seed < first + n; seed++) {
        soak(seed, getenv("SEEDS") ? rates[seed % 4] : rates[0], &n_begun, &n_whole);
    }
    ck_assert_msg(n == 0 || n_whole > n_begun / 2, "%u of %u connections", n_whole, n_begun);
}

START_TEST(everything_at_once)
{
    soak_half(0);
}
END_TEST

START_TEST(everything_at_once_again)
{
    soak_half(1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { everything_at_once, everything_at_once_again, NULL };

    write_speech();
    return suite_run("soak", tests);
}

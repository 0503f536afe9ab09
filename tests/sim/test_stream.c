/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams over a wire that loses, repeats, reorders and damages frames: every octet exactly once
 * and in order. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/seed.h"
#include "tests/support/suite.h"
#include "tests/support/world.h"

#define N_OCTETS 40000
#define MOST_AT_ONCE 1500 /* octets */
#define SMALL_RTT ((duration)20000)
#define DELAYED_ACK ((duration)40000)
#define PATIENCE                                                                                   \
    (6 * 3600LL * 1000000) /* microseconds of virtual time: timeouts back off to a minute */

/* What host 0 says, and host 1. */
static uint8_t speech[2][N_OCTETS];

static void write_speech(uint64_t seed)
{
    for (uint32_t i = 0; i < N_OCTETS; i++) {
        speech[0][i] = (uint8_t)((i * 2654435761u ^ (uint32_t)seed) >> 13);
        speech[1][i] = (uint8_t)((i * 2654435761u ^ (uint32_t)(seed + 1)) >> 13);
    }
}

/* One direction of a conversation: what is still to be sent and to be received. */
struct flow {
    int from;
    sk_fd out;
    sk_fd in;
    uint64_t seed;
    uint32_t sent;
    uint32_t received;
    bool finished;
};

static void push(struct world *w, struct flow *f)
{
    uint32_t left = N_OCTETS - f->sent;
    struct sk_iov iov = { speech[f->from] + f->sent, left < MOST_AT_ONCE ? left : MOST_AT_ONCE };
    struct sk_op op;

    if (left == 0) {
        return;
    }
    sk_op_send(&op, f->out, &iov, 1, (struct sk_addr){ ip4(0), 0 }, 0);
    op.poll(&op, w->hosts[f->from], w->now);
    f->sent += (uint32_t)op.done;
    if (f->sent == N_OCTETS) {
        ck_assert_int_eq(sk_shutdown(w->hosts[f->from], f->out, SK_SHUT_WR, w->now), SK_OK);
    }
}

static void pull(struct world *w, struct flow *f)
{
    uint8_t chunk[700];
    struct sk_iov iov = { chunk, sizeof(chunk) };
    struct sk_op op;
    enum sk_err err;

    if (f->finished) {
        return;
    }
    sk_op_recv(&op, f->in, &iov, 1, 0);
    err = op.poll(&op, w->hosts[1 - f->from], w->now);
    if (err == SK_PENDING) {
        return;
    }
    if (err != SK_OK || op.done > N_OCTETS - f->received ||
        memcmp(chunk, speech[f->from] + f->received, op.done) != 0) {
        ck_abort_msg("%s, or another octet, after %u; SEED=%llu", sk_err_name(err), f->received,
                     (unsigned long long)f->seed);
    }
    f->received += (uint32_t)op.done;
    f->finished = op.done == 0;
}

static void converse(struct world *w, uint64_t seed)
{
    struct flow there = { .from = 0, .seed = seed };
    struct flow back = { .from = 1, .seed = seed + 1 };
    instant until = w->now + PATIENCE;

    write_speech(seed);
    world_connect(w, 80, &there.out, &there.in);
    back.out = there.in;
    back.in = there.out;
    do {
        uint32_t before;

        do {
            world_settle(w); /* what came makes room */
            before = there.sent + back.sent + there.received + back.received + there.finished +
                     back.finished;
            push(w, &there);
            push(w, &back);
            world_settle(w);
            pull(w, &there);
            pull(w, &back);
            world_settle(w);
        } while (before != there.sent + back.sent + there.received + back.received +
                               there.finished + back.finished);
        if (there.finished && back.finished) {
            break;
        }
    } while (world_step(w, until));
    ck_assert_msg(there.finished && back.finished, "stuck at %u/%u and %u/%u octets; SEED=%llu",
                  there.sent, there.received, back.sent, back.received, (unsigned long long)seed);
    ck_assert_uint_eq(there.received, N_OCTETS);
    ck_assert_uint_eq(back.received, N_OCTETS);
    ck_assert_int_eq(sk_close(w->hosts[0], there.out, w->now), SK_OK);
    ck_assert_int_eq(sk_close(w->hosts[1], there.in, w->now), SK_OK);
}

static const struct tcp_profile *const profiles[] = { &sk_tcp_full, &sk_tcp_bbr, &sk_tcp_full,
                                                      &sk_tcp_basic };

/* Up to 20 % of each fault. */
static struct world_setup trouble(uint64_t seed)
{
    struct world_setup setup = { .seed = seed };
    uint64_t rng = seed;

    setup.settings.loss = random_below(&rng, 200000);
    setup.settings.duplicate = random_below(&rng, 200000);
    setup.settings.corrupt = random_below(&rng, 200000);
    setup.settings.reorder = random_below(&rng, 200000);
    setup.settings.delay = 1000 + random_below(&rng, 30000);
    setup.settings.reorder_delay = 1 + random_below(&rng, 40000);
    setup.settings.rate = 1000000ull << random_below(&rng, 8);
    setup.config.tcp = profiles[seed % 4];
    setup.basic_peer = seed % 4 == 2;
    setup.config.tcp_inflight = (uint16_t)(4 << random_below(&rng, 5));
    setup.config.tcp_ranges = (uint16_t)(1 << random_below(&rng, 6));
    if (random_below(&rng, 4) == 0) {
        uint32_t size = 256u << random_below(&rng, 4);

        setup.config.rcvbuf = setup.config.sndbuf = size;
        setup.config.buffers[0] = (struct sk_buffer_class){ size, 16 };
    }
    return setup;
}

START_TEST(a_clean_wire_carries_both_directions)
{
    struct world_setup setup = { .seed = 1, .settings = { .delay = 10000 } };
    struct world w;

    world_begin(&w, &setup);
    converse(&w, 1);
    ck_assert_uint_eq(sk_iface_stats(w.hosts[0])->tcp_retransmitted, 0);
    ck_assert_uint_eq(sk_iface_stats(w.hosts[1])->tcp_retransmitted, 0);
    world_end(&w);
}
END_TEST

static struct world_setup small_buffers(uint32_t rcvbuf, uint32_t sndbuf)
{
    struct world_setup setup = { .seed = 1, .settings = { .delay = SMALL_RTT / 2 } };
    uint32_t less = rcvbuf < sndbuf ? rcvbuf : sndbuf;

    setup.config.rcvbuf = rcvbuf;
    setup.config.sndbuf = sndbuf;
    setup.config.buffers[0] = (struct sk_buffer_class){ less, 16 };
    if (rcvbuf != sndbuf) {
        setup.config.buffers[1] = (struct sk_buffer_class){ rcvbuf + sndbuf - less, 16 };
    }
    return setup;
}

/* A buffer of less than a segment, or of a few, at either end: it is full in each round trip, or
 * the peer's ACK is delayed in each, and no timer but that one is ever waited for. */
START_TEST(small_buffers_wait_for_no_timer)
{
    for (uint32_t i = 0; i < 5 * 5 * 4; i++) {
        uint32_t rcvbuf = 256u << i % 5;
        uint32_t sndbuf = 256u << i / 5 % 5;
        uint32_t less = rcvbuf < sndbuf ? rcvbuf : sndbuf;
        struct world_setup setup = small_buffers(rcvbuf, sndbuf);
        duration round = SMALL_RTT + (rcvbuf > sndbuf ? DELAYED_ACK : 0);
        struct world w;
        instant began;

        setup.config.tcp = profiles[i / 25];
        world_begin(&w, &setup);
        began = w.now;
        converse(&w, 1);
        ck_assert_msg(w.now - began <= (N_OCTETS / less + 20) * round * 5 / 4,
                      "%u and %u octets: %lld us", rcvbuf, sndbuf, (long long)(w.now - began));
        for (int k = 0; k < 2; k++) {
            ck_assert_uint_eq(sk_iface_stats(w.hosts[k])->tcp_timeouts, 0);
            ck_assert_uint_eq(sk_iface_stats(w.hosts[k])->tcp_retransmitted, 0);
        }
        world_end(&w);
    }
}
END_TEST

/* What may need more options than text: holes at both ends, of which the ACKs have to tell. */
static struct world_setup small_packets(uint16_t mtu, uint64_t seed)
{
    struct world_setup setup = { .seed = seed, .mtu = mtu, .n_frames = 4096 };

    setup.settings.delay = 10000;
    if (seed % 2) {
        setup.settings.loss = 50000;
        setup.settings.rate = 10000000;
    } else {
        setup.settings.loss = 1000;
        setup.settings.reorder = 30000;
        setup.settings.reorder_delay = 3000;
        setup.settings.rate = 100000000;
    }
    setup.config.tcp = profiles[seed / 2 % 4];
    setup.basic_peer = seed / 2 % 4 == 2;
    return setup;
}

static void converse_in_small_packets(const struct world_setup *setup)
{
    struct world w;

    world_begin(&w, setup);
    converse(&w, setup->seed);
    for (int k = 0; k < 2; k++) {
        ck_assert_uint_eq(sk_iface_stats(w.hosts[k])->drops[DROP_TX_OVERSIZE], 0);
    }
    world_end(&w);
}

START_TEST(the_smallest_packets_carry_both_directions)
{
    static const uint16_t mtus[] = { 68, 70, 75, 79, 80, 87, 95, 104, 111, 120 };

    for (size_t i = 0; i < 8 * sizeof(mtus) / sizeof(mtus[0]); i++) {
        struct world_setup setup = small_packets(mtus[i / 8], i);

        converse_in_small_packets(&setup);
    }
}
END_TEST

/* Options take 40 octets of each packet of the second host. */
START_TEST(the_smallest_packets_with_ip_options)
{
    for (uint64_t i = 0; i < 24; i++) {
        struct world_setup setup = small_packets((uint16_t)(104 + i / 8 * 8), i);

        setup.config.n_ip_options = 1;
        setup.options = (struct sk_ip_options){ { 7, 39, 4 }, 39 };
        converse_in_small_packets(&setup);
    }
}
END_TEST

START_TEST(trouble_loses_and_repeats_nothing)
{
    uint64_t first = seed_start();
    uint64_t n = getenv("SEEDS") ? strtoull(getenv("SEEDS"), NULL, 0) : 25;

    for (uint64_t seed = first; seed < first + n; seed++) {
        struct world_setup setup = trouble(seed);
        struct world w;

        world_begin(&w, &setup);
        converse(&w, seed);
        world_end(&w);
    }
}
END_TEST

static void run_captured(uint64_t seed, const char *file)
{
    struct world_setup setup = trouble(seed);
    struct world w;

    setup.capture = file;
    world_begin(&w, &setup);
    converse(&w, seed);
    world_end(&w);
}

static void assert_same_files(const char *a, const char *b)
{
    FILE *fa = fopen(a, "rb");
    FILE *fb = fopen(b, "rb");
    long n = 0;
    int ca;
    int cb;

    ck_assert(fa && fb);
    do {
        ca = getc(fa);
        cb = getc(fb);
        ck_assert_msg(ca == cb, "the captures differ at octet %ld", n);
        n++;
    } while (ca != EOF);
    ck_assert_int_gt(n, N_OCTETS);
    fclose(fa);
    fclose(fb);
}

/* Of every profile. */
START_TEST(the_same_seed_gives_the_same_capture)
{
    uint64_t first = seed_start();

    for (uint64_t seed = first; seed < first + 12; seed++) {
        run_captured(seed, "stream-once.pcap");
        run_captured(seed, "stream-again.pcap");
        assert_same_files("stream-once.pcap", "stream-again.pcap");
    }
    remove("stream-once.pcap");
    remove("stream-again.pcap");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_clean_wire_carries_both_directions,
                                   small_buffers_wait_for_no_timer,
                                   the_smallest_packets_carry_both_directions,
                                   the_smallest_packets_with_ip_options,
                                   trouble_loses_and_repeats_nothing,
                                   the_same_seed_gives_the_same_capture,
                                   NULL };

    return suite_run("stream", tests);
}

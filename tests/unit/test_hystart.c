/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HyStart++ (RFC 9406), the first slow start of CUBIC: by round trips that the test names, segment
 * by segment, and over wires with and without a queue.
 */
#include "net/iface.h"
#include "proto/tcp/tcp.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"
#include "tests/support/world.h"

#include <stdlib.h>
#include <string.h>

#define MSS 1000u
#define CSS_GROWTH (MSS / 4) /* RFC 9406 4.3 */

static const struct tcp_recovery no_recovery;
static const struct tcp_profile profile = { .recovery = &no_recovery, .congestion = &tcp_cubic };

static struct {
    struct tcp_sock tcp;
    uint8_t state[256]; /* of the table, behind the socket */
} conn;
static struct tcp_sock *const tcp = &conn.tcp;

/* A round ends when all is acknowledged that was out when the one before it ended. */
static uint32_t round_end;
static int n_rounds;

/* Acknowledges `octets`, sends what the window lets out, and returns by how much it grew. */
static uint32_t ack(uint32_t octets, uint32_t rtt)
{
    uint32_t before = tcp->cwnd;

    tcp->rtt.latest = rtt;
    tcp->snd_una += octets;
    tcp_cubic.on_ack(tcp, octets, 0);
    if ((int32_t)(tcp->snd_una - round_end) >= 0) {
        round_end = tcp->snd_nxt;
        n_rounds++;
    }
    tcp->snd_nxt = tcp->snd_una + tcp->cwnd;
    return tcp->cwnd - before;
}

static void finish_round(uint32_t rtt)
{
    int before = n_rounds;

    while (n_rounds == before) {
        ack(MSS, rtt);
    }
}

/* The window is full, and a round has just ended. */
static void begin(uint32_t rtt)
{
    memset(&conn, 0, sizeof(conn));
    ck_assert_uint_le(tcp_state_size(&profile, 0, 0), sizeof(conn.state));
    tcp_run_profile(tcp, &profile);
    tcp->recovery = &no_recovery;
    tcp->mss = MSS;
    tcp->iss = UINT32_MAX - 20000;
    tcp->snd_una = tcp->snd_nxt = round_end = tcp->iss;
    tcp_cubic.init(tcp, 0);
    ck_assert_uint_eq(tcp->cwnd, 10 * MSS);
    tcp->snd_nxt = tcp->snd_una + tcp->cwnd;
    finish_round(rtt);
    finish_round(rtt);
}

/* `n` segments, each with the same growth, which it returns. */
static uint32_t acks(int n, uint32_t rtt)
{
    uint32_t growth = ack(MSS, rtt);

    for (int i = 1; i < n; i++) {
        ck_assert_uint_eq(ack(MSS, rtt), growth);
    }
    return growth;
}

/* A round at `base`, then eight samples at `rtt`: is this conservative slow start? */
static bool is_conservative(uint32_t base, uint32_t rtt)
{
    uint32_t growth;

    begin(base);
    ck_assert_uint_eq(acks(8, rtt), MSS);
    growth = ack(MSS, rtt);
    ck_assert(growth == MSS || growth == CSS_GROWTH);
    return growth == CSS_GROWTH;
}

START_TEST(a_round_trip_that_grows_makes_slow_start_conservative)
{
    ck_assert(!is_conservative(100000, 100000));
    ck_assert(is_conservative(100000, 120000));
}
END_TEST

/* An eighth of the round trip, 4 ms at least and 16 ms at most. */
START_TEST(the_threshold_follows_the_round_trip_within_bounds)
{
    ck_assert(!is_conservative(1000, 4999));
    ck_assert(is_conservative(1000, 5000));
    ck_assert(!is_conservative(32000, 35999));
    ck_assert(is_conservative(32000, 36000));
    ck_assert(!is_conservative(80000, 89999));
    ck_assert(is_conservative(80000, 90000));
    ck_assert(!is_conservative(128000, 143999));
    ck_assert(is_conservative(128000, 144000));
    ck_assert(!is_conservative(800000, 815999));
    ck_assert(is_conservative(800000, 816000));
}
END_TEST

START_TEST(the_least_of_a_round_counts)
{
    begin(100000);
    ck_assert_uint_eq(ack(MSS, 100000), MSS);
    ck_assert_uint_eq(acks(10, 150000), MSS);
}
END_TEST

/* The last round's, not the least of all times: a path may have become longer. */
START_TEST(the_round_before_is_what_counts)
{
    begin(100000);
    finish_round(110000);
    finish_round(120000);
    finish_round(130000);
    ck_assert_uint_eq(ack(MSS, 130000), MSS);
}
END_TEST

START_TEST(an_ack_without_a_round_trip_is_no_sample)
{
    begin(100000);
    ck_assert_uint_eq(acks(7, 150000), MSS);
    ck_assert_uint_eq(acks(3, 0), MSS);
    ck_assert_uint_eq(acks(1, 150000), MSS);
    ck_assert_uint_eq(acks(1, 150000), CSS_GROWTH);
}
END_TEST

/* L is 8, RFC 9406 4.3. */
START_TEST(an_ack_of_many_segments_counts_as_eight)
{
    begin(100000);
    ck_assert_uint_eq(ack(8 * MSS, 100000), 8 * MSS);
    ck_assert_uint_eq(ack(8 * MSS + 1, 100000), 8 * MSS);
    ck_assert(is_conservative(100000, 120000));
    ck_assert_uint_eq(ack(9 * MSS, 120000), 8 * CSS_GROWTH);
}
END_TEST

START_TEST(a_round_trip_that_shrinks_again_resumes_slow_start)
{
    ck_assert(is_conservative(100000, 120000));
    finish_round(120000);
    ck_assert_uint_eq(acks(8, 120000), CSS_GROWTH); /* no less than it was at the beginning */
    ck_assert_uint_eq(acks(1, 119999), CSS_GROWTH);
    ck_assert_uint_eq(acks(1, 120000), MSS);
    ck_assert_uint_eq(tcp->ssthresh, UINT32_MAX);
}
END_TEST

/* Eight samples are needed for that, too. */
START_TEST(few_samples_resume_nothing)
{
    ck_assert(is_conservative(100000, 120000));
    finish_round(120000);
    ck_assert_uint_eq(acks(8, 100000), CSS_GROWTH);
    ck_assert_uint_eq(acks(1, 100000), MSS);
}
END_TEST

/* The round in which it began was the first. */
static void four_more_rounds(void)
{
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(tcp->ssthresh, UINT32_MAX);
        finish_round(120000);
    }
}

static void begin_conservative(void)
{
    begin(100000);
    acks(8, 120000);
    finish_round(120000);
}

START_TEST(after_five_rounds_congestion_avoidance_begins)
{
    begin_conservative();
    four_more_rounds();
    ck_assert_uint_eq(tcp->ssthresh, tcp->cwnd);
    ck_assert_uint_lt(ack(MSS, 120000), MSS / 16);
}
END_TEST

/* Of one that was resumed in between, the rounds count anew. */
START_TEST(only_rounds_without_a_break_count)
{
    begin_conservative();
    finish_round(120000);
    finish_round(120000);
    finish_round(100000); /* resumed */
    ck_assert_uint_eq(ack(MSS, 100000), MSS);
    finish_round(100000);
    finish_round(120000); /* the first */
    ck_assert_uint_eq(ack(MSS, 120000), CSS_GROWTH);
    four_more_rounds();
    ck_assert_uint_eq(tcp->ssthresh, tcp->cwnd);
}
END_TEST

/* Only the first slow start is watched; a later one knows where to end, and grows as RFC 5681 has
 * it. */
START_TEST(a_later_slow_start_is_that_of_rfc_5681)
{
    begin(100000);
    for (int i = 0; i < 4; i++) {
        finish_round(100000);
    }
    tcp_cubic.on_timeout(tcp, 0);
    tcp->snd_nxt = round_end = tcp->snd_una + tcp->cwnd;
    for (int i = 0; i < 3; i++) {
        finish_round(100000);
    }
    ck_assert_uint_eq(acks(8, 200000), MSS);
    ck_assert_uint_eq(acks(1, 200000), MSS);
    ck_assert_uint_eq(ack(3 * MSS, 200000), MSS);
    ck_assert_uint_eq(ack(MSS / 2, 200000), MSS / 2);
}
END_TEST

START_TEST(a_loss_ends_conservative_slow_start)
{
    begin_conservative();
    tcp_cubic.remember(tcp);
    tcp_cubic.on_loss(tcp, tcp->cwnd, 0);
    ck_assert_uint_lt(tcp->ssthresh, tcp->cwnd);
    tcp->ssthresh = UINT32_MAX; /* it was none */
    tcp_cubic.on_undo(tcp, 0);
    ck_assert_uint_eq(ack(MSS, 120000), MSS);
}
END_TEST

/* Round trips from 100 to 130 ms, each as likely as the next. */
START_TEST(noise_does_not_end_slow_start)
{
    uint64_t rng = seed_start();

    for (int run = 0; run < 200; run++) {
        begin(100000 + random_below(&rng, 30000));
        while (tcp->cwnd < 4000 * MSS) {
            ack(MSS, 100000 + random_below(&rng, 30000));
        }
        seed_assert(tcp->ssthresh == UINT32_MAX);
    }
}
END_TEST

/* ---- On a wire ------------------------------------------------------------------------------- */

#define RTT 50000     /* microseconds */
#define RATE 20000000 /* bit/s */
#define BDP (RATE / 8 / 1000000 * RTT)
#define BUFFER (4u << 20)
#define QUEUE (16 * BDP)
#define ENOUGH (2u << 20) /* octets of cwnd */

static struct world_setup wire(uint64_t rate)
{
    struct world_setup setup = {
        .seed = 1,
        .n_frames = 8192,
        .settings = { .delay = RTT / 2, .rate = rate, .queue_len = QUEUE },
        .config = { .n_tcp = 2,
                    .n_packets = 256,
                    .rcvbuf = BUFFER,
                    .sndbuf = BUFFER,
                    .buffers = { { .size = BUFFER, .n = 6 } },
                    .tcp = &sk_tcp_full,
                    .tcp_inflight = 1024 },
    };

    return setup;
}

static void keep_busy(struct world *w, sk_fd client, sk_fd server)
{
    struct sk_iov room[2];
    struct sk_iov octets[2];

    if (sk_send_reserve(w->hosts[0], client, room) == SK_OK) {
        memset(room[0].base, 0, room[0].len);
        memset(room[1].base, 0, room[1].len);
        sk_send_commit(w->hosts[0], client, room[0].len + room[1].len, w->now);
    }
    world_settle(w);
    if (sk_recv_peek(w->hosts[1], server, octets) == SK_OK) {
        sk_recv_consume(w->hosts[1], server, octets[0].len + octets[1].len, w->now);
    }
}

/* Sends until slow start is over, or cwnd is `most`; returns the sender's socket. */
static const struct tcp_sock *send_much(struct world *w, uint32_t most)
{
    const struct tcp_sock *sender;
    sk_fd client;
    sk_fd server;

    world_connect(w, 80, &client, &server);
    sender = &slot_of(w->hosts[0], client)->u.tcp->tcp;
    while (sender->cwnd < most && sender->ssthresh == UINT32_MAX) {
        keep_busy(w, client, server);
        ck_assert(world_step(w, w->now + seconds(10)));
    }
    return sender;
}

START_TEST(a_queue_ends_slow_start_before_it_overflows)
{
    struct world_setup setup = wire(RATE);
    struct world w;
    const struct tcp_sock *sender;

    world_begin(&w, &setup);
    sender = send_much(&w, UINT32_MAX);
    ck_assert_uint_eq(sender->ssthresh, sender->cwnd);
    ck_assert_uint_gt(sender->cwnd, BDP);
    ck_assert_uint_lt(sender->cwnd, QUEUE);
    ck_assert_uint_eq(sk_iface_stats(w.hosts[0])->tcp_retransmitted, 0);
    world_free(&w);
}
END_TEST

START_TEST(a_wire_without_a_queue_does_not_end_slow_start)
{
    struct world_setup setup = wire(0);
    struct world w;
    const struct tcp_sock *sender;

    world_begin(&w, &setup);
    sender = send_much(&w, ENOUGH);
    ck_assert_uint_eq(sender->ssthresh, UINT32_MAX);
    world_free(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_round_trip_that_grows_makes_slow_start_conservative,
        the_threshold_follows_the_round_trip_within_bounds,
        the_least_of_a_round_counts,
        the_round_before_is_what_counts,
        an_ack_without_a_round_trip_is_no_sample,
        an_ack_of_many_segments_counts_as_eight,
        a_round_trip_that_shrinks_again_resumes_slow_start,
        few_samples_resume_nothing,
        after_five_rounds_congestion_avoidance_begins,
        only_rounds_without_a_break_count,
        a_later_slow_start_is_that_of_rfc_5681,
        a_loss_ends_conservative_slow_start,
        noise_does_not_end_slow_start,
        a_queue_ends_slow_start_before_it_overflows,
        a_wire_without_a_queue_does_not_end_slow_start,
        NULL,
    };

    return suite_run("HyStart++", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a host keeps of a connection before it has buffers (half_open.h) and after it has given them
 * back (time_wait.h) against the connection itself: both hear the same segments, and say the same.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "libsock.h"
#include "proto/tcp/half_open.h"
#include "proto/tcp/time_wait.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#define N_CONNECTIONS 4000
#define N_SEGMENTS 40
#define MAX_BUFFER 262144
#define N_RANGES 8
#define N_INFLIGHT 8
#define MSL millis(2000)
#define TS_OFFSET 0x80000000u
#define PATH_MSS 1460

/* A connection with its memory. */
struct whole {
    struct tcp_sock *tcp;
    struct tcp_setup setup;
    uint8_t rx[MAX_BUFFER];
    uint8_t tx[4096];
};

static struct whole whole;
static struct whole opened; /* what a record became */
static struct tcp_hdr syn;
static uint8_t text[2000];
static uint64_t state;
static instant now;
static uint8_t ecn; /* enum tcp_ecn_use: what the program allows */

static uint32_t pick(uint32_t n)
{
    return random_below(&state, n);
}

/* Where something begins that counts modulo 2^32; half of them wrap soon. */
static uint32_t beginning(void)
{
    return pick(2) ? (uint32_t)random_u64(&state) : UINT32_MAX - pick(60);
}

static void set_up(struct whole *c, const struct tcp_profile *profile, uint32_t rx_size,
                   uint32_t iss)
{
    c->setup = (struct tcp_setup){ .profile = profile,
                                   .rx = c->rx,
                                   .rx_size = rx_size,
                                   .tx = c->tx,
                                   .tx_size = sizeof(c->tx),
                                   .iss = iss,
                                   .ts_offset = TS_OFFSET,
                                   .rcv_limit = rx_size,
                                   .path_mss = PATH_MSS,
                                   .n_ranges = N_RANGES,
                                   .n_inflight = N_INFLIGHT,
                                   .msl = MSL,
                                   .options = TCP_DEFAULT_OPTIONS };
    c->setup.options.ecn = ecn;
    free(c->tcp);
    c->tcp = calloc(1, sizeof(*c->tcp) + tcp_state_size(profile, N_RANGES, N_INFLIGHT));
    ck_assert_ptr_nonnull(c->tcp);
}

static struct tcp_hdr some_syn(void)
{
    static const uint16_t windows[] = { 0, 1, 1000, 65535 };
    static const uint16_t sizes[] = { 0, 1, 88, 536, 1460, 9000 };
    static const uint8_t shifts[] = { TCP_NO_WSCALE, 0, 7, 14 };
    static const uint8_t asks[] = { TCP_SYN, TCP_SYN | TCP_ECE, TCP_SYN | TCP_CWR,
                                    TCP_SYN | TCP_ECE | TCP_CWR };

    return (struct tcp_hdr){ .seq = beginning(),
                             .flags = asks[pick(4)],
                             .wnd = windows[pick(4)],
                             .mss = sizes[pick(6)],
                             .wscale = shifts[pick(4)],
                             .has_timestamps = pick(2),
                             .tsval = beginning(),
                             .sack_permitted = pick(2) };
}

/* A segment that is near what is expected, in most respects. */
static struct tcp_hdr some_segment(uint32_t nxt, uint32_t wnd, uint32_t ack, uint32_t tsval)
{
    static const uint8_t flags[] = {
        TCP_ACK,           TCP_ACK,           TCP_ACK | TCP_FIN, TCP_SYN,
        TCP_SYN | TCP_ACK, TCP_RST,           TCP_RST | TCP_ACK, 0,
        TCP_FIN,           TCP_SYN | TCP_FIN, TCP_SYN | TCP_RST, TCP_ACK | TCP_PSH
    };
    const uint32_t seqs[] = { nxt,
                              nxt,
                              nxt,
                              nxt - 1,
                              nxt + 1,
                              nxt - 2,
                              nxt + wnd - 1,
                              nxt + wnd,
                              nxt + wnd + 1,
                              nxt - 50,
                              (uint32_t)random_u64(&state) };
    const uint32_t acks[] = { ack, ack, ack, ack - 1, ack + 1, ack - 5000, ack - 70000 };
    struct tcp_hdr hdr = { .seq = seqs[pick(11)],
                           .flags = flags[pick(12)],
                           .wnd = (uint16_t)pick(65536),
                           .wscale = TCP_NO_WSCALE,
                           .len = pick(3) ? 0 : 1 + pick(100),
                           .has_timestamps = syn.has_timestamps ? pick(8) > 0 : pick(8) == 0 };

    hdr.ack = hdr.flags & TCP_ACK ? acks[pick(7)] : 0;
    if (hdr.has_timestamps) {
        hdr.tsval = tsval + pick(4) - 1;
        hdr.tsecr = TS_OFFSET + tick_floor(now);
    }
    return hdr;
}

static void same_segment(const struct tcp_hdr *a, const struct tcp_hdr *b)
{
    seed_assert(a->seq == b->seq && a->ack == b->ack && a->flags == b->flags);
    seed_assert(a->wnd == b->wnd && a->mss == b->mss && a->wscale == b->wscale);
    seed_assert(a->has_timestamps == b->has_timestamps);
    seed_assert(!a->has_timestamps || (a->tsval == b->tsval && a->tsecr == b->tsecr));
    seed_assert(a->sack_permitted == b->sack_permitted && a->len == b->len);
}

/* What the connection has to say; it is sent. */
static bool says(struct whole *c, struct tcp_hdr *hdr)
{
    struct tcp_text none;

    if (!tcp_next(c->tcp, now, hdr, &none)) {
        return false;
    }
    tcp_sent(c->tcp, hdr, now);
    return true;
}

static void silent(struct whole *c)
{
    struct tcp_hdr hdr;

    seed_assert(!says(c, &hdr));
}

static enum drop_reason hears(struct whole *c, const struct tcp_hdr *hdr)
{
    struct ip_hdr ip = { 0 };

    tcp_place(c->tcp, hdr, text);
    return tcp_arrives(c->tcp, &ip, hdr, now);
}

/* ---- Half open ------------------------------------------------------------------------------- */

/* What follows from the time that the handshake took. */
static void same_times(const struct tcp_sock *a, const struct tcp_sock *b)
{
    seed_assert(a->cwnd == b->cwnd && a->ssthresh == b->ssthresh);
    seed_assert(memcmp(&a->rtt, &b->rtt, sizeof(a->rtt)) == 0 && !b->timing);
    seed_assert(a->timer == b->timer && (a->timer == TCP_TIMER_OFF || a->timer_at == b->timer_at));
}

static void same_connection(const struct tcp_sock *a, const struct tcp_sock *b)
{
    seed_assert(a->state == b->state && a->err == b->err && a->passive == b->passive);
    seed_assert(a->recovery == b->recovery);
    seed_assert(a->iss == b->iss && a->snd_una == b->snd_una && a->snd_nxt == b->snd_nxt);
    seed_assert(a->snd_wnd == b->snd_wnd && a->max_snd_wnd == b->max_snd_wnd);
    seed_assert(a->snd_wl1 == b->snd_wl1 && a->snd_wl2 == b->snd_wl2);
    seed_assert(a->rtx_nxt == b->rtx_nxt && a->rtx_end == b->rtx_end);
    seed_assert(a->irs == b->irs && a->rcv_nxt == b->rcv_nxt && a->rcv_adv == b->rcv_adv);
    seed_assert(a->rcv_acked == b->rcv_acked && a->rcv_limit == b->rcv_limit);
    seed_assert(a->ooo.n == b->ooo.n && ring_used(&a->rx) == ring_used(&b->rx));
    seed_assert(a->mss == b->mss && a->rcv_mss == b->rcv_mss && a->rcv_full == b->rcv_full);
    seed_assert(a->snd_wscale == b->snd_wscale && a->rcv_wscale == b->rcv_wscale);
    seed_assert(a->ack_due == b->ack_due && a->ack_delayed == b->ack_delayed);
    seed_assert(a->syn_due == b->syn_due && a->rst_due == b->rst_due);
    seed_assert(a->fin_received == b->fin_received && a->fin_known == b->fin_known);
}

/* The handshake is over: the record becomes what the connection is. */
static void opens(const struct tcp_half_open *half, const struct tcp_hdr *hdr)
{
    struct tcp_hdr said[2];
    bool any[2];

    tcp_open_answered(opened.tcp, &opened.setup, half, now);
    hears(&opened, hdr);
    same_connection(whole.tcp, opened.tcp);
    /* The record takes no time from an echo, and forgets no timeout because a window opened. */
    if (half->n_sent == 1 || (!half->timestamps && syn.wnd > 0)) {
        same_times(whole.tcp, opened.tcp);
    }
    now += millis(100); /* past the delayed ACK */
    tcp_poll(whole.tcp, now);
    tcp_poll(opened.tcp, now);
    any[0] = says(&whole, &said[0]);
    any[1] = says(&opened, &said[1]);
    seed_assert(any[0] == any[1]);
    if (any[0]) {
        same_segment(&said[0], &said[1]);
    }
}

/* True: it is half open still. */
static bool same_answer(struct tcp_half_open *half, const struct tcp_hdr *hdr)
{
    enum drop_reason reason;
    enum tcp_half_open_next next = tcp_half_open_arrives(half, hdr, now, &reason);
    enum drop_reason wanted = hears(&whole, hdr);
    struct tcp_hdr said;
    struct tcp_hdr answer;
    bool grows = false; /* scaled, a window may say more than the SYN,ACK: of a buffer */

    if (next == TCP_HALF_OPEN_OPENS) {
        opens(half, hdr);
        return false;
    }
    seed_assert(reason == wanted);
    seed_assert((next == TCP_HALF_OPEN_ENDS) == (whole.tcp->state == TCP_CLOSED));
    switch (next) {
    case TCP_HALF_OPEN_REPEATS:
        seed_assert(says(&whole, &said));
        tcp_half_open_answer(half, PATH_MSS, TS_OFFSET, now, &answer);
        tcp_half_open_sent(half, now);
        same_segment(&said, &answer);
        break;
    case TCP_HALF_OPEN_ACKS:
        seed_assert(says(&whole, &said));
        tcp_half_open_ack(half, TS_OFFSET, now, &answer);
        grows = said.wnd != answer.wnd;
        seed_assert(!grows || whole.setup.rx_size > UINT16_MAX);
        said.wnd = answer.wnd;
        same_segment(&said, &answer);
        break;
    case TCP_HALF_OPEN_RESETS:
        seed_assert(says(&whole, &said));
        seed_assert(said.flags == TCP_RST && said.seq == hdr->ack);
        break;
    default:
        break;
    }
    silent(&whole);
    return next != TCP_HALF_OPEN_ENDS && !grows;
}

/* The peer is silent: both repeat themselves at the same times. */
static bool same_timeout(struct tcp_half_open *half, instant *timer_at)
{
    struct tcp_hdr said;
    struct tcp_hdr answer;

    seed_assert(tcp_poll_at(whole.tcp, now) == tick_instant(tick_ceil(*timer_at), now));
    now = tcp_poll_at(whole.tcp, now);
    seed_assert(tcp_poll(whole.tcp, now));
    if (!tcp_half_open_expires(half)) {
        return false;
    }
    seed_assert(says(&whole, &said));
    tcp_half_open_answer(half, PATH_MSS, TS_OFFSET, now, &answer);
    same_segment(&said, &answer);
    tcp_half_open_sent(half, now);
    *timer_at = now + tcp_half_open_timeout(half);
    return true;
}

static void one_that_opens(const struct tcp_profile *profile)
{
    static const uint32_t sizes[] = { 256, 1024, 65536, 131072, 262144 };
    uint32_t rx_size = sizes[pick(5)];
    uint32_t iss = beginning();
    struct tcp_half_open half;
    struct tcp_hdr said;
    struct tcp_hdr answer;
    instant timer_at;
    bool waits = true;
    int n_timeouts = 0;

    syn = some_syn();
    ecn = (uint8_t)pick(3);
    set_up(&whole, profile, rx_size, iss);
    set_up(&opened, profile, rx_size, iss);
    tcp_open_passive(whole.tcp, &whole.setup, &syn, now);
    tcp_half_open_begin(&half, profile, &syn, ecn, iss, rx_size,
                        (uint16_t)(rx_size < UINT16_MAX ? rx_size : UINT16_MAX), now);
    seed_assert(says(&whole, &said));
    tcp_half_open_answer(&half, PATH_MSS, TS_OFFSET, now, &answer);
    same_segment(&said, &answer);
    tcp_half_open_sent(&half, now);
    timer_at = now + tcp_half_open_timeout(&half);
    for (int i = 0; i < N_SEGMENTS && waits; i++) {
        if (pick(10) == 0) {
            waits = same_timeout(&half, &timer_at);
            seed_assert(waits == (++n_timeouts <= TCP_SYN_ACK_RETRIES));
        } else {
            struct tcp_hdr hdr = some_segment(syn.seq + 1, half.rcv_wnd, iss + 1, half.ts_recent);

            now += millis(pick(2) * 60);
            if (now >= timer_at) {
                now = timer_at - 1;
            }
            waits = same_answer(&half, &hdr);
        }
    }
}

START_TEST(half_open)
{
    state = seed_start();
    for (int i = 0; i < N_CONNECTIONS; i++) {
        now = seconds(1000) + (instant)pick(1000000);
        one_that_opens(i % 2 ? &sk_tcp_basic : &sk_tcp_full);
    }
}
END_TEST

/* ---- TIME-WAIT ------------------------------------------------------------------------------- */

static void deliver(struct tcp_hdr hdr, uint32_t tsval)
{
    hdr.wscale = TCP_NO_WSCALE;
    hdr.has_timestamps = syn.has_timestamps;
    hdr.tsval = tsval;
    hdr.tsecr = TS_OFFSET + tick_floor(now);
    ck_assert_int_eq(hears(&whole, &hdr), DROP_NONE);
}

/* A connection that we closed first, and that has said all it has to say. */
static void into_time_wait(const struct tcp_profile *profile)
{
    uint32_t iss = beginning();
    struct tcp_hdr said;
    uint32_t ack;

    syn = some_syn();
    set_up(&whole, profile, pick(2) ? 4096 : 262144, iss);
    tcp_open_passive(whole.tcp, &whole.setup, &syn, now);
    seed_assert(says(&whole, &said));
    deliver((struct tcp_hdr){ .seq = syn.seq + 1, .ack = iss + 1, .flags = TCP_ACK, .wnd = 6000 },
            syn.tsval + 1);
    tcp_close(whole.tcp, now);
    seed_assert(says(&whole, &said));
    ack = whole.tcp->snd_nxt;
    deliver(
        (struct tcp_hdr){ .seq = syn.seq + 1, .ack = ack, .flags = TCP_ACK | TCP_FIN, .wnd = 5000 },
        syn.tsval + 2);
    seed_assert(says(&whole, &said));
    seed_assert(whole.tcp->state == TCP_TIME_WAIT);
}

static void same_wait(struct tcp_time_wait *wait, const struct tcp_hdr *hdr)
{
    enum drop_reason reason;
    enum tcp_time_wait_next next = tcp_time_wait_arrives(wait, hdr, now, &reason);
    struct tcp_hdr said;
    struct tcp_hdr answer;
    tick before = whole.tcp->timer_at;

    seed_assert(hears(&whole, hdr) == reason);
    seed_assert(whole.tcp->state == TCP_TIME_WAIT);
    if (next == TCP_TIME_WAIT_RESTARTS) {
        seed_assert(whole.tcp->timer_at == tick_ceil(now + 2 * (duration)wait->msl));
    } else {
        seed_assert(whole.tcp->timer_at == before);
    }
    if (next != TCP_TIME_WAIT_STAYS) {
        seed_assert(says(&whole, &said));
        said.n_sack = 0;
        tcp_time_wait_ack(wait, TS_OFFSET, now, &answer);
        same_segment(&said, &answer);
    }
    silent(&whole);
}

START_TEST(time_wait)
{
    state = seed_start();
    for (int i = 0; i < N_CONNECTIONS; i++) {
        struct tcp_time_wait wait;

        now = seconds(1000) + (instant)pick(1000000);
        into_time_wait(i % 2 ? &sk_tcp_basic : &sk_tcp_full);
        tcp_time_wait_begin(&wait, whole.tcp);
        for (int n = 0; n < N_SEGMENTS; n++) {
            struct tcp_hdr hdr =
                some_segment(wait.rcv_nxt, wait.rcv_wnd, wait.snd_nxt, wait.ts_recent);

            now += millis(pick(2) * 60);
            same_wait(&wait, &hdr);
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { half_open, time_wait, NULL };

    return suite_run("small_records", tests);
}

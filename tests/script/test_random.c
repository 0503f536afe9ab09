/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scripts that nobody wrote: a random peer and a random program. What has to hold is what audit.c
 * audits after every event (windows that never move back, ranges that stay sorted, books in order)
 * and that every octet read is the peer's, in order.
 */
#include "tests/script/script.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define N_EVENTS 400

/* What the peer knows: octets of its own that it may have sent, and of ours that it has seen. */
struct peer {
    uint64_t *rng;
    uint32_t edge; /* its stream reaches this far, relative */
    uint32_t seen; /* of ours, relative, with SYN and FIN */
    int64_t ms;
};

static uint32_t some(struct peer *p, uint32_t n)
{
    return random_below(p->rng, n);
}

static void look(struct script *s, struct peer *p)
{
    struct tcp_hdr hdr;

    while (script_take(s, &hdr)) {
        uint32_t end = hdr.seq + tcp_seg_len(&hdr);

        if (end - p->seen < 1u << 30) {
            p->seen = end;
        }
    }
}

/* Blocks of SACK: of what is in flight, mostly; duplicates, lies and nonsense. */
static void report(const struct script *s, struct peer *p, struct event *e)
{
    uint32_t una = s->tcp->snd_una - s->iss;
    uint32_t out = s->tcp->snd_nxt - s->tcp->snd_una;

    for (uint32_t i = some(p, TCP_MAX_SACK + 1); i-- > 0;) {
        uint32_t start = una + some(p, out + 1000) - some(p, 300);

        start = some(p, 3) == 0 ? una + some(p, out / 100 + 1) * 100 : start;
        e->sack[i] = (struct tcp_sack){ start, start + some(p, 3000) - (some(p, 30) == 0) };
    }
}

/* A segment from anywhere near the window, often true, sometimes a lie. */
static void send_something(struct script *s, struct peer *p)
{
    uint32_t next = s->tcp->rcv_nxt - s->irs;
    uint32_t window = s->tcp->rcv_adv - s->tcp->rcv_nxt;
    uint32_t len = some(p, 4) == 0 ? 0 : some(p, 1500);
    uint32_t seq = some(p, 3) == 0 ? next : next + some(p, window + 2000) - some(p, 3000);
    uint32_t ack = p->seen - (some(p, 2) ? 0 : some(p, 3000)) + (some(p, 50) == 0);
    uint32_t flags = TCP_ACK | (some(p, 20) == 0 ? TCP_SYN : 0);
    int32_t win = some(p, 4) ? 0 : some(p, 5) ? (int32_t)some(p, 65535) + 1 : SHUT;

    if (some(p, 8) == 0) {
        len = some(p, 3);
    }
    if ((int32_t)seq <= 0) {
        seq = 1;
    }
    struct event e = in(p->ms, flags, seq, ack, len, .win = win);

    if (some(p, 2)) {
        report(s, p, &e);
    }
    e.ce = some(p, 10) == 0;
    e.what |= some(p, 10) == 0 ? TCP_ECE : 0;
    e.what |= some(p, 10) == 0 ? TCP_CWR : 0;
    script_step(s, &e);
}

/* A router takes less, or says so. */
static void complain(struct script *s, struct peer *p)
{
    uint16_t mtu = (uint16_t)some(p, some(p, 2) ? 2000 : 65536);

    tcp_too_big(s->tcp, &mtu, s->tcp->snd_una + some(p, 3000) - some(p, 100), s->now);
    play(s, app(p->ms, READ, 0));
}

static void do_something(struct script *s, struct peer *p)
{
    uint32_t unread = ring_used(&s->tcp->rx);
    uint32_t room = ring_free(&s->tcp->tx);

    switch (some(p, 8)) {
    case 0:
        play(s, app(p->ms, WRITE, some(p, (room < 9000 ? room : 9000) + 1)));
        break;
    case 1:
        play(s, app(p->ms, READ, some(p, unread + 1)));
        break;
    case 2:
        play(s, app(p->ms, READ, some(p, (unread < 10 ? unread : 10) + 1)));
        break;
    case 3:
        p->ms += some(p, 2) ? some(p, 50) : some(p, 3000);
        while (script_advance(s, p->ms) && p->ms > script_ms(s)) {
            look(s, p);
        }
        break;
    case 4:
        play(s, app(p->ms, LINK, some(p, 2)));
        break;
    case 5:
        if (some(p, 4) == 0) {
            complain(s, p);
            break;
        }
        send_something(s, p);
        break;
    default:
        send_something(s, p);
        break;
    }
}

static void connect_to(struct script *s, struct peer *p)
{
    struct event answer = in(10, SYN | ACK, 0, 1, 0, .win = 65535);

    play(s, active(0));
    look(s, p);
    answer.mss = 1 + (int32_t)some(p, 2000);
    answer.ws = some(p, 2) ? (int32_t)some(p, 15) : 0;
    answer.sack_ok = some(p, 4) > 0;
    script_step(s, &answer);
    look(s, p);
}

static const struct tcp_profile *const profiles[] = { &sk_tcp_basic, &sk_tcp_full, &sk_tcp_bbr };

static void play_at_random(struct script *s, uint64_t seed)
{
    char title[32];
    uint64_t rng = seed;
    struct peer p = { .rng = &rng, .seen = 1, .ms = 20 };
    uint32_t shift = some(&p, 11);
    uint32_t size = 1024u << shift;
    uint32_t limit = some(&p, 2) ? size : 1024 + some(&p, size);

    snprintf(title, sizeof(title), "SEED=%llu", (unsigned long long)seed);
    script_begin(s, title, random_u32(&rng), random_u32(&rng), 1 + random_u32(&rng));
    play(s, setup(.profile = profiles[some(&p, 3)], .rx = size, .tx = 16384, .limit = limit,
                  .path_mss = (uint16_t)(100 + some(&p, 2000)),
                  .inflight = (uint16_t)(4 + some(&p, 30)), .nodelay = some(&p, 2)));
    connect_to(s, &p);
    for (int i = 0; i < N_EVENTS && s->tcp->state != TCP_CLOSED; i++) {
        s->line = i;
        do_something(s, &p);
        look(s, &p);
    }
    play(s, app(p.ms, LINK, 1));
    look(s, &p);
    /* The stream goes on from where it is. */
    if (s->tcp->state == TCP_ESTABLISHED) {
        play(s, app(p.ms, READ, ring_used(&s->tcp->rx)));
        look(s, &p);
        play(s, in(p.ms, ACK, s->tcp->rcv_nxt - s->irs, p.seen, 1, .win = 65535));
        look(s, &p);
        play(s, app(p.ms, READ, ring_used(&s->tcp->rx)));
        seed_assert(s->reason == DROP_NONE);
    }
    script_end(s);
}

START_TEST(random_scripts_keep_the_books_in_order)
{
    uint64_t first = seed_start();
    struct script *s = malloc(sizeof(*s));

    ck_assert_ptr_nonnull(s);
    for (uint64_t seed = first; seed < first + 1000; seed++) {
        play_at_random(s, seed);
    }
    free(s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { random_scripts_keep_the_books_in_order, NULL };

    return suite_run("random", tests);
}

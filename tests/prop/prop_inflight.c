/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sender's scoreboard against an array with an entry for every octet. Where the table is full,
 * octets may count as sent later than they were; nothing else may be forgotten. SEED=n replays a
 * run.
 */
#include <check.h>

#include "proto/tcp/inflight.h"
#include "proto/tcp/seq.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"

#define N_ROUNDS 10
#define N_STEPS 600
#define MAX_OUT 4096u
#define N_RECORDS 128

static struct inflight_record records[N_RECORDS];

struct octet {
    uint32_t sent_at;
    uint32_t flags;
};

struct world {
    struct inflight f;
    struct octet octets[MAX_OUT]; /* by seq % MAX_OUT */
    uint32_t una;
    uint32_t nxt;
    uint32_t now;
};

static struct octet *octet_at(struct world *w, uint32_t seq)
{
    return &w->octets[seq % MAX_OUT];
}

/* Asserts once a record: an assertion costs more than an octet. */
static void compare(struct world *w)
{
    uint32_t at = w->una;
    uint32_t sacked = 0;
    uint32_t lost = 0;

    seed_assert(w->f.start == w->una && inflight_end(&w->f) == w->nxt);
    seed_assert(w->f.n <= N_RECORDS);
    for (uint16_t i = 0; i < w->f.n; i++) {
        const struct inflight_record *record = inflight_at(&w->f, i);
        bool same = inflight_start(&w->f, i) == at && seq_after(record->end, at);

        for (; same && at != record->end; at++) {
            const struct octet *octet = octet_at(w, at);

            same = octet->flags == record->flags && !seq_after(octet->sent_at, record->sent_at);
            sacked += octet->flags & INFLIGHT_SACKED ? 1 : 0;
            lost += octet->flags & INFLIGHT_LOST ? 1 : 0;
        }
        seed_assert(same);
    }
    seed_assert(at == w->nxt && w->f.sacked == sacked && w->f.lost == lost);
}

static void send_more(struct world *w, uint64_t *state)
{
    uint32_t room = MAX_OUT - (w->nxt - w->una);
    uint32_t len = 1 + random_below(state, 100);
    bool full = w->f.n == N_RECORDS;

    if (len > room) {
        return;
    }
    w->now += random_below(state, 3);
    for (uint32_t i = 0; i < len; i++) {
        *octet_at(w, w->nxt + i) = (struct octet){ w->now, 0 };
    }
    w->nxt += len;
    inflight_append(&w->f, w->nxt, w->now);
    if (full) { /* it may have been added to a record of another fate */
        for (uint32_t at = inflight_start(&w->f, (uint16_t)(w->f.n - 1)); at != w->nxt; at++) {
            octet_at(w, at)->flags = 0;
        }
    }
}

static void acknowledge(struct world *w, uint64_t *state)
{
    uint32_t una = w->una + random_below(state, w->nxt - w->una + 1) / 4;
    uint32_t sacked = 0;
    uint32_t lost = 0;
    uint16_t n = 0;

    for (; w->una != una; w->una++) {
        uint32_t flags = octet_at(w, w->una)->flags;

        sacked += (flags & INFLIGHT_SACKED) != 0;
        lost += (flags & INFLIGHT_LOST) != 0;
    }
    while (n < w->f.n && !seq_after(inflight_at(&w->f, n)->end, una)) {
        n++;
    }
    inflight_consume(&w->f, n, una, sacked, lost);
}

static void change(struct world *w, uint64_t *state)
{
    static const uint32_t flags[] = { 0, INFLIGHT_SACKED, INFLIGHT_LOST, INFLIGHT_AGAIN,
                                      INFLIGHT_LOST | INFLIGHT_AGAIN };
    uint32_t start = w->una + random_below(state, w->nxt - w->una);
    uint16_t i = inflight_find(&w->f, start);
    uint32_t end = inflight_at(&w->f, i)->end;
    uint32_t set = flags[random_below(state, sizeof flags / sizeof flags[0])];

    end = random_below(state, 2) ? end : start + 1 + random_below(state, end - start);
    if (!inflight_cut(&w->f, start, end, &i)) {
        seed_assert(w->f.n + 2 > N_RECORDS && i == inflight_find(&w->f, start));
        return;
    }
    seed_assert(inflight_start(&w->f, i) == start && inflight_at(&w->f, i)->end == end);
    w->now += random_below(state, 2);
    inflight_set(&w->f, i, set, w->now);
    i = inflight_tidy(&w->f, i);
    seed_assert(i == inflight_find(&w->f, start));
    for (uint32_t at = start; at != end; at++) {
        *octet_at(w, at) = (struct octet){ w->now, set };
    }
}

/* Of some records, which then share a fate and the latest of their times. */
static void join(struct world *w, uint64_t *state)
{
    uint16_t i = (uint16_t)random_below(state, w->f.n);
    uint16_t n = (uint16_t)(1 + random_below(state, w->f.n - i));
    uint32_t set = random_below(state, 2) ? INFLIGHT_SACKED : INFLIGHT_LOST;
    uint32_t end = inflight_at(&w->f, (uint16_t)(i + n - 1))->end;
    uint16_t n_before = w->f.n;

    inflight_join(&w->f, i, n, set);
    seed_assert(w->f.n == n_before - n + 1 && inflight_at(&w->f, i)->end == end);
    for (uint32_t at = inflight_start(&w->f, i); at != end; at++) {
        octet_at(w, at)->flags = set;
    }
    inflight_tidy(&w->f, i);
}

START_TEST(records_tell_what_became_of_every_octet)
{
    uint64_t state = seed_start();
    static struct world w;
    bool was_full = false;

    for (int round = 0; round < N_ROUNDS; round++) {
        w.una = w.nxt = random_u32(&state);
        w.now = UINT32_MAX - random_below(&state, N_STEPS);
        inflight_init(&w.f, records, N_RECORDS, w.una);
        for (int step = 0; step < N_STEPS; step++) {
            uint32_t what = random_below(&state, 16);

            if (what < 5 || w.una == w.nxt) {
                send_more(&w, &state);
            } else if (what < 6) {
                acknowledge(&w, &state);
            } else if (random_below(&state, 64) == 0) {
                join(&w, &state);
            } else {
                change(&w, &state);
            }
            was_full = was_full || w.f.n == N_RECORDS;
            compare(&w);
        }
    }
    ck_assert(was_full);
}
END_TEST

START_TEST(octets_that_left_together_are_one_record)
{
    struct inflight f;

    inflight_init(&f, records, N_RECORDS, UINT32_MAX - 50);
    for (uint32_t i = 1; i <= 10; i++) {
        inflight_append(&f, UINT32_MAX - 50 + 100 * i, 7);
    }
    ck_assert_uint_eq(f.n, 1);
    inflight_append(&f, UINT32_MAX - 50 + 1100, 8);
    ck_assert_uint_eq(f.n, 2);
}
END_TEST

/* Every second one of the records that are there: a long flight costs no more than the table. */
START_TEST(a_full_table_becomes_coarser)
{
    struct inflight f;

    const uint32_t start = UINT32_MAX - 50 * N_RECORDS; /* of the clock, which wraps halfway */

    inflight_init(&f, records, N_RECORDS, 0);
    for (uint32_t i = 1; i <= 100 * N_RECORDS; i++) {
        inflight_append(&f, i * 1000, start + i);
    }
    ck_assert_uint_eq(inflight_end(&f), 100000 * N_RECORDS);
    ck_assert_uint_ge(f.n, N_RECORDS / 2);
    for (uint16_t i = 0; i < f.n; i++) { /* its share is 100 */
        ck_assert_uint_le(inflight_at(&f, i)->sent_at - start - inflight_start(&f, i) / 1000, 600);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        records_tell_what_became_of_every_octet,
        octets_that_left_together_are_one_record,
        a_full_table_becomes_coarser,
        NULL,
    };

    return suite_run("inflight", tests);
}

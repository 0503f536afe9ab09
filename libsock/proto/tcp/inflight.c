/* SPDX-License-Identifier: BSD-3-Clause */
/* The sender's scoreboard: see inflight.h. The records lie in a window of the table that moves up
 * as the front is acknowledged, and back to its beginning when it meets the end. */
#include "proto/tcp/inflight.h"

#include "base/assert.h"
#include "proto/tcp/seq.h"

#include <string.h>

void inflight_init(struct inflight *f, struct inflight_record *records, uint16_t cap,
                   uint32_t start)
{
    *f = (struct inflight){ .start = start, .records = records, .cap = cap };
}

static bool is_full(const struct inflight *f)
{
    return f->n == f->cap;
}

/* `octets` more, or less, have these flags. */
static void count(struct inflight *f, uint32_t flags, uint32_t octets)
{
    f->sacked += flags & INFLIGHT_SACKED ? octets : 0;
    f->lost += flags & INFLIGHT_LOST ? octets : 0;
}

static uint32_t later(uint32_t a, uint32_t b)
{
    return seq_after(b, a) ? b : a;
}

/* Time between two records being sent, whichever came first. */
static uint32_t apart(const struct inflight_record *a, const struct inflight_record *b)
{
    uint32_t ahead = b->sent_at - a->sent_at;

    return seq_after(b->sent_at, a->sent_at) ? ahead : -ahead;
}

/* Joins neighbours of one fate, two by two, where at most `most` passes between the record before
 * them and the second one: how much too late the first octet of both will seem to be sent. */
static void join_pairs(struct inflight *f, uint32_t most)
{
    uint16_t kept = 0;
    struct inflight_record before = *inflight_at(f, 0);

    for (uint16_t i = 0; i < f->n; kept++) {
        struct inflight_record record = *inflight_at(f, i);
        const struct inflight_record *next = inflight_at(f, i) + 1;

        i++;
        if (kept > 0 && i < f->n && next->flags == record.flags && apart(&before, next) <= most) {
            record.end = next->end;
            record.sent_at = later(record.sent_at, next->sent_at);
            i++;
        }
        before = record;
        f->records[kept] = record; /* never past what is still to be read */
    }
    f->first = 0;
    f->n = kept;
}

/* Neighbours share a fate: else it is in vain to look for what can be joined. */
static bool any_pair(struct inflight *f)
{
    for (uint16_t i = 2; i < f->n; i++) {
        if (inflight_at(f, i)->flags == inflight_at(f, (uint16_t)(i - 1))->flags) {
            return true;
        }
    }
    return false;
}

/* Records that span little of the time that the flight does first, so that none grows much coarser
 * than the others. */
static void make_room(struct inflight *f)
{
    uint32_t flight = apart(inflight_at(f, 0), inflight_at(f, (uint16_t)(f->n - 1)));

    if (!any_pair(f)) {
        return;
    }
    join_pairs(f, 4 * (flight / f->cap + 1));
    if (is_full(f)) {
        join_pairs(f, UINT32_MAX);
    }
}

static void insert(struct inflight *f, uint16_t i, struct inflight_record record)
{
    SK_ASSERT(!is_full(f) && i <= f->n);
    if (f->first + f->n == f->cap) {
        memmove(f->records, inflight_at(f, 0), f->n * sizeof(record));
        f->first = 0;
    }
    memmove(inflight_at(f, i) + 1, inflight_at(f, i), (size_t)(f->n - i) * sizeof(record));
    *inflight_at(f, i) = record;
    f->n++;
}

static void remove_record(struct inflight *f, uint16_t i)
{
    f->n--;
    if (i == 0) {
        f->first = f->n == 0 ? 0 : (uint16_t)(f->first + 1);
        return;
    }
    memmove(inflight_at(f, i), inflight_at(f, i) + 1, (size_t)(f->n - i) * sizeof(f->records[0]));
}

void inflight_append(struct inflight *f, uint32_t end, uint32_t sent_at)
{
    struct inflight_record *last = f->n > 0 ? inflight_at(f, (uint16_t)(f->n - 1)) : NULL;

    if (last && last->flags == 0 && last->sent_at == sent_at) {
        last->end = end;
        return;
    }
    if (is_full(f)) {
        make_room(f);
    }
    if (is_full(f)) { /* of records that cannot be joined: the last one takes it, as if sent now */
        inflight_set(f, (uint16_t)(f->n - 1), 0, sent_at);
        inflight_at(f, (uint16_t)(f->n - 1))->end = end;
        return;
    }
    insert(f, f->n, (struct inflight_record){ .end = end, .sent_at = sent_at });
}

void inflight_consume(struct inflight *f, uint16_t n, uint32_t una, uint32_t sacked, uint32_t lost)
{
    SK_ASSERT(n <= f->n && !seq_before(una, inflight_start(f, n)));
    SK_ASSERT(una == inflight_start(f, n) || (n < f->n && seq_before(una, inflight_at(f, n)->end)));
    f->sacked -= sacked;
    f->lost -= lost;
    f->start = una;
    f->n = (uint16_t)(f->n - n);
    f->first = f->n == 0 ? 0 : (uint16_t)(f->first + n);
}

uint16_t inflight_find(const struct inflight *f, uint32_t seq)
{
    uint16_t low = 0;
    uint16_t high = f->n;

    while (low < high) { /* the first record that ends after seq */
        uint16_t middle = (uint16_t)((low + high) / 2);

        if (seq_after(f->records[f->first + middle].end, seq)) {
            high = middle;
        } else {
            low = (uint16_t)(middle + 1);
        }
    }
    SK_ASSERT(low < f->n && !seq_before(seq, inflight_start(f, low)));
    return low;
}

/* A boundary at `seq` in the record, of which the part before it stays the i-th. */
static void split(struct inflight *f, uint32_t seq, uint16_t i)
{
    struct inflight_record front = *inflight_at(f, i);

    front.end = seq;
    insert(f, i, front);
}

static uint16_t cuts_needed(struct inflight *f, uint32_t start, uint32_t end, uint16_t i)
{
    SK_ASSERT(!seq_after(end, inflight_at(f, i)->end) && !seq_before(start, inflight_start(f, i)));
    return (uint16_t)((start != inflight_start(f, i)) + (end != inflight_at(f, i)->end));
}

bool inflight_cut(struct inflight *f, uint32_t start, uint32_t end, uint16_t *i)
{
    uint16_t n_cuts = cuts_needed(f, start, end, *i);

    if (n_cuts == 0) {
        return true;
    }
    if (f->n + n_cuts > f->cap) {
        make_room(f);
        *i = inflight_find(f, start);
        n_cuts = cuts_needed(f, start, end, *i);
    }
    if (f->n + n_cuts > f->cap) {
        return false;
    }
    if (start != inflight_start(f, *i)) {
        split(f, start, *i);
        (*i)++;
    }
    if (end != inflight_at(f, *i)->end) {
        split(f, end, *i);
    }
    return true;
}

void inflight_set(struct inflight *f, uint16_t i, uint32_t flags, uint32_t sent_at)
{
    struct inflight_record *record = inflight_at(f, i);
    uint32_t octets = record->end - inflight_start(f, i);

    count(f, record->flags, -octets);
    record->flags = flags;
    record->sent_at = sent_at;
    count(f, flags, octets);
}

void inflight_join(struct inflight *f, uint16_t i, uint16_t n, uint32_t flags)
{
    struct inflight_record *record = inflight_at(f, i);
    struct inflight_record joined = { .end = record[n - 1].end,
                                      .sent_at = record->sent_at,
                                      .flags = flags };
    uint32_t start = inflight_start(f, i);

    count(f, flags, joined.end - start);
    for (uint16_t j = 0; j < n; j++) {
        count(f, record[j].flags, -(record[j].end - start));
        start = record[j].end;
        joined.sent_at = later(joined.sent_at, record[j].sent_at);
    }
    memmove(record + 1, record + n, (size_t)(f->n - i - n) * sizeof(*record));
    *record = joined;
    f->n = (uint16_t)(f->n - n + 1);
}

/* Nothing is asked any more of the time at which octets were sent that arrived, or were lost. */
static bool are_alike(const struct inflight_record *a, const struct inflight_record *b)
{
    return a->flags == b->flags &&
           (a->flags & (INFLIGHT_SACKED | INFLIGHT_LOST) || a->sent_at == b->sent_at);
}

static void join_with_next(struct inflight *f, uint16_t i)
{
    struct inflight_record *record = inflight_at(f, i);

    record[1].sent_at = later(record->sent_at, record[1].sent_at);
    if (i == 0) { /* its octets are counted already, and the next one begins where it did */
        remove_record(f, 0);
    } else {
        record->end = record[1].end;
        record->sent_at = record[1].sent_at;
        remove_record(f, (uint16_t)(i + 1));
    }
}

uint16_t inflight_tidy(struct inflight *f, uint16_t i)
{
    if (i + 1 < f->n && are_alike(inflight_at(f, i), inflight_at(f, (uint16_t)(i + 1)))) {
        join_with_next(f, i);
    }
    if (i > 0 && are_alike(inflight_at(f, (uint16_t)(i - 1)), inflight_at(f, i))) {
        join_with_next(f, --i);
    }
    return i;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What became of the octets from SND.UNA to SND.NXT, and when they were last sent: the sender's
 * scoreboard (RFC 8985 5.2, RFC 6675 4). Records are sorted and leave no gap; each begins where the
 * one before it ends. Octets that left at the same time and share their fate are one record,
 * whatever number of segments they were; when the table is full, neighbours that share a fate are
 * joined, and the time of such a record is that of the last of them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum inflight_flag {
    INFLIGHT_SACKED = 1, /* the peer has it; alone */
    INFLIGHT_LOST = 2,   /* to be sent again */
    INFLIGHT_AGAIN = 4,  /* was sent more than once */
};

struct inflight_record {
    uint32_t end;     /* one past its last octet */
    uint32_t sent_at; /* microseconds, low 32 bits */
    uint32_t flags;   /* enum inflight_flag */
};

struct inflight {
    uint32_t start;  /* the first octet of the first record: SND.UNA */
    uint32_t sacked; /* octets in records with INFLIGHT_SACKED */
    uint32_t lost;   /* ... with INFLIGHT_LOST */
    uint16_t first;  /* index into records */
    uint16_t n;
    uint16_t cap;
    struct inflight_record *records;
};

/** An empty scoreboard over `cap` records, at least 4. */
void inflight_init(struct inflight *f, struct inflight_record *records, uint16_t cap,
                   uint32_t start);

static inline struct inflight_record *inflight_at(struct inflight *f, uint16_t i)
{
    return &f->records[f->first + i];
}

/** Where the i-th record begins. */
static inline uint32_t inflight_start(const struct inflight *f, uint16_t i)
{
    return i == 0 ? f->start : f->records[f->first + i - 1].end;
}

/** One past the last octet. */
static inline uint32_t inflight_end(const struct inflight *f)
{
    return inflight_start(f, f->n);
}

/** The octets from inflight_end to `end` are sent for the first time. */
void inflight_append(struct inflight *f, uint32_t end, uint32_t sent_at);

/** Forgets the first `n` records, and of the next one what lies before `una`. Of all that, so many
 * octets are SACKED and LOST: who looked at them knows. */
void inflight_consume(struct inflight *f, uint16_t n, uint32_t una, uint32_t sacked, uint32_t lost);

/** The record in which `seq` lies, inflight_start <= seq < inflight_end. */
uint16_t inflight_find(const struct inflight *f, uint32_t seq);

/**
 * Makes a record of exactly [start, end), which lies within the `*i`-th, and sets `*i` to it. False
 * when the table is full of records that cannot be joined; `*i` is then the one that it lies in.
 * Other records may move.
 */
bool inflight_cut(struct inflight *f, uint32_t start, uint32_t end, uint16_t *i);

/** What became of the i-th record. */
void inflight_set(struct inflight *f, uint16_t i, uint32_t flags, uint32_t sent_at);

/** Makes one record of the `n` from the i-th on, at least one: what became of them all. */
void inflight_join(struct inflight *f, uint16_t i, uint16_t n, uint32_t flags);

/** Joins the i-th record with neighbours that nothing tells apart: all SACKED, or LOST, or sent at
 * the same time. Answers which one it is then. */
uint16_t inflight_tidy(struct inflight *f, uint16_t i);

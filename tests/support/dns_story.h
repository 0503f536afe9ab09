/* SPDX-License-Identifier: BSD-3-Clause */
/* A question of the resolver in virtual time, a table that answers it, and the words to tell it
 * with. */
#pragma once

#include <check.h>
#include <string.h>

#include "proto/dns.h"
#include "tests/support/dns_server.h"
#include "tests/support/exact.h"

#define MAX_SENT 64
#define EPOCH (seconds(86400) + 777)
#define ADDR(n) ip4(0x0a000100u + (n))

struct sent {
    instant at;
    uint8_t server;
    size_t len;
    uint8_t octets[DNS_MAX_UDP_LEN];
};

static struct sk_addr servers[2];

static struct dns_record records[] = {
    { .name = "www.example", .kind = DNS_RECORD_ADDR, .ttl = 300 },
    { .name = "alias.example", .kind = DNS_RECORD_ALIAS, .alias_of = "www.example", .ttl = 60 },
    { .name = "alias2.example", .kind = DNS_RECORD_ALIAS, .alias_of = "Alias.Example", .ttl = 600 },
    { .name = "dangling.example", .kind = DNS_RECORD_ALIAS, .alias_of = "nowhere.example" },
    { .name = "loop.example", .kind = DNS_RECORD_ALIAS, .alias_of = "loop.example" },
    { .name = "empty.example", .kind = DNS_RECORD_EMPTY },
    { .name = "broken.example", .kind = DNS_RECORD_FAILS, .rcode = DNS_SERVFAIL },
    { .name = "refused.example", .kind = DNS_RECORD_FAILS, .rcode = DNS_REFUSED },
    { .name = "silent.example", .kind = DNS_RECORD_SILENT },
    { .name = "zone.example", .kind = DNS_RECORD_ZONE, .ttl = 600 },
    { .name = "empty.zone.example", .kind = DNS_RECORD_EMPTY },
    { .name = "eternal.example", .kind = DNS_RECORD_ZONE, .ttl = 1000000 },
    { .name = "old.example", .kind = DNS_RECORD_ADDR, .ttl = 0x7fffffff },
};
#define N_RECORDS (sizeof records / sizeof *records)

static struct rng rng;
static struct dns_query query;
static instant now;
static struct sent sent[MAX_SENT];
static size_t n_sent;
static size_t n_seen;

static inline void begin(void)
{
    static const uint8_t seed[16] = "dns";

    rng_init(&rng, seed);
    servers[0] = (struct sk_addr){ ip4(0x0a000203), 53 };
    servers[1] = (struct sk_addr){ ip4(0x0a000204), 5353 };
    records[0].addr = ADDR(1);
    now = EPOCH;
    n_sent = n_seen = 0;
}

static inline void ask(const char *name, size_t n_servers)
{
    begin();
    ck_assert_int_eq(dns_start(&query, name, servers, n_servers, &rng, now), SK_OK);
    ck_assert_int_eq(query.result, SK_PENDING);
}

static inline void drain(void)
{
    struct sent *s = &sent[n_sent];
    struct writer w = writer_over(s->octets, sizeof s->octets);

    if (dns_next(&query, now, &w)) {
        s->at = now;
        s->server = query.server;
        s->len = w.len;
        dns_sent(&query, now);
        ck_assert_uint_lt(++n_sent, MAX_SENT);
    }
}

/* Lets time pass until `ms` after the beginning. */
static inline void run(int64_t ms)
{
    instant until = EPOCH + millis(ms);

    drain();
    while (dns_poll_at(&query) <= until) {
        ck_assert_int_ge(dns_poll_at(&query), now);
        now = dns_poll_at(&query);
        dns_poll(&query, now);
        drain();
    }
    now = until;
}

static inline void asked(int64_t ms, uint8_t server)
{
    ck_assert_uint_lt(n_seen, n_sent);
    ck_assert_int_eq(sent[n_seen].at, EPOCH + millis(ms));
    ck_assert_uint_eq(sent[n_seen].server, server);
    ck_assert_mem_eq(sent[n_seen].octets, sent[0].octets,
                     sent[0].len); /* the same question, the same id */
    n_seen++;
}

static inline void silence(void)
{
    ck_assert_uint_eq(n_seen, n_sent);
}

static inline enum drop_reason arrives(const uint8_t *octets, size_t len)
{
    enum drop_reason reason;

    WITH_EXACT(c, octets, len, reason = dns_arrives(&query, &c, now));
    return reason;
}

/* What the table's server answers to the question that was sent last. */
static inline size_t answer_to(uint8_t *answer)
{
    return dns_server_answer(records, N_RECORDS, sent[n_sent - 1].octets, sent[n_sent - 1].len,
                             answer, DNS_MAX_UDP_LEN);
}

static inline void answered(void)
{
    uint8_t answer[DNS_MAX_UDP_LEN];

    drain();
    ck_assert_int_eq(arrives(answer, answer_to(answer)), DROP_NONE);
}

static inline enum sk_err resolve(const char *name)
{
    ask(name, 1);
    answered();
    ck_assert(!query.send_due || query.result == SK_PENDING);
    return query.result;
}

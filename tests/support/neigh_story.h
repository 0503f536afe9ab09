/* SPDX-License-Identifier: BSD-3-Clause */
/* A neighbour cache in virtual time, and the words to tell what happens to it. */
#pragma once

#include <check.h>
#include <string.h>

#include "proto/neigh.h"

#define N_PLACES 4
#define MAX_SENT 4096
#define SLACK millis(3) /* a tick or two later than asked, never earlier */

struct sent {
    instant at;
    struct arp_hdr hdr;
    struct mac_addr dst;
};

static struct neigh entries[N_PLACES];
static struct neigh_cache cache;
static instant now;
static struct sent sent[MAX_SENT];
static size_t n_sent;
static size_t n_seen;
static unsigned n_woken;

static const struct mac_addr our_mac = { { 2, 0, 0, 0, 0, 1 } };
static const struct mac_addr evil_mac = { { 2, 0x66, 6, 6, 6, 6 } };

#define EPOCH (seconds(86400) + 777)
#define US host(1)
#define GATEWAY host(254)

static inline struct ip_addr host(uint32_t n)
{
    return ip4(0x0a000000u + n);
}

static inline struct mac_addr mac_of(struct ip_addr addr)
{
    uint32_t n = ip4_bits(addr);

    return (struct mac_addr){ { 2, 1, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
                                (uint8_t)n } };
}

static inline void begin(void)
{
    now = EPOCH;
    n_sent = n_seen = n_woken = 0;
    memset(entries, 0xee, sizeof entries);
    neigh_init(&cache, entries, N_PLACES, our_mac);
    neigh_set_addr(&cache, US);
}

static inline void drain(void)
{
    struct sent s = { .at = now };

    while (neigh_next(&cache, now, &s.hdr, &s.dst)) {
        ck_assert_uint_eq(s.hdr.op, ARP_REQUEST);
        ck_assert(mac_equal(s.hdr.sha, our_mac));
        ck_assert(ip_equal(s.hdr.spa, US));
        ck_assert_uint_lt(n_sent, MAX_SENT);
        sent[n_sent++] = s;
    }
}

/* Lets time pass until `ms` after the beginning, as an interface would: everything at its time,
 * then sleep. */
static inline void run(int64_t ms)
{
    instant until = EPOCH + millis(ms);
    unsigned rounds = 0;

    for (;;) {
        instant at = neigh_poll_at(&cache, now);

        if (at > until) {
            break;
        }
        now = at > now ? at : now;
        n_woken += neigh_poll(&cache, now);
        drain();
        ck_assert_uint_lt(++rounds, 100000);
    }
    now = until;
}

static inline enum neigh_state look(struct ip_addr addr)
{
    struct mac_addr mac;
    uint8_t hint = 0;
    enum neigh_state state = neigh_lookup(&cache, addr, now, &mac, &hint);

    if (state == NEIGH_KNOWN) {
        ck_assert(mac_equal(mac, mac_of(addr)));
    }
    return state;
}

/* The same for an answer that no socket sends. */
static inline enum neigh_state look_for_answer(struct ip_addr addr)
{
    struct mac_addr mac;
    enum neigh_state state = neigh_lookup_for_answer(&cache, addr, now, &mac);

    if (state == NEIGH_KNOWN) {
        ck_assert(mac_equal(mac, mac_of(addr)));
    }
    return state;
}

static inline enum drop_reason arrives(uint16_t op, struct ip_addr spa, struct mac_addr sha,
                                       struct ip_addr tpa, bool *changed)
{
    struct arp_hdr hdr = { .op = op, .sha = sha, .spa = spa, .tha = our_mac, .tpa = tpa };

    return neigh_arrives(&cache, &hdr, now, changed);
}

/* A good answer; true when it wakes who waited. */
static inline bool answers(struct ip_addr addr)
{
    bool changed;

    ck_assert_int_eq(arrives(ARP_REPLY, addr, mac_of(addr), US, &changed), DROP_NONE);
    return changed;
}

static inline enum drop_reason forged(uint16_t op, struct ip_addr addr, struct ip_addr tpa)
{
    bool changed;
    enum drop_reason reason = arrives(op, addr, evil_mac, tpa, &changed);

    ck_assert(!changed);
    return reason;
}

static inline const struct sent *next_sent(int64_t ms)
{
    ck_assert_uint_lt(n_seen, n_sent);
    ck_assert_int_ge(sent[n_seen].at, EPOCH + millis(ms));
    ck_assert_int_le(sent[n_seen].at, EPOCH + millis(ms) + SLACK);
    return &sent[n_seen++];
}

static inline void who_has(int64_t ms, struct ip_addr addr, struct mac_addr dst)
{
    const struct sent *s = next_sent(ms);

    ck_assert(ip_equal(s->hdr.tpa, addr));
    ck_assert(mac_equal(s->dst, dst));
}

static inline void silence(void)
{
    ck_assert_uint_eq(n_seen, n_sent);
}

/* `addr` is known and in use, and nothing has been sent since. */
static inline void meet(struct ip_addr addr)
{
    ck_assert_int_eq(look(addr), NEIGH_WAITING);
    drain();
    ck_assert(answers(addr));
    ck_assert_int_eq(look(addr), NEIGH_KNOWN);
    n_seen = n_sent;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The neighbour cache (RFC 826, RFC 1122 2.3.2). A few entries, searched in order; a hint makes the
 * usual look-up one comparison. An entry in use is confirmed with unicast requests to the address
 * it has (RFC 1122 2.3.2.1 (2)) for the last seconds that it is believed, so traffic does not stop
 * for it; one that nobody used is forgotten then. Somebody else's claim to an entry changes nothing
 * by itself: it only brings that confirmation forward. Who gives way to a new entry depends on who
 * wants it: a sender of ours, an answer to a stranger, or a host that asks for us.
 */
#include "proto/neigh.h"

#define CONFIRM_AFTER (NEIGH_FRESH_TIME - NEIGH_MAX_REQUESTS * NEIGH_REQUEST_INTERVAL)
#define DOUBT_INTERVAL                                                                             \
    (2 * NEIGH_REQUEST_INTERVAL) /* longer than an entry is kept for being asked for */

void neigh_init(struct neigh_cache *cache, struct neigh *entries, uint32_t n, struct mac_addr mac)
{
    *cache = (struct neigh_cache){ .entries = entries, .n = n, .mac = mac };
    neigh_set_addr(cache, ip4(0));
}

void neigh_set_addr(struct neigh_cache *cache, struct ip_addr addr)
{
    for (uint32_t i = 0; i < cache->n; i++) {
        cache->entries[i].state = NEIGH_FREE;
    }
    cache->addr = addr;
    cache->no_place = false;
    cache->no_place_for_answer = false;
}

static struct neigh *find(const struct neigh_cache *cache, struct ip_addr addr)
{
    for (uint32_t i = 0; i < cache->n; i++) {
        struct neigh *e = &cache->entries[i];

        if (e->state != NEIGH_FREE && ip_equal(e->addr, addr)) {
            return e;
        }
    }
    return NULL;
}

static bool asked_within(const struct neigh *e, duration d, instant now)
{
    return !tick_due(e->asked_at + tick_ceil(d), now);
}

/* No second request to the same address now (RFC 1122 2.3.2.1), whatever it is for. */
static bool asked_recently(const struct neigh *e, instant now)
{
    return asked_within(e, NEIGH_REQUEST_INTERVAL, now);
}

static void ask(struct neigh *e, struct ip_addr addr, bool stranger, instant now)
{
    *e = (struct neigh){ .addr = addr,
                         .state = NEIGH_WAITING,
                         .request_due = true,
                         .stranger = stranger,
                         .at = tick_ceil(now + NEIGH_REQUEST_INTERVAL),
                         .asked_at = tick_floor(now) };
}

/* Who gives way to a new entry, best first; an entry that was just asked for would only be asked
 * for again. */
enum { WORTH_NOTHING, WORTH_LITTLE, WORTH_SOME, WORTH_AN_ANSWER, WORTH_MUCH, WORTH_KEEPING };

struct choice {
    struct neigh *best; /* NULL: none is worth less than WORTH_KEEPING */
    int worth;
};

static int worth(const struct neigh *e, instant now)
{
    switch (e->state) {
    case NEIGH_FREE:
        return WORTH_NOTHING;
    case NEIGH_DOWN:
        return WORTH_LITTLE;
    case NEIGH_KNOWN:
        if (asked_recently(e, now)) {
            return WORTH_KEEPING;
        }
        return e->used ? WORTH_MUCH : WORTH_SOME;
    default:
        return e->stranger ? WORTH_AN_ANSWER : WORTH_KEEPING;
    }
}

static void consider(struct choice *choice, struct neigh *e, int w)
{
    if (w < choice->worth ||
        (choice->best && w == choice->worth && tick_before(e->at, choice->best->at))) {
        *choice = (struct choice){ e, w };
    }
}

/*
 * An entry in use gives way only while none is being asked for, so that one program that tries many
 * silent hosts takes one place from the others, not all. NULL: none; each entry that is being asked
 * for is decided within seconds.
 */
static struct neigh *place(const struct neigh_cache *cache, instant now)
{
    struct choice choice = { NULL, WORTH_KEEPING };
    bool waiting = false;

    for (uint32_t i = 0; i < cache->n; i++) {
        struct neigh *e = &cache->entries[i];

        waiting = waiting || e->state == NEIGH_WAITING;
        consider(&choice, e, worth(e, now));
    }
    return choice.worth == WORTH_MUCH && waiting ? NULL : choice.best;
}

/*
 * With half of the places, one of their own that is down. An entry in use gives way only while no
 * stranger has a place, whatever he did to have it.
 */
static struct neigh *place_for_answer(const struct neigh_cache *cache, instant now)
{
    struct choice choice = { NULL, WORTH_KEEPING };
    struct choice down = choice;
    uint32_t n_silent = 0;
    bool others = false;

    for (uint32_t i = 0; i < cache->n; i++) {
        struct neigh *e = &cache->entries[i];
        int w = worth(e, now);
        bool stranger = e->state != NEIGH_FREE && e->stranger;

        others = others || stranger || e->state == NEIGH_WAITING;
        n_silent += stranger && e->state != NEIGH_KNOWN;
        if (stranger && e->state == NEIGH_DOWN) {
            consider(&down, e, w);
        }
        if (w != WORTH_AN_ANSWER) {
            consider(&choice, e, w);
        }
    }
    if (n_silent >= (cache->n + 1) / 2) {
        return down.best;
    }
    return choice.worth == WORTH_MUCH && others ? NULL : choice.best;
}

/* A free one or a stranger's, but not the last where an answer waits: a flood of requests must not
 * keep every answer from its neighbour. */
static struct neigh *place_for_asker(const struct neigh_cache *cache, instant now)
{
    struct choice choice = { NULL, WORTH_KEEPING };
    uint32_t n_waiting = 0;

    for (uint32_t i = 0; i < cache->n; i++) {
        struct neigh *e = &cache->entries[i];

        if (e->state == NEIGH_FREE) {
            consider(&choice, e, WORTH_NOTHING);
        } else if (e->stranger) {
            n_waiting += e->state == NEIGH_WAITING;
            consider(&choice, e, e->state == NEIGH_KNOWN ? WORTH_SOME : worth(e, now));
        }
    }
    return choice.worth == WORTH_AN_ANSWER && n_waiting == 1 ? NULL : choice.best;
}

static bool must_ask(const struct neigh *e, instant now)
{
    return !e || (e->state == NEIGH_DOWN && tick_due(e->at, now));
}

static enum neigh_state state_for_use(struct neigh *e, struct mac_addr *mac)
{
    if (e->state == NEIGH_KNOWN) {
        e->used = true;
        e->stranger = false;
        *mac = e->mac;
    }
    return (enum neigh_state)e->state;
}

enum neigh_state neigh_lookup(struct neigh_cache *cache, struct ip_addr addr, instant now,
                              struct mac_addr *mac, uint8_t *hint)
{
    struct neigh *e = *hint < cache->n ? &cache->entries[*hint] : NULL;

    if (!e || e->state == NEIGH_FREE || !ip_equal(e->addr, addr)) {
        e = find(cache, addr);
    }
    if (must_ask(e, now)) {
        e = e ? e : place(cache, now);
        if (!e) {
            cache->no_place = true;
            return NEIGH_WAITING;
        }
        ask(e, addr, false, now);
    }
    e->stranger = false;
    *hint = (uint8_t)(e - cache->entries);
    return state_for_use(e, mac);
}

enum neigh_state neigh_lookup_for_answer(struct neigh_cache *cache, struct ip_addr addr,
                                         instant now, struct mac_addr *mac)
{
    struct neigh *e = find(cache, addr);

    if (must_ask(e, now)) {
        e = e ? e : place_for_answer(cache, now);
        if (!e) {
            cache->no_place_for_answer = true;
            return NEIGH_WAITING;
        }
        ask(e, addr, true, now);
    }
    return state_for_use(e, mac);
}

static void confirm(struct neigh *e, struct mac_addr mac, instant now)
{
    e->mac = mac;
    e->state = NEIGH_KNOWN;
    e->n_requests = 0;
    e->request_due = false;
    e->at = tick_ceil(now + CONFIRM_AFTER);
    if (!asked_recently(e, now)) {
        e->asked_at = tick_floor(now - DOUBT_INTERVAL); /* it must never lie half a wrap back */
    }
}

/* A sender that names itself otherwise than the entry says, or silence: ask the one we know whether
 * it is still there. */
static void doubt(struct neigh *e, instant now)
{
    if (e->n_requests == 0 && !asked_within(e, DOUBT_INTERVAL, now)) {
        e->request_due = true;
    }
}

bool neigh_is_down(const struct neigh_cache *cache, struct ip_addr addr)
{
    const struct neigh *e = find(cache, addr);

    return e && e->state == NEIGH_DOWN;
}

void neigh_doubt(struct neigh_cache *cache, struct ip_addr addr, instant now)
{
    struct neigh *e = find(cache, addr);

    if (e && e->state == NEIGH_KNOWN) {
        doubt(e, now);
    }
}

static bool sender_is_possible(const struct neigh_cache *cache, const struct arp_hdr *hdr)
{
    static const struct mac_addr none;

    return !mac_is_group(hdr->sha) && !mac_equal(hdr->sha, none) &&
           !mac_equal(hdr->sha, cache->mac) && !ip_is_multicast(hdr->spa) &&
           !ip_is_loopback(hdr->spa) && ip4_bits(hdr->spa) < IP_CLASS_E;
}

/* RFC 826: who asks for us will be answered, and so is worth knowing, as long as that costs nobody
 * but a stranger his place. A request that just left from that place still counts. */
static void learn(struct neigh_cache *cache, struct neigh *e, const struct arp_hdr *hdr,
                  instant now)
{
    if (!e) {
        e = place_for_asker(cache, now);
        if (!e) {
            return;
        }
        *e = (struct neigh){ .addr = hdr->spa,
                             .stranger = true,
                             .asked_at = e->state == NEIGH_FREE ? tick_floor(now - DOUBT_INTERVAL)
                                                                : e->asked_at };
    }
    confirm(e, hdr->sha, now);
}

static enum drop_reason request_arrives(struct neigh_cache *cache, struct neigh *e,
                                        const struct arp_hdr *hdr, instant now)
{
    if (ip_is_unspecified(cache->addr) || !ip_equal(hdr->tpa, cache->addr)) {
        return DROP_ETH_NOT_FOR_US;
    }
    if (!ip_is_unspecified(hdr->spa) &&
        !(e && e->state == NEIGH_KNOWN && !mac_equal(e->mac, hdr->sha))) {
        learn(cache, e, hdr, now);
    }
    return DROP_NONE;
}

static enum drop_reason reply_arrives(struct neigh_cache *cache, struct neigh *e,
                                      const struct arp_hdr *hdr, instant now)
{
    if (!e || e->n_requests == 0 || !ip_equal(hdr->tpa, cache->addr) ||
        (e->state == NEIGH_KNOWN && !mac_equal(e->mac, hdr->sha))) {
        return DROP_ARP_UNSOLICITED;
    }
    confirm(e, hdr->sha, now);
    e->used = false;
    e->stranger = false;
    return DROP_NONE;
}

enum drop_reason neigh_arrives(struct neigh_cache *cache, const struct arp_hdr *hdr, instant now,
                               bool *changed)
{
    struct neigh *e;
    enum drop_reason verdict;
    bool waited_for;

    *changed = false;
    if (!sender_is_possible(cache, hdr)) {
        return DROP_ARP_SENDER;
    }
    if (!ip_is_unspecified(cache->addr) && ip_equal(hdr->spa, cache->addr)) {
        return DROP_ARP_CONFLICT;
    }
    e = find(cache, hdr->spa);
    waited_for = e && e->state == NEIGH_WAITING;
    if (e && e->state == NEIGH_KNOWN && !mac_equal(e->mac, hdr->sha)) {
        doubt(e, now);
    }
    if (hdr->op == ARP_REQUEST) {
        verdict = request_arrives(cache, e, hdr, now);
    } else {
        verdict = reply_arrives(cache, e, hdr, now);
    }
    *changed = waited_for && e->state == NEIGH_KNOWN;
    return verdict;
}

bool neigh_next(struct neigh_cache *cache, instant now, struct arp_hdr *hdr, struct mac_addr *dst)
{
    for (uint32_t i = 0; i < cache->n; i++) {
        struct neigh *e = &cache->entries[i];

        if (e->state == NEIGH_FREE || !e->request_due) {
            continue;
        }
        e->request_due = false;
        e->n_requests++;
        e->asked_at = tick_floor(now);
        e->at = tick_ceil(now + NEIGH_REQUEST_INTERVAL);
        *hdr = (struct arp_hdr){
            .op = ARP_REQUEST, .sha = cache->mac, .spa = cache->addr, .tpa = e->addr
        };
        *dst = e->state == NEIGH_KNOWN ? e->mac : MAC_BROADCAST;
        return true;
    }
    return false;
}

void neigh_unsent(struct neigh_cache *cache, struct ip_addr addr)
{
    struct neigh *e = find(cache, addr);

    if (e && e->n_requests > 0) {
        e->n_requests--;
    }
}

/* The entry's time has come. True when it is down. */
static bool entry_due(struct neigh *e, instant now)
{
    if (e->state == NEIGH_DOWN || (e->state == NEIGH_KNOWN && e->n_requests == 0 && !e->used)) {
        e->state = NEIGH_FREE;
    } else if (e->n_requests < NEIGH_MAX_REQUESTS) {
        e->request_due = true;
    } else if (e->state == NEIGH_WAITING) {
        e->state = NEIGH_DOWN;
        e->at = tick_ceil(now + NEIGH_DOWN_TIME);
        return true;
    } else if (e->used) {
        ask(e, e->addr, false, now);
    } else {
        e->state = NEIGH_FREE;
    }
    return false;
}

void neigh_carry(struct neigh_cache *cache, instant then, instant now)
{
    for (uint32_t i = 0; i < cache->n; i++) {
        struct neigh *e = &cache->entries[i];

        e->at = tick_carry(e->at, then, now);
        e->asked_at = tick_carry_past(e->asked_at, then, now);
    }
}

static bool lacks_place(const struct neigh_cache *cache)
{
    return cache->no_place || cache->no_place_for_answer;
}

static bool place_came_free(const struct neigh_cache *cache, instant now)
{
    return (cache->no_place && place(cache, now)) ||
           (cache->no_place_for_answer && place_for_answer(cache, now));
}

bool neigh_poll(struct neigh_cache *cache, instant now)
{
    bool try_again = false;

    for (uint32_t i = 0; i < cache->n; i++) {
        struct neigh *e = &cache->entries[i];

        if (e->state != NEIGH_FREE && !e->request_due && tick_due(e->at, now)) {
            try_again = entry_due(e, now) || try_again;
        }
    }
    if (place_came_free(cache, now)) {
        cache->no_place = false;
        cache->no_place_for_answer = false;
        try_again = true;
    }
    return try_again;
}

static instant earlier(instant a, instant b)
{
    return a < b ? a : b;
}

instant neigh_poll_at(const struct neigh_cache *cache, instant now)
{
    instant at = place_came_free(cache, now) ? now : NEVER;

    for (uint32_t i = 0; i < cache->n; i++) {
        const struct neigh *e = &cache->entries[i];

        if (e->state == NEIGH_FREE) {
            continue;
        }
        at = earlier(at, e->request_due ? now : tick_instant(e->at, now));
        if (lacks_place(cache) && e->state == NEIGH_KNOWN && asked_recently(e, now)) {
            at = earlier(at, tick_instant(e->asked_at + tick_ceil(NEIGH_REQUEST_INTERVAL), now));
        }
    }
    return at;
}

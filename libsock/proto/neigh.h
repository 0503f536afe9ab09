/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The neighbour cache of one Ethernet netif (RFC 826, RFC 1122 2.3.2): which link address an
 * on-link IP address has. Requests go out through neigh_next, at most one a second to each address;
 * after NEIGH_MAX_REQUESTS without an answer the neighbour is down for NEIGH_DOWN_TIME. Only an
 * answer that was asked for fills an entry, and a request that is addressed to us refreshes one,
 * enters a free place, or takes that of a stranger: nobody can replace an entry that is in use.
 *
 * A stranger is who has a place because others wanted it, and was sent nothing yet: we owe him an
 * answer that no socket waits for, or he asked for us. His address may be invented, so strangers
 * that are silent have at most half of the places.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/time.h"
#include "base/tick.h"
#include "wire/arp.h"

#define NEIGH_REQUEST_INTERVAL seconds(1) /* RFC 1122 2.3.2.1 */
#define NEIGH_MAX_REQUESTS 3
#define NEIGH_DOWN_TIME seconds(20)  /* as BSD's net.link.ether.inet.host_down_time */
#define NEIGH_FRESH_TIME seconds(60) /* RFC 1122 2.3.2.1: how long an entry is believed */

enum neigh_state {
    NEIGH_FREE,
    NEIGH_WAITING, /* requests go out */
    NEIGH_KNOWN,
    NEIGH_DOWN, /* did not answer */
};

struct neigh {
    struct ip_addr addr;
    struct mac_addr mac;
    uint8_t state;      /* enum neigh_state */
    uint8_t n_requests; /* sent since the last answer */
    bool request_due;
    bool used; /* looked up since it last answered us */
    bool stranger;
    tick at;       /* when the state is looked at again */
    tick asked_at; /* when the last request left */
};

struct neigh_cache {
    struct neigh *entries;
    uint32_t n;
    struct ip_addr addr; /* ours; unspecified: we have none and answer nobody */
    struct mac_addr mac; /* ours */
    /* A look-up found none: neigh_poll says when it is worth another try. */
    bool no_place;
    bool no_place_for_answer;
};

void neigh_init(struct neigh_cache *cache, struct neigh *entries, uint32_t n, struct mac_addr mac);

/** Our address changed: every entry is forgotten, and what waits for one looks it up again. */
void neigh_set_addr(struct neigh_cache *cache, struct ip_addr addr);

/**
 * The link address of `addr`, which is on the link: NEIGH_KNOWN and `*mac`; NEIGH_WAITING while it
 * is asked for (the caller tries again when neigh_arrives or neigh_poll answers true); NEIGH_DOWN.
 * With every place in use for addresses that are being asked for, this one waits for a place: each
 * of those is decided within NEIGH_MAX_REQUESTS seconds, and callers that take turns all have one.
 * No address is asked for more often than once a second, unless it is a stranger's that lost its
 * place and has another; of such requests no place sends more than one a second. `*hint`, which the
 * caller keeps with whatever it sends and begins as 0, makes the next look-up of the same address
 * fast.
 */
enum neigh_state neigh_lookup(struct neigh_cache *cache, struct ip_addr addr, instant now,
                              struct mac_addr *mac, uint8_t *hint);

/**
 * The same for an answer to `addr`, which somebody else chose. It waits for a place while strangers
 * have as many as they may; who keeps inventing addresses can make others wait for as long as he
 * does so, but for those who are known or ask for us.
 */
enum neigh_state neigh_lookup_for_answer(struct neigh_cache *cache, struct ip_addr addr,
                                         instant now, struct mac_addr *mac);

/** True for an address that was asked for and did not answer. */
bool neigh_is_down(const struct neigh_cache *cache, struct ip_addr addr);

/** What is sent to `addr` is not answered (RFC 1122 2.3.2.1 (4)): an entry is confirmed now, if it
 * was not asked for lately. */
void neigh_doubt(struct neigh_cache *cache, struct ip_addr addr, instant now);

/**
 * An ARP message came. `*changed`: a neighbour that was waited for is known now. DROP_NONE for a
 * request: it is for us, and the caller answers it.
 * DROP_ARP_SENDER, DROP_ARP_CONFLICT, DROP_ARP_UNSOLICITED, DROP_ETH_NOT_FOR_US (a request for
 * another host).
 */
enum drop_reason neigh_arrives(struct neigh_cache *cache, const struct arp_hdr *hdr, instant now,
                               bool *changed);

/** The request that is due: true and an ARP message with its Ethernet destination, or false. It
 * counts as sent. */
bool neigh_next(struct neigh_cache *cache, instant now, struct arp_hdr *hdr, struct mac_addr *dst);

/** The request for this address could not leave: nobody heard it, and it is due again in a second.
 */
void neigh_unsent(struct neigh_cache *cache, struct ip_addr addr);

/**
 * Does what is due; true when a neighbour went down or a place came free: what waits for one is
 * tried again.
 */
bool neigh_poll(struct neigh_cache *cache, instant now);

/** Nobody polled it from `then` to `now`, which is too long for ticks (base/tick.h). */
void neigh_carry(struct neigh_cache *cache, instant then, instant now);

/** When neigh_poll or neigh_next has something to do; `now` when that is already so. */
instant neigh_poll_at(const struct neigh_cache *cache, instant now);

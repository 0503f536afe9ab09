/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Address conflict detection of one Ethernet netif (RFC 5227): an address is probed for before it
 * is used, announced, and defended while it is. Messages are values, all of them ARP requests to
 * the broadcast address.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/rng.h"
#include "base/tick.h"
#include "base/time.h"
#include "wire/arp.h"

/* RFC 5227 1.1 */
#define ACD_PROBE_WAIT seconds(1)
#define ACD_PROBE_NUM 3
#define ACD_PROBE_MIN seconds(1)
#define ACD_PROBE_MAX seconds(2)
#define ACD_ANNOUNCE_WAIT seconds(2)
#define ACD_ANNOUNCE_NUM 2
#define ACD_ANNOUNCE_INTERVAL seconds(2)
#define ACD_MAX_CONFLICTS 10
#define ACD_RATE_LIMIT_INTERVAL seconds(60)
#define ACD_DEFEND_INTERVAL seconds(10)

enum acd_state {
    ACD_OFF,
    ACD_PROBING,
    ACD_ANNOUNCING, /* the address is in use */
    ACD_DEFENDING,
};

enum acd_verdict {
    ACD_NO_CONFLICT,
    ACD_CONFLICT, /* somebody else uses the address; it stays ours */
    ACD_LOST,     /* it must not be used, or not any more: nothing is probed for now */
};

struct acd {
    uint8_t state;       /* enum acd_state */
    uint8_t n_sent;      /* probes, or announcements */
    uint8_t n_conflicts; /* ever */
    bool send_due;
    bool keeps;    /* the address is never given up once it is in use, RFC 5227 2.4 (c) */
    bool defended; /* at conflict_at */
    struct mac_addr mac;
    struct ip_addr addr;
    instant at;          /* of the next step; NEVER */
    instant conflict_at; /* the last one that was answered, or that ended the probing */
    struct rng *rng;
};

void acd_init(struct acd *acd, struct mac_addr mac, struct rng *rng);

/** Probes for the address; later than usual where there were many conflicts. */
void acd_start(struct acd *acd, struct ip_addr addr, bool keeps, instant now);

/** The address is not wanted any more. */
void acd_stop(struct acd *acd);

/** An ARP message came. */
enum acd_verdict acd_arrives(struct acd *acd, const struct arp_hdr *hdr, instant now);

/** Does what is due. True when the address is found to be free: it may be used from now on. */
bool acd_poll(struct acd *acd, instant now);

/** The message that is due. False: none. */
bool acd_next(const struct acd *acd, struct arp_hdr *hdr);

/** It went out. */
void acd_sent(struct acd *acd, instant now);

/** It did not: it is tried again, and counts for nothing. */
void acd_unsent(struct acd *acd, instant now);

/** When acd_poll or acd_next has something to do. */
instant acd_poll_at(const struct acd *acd, instant now);

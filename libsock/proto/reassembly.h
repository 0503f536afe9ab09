/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Putting the fragments of IP datagrams together (RFC 791 3.2). A fragment that overlaps another
 * spoils its datagram, as RFC 5722 demands of IPv6: nobody fragments so, but to slip something past
 * a filter. One that came before, octet for octet, is a duplicate. Memory and time are bounded: a
 * few datagrams of a limited size, each for REASSEMBLY_TIMEOUT.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/pkt.h"
#include "base/tick.h"
#include "wire/drop.h"
#include "wire/ip.h"

#define REASSEMBLY_TIMEOUT seconds(60) /* RFC 1122 3.3.2 */
#define REASSEMBLY_RANGES 32           /* of text, with holes between them */
#define REASSEMBLY_HEADER 60           /* octets: the longest IP header */
#define REASSEMBLY_MAX (65535 - 20)    /* octets of text, RFC 791 */

struct reassembly_range {
    uint16_t start;
    uint16_t end;
};

/** A datagram of which fragments have come. */
struct reassembly {
    struct ip_hdr ip; /* of the first that came, then of the whole */
    bool used;
    bool spoiled;
    uint8_t hdr_len;  /* octets; 0: the first fragment has not come */
    uint8_t ecn_seen; /* a bit for each of the four */
    uint16_t total;   /* octets of text; 0: the last fragment has not come */
    uint16_t n_ranges;
    struct reassembly_range ranges[REASSEMBLY_RANGES]; /* ascending, neither touching the next */
    instant give_up_at;
    struct pkt pkt; /* of no pool. REASSEMBLY_HEADER octets in, the text */
};

/** Memory for the datagram: `cap` octets, REASSEMBLY_HEADER and the longest text that is taken. */
void reassembly_init(struct reassembly *r, uint8_t *memory, uint32_t cap);

/** What is wrong with a fragment by itself: DROP_IP_FRAGMENT_LEN. */
enum drop_reason reassembly_check(const struct ip_hdr *ip);

/** Is it a fragment of this datagram? */
bool reassembly_is_of(const struct reassembly *r, const struct ip_hdr *ip);

/** A datagram begins, with whichever fragment comes first. */
void reassembly_begin(struct reassembly *r, const struct ip_hdr *ip, instant now);

/**
 * A fragment of it: `header` is its IP header, `text` what follows. DROP_IP_FRAGMENT_OVERLAP: it is
 * spoiled, now or before; DROP_IP_FRAGMENT_DUPLICATE, _SIZE and _HOLES: it goes on without this
 * one.
 */
enum drop_reason reassembly_add(struct reassembly *r, const struct ip_hdr *ip,
                                const uint8_t *header, const uint8_t *text);

bool reassembly_is_whole(const struct reassembly *r);

/** Makes r->pkt the whole datagram, and r->ip what is in its header. DROP_IP_FRAGMENT_ECN: it may
 * not be delivered. */
enum drop_reason reassembly_seal(struct reassembly *r);

/** Makes r->pkt what an ICMP error quotes of it. False: the first fragment has not come. */
bool reassembly_quote(struct reassembly *r);

void reassembly_forget(struct reassembly *r);

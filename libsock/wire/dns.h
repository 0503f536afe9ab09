/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DNS messages of a stub resolver (RFC 1035; A, CNAME, PTR and SOA records; EDNS of RFC 6891). The
 * rules of wire/ are in wire/eth.h.
 */
#pragma once

#include "base/addr.h"
#include "base/cursor.h"
#include "wire/drop.h"

#define DNS_PORT 53
#define DNS_MAX_NAME_LEN 253 /* of a name in text, without NUL; 255 on the wire, RFC 1035 2.3.4 */
#define DNS_MAX_UDP_LEN 512  /* RFC 1035 2.3.4 */
#define DNS_MAX_CNAMES 8     /* a longer chain, or a loop, is answered as DNS_SERVFAIL */

enum dns_type { /* RFC 1035 3.2.2 */
                DNS_A = 1,
                DNS_PTR = 12,
};

enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
    DNS_REFUSED = 5,
};

struct dns_answer {
    uint8_t rcode; /* enum dns_rcode */
    bool truncated;
    bool exact;     /* the question came back letter for letter, case included */
    uint32_t ttl;   /* seconds, the lowest of the records used; without addresses, how long that may
                       be remembered (RFC 2308 5), 0: not at all */
    size_t n_addrs; /* of a name: one */
    size_t name_len;
};

/**
 * True for a name that can be asked for: labels of 1..63 octets, 253 in all; one dot at the end is
 * allowed.
 */
bool dns_name_valid(const char *name);

/** True for `domain` and the names below it, with or without a dot at the end, in any case. */
bool dns_name_is_in(const char *name, const char *domain);

/** Writes a recursive query for the records of `name`, which is valid; false when it does not fit.
 */
bool dns_emit_query(struct writer *w, uint16_t id, const char *name, enum dns_type type);

/** Adds to the query that the writer holds that answers of up to `len` octets are taken. */
bool dns_emit_edns(struct writer *w, uint16_t len);

/**
 * Reads the answer to a query. DROP_DNS_UNEXPECTED: not a response, or another id or question than
 * ours (names compare without case). DROP_DNS_MALFORMED: cut short, a compression pointer that does
 * not point backwards, a name too long. Up to `max_addrs` addresses of `name`, or of the name that
 * its CNAMEs lead to, go to `addrs`; with more names and records than an answer needs, those that
 * were found first, and without any it is a DNS_SERVFAIL. The records of an answer that is
 * truncated, or has another rcode than DNS_NXDOMAIN, are not read.
 */
enum drop_reason dns_parse_answer(struct cursor *c, uint16_t id, const char *name,
                                  struct ip_addr *addrs, size_t max_addrs,
                                  struct dns_answer *answer);

/**
 * The same of a query for a PTR record: the name that it gives goes to `found`, with a NUL. One
 * with other octets in it than hosts have in their names (RFC 1123 2.1, and underscores) is no
 * answer.
 */
enum drop_reason dns_parse_pointer(struct cursor *c, uint16_t id, const char *name,
                                   char found[DNS_MAX_NAME_LEN + 1], struct dns_answer *answer);

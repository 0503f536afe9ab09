/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One question of a stub resolver (RFC 1035, RFC 5452): asks its servers in turn, doubling the wait
 * after each round, until one answers. Who carries it matches server and port; here id and question
 * are matched. An answer that a datagram has no room for is asked for over TCP (RFC 7766 5).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/err.h"
#include "base/rng.h"
#include "base/tick.h"
#include "base/time.h"
#include "wire/dns.h"

#define DNS_FIRST_TIMEOUT seconds(2)
#define DNS_N_ROUNDS 3 /* of asking every server: 2 + 4 + 8 seconds for each */
#define DNS_MAX_ADDRS 8
/* Octets that pass everywhere unfragmented: 1280 less IPv6 and UDP headers. */
#define DNS_EDNS_LEN 1232

struct dns_query {
    /* With room for a dot and the NUL; of an address its name, once that is found. */
    char name[DNS_MAX_NAME_LEN + 2];
    uint8_t name_len; /* of that one, without the NUL */
    bool reverse;     /* addrs[0] is asked for its name */
    struct sk_addr servers[CONFIG_N_DNS_SERVERS];
    uint8_t n_servers;
    uint8_t server; /* the one being asked */
    uint8_t round;
    uint8_t folded; /* 1 + the first round in which an answer had its letters in another case; 0:
                       none */
    bool send_due;
    bool silent;      /* a server of this round did not answer: another round may help */
    bool refused;     /* a server of this round refused or failed */
    bool stream;      /* the server is asked over TCP */
    bool plain;       /* a server did not understand EDNS */
    uint16_t udp_len; /* of the longest answer that comes through; of use from 513 on */
    uint16_t id;
    instant retry_at;
    enum sk_err result; /* SK_PENDING, SK_OK, SK_NAME_UNKNOWN, SK_NAME_NO_ADDRESS, SK_NAME_FAILED,
                           SK_NAME_NO_SERVER, SK_TIMED_OUT */
    struct ip_addr addrs[DNS_MAX_ADDRS];
    uint8_t n_addrs;
    uint32_t
        ttl; /* seconds that the answer holds, also one that there is none; 0: not to be kept */
};

/**
 * Begins; `name` is copied, and q->udp_len is the caller's to set. SK_INVALID: not a name that can
 * be asked for. SK_NAME_NO_SERVER: none is known.
 */
enum sk_err dns_start(struct dns_query *q, const char *name, const struct sk_addr *servers,
                      size_t n_servers, struct rng *rng, instant now);

/** The same of the name of an address (RFC 1035 3.5). */
enum sk_err dns_start_reverse(struct dns_query *q, struct ip_addr addr,
                              const struct sk_addr *servers, size_t n_servers, struct rng *rng,
                              instant now);

/**
 * The network is another one, and has these servers, or none that are known (0): the query goes to
 * the first. It has no more rounds for that.
 */
void dns_start_over(struct dns_query *q, const struct sk_addr *servers, size_t n_servers,
                    instant now);

/**
 * A message came from the server that is being asked, and over what it was asked. A DROP reason
 * leaves the query as it was, but that a server is known to fold the case. SERVFAIL, REFUSED and
 * the like make it ask the next server at once.
 */
enum drop_reason dns_arrives(struct dns_query *q, struct cursor *c, instant now);

/**
 * The question to send to q->servers[q->server]; false: none is due, or it does not fit the
 * writer.
 */
bool dns_next(struct dns_query *q, instant now, struct writer *w);

/** It went out. */
void dns_sent(struct dns_query *q, instant now);

/** Does what is due: the next server, the next round, the end. */
void dns_poll(struct dns_query *q, instant now);

/**
 * When dns_poll has something to do. A question that is due is no part of it: dns_next tells,
 * whenever it is asked.
 */
instant dns_poll_at(const struct dns_query *q);

/** The server cannot be reached (an ICMP error, no route, a connection that ends): the next one is
 * asked. */
void dns_unreachable(struct dns_query *q, instant now);

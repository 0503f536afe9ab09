/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A name server for tests as a pure function (RFC 1035): a table and a query in, an answer out. It
 * knows names without case, follows its own aliases, puts them in the answer, and does not know
 * what a socket is.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum dns_record_kind {
    DNS_RECORD_ADDR,    /* an address; a name may have several */
    DNS_RECORD_ALIAS,   /* a CNAME */
    DNS_RECORD_POINTER, /* the name of an address: alias_of */
    DNS_RECORD_EMPTY,   /* the name exists and has no address */
    DNS_RECORD_FAILS,   /* the answer is `rcode` */
    DNS_RECORD_SILENT,  /* there is no answer */
    DNS_RECORD_ZONE,    /* what is not there below it may be remembered for `ttl` */
};

/* A name that is in no record does not exist: NXDOMAIN. */
struct dns_record {
    const char *name; /* without a dot at the end */
    enum dns_record_kind kind;
    struct ip_addr addr;
    const char *alias_of;
    uint8_t rcode;
    uint32_t ttl; /* seconds */
};

/** The length of the answer that `answer` holds now; 0: silence, or it does not fit, or it was not
 * a query. */
size_t dns_server_answer(const struct dns_record *records, size_t n_records, const uint8_t *query,
                         size_t len, uint8_t *answer, size_t cap);

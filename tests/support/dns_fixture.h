/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A question, an answer under construction, and what the parser makes of it: for the tests of
 * wire/dns.c.
 */
#pragma once

#include <check.h>

#include "tests/support/dns_answer.h"
#include "tests/support/exact.h"
#include "wire/dns.h"

#define ID 0x1234
#define ANSWER 0x8180 /* response, recursion desired and available */
#define NAME "www.example.org"
#define MAX_ADDRS 4

static uint8_t message[4096];
static struct writer w;
static struct ip_addr addrs[MAX_ADDRS];
static struct dns_answer answer;

/* An answer to our question, up to its first record. */
static inline void start(uint16_t n_answers)
{
    w = writer_over(message, sizeof message);
    dns_write_header(&w, ID, ANSWER, 1, n_answers);
    dns_write_question(&w, NAME, DNS_A);
}

static inline enum drop_reason parse_first(size_t len, const char *name)
{
    enum drop_reason reason;

    memset(&answer, 0xee, sizeof answer);
    memset(addrs, 0xee, sizeof addrs);
    ck_assert(!w.failed);
    WITH_EXACT(c, message, len, reason = dns_parse_answer(&c, ID, name, addrs, MAX_ADDRS, &answer));
    return reason;
}

static inline enum drop_reason parse(void)
{
    return parse_first(w.len, NAME);
}

/* Asserts an answer with this one address. */
static inline void assert_one(uint32_t addr, uint32_t ttl)
{
    ck_assert_int_eq(parse(), DROP_NONE);
    ck_assert_uint_eq(answer.rcode, DNS_NOERROR);
    ck_assert(!answer.truncated);
    ck_assert_uint_eq(answer.n_addrs, 1);
    ck_assert_uint_eq(ip4_bits(addrs[0]), addr);
    ck_assert_uint_eq(answer.ttl, ttl);
}

/* A name of `len` octets in text, of labels of 63 octets and the rest. */
static inline void long_name(char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        name[i] = i % 64 == 63 ? '.' : (char)('a' + i % 26);
    }
    name[len] = '\0';
}

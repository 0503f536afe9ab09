/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers of a DNS server, built record by record, right or wrong as the test wants them. */
#pragma once

#include <stdint.h>
#include <string.h>

#include "base/cursor.h"
#include "wire/dns.h"

#define DNS_CNAME 5
#define DNS_IN 1
#define DNS_QUESTION_AT 12 /* where the question's name begins: what most answers point to */

static inline void dns_write_header(struct writer *w, uint16_t id, uint16_t flags,
                                    uint16_t n_questions, uint16_t n_answers)
{
    write_u16(w, id);
    write_u16(w, flags);
    write_u16(w, n_questions);
    write_u16(w, n_answers);
    write_u32(w, 0);
}

/** The labels of a name without the root. */
static inline void dns_write_labels(struct writer *w, const char *name)
{
    while (*name) {
        size_t len = strcspn(name, ".");

        write_u8(w, (uint8_t)len);
        write_octets(w, name, len);
        name += len + (name[len] == '.');
    }
}

static inline void dns_write_name(struct writer *w, const char *name)
{
    dns_write_labels(w, name);
    write_u8(w, 0);
}

static inline void dns_write_pointer(struct writer *w, size_t at)
{
    write_u16(w, (uint16_t)(0xc000 | at));
}

static inline void dns_write_question(struct writer *w, const char *name, uint16_t type)
{
    dns_write_name(w, name);
    write_u16(w, type);
    write_u16(w, DNS_IN);
}

/** What follows the owner's name: the data are the caller's to write. */
static inline void dns_write_record(struct writer *w, uint16_t type, uint32_t ttl, size_t len)
{
    write_u16(w, type);
    write_u16(w, DNS_IN);
    write_u32(w, ttl);
    write_u16(w, (uint16_t)len);
}

static inline void dns_write_a(struct writer *w, const char *owner, uint32_t ttl, uint32_t addr)
{
    dns_write_name(w, owner);
    dns_write_record(w, DNS_A, ttl, 4);
    write_u32(w, addr);
}

static inline void dns_write_cname(struct writer *w, const char *owner, uint32_t ttl,
                                   const char *target)
{
    dns_write_name(w, owner);
    dns_write_record(w, DNS_CNAME, ttl, strlen(target) + 2);
    dns_write_name(w, target);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The name server for tests. An answer is the query's header and question, then records; an owner
 * name is a pointer to where that name was written before.
 */
#include "tests/support/dns_server.h"

#include "base/cursor.h"
#include "wire/dns.h"

#define HDR_LEN 12
#define QR 0x80
#define AA 0x04
#define TC 0x02
#define RD 0x01
#define RA 0x80
#define POINTER 0xc000
#define TYPE_A 1
#define TYPE_CNAME 5
#define TYPE_SOA 6
#define TYPE_PTR 12
#define CLASS_IN 1
#define MAX_NAME_LEN 256

struct question {
    char name[MAX_NAME_LEN]; /* as text */
    uint16_t type;
    uint16_t class;
    size_t len; /* octets of header and question */
};

static bool take_name(struct cursor *c, char *name)
{
    size_t at = 0;

    for (;;) {
        const uint8_t *n = cursor_take(c, 1);
        const uint8_t *label = n ? cursor_take(c, *n) : NULL;

        if (!label || *n > 63 || at + *n + 2 > MAX_NAME_LEN) {
            return false;
        }
        if (*n == 0) {
            name[at] = '\0';
            return true;
        }
        if (at > 0) {
            name[at++] = '.';
        }
        memcpy(name + at, label, *n);
        at += *n;
    }
}

static bool take_question(const uint8_t *query, size_t len, struct question *q)
{
    struct cursor c = cursor_over(query, len);
    const uint8_t *hdr = cursor_take(&c, HDR_LEN);
    const uint8_t *at;

    if (!hdr || (hdr[2] & 0xf8) != 0 || be16(hdr + 4) != 1 || !take_name(&c, q->name)) {
        return false;
    }
    at = cursor_take(&c, 4);
    if (!at) {
        return false;
    }
    q->type = be16(at);
    q->class = be16(at + 2);
    q->len = len - c.left;
    return true;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_name(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

static void write_record_head(struct writer *w, uint16_t owner, uint16_t type, uint32_t ttl)
{
    write_u16(w, (uint16_t)(POINTER | owner));
    write_u16(w, type);
    write_u16(w, CLASS_IN);
    write_u32(w, ttl);
}

static void write_name(struct writer *w, const char *name)
{
    while (*name != '\0') {
        size_t n = 0;

        while (name[n] != '\0' && name[n] != '.') {
            n++;
        }
        write_u8(w, (uint8_t)n);
        write_octets(w, name, n);
        name += n + (name[n] == '.');
    }
    write_u8(w, 0);
}

/* Writes a CNAME or PTR record; the answer is where the name lies that it leads to. */
static uint16_t write_alias(struct writer *w, uint16_t owner, const struct dns_record *r)
{
    size_t len_at;
    uint16_t name_at;

    write_record_head(w, owner, r->kind == DNS_RECORD_POINTER ? TYPE_PTR : TYPE_CNAME, r->ttl);
    len_at = w->len;
    write_u16(w, 0);
    name_at = (uint16_t)w->len;
    write_name(w, r->alias_of);
    if (!w->failed) {
        put_be16(w->base + len_at, (uint16_t)(w->len - name_at));
    }
    return name_at;
}

struct answer {
    struct writer w;
    uint16_t type; /* that is asked for */
    uint16_t n_records;
    uint8_t rcode;
    bool silent;
};

/* Writes what the table has for `name`, which lies at `owner`; the alias to follow, or NULL. */
static const struct dns_record *write_records(struct answer *a, const struct dns_record *records,
                                              size_t n, const char *name, uint16_t owner)
{
    a->rcode = DNS_NXDOMAIN;
    for (size_t i = 0; i < n; i++) {
        const struct dns_record *r = &records[i];

        if (r->kind == DNS_RECORD_ZONE || !same_name(r->name, name)) {
            continue;
        }
        a->rcode = r->kind == DNS_RECORD_FAILS ? r->rcode : DNS_NOERROR;
        a->silent = r->kind == DNS_RECORD_SILENT;
        if (r->kind == DNS_RECORD_ALIAS) {
            return r;
        }
        if (r->kind == DNS_RECORD_POINTER && a->type == TYPE_PTR) {
            write_alias(&a->w, owner, r);
            a->n_records++;
        }
        if (r->kind == DNS_RECORD_ADDR && a->type == TYPE_A) {
            write_record_head(&a->w, owner, TYPE_A, r->ttl);
            write_u16(&a->w, 4);
            write_u32(&a->w, ip4_bits(r->addr));
            a->n_records++;
        }
    }
    return NULL;
}

static void resolve(struct answer *a, const struct dns_record *records, size_t n, const char *name)
{
    uint16_t owner = HDR_LEN;
    const struct dns_record *alias;

    while ((alias = write_records(a, records, n, name, owner)) && !a->w.failed) {
        owner = write_alias(&a->w, owner, alias);
        name = alias->alias_of;
        a->n_records++;
    }
}

static bool is_below(const char *name, const char *zone)
{
    size_t len = strlen(name);
    size_t zone_len = strlen(zone);

    return len > zone_len && name[len - zone_len - 1] == '.' &&
           same_name(name + len - zone_len, zone);
}

/* The SOA records of the zones that `name` is in, of which there should be one: how many. */
static uint16_t write_zones(struct writer *w, const struct dns_record *records, size_t n,
                            const char *name)
{
    uint16_t n_zones = 0;

    for (size_t i = 0; i < n; i++) {
        const struct dns_record *r = &records[i];

        if (r->kind == DNS_RECORD_ZONE && is_below(name, r->name)) {
            write_name(w, r->name);
            write_u16(w, TYPE_SOA);
            write_u16(w, CLASS_IN);
            write_u32(w, r->ttl * 2);
            write_u16(w, (uint16_t)(2 * (strlen(r->name) + 2) + 20));
            write_name(w, r->name); /* its server and its keeper, for what they are worth */
            write_name(w, r->name);
            write_zeros(w, 16);
            write_u32(w, r->ttl);
            n_zones++;
        }
    }
    return n_zones;
}

size_t dns_server_answer(const struct dns_record *records, size_t n_records, const uint8_t *query,
                         size_t len, uint8_t *answer, size_t cap)
{
    struct answer a = { .w = writer_over(answer, cap < DNS_MAX_UDP_LEN ? cap : DNS_MAX_UDP_LEN) };
    struct question q;
    uint16_t n_zones = 0;
    bool truncated;

    if (!take_question(query, len, &q)) {
        return 0;
    }
    write_octets(&a.w, query, q.len);
    if (a.w.failed) {
        return 0;
    }
    a.type = q.type;
    if (q.class == CLASS_IN && (q.type == TYPE_A || q.type == TYPE_PTR)) {
        resolve(&a, records, n_records, q.name);
    }
    if (a.n_records == 0 && (a.rcode == DNS_NOERROR || a.rcode == DNS_NXDOMAIN)) {
        n_zones = write_zones(&a.w, records, n_records, q.name);
    }
    truncated = a.w.failed;
    if (truncated) { /* RFC 2181 9: no part of it is of use */
        a.w.len = q.len;
        a.n_records = 0;
    }
    answer[2] = (uint8_t)(QR | AA | (truncated ? TC : 0) | (query[2] & RD));
    answer[3] = (uint8_t)(RA | a.rcode);
    put_be16(answer + 6, a.n_records);
    put_be16(answer + 8, n_zones);
    put_be16(answer + 10, 0);
    return a.silent ? 0 : a.w.len;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DNS messages of a stub resolver (RFC 1035): one question out; header, question and answer section
 * in. Names are compared where they lie, label by label, and are never expanded into a buffer. A
 * compression pointer leads before the labels that led to it, so every walk ends. Of the other
 * sections only the SOA record is read, which says how long a name may be held not to exist: an
 * address that the answer section does not give for the name asked is nobody's answer.
 */
#include "wire/dns.h"

#define HDR_LEN 12 /* RFC 1035 4.1.1 */
#define ADDITIONAL_AT 10
#define FLAG_RESPONSE 0x8000
#define FLAG_TRUNCATED 0x0200
#define FLAG_RECURSION_DESIRED 0x0100
#define OPCODE 0x7800 /* 0: a standard query */
#define RCODE 0x000f

#define TYPE_CNAME 5 /* RFC 1035 3.2.2 */
#define TYPE_SOA 6
#define TYPE_OPT 41     /* RFC 6891 6.1.1 */
#define SOA_REST_LEN 20 /* behind its two names; MINIMUM is the last, RFC 1035 3.3.13 */
#define CLASS_IN 1
#define RECORD_LEN 10 /* type, class, TTL and length of the data, RFC 1035 4.1.3 */
#define IPV4_ADDR_LEN 4
#define MAX_TTL 0x7fffffff /* with the top bit set it counts as this, RFC 8767 4 */

#define MAX_WIRE_NAME_LEN 255 /* RFC 1035 2.3.4 */
#define MAX_LABEL_LEN 63
#define MAX_POINTERS 127 /* no name of 255 octets has more labels, so none needs more pointers */
#define POINTER 0xc0     /* RFC 1035 4.1.4 */

/* A walk over the labels of a name in a message. */
struct walk {
    struct cursor message;
    struct cursor c;     /* what follows the last label */
    struct cursor after; /* what follows the name where it stands, once a pointer was met */
    size_t run;          /* where the labels begin that are walked now: a pointer leads before it */
    size_t name_len;     /* so far, octets on the wire without compression */
    unsigned n_pointers;
};

static struct cursor cursor_at(struct cursor message, size_t at)
{
    return cursor_over(message.at + at, message.left - at);
}

static struct walk walk_from(struct cursor message, size_t at)
{
    return (struct walk){ .message = message, .c = cursor_at(message, at), .run = at };
}

static bool follow(struct walk *w, uint8_t high)
{
    const uint8_t *low = cursor_take(&w->c, 1);
    size_t target;

    if (!low || w->n_pointers == MAX_POINTERS) {
        return false;
    }
    target = (size_t)(high & ~POINTER) << 8 | *low;
    if (target < HDR_LEN || target >= w->run) {
        return false;
    }
    if (w->n_pointers++ == 0) {
        w->after = w->c;
    }
    w->run = target;
    w->c = cursor_at(w->message, target);
    return true;
}

/* The next label; the root, with a length of 0, is the last. False when the name is malformed. */
static bool next_label(struct walk *w, struct cursor *label)
{
    const uint8_t *len;

    while ((len = cursor_take(&w->c, 1)) && (*len & POINTER) == POINTER) {
        if (!follow(w, *len)) {
            return false;
        }
    }
    if (!len || *len > MAX_LABEL_LEN) {
        return false;
    }
    *label = cursor_over(cursor_take(&w->c, *len), *len);
    w->name_len += 1u + *len;
    return label->at && w->name_len <= MAX_WIRE_NAME_LEN;
}

/* Takes a name off the cursor, which lies in the message. */
static bool skip_name(struct cursor message, struct cursor *c)
{
    struct walk w = walk_from(message, message.left - c->left);
    struct cursor label;

    do {
        if (!next_label(&w, &label)) {
            return false;
        }
    } while (label.left > 0);
    *c = w.n_pointers > 0 ? w.after : w.c;
    return true;
}

static uint8_t lower(uint8_t octet)
{
    return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet + ('a' - 'A')) : octet;
}

static bool label_equal(struct cursor a, struct cursor b)
{
    if (a.left != b.left) {
        return false;
    }
    for (size_t i = 0; i < a.left; i++) {
        if (lower(a.at[i]) != lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

/* Two names of a message, both known to be well formed. */
static bool names_equal(struct cursor message, size_t a_at, size_t b_at)
{
    struct walk a = walk_from(message, a_at);
    struct walk b = walk_from(message, b_at);
    struct cursor a_label;
    struct cursor b_label;

    do {
        if (!next_label(&a, &a_label) || !next_label(&b, &b_label) ||
            !label_equal(a_label, b_label)) {
            return false;
        }
    } while (a_label.left > 0);
    return true;
}

/*
 * The label that `*text` begins with; moves on behind it and the dot. At the end of the text: the
 * root.
 */
static struct cursor text_label(const char **text)
{
    const char *at = *text;
    size_t len = 0;

    while (at[len] != '\0' && at[len] != '.') {
        len++;
    }
    *text = at + len + (at[len] == '.' ? 1 : 0);
    return cursor_over((const uint8_t *)at, len);
}

/* `*exact` is cleared when the case differs. */
static bool name_is(struct cursor message, size_t at, const char *text, bool *exact)
{
    struct walk w = walk_from(message, at);
    struct cursor label;

    do {
        struct cursor wanted = text_label(&text);

        if (!next_label(&w, &label) || !label_equal(label, wanted)) {
            return false;
        }
        *exact &= memcmp(label.at, wanted.at, label.left) == 0;
    } while (label.left > 0);
    return true;
}

bool dns_name_valid(const char *name)
{
    size_t len = 0;

    do {
        struct cursor label = text_label(&name);

        len += label.left + 1; /* the dot behind it, also the one that may be left out */
        if (label.left == 0 || label.left > MAX_LABEL_LEN || len > DNS_MAX_NAME_LEN + 1) {
            return false;
        }
    } while (*name != '\0');
    return true;
}

static size_t name_len(const char *name)
{
    size_t len = 0;

    while (name[len] != '\0') {
        len++;
    }
    return len > 0 && name[len - 1] == '.' ? len - 1 : len;
}

bool dns_name_is_in(const char *name, const char *domain)
{
    size_t len = name_len(name);
    size_t domain_len = name_len(domain);
    size_t at = len - domain_len;

    if (len < domain_len || (at > 0 && name[at - 1] != '.')) {
        return false;
    }
    return label_equal(cursor_over((const uint8_t *)name + at, domain_len),
                       cursor_over((const uint8_t *)domain, domain_len));
}

bool dns_emit_query(struct writer *w, uint16_t id, const char *name, enum dns_type type)
{
    write_u16(w, id);
    write_u16(w, FLAG_RECURSION_DESIRED);
    write_u16(w, 1); /* one question */
    write_zeros(w, 6);
    while (*name != '\0') {
        struct cursor label = text_label(&name);

        write_u8(w, (uint8_t)label.left);
        write_octets(w, label.at, label.left);
    }
    write_u8(w, 0);
    write_u16(w, (uint16_t)type);
    write_u16(w, CLASS_IN);
    return !w->failed;
}

bool dns_emit_edns(struct writer *w, uint16_t len)
{
    write_u8(w, 0); /* the root owns it */
    write_u16(w, TYPE_OPT);
    write_u16(w, len);
    write_zeros(w, 6); /* version 0, no flags, no options */
    if (!w->failed) {
        put_be16(w->base + ADDITIONAL_AT, 1);
    }
    return !w->failed;
}

struct record {
    size_t owner; /* where its name begins in the message */
    size_t data;  /* where its data begins */
    uint16_t type;
    uint16_t class;
    uint32_t ttl; /* seconds */
    uint16_t len; /* octets of data */
};

/* True when the data are what the type says: an address of four octets, a name that fills them. */
static bool data_sound(struct cursor message, const struct record *r)
{
    struct cursor c = cursor_at(message, r->data);

    if (r->class == CLASS_IN && r->type == DNS_A) {
        return r->len == IPV4_ADDR_LEN;
    }
    if (r->class == CLASS_IN && (r->type == TYPE_CNAME || r->type == DNS_PTR)) {
        return skip_name(message, &c) && message.left - c.left == r->data + r->len;
    }
    return true;
}

static bool take_record(struct cursor message, struct cursor *c, struct record *r)
{
    const uint8_t *at;
    uint32_t ttl;

    r->owner = message.left - c->left;
    if (!skip_name(message, c)) {
        return false;
    }
    at = cursor_take(c, RECORD_LEN);
    if (!at) {
        return false;
    }
    r->type = be16(at);
    r->class = be16(at + 2);
    ttl = be32(at + 4);
    r->ttl = ttl > MAX_TTL ? MAX_TTL : ttl;
    r->len = be16(at + 8);
    r->data = message.left - c->left;
    return cursor_take(c, r->len) && data_sound(message, r);
}

/* The answer section, known to be well formed. */
struct answers {
    struct cursor message;
    struct cursor records;
    unsigned n_records;
};

static bool answers_sound(const struct answers *a)
{
    struct cursor c = a->records;
    struct record r;

    for (unsigned i = 0; i < a->n_records; i++) {
        if (!take_record(a->message, &c, &r)) {
            return false;
        }
    }
    return true;
}

static void lower_ttl(struct dns_answer *answer, uint32_t ttl)
{
    answer->ttl = ttl < answer->ttl ? ttl : answer->ttl;
}

/* What is asked for, and where it goes. */
struct wanted {
    enum dns_type type;
    struct ip_addr *addrs; /* DNS_A: max_addrs of them */
    size_t max_addrs;
    char *name; /* DNS_PTR */
};

static bool is_in_host_names(uint8_t octet)
{
    return (lower(octet) >= 'a' && lower(octet) <= 'z') || (octet >= '0' && octet <= '9') ||
           octet == '-' || octet == '_';
}

/* The name that begins at `at`, well formed, in text; false: it has octets that are not for names
 * of hosts. */
static bool copy_text(char *to, struct cursor message, size_t at)
{
    struct walk w = walk_from(message, at);
    struct cursor label;
    size_t len = 0;

    while (next_label(&w, &label) && label.left > 0) {
        if (len > 0) {
            to[len++] = '.';
        }
        for (size_t i = 0; i < label.left; i++) {
            if (!is_in_host_names(label.at[i])) {
                return false;
            }
            to[len++] = (char)label.at[i];
        }
    }
    to[len] = '\0';
    return len > 0;
}

static bool keep(struct cursor message, const struct record *r, const struct wanted *wanted,
                 size_t n)
{
    if (wanted->type == DNS_PTR) {
        return n == 0 && copy_text(wanted->name, message, r->data);
    }
    if (n < wanted->max_addrs) {
        wanted->addrs[n] = ip4(be32(message.at + r->data));
    }
    return n < wanted->max_addrs;
}

/*
 * Gathers the addresses of the name that begins at `*owner`. Where there are none but an alias,
 * `*owner` moves to the name that it stands for, and the answer is false.
 */
static bool gather(const struct answers *a, size_t *owner, const struct wanted *wanted,
                   struct dns_answer *answer)
{
    struct cursor c = a->records;
    struct record r;
    struct record alias = { 0 };

    for (unsigned i = 0; i < a->n_records && take_record(a->message, &c, &r); i++) {
        if (r.class != CLASS_IN || !names_equal(a->message, r.owner, *owner)) {
            continue;
        }
        if (r.type == TYPE_CNAME) {
            alias = r;
        }
        if (r.type == wanted->type && keep(a->message, &r, wanted, answer->n_addrs)) {
            answer->n_addrs++;
            lower_ttl(answer, r.ttl);
        }
    }
    if (answer->n_addrs > 0 || alias.data == 0) {
        return true;
    }
    lower_ttl(answer, alias.ttl);
    *owner = alias.data;
    return false;
}

static void follow_aliases(const struct answers *a, const struct wanted *wanted,
                           struct dns_answer *answer)
{
    size_t owner = HDR_LEN; /* the question's name */

    answer->ttl = MAX_TTL;
    for (unsigned i = 0; i <= DNS_MAX_CNAMES; i++) {
        if (gather(a, &owner, wanted, answer)) {
            return;
        }
    }
    answer->rcode = DNS_SERVFAIL;
}

/* RFC 2308 5: the lesser of the record's own time and of the MINIMUM in it; 0: it is malformed. */
static uint32_t soa_ttl(struct cursor message, const struct record *r)
{
    struct cursor c = cursor_at(message, r->data);
    const uint8_t *rest;
    uint32_t minimum;

    if (!skip_name(message, &c) || !skip_name(message, &c) ||
        !(rest = cursor_take(&c, SOA_REST_LEN)) || message.left - c.left != r->data + r->len) {
        return 0;
    }
    minimum = be32(rest + SOA_REST_LEN - 4);
    return minimum < r->ttl ? minimum : r->ttl;
}

/* How long it may be remembered that there is no address: 0 where no SOA record says it. */
static uint32_t negative_ttl(const struct answers *a, unsigned n_authorities)
{
    struct cursor c = a->records;
    struct record r;

    for (unsigned i = 0; i < a->n_records + n_authorities && take_record(a->message, &c, &r); i++) {
        if (i >= a->n_records && r.class == CLASS_IN && r.type == TYPE_SOA) {
            return soa_ttl(a->message, &r);
        }
    }
    return 0;
}

/* Takes the question off: the one that we asked, or a reason. */
static enum drop_reason take_question(struct cursor message, struct cursor *c, const char *name,
                                      enum dns_type type, bool *exact)
{
    const uint8_t *at;

    if (!skip_name(message, c)) {
        return DROP_DNS_MALFORMED;
    }
    at = cursor_take(c, 4);
    if (!at) {
        return DROP_DNS_MALFORMED;
    }
    *exact = true;
    if (!name_is(message, HDR_LEN, name, exact) || be16(at) != type || be16(at + 2) != CLASS_IN) {
        return DROP_DNS_UNEXPECTED;
    }
    return DROP_NONE;
}

static enum drop_reason parse(struct cursor *c, uint16_t id, const char *name,
                              const struct wanted *wanted, struct dns_answer *answer)
{
    struct answers a = { .message = *c };
    const uint8_t *at = cursor_take(c, HDR_LEN);
    enum drop_reason reason;
    uint16_t flags;

    if (!at) {
        return DROP_DNS_MALFORMED;
    }
    flags = be16(at + 2);
    if (be16(at) != id || (flags & (FLAG_RESPONSE | OPCODE)) != FLAG_RESPONSE ||
        be16(at + 4) != 1) {
        return DROP_DNS_UNEXPECTED;
    }
    *answer = (struct dns_answer){ .rcode = flags & RCODE, .truncated = flags & FLAG_TRUNCATED };
    reason = take_question(a.message, c, name, wanted->type, &answer->exact);
    if (reason || answer->truncated) {
        return reason;
    }
    a.records = *c;
    a.n_records = be16(at + 6);
    if (answer->rcode == DNS_NOERROR) {
        if (!answers_sound(&a)) {
            return DROP_DNS_MALFORMED;
        }
        follow_aliases(&a, wanted, answer);
    }
    if (answer->rcode == DNS_NXDOMAIN || (answer->rcode == DNS_NOERROR && answer->n_addrs == 0)) {
        answer->ttl = negative_ttl(&a, be16(at + 8));
    }
    return DROP_NONE;
}

enum drop_reason dns_parse_answer(struct cursor *c, uint16_t id, const char *name,
                                  struct ip_addr *addrs, size_t max_addrs,
                                  struct dns_answer *answer)
{
    struct wanted wanted = { .type = DNS_A, .addrs = addrs, .max_addrs = max_addrs };

    return parse(c, id, name, &wanted, answer);
}

enum drop_reason dns_parse_pointer(struct cursor *c, uint16_t id, const char *name,
                                   char found[DNS_MAX_NAME_LEN + 1], struct dns_answer *answer)
{
    struct wanted wanted = { .type = DNS_PTR, .name = found };

    return parse(c, id, name, &wanted, answer);
}

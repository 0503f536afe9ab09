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
#define MAX_POINTERS 31 /* nobody writes as many into a name */
#define POINTER 0xc0    /* RFC 1035 4.1.4 */

/*
 * What is looked at of an answer, so that one frame costs little: labels and pointers, and for each
 * record as much as some of them. It is enough for the longest chain of aliases, and for as many
 * addresses as are kept.
 */
#define MOST_EFFORT 228
#define RECORD_EFFORT 8
#define POINTER_EFFORT 3
#define QUESTION_EFFORT 512 /* the name is ours, and walked twice */
#define OCTETS_OF_EFFORT 2  /* of labels, that count as one more */

struct message {
    struct cursor all;
    unsigned effort; /* left */
    size_t owner;    /* where the name begins whose records are looked for; 0: not known yet */
};

static inline bool spend(struct message *m, size_t effort)
{
    if (m->effort < effort) {
        m->effort = 0;
        return false;
    }
    m->effort -= (unsigned)effort;
    return true;
}

static inline struct cursor cursor_at(struct cursor message, size_t at)
{
    return cursor_over(message.at + at, message.left - at);
}

static inline size_t place_of(const struct message *m, struct cursor c)
{
    return m->all.left - c.left;
}

/* Where a pointer leads, whose first octet is `high`; false: it is cut short, or does not lead
 * before `limit`. */
static inline bool take_pointer(const struct message *m, struct cursor *c, uint8_t high,
                                size_t limit, size_t *target)
{
    const uint8_t *low = cursor_take(c, 1);

    if (!low) {
        return false;
    }
    *target = (size_t)(high & ~POINTER) << 8 | *low;
    return *target >= HDR_LEN && *target < limit && *target < m->all.left;
}

/* Takes labels off, up to the root or a pointer, of which the first octet is `*end`. */
static inline bool take_labels(struct cursor *c, unsigned *effort, uint8_t *end)
{
    while (c->left > 0 && *effort > 0) {
        uint8_t n = *c->at;

        (*effort)--;
        if (n == 0 || n > MAX_LABEL_LEN) {
            *end = n;
            cursor_take(c, 1);
            return n == 0 || (n & POINTER) == POINTER;
        }
        if (!cursor_take(c, n + 1u)) {
            return false;
        }
    }
    return false;
}

/*
 * Takes a name off the cursor, which lies in the message; `*label` is where its first label is.
 * Each pointer leads before the labels that led to it, so the walk ends.
 */
static bool skip_name(struct message *m, struct cursor *c, size_t *label)
{
    size_t limit = place_of(m, *c); /* where the labels begin that are taken now */
    struct cursor at = *c;
    unsigned n_pointers = 0;
    size_t name_len = 0; /* octets on the wire without compression */
    uint8_t end;

    *label = 0;
    do {
        unsigned effort = m->effort;
        bool sound = take_labels(&at, &effort, &end);

        m->effort = effort;
        if (!sound) {
            return false;
        }
        *label = name_len == 0 ? limit : *label;
        name_len += place_of(m, at) - limit - (end != 0);
        if (end != 0) {
            if (!spend(m, POINTER_EFFORT) || n_pointers == MAX_POINTERS ||
                !take_pointer(m, &at, end, limit, &limit)) {
                return false;
            }
            *c = n_pointers++ == 0 ? at : *c;
            at = cursor_at(m->all, limit);
        }
    } while (end != 0 && !(name_len == 0 && limit == m->owner)); /* that one is well formed */
    *label = name_len == 0 ? limit : *label;
    *c = n_pointers == 0 ? at : *c;
    return name_len <= MAX_WIRE_NAME_LEN;
}

/* Follows the pointers of a well-formed name, whose walk has come to `*at`, to its next label, all
 * of which is there. False: there was too much to be looked at. */
static inline bool to_label(struct message *m, size_t *at)
{
    while (*at < m->all.left && (m->all.at[*at] & POINTER) == POINTER) {
        struct cursor c = cursor_at(m->all, *at);
        uint8_t high = *cursor_take(&c, 1);

        if (!spend(m, POINTER_EFFORT - 1) || !take_pointer(m, &c, high, *at, at)) {
            return false;
        }
    }
    return *at < m->all.left && m->all.at[*at] < m->all.left - *at;
}

/* The next label of such a name; the root, with a length of 0, is the last. */
static inline bool next_label(struct message *m, size_t *at, struct cursor *label)
{
    if (!to_label(m, at)) {
        return false;
    }
    *label = cursor_over(m->all.at + *at + 1, m->all.at[*at]);
    *at += 1 + label->left;
    return spend(m, 1 + label->left / OCTETS_OF_EFFORT);
}

static inline uint8_t lower(uint8_t octet)
{
    return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet + ('a' - 'A')) : octet;
}

static inline bool octets_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (a[i] != b[i] && lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

static bool label_equal(struct cursor a, struct cursor b)
{
    return a.left == b.left && octets_equal(a.at, b.at, a.left);
}

/* Two names of a message, both known to be well formed, by where their first labels are. */
static bool names_equal(struct message *m, size_t a, size_t b)
{
    while (a != b) {
        const uint8_t *octets = m->all.at;
        size_t len;

        if (!to_label(m, &a) || !to_label(m, &b) || octets[a] != octets[b]) {
            return false;
        }
        len = octets[a];
        if (len == 0) {
            return true;
        }
        if (!spend(m, 2 + len / OCTETS_OF_EFFORT) ||
            !octets_equal(octets + a + 1, octets + b + 1, len)) {
            return false;
        }
        a += 1 + len;
        b += 1 + len;
    }
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
static bool name_is(struct message *m, size_t at, const char *text, bool *exact)
{
    struct cursor label;

    do {
        struct cursor wanted = text_label(&text);

        if (!next_label(m, &at, &label) || !label_equal(label, wanted)) {
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
    size_t owner;  /* where the first label of its name is in the message */
    size_t target; /* likewise, of the name that it leads to */
    size_t data;   /* where its data begins */
    uint16_t type;
    uint16_t class;
    uint32_t ttl; /* seconds */
    uint16_t len; /* octets of data */
};

/* True when the data are what the type says: an address of four octets, a name that fills them. */
static bool data_sound(struct message *m, struct record *r)
{
    struct cursor c = cursor_at(m->all, r->data);

    if (r->class == CLASS_IN && r->type == DNS_A) {
        return r->len == IPV4_ADDR_LEN;
    }
    if (r->class == CLASS_IN && (r->type == TYPE_CNAME || r->type == DNS_PTR)) {
        return skip_name(m, &c, &r->target) && m->all.left - c.left == r->data + r->len;
    }
    return true;
}

static bool take_record(struct message *m, struct cursor *c, struct record *r)
{
    const uint8_t *at;
    uint32_t ttl;

    if (!spend(m, RECORD_EFFORT) || !skip_name(m, c, &r->owner)) {
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
    r->data = m->all.left - c->left;
    return cursor_take(c, r->len) && data_sound(m, r);
}

/* What is asked for, and where it goes. */
struct wanted {
    enum dns_type type;
    struct ip_addr *addrs; /* DNS_A */
    char *name;            /* DNS_PTR */
    size_t max;            /* addresses, or 1 name */
};

struct answers {
    struct message *m;
    struct cursor records;
    unsigned n_records;
    unsigned n_aliases; /* that led to it */
    const struct wanted *wanted;
};

static void lower_ttl(struct dns_answer *answer, uint32_t ttl)
{
    answer->ttl = ttl < answer->ttl ? ttl : answer->ttl;
}

static bool is_in_host_names(uint8_t octet)
{
    return (lower(octet) >= 'a' && lower(octet) <= 'z') || (octet >= '0' && octet <= '9') ||
           octet == '-' || octet == '_';
}

/* A name in text, and its length; 0: it has octets that are not for names of hosts, or there was
 * too much to be looked at. */
static size_t copy_text(char *to, struct message *m, size_t at)
{
    struct cursor label;
    size_t len = 0;

    for (;;) {
        if (!next_label(m, &at, &label)) {
            return 0;
        }
        if (label.left == 0) {
            break;
        }
        if (len > 0) {
            to[len++] = '.';
        }
        for (size_t i = 0; i < label.left; i++) {
            if (!is_in_host_names(label.at[i])) {
                return 0;
            }
            to[len++] = (char)label.at[i];
        }
    }
    to[len] = '\0';
    return len;
}

/* The record is of the type that is wanted, and there is room for it. */
static bool keep(const struct answers *a, const struct record *r, struct dns_answer *answer)
{
    if (r->type == DNS_PTR) {
        answer->name_len = copy_text(a->wanted->name, a->m, r->target);
        return answer->name_len > 0;
    }
    a->wanted->addrs[answer->n_addrs] = ip4(be32(a->m->all.at + r->data));
    return true;
}

static void use_record(struct answers *a, const struct record *r, struct dns_answer *answer)
{
    if (r->class != CLASS_IN || !names_equal(a->m, r->owner, a->m->owner)) {
        return;
    }
    if (r->type == TYPE_CNAME && answer->n_addrs == 0) {
        a->m->owner = r->target;
        a->n_aliases++;
        lower_ttl(answer, r->ttl);
    }
    if (r->type == a->wanted->type && keep(a, r, answer)) {
        answer->n_addrs++;
        lower_ttl(answer, r->ttl);
    }
}

/* One walk over the section, as far as there is room for addresses. False when it is malformed, or
 * more than is worth looking at. */
static bool read_section(struct answers *a, struct dns_answer *answer)
{
    struct cursor c = a->records;
    struct record r;

    for (unsigned i = 0;
         i < a->n_records && answer->n_addrs < a->wanted->max && a->n_aliases <= DNS_MAX_CNAMES;
         i++) {
        if (!take_record(a->m, &c, &r)) {
            return false;
        }
        use_record(a, &r, answer);
    }
    return a->m->effort > 0;
}

/* Aliases come before what they stand for as a rule; where they do not, there is another walk. */
static enum drop_reason read_answers(struct answers *a, struct dns_answer *answer)
{
    unsigned n_before;
    bool sound;

    answer->ttl = MAX_TTL;
    do {
        n_before = a->n_aliases;
        sound = read_section(a, answer);
    } while (sound && answer->n_addrs == 0 && a->n_aliases != n_before &&
             a->n_aliases <= DNS_MAX_CNAMES);
    if (!sound && a->m->effort > 0) {
        return DROP_DNS_MALFORMED;
    }
    if (answer->n_addrs == 0 && (!sound || a->n_aliases > DNS_MAX_CNAMES)) {
        answer->rcode = DNS_SERVFAIL;
    }
    return DROP_NONE;
}

/* RFC 2308 5: the lesser of the record's own time and of the MINIMUM in it; 0: it is malformed. */
static uint32_t soa_ttl(struct message *m, const struct record *r)
{
    struct cursor c = cursor_at(m->all, r->data);
    const uint8_t *rest;
    uint32_t minimum;
    size_t label;

    if (!skip_name(m, &c, &label) || !skip_name(m, &c, &label) ||
        !(rest = cursor_take(&c, SOA_REST_LEN)) || m->all.left - c.left != r->data + r->len) {
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

    for (unsigned i = 0; i < a->n_records + n_authorities && take_record(a->m, &c, &r); i++) {
        if (i >= a->n_records && r.class == CLASS_IN && r.type == TYPE_SOA) {
            return soa_ttl(a->m, &r);
        }
    }
    return 0;
}

/* Takes the question off: the one that we asked, or a reason. */
static enum drop_reason take_question(struct message *m, struct cursor *c, const char *name,
                                      enum dns_type type, size_t *label, bool *exact)
{
    const uint8_t *at;

    m->effort = QUESTION_EFFORT;
    if (!skip_name(m, c, label)) {
        return DROP_DNS_MALFORMED;
    }
    at = cursor_take(c, 4);
    if (!at) {
        return DROP_DNS_MALFORMED;
    }
    *exact = true;
    if (!name_is(m, HDR_LEN, name, exact) || be16(at) != type || be16(at + 2) != CLASS_IN) {
        return DROP_DNS_UNEXPECTED;
    }
    m->effort = MOST_EFFORT;
    return DROP_NONE;
}

static enum drop_reason parse(struct cursor *c, uint16_t id, const char *name,
                              const struct wanted *wanted, struct dns_answer *answer)
{
    struct message m = { .all = *c };
    struct answers a = { .m = &m, .wanted = wanted };
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
    reason = take_question(&m, c, name, wanted->type, &m.owner, &answer->exact);
    if (reason || answer->truncated) {
        return reason;
    }
    a.records = *c;
    a.n_records = be16(at + 6);
    if (answer->rcode == DNS_NOERROR) {
        reason = read_answers(&a, answer);
    }
    if (answer->rcode == DNS_NXDOMAIN || (answer->rcode == DNS_NOERROR && answer->n_addrs == 0)) {
        answer->ttl = negative_ttl(&a, be16(at + 8));
    }
    return reason;
}

enum drop_reason dns_parse_answer(struct cursor *c, uint16_t id, const char *name,
                                  struct ip_addr *addrs, size_t max_addrs,
                                  struct dns_answer *answer)
{
    struct wanted wanted = { .type = DNS_A, .addrs = addrs, .max = max_addrs };

    return parse(c, id, name, &wanted, answer);
}

enum drop_reason dns_parse_pointer(struct cursor *c, uint16_t id, const char *name,
                                   char found[DNS_MAX_NAME_LEN + 1], struct dns_answer *answer)
{
    struct wanted wanted = { .type = DNS_PTR, .name = found, .max = 1 };

    return parse(c, id, name, &wanted, answer);
}

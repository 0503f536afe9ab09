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

/* What is looked at of an answer, so that one frame costs little: labels and pointers, and for each
 * record as much as some of them. Names that were walked before are known, and cost one. It is
 * enough for the longest chain of aliases, and for as many addresses as are kept. */
#define MOST_EFFORT 160
#define RECORD_EFFORT 4
#define QUESTION_EFFORT (2 * (MAX_POINTERS + 1)) /* the name is ours, and walked twice */
#define COMPARED_OCTETS 8                        /* of labels, that count as one more */
#define N_KNOWN 16

/* A well-formed name, or the end of one. */
struct known {
    uint16_t at;    /* where it begins in the message; 0: none */
    uint16_t label; /* where its first label is, behind pointers */
    uint16_t next;  /* what follows where it stands; 0: not known, it was reached by a pointer */
    uint8_t len;    /* octets on the wire without compression */
    uint8_t n_pointers;
};

struct message {
    struct cursor all;
    struct known known[N_KNOWN]; /* by `at`, the latest */
    unsigned effort;             /* left */
};

static bool spend(struct message *m, size_t effort)
{
    if (m->effort < effort) {
        m->effort = 0;
        return false;
    }
    m->effort -= (unsigned)effort;
    return true;
}

static struct known *known_at(struct message *m, size_t at)
{
    return &m->known[at % N_KNOWN];
}

/* A walk over the labels of a name in a message. */
struct walk {
    struct message *m;
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

static struct walk walk_from(struct message *m, size_t at)
{
    return (struct walk){ .m = m, .c = cursor_at(m->all, at), .run = at };
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
    w->c = cursor_at(w->m->all, target);
    return true;
}

/* One label, or none where a pointer was followed. False when the name is malformed. */
static bool step(struct walk *w, struct cursor *label)
{
    const uint8_t *len = cursor_take(&w->c, 1);

    *label = cursor_over(NULL, 0);
    if (!len || !spend(w->m, 1)) {
        return false;
    }
    if ((*len & POINTER) == POINTER) {
        return follow(w, *len);
    }
    if (*len > MAX_LABEL_LEN) {
        return false;
    }
    *label = cursor_over(cursor_take(&w->c, *len), *len);
    w->name_len += 1u + *len;
    return label->at && w->name_len <= MAX_WIRE_NAME_LEN;
}

/* The next label; the root, with a length of 0, is the last. */
static bool next_label(struct walk *w, struct cursor *label)
{
    do {
        if (!step(w, label)) {
            return false;
        }
    } while (!label->at);
    return true;
}

/* The rest of the name is one that is known, reached by a pointer or where it stands. */
static bool take_known(struct walk *w, const struct known *rest)
{
    w->name_len += rest->len;
    w->n_pointers += rest->n_pointers;
    if (w->after.at == NULL) {
        w->c = cursor_at(w->m->all, rest->next);
    }
    return w->name_len <= MAX_WIRE_NAME_LEN && w->n_pointers <= MAX_POINTERS;
}

/* The walk that is over led past `from`, where it had come so far. */
static void remember(const struct walk *w, struct known from, size_t label, size_t next)
{
    from.label = (uint16_t)label;
    from.next = (uint16_t)next;
    from.len = (uint8_t)(w->name_len - from.len);
    from.n_pointers = (uint8_t)(w->n_pointers - from.n_pointers);
    *known_at(w->m, from.at) = from;
}

/* Takes a name off the cursor, which lies in the message; `*label` is where its first label is. */
static bool skip_name(struct message *m, struct cursor *c, size_t *label)
{
    size_t at = m->all.left - c->left;
    struct walk w = walk_from(m, at);
    struct known target = { .at = 0 }; /* of the first pointer */
    struct known start = { .at = (uint16_t)at };
    struct cursor taken = { .at = NULL };

    *label = 0;
    while (!taken.at || taken.left > 0) {
        const struct known *rest = known_at(m, at);

        if (rest->at == at && (rest->next != 0 || w.after.at)) {
            *label = *label ? *label : rest->label;
            if (!take_known(&w, rest)) {
                return false;
            }
            break;
        }
        if (!step(&w, &taken)) {
            return false;
        }
        if (taken.at) {
            *label = *label ? *label : at;
        }
        at = m->all.left - w.c.left;
        if (!taken.at && target.at == 0) {
            target = (struct known){ .at = (uint16_t)at,
                                     .len = (uint8_t)w.name_len,
                                     .n_pointers = (uint8_t)w.n_pointers };
        }
    }
    *c = w.after.at ? w.after : w.c;
    if (target.at != 0) {
        remember(&w, target, *label, 0);
    }
    remember(&w, start, *label, m->all.left - c->left);
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
        if (a.at[i] != b.at[i] && lower(a.at[i]) != lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

/* Two names of a message, both known to be well formed, by where their first labels are. */
static bool names_equal(struct message *m, size_t a_at, size_t b_at)
{
    struct walk a = walk_from(m, a_at);
    struct walk b = walk_from(m, b_at);
    struct cursor a_label;
    struct cursor b_label;

    if (a_at == b_at) {
        return true;
    }
    do {
        if (!next_label(&a, &a_label) || !next_label(&b, &b_label) ||
            !spend(m, a_label.left / COMPARED_OCTETS) || !label_equal(a_label, b_label)) {
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
static bool name_is(struct message *m, size_t at, const char *text, bool *exact)
{
    struct walk w = walk_from(m, at);
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
    size_t owner;       /* where the name begins whose addresses are looked for */
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

/* A name in text; false: it has octets that are not for names of hosts. */
static bool copy_text(char *to, struct message *m, size_t at)
{
    struct walk w = walk_from(m, at);
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

/* The record is of the type that is wanted, and there is room for it. */
static bool keep(const struct answers *a, const struct record *r, size_t n)
{
    if (r->type == DNS_PTR) {
        return copy_text(a->wanted->name, a->m, r->target);
    }
    a->wanted->addrs[n] = ip4(be32(a->m->all.at + r->data));
    return true;
}

static void use_record(struct answers *a, const struct record *r, struct dns_answer *answer)
{
    if (r->class != CLASS_IN || !names_equal(a->m, r->owner, a->owner)) {
        return;
    }
    if (r->type == TYPE_CNAME && answer->n_addrs == 0) {
        a->owner = r->target;
        a->n_aliases++;
        lower_ttl(answer, r->ttl);
    }
    if (r->type == a->wanted->type && keep(a, r, answer->n_addrs)) {
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
    return true;
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
    reason = take_question(&m, c, name, wanted->type, &a.owner, &answer->exact);
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

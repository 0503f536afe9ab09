/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One question of the stub resolver (RFC 1035 7.2, RFC 5452). A server that answers decides, also
 * when the answer is that there is nothing; one that cannot (SERVFAIL, REFUSED) or is not there (an
 * ICMP error) makes the query go on to the next at once. When that is every server of a round the
 * query has failed; a silent one is asked again in the next round. The identifier stays the same,
 * so that of the server that is being asked a late answer to an earlier copy counts, too. One that
 * was given up on is a stranger like any other until its next turn (RFC 5452 9.1): it would be two
 * that a forger may speak for.
 */
#include "proto/dns.h"

#define DNS_LONGEST_TTL (7u * 24 * 3600)     /* seconds: RFC 8767 4 */
#define DNS_LONGEST_NEGATIVE_TTL (3u * 3600) /* seconds: RFC 2308 5 */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A valid name fits, with a dot at its end and the NUL. Each letter is in either case, which the
 * answer repeats: who forges one has to guess those as well. */
static void copy_name(char *to, const char *name, struct rng *rng)
{
    do {
        bool flip = is_letter(*name) && (rng_u32(rng) & 1);

        *to++ = (char)(flip ? *name ^ ('a' ^ 'A') : *name);
    } while (*name++ != '\0');
}

/* What the server being asked may take; counts from the asking, so that a query that cannot leave
 * ends as well. */
static void ask(struct dns_query *q, instant now)
{
    q->send_due = true;
    q->retry_at = now + (DNS_FIRST_TIMEOUT << q->round);
}

static void take_servers(struct dns_query *q, const struct sk_addr *servers, size_t n)
{
    q->n_servers = (uint8_t)(n < CONFIG_N_DNS_SERVERS ? n : CONFIG_N_DNS_SERVERS);
    memcpy(q->servers, servers, q->n_servers * sizeof *servers);
}

enum sk_err dns_start(struct dns_query *q, const char *name, const struct sk_addr *servers,
                      size_t n_servers, struct rng *rng, instant now)
{
    if (!dns_name_valid(name)) {
        return SK_INVALID;
    }
    if (n_servers == 0) {
        return SK_NAME_NO_SERVER;
    }
    *q = (struct dns_query){ .result = SK_PENDING };
    copy_name(q->name, name, rng);
    take_servers(q, servers, n_servers);
    q->id = (uint16_t)rng_u32(rng);
    ask(q, now);
    return SK_OK;
}

/* An octet in text, and a dot; returns what follows. */
static char *copy_octet(char *to, uint32_t octet)
{
    if (octet >= 100) {
        *to++ = (char)('0' + octet / 100);
    }
    if (octet >= 10) {
        *to++ = (char)('0' + octet / 10 % 10);
    }
    *to++ = (char)('0' + octet % 10);
    *to++ = '.';
    return to;
}

enum sk_err dns_start_reverse(struct dns_query *q, struct ip_addr addr,
                              const struct sk_addr *servers, size_t n_servers, struct rng *rng,
                              instant now)
{
    static const char domain[] = "in-addr.arpa";
    char name[sizeof("255.255.255.255.") + sizeof(domain)];
    uint32_t bits = ip4_bits(addr);
    char *to = name;
    enum sk_err err;

    for (int i = 0; i < 4; i++) {
        to = copy_octet(to, bits >> 8 * i & 0xff);
    }
    memcpy(to, domain, sizeof(domain));
    err = dns_start(q, name, servers, n_servers, rng, now);
    if (err == SK_OK) {
        q->reverse = true;
        q->addrs[0] = addr;
    }
    return err;
}

static void end(struct dns_query *q, enum sk_err result)
{
    q->result = result;
    q->send_due = false;
}

static void next_server(struct dns_query *q, instant now)
{
    q->stream = false;
    q->server++;
    if (q->server == q->n_servers) {
        q->server = 0;
        q->round++;
        if (!q->silent) {
            end(q, q->refused ? SK_NAME_FAILED : SK_NAME_NO_SERVER);
            return;
        }
        if (q->round == DNS_N_ROUNDS) {
            end(q, q->refused ? SK_NAME_FAILED : SK_TIMED_OUT);
            return;
        }
        q->silent = false;
        q->refused = false;
    }
    ask(q, now);
}

void dns_start_over(struct dns_query *q, const struct sk_addr *servers, size_t n_servers,
                    instant now)
{
    if (n_servers > 0) {
        take_servers(q, servers, n_servers);
    }
    q->server = 0;
    q->stream = false;
    ask(q, now);
}

void dns_unreachable(struct dns_query *q, instant now)
{
    if (q->result == SK_PENDING) {
        next_server(q, now);
    }
}

/* An answer in another case may be forged by who could not see the question. That a server folds
 * the case is believed, in the rounds after the first such answer. */
static bool takes_folded(struct dns_query *q)
{
    if (q->folded == 0) {
        q->folded = (uint8_t)(q->round + 1);
    }
    return q->folded <= q->round;
}

/* Servers that know no EDNS are asked without in later rounds. */
static bool says_edns(const struct dns_query *q)
{
    return q->round == 0 && !q->plain && q->udp_len > DNS_MAX_UDP_LEN;
}

static uint32_t less(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* There is none: the name, or an address of it. */
static void end_without(struct dns_query *q, enum sk_err result, uint32_t ttl)
{
    q->ttl = less(ttl, DNS_LONGEST_NEGATIVE_TTL);
    end(q, result);
}

/* What an answer gives, which may still turn out to be none. */
union found {
    struct ip_addr addrs[DNS_MAX_ADDRS];
    char name[DNS_MAX_NAME_LEN + 1];
};

static enum drop_reason parse(const struct dns_query *q, struct cursor *c, union found *found,
                              struct dns_answer *answer)
{
    if (q->reverse) {
        return dns_parse_pointer(c, q->id, q->name, found->name, answer);
    }
    return dns_parse_answer(c, q->id, q->name, found->addrs, DNS_MAX_ADDRS, answer);
}

static void keep(struct dns_query *q, const union found *found, size_t n)
{
    if (q->reverse) {
        memcpy(q->name, found->name, n + 1);
        q->name_len = (uint8_t)n;
    } else {
        memcpy(q->addrs, found->addrs, n * sizeof found->addrs[0]);
        q->n_addrs = (uint8_t)n;
    }
}

enum drop_reason dns_arrives(struct dns_query *q, struct cursor *c, instant now)
{
    union found found;
    struct dns_answer answer;
    enum drop_reason reason;

    if (q->result != SK_PENDING) {
        return DROP_DNS_UNEXPECTED;
    }
    reason = parse(q, c, &found, &answer);
    if (reason != DROP_NONE) {
        return reason;
    }
    if (!answer.exact && !takes_folded(q)) {
        return DROP_DNS_UNEXPECTED;
    }
    if (answer.rcode == DNS_NXDOMAIN) {
        end_without(q, SK_NAME_UNKNOWN, answer.ttl);
    } else if (says_edns(q) && (answer.rcode == DNS_FORMERR || answer.rcode == DNS_NOTIMP)) {
        q->plain = true; /* RFC 6891 7: the same server, without */
        ask(q, now);
    } else if (answer.truncated && !q->stream) {
        q->stream = true;
        ask(q, now);
    } else if (answer.rcode != DNS_NOERROR || answer.truncated) {
        q->refused = true;
        next_server(q, now);
    } else if (answer.n_addrs == 0) {
        end_without(q, SK_NAME_NO_ADDRESS, answer.ttl);
    } else {
        keep(q, &found, q->reverse ? answer.name_len : answer.n_addrs);
        q->ttl = less(answer.ttl, DNS_LONGEST_TTL);
        end(q, SK_OK);
    }
    return DROP_NONE;
}

static bool emit_question(const struct dns_query *q, struct writer *w)
{
    return dns_emit_query(w, q->id, q->name, q->reverse ? DNS_PTR : DNS_A);
}

bool dns_next(struct dns_query *q, instant now, struct writer *w)
{
    (void)now;
    return q->result == SK_PENDING && q->send_due && emit_question(q, w) &&
           (!says_edns(q) || dns_emit_edns(w, q->udp_len));
}

void dns_sent(struct dns_query *q, instant now)
{
    q->send_due = false;
    q->retry_at = now + (DNS_FIRST_TIMEOUT << q->round);
}

void dns_poll(struct dns_query *q, instant now)
{
    if (q->result == SK_PENDING && now >= q->retry_at) {
        q->silent = true;
        next_server(q, now);
    }
}

instant dns_poll_at(const struct dns_query *q)
{
    return q->result == SK_PENDING ? q->retry_at : NEVER;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One question of the stub resolver (RFC 1035 7.2, RFC 5452). A server that answers decides, also
 * when the answer is that there is nothing; one that cannot (SERVFAIL, REFUSED, an answer cut
 * short) or is not there (an ICMP error) makes the query go on to the next at once. When that is
 * every server of a round the query has failed; a silent one is asked again in the next round. The
 * identifier stays the same, so that of the server that is being asked a late answer to an earlier
 * copy counts, too. One that was given up on is a stranger like any other until its next turn
 * (RFC 5452 9.1): it would be two that a forger may speak for.
 */
#include "proto/dns.h"

#define DNS_LONGEST_TTL (7u * 24 * 3600) /* seconds: RFC 8767 4 */

/* A valid name fits, with a dot at its end and the NUL. */
static void copy_name(char *to, const char *name)
{
    do {
        *to++ = *name;
    } while (*name++ != '\0');
}

/* What the server being asked may take; counts from the asking, so that a query that cannot leave
 * ends as well. */
static void ask(struct dns_query *q, instant now)
{
    q->send_due = true;
    q->retry_at = now + (DNS_FIRST_TIMEOUT << q->round);
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
    *q = (struct dns_query){ .result = SK_PENDING, .rng = rng };
    copy_name(q->name, name);
    q->n_servers = (uint8_t)(n_servers < CONFIG_N_DNS_SERVERS ? n_servers : CONFIG_N_DNS_SERVERS);
    memcpy(q->servers, servers, q->n_servers * sizeof *servers);
    q->id = (uint16_t)rng_u32(rng);
    ask(q, now);
    return SK_OK;
}

static void end(struct dns_query *q, enum sk_err result)
{
    q->result = result;
    q->send_due = false;
}

static void next_server(struct dns_query *q, instant now)
{
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

void dns_unreachable(struct dns_query *q, instant now)
{
    if (q->result == SK_PENDING) {
        next_server(q, now);
    }
}

enum drop_reason dns_arrives(struct dns_query *q, struct cursor *c, instant now)
{
    struct ip_addr addrs[DNS_MAX_ADDRS];
    struct dns_answer answer;
    enum drop_reason reason;

    if (q->result != SK_PENDING) {
        return DROP_DNS_UNEXPECTED;
    }
    reason = dns_parse_answer(c, q->id, q->name, addrs, DNS_MAX_ADDRS, &answer);
    if (reason != DROP_NONE) {
        return reason;
    }
    if (answer.rcode == DNS_NXDOMAIN) {
        end(q, SK_NAME_UNKNOWN);
    } else if (answer.rcode != DNS_NOERROR || answer.truncated) {
        q->refused = true;
        next_server(q, now);
    } else if (answer.n_addrs == 0) {
        end(q, SK_NAME_NO_ADDRESS);
    } else {
        memcpy(q->addrs, addrs, answer.n_addrs * sizeof *addrs);
        q->n_addrs = (uint8_t)answer.n_addrs;
        q->ttl = answer.ttl < DNS_LONGEST_TTL ? answer.ttl : DNS_LONGEST_TTL;
        end(q, SK_OK);
    }
    return DROP_NONE;
}

bool dns_next(struct dns_query *q, instant now, struct writer *w)
{
    (void)now;
    return q->result == SK_PENDING && q->send_due && dns_emit_query(w, q->id, q->name);
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

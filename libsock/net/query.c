/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names being resolved, and remembered. Each query has a socket of its own, at a random port and
 * connected to the server that is being asked (RFC 5452 4.5), and a deadline of its own: an
 * operation that is forgotten leaves nothing behind. Who asks for a name that is being asked for
 * shares that query: many at once would give a forger as many chances (RFC 5452 5). An answer is
 * kept for its time to live, as long as no other query needs the place, also one that says no, if
 * it says for how long (RFC 2308 5).
 */
#include "net/iface.h"

#include "wire/ipv4.h"

#define FORGET_TIME seconds(30) /* an answer that nobody fetches */

static uint32_t handle_of(const struct sk_iface *iface, const struct query_slot *slot)
{
    return slot->generation << QUERY_INDEX_BITS | (uint32_t)(slot - iface->queries);
}

static struct query_slot *slot_named(struct sk_iface *iface, uint32_t query)
{
    uint32_t i = query & ((1u << QUERY_INDEX_BITS) - 1);

    if (i >= iface->n_queries || handle_of(iface, &iface->queries[i]) != query) {
        return NULL;
    }
    return &iface->queries[i];
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* The dot of the root may be left out. */
static bool same_name(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    a += *a == '.' && *b == '\0';
    b += *b == '.' && *a == '\0';
    return *a == '\0' && *b == '\0';
}

/* What is asked for: a name, or the name of an address. */
struct subject {
    const char *name; /* NULL: */
    struct ip_addr addr;
};

static bool is_about(const struct dns_query *q, const struct subject *subject)
{
    if (!subject->name) {
        return q->reverse && ip_equal(q->addrs[0], subject->addr);
    }
    return !q->reverse && same_name(q->name, subject->name);
}

/* The query for it that runs, or whose answer is fresh; NULL: none. */
static struct query_slot *find(struct sk_iface *iface, const struct subject *subject, instant now)
{
    for (uint32_t i = 0; i < iface->n_queries; i++) {
        struct query_slot *slot = &iface->queries[i];
        bool runs = slot->used && slot->q.result == SK_PENDING;

        if ((runs || now < slot->fresh_until) && is_about(&slot->q, subject)) {
            return slot;
        }
    }
    return NULL;
}

/* The one that is stale, or soonest will be; NULL: all are in use. */
static struct query_slot *place(struct sk_iface *iface)
{
    struct query_slot *best = NULL;

    for (uint32_t i = 0; i < iface->n_queries; i++) {
        struct query_slot *slot = &iface->queries[i];

        if (!slot->used && (!best || slot->fresh_until < best->fresh_until)) {
            best = slot;
        }
    }
    return best;
}

static void close_socket(struct sk_iface *iface, struct query_slot *slot, instant now)
{
    if (slot->fd != SK_FD_NONE) {
        sk_close(iface, slot->fd, now);
        slot->fd = SK_FD_NONE;
    }
}

static void forget(struct sk_iface *iface, struct query_slot *slot, instant now)
{
    close_socket(iface, slot, now);
    slot->used = false;
    iface->n_asked--;
}

void queries_flush(struct sk_iface *iface, instant now)
{
    for (uint32_t i = 0; i < iface->n_queries; i++) {
        struct query_slot *slot = &iface->queries[i];

        slot->fresh_until = 0;
        if (slot->used && slot->q.result == SK_PENDING) {
            close_socket(iface, slot, now); /* what the old network answers does not come */
            dns_start_over(&slot->q, iface->dns, iface->n_dns, now);
        }
    }
}

static struct udp_entry *socket_of(struct sk_iface *iface, const struct query_slot *slot)
{
    return slot_of(iface, slot->fd)->u.udp;
}

static enum sk_err open_datagrams(struct sk_iface *iface, struct query_slot *slot, instant now)
{
    enum sk_err err = sk_socket(iface, SK_DGRAM, &slot->fd);

    if (err != SK_OK) {
        return err;
    }
    socket_of(iface, slot)->node.internal = true;
    err = sk_bind(iface, slot->fd, (struct sk_addr){ ip4(0), 0 });
    if (err != SK_OK) {
        close_socket(iface, slot, now);
    }
    return err;
}

/* That the link carries, and that the socket has room for. */
static uint16_t longest_answer(struct sk_iface *iface, const struct query_slot *slot)
{
    struct ip_addr next_hop;
    const struct netif *netif = route(iface, slot->q.servers[0].addr, &next_hop);
    uint32_t room = socket_of(iface, slot)->rx_size - (uint32_t)MSGQ_RECORD_OVERHEAD;
    uint32_t longest = DNS_EDNS_LEN;

    if (netif && netif->mtu - (uint32_t)(IPV4_HDR_LEN + UDP_HDR_LEN) < longest) {
        longest = netif->mtu - (uint32_t)(IPV4_HDR_LEN + UDP_HDR_LEN);
    }
    return (uint16_t)(room < longest ? room : longest);
}

static enum sk_err ask_about(struct sk_iface *iface, struct dns_query *q,
                             const struct subject *subject, instant now)
{
    if (!subject->name) {
        return dns_start_reverse(q, subject->addr, iface->dns, iface->n_dns, &iface->rng, now);
    }
    return dns_start(q, subject->name, iface->dns, iface->n_dns, &iface->rng, now);
}

static enum sk_err start(struct sk_iface *iface, const struct subject *subject, uint32_t *query,
                         instant now)
{
    struct query_slot *slot = find(iface, subject, now);
    enum sk_err err;

    if (slot) {
        *query = handle_of(iface, slot);
        return SK_OK;
    }
    slot = place(iface);
    if (!slot) {
        return SK_NO_SOCKETS;
    }
    err = ask_about(iface, &slot->q, subject, now);
    if (err != SK_OK) {
        return err;
    }
    slot->generation++;
    slot->fresh_until = 0;
    slot->fd = SK_FD_NONE;
    err = open_datagrams(iface, slot, now);
    if (err != SK_OK) {
        return err;
    }
    slot->q.udp_len = longest_answer(iface, slot);
    slot->used = true;
    iface->n_asked++;
    *query = handle_of(iface, slot);
    return SK_OK;
}

enum sk_err query_start(struct sk_iface *iface, const char *name, uint32_t *query, instant now)
{
    struct subject subject = { .name = name };

    return start(iface, &subject, query, now);
}

enum sk_err query_start_reverse(struct sk_iface *iface, struct ip_addr addr, uint32_t *query,
                                instant now)
{
    struct subject subject = { .addr = addr };

    return start(iface, &subject, query, now);
}

static bool read_answers(struct sk_iface *iface, struct query_slot *slot, instant now)
{
    struct udp_entry *udp = socket_of(iface, slot);
    struct msg_meta meta;
    const uint8_t *payload;
    size_t len;
    bool any = false;

    while (slot->q.result == SK_PENDING && udp_received(&udp->udp, &payload, &len, &meta)) {
        struct cursor c = cursor_over(payload, len);
        enum drop_reason reason = dns_arrives(&slot->q, &c, now);

        if (reason != DROP_NONE) {
            drop(iface, reason, NULL);
        }
        udp_taken(&udp->udp);
        any = true;
    }
    if (udp->udp.err != SK_OK) {
        udp->udp.err = SK_OK;
        dns_unreachable(&slot->q, now);
        any = true;
    }
    return any;
}

static bool has_datagrams(const struct sk_iface *iface, const struct query_slot *slot)
{
    return slot->fd != SK_FD_NONE && slot_tag(slot_of(iface, slot->fd)) == SOCK_UDP;
}

static bool ask_in_datagram(struct sk_iface *iface, struct query_slot *slot, instant now)
{
    uint8_t message[DNS_MAX_UDP_LEN];
    struct writer w = writer_over(message, sizeof(message));

    if (!has_datagrams(iface, slot)) { /* but the stream to the server before it */
        close_socket(iface, slot, now);
        if (open_datagrams(iface, slot, now) != SK_OK) {
            return false;
        }
    }
    return dns_next(&slot->q, now, &w) &&
           sk_set_peer(iface, slot->fd, slot->q.servers[slot->q.server]) == SK_OK &&
           sk_udp_post(iface, slot->fd, message, w.len, (struct sk_addr){ ip4(0), 0 }) == SK_OK;
}

static void ask(struct sk_iface *iface, struct query_slot *slot, instant now)
{
    bool asked;

    if (slot->q.stream) {
        close_socket(iface, slot, now);
        asked = query_stream_ask(iface, slot, now);
    } else {
        asked = ask_in_datagram(iface, slot, now);
    }
    if (asked) {
        dns_sent(&slot->q, now);
    } else {
        dns_unreachable(&slot->q, now);
    }
}

static bool read_any(struct sk_iface *iface, struct query_slot *slot, instant now)
{
    if (slot->fd == SK_FD_NONE) { /* there was none to be had */
        return false;
    }
    return has_datagrams(iface, slot) ? read_answers(iface, slot, now)
                                      : query_stream_read(iface, slot, now);
}

static bool poll_query(struct sk_iface *iface, struct query_slot *slot, instant now)
{
    bool any;

    if (slot->q.result != SK_PENDING) {
        if (now >= slot->forget_at) {
            forget(iface, slot, now);
        }
        return false;
    }
    any = read_any(iface, slot, now);
    dns_poll(&slot->q, now);
    while (slot->q.result == SK_PENDING && slot->q.send_due) {
        ask(iface, slot, now);
        any = true;
    }
    if (slot->q.result != SK_PENDING) {
        close_socket(iface, slot, now);
        slot->forget_at = now + FORGET_TIME;
        slot->fresh_until = now + seconds(slot->q.ttl);
        any = true;
    }
    return any;
}

bool queries_poll(struct sk_iface *iface, instant now)
{
    bool any = false;

    for (uint32_t i = 0; iface->n_asked > 0 && i < iface->n_queries; i++) {
        if (iface->queries[i].used) {
            any |= poll_query(iface, &iface->queries[i], now);
        }
    }
    return any;
}

static instant slot_poll_at(const struct sk_iface *iface, const struct query_slot *slot)
{
    if (slot->q.result != SK_PENDING) {
        return slot->forget_at;
    }
    return slot->q.send_due ? iface->now : dns_poll_at(&slot->q);
}

instant queries_poll_at(const struct sk_iface *iface)
{
    instant at = NEVER;

    for (uint32_t i = 0; iface->n_asked > 0 && i < iface->n_queries; i++) {
        if (iface->queries[i].used) {
            instant due = slot_poll_at(iface, &iface->queries[i]);

            at = due < at ? due : at;
        }
    }
    return at;
}

uint32_t queries_n_datagram_sockets(const struct sk_iface *iface)
{
    uint32_t n = 0;

    for (uint32_t i = 0; iface->n_asked > 0 && i < iface->n_queries; i++) {
        n += iface->queries[i].used && has_datagrams(iface, &iface->queries[i]);
    }
    return n;
}

static enum sk_err result_of(const struct query_slot *slot)
{
    return slot ? slot->q.result : SK_AGAIN;
}

/* Its answer was fetched: now it is only remembered. */
static void fetched(struct sk_iface *iface, struct query_slot *slot, enum sk_err result)
{
    if (result != SK_AGAIN && result != SK_PENDING && slot->used) {
        forget(iface, slot, iface->now);
    }
}

enum sk_err query_result(struct sk_iface *iface, uint32_t query, struct ip_addr *addrs, size_t max,
                         size_t *n)
{
    struct query_slot *slot = slot_named(iface, query);
    enum sk_err result = result_of(slot);

    *n = 0;
    while (result == SK_OK && *n < max && *n < slot->q.n_addrs) {
        addrs[*n] = slot->q.addrs[*n];
        (*n)++;
    }
    fetched(iface, slot, result);
    return result;
}

enum sk_err query_name(struct sk_iface *iface, uint32_t query, const char **name, size_t *len)
{
    struct query_slot *slot = slot_named(iface, query);
    enum sk_err result = result_of(slot);

    if (result == SK_OK) {
        *name = slot->q.name;
        *len = slot->q.name_len;
    }
    fetched(iface, slot, result);
    return result;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The host's memory, laid out once, and its poll: what arrived, what is due, what may leave. */
#include "net/fragments.h"
#include "net/multicast.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "wire/ipv4.h"

#include <string.h>

#define MIN_BUFFER 256
#define MIN_PACKET_SIZE (LINK_HEADROOM + 576) /* RFC 1122 3.3.2: EMTU_R is at least 576 */
#define MAX_PACKET_SIZE (LINK_HEADROOM + 65535)
#define MIN_INFLIGHT 4
#define MAX_NETIFS 240 /* each has a queue of half-open connections, whose number is 8 bits */
#define MAX_SOCKETS (1u << 24)              /* a handle keeps 8 bits for the generation */
#define MIN_REASSEMBLY (576 - IPV4_HDR_LEN) /* RFC 1122 3.3.2 */
#define MAX_REASSEMBLIES 64                 /* all are looked at, for a fragment */
#define MAX_ROUNDS 4 /* of loopback traffic that answers itself, in one poll */

_Static_assert(MAX_NETIFS <= UINT8_MAX - HALF_OPEN_BLOCKED, "MAX_NETIFS");
_Static_assert(SK_IFACE_LEN >= sizeof(struct sk_iface), "SK_IFACE_LEN");
_Static_assert(SK_NETIF_LEN >= sizeof(struct netif), "SK_NETIF_LEN");
_Static_assert(SK_TCP_LEN >= sizeof(struct tcp_entry) + TCP_BASIC_STATE_LEN +
                                 CONFIG_TCP_RANGES * sizeof(struct interval),
               "SK_TCP_LEN");
_Static_assert(SK_UDP_LEN >= sizeof(struct udp_entry), "SK_UDP_LEN");
_Static_assert(SK_LISTENER_LEN >= sizeof(struct listener_entry), "SK_LISTENER_LEN");
_Static_assert(SK_QUERY_LEN >= sizeof(struct query_slot), "SK_QUERY_LEN");
_Static_assert(SK_NEIGH_LEN >= sizeof(struct neigh), "SK_NEIGH_LEN");
_Static_assert(SK_PKT_LEN >= sizeof(struct pkt), "SK_PKT_LEN");
/* A slot, and buckets: twice as many as sockets, at most. */
_Static_assert(SK_SOCKET_LEN >= sizeof(struct tagged_socket) + 2 * sizeof(struct sock_node *),
               "SK_SOCKET_LEN");

static bool are_counts_valid(const struct sk_config *c)
{
    uint64_t n_sockets = (uint64_t)c->n_tcp + c->n_udp + c->n_listeners + c->n_queries;

    return n_sockets < MAX_SOCKETS && c->n_queries <= 1u << QUERY_INDEX_BITS &&
           c->n_syn_cache <= TUPLES_MAX && c->n_time_wait <= TUPLES_MAX &&
           c->n_netifs <= MAX_NETIFS && c->n_neighbours <= 255 && c->n_packets >= 2 &&
           c->n_ip_options <= UINT8_MAX && c->n_errors <= UINT8_MAX &&
           c->n_memberships <= UINT8_MAX && c->n_reassemblies <= MAX_REASSEMBLIES &&
           c->tcp_inflight >= MIN_INFLIGHT;
}

static bool are_domains_valid(const struct sk_config *c)
{
    for (size_t i = 0; i < CONFIG_N_SEARCH; i++) {
        if (c->search[i] && !dns_name_valid(c->search[i])) {
            return false;
        }
    }
    return true;
}

/* The configuration with its defaults filled in. */
static bool complete(const struct sk_config *given, struct sk_config *c)
{
    static const struct sk_buffer_class no_class;
    bool any_class = false;

    if (given->size != sizeof(*given) || !are_domains_valid(given)) {
        return false;
    }
    *c = *given;
    c->n_tcp = c->n_tcp ? c->n_tcp : CONFIG_N_TCP;
    c->n_udp = c->n_udp ? c->n_udp : CONFIG_N_UDP;
    c->n_listeners = c->n_listeners ? c->n_listeners : CONFIG_N_LISTENERS;
    c->n_syn_cache = c->n_syn_cache ? c->n_syn_cache : CONFIG_N_SYN_CACHE;
    c->n_time_wait = c->n_time_wait ? c->n_time_wait : CONFIG_N_TIME_WAIT;
    c->n_netifs = c->n_netifs ? c->n_netifs : CONFIG_N_NETIFS;
    c->n_packets = c->n_packets ? c->n_packets : CONFIG_N_PACKETS;
    c->packet_size = c->packet_size ? c->packet_size : CONFIG_PACKET_SIZE;
    c->n_neighbours = c->n_neighbours ? c->n_neighbours : CONFIG_N_NEIGHBOURS;
    c->n_queries = c->n_queries ? c->n_queries : CONFIG_N_QUERIES;
    c->n_memberships = c->n_memberships ? c->n_memberships : CONFIG_N_MEMBERSHIPS;
    c->rcvbuf = c->rcvbuf ? c->rcvbuf : CONFIG_BUFFER_SIZE;
    c->sndbuf = c->sndbuf ? c->sndbuf : CONFIG_BUFFER_SIZE;
    c->n_reassemblies = c->n_reassemblies ? c->n_reassemblies : CONFIG_N_REASSEMBLIES;
    c->reassembly_size = c->reassembly_size ? c->reassembly_size : CONFIG_REASSEMBLY_SIZE;
    c->tcp = c->tcp ? c->tcp : &sk_tcp_basic;
    c->tcp_ranges = c->tcp_ranges ? c->tcp_ranges : CONFIG_TCP_RANGES;
    c->tcp_inflight = c->tcp_inflight ? c->tcp_inflight : CONFIG_TCP_INFLIGHT;
    for (size_t i = 0; i < CONFIG_N_BUFFER_CLASSES; i++) {
        const struct sk_buffer_class *b = &c->buffers[i];

        if (memcmp(b, &no_class, sizeof(*b)) == 0) {
            continue;
        }
        if (b->size < MIN_BUFFER || b->size & (b->size - 1) ||
            (i > 0 && c->buffers[i - 1].size >= b->size)) {
            return false;
        }
        any_class = true;
    }
    if (!any_class) {
        c->buffers[0].size = CONFIG_BUFFER_SIZE;
        c->buffers[0].n = 2 * (c->n_tcp + c->n_udp + c->n_queries);
    }
    return are_counts_valid(c) && c->packet_size >= MIN_PACKET_SIZE &&
           c->packet_size <= MAX_PACKET_SIZE && c->reassembly_size >= MIN_REASSEMBLY &&
           c->reassembly_size <= REASSEMBLY_MAX;
}

static void slab_init(struct slab *slab, struct arena *a, size_t n, size_t stride)
{
    slab->stride = (stride + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    slab->n = (uint32_t)n;
    slab->memory = arena_reserve(a, n, slab->stride);
}

static uint32_t power_of_two(uint32_t at_least)
{
    uint32_t n = 1;

    while (n < at_least) {
        n *= 2;
    }
    return n;
}

static void tuples_init(struct tuples *t, struct arena *a, uint32_t n, size_t stride)
{
    t->n = (uint16_t)n;
    t->stride = stride;
    t->bucket_mask = power_of_two(n) - 1;
    t->memory = arena_reserve(a, n, stride);
    t->buckets = arena_take(a, t->bucket_mask + 1, sizeof(uint16_t));
}

static void lay_out_sockets(struct sk_iface *iface, const struct sk_config *c, struct arena *a)
{
    uint32_t n_sockets = c->n_tcp + c->n_udp + c->n_queries + c->n_listeners;

    slab_init(&iface->udp, a, (size_t)c->n_udp + c->n_queries, sizeof(struct udp_entry));
    slab_init(&iface->listeners, a, c->n_listeners, sizeof(struct listener_entry));
    slab_init(&iface->tcp, a, c->n_tcp,
              sizeof(struct tcp_entry) + tcp_state_size(c->tcp, c->tcp_ranges, c->tcp_inflight));
    tuples_init(&iface->half_opens, a, c->n_syn_cache, sizeof(struct half_open));
    tuples_init(&iface->time_waits, a, c->n_time_wait, sizeof(struct time_wait));
    iface->n_slots = n_sockets;
    iface->slots = arena_take(a, n_sockets, sizeof(struct tagged_socket));
    iface->bucket_mask = power_of_two(n_sockets) - 1;
    iface->buckets = arena_take(a, iface->bucket_mask + 1, sizeof(struct sock_node *));
    iface->deadlines.entries = arena_take(a, c->n_tcp, sizeof(struct heap_entry));
    iface->deadlines.place = arena_take(a, c->n_tcp, sizeof(uint32_t));
    iface->queries = arena_take(a, c->n_queries, sizeof(struct query_slot));
    iface->n_queries = c->n_queries;
}

static void lay_out_buffers(struct sk_iface *iface, const struct sk_config *c, struct arena *a)
{
    for (size_t i = 0; i < CONFIG_N_BUFFER_CLASSES; i++) {
        iface->buffers.classes[i] = (struct buffer_class){
            .size = c->buffers[i].size,
            .n = c->buffers[i].n,
            .memory = arena_reserve(a, c->buffers[i].n, c->buffers[i].size),
        };
    }
}

/* The tables of the host, one after the other; with an arena that only measures, into a host that
 * is thrown away. */
static void lay_out(struct sk_iface *iface, const struct sk_config *c, struct arena *a,
                    struct pkt **packets, uint8_t **octets)
{
    iface->netifs = arena_take(a, c->n_netifs, sizeof(struct netif));
    iface->neighs = arena_take(a, (size_t)c->n_netifs * c->n_neighbours, sizeof(struct neigh));
    lay_out_sockets(iface, c, a);
    iface->ip_options = arena_take(a, c->n_ip_options, sizeof(struct ip_option_set));
    iface->errors = arena_take(a, c->n_errors, sizeof(struct kept_error));
    *packets = arena_reserve(a, c->n_packets, sizeof(struct pkt));
    *octets = arena_reserve(a, c->n_packets, c->packet_size);
    lay_out_buffers(iface, c, a);
    if (c->multicast) {
        c->multicast->lay_out(iface, c, a);
    }
    if (c->fragments) {
        iface->pieces = c->fragments->lay_out(c, a);
    }
}

size_t sk_iface_size(const struct sk_config *config)
{
    struct arena a = { 0 };
    struct sk_iface measured = { 0 };
    struct sk_config c;
    struct pkt *packets;
    uint8_t *octets;

    if (!complete(config, &c)) {
        return 0;
    }
    arena_take(&a, 1, sizeof(measured));
    lay_out(&measured, &c, &a, &packets, &octets);
    return a.used;
}

static void init_pools(struct sk_iface *iface, const struct sk_config *c, struct pkt *packets,
                       uint8_t *octets)
{
    sk_pkt_pool_init(&iface->pool);
    for (uint32_t i = c->n_packets; i-- > 0;) {
        sk_pkt_pool_add(&iface->pool, &packets[i], octets + (size_t)i * c->packet_size,
                        c->packet_size);
    }
    heap_init(&iface->deadlines, iface->deadlines.entries, iface->deadlines.place, c->n_tcp);
    for (uint32_t i = 0; i < iface->n_slots; i++) {
        iface->slots[i].u.next_free = i + 1 < iface->n_slots ? i + 1 : SLOT_NONE;
    }
    iface->slot_bits = 1;
    while (iface->n_slots >= 1u << iface->slot_bits) {
        iface->slot_bits++;
    }
}

static void init_keys(struct sk_iface *iface, const struct sk_config *c)
{
    rng_init(&iface->rng, c->seed);
    iface->isn_key.k0 = rng_u64(&iface->rng);
    iface->isn_key.k1 = rng_u64(&iface->rng);
    iface->port_key.k0 = rng_u64(&iface->rng);
    iface->port_key.k1 = rng_u64(&iface->rng);
    tuple_key_draw(&iface->hash_key, &iface->rng);
    ip_ids_init(&iface->ip_ids, &iface->rng);
    iface->cookie_key.k0 = rng_u64(&iface->rng);
    iface->cookie_key.k1 = rng_u64(&iface->rng);
    tuple_key_draw(&iface->half_opens.key, &iface->rng);
    tuple_key_draw(&iface->time_waits.key, &iface->rng);
}

static struct rate rate_of(uint32_t per_second)
{
    return (struct rate){ .left = per_second, .per_second = per_second };
}

static void init_settings(struct sk_iface *iface, const struct sk_config *c)
{
    iface->trace = c->trace;
    iface->trace_context = c->trace_context;
    iface->profile = c->tcp;
    iface->fragments = c->fragments;
    iface->takes_redirects = c->redirects;
    iface->acd = c->acd;
    iface->multicast = c->multicast;
    iface->n_ip_options = c->n_ip_options;
    iface->max_errors = (uint8_t)c->n_errors;
    iface->tcp_ranges = c->tcp_ranges;
    iface->tcp_inflight = c->tcp_inflight;
    iface->cookies = !c->no_syn_cookies;
    iface->rcvbuf = c->rcvbuf;
    iface->sndbuf = c->sndbuf;
    iface->packet_size = c->packet_size;
    iface->max_netifs = c->n_netifs;
    iface->n_neighbours = c->n_neighbours;
    iface->icmp_errors = rate_of(CONFIG_ICMP_ERRORS_PER_SECOND);
    iface->resets = rate_of(CONFIG_RESETS_PER_SECOND);
    for (size_t i = 0; i < CONFIG_N_DNS_SERVERS; i++) {
        if (!ip_is_unspecified(c->dns[i].addr)) {
            iface->dns[iface->n_dns] = c->dns[i];
            iface->dns[iface->n_dns].port = c->dns[i].port ? c->dns[i].port : DNS_PORT;
            iface->n_dns++;
        }
    }
    iface->n_dns_configured = iface->n_dns;
    while (iface->n_search < CONFIG_N_SEARCH && c->search[iface->n_search]) {
        iface->search[iface->n_search] = c->search[iface->n_search];
        iface->n_search++;
    }
}

struct sk_iface *sk_iface_init(const struct sk_config *config, void *memory, size_t len,
                               instant now)
{
    static const struct sk_netif_config loopback = { .name = "lo", .prefix_len = 8 };
    struct arena a = { .base = memory, .cap = len };
    struct sk_netif_config lo = loopback;
    struct sk_iface *iface;
    struct sk_config c;
    struct pkt *packets;
    uint8_t *octets;

    if (!memory || !complete(config, &c) || sk_iface_size(config) > len) {
        return NULL;
    }
    iface = arena_take(&a, 1, sizeof(*iface));
    lay_out(iface, &c, &a, &packets, &octets);
    init_settings(iface, &c);
    init_keys(iface, &c);
    init_pools(iface, &c, packets, octets);
    list_init(&iface->senders);
    list_init(&iface->changed);
    iface->now = now;
    loopback_init(&iface->loopback, (uint16_t)(c.packet_size - LINK_HEADROOM));
    lo.addr = ip4(IP_LOOPBACK);
    sk_netif_add(iface, &iface->loopback.link, &lo, now, NULL);
    return iface;
}

enum drop_reason drop_at(struct sk_iface *iface, const struct sock_node *node,
                         enum drop_reason reason, const struct pkt *pkt)
{
    SK_ASSERT(reason != DROP_NONE && reason < N_DROP_REASONS);
    iface->stats.drops[reason]++;
    if (iface->trace) {
        iface->trace(iface->trace_context, SK_TRACE_DROP, fd_of(iface, node), pkt, reason);
    }
    return reason;
}

enum drop_reason drop(struct sk_iface *iface, enum drop_reason reason, const struct pkt *pkt)
{
    return drop_at(iface, NULL, reason, pkt);
}

void link_drops(void *context, uint32_t n, enum drop_reason reason, const struct pkt *pkt)
{
    struct sk_iface *iface = context;

    iface->stats.drops[reason] += n - 1;
    drop(iface, reason, pkt);
}

static bool receive(struct sk_iface *iface, instant now)
{
    bool any = false;

    for (uint32_t i = 0; i < iface->n_netifs; i++) {
        struct netif *netif = &iface->netifs[i];
        struct pkt *pkt;

        for (uint32_t n = 0; n < CONFIG_RX_BATCH; n++) {
            pkt = netif->link->ops->rx(netif->link, &iface->pool, now);
            if (!pkt) {
                break;
            }
            rx_frame(iface, netif, pkt, now);
            sk_pkt_free(pkt);
            any = true;
        }
    }
    return any;
}

/* Stale tops are settled: a deadline that moved later is entered anew. */
static void settle_top(struct sk_iface *iface, const struct heap_entry *top, instant now)
{
    struct tcp_entry *tcp = tcp_at(iface, top->item);
    instant at = tcp_poll_at(&tcp->tcp, now);

    if (at == NEVER) {
        heap_remove(&iface->deadlines, top->item);
    } else {
        heap_set(&iface->deadlines, top->item, tick_ceil(at));
    }
}

static bool top_is_stale(const struct sk_iface *iface, const struct heap_entry *top, instant now)
{
    instant at = tcp_poll_at(&tcp_at(iface, top->item)->tcp, now);

    return at == NEVER || tick_before(top->at, tick_ceil(at));
}

static bool run_deadlines(struct sk_iface *iface, instant now)
{
    const struct heap_entry *top;
    bool any = false;

    while ((top = heap_top(&iface->deadlines)) != NULL && tick_due(top->at, now)) {
        struct tcp_entry *tcp = tcp_at(iface, top->item);

        if (top_is_stale(iface, top, now)) {
            settle_top(iface, top, now);
            continue;
        }
        heap_remove(&iface->deadlines, top->item);
        if (tcp_poll(&tcp->tcp, now)) {
            iface->stats.tcp_timeouts++;
            if (tcp->tcp.rtt.backoff >= TCP_R1) { /* RFC 9293 3.8.3 (b) */
                netif_doubt(iface, tcp->node.device, tcp->node.remote.addr, now);
            }
        }
        tcp_happened(iface, tcp, now);
        any = true;
    }
    return any;
}

/* Links that had no room may have some now. */
static void expect_room(struct sk_iface *iface)
{
    for (uint32_t i = 0; i < iface->n_netifs; i++) {
        iface->netifs[i].no_room = false;
    }
}

static bool run_netifs(struct sk_iface *iface, instant now)
{
    bool any = false;

    for (uint32_t i = 0; i < iface->n_netifs; i++) {
        any |= netif_poll(iface, &iface->netifs[i], now);
    }
    return any;
}

/* The netifs come last, since the senders before them may have asked for a neighbour. */
static bool poll_round(struct sk_iface *iface, instant now, bool ingress)
{
    bool any = ingress && receive(iface, now);

    if (iface->network_changed) { /* what follows from that is enough for a poll of its own */
        iface->network_changed = false;
        return true;
    }
    expect_room(iface);
    any |= run_deadlines(iface, now);
    any |= time_waits_poll(iface, now);
    any |= half_opens_poll(iface, now);
    any |= queries_poll(iface, now);
    any |= iface->fragments && iface->fragments->poll(iface, now);
    take_kicked(iface);
    any |= tx_senders(iface, now);
    any |= run_netifs(iface, now);
    return any;
}

/* What a host sends to itself is received in any case. */
static bool poll_rounds(struct sk_iface *iface, instant now, bool ingress)
{
    bool any = false;
    bool more = true;

    iface_wake(iface, now);
    iface->now = now;
    for (uint32_t round = 0; more && round < MAX_ROUNDS; round++) {
        more = poll_round(iface, now, ingress || round > 0);
        any |= more;
        more = more && iface->loopback.queue.first;
    }
    if (any) {
        if (iface->has_flush) {
            netifs_flush(iface, now);
        }
        tell_watches(iface, NULL);
    }
    return any;
}

bool sk_iface_poll(struct sk_iface *iface, instant now)
{
    return poll_rounds(iface, now, true);
}

bool sk_iface_poll_egress(struct sk_iface *iface, instant now)
{
    return poll_rounds(iface, now, false);
}

static instant earliest(instant a, instant b)
{
    return a < b ? a : b;
}

instant sk_iface_poll_at(struct sk_iface *iface, instant now)
{
    const struct heap_entry *top;
    instant at = queries_poll_at(iface);

    iface_wake(iface, now);
    if (!list_empty(&iface->senders) || load_relaxed(&iface->kicked)) {
        return now;
    }
    while ((top = heap_top(&iface->deadlines)) != NULL && top_is_stale(iface, top, now)) {
        settle_top(iface, top, now);
    }
    if (top) {
        at = earliest(at, tick_instant(top->at, now));
    }
    if (iface->fragments) {
        at = earliest(at, iface->fragments->poll_at(iface));
    }
    at = earliest(at, half_opens_poll_at(iface, now));
    at = earliest(at, time_waits_poll_at(iface, now));
    for (uint32_t i = 0; i < iface->n_netifs; i++) {
        at = earliest(at, netif_poll_at(&iface->netifs[i]));
    }
    return at;
}

const struct sk_stats *sk_iface_stats(const struct sk_iface *iface)
{
    return &iface->stats;
}

static bool has_credit_back(const struct sk_iface *iface)
{
    for (uint32_t i = 0; i < iface->n_netifs; i++) {
        if (iface->netifs[i].lent != 0 ||
            iface->netifs[i].credit != iface->netifs[i].link->absorb) {
            return false;
        }
    }
    return true;
}

bool sk_iface_idle(const struct sk_iface *iface)
{
    return iface->udp.n_taken == 0 && iface->tcp.n_taken == 0 && iface->listeners.n_taken == 0 &&
           iface->pool.n_free == iface->pool.n_total && bufpool_full(&iface->buffers) &&
           iface->half_opens.n_taken == 0 && iface->time_waits.n_taken == 0 &&
           iface->deadlines.n == 0 && iface->n_asked == 0 && has_credit_back(iface);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SYN cache (RFC 4987 3.4): connections that a listener was asked for and that are half open.
 * Each is in one queue: of those whose SYN,ACK is due, of those that wait for a neighbour or for
 * room on a link, or of those that wait for the peer, one for each number of timeouts. In the
 * latter all wait equally long, so the first is due first. Who cannot be answered gives way first
 * to a new one, then who was silent longest.
 */
#include "net/iface.h"

#include "proto/tcp/seq.h"
#include "wire/ipv4.h"

_Static_assert(SK_SYN_CACHE_LEN >= sizeof(struct half_open), "SK_SYN_CACHE_LEN");

/* A SYN,ACK that cannot leave is given up as one that nobody answers. */
#define GIVE_UP_TIME (RTO_INITIAL * ((1 << (TCP_SYN_ACK_RETRIES + 1)) - 1))

static struct half_open *half_open_of(struct tuple *tuple)
{
    return (struct half_open *)(void *)tuple;
}

struct half_open *half_open_find(const struct sk_iface *iface, struct sk_addr local,
                                 struct sk_addr remote)
{
    return half_open_of(tuples_find(&iface->half_opens, local, remote));
}

static uint8_t queues_end(const struct sk_iface *iface)
{
    return (uint8_t)(HALF_OPEN_BLOCKED + iface->n_netifs);
}

static struct tuple_queue *queue_of(struct sk_iface *iface, uint8_t queue)
{
    return queue < HALF_OPEN_BLOCKED ? &iface->half_open_queues[queue]
                                     : &iface->netifs[queue - HALF_OPEN_BLOCKED].blocked_half_opens;
}

static struct half_open *first_of(struct sk_iface *iface, uint8_t queue)
{
    return half_open_of(tuples_first(&iface->half_opens, queue_of(iface, queue)));
}

static void enter(struct sk_iface *iface, struct half_open *half, uint8_t queue)
{
    instant at = tick_instant(half->tuple.at, iface->now);

    half->tuple.queue = queue;
    iface->half_opens_at = at < iface->half_opens_at ? at : iface->half_opens_at;
    tuples_append(&iface->half_opens, queue_of(iface, queue), &half->tuple);
}

static void leave(struct sk_iface *iface, struct half_open *half)
{
    tuples_remove(&iface->half_opens, queue_of(iface, half->tuple.queue), &half->tuple);
}

static void be_due(struct sk_iface *iface, struct half_open *half, instant now)
{
    half->tuple.at = tick_ceil(now + GIVE_UP_TIME);
    enter(iface, half, HALF_OPEN_DUE);
}

static bool waits_for_peer(const struct half_open *half)
{
    return half->tuple.queue >= HALF_OPEN_SENT && half->tuple.queue < HALF_OPEN_UNRESOLVED;
}

/* The credit stays with whoever has it now. */
static void release(struct sk_iface *iface, struct half_open *half)
{
    leave(iface, half);
    tuples_give(&iface->half_opens, &half->tuple);
}

static void forget(struct sk_iface *iface, struct half_open *half)
{
    netif_redeem_credit(netif_of(iface, half->tuple.ifindex), half->tcp.rcv_wnd);
    release(iface, half);
}

static void fail(struct sk_iface *iface, struct half_open *half)
{
    iface->stats.tcp_failed_opens++;
    forget(iface, half);
}

/* ---- Room ------------------------------------------------------------------------------------ */

static struct half_open *oldest(struct sk_iface *iface)
{
    struct half_open *first = NULL;

    for (uint8_t i = queues_end(iface); i-- > 0 && !first;) {
        first = first_of(iface, i);
    }
    return first;
}

static void evict_for(struct sk_iface *iface, struct sk_addr local, struct sk_addr remote)
{
    struct tuple *victim = tuples_in_the_way(&iface->half_opens, local, remote);

    iface->stats.tcp_half_open_evicted++;
    forget(iface, victim ? half_open_of(victim) : oldest(iface));
}

/* Where cookies take over, nobody gives way to them but to who cannot have one. */
static struct half_open *take(struct sk_iface *iface, const struct arrival *a, bool may_evict)
{
    struct tuple *tuple = tuples_take(&iface->half_opens, a->local, a->remote);

    if (!tuple && may_evict) {
        evict_for(iface, a->local, a->remote);
        tuple = tuples_take(&iface->half_opens, a->local, a->remote);
    }
    return half_open_of(tuple);
}

bool half_open_begin(struct sk_iface *iface, const struct listener_entry *listener,
                     const struct arrival *a, const uint32_t *highest, instant now)
{
    struct half_open *half = take(iface, a, highest || !iface->cookies);
    uint32_t rx_size = bufpool_size(&iface->buffers, listener->rx_size);
    uint32_t iss = initial_sequence(iface, a->local, a->remote, now);

    if (!half) {
        return false;
    }
    if (highest && !seq_after(iss, *highest)) {
        iss = *highest + 1;
    }
    half->tuple.ifindex = a->netif->ifindex;
    tcp_half_open_begin(&half->tcp, iface->profile, &a->hdr, listener->options.ecn, iss, rx_size,
                        netif_lend_credit(a->netif, rx_size), now);
    be_due(iface, half, now);
    return true;
}

/* ---- What is sent ---------------------------------------------------------------------------- */

static uint32_t ts_offset(const struct sk_iface *iface, const struct half_open *half)
{
    return timestamp_offset(iface, tuple_local(&half->tuple), tuple_remote(&half->tuple));
}

/* As the listener has it, if it is still there. */
static uint16_t mss_of(const struct sock_node *listener, const struct netif *netif)
{
    uint16_t mss = netif_mss(netif);

    return listener ? tcp_mss_within(
                          &((const struct listener_entry *)(const void *)listener)->options, mss)
                    : mss;
}

/* NULL: nobody listens there any more. */
static struct sock_node *listener_of(struct sk_iface *iface, const struct tuple *tuple)
{
    return sockets_match(iface, true, tuple_local(tuple), tuple_remote(tuple), tuple->ifindex);
}

static enum drop_reason send_answer(struct sk_iface *iface, struct half_open *half, instant now)
{
    const struct netif *netif = netif_of(iface, half->tuple.ifindex);
    struct sk_addr local = tuple_local(&half->tuple);
    struct sk_addr remote = tuple_remote(&half->tuple);
    struct sock_node *listener = listener_of(iface, &half->tuple);
    struct tcp_hdr hdr;
    enum drop_reason reason;

    tcp_half_open_answer(&half->tcp, mss_of(listener, netif), ts_offset(iface, half), now, &hdr);
    reason = tx_segment(iface, listener, local, remote, &hdr, now);
    if (reason == DROP_NONE && half->tcp.n_sent > 0) {
        iface->stats.tcp_retransmitted++;
    }
    return reason;
}

static void wait_for_peer(struct sk_iface *iface, struct half_open *half, instant now)
{
    half->tuple.at = tick_ceil(now + tcp_half_open_timeout(&half->tcp));
    enter(iface, half, (uint8_t)(HALF_OPEN_SENT + half->tcp.n_timeouts));
}

/* The answer left, or was lost on its way. */
static void await(struct sk_iface *iface, struct half_open *half, instant now)
{
    tcp_half_open_sent(&half->tcp, now);
    wait_for_peer(iface, half, now);
}

static void move(struct sk_iface *iface, struct half_open *half, uint8_t queue)
{
    if (half->tuple.queue != queue) { /* or it keeps its place, which is the first */
        leave(iface, half);
        enter(iface, half, queue);
    }
}

/* False: it found no room. */
static bool take_turn(struct sk_iface *iface, struct half_open *half, instant now)
{
    const struct sock_node *listener = listener_of(iface, &half->tuple);
    struct ip_addr next_hop;
    struct netif *netif =
        route_by(iface, listener ? listener->device : 0, half->tuple.remote_addr, &next_hop);
    enum drop_reason reason = DROP_TX_NO_ROUTE;

    if (netif && !netif->no_room) {
        reason = send_answer(iface, half, now);
        netif->no_room |= reason == DROP_TX_LINK || reason == DROP_TX_NO_PACKET;
    }
    if (netif && netif->no_room) {
        move(iface, half, (uint8_t)(HALF_OPEN_BLOCKED + netif->ifindex - 1));
        return false;
    }
    if (reason == DROP_TX_UNRESOLVED) {
        move(iface, half, HALF_OPEN_UNRESOLVED);
        return true;
    }
    if (reason != DROP_NONE) {
        drop(iface, reason, NULL);
    }
    leave(iface, half);
    await(iface, half, now);
    return true;
}

static uint8_t defer_of(struct sk_iface *iface, const struct half_open *half)
{
    const struct sock_node *listener = listener_of(iface, &half->tuple);

    return listener ? ((const struct listener_entry *)(const void *)listener)->options.defer_accept
                    : 0;
}

static void expire(struct sk_iface *iface, struct half_open *half, instant now)
{
    if (!waits_for_peer(half) || !tcp_half_open_expires(&half->tcp)) {
        iface->stats.tcp_timeouts++;
        fail(iface, half);
        return;
    }
    leave(iface, half);
    if (!tcp_half_open_is_due(&half->tcp, defer_of(iface, half))) {
        wait_for_peer(iface, half, now);
        return;
    }
    iface->stats.tcp_timeouts++;
    be_due(iface, half, now);
}

/* Not before one may have expired, since every queue is looked at. */
static bool expire_all(struct sk_iface *iface, instant now)
{
    struct half_open *first;
    bool any = false;

    if (now < iface->half_opens_at) {
        return false;
    }
    for (uint8_t i = HALF_OPEN_SENT; i < queues_end(iface); i++) {
        while ((first = first_of(iface, i)) != NULL && tick_due(first->tuple.at, now)) {
            expire(iface, first, now);
            any = true;
        }
    }
    iface->half_opens_at = half_opens_poll_at(iface, now);
    return any;
}

bool half_opens_poll(struct sk_iface *iface, instant now)
{
    struct half_open *first;
    bool any = expire_all(iface, now);

    for (uint32_t i = 0; i < iface->n_netifs; i++) {
        while (!iface->netifs[i].no_room &&
               (first = first_of(iface, (uint8_t)(HALF_OPEN_BLOCKED + i))) != NULL) {
            any |= take_turn(iface, first, now);
        }
    }
    while ((first = first_of(iface, HALF_OPEN_DUE)) != NULL) {
        any |= take_turn(iface, first, now);
    }
    return any;
}

instant half_opens_poll_at(struct sk_iface *iface, instant now)
{
    instant earliest = first_of(iface, HALF_OPEN_DUE) ? now : NEVER;

    for (uint8_t i = HALF_OPEN_SENT; i < queues_end(iface); i++) {
        const struct half_open *first = first_of(iface, i);
        instant at = first ? tick_instant(first->tuple.at, now) : NEVER;

        earliest = at < earliest ? at : earliest;
    }
    return earliest;
}

void half_opens_wake(struct sk_iface *iface)
{
    struct half_open *first;

    while ((first = first_of(iface, HALF_OPEN_UNRESOLVED)) != NULL) {
        leave(iface, first);
        enter(iface, first, HALF_OPEN_DUE);
    }
}

/* ---- What arrives ---------------------------------------------------------------------------- */

static void challenge(struct sk_iface *iface, const struct listener_entry *listener,
                      const struct half_open *half, enum drop_reason reason, instant now)
{
    struct tcp_hdr hdr;

    count_challenge(iface, reason);
    tcp_half_open_ack(&half->tcp, ts_offset(iface, half), now, &hdr);
    tx_answer(iface, listener->node.device, tuple_local(&half->tuple), tuple_remote(&half->tuple),
              &hdr, now);
}

/* The peer's SYN again: it missed the answer, or will have it when that leaves. */
static void repeat(struct sk_iface *iface, struct half_open *half, instant now)
{
    enum drop_reason reason;

    if (!waits_for_peer(half)) {
        return;
    }
    reason = send_answer(iface, half, now);
    if (reason != DROP_NONE) {
        drop(iface, reason, NULL);
    } else {
        tcp_half_open_sent(&half->tcp, now);
    }
}

enum drop_reason half_open_arrives(struct sk_iface *iface, struct listener_entry *listener,
                                   struct half_open *half, const struct arrival *a, instant now)
{
    enum drop_reason reason;

    switch (tcp_half_open_arrives(&half->tcp, &a->hdr, now, &reason)) {
    case TCP_HALF_OPEN_OPENS:
        if (!tcp_half_open_takes(&half->tcp, &a->hdr, listener->options.defer_accept, now)) {
            return reason;
        }
        if (listener_opens(iface, listener, &half->tcp, netif_of(iface, half->tuple.ifindex), a,
                           now, &reason)) {
            release(iface, half);
        }
        return reason;
    case TCP_HALF_OPEN_ACKS:
        challenge(iface, listener, half, reason, now);
        break;
    case TCP_HALF_OPEN_REPEATS:
        repeat(iface, half, now);
        break;
    case TCP_HALF_OPEN_RESETS:
        tx_reset(iface, listener->node.device, a->ip, &a->hdr, now);
        break;
    case TCP_HALF_OPEN_ENDS:
        fail(iface, half);
        break;
    default:
        break;
    }
    return reason == DROP_NONE ? reason : drop_at(iface, &listener->node, reason, a->pkt);
}

/* RFC 9293 3.10.5, ABORT. */
static void abort_one(struct sk_iface *iface, const struct listener_entry *listener,
                      struct half_open *half, instant now)
{
    struct tcp_hdr hdr = {
        .seq = half->tcp.iss + 1,
        .ack = half->tcp.irs + 1,
        .flags = TCP_RST | TCP_ACK,
        .wscale = TCP_NO_WSCALE,
    };

    if (half->tcp.n_sent > 0 && tx_answer(iface, listener->node.device, tuple_local(&half->tuple),
                                          tuple_remote(&half->tuple), &hdr, now)) {
        iface->stats.tcp_resets_sent++;
    }
    fail(iface, half);
}

void half_opens_abandon(struct sk_iface *iface, const struct listener_entry *listener, instant now)
{
    for (uint32_t i = 1; i <= iface->half_opens.n_touched; i++) {
        struct tuple *tuple = tuples_at(&iface->half_opens, i);

        if (tuple->local_port != 0 && !listener_of(iface, tuple)) {
            abort_one(iface, listener, half_open_of(tuple), now);
        }
    }
}

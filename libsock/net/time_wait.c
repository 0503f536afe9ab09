/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TIME-WAIT: what is left of connections that nobody holds, without buffers and without a record of
 * a connection. All that came through one netif wait equally long, so each netif has them in a
 * queue, in the order in which they end. When every record is taken, the one that would end first
 * gives way.
 */
#include "net/iface.h"

_Static_assert(SK_TIME_WAIT_LEN >= sizeof(struct time_wait), "SK_TIME_WAIT_LEN");

/* What is noted of a connection. */
enum {
    REUSEPORT = 1, /* it was of a group */
    DEVICE = 2,    /* it sent by its netif alone */
};

static struct time_wait *time_wait_of(struct tuple *tuple)
{
    return (struct time_wait *)(void *)tuple;
}

struct time_wait *time_wait_find(const struct sk_iface *iface, struct sk_addr local,
                                 struct sk_addr remote)
{
    return time_wait_of(tuples_find(&iface->time_waits, local, remote));
}

static struct tuple_queue *queue_of(struct sk_iface *iface, const struct time_wait *wait)
{
    return &netif_of(iface, wait->tuple.ifindex)->time_wait;
}

static void leave(struct sk_iface *iface, struct time_wait *wait)
{
    tuples_remove(&iface->time_waits, queue_of(iface, wait), &wait->tuple);
}

/* A connection that was closed late waits for those before it: not before its time, and no longer
 * than they do. */
static void enter(struct sk_iface *iface, struct time_wait *wait, tick at)
{
    wait->tuple.at = at;
    tuples_append(&iface->time_waits, queue_of(iface, wait), &wait->tuple);
}

static void forget(struct sk_iface *iface, struct time_wait *wait)
{
    leave(iface, wait);
    tuples_give(&iface->time_waits, &wait->tuple);
}

/* The one that ends first; NULL: there is none. */
static struct tuple *earliest(const struct sk_iface *iface)
{
    struct tuple *best = NULL;

    for (uint32_t i = 0; i < iface->n_netifs; i++) {
        struct tuple *first = tuples_first(&iface->time_waits, &iface->netifs[i].time_wait);

        if (first && (!best || tick_before(first->at, best->at))) {
            best = first;
        }
    }
    return best;
}

static struct time_wait *take(struct sk_iface *iface, struct sk_addr local, struct sk_addr remote)
{
    struct tuple *tuple = tuples_take(&iface->time_waits, local, remote);
    struct tuple *victim;

    if (!tuple) {
        victim = tuples_in_the_way(&iface->time_waits, local, remote);
        forget(iface, time_wait_of(victim ? victim : earliest(iface)));
        iface->stats.tcp_time_wait_evicted++;
        tuple = tuples_take(&iface->time_waits, local, remote);
    }
    return time_wait_of(tuple);
}

void time_wait_begin(struct sk_iface *iface, const struct tcp_entry *tcp)
{
    struct time_wait *wait = take(iface, tcp->node.local, tcp->node.remote);

    tcp_time_wait_begin(&wait->tcp, &tcp->tcp);
    wait->tcp.notes =
        (uint8_t)((tcp->node.reuseport ? REUSEPORT : 0) | (tcp->node.device ? DEVICE : 0));
    wait->tuple.ifindex = tcp->ifindex;
    enter(iface, wait, tcp->tcp.timer_at);
}

static void answer(struct sk_iface *iface, const struct time_wait *wait, instant now)
{
    struct sk_addr local = tuple_local(&wait->tuple);
    struct sk_addr remote = tuple_remote(&wait->tuple);
    struct tcp_hdr hdr;

    tcp_time_wait_ack(&wait->tcp, timestamp_offset(iface, local, remote), now, &hdr);
    tx_answer(iface, wait->tcp.notes & DEVICE ? wait->tuple.ifindex : 0, local, remote, &hdr, now);
}

/* RFC 9293 MAY-2: the sequence numbers of the new connection begin past those of the old one. */
static bool reopens(struct sk_iface *iface, struct time_wait *wait, const struct arrival *a,
                    instant now)
{
    struct listener_entry *listener;

    if (!tcp_time_wait_reopens(&wait->tcp, &a->hdr)) {
        return false;
    }
    listener = (struct listener_entry *)(void *)sockets_match(iface, true, a->local, a->remote,
                                                              a->netif->ifindex);
    if (!listener || !listener_has_room(listener) ||
        !half_open_begin(iface, listener, a, &wait->tcp.snd_nxt, now)) {
        return false;
    }
    forget(iface, wait);
    return true;
}

enum drop_reason time_wait_arrives(struct sk_iface *iface, struct time_wait *wait,
                                   const struct arrival *a, instant now)
{
    enum drop_reason reason;

    if (reopens(iface, wait, a, now)) {
        return DROP_NONE;
    }
    switch (tcp_time_wait_arrives(&wait->tcp, &a->hdr, now, &reason)) {
    case TCP_TIME_WAIT_RESTARTS:
        leave(iface, wait);
        enter(iface, wait, tick_ceil(now + 2 * (duration)wait->tcp.msl));
        answer(iface, wait, now);
        break;
    case TCP_TIME_WAIT_ACKS:
        count_challenge(iface, reason);
        answer(iface, wait, now);
        break;
    default:
        break;
    }
    return reason == DROP_NONE ? reason : drop(iface, reason, a->pkt);
}

bool time_waits_poll(struct sk_iface *iface, instant now)
{
    struct tuple *first;
    bool any = false;

    while ((first = earliest(iface)) != NULL && tick_due(first->at, now)) {
        forget(iface, time_wait_of(first));
        any = true;
    }
    return any;
}

instant time_waits_poll_at(const struct sk_iface *iface, instant now)
{
    const struct tuple *first = earliest(iface);

    return first ? tick_instant(first->at, now) : NEVER;
}

bool time_wait_conflicts(const struct sk_iface *iface, struct sk_addr local, bool reuseport)
{
    for (uint32_t i = 1; i <= iface->time_waits.n_touched; i++) {
        struct tuple *other = tuples_at(&iface->time_waits, i);

        if (other->local_port == local.port &&
            !(reuseport && time_wait_of(other)->tcp.notes & REUSEPORT) &&
            (ip_is_unspecified(local.addr) || ip_equal(other->local_addr, local.addr))) {
            return true;
        }
    }
    return false;
}

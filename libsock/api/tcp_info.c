/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of a connection, in plain units (RFC 9293 3.9.1.7, STATUS). */
#include "net/iface.h"

#include "wire/ipv4.h"

#define HALF_OF_TICKS 0x7fffffffu /* further apart they cannot be compared */

static uint32_t ago(const struct sk_iface *iface, tick at)
{
    tick ticks = tick_since(at, iface->now);

    if (ticks > HALF_OF_TICKS) { /* it is of a call since the last poll */
        return 0;
    }
    return ticks < UINT32_MAX >> TICK_SHIFT ? ticks << TICK_SHIFT : UINT32_MAX;
}

static uint16_t path_of(struct sk_iface *iface, const struct tcp_entry *tcp)
{
    struct ip_addr next_hop;
    const struct netif *netif = route_by(iface, tcp->node.device, tcp->node.remote.addr, &next_hop);

    return netif ? path_mtu(iface, netif, tcp->node.remote.addr, iface->now) : 0;
}

static void tell_options(const struct tcp_sock *t, struct sk_tcp_info *info)
{
    const struct tcp_profile *profile = t->profile;
    uint32_t tsval;

    info->timestamps = profile->extensions && profile->extensions->ts_recent(t, &tsval);
    info->sack = profile->extensions && profile->extensions->uses_sack(t);
    info->ecn = profile->ecn && profile->ecn->in_use(t);
    info->wscale = t->snd_wscale || t->rcv_wscale;
    info->snd_wscale = t->snd_wscale;
    info->rcv_wscale = t->rcv_wscale;
}

static void tell_sender(const struct sk_iface *iface, const struct tcp_sock *t,
                        struct sk_tcp_info *info)
{
    info->rtt = t->rtt.srtt;
    info->rttvar = t->rtt.rttvar;
    info->rto = (uint32_t)rtt_timeout(&t->rtt);
    info->backoff = t->rtt.backoff;
    info->keepalives = t->n_keepalives;
    info->snd_mss = t->mss;
    info->retransmitted = t->n_resent;
    info->in_flight = tcp_in_flight(t);
    info->unsent = tcp_unsent(t);
    info->snd_wnd = t->snd_wnd;
    if (t->snd_nxt != t->iss) {
        info->sent_ago = ago(iface, t->sent_at);
        info->heard_ago = ago(iface, t->heard_at);
    }
}

/* What begins with the peer's SYN. */
static void tell_synchronized(const struct tcp_sock *t, struct sk_tcp_info *info)
{
    tell_options(t, info);
    info->recovering = t->recovery->is_recovering(t);
    info->cwnd = t->cwnd;
    info->ssthresh = t->ssthresh;
    info->rcv_wnd = t->rcv_adv - t->rcv_nxt;
}

static void tell_connection(struct sk_iface *iface, const struct tcp_entry *tcp,
                            struct sk_tcp_info *info)
{
    info->state = (enum sk_tcp_state)tcp->tcp.state;
    if (info->state == SK_TCP_CLOSED) {
        return;
    }
    tell_sender(iface, &tcp->tcp, info);
    info->rcv_mss = tcp->tcp.rcv_mss;
    info->rcv_space = ring_free(&tcp->tcp.rx);
    info->path_mtu = path_of(iface, tcp);
    if (tcp->tcp.state >= TCP_SYN_RECEIVED) {
        tell_synchronized(&tcp->tcp, info);
    }
}

static void tell_listener(const struct listener_entry *listener, struct sk_tcp_info *info)
{
    if (listener->backlog > 0) {
        info->state = SK_TCP_LISTEN;
        info->n_waiting = listener->n_accepted;
        info->backlog = listener->backlog;
    }
}

enum sk_err sk_tcp_info(struct sk_iface *iface, sk_fd fd, struct sk_tcp_info *info)
{
    const struct tagged_socket *slot = slot_of(iface, fd);

    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    if (slot_tag(slot) == SOCK_UDP) {
        return SK_NO_OPTION;
    }
    *info = (struct sk_tcp_info){ .state = SK_TCP_CLOSED };
    if (slot_tag(slot) == SOCK_LISTENER) {
        tell_listener(slot->u.listener, info);
    } else if (slot->u.tcp->opened) {
        tell_connection(iface, slot->u.tcp, info);
    }
    return SK_OK;
}

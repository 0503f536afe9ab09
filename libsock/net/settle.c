/* SPDX-License-Identifier: BSD-3-Clause */
/* After something happened to a socket: what the program hears of it, its deadline, its end. */
#include "net/iface.h"

/* As much as a receive waits for, or as can come at all. */
static bool has_enough(const struct tcp_sock *t)
{
    uint32_t most = t->rx.mask + 1;
    uint32_t enough = t->options.rcv_lowat < most ? t->options.rcv_lowat : most;

    return tcp_readable(t) >= enough ||
           (tcp_readable(t) > 0 && (t->fin_received || t->read_shut || t->rcv_adv == t->rcv_nxt));
}

static uint32_t tcp_readiness(const struct tcp_entry *tcp)
{
    const struct tcp_sock *t = &tcp->tcp;
    uint32_t r = 0;

    if (!tcp->opened) {
        return SK_WRITABLE | SK_HANGUP;
    }
    if (t->state == TCP_SYN_SENT || t->state == TCP_SYN_RECEIVED) {
        return 0;
    }
    if (has_enough(t) || tcp_at_end(t) || t->err != SK_OK) {
        r |= SK_READABLE;
    }
    if (!tcp_may_send(t) || tcp_room(tcp) > 0) {
        r |= SK_WRITABLE;
    }
    if (t->fin_received || t->read_shut || t->state == TCP_CLOSED) {
        r |= SK_PEER_CLOSED;
    }
    if (t->state == TCP_CLOSED || ((t->fin_received || t->read_shut) && t->fin_queued)) {
        r |= SK_HANGUP;
    }
    if (t->err != SK_OK) {
        r |= SK_ERROR;
    }
    if (t->rcv_urgent && !t->urgent_taken) {
        r |= SK_URGENT;
    }
    if (t->timer == TCP_TIMER_RETRANSMIT && t->rtt.backoff >= TCP_R1) { /* RFC 9293 SHLD-9 */
        r |= SK_UNANSWERED;
    }
    return r;
}

static uint32_t udp_readiness(const struct udp_entry *udp)
{
    size_t half = udp->tx_size / 2 - MSGQ_RECORD_OVERHEAD;
    uint32_t r = 0;

    if (!udp->rx) {
        return SK_WRITABLE;
    }
    if (msgq_readable(&udp->udp.rx)) {
        r |= SK_READABLE;
    }
    /* Half of the queue, which an empty one has room for, or what was in vain: a send of any usual
     * length, or the one that waits, would not wait. */
    if (msgq_fits(&udp->udp.tx, half > udp->tx_wanted ? half : udp->tx_wanted)) {
        r |= SK_WRITABLE;
    }
    if (udp->udp.err != SK_OK) {
        r |= SK_ERROR | SK_READABLE | SK_WRITABLE;
    }
    if (udp->n_errors > 0) {
        r |= SK_ERROR;
    }
    if (udp->read_shut) {
        r |= SK_READABLE | SK_PEER_CLOSED;
    }
    if (udp->write_shut) {
        r |= udp->read_shut ? SK_WRITABLE | SK_HANGUP : SK_WRITABLE;
    }
    return r;
}

static uint32_t listener_readiness(const struct listener_entry *listener)
{
    if (listener->backlog == 0) {
        return SK_READABLE | SK_HANGUP;
    }
    return list_empty(&listener->accepted) ? 0 : SK_READABLE;
}

uint32_t node_readiness(const struct sock_node *node)
{
    switch (node->tag) {
    case SOCK_TCP:
        return tcp_readiness((const struct tcp_entry *)(const void *)node);
    case SOCK_UDP:
        return udp_readiness((const struct udp_entry *)(const void *)node);
    default:
        return listener_readiness((const struct listener_entry *)(const void *)node);
    }
}

void sk_iface_watch(struct sk_iface *iface, struct sk_watch *watch)
{
    watch->next = iface->watches;
    iface->watches = watch;
}

void sk_iface_unwatch(struct sk_iface *iface, struct sk_watch *watch)
{
    struct sk_watch **at = &iface->watches;

    while (*at && *at != watch) {
        at = &(*at)->next;
    }
    if (*at) {
        *at = watch->next;
    }
}

static void tell(const struct sk_watch *watch, sk_fd fd)
{
    for (; watch; watch = watch->next) {
        watch->changed(watch->context, fd);
    }
}

void sk_iface_tell(struct sk_iface *iface, sk_fd fd)
{
    tell(iface->watches, fd);
}

void tell_watches(const struct sk_iface *iface, const struct sock_node *node)
{
    if (iface->watches) {
        tell(iface->watches, fd_of(iface, node));
    }
}

/* Who watches hears of more than sk_iface_ready tells: a send may wait for more room than makes a
 * socket writable. */
void node_changed(struct sk_iface *iface, struct sock_node *node)
{
    if (node->slot == SLOT_NONE || node->internal) {
        return;
    }
    tell_watches(iface, node);
    if (!list_linked(&node->queue) && node_readiness(node) != node->reported) {
        list_append(&iface->changed, &node->queue);
    }
}

size_t sk_iface_ready(struct sk_iface *iface, struct sk_event *out, size_t n)
{
    size_t count = 0;

    while (count < n && !list_empty(&iface->changed)) {
        struct sock_node *node = list_entry(list_first(&iface->changed), struct sock_node, queue);

        list_remove(&node->queue);
        node->reported = node_readiness(node);
        out[count++] = (struct sk_event){ fd_of(iface, node), node->reported };
    }
    return count;
}

uint32_t sk_readiness(const struct sk_iface *iface, sk_fd fd)
{
    const struct tagged_socket *slot = slot_of(iface, fd);

    return slot ? node_readiness(slot->u.node) : 0;
}

static void schedule(struct sk_iface *iface, struct tcp_entry *tcp, instant now)
{
    instant at = tcp_poll_at(&tcp->tcp, now);
    uint32_t item = tcp->node.item;

    if (at == NEVER) {
        return; /* an entry that is there is stale, and settled when it comes up */
    }
    if (!heap_has(&iface->deadlines, item) ||
        tick_before(tick_ceil(at), iface->deadlines.entries[iface->deadlines.place[item]].at)) {
        heap_set(&iface->deadlines, item, tick_ceil(at));
    }
}

/* A connection that found nothing left of what the link absorbs has its window as soon as there is
 * some again. */
static void grant_credit(struct sk_iface *iface, struct tcp_entry *tcp, instant now)
{
    if (tcp->credit == 0 && tcp->ifindex != 0 && tcp_synchronized(&tcp->tcp)) {
        tcp->credit = netif_take_credit(netif_of(iface, tcp->ifindex), tcp->rx_size);
        tcp->tcp.rcv_limit = tcp->credit;
        tcp_consumed(&tcp->tcp, now);
    }
}

/* Nobody holds it, and it has said all that is due: what it still has to answer needs less. */
static bool only_waits(const struct tcp_entry *tcp)
{
    return tcp->tcp.state == TCP_TIME_WAIT && tcp->node.slot == SLOT_NONE && !tcp->listener &&
           !tcp->tcp.ack_due && !tcp->tcp.rst_due;
}

bool tcp_settle(struct sk_iface *iface, struct tcp_entry *tcp, instant now)
{
    struct tcp_sock *t = &tcp->tcp;

    if (tcp->opened && t->state == TCP_CLOSED && !t->rst_due) {
        if (tcp->node.hashed && t->snd_una == t->iss) { /* our SYN was never acknowledged */
            iface->stats.tcp_failed_opens++;
        }
        hash_remove(iface, &tcp->node);
        tcp_give_credit(iface, tcp);
        if (tcp->node.slot == SLOT_NONE && !tcp->listener) {
            tcp_release(iface, tcp);
            return false;
        }
    } else if (only_waits(tcp)) {
        time_wait_begin(iface, tcp);
        tcp_release(iface, tcp);
        return false;
    }
    grant_credit(iface, tcp, now);
    schedule(iface, tcp, now);
    if (t->urgent_news) { /* also told when the pointer advances, RFC 9293 MUST-32 */
        t->urgent_news = false;
        tcp->node.reported &= ~(uint32_t)SK_URGENT;
    }
    node_changed(iface, &tcp->node);
    return true;
}

void tcp_happened(struct sk_iface *iface, struct tcp_entry *tcp, instant now)
{
    if (tcp_settle(iface, tcp, now) && tcp_may_have_next(&tcp->tcp)) {
        tx_wants(iface, &tcp->node);
    }
}

static bool is_delivered(const struct tcp_entry *tcp)
{
    if (tcp->node.tag != SOCK_TCP || !tcp->opened || tcp->node.internal) {
        return true;
    }
    return tcp->tcp.state == TCP_CLOSED || tcp->tcp.state == TCP_FIN_WAIT_2 ||
           tcp->tcp.state == TCP_TIME_WAIT;
}

/* Closed datagram sockets live until their last datagram has left. A query is nothing that was
 * sent: who ends does not want its answer any more. */
static bool link_holds(const struct link *link)
{
    return link->ops->holds && link->ops->holds(link);
}

bool sk_iface_drained(const struct sk_iface *iface)
{
    for (uint32_t i = 0; i < iface->n_netifs; i++) {
        if (link_holds(iface->netifs[i].link)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < iface->tcp.n_touched; i++) {
        if (!is_delivered(tcp_at(iface, i))) {
            return false;
        }
    }
    return iface->udp.n_taken == queries_n_datagram_sockets(iface);
}

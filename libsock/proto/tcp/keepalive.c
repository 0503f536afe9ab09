/* SPDX-License-Identifier: BSD-3-Clause */
/* Keep-alives (RFC 9293 3.8.4): when nothing is in flight and nothing was heard for a while, the
 * peer is asked for an ACK; several that do not come end the connection. */
#include "proto/tcp/tcp.h"

tick tcp_keepalive_at(const struct tcp_sock *tcp)
{
    return tcp->heard_at + tick_ceil(seconds(tcp->options.keep_idle));
}

static bool is_given_up(const struct tcp_sock *tcp, instant now)
{
    duration chosen = tcp_chosen_timeout(tcp);

    if (tcp->n_keepalives == 0) {
        return false;
    }
    if (chosen > 0) { /* as Linux: it counts, and not the number; RFC 5482 4.2 */
        return tick_due(tcp->heard_at + tick_ceil(chosen), now);
    }
    return tcp->n_keepalives >= tcp->options.keep_count;
}

void tcp_keepalive_expires(struct tcp_sock *tcp, instant now)
{
    if (!tick_due(tcp_keepalive_at(tcp), now)) { /* it was heard of meanwhile */
        tcp->timer_at = tcp_keepalive_at(tcp);
        return;
    }
    if (is_given_up(tcp, now)) {
        tcp_end(tcp, tcp->soft_err != SK_OK ? (enum sk_err)tcp->soft_err : SK_TIMED_OUT);
        return;
    }
    tcp->keepalive_due = true;
    tcp->n_keepalives++;
    tcp->timer_at = tick_ceil(now + seconds(tcp->options.keep_interval));
}

void tcp_options_changed(struct tcp_sock *tcp, instant now)
{
    if (tcp->options.quickack && tcp->ack_delayed) {
        tcp->ack_delayed = false;
        tcp->ack_due = true;
    }
    if (tcp->timer == TCP_TIMER_KEEPALIVE || tcp->timer == TCP_TIMER_OFF) {
        tcp->heard_at = tick_ceil(now);
        tcp->n_keepalives = 0;
        tcp->keepalive_due = false;
        tcp_set_timer(tcp, true, now);
    }
}

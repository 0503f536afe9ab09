/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP_INFO: what the core knows of a connection in Linux's struct tcp_info, as tcp(7) has it: times
 * in microseconds but for those since something, which are milliseconds; windows of the sender in
 * segments. What the core does not count is zero.
 */
#include <netinet/tcp.h>

#include "compat/errno.h"
#include "compat/option.h"

#define NO_SSTHRESH 0x7fffffff /* as Linux: TCP_INFINITE_SSTHRESH */
#define MILLISECOND 1000       /* us */
#define MAX_SHIFT 15u          /* of the fields' four bits */

static uint8_t state_of(enum sk_tcp_state state)
{
    static const uint8_t states[] = {
        [SK_TCP_CLOSED] = TCP_CLOSE,          [SK_TCP_SYN_SENT] = TCP_SYN_SENT,
        [SK_TCP_SYN_RECEIVED] = TCP_SYN_RECV, [SK_TCP_ESTABLISHED] = TCP_ESTABLISHED,
        [SK_TCP_FIN_WAIT_1] = TCP_FIN_WAIT1,  [SK_TCP_FIN_WAIT_2] = TCP_FIN_WAIT2,
        [SK_TCP_CLOSE_WAIT] = TCP_CLOSE_WAIT, [SK_TCP_CLOSING] = TCP_CLOSING,
        [SK_TCP_LAST_ACK] = TCP_LAST_ACK,     [SK_TCP_TIME_WAIT] = TCP_TIME_WAIT,
        [SK_TCP_LISTEN] = TCP_LISTEN,
    };

    return states[state];
}

static uint8_t options_of(const struct sk_tcp_info *k)
{
    return (uint8_t)((k->timestamps ? TCPI_OPT_TIMESTAMPS : 0) | (k->sack ? TCPI_OPT_SACK : 0) |
                     (k->wscale ? TCPI_OPT_WSCALE : 0) | (k->ecn ? TCPI_OPT_ECN : 0));
}

static uint8_t phase_of(const struct sk_tcp_info *k)
{
    return k->backoff > 0 ? TCP_CA_Loss : k->recovering ? TCP_CA_Recovery : TCP_CA_Open;
}

/* Rounded up. */
static uint32_t segments(const struct sk_tcp_info *k, uint32_t octets)
{
    return k->snd_mss > 0 ? octets / k->snd_mss + (octets % k->snd_mss > 0) : 0;
}

static struct tcp_info info_of(const struct sk_tcp_info *k)
{
    struct tcp_info info = {
        .tcpi_state = state_of(k->state),
        .tcpi_ca_state = phase_of(k),
        .tcpi_retransmits = k->backoff,
        .tcpi_probes = k->keepalives,
        .tcpi_backoff = k->backoff,
        .tcpi_options = options_of(k),
        .tcpi_snd_wscale = k->snd_wscale & MAX_SHIFT,
        .tcpi_rcv_wscale = k->rcv_wscale & MAX_SHIFT,
        .tcpi_rto = k->rto,
        .tcpi_snd_mss = k->snd_mss,
        .tcpi_rcv_mss = k->rcv_mss,
        .tcpi_unacked = segments(k, k->in_flight),
        .tcpi_last_data_sent = k->sent_ago / MILLISECOND,
        .tcpi_last_ack_recv = k->heard_ago / MILLISECOND,
        .tcpi_pmtu = k->path_mtu,
        .tcpi_rcv_ssthresh = k->rcv_wnd,
        .tcpi_rtt = k->rtt,
        .tcpi_rttvar = k->rttvar,
        .tcpi_snd_ssthresh = segments(k, k->ssthresh),
        .tcpi_snd_cwnd = segments(k, k->cwnd),
        .tcpi_advmss = k->rcv_mss,
        .tcpi_rcv_space = k->rcv_space,
        .tcpi_total_retrans = k->retransmitted,
    };

    if (k->ssthresh == UINT32_MAX) {
        info.tcpi_snd_ssthresh = NO_SSTHRESH;
    }
    if (k->state == SK_TCP_LISTEN) { /* as Linux */
        info.tcpi_unacked = k->n_waiting;
        info.tcpi_sacked = k->backlog;
    }
    return info;
}

static int get_info(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    struct sk_tcp_info known;
    enum sk_err err = sk_tcp_info(state_enter(), s->fd, &known);

    (void)what;
    state_leave();
    if (err != SK_OK) {
        return errno_result(err);
    }
    struct tcp_info info = info_of(&known);
    return option_give(&info, sizeof info, out, len);
}

const struct option_kind option_tcp_info = { get_info, NULL };

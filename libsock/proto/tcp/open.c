/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening a connection, actively, passively and from both sides at once (RFC 9293 3.5). */
#include "proto/tcp/tcp.h"

#include "proto/tcp/half_open.h"
#include "proto/tcp/seq.h"

#include <string.h>

#define MAX_UNSCALED_WINDOW 65535

uint8_t tcp_window_shift(uint32_t size)
{
    uint8_t shift = 0;

    while (shift < TCP_MAX_WSCALE && size >> shift > MAX_UNSCALED_WINDOW) {
        shift++;
    }
    return shift;
}

static void set_up(struct tcp_sock *tcp, const struct tcp_setup *setup, instant now)
{
    memset(tcp, 0, sizeof(*tcp) + tcp_state_size(setup->profile, 0, 0));
    tcp_run_profile(tcp, setup->profile);
    tcp->ooo.ranges = tcp_ranges_memory(tcp);
    tcp->ooo.cap = setup->n_ranges;
    tcp->n_inflight = setup->n_inflight;
    tcp->recovery = setup->profile->recovery;
    tcp->congestion = tcp_congestion_at(setup->profile, setup->options.congestion);
    ring_init(&tcp->rx, setup->rx, setup->rx_size);
    ring_init(&tcp->tx, setup->tx, setup->tx_size);
    tcp->iss = setup->iss;
    tcp->snd_una = setup->iss;
    tcp->snd_nxt = setup->iss;
    tcp->rtx_nxt = setup->iss;
    tcp->rtx_end = setup->iss;
    tcp->rcv_limit = setup->rcv_limit;
    tcp->rcv_mss = setup->path_mss;
    tcp->rcv_space = tcp_first_rcv_space(tcp->rcv_mss);
    tcp->path_mss = setup->path_mss;
    tcp->known_mss = setup->known_mss;
    tcp->ip_options_len = setup->ip_options_len;
    tcp->msl = (uint32_t)setup->msl;
    tcp->options = setup->options;
    tcp->heard_at = tick_ceil(now);
    tcp->rcv_wscale = tcp_window_shift(setup->rx_size);
    rtt_init(&tcp->rtt);
    if (tcp->profile->extensions) {
        tcp->profile->extensions->init(tcp, setup->ts_offset);
    }
    if (tcp->profile->user_timeout) {
        tcp->profile->user_timeout->init(tcp);
    }
    tcp->old_ack_at = tick_floor(now - TCP_OLD_ACK_TIME);
    tcp->syn_due = true;
}

/* Text beside the IP options, RFC 9293 3.7.1. What is longer than the MTU then does not leave, and
 * is counted. */
static uint16_t beside_ip_options(const struct tcp_sock *tcp, uint16_t mss)
{
    uint32_t least = tcp->ip_options_len + TCP_LEAST_ROOM;

    return mss > least ? (uint16_t)(mss - tcp->ip_options_len) : TCP_LEAST_ROOM;
}

void tcp_take_syn(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now)
{
    uint16_t mss = hdr->mss ? hdr->mss : TCP_DEFAULT_MSS;

    mss = mss < TCP_MIN_MSS ? TCP_MIN_MSS : mss;
    mss = mss < tcp->path_mss ? mss : tcp->path_mss;
    tcp->mss = beside_ip_options(tcp, mss);
    if (hdr->wscale == TCP_NO_WSCALE) {
        tcp->rcv_wscale = 0;
    } else {
        tcp->snd_wscale = hdr->wscale;
    }
    tcp->irs = hdr->seq;
    tcp->rcv_nxt = hdr->seq + 1;
    tcp->rcv_space_seq = tcp->rcv_nxt;
    tcp->rcv_adv = tcp->rcv_nxt;
    tcp->rcv_acked = tcp->rcv_nxt;
    tcp->snd_wnd = hdr->wnd;
    tcp->max_snd_wnd = hdr->wnd;
    tcp->snd_wl1 = hdr->seq;
    tcp->snd_wl2 = hdr->flags & TCP_ACK ? hdr->ack : tcp->iss;
    if (tcp->profile->extensions) {
        tcp->profile->extensions->take_syn(tcp, hdr, now);
    }
    if (tcp->profile->path_mtu) {
        tcp->profile->path_mtu->init(tcp, (uint16_t)(mss - tcp->mss), tcp->known_mss, now);
    }
    if (tcp->profile->ecn) {
        tcp->profile->ecn->take_syn(tcp, hdr);
    }
    if (tcp->profile->user_timeout) {
        tcp->profile->user_timeout->arrives(tcp, hdr);
    }
    if (!hdr->sack_permitted && tcp->profile->recovery_without_sack) {
        tcp->recovery = tcp->profile->recovery_without_sack;
    }
    if (tcp->congestion->model && !tcp->recovery->feeds_model) {
        tcp->congestion = tcp->congestion->without_sack;
    }
    tcp->congestion->init(tcp, now);
    tcp->recovery->init(tcp);
}

void tcp_netif_narrows(struct tcp_sock *tcp, uint16_t path_mss)
{
    const struct tcp_extensions *x = tcp->profile->extensions;
    uint16_t len = beside_ip_options(tcp, path_mss);
    uint32_t tsval;

    tcp->path_mss = path_mss;
    if (tcp->state <= TCP_SYN_SENT) { /* the rest comes with the peer's SYN */
        return;
    }
    if (x && x->ts_recent(tcp, &tsval)) {
        len = (uint16_t)(len - TCP_TIMESTAMPS_LEN);
    }
    if (tcp->profile->path_mtu) {
        tcp->profile->path_mtu->narrows(tcp, len);
    }
    tcp->mss = len < tcp->mss ? len : tcp->mss;
}

uint32_t tcp_window_of(const struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    return hdr->flags & TCP_SYN ? hdr->wnd : (uint32_t)hdr->wnd << tcp->snd_wscale;
}

void tcp_open(struct tcp_sock *tcp, const struct tcp_setup *setup, instant now)
{
    set_up(tcp, setup, now);
    tcp->mss = setup->path_mss;
    tcp->state = TCP_SYN_SENT;
    tcp_set_timer(tcp, true, now);
}

void tcp_open_passive(struct tcp_sock *tcp, const struct tcp_setup *setup,
                      const struct tcp_hdr *hdr, instant now)
{
    set_up(tcp, setup, now);
    tcp->passive = true;
    tcp_take_syn(tcp, hdr, now);
    tcp->state = TCP_SYN_RECEIVED;
    tcp_set_timer(tcp, true, now);
}

void tcp_repeat_syn(struct tcp_sock *tcp)
{
    if (!tcp->syn_due && tcp->n_syn_resent < UINT8_MAX) { /* else the last one has not left yet */
        tcp->n_syn_resent++;
    }
    tcp->syn_due = true;
}

void tcp_establish(struct tcp_sock *tcp, instant now)
{
    tcp->state = tcp->fin_queued ? TCP_FIN_WAIT_1 : TCP_ESTABLISHED;
    rtt_open(&tcp->rtt);
    if (tcp->n_syn_resent > tcp->congestion->syn_losses) {
        tcp->cwnd = tcp->mss; /* RFC 5681 3.1 */
    }
    tcp_set_timer(tcp, true, now);
}

/* What take_syn would have seen of it. */
static struct tcp_hdr syn_of(const struct tcp_half_open *half)
{
    return (struct tcp_hdr){
        .seq = half->irs,
        .flags = (uint8_t)(TCP_SYN | (half->ecn ? TCP_ECE | TCP_CWR : 0)),
        .wnd = half->snd_wnd,
        .mss = half->mss,
        .wscale = half->snd_wscale,
        .has_timestamps = half->timestamps,
        .tsval = half->ts_recent,
        .sack_permitted = half->sack,
    };
}

void tcp_open_answered(struct tcp_sock *tcp, const struct tcp_setup *setup,
                       const struct tcp_half_open *half, instant now)
{
    uint32_t rcv_wnd = half->rcv_wnd < setup->rx_size ? half->rcv_wnd : setup->rx_size;
    struct tcp_hdr syn = syn_of(half);

    set_up(tcp, setup, now);
    tcp->passive = true;
    tcp->syn_due = false;
    tcp->iss = half->iss;
    tcp->snd_una = half->iss + 1;
    tcp->snd_nxt = half->iss + 1;
    tcp->rtx_nxt = half->iss + 1;
    tcp->rtx_end = half->iss + 1;
    tcp->rcv_wscale = half->rcv_wscale;
    tcp_take_syn(tcp, &syn, now);
    tcp->rcv_adv = tcp->rcv_nxt + rcv_wnd; /* less than announced where only less could be had */
    if (half->n_sent == 1) {               /* Karn */
        rtt_measure(&tcp->rtt, half->acked ? half->sent_at : (uint32_t)now - half->sent_at);
    }
    tcp->rtt.syn_timed_out =
        half->n_timeouts > 0 && half->n_sent > 1; /* or the peer had nothing to say */
    tcp->n_syn_resent = half->n_sent > 1 ? (uint8_t)(half->n_sent - 1) : 0; /* 0: it was a cookie */
    tcp_establish(tcp, now);
    if (rcv_wnd == 0) { /* there was nothing to announce; now there may be */
        tcp_consumed(tcp, now);
    }
}

bool tcp_reset_for(const struct tcp_hdr *hdr, struct tcp_hdr *reply)
{
    if (hdr->flags & TCP_RST) {
        return false;
    }
    *reply = (struct tcp_hdr){ .flags = TCP_RST, .wscale = TCP_NO_WSCALE };
    if (hdr->flags & TCP_ACK) {
        reply->seq = hdr->ack;
    } else {
        reply->flags |= TCP_ACK;
        reply->ack = hdr->seq + tcp_seg_len(hdr);
    }
    return true;
}

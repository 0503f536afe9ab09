/* SPDX-License-Identifier: BSD-3-Clause */
/* Passive opens that wait for their last ACK: see half_open.h. The order of the checks is that of
 * arrives.c. */
#include "proto/tcp/half_open.h"

#include "proto/tcp/seq.h"

#define MANY_SENT 3 /* two losses end what RFC 6928 2 forgives */
#define ECN_SETUP (TCP_ECE | TCP_CWR)

void tcp_half_open_begin(struct tcp_half_open *half, const struct tcp_profile *profile,
                         const struct tcp_hdr *syn, uint8_t ecn, uint32_t iss, uint32_t rx_size,
                         uint16_t rcv_wnd, instant now)
{
    bool extended = profile->extensions != NULL;
    bool scales = syn->wscale != TCP_NO_WSCALE;

    *half = (struct tcp_half_open){
        .iss = iss,
        .irs = syn->seq,
        .ts_recent = syn->tsval,
        .old_ack_at = tick_floor(now - TCP_OLD_ACK_TIME),
        .snd_wnd = syn->wnd,
        .rcv_wnd = rcv_wnd,
        .mss = syn->mss,
        .snd_wscale = syn->wscale,
        .rcv_wscale = scales ? tcp_window_shift(rx_size) : 0,
        .timestamps = extended && syn->has_timestamps,
        .sack = extended && syn->sack_permitted,
        .ecn = profile->ecn && ecn != TCP_ECN_NEVER && (syn->flags & ECN_SETUP) == ECN_SETUP,
    };
}

static void fill(const struct tcp_half_open *half, uint32_t ts_offset, instant now,
                 struct tcp_hdr *hdr)
{
    hdr->ack = half->irs + 1;
    if (half->timestamps) {
        hdr->has_timestamps = true;
        hdr->tsval = tcp_ts_clock(ts_offset, now);
        hdr->tsecr = half->ts_recent;
    }
}

/* RFC 7323 2.2: only if the SYN had the option, and only where it says something. */
static uint8_t wscale_to_offer(const struct tcp_half_open *half)
{
    bool unscaled = half->snd_wscale == 0 && half->rcv_wscale == 0;

    return half->snd_wscale == TCP_NO_WSCALE || unscaled ? TCP_NO_WSCALE : half->rcv_wscale;
}

void tcp_half_open_answer(const struct tcp_half_open *half, uint16_t mss, uint32_t ts_offset,
                          instant now, struct tcp_hdr *hdr)
{
    *hdr = (struct tcp_hdr){
        .seq = half->iss,
        .flags = (uint8_t)(TCP_SYN | TCP_ACK | (half->ecn ? TCP_ECE : 0)),
        .wnd = half->rcv_wnd,
        .mss = mss,
        .wscale = wscale_to_offer(half),
        .sack_permitted = half->sack,
    };
    fill(half, ts_offset, now, hdr);
}

void tcp_half_open_sent(struct tcp_half_open *half, instant now)
{
    half->n_sent = half->n_sent < MANY_SENT ? (uint8_t)(half->n_sent + 1) : MANY_SENT;
    half->sent_at = (uint32_t)now;
    half->acked = false;
}

bool tcp_half_open_takes(struct tcp_half_open *half, const struct tcp_hdr *hdr, uint8_t defer,
                         instant now)
{
    if (tcp_seg_len(hdr) > 0 || half->n_timeouts >= defer) {
        return true;
    }
    if (!half->acked) {
        half->sent_at = (uint32_t)now - half->sent_at;
        half->acked = true;
    }
    return false;
}

bool tcp_half_open_is_due(const struct tcp_half_open *half, uint8_t defer)
{
    return !half->acked || half->n_timeouts >= defer;
}

void tcp_half_open_ack(const struct tcp_half_open *half, uint32_t ts_offset, instant now,
                       struct tcp_hdr *hdr)
{
    *hdr = (struct tcp_hdr){
        .seq = half->iss + 1,
        .flags = TCP_ACK,
        .wnd = (uint16_t)(half->rcv_wnd >> half->rcv_wscale),
        .wscale = TCP_NO_WSCALE,
    };
    fill(half, ts_offset, now, hdr);
}

static enum tcp_half_open_next answer_old(struct tcp_half_open *half, const struct tcp_hdr *hdr,
                                          instant now)
{
    return tcp_answers_old(&half->old_ack_at, hdr, now) ? TCP_HALF_OPEN_ACKS : TCP_HALF_OPEN_STAYS;
}

/* RFC 5961 3.2. */
static enum tcp_half_open_next arrives_rst(struct tcp_half_open *half, const struct tcp_hdr *hdr,
                                           instant now, enum drop_reason *reason)
{
    if (hdr->seq == half->irs + 1) {
        *reason = DROP_NONE;
        return TCP_HALF_OPEN_ENDS;
    }
    return seq_within(hdr->seq, half->irs + 1, half->rcv_wnd) ? answer_old(half, hdr, now)
                                                              : TCP_HALF_OPEN_STAYS;
}

static enum tcp_half_open_next arrives_ack(const struct tcp_half_open *half,
                                           const struct tcp_hdr *hdr, enum drop_reason *reason)
{
    if (!(hdr->flags & TCP_ACK)) {
        *reason = DROP_TCP_NO_ACK;
        return TCP_HALF_OPEN_STAYS;
    }
    if (half->n_sent == 0 || hdr->ack != half->iss + 1) {
        *reason = DROP_TCP_ACK_RANGE;
        return TCP_HALF_OPEN_RESETS;
    }
    *reason = DROP_NONE;
    return TCP_HALF_OPEN_OPENS;
}

enum tcp_half_open_next tcp_half_open_arrives(struct tcp_half_open *half, const struct tcp_hdr *hdr,
                                              instant now, enum drop_reason *reason)
{
    *reason = DROP_TCP_FLAGS;
    if (hdr->flags & TCP_SYN && hdr->flags & (TCP_RST | TCP_FIN)) {
        return TCP_HALF_OPEN_STAYS;
    }
    *reason = tcp_check_timestamps(half->timestamps, half->ts_recent, hdr);
    if (*reason != DROP_NONE) {
        return *reason == DROP_TCP_PAWS ? answer_old(half, hdr, now) : TCP_HALF_OPEN_STAYS;
    }
    *reason = DROP_TCP_RST;
    if (hdr->flags & TCP_RST) {
        return arrives_rst(half, hdr, now, reason);
    }
    *reason = DROP_TCP_UNACCEPTABLE;
    if ((hdr->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && hdr->seq == half->irs) {
        return TCP_HALF_OPEN_REPEATS;
    }
    if (!tcp_is_in_window(hdr, half->irs + 1, half->rcv_wnd)) {
        return answer_old(half, hdr, now);
    }
    *reason = DROP_TCP_SYN;
    if (hdr->flags & TCP_SYN) {
        return TCP_HALF_OPEN_ENDS;
    }
    return arrives_ack(half, hdr, reason);
}

duration tcp_half_open_timeout(const struct tcp_half_open *half)
{
    return RTO_INITIAL << half->n_timeouts;
}

bool tcp_half_open_expires(struct tcp_half_open *half)
{
    return ++half->n_timeouts <= TCP_SYN_ACK_RETRIES;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SYN cookies (RFC 4987 3.6): with the SYN cache full, what an answer has to remember is in its
 * initial sequence number, and the ACK brings it back. As on Linux the number is
 *
 *     H(pair) + ISN of the peer + slot * 2^24 + (H(pair, slot) + MSS index) mod 2^24
 *
 * in which the slot counts periods of 67 s, which take no division; and the low six bits of the
 * answer's timestamp hold the peer's window scale and whether it knows SACK and ECN. Without
 * timestamps there is none of them.
 */
#include "net/iface.h"

#include "proto/tcp/seq.h"

#include <string.h>

#define SLOT_SHIFT 26 /* microseconds: 67 s; RFC 4987 3.6 speaks of 64 s, Linux has 60 s */
#define SLOTS_VALID 2 /* this one and the last; as Linux (MAX_SYNCOOKIE_AGE) */
#define LOW_BITS 24   /* below the slot */
#define LOW_MASK ((1u << LOW_BITS) - 1)
#define OPTION_BITS 6 /* of the timestamp; as Linux (TSBITS) */
#define OPTION_MASK ((1u << OPTION_BITS) - 1)
#define OPTION_WSCALE 15u /* none, as on Linux; a shift is at most 14 */
#define OPTION_SACK 16u
#define OPTION_ECN 32u

/* What peers announce: the largest that is not above theirs is used. Ours, the least of all, and
 * those of Linux. */
static const uint16_t mss_table[] = { TCP_MIN_MSS, TCP_DEFAULT_MSS, 1300, 1440, 1460 };

#define N_MSS (sizeof(mss_table) / sizeof(mss_table[0]))

struct hashed {
    struct ip_addr local;
    struct ip_addr remote;
    uint16_t ports[2];
    uint32_t slot;
    uint32_t use; /* 0: of the pair, 1: of the pair in this slot */
};

static uint32_t hash(const struct sk_iface *iface, const struct arrival *a, uint32_t slot,
                     uint32_t use)
{
    struct hashed h;

    memset(&h, 0, sizeof(h));
    h.local = a->local.addr;
    h.remote = a->remote.addr;
    h.ports[0] = a->local.port;
    h.ports[1] = a->remote.port;
    h.slot = slot;
    h.use = use;
    return (uint32_t)siphash(&iface->cookie_key, &h, sizeof(h));
}

static uint32_t slot_of_time(instant now)
{
    return (uint32_t)(now >> SLOT_SHIFT);
}

static uint32_t mss_index(uint16_t mss)
{
    uint32_t i = N_MSS - 1;

    mss = mss ? mss : TCP_DEFAULT_MSS;
    while (i > 0 && mss_table[i] > mss) {
        i--;
    }
    return i;
}

static uint32_t make(const struct sk_iface *iface, const struct arrival *a, instant now)
{
    uint32_t slot = slot_of_time(now);
    uint32_t low = hash(iface, a, slot, 1) + mss_index(a->hdr.mss);

    return hash(iface, a, 0, 0) + a->hdr.seq + (slot << LOW_BITS) + (low & LOW_MASK);
}

/* The MSS that the acknowledged cookie holds; 0: it is none of ours, or too old. */
static uint16_t check(const struct sk_iface *iface, const struct arrival *a, instant now)
{
    uint32_t cookie = a->hdr.ack - 1 - hash(iface, a, 0, 0) - (a->hdr.seq - 1);
    uint32_t age = (slot_of_time(now) - (cookie >> LOW_BITS)) & (UINT32_MAX >> LOW_BITS);
    uint32_t index = (cookie - hash(iface, a, slot_of_time(now) - age, 1)) & LOW_MASK;

    return age < SLOTS_VALID && index < N_MSS ? mss_table[index] : 0;
}

/* ---- Options in the timestamp ---------------------------------------------------------------- */

static uint32_t hide(const struct tcp_half_open *half, uint32_t tsval)
{
    uint32_t wscale = half->snd_wscale == TCP_NO_WSCALE ? OPTION_WSCALE : half->snd_wscale;
    uint32_t options = wscale | (half->sack ? OPTION_SACK : 0) | (half->ecn ? OPTION_ECN : 0);
    uint32_t hidden = (tsval & ~OPTION_MASK) | options;

    /* Never ahead of the clock, or what follows were older (RFC 7323 5.3). */
    return seq_after(hidden, tsval) ? hidden - (OPTION_MASK + 1) : hidden;
}

/* The SYN as it must have been. */
static struct tcp_hdr syn_of(const struct sk_iface *iface, const struct arrival *a, uint16_t mss)
{
    uint32_t wscale = a->hdr.tsecr & OPTION_WSCALE;
    struct tcp_hdr syn = {
        .seq = a->hdr.seq - 1, .flags = TCP_SYN, .mss = mss, .wscale = TCP_NO_WSCALE
    };

    if (a->hdr.has_timestamps && iface->profile->extensions) {
        syn.has_timestamps = true;
        syn.tsval = a->hdr.tsval;
        syn.wscale = wscale == OPTION_WSCALE ? TCP_NO_WSCALE : (uint8_t)wscale;
        syn.sack_permitted = a->hdr.tsecr & OPTION_SACK;
        syn.flags |= a->hdr.tsecr & OPTION_ECN ? TCP_ECE | TCP_CWR : 0;
    }
    return syn;
}

/* ---- The listener's side --------------------------------------------------------------------- */

/* Nothing is reserved for who is not remembered: through a link that absorbs little the window is
 * shut until the connection is there. */
static void begin(const struct sk_iface *iface, const struct listener_entry *listener,
                  const struct arrival *a, const struct tcp_hdr *syn, uint32_t iss,
                  struct tcp_half_open *half, instant now)
{
    uint32_t rx_size = bufpool_size(&iface->buffers, listener->rx_size);
    uint32_t wnd = a->netif->link->absorb ? 0 : rx_size;

    tcp_half_open_begin(half, iface->profile, syn, listener->options.ecn, iss, rx_size,
                        (uint16_t)(wnd < UINT16_MAX ? wnd : UINT16_MAX), now);
}

void cookie_answer(struct sk_iface *iface, struct listener_entry *listener, const struct arrival *a,
                   instant now)
{
    struct tcp_half_open half;
    struct tcp_hdr syn = a->hdr;
    struct tcp_hdr hdr;

    if (!syn.has_timestamps || !iface->profile->extensions) { /* no place for them */
        syn.wscale = TCP_NO_WSCALE;
        syn.sack_permitted = false;
        syn.flags = TCP_SYN;
    }
    begin(iface, listener, a, &syn, make(iface, a, now), &half, now);
    tcp_half_open_answer(&half, tcp_mss_within(&listener->options, netif_mss(a->netif)),
                         timestamp_offset(iface, a->local, a->remote), now, &hdr);
    if (hdr.has_timestamps) {
        hdr.tsval = hide(&half, hdr.tsval);
    }
    listener->cookies = true;
    listener->cookie_at = tick_floor(now);
    if (tx_answer(iface, listener->node.device, a->local, a->remote, &hdr, now)) {
        iface->stats.tcp_cookies_sent++;
    }
}

/* As Linux (tcp_synq_no_recent_overflow): else anybody could try cookies at any time. */
static bool sent_any_lately(struct listener_entry *listener, instant now)
{
    if (listener->cookies &&
        tick_since(listener->cookie_at, now) > tick_ceil((instant)SLOTS_VALID << SLOT_SHIFT)) {
        listener->cookies = false;
    }
    return listener->cookies;
}

bool cookie_arrives(struct sk_iface *iface, struct listener_entry *listener,
                    const struct arrival *a, instant now, enum drop_reason *reason)
{
    struct tcp_half_open half;
    struct tcp_hdr syn;
    uint16_t mss;

    if (a->hdr.flags & TCP_SYN || !sent_any_lately(listener, now)) {
        return false;
    }
    mss = check(iface, a, now);
    if (mss == 0) {
        iface->stats.tcp_cookies_failed++;
        return false;
    }
    syn = syn_of(iface, a, mss);
    begin(iface, listener, a, &syn, a->hdr.ack - 1, &half, now);
    if (listener_opens(iface, listener, &half, a->netif, a, now, reason)) {
        iface->stats.tcp_cookies_accepted++;
    }
    return true;
}

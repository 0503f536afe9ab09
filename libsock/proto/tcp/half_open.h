/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A passive open between the peer's SYN and the last ACK of the handshake (RFC 9293 3.10.7.4,
 * SYN-RECEIVED), in as little memory as an attacker may make a host spend: the SYN cache of
 * RFC 4987 3.4. It has no buffers: what the peer sends with its ACK is taken by the connection that
 * the record becomes, or sent again.
 */
#pragma once

#include "proto/tcp/tcp.h"

#define TCP_SYN_ACK_RETRIES                                                                        \
    5 /* then given up, 63 s after the SYN; as Linux (tcp_synack_retries). RFC 9293 MUST-23 asks   \
         180 s of a SYN: a declared deviation for its answer */

struct tcp_half_open {
    uint32_t iss;
    uint32_t irs;
    uint32_t ts_recent;
    uint32_t sent_at;   /* the SYN,ACK: microseconds, low 32 bits; once `acked`, how long it took
                           until it was */
    tick old_ack_at;    /* when an empty segment or a SYN was last answered */
    uint16_t snd_wnd;   /* of the SYN */
    uint16_t rcv_wnd;   /* what the SYN,ACK announces */
    uint16_t mss;       /* of the SYN; 0: none */
    uint8_t snd_wscale; /* TCP_NO_WSCALE: none, either way */
    uint8_t rcv_wscale;
    uint8_t n_sent;     /* how often the SYN,ACK was; 3: or more often */
    uint8_t n_timeouts; /* how often the timer expired */
    bool timestamps : 1;
    bool sack : 1;
    bool acked : 1; /* the last SYN,ACK, without text, which is waited for */
    bool ecn : 1;   /* RFC 3168 6.1.1: the SYN asked for it, and the answer agrees */
};

/** What a segment means to it. */
enum tcp_half_open_next {
    TCP_HALF_OPEN_STAYS,
    TCP_HALF_OPEN_ACKS,    /* tcp_half_open_ack is due */
    TCP_HALF_OPEN_REPEATS, /* the SYN,ACK is due again */
    TCP_HALF_OPEN_RESETS,  /* RST for the segment (tcp_reset_for), and the record stays */
    TCP_HALF_OPEN_ENDS,    /* back to LISTEN */
    TCP_HALF_OPEN_OPENS,   /* the handshake is over: tcp_open_answered */
};

/** A SYN was taken. `ecn`: the listener's option (enum tcp_ecn_use). `rx_size`: octets of the
 * receive buffer to be, of which `rcv_wnd` are announced. */
void tcp_half_open_begin(struct tcp_half_open *half, const struct tcp_profile *profile,
                         const struct tcp_hdr *syn, uint8_t ecn, uint32_t iss, uint32_t rx_size,
                         uint16_t rcv_wnd, instant now);

/** The SYN,ACK, all but its ports. `ts_offset` as in struct tcp_setup, `mss` what we announce. */
void tcp_half_open_answer(const struct tcp_half_open *half, uint16_t mss, uint32_t ts_offset,
                          instant now, struct tcp_hdr *hdr);

/** It was sent. */
void tcp_half_open_sent(struct tcp_half_open *half, instant now);

/** The ACK that answers a segment out of order (RFC 5961). */
void tcp_half_open_ack(const struct tcp_half_open *half, uint32_t ts_offset, instant now,
                       struct tcp_hdr *hdr);

/** A verified segment arrived; `*reason`: why it was of no use, or DROP_NONE. */
enum tcp_half_open_next tcp_half_open_arrives(struct tcp_half_open *half, const struct tcp_hdr *hdr,
                                              instant now, enum drop_reason *reason);

/** In place of TCP_HALF_OPEN_OPENS: false where the segment opens nothing, since it has no text
 * and, so says `defer` (struct tcp_options, defer_accept), there is time for some. */
bool tcp_half_open_takes(struct tcp_half_open *half, const struct tcp_hdr *hdr, uint8_t defer,
                         instant now);

/** True when the SYN,ACK has to leave once more: the peer is not known to have it, or may be asked
 * for an ACK that opens. */
bool tcp_half_open_is_due(const struct tcp_half_open *half, uint8_t defer);

/** How long to wait for the peer after the SYN,ACK was sent (RFC 6298 5.5). */
duration tcp_half_open_timeout(const struct tcp_half_open *half);

/** The peer was silent for so long. False: it is given up. */
bool tcp_half_open_expires(struct tcp_half_open *half);

/**
 * The last ACK of the handshake came: ESTABLISHED. tcp_place and tcp_arrives with the segment are
 * next. Of `setup` the ISS is the record's.
 */
void tcp_open_answered(struct tcp_sock *tcp, const struct tcp_setup *setup,
                       const struct tcp_half_open *half, instant now);

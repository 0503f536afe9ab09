/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RACK-TLP (RFC 8985): a segment is lost when one that was sent sufficiently later was delivered.
 * Names in capitals there are lower case here.
 *
 *   rack.c   what was delivered, what is lost     rack_recovery.c  what follows from it
 *   prr.c    proportional rate reduction          tlp.c            tail loss probes
 *   undo.c   losses that were none                inflight.h       the scoreboard
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/tick.h"
#include "proto/tcp/inflight.h"
#include "proto/tcp/tcp.h"

enum rack_mode {
    RACK_OPEN,
    RACK_RECOVERY, /* from a loss until `recover` is acknowledged: cwnd is PRR's */
    RACK_LOSS,     /* until `recover`, too: all is sent again, after a timeout, or because the peer
                      or a router threw it away; cwnd is the congestion control's */
};

enum rack_timer {
    RACK_TIMER_REORDER, /* some may count as lost then, RFC 8985 6.2 step 5 */
    RACK_TIMER_PROBE,   /* RFC 8985 7.2 */
};

/** RFC 6937 */
struct prr {
    uint32_t delivered; /* octets since recovery began */
    uint32_t out;       /* octets sent since then */
    uint32_t ratio;     /* ssthresh / RecoverFS, in units of 2^-PRR_SHIFT */
};

/** RFC 8985 7 */
struct tlp {
    uint32_t end_seq; /* SND.NXT when the probe left */
    bool active;
    bool is_retrans;
    bool due; /* decided, and not sent yet */
};

/** RFC 3522, RFC 2883: how to find out that nothing was lost. */
struct undo {
    uint32_t cwnd; /* from before */
    uint32_t ssthresh;
    uint32_t marker;        /* SND.UNA then: duplicates of what is below it are others' */
    uint32_t retransmit_ts; /* TSval of the first retransmission, once has_ts */
    int32_t unneeded;       /* octets sent again that no D-SACK told of */
    bool possible;
    bool has_ts;
};

struct rack {
    struct inflight f;
    uint32_t xmit_ts; /* of the segment that was sent last of those that were delivered ... */
    uint32_t end_seq; /* ... its end, once has_delivered: forgotten when all is sent again, so that
                         times of before a long silence are not compared with those after it ... */
    uint32_t rtt;     /* ... and its round trip, microseconds */
    uint32_t min_rtt; /* microseconds; UINT32_MAX: none yet */
    tick min_rtt_at;
    uint32_t fack;        /* the highest that was delivered */
    uint32_t dsack_round; /* SND.NXT when a D-SACK last widened the window, if in_dsack_round */
    uint32_t recover;     /* the end of the mode */
    struct prr prr;
    struct tlp tlp;
    struct undo undo;
    uint8_t mode;            /* enum rack_mode */
    uint8_t timer;           /* enum rack_timer, when tcp->recovery_timer */
    uint8_t reo_wnd_mult;    /* quarters of min_rtt */
    uint8_t reo_wnd_persist; /* recoveries until that is 1 again */
    bool has_delivered;
    bool reordering_seen;
    bool in_dsack_round;
    bool force; /* one segment may be sent whatever cwnd says */
};

static inline struct rack *rack_of(const struct tcp_sock *tcp)
{
    return tcp_recovery_state(tcp);
}

/** Octets that are in the network (RFC 6675 4, with RACK's losses). */
static inline uint32_t rack_pipe(const struct tcp_sock *tcp)
{
    const struct rack *rack = rack_of(tcp);

    return tcp_in_flight(tcp) - rack->f.sacked - rack->f.lost;
}

/** What one acknowledgment told. */
struct rack_news {
    const struct tcp_hdr *hdr;
    duration echoed;    /* as in struct tcp_ack */
    uint32_t acked;     /* octets by which SND.UNA moved */
    uint32_t delivered; /* octets that it acknowledged, cumulatively or not, for the first time */
    uint32_t repaired;  /* of those, the ones that were held for lost */
    uint32_t fack;      /* rack->fack before it: its own blocks come in no order */
    uint32_t rtt;       /* microseconds, of the last one that was sent once; 0: none was */
    struct tcp_sack dsack; /* what arrived more than once; start is end: nothing */
    bool lost;             /* it told that something was lost */
};

/* rack.c */

/** Brings the scoreboard up to date with news->hdr, and says what is new in it. */
void rack_take_ack(struct tcp_sock *tcp, struct rack_news *news, instant now);
/** Marks what is lost. True when anything was; `*wait`: microseconds until more of what is in
 * flight may be, or 0. */
bool rack_detect_losses(struct tcp_sock *tcp, uint32_t *wait, instant now);
/** Microseconds that a segment has to arrive in: a round trip, and the reordering window. */
uint32_t rack_patience(const struct tcp_sock *tcp);
void rack_mark_lost(struct inflight *f, uint16_t i);
/** A recovery is over; after some without a D-SACK the reordering window is narrow again. */
void rack_recovery_ended(struct rack *rack);

/* prr.c */

void prr_begin(struct prr *prr, uint32_t flight, uint32_t ssthresh);
/** `delivered` octets arrived; sets cwnd. `safe`: SND.UNA moved, and nothing new was lost. */
void prr_on_ack(struct tcp_sock *tcp, uint32_t delivered, bool safe);

/* tlp.c */

/** Sets the timer for a probe, if there can be one. */
void tlp_schedule(struct tcp_sock *tcp, instant now);
/** PTO has come. */
void tlp_send(struct tcp_sock *tcp, instant now);
/** A probe that is due and was not sent yet is not needed any more. */
void tlp_cancel(struct tcp_sock *tcp);
/** An acknowledgment. True: the probe repaired a loss that nobody else noticed. */
bool tlp_on_ack(struct tcp_sock *tcp, const struct tcp_ack *ack, struct tcp_sack dsack);

/* undo.c */

/** cwnd and ssthresh are about to be reduced. */
void undo_remember(struct tcp_sock *tcp);
/** `len` octets were sent again. */
void undo_on_sent(struct tcp_sock *tcp, const struct tcp_hdr *hdr, uint32_t len);
/** True: what was sent again had arrived before, and everything is as if it had not been. */
bool undo_on_ack(struct tcp_sock *tcp, const struct tcp_ack *ack, struct tcp_sack dsack,
                 instant now);

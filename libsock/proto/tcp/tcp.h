/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One TCP connection (RFC 9293), attached to nothing: segments go in by tcp_place and tcp_arrives,
 * come out by tcp_next and tcp_sent, and tcp_poll_at says when tcp_poll is due. It knows no
 * addresses, ports or links.
 *
 *   open.c     SYN in both directions    arrives.c  segments, in the order of RFC 9293 3.10.7
 *   text.c     text to its place         ack.c      acknowledgments and windows of the peer
 *   next.c     what is sent              timer.c    retransmission, probes, 2 MSL, delayed ACK
 *   close.c    write, close, abort       keepalive.c  urgent.c
 *   profile.h  the tables from which the rest is chosen:
 *   recovery: newreno.c rack.h           congestion control: reno.c cubic.c
 *   options: extensions.c (timestamps and SACK)   path MTU: pmtu.c   ECN: ecn.c
 *
 * What a host keeps of a connection that has no buffers yet, or no more: half_open.h, time_wait.h.
 *
 * The ring's tail is the octet at snd_una (iss + 1 while the SYN is not acknowledged); the receive
 * ring's head is the octet at rcv_nxt. Not here: data on a SYN (left to be retransmitted).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ring.h"
#include "base/tick.h"
#include "proto/tcp/assemble.h"
#include "proto/tcp/profile.h"
#include "proto/tcp/rtt.h"
#include "wire/drop.h"
#include "wire/ip.h"
#include "wire/tcp.h"

#define TCP_DEFAULT_MSS 536 /* RFC 9293 3.7.1, of a peer that names none */
#define TCP_MIN_MSS                                                                                \
    88 /* a smaller one is an attack on our sending rate (CVE-2019-11479); as Linux */
#define TCP_LEAST_ROOM                                                                             \
    24 /* octets beside the headers and IP options, whatever the MTU: a SYN has so many options */
#define TCP_R2                                                                                     \
    seconds(924) /* RFC 9293 3.8.3 asks for 100 s or more, SHLD-11; 924 as Linux (15 retries of    \
                    200 ms) */
#define TCP_DUP_ACKS 3              /* RFC 5681 3.2: duplicates that tell of a loss */
#define TCP_R1 3                    /* timeouts in a row: RFC 9293 3.8.3, SHLD-10 */
#define TCP_R2_SYN seconds(180)     /* RFC 9293 3.8.3: give up on a SYN, MUST-23 */
#define TCP_DELAYED_ACK millis(40)  /* RFC 9293 3.8.6.3 allows up to 500 ms; 40 as Linux */
#define TCP_CORK_TIME millis(200)   /* not in RFC 9293: what SK_CORK holds back; as Linux */
#define TCP_ORPHAN_TIME seconds(60) /* FIN-WAIT-2 without a reader: not in RFC 9293; as Linux */
#define TCP_OLD_ACK_TIME                                                                           \
    millis(500) /* between two ACKs that answer empty segments or SYNs, RFC 5961 7; as Linux */

enum tcp_state {
    TCP_CLOSED,
    TCP_SYN_SENT,
    TCP_SYN_RECEIVED,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT_1,
    TCP_FIN_WAIT_2,
    TCP_CLOSE_WAIT,
    TCP_CLOSING,
    TCP_LAST_ACK,
    TCP_TIME_WAIT,
};

/* What the one timer of a connection waits for. */
enum tcp_timer {
    TCP_TIMER_OFF,
    TCP_TIMER_RETRANSMIT, /* RFC 6298: the first octet in flight */
    TCP_TIMER_PERSIST,    /* RFC 9293 3.8.6.1: a closed window, or one too small to use */
    TCP_TIMER_KEEPALIVE,  /* RFC 9293 3.8.4: nothing is in flight */
    TCP_TIMER_LAST,       /* TIME-WAIT, or FIN-WAIT-2 without a reader */
};

enum tcp_ecn_use {
    TCP_ECN_NEVER,
    TCP_ECN_ASKS, /* and answers */
    TCP_ECN_ANSWERS,
};

/* Where a program finds the last urgent octet. */
enum tcp_urgent_use {
    TCP_URGENT_APART,   /* by itself: receives pass over it */
    TCP_URGENT_MARKED,  /* in line, at the beginning of a receive */
    TCP_URGENT_IN_LINE, /* as any other, RFC 6093 3.1 */
};

/* What a program may choose, before the connection or later. */
struct tcp_options {
    uint32_t user_timeout;  /* milliseconds; 0: TCP_R2 */
    uint32_t rcv_lowat;     /* octets that a receive waits for, and readiness */
    uint16_t max_seg;       /* octets of text in a segment, either way; 0: as many as fit */
    uint16_t keep_idle;     /* seconds */
    uint16_t keep_interval; /* seconds */
    uint8_t keep_count;
    bool keepalive;
    bool nodelay;         /* no Nagle */
    bool cork;            /* segments wait until they are full, TCP_CORK_TIME at most */
    bool quickack;        /* acknowledgments do not wait */
    uint8_t urgent;       /* enum tcp_urgent_use */
    bool uto;             /* the user timeout is told to the peer, RFC 5482 3.1 ENABLED */
    uint8_t ecn;          /* enum tcp_ecn_use */
    uint8_t congestion;   /* tcp_congestion_at */
    uint8_t defer_accept; /* timeouts of a half-open connection for which an ACK without text does
                             not open it */
};

#define TCP_DEFAULT_OPTIONS                                                                        \
    ((struct tcp_options){ .rcv_lowat = 1,                                                         \
                           .urgent = TCP_URGENT_IN_LINE,                                           \
                           .keep_idle = 7200,                                                      \
                           .keep_interval = 75,                                                    \
                           .keep_count = 9,                                                        \
                           .ecn = TCP_ECN_ANSWERS })

/** What a connection with these options may have of an MSS. */
static inline uint16_t tcp_mss_within(const struct tcp_options *options, uint16_t mss)
{
    return options->max_seg != 0 && options->max_seg < mss ? options->max_seg : mss;
}

/* Where the state of a profile's tables begins, in octets behind struct tcp_sock: that of the
 * recovery is the first, and records follow the ranges. */
struct tcp_layout {
    uint16_t extensions;
    uint16_t path_mtu;
    uint16_t ecn;
    uint16_t user_timeout;
    uint16_t congestion;
    uint16_t ranges;
};

struct tcp_sock {
    const struct tcp_profile *profile;
    const struct tcp_recovery *recovery; /* of the profile, or its other one */
    const struct tcp_congestion *congestion;
    struct ring rx; /* produced by tcp_arrives, consumed by the reader */
    struct ring tx; /* produced by the writer, consumed by acknowledgments */

    uint32_t iss;
    uint32_t snd_una;
    uint32_t snd_nxt; /* one past the highest octet sent */
    uint32_t snd_wnd; /* octets */
    uint32_t snd_wl1;
    uint32_t snd_wl2;
    uint32_t max_snd_wnd; /* RFC 5961 5.2 MAX.SND.WND */
    uint32_t rtx_nxt;     /* [rtx_nxt, rtx_end): to be sent again */
    uint32_t rtx_end;
    uint32_t cwnd; /* octets, RFC 5681 */
    uint32_t ssthresh;
    uint32_t snd_up;    /* of the octet after urgent data, while snd_urgent */
    uint32_t inflation; /* octets that duplicate ACKs let out beyond cwnd, RFC 5681 3.2, RFC 3042 */

    uint32_t irs;
    uint32_t rcv_nxt;
    uint32_t rcv_adv;       /* RCV.NXT + RCV.WND as the peer knows it; never moves back */
    uint32_t rcv_acked;     /* the last acknowledgment sent */
    uint32_t rcv_limit;     /* octets: no larger window is announced (what the link can absorb) */
    uint32_t rcv_space;     /* nor is this: it grows with use, */
    uint32_t rcv_space_seq; /* and did last when the reader was here */
    uint32_t rcv_up;        /* the same of the peer's, while rcv_urgent */
    uint32_t fin_seq;       /* of the peer's FIN, once fin_known */
    struct assembler ooo;

    struct rtt rtt;
    uint32_t timed_seq; /* the measurement ends when this is acknowledged */
    uint32_t timed_at;  /* microseconds, low 32 bits */
    tick timer_at;
    tick delayed_ack_at;
    tick recovery_at;  /* when recovery_timer is set */
    tick paced_at;     /* when the next segment may leave, while paced */
    tick corked_at;    /* when what is held back may leave, while corked */
    tick sent_at;      /* when text last left */
    tick silent_since; /* while silent: what was sent then is not answered yet */
    tick old_ack_at;   /* when an empty segment or a SYN was last answered */
    tick heard_at;     /* when the peer last acknowledged anything, old or new */
    uint32_t msl;      /* microseconds */

    uint32_t rst_seq;    /* of the RST to send */
    uint16_t mss;        /* octets of text in a segment that we send */
    uint16_t rcv_mss;    /* what we announce */
    uint16_t rcv_full;   /* the longest text that comes: what "full-sized" means, RFC 5681 4.2 */
    uint16_t path_mss;   /* what the netif can carry */
    uint16_t known_mss;  /* what was known of the path at first; 0: nothing */
    uint16_t n_inflight; /* records behind the state */
    struct tcp_layout layout;

    uint8_t state;    /* enum tcp_state */
    uint8_t timer;    /* enum tcp_timer */
    uint8_t err;      /* enum sk_err: why it ended */
    uint8_t soft_err; /* enum sk_err: what ICMP said, told when the connection times out */
    uint8_t snd_wscale;
    uint8_t rcv_wscale;
    uint8_t n_keepalives; /* that were not answered yet */
    uint8_t n_more_acks;  /* behind the one that is due, the same again */
    uint8_t n_quick_acks; /* full-sized segments that do not wait for a second one */
    uint8_t ip_options_len;
    uint16_t n_resent; /* segments; UINT16_MAX: or more */
    struct tcp_options options;

    bool passive; /* opened by a listener, RFC 9293 MUST-11 */
    bool timing;  /* a round trip is being measured */
    bool ack_due;
    bool ack_delayed; /* delayed_ack_at is set */
    bool silent;      /* the peer, for a timeout at least */
    bool syn_due;
    bool probe_due;
    bool keepalive_due;
    bool recovery_timer;
    bool paced;
    bool more;     /* the last write said that more follows: as options.cork */
    bool corked;   /* a segment that is not full is held back */
    bool uncorked; /* and was for long enough */
    bool rst_due;
    bool fin_queued; /* FIN after what is in tx */
    bool fin_sent;
    bool fin_known;
    bool fin_received; /* everything up to the FIN is here */
    bool orphan;       /* nobody reads any more */
    bool read_shut;    /* nobody waits for text */
    bool snd_urgent;
    bool rcv_urgent;      /* not all of it was read */
    bool urgent_news;     /* and the program was not told yet */
    bool urgent_taken;    /* the last urgent octet was read by itself */
    bool fragmentable;    /* the path takes less than the least that we send in one packet */
    bool rcv_shorter;     /* a segment shorter than rcv_full came, and none as long since */
    uint8_t n_syn_resent; /* how often our SYN or SYN,ACK was lost, as it seems */
};

/** What a segment carries: `len` octets from `offset` past the send ring's tail. */
struct tcp_text {
    uint32_t offset;
    uint32_t len;
};

/** What a connection is opened with. */
struct tcp_setup {
    const struct tcp_profile *profile;
    uint8_t *rx; /* memory of the rings; sizes are powers of two */
    uint32_t rx_size;
    uint8_t *tx;
    uint32_t tx_size;
    uint32_t iss;
    uint32_t ts_offset;     /* of the timestamp clock, RFC 7323 5.4 */
    uint32_t rcv_limit;     /* octets */
    uint16_t path_mss;      /* of the link: MTU - 40 */
    uint16_t known_mss;     /* the same of the path, where it is known and less; 0: not */
    uint8_t ip_options_len; /* octets, in the header of each segment */
    uint16_t n_ranges;      /* of out-of-order text, and */
    uint16_t n_inflight;    /* records of what is in flight: tcp_state_size counts both */
    duration msl;
    struct tcp_options options;
};

/** Active OPEN (RFC 9293 3.10.1): SYN-SENT. */
void tcp_open(struct tcp_sock *tcp, const struct tcp_setup *setup, instant now);

/** A listener took the SYN `hdr` (RFC 9293 3.10.7.2): SYN-RECEIVED. */
void tcp_open_passive(struct tcp_sock *tcp, const struct tcp_setup *setup,
                      const struct tcp_hdr *hdr, instant now);

/**
 * Copies what is new in the text of a segment to its place in the receive ring, changing nothing
 * else, and returns the sum of all of it (base/sum.h). When the checksum turns out good,
 * tcp_arrives comes next; when not, nothing happened.
 */
uint16_t tcp_place(struct tcp_sock *tcp, const struct tcp_hdr *hdr, const uint8_t *text);

/** A verified segment arrived, and tcp_place has its text. Any reason but DROP_NONE: it was not
 * acceptable. */
enum drop_reason tcp_arrives(struct tcp_sock *tcp, const struct ip_hdr *ip,
                             const struct tcp_hdr *hdr, instant now);

/**
 * The next segment to send, all but its ports; false: silence. Its text follows from `*text`.
 * Changes nothing but when to ask again: a segment that the link does not take is asked for again.
 */
bool tcp_next(struct tcp_sock *tcp, instant now, struct tcp_hdr *hdr, struct tcp_text *text);

/** False when tcp_next would certainly be silent. Cheap. */
bool tcp_may_have_next(const struct tcp_sock *tcp);

/** The segment that tcp_next gave was sent. */
void tcp_sent(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now);

/** Does what is due. True when the retransmission timer expired. */
bool tcp_poll(struct tcp_sock *tcp, instant now);

instant tcp_poll_at(const struct tcp_sock *tcp, instant now);

/** Nobody polled it from `then` to `now`, which is too long for ticks (base/tick.h). */
void tcp_carry(struct tcp_sock *tcp, instant then, instant now);

/** The reader took octets out of `rx`: the window may open. */
void tcp_consumed(struct tcp_sock *tcp, instant now);

/** The writer put octets into `tx`. */
void tcp_produced(struct tcp_sock *tcp, instant now);

/** An option other than nodelay was changed. */
void tcp_options_changed(struct tcp_sock *tcp, instant now);

/** What is in `tx` is urgent, up to its end (RFC 9293 3.8.5). */
void tcp_send_urgent(struct tcp_sock *tcp);

/** Octets to read up to and with the last urgent one; 0: nothing urgent is unread. */
uint32_t tcp_urgent_left(const struct tcp_sock *tcp);

/** True when the last urgent octet is the next one, and is to be passed over. */
bool tcp_urgent_skips(const struct tcp_sock *tcp);

/** Octets that one receive finds, what it passes over not counted: it ends before the last urgent
 * one. */
uint32_t tcp_readable(const struct tcp_sock *tcp);

/** No more will be written: FIN follows what is queued (RFC 9293 3.10.4). */
void tcp_shutdown_send(struct tcp_sock *tcp, instant now);

/** Nobody will wait for text; what is there, and what comes, can be read. */
void tcp_shutdown_receive(struct tcp_sock *tcp);

/** The program is done: FIN, or RST when there is unread text (RFC 9293 3.6.1, SHLD-3). */
void tcp_close(struct tcp_sock *tcp, instant now);

/** RST at once (RFC 9293 3.10.5). */
void tcp_abort(struct tcp_sock *tcp);

/**
 * ICMP spoke of a segment of ours (RFC 5927): `err` ends a connection in SYN-SENT when `hard`, else
 * it is kept and told if the connection times out. Ignored unless `seq` is in flight.
 */
void tcp_icmp_error(struct tcp_sock *tcp, enum sk_err err, bool hard, uint32_t seq);

/**
 * ICMP said that a router takes packets of `*mtu` octets only, and not the one with the segment
 * that begins with `seq` (RFC 1191). True: it is believed, and `*mtu` is what the path is held for.
 */
bool tcp_too_big(struct tcp_sock *tcp, uint16_t *mtu, uint32_t seq, instant now);

/**
 * The netif through which the connection sends now carries `path_mss` only, less than `path_mss` of
 * the connection: what leaves from now on is no longer. What is in flight left whole, and is not
 * sent again for this; nor do segments grow when the netif does.
 */
void tcp_netif_narrows(struct tcp_sock *tcp, uint16_t path_mss);

/** False when routers may fragment the packets of the connection. */
static inline bool tcp_dont_fragment(const struct tcp_sock *tcp)
{
    return tcp->profile->path_mtu && !tcp->fragmentable;
}

/** The segment that answers `hdr` where no connection is (RFC 9293 3.10.7.1); false: none does. */
bool tcp_reset_for(const struct tcp_hdr *hdr, struct tcp_hdr *reply);

/** True when the ring still takes what a program writes. */
static inline bool tcp_may_send(const struct tcp_sock *tcp)
{
    return (tcp->state == TCP_ESTABLISHED || tcp->state == TCP_CLOSE_WAIT ||
            tcp->state == TCP_SYN_SENT || tcp->state == TCP_SYN_RECEIVED) &&
           !tcp->fin_queued;
}

/** True when the stream from the peer is at its end: all was read, and no more comes. */
static inline bool tcp_at_end(const struct tcp_sock *tcp)
{
    return tcp_readable(tcp) == 0 &&
           (tcp->fin_received || tcp->read_shut || tcp->state == TCP_CLOSED);
}

/** True once both sides know each other's sequence numbers. */
static inline bool tcp_synchronized(const struct tcp_sock *tcp)
{
    return tcp->state >= TCP_ESTABLISHED;
}

/* ---- Between the files of proto/tcp ---------------------------------------------------------- */

/** The sequence number of the send ring's tail. */
static inline uint32_t tcp_tx_base(const struct tcp_sock *tcp)
{
    return tcp->state <= TCP_SYN_RECEIVED ? tcp->iss + 1 : tcp->snd_una;
}

/** Octets of sequence space in flight. */
static inline uint32_t tcp_in_flight(const struct tcp_sock *tcp)
{
    return tcp->snd_nxt - tcp->snd_una;
}

/** cwnd was reduced for a loss: to be told to a peer that knows ECN. */
static inline void tcp_reduced(struct tcp_sock *tcp)
{
    if (tcp->profile->ecn) {
        tcp->profile->ecn->on_reduced(tcp);
    }
}

/** Octets in the send ring that were never sent. */
uint32_t tcp_unsent(const struct tcp_sock *tcp);

/** True when there is something to send that was never sent: text or FIN. */
bool tcp_has_new(const struct tcp_sock *tcp);

/** The connection runs this profile, and finds its state where tcp_state_size has counted it
 * (profile.c). */
void tcp_run_profile(struct tcp_sock *tcp, const struct tcp_profile *profile);

/** `offset` octets behind the socket. They belong to the caller, who may change them. */
static inline void *tcp_behind(const struct tcp_sock *tcp, size_t offset)
{
    return (uint8_t *)(uintptr_t)(tcp + 1) + offset;
}

/** The state of the profile's tables. */
static inline void *tcp_recovery_state(const struct tcp_sock *tcp)
{
    return tcp_behind(tcp, 0);
}

static inline void *tcp_extensions_state(const struct tcp_sock *tcp)
{
    return tcp_behind(tcp, tcp->layout.extensions);
}

static inline void *tcp_path_mtu_state(const struct tcp_sock *tcp)
{
    return tcp_behind(tcp, tcp->layout.path_mtu);
}

static inline void *tcp_ecn_state(const struct tcp_sock *tcp)
{
    return tcp_behind(tcp, tcp->layout.ecn);
}

static inline void *tcp_user_timeout_state(const struct tcp_sock *tcp)
{
    return tcp_behind(tcp, tcp->layout.user_timeout);
}

static inline void *tcp_congestion_state(const struct tcp_sock *tcp)
{
    return tcp_behind(tcp, tcp->layout.congestion);
}

/** Of out-of-order text, and n_inflight records of the recovery's record_size. */
static inline struct interval *tcp_ranges_memory(const struct tcp_sock *tcp)
{
    return tcp_behind(tcp, tcp->layout.ranges);
}

static inline void *tcp_inflight_memory(const struct tcp_sock *tcp)
{
    return tcp_ranges_memory(tcp) + tcp->ooo.cap;
}

/** The length of the probe for a larger MTU that is under way, and where it begins; or 0. */
static inline uint32_t tcp_probe_in_flight(const struct tcp_sock *tcp, uint32_t *seq)
{
    const struct tcp_path_mtu *p = tcp->profile->path_mtu;

    return p ? p->probe_in_flight(tcp, seq) : 0;
}

/** True when a segment is acceptable to who expects `nxt` and has announced `wnd` octets (RFC
 * 9293 3.10.7.4). */
bool tcp_is_in_window(const struct tcp_hdr *hdr, uint32_t nxt, uint32_t wnd);

/** RFC 7323 2.2: the shift with which the whole of a receive buffer can be announced (open.c). */
uint8_t tcp_window_shift(uint32_t size);

/** The window of a connection that has read nothing yet, where its buffer is larger: what a SYN can
 * announce, and the peer's first flight (RFC 6928) of long segments. */
static inline uint32_t tcp_first_rcv_space(uint16_t mss)
{
    uint32_t flight = 10u * mss;

    return flight > UINT16_MAX ? flight : UINT16_MAX + 1;
}

/** The timestamp clock (RFC 7323 5.4), in ticks. */
static inline uint32_t tcp_ts_clock(uint32_t ts_offset, instant now)
{
    return tick_floor(now) + ts_offset;
}

/** The options and the window of a SYN (open.c). */
void tcp_take_syn(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now);

/** The window of a segment in octets (RFC 7323 2.3: not scaled on a SYN). */
uint32_t tcp_window_of(const struct tcp_sock *tcp, const struct tcp_hdr *hdr);

/** The SYN, or SYN,ACK, has to leave once more: the last one was lost (open.c). */
void tcp_repeat_syn(struct tcp_sock *tcp);

/** SYN-SENT and SYN-RECEIVED become ESTABLISHED, or FIN-WAIT-1 when the program has closed. */
void tcp_establish(struct tcp_sock *tcp, instant now);

/** The acknowledgment and window of an acceptable segment (ack.c). False: outside of what was sent.
 */
bool tcp_ack_arrives(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now);

/** Enters the text and FIN of an acceptable segment (text.c). */
enum drop_reason tcp_text_arrives(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now);

/** The urgent pointer of an acceptable segment; one to be sent; and after octets were read
 * (urgent.c). */
void tcp_urgent_arrives(struct tcp_sock *tcp, const struct tcp_hdr *hdr);
void tcp_urgent_fill(const struct tcp_sock *tcp, struct tcp_hdr *hdr);
void tcp_urgent_read(struct tcp_sock *tcp);

/** The right edge of the window to announce now (text.c). */
uint32_t tcp_window_edge(const struct tcp_sock *tcp);

/** RFC 5961 7: false where a segment that is out of order, and has no text or is a SYN, has to go
 * without an answer, because one left lately; `*old_ack_at` is when. */
bool tcp_answers_old(tick *old_ack_at, const struct tcp_hdr *hdr, instant now);

/** RFC 7323 3.2 and 5.3 R1, of who does not keep timestamps for long: DROP_TCP_NO_TIMESTAMP,
 * DROP_TCP_PAWS. */
enum drop_reason tcp_check_timestamps(bool in_use, uint32_t ts_recent, const struct tcp_hdr *hdr);

/** An ACK now, or (RFC 5961 7) none so soon after the last one of its kind. */
void tcp_answer_old(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now);

/** Sets the timer to what the state of the connection asks for; `restart`: from now on (timer.c).
 */
void tcp_set_timer(struct tcp_sock *tcp, bool restart, instant now);

/** The program's user timeout, or the one that was agreed with the peer; 0: neither (timer.c). */
duration tcp_chosen_timeout(const struct tcp_sock *tcp);

/** When the peer is asked whether it is still there, unless it is heard of before (keepalive.c). */
tick tcp_keepalive_at(const struct tcp_sock *tcp);
/** That time has come. */
void tcp_keepalive_expires(struct tcp_sock *tcp, instant now);

/** TIME-WAIT: 2 MSL from now (timer.c). */
void tcp_enter_time_wait(struct tcp_sock *tcp, instant now);

/** The connection is no more; `err` is what the program is told. */
void tcp_end(struct tcp_sock *tcp, enum sk_err err);

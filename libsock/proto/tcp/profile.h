/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What kind of TCP a connection runs: how it finds losses and how it controls congestion, each a
 * table whose state lies behind struct tcp_sock in one block. What no profile names is not linked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"
#include "wire/drop.h"

struct ip_hdr;
struct tcp_hdr;
struct tcp_sock;

/** An acceptable acknowledgment; SND.UNA and the window are up to date. */
struct tcp_ack {
    const struct tcp_hdr *hdr;
    duration echoed; /* its round trip by the timestamp that it echoes (RFC 7323 4.1); 0: unknown */
    uint32_t acked;  /* octets of sequence space that it acknowledged for the first time */
    bool duplicate;  /* RFC 5681 2 */
};

/** How losses are found and repaired. What is to be sent again is [rtx_nxt, rtx_end). */
struct tcp_recovery {
    const char *name;
    size_t state_size;  /* octets behind the socket */
    size_t record_size; /* and for each record of what is in flight */
    void (*init)(struct tcp_sock *tcp);
    void (*on_ack)(struct tcp_sock *tcp, const struct tcp_ack *ack, instant now);
    /** The retransmission timer expired. */
    void (*on_timeout)(struct tcp_sock *tcp, instant now);
    /** Text or FIN was sent; NULL: does not matter. */
    void (*on_sent)(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now);
    /** recovery_at has come; NULL: it never sets recovery_timer. */
    void (*on_timer)(struct tcp_sock *tcp, instant now);
    /** Everything from SND.UNA to `end` is to be sent again, and that is something: a window has
     * opened, or is probed. */
    void (*retransmit_to)(struct tcp_sock *tcp, uint32_t end);
    /** How many octets may be sent again now. */
    uint32_t (*budget)(const struct tcp_sock *tcp);
    /** A loss was reacted to, and is not repaired. */
    bool (*is_recovering)(const struct tcp_sock *tcp);
    /** cwnd is not the congestion control's now, but follows what arrives (RFC 6937); NULL: never.
     */
    bool (*sets_cwnd)(const struct tcp_sock *tcp);
    bool feeds_model;
};

/**
 * A congestion control that knows when each octet left, and paces: what it is told by a recovery
 * that keeps such books. It sets cwnd, in recovery, too.
 */
struct tcp_model {
    /** `len` octets were sent. `in_flight`: octets that are in the network now (RFC 6675 4, pipe).
     */
    void (*on_sent)(struct tcp_sock *tcp, uint32_t len, uint32_t in_flight, instant now);
    /** Octets that were sent at `sent_at` (microseconds), `again` or once, have arrived. */
    void (*on_delivered)(struct tcp_sock *tcp, uint32_t sent_at, bool again, uint32_t len,
                         instant now);
    /** ... are lost. */
    void (*on_lost)(struct tcp_sock *tcp, uint32_t sent_at, uint32_t len, instant now);
    /** An acknowledgment was taken, which told all that. */
    void (*on_acked)(struct tcp_sock *tcp, uint32_t in_flight, instant now);
    /** Microseconds until the next segment may leave. */
    duration (*send_in)(const struct tcp_sock *tcp, instant now);
};

/** How much may be in flight: keeps cwnd and ssthresh. */
struct tcp_congestion {
    const char *name;
    size_t state_size;
    void (*init)(struct tcp_sock *tcp, instant now);
    /** Octets that may be in flight after a pause (RFC 5681 4.1). */
    uint32_t (*restart_window)(const struct tcp_sock *tcp);
    /** How often the SYN may be lost, and the first window is still more than a segment: never as
     * RFC 5681 3.1 says, once as RFC 6928 2 does. */
    uint8_t syn_losses;
    /** Octets arrived, outside of recovery. Not of one with a model. */
    void (*on_ack)(struct tcp_sock *tcp, uint32_t acked, instant now);
    /**
     * A loss was found (not by timeout): sets ssthresh from `flight`, the octets in flight without
     * those of limited transmit.
     */
    void (*on_loss)(struct tcp_sock *tcp, uint32_t flight, instant now);
    /** The timer expired: sets ssthresh and cwnd. */
    void (*on_timeout)(struct tcp_sock *tcp, instant now);
    /** A loss comes next that may turn out to be none; NULL: there is nothing to remember. */
    void (*remember)(struct tcp_sock *tcp);
    /** It was none: cwnd is at least what it was at `remember`, and ssthresh is that; NULL: that is
     * all. */
    void (*on_undo)(struct tcp_sock *tcp, instant now);
    const struct tcp_model *model; /* NULL: it does without, and needs all of the above */
    const struct tcp_congestion *without_sack; /* in place of one with a model, where the recovery
                                                  feeds none */
};

/** Options beyond those of RFC 9293, negotiated on the SYN. */
struct tcp_extensions {
    const char *name;
    size_t state_size;
    /** A connection begins: they are offered. `ts_offset` is what the timestamp clock starts at. */
    void (*init)(struct tcp_sock *tcp, uint32_t ts_offset);
    /** The peer's SYN, once the MSS is known: takes what both sides have. */
    void (*take_syn)(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now);
    /** Any reason but DROP_NONE: a segment of the connection goes no further (RFC 7323 5). */
    enum drop_reason (*check)(const struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now);
    /** An acceptable segment arrived. */
    void (*accept)(struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now);
    /** How long ago the segment left that `hdr` echoes, to a tick; 0: it does not say. */
    duration (*round_trip)(const struct tcp_sock *tcp, const struct tcp_hdr *hdr, instant now);
    /** Text arrived, new or old, and is not entered yet. */
    void (*text_arrives)(struct tcp_sock *tcp, const struct tcp_hdr *hdr);
    /** Octets that blocks of SACK take in the next segment, of up to `room`. */
    uint32_t (*sack_len)(const struct tcp_sock *tcp, uint32_t room);
    /** Adds options to a segment that is about to be sent. */
    void (*fill)(const struct tcp_sock *tcp, struct tcp_hdr *hdr, instant now);
    /** A segment with an ACK was sent. */
    void (*sent)(struct tcp_sock *tcp);
    /** True when timestamps are in use: `*tsval` is the peer's last. */
    bool (*ts_recent)(const struct tcp_sock *tcp, uint32_t *tsval);
    /** True when SACK is in use. */
    bool (*uses_sack)(const struct tcp_sock *tcp);
};

/** How long segments may be: keeps the MSS at what the path takes. NULL in a profile: what our own
 * link takes, and routers may fragment. */
struct tcp_path_mtu {
    const char *name;
    size_t state_size;
    /** The MSS is known, `options` octets of it go to the options of every segment. `known`: of the
     * path, the MTU less 40; 0: nothing. */
    void (*init)(struct tcp_sock *tcp, uint16_t options, uint16_t known, instant now);
    /**
     * A router takes `*mtu` octets only, and not the segment that begins with `seq`. True: so it
     * is, and `*mtu` what the path is held for.
     */
    bool (*too_big)(struct tcp_sock *tcp, uint16_t *mtu, uint32_t seq, instant now);
    /** The netif takes no more than `len` octets of text any more. The MSS is still what it was. */
    void (*narrows)(struct tcp_sock *tcp, uint16_t len);
    /** The retransmission timer expired. */
    void (*on_timeout)(struct tcp_sock *tcp, instant now);
    /** Something was acknowledged. */
    void (*on_ack)(struct tcp_sock *tcp, instant now);
    /** Text was sent, `again` or for the first time. */
    void (*on_sent)(struct tcp_sock *tcp, const struct tcp_hdr *hdr, bool again, instant now);
    /** Octets of text, more than the MSS, with which the next new segment probes the path; or 0. */
    uint32_t (*probe_len)(const struct tcp_sock *tcp, instant now);
    /** The length of the probe that is under way, and where it begins; or 0. Its loss is no sign of
     * congestion. */
    uint32_t (*probe_in_flight)(const struct tcp_sock *tcp, uint32_t *seq);
};

/** Explicit congestion notification (RFC 3168). NULL in a profile: none. */
struct tcp_ecn {
    const char *name;
    size_t state_size;
    /** The peer's SYN. */
    void (*take_syn)(struct tcp_sock *tcp, const struct tcp_hdr *hdr);
    /** An acceptable segment arrived. */
    void (*arrives)(struct tcp_sock *tcp, const struct ip_hdr *ip, const struct tcp_hdr *hdr);
    /** An acceptable acknowledgment was taken; cwnd was as much before it. */
    void (*on_ack)(struct tcp_sock *tcp, const struct tcp_hdr *hdr, uint32_t cwnd, instant now);
    /** cwnd was reduced for a loss. */
    void (*on_reduced)(struct tcp_sock *tcp);
    /** Adds flags to a segment that is about to be sent, and says whether it may be marked. */
    void (*fill)(const struct tcp_sock *tcp, struct tcp_hdr *hdr);
    void (*sent)(struct tcp_sock *tcp, const struct tcp_hdr *hdr);
    /** Both sides agreed on it. */
    bool (*in_use)(const struct tcp_sock *tcp);
};

/** The user timeout option (RFC 5482). NULL in a profile: none. */
struct tcp_user_timeout {
    const char *name;
    size_t state_size;
    void (*init)(struct tcp_sock *tcp);
    /** A segment with an acceptable acknowledgment arrived, or the peer's SYN. */
    void (*arrives)(struct tcp_sock *tcp, const struct tcp_hdr *hdr);
    /** Octets that it takes in the next segment. */
    uint32_t (*len)(const struct tcp_sock *tcp);
    void (*fill)(const struct tcp_sock *tcp, struct tcp_hdr *hdr);
    void (*sent)(struct tcp_sock *tcp, const struct tcp_hdr *hdr);
    /** Seconds that both sides wait, unless our program said itself; 0: the peer has not said. */
    uint32_t (*agreed)(const struct tcp_sock *tcp);
};

struct tcp_profile {
    const char *name;
    const struct tcp_recovery *recovery;
    const struct tcp_recovery *recovery_without_sack; /* NULL: the same */
    const struct tcp_congestion *congestion;
    const struct tcp_congestion *const *other_congestion; /* from which a socket may choose, up to a
                                                             NULL; NULL: none */
    const struct tcp_extensions *extensions;              /* NULL: none */
    const struct tcp_path_mtu *path_mtu;                  /* NULL: fixed */
    const struct tcp_ecn *ecn;                            /* NULL: none */
    const struct tcp_user_timeout *user_timeout;          /* NULL: none */
};

extern const struct tcp_recovery tcp_newreno;
extern const struct tcp_recovery tcp_rack;
extern const struct tcp_congestion tcp_reno;
extern const struct tcp_congestion tcp_reno_iw10; /* its initial window is that of RFC 6928 */
extern const struct tcp_congestion tcp_cubic;
extern const struct tcp_congestion tcp_bbr;
extern const struct tcp_extensions tcp_timestamps_and_sack;
extern const struct tcp_path_mtu tcp_discover_path_mtu;
extern const struct tcp_ecn tcp_ecn;
extern const struct tcp_user_timeout tcp_user_timeout;

#define TCP_BASIC_STATE_LEN                                                                        \
    16 /* octets: what tcp_state_size says of the basic profile without ranges, at most */

/** The congestion control that a socket chooses with `i`, 0 for the first; NULL past the last. */
const struct tcp_congestion *tcp_congestion_at(const struct tcp_profile *profile, uint32_t i);

/**
 * Octets that a connection keeps behind its struct tcp_sock: the state of its profile, `n_ranges`
 * of out-of-order text and `n_inflight` records, where the profile has any.
 */
size_t tcp_state_size(const struct tcp_profile *profile, uint16_t n_ranges, uint16_t n_inflight);

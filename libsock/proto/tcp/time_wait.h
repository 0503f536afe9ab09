/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TIME-WAIT (RFC 9293 3.10.7.4) of a connection that nobody holds any more: what is left of it when
 * its buffers and its record are given back. Not here: D-SACK of what comes again.
 */
#pragma once

#include "proto/tcp/tcp.h"

struct tcp_time_wait {
    uint32_t snd_nxt; /* everything before it is acknowledged */
    uint32_t rcv_nxt;
    uint32_t rcv_wnd;     /* octets, as announced */
    uint32_t max_snd_wnd; /* RFC 5961 5.2 */
    uint32_t ts_recent;
    uint32_t msl;    /* microseconds */
    tick old_ack_at; /* when an empty segment or a SYN was last answered */
    uint8_t rcv_wscale;
    bool timestamps;
    bool extended; /* a new connection would have them if its peer wants to */
    uint8_t notes; /* its host's; 0 at first */
};

/** What a segment means to it. */
enum tcp_time_wait_next {
    TCP_TIME_WAIT_STAYS,
    TCP_TIME_WAIT_ACKS,     /* tcp_time_wait_ack is due */
    TCP_TIME_WAIT_RESTARTS, /* and 2 MSL begin anew */
};

/** Takes over from a connection in TIME-WAIT that has nothing to send. */
void tcp_time_wait_begin(struct tcp_time_wait *wait, const struct tcp_sock *tcp);

/** A verified segment arrived that does not reopen; `*reason`: why it was of no use, or DROP_NONE.
 */
enum tcp_time_wait_next tcp_time_wait_arrives(struct tcp_time_wait *wait, const struct tcp_hdr *hdr,
                                              instant now, enum drop_reason *reason);

/** The ACK that answers, all but its ports; `ts_offset` as in struct tcp_setup. */
void tcp_time_wait_ack(const struct tcp_time_wait *wait, uint32_t ts_offset, instant now,
                       struct tcp_hdr *hdr);

/** True when it may give way to this SYN (RFC 9293 MAY-2, RFC 1122 4.2.2.13, RFC 6191 2). */
bool tcp_time_wait_reopens(const struct tcp_time_wait *wait, const struct tcp_hdr *hdr);

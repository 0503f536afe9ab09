/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Losses that were none. The Eifel algorithm (RFC 3522): an acknowledgment that echoes a time
 * before the first retransmission is the original's. And D-SACK (RFC 2883): when the peer reports
 * as many octets of what was in flight as duplicates as were sent again, none of them was needed.
 * The answer is that of RFC 4015 3, step 5.
 */
#include "proto/tcp/rack.h"

#include "proto/tcp/seq.h"

void undo_remember(struct tcp_sock *tcp)
{
    struct rack *rack = rack_of(tcp);

    rack->undo = (struct undo){
        .cwnd = tcp->cwnd, .ssthresh = tcp->ssthresh, .marker = tcp->snd_una, .possible = true
    };
    if (rack->tlp.active && rack->tlp.is_retrans) { /* its duplicate may be told of yet */
        rack->undo.unneeded = tcp->mss;
    }
    if (tcp->congestion->remember) {
        tcp->congestion->remember(tcp);
    }
}

/* The time of the first repetition counts: to a later one, the echo of the first looks early. */
void undo_on_sent(struct tcp_sock *tcp, const struct tcp_hdr *hdr, uint32_t len)
{
    struct undo *undo = &rack_of(tcp)->undo;

    if (!undo->has_ts && hdr->has_timestamps) {
        undo->has_ts = true;
        undo->retransmit_ts = hdr->tsval;
    }
    undo->unneeded += (int32_t)len;
}

static bool echoes_original(const struct undo *undo, const struct tcp_ack *ack)
{
    return undo->has_ts && ack->acked > 0 && ack->hdr->has_timestamps &&
           seq_before(ack->hdr->tsecr, undo->retransmit_ts);
}

/* True: that was the last one. */
static bool take_duplicate(struct undo *undo, struct tcp_sack dsack)
{
    if (dsack.start == dsack.end || seq_before(dsack.start, undo->marker)) {
        return false;
    }
    undo->unneeded -= (int32_t)(dsack.end - dsack.start);
    return undo->unneeded <= 0;
}

bool undo_on_ack(struct tcp_sock *tcp, const struct tcp_ack *ack, struct tcp_sack dsack,
                 instant now)
{
    struct rack *rack = rack_of(tcp);
    struct undo *undo = &rack->undo;

    if (!undo->possible || (!take_duplicate(undo, dsack) && !echoes_original(undo, ack))) {
        return false;
    }
    undo->possible = false;
    tcp->cwnd = tcp->cwnd > undo->cwnd ? tcp->cwnd : undo->cwnd;
    tcp->ssthresh = undo->ssthresh;
    if (tcp->congestion->on_undo) {
        tcp->congestion->on_undo(tcp, now);
    }
    return true;
}

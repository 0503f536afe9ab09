/* SPDX-License-Identifier: BSD-3-Clause */
/* Proportional rate reduction (RFC 6937, RFC 9937): while a loss is repaired, as much is sent as
 * arrives, times ssthresh over what was in flight. */
#include "proto/tcp/rack.h"

#define PRR_SHIFT 16
#define MAX_RATIO_INPUT (1u << (32 - PRR_SHIFT)) /* shifted left it still fits */

void prr_begin(struct prr *prr, uint32_t flight, uint32_t ssthresh)
{
    while (flight >= MAX_RATIO_INPUT) {
        flight >>= 1;
        ssthresh >>= 1;
    }
    ssthresh = ssthresh < flight ? ssthresh : flight;
    *prr = (struct prr){ .ratio = flight > 0 ? (ssthresh << PRR_SHIFT) / flight : 1u << PRR_SHIFT };
}

static uint32_t share(const struct prr *prr)
{
    uint64_t octets = (uint64_t)prr->delivered * prr->ratio + (1u << PRR_SHIFT) - 1;

    return (uint32_t)(octets >> PRR_SHIFT);
}

static uint32_t ahead(uint32_t of, uint32_t n)
{
    return n > of ? n - of : 0;
}

/* RFC 6937 3, with the slow start reduction bound only while it is safe (RFC 9937). */
void prr_on_ack(struct tcp_sock *tcp, uint32_t delivered, bool safe)
{
    struct prr *prr = &rack_of(tcp)->prr;
    uint32_t pipe = rack_pipe(tcp);
    uint32_t limit;
    uint32_t room;
    uint32_t sndcnt;

    prr->delivered += delivered;
    if (pipe > tcp->ssthresh) {
        sndcnt = ahead(prr->out, share(prr));
    } else {
        limit = ahead(prr->out, prr->delivered);
        limit = limit > delivered ? limit : delivered;
        limit += safe ? tcp->mss : 0;
        room = tcp->ssthresh - pipe;
        sndcnt = limit < room ? limit : room;
    }
    tcp->cwnd = pipe + sndcnt;
    if (tcp->cwnd < tcp->mss) {
        tcp->cwnd = tcp->mss;
    }
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Path MTU discovery: what ICMP says (RFC 1191), believed as RFC 5927 7.2 advises; a path that
 * swallows long packets without a word, found by timeouts; and segments that probe for more (RFC
 * 4821, whose search_low and search_high are `low` and `high`). Lengths are octets of text, without
 * the options that every segment has.
 */
#include "proto/tcp/tcp.h"

#include "proto/tcp/seq.h"

#define HEADERS 40               /* IPv4 and TCP without options */
#define LEAST_MTU 552            /* a router that says less fragments: as Linux (min_pmtu) */
#define FIRST_LOW_MTU 1024       /* RFC 4821 7.2 */
#define MIN_GAIN 8               /* octets: the search is over; as Linux (tcp_probe_threshold) */
#define MAX_PROBES 3             /* RFC 8899 5.1.2: of one length that are lost */
#define SEGMENTS_BEHIND 3        /* that tell by duplicate ACKs what became of the probe */
#define RAISE_AFTER seconds(600) /* RFC 1191 3 and 6.3, RFC 4821 7.3 */
#define RAISED_WAIT                                                                                \
    seconds(120) /* RFC 1191 3, after a success: twice the least, as it recommends. The most of a  \
                    search is won by its first success, the later ones can wait */

struct pmtu {
    uint32_t timed_seq; /* the segment that is watched is [timed_seq, timed_seq + timed_len) */
    tick probe_at;      /* no probe before, once has_probe_at */
    uint16_t options;   /* octets in every segment */
    uint16_t most;      /* what the peer and our own link take */
    uint16_t low;       /* arrived */
    uint16_t high;      /* longer ones do not arrive, or are not tried yet */
    uint16_t timed_len; /* 0: none is watched. More than the MSS: a probe */
    uint16_t claimed;   /* by ICMP, and not believed unless there is a timeout; 0: nothing */
    uint8_t n_timeouts; /* in a row */
    uint8_t n_probes;   /* of the same length that were lost */
    bool has_probe_at;
    bool bisects; /* `high` itself did not arrive */
};

static struct pmtu *state_of(const struct tcp_sock *tcp)
{
    return tcp_path_mtu_state(tcp);
}

static bool is_probe(const struct tcp_sock *tcp, const struct pmtu *p)
{
    return p->timed_len > tcp->mss;
}

/* However long ago the wait began: the clock of ticks may have wrapped since. */
static bool waits(const struct pmtu *p, instant now)
{
    return p->has_probe_at && !tick_due_within(p->probe_at, RAISE_AFTER, now);
}

/* No reason to wait ends another that lasts longer, and none lasts longer than RAISE_AFTER. */
static void wait_with_probes(struct pmtu *p, duration wait, instant now)
{
    tick at = tick_ceil(now + (wait < RAISE_AFTER ? wait : RAISE_AFTER));

    p->probe_at = waits(p, now) && tick_before(at, p->probe_at) ? p->probe_at : at;
    p->has_probe_at = true;
}

static void pmtu_init(struct tcp_sock *tcp, uint16_t options, uint16_t known, instant now)
{
    struct pmtu *p = state_of(tcp);

    *p = (struct pmtu){ .options = options, .most = tcp->mss, .high = tcp->mss };
    if (known > options && known - options < tcp->mss) {
        tcp->mss = p->high = (uint16_t)(known - options);
        wait_with_probes(p, RAISE_AFTER, now);
    }
}

/* What is in flight is too long, and sent again in shorter segments. No congestion: cwnd stays (RFC
 * 1191 6.4). */
static void reduce(struct tcp_sock *tcp, struct pmtu *p, uint16_t len)
{
    tcp->mss = len;
    p->timed_len = 0;
    p->claimed = 0;
    p->n_probes = 0;
    p->bisects = false;
    tcp->recovery->retransmit_to(tcp, tcp->snd_nxt);
}

/* ---- What ICMP says -------------------------------------------------------------------------- */

static uint16_t text_of(const struct pmtu *p, uint32_t mtu)
{
    return (uint16_t)(mtu - HEADERS - p->options);
}

/* It saves the rest of the search; the probe is lost, and that is noticed elsewhere. */
static void probe_was_too_big(const struct tcp_sock *tcp, struct pmtu *p, uint32_t seq,
                              uint16_t len, instant now)
{
    if (is_probe(tcp, p) && seq == p->timed_seq && len < p->timed_len) {
        p->high = len;
        p->bisects = false;
        wait_with_probes(p, RAISE_AFTER, now);
    }
}

static bool pmtu_too_big(struct tcp_sock *tcp, uint16_t *mtu, uint32_t seq, instant now)
{
    struct pmtu *p = state_of(tcp);
    bool tiny = *mtu < LEAST_MTU;
    uint16_t len = text_of(p, tiny ? LEAST_MTU : *mtu);

    if (!seq_within(seq, tcp->snd_una, tcp_in_flight(tcp))) {
        return false;
    }
    if (len >= tcp->mss) {
        tcp->fragmentable |= tiny && len == tcp->mss;
        probe_was_too_big(tcp, p, seq, len, now);
        return false;
    }
    if (len < p->low) { /* so much has arrived: a new path, or a lie */
        p->claimed = len;
        return false;
    }
    *mtu = tiny ? LEAST_MTU : *mtu;
    tcp->fragmentable |= tiny;
    p->high = len;
    wait_with_probes(p, RAISE_AFTER, now);
    reduce(tcp, p, len);
    return true;
}

/* ---- What our own netif says ----------------------------------------------------------------- */

static uint16_t less(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

/* What has arrived says nothing of the path that begins there. */
static void pmtu_narrows(struct tcp_sock *tcp, uint16_t len)
{
    struct pmtu *p = state_of(tcp);

    p->timed_len = p->timed_len > len ? 0 : p->timed_len;
    p->low = p->low > len ? 0 : p->low;
    p->most = less(p->most, len);
    p->high = less(p->high, len);
    p->n_probes = 0;
}

/* ---- Timeouts -------------------------------------------------------------------------------- */

static uint16_t shorter(const struct tcp_sock *tcp, const struct pmtu *p)
{
    uint16_t least = text_of(p, LEAST_MTU);
    uint16_t first = text_of(p, FIRST_LOW_MTU);
    uint16_t len;

    if (p->low > 0 && p->low < tcp->mss) {
        return p->low;
    }
    len = first < tcp->mss ? first : tcp->mss / 2;
    return len > least ? len : least;
}

/* RFC 4821 7.7 */
static void pmtu_on_timeout(struct tcp_sock *tcp, instant now)
{
    struct pmtu *p = state_of(tcp);
    uint16_t len = p->claimed;

    p->timed_len = 0; /* whatever becomes of it says nothing of its length */
    p->n_timeouts++;
    if (len > 0 && len < tcp->mss) {
        p->high = len;
        wait_with_probes(p, RAISE_AFTER, now);
    } else if (p->n_timeouts >= TCP_R1 /* RFC 4821 7.7 */ && tcp_in_flight(tcp) >= tcp->mss) {
        p->n_timeouts = 0;
        len = shorter(tcp, p);
        wait_with_probes(p, tcp->rtt.srtt, now);
    }
    if (len > 0 && len < tcp->mss) {
        p->low = len < p->low ? 0 : p->low;
        reduce(tcp, p, len);
    }
}

/* ---- Probes ---------------------------------------------------------------------------------- */

static uint16_t next_length(const struct tcp_sock *tcp, const struct pmtu *p)
{
    return p->bisects ? (uint16_t)((tcp->mss + p->high + 1) / 2) : p->high;
}

/* RFC 4821 7.4 */
static uint32_t pmtu_probe_len(const struct tcp_sock *tcp, instant now)
{
    const struct pmtu *p = state_of(tcp);
    uint32_t window = tcp->cwnd < tcp->snd_wnd ? tcp->cwnd : tcp->snd_wnd;
    uint32_t len = next_length(tcp, p);
    uint32_t need = len + SEGMENTS_BEHIND * (uint32_t)tcp->mss;

    if (p->high < tcp->mss + MIN_GAIN || is_probe(tcp, p) || tcp->inflation > 0 ||
        tcp->rtx_nxt != tcp->rtx_end || waits(p, now) ||
        (tcp->profile->extensions && tcp->profile->extensions->sack_len(tcp, tcp->mss) > 0)) {
        return 0;
    }
    return tcp_unsent(tcp) >= need && tcp_in_flight(tcp) + need <= window ? len : 0;
}

/* RFC 4821 7.6.2: as long as Reno's congestion events are apart. */
static duration between_losses(const struct tcp_sock *tcp)
{
    return (duration)tcp->rtt.srtt * (1 + tcp->cwnd / tcp->mss / 2);
}

static void probe_failed(struct tcp_sock *tcp, struct pmtu *p, instant now)
{
    if (p->high < p->timed_len) { /* ICMP said why */
        p->n_probes = 0;
    } else if (++p->n_probes >= MAX_PROBES) {
        p->high = (uint16_t)(p->timed_len - 1);
        p->bisects = true;
        p->n_probes = 0;
    }
    wait_with_probes(p, p->high < tcp->mss + MIN_GAIN ? RAISE_AFTER : between_losses(tcp), now);
}

static void pmtu_on_sent(struct tcp_sock *tcp, const struct tcp_hdr *hdr, bool again, instant now)
{
    struct pmtu *p = state_of(tcp);

    if (again) {
        if (p->timed_len > 0 && seq_before(hdr->seq, p->timed_seq + p->timed_len) &&
            seq_after(hdr->seq + hdr->len, p->timed_seq)) {
            if (is_probe(tcp, p)) {
                probe_failed(tcp, p, now);
            }
            p->timed_len = 0;
        }
    } else if (hdr->len >= tcp->mss && (p->timed_len == 0 || hdr->len > tcp->mss)) {
        p->timed_seq = hdr->seq;
        p->timed_len = (uint16_t)hdr->len;
    }
}

/* The search is over when nothing longer is left to try; it begins again after a while. */
static void arrived(struct tcp_sock *tcp, struct pmtu *p, instant now)
{
    if (is_probe(tcp, p)) {
        tcp->mss = p->timed_len; /* cwnd, in octets, stays: RFC 4821 4 */
        p->n_probes = 0;
        wait_with_probes(p, p->high < tcp->mss + MIN_GAIN ? RAISE_AFTER : RAISED_WAIT, now);
    }
    p->low = p->timed_len > p->low ? p->timed_len : p->low;
    p->timed_len = 0;
    p->claimed = 0;
}

static void pmtu_on_ack(struct tcp_sock *tcp, instant now)
{
    struct pmtu *p = state_of(tcp);

    p->n_timeouts = 0;
    if (p->timed_len > 0 && seq_after(tcp->snd_una, p->timed_seq)) {
        if (seq_before(tcp->snd_una, p->timed_seq + p->timed_len)) {
            p->timed_len = 0; /* the peer took a part of it only */
        } else {
            arrived(tcp, p, now);
        }
    }
    if (p->has_probe_at && !waits(p, now)) {
        p->has_probe_at = false;
        if (p->high < tcp->mss + MIN_GAIN) { /* the path may be another by now */
            p->high = p->most;
            p->bisects = false;
        }
    }
}

static uint32_t pmtu_probe_in_flight(const struct tcp_sock *tcp, uint32_t *seq)
{
    const struct pmtu *p = state_of(tcp);

    *seq = p->timed_seq;
    return is_probe(tcp, p) ? p->timed_len : 0;
}

const struct tcp_path_mtu tcp_discover_path_mtu = {
    .name = "discover",
    .state_size = sizeof(struct pmtu),
    .init = pmtu_init,
    .too_big = pmtu_too_big,
    .narrows = pmtu_narrows,
    .on_timeout = pmtu_on_timeout,
    .probe_len = pmtu_probe_len,
    .on_sent = pmtu_on_sent,
    .on_ack = pmtu_on_ack,
    .probe_in_flight = pmtu_probe_in_flight,
};

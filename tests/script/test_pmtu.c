/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long segments are: what routers say of the path (RFC 1191, RFC 5927 7.2), a path that
 * swallows long packets without a word, and probes for more (RFC 4821).
 */
#include "tests/script/audit.h"
#include "tests/script/script.h"
#include "tests/support/suite.h"

#include <string.h>

static const struct tcp_profile profile = {
    .name = "rack",
    .recovery = &tcp_rack,
    .recovery_without_sack = &tcp_newreno,
    .congestion = &tcp_reno,
    .extensions = &tcp_timestamps_and_sack,
    .path_mtu = &tcp_discover_path_mtu,
};

// clang-format off

/* Connected at 10 ms; the peer and our link take segments of 1460 octets; 4380 are out. */
#define three_out \
    setup(.profile = &profile, .path_mss = 1460), \
    active(0), \
    out(0, SYN, 0, 0, 0, .mss = 1460), \
    in(10, SYN | ACK, 0, 1, 0, .mss = 1460, .sack_ok = true), \
    out(10, ACK, 1, 1, 0), \
    app(10, WRITE, 40000), \
    out(10, ACK, 1, 1, 1460), out(10, ACK, 1461, 1, 1460), out(10, ACK, 2921, 1, 1460)

/* RFC 1191 6.4: at once, and no sign of congestion. Shorter segments do not become crumbs. */
SCRIPT(what_was_too_big_is_sent_again_in_shorter_segments)
    three_out,
    too_big(12, 1400, 1, 1400),
    out(12, ACK, 1, 1, 1360), out(12, ACK, 1361, 1, 1360), out(12, ACK, 2721, 1, 1360),
    out(12, ACK, 4081, 1, 1360),
    expect(12, MSS, 1360),
    expect(12, CWND, 4380),
    expect(12, DF, 1),
    in(22, ACK, 1, 1361, 0),
    out(22, ACK, 5441, 1, 1360),
    in(23, ACK, 1, 5441, 0),
    out(23, ACK, 6801, 1, 1360), out(23, ACK, 8161, 1, 1360), out(23, ACK, 9521, 1, 1360),
    out(23, ACK, 10881, 1, 1360), out(23, ACK, 12241, 1, 1360),
    expect(23, CWND, 8460),
    expect(23, SSTHRESH, UINT32_MAX),
END_SCRIPT;

/* RFC 1191 3, 6.4: neither what is no less, nor what is not in flight, nor the second of a burst. */
SCRIPT(what_is_no_news_changes_nothing)
    three_out,
    too_big(12, 1500, 1, 0),
    too_big(12, 65535, 1, 0),
    too_big(12, 1400, 4381, 0),
    too_big(12, 1400, 0, 0),
    expect(12, MSS, 1460),
    too_big(13, 1400, 2921, 1400),
    out(13, ACK, 1, 1, 1360), out(13, ACK, 1361, 1, 1360), out(13, ACK, 2721, 1, 1360),
    out(13, ACK, 4081, 1, 1360),
    too_big(13, 1400, 1, 0),
    too_big(13, 1401, 1, 0),
    expect(14, MSS, 1360),
    expect(14, UNACKED, 5440),
END_SCRIPT;

/* RFC 1191 7.1: each router in turn. */
SCRIPT(the_search_goes_on_until_segments_pass)
    three_out,
    too_big(12, 1400, 1, 1400),
    out(12, ACK, 1, 1, 1360), out(12, ACK, 1361, 1, 1360), out(12, ACK, 2721, 1, 1360),
    out(12, ACK, 4081, 1, 1360),
    too_big(14, 1000, 1, 1000),
    out(14, ACK, 1, 1, 960), out(14, ACK, 961, 1, 960), out(14, ACK, 1921, 1, 960),
    out(14, ACK, 2881, 1, 960), out(14, ACK, 3841, 1, 960),
    expect(14, MSS, 960),
END_SCRIPT;

/* A lie could make every segment tiny: less than 552 octets are the routers' to fragment. */
SCRIPT(a_segment_has_a_least_length)
    three_out,
    too_big(12, 68, 1, 552),
    out(12, ACK, 1, 1, 512), out(12, ACK, 513, 1, 512), out(12, ACK, 1025, 1, 512),
    out(12, ACK, 1537, 1, 512), out(12, ACK, 2049, 1, 512), out(12, ACK, 2561, 1, 512),
    out(12, ACK, 3073, 1, 512), out(12, ACK, 3585, 1, 512), out(12, ACK, 4097, 1, 512),
    expect(12, MSS, 512),
    expect(12, DF, 0),
    too_big(13, 0, 1, 0),
    too_big(13, 1, 1, 0),
    too_big(13, 551, 1, 0),
    expect(13, MSS, 512),
END_SCRIPT;

SCRIPT(fragments_are_a_way_out_only_below_the_least_length)
    three_out,
    too_big(12, 552, 1, 552),
    out(12, ACK, 1, 1, 512), out(12, ACK, 513, 1, 512), out(12, ACK, 1025, 1, 512),
    out(12, ACK, 1537, 1, 512), out(12, ACK, 2049, 1, 512), out(12, ACK, 2561, 1, 512),
    out(12, ACK, 3073, 1, 512), out(12, ACK, 3585, 1, 512), out(12, ACK, 4097, 1, 512),
    too_big(13, 552, 1, 0),
    expect(13, DF, 1),
    too_big(13, 300, 1, 0),
    expect(13, DF, 0),
END_SCRIPT;

SCRIPT(a_peer_of_short_segments_hears_nothing_of_it)
    setup(.profile = &profile, .path_mss = 1460),
    active(0),
    out(0, SYN, 0, 0, 0, .mss = 1460),
    in(10, SYN | ACK, 0, 1, 0, .mss = 200, .sack_ok = true),
    out(10, ACK, 1, 1, 0),
    app(10, WRITE, 400),
    out(10, ACK, 1, 1, 200), out(10, ACK | PSH, 201, 1, 200),
    too_big(12, 68, 1, 0),
    expect(12, MSS, 200),
    out(30, ACK | PSH, 201, 1, 200), /* a tail loss probe */
END_SCRIPT;

/* ---- RFC 5927 7.2 ---------------------------------------------------------------------------- */

/* As three_out, and the first has arrived: 1461 to 8761 are out. */
#define five_out \
    three_out, \
    in(20, ACK, 1, 1461, 0), \
    out(20, ACK, 4381, 1, 1460), out(20, ACK, 5841, 1, 1460)

SCRIPT(less_than_what_has_arrived_is_not_believed_at_once)
    five_out,
    too_big(22, 1400, 1461, 0),
    expect(22, MSS, 1460),
    in(30, ACK, 1, 4381, 0),
    out(30, ACK, 7301, 1, 1460), out(30, ACK, 8761, 1, 1460), out(30, ACK, 10221, 1, 1460),
    out(30, ACK, 11681, 1, 1460),
    expect(30, MSS, 1460),
END_SCRIPT;

/* Nor has a segment of which the peer took a part. */
SCRIPT(a_part_of_a_segment_says_nothing_of_its_length)
    three_out,
    in(20, ACK, 1, 1001, 0),
    out(20, ACK, 4381, 1, 1460),
    too_big(22, 1400, 1461, 1400),
    out(22, ACK, 1001, 1, 1360), out(22, ACK, 2361, 1, 1360), out(22, ACK, 3721, 1, 1360),
    out(22, ACK, 5081, 1, 1360),
    expect(22, MSS, 1360),
END_SCRIPT;

SCRIPT(a_claim_is_believed_when_segments_do_not_arrive)
    five_out,
    too_big(22, 1400, 1461, 0),
    out(40, ACK, 7301, 1, 1460), /* a tail loss probe */
    out(250, ACK, 1461, 1, 1360),
    expect(250, MSS, 1360),
END_SCRIPT;

SCRIPT(a_claim_is_forgotten_when_a_full_segment_arrives)
    five_out,
    too_big(22, 1400, 1461, 0),
    in(30, ACK, 1, 4381, 0),
    out(30, ACK, 7301, 1, 1460), out(30, ACK, 8761, 1, 1460), out(30, ACK, 10221, 1, 1460),
    out(30, ACK, 11681, 1, 1460),
    in(31, ACK, 1, 7301, 0),
    out(31, ACK, 13141, 1, 1460), out(31, ACK, 14601, 1, 1460), out(31, ACK, 16061, 1, 1460),
    out(31, ACK, 17521, 1, 1460),
    out(51, ACK, 18981, 1, 1460),
    out(261, ACK, 7301, 1, 1460),
    expect(261, MSS, 1460),
END_SCRIPT;

/* ---- RFC 4821 ---------------------------------------------------------------------------------- */

/* 7.7: after R1 timeouts without a word, segments of an MTU of 1024; then half, down to 552. */
SCRIPT(a_path_that_swallows_long_segments_is_found)
    three_out,
    out(30, ACK, 4381, 1, 1460), /* a tail loss probe */
    out(240, ACK, 1, 1, 1460),
    out(660, ACK, 1, 1, 1460),
    expect(1499, MSS, 1460),
    out(1500, ACK, 1, 1, 984),
    expect(1500, MSS, 984),
    out(3180, ACK, 1, 1, 984),
    out(6540, ACK, 1, 1, 984),
    out(13260, ACK, 1, 1, 512),
    out(26700, ACK, 1, 1, 512),
    out(53580, ACK, 1, 1, 512),
    out(107340, ACK, 1, 1, 512),
    expect(107340, MSS, 512),
    expect(107340, DF, 1),
END_SCRIPT;

/* Full segments arrived once, but that path is gone: what a router says is believed at once. */
SCRIPT(a_path_that_became_narrower_may_become_so_again)
    three_out,
    in(20, ACK, 1, 4381, 0),
    out(20, ACK, 4381, 1, 1460), out(20, ACK, 5841, 1, 1460), out(20, ACK, 7301, 1, 1460),
    out(20, ACK, 8761, 1, 1460), out(20, ACK, 10221, 1, 1460),
    out(40, ACK, 11681, 1, 1460),
    out(250, ACK, 4381, 1, 1460),
    out(670, ACK, 4381, 1, 1460),
    out(1510, ACK, 4381, 1, 984),
    too_big(1520, 800, 4381, 800),
    out(1520, ACK, 4381, 1, 760), out(1520, ACK, 5141, 1, 760),
    expect(1520, MSS, 760),
END_SCRIPT;

SCRIPT(timeouts_of_short_segments_say_nothing_of_the_path)
    setup(.profile = &profile, .path_mss = 1460),
    active(0),
    out(0, SYN, 0, 0, 0, .mss = 1460),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1460, .sack_ok = true),
    out(10, ACK, 1, 1, 0),
    app(10, WRITE, 400),
    out(10, ACK | PSH, 1, 1, 400),
    out(220, ACK | PSH, 1, 1, 400), /* a tail loss probe */
    out(430, ACK | PSH, 1, 1, 400),
    out(850, ACK | PSH, 1, 1, 400),
    out(1690, ACK | PSH, 1, 1, 400),
    out(3370, ACK | PSH, 1, 1, 400),
    expect(3370, MSS, 1460),
END_SCRIPT;

SCRIPT(an_acknowledgment_between_timeouts_counts_them_anew)
    three_out,
    out(30, ACK, 4381, 1, 1460),
    out(240, ACK, 1, 1, 1460),
    out(660, ACK, 1, 1, 1460),
    in(670, ACK, 1, 1461, 0),
    out(670, ACK, 1461, 1, 1460), out(670, ACK, 2921, 1, 1460),
    out(1510, ACK, 1461, 1, 1460),
    expect(1510, MSS, 1460),
END_SCRIPT;

SCRIPT(a_path_that_is_known_is_used_at_once)
    setup(.profile = &profile, .path_mss = 1460, .known_mss = 1360),
    active(0),
    out(0, SYN, 0, 0, 0, .mss = 1460),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1460, .sack_ok = true),
    out(10, ACK, 1, 1, 0),
    expect(10, MSS, 1360),
    app(10, WRITE, 30000),
    out(10, ACK, 1, 1, 1360), out(10, ACK, 1361, 1, 1360), out(10, ACK, 2721, 1, 1360),
    expect(10, CWND, 4080),
END_SCRIPT;

/* Segments of 1160 octets, until ten minutes have passed. */
#define known_to_be_narrow \
    setup(.profile = &profile, .path_mss = 1460, .known_mss = 1160), \
    active(0), \
    out(0, SYN, 0, 0, 0, .mss = 1460), \
    in(10, SYN | ACK, 0, 1, 0, .mss = 1460, .sack_ok = true), \
    out(10, ACK, 1, 1, 0), \
    expect(10, MSS, 1160)

#define three_short_ones(ms) \
    app(ms, WRITE, 3480), \
    out(ms, ACK, 1, 1, 1160), out(ms, ACK, 1161, 1, 1160), out(ms, ACK | PSH, 2321, 1, 1160)

/* RFC 4821 4: cwnd counts octets, and an ACK of a probe is an ACK like others. */
SCRIPT(longer_segments_leave_the_window_as_it_is)
    known_to_be_narrow,
    three_short_ones(600010),
    in(600020, ACK, 1, 3481, 0),
    expect(600020, CWND, 5800),
    app(600030, WRITE, 4940),
    out(600030, ACK, 3481, 1, 1460),
    out(600030, ACK, 4941, 1, 1160), out(600030, ACK, 6101, 1, 1160),
    out(600030, ACK | PSH, 7261, 1, 1160),
    in(600040, ACK, 1, 4941, 0),
    expect(600040, MSS, 1460),
    expect(600040, CWND, 7260),
END_SCRIPT;

/* RFC 4821 7.4: what became of a probe could not be told from what becomes of the others. */
SCRIPT(nothing_is_probed_while_a_segment_is_missing)
    known_to_be_narrow,
    three_short_ones(599900),
    in(599910, ACK, 1, 3481, 0),
    app(599920, WRITE, 5800),
    out(599920, ACK, 3481, 1, 1160), out(599920, ACK, 4641, 1, 1160),
    out(599920, ACK, 5801, 1, 1160), out(599920, ACK, 6961, 1, 1160),
    out(599920, ACK | PSH, 8121, 1, 1160),
    in(599930, ACK, 1, 9281, 0),
    app(600015, WRITE, 3480),
    out(600015, ACK, 9281, 1, 1160), out(600015, ACK, 10441, 1, 1160),
    out(600015, ACK | PSH, 11601, 1, 1160),
    in(600025, ACK, 1, 10441, 0, .sack = { { 11601, 12761 } }),
    app(600025, WRITE, 5800),
    out(600025, ACK, 12761, 1, 1160), out(600025, ACK, 13921, 1, 1160),
    out(600025, ACK, 15081, 1, 1160), out(600025, ACK, 16241, 1, 1160),
    out(600025, ACK | PSH, 17401, 1, 1160),
    expect(600025, CWND, 8120),
END_SCRIPT;

// clang-format on

/* ---- Probes ---------------------------------------------------------------------------------- */

#define RTT 100 /* ms */
#define MAX_HOLES 64
#define MAX_SENT 256
#define MAX_SWALLOWED 256

/* The peer, behind a path that takes segments of `limit` octets. */
struct peer {
    uint32_t limit;
    uint32_t lose_too; /* what begins there is lost once, whatever its length; 0: nothing */
    uint32_t next;
    int n_again;                       /* that were here already */
    struct tcp_sack beyond[MAX_HOLES]; /* what is here beyond it */
    int n_beyond;
    bool sack;
    bool tells; /* its router says what it takes */
    int n_swallowed;
    uint32_t lens[MAX_SWALLOWED]; /* of those */
    int64_t times[MAX_SWALLOWED];
    uint32_t windows[MAX_SWALLOWED]; /* segments in cwnd then */
    struct tcp_hdr sent[MAX_SENT];   /* to it, and on the way */
    int n_sent;
    uint32_t mss; /* as it was last seen */
    int n_raised; /* how often it grew, */
    int64_t raised_at;
};

static void enter(struct peer *p, uint32_t start, uint32_t end)
{
    p->n_again += start < p->next;
    if (start > p->next) {
        if (p->n_beyond > 0 && p->beyond[p->n_beyond - 1].end == start) {
            p->beyond[p->n_beyond - 1].end = end;
        } else {
            ck_assert_int_lt(p->n_beyond, MAX_HOLES);
            p->beyond[p->n_beyond++] = (struct tcp_sack){ start, end };
        }
        return;
    }
    p->next = end > p->next ? end : p->next;
    while (p->n_beyond > 0 && p->beyond[0].start <= p->next) {
        p->next = p->beyond[0].end > p->next ? p->beyond[0].end : p->next;
        p->n_beyond--;
        memmove(p->beyond, p->beyond + 1, sizeof(p->beyond[0]) * (size_t)p->n_beyond);
    }
}

/* False: the path swallows it, and says so or not. */
static bool passes(struct script *s, struct peer *p, const struct tcp_hdr *hdr)
{
    uint16_t mtu = (uint16_t)(p->limit + 40);

    if (hdr->seq == p->lose_too) {
        p->lose_too = 0;
        return false;
    }
    if (hdr->len <= p->limit) {
        return true;
    }
    ck_assert_int_lt(p->n_swallowed, MAX_SWALLOWED);
    p->lens[p->n_swallowed] = hdr->len;
    p->times[p->n_swallowed] = script_ms(s);
    p->windows[p->n_swallowed++] = s->tcp->cwnd / s->tcp->mss;
    if (p->tells) {
        tcp_too_big(s->tcp, &mtu, s->iss + hdr->seq, s->now);
    }
    return false;
}

/* RFC 1191 3: not less than a minute after a success; two are recommended. */
static void look_at_length(struct script *s, struct peer *p, uint32_t len)
{
    if (p->mss > 0 && s->tcp->mss > p->mss) {
        p->n_raised++;
        p->raised_at = script_ms(s);
    }
    p->mss = s->tcp->mss;
    if (p->n_raised > 0 && len > p->mss) {
        ck_assert_int_ge(script_ms(s) - p->raised_at, 120000);
    }
}

static void collect(struct script *s, struct peer *p)
{
    while (script_take(s, &p->sent[p->n_sent])) {
        look_at_length(s, p, p->sent[p->n_sent].len);
        if (++p->n_sent == MAX_SENT) {
            script_fail(s, "%d segments in a round trip", MAX_SENT);
        }
    }
}

static void pass_time(struct script *s, struct peer *p, int64_t ms)
{
    while (script_advance(s, ms)) {
        collect(s, p);
    }
}

static struct event acknowledgment(const struct peer *p, int64_t ms)
{
    struct event ack = in(ms, ACK, 1, p->next, 0);

    for (int i = 0; p->sack && i < p->n_beyond && i < 3; i++) {
        ack.sack[i] = p->beyond[p->n_beyond - 1 - i];
    }
    return ack;
}

/* What was sent reaches the peer, or does not, and its acknowledgments are here `RTT` later. */
static void round_trip(struct script *s, struct peer *p)
{
    static struct event acks[MAX_SENT];
    int64_t ms = script_ms(s) + RTT;
    int n = 0;

    for (int i = 0; i < p->n_sent; i++) {
        if (passes(s, p, &p->sent[i])) {
            enter(p, p->sent[i].seq, p->sent[i].seq + p->sent[i].len);
            acks[n++] = acknowledgment(p, ms);
        }
    }
    p->n_sent = 0;
    pass_time(s, p, ms);
    for (int i = 0; i < n; i++) {
        script_step(s, &acks[i]);
        collect(s, p);
    }
}

/* As much is written as there is room for, and goes to the peer, until `ms`. */
static void stream(struct script *s, struct peer *p, int64_t ms)
{
    while (script_ms(s) < ms) {
        play(s, app(script_ms(s), WRITE, ring_free(&s->tcp->tx)));
        collect(s, p);
        round_trip(s, p);
    }
}

static void open_path(struct script *s, const char *title, const struct peer *p, uint16_t known)
{
    script_begin(s, title, 100000, 200000, 1000000);
    play(s, setup(.profile = &profile, .path_mss = 1460, .known_mss = known, .tx = 16384));
    play(s, active(0));
    play(s, out(0, SYN, 0, 0, 0));
    play(s, in(RTT, SYN | ACK, 0, 1, 0, .mss = 1460, .sack_ok = p->sack));
    play(s, out(RTT, ACK, 1, 1, 0));
}

/* RFC 1191 3, RFC 4821 7.3: ten minutes after it was learnt the path may be another. */
START_TEST(a_path_that_takes_more_is_found_after_ten_minutes)
{
    static struct script s;
    struct peer p = { .limit = 1460, .next = 1, .sack = true };

    open_path(&s, "a_path_that_takes_more_is_found_after_ten_minutes", &p, 1360);
    stream(&s, &p, 599000);
    ck_assert_uint_eq(s.tcp->mss, 1360);
    stream(&s, &p, 601000);
    ck_assert_uint_eq(s.tcp->mss, 1460);
    ck_assert_int_eq(p.n_swallowed, 0);
    ck_assert_int_eq(p.n_again, 0); /* RFC 1191 6.3 */
    script_end(&s);
}
END_TEST

/* The clock of ticks has wrapped since the search was put off. */
START_TEST(a_path_that_takes_more_is_found_after_a_month_of_silence)
{
    static struct script s;
    struct peer p = { .limit = 1460, .next = 1, .sack = true };
    int64_t month = 30 * INT64_C(86400000);

    open_path(&s, "a_path_that_takes_more_is_found_after_a_month_of_silence", &p, 1360);
    stream(&s, &p, 1000);
    while (p.n_sent > 0) {
        round_trip(&s, &p);
    }
    pass_time(&s, &p, month);
    stream(&s, &p, month + 1000);
    ck_assert_uint_eq(s.tcp->mss, 1460);
    script_end(&s);
}
END_TEST

START_TEST(a_path_is_searched_up_to_what_our_own_netif_takes)
{
    static struct script s;
    struct peer p = { .limit = 1300, .next = 1, .sack = true };

    open_path(&s, "a_path_is_searched_up_to_what_our_own_netif_takes", &p, 1160);
    stream(&s, &p, 1000);
    tcp_netif_narrows(s.tcp, 1300);
    stream(&s, &p, 599000);
    ck_assert_uint_eq(s.tcp->mss, 1160);
    stream(&s, &p, 1300000);
    ck_assert_uint_eq(s.tcp->mss, 1300);
    ck_assert_int_eq(p.n_swallowed, 0);
    ck_assert_int_eq(p.n_again, 0);
    script_end(&s);
}
END_TEST

/* Segments of 1460 have arrived, by another path: a router of this one is believed. */
START_TEST(a_router_is_believed_after_our_own_netif_narrowed)
{
    static struct script s;
    struct peer p = { .limit = 1460, .next = 1, .sack = true };
    uint16_t mtu = 1000;

    open_path(&s, "a_router_is_believed_after_our_own_netif_narrowed", &p, 0);
    stream(&s, &p, 1000);
    tcp_netif_narrows(s.tcp, 1300);
    ck_assert_uint_eq(s.tcp->mss, 1300);
    play(&s, app(script_ms(&s), WRITE, ring_free(&s.tcp->tx)));
    ck_assert(tcp_too_big(s.tcp, &mtu, s.tcp->snd_una, s.now));
    ck_assert_uint_eq(s.tcp->mss, 960);
    script_end(&s);
}
END_TEST

/* Probes that are lost are no congestion: RFC 4821 4. */
static void search(bool sack, uint32_t limit)
{
    static struct script s;
    struct peer p = { .limit = limit, .next = 1, .sack = sack };
    uint32_t cwnd;

    open_path(&s, "search", &p, 0);
    stream(&s, &p, 10000);
    cwnd = s.tcp->cwnd;
    stream(&s, &p, 450000);
    ck_assert_uint_le(s.tcp->mss, limit);
    ck_assert_uint_gt(s.tcp->mss + 8u, limit);
    ck_assert_uint_ge(s.tcp->cwnd, cwnd);
    script_end(&s);
}

static void search_again(uint32_t limit)
{
    static struct script s;
    struct peer p = { .limit = limit, .next = 1, .sack = true };
    int n_swallowed;

    open_path(&s, "search_again", &p, 0);
    stream(&s, &p, 500000);
    n_swallowed = p.n_swallowed;
    stream(&s, &p, 900000);
    ck_assert_int_eq(p.n_swallowed, n_swallowed); /* the search is over */
    stream(&s, &p, 1200000);
    ck_assert_int_gt(p.n_swallowed, n_swallowed);
    ck_assert_int_lt(p.n_swallowed, 3 * n_swallowed);
    ck_assert_uint_eq(p.lens[n_swallowed], 1460); /* with the most that there can be */
    ck_assert_uint_le(s.tcp->mss, p.limit);
    script_end(&s);
}

START_TEST(a_search_begins_again_after_ten_minutes)
{
    search_again(1400); /* the first one ends with a probe that is lost, or that arrives */
    search_again(1395);
}
END_TEST

/* RFC 8899 5.1.2: three of a length; RFC 4821 7.6.2: not sooner than the next loss might come. */
START_TEST(a_probe_is_lost_three_times_before_a_shorter_one_is_tried)
{
    static struct script s;
    struct peer p = { .limit = 1300, .next = 1, .sack = true };
    int first = 0;

    open_path(&s, __func__, &p, 1160);
    stream(&s, &p, 640000);
    ck_assert_int_gt(p.n_swallowed, 3);
    ck_assert_int_eq(p.n_swallowed % 3, 0);
    for (int i = 1; i < p.n_swallowed; i++) {
        first = p.lens[i] == p.lens[i - 1] ? first : i;
        ck_assert_int_eq(first % 3, 0);
        ck_assert_int_lt(i - first, 3);
        ck_assert_int_ge(p.times[i] - p.times[i - 1], RTT * (1 + p.windows[i - 1] / 2));
        ck_assert_int_le(p.times[i] - p.times[i - 1], RTT * (4 + p.windows[i] / 2));
    }
    script_end(&s);
}
END_TEST

/* RFC 4821 7.3: however far apart the losses of a window of thousands of segments may be. */
START_TEST(a_probe_that_is_lost_is_repeated_after_ten_minutes_at_the_latest)
{
    static struct script s;
    struct peer p = { .limit = 1160, .next = 1, .sack = true };

    open_path(&s, __func__, &p, 1160);
    pass_time(&s, &p, 599000);
    stream(&s, &p, 600000);
    s.tcp->cwnd = 20000u * s.tcp->mss;
    stream(&s, &p, 605000);
    ck_assert_int_eq(p.n_swallowed, 1);
    while (p.n_sent > 0) {
        round_trip(&s, &p);
    }
    pass_time(&s, &p, 1199000);
    stream(&s, &p, 1200000);
    ck_assert_int_eq(p.n_swallowed, 1);
    stream(&s, &p, 1203000);
    ck_assert_int_gt(p.n_swallowed, 1);
    script_end(&s);
}
END_TEST

/* Of a length that is tried anew there are three again, however many were lost when the path became
 * narrower. */
START_TEST(a_narrower_path_is_searched_from_the_beginning)
{
    static struct script s;
    struct peer p = { .limit = 1300, .next = 1, .sack = true };
    int n;

    open_path(&s, __func__, &p, 1160);
    while (p.n_swallowed < 2) {
        stream(&s, &p, script_ms(&s) + RTT);
    }
    pass_time(&s, &p, script_ms(&s) + RTT / 2);
    p.limit = 1000;
    while (s.tcp->mss > 984) {
        stream(&s, &p, script_ms(&s) + RTT);
    }
    n = p.n_swallowed;
    stream(&s, &p, script_ms(&s) + 60000);
    ck_assert_int_gt(p.n_swallowed, n + 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(p.lens[n + i], 1460);
    }
    ck_assert_uint_lt(p.lens[n + 3], 1460);
    script_end(&s);
}
END_TEST

START_TEST(what_icmp_said_holds_for_ten_minutes)
{
    static struct script s;
    struct peer p = { .limit = 1360, .next = 1, .sack = true, .tells = true };

    open_path(&s, __func__, &p, 0);
    stream(&s, &p, 10000);
    ck_assert_uint_eq(s.tcp->mss, 1360);
    p.limit = 1460;
    stream(&s, &p, 599000);
    ck_assert_uint_eq(s.tcp->mss, 1360);
    stream(&s, &p, 602000);
    ck_assert_uint_eq(s.tcp->mss, 1460);
    script_end(&s);
}
END_TEST

static void takes_no_probe(struct script *s, struct peer *p)
{
    struct tcp_hdr hdr;

    ck_assert_uint_gt(s->n_sent, 0);
    while (script_take(s, &hdr)) {
        ck_assert_uint_eq(hdr.len, 1000);
        enter(p, hdr.seq, hdr.seq + hdr.len);
    }
}

/* RFC 4821 7.4: neither where too little follows it, nor where the window does not let that out. */
START_TEST(a_probe_needs_text_and_window_behind_it)
{
    static struct script s;
    struct peer p = { .limit = 1460, .next = 1, .sack = true };
    struct tcp_hdr hdr;

    open_path(&s, __func__, &p, 1000);
    stream(&s, &p, 590000);
    while (ring_used(&s.tcp->tx) > 0) {
        collect(&s, &p);
        round_trip(&s, &p);
    }
    pass_time(&s, &p, 605000);
    play(&s, app(605000, WRITE, 4000));
    takes_no_probe(&s, &p);
    play(&s, in(605100, ACK, 1, p.next, 0, .win = 1460 + 3 * 1000 - 1));
    play(&s, app(605100, WRITE, 8000));
    takes_no_probe(&s, &p);
    play(&s, in(605200, ACK, 1, p.next, 0, .win = 65535));
    takes_no_probe(&s, &p); /* what is left is less than 4460 */
    play(&s, in(605300, ACK, 1, p.next, 0));
    play(&s, app(605300, WRITE, 1460 + 3 * 1000));
    ck_assert(script_take(&s, &hdr) && hdr.len == 1460);
    collect(&s, &p);
    script_end(&s);
}
END_TEST

START_TEST(probes_find_what_the_path_takes)
{
    search(true, 1400);
    search(true, 999);
    search(true, 600);
}
END_TEST

START_TEST(probes_find_it_with_a_peer_that_knows_no_sack)
{
    search(false, 1400);
}
END_TEST

START_TEST(a_path_that_took_more_rests_for_two_minutes)
{
    static struct script s;
    struct peer p = { .limit = 1400, .next = 1, .sack = true };

    open_path(&s, __func__, &p, 1160);
    stream(&s, &p, 1100000);
    ck_assert_int_gt(p.n_raised, 2);
    ck_assert_uint_gt(s.tcp->mss + 8u, 1400);
    script_end(&s);
}
END_TEST

START_TEST(timeouts_do_not_end_the_rest)
{
    static struct script s;
    struct peer p = { .limit = 1300, .next = 1, .sack = true };

    open_path(&s, __func__, &p, 1160);
    while (p.n_raised == 0) {
        stream(&s, &p, script_ms(&s) + RTT);
    }
    p.limit = 1000;
    stream(&s, &p, p.raised_at + 100000);
    ck_assert_uint_eq(s.tcp->mss, 984);
    p.limit = 1300;
    stream(&s, &p, p.raised_at + 300000);
    ck_assert_int_gt(p.n_raised, 1);
    script_end(&s);
}
END_TEST

/* It is told what the first probe met, need not search, and waits ten minutes (RFC 1191 3). */
START_TEST(a_router_that_speaks_of_a_probe_ends_the_search)
{
    static struct script s;
    struct peer p = { .limit = 1400, .next = 1, .sack = true };

    open_path(&s, __func__, &p, 1160);
    p.tells = true;
    stream(&s, &p, 1199000);
    ck_assert_uint_eq(s.tcp->mss, 1160);
    stream(&s, &p, 1202000);
    ck_assert_uint_eq(s.tcp->mss, 1400);
    ck_assert_int_eq(p.n_swallowed, 1);
    script_end(&s);
}
END_TEST

/* RFC 4821 7.6.1: when more is lost than the probe, that is congestion as ever. */
START_TEST(a_loss_beside_a_probe_is_congestion)
{
    static struct script s;
    struct peer p = { .limit = 1400, .next = 1, .sack = true };

    open_path(&s, __func__, &p, 1160);
    stream(&s, &p, 599000);
    ck_assert_uint_eq(s.tcp->ssthresh, UINT32_MAX);
    while (s.tcp->mss == 1160 && p.n_swallowed == 0) {
        struct tcp_hdr *last;

        play(&s, app(script_ms(&s), WRITE, ring_free(&s.tcp->tx)));
        collect(&s, &p);
        last = &p.sent[p.n_sent - 1];
        for (int i = 0; i < p.n_sent; i++) {
            p.lose_too = p.sent[i].len > p.limit ? p.sent[i].seq + p.sent[i].len : p.lose_too;
        }
        ck_assert(p.lose_too == 0 || p.lose_too < last->seq);
        round_trip(&s, &p);
    }
    stream(&s, &p, script_ms(&s) + 1000);
    ck_assert_uint_ne(s.tcp->ssthresh, UINT32_MAX);
    script_end(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_was_too_big_is_sent_again_in_shorter_segments,
        what_is_no_news_changes_nothing,
        the_search_goes_on_until_segments_pass,
        a_segment_has_a_least_length,
        fragments_are_a_way_out_only_below_the_least_length,
        a_peer_of_short_segments_hears_nothing_of_it,
        less_than_what_has_arrived_is_not_believed_at_once,
        a_part_of_a_segment_says_nothing_of_its_length,
        a_claim_is_believed_when_segments_do_not_arrive,
        a_claim_is_forgotten_when_a_full_segment_arrives,
        a_path_that_swallows_long_segments_is_found,
        a_path_that_became_narrower_may_become_so_again,
        timeouts_of_short_segments_say_nothing_of_the_path,
        an_acknowledgment_between_timeouts_counts_them_anew,
        a_path_that_is_known_is_used_at_once,
        longer_segments_leave_the_window_as_it_is,
        nothing_is_probed_while_a_segment_is_missing,
        a_path_that_takes_more_is_found_after_ten_minutes,
        a_path_that_takes_more_is_found_after_a_month_of_silence,
        a_path_is_searched_up_to_what_our_own_netif_takes,
        a_router_is_believed_after_our_own_netif_narrowed,
        probes_find_what_the_path_takes,
        a_search_begins_again_after_ten_minutes,
        a_probe_is_lost_three_times_before_a_shorter_one_is_tried,
        a_probe_that_is_lost_is_repeated_after_ten_minutes_at_the_latest,
        a_narrower_path_is_searched_from_the_beginning,
        what_icmp_said_holds_for_ten_minutes,
        a_probe_needs_text_and_window_behind_it,
        probes_find_it_with_a_peer_that_knows_no_sack,
        a_path_that_took_more_rests_for_two_minutes,
        timeouts_do_not_end_the_rest,
        a_router_that_speaks_of_a_probe_ends_the_search,
        a_loss_beside_a_probe_is_congestion,
        NULL,
    };

    return suite_run("pmtu", tests);
}

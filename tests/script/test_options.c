/* SPDX-License-Identifier: BSD-3-Clause */
/* Segment size and window scale (RFC 9293 3.7.1, RFC 7323 2): what the SYNs agree on. */
#include "tests/script/script.h"
#include "tests/support/suite.h"

#include <stdlib.h>

#define FLOOD (1024 * 1024) /* octets */

// clang-format off

SCRIPT(a_peer_without_mss_option_gets_536_octets)
    active(0),
    out(0, SYN, 0, 0, 0, .mss = 1000),
    in(10, SYN | ACK, 0, 1, 0),
    out(10, ACK, 1, 1, 0),
    app(20, WRITE, 600),
    out(20, ACK, 1, 1, 536),
    in(30, ACK, 1, 537, 0),
    out(30, ACK | PSH, 537, 1, 64),
END_SCRIPT;

SCRIPT(a_syn_without_mss_option_gets_536_octets)
    passive(0, SYN, 0, 0, 0),
    out(0, SYN | ACK, 0, 1, 0, .mss = 1000),
    in(10, ACK, 1, 1, 0),
    app(20, WRITE, 600),
    out(20, ACK, 1, 1, 536),
END_SCRIPT;

SCRIPT(segments_are_no_larger_than_the_path)
    setup(.path_mss = 1460),
    active(0),
    out(0, SYN, 0, 0, 0, .mss = 1460),
    in(10, SYN | ACK, 0, 1, 0, .mss = 8960),
    out(10, ACK, 1, 1, 0),
    app(20, WRITE, 1500),
    out(20, ACK, 1, 1, 1460),
END_SCRIPT;

SCRIPT(segments_are_no_larger_than_the_peer_takes)
    setup(.path_mss = 1460),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 700),
    out(10, ACK, 1, 1, 0),
    app(20, WRITE, 701),
    out(20, ACK, 1, 1, 700),
END_SCRIPT;

SCRIPT(a_small_path_bounds_us_below_the_floor_of_the_peer)
    setup(.path_mss = 28),
    active(0),
    out(0, SYN, 0, 0, 0, .mss = 28),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1460),
    out(10, ACK, 1, 1, 0),
    app(20, WRITE, 29),
    out(20, ACK, 1, 1, 28),
END_SCRIPT;

/* RFC 7323 2.2, 2.3: 131072 octets need a shift of 2, and no SYN is scaled. */
SCRIPT(both_sides_scale)
    setup(.rx = 131072),
    active(0),
    out(0, SYN, 0, 0, 0, .win = 65535, .ws = 2),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .win = 2000, .ws = 7),
    out(10, ACK, 1, 1, 0, .win = 16384), /* 64 KiB, until more is used */
    expect(10, SEND_WINDOW, 2000),
    in(20, ACK, 1, 1, 0, .win = 1000),
    expect(20, SEND_WINDOW, 128000),
END_SCRIPT;

SCRIPT(the_passive_side_scales)
    setup(.rx = 131072),
    passive(0, SYN, 0, 0, 0, .mss = 1000, .win = 3000, .ws = 4),
    out(0, SYN | ACK, 0, 1, 0, .win = 65535, .ws = 2),
    expect(0, SEND_WINDOW, 3000),
    in(10, ACK, 1, 1, 0, .win = 3000),
    expect(10, SEND_WINDOW, 48000),
END_SCRIPT;

SCRIPT(a_scale_of_nothing_lets_the_other_side_scale)
    setup(.rx = 131072),
    passive(0, SYN, 0, 0, 0, .mss = 1000, .ws = WS_0),
    out(0, SYN | ACK, 0, 1, 0, .win = 65535, .ws = 2),
    in(10, ACK, 1, 1, 1, .win = 3000),
    expect(10, SEND_WINDOW, 3000),
    out(50, ACK, 1, 2, 0, .win = 16383),
END_SCRIPT;

SCRIPT(we_offer_a_scale_and_the_peer_does_not)
    setup(.rx = 131072),
    active(0),
    out(0, SYN, 0, 0, 0, .win = 65535, .ws = 2),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .win = 5000),
    out(10, ACK, 1, 1, 0, .win = 65535),
    in(20, ACK, 1, 1, 1, .win = 6000),
    expect(20, SEND_WINDOW, 6000),
    out(60, ACK, 1, 2, 0, .win = 65534), /* the edge has not moved: silly-window avoidance */
END_SCRIPT;

SCRIPT(the_peer_offers_none_and_gets_none)
    setup(.rx = 131072),
    passive(0, SYN, 0, 0, 0, .mss = 1000, .win = 5000),
    out(0, SYN | ACK, 0, 1, 0, .win = 65535, .ws = NO_WS),
    in(10, ACK, 1, 1, 1, .win = 5000),
    expect(10, SEND_WINDOW, 5000),
    out(50, ACK, 1, 2, 0, .win = 65534),
END_SCRIPT;

SCRIPT(crossing_syns_scale)
    setup(.rx = 131072),
    active(0),
    out(0, SYN, 0, 0, 0, .ws = 2),
    in(5, SYN, 0, 0, 0, .mss = 1000, .win = 2000, .ws = 3),
    out(5, SYN | ACK, 0, 1, 0, .win = 65535, .ws = 2),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .win = 2500, .ws = 3),
    expect(10, SEND_WINDOW, 2500),
    in(15, ACK, 1, 1, 0, .win = 2000),
    expect(15, SEND_WINDOW, 16000),
END_SCRIPT;

SCRIPT(the_largest_scale_opens_a_gibibyte)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .ws = TCP_MAX_WSCALE),
    out(10, ACK, 1, 1, 0),
    in(20, ACK, 1, 1, 0, .win = 65535),
    expect(20, SEND_WINDOW, 65535u << 14),
END_SCRIPT;

/* RFC 9293 MUST-1: the window field is unsigned. */
SCRIPT(a_window_above_32767_is_used_whole)
    setup(.path_mss = 30000),
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 30000, .win = 60000),
    out(10, ACK, 1, 1, 0),
    app(20, WRITE, 60000),
    out(20, ACK, 1, 1, 30000),
    out(20, ACK | PSH, 30001, 1, 30000),
END_SCRIPT;

// clang-format on

/* A peer that acknowledges all that comes, at once. */
static void flood(struct script *s, uint32_t mss, bool we_ask)
{
    uint32_t floor = mss == 0 ? TCP_DEFAULT_MSS : mss < TCP_MIN_MSS ? TCP_MIN_MSS : mss;
    uint32_t acked = 1;
    struct tcp_hdr hdr;

    script_begin(s, "flood", mss * 77777, UINT32_MAX - mss, 1000000);
    play(s, setup(.tx = 65536));
    if (we_ask) {
        script_connect(s, (int32_t)mss, 65535, 0);
    } else {
        play(s, passive(0, SYN, 0, 0, 0, .mss = (int32_t)mss, .win = 65535));
        play(s, out(0, SYN | ACK, 0, 1, 0));
        play(s, in(10, ACK, 1, 1, 0));
    }
    while (acked < FLOOD + 1) {
        uint32_t room = ring_free(&s->tcp->tx);
        uint32_t rest = FLOOD - s->written;

        play(s, app(10, WRITE, room < rest ? room : rest));
        if (s->n_sent == 0) {
            ck_abort_msg("stuck at octet %u with an MSS of %u", acked, mss);
        }
        while (script_take(s, &hdr)) {
            if (hdr.len > floor) {
                ck_abort_msg("%u octets with an MSS of %u", hdr.len, mss);
            }
            acked = hdr.seq + hdr.len;
        }
        play(s, in(10, ACK, 1, acked, 0, .more = true));
    }
    ck_assert_uint_eq(s->n_octets, FLOOD); /* nothing went out twice */
    ck_assert_uint_le(s->n_segments, FLOOD / floor + FLOOD / 65536 + 8);
    script_end(s);
}

/* Row TCPH-05 of tests/hostile-inputs.tsv. */
START_TEST(hostile_TCPH_05_tiny_mss)
{
    struct script *s = malloc(sizeof(*s));

    ck_assert_ptr_nonnull(s);
    for (uint32_t mss = 0; mss <= TCP_MIN_MSS; mss++) {
        flood(s, mss, true);
        flood(s, mss, false);
    }
    free(s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_peer_without_mss_option_gets_536_octets,
        a_syn_without_mss_option_gets_536_octets,
        segments_are_no_larger_than_the_path,
        segments_are_no_larger_than_the_peer_takes,
        a_small_path_bounds_us_below_the_floor_of_the_peer,
        both_sides_scale,
        the_passive_side_scales,
        a_scale_of_nothing_lets_the_other_side_scale,
        we_offer_a_scale_and_the_peer_does_not,
        the_peer_offers_none_and_gets_none,
        crossing_syns_scale,
        the_largest_scale_opens_a_gibibyte,
        a_window_above_32767_is_used_whole,
        hostile_TCPH_05_tiny_mss,
        NULL,
    };

    return suite_run("options", tests);
}

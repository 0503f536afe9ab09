/* SPDX-License-Identifier: BSD-3-Clause */
/* SYN, ACK, URG and ICMP that no honest peer sends, or sends no more (RFC 5961, RFC 5927). */
#include "tests/script/script.h"
#include "tests/support/suite.h"

#include <stdlib.h>

// clang-format off

/* RFC 5961 4.2. */
SCRIPT(syn_on_a_connection_is_challenged)
    connected,
    in(100, SYN, 1, 0, 0, .drop = DROP_TCP_SYN),
    out(100, ACK, 1, 1, 0),
    in(1000, SYN, 5000, 0, 0, .drop = DROP_TCP_SYN),
    out(1000, ACK, 1, 1, 0),
    in(2000, SYN, 500000, 0, 0, .drop = DROP_TCP_UNACCEPTABLE),
    out(2000, ACK, 1, 1, 0),
    in(3000, SYN | ACK, 1, 1, 0, .drop = DROP_TCP_SYN),
    out(3000, ACK, 1, 1, 0),
    expect(3000, STATE, TCP_ESTABLISHED),
END_SCRIPT;

/* The peer forgot us and begins again; our answer makes it reset us. */
SCRIPT(a_peer_that_rebooted_resets_us)
    connected,
    in(100, SYN, 400000, 0, 0, .drop = DROP_TCP_UNACCEPTABLE),
    out(100, ACK, 1, 1, 0),
    in(110, RST, 1, 0, 0),
    expect(110, ERR, SK_RESET),
END_SCRIPT;

/* RFC 9293 3.10.7.4, fourth step: back to LISTEN. */
SCRIPT(syn_inside_the_window_ends_a_half_open_connection)
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
    in(5, SYN, 1, 0, 0, .drop = DROP_TCP_SYN),
    expect(5, STATE, TCP_CLOSED),
    expect(5, ERR, SK_REFUSED),
END_SCRIPT;

SCRIPT(syn_inside_the_window_of_an_active_open_is_challenged)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(5, SYN, 0, 0, 0, .mss = 1000),
    out(5, SYN | ACK, 0, 1, 0),
    in(6, SYN, 100, 0, 0, .drop = DROP_TCP_SYN),
    out(6, ACK, 1, 1, 0),
    expect(6, STATE, TCP_SYN_RECEIVED),
END_SCRIPT;

SCRIPT(syn_and_another_flag_that_contradicts_it_are_dropped)
    connected,
    in(100, SYN | FIN, 1, 0, 0, .drop = DROP_TCP_FLAGS),
    in(110, SYN | RST, 1, 0, 0, .drop = DROP_TCP_FLAGS),
    in(120, SYN | RST | ACK, 1, 1, 0, .drop = DROP_TCP_FLAGS),
    expect(1000, STATE, TCP_ESTABLISHED),
END_SCRIPT;

SCRIPT(a_segment_without_ack_is_dropped)
    connected,
    in(100, PSH, 1, 0, 100, .drop = DROP_TCP_NO_ACK),
    in(110, 0, 1, 0, 0, .drop = DROP_TCP_NO_ACK),
    in(120, FIN | PSH | URG, 1, 0, 10, .drop = DROP_TCP_NO_ACK),
    expect(1000, UNREAD, 0),
    expect(1000, STATE, TCP_ESTABLISHED),
END_SCRIPT;

/* RFC 9293 3.10.7.4, fifth step. */
SCRIPT(an_ack_of_what_was_never_sent_is_answered)
    connected,
    app(50, WRITE, 100),
    out(50, ACK | PSH, 1, 1, 100),
    in(100, ACK, 1, 102, 100, .drop = DROP_TCP_ACK_RANGE),
    out(100, ACK, 101, 1, 0),
    expect(100, UNREAD, 0),
    expect(100, UNACKED, 100),
END_SCRIPT;

/* RFC 5961 5.2: SND.UNA - MAX.SND.WND is the oldest. */
SCRIPT(an_ack_of_long_ago_is_not_believed)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .win = 3000),
    out(10, ACK, 1, 1, 0),
    app(20, WRITE, 2000),
    out(20, ACK, 1, 1, 1000), out(20, ACK | PSH, 1001, 1, 1000),
    in(30, ACK, 1, 2001, 0),
    in(40, ACK, 1, 0u - 999, 100),
    expect(40, UNREAD, 100),
    in(50, ACK, 101, 0u - 1000, 100, .drop = DROP_TCP_ACK_RANGE),
    out(50, ACK, 2001, 101, 0),
    expect(50, UNREAD, 100),
END_SCRIPT;

SCRIPT(the_largest_window_says_how_old_an_ack_may_be)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .win = 3000),
    out(10, ACK, 1, 1, 0),
    in(20, ACK, 1, 1, 0, .win = 5000),
    in(30, ACK, 1, 1, 0, .win = 2000),
    in(40, ACK, 1, 0u - 4999, 100),
    expect(40, UNREAD, 100),
    in(50, ACK, 101, 0u - 5000, 100, .drop = DROP_TCP_ACK_RANGE),
    out(50, ACK, 1, 101, 0),
END_SCRIPT;

SCRIPT(an_old_ack_changes_nothing)
    connected,
    app(20, WRITE, 2000),
    out(20, ACK, 1, 1, 1000), out(20, ACK | PSH, 1001, 1, 1000),
    in(30, ACK, 1, 1001, 0),
    in(31, ACK, 1, 1, 0, .win = 10),
    expect(31, UNACKED, 1000),
    expect(31, SEND_WINDOW, 65535),
END_SCRIPT;

/* RFC 9293 3.10.7.4: the window is that of the latest acknowledgment. */
SCRIPT(an_old_ack_with_new_text_brings_the_text_alone)
    connected,
    app(20, WRITE, 2000),
    out(20, ACK, 1, 1, 1000), out(20, ACK | PSH, 1001, 1, 1000),
    in(30, ACK, 1, 1001, 100),
    in(31, ACK, 101, 1, 100, .win = 10),
    out(31, ACK, 2001, 201, 0),
    expect(31, UNREAD, 200),
    expect(31, SEND_WINDOW, 65535),
END_SCRIPT;

/* RFC 5961 7: segments without text are answered twice a second at most. */
SCRIPT(challenges_are_limited)
    connected,
    in(100, SYN, 1, 0, 0), out(100, ACK, 1, 1, 0),
    in(110, SYN, 1, 0, 0),
    in(120, RST, 2, 0, 0),
    in(130, ACK, 1, 5, 0),
    in(597, ACK, 0, 1, 0),
    in(602, RST, 2, 0, 0), out(602, ACK, 1, 1, 0),
    in(610, RST, 2, 0, 0),
    in(620, ACK, 1, 5, 1), out(620, ACK, 1, 1, 0), /* with text: always */
    in(621, ACK, 1, 5, 1), out(621, ACK, 1, 1, 0),
    expect(2000, STATE, TCP_ESTABLISHED),
END_SCRIPT;

SCRIPT(hostile_TCPS_28_a_keep_alive_of_the_peer_is_answered)
    connected,
    in(1000, ACK, 0, 1, 0), out(1000, ACK, 1, 1, 0),
    in(2000, ACK, 0, 1, 1, .fill = 0xee), out(2000, ACK, 1, 1, 0), /* with a garbage octet */
    expect(2000, UNREAD, 0),
END_SCRIPT;

SCRIPT(a_wrong_ack_in_syn_sent_is_reset)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(5, ACK, 700, 0, 0, .drop = DROP_TCP_ACK_RANGE),
    out(5, RST, 0, 0, 0),
    in(6, SYN | ACK, 700, 2, 0, .drop = DROP_TCP_ACK_RANGE),
    out(6, RST, 2, 0, 0),
    in(7, ACK, 0, 1, 0, .drop = DROP_TCP_SYN_SENT),
    in(8, FIN, 0, 0, 0, .drop = DROP_TCP_SYN_SENT),
    expect(8, STATE, TCP_SYN_SENT),
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000),
    out(10, ACK, 1, 1, 0),
    expect(10, STATE, TCP_ESTABLISHED),
END_SCRIPT;

SCRIPT(a_wrong_ack_of_a_half_open_connection_is_reset)
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
    in(5, ACK, 1, 0, 10, .drop = DROP_TCP_ACK_RANGE),
    out(5, RST, 0, 0, 0),
    in(6, ACK, 1, 2, 0, .drop = DROP_TCP_ACK_RANGE),
    out(6, RST, 2, 0, 0),
    in(10, ACK, 1, 1, 10),
    expect(10, STATE, TCP_ESTABLISHED),
    app(20, READ, 10),
    out(50, ACK, 1, 11, 0),
END_SCRIPT;

SCRIPT(a_soft_icmp_error_is_told_when_the_peer_stays_silent)
    active(0),
    out(0, SYN, 0, 0, 0),
    icmp(5, SK_HOST_UNREACHABLE, 0, false),
    expect(5, STATE, TCP_SYN_SENT),
    out(1000, SYN, 0, 0, 0), out(3000, SYN, 0, 0, 0), out(7000, SYN, 0, 0, 0),
    out(15000, SYN, 0, 0, 0), out(31000, SYN, 0, 0, 0), out(63000, SYN, 0, 0, 0),
    out(123000, SYN, 0, 0, 0),
    expect(180010, STATE, TCP_CLOSED),
    expect(180010, ERR, SK_HOST_UNREACHABLE),
END_SCRIPT;

SCRIPT(a_hard_icmp_error_ends_an_open)
    active(0),
    out(0, SYN, 0, 0, 0),
    icmp(5, SK_REFUSED, 1, true),           /* not of our segment: RFC 5927 4.1 */
    icmp(5, SK_REFUSED, 0u - 1, true),
    expect(5, STATE, TCP_SYN_SENT),
    icmp(6, SK_REFUSED, 0, true),
    expect(6, STATE, TCP_CLOSED),
    expect(6, ERR, SK_REFUSED),
END_SCRIPT;

/* RFC 5927 5.2. */
SCRIPT(a_hard_icmp_error_does_not_end_a_connection)
    connected,
    app(20, WRITE, 100),
    out(20, ACK | PSH, 1, 1, 100),
    icmp(30, SK_REFUSED, 1, true),
    icmp(31, SK_REFUSED, 101, true),
    expect(31, STATE, TCP_ESTABLISHED),
    in(40, ACK, 1, 101, 0),
    expect(9999, STATE, TCP_ESTABLISHED),
END_SCRIPT;

SCRIPT(a_hard_icmp_error_does_not_end_a_half_open_connection)
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0),
    icmp(5, SK_REFUSED, 0, true),
    in(10, ACK, 1, 1, 0),
    expect(10, STATE, TCP_ESTABLISHED),
END_SCRIPT;

/* It is read in line, wherever the pointer points. */
SCRIPT(urgent_text_is_text)
    connected,
    in(100, ACK | URG, 1001, 1, 1000, .up = 65535), out(100, ACK, 1, 1, 0),
    in(101, ACK | URG, 1, 1, 1000, .up = 1), out(101, ACK, 1, 2001, 0),
    in(102, ACK | URG | PSH, 2001, 1, 100, .up = 0),
    in(103, ACK | URG | PSH, 2101, 1, 100, .up = 100),
    in(104, ACK | URG | PSH, 2201, 1, 100, .up = 101),
    out(142, ACK, 1, 2301, 0),
    app(200, READ, 2300),
    out(200, ACK, 1, 2301, 0),
END_SCRIPT;

SCRIPT(urgent_pointers_on_crossing_syns_mean_nothing)
    active(0),
    out(0, SYN, 0, 0, 0),
    in(5, SYN | URG, 0, 0, 0, .mss = 1000, .up = 65535),
    out(5, SYN | ACK, 0, 1, 0),
    in(10, SYN | ACK | URG, 0, 1, 0, .mss = 1000, .up = 1),
    expect(10, STATE, TCP_ESTABLISHED),
    in(20, ACK | URG | FIN, 1, 1, 10, .up = 65535),
    out(20, ACK, 1, 12, 0),
    app(30, READ, 10),
    expect(30, AT_END, 1),
END_SCRIPT;

// clang-format on

/* Row TCPH-09 of tests/hostile-inputs.tsv, for all pointers near the edges of a segment. */
START_TEST(hostile_TCPH_09_urgent_pointer)
{
    static const uint16_t pointers[] = { 0, 1, 2, 99, 100, 101, 102, 32767, 32768, 65534, 65535 };
    struct script *s = malloc(sizeof(*s));

    ck_assert_ptr_nonnull(s);
    for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
        uint16_t up = pointers[i];

        script_begin(s, "urgent", 1, UINT32_MAX - 150, 1000000);
        play(s, active(0));
        play(s, out(0, SYN, 0, 0, 0));
        play(s, in(10, SYN | ACK | URG, 0, 1, 0, .mss = 1000, .up = up));
        play(s, out(10, ACK, 1, 1, 0));
        play(s, in(20, ACK | URG, 101, 1, 100, .up = up));
        play(s, out(20, ACK, 1, 1, 0));
        play(s, in(21, ACK | URG, 250, 1, 1, .up = up));
        play(s, out(21, ACK, 1, 1, 0));
        play(s, in(22, ACK | URG, 1, 1, 100, .up = up));
        play(s, out(22, ACK, 1, 201, 0));
        play(s, in(23, ACK | URG, 201, 1, 0, .up = up));
        play(s, in(24, ACK | URG | FIN, 201, 1, 100, .up = up));
        play(s, out(24, ACK, 1, 302, 0));
        play(s, app(25, READ, 300));
        play(s, expect(25, AT_END, 1));
        script_end(s);
    }
    free(s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        syn_on_a_connection_is_challenged,
        a_peer_that_rebooted_resets_us,
        syn_inside_the_window_ends_a_half_open_connection,
        syn_inside_the_window_of_an_active_open_is_challenged,
        syn_and_another_flag_that_contradicts_it_are_dropped,
        a_segment_without_ack_is_dropped,
        an_ack_of_what_was_never_sent_is_answered,
        an_ack_of_long_ago_is_not_believed,
        the_largest_window_says_how_old_an_ack_may_be,
        an_old_ack_changes_nothing,
        an_old_ack_with_new_text_brings_the_text_alone,
        challenges_are_limited,
        hostile_TCPS_28_a_keep_alive_of_the_peer_is_answered,
        a_wrong_ack_in_syn_sent_is_reset,
        a_wrong_ack_of_a_half_open_connection_is_reset,
        a_soft_icmp_error_is_told_when_the_peer_stays_silent,
        a_hard_icmp_error_ends_an_open,
        a_hard_icmp_error_does_not_end_a_connection,
        a_hard_icmp_error_does_not_end_a_half_open_connection,
        urgent_text_is_text,
        urgent_pointers_on_crossing_syns_mean_nothing,
        hostile_TCPH_09_urgent_pointer,
        NULL,
    };

    return suite_run("attack", tests);
}

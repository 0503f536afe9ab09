/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every flag byte in every state that a connection has, wherever its numbers lie, against the
 * oracle (row TCPH-12 of tests/hostile-inputs.tsv). CLOSED and LISTEN are in test_flags_host.c.
 */
#include "tests/script/oracle.h"
#include "tests/script/script.h"
#include "tests/support/suite.h"

#include <stdlib.h>

#define TEXT 10
#define OUT 8 /* octets of ours that wait for their acknowledgment */

/* Everything is agreed on with the full profile; nothing is with the basic one. */
static const struct tcp_profile full = { .name = "full",
                                         .recovery = &tcp_rack,
                                         .recovery_without_sack = &tcp_newreno,
                                         .congestion = &tcp_cubic,
                                         .extensions = &tcp_timestamps_and_sack,
                                         .path_mtu = &tcp_discover_path_mtu,
                                         .user_timeout = &tcp_user_timeout };
static const struct tcp_profile *profile;

/* Of the peer's timestamps; 0: it sends none. */
static uint32_t ts(void)
{
    return profile == &full ? 7 : 0;
}

#define syn_options .mss = 1000, .sack_ok = profile == &full, .ts = ts()

static void take_all(struct script *s)
{
    struct tcp_hdr hdr;

    while (script_take(s, &hdr)) {
    }
}

static void our_text(struct script *s)
{
    play(s, app(20, WRITE, OUT));
    take_all(s);
}

static void our_text_and_fin(struct script *s)
{
    our_text(s);
    play(s, app(20, SHUTDOWN));
    take_all(s);
}

static void their_fin(struct script *s, uint32_t ack)
{
    play(s, in(20, ACK | FIN, 1, ack, 0, .ts = ts()));
    take_all(s);
}

/* SND.UNA */
static uint32_t una_of(enum oracle_state state)
{
    return state < ORACLE_ESTABLISHED                                ? 0
           : state == ORACLE_FIN_WAIT_2 || state == ORACLE_TIME_WAIT ? 1 + OUT + 1
                                                                     : 1;
}

/* What is in flight. */
static uint32_t out_of(enum oracle_state state)
{
    switch (state) {
    case ORACLE_SYN_SENT:
    case ORACLE_SYN_RECEIVED:
    case ORACLE_CROSSED:
        return 1;
    case ORACLE_ESTABLISHED:
    case ORACLE_CLOSE_WAIT:
        return OUT;
    case ORACLE_FIN_WAIT_1:
    case ORACLE_CLOSING:
    case ORACLE_LAST_ACK:
        return OUT + 1;
    default:
        return 0;
    }
}

/* The peer's next octet. */
static uint32_t next_of(enum oracle_state state)
{
    return state == ORACLE_SYN_SENT ? 0 : state < ORACLE_CLOSE_WAIT ? 1 : 2;
}

/* Brings a fresh socket into `state`. */
static void reach(struct script *s, enum oracle_state state)
{
    script_begin(s, "flags", UINT32_MAX - 1, UINT32_MAX - 3, 1000000);
    script_step(s, &(const struct event){ .kind = EVENT_SETUP, .setup = { .profile = profile } });
    if (state == ORACLE_SYN_RECEIVED) {
        play(s, passive(0, SYN, 0, 0, 0, syn_options));
    } else {
        play(s, active(0));
    }
    take_all(s);
    if (state == ORACLE_CROSSED) {
        play(s, in(5, SYN, 0, 0, 0, syn_options));
    } else if (state > ORACLE_CROSSED) {
        play(s, in(10, SYN | ACK, 0, 1, 0, syn_options));
    }
    take_all(s);
    switch (state) {
    case ORACLE_ESTABLISHED:
        our_text(s);
        break;
    case ORACLE_FIN_WAIT_1:
        our_text_and_fin(s);
        break;
    case ORACLE_FIN_WAIT_2:
        our_text_and_fin(s);
        play(s, in(20, ACK, 1, 1 + OUT + 1, 0, .ts = ts()));
        break;
    case ORACLE_CLOSE_WAIT:
        their_fin(s, 1);
        our_text(s);
        break;
    case ORACLE_CLOSING:
        our_text_and_fin(s);
        their_fin(s, 1);
        break;
    case ORACLE_LAST_ACK:
        their_fin(s, 1);
        our_text_and_fin(s);
        break;
    case ORACLE_TIME_WAIT:
        our_text_and_fin(s);
        their_fin(s, 1 + OUT + 1);
        break;
    default:
        break;
    }
}

static enum oracle_state state_of(const struct script *s, enum oracle_state from)
{
    static const enum oracle_state states[] = {
        [TCP_CLOSED] = ORACLE_CLOSED,         [TCP_SYN_SENT] = ORACLE_SYN_SENT,
        [TCP_SYN_RECEIVED] = ORACLE_CROSSED,  [TCP_ESTABLISHED] = ORACLE_ESTABLISHED,
        [TCP_FIN_WAIT_1] = ORACLE_FIN_WAIT_1, [TCP_FIN_WAIT_2] = ORACLE_FIN_WAIT_2,
        [TCP_CLOSE_WAIT] = ORACLE_CLOSE_WAIT, [TCP_CLOSING] = ORACLE_CLOSING,
        [TCP_LAST_ACK] = ORACLE_LAST_ACK,     [TCP_TIME_WAIT] = ORACLE_TIME_WAIT,
    };

    if (from == ORACLE_SYN_RECEIVED) { /* the listener is the host's business */
        return s->tcp->state == TCP_CLOSED         ? ORACLE_LISTEN
               : s->tcp->state == TCP_SYN_RECEIVED ? ORACLE_SYN_RECEIVED
                                                   : states[s->tcp->state];
    }
    return states[s->tcp->state];
}

static uint32_t seq_for(enum oracle_seq seq, uint32_t next)
{
    switch (seq) {
    case SEQ_INSIDE:
        return next + 5;
    case SEQ_BEFORE:
        return next - 1;
    case SEQ_BEYOND:
        return next + 40000;
    default:
        return next;
    }
}

static uint32_t ack_for(enum oracle_state state, enum oracle_ack ack)
{
    uint32_t una = una_of(state);
    uint32_t sent = una + out_of(state);

    switch (ack) {
    case ACK_OLD:
        return una;
    case ACK_PART:
        return una + out_of(state) / 2;
    case ACK_UNSENT:
        return sent + 1;
    case ACK_ANCIENT:
        return una - 65536;
    default:
        return sent;
    }
}

/* What came back within 100 ms, before any retransmission; more than one segment is too much. */
static enum oracle_reply reply(struct script *s, uint32_t ack)
{
    struct tcp_hdr hdr;
    struct tcp_hdr another;

    if (!script_advance(s, 120) || !script_take(s, &hdr)) {
        return REPLY_NONE;
    }
    if (script_advance(s, 120) || script_take(s, &another)) {
        ck_abort_msg("more than one answer");
    }
    switch (hdr.flags) {
    case ACK:
        return REPLY_ACK;
    case SYN | ACK:
        return REPLY_SYN_ACK;
    case RST:
        ck_assert_uint_eq(hdr.seq, ack);
        return REPLY_RST;
    default:
        ck_abort_msg("unexpected flags %02x", hdr.flags);
        return REPLY_NONE;
    }
}

static void compare(struct script *s, enum oracle_state from, struct oracle_segment seg)
{
    struct verdict want = oracle(from, seg);
    struct verdict got;
    uint32_t seq = seq_for(seg.seq, next_of(from));
    uint32_t ack = ack_for(from, seg.ack);

    reach(s, from);
    play(s, in(20, seg.flags, seq, ack, seg.len, .ts = ts()));
    got.reply = reply(s, seg.flags & ACK ? ack : 0);
    got.state = state_of(s, from);
    got.text = ring_used(&s->tcp->rx);
    if (want.reply != got.reply || want.state != got.state || want.text != got.text) {
        ck_abort_msg(
            "state %d, flags %02x, seq %d, ack %d, len %u: wanted reply %d, state %d, text "
            "%u; got reply %d, state %d, text %u",
            from, seg.flags, seg.seq, seg.ack, seg.len, want.reply, want.state, want.text,
            got.reply, got.state, got.text);
    }
    script_end(s);
}

static void compare_all(enum oracle_seq seq, enum oracle_ack ack, uint32_t len)
{
    struct script *s = malloc(sizeof(*s));

    ck_assert_ptr_nonnull(s);
    for (int state = ORACLE_SYN_SENT; state < ORACLE_N_STATES; state++) {
        for (unsigned flags = 0; flags < 256; flags++) {
            struct oracle_segment seg = { (uint8_t)flags, seq, ack, len };

            if (state == ORACLE_SYN_SENT && seq != SEQ_NEXT) {
                continue; /* there is no window yet */
            }
            compare(s, (enum oracle_state)state, seg);
        }
    }
    free(s);
}

START_TEST(hostile_TCPH_12_flags_without_text)
{
    compare_all(SEQ_NEXT, ACK_ALL, 0);
}
END_TEST

START_TEST(hostile_TCPH_12_flags_with_text)
{
    compare_all(SEQ_NEXT, ACK_ALL, TEXT);
}
END_TEST

START_TEST(hostile_TCPH_12_flags_inside_the_window)
{
    compare_all(SEQ_INSIDE, ACK_ALL, 0);
    compare_all(SEQ_INSIDE, ACK_ALL, TEXT);
}
END_TEST

START_TEST(hostile_TCPH_12_flags_before_the_window)
{
    compare_all(SEQ_BEFORE, ACK_ALL, 0);
    compare_all(SEQ_BEFORE, ACK_ALL, TEXT);
}
END_TEST

START_TEST(hostile_TCPH_12_flags_beyond_the_window)
{
    compare_all(SEQ_BEYOND, ACK_ALL, 0);
    compare_all(SEQ_BEYOND, ACK_ALL, TEXT);
}
END_TEST

START_TEST(hostile_TCPH_12_flags_with_any_ack)
{
    for (int seq = 0; seq < N_SEQS; seq++) {
        for (int ack = ACK_OLD; ack < N_ACKS; ack++) {
            compare_all((enum oracle_seq)seq, (enum oracle_ack)ack, 0);
            compare_all((enum oracle_seq)seq, (enum oracle_ack)ack, TEXT);
        }
    }
}
END_TEST

/* RFC 5961 4.2: whatever its numbers say, it is challenged, and the connection is what it was. */
START_TEST(hostile_TCPS_04_syns_in_every_synchronized_state)
{
    static const uint8_t flags[] = { SYN, SYN | ACK };
    struct script *s = malloc(sizeof(*s));

    ck_assert_ptr_nonnull(s);
    for (int state = ORACLE_CROSSED; state <= ORACLE_TIME_WAIT; state++) {
        for (int seq = state == ORACLE_CROSSED ? SEQ_INSIDE : SEQ_NEXT; seq < N_SEQS; seq++) {
            for (size_t i = 0; i < sizeof(flags); i++) {
                uint32_t at = seq_for((enum oracle_seq)seq, next_of((enum oracle_state)state));
                uint32_t ack = ack_for((enum oracle_state)state, ACK_ALL);

                if (state == ORACLE_CROSSED && seq == SEQ_BEFORE) {
                    continue; /* the SYN that it has, again */
                }
                reach(s, (enum oracle_state)state);
                play(s, in(20, flags[i], at, ack, 0, .ts = ts()));
                ck_assert_int_eq(reply(s, ack), REPLY_ACK);
                ck_assert_int_eq(state_of(s, (enum oracle_state)state), state);
                script_end(s);
            }
        }
    }
    free(s);
}
END_TEST

/* RFC 5961 5.2: text counts only with an acknowledgment of what was sent, lately. */
START_TEST(hostile_TCPS_05_text_with_an_ack_that_cannot_be)
{
    static const enum oracle_ack acks[] = { ACK_UNSENT, ACK_ANCIENT };
    struct script *s = malloc(sizeof(*s));

    ck_assert_ptr_nonnull(s);
    for (int state = ORACLE_ESTABLISHED; state <= ORACLE_FIN_WAIT_2; state++) {
        for (size_t i = 0; i < sizeof(acks) / sizeof(acks[0]); i++) {
            uint32_t ack = ack_for((enum oracle_state)state, acks[i]);

            reach(s, (enum oracle_state)state);
            play(s, in(20, ACK, next_of((enum oracle_state)state), ack, TEXT, .ts = ts()));
            ck_assert_int_eq(reply(s, ack), REPLY_ACK);
            ck_assert_int_eq(state_of(s, (enum oracle_state)state), state);
            ck_assert_uint_eq(ring_used(&s->tcp->rx), 0);
            script_end(s);
        }
    }
    free(s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_TCPH_12_flags_without_text,
        hostile_TCPH_12_flags_with_text,
        hostile_TCPH_12_flags_inside_the_window,
        hostile_TCPH_12_flags_before_the_window,
        hostile_TCPH_12_flags_beyond_the_window,
        hostile_TCPH_12_flags_with_any_ack,
        hostile_TCPS_04_syns_in_every_synchronized_state,
        hostile_TCPS_05_text_with_an_ack_that_cannot_be,
        NULL,
    };

    int failed = 0;

    profile = &sk_tcp_basic;
    failed |= suite_run("flags", tests);
    profile = &full;
    failed |= suite_run("flags with everything agreed on", tests);
    return failed;
}

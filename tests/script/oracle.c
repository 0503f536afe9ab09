/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules of RFC 9293 3.10.7, in its order: see oracle.h. */
#include "tests/script/oracle.h"

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define ACK 0x10

static bool has(struct oracle_segment seg, uint8_t flag)
{
    return (seg.flags & flag) != 0;
}

static struct verdict stay(enum oracle_state state, enum oracle_reply reply)
{
    return (struct verdict){ reply, state, 0 };
}

/* 3.10.7.1 */
static struct verdict closed(struct oracle_segment seg)
{
    if (has(seg, RST)) {
        return stay(ORACLE_CLOSED, REPLY_NONE);
    }
    return stay(ORACLE_CLOSED, has(seg, ACK) ? REPLY_RST : REPLY_RST_ACK);
}

/* 3.10.7.2: RST, ACK, SYN; anything else is dropped. */
static struct verdict listening(struct oracle_segment seg)
{
    if (has(seg, RST)) {
        return stay(ORACLE_LISTEN, REPLY_NONE);
    }
    if (has(seg, ACK)) {
        return stay(ORACLE_LISTEN, REPLY_RST);
    }
    if (has(seg, SYN) && !has(seg, FIN)) {
        return stay(ORACLE_SYN_RECEIVED, REPLY_SYN_ACK);
    }
    return stay(ORACLE_LISTEN, REPLY_NONE);
}

/* 3.10.7.3: ACK, RST, SYN; neither SYN nor RST is dropped. Text and FIN are not looked at. */
static struct verdict syn_sent(struct oracle_segment seg)
{
    if (has(seg, ACK) && seg.ack != ACK_ALL) {
        return stay(ORACLE_SYN_SENT, has(seg, RST) ? REPLY_NONE : REPLY_RST);
    }
    if (has(seg, RST)) {
        return stay(has(seg, ACK) ? ORACLE_CLOSED : ORACLE_SYN_SENT, REPLY_NONE);
    }
    if (!has(seg, SYN)) {
        return stay(ORACLE_SYN_SENT, REPLY_NONE);
    }
    return has(seg, ACK) ? stay(ORACLE_ESTABLISHED, REPLY_ACK)
                         : stay(ORACLE_CROSSED, REPLY_SYN_ACK);
}

/* First check. A segment before the window reaches into it by its text, SYN and FIN but one. */
static bool acceptable(struct oracle_segment seg)
{
    uint32_t len = seg.len + has(seg, SYN) + has(seg, FIN);

    return seg.seq == SEQ_NEXT || seg.seq == SEQ_INSIDE || (seg.seq == SEQ_BEFORE && len > 1);
}

/* Second check; RFC 5961 3.2, RFC 1337 for TIME-WAIT. */
static struct verdict reset(enum oracle_state state, struct oracle_segment seg)
{
    if (seg.seq == SEQ_INSIDE) {
        return stay(state, REPLY_ACK);
    }
    if (seg.seq != SEQ_NEXT || state == ORACLE_TIME_WAIT) {
        return stay(state, REPLY_NONE);
    }
    return stay(state == ORACLE_SYN_RECEIVED ? ORACLE_LISTEN : ORACLE_CLOSED, REPLY_NONE);
}

/*
 * What the peer sends when it has not heard our SYN,ACK, and when its own SYN,ACK crosses ours. The
 * SYN is trimmed off as not in the window, with its text, which the peer sends again.
 */
static bool is_own_syn_again(enum oracle_state state, struct oracle_segment seg)
{
    return (state == ORACLE_SYN_RECEIVED || state == ORACLE_CROSSED) && seg.seq == SEQ_BEFORE &&
           has(seg, SYN) && !(state == ORACLE_SYN_RECEIVED && has(seg, ACK));
}

/* Fifth check: true when the segment goes on. */
static bool acknowledges(enum oracle_state *state, struct oracle_segment seg,
                         struct verdict *verdict)
{
    bool handshake = *state == ORACLE_SYN_RECEIVED || *state == ORACLE_CROSSED;
    bool new_ack = seg.ack == ACK_ALL;

    if (handshake && !new_ack) {
        *verdict = stay(*state, REPLY_RST);
        return false;
    }
    if (seg.ack == ACK_UNSENT || seg.ack == ACK_ANCIENT) { /* RFC 5961 5.2 */
        *verdict = stay(*state, REPLY_ACK);
        return false;
    }
    if (handshake) {
        *state = ORACLE_ESTABLISHED;
    } else if (new_ack && *state == ORACLE_FIN_WAIT_1) {
        *state = ORACLE_FIN_WAIT_2;
    } else if (new_ack && *state == ORACLE_CLOSING) {
        *state = ORACLE_TIME_WAIT;
    } else if (new_ack && *state == ORACLE_LAST_ACK) {
        *verdict = stay(ORACLE_CLOSED, REPLY_NONE);
        return false;
    }
    return true;
}

/* Seventh and eighth: what takes sequence space is acknowledged; only what is next is delivered. */
static struct verdict text_and_fin(enum oracle_state state, struct oracle_segment seg)
{
    bool reads =
        state == ORACLE_ESTABLISHED || state == ORACLE_FIN_WAIT_1 || state == ORACLE_FIN_WAIT_2;
    bool next = seg.seq == SEQ_NEXT || seg.seq == SEQ_BEFORE;
    struct verdict verdict = stay(state, seg.len > 0 || has(seg, FIN) ? REPLY_ACK : REPLY_NONE);

    if (!reads || !next) {
        return verdict;
    }
    verdict.text = seg.seq == SEQ_BEFORE && seg.len > 0 ? seg.len - 1 : seg.len;
    if (has(seg, FIN)) {
        verdict.state = state == ORACLE_ESTABLISHED  ? ORACLE_CLOSE_WAIT
                        : state == ORACLE_FIN_WAIT_1 ? ORACLE_CLOSING
                                                     : ORACLE_TIME_WAIT;
    }
    return verdict;
}

/* 3.10.7.4 */
static struct verdict synchronized(enum oracle_state state, struct oracle_segment seg)
{
    struct verdict verdict;

    if (has(seg, RST)) {
        return reset(state, seg);
    }
    if (is_own_syn_again(state, seg)) {
        if (!has(seg, ACK)) {
            return stay(state, REPLY_SYN_ACK);
        }
        return acknowledges(&state, seg, &verdict) ? stay(state, REPLY_NONE) : verdict;
    }
    if (!acceptable(seg)) {
        return stay(state, REPLY_ACK);
    }
    if (has(seg, SYN)) { /* RFC 5961 4.2 */
        return state == ORACLE_SYN_RECEIVED ? stay(ORACLE_LISTEN, REPLY_NONE)
                                            : stay(state, REPLY_ACK);
    }
    if (!has(seg, ACK)) {
        return stay(state, REPLY_NONE);
    }
    if (!acknowledges(&state, seg, &verdict)) {
        return verdict;
    }
    return text_and_fin(state, seg);
}

struct verdict oracle(enum oracle_state state, struct oracle_segment seg)
{
    switch (state) {
    case ORACLE_CLOSED:
        return closed(seg);
    case ORACLE_LISTEN:
        return listening(seg);
    default:
        break;
    }
    if (has(seg, SYN) && (has(seg, FIN) || has(seg, RST))) {
        return stay(state, REPLY_NONE);
    }
    return state == ORACLE_SYN_SENT ? syn_sent(seg) : synchronized(state, seg);
}

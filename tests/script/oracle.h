/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What RFC 9293 3.10.7 wants done with a segment, written from the text and not from the code, with
 * what RFC 5961 tightens. Declared deviations: RFC 1337 (TIME-WAIT ignores RST), and SYN with FIN
 * or RST is dropped without an answer on every connection.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum oracle_state {
    ORACLE_CLOSED,
    ORACLE_LISTEN,
    ORACLE_SYN_SENT,
    ORACLE_SYN_RECEIVED, /* from LISTEN */
    ORACLE_CROSSED,      /* SYN-RECEIVED from SYN-SENT */
    ORACLE_ESTABLISHED,
    ORACLE_FIN_WAIT_1,
    ORACLE_FIN_WAIT_2,
    ORACLE_CLOSE_WAIT,
    ORACLE_CLOSING,
    ORACLE_LAST_ACK,
    ORACLE_TIME_WAIT,
    ORACLE_N_STATES
};

enum oracle_reply {
    REPLY_NONE,
    REPLY_ACK, /* at once or, of text that came in order, delayed */
    REPLY_SYN_ACK,
    REPLY_RST,     /* SEQ = SEG.ACK */
    REPLY_RST_ACK, /* SEQ = 0, ACK = SEG.SEQ + SEG.LEN */
};

/* Where the SEQ of a segment lies. */
enum oracle_seq {
    SEQ_NEXT,   /* RCV.NXT */
    SEQ_INSIDE, /* in the window, with a hole before it */
    SEQ_BEFORE, /* RCV.NXT - 1: in SYN-RECEIVED, the number of the peer's SYN */
    SEQ_BEYOND, /* past the window */
    N_SEQS
};

/* Where its ACK lies. */
enum oracle_ack {
    ACK_ALL,     /* SND.NXT */
    ACK_OLD,     /* SND.UNA, where something is out; else as ACK_ALL */
    ACK_PART,    /* between the two, where text is out; else as ACK_OLD */
    ACK_UNSENT,  /* SND.NXT + 1 */
    ACK_ANCIENT, /* below SND.UNA - MAX.SND.WND */
    N_ACKS
};

struct oracle_segment {
    uint8_t flags;
    enum oracle_seq seq;
    enum oracle_ack ack;
    uint32_t len; /* octets of text: 0, or more than one */
};

struct verdict {
    enum oracle_reply reply;
    enum oracle_state state; /* ORACLE_LISTEN from SYN-RECEIVED: the connection is forgotten */
    uint32_t text;           /* octets that become readable */
};

struct verdict oracle(enum oracle_state state, struct oracle_segment seg);

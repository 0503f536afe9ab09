/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet scripts: a table of what arrives, what leaves and what the program does, played against a
 * bare struct tcp_sock in virtual time. Times are milliseconds since the start, sequence numbers
 * count from 0 on either side. What is sent and not expected fails. Every script is played several
 * times, with sequence numbers, ticks and microseconds near their wrap. After every event the
 * socket's own books are audited, and so is every segment that it sends.
 *
 *     SCRIPT(the_peer_answers)
 *         active(0),
 *         out(0, SYN, 0, 0, 0, .mss = 1000),
 *         in(10, SYN | ACK, 0, 1, 0, .mss = 1000),
 *         out(10, ACK, 1, 1, 0),
 *         expect(10, STATE, TCP_ESTABLISHED),
 *     END_SCRIPT;
 *
 * A timer fires up to one tick late; the clock of the script stands still for that long, so scripts
 * name exact times.
 */
#pragma once

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "libsock.h"
#include "proto/tcp/tcp.h"

enum {
    FIN = TCP_FIN,
    SYN = TCP_SYN,
    RST = TCP_RST,
    PSH = TCP_PSH,
    ACK = TCP_ACK,
    URG = TCP_URG,
    ECE = TCP_ECE,
    CWR = TCP_CWR,
};

enum event_kind {
    EVENT_SETUP,
    EVENT_ACTIVE,
    EVENT_PASSIVE,
    EVENT_IN,
    EVENT_OUT,
    EVENT_APP,
    EVENT_EXPECT,
    EVENT_ICMP,
    EVENT_TOO_BIG,
    EVENT_REOPENS,
};

enum call {
    WRITE, /* n octets */
    WRITE_URGENT,
    READ, /* n octets, which have to be there */
    SHUTDOWN,
    SHUTDOWN_READ,
    CLOSE,
    ABORT,
    NODELAY,   /* n: on or off */
    CORK,      /* n: on or off */
    KEEPALIVE, /* n: on or off */
    GIVE_UP,   /* n: ms, the program's user timeout */
    LINK,      /* n: does the link take segments? */
};

/* What `expect` can ask for; all of them are numbers. */
enum field {
    STATE,
    ERR,
    REASON, /* enum drop_reason of the last segment */
    UNREAD, /* octets for the reader */
    UNACKED,
    AT_END,
    MAY_WRITE,
    CWND,
    MSS,
    DF,
    SSTHRESH,
    RTO, /* ms, the back-off included */
    SEND_WINDOW,
    RECEIVE_WINDOW, /* what the peer may still send */
    RANGES,         /* of out-of-order text */
    URGENT,         /* octets to read up to the last urgent one */
    IS_OPEN,        /* is there a deadline or a connection? */
};

/* How a connection is opened; 0: as written here. */
struct script_setup {
    const struct tcp_profile *profile; /* sk_tcp_basic */
    uint32_t rx; /* octets: 65536 would be announced with a scale of 1; 32768 */
    uint32_t tx; /* octets: 65536 */
    uint32_t limit;
    uint16_t path_mss; /* 1000 */
    uint16_t known_mss;
    uint16_t inflight; /* CONFIG_TCP_INFLIGHT */
    int32_t msl_ms;    /* 120000 */
    bool nodelay;
    struct tcp_options options; /* keep_count 0: TCP_DEFAULT_OPTIONS */
};

#define SHUT (-1) /* a window of 0 */
#define WS_0 (-1) /* a window scale option that says 0 */
#define NO_WS (-2)
#define NO_TS UINT32_MAX

struct event {
    enum event_kind kind;
    int line;
    int64_t ms;
    uint32_t what; /* flags, call or field */
    uint32_t n;    /* sequence number, count or value */
    uint32_t ack;
    uint32_t len;
    int32_t win;  /* as on the wire. in: 0 is "as the last one", 65535 at first; out: not checked */
    int32_t mss;  /* 0: none; out: not checked */
    int32_t ws;   /* 0: none; out: not checked */
    uint32_t ts;  /* timestamp, 0: none. out: not checked, but by NO_TS */
    uint32_t ecr; /* its echo. in: the ms at which we sent what it echoes; out: not checked if 0 */
    bool sack_ok; /* SACK-permitted; out: not checked */
    struct tcp_sack sack[TCP_MAX_SACK]; /* up to the first empty one; out: all of them */
    uint16_t up;                        /* urgent pointer; out: checked when there is URG */
    uint16_t uto;                       /* user timeout option, as on the wire; 0: none */
    uint8_t fill;                       /* in: all text is this octet, and not the peer's stream */
    bool ce;                            /* in: a router marked it; out: ECT(0), a router may */
    bool more;                          /* in: the next one arrives in the same poll */
    enum drop_reason drop;              /* in: what the answer has to be, if not 0 */
    struct script_setup setup;
};

// clang-format off
#define EVENT(k, ...)  { .kind = (k), .line = __LINE__, .ms = __VA_ARGS__ }

#define setup(...)     { .kind = EVENT_SETUP, .line = __LINE__, .setup = { __VA_ARGS__ } }
#define active(...)    EVENT(EVENT_ACTIVE, __VA_ARGS__)    /* ms */
#define passive(...)   EVENT(EVENT_PASSIVE, __VA_ARGS__)   /* ms, flags, seq, ack, len, .win= .mss= .ws= */
#define in(...)        EVENT(EVENT_IN, __VA_ARGS__)        /* ms, flags, seq, ack, len, ... */
#define out(...)       EVENT(EVENT_OUT, __VA_ARGS__)       /* ms, flags, seq, ack, len, ... */
#define app(...)       EVENT(EVENT_APP, __VA_ARGS__)       /* ms, call, n */
#define expect(...)    EVENT(EVENT_EXPECT, __VA_ARGS__)    /* ms, field, value */
#define icmp(...)      EVENT(EVENT_ICMP, __VA_ARGS__)      /* ms, error, seq, hard */
#define too_big(...)   EVENT(EVENT_TOO_BIG, __VA_ARGS__)   /* ms, MTU, seq, what is believed, or 0 */
#define reopens(...)   EVENT(EVENT_REOPENS, __VA_ARGS__)   /* ms, flags, seq, expected */

#define SCRIPT(name)   START_TEST(name) { static const char *const title = #name; static const struct event story[] = {
#define END_SCRIPT     }; script_run(__FILE__, title, story, sizeof(story) / sizeof(story[0])); } END_TEST _Static_assert(1, "takes the semicolon")

/* How most scripts begin: connected at 20 ms, round trip 10 ms, segments of 1000 octets. */
#define connected \
    active(0), \
    out(0, SYN, 0, 0, 0), \
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000), \
    out(10, ACK, 1, 1, 0)
// clang-format on

#define SCRIPT_TS_OFFSET 0xfffffff0u /* of our timestamps: they wrap soon after the beginning */
#define SCRIPT_MAX_SENT 1024
#define SCRIPT_MAX_NEWS 64

struct sent {
    struct tcp_hdr hdr;
    instant at;
};

struct script {
    struct tcp_sock *tcp; /* on the heap, as are its rings */
    const char *file;
    const char *title;
    int line;
    uint32_t iss;
    uint32_t irs;
    instant start;
    instant now;
    duration late; /* by how much timers fired after their time */
    struct script_setup setup;
    struct sent sent[SCRIPT_MAX_SENT]; /* and not expected yet */
    uint32_t first_sent;
    uint32_t n_sent;
    bool link_down;
    bool was_open;
    bool sack_ok; /* both sides permitted it */
    bool ts_ok;   /* both sides have timestamps */
    uint16_t peer_mss;
    uint16_t win;                          /* the peer's last */
    uint32_t read;                         /* octets so far */
    uint32_t written;                      /* octets so far */
    uint32_t rcv_adv;                      /* of the last audit */
    struct tcp_sack news[SCRIPT_MAX_NEWS]; /* text that came since we last sent an ACK */
    uint32_t n_news;
    uint32_t entered; /* where that began which was out of order, once has_entered */
    bool has_entered;
    uint32_t recover;         /* of the recovery that was audited last, ... */
    uint32_t recovery_flight; /* ... and what was out when it began, octets */
    uint32_t edge;            /* the right edge that went over the wire */
    uint32_t n_octets;        /* of text that was sent, retransmissions included */
    uint32_t n_segments;
    bool announced;
    enum drop_reason reason;
};

/** Plays a table. A failure names its line. */
void script_run(const char *file, const char *title, const struct event *story, size_t n);

/* A script that is not a table: */

void script_begin(struct script *s, const char *title, uint32_t iss, uint32_t irs, instant start);
void script_step(struct script *s, const struct event *event);
void script_end(struct script *s);

/** Plays one event: play(s, in(0, ACK, 1, 1, 0)). */
#define play(s, ...) script_step(s, &(const struct event)__VA_ARGS__)

/** Takes the next segment that was sent, its numbers relative; false: there is none. */
bool script_take(struct script *s, struct tcp_hdr *hdr);

/** Lets time pass up to `ms`, or up to the first segment that is sent. True: one was. */
bool script_advance(struct script *s, int64_t ms);

/** Milliseconds since the start, rounded down. */
int64_t script_ms(const struct script *s);

/** Connects: as `connected`, with the peer's `mss`, `win` and `ws` (as in an event). */
void script_connect(struct script *s, int32_t mss, int32_t win, int32_t ws);

/** Octet `at` of our stream (0) or of the peer's (1). */
static inline uint8_t script_octet(int stream, uint32_t at)
{
    return (uint8_t)(at * 31 + (at >> 8) * 17 + (uint32_t)stream * 101 + 1);
}

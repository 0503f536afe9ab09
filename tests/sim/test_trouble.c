/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Systematic trouble: short conversations, each under every pattern of lost packets among its first
 * fourteen, every single one that arrives twice, and every two neighbours that change places. Each
 * ends with every octet exactly once, or with an error that its program is told. PATTERNS=16384
 * takes all patterns; a smaller number takes those with few losses, and a sample.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/suite.h"
#include "tests/support/world.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#define N_LOSSES 14
#define N_PATTERNS (1u << N_LOSSES)
#define N_SAMPLES 64 /* without PATTERNS, of those with more than FEW losses */
#define FEW 2
#define BEARABLE 5 /* losses that no connection dies of: SYN is sent more often */

#define DELAY 1000                   /* us, one way */
#define PATIENCE (7200LL * 1000000)  /* us of virtual time */
#define LONGEST_HOLD (3LL * 1000000) /* us: a frame that its neighbour passes */
#define MAX_FRAMES 64

#define REQUEST 100
#define RESPONSE 3000 /* octets: several segments */
#define PORT 80

/* ---- What the programs do ---- */

enum move_kind {
    DONE,
    SENDS,
    GETS,
    HEARS_END,
    SHUTS,
    CLOSES,
    ABORTS,
};

struct move {
    enum move_kind kind;
    uint32_t n; /* octets */
};

#define N_MOVES 6

struct conversation {
    const char *name;
    bool simultaneous; /* both connect */
    bool is_cut;       /* one of them resets: the other may be told */
    struct move moves[2][N_MOVES];
};

// clang-format off
static const struct conversation conversations[] = {
    { .name = "the client closes first", .moves = {
        { { SENDS, REQUEST }, { GETS, RESPONSE }, { CLOSES, 0 } },
        { { GETS, REQUEST }, { SENDS, RESPONSE }, { HEARS_END, 0 }, { CLOSES, 0 } } } },
    { .name = "the server closes first", .moves = {
        { { SENDS, REQUEST }, { GETS, RESPONSE }, { HEARS_END, 0 }, { CLOSES, 0 } },
        { { GETS, REQUEST }, { SENDS, RESPONSE }, { CLOSES, 0 } } } },
    { .name = "both close", .moves = {
        { { SENDS, REQUEST }, { GETS, RESPONSE }, { CLOSES, 0 } },
        { { GETS, REQUEST }, { SENDS, RESPONSE }, { CLOSES, 0 } } } },
    { .name = "the end is part of the request", .moves = {
        { { SENDS, REQUEST }, { SHUTS, 0 }, { GETS, RESPONSE }, { HEARS_END, 0 }, { CLOSES, 0 } },
        { { GETS, REQUEST }, { HEARS_END, 0 }, { SENDS, RESPONSE }, { CLOSES, 0 } } } },
    { .name = "the server speaks first", .moves = {
        { { GETS, RESPONSE }, { SENDS, REQUEST }, { CLOSES, 0 } },
        { { SENDS, RESPONSE }, { GETS, REQUEST }, { HEARS_END, 0 }, { CLOSES, 0 } } } },
    { .name = "both speak at once", .moves = {
        { { SENDS, RESPONSE }, { GETS, RESPONSE }, { CLOSES, 0 } },
        { { SENDS, RESPONSE }, { GETS, RESPONSE }, { CLOSES, 0 } } } },
    { .name = "nobody speaks and the client closes", .moves = {
        { { CLOSES, 0 } },
        { { HEARS_END, 0 }, { CLOSES, 0 } } } },
    { .name = "nobody speaks and the server closes", .moves = {
        { { HEARS_END, 0 }, { CLOSES, 0 } },
        { { CLOSES, 0 } } } },
    { .name = "a message and no answer", .moves = {
        { { SENDS, RESPONSE }, { CLOSES, 0 } },
        { { GETS, RESPONSE }, { HEARS_END, 0 }, { CLOSES, 0 } } } },
    { .name = "the client aborts", .is_cut = true, .moves = {
        { { SENDS, REQUEST }, { GETS, RESPONSE }, { ABORTS, 0 } },
        { { GETS, REQUEST }, { SENDS, RESPONSE }, { HEARS_END, 0 }, { CLOSES, 0 } } } },
    { .name = "the server aborts", .is_cut = true, .moves = {
        { { SENDS, REQUEST }, { GETS, RESPONSE }, { CLOSES, 0 } },
        { { GETS, REQUEST }, { ABORTS, 0 } } } },
    { .name = "the client does not read the answer", .is_cut = true, .moves = {
        { { SENDS, REQUEST }, { CLOSES, 0 } },
        { { GETS, REQUEST }, { SENDS, RESPONSE }, { HEARS_END, 0 }, { CLOSES, 0 } } } },
    { .name = "both connect", .simultaneous = true, .moves = {
        { { SENDS, REQUEST }, { GETS, REQUEST }, { HEARS_END, 0 }, { CLOSES, 0 } },
        { { SENDS, REQUEST }, { GETS, REQUEST }, { CLOSES, 0 } } } },
};
// clang-format on

#define N_CONVERSATIONS (sizeof(conversations) / sizeof(conversations[0]))

/* ---- What happens to them ---- */

struct meeting;

struct trouble {
    uint32_t losses; /* a bit for each of the first packets that travel either way */
    int doubled;     /* the number of one, -1: none */
    int held;        /* likewise */
    duration hold;
    struct meeting *m;
    int n;
    instant sent_at[MAX_FRAMES];
    int from[MAX_FRAMES];
    bool reset_lost;
};

static const struct conversation *running;
static const struct trouble *troubled;

static void check(bool holds, const char *what)
{
    if (!holds) {
        ck_abort_msg("%s, losses %x, doubled %d, held %d: %s", running->name, troubled->losses,
                     troubled->doubled, troubled->held, what);
    }
}

/* ---- The programs ---- */

static uint8_t octet_at(int host, uint32_t i)
{
    return (uint8_t)((i * 2654435761u >> 13) + (uint32_t)host);
}

struct side {
    struct world *w;
    int host;
    const struct move *move;
    sk_fd fd;
    bool open;            /* the handle is there */
    struct sk_op open_op; /* until then */
    uint32_t n;           /* octets of this move that are done */
    uint32_t sent;        /* in all */
    uint32_t received;
    enum sk_err err;
};

static enum sk_err send_some(struct side *s, uint32_t n)
{
    uint8_t octets[RESPONSE];
    struct sk_iov iov = { octets, n };
    struct sk_op op;
    enum sk_err err;

    for (uint32_t i = 0; i < n; i++) {
        octets[i] = octet_at(s->host, s->sent + i);
    }
    sk_op_send(&op, s->fd, &iov, 1, (struct sk_addr){ .port = 0 }, 0);
    err = op.poll(&op, s->w->hosts[s->host], s->w->now);
    s->n += (uint32_t)op.done;
    s->sent += (uint32_t)op.done;
    return err;
}

/* As much as there is of `n`; 0 is the end. */
static enum sk_err get_some(struct side *s, uint32_t n, uint32_t *got)
{
    uint8_t octets[RESPONSE];
    struct sk_iov iov = { octets, n };
    struct sk_op op;
    enum sk_err err;

    sk_op_recv(&op, s->fd, &iov, 1, 0);
    err = op.poll(&op, s->w->hosts[s->host], s->w->now);
    *got = (uint32_t)op.done;
    for (uint32_t i = 0; i < *got; i++, s->received++) {
        check(octets[i] == octet_at(1 - s->host, s->received), "a wrong octet");
    }
    return err;
}

static enum sk_err get_move(struct side *s)
{
    uint32_t got;
    enum sk_err err = get_some(s, s->move->n - s->n, &got);

    if (err != SK_OK) {
        return err;
    }
    check(got > 0, "the end came too early");
    s->n += got;
    return s->n == s->move->n ? SK_OK : SK_PENDING;
}

static enum sk_err hear_end(struct side *s)
{
    uint32_t got;
    enum sk_err err = get_some(s, 1, &got);

    check(err != SK_OK || got == 0, "an octet too many");
    return err;
}

static enum sk_err make_move(struct side *s)
{
    struct sk_iface *iface = s->w->hosts[s->host];

    switch (s->move->kind) {
    case SENDS:
        return send_some(s, s->move->n - s->n);
    case GETS:
        return get_move(s);
    case HEARS_END:
        return hear_end(s);
    case SHUTS:
        return sk_shutdown(iface, s->fd, SK_SHUT_WR, s->w->now);
    case ABORTS:
        s->open = false;
        return sk_abort(iface, s->fd, s->w->now);
    default:
        s->open = false;
        return sk_close(iface, s->fd, s->w->now);
    }
}

static void fail_with(struct side *s, enum sk_err err)
{
    static const struct move done = { DONE, 0 };

    s->err = err;
    s->move = &done;
    if (s->open) {
        s->open = false;
        sk_close(s->w->hosts[s->host], s->fd, s->w->now);
    }
}

/* Until it has to wait. */
static void go_on(struct side *s)
{
    while (s->open && s->move->kind != DONE) {
        enum sk_err err = make_move(s);
        if (err == SK_PENDING) {
            return;
        }
        if (err != SK_OK) {
            fail_with(s, err);
            return;
        }
        s->move++;
        s->n = 0;
    }
}

/* ---- How they meet ---- */

struct meeting {
    struct world w;
    struct side sides[2];
    sk_fd listener;
    bool listens;
};

static void connects(struct side *s, bool bound)
{
    struct sk_iface *iface = s->w->hosts[s->host];

    ck_assert_int_eq(sk_socket(iface, SK_STREAM, &s->fd), SK_OK);
    if (bound) {
        ck_assert_int_eq(sk_bind(iface, s->fd, (struct sk_addr){ .port = PORT }), SK_OK);
    }
    s->open = true;
    sk_op_connect(&s->open_op, s->fd, world_addr(1 - s->host, PORT));
}

static void listens(struct meeting *m)
{
    struct sk_iface *iface = m->w.hosts[1];

    ck_assert_int_eq(sk_socket(iface, SK_STREAM, &m->listener), SK_OK);
    ck_assert_int_eq(sk_bind(iface, m->listener, (struct sk_addr){ .port = PORT }), SK_OK);
    ck_assert_int_eq(sk_listen(iface, m->listener, 1, m->w.now), SK_OK);
    m->listens = true;
    sk_op_accept(&m->sides[1].open_op, m->listener);
}

static void stop_listening(struct meeting *m)
{
    if (m->listens) {
        m->listens = false;
        sk_close(m->w.hosts[1], m->listener, m->w.now);
    }
}

/* The connection is there, or will not be. */
static bool has_met(struct meeting *m, struct side *s)
{
    enum sk_err err;

    if (!s->open_op.poll) {
        return true;
    }
    err = s->open_op.poll(&s->open_op, s->w->hosts[s->host], s->w->now);
    if (err == SK_PENDING) {
        return false;
    }
    s->open_op.poll = NULL;
    if (err != SK_OK) {
        fail_with(s, err);
    } else if (s->host == 1 && m->listens) {
        s->fd = s->open_op.u.accepted;
        s->open = true;
        stop_listening(m);
    }
    return true;
}

static bool is_over(const struct side *s)
{
    return s->move->kind == DONE;
}

static void advance(struct meeting *m)
{
    for (int i = 0; i < 2; i++) {
        if (has_met(m, &m->sides[i])) {
            go_on(&m->sides[i]);
        }
    }
    /* A client that came to nothing is nobody to wait for. */
    if (m->listens && is_over(&m->sides[0]) && m->sides[0].err != SK_OK &&
        sk_iface_idle(m->w.hosts[0])) {
        stop_listening(m);
        m->sides[1].open_op.poll = NULL;
        fail_with(&m->sides[1], m->sides[0].err);
    }
}

/* ---- The wire ---- */

static bool is_reset(const struct pkt *frame)
{
    return sk_pkt_data(frame)[IPV4_HDR_LEN + 13] & TCP_RST;
}

static bool meddle(struct trouble *t, int from, const struct pkt *frame)
{
    struct pair_settings *s = &t->m->w.wire.wires[from].settings;
    int n = t->n++;
    bool is_lost = n < N_LOSSES && (t->losses >> n & 1) != 0;

    if (n < MAX_FRAMES) {
        t->sent_at[n] = t->m->w.now;
        t->from[n] = from;
    }
    s->duplicate = n == t->doubled ? PAIR_CERTAIN : 0;
    s->delay = n == t->held ? DELAY + t->hold : DELAY;
    t->reset_lost |= is_lost && is_reset(frame);
    return is_lost;
}

static bool meddle_out(void *trouble, uint64_t n, const struct pkt *frame)
{
    (void)n;
    return meddle(trouble, 0, frame);
}

static bool meddle_back(void *trouble, uint64_t n, const struct pkt *frame)
{
    (void)n;
    return meddle(trouble, 1, frame);
}

/* ---- One run ---- */

static void begin(struct meeting *m, const struct conversation *c, struct trouble *t)
{
    struct world_setup setup = {
        .seed = 1,
        .medium = LINK_IP,
        .n_frames = 32,
        .settings = { .delay = DELAY },
        .config = { .n_tcp = 2,
                    .n_udp = 1,
                    .n_listeners = 1,
                    .n_packets = 16,
                    .rcvbuf = 4096,
                    .sndbuf = 4096 },
    };

    *m = (struct meeting){ .listens = false };
    world_begin(&m->w, &setup);
    t->m = m;
    t->n = 0;
    t->reset_lost = false;
    m->w.wire.wires[0].settings.lose = meddle_out;
    m->w.wire.wires[1].settings.lose = meddle_back;
    for (int i = 0; i < 2; i++) {
        m->w.wire.wires[i].settings.context = t;
        m->sides[i] = (struct side){ .w = &m->w, .host = i, .move = c->moves[i] };
    }
    if (c->simultaneous) {
        connects(&m->sides[1], true);
    } else {
        listens(m);
    }
    connects(&m->sides[0], c->simultaneous);
}

/* The programs' own, SO_RCVTIMEO: who waits for the first words of a server that gave the
 * connection up, or of a peer whose reset was lost, waits for ever, since TCP has nothing to send.
 */
static void time_out(struct meeting *m)
{
    stop_listening(m);
    for (int i = 0; i < 2; i++) {
        if (!is_over(&m->sides[i])) {
            m->sides[i].open_op.poll = NULL;
            fail_with(&m->sides[i], SK_AGAIN);
        }
    }
}

static bool may_fail(const struct conversation *c, const struct trouble *t, enum sk_err err)
{
    bool dies = __builtin_popcount(t->losses) > BEARABLE;

    switch (err) {
    case SK_OK:
        return true;
    case SK_RESET:
    case SK_PIPE:
        return c->is_cut || dies;
    case SK_TIMED_OUT:
        return dies;
    case SK_AGAIN:
        return dies || t->reset_lost;
    default:
        return false;
    }
}

/* How many packets travelled. */
static int run(const struct conversation *c, struct trouble *t)
{
    struct meeting m;
    instant until;

    running = c;
    troubled = t;
    begin(&m, c, t);
    until = m.w.now + PATIENCE;
    advance(&m);
    while (!(is_over(&m.sides[0]) && is_over(&m.sides[1]))) {
        if (!world_step(&m.w, until)) {
            time_out(&m);
        }
        world_settle(&m.w);
        advance(&m);
    }
    for (int i = 0; i < 2; i++) {
        check(may_fail(c, t, m.sides[i].err), sk_err_name(m.sides[i].err));
    }
    world_end(&m.w);
    return t->n;
}

/* ---- The tests ---- */

static uint32_t n_patterns;

static bool is_taken(uint32_t pattern)
{
    return n_patterns == N_PATTERNS || __builtin_popcount(pattern) <= FEW ||
           pattern * 2654435761u % N_PATTERNS < n_patterns;
}

static const struct trouble none = { .doubled = -1, .held = -1 };

START_TEST(packets_are_lost)
{
    for (size_t i = 0; i < N_CONVERSATIONS; i++) {
        for (uint32_t pattern = 0; pattern < N_PATTERNS; pattern++) {
            if (is_taken(pattern)) {
                struct trouble t = none;
                t.losses = pattern;
                run(&conversations[i], &t);
            }
        }
    }
}
END_TEST

START_TEST(a_packet_arrives_twice)
{
    for (size_t i = 0; i < N_CONVERSATIONS; i++) {
        struct trouble t = none;
        int n = run(&conversations[i], &t);
        for (int k = 0; k < n; k++) {
            t = none;
            t.doubled = k;
            run(&conversations[i], &t);
        }
    }
}
END_TEST

/* How long packet `k` has to be held, so that the next one in its direction passes it. */
static duration gap_after(const struct trouble *t, int k)
{
    for (int next = k + 1; next < t->n && next < MAX_FRAMES; next++) {
        if (t->from[next] == t->from[k]) {
            duration gap = t->sent_at[next] - t->sent_at[k] + 1;
            return gap < LONGEST_HOLD ? gap : LONGEST_HOLD;
        }
    }
    return LONGEST_HOLD;
}

START_TEST(two_packets_change_places)
{
    for (size_t i = 0; i < N_CONVERSATIONS; i++) {
        struct trouble undisturbed = none;
        int n = run(&conversations[i], &undisturbed);
        check(n > 4 && n < MAX_FRAMES, "not a short conversation");
        for (int k = 0; k < n; k++) {
            struct trouble t = none;
            t.held = k;
            t.hold = gap_after(&undisturbed, k);
            run(&conversations[i], &t);
        }
    }
}
END_TEST

int main(void)
{
    const char *patterns = getenv("PATTERNS");
    const TTest *const tests[] = {
        packets_are_lost,
        a_packet_arrives_twice,
        two_packets_change_places,
        NULL,
    };

    n_patterns = patterns != NULL ? (uint32_t)strtoul(patterns, NULL, 10) : N_SAMPLES;
    return suite_run("trouble", tests);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The player of packet scripts: see script.h; what it audits is in audit.c. */
#include "tests/script/script.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sum.h"
#include "proto/tcp/time_wait.h"
#include "tests/script/audit.h"
#include "tests/script/expect.h"

#define MAX_AT_ONCE 20000 /* segments at one instant: more is a livelock */

int64_t script_ms(const struct script *s)
{
    return (s->now - s->late - s->start) / 1000;
}

instant script_instant(const struct script *s, int64_t ms)
{
    return s->start + s->late + millis(ms);
}

void script_begin(struct script *s, const char *title, uint32_t iss, uint32_t irs, instant start)
{
    memset(s, 0, sizeof(*s));
    s->title = title;
    s->file = "";
    s->iss = iss;
    s->irs = irs;
    s->start = start;
    s->now = start;
    s->win = 65535;
}

void script_end(struct script *s)
{
    if (s->tcp) {
        free(s->tcp->rx.base);
        free(s->tcp->tx.base);
        free(s->tcp);
    }
    s->tcp = NULL;
}

/* ---- What is sent ---------------------------------------------------------------------------- */

static void relate(const struct script *s, struct tcp_hdr *hdr)
{
    hdr->seq -= s->iss;
    hdr->ack -= hdr->flags & TCP_ACK ? s->irs : 0;
    for (uint8_t i = 0; i < hdr->n_sack; i++) {
        hdr->sack[i] = (struct tcp_sack){ hdr->sack[i].start - s->irs, hdr->sack[i].end - s->irs };
    }
}

struct sent *script_next_sent(struct script *s)
{
    return &s->sent[s->first_sent % SCRIPT_MAX_SENT];
}

static void pump(struct script *s)
{
    struct tcp_hdr hdr;
    struct tcp_text text;

    for (int n = 0; !s->link_down && tcp_next(s->tcp, s->now, &hdr, &text); n++) {
        audit_segment(s, &hdr, &text);
        tcp_sent(s->tcp, &hdr, s->now);
        audit_socket(s);
        relate(s, &hdr);
        if (s->n_sent == SCRIPT_MAX_SENT || n == MAX_AT_ONCE) {
            script_fail(s, "it does not stop sending");
        }
        s->sent[(s->first_sent + s->n_sent++) % SCRIPT_MAX_SENT] = (struct sent){ hdr, s->now };
    }
}

bool script_take(struct script *s, struct tcp_hdr *hdr)
{
    if (s->n_sent == 0) {
        return false;
    }
    *hdr = script_next_sent(s)->hdr;
    s->first_sent++;
    s->n_sent--;
    return true;
}

bool script_advance(struct script *s, int64_t ms)
{
    instant until = script_instant(s, ms);
    int n = 0;

    while (s->n_sent == 0) {
        instant at = s->tcp ? tcp_poll_at(s->tcp, s->now) : NEVER;

        if (at > until) {
            s->now = until > s->now ? until : s->now;
            return false;
        }
        if (at <= s->now && n++ == 3) {
            script_fail(s, "a deadline that has passed is still there");
        }
        if (at > s->now) {
            s->now = at;
            n = 0;
        }
        tcp_poll(s->tcp, s->now);
        audit_socket(s);
        pump(s);
    }
    return true;
}

/* ---- What happens to the socket -------------------------------------------------------------- */

static void add_options(const struct script *s, const struct event *e, struct tcp_hdr *hdr)
{
    hdr->sack_permitted = e->sack_ok;
    hdr->has_timestamps = e->ts != 0;
    hdr->tsval = e->ts;
    hdr->uto = e->uto;
    hdr->tsecr = e->what & TCP_ACK && e->ts != 0
                     ? SCRIPT_TS_OFFSET + tick_floor(script_instant(s, e->ecr))
                     : 0;
    while (hdr->n_sack < TCP_MAX_SACK && e->sack[hdr->n_sack].start != e->sack[hdr->n_sack].end) {
        hdr->sack[hdr->n_sack] = (struct tcp_sack){ s->iss + e->sack[hdr->n_sack].start,
                                                    s->iss + e->sack[hdr->n_sack].end };
        hdr->n_sack++;
    }
}

static struct tcp_hdr header(struct script *s, const struct event *e)
{
    struct tcp_hdr hdr;

    if (e->win != 0) {
        s->win = (uint16_t)(e->win == SHUT ? 0 : e->win);
    }
    hdr = (struct tcp_hdr){
        .seq = s->irs + e->n,
        .ack = e->what & TCP_ACK ? s->iss + e->ack : 0,
        .flags = (uint8_t)e->what,
        .wnd = s->win,
        .up = e->up,
        .mss = (uint16_t)e->mss,
        .wscale = (uint8_t)(e->ws == 0      ? TCP_NO_WSCALE
                            : e->ws == WS_0 ? 0
                                            : e->ws),
        .len = e->len,
    };
    add_options(s, e, &hdr);
    return hdr;
}

static void open_socket(struct script *s, const struct event *e)
{
    struct script_setup *o = &s->setup;
    struct tcp_setup setup = { .profile = o->profile ? o->profile : &sk_tcp_basic,
                               .iss = s->iss,
                               .ts_offset = SCRIPT_TS_OFFSET };
    struct tcp_hdr hdr = header(s, e);

    script_end(s);
    setup.n_ranges = CONFIG_TCP_RANGES;
    setup.n_inflight = o->inflight ? o->inflight : CONFIG_TCP_INFLIGHT;
    s->tcp =
        malloc(sizeof(*s->tcp) + tcp_state_size(setup.profile, setup.n_ranges, setup.n_inflight));
    o->path_mss = o->path_mss ? o->path_mss : 1000;
    setup.rx_size = o->rx ? o->rx : 32768;
    setup.tx_size = o->tx ? o->tx : 65536;
    setup.rx = malloc(setup.rx_size);
    setup.tx = malloc(setup.tx_size);
    setup.rcv_limit = o->limit ? o->limit : setup.rx_size;
    setup.path_mss = o->path_mss;
    setup.known_mss = o->known_mss;
    setup.msl = millis(o->msl_ms ? o->msl_ms : 120000);
    setup.options = o->options.keep_count ? o->options : TCP_DEFAULT_OPTIONS;
    setup.options.nodelay = o->nodelay;
    ck_assert(s->tcp && setup.rx && setup.tx);
    if (e->kind == EVENT_ACTIVE) {
        tcp_open(s->tcp, &setup, s->now);
    } else {
        s->peer_mss = hdr.mss;
        s->sack_ok = hdr.sack_permitted && setup.profile->extensions;
        s->ts_ok = hdr.has_timestamps && setup.profile->extensions;
        tcp_open_passive(s->tcp, &setup, &hdr, s->now);
    }
}

static void segment_arrives(struct script *s, const struct event *e)
{
    struct ip_hdr ip = { .proto = IP_PROTO_TCP,
                         .ttl = IP_DEFAULT_TTL,
                         .tos = e->ce ? IP_ECN_CE : IP_ECN_ECT0 };
    struct tcp_hdr hdr = header(s, e);
    uint8_t *text = malloc(e->len ? e->len : 1);
    bool was_syn_sent;

    for (uint32_t i = 0; i < e->len; i++) {
        text[i] = e->fill ? e->fill : script_octet(1, e->n - 1 + i);
    }
    if (hdr.flags & TCP_SYN) {
        s->peer_mss = hdr.mss;
    }
    if (tcp_place(s->tcp, &hdr, text) % SUM_GOOD != sum_add(0, text, e->len) % SUM_GOOD) {
        script_fail(s, "tcp_place sums wrongly");
    }
    free(text);
    audit_socket(s);
    was_syn_sent = s->tcp->state == TCP_SYN_SENT;
    s->reason = tcp_arrives(s->tcp, &ip, &hdr, s->now);
    if (hdr.flags & TCP_SYN && was_syn_sent && s->tcp->state != TCP_SYN_SENT) {
        s->sack_ok = hdr.sack_permitted && s->tcp->profile->extensions;
        s->ts_ok = hdr.has_timestamps && s->tcp->profile->extensions;
    }
    audit_text_arrived(s, &hdr);
    if (e->drop != DROP_NONE && e->drop != s->reason) {
        script_fail(s, "expected %s, got %s", sk_drop_reason_name(e->drop),
                    sk_drop_reason_name(s->reason));
    }
}

static void produce(struct script *s, uint32_t n)
{
    struct span to[2];

    if (n > ring_free(&s->tcp->tx)) {
        script_fail(s, "no room for %u octets", n);
    }
    ring_reserve(&s->tcp->tx, 0, n, to);
    for (int k = 0; k < 2; k++) {
        for (uint32_t i = 0; i < to[k].len; i++) {
            to[k].at[i] = script_octet(0, s->written + i);
        }
        s->written += to[k].len;
    }
    ring_commit(&s->tcp->tx, n);
    tcp_produced(s->tcp, s->now);
}

static void consume(struct script *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint8_t octet;

        if (ring_read(&s->tcp->rx, &octet, 1) != 1) {
            script_fail(s, "expected %u octets to read, got %u", n, i);
        }
        if (octet != script_octet(1, s->read)) {
            script_fail(s, "octet %u of the peer's stream is wrong", s->read);
        }
        s->read++;
    }
    tcp_consumed(s->tcp, s->now);
}

static void call(struct script *s, const struct event *e)
{
    switch ((enum call)e->what) {
    case WRITE:
        produce(s, e->n);
        break;
    case WRITE_URGENT:
        produce(s, e->n);
        tcp_send_urgent(s->tcp);
        break;
    case READ:
        consume(s, e->n);
        break;
    case SHUTDOWN:
        tcp_shutdown_send(s->tcp, s->now);
        break;
    case SHUTDOWN_READ:
        tcp_shutdown_receive(s->tcp);
        break;
    case CLOSE:
        tcp_close(s->tcp, s->now);
        break;
    case ABORT:
        tcp_abort(s->tcp);
        break;
    case NODELAY:
        s->tcp->options.nodelay = e->n;
        break;
    case CORK:
        s->tcp->options.cork = e->n;
        break;
    case KEEPALIVE:
        s->tcp->options.keepalive = e->n;
        tcp_options_changed(s->tcp, s->now);
        break;
    case GIVE_UP:
        s->tcp->options.user_timeout = e->n;
        break;
    case LINK:
        s->link_down = !e->n;
        break;
    }
}

static void ask_reopens(struct script *s, const struct event *e)
{
    struct tcp_hdr hdr = { .seq = s->irs + e->n,
                           .flags = (uint8_t)e->what,
                           .has_timestamps = e->ts != 0,
                           .tsval = e->ts };
    struct tcp_time_wait wait;

    ck_assert_int_eq(s->tcp->state, TCP_TIME_WAIT);
    tcp_time_wait_begin(&wait, s->tcp);
    if (tcp_time_wait_reopens(&wait, &hdr) != e->ack) {
        script_fail(s, "expected tcp_time_wait_reopens to say %" PRIu32, e->ack);
    }
}

static void packet_is_too_big(struct script *s, const struct event *e)
{
    uint16_t mtu = (uint16_t)e->what;
    bool believed = tcp_too_big(s->tcp, &mtu, s->iss + e->n, s->now);

    if (believed != (e->ack != 0) || (believed && mtu != e->ack)) {
        script_fail(s, "expected a path MTU of %" PRIu32 ", got %u", e->ack, believed ? mtu : 0u);
    }
}

static void happen(struct script *s, const struct event *e)
{
    switch (e->kind) {
    case EVENT_ACTIVE:
    case EVENT_PASSIVE:
        open_socket(s, e);
        break;
    case EVENT_IN:
        segment_arrives(s, e);
        break;
    case EVENT_APP:
        call(s, e);
        break;
    case EVENT_ICMP:
        tcp_icmp_error(s->tcp, (enum sk_err)e->what, e->ack, s->iss + e->n);
        break;
    case EVENT_TOO_BIG:
        packet_is_too_big(s, e);
        break;
    default:
        break;
    }
    audit_socket(s);
    if (!e->more) {
        pump(s);
    }
}

void script_step(struct script *s, const struct event *event)
{
    s->line = event->line;
    switch (event->kind) {
    case EVENT_SETUP:
        s->setup = event->setup;
        break;
    case EVENT_OUT:
        expect_segment(s, event);
        break;
    case EVENT_EXPECT:
        expect_silence(s, event);
        expect_value(s, event);
        break;
    case EVENT_REOPENS:
        expect_silence(s, event);
        ask_reopens(s, event);
        break;
    default:
        expect_silence(s, event);
        happen(s, event);
        break;
    }
}

void script_connect(struct script *s, int32_t mss, int32_t win, int32_t ws)
{
    play(s, active(0));
    play(s, out(0, SYN, 0, 0, 0));
    play(s, in(10, SYN | ACK, 0, 1, 0, .mss = mss, .win = win, .ws = ws));
    play(s, out(10, ACK, 1, 1, 0));
}

/* Where the numbers of both sides begin, and the clock. */
struct beginning {
    uint32_t iss;
    uint32_t irs;
    instant start;
};

static void play_through(const char *file, const char *title, const struct event *story, size_t n,
                         struct beginning from)
{
    struct script *s = malloc(sizeof(*s));

    ck_assert_ptr_nonnull(s);
    script_begin(s, title, from.iss, from.irs, from.start);
    s->file = file;
    for (size_t i = 0; i < n; i++) {
        script_step(s, &story[i]);
    }
    if (s->n_sent > 0) { /* after the last event, at its time */
        expect_silence(s, &story[n - 1]);
    }
    script_end(s);
    free(s);
}

void script_run(const char *file, const char *title, const struct event *story, size_t n)
{
    /* Plain; both wrap with the SYN; soon after it; the sign changes; the clocks wrap in ticks, and
     * in microseconds. */
    static const struct beginning plays[] = {
        { 100000, 200000, 1000000 },
        { UINT32_MAX, UINT32_MAX, 1000000 },
        { UINT32_MAX - 1, UINT32_MAX - 1, 1000001 },
        { INT32_MAX - 1, INT32_MAX - 1500, ((instant)UINT32_MAX << TICK_SHIFT) - 100000 },
        { UINT32_MAX - 10, 5, (instant)UINT32_MAX - 15000 },
    };

    for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
        play_through(file, title, story, n, plays[i]);
    }
    /* The wrap comes between any two octets of a flight, and inside of any segment. */
    for (uint32_t k = 1; k <= 40; k++) {
        struct beginning at = { UINT32_MAX - k * 311, UINT32_MAX - k * 217, 1000000 + k };

        play_through(file, title, story, n, at);
    }
}

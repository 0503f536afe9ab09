/* SPDX-License-Identifier: BSD-3-Clause */
/* The invariants of a connection (RFC 9293 3.3.1, 3.8.6; RFC 7323 2.4; RFC 2018 3, 4): see audit.h.
 */
#include "tests/script/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/tcp/rack.h"

#define MAX_TEXT 65536

void script_describe(char text[SCRIPT_TEXT], const struct tcp_hdr *hdr, duration at)
{
    static const char *const names[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR" };
    int n = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < 8; i++) {
        if (hdr->flags & 1u << i) {
            n += snprintf(text + n, (size_t)(SCRIPT_TEXT - n), "%s%s", n ? "|" : "", names[i]);
        }
    }
    n += snprintf(text + n, (size_t)(SCRIPT_TEXT - n),
                  " seq %d ack %d len %u win %u mss %u ws %d at %lld.%03lld ms", (int)hdr->seq,
                  (int)hdr->ack, hdr->len, hdr->wnd, hdr->mss,
                  hdr->wscale == TCP_NO_WSCALE ? -1 : hdr->wscale, (long long)(at / 1000),
                  (long long)(at % 1000));
    if (hdr->ect) {
        n += snprintf(text + n, (size_t)(SCRIPT_TEXT - n), " ECT(0)");
    }
    if (hdr->has_timestamps) {
        n += snprintf(text + n, (size_t)(SCRIPT_TEXT - n), " ecr %u", hdr->tsecr);
    }
    for (uint8_t i = 0; i < hdr->n_sack; i++) {
        n += snprintf(text + n, (size_t)(SCRIPT_TEXT - n), " {%d, %d}", (int)hdr->sack[i].start,
                      (int)hdr->sack[i].end);
    }
}

_Noreturn void script_fail(const struct script *s, const char *format, ...)
{
    char text[3 * SCRIPT_TEXT];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    ck_abort_msg("%s:%d: %s (iss %08x, irs %08x, start %lld), %lld ms: %s", s->file, s->line,
                 s->title, s->iss, s->irs, (long long)s->start, (long long)script_ms(s), text);
    abort();
}

#define hold(s, condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            script_fail(s, "does not hold: %s", #condition);                                       \
        }                                                                                          \
    } while (0)

/* As distances from snd_una, so that this does not depend on proto/tcp/seq.h. */
static void audit_sender(const struct script *s)
{
    const struct tcp_sock *tcp = s->tcp;
    uint32_t out = tcp->snd_nxt - tcp->snd_una;
    uint32_t text = out - (tcp->state < TCP_ESTABLISHED && out > 0) - (tcp->fin_sent && out > 0);

    hold(s, out <= ring_size(&tcp->tx) + 2);
    hold(s, tcp->rtx_nxt - tcp->snd_una <= out || tcp->rtx_nxt == tcp->rtx_end);
    hold(s, tcp->rtx_end - tcp->snd_una <= out);
    hold(s, tcp->rtx_nxt - tcp->snd_una <= tcp->rtx_end - tcp->snd_una);
    hold(s, tcp->state == TCP_CLOSED || text <= ring_used(&tcp->tx));
    hold(s, tcp->state < TCP_ESTABLISHED || tcp->cwnd >= tcp->mss);
    hold(s, tcp->state < TCP_ESTABLISHED || tcp->mss > 0);
}

static void audit_receiver(struct script *s)
{
    const struct tcp_sock *tcp = s->tcp;
    uint32_t window = tcp->rcv_adv - tcp->rcv_nxt;
    uint32_t reached = 0;

    if (tcp->state <= TCP_SYN_SENT) {
        return;
    }
    hold(s, !s->was_open || (int32_t)(tcp->rcv_adv - s->rcv_adv) >= 0);
    s->rcv_adv = tcp->rcv_adv;
    s->was_open = true;
    hold(s, window <= ring_free(&tcp->rx));
    if (tcp->fin_received) {
        return;
    }
    hold(s, tcp->ooo.n <= tcp->ooo.cap);
    for (uint8_t i = 0; i < tcp->ooo.n; i++) {
        uint32_t start = tcp->ooo.ranges[i].start - tcp->rcv_nxt;
        uint32_t end = tcp->ooo.ranges[i].end - tcp->rcv_nxt;

        hold(s, start > reached && start < end && end <= window);
        reached = end;
    }
}

/* RACK's scoreboard: its records cover what is in flight, and its sums are theirs. */
static void audit_scoreboard(const struct script *s)
{
    const struct tcp_sock *tcp = s->tcp;
    const struct rack *rack = rack_of(tcp);
    const struct inflight *f = &rack->f;
    uint32_t at = f->start;
    uint32_t sacked = 0;
    uint32_t lost = 0;
    bool first_lost = true;

    hold(s, f->n <= f->cap && f->start == tcp->snd_una && inflight_end(f) == tcp->snd_nxt);
    for (uint16_t i = 0; i < f->n; i++) {
        const struct inflight_record *record = &f->records[f->first + i];
        uint32_t len = record->end - at;

        hold(s, len > 0 && len <= tcp->snd_nxt - tcp->snd_una);
        hold(s, (record->flags & (INFLIGHT_SACKED | INFLIGHT_LOST)) !=
                    (INFLIGHT_SACKED | INFLIGHT_LOST));
        sacked += record->flags & INFLIGHT_SACKED ? len : 0;
        if (record->flags & INFLIGHT_LOST) {
            lost += len;
            hold(s, !first_lost || rack->tlp.due || tcp->rtx_nxt == at);
            first_lost = false;
        }
        at = record->end;
    }
    hold(s, f->sacked == sacked && f->lost == lost);
    hold(s, tcp->inflation >= sacked + lost);
}

void audit_socket(struct script *s)
{
    if (s->tcp) {
        audit_sender(s);
        audit_receiver(s);
        if (s->tcp->recovery == &tcp_rack && s->tcp->state >= TCP_ESTABLISHED &&
            s->tcp->state != TCP_TIME_WAIT) {
            audit_scoreboard(s);
        }
    }
}

/*
 * The right edge on the wire never moves back (RFC 9293 SHLD-14), but for less than a unit of a
 * scaled window (RFC 7323 2.4).
 */
static void audit_window(struct script *s, const struct tcp_hdr *hdr)
{
    uint32_t unit = hdr->flags & TCP_SYN ? 1 : 1u << s->tcp->rcv_wscale;
    uint32_t edge = hdr->ack + hdr->wnd * unit;

    if (!(hdr->flags & TCP_ACK) || hdr->flags & TCP_RST) {
        return;
    }
    if (s->announced && !s->tcp->fin_received) {
        hold(s, (int32_t)(edge - s->edge) > -(int32_t)unit);
    }
    s->edge = s->announced && (int32_t)(edge - s->edge) < 0 ? s->edge : edge;
    s->announced = true;
    hold(s, hdr->ack == s->tcp->rcv_nxt);
}

static void audit_text(struct script *s, const struct tcp_hdr *hdr, const struct tcp_text *text)
{
    static uint8_t octets[MAX_TEXT];
    const struct tcp_sock *tcp = s->tcp;
    uint32_t past = hdr->seq + hdr->len - tcp->snd_una;

    hold(s, hdr->len == text->len && hdr->len <= sizeof(octets));
    hold(s, hdr->len <= s->setup.path_mss);
    hold(s, hdr->len <= tcp->mss || (tcp->profile->path_mtu &&
                                     hdr->len == tcp->profile->path_mtu->probe_len(tcp, s->now)));
    hold(s, past <= (tcp->snd_wnd > 1 ? tcp->snd_wnd : 1));
    ring_copy(&tcp->tx, text->offset, octets, text->len);
    for (uint32_t i = 0; i < text->len; i++) {
        hold(s, octets[i] == script_octet(0, hdr->seq - s->iss - 1 + i));
    }
    hold(s, !(hdr->flags & TCP_PSH) == (text->offset + text->len != ring_used(&tcp->tx)));
}

/* True for octets that the peer sent and that we have: RFC 2018 3. */
static bool is_held(const struct tcp_sock *tcp, struct tcp_sack block)
{
    for (uint16_t i = 0; i < tcp->ooo.n; i++) {
        if (block.start == tcp->ooo.ranges[i].start && block.end == tcp->ooo.ranges[i].end) {
            return true;
        }
    }
    return false;
}

/* RFC 2883 4: the first block may tell of a duplicate, below the acknowledgment or in the second.
 */
static void audit_sack(const struct script *s, const struct tcp_hdr *hdr)
{
    const struct tcp_sock *tcp = s->tcp;
    bool twice = hdr->n_sack > 1 && hdr->sack[0].start == hdr->sack[1].start;
    uint8_t first = hdr->n_sack > 0 && (twice || !is_held(tcp, hdr->sack[0])) ? 1 : 0;

    hold(s, hdr->n_sack <= (hdr->has_timestamps ? TCP_MAX_SACK - 1 : TCP_MAX_SACK));
    if (first) {
        hold(s, (int32_t)(hdr->sack[0].end - hdr->sack[0].start) > 0);
        hold(s, (int32_t)(hdr->sack[0].end - tcp->rcv_adv) <= 0);
    }
    for (uint8_t i = first; i < hdr->n_sack; i++) {
        hold(s, is_held(tcp, hdr->sack[i]));
        for (uint8_t k = first; k < i; k++) {
            hold(s, hdr->sack[i].start != hdr->sack[k].start);
        }
    }
}

void audit_segment(struct script *s, const struct tcp_hdr *hdr, const struct tcp_text *text)
{
    s->n_segments++;
    s->n_octets += hdr->len;
    hold(s, hdr->flags & TCP_SYN || (hdr->mss == 0 && hdr->wscale == TCP_NO_WSCALE));
    hold(s, hdr->flags & (TCP_ACK | TCP_RST) ||
                (hdr->flags & ~(uint32_t)(TCP_ECE | TCP_CWR)) == TCP_SYN);
    hold(s, !(hdr->flags & TCP_RST) || hdr->len == 0);
    if (hdr->len > 0) {
        audit_text(s, hdr, text);
    }
    audit_window(s, hdr);
    audit_sack(s, hdr);
}

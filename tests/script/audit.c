/* SPDX-License-Identifier: BSD-3-Clause */
/* The invariants of a connection (RFC 9293 3.3.1, 3.8.6; RFC 7323 2.4; RFC 8985 5; RFC 2018 4):
 * see audit.h. */
#include "tests/script/audit.h"

#include "proto/tcp/rack.h"
#include "tests/support/books.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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
    if (hdr->uto > 0) {
        n += snprintf(text + n, (size_t)(SCRIPT_TEXT - n), " uto %#x", hdr->uto);
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

static void audit_receiver(struct script *s)
{
    const struct tcp_sock *tcp = s->tcp;

    if (tcp->state > TCP_SYN_SENT) {
        hold(s, !s->was_open || (int32_t)(tcp->rcv_adv - s->rcv_adv) >= 0);
        s->rcv_adv = tcp->rcv_adv;
        s->was_open = true;
    }
}

/* No octet is delivered in a recovery that was not out when it began, or sent in it. */
static void audit_prr(struct script *s, const struct rack *rack)
{
    const struct tcp_sock *tcp = s->tcp;

    if (rack->mode != RACK_RECOVERY) {
        s->recover = tcp->snd_una;
        return;
    }
    if (s->recover != rack->recover) {
        s->recover = rack->recover;
        s->recovery_flight = tcp->snd_nxt - tcp->snd_una + rack->prr.delivered;
    }
    hold(s, rack->prr.ratio <= 1u << 16);
    hold(s, rack->prr.delivered <= s->recovery_flight + rack->prr.out);
}

void audit_socket(struct script *s)
{
    const char *fault = s->tcp ? books_fault(s->tcp, s->now) : NULL;

    if (fault) {
        script_fail(s, "does not hold: %s", fault);
    }
    if (!s->tcp) {
        return;
    }
    audit_receiver(s);
    if (s->tcp->recovery == &tcp_rack && tcp_synchronized(s->tcp)) {
        audit_prr(s, rack_of(s->tcp));
    }
}

/* ---- What is sent ---------------------------------------------------------------------------- */

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
    bool is_ours = true;

    hold(s, hdr->len == text->len && hdr->len <= sizeof(octets));
    hold(s, hdr->len <= s->setup.path_mss);
    hold(s, hdr->len <= tcp->mss || (tcp->profile->path_mtu &&
                                     hdr->len == tcp->profile->path_mtu->probe_len(tcp, s->now)));
    hold(s, past <= (tcp->snd_wnd > 1 ? tcp->snd_wnd : 1));
    ring_copy(&tcp->tx, text->offset, octets, text->len);
    for (uint32_t i = 0; i < text->len; i++) {
        is_ours &= octets[i] == script_octet(0, hdr->seq - s->iss - 1 + i);
    }
    hold(s, is_ours);
    hold(s, !(hdr->flags & TCP_PSH) == (text->offset + text->len != ring_used(&tcp->tx)));
}

/* The range of text out of order in which `seq` lies, or NULL. */
static const struct interval *range_of(const struct tcp_sock *tcp, uint32_t seq)
{
    for (uint16_t i = 0; i < tcp->ooo.n; i++) {
        const struct interval *range = &tcp->ooo.ranges[i];

        if (seq - range->start < range->end - range->start) {
            return range;
        }
    }
    return NULL;
}

void audit_text_arrived(struct script *s, const struct tcp_hdr *hdr)
{
    if (hdr->len == 0) {
        return;
    }
    s->news[s->n_news++ % SCRIPT_MAX_NEWS] = (struct tcp_sack){ hdr->seq, hdr->seq + hdr->len };
    if (s->reason == DROP_NONE && range_of(s->tcp, hdr->seq)) {
        s->entered = hdr->seq;
        s->has_entered = true;
    }
}

/* All of it came in one segment since the last ACK. */
static bool came_lately(const struct script *s, struct tcp_sack block)
{
    bool any = s->n_news > SCRIPT_MAX_NEWS;

    for (uint32_t i = 0; i < s->n_news && i < SCRIPT_MAX_NEWS; i++) {
        uint32_t len = s->news[i].end - s->news[i].start;

        any |= block.start - s->news[i].start < len && s->news[i].end - block.end < len;
    }
    return any && block.start != block.end;
}

/* RFC 2883 4: of a segment that this answers, and once; below RCV.NXT, or in the second block. */
static bool is_duplicate_report(const struct script *s, const struct tcp_hdr *hdr)
{
    struct tcp_sack first = hdr->sack[0];
    const struct interval *range = range_of(s->tcp, first.start);

    if (range && range->start == first.start && range->end == first.end &&
        !(hdr->n_sack > 1 && hdr->sack[1].start == first.start)) {
        return false;
    }
    hold(s, came_lately(s, first));
    if ((int32_t)(first.end - s->tcp->rcv_nxt) > 0) {
        hold(s, range && first.end - range->start <= range->end - range->start);
        hold(s, hdr->n_sack > 1 && hdr->sack[1].start == range->start);
    }
    return true;
}

/* Blocks that fit behind the timestamps and the text. */
static uint8_t most_blocks(const struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    uint32_t room = tcp->mss > hdr->len ? tcp->mss - hdr->len : 0;
    uint32_t most = hdr->has_timestamps ? TCP_MAX_SACK - 1 : TCP_MAX_SACK;
    uint32_t fit = room < TCP_SACK_LEN(0) ? 0 : (room - TCP_SACK_LEN(0)) / 8;

    return (uint8_t)(fit < most ? fit : most);
}

/* RFC 2018 4: whole ranges, each once, as many as there is room for; first that which grew last. */
static void audit_sack(struct script *s, const struct tcp_hdr *hdr)
{
    const struct tcp_sock *tcp = s->tcp;
    uint8_t most = most_blocks(tcp, hdr);
    uint8_t first = hdr->n_sack > 0 && is_duplicate_report(s, hdr) ? 1 : 0;
    const struct interval *latest = s->has_entered ? range_of(tcp, s->entered) : NULL;

    hold(s, hdr->n_sack <= most);
    hold(s, s->sack_ok || hdr->n_sack == 0);
    for (uint8_t i = first; i < hdr->n_sack; i++) {
        const struct interval *range = range_of(tcp, hdr->sack[i].start);

        hold(s, range && hdr->sack[i].start == range->start && hdr->sack[i].end == range->end);
        for (uint8_t k = first; k < i; k++) {
            hold(s, hdr->sack[k].start != hdr->sack[i].start);
        }
    }
    if (s->sack_ok) {
        hold(s, hdr->n_sack == most || hdr->n_sack - first == tcp->ooo.n);
        hold(s, !latest || most == 0 ||
                    (hdr->n_sack > first && hdr->sack[first].start == latest->start));
    }
}

/* RFC 7323 3.2, 5.4: every segment has one once both sides have, and it is the clock's. */
static void audit_timestamps(const struct script *s, const struct tcp_hdr *hdr)
{
    hold(s, hdr->has_timestamps || !s->ts_ok);
    if (hdr->has_timestamps) {
        hold(s, hdr->tsval == SCRIPT_TS_OFFSET + (uint32_t)(s->now / 1024));
        hold(s, hdr->flags & TCP_ACK || hdr->tsecr == 0);
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
    hold(s, hdr->flags & TCP_SYN ||
                tcp_hdr_len(hdr) + hdr->len <= TCP_HDR_LEN + (uint32_t)s->setup.path_mss);
    if (hdr->len > 0) {
        audit_text(s, hdr, text);
    }
    audit_window(s, hdr);
    audit_timestamps(s, hdr);
    if (!(hdr->flags & (TCP_SYN | TCP_RST))) {
        audit_sack(s, hdr);
        s->n_news = 0;
    }
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What a process did on its network, told on stderr when it ends (sockrun --stats): after
 * everything was sent, or when a signal ends the program, in its handler; and also when the program
 * has closed its stderr by then. Each line is written at once, so that those of several processes
 * do not mix: JSON (RFC 8259) is one line. */
#define _GNU_SOURCE /* program_invocation_short_name */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compat/compat.h"
#include "compat/foreign.h"
#include "compat/preload/preload.h"
#include "compat/preload/signals.h"
#include "compat/preload/stats.h"
#include "link/own_fds.h"

#define LINE_LEN 8192 /* octets: each reason and number at its longest, and a name of 255 */

static int out = -1; /* as stderr was at first */
static bool as_json;

/* ---- A line ---- */

struct line {
    char text[LINE_LEN];
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int n = vsnprintf(line->text + line->len, sizeof line->text - line->len, format, arguments);
    va_end(arguments);
    if (n > 0 && (size_t)n < sizeof line->text - line->len) {
        line->len += (size_t)n;
    }
}

static void end(struct line *line)
{
    add(line, "\n");
    if (foreign_write(out, line->text, line->len) < 0) {
        return; /* nobody is left to be told */
    }
}

/* ---- For people ---- */

static void begin_said(struct line *line)
{
    line->len = 0;
    add(line, "libsock: %s[%ld]: ", program_invocation_short_name, (long)getpid());
}

static void tell_counts(struct line *line, const struct sk_stats *s)
{
    begin_said(line);
    add(line,
        "connections: %" PRIu32 " out, %" PRIu32 " in, %" PRIu32 " failed; datagrams: %" PRIu32
        " out, %" PRIu32 " in; octets of frames: %" PRIu64 " out, %" PRIu64
        " in; segments sent again: %" PRIu32 "; resets sent: %" PRIu32,
        s->tcp_active_opens, s->tcp_passive_opens, s->tcp_failed_opens, s->udp_tx, s->udp_rx,
        s->tx_octets, s->rx_octets, s->tcp_retransmitted, s->tcp_resets_sent);
    end(line);
}

static void tell_drops(struct line *line, const struct sk_stats *s)
{
    for (int reason = 0; reason < N_DROP_REASONS; reason++) {
        if (s->drops[reason] > 0) {
            begin_said(line);
            add(line, "dropped: %" PRIu32 " %s", s->drops[reason],
                sk_drop_reason_name((enum drop_reason)reason));
            end(line);
        }
    }
}

/* ---- JSON ---- */

/* A file's name is octets in no encoding: those above ASCII are told by their numbers. */
static void add_string(struct line *line, const char *text)
{
    add(line, "\"");
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < ' ' || c >= 0x7f) {
            add(line, "\\u%04x", c);
        } else {
            add(line, c == '"' || c == '\\' ? "\\%c" : "%c", c);
        }
    }
    add(line, "\"");
}

static void add_drops(struct line *line, const struct sk_stats *s)
{
    const char *comma = "";

    add(line, "\"drops\":{");
    for (int reason = 0; reason < N_DROP_REASONS; reason++) {
        if (s->drops[reason] > 0) {
            add(line, "%s\"%s\":%" PRIu32, comma, sk_drop_reason_name((enum drop_reason)reason),
                s->drops[reason]);
            comma = ",";
        }
    }
    add(line, "}");
}

static void tell_json(struct line *line, const struct sk_stats *s)
{
    line->len = 0;
    add(line, "{\"pid\":%ld,\"program\":", (long)getpid());
    add_string(line, program_invocation_short_name);
    add(line,
        ",\"connections_opened\":%" PRIu32 ",\"connections_accepted\":%" PRIu32
        ",\"connections_failed\":%" PRIu32 ",\"datagrams_sent\":%" PRIu32
        ",\"datagrams_received\":%" PRIu32 ",\"bytes_out\":%" PRIu64 ",\"bytes_in\":%" PRIu64
        ",\"retransmissions\":%" PRIu32 ",\"resets_sent\":%" PRIu32 ",",
        s->tcp_active_opens, s->tcp_passive_opens, s->tcp_failed_opens, s->udp_tx, s->udp_rx,
        s->tx_octets, s->rx_octets, s->tcp_retransmitted, s->tcp_resets_sent);
    add_drops(line, s);
    add(line, "}");
    end(line);
}

/* ---- When ---- */

void preload_ended(void)
{
    static struct line line;
    static _Atomic pid_t told;
    const struct sk_iface *iface = libsock_iface();

    if (out < 0 || iface == NULL || atomic_exchange(&told, getpid()) == getpid()) {
        return;
    }
    if (as_json) {
        tell_json(&line, sk_iface_stats(iface));
    } else {
        tell_counts(&line, sk_iface_stats(iface));
        tell_drops(&line, sk_iface_stats(iface));
    }
}

void stats_wanted(bool json)
{
    as_json = json;
    out = sk_own_fd_take(foreign_fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
    signals_before_end(preload_ended);
}

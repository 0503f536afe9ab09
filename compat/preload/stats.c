/* SPDX-License-Identifier: BSD-3-Clause */
/* What a process did on its network, told on stderr when it ends (sockrun --stats): after
 * everything was sent, and also when the program has closed its stderr by then. */
#define _GNU_SOURCE /* program_invocation_short_name */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "compat/compat.h"
#include "compat/foreign.h"
#include "compat/preload/preload.h"
#include "compat/preload/stats.h"
#include "link/own_fds.h"

static int out = -1; /* as stderr was at first */

void stats_wanted(void)
{
    out = sk_own_fd_take(foreign_fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
}

static void tell_counts(const struct sk_stats *s)
{
    dprintf(out,
            "libsock: %s[%ld]: connections: %" PRIu32 " out, %" PRIu32 " in, %" PRIu32
            " failed; datagrams: %" PRIu32 " out, %" PRIu32 " in; octets of frames: %" PRIu64
            " out, %" PRIu64 " in; segments sent again: %" PRIu32 "; resets sent: %" PRIu32 "\n",
            program_invocation_short_name, (long)getpid(), s->tcp_active_opens,
            s->tcp_passive_opens, s->tcp_failed_opens, s->udp_tx, s->udp_rx, s->tx_octets,
            s->rx_octets, s->tcp_retransmitted, s->tcp_resets_sent);
}

static void tell_drops(const struct sk_stats *s)
{
    for (int reason = 0; reason < N_DROP_REASONS; reason++) {
        if (s->drops[reason] > 0) {
            dprintf(out, "libsock: %s[%ld]: dropped: %" PRIu32 " %s\n",
                    program_invocation_short_name, (long)getpid(), s->drops[reason],
                    sk_drop_reason_name((enum drop_reason)reason));
        }
    }
}

void preload_ended(void)
{
    const struct sk_iface *iface = libsock_iface();

    if (out >= 0 && iface != NULL) {
        tell_counts(sk_iface_stats(iface));
        tell_drops(sk_iface_stats(iface));
    }
}

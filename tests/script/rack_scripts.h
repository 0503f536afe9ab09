/* SPDX-License-Identifier: BSD-3-Clause */
/* What the packet scripts of RACK and of its probes begin with: RACK-TLP, and Reno for the windows.
 */
#pragma once

#include "tests/script/script.h"

static const struct tcp_profile profile = {
    .name = "rack",
    .recovery = &tcp_rack,
    .recovery_without_sack = &tcp_newreno,
    .congestion = &tcp_reno,
    .extensions = &tcp_timestamps_and_sack,
};

// clang-format off

/* Three segments; RFC 8985 7.2: the last one again, after two round trips without a word. */
#define tail_probed \
    setup(.profile = &profile), \
    active(0), \
    out(0, SYN, 0, 0, 0), \
    in(50, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true), \
    out(50, ACK, 1, 1, 0), \
    app(50, WRITE, 3000), \
    out(50, ACK, 1, 1, 1000), out(50, ACK, 1001, 1, 1000), out(50, ACK | PSH, 2001, 1, 1000), \
    out(150, ACK | PSH, 2001, 1, 1000)

// clang-format on

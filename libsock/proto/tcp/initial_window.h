/* SPDX-License-Identifier: BSD-3-Clause */
/* How much a connection sends before it has heard anything of the path, in octets, and after a
 * pause. */
#pragma once

#include <stdint.h>

#include "proto/tcp/tcp.h"

/** RFC 5681 3.1, IW: for peers whose interface may have room for a few frames only. */
static inline uint32_t initial_window_3(uint32_t mss)
{
    if (mss > 2190) {
        return 2 * mss;
    }
    return mss > 1095 ? 3 * mss : 4 * mss;
}

static inline uint32_t restart_window_3(const struct tcp_sock *tcp)
{
    return initial_window_3(tcp->mss);
}

#define SYN_LOSSES_10 1 /* RFC 6928 2: a second one makes the initial window one segment */

/** RFC 6928 2. */
static inline uint32_t initial_window_10(uint32_t mss)
{
    uint32_t most = 2 * mss > 14600 ? 2 * mss : 14600;

    return 10 * mss < most ? 10 * mss : most;
}

/**
 * After a pause (RFC 5681 4.1) as much again, but RFC 6928 2: the smaller window once something was
 * lost of the larger one. Up to two such windows are out when that is noticed, and ssthresh is half
 * of them, or with CUBIC 0.7; a loss of more that came later proves that the path takes them.
 */
static inline uint32_t restart_window_10(const struct tcp_sock *tcp)
{
    uint32_t window = initial_window_10(tcp->mss);

    return tcp->ssthresh < window + window / 2 ? initial_window_3(tcp->mss) : window;
}

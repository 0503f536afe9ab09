/* SPDX-License-Identifier: BSD-3-Clause */
/* How much a connection sends before it has heard anything of the path, in octets. */
#pragma once

#include <stdint.h>

/** RFC 5681 3.1, IW: for peers whose interface may have room for a few frames only. */
static inline uint32_t initial_window_3(uint32_t mss)
{
    if (mss > 2190) {
        return 2 * mss;
    }
    return mss > 1095 ? 3 * mss : 4 * mss;
}

/** RFC 6928 2. */
static inline uint32_t initial_window_10(uint32_t mss)
{
    uint32_t most = 2 * mss > 14600 ? 2 * mss : 14600;

    return 10 * mss < most ? 10 * mss : most;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What the environment says of things that only a program under sockrun has. */
#include "compat/board_settings.h"
#include "compat/preload/door.h"
#include "compat/preload/loopback.h"
#include "compat/preload/preload.h"
#include "compat/preload/stats.h"

void preload_configure(const struct settings *s)
{
    loopback_is_ours(s->stack_loopback);
    door_tree(s->tree);
    if (s->stats != STATS_NONE) {
        stats_wanted(s->stats == STATS_JSON);
    }
}

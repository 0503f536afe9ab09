/* SPDX-License-Identifier: BSD-3-Clause */
/* Between the files of the player: what a script expects. */
#pragma once

#include "tests/script/script.h"

/** Nothing is sent before the time of the event. */
void expect_silence(struct script *s, const struct event *e);

/** The next segment that is sent is that of the event, at its time; takes it. */
void expect_segment(struct script *s, const struct event *e);

/** A field of the socket has the event's value. */
void expect_value(struct script *s, const struct event *e);

struct sent *script_next_sent(struct script *s);

instant script_instant(const struct script *s, int64_t ms);

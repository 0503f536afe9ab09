/* SPDX-License-Identifier: BSD-3-Clause */
/* A counter for each thread: see own_calls.h. */
#include "link/own_calls.h"

static _Thread_local unsigned depth;

void sk_own_calls_begin(void)
{
    depth++;
}

void sk_own_calls_end(void)
{
    depth--;
}

bool sk_own_calls(void)
{
    return depth > 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* A time in which the process has no host: its start fails, and says so where nobody sees it. */
#pragma once

#include <check.h>
#include <unistd.h>

#include "compat/compat.h"

struct no_board {
    int standard_error;
};

static inline void no_board_begin(struct no_board *b)
{
    b->standard_error = dup(2);
    libsock_state_set(NULL);
    ck_assert_int_eq(close(2), 0);
}

static inline void no_board_end(struct no_board *b)
{
    dup2(b->standard_error, 2);
    ck_assert_int_eq(close(b->standard_error), 0);
    libsock_state_set(NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What fd.c asks of the table of numbers, which a host and firmware keep each in its own way. */
#pragma once

#include "compat/fd.h"

struct fd_entry {
    struct libsock_state *state; /* atomic; NULL while the number is not ours */
    struct sock_fd s;
    int next; /* number of the same description, -1: none; under the port's lock */
};

/** The entry of a number, NULL where there is none: it can never be ours. */
struct fd_entry *fd_table_at(int fd);

/** A description that was never used; there are as many as numbers. Under the port's lock. */
struct open_description *fd_table_description(void);

/** The number is free again. */
void fd_table_free(int fd);

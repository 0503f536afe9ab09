/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether LD_PRELOAD reaches a program: the dynamic linker ignores it, without a word, where it is
 * not asked at all or where the program gets privileges. */
#pragma once

#include <limits.h>

struct program_obstacle {
    const char *why;     /* "is statically linked" */
    char path[PATH_MAX]; /* of the file that is meant: the program, or its interpreter */
};

/**
 * Why the program in the file `path` would not get our calls, in `*out`: it has no dynamic linker,
 * or another one than this program, it has privileges of its own (set-user-ID, set-group-ID,
 * capabilities), or it is Go's, which calls the kernel itself; or it is a script for such a
 * program. -1; 0: none is known.
 */
int program_find_obstacle(const char *path, struct program_obstacle *out);

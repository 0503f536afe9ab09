/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Settings of the board: words NAME=VALUE at the beginning of the command line that a debugger
 * gives, with names that begin with LIBSOCK_. The program's main does not see them.
 */
#pragma once

/** The value of a setting; NULL when it was not given. */
const char *setting(const char *name);

/** The first word that sets none of `names`, which NULL ends; NULL when there is none. */
const char *setting_unknown(const char *const *names);

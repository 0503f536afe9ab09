/* SPDX-License-Identifier: BSD-3-Clause */
/* What a process has one of and a simulator has several of: libsock_set_process. */
#pragma once

#include "compat/compat.h"

/** What was set, NULL for the process's own. */
const struct libsock_process *process_hooks(void);

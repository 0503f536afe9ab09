/* SPDX-License-Identifier: BSD-3-Clause */
/* What a process did on its network: see stats.c. */
#pragma once

#include <stdbool.h>

/** Before the network starts: it is to be told at the end, for people or as JSON. */
void stats_wanted(bool json);

/* SPDX-License-Identifier: BSD-3-Clause */
/* What a process did on its network: see stats.c. */
#pragma once

/** Before the network starts: it is to be told at the end. */
void stats_wanted(void);

/* SPDX-License-Identifier: BSD-3-Clause */
/* What the board asks of libsock-preload.so, and of nothing else: it looks whether this is there.
 */
#pragma once

struct settings;

/** Once, before the first socket is there. */
void preload_configure(const struct settings *s);

/** At the end of the process, after its network's. */
void preload_ended(void);

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether this thread is in a library that a link uses, such as libslirp. Where our calls have the
 * POSIX names themselves (libsock-preload.so), what that library calls comes to us as the program's
 * calls do, and is to go on to the kernel. Hosts only.
 */
#pragma once

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** From here to the matching sk_own_calls_end it is. Pairs may nest. */
void sk_own_calls_begin(void);
void sk_own_calls_end(void);

/** Signal handlers, too. */
bool sk_own_calls(void);

#ifdef __cplusplus
}
#endif

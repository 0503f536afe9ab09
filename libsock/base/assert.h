/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SK_ASSERT is for our own bugs, never for input. The port defines sk_panic; size builds define
 * SK_NO_ASSERT.
 */
#pragma once

#ifdef SK_NO_ASSERT
#define SK_ASSERT(condition) ((void)sizeof(condition))
#else
#define SK_ASSERT(condition) ((condition) ? (void)0 : sk_panic(__FILE__, __LINE__))
#endif

/** Stops the program: an invariant of the stack is broken at `file`:`line`. Defined by the port. */
_Noreturn void sk_panic(const char *file, int line);

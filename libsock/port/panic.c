/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host does when an invariant of the stack is broken: say where, and leave a core. */
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"

_Noreturn void sk_panic(const char *file, int line)
{
    fprintf(stderr, "libsock: %s:%d: broken invariant\n", file, line);
    abort();
}

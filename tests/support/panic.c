/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port's panic for programs that link no port: an assertion of the core that fails ends the
 * test program.
 */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void sk_panic(const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion of the core failed\n", file, line);
    abort();
}

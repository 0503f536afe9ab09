/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of netifs on a host. */
#include <stdlib.h>

#include "compat/netifs.h"

void *netifs_alloc(size_t len)
{
    return calloc(1, len);
}

void netifs_free(void *list)
{
    free(list);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* getaddrinfo's results on a host: from malloc, a node and the name behind it in one piece. */
#include <stdlib.h>

#include "compat/ai.h"

struct ai_node *ai_alloc(size_t name_len)
{
    struct ai_node *node = calloc(1, sizeof *node + name_len + 1);

    if (node != NULL && name_len > 0) {
        node->ai.ai_canonname = (char *)(node + 1);
    }
    return node;
}

void ai_free(struct ai_node *node)
{
    free(node);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* getaddrinfo's results on firmware: a static pool, so that an image needs no malloc. */
#include <stdbool.h>
#include <string.h>

#include "compat/ai.h"

#ifndef LIBSOCK_AI_NODES
#define LIBSOCK_AI_NODES 8
#endif
#define NAME_LEN 63 /* of AI_CANONNAME, one at a time */

static struct {
    struct ai_node node;
    bool taken;
} pool[LIBSOCK_AI_NODES];

static struct {
    char text[NAME_LEN + 1];
    const struct ai_node *owner;
} name;

static struct ai_node *take(void)
{
    for (size_t i = 0; i < LIBSOCK_AI_NODES; i++) {
        if (!pool[i].taken) {
            pool[i].taken = true;
            memset(&pool[i].node, 0, sizeof pool[i].node);
            return &pool[i].node;
        }
    }
    return NULL;
}

struct ai_node *ai_alloc(size_t name_len)
{
    if (name_len > NAME_LEN || (name_len > 0 && name.owner != NULL)) {
        return NULL;
    }
    struct ai_node *node = take();
    if (node != NULL && name_len > 0) {
        memset(&name, 0, sizeof name);
        name.owner = node;
        node->ai.ai_canonname = name.text;
    }
    return node;
}

void ai_free(struct ai_node *node)
{
    for (size_t i = 0; i < LIBSOCK_AI_NODES; i++) {
        if (&pool[i].node == node) {
            pool[i].taken = false;
        }
    }
    if (name.owner == node) {
        name.owner = NULL;
    }
}

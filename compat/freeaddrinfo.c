/* SPDX-License-Identifier: BSD-3-Clause */
/* freeaddrinfo: POSIX.1-2017. Any tail of a list may be given back by itself. */
#include "compat/ai.h"
#include "compat/compat.h"
#include "compat/face.h"

void libsock_freeaddrinfo(struct addrinfo *list)
{
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;
        ai_free((struct ai_node *)list);
        list = next;
    }
}

FACE(freeaddrinfo);

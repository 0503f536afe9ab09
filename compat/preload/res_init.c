/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * res_init, res_ninit: the C library reads its settings from /etc/resolv.conf and the environment;
 * the name servers in them are those of the host's network, and ours are put in their place, for
 * programs that look there. Nothing is started for that: they are as sockrun was told.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

#include "compat/board_settings.h"

static void put_server(res_state state)
{
    struct settings settings = { .forward = NULL };
    struct sk_addr server = { .port = 0 };

    if (settings_read(&settings)) {
        server = settings_name_server(&settings);
    }
    memset(state->nsaddr_list, 0, sizeof state->nsaddr_list);
    state->nscount = !ip_is_unspecified(server.addr);
    if (state->nscount > 0) {
        state->nsaddr_list[0] =
            (struct sockaddr_in){ .sin_family = AF_INET,
                                  .sin_port = htons(server.port),
                                  .sin_addr.s_addr = htonl(ip4_bits(server.addr)) };
    }
}

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

int res_ninit(res_state state)
{
    union {
        void *object;
        int (*code)(res_state state);
    } theirs = { .object = next("__res_ninit") };
    int result = theirs.object != NULL ? theirs.code(state) : -1;

    if (result == 0) {
        put_server(state);
    }
    return result;
}

int res_init(void)
{
    union {
        void *object;
        int (*code)(void);
    } theirs = { .object = next("__res_init") };
    int result = theirs.object != NULL ? theirs.code() : -1;

    if (result == 0) {
        put_server(&_res);
    }
    return result;
}

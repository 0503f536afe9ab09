/* SPDX-License-Identifier: BSD-3-Clause */
/* Asking a name server, and what its answers mean to <netdb.h>'s callers (POSIX.1-2017, XBD). */
#include "compat/lookup.h"

#include <netdb.h>

#include "compat/block.h"
#include "compat/call.h"
#include "compat/errno.h"
#include "compat/state.h"

static enum lookup result_of(enum sk_err err)
{
    switch (err) {
    case SK_OK:
        return LOOKUP_OK;
    case SK_NAME_UNKNOWN:
    case SK_INVALID:
        return LOOKUP_UNKNOWN;
    case SK_NAME_NO_ADDRESS:
        return LOOKUP_NO_ADDRESS;
    case SK_NAME_FAILED:
        return LOOKUP_FAILED;
    case SK_NAME_NO_SERVER:
        return LOOKUP_NO_SERVER;
    case SK_TIMED_OUT:
    case SK_NET_UNREACHABLE:
        return LOOKUP_AGAIN;
    case SK_NO_SOCKETS:
    case SK_NO_BUFFERS:
        return LOOKUP_NO_MEMORY;
    default:
        errno_result(err);
        return LOOKUP_SYSTEM;
    }
}

enum lookup lookup_ask(struct sk_op *op)
{
    if (state_started() == NULL) {
        return LOOKUP_SYSTEM;
    }
    enum sk_err err = call_await_address(NEVER);
    return result_of(err == SK_OK ? call_block_through(op, NEVER) : err);
}

int lookup_eai(enum lookup result)
{
    static const signed char errors[LOOKUP_N] = {
        [LOOKUP_UNKNOWN] = EAI_NONAME, [LOOKUP_NO_ADDRESS] = EAI_NONAME,
        [LOOKUP_FAILED] = EAI_FAIL,    [LOOKUP_NO_SERVER] = EAI_AGAIN,
        [LOOKUP_AGAIN] = EAI_AGAIN,    [LOOKUP_NO_MEMORY] = EAI_MEMORY,
        [LOOKUP_SYSTEM] = EAI_SYSTEM,
    };

    return errors[result];
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The names of the errors, for people: logs, traces and test output. The numbers are not an
 * interface, and errno is not known here.
 */
#include "base/err.h"

#define NAMED(err) [err] = #err

static const char *const names[SK_N_ERRS] = {
    NAMED(SK_OK),
    NAMED(SK_PENDING),
    NAMED(SK_AGAIN),
    NAMED(SK_IGNORED),
    NAMED(SK_INVALID_SOCKET),
    NAMED(SK_INVALID),
    NAMED(SK_BINDING_IN_USE),
    NAMED(SK_ADDR_NOT_AVAIL),
    NAMED(SK_NO_SOCKETS),
    NAMED(SK_NO_BUFFERS),
    NAMED(SK_NO_OPTION),
    NAMED(SK_NOT_SUPPORTED),
    NAMED(SK_NOT_CONNECTED),
    NAMED(SK_IS_CONNECTED),
    NAMED(SK_ALREADY),
    NAMED(SK_NEED_DEST),
    NAMED(SK_MSG_SIZE),
    NAMED(SK_PIPE),
    NAMED(SK_REFUSED),
    NAMED(SK_RESET),
    NAMED(SK_ABORTED),
    NAMED(SK_TIMED_OUT),
    NAMED(SK_HOST_UNREACHABLE),
    NAMED(SK_NET_UNREACHABLE),
    NAMED(SK_DEADLOCK),
    NAMED(SK_NAME_UNKNOWN),
    NAMED(SK_NAME_NO_ADDRESS),
    NAMED(SK_NAME_FAILED),
};

const char *sk_err_name(enum sk_err err)
{
    return (unsigned)err < SK_N_ERRS ? names[err] : "SK_?";
}

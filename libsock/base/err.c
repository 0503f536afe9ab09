/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The errors for people: names in logs, traces and test output, words for who uses a program. The
 * numbers are not an interface, and errno is not known here.
 */
#include "base/err.h"

#define ERR(err, words) [err] = { #err, words }

static const struct {
    const char *name;
    const char *text;
} errs[SK_N_ERRS] = {
    ERR(SK_OK, "Success"),
    ERR(SK_PENDING, "Operation in progress"),
    ERR(SK_AGAIN, "Operation would have to wait"),
    ERR(SK_IGNORED, "Operation means nothing for this socket"),
    ERR(SK_INVALID_SOCKET, "No such socket"),
    ERR(SK_INVALID, "Invalid argument"),
    ERR(SK_BINDING_IN_USE, "Address already in use"),
    ERR(SK_ADDR_NOT_AVAIL, "Address not available"),
    ERR(SK_NO_SOCKETS, "No socket is left"),
    ERR(SK_NO_BUFFERS, "No buffer is left"),
    ERR(SK_NO_OPTION, "No such option"),
    ERR(SK_NOT_SUPPORTED, "Operation not supported"),
    ERR(SK_NOT_CONNECTED, "Not connected"),
    ERR(SK_IS_CONNECTED, "Already connected"),
    ERR(SK_ALREADY, "Connection already in progress"),
    ERR(SK_ACCESS, "Permission denied"),
    ERR(SK_NEED_DEST, "Destination address required"),
    ERR(SK_MSG_SIZE, "Message too long"),
    ERR(SK_PIPE, "Broken pipe"),
    ERR(SK_REFUSED, "Connection refused"),
    ERR(SK_RESET, "Connection reset by peer"),
    ERR(SK_ABORTED, "Connection aborted"),
    ERR(SK_TIMED_OUT, "Timed out"),
    ERR(SK_HOST_UNREACHABLE, "Host is unreachable"),
    ERR(SK_NET_UNREACHABLE, "Network is unreachable"),
    ERR(SK_DEADLOCK, "Call would wait for itself"),
    ERR(SK_INTERRUPTED, "Interrupted by a signal"),
    ERR(SK_NAME_UNKNOWN, "Name or service not known"),
    ERR(SK_NAME_NO_ADDRESS, "Name has no address"),
    ERR(SK_NAME_FAILED, "Non-recoverable failure in name resolution"),
    ERR(SK_NAME_NO_SERVER, "No name server can be reached"),
};

const char *sk_err_name(enum sk_err err)
{
    return (unsigned)err < SK_N_ERRS ? errs[err].name : "SK_?";
}

const char *sk_err_text(enum sk_err err)
{
    return (unsigned)err < SK_N_ERRS ? errs[err].text : "Unknown error";
}

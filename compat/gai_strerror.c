/* SPDX-License-Identifier: BSD-3-Clause */
/* gai_strerror: POSIX.1-2017, and the errors that glibc has besides. */
#define _GNU_SOURCE /* those */
#include <netdb.h>

#include "compat/compat.h"
#include "compat/face.h"

static const struct {
    signed char error;
    const char *text;
} texts[] = {
    { 0, "Success" },
    { EAI_ADDRFAMILY, "Address family for hostname not supported" },
    { EAI_AGAIN, "Temporary failure in name resolution: no name server is known, or none answers" },
    { EAI_ALLDONE, "All requests done" },
    { EAI_BADFLAGS, "Bad value for ai_flags" },
    { EAI_CANCELED, "Request canceled" },
    { EAI_FAIL, "Non-recoverable failure in name resolution" },
    { EAI_FAMILY, "ai_family not supported" },
    { EAI_IDN_ENCODE, "Parameter string not correctly encoded" },
    { EAI_INPROGRESS, "Processing request in progress" },
    { EAI_INTR, "Interrupted by a signal" },
    { EAI_MEMORY, "Memory allocation failure" },
    { EAI_NODATA, "No address associated with hostname" },
    { EAI_NONAME, "Name or service not known" },
    { EAI_NOTCANCELED, "Request not canceled" },
    { EAI_OVERFLOW, "Argument buffer overflow" },
    { EAI_SERVICE, "Service not supported for this socket type" },
    { EAI_SOCKTYPE, "ai_socktype not supported" },
    { EAI_SYSTEM, "System error" },
};

const char *libsock_gai_strerror(int error)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].error == error) {
            return texts[i].text;
        }
    }
    return "Unknown error";
}

FACE(gai_strerror);

/* SPDX-License-Identifier: BSD-3-Clause */
/* gai_strerror: POSIX.1-2017. */
#include <netdb.h>

#include "compat/compat.h"
#include "compat/face.h"

const char *libsock_gai_strerror(int error)
{
    switch (error) {
    case 0:
        return "Success";
    case EAI_AGAIN:
        return "Temporary failure in name resolution: no name server is known, or none answers";
    case EAI_BADFLAGS:
        return "Bad value for ai_flags";
    case EAI_FAIL:
        return "Non-recoverable failure in name resolution";
    case EAI_FAMILY:
        return "ai_family not supported";
    case EAI_MEMORY:
        return "Memory allocation failure";
    case EAI_NONAME:
        return "Name or service not known";
    case EAI_SERVICE:
        return "Service not supported for this socket type";
    case EAI_SOCKTYPE:
        return "ai_socktype not supported";
    case EAI_SYSTEM:
        return "System error";
    case EAI_OVERFLOW:
        return "Argument buffer overflow";
    default:
        return "Unknown error";
    }
}

FACE(gai_strerror);

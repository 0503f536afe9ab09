/* SPDX-License-Identifier: BSD-3-Clause */
/* hstrerror: glibc's texts for the values of h_errno. There is no herror, which would need stdio.
 */
#include "compat/compat.h"
#include "compat/face.h"

const char *libsock_hstrerror(int h_error)
{
    static const char *const texts[] = {
        [0] = "Resolver Error 0 (no error)",           [HOST_NOT_FOUND] = "Unknown host",
        [TRY_AGAIN] = "Host name lookup failure",      [NO_RECOVERY] = "Unknown server error",
        [NO_DATA] = "No address associated with name",
    };

    if (h_error < 0) {
        return "Resolver internal error";
    }
    return (size_t)h_error < sizeof texts / sizeof texts[0] ? texts[h_error]
                                                            : "Unknown resolver error";
}

FACE(hstrerror);

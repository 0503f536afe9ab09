/* SPDX-License-Identifier: BSD-3-Clause */
/* getrandom: as on Linux, from the port's source of entropy. It does not block, and one source is
 * as good as another: the flags change nothing. */
#include <sys/random.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/state.h"

ssize_t libsock_getrandom(void *out, size_t len, unsigned flags)
{
    if ((flags & ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM)) != 0) {
        return errno_fail(EINVAL);
    }
    if (out == NULL && len > 0) {
        return errno_fail(EFAULT);
    }
    struct libsock_state *state = state_started();
    if (state == NULL) {
        return -1;
    }
    return state->port->entropy(state->port, out, len) ? (ssize_t)len : errno_fail(ENOSYS);
}

FACE(getrandom);

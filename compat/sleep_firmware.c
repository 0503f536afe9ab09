/* SPDX-License-Identifier: BSD-3-Clause */
/* nanosleep, usleep, sleep: POSIX.1-2017. As poll without descriptors: the stack goes on. Nothing
 * interrupts them. */
#include <time.h>
#include <unistd.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/face.h"

#define US_PER_SECOND 1000000
#define NS_PER_US 1000

int libsock_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    (void)left;
    return wanted != NULL ? libsock_ppoll(NULL, 0, wanted, NULL) : errno_fail(EFAULT);
}

int libsock_usleep(useconds_t us); /* strict POSIX has no such type */

int libsock_usleep(useconds_t us)
{
    struct timespec t = { .tv_sec = (time_t)(us / US_PER_SECOND),
                          .tv_nsec = (long)(us % US_PER_SECOND) * NS_PER_US };

    return libsock_nanosleep(&t, NULL);
}

unsigned libsock_sleep(unsigned seconds)
{
    struct timespec t = { .tv_sec = (time_t)seconds };

    return libsock_nanosleep(&t, NULL) == 0 ? 0 : seconds;
}

FACE(nanosleep);
FACE(usleep);
FACE(sleep);

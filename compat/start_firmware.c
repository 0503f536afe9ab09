/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the start differs on firmware: a board is not optional, nobody can be told (libsock_problem
 * says it to who asks), and read or close may come from another archive that was linked first. Weak
 * mentions pull nothing into the image.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "compat/compat.h"
#include "compat/state.h"

extern __typeof(read) read __attribute__((weak));
extern __typeof(write) write __attribute__((weak));
extern __typeof(close) close __attribute__((weak));
extern __typeof(fcntl) fcntl __attribute__((weak));
extern __typeof(libsock_read) libsock_read __attribute__((weak));
extern __typeof(libsock_write) libsock_write __attribute__((weak));
extern __typeof(libsock_close) libsock_close __attribute__((weak));
extern __typeof(libsock_fcntl) libsock_fcntl __attribute__((weak));

struct sk_iface *start_board(void)
{
    return libsock_board();
}

void start_complain(const char *problem)
{
    (void)problem;
}

void start_lock(void)
{
}

void start_unlock(void)
{
}

bool start_names_are_ours(void)
{
    return (read == NULL || read == libsock_read) && (write == NULL || write == libsock_write) &&
           (close == NULL || close == libsock_close) && (fcntl == NULL || fcntl == libsock_fcntl);
}

/* A program that ends is rare here, and one that does not should not pay for it. */
__attribute__((destructor)) static void at_exit(void)
{
    exit_drain();
}

bool start_is_child(void)
{
    return false;
}

void start_done(void)
{
}

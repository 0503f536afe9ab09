/* SPDX-License-Identifier: BSD-3-Clause */
/* Clocks and entropy of a POSIX host, and the port that is made of them and of its threads. */
#include "port/posix.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "port/posix_threads.h"

#define US_PER_S 1000000
#define NS_PER_US 1000

static int64_t read_clock(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / NS_PER_US;
}

static instant posix_now(const struct port *port)
{
    (void)port;
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t posix_realtime(const struct port *port)
{
    (void)port;
    return read_clock(CLOCK_REALTIME);
}

static bool posix_entropy(const struct port *port, void *out, size_t len)
{
    uint8_t *at = out;

    (void)port;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);

        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
    return true;
}

enum sk_err sk_port_posix_init(struct port_posix *p)
{
    memset(p, 0, sizeof(*p));
    p->port = (struct port){
        .now = posix_now,
        .realtime = posix_realtime,
        .idle = threads_idle,
        .waits_for_fds = true,
        .wake = threads_wake,
        .entropy = posix_entropy,
        .lock = threads_lock,
        .unlock = threads_unlock,
        .halt_others = threads_halt_others,
    };
    return threads_start(p);
}

void sk_port_posix_destroy(struct port_posix *p)
{
    threads_end(p);
}

void sk_port_posix_set_background(struct port_posix *p, void (*work)(const struct port *port))
{
    p->port.background = work;
}
